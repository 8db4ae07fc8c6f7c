//! The verifier: checks a token's text against one deployment's prefix and keys, and remembers genuine tokens.
//!
//! An HMAC takes most of the time of a decision, and most tokens soon come again. The verifier remembers only that a text,
//! compared completely and in constant time, is genuine. It checks expiry every time, and the revocation list is not its
//! concern.

use std::fmt;
use std::sync::Mutex;

use subtle::{Choice, ConstantTimeEq};
use zeroize::{Zeroize, Zeroizing};

use super::{TokenError, Unverified, Verified};
use crate::keys::KeyRing;
use crate::token::{Prefix, Timestamp};

/// The number of buckets. With [`WAYS`], at most 16,384 tokens are remembered: about 5 MiB in an isolate that has 128, and
/// 20 MiB where all of them are as long and as restricted as they can be.
const BUCKETS: usize = 8_192;

/// The number of tokens in a bucket. Sometimes two active tokens share a bucket, and with one place they would evict each other.
const WAYS: usize = 2;

/// The number of characters at the end of a text that form its mark: they are the checksum, which is as good as random.
const MARKING_CHARACTERS: usize = 6;

/// Checks tokens of one deployment. Prefix and keys never change, so a genuine token stays genuine.
pub struct Verifier {
    prefix: Prefix,
    keys: KeyRing,
    /// Buckets by a text's mark, the newest token first. A new token replaces the oldest one. While another thread holds the
    /// lock, a token is checked as if it were unknown.
    genuine: Mutex<Vec<[Place; WAYS]>>,
}

/// A place for a token.
#[derive(Default)]
struct Place {
    /// A number that anyone can compute from the text; not secret. It is here because a look at another token's memory takes
    /// longer than all else.
    mark: usize,
    /// The text that was found genuine.
    text: Zeroizing<String>,
    /// The token that it is; `None` if the place is free.
    token: Option<Verified>,
}

impl Verifier {
    /// A verifier for this deployment.
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

    /// The keys that verify tokens, lists and records.
    pub fn keys(&self) -> &KeyRing {
        &self.keys
    }

    /// Checks a token's text as [`Unverified::parse`] and [`Unverified::verify`] do.
    ///
    /// # Errors
    /// The same errors.
    pub fn verify(&self, text: &str, now: Timestamp) -> Result<Verified, TokenError> {
        match self.recall(text) {
            Some(token) => token.unexpired(now),
            None => {
                let token = Unverified::parse(text, &self.prefix)?.verify(&self.keys, now)?;
                self.remember(text, token.clone());
                Ok(token)
            }
        }
    }

    fn recall(&self, text: &str) -> Option<Verified> {
        let mark = mark_of(text);
        let genuine = self.genuine.try_lock().ok()?;
        let bucket = genuine.get(mark % BUCKETS)?;
        let known = bucket.iter().find(|place| place.mark == mark)?;
        let is_same: bool = is_same(known.text.as_bytes(), text.as_bytes()).into();
        known.token.clone().filter(|_| is_same)
    }

    fn remember(&self, text: &str, token: Verified) {
        let Ok(mut genuine) = self.genuine.try_lock() else {
            return;
        };
        if genuine.is_empty() {
            genuine.resize_with(BUCKETS, Default::default);
        }
        let mark = mark_of(text);
        if let Some(bucket) = genuine.get_mut(mark % BUCKETS) {
            bucket.rotate_right(1);
            let [newest, ..] = bucket;
            newest.mark = mark;
            // The oldest one's memory is used again. A text of the same length overwrites the other.
            if newest.text.len() != text.len() {
                newest.text.zeroize();
            }
            newest.text.clear();
            newest.text.push_str(text);
            newest.token = Some(token);
        }
    }
}

/// The number by which a text is found again. Several texts may share one.
fn mark_of(text: &str) -> usize {
    let end = text.bytes().rev().take(MARKING_CHARACTERS);
    end.fold(0, |mark: usize, byte| {
        mark.wrapping_mul(61).wrapping_add(usize::from(byte))
    })
}

/// Whether two texts are equal. The time depends only on their lengths; compares eight bytes at a time.
fn is_same(one: &[u8], other: &[u8]) -> Choice {
    let ((one, one_end), (other, other_end)) = (one.as_chunks(), other.as_chunks());
    let words = one
        .iter()
        .zip(other)
        .map(|(one, other)| u64::from_ne_bytes(*one) ^ u64::from_ne_bytes(*other));
    let differences = words.fold(0, |all, word| all | word);
    let lengths = Choice::from(u8::from(one.len() == other.len()));
    lengths & differences.ct_eq(&0_u64) & one_end.ct_eq(other_end)
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
    use super::{BUCKETS, Verifier, WAYS, is_same, mark_of};
    use crate::keys::KeyRing;
    use crate::token::{BearerKind, Claims, Prefix, Restrictions, Role, TokenError, TokenId, mint};

    fn claims(serial: u32, expires_at: Option<u32>) -> Claims {
        Claims {
            role: Role::Read,
            subject: "alice".parse().unwrap(),
            id: TokenId { shard: 0, serial },
            issued_at: 1_000,
            expires_at,
            bearer: BearerKind::User,
            restrictions: Restrictions::default(),
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
    fn texts_are_the_same_where_every_byte_is() {
        let text = "a text of 21 letters.".as_bytes();
        for length in 0..=text.len() {
            let (text, longer) = (&text[..length], &text[..text.len().min(length + 1)]);
            assert!(bool::from(is_same(text, text)));
            assert_eq!(bool::from(is_same(text, longer)), text == longer);
            for at in 0..length {
                let mut other = text.to_vec();
                other[at] ^= 1;
                assert!(!bool::from(is_same(text, &other)), "{at} of {length}");
            }
        }
    }

    #[test]
    fn nearly_all_of_a_thousand_tokens_are_known_again() {
        let verifier = verifier();
        let texts: Vec<_> = (0..1_000)
            .map(|serial| mint(&claims(serial, None), verifier.prefix(), verifier.keys()).unwrap())
            .collect();
        for text in &texts {
            assert!(verifier.verify(text, 2_000).is_ok());
        }
        let known = texts
            .iter()
            .filter(|text| verifier.recall(text).is_some())
            .count();
        // At random, three of a thousand texts meet in one of 8,192 buckets about three times.
        assert!(known > 980, "{known}");
    }

    #[test]
    fn the_oldest_in_a_bucket_gives_way() {
        let verifier = verifier();
        let mut sharing: Vec<_> = (0..200_000)
            .map(|serial| mint(&claims(serial, None), verifier.prefix(), verifier.keys()).unwrap())
            .filter(|text| mark_of(text) % BUCKETS == 7)
            .take(WAYS + 1)
            .collect();
        for text in &sharing {
            assert!(verifier.verify(text, 2_000).is_ok());
        }
        assert_eq!(sharing.len(), WAYS + 1);
        assert!(verifier.recall(&sharing.remove(0)).is_none());
        for text in &sharing {
            assert!(verifier.recall(text).is_some());
        }
    }
}
