//! The rule that one line of a table states for its paths. Knows nothing of patterns.

use super::outcome::Outcome;
use super::required_membership::RequiredMembership;
use super::resource::AreaSet;
use super::slot_condition::SlotCondition;
use crate::stored::{Reader, Stored, stored_enum, stored_struct};

/// The rule of one line: a class, and an optional condition.
#[derive(Clone, Debug)]
pub(super) struct TableRule {
    /// Which of the joined tables has the line, from 1.
    pub(super) table: usize,
    /// The line, counted through all tables from 1.
    pub(super) line: usize,
    pub(super) outcome: Outcome,
    pub(super) condition: Option<Condition>,
    /// The membership that a write needs.
    pub(super) membership: RequiredMembership,
    pub(super) areas: AreaSet,
    pub(super) reach: Reach,
}

stored_struct!(TableRule {
    table,
    line,
    outcome,
    condition,
    membership,
    areas,
    reach
});

/// The repositories that a request concerns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Reach {
    /// None but the one that the path names.
    #[default]
    Named,
    /// Another one too: nobody who is limited to repositories may do it.
    Others,
}

stored_enum!(Reach { Named, Others });

/// When a line applies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    /// By a parameter of the query.
    Parameter(ParameterCondition),
    /// By the text of a slot, if the query does not have the path's parameter.
    Slot(SlotCondition),
}

impl Stored for Condition {
    fn write(&self, bytes: &mut Vec<u8>) {
        let (parameter, slot) = match self {
            Self::Parameter(parameter) => (Some(parameter), None),
            Self::Slot(slot) => (None, Some(slot)),
        };
        parameter.cloned().write(bytes);
        if let Some(slot) = slot {
            slot.write(bytes);
        }
    }

    fn read(reader: &mut Reader<'_>) -> Self {
        match Option::read(reader) {
            Some(parameter) => Self::Parameter(parameter),
            None => Self::Slot(SlotCondition::read(reader)),
        }
    }
}

/// `?name=value`. Without a value, it means any value that no other line names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ParameterCondition {
    pub(super) name: String,
    pub(super) value: Option<String>,
}

stored_struct!(ParameterCondition { name, value });

impl TableRule {
    /// Its condition on the query, if that is what it has.
    pub(super) fn parameter(&self) -> Option<&ParameterCondition> {
        match &self.condition {
            Some(Condition::Parameter(parameter)) => Some(parameter),
            Some(Condition::Slot(_)) | None => None,
        }
    }

    /// Its condition on a slot, if that is what it has.
    pub(super) fn slot(&self) -> Option<&SlotCondition> {
        match &self.condition {
            Some(Condition::Slot(slot)) => Some(slot),
            Some(Condition::Parameter(_)) | None => None,
        }
    }
}

impl Condition {
    /// Reads the condition of a line with this path.
    pub(super) fn parse(text: &str, path: &str) -> Option<Self> {
        if text.starts_with('{') {
            return SlotCondition::parse(text, path).map(Self::Slot);
        }
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
        Some(Self::Parameter(ParameterCondition {
            name: name.to_owned(),
            value,
        }))
    }
}
