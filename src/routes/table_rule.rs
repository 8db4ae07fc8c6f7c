//! The rule that one line of a table states for its paths. Knows nothing of patterns.

use super::outcome::Outcome;
use super::resource::AreaSet;

/// The rule of one line: a class, and an optional condition.
#[derive(Clone, Debug)]
pub(super) struct TableRule {
    pub(super) line: usize,
    pub(super) outcome: Outcome,
    pub(super) condition: Option<Condition>,
    /// Whether the request belongs to no namespace, so the gate checks no membership.
    pub(super) belongs_to_nobody: bool,
    pub(super) areas: AreaSet,
}

/// `?name=value`. Without a value, it means any value that no other line names.
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
