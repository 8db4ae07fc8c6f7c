//! The keys that verify assertions: the ring's `assertion` keys as a JWK Set (RFC 7517).

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use serde::Deserialize;
use sha2::Sha256;
use zeroize::{Zeroize, Zeroizing};

use crate::json::from_slice;
use crate::keys::{DERIVED_KEY_BYTES, KeyId, KeyRing, Purpose, UnknownKey, keyed_hmac, parse_key_id};

/// Verification keys by key id, for an origin. They cannot make a token.
#[derive(Clone)]
pub struct AssertionKeys(BTreeMap<KeyId, Hmac<Sha256>>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireSet {
    keys: Vec<WireKey>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireKey {
    kty: String,
    kid: String,
    alg: String,
    k: String,
}

impl AssertionKeys {
    /// Parses the JWK Set that `lychgate keys derive assertion --json` prints.
    ///
    /// # Errors
    /// [`AssertionKeysError`] says which part is wrong. It never contains a key.
    pub fn parse(text: &str) -> Result<Self, AssertionKeysError> {
        let set: WireSet = from_slice(text.as_bytes()).map_err(|_| AssertionKeysError::Json)?;
        let mut keys = BTreeMap::new();
        for key in set.keys {
            if key.kty != "oct" || key.alg != "HS256" {
                return Err(AssertionKeysError::Kind);
            }
            let id = parse_key_id(&key.kid).ok_or(AssertionKeysError::KeyId)?;
            let encoded = Zeroizing::new(key.k);
            let mut bytes = URL_SAFE_NO_PAD
                .decode(encoded.as_bytes())
                .map_err(|_| AssertionKeysError::Key { id })?;
            let keyed = (bytes.len() == DERIVED_KEY_BYTES).then(|| keyed_hmac(&bytes));
            bytes.zeroize();
            let keyed = keyed.ok_or(AssertionKeysError::Key { id })?;
            if keys.insert(id, keyed).is_some() {
                return Err(AssertionKeysError::Duplicate { id });
            }
        }
        if keys.is_empty() {
            return Err(AssertionKeysError::Empty);
        }
        Ok(Self(keys))
    }

    /// The keys of a whole ring.
    pub fn of(ring: &KeyRing) -> Self {
        Self(
            ring.key_ids()
                .filter_map(|id| {
                    let key = ring.derived_key(id, Purpose::Assertion)?;
                    Some((id, keyed_hmac(key.expose())))
                })
                .collect(),
        )
    }

    pub(super) fn fits(
        &self,
        id: KeyId,
        signed: &[u8],
        tag: &[u8; DERIVED_KEY_BYTES],
    ) -> Result<bool, UnknownKey> {
        let mut mac = self.0.get(&id).ok_or(UnknownKey)?.clone();
        mac.update(signed);
        Ok(mac.verify_slice(tag).is_ok())
    }
}

impl fmt::Debug for AssertionKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

/// Why a key set cannot be parsed. It never holds key material.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AssertionKeysError {
    /// The text is not a JSON object of the expected form.
    Json,
    /// A key is not of `kty` `oct` and `alg` `HS256`.
    Kind,
    /// A `kid` is not a plain decimal number from 0 to 255.
    KeyId,
    /// A key is not 32 bytes of unpadded base64url.
    Key {
        /// The key id.
        id: KeyId,
    },
    /// A key id appears twice.
    Duplicate {
        /// The key id.
        id: KeyId,
    },
    /// The set has no key.
    Empty,
}

impl fmt::Display for AssertionKeysError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json => formatter.write_str("not a JWK Set of kty, kid, alg and k")?,
            Self::Kind => formatter.write_str("a key is not of kty oct and alg HS256")?,
            Self::KeyId => formatter.write_str("a kid is not a plain decimal number from 0 to 255")?,
            Self::Key { id } => write!(formatter, "key {id} is not 32 bytes of unpadded base64url")?,
            Self::Duplicate { id } => write!(formatter, "key {id} appears twice")?,
            Self::Empty => formatter.write_str("the set has no key")?,
        }
        formatter.write_str("; `lychgate keys derive assertion --json` prints the set")
    }
}

impl std::error::Error for AssertionKeysError {}
