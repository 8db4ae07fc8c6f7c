//! The verification of an assertion against the request that it came with: the origin's side. Knows nothing of how the gate
//! decides.

use std::error::Error;
use std::fmt;

use super::audience::Audience;
use super::claims::AssertionClaims;
use super::keys::AssertionKeys;
use crate::keys::jws::{self, JwsError};
use crate::token::Timestamp;

/// The request that an assertion came with, as the origin received it.
#[derive(Clone, Copy, Debug)]
pub struct Arrival<'a> {
    /// Its method.
    pub method: &'a str,
    /// Its target, not decoded: path and query.
    pub target: &'a str,
}

/// Verifies an assertion against the request that it came with. `leeway` is the number of seconds by which the two clocks
/// may differ.
///
/// # Errors
/// [`AssertionError`]: the first check that fails.
pub fn verify_assertion(
    text: &str,
    arrival: Arrival<'_>,
    audience: &Audience,
    keys: &AssertionKeys,
    now: Timestamp,
    leeway: u32,
) -> Result<AssertionClaims, AssertionError> {
    let claims = jws::open(text, |key_id, signed, tag| keys.fits(key_id, signed, tag))
        .map_err(AssertionError::Envelope)?;
    let claims = AssertionClaims::parse(&claims).ok_or(AssertionError::Envelope(JwsError::Claims))?;
    if claims.audience != audience.as_str() {
        return Err(AssertionError::Audience);
    }
    if claims.issued_at > now.saturating_add(leeway) {
        return Err(AssertionError::Early {
            now,
            issued_at: claims.issued_at,
        });
    }
    if now >= claims.expires_at.saturating_add(leeway) {
        return Err(AssertionError::Expired {
            now,
            expired_at: claims.expires_at,
        });
    }
    if claims.method != arrival.method {
        return Err(AssertionError::Method);
    }
    if claims.target != arrival.target {
        return Err(AssertionError::Target);
    }
    Ok(claims)
}

/// Why an assertion is refused. It holds nothing of the assertion but times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AssertionError {
    /// The JWS was not made by the gate, or its claims are not those of an assertion.
    Envelope(JwsError),
    /// The assertion is for another audience.
    Audience,
    /// The assertion was issued in the future.
    Early {
        /// The current time.
        now: Timestamp,
        /// The time in `iat`.
        issued_at: Timestamp,
    },
    /// The assertion has expired.
    Expired {
        /// The current time.
        now: Timestamp,
        /// The time in `exp`, without leeway.
        expired_at: Timestamp,
    },
    /// The assertion is for another method.
    Method,
    /// The assertion is for another target.
    Target,
}

impl AssertionError {
    /// The error as one word for machines.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Envelope(error) => error.code(),
            Self::Audience => "audience",
            Self::Early { .. } => "early",
            Self::Expired { .. } => "expired",
            Self::Method => "method",
            Self::Target => "target",
        }
    }
}

impl fmt::Display for AssertionError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Envelope(error) => error.fmt(formatter),
            Self::Audience => formatter.write_str(
                "its aud differs: the gate's ASSERTION_AUDIENCE and the origin's must be the same",
            ),
            Self::Early { now, issued_at } => write!(
                formatter,
                "it was issued {} seconds in the future: correct the clocks",
                issued_at.saturating_sub(*now)
            ),
            Self::Expired { now, expired_at } => write!(
                formatter,
                "it expired {} seconds ago",
                now.saturating_sub(*expired_at)
            ),
            Self::Method => formatter.write_str("it was made for another method"),
            Self::Target => formatter.write_str("it was made for another target"),
        }
    }
}

impl Error for AssertionError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Envelope(error) => Some(error),
            Self::Audience | Self::Early { .. } | Self::Expired { .. } | Self::Method | Self::Target => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Arrival, AssertionError, AssertionKeys, Audience, verify_assertion};
    use crate::identity::{Assertion, AssertionSigner};
    use crate::keys::KeyRing;
    use crate::keys::jws::JwsError;
    use crate::routes::Access;
    use crate::token::{Claims, Role, TokenId};

    const NOW: u32 = 1_000;
    const TARGET: &str = r"/a?b=\c";

    fn assertion(identity: Option<&Claims>) -> Assertion<'_> {
        Assertion {
            issuer: "https://hub.example",
            method: "POST",
            target: TARGET,
            access: Access::Write,
            identity,
            observed: identity.map(|_| "role_insufficient"),
        }
    }

    fn signed(keys: &KeyRing, identity: Option<&Claims>) -> String {
        AssertionSigner::new(keys, Audience::default()).sign(&assertion(identity), NOW, keys)
    }

    #[test]
    fn says_who_came_and_of_nobody_nothing() {
        let keys = KeyRing::generate([1; 32]);
        let claims = Claims {
            role: Role::Write,
            subject: "alice".parse().unwrap(),
            id: TokenId { shard: 0, serial: 7 },
            issued_at: 0,
            expires_at: None,
            bearer: crate::token::BearerKind::User,
            restrictions: crate::token::Restrictions::default(),
        };
        let arrival = Arrival {
            method: "POST",
            target: TARGET,
        };
        for identity in [Some(&claims), None] {
            let text = signed(&keys, identity);
            let verifying = AssertionKeys::of(&keys);
            let found = verify_assertion(&text, arrival, &Audience::default(), &verifying, NOW, 0).unwrap();
            let asserted = found
                .identity
                .map(|assertion| (assertion.subject, assertion.role, assertion.token));
            assert_eq!(
                asserted,
                identity.map(|claims| (claims.subject, claims.role, claims.id))
            );
            assert_eq!(found.observed.is_some(), identity.is_some());
            assert_eq!((found.issued_at, found.expires_at), (NOW, NOW + 60));
        }
    }

    #[test]
    fn is_refused_with_any_other_request_audience_key_or_time() {
        let keys = KeyRing::generate([1; 32]);
        let verifying = AssertionKeys::of(&keys);
        let text = signed(&keys, None);
        let check = |method, target, audience: &str, now, leeway| {
            let audience: Audience = audience.parse().unwrap();
            verify_assertion(
                &text,
                Arrival { method, target },
                &audience,
                &verifying,
                now,
                leeway,
            )
        };
        assert!(check("POST", TARGET, "origin", NOW + 59, 0).is_ok());
        assert!(check("POST", TARGET, "origin", NOW + 64, 5).is_ok());
        assert!(check("POST", TARGET, "origin", NOW - 5, 5).is_ok());
        let cases = [
            (check("GET", TARGET, "origin", NOW, 0), AssertionError::Method),
            (check("POST", "/a", "origin", NOW, 0), AssertionError::Target),
            (check("POST", TARGET, "other", NOW, 0), AssertionError::Audience),
            (
                check("POST", TARGET, "origin", NOW + 65, 5),
                AssertionError::Expired {
                    now: NOW + 65,
                    expired_at: NOW + 60,
                },
            ),
            (
                check("POST", TARGET, "origin", NOW - 6, 5),
                AssertionError::Early {
                    now: NOW - 6,
                    issued_at: NOW,
                },
            ),
        ];
        for (found, expected) in cases {
            assert_eq!(found.unwrap_err(), expected);
        }
        let others = AssertionKeys::of(&KeyRing::generate([2; 32]));
        let arrival = Arrival {
            method: "POST",
            target: TARGET,
        };
        assert_eq!(
            verify_assertion(&text, arrival, &Audience::default(), &others, NOW, 0).unwrap_err(),
            AssertionError::Envelope(JwsError::Signature)
        );
    }
}
