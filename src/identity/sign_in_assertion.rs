//! The sign-in assertion: the hub's signed statement that a browser belongs to one of its users. It is valid for a minute and
//! for one use.
//!
//! It is a JWT (RFC 7519): a compact JWS as in `jws`, signed with the key for `sign-in`, derived from any key of the ring. Its
//! claims, each once, in any order, and no others:
//!
//! - `sub`: a subject, as in tokens.
//! - `aud`: one string, the gate's own scheme and host in browsers' URLs, with an optional port and without a trailing slash.
//! - `iat`, `exp`: whole seconds since 1970, 32 bits, `exp` 1 to 60 after `iat`. `iat` may be 5 seconds ahead of the gate's
//!   clock; from `exp` on, the assertion is refused, without leeway.
//! - `jti`: 16 to 128 visible ASCII characters, good for one use.
//! - `iss`, which is optional: any string.
//!
//! The checks run in this order: the JWS, the claims' form, `sub`, `jti`, `aud`, the lifetime, `iat`, `exp`. Only a ledger knows
//! whether it was used before. Knows nothing of forms or cookies.

use std::error::Error;
use std::fmt;

use serde::Deserialize;

use crate::json::from_slice;
use crate::keys::jws::{self, JwsError};
use crate::keys::{KeyRing, Purpose};
use crate::token::{Subject, Timestamp};

/// The longest lifetime of a sign-in assertion: enough for a redirect on a slow connection, and no more.
pub const MAXIMUM_SIGN_IN_ASSERTION_SECONDS: u32 = 60;

/// How far ahead the hub's clock may be.
pub const CLOCK_LEEWAY_SECONDS: u32 = 5;

/// The allowed lengths of a `jti`: long enough to be random, short enough to be stored.
const JTI_BYTES: std::ops::RangeInclusive<usize> = 16..=128;

/// A sign-in assertion whose claims are all valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignInAssertion {
    subject: Subject,
    jti: String,
    expires_at: Timestamp,
}

impl SignInAssertion {
    /// Opens a sign-in assertion for this audience: the gate's own scheme and host.
    ///
    /// # Errors
    /// [`SignInAssertionError`]: the first check that fails.
    pub fn open(
        text: &str,
        keys: &KeyRing,
        audience: &str,
        now: Timestamp,
    ) -> Result<Self, SignInAssertionError> {
        let claims =
            jws::open_with_ring(text, keys, Purpose::SignIn).map_err(SignInAssertionError::Signed)?;
        let claims: WireClaims = from_slice(&claims).map_err(|_| SignInAssertionError::Claims)?;
        let subject = claims.sub.parse().map_err(|_| SignInAssertionError::Subject)?;
        let is_plain = claims.jti.bytes().all(|byte| byte.is_ascii_graphic());
        if !is_plain || !JTI_BYTES.contains(&claims.jti.len()) {
            return Err(SignInAssertionError::Identifier);
        }
        if claims.aud != audience {
            return Err(SignInAssertionError::Audience {
                expected: audience.to_owned(),
            });
        }
        match claims.exp.checked_sub(claims.iat) {
            Some(1..=MAXIMUM_SIGN_IN_ASSERTION_SECONDS) => {}
            Some(_) | None => return Err(SignInAssertionError::Lifetime),
        }
        if claims.iat > now.saturating_add(CLOCK_LEEWAY_SECONDS) {
            return Err(SignInAssertionError::Early {
                now,
                issued_at: claims.iat,
            });
        }
        if now >= claims.exp {
            return Err(SignInAssertionError::Expired {
                now,
                expired_at: claims.exp,
            });
        }
        Ok(Self {
            subject,
            jti: claims.jti,
            expires_at: claims.exp,
        })
    }

    /// The user who signs in.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// The unique id of the assertion.
    pub fn jti(&self) -> &str {
        &self.jti
    }

    /// The time from which it is refused. Seconds since 1970, UTC.
    pub fn expires_at(&self) -> Timestamp {
        self.expires_at
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireClaims {
    /// Accepted but ignored: the key shows who signed.
    #[serde(default, rename = "iss")]
    _iss: Option<String>,
    aud: String,
    sub: String,
    iat: Timestamp,
    exp: Timestamp,
    jti: String,
}

/// Why a sign-in assertion is refused. It holds nothing of the assertion but times.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignInAssertionError {
    /// The JWS is refused.
    Signed(JwsError),
    /// The claims are not the expected ones, each once.
    Claims,
    /// The subject is not one that tokens can have.
    Subject,
    /// The `jti` is too short, too long or not visible ASCII.
    Identifier,
    /// The assertion is for another audience.
    Audience {
        /// The expected audience.
        expected: String,
    },
    /// The lifetime is longer than [`MAXIMUM_SIGN_IN_ASSERTION_SECONDS`], or not positive.
    Lifetime,
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
        /// The time from which it is refused.
        expired_at: Timestamp,
    },
}

impl fmt::Display for SignInAssertionError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signed(error) => write!(formatter, "{error}"),
            Self::Claims => formatter.write_str(
                "its claims must be aud, sub, iat, exp and jti, and perhaps iss, each once and nothing else",
            ),
            Self::Subject => formatter.write_str("its sub is not a name that a token can have"),
            Self::Identifier => formatter.write_str("its jti must have 16 to 128 visible ASCII characters"),
            Self::Audience { expected } => write!(formatter, "its aud must be {expected}"),
            Self::Lifetime => write!(
                formatter,
                "its exp must lie 1 to {MAXIMUM_SIGN_IN_ASSERTION_SECONDS} seconds after its iat"
            ),
            Self::Early { now, issued_at } => write!(
                formatter,
                "it was made at {issued_at}, and it is {now}: a clock is wrong"
            ),
            Self::Expired { now, expired_at } => {
                write!(formatter, "it expired at {expired_at}, and it is {now}")
            }
        }
    }
}

impl Error for SignInAssertionError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Signed(error) => Some(error),
            Self::Claims
            | Self::Subject
            | Self::Identifier
            | Self::Audience { .. }
            | Self::Lifetime
            | Self::Early { .. }
            | Self::Expired { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{SignInAssertion, SignInAssertionError};
    use crate::keys::jws::{Header, JwsError, sign};
    use crate::keys::{KeyRing, Purpose};

    const NOW: u32 = 1_800_000_000;
    const GATE: &str = "https://hub.example";

    fn claims() -> Value {
        json!({"iss": "https://hub", "aud": GATE, "sub": "alice", "iat": NOW, "exp": NOW + 60, "jti": "0123456789abcdef"})
    }

    fn open(claims: &Value, now: u32) -> Result<SignInAssertion, SignInAssertionError> {
        let keys = KeyRing::generate([1; 32]);
        let text = sign(&Header::naming(1), &claims.to_string(), &keys, Purpose::SignIn);
        SignInAssertion::open(&text, &keys, GATE, now)
    }

    #[test]
    fn holds_for_its_minute() {
        let sign_in_assertion = open(&claims(), NOW).unwrap();
        assert_eq!(sign_in_assertion.subject().as_str(), "alice");
        assert_eq!(
            (sign_in_assertion.jti(), sign_in_assertion.expires_at()),
            ("0123456789abcdef", NOW + 60)
        );
        assert!(open(&claims(), NOW + 59).is_ok());
        assert!(open(&claims(), NOW - 5).is_ok());
        assert_eq!(
            open(&claims(), NOW + 60).unwrap_err(),
            SignInAssertionError::Expired {
                now: NOW + 60,
                expired_at: NOW + 60
            }
        );
        assert_eq!(
            open(&claims(), NOW - 6).unwrap_err(),
            SignInAssertionError::Early {
                now: NOW - 6,
                issued_at: NOW
            }
        );
    }

    #[test]
    fn refuses_every_claim_that_is_missing_wrong_or_unknown() {
        for name in ["aud", "sub", "iat", "exp", "jti"] {
            let mut without = claims();
            without.as_object_mut().unwrap().remove(name);
            assert_eq!(
                open(&without, NOW).unwrap_err(),
                SignInAssertionError::Claims,
                "{name}"
            );
        }
        let audience = SignInAssertionError::Audience {
            expected: GATE.to_owned(),
        };
        let cases = [
            ("aud", json!("https://other.example"), audience.clone()),
            ("aud", json!("http://hub.example"), audience.clone()),
            ("aud", json!("https://hub.example/"), audience),
            ("aud", json!([GATE]), SignInAssertionError::Claims),
            ("sub", json!(""), SignInAssertionError::Subject),
            ("sub", json!("a b"), SignInAssertionError::Subject),
            ("jti", json!("short"), SignInAssertionError::Identifier),
            ("jti", json!("a".repeat(129)), SignInAssertionError::Identifier),
            (
                "jti",
                json!("with a space in it"),
                SignInAssertionError::Identifier,
            ),
            ("exp", json!(NOW + 61), SignInAssertionError::Lifetime),
            ("exp", json!(NOW), SignInAssertionError::Lifetime),
            ("exp", json!(NOW - 1), SignInAssertionError::Lifetime),
            ("exp", json!(4_294_967_296_u64), SignInAssertionError::Claims),
            ("iat", json!(1.5), SignInAssertionError::Claims),
            ("iat", json!("1800000000"), SignInAssertionError::Claims),
            ("nbf", json!(NOW), SignInAssertionError::Claims),
            ("role", json!("admin"), SignInAssertionError::Claims),
        ];
        for (name, value, expected) in cases {
            let mut changed = claims();
            changed[name] = value.clone();
            assert_eq!(open(&changed, NOW).unwrap_err(), expected, "{name} {value}");
        }
    }

    #[test]
    fn believes_the_key_for_sign_in_and_no_other() {
        let keys = KeyRing::generate([1; 32]);
        for purpose in Purpose::ALL {
            let text = sign(&Header::naming(1), &claims().to_string(), &keys, purpose);
            let opened = SignInAssertion::open(&text, &keys, GATE, NOW);
            if purpose == Purpose::SignIn {
                assert!(opened.is_ok());
            } else {
                assert_eq!(
                    opened.unwrap_err(),
                    SignInAssertionError::Signed(JwsError::Signature),
                    "{purpose:?}"
                );
            }
        }
    }
}
