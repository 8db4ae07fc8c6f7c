//! Access tokens to and from their text, and the only way from text to trust: [`Unverified`] to [`Verified`].
//!
//! `layout` says which bytes are where. The tag is the last of a chain: HMAC-SHA-256 over `prefix _` and all bytes up to the
//! subject, then for each restriction HMAC-SHA-256 over its bytes under the tag before, each cut to 128 bits. Whoever has a
//! token can add a restriction, and nobody can take one away.
//!
//! Knows nothing of HTTP, of lists, or of what a role may do.

use std::fmt;
use std::sync::Arc;

use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64::{Engine, decoded_len_estimate};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use super::layout::{
    CHECKSUM, CHECKSUM_BYTES, FIXED_BYTES, Layout, MAXIMUM_BODY_BYTES, MAXIMUM_TEXT_BYTES,
    MINIMUM_BODY_CHARACTERS, TAG_BYTES, VERSION,
};
use super::token_error::TokenError;
use crate::keys::{KeyId, KeyRing, Purpose, hmac};
use crate::token::{
    BearerKind, Claims, FieldError, Prefix, Restriction, Restrictions, Role, Subject, Timestamp, TokenId,
};

/// One tag of a chain. Whoever has it can continue the chain, so it is a secret.
type Tag = Zeroizing<[u8; TAG_BYTES]>;

/// The first tag: over the part of a token that only the gate can write.
fn first_tag(keys: &KeyRing, key_id: KeyId, prefix: &Prefix, signed: &[u8]) -> Option<Tag> {
    let parts = [prefix.as_str().as_bytes(), b"_", signed];
    let whole = Zeroizing::new(keys.sign_with(key_id, Purpose::Token, &parts).ok()?);
    whole.first_chunk().copied().map(Zeroizing::new)
}

/// The tag after one more restriction.
fn next_tag(tag: &Tag, restriction: &[u8]) -> Tag {
    let whole = Zeroizing::new(hmac(tag.as_ref(), restriction));
    Zeroizing::new(whole.first_chunk().copied().unwrap_or_default())
}

/// The text of a token whose body has these parts before the checksum.
fn to_text(prefix: &Prefix, parts: &[&[u8]]) -> Zeroizing<String> {
    let mut body = Zeroizing::new(Vec::with_capacity(MAXIMUM_BODY_BYTES));
    for part in parts {
        body.extend(*part);
    }
    let checksum = CHECKSUM.checksum(&body);
    body.extend(checksum.to_be_bytes());
    let mut text = Zeroizing::new(String::with_capacity(MAXIMUM_TEXT_BYTES));
    text.push_str(prefix.as_str());
    text.push('_');
    URL_SAFE_NO_PAD.encode_string(body.as_slice(), &mut text);
    text
}

/// Mints the token with these claims, signed with the active key. The text is secret.
///
/// # Errors
/// [`FieldError::Expiry`] if `expires_at` is 0, which on the wire means never, or not after `issued_at`;
/// [`FieldError::Restrictions`] where they make it too long.
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
    let subject = claims.subject.as_str().as_bytes();
    let mut signed = Zeroizing::new(Vec::with_capacity(MAXIMUM_BODY_BYTES));
    signed.extend([VERSION, claims.role.to_byte(), claims.bearer.to_byte(), key_id]);
    signed.extend(claims.issued_at.to_be_bytes());
    signed.extend(claims.expires_at.unwrap_or_default().to_be_bytes());
    signed.extend(claims.id.shard.to_be_bytes());
    signed.extend(claims.id.serial.to_be_bytes());
    signed.push(u8::try_from(subject.len()).map_err(|_| FieldError::Subject)?);
    signed.extend(subject);
    let tag = first_tag(keys, key_id, prefix, &signed).ok_or(FieldError::KeyId)?;
    let text = narrowed(prefix, &signed, &tag, claims.restrictions.iter());
    if text.len() > MAXIMUM_TEXT_BYTES {
        return Err(FieldError::Restrictions);
    }
    Ok(text)
}

/// Whether a token of this subject has room for these restrictions.
pub fn fits(prefix: &Prefix, subject: &Subject, restrictions: &Restrictions) -> bool {
    let fixed = FIXED_BYTES + TAG_BYTES + CHECKSUM_BYTES;
    let lengths = restrictions.iter().map(|restriction| restriction.to_wire().len());
    let body = lengths.fold(
        fixed.saturating_add(subject.as_str().len()),
        usize::saturating_add,
    );
    let encoded = body.saturating_mul(4).div_ceil(3);
    let text = prefix.as_str().len().saturating_add(1).saturating_add(encoded);
    text <= MAXIMUM_TEXT_BYTES
}

/// The text of a token with more restrictions after what it has.
fn narrowed<'a>(
    prefix: &Prefix,
    before: &[u8],
    tag: &Tag,
    added: impl Iterator<Item = &'a Restriction>,
) -> Zeroizing<String> {
    let (mut wire, mut tag) = (Vec::new(), tag.clone());
    for restriction in added {
        let bytes = restriction.to_wire();
        tag = next_tag(&tag, &bytes);
        wire.extend(bytes);
    }
    to_text(prefix, &[before, &wire, tag.as_ref()])
}

/// The prefix that a text begins with, where it can be a token's.
pub fn prefix_of(text: &str) -> Option<Prefix> {
    text.split_once('_').and_then(|(prefix, _)| prefix.parse().ok())
}

/// A text that has the form of a token of this deployment and a correct checksum. Nothing in it is verified yet, so it exposes
/// nothing.
pub struct Unverified<'prefix> {
    prefix: &'prefix Prefix,
    body: Body,
}

/// The bytes of a token's body. They are overwritten when it is dropped, and only they: most tokens are far shorter than they may be,
/// and each byte is written by itself.
struct Body {
    bytes: [u8; MAXIMUM_BODY_BYTES],
    /// How many of the bytes are used.
    length: usize,
}

impl Body {
    const fn empty() -> Self {
        Self {
            bytes: [0; MAXIMUM_BODY_BYTES],
            length: 0,
        }
    }

    /// Fills it with what unpadded base64url encodes. It is filled where it is, because a copy would remain in memory.
    fn decode(&mut self, encoded: &str) -> Result<(), TokenError> {
        // As many as may be written, also of a text that turns out to be something else.
        self.length = decoded_len_estimate(encoded.len()).min(MAXIMUM_BODY_BYTES);
        let decoded = URL_SAFE_NO_PAD.decode_slice(encoded, &mut self.bytes);
        self.length = decoded.map_err(|_| TokenError::Alphabet)?;
        Ok(())
    }

    fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        self.bytes.get_mut(..self.length).unwrap_or_default().zeroize();
    }
}

impl<'prefix> Unverified<'prefix> {
    /// Parses a token's text. The checks run in this order: prefix, length, alphabet, checksum, version, structure.
    ///
    /// # Errors
    /// The first [`TokenError`] in that order.
    pub fn parse(text: &str, prefix: &'prefix Prefix) -> Result<Self, TokenError> {
        let encoded = text
            .strip_prefix(prefix.as_str())
            .and_then(|rest| rest.strip_prefix('_'))
            .ok_or(TokenError::Prefix)?;
        if encoded.len() < MINIMUM_BODY_CHARACTERS || text.len() > MAXIMUM_TEXT_BYTES {
            return Err(TokenError::Length);
        }
        let mut unverified = Self {
            prefix,
            body: Body::empty(),
        };
        unverified.body.decode(encoded)?;
        let (summed, checksum) = unverified
            .body
            .as_bytes()
            .split_last_chunk::<CHECKSUM_BYTES>()
            .ok_or(TokenError::Length)?;
        if CHECKSUM.checksum(summed) != u32::from_be_bytes(*checksum) {
            return Err(TokenError::Checksum);
        }
        if summed.first() != Some(&VERSION) {
            return Err(TokenError::Version);
        }
        unverified.layout()?;
        Ok(unverified)
    }

    /// Checks the key id, then the tag in constant time, then what it says, then the expiry: the only way to a
    /// [`Verified`].
    ///
    /// # Errors
    /// The first [`TokenError`] in that order.
    pub fn verify(&self, keys: &KeyRing, now: Timestamp) -> Result<Verified, TokenError> {
        let layout = self.layout()?;
        let (fixed, subject) = layout
            .signed
            .split_first_chunk::<FIXED_BYTES>()
            .ok_or(TokenError::Structure)?;
        let [
            _,
            role,
            bearer,
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
            _,
        ] = *fixed;
        let first = first_tag(keys, key_id, self.prefix, layout.signed).ok_or(TokenError::UnknownKey)?;
        let last = layout.restrictions.fold(first, |tag, one| next_tag(&tag, one));
        let genuine: bool = last.as_ref().ct_eq(layout.tag).into();
        if !genuine {
            return Err(TokenError::Signature);
        }
        let expires_at = u32::from_be_bytes([e0, e1, e2, e3]);
        let mut claims = Claims {
            role: Role::from_byte(role).ok_or(TokenError::Claims)?,
            bearer: BearerKind::from_byte(bearer).ok_or(TokenError::Claims)?,
            subject: Subject::from_bytes(subject).ok_or(TokenError::Claims)?,
            id: TokenId {
                shard: u16::from_be_bytes([h0, h1]),
                serial: u32::from_be_bytes([s0, s1, s2, s3]),
            },
            issued_at: u32::from_be_bytes([i0, i1, i2, i3]),
            expires_at: (expires_at != 0).then_some(expires_at),
            restrictions: Restrictions::default(),
        };
        let restrictions: Result<Vec<_>, _> = layout.restrictions.map(Restriction::from_wire).collect();
        claims.restrictions = restrictions
            .and_then(Restrictions::new)
            .map_err(|_| TokenError::Restriction)?;
        Verified(Arc::new(Parts { claims, key_id })).unexpired(now)
    }

    /// The same token with more restrictions, which takes no key. Nothing of it is verified.
    ///
    /// # Errors
    /// [`NarrowError`] where a token cannot have so many, or such long ones.
    pub fn narrowed(&self, added: &Restrictions) -> Result<Zeroizing<String>, NarrowError> {
        let layout = self.layout().map_err(NarrowError::Token)?;
        if layout.restrictions.chain(added.iter().map(|_| &[][..])).count() > Restrictions::MAXIMUM {
            return Err(NarrowError::TooMany);
        }
        let tag = Zeroizing::new(*layout.tag);
        let text = narrowed(self.prefix, layout.before_tag, &tag, added.iter());
        if text.len() > MAXIMUM_TEXT_BYTES {
            return Err(NarrowError::TooLong);
        }
        Ok(text)
    }

    fn layout(&self) -> Result<Layout<'_>, TokenError> {
        self.body
            .as_bytes()
            .split_last_chunk::<CHECKSUM_BYTES>()
            .and_then(|(summed, _)| Layout::of(summed))
            .ok_or(TokenError::Structure)
    }
}

/// Why a token cannot be narrowed so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NarrowError {
    /// The text is no token.
    Token(TokenError),
    /// It would have more restrictions than a token may have.
    TooMany,
    /// It would be longer than a token may be.
    TooLong,
}

impl fmt::Display for NarrowError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token(error) => error.fmt(formatter),
            Self::TooMany => write!(
                formatter,
                "a token has at most {} restrictions",
                Restrictions::MAXIMUM
            ),
            Self::TooLong => write!(formatter, "a token has at most {MAXIMUM_TEXT_BYTES} characters"),
        }
    }
}

impl std::error::Error for NarrowError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Token(error) => Some(error),
            Self::TooMany | Self::TooLong => None,
        }
    }
}

impl fmt::Debug for Unverified<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Unverified(redacted)")
    }
}

/// The claims of a genuine, unexpired token. Only the revocation list says whether it is revoked. Cheap to clone and to move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified(Arc<Parts>);

/// What a [`Verified`] shares with its clones.
#[derive(Debug, PartialEq, Eq)]
struct Parts {
    claims: Claims,
    key_id: KeyId,
}

impl Verified {
    pub(super) fn unexpired(self, now: Timestamp) -> Result<Self, TokenError> {
        match self.claims().effective_expiry() {
            Some(expired_at) if now >= expired_at => Err(TokenError::Expired {
                id: self.claims().id,
                now,
                expired_at,
            }),
            Some(_) | None => Ok(self),
        }
    }

    /// The claims of the token.
    pub fn claims(&self) -> &Claims {
        &self.0.claims
    }

    /// The root key that minted it.
    pub fn key_id(&self) -> KeyId {
        self.0.key_id
    }
}

#[cfg(test)]
mod tests {
    use super::{TokenError, Unverified, fits, mint, mint_with};
    use crate::keys::KeyRing;
    use crate::token::{BearerKind, Claims, FieldError, Prefix, Restriction, Restrictions, Role, TokenId};

    fn claims() -> Claims {
        Claims {
            role: Role::Read,
            subject: "alice".parse().unwrap(),
            id: TokenId { shard: 0, serial: 7 },
            issued_at: 1_000,
            expires_at: Some(2_000),
            bearer: BearerKind::User,
            restrictions: Restrictions::default(),
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
    fn what_fits_is_what_can_be_minted() {
        let (keys, prefix) = (KeyRing::generate([1; 32]), Prefix::default());
        for length in 0..=255 {
            let areas = "a".repeat(32);
            let text = format!("areas={}", [areas.as_str(); 8].join(","));
            let text = text.get(..length.max(7)).unwrap().trim_end_matches(',');
            let one: Restriction = text.parse().unwrap();
            let restrictions = Restrictions::new(vec![one.clone(), one]).unwrap();
            let claims = Claims {
                restrictions: restrictions.clone(),
                ..claims()
            };
            assert_eq!(
                fits(&prefix, &claims.subject, &restrictions),
                mint(&claims, &prefix, &keys).is_ok(),
                "{text}"
            );
        }
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
