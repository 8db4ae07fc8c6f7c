//! The key ring: root keys by key id, one of them active. It signs and verifies with the keys derived from them. Knows nothing of
//! tokens, lists or HTTP.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use super::derived_keys::{DERIVED_KEY_BYTES, DerivedKeys, Purpose, derive, mac};
use crate::json::{self, Reader, Unread};
use crate::keys::Secret;
use crate::sorted_map::SortedMap;

/// The least length of a root key: the output size of the hash, as RFC 2104 section 3 requires of HMAC keys.
pub const MINIMUM_KEY_BYTES: usize = 32;

/// The id of a root key in the ring, and in every token and list that was made with it.
pub type KeyId = u8;

/// The root keys of a deployment. It signs with the active key and verifies with all of them.
///
/// Its text form, the secret `LYCHGATE_KEYS`, is JSON:
/// `{"active":2,"keys":{"1":"<unpadded base64url>","2":"<unpadded base64url>"}}`.
pub struct KeyRing {
    active: KeyId,
    roots: SortedMap<KeyId, Secret>,
    derived: SortedMap<KeyId, DerivedKeys>,
    signing: DerivedKeys,
}

impl KeyRing {
    /// Parses the text form.
    ///
    /// # Errors
    /// [`KeyRingError`] says which part is wrong. It never contains a key.
    pub fn parse(text: &str) -> Result<Self, KeyRingError> {
        let wire = WireRing::parse(text)?;
        let mut roots = SortedMap::new();
        for (id, encoded) in wire.keys {
            let decoded = URL_SAFE_NO_PAD.decode(encoded.as_bytes());
            let id = parse_key_id(&id).ok_or(KeyRingError::KeyId)?;
            let key = Secret::new(decoded.map_err(|_| KeyRingError::Encoding { id })?);
            if key.expose().len() < MINIMUM_KEY_BYTES {
                return Err(KeyRingError::Short {
                    id,
                    bytes: key.expose().len(),
                });
            }
            if roots.insert(id, key).is_some() {
                return Err(KeyRingError::Duplicate { id });
            }
        }
        Self::from_roots(wire.active, roots)
    }

    /// A new ring with one key, number 1, made from 32 bytes of fresh entropy.
    pub fn generate(mut entropy: [u8; DERIVED_KEY_BYTES]) -> Self {
        let root = Secret::new(entropy.to_vec());
        entropy.zeroize();
        let signing = DerivedKeys::from_root(&root);
        let (mut roots, mut derived) = (SortedMap::new(), SortedMap::new());
        roots.insert(1, root);
        derived.insert(1, signing.clone());
        Self {
            active: 1,
            roots,
            derived,
            signing,
        }
    }

    /// This ring with one more key, made from 32 bytes of fresh entropy. The new key is the active one.
    /// Tokens of the older keys stay valid as long as those keys stay in the ring.
    ///
    /// # Errors
    /// [`KeyRingError::Full`] when no key id is left.
    pub fn rotate(&self, mut entropy: [u8; DERIVED_KEY_BYTES]) -> Result<Self, KeyRingError> {
        let highest = self.roots.keys().next_back().copied().unwrap_or_default();
        let id = highest.checked_add(1).ok_or(KeyRingError::Full)?;
        let mut roots = self.roots.clone();
        roots.insert(id, Secret::new(entropy.to_vec()));
        entropy.zeroize();
        Self::from_roots(id, roots)
    }

    /// This ring without one of its keys. Everything that was made with that key becomes invalid.
    ///
    /// # Errors
    /// [`KeyRingError::ActiveStays`] for the active key, [`KeyRingError::NotThere`] for a key that is not in the ring.
    pub fn without(&self, id: KeyId) -> Result<Self, KeyRingError> {
        if id == self.active {
            return Err(KeyRingError::ActiveStays { id });
        }
        let mut roots = self.roots.clone();
        roots.remove(&id).ok_or(KeyRingError::NotThere { id })?;
        Self::from_roots(self.active, roots)
    }

    fn from_roots(active: KeyId, roots: SortedMap<KeyId, Secret>) -> Result<Self, KeyRingError> {
        let mut derived = SortedMap::with_capacity(roots.len());
        for (id, root) in roots.iter() {
            derived.insert(*id, DerivedKeys::from_root(root));
        }
        let signing = derived
            .get(&active)
            .ok_or(KeyRingError::ActiveMissing { active })?
            .clone();
        Ok(Self {
            active,
            roots,
            derived,
            signing,
        })
    }

    /// The text form that [`KeyRing::parse`] reads. It is secret; store it as such.
    pub fn to_text(&self) -> Zeroizing<String> {
        const FRAME_BYTES: usize = 32;
        // The capacity suffices from the start: a string that grows would leave copies behind.
        let characters = |root: &Secret| root.expose().len().saturating_mul(4).div_ceil(3);
        let keys: usize = self
            .roots
            .values()
            .map(|root| FRAME_BYTES.saturating_add(characters(root)))
            .sum();
        let mut text = Zeroizing::new(String::with_capacity(FRAME_BYTES.saturating_add(keys)));
        text.push_str(&format!("{{\"active\":{},\"keys\":{{", self.active));
        for (index, (id, root)) in self.roots.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            text.push_str(&format!("{comma}\"{id}\":\""));
            URL_SAFE_NO_PAD.encode_string(root.expose(), &mut text);
            text.push('"');
        }
        text.push_str("}}");
        text
    }

    /// The id of the key that signs.
    pub fn active(&self) -> KeyId {
        self.active
    }

    /// The ids of all keys, ascending.
    pub fn key_ids(&self) -> impl Iterator<Item = KeyId> {
        self.roots.keys().copied()
    }

    /// The derived key itself, for a party outside the gate (an origin that verifies assertions).
    /// `None` if the ring has no key with this id.
    pub fn derived_key(&self, id: KeyId, purpose: Purpose) -> Option<Secret> {
        let root = self.roots.get(&id)?;
        Some(Secret::new(derive(root, purpose).to_vec()))
    }

    /// HMAC-SHA-256 over the parts, under the active key's derived key.
    pub(crate) fn sign(&self, purpose: Purpose, parts: &[&[u8]]) -> [u8; DERIVED_KEY_BYTES] {
        mac(self.signing.of(purpose), parts)
    }

    /// HMAC-SHA-256 over the parts, under that key's derived key.
    ///
    /// # Errors
    /// [`UnknownKey`] if the ring has no key with that id.
    pub(crate) fn sign_with(
        &self,
        id: KeyId,
        purpose: Purpose,
        parts: &[&[u8]],
    ) -> Result<[u8; DERIVED_KEY_BYTES], UnknownKey> {
        let keys = self.derived.get(&id).ok_or(UnknownKey)?;
        Ok(mac(keys.of(purpose), parts))
    }

    /// Whether `tag` is the HMAC over the parts, or its first bytes. The comparison takes constant time.
    ///
    /// # Errors
    /// [`UnknownKey`] if the ring has no key with that id.
    pub(crate) fn verify(
        &self,
        id: KeyId,
        purpose: Purpose,
        parts: &[&[u8]],
        tag: &[u8],
    ) -> Result<bool, UnknownKey> {
        let keys = self.derived.get(&id).ok_or(UnknownKey)?;
        let expected = mac(keys.of(purpose), parts);
        Ok(expected
            .get(..tag.len())
            .is_some_and(|expected| expected.ct_eq(tag).into()))
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("KeyRing")
            .field("active", &self.active)
            .field("roots", &self.roots)
            .finish_non_exhaustive()
    }
}

/// The error of a token or list that names a key which is not in the ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct UnknownKey;

/// Why a key ring cannot be parsed or changed. It never holds key material.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyRingError {
    /// The text is not a JSON object of the expected form.
    Json {
        /// Line of the first fault, from 1.
        line: usize,
        /// Column of the first fault, from 1.
        column: usize,
    },
    /// A key id is not a plain decimal number from 0 to 255.
    KeyId,
    /// A key id appears twice.
    Duplicate {
        /// The key id.
        id: KeyId,
    },
    /// A key is not unpadded base64url.
    Encoding {
        /// The key id.
        id: KeyId,
    },
    /// A key is shorter than [`MINIMUM_KEY_BYTES`].
    Short {
        /// The key id.
        id: KeyId,
        /// Its length, decoded.
        bytes: usize,
    },
    /// The active key id is not in the ring.
    ActiveMissing {
        /// The key id.
        active: KeyId,
    },
    /// Key id 255 is in use, so no higher id is free.
    Full,
    /// The active key cannot be removed.
    ActiveStays {
        /// The key id.
        id: KeyId,
    },
    /// The key to remove is not in the ring.
    NotThere {
        /// The key id.
        id: KeyId,
    },
}

impl fmt::Display for KeyRingError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json { line, column } => write!(
                formatter,
                "not a key ring at line {line}, column {column}: expected JSON \
                 {{\"active\":1,\"keys\":{{\"1\":\"<base64url>\"}}}}; `lychgate keys new` makes one"
            ),
            Self::KeyId => write!(formatter, "a key id is not a plain decimal number from 0 to 255"),
            Self::Duplicate { id } => {
                write!(formatter, "key {id} appears twice; give each key its own id")
            }
            Self::Encoding { id } => write!(formatter, "key {id} is not unpadded base64url"),
            Self::Short { id, bytes } => write!(
                formatter,
                "key {id} has {bytes} bytes; at least {MINIMUM_KEY_BYTES} are needed; \
                 `lychgate keys new` makes one"
            ),
            Self::ActiveMissing { active } => {
                write!(formatter, "the active key {active} is not in the key ring")
            }
            Self::Full => write!(
                formatter,
                "key id 255 is in use; remove old keys and renumber the rest"
            ),
            Self::ActiveStays { id } => write!(
                formatter,
                "key {id} is the active key, which makes everything new; run `lychgate keys rotate` first"
            ),
            Self::NotThere { id } => write!(formatter, "the ring has no key {id}"),
        }
    }
}

impl std::error::Error for KeyRingError {}

/// Parses `0` to `255` in plain decimal, one spelling each.
pub(crate) fn parse_key_id(text: &str) -> Option<KeyId> {
    // By way of the type that is parsed elsewhere: the module contains a parser for each.
    let number: u32 = text.parse().ok()?;
    KeyId::try_from(number).ok().filter(|id| id.to_string() == text)
}

struct WireRing {
    active: KeyId,
    keys: WireKeys,
}

/// The keys as written, including repeated ids. A map would silently keep the last of them.
type WireKeys = Vec<(String, Zeroizing<String>)>;

impl WireRing {
    fn parse(text: &str) -> Result<Self, KeyRingError> {
        let (mut active, mut keys) = (None, None);
        json::whole_object(text, &mut |name, reader| match name.as_ref() {
            "active" if active.is_none() => {
                active = Some(parse_key_id(json::number(reader)?).ok_or(Unread)?);
                Ok(())
            }
            "keys" if keys.is_none() => {
                keys = Some(wire_keys(reader)?);
                Ok(())
            }
            _ => Err(Unread),
        })
        .map_err(|at| not_a_ring(text, at))?;
        match (active, keys) {
            (Some(active), Some(keys)) => Ok(Self { active, keys }),
            (Some(_), None) | (None, _) => Err(not_a_ring(text, text.len())),
        }
    }
}

fn wire_keys(reader: &mut Reader<'_>) -> Result<WireKeys, Unread> {
    let mut keys = WireKeys::new();
    json::object(reader, &mut |id, reader| {
        let key = Zeroizing::new(json::string(reader)?.into_owned());
        keys.push((id.into_owned(), key));
        Ok(())
    })?;
    Ok(keys)
}

/// The error of a text that stops being a key ring at byte `at`.
fn not_a_ring(text: &str, at: usize) -> KeyRingError {
    let read = text.get(..at).unwrap_or(text);
    KeyRingError::Json {
        line: read.matches('\n').count().saturating_add(1),
        column: read
            .len()
            .saturating_sub(read.rfind('\n').map_or(0, |end| end.saturating_add(1))),
    }
}

#[cfg(test)]
mod tests {
    use super::{KeyRing, KeyRingError, Purpose};

    const K32: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

    #[test]
    fn refuses_what_is_not_a_ring_and_says_why() {
        let cases = [
            ("{", KeyRingError::Json { line: 1, column: 1 }),
            (
                &format!(r#"{{"active":2,"keys":{{"1":"{K32}"}}}}"#),
                KeyRingError::ActiveMissing { active: 2 },
            ),
            (
                &format!(r#"{{"active":1,"keys":{{"1":"{K32}","1":"{K32}"}}}}"#),
                KeyRingError::Duplicate { id: 1 },
            ),
            (
                &format!(r#"{{"active":1,"keys":{{"01":"{K32}"}}}}"#),
                KeyRingError::KeyId,
            ),
            (
                r#"{"active":1,"keys":{"1":"AAAA"}}"#,
                KeyRingError::Short { id: 1, bytes: 3 },
            ),
            (
                &format!(r#"{{"active":1,"keys":{{"1":"{K32}="}}}}"#),
                KeyRingError::Encoding { id: 1 },
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(KeyRing::parse(text).unwrap_err(), expected, "{text}");
        }
    }

    #[test]
    fn text_form_round_trips() {
        let ring = KeyRing::generate([7; 32]).rotate([8; 32]).unwrap();
        let again = KeyRing::parse(&ring.to_text()).unwrap();
        assert_eq!(again.active(), 2);
        assert_eq!(again.key_ids().collect::<Vec<_>>(), [1, 2]);
        assert_eq!(again.to_text(), ring.to_text());
    }

    #[test]
    fn purposes_and_root_keys_share_no_derived_key() {
        let ring = KeyRing::generate([7; 32]).rotate([8; 32]).unwrap();
        let mut seen: Vec<Vec<u8>> = Vec::new();
        for id in ring.key_ids() {
            for purpose in Purpose::ALL {
                let key = ring.derived_key(id, purpose).unwrap().expose().to_vec();
                assert!(!seen.contains(&key), "{id} {purpose:?}");
                seen.push(key);
            }
        }
    }

    #[test]
    fn takes_any_key_out_but_the_active_one() {
        let ring = KeyRing::generate([7; 32]).rotate([8; 32]).unwrap();
        let rest = ring.without(1).unwrap();
        assert_eq!((rest.active(), rest.key_ids().collect::<Vec<_>>()), (2, vec![2]));
        assert!(rest.to_text().contains("CAgICAgI") && !rest.to_text().contains("BwcHBwcH"));
        assert_eq!(ring.without(2).unwrap_err(), KeyRingError::ActiveStays { id: 2 });
        assert_eq!(ring.without(3).unwrap_err(), KeyRingError::NotThere { id: 3 });
    }

    #[test]
    fn debug_shows_no_key() {
        assert!(!format!("{:?}", KeyRing::generate([7; 32])).contains("BwcH"));
        assert!(!format!("{:?}", KeyRing::generate([7; 32])).contains("7, 7"));
    }
}
