//! What limits a token beyond its role: made with it, or added later by whoever holds it. Every restriction must hold.
//!
//! Each has a kind and a value, on the wire (`docs/formats.md`, "Restrictions"), in text (`areas=git,api`), and in JSON
//! (`{"areas":["git","api"]}`). A value has one meaning or is refused. Knows nothing of tags, and not of what comes of a
//! request that a restriction does not allow.

mod areas;
mod json;
mod networks;
mod repositories;
mod requests;
mod restrictions;

use std::fmt;
use std::str::{self, FromStr};

pub use areas::Areas;
pub use json::RestrictionsError;
pub use networks::Networks;
pub use repositories::Repositories;
pub use requests::Requests;
pub use restrictions::Restrictions;
pub(crate) use restrictions::WireRestrictions;

use crate::token::{Role, Timestamp};

/// The most bytes that a value can have: its length is one byte.
const MAXIMUM_VALUE_BYTES: usize = 255;

/// One limit of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Restriction {
    /// To what this role covers.
    Role(Role),
    /// To the time before this.
    Expires(Timestamp),
    /// To requests for some repositories.
    Repositories(Repositories),
    /// To some areas of the route table.
    Areas(Areas),
    /// To clients in some networks.
    Networks(Networks),
    /// To some requests.
    Requests(Requests),
}

impl Restriction {
    /// The kind's name: `role`, `expires`, `repositories`, `areas`, `networks` or `requests`.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Role(_) => "role",
            Self::Expires(_) => "expires",
            Self::Repositories(_) => "repositories",
            Self::Areas(_) => "areas",
            Self::Networks(_) => "networks",
            Self::Requests(_) => "requests",
        }
    }

    const fn kind(&self) -> u8 {
        match self {
            Self::Role(_) => 1,
            Self::Expires(_) => 2,
            Self::Repositories(_) => 3,
            Self::Areas(_) => 4,
            Self::Networks(_) => 5,
            Self::Requests(_) => 6,
        }
    }

    /// Reads a restriction's bytes: kind, length, value.
    pub(crate) fn from_wire(wire: &[u8]) -> Result<Self, RestrictionError> {
        let [kind, _, value @ ..] = wire else {
            return Err(RestrictionError::Kind);
        };
        match (kind, value) {
            (1, [role]) => Role::from_byte(*role).map(Self::Role),
            (2, [_, _, _, _]) => {
                let expires_at = value.iter().fold(0, |time, byte| (time << 8) | u32::from(*byte));
                (expires_at != 0).then_some(Self::Expires(expires_at))
            }
            (1 | 2, _) => None,
            (3..=6, _) => return Self::from_list(*kind, str::from_utf8(value).unwrap_or_default()),
            (_, _) => None,
        }
        .ok_or(RestrictionError::of(*kind))
    }

    fn from_list(kind: u8, text: &str) -> Result<Self, RestrictionError> {
        if text.len() > MAXIMUM_VALUE_BYTES {
            return Err(RestrictionError::Long);
        }
        match kind {
            3 => Repositories::parse(text).map(Self::Repositories),
            4 => Areas::parse(text).map(Self::Areas),
            5 => Networks::parse(text).map(Self::Networks),
            _ => Requests::parse(text).map(Self::Requests),
        }
        .ok_or(RestrictionError::of(kind))
    }

    /// Its bytes: kind, length, value.
    pub(crate) fn to_wire(&self) -> Vec<u8> {
        let role;
        let time;
        let value: &[u8] = match self {
            Self::Role(held) => {
                role = [held.to_byte()];
                &role
            }
            Self::Expires(at) => {
                time = at.to_be_bytes();
                &time
            }
            Self::Repositories(_) | Self::Areas(_) | Self::Networks(_) | Self::Requests(_) => {
                self.list().as_bytes()
            }
        };
        // No value is longer than its length byte can say.
        let length = u8::try_from(value.len()).unwrap_or(u8::MAX);
        [&[self.kind(), length], value].concat()
    }

    /// What is allowed, where that is a list.
    fn list(&self) -> &str {
        match self {
            Self::Role(_) | Self::Expires(_) => "",
            Self::Repositories(list) => list.as_str(),
            Self::Areas(list) => list.as_str(),
            Self::Networks(list) => list.as_str(),
            Self::Requests(list) => list.as_str(),
        }
    }

    /// What separates the entries of the list.
    const fn separator(&self) -> char {
        separator_of(self.kind())
    }

    /// What it allows, for people: the value as text, in one line.
    pub fn allowed(&self) -> String {
        match self {
            Self::Role(role) => role.name().to_owned(),
            Self::Expires(at) => at.to_string(),
            Self::Repositories(_) | Self::Areas(_) | Self::Networks(_) | Self::Requests(_) => {
                self.list().replace('\n', ";")
            }
        }
    }
}

/// As on a command line: `areas=git,api`.
impl fmt::Display for Restriction {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())?;
        formatter.write_str("=")?;
        formatter.write_str(&self.allowed())
    }
}

impl FromStr for Restriction {
    type Err = RestrictionError;

    fn from_str(text: &str) -> Result<Self, RestrictionError> {
        let (name, value) = text.split_once('=').ok_or(RestrictionError::Kind)?;
        match name {
            "role" => value.parse().map(Self::Role).map_err(|_| RestrictionError::Role),
            "expires" => match value.parse::<Timestamp>() {
                // One time has one spelling: no sign, no leading zero.
                Ok(at) if at != 0 && at.to_string() == value => Ok(Self::Expires(at)),
                Ok(_) | Err(_) => Err(RestrictionError::Expires),
            },
            "repositories" => Self::from_list(3, value),
            "areas" => Self::from_list(4, value),
            "networks" => Self::from_list(5, value),
            "requests" => Self::from_list(6, &value.replace(';', "\n")),
            _ => Err(RestrictionError::Kind),
        }
    }
}

/// What separates the entries of a kind's lists. Requests have commas between their methods.
const fn separator_of(kind: u8) -> char {
    match kind {
        6 => '\n',
        _ => ',',
    }
}

/// Why something is no restriction, or cannot be one more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RestrictionError {
    /// No kind that is known.
    Kind,
    /// Not a role.
    Role,
    /// Not a time.
    Expires,
    /// Not [`Repositories`].
    Repositories,
    /// Not [`Areas`].
    Areas,
    /// Not [`Networks`].
    Networks,
    /// Not [`Requests`].
    Requests,
    /// A value longer than a token has room for.
    Long,
    /// More restrictions than a token may have.
    TooMany,
}

impl RestrictionError {
    const fn of(kind: u8) -> Self {
        match kind {
            1 => Self::Role,
            2 => Self::Expires,
            3 => Self::Repositories,
            4 => Self::Areas,
            5 => Self::Networks,
            6 => Self::Requests,
            _ => Self::Kind,
        }
    }
}

impl fmt::Display for RestrictionError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Kind => "a restriction is role, expires, repositories, areas, networks or requests, = and a value",
            Self::Role => "a role is read or write",
            Self::Expires => "an expiry is in seconds since 1970, and not 0",
            Self::Repositories => {
                "repositories are namespace/name or kind/namespace/name, where each part may be *, with commas and \
                 no spaces between them, such as acme/widget,datasets/acme/*"
            }
            Self::Areas => "areas are words of a-z 0-9 -, with commas and no spaces between them, such as git,api",
            Self::Networks => {
                "networks are address blocks whose bits behind the prefix are 0, with commas and no spaces between \
                 them, such as 203.0.113.0/24,2001:db8::/32; one address is 203.0.113.7/32"
            }
            Self::Requests => {
                "requests are methods with commas between them, a space and a path as in route tables, such as \
                 POST /v1/chat/completions; GET stands for HEAD too"
            }
            Self::Long => "a restriction's value has at most 255 characters",
            Self::TooMany => "a token has at most 8 restrictions",
        })
    }
}

impl std::error::Error for RestrictionError {}

/// Whether a list of entries is well-formed: never empty, and each entry is.
fn is_list(text: &str, separator: char, is_entry: impl Fn(&str) -> bool) -> bool {
    text.split(separator).all(is_entry)
}
