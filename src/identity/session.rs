//! A session: who is signed in at the page, and until when, sealed into the value of a cookie.
//!
//! Only the active key seals and opens, so rotating the key ring ends every session. Nothing is stored elsewhere: the CSRF
//! token of writes is derived from the session's own id. Knows nothing of cookies or HTTP.
//!
//! The value is unpadded base64url of: version (1 byte, always 1), key id (1), issued at (4), expires at (4), id (16),
//! the subject (1 to 64), HMAC-SHA-256 (32) with the key that is derived for `session`, over the text
//! `lychgate session seal v1 `, blank at the end included, and all bytes before. Numbers are big-endian, times are
//! seconds since 1970. The CSRF token is unpadded base64url of the HMAC, same key, over `lychgate session csrf v1 `
//! and the id.
//!
//! The checks run in this order: the form with version and subject, the key, the seal, the expiry. A session is refused from the
//! second that `expires at` names.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::keys::{DERIVED_KEY_BYTES, KeyId, KeyRing, Purpose};
use crate::token::{Subject, Timestamp};

/// How long somebody stays signed in: a working day, twelve hours.
pub const SESSION_SECONDS: u32 = 43_200;

/// The number of random bytes of a session's id.
pub const SESSION_ID_BYTES: usize = 16;

/// The first byte of every sealed session.
const VERSION: u8 = 1;

/// Version, key id, two times and the id.
const HEAD_BYTES: usize = 10 + SESSION_ID_BYTES;

/// The labels that separate the two HMACs of one key.
const SEAL_LABEL: &[u8] = b"lychgate session seal v1 ";
const CSRF_LABEL: &[u8] = b"lychgate session csrf v1 ";

/// The session of somebody who is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    subject: Subject,
    issued_at: Timestamp,
    expires_at: Timestamp,
    id: [u8; SESSION_ID_BYTES],
}

impl Session {
    /// A new session, whose id is fresh entropy.
    pub fn begin(subject: Subject, now: Timestamp, entropy: [u8; SESSION_ID_BYTES]) -> Self {
        Self {
            subject,
            issued_at: now,
            expires_at: now.saturating_add(SESSION_SECONDS),
            id: entropy,
        }
    }

    /// The user who is signed in.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// When it began. Seconds since 1970, UTC.
    pub fn issued_at(&self) -> Timestamp {
        self.issued_at
    }

    /// The time from which it is refused. Seconds since 1970, UTC.
    pub fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// The sealed session. Only this key ring can have made it.
    pub fn seal(&self, keys: &KeyRing) -> String {
        let mut sealed = vec![VERSION, keys.active()];
        sealed.extend(self.issued_at.to_be_bytes());
        sealed.extend(self.expires_at.to_be_bytes());
        sealed.extend(self.id);
        sealed.extend(self.subject.as_str().as_bytes());
        let tag = keys.sign(Purpose::Session, &[SEAL_LABEL, &sealed]);
        sealed.extend(tag);
        URL_SAFE_NO_PAD.encode(sealed)
    }

    /// Opens a text of [`Session::seal`].
    ///
    /// # Errors
    /// [`SessionError`]: the first check that fails.
    pub fn open(text: &str, keys: &KeyRing, now: Timestamp) -> Result<Self, SessionError> {
        // Longer than a session with the longest subject: not worth decoding.
        if text.len() > (HEAD_BYTES + Subject::MAXIMUM_BYTES + DERIVED_KEY_BYTES) * 4 / 3 + 2 {
            return Err(SessionError::Malformed);
        }
        let sealed = URL_SAFE_NO_PAD
            .decode(text)
            .map_err(|_| SessionError::Malformed)?;
        let (signed, tag) = sealed
            .split_last_chunk::<DERIVED_KEY_BYTES>()
            .ok_or(SessionError::Malformed)?;
        let (session, key_id) = Self::read(signed).ok_or(SessionError::Malformed)?;
        if key_id != keys.active() {
            return Err(SessionError::KeyRotated { key_id });
        }
        match keys.verify(key_id, Purpose::Session, &[SEAL_LABEL, signed], tag) {
            Ok(true) => {}
            Ok(false) | Err(_) => return Err(SessionError::Seal),
        }
        if now >= session.expires_at {
            return Err(SessionError::Expired {
                now,
                expired_at: session.expires_at,
            });
        }
        Ok(session)
    }

    fn read(signed: &[u8]) -> Option<(Self, KeyId)> {
        let (&[version, key_id], rest) = signed.split_first_chunk()?;
        let (issued_at, rest) = rest.split_first_chunk()?;
        let (expires_at, rest) = rest.split_first_chunk()?;
        let (id, subject) = rest.split_first_chunk()?;
        let session = Self {
            subject: Subject::from_bytes(subject)?,
            issued_at: Timestamp::from_be_bytes(*issued_at),
            expires_at: Timestamp::from_be_bytes(*expires_at),
            id: *id,
        };
        (version == VERSION).then_some((session, key_id))
    }

    /// The CSRF token that a write must have in addition to the cookie. Another site cannot make one.
    pub fn csrf_token(&self, keys: &KeyRing) -> String {
        URL_SAFE_NO_PAD.encode(keys.sign(Purpose::Session, &[CSRF_LABEL, &self.id]))
    }

    /// Whether a text is the CSRF token. The comparison takes constant time.
    pub fn accepts_csrf_token(&self, text: &str, keys: &KeyRing) -> bool {
        let tag: Option<[u8; DERIVED_KEY_BYTES]> = URL_SAFE_NO_PAD
            .decode(text)
            .ok()
            .and_then(|tag| tag.try_into().ok());
        tag.is_some_and(|tag| {
            let fits = keys.verify(keys.active(), Purpose::Session, &[CSRF_LABEL, &self.id], &tag);
            fits.unwrap_or_default()
        })
    }
}

/// Why a text is not a valid session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionError {
    /// It is not a sealed session.
    Malformed,
    /// It was sealed with a key that is not the active one.
    KeyRotated {
        /// The key that it names.
        key_id: KeyId,
    },
    /// The seal does not match.
    Seal,
    /// It has expired.
    Expired {
        /// The current time.
        now: Timestamp,
        /// The time from which it is refused.
        expired_at: Timestamp,
    },
}

impl fmt::Display for SessionError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed => formatter.write_str("it is no sealed session"),
            Self::KeyRotated { key_id } => {
                write!(
                    formatter,
                    "it was sealed with key {key_id}, which is not the active one"
                )
            }
            Self::Seal => formatter.write_str("its seal does not match"),
            Self::Expired { now, expired_at } => {
                write!(formatter, "it expired at {expired_at}, and it is {now}")
            }
        }
    }
}

impl std::error::Error for SessionError {}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::{SESSION_SECONDS, Session, SessionError};
    use crate::keys::KeyRing;

    const NOW: u32 = 1_800_000_000;

    fn session() -> Session {
        Session::begin("alice".parse().unwrap(), NOW, [7; 16])
    }

    #[test]
    fn lasts_twelve_hours_and_no_second_longer() {
        let keys = KeyRing::generate([1; 32]);
        let text = session().seal(&keys);
        assert_eq!(Session::open(&text, &keys, NOW).unwrap(), session());
        let end = NOW + SESSION_SECONDS;
        assert_eq!(SESSION_SECONDS, 12 * 60 * 60);
        assert!(Session::open(&text, &keys, end - 1).is_ok());
        assert_eq!(
            Session::open(&text, &keys, end).unwrap_err(),
            SessionError::Expired {
                now: end,
                expired_at: end
            }
        );
    }

    #[test]
    fn ends_with_the_key_that_sealed_it() {
        let keys = KeyRing::generate([1; 32]);
        let text = session().seal(&keys);
        let rotated = keys.rotate([2; 32]).unwrap();
        assert_eq!(
            Session::open(&text, &rotated, NOW).unwrap_err(),
            SessionError::KeyRotated { key_id: 1 }
        );
        let other = KeyRing::generate([3; 32]);
        assert_eq!(Session::open(&text, &other, NOW).unwrap_err(), SessionError::Seal);
    }

    #[test]
    fn refuses_every_changed_byte_and_every_other_length() {
        let keys = KeyRing::generate([1; 32]);
        let sealed = URL_SAFE_NO_PAD.decode(session().seal(&keys)).unwrap();
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(
                Session::open(&URL_SAFE_NO_PAD.encode(changed), &keys, NOW).is_err(),
                "{at}"
            );
            let short = URL_SAFE_NO_PAD.encode(&sealed[..at]);
            assert!(Session::open(&short, &keys, NOW).is_err(), "{at}");
        }
        assert!(Session::open(&"A".repeat(10_000), &keys, NOW).is_err());
    }

    #[test]
    fn each_session_takes_its_own_csrf_token_only() {
        let keys = KeyRing::generate([1; 32]);
        let token = session().csrf_token(&keys);
        let cut: String = token.chars().take(20).collect();
        assert!(session().accepts_csrf_token(&token, &keys));
        let other = Session::begin("alice".parse().unwrap(), NOW, [8; 16]);
        for wrong in ["", &cut, &other.csrf_token(&keys), &session().seal(&keys)] {
            assert!(!session().accepts_csrf_token(wrong, &keys), "{wrong}");
        }
        assert!(!session().accepts_csrf_token(&token, &keys.rotate([2; 32]).unwrap()));
    }
}
