//! The keys that the targets share, and functions that seal whatever a fuzzer wants sealed.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use lychgate::keys::{KeyId, KeyRing, Purpose};
use sha2::Sha256;

/// Keys 1 and 2, with 2 active: the ring `rotated` of the test vectors.
pub(crate) static RING: LazyLock<KeyRing> = LazyLock::new(|| KeyRing::parse(RING_TEXT).unwrap());

const RING_TEXT: &str = r#"{"active":2,"keys":{"1":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8","2":"__79_Pv6-fj39vX08_Lx8O_u7ezr6uno5-bl5OPi4eDf3t3c29rZ2NfW1dTT0tHQz87NzMvKycjHxsXEw8LBwA"}}"#;

/// The key 1 of another deployment.
pub(crate) static STRANGER: LazyLock<KeyRing> = LazyLock::new(|| KeyRing::generate([9; 32]));

/// The HMAC over the parts, computed here: the crate under test cannot seal what it did not make.
pub(crate) fn hmac(id: KeyId, purpose: Purpose, parts: &[&[u8]]) -> [u8; 32] {
    let key = RING
        .derived_key(id, purpose)
        .unwrap_or_else(|| RING.derived_key(RING.active(), purpose).unwrap());
    let mut mac = Hmac::<Sha256>::new_from_slice(key.expose()).unwrap();
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// A number that depends on all of the data, for choices that the fuzzer need not make byte by byte (FNV-1a).
pub(crate) fn digest(data: &[u8]) -> u64 {
    data.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// The data with one bit changed. All of the data determines which one.
pub(crate) fn flipped(data: &[u8]) -> Vec<u8> {
    let mut changed = data.to_vec();
    let choice = digest(data);
    let index = usize::try_from(choice % data.len() as u64).unwrap();
    changed[index] ^= 1 << ((choice >> 32) % 8);
    changed
}

/// A JWS of this header and these claims with a valid signature.
pub(crate) fn jws(header: &[u8], claims: &[u8], purpose: Purpose) -> String {
    let id = serde_json::from_slice::<serde_json::Value>(header)
        .ok()
        .and_then(|header| header["kid"].as_str()?.parse().ok())
        .unwrap_or_default();
    let signed = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header),
        URL_SAFE_NO_PAD.encode(claims)
    );
    let tag = hmac(id, purpose, &[signed.as_bytes()]);
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag))
}
