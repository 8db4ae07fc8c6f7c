//! What becomes of a request field, as far as its name tells.

/// What becomes of a field, as far as its name tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldClass {
    /// On no list: never goes on, and somebody may want to know.
    Unlisted,
    /// Never goes on, and is nothing to speak of: what every request carries, and what the platform adds.
    Withheld,
    /// Goes on.
    Listed,
    /// Goes on, with a preflight too.
    Preflight,
    /// Describes the body, and goes on with one.
    Body,
    /// The client's own credentials: go on where the gate looks at none.
    Credentials,
    /// What the client asks of caches: the gate asks for itself where it knows who comes.
    Caching,
    /// Makes another connection of the request's: goes on with a `GET`, edited.
    Upgrade,
    /// Goes on as [`ForwardedFields::edit`](crate::ForwardedFields::edit) leaves it.
    Edited,
}

impl FieldClass {
    /// The class as a bit of [`FieldClasses::bits`](crate::FieldClasses::bits); zero for [`FieldClass::Unlisted`] alone.
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
