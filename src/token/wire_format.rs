//! The wire format of access tokens, and the only way from text to trust: [`Unverified`] to [`Verified`].
//!
//! `<prefix>_<body>`; the body is unpadded base64url (RFC 4648 section 5) of
//!
//! | bytes | field |
//! | --- | --- |
//! | 1 | version, 1 |
//! | 1 | role: 1 read, 2 write |
//! | 1 | key id |
//! | 4 | issued at, seconds since 1970, big-endian |
//! | 4 | expires at, likewise; 0 = never |
//! | 2 | shard, big-endian |
//! | 4 | serial, big-endian |
//! | 1..=64 | subject |
//! | 16 | HMAC-SHA-256 over `prefix _` and all bytes above, cut to 128 bits |
//! | 4 | CRC-32 (IEEE 802.3) of all bytes above, big-endian |
//!
//! Knows nothing of HTTP, of lists, or of what a role may do.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use crc::{CRC_32_ISO_HDLC, Crc};
use zeroize::Zeroizing;

use crate::keys::{KeyId, KeyRing, Purpose};
use crate::token::{Claims, FieldError, Prefix, Role, Subject, Timestamp, TokenId};

pub(crate) const VERSION: u8 = 1;
pub(crate) const FIXED_BYTES: usize = 17;
pub(crate) const SIGNATURE_BYTES: usize = 16;
pub(crate) const CHECKSUM_BYTES: usize = 4;
/// CRC-32 (IEEE) with a table of 1 KiB. Larger tables are faster only for texts longer than tokens, and every edge and page
/// would have to load them.
pub(crate) static CHECKSUM: Crc<u32> = Crc::<u32>::new(&CRC_32_ISO_HDLC);
pub(crate) const MINIMUM_BODY_BYTES: usize = FIXED_BYTES + 1 + SIGNATURE_BYTES + CHECKSUM_BYTES;
pub(crate) const MAXIMUM_BODY_BYTES: usize =
    FIXED_BYTES + Subject::MAXIMUM_BYTES + SIGNATURE_BYTES + CHECKSUM_BYTES;
/// The shortest and longest body in base64url characters.
const MINIMUM_BODY_CHARACTERS: usize = (MINIMUM_BODY_BYTES * 4).div_ceil(3);
const MAXIMUM_BODY_CHARACTERS: usize = (MAXIMUM_BODY_BYTES * 4).div_ceil(3);

/// Mints the token with these claims, signed with the active key. The text is secret.
///
/// # Errors
/// [`FieldError::Expiry`] if `expires_at` is 0, which on the wire means never, or not after `issued_at`.
pub fn mint(claims: &Claims, prefix: &Prefix, keys: &KeyRing) -> Result<Zeroizing<String>, FieldError> {
    mint_with(claims, prefix, keys, keys.active())
}

/// Mints with a given key of the ring. The same claims and key give the same token.
///
/// # Errors
/// As [`mint`], and [`FieldError::KeyId`] if the ring has no such key.
pub fn mint_with(
    claims: &Claims,
    prefix: &Prefix,
    keys: &KeyRing,
    key_id: KeyId,
) -> Result<Zeroizing<String>, FieldError> {
    if claims
        .expires_at
        .is_some_and(|expires_at| expires_at <= claims.issued_at)
    {
        return Err(FieldError::Expiry);
    }
    let mut body = Zeroizing::new(Vec::with_capacity(MAXIMUM_BODY_BYTES));
    body.extend([VERSION, claims.role.to_byte(), key_id]);
    body.extend(claims.issued_at.to_be_bytes());
    body.extend(claims.expires_at.unwrap_or_default().to_be_bytes());
    body.extend(claims.id.shard.to_be_bytes());
    body.extend(claims.id.serial.to_be_bytes());
    body.extend(claims.subject.as_str().bytes());
    let signature = keys
        .sign_with(key_id, Purpose::Token, &[prefix.as_str().as_bytes(), b"_", &body])
        .map_err(|_| FieldError::KeyId)?;
    body.extend(signature.iter().take(SIGNATURE_BYTES));
    let checksum = CHECKSUM.checksum(&body);
    body.extend(checksum.to_be_bytes());
    let mut text = Zeroizing::new(String::with_capacity(
        prefix.as_str().len() + 1 + MAXIMUM_BODY_CHARACTERS,
    ));
    text.push_str(prefix.as_str());
    text.push('_');
    URL_SAFE_NO_PAD.encode_string(body.as_slice(), &mut text);
    Ok(text)
}

/// A text that has the form of a token of this deployment and a correct checksum. Nothing in it is verified yet, so it exposes
/// nothing.
pub struct Unverified<'prefix> {
    prefix: &'prefix Prefix,
    body: Zeroizing<[u8; MAXIMUM_BODY_BYTES]>,
    length: usize,
}

impl<'prefix> Unverified<'prefix> {
    /// Parses a token's text. The checks run in this order: prefix, length, alphabet, checksum, version.
    ///
    /// # Errors
    /// The first [`TokenError`] in that order.
    pub fn parse(text: &str, prefix: &'prefix Prefix) -> Result<Self, TokenError> {
        let encoded = text
            .strip_prefix(prefix.as_str())
            .and_then(|rest| rest.strip_prefix('_'))
            .ok_or(TokenError::Prefix)?;
        if !(MINIMUM_BODY_CHARACTERS..=MAXIMUM_BODY_CHARACTERS).contains(&encoded.len()) {
            return Err(TokenError::Length);
        }
        let mut body = Zeroizing::new([0; MAXIMUM_BODY_BYTES]);
        let length = URL_SAFE_NO_PAD
            .decode_slice(encoded, body.as_mut())
            .map_err(|_| TokenError::Alphabet)?;
        let unverified = Self { prefix, body, length };
        let (summed, checksum) = unverified
            .bytes()
            .split_last_chunk::<CHECKSUM_BYTES>()
            .ok_or(TokenError::Length)?;
        if CHECKSUM.checksum(summed) != u32::from_be_bytes(*checksum) {
            return Err(TokenError::Checksum);
        }
        if summed.first() != Some(&VERSION) {
            return Err(TokenError::Version);
        }
        Ok(unverified)
    }

    /// Checks the key id, then the HMAC in constant time, then the expiry: the only way to a [`Verified`].
    ///
    /// # Errors
    /// The first [`TokenError`] in that order.
    pub fn verify(&self, keys: &KeyRing, now: Timestamp) -> Result<Verified, TokenError> {
        let (signed, signature) = self
            .bytes()
            .split_last_chunk::<CHECKSUM_BYTES>()
            .and_then(|(summed, _)| summed.split_last_chunk::<SIGNATURE_BYTES>())
            .ok_or(TokenError::Length)?;
        let (fixed, subject) = signed
            .split_first_chunk::<FIXED_BYTES>()
            .ok_or(TokenError::Length)?;
        let [
            _,
            role,
            key_id,
            i0,
            i1,
            i2,
            i3,
            e0,
            e1,
            e2,
            e3,
            h0,
            h1,
            s0,
            s1,
            s2,
            s3,
        ] = *fixed;
        let prefix = self.prefix.as_str().as_bytes();
        let genuine = keys
            .verify(key_id, Purpose::Token, &[prefix, b"_", signed], signature)
            .map_err(|_| TokenError::UnknownKey)?;
        if !genuine {
            return Err(TokenError::Signature);
        }
        let expires_at = u32::from_be_bytes([e0, e1, e2, e3]);
        let claims = Claims {
            role: Role::from_byte(role).ok_or(TokenError::Claims)?,
            subject: Subject::from_bytes(subject).ok_or(TokenError::Claims)?,
            id: TokenId {
                shard: u16::from_be_bytes([h0, h1]),
                serial: u32::from_be_bytes([s0, s1, s2, s3]),
            },
            issued_at: u32::from_be_bytes([i0, i1, i2, i3]),
            expires_at: (expires_at != 0).then_some(expires_at),
        };
        Verified { claims, key_id }.unexpired(now)
    }

    fn bytes(&self) -> &[u8] {
        self.body.get(..self.length).unwrap_or_default()
    }
}

/// How much of a token must be right for a text to count as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Likeness {
    /// Prefix, length and alphabet: perhaps mistyped.
    Form,
    /// The checksum too.
    Checksum,
}

/// Whether a token of this deployment stands anywhere in the text, between characters that no token has.
pub(crate) fn contains_token(text: &str, prefix: &Prefix, least: Likeness) -> bool {
    let is_token = |underscore: usize| {
        let (before, _) = text.split_at_checked(underscore)?;
        let start = before.strip_suffix(prefix.as_str())?.len();
        let longest = prefix.as_str().len() + 2 + MAXIMUM_BODY_CHARACTERS;
        let in_alphabet = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        // One character more than the longest token has is enough to see that it is none.
        let length = text
            .bytes()
            .skip(start)
            .take(longest)
            .take_while(in_alphabet)
            .count();
        let parsed = Unverified::parse(text.get(start..start + length)?, prefix).err();
        Some(match parsed {
            None | Some(TokenError::Version) => true,
            Some(TokenError::Checksum) => least == Likeness::Form,
            Some(
                TokenError::Length
                | TokenError::Prefix
                | TokenError::Alphabet
                | TokenError::UnknownKey
                | TokenError::Signature
                | TokenError::Claims
                | TokenError::Expired { .. },
            ) => false,
        })
    };
    text.match_indices('_')
        .any(|(at, _)| is_token(at).unwrap_or_default())
}

impl fmt::Debug for Unverified<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Unverified(redacted)")
    }
}

/// The claims of a genuine, unexpired token. Only the revocation list says whether it is revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    claims: Claims,
    key_id: KeyId,
}

impl Verified {
    pub(super) fn unexpired(self, now: Timestamp) -> Result<Self, TokenError> {
        match self.claims.expires_at {
            Some(expired_at) if now >= expired_at => Err(TokenError::Expired {
                id: self.claims.id,
                now,
                expired_at,
            }),
            Some(_) | None => Ok(self),
        }
    }

    /// The claims of the token.
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    /// The root key that minted it.
    pub fn key_id(&self) -> KeyId {
        self.key_id
    }
}

/// Why a text is not a valid token of this deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenError {
    /// Too short or too long to be a token.
    Length,
    /// Another prefix, or none.
    Prefix,
    /// Characters, padding or trailing bits that unpadded base64url does not have.
    Alphabet,
    /// The CRC-32 does not match: mistyped, truncated, or never a token.
    Checksum,
    /// A format version that this gate does not know.
    Version,
    /// Made with a root key that is not, or no longer, in the ring.
    UnknownKey,
    /// The HMAC does not match: forged.
    Signature,
    /// Genuine, but with a role or subject outside the format: made by something else that holds the key.
    Claims,
    /// Genuine, but expired.
    Expired {
        /// The token's public id.
        id: TokenId,
        /// The current time.
        now: Timestamp,
        /// The time from which it is refused.
        expired_at: Timestamp,
    },
}

impl TokenError {
    /// The error as one word for machines, more specific than the refusal's code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Length => "length",
            Self::Prefix => "prefix",
            Self::Alphabet => "alphabet",
            Self::Checksum => "checksum",
            Self::Version => "version",
            Self::UnknownKey => "unknown_key",
            Self::Signature => "signature",
            Self::Claims => "claims",
            Self::Expired { .. } => "expired",
        }
    }
}

impl fmt::Display for TokenError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length => write!(
                formatter,
                "the length is wrong: after the prefix and its underscore a token has \
                 {MINIMUM_BODY_CHARACTERS} to {MAXIMUM_BODY_CHARACTERS} characters"
            ),
            Self::Prefix => write!(formatter, "the prefix is not this deployment's"),
            Self::Alphabet => write!(
                formatter,
                "it is not unpadded base64url after the prefix: a character is wrong, added or lost"
            ),
            Self::Checksum => write!(
                formatter,
                "the checksum does not fit: a character was changed, added or lost"
            ),
            Self::Version => write!(formatter, "the format version is not {VERSION}"),
            Self::UnknownKey => write!(
                formatter,
                "it was made with a root key that is not in the key ring"
            ),
            Self::Signature => write!(formatter, "the HMAC does not fit: it was not made here"),
            Self::Claims => write!(formatter, "its role or subject is outside the format"),
            Self::Expired { now, expired_at, .. } => write!(
                formatter,
                "it expired {} seconds ago (at {expired_at}, in seconds since 1970)",
                now.saturating_sub(*expired_at)
            ),
        }
    }
}

impl std::error::Error for TokenError {}

#[cfg(test)]
mod tests {
    use super::{TokenError, Unverified, mint, mint_with};
    use crate::keys::KeyRing;
    use crate::token::{Claims, FieldError, Prefix, Role, TokenId};

    fn claims() -> Claims {
        Claims {
            role: Role::Read,
            subject: "alice".parse().unwrap(),
            id: TokenId { shard: 0, serial: 7 },
            issued_at: 1_000,
            expires_at: Some(2_000),
        }
    }

    #[test]
    fn expires_at_the_second_it_names() {
        let (keys, prefix) = (KeyRing::generate([1; 32]), Prefix::default());
        let text = mint(&claims(), &prefix, &keys).unwrap();
        let token = Unverified::parse(&text, &prefix).unwrap();
        assert_eq!(token.verify(&keys, 1_999).unwrap().claims(), &claims());
        assert!(matches!(
            token.verify(&keys, 2_000),
            Err(TokenError::Expired {
                expired_at: 2_000,
                ..
            })
        ));
    }

    #[test]
    fn a_token_of_another_prefix_is_not_genuine_here() {
        let keys = KeyRing::generate([1; 32]);
        let (ours, theirs): (Prefix, Prefix) = ("hub".parse().unwrap(), "hug".parse().unwrap());
        let text = mint(&claims(), &theirs, &keys).unwrap();
        let renamed = text.replacen("hug", "hub", 1);
        let token = Unverified::parse(&renamed, &ours).unwrap();
        assert_eq!(token.verify(&keys, 1_500), Err(TokenError::Signature));
    }

    #[test]
    fn removing_a_key_invalidates_its_tokens() {
        let prefix = Prefix::default();
        let text = mint(&claims(), &prefix, &KeyRing::generate([1; 32])).unwrap();
        let rotated = KeyRing::generate([1; 32]).rotate([2; 32]).unwrap();
        let token = Unverified::parse(&text, &prefix).unwrap();
        assert!(token.verify(&rotated, 1_500).is_ok());
        let without = KeyRing::parse(&rotated.to_text().replace("\"1\":", "\"9\":")).unwrap();
        assert_eq!(token.verify(&without, 1_500), Err(TokenError::UnknownKey));
    }

    #[test]
    fn mints_the_same_token_again_after_a_rotation() {
        let prefix = Prefix::default();
        let keys = KeyRing::generate([1; 32]);
        let text = mint(&claims(), &prefix, &keys).unwrap();
        let rotated = keys.rotate([2; 32]).unwrap();
        assert_ne!(mint(&claims(), &prefix, &rotated).unwrap(), text);
        assert_eq!(mint_with(&claims(), &prefix, &rotated, 1).unwrap(), text);
        assert_eq!(mint_with(&claims(), &prefix, &rotated, 3), Err(FieldError::KeyId));
    }

    #[test]
    fn debug_shows_no_token() {
        let (keys, prefix) = (KeyRing::generate([1; 32]), Prefix::default());
        let text = mint(&claims(), &prefix, &keys).unwrap();
        let token = Unverified::parse(&text, &prefix).unwrap();
        assert_eq!(format!("{token:?}"), "Unverified(redacted)");
    }
}
