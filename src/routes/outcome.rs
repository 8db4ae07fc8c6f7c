//! The outcome that the first word of a table's line states.

use crate::stored::stored_enum;

/// The outcome that a line's first word states, from the weakest to the strictest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Outcome {
    Public,
    Read,
    Contribute,
    LfsBatch,
    Write,
    Refused,
}

stored_enum!(Outcome {
    Public,
    Read,
    Contribute,
    LfsBatch,
    Write,
    Refused
});

impl Outcome {
    /// Every outcome, from the weakest to the strictest.
    pub(super) const ALL: [Self; 6] = [
        Self::Public,
        Self::Read,
        Self::Contribute,
        Self::LfsBatch,
        Self::Write,
        Self::Refused,
    ];

    /// The weakest possible result.
    pub(super) fn at_least(self) -> Self {
        match self {
            Self::LfsBatch => Self::Read,
            Self::Public | Self::Read | Self::Contribute | Self::Write | Self::Refused => self,
        }
    }

    /// Whether it is stricter than the other may turn out to be.
    pub(super) fn may_exceed(self, other: Self) -> bool {
        self != other && self > other.at_least()
    }

    pub(super) fn named(word: &str) -> Option<Self> {
        match word {
            "public" => Some(Self::Public),
            "read" => Some(Self::Read),
            "contribute" => Some(Self::Contribute),
            "lfs-batch" => Some(Self::LfsBatch),
            "write" => Some(Self::Write),
            "refused" => Some(Self::Refused),
            _ => None,
        }
    }
}
