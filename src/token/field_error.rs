//! What is wrong with a part of a token. Knows nothing of the parts themselves.

use std::fmt;

/// The error of a field without its required form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FieldError {
    /// Not a [`Prefix`](super::Prefix).
    Prefix,
    /// Not a [`Role`](super::Role).
    Role,
    /// Not a [`Subject`](super::Subject).
    Subject,
    /// Not a [`TokenId`](super::TokenId).
    TokenId,
    /// An expiry that is not after the time of issue.
    Expiry,
    /// Restrictions that make a token longer than one can be.
    Restrictions,
    /// A key id that is not in the key ring.
    KeyId,
}

impl fmt::Display for FieldError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Prefix => {
                "a prefix is a lower-case letter and 1 to 9 more lower-case letters or digits, such as hub"
            }
            Self::Role => "a role is read or write",
            Self::Subject => "a subject is 1 to 64 of A-Z a-z 0-9 . _ -, begins with a letter or digit and does not end with a dot",
            Self::TokenId => "a token id is shard-serial, such as 0-1742",
            Self::Expiry => "a token must expire after it is issued",
            Self::Restrictions => "the restrictions are too long: a token has at most 512 characters",
            Self::KeyId => "the key ring has no key with this id",
        })
    }
}

impl std::error::Error for FieldError {}
