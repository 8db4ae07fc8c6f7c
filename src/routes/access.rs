//! What a request does, in the four steps by which tokens and memberships are asked. Knows nothing of tables.

/// What a request does, from the weakest to the strictest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// Goes on untouched; no token is looked at.
    Public,
    /// Needs any valid token.
    Read,
    /// Needs a write token and nothing more at the edge: the origin decides the rest.
    Contribute,
    /// Needs a write token and, where membership is on, a role in the namespace that allows writing.
    Write,
}

impl Access {
    /// Every access, from the weakest to the strictest.
    pub const ALL: [Self; 4] = [Self::Public, Self::Read, Self::Contribute, Self::Write];

    /// The class as route tables and headers spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Read => "read",
            Self::Contribute => "contribute",
            Self::Write => "write",
        }
    }
}
