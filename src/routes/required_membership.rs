//! The membership that a write needs if memberships are on. Knows nothing of roles.

use crate::stored::stored_enum;

/// The membership that a write needs, from the least.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum RequiredMembership {
    /// None: the request belongs to no namespace.
    None,
    /// What a contribution needs: the request stores something that nobody sees until something else names it, or changes a pull
    /// request.
    Contributor,
    /// A role that writes in the namespace that the path names.
    #[default]
    Writer,
}

stored_enum!(RequiredMembership {
    None,
    Contributor,
    Writer
});

impl RequiredMembership {
    /// The last word of a line that says so; without one, it is [`RequiredMembership::Writer`].
    pub(super) fn named(word: &str) -> Option<Self> {
        match word {
            "no-namespace" => Some(Self::None),
            "contributors" => Some(Self::Contributor),
            _ => None,
        }
    }
}
