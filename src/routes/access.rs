//! The access that a request needs, in the four steps by which the gate checks tokens and memberships. Knows nothing of tables.

/// The access that a request needs, from the weakest to the strictest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// Forwarded unchanged; the gate checks no token.
    Public,
    /// Needs any valid token.
    Read,
    /// Needs a write token, and nothing else at the edge: the origin decides the rest.
    Contribute,
    /// Needs a write token and, if memberships are on, a role in the namespace that allows writing.
    Write,
}

impl Access {
    /// Every access, from the weakest to the strictest.
    pub const ALL: [Self; 4] = [Self::Public, Self::Read, Self::Contribute, Self::Write];

    /// The class's name in route tables and headers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Read => "read",
            Self::Contribute => "contribute",
            Self::Write => "write",
        }
    }
}
