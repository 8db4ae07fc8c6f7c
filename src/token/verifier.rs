//! The check of a token's text against one deployment's prefix and keys, and the memory of what was found genuine.
//!
//! An HMAC takes most of the time of a decision, and most tokens come again soon. What is remembered is only that a
//! text, compared whole and in constant time, is genuine: expiry is checked every time, and revocation is the list's
//! to say.

use std::fmt;
use std::sync::Mutex;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{TokenError, Unverified, Verified};
use crate::claims::{Prefix, Timestamp};
use crate::key_ring::KeyRing;

/// How many tokens are remembered at most: about 4 MiB in an isolate that has 128.
const PLACES: usize = 16_384;

/// How many characters at the end of a text choose its place: of them, 32 bits are the checksum, which is as good as
/// drawn by lot.
const CHOOSING_CHARACTERS: usize = 6;

/// Checks tokens of one deployment. Prefix and keys stay as they are, so that what was genuine is genuine.
pub struct Verifier {
    prefix: Prefix,
    keys: KeyRing,
    /// By [`place_of`] a text; a newer token takes an older one's place. While another thread is at it, a token is
    /// checked as if it were not known.
    genuine: Mutex<Vec<Option<Box<Genuine>>>>,
}

/// A text that was found genuine, and what it says.
struct Genuine {
    text: Zeroizing<String>,
    token: Verified,
}

impl Verifier {
    /// Of that deployment.
    pub fn new(prefix: Prefix, keys: KeyRing) -> Self {
        Self {
            prefix,
            keys,
            genuine: Mutex::default(),
        }
    }

    /// The prefix of this deployment's tokens.
    pub fn prefix(&self) -> &Prefix {
        &self.prefix
    }

    /// The keys that tokens, lists and records are checked with.
    pub fn keys(&self) -> &KeyRing {
        &self.keys
    }

    /// Checks a token's text as [`Unverified::parse`] and [`Unverified::verify`] do.
    ///
    /// # Errors
    /// As these.
    pub fn verify(&self, text: &str, now: Timestamp) -> Result<Verified, TokenError> {
        match self.recall(text) {
            Some(token) => token.unexpired(now),
            None => {
                let token = Unverified::parse(text, &self.prefix)?.verify(&self.keys, now)?;
                self.remember(text, token);
                Ok(token)
            }
        }
    }

    fn recall(&self, text: &str) -> Option<Verified> {
        let genuine = self.genuine.try_lock().ok()?;
        let known = genuine.get(place_of(text))?.as_ref()?;
        let is_alike: bool = known.text.as_bytes().ct_eq(text.as_bytes()).into();
        is_alike.then_some(known.token)
    }

    fn remember(&self, text: &str, token: Verified) {
        let Ok(mut genuine) = self.genuine.try_lock() else {
            return;
        };
        if genuine.is_empty() {
            genuine.resize_with(PLACES, || None);
        }
        if let Some(slot) = genuine.get_mut(place_of(text)) {
            let text = Zeroizing::new(text.to_owned());
            *slot = Some(Box::new(Genuine { text, token }));
        }
    }
}

/// Where a text is remembered.
fn place_of(text: &str) -> usize {
    let end = text.bytes().rev().take(CHOOSING_CHARACTERS);
    end.fold(0, |place: usize, byte| {
        place.wrapping_mul(61).wrapping_add(usize::from(byte))
    }) % PLACES
}

impl fmt::Debug for Verifier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Verifier")
            .field("prefix", &self.prefix)
            .field("keys", &self.keys)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::{PLACES, Verifier, place_of};
    use crate::claims::{Claims, Prefix, Role, TokenId};
    use crate::key_ring::KeyRing;
    use crate::token::{TokenError, mint};

    fn claims(serial: u32, expires_at: Option<u32>) -> Claims {
        Claims {
            role: Role::Read,
            subject: "alice".parse().unwrap(),
            id: TokenId { shard: 0, serial },
            issued_at: 1_000,
            expires_at,
        }
    }

    fn verifier() -> Verifier {
        Verifier::new(Prefix::default(), KeyRing::generate([7; 32]))
    }

    #[test]
    fn says_of_a_known_text_what_it_said_at_first() {
        let verifier = verifier();
        for serial in 0..100 {
            let text = mint(&claims(serial, None), verifier.prefix(), verifier.keys()).unwrap();
            let first = verifier.verify(&text, 2_000).unwrap();
            assert!(verifier.recall(&text).is_some());
            assert_eq!(verifier.verify(&text, 3_000), Ok(first));
        }
    }

    #[test]
    fn an_expiry_ends_a_known_text() {
        let verifier = verifier();
        let text = mint(&claims(1, Some(2_000)), verifier.prefix(), verifier.keys()).unwrap();
        assert!(verifier.verify(&text, 1_999).is_ok());
        assert!(matches!(
            verifier.verify(&text, 2_000),
            Err(TokenError::Expired {
                expired_at: 2_000,
                ..
            })
        ));
        assert!(verifier.verify(&text, 1_999).is_ok());
    }

    #[test]
    fn nothing_but_the_whole_text_is_known() {
        let verifier = verifier();
        let text = mint(&claims(1, None), verifier.prefix(), verifier.keys()).unwrap();
        assert!(verifier.verify(&text, 2_000).is_ok());
        for at in 0..text.len() {
            let mut changed = text.as_bytes().to_vec();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(verifier.verify(&changed, 2_000).is_err(), "{at}");
        }
        assert!(verifier.verify(text.trim_start_matches('h'), 2_000).is_err());
        assert!(verifier.verify(&format!("x{}", *text), 2_000).is_err());
    }

    #[test]
    fn a_refused_text_takes_no_place() {
        let verifier = verifier();
        let stranger = KeyRing::generate([8; 32]);
        let forged = mint(&claims(1, None), verifier.prefix(), &stranger).unwrap();
        assert_eq!(verifier.verify(&forged, 2_000), Err(TokenError::Signature));
        assert!(verifier.genuine.lock().unwrap().is_empty());
    }

    #[test]
    fn tokens_spread_over_the_places() {
        let verifier = verifier();
        let mut places: Vec<usize> = (0..1_000)
            .map(|serial| {
                let text = mint(&claims(serial, None), verifier.prefix(), verifier.keys()).unwrap();
                place_of(&text)
            })
            .collect();
        places.sort_unstable();
        places.dedup();
        // A thousand of 16,384 by lot meet about thirty times.
        assert!(places.len() > 930, "{}", places.len());
        assert!(places.iter().all(|place| *place < PLACES));
    }
}
