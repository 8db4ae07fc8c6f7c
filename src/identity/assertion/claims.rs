//! The claims of an assertion, parsed strictly: every claim once and in its form, and no unknown claim.

use serde::{Deserialize, Deserializer};

use crate::json::from_slice;
use crate::routes::Access;
use crate::token::{Restrictions, Role, Subject, Timestamp, TokenId};

/// How long an assertion is valid: long enough for two clocks that differ, and short enough that one that leaks is soon
/// useless.
pub const ASSERTION_SECONDS: u32 = 60;

/// The claims of a verified assertion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssertionClaims {
    /// `iss`: the gate's scheme and host.
    pub issuer: String,
    /// `aud`: the receiver it is intended for.
    pub audience: String,
    /// The user; `None` for public requests and for anonymous reads.
    pub identity: Option<AssertedIdentity>,
    /// `access`: what the request needs.
    pub access: Access,
    /// `htm`: the request's method.
    pub method: String,
    /// `htu`: the request's target, path and query.
    pub target: String,
    /// `iat`.
    pub issued_at: Timestamp,
    /// `exp`.
    pub expires_at: Timestamp,
    /// `observed`: the code of the refusal that `MODE = "observe"` suppressed.
    pub observed: Option<String>,
}

/// The user, as an assertion names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssertedIdentity {
    /// `sub`.
    pub subject: Subject,
    /// `role`: the most that the token allows, restrictions included.
    pub role: Role,
    /// `jti`: the token's public id.
    pub token: TokenId,
    /// `restrictions`: what limits the token.
    pub restrictions: Restrictions,
}

/// The claims as JSON. serde refuses a claim that appears twice.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireClaims {
    iss: String,
    aud: String,
    #[serde(default, deserialize_with = "present")]
    sub: Option<String>,
    #[serde(default, deserialize_with = "present")]
    role: Option<String>,
    access: String,
    #[serde(default, deserialize_with = "present")]
    jti: Option<String>,
    htm: String,
    htu: String,
    #[serde(default, deserialize_with = "present")]
    observed: Option<String>,
    #[serde(default, deserialize_with = "present")]
    restrictions: Option<Restrictions>,
    iat: Timestamp,
    exp: Timestamp,
}

/// Parses a claim that may be missing but must have its form if present: `null` would be a second spelling of “nobody”.
fn present<'a, D: Deserializer<'a>, T: Deserialize<'a>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

impl AssertionClaims {
    /// Parses the claims. `None` if a claim is missing, unknown, repeated or malformed.
    pub(super) fn parse(json: &[u8]) -> Option<Self> {
        let wire: WireClaims = from_slice(json).ok()?;
        // Without any, the gate leaves the claim out.
        let is_restricted = match &wire.restrictions {
            Some(restrictions) if restrictions.is_empty() => return None,
            Some(_) => true,
            None => false,
        };
        let identity = match (wire.sub, wire.role, wire.jti) {
            (None, None, None) if is_restricted => return None,
            (None, None, None) => None,
            (Some(subject), Some(role), Some(token)) => Some(AssertedIdentity {
                subject: subject.parse().ok()?,
                role: role.parse().ok()?,
                token: token.parse().ok()?,
                restrictions: wire.restrictions.unwrap_or_default(),
            }),
            // The gate sets all three claims or none.
            (Some(_) | None, Some(_) | None, Some(_) | None) => return None,
        };
        // The gate sets one minute; a longer lifetime is refused.
        if wire.exp.checked_sub(wire.iat)? > ASSERTION_SECONDS {
            return None;
        }
        Some(Self {
            issuer: wire.iss,
            audience: wire.aud,
            identity,
            access: Access::ALL
                .into_iter()
                .find(|access| access.name() == wire.access)?,
            method: wire.htm,
            target: wire.htu,
            issued_at: wire.iat,
            expires_at: wire.exp,
            observed: wire.observed,
        })
    }
}
