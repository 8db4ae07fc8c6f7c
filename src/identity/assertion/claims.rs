//! What an assertion says, read strictly: every claim once, in its form, and no claim that is not known.

use serde::{Deserialize, Deserializer};

use super::ASSERTION_SECONDS;
use crate::routes::Access;
use crate::token::{Restrictions, Role, Subject, Timestamp, TokenId};

/// What a verified assertion says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssertionClaims {
    /// `iss`: the gate's scheme and host.
    pub issuer: String,
    /// `aud`: whom it is for.
    pub audience: String,
    /// Who came; `None` for what is public and for anonymous reads.
    pub identity: Option<AssertedIdentity>,
    /// `access`: what the request does.
    pub access: Access,
    /// `htm`: the request's method.
    pub method: String,
    /// `htu`: the request's target, path and query.
    pub target: String,
    /// `iat`.
    pub issued_at: Timestamp,
    /// `exp`.
    pub expires_at: Timestamp,
    /// `observed`: the code of the refusal that was not made, under observation.
    pub observed: Option<String>,
}

/// Who came, as an assertion has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssertedIdentity {
    /// `sub`.
    pub subject: Subject,
    /// `role`: what the token may do at most, restrictions included.
    pub role: Role,
    /// `jti`: the token's public name.
    pub token: TokenId,
    /// `restrictions`: what limits the token.
    pub restrictions: Restrictions,
}

/// The claims as JSON has them; a claim that stands twice is refused by serde.
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

/// A claim that may be missing and, where it is there, has its form: `null` would be another spelling of nobody.
fn present<'a, D: Deserializer<'a>, T: Deserialize<'a>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

impl AssertionClaims {
    /// `None` where a claim is missing, unknown, twice there or not of its form.
    pub(super) fn parse(json: &[u8]) -> Option<Self> {
        let wire: WireClaims = serde_json::from_slice(json).ok()?;
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
            // Half a name is none of the gate's.
            (Some(_) | None, Some(_) | None, Some(_) | None) => return None,
        };
        // The gate gives a minute, and nobody may stretch it.
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
