//! What one line of a table says of the paths that it names. Knows nothing of patterns.

use super::outcome::Outcome;
use super::resource::AreaSet;

/// What one line says: a class, perhaps on a condition.
#[derive(Clone, Debug)]
pub(super) struct TableRule {
    pub(super) line: usize,
    pub(super) outcome: Outcome,
    pub(super) condition: Option<Condition>,
    /// What it does belongs to no namespace, so that no membership is asked.
    pub(super) belongs_to_nobody: bool,
    pub(super) areas: AreaSet,
}

/// `?name=value`; without a value, any other than those that other lines name.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    pub(super) name: String,
    pub(super) value: Option<String>,
}

impl Condition {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (name, value) = text.strip_prefix('?')?.split_once('=')?;
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
        if name.is_empty() || !name.bytes().all(plain) {
            return None;
        }
        let value = match value {
            "*" => None,
            value if !value.is_empty() && value.bytes().all(plain) => Some(value.to_owned()),
            _ => return None,
        };
        Some(Self {
            name: name.to_owned(),
            value,
        })
    }
}
