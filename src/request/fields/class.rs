//! The class of a request field: how the gate forwards it, as far as its name determines that.

/// How the gate forwards a field, as far as its name determines that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldClass {
    /// On no list: never forwarded, and reported as dropped.
    Unlisted,
    /// Never forwarded, and not reported: fields that every request has, and those that the platform adds.
    Withheld,
    /// Forwarded.
    Listed,
    /// Forwarded, even with a preflight.
    Preflight,
    /// Describes the body, and is forwarded with one.
    Body,
    /// The client's own credentials: forwarded if the gate does not check them.
    Credentials,
    /// The client's directives for caches. The gate sets its own if it knows the user.
    Caching,
    /// Turns the connection into one of another kind: forwarded with a `GET`, edited.
    Upgrade,
    /// Forwarded as edited by [`ForwardedFields::edit`](crate::forwarding::ForwardedFields::edit).
    Edited,
}

impl FieldClass {
    /// The class as a bit of [`FieldClasses::bits`](crate::forwarding::FieldClasses::bits); zero only for [`FieldClass::Unlisted`].
    pub const fn bit(self) -> u32 {
        match self {
            Self::Unlisted => 0,
            Self::Withheld => 1,
            Self::Listed => 1 << 1,
            Self::Preflight => 1 << 2,
            Self::Body => 1 << 3,
            Self::Credentials => 1 << 4,
            Self::Caching => 1 << 5,
            Self::Edited => 1 << 6,
            Self::Upgrade => 1 << 7,
        }
    }
}
