//! A compact JWS (RFC 7515) with HS256: the envelope of assertions, sign-in assertions and sessions.
//!
//! There is one algorithm and one spelling. The header is an object of `alg`, `kid` and `typ` and nothing else. `kid` is
//! a key id of the ring in plain decimal. The parts are unpadded base64url without stray bits. The caller checks what the
//! claims say and how long they are valid. Knows nothing of claims, clocks or HTTP.

use std::borrow::Cow;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use crate::json::from_slice;
use crate::keys::{DERIVED_KEY_BYTES, KeyId, KeyRing, Purpose, UnknownKey, parse_key_id};

/// The longest JWS that is opened. It fits an assertion whose target has 8192 bytes, each of them escaped.
pub const MAXIMUM_JWS_BYTES: usize = 36 * 1024;

/// The length of 32 bytes in unpadded base64url.
const SIGNATURE_CHARACTERS: usize = 43;

/// The encoded header for one key of the ring. It is made once and used for every JWS.
#[derive(Clone, Debug)]
pub(crate) struct Header(String);

impl Header {
    /// The header that names this key.
    pub(crate) fn naming(id: KeyId) -> Self {
        let header = format!(r#"{{"alg":"HS256","kid":"{id}","typ":"JWT"}}"#);
        Self(URL_SAFE_NO_PAD.encode(header))
    }
}

/// Signs claims with the ring's active key, which the header must name.
pub(crate) fn sign(header: &Header, claims: &str, keys: &KeyRing, purpose: Purpose) -> String {
    let claims_characters = claims.len().div_ceil(3).saturating_mul(4);
    let mut text = String::with_capacity(
        header
            .0
            .len()
            .saturating_add(claims_characters)
            .saturating_add(SIGNATURE_CHARACTERS + 2),
    );
    text.push_str(&header.0);
    text.push('.');
    URL_SAFE_NO_PAD.encode_string(claims, &mut text);
    let tag = keys.sign(purpose, &[text.as_bytes()]);
    text.push('.');
    URL_SAFE_NO_PAD.encode_string(tag, &mut text);
    text
}

/// Opens a JWS and returns its claims: bytes that begin like a JSON object. `fits` says whether a tag is the named key's
/// HMAC over the signed part.
///
/// # Errors
/// [`JwsError`]: the first check that fails.
pub(crate) fn open(
    text: &str,
    fits: impl FnOnce(KeyId, &[u8], &[u8; DERIVED_KEY_BYTES]) -> Result<bool, UnknownKey>,
) -> Result<Vec<u8>, JwsError> {
    if text.len() > MAXIMUM_JWS_BYTES {
        return Err(JwsError::Long { bytes: text.len() });
    }
    let (signed, signature) = text.rsplit_once('.').ok_or(JwsError::Parts)?;
    let (header, claims) = signed.split_once('.').ok_or(JwsError::Parts)?;
    if claims.contains('.') {
        return Err(JwsError::Parts);
    }
    let header = decode(header)?;
    let key_id = key_id_of(&header)?;
    let claims = decode(claims)?;
    // Without this check, a shorter tag would be compared with only the first bytes of the right one.
    let tag: [u8; DERIVED_KEY_BYTES] = decode(signature)?.try_into().map_err(|_| JwsError::Signature)?;
    match fits(key_id, signed.as_bytes(), &tag) {
        Ok(true) if claims.starts_with(b"{") => Ok(claims),
        Ok(true) => Err(JwsError::Claims),
        Ok(false) => Err(JwsError::Signature),
        Err(UnknownKey) => Err(JwsError::UnknownKey { key_id }),
    }
}

/// Opens a JWS that was signed with a key of the ring.
///
/// # Errors
/// As [`open`].
pub(crate) fn open_with_ring(text: &str, keys: &KeyRing, purpose: Purpose) -> Result<Vec<u8>, JwsError> {
    open(text, |key_id, signed, tag| {
        keys.verify(key_id, purpose, &[signed], tag)
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireHeader<'a> {
    #[serde(borrow)]
    alg: Cow<'a, str>,
    #[serde(borrow)]
    kid: Cow<'a, str>,
    #[serde(borrow)]
    typ: Cow<'a, str>,
}

fn key_id_of(header: &[u8]) -> Result<KeyId, JwsError> {
    // serde reads a struct from an array too, but no JWS header is an array.
    if !header.starts_with(b"{") {
        return Err(JwsError::Header);
    }
    let header: WireHeader<'_> = from_slice(header).map_err(|_| JwsError::Header)?;
    if header.alg != "HS256" {
        return Err(JwsError::Algorithm);
    }
    if header.typ != "JWT" {
        return Err(JwsError::Type);
    }
    parse_key_id(&header.kid).ok_or(JwsError::KeyId)
}

fn decode(part: &str) -> Result<Vec<u8>, JwsError> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| JwsError::Encoding)
}

/// Why a JWS is refused. It holds nothing of the JWS but a key id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JwsError {
    /// Longer than [`MAXIMUM_JWS_BYTES`].
    Long {
        /// Its length.
        bytes: usize,
    },
    /// Not three parts separated by dots.
    Parts,
    /// A part is not canonical unpadded base64url.
    Encoding,
    /// The header is not an object of `alg`, `kid` and `typ`, each once.
    Header,
    /// The algorithm is not HS256.
    Algorithm,
    /// The type is not JWT.
    Type,
    /// The `kid` is not a plain decimal number from 0 to 255.
    KeyId,
    /// No key has the id that the header names.
    UnknownKey {
        /// The key id.
        key_id: KeyId,
    },
    /// The signature does not match.
    Signature,
    /// The signature matches, but the payload is not a JSON object.
    Claims,
}

impl JwsError {
    /// The error as one word for machines.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Long { .. } => "long",
            Self::Parts => "parts",
            Self::Encoding => "encoding",
            Self::Header => "header",
            Self::Algorithm => "algorithm",
            Self::Type => "type",
            Self::KeyId => "key_id",
            Self::UnknownKey { .. } => "unknown_key",
            Self::Signature => "signature",
            Self::Claims => "claims",
        }
    }
}

impl fmt::Display for JwsError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Long { bytes } => write!(
                formatter,
                "it has {bytes} bytes; the limit is {MAXIMUM_JWS_BYTES}"
            ),
            Self::Parts => formatter.write_str("it is not three parts separated by dots"),
            Self::Encoding => formatter.write_str("a part is not unpadded base64url"),
            Self::Header => formatter.write_str("its header is not an object of alg, kid and typ, each once"),
            Self::Algorithm => formatter.write_str("its alg is not HS256"),
            Self::Type => formatter.write_str("its typ is not JWT"),
            Self::KeyId => formatter.write_str("its kid is not a plain decimal number from 0 to 255"),
            Self::UnknownKey { key_id } => write!(
                formatter,
                "it was signed with key {key_id}, which is unknown here: after a rotation, derive the keys again"
            ),
            Self::Signature => {
                formatter.write_str("the signature does not match: it was not made with this key")
            }
            Self::Claims => formatter.write_str("its claims are not a JSON object of the expected form"),
        }
    }
}

impl std::error::Error for JwsError {}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::{Header, JwsError, MAXIMUM_JWS_BYTES, open, open_with_ring, sign};
    use crate::keys::{KeyRing, Purpose};

    fn signed(header: &str, claims: &str, keys: &KeyRing) -> String {
        let header = Header(URL_SAFE_NO_PAD.encode(header));
        sign(&header, claims, keys, Purpose::Assertion)
    }

    #[test]
    fn opens_what_any_key_of_the_ring_signed() {
        let old = KeyRing::generate([1; 32]);
        let ring = old.rotate([2; 32]).unwrap();
        for (keys, id) in [(&old, 1), (&ring, 2)] {
            let text = sign(&Header::naming(id), "{}", keys, Purpose::Assertion);
            let claims = open(&text, |key_id, signed, tag| {
                assert_eq!(key_id, id);
                ring.verify(key_id, Purpose::Assertion, &[signed], tag)
            });
            assert_eq!(claims.unwrap(), b"{}");
            assert_eq!(open_with_ring(&text, &ring, Purpose::Assertion).unwrap(), b"{}");
            assert_eq!(
                open_with_ring(&text, &ring, Purpose::Token).unwrap_err(),
                JwsError::Signature
            );
        }
    }

    #[test]
    fn refuses_every_header_that_it_would_not_have_written() {
        let ring = KeyRing::generate([1; 32]);
        let cases = [
            (r#"{"alg":"none","kid":"1","typ":"JWT"}"#, JwsError::Algorithm),
            (r#"{"alg":"HS512","kid":"1","typ":"JWT"}"#, JwsError::Algorithm),
            (r#"{"alg":"HS256","kid":"1","typ":"jwt"}"#, JwsError::Type),
            (r#"{"alg":"HS256","kid":"01","typ":"JWT"}"#, JwsError::KeyId),
            (
                r#"{"alg":"HS256","kid":"9","typ":"JWT"}"#,
                JwsError::UnknownKey { key_id: 9 },
            ),
            (r#"{"alg":"HS256","kid":"1"}"#, JwsError::Header),
            (
                r#"{"alg":"HS256","kid":"1","typ":"JWT","crit":[]}"#,
                JwsError::Header,
            ),
            (
                r#"{"alg":"HS256","alg":"HS256","kid":"1","typ":"JWT"}"#,
                JwsError::Header,
            ),
            (r#"["HS256","1","JWT"]"#, JwsError::Header),
        ];
        for (header, expected) in cases {
            let text = signed(header, "{}", &ring);
            let found = open_with_ring(&text, &ring, Purpose::Assertion).unwrap_err();
            assert_eq!(found, expected, "{header}");
        }
    }

    #[test]
    fn refuses_a_shortened_signature_and_every_second_spelling() {
        let ring = KeyRing::generate([1; 32]);
        let text = sign(&Header::naming(1), "{}", &ring, Purpose::Assertion);
        let (signed, signature) = text.rsplit_once('.').unwrap();
        let tag = URL_SAFE_NO_PAD.decode(signature).unwrap();
        let short = URL_SAFE_NO_PAD.encode(&tag[..16]);
        let cases = [
            (format!("{signed}.{short}"), JwsError::Signature),
            (format!("{signed}."), JwsError::Signature),
            (format!("{text}="), JwsError::Encoding),
            (format!("{text}."), JwsError::Parts),
            (format!(" {text}"), JwsError::Encoding),
            (signed.to_owned(), JwsError::Parts),
            (
                "a".repeat(MAXIMUM_JWS_BYTES + 1),
                JwsError::Long {
                    bytes: MAXIMUM_JWS_BYTES + 1,
                },
            ),
        ];
        for (text, expected) in cases {
            let found = open_with_ring(&text, &ring, Purpose::Assertion).unwrap_err();
            assert_eq!(found, expected);
        }
    }
}
