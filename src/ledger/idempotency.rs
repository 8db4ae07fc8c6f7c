//! The `Idempotency-Key` of a call, and the fingerprint that distinguishes a repeated call from another one.

use std::fmt::Write;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A caller's key: 1 to 255 visible ASCII characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// The key of this caller, with the fingerprint of the call. `caller` names the callers that share keys: one caller learns
    /// nothing about another's keys, and uses up none of them.
    pub fn of_call(&self, caller: &str, parts: &[&str]) -> Idempotency {
        Idempotency {
            key: digest(&[caller, &self.0]),
            fingerprint: digest(parts),
        }
    }
}

/// The SHA-256 of some texts, in hexadecimal. It covers each with its length, so no two lists of texts share one.
fn digest(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_string());
        hash.update(":");
        hash.update(part);
    }
    hexadecimal(&hash.finalize())
}

impl FromStr for IdempotencyKey {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        if (1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(Self(text.to_owned()))
        } else {
            Err("expected 1 to 255 visible ASCII characters, such as a UUID")
        }
    }
}

/// A call that may be repeated, as the ledger stores it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Idempotency {
    /// SHA-256 of the caller and its key, in hexadecimal.
    pub key: String,
    /// SHA-256 of the call, in hexadecimal.
    pub fingerprint: String,
}

/// The form in which a ledger stores a used sign-in assertion: SHA-256 of its `jti`, in hexadecimal.
pub fn assertion_digest(jti: &str) -> String {
    hexadecimal(&Sha256::digest(jti))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _written = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::IdempotencyKey;

    #[test]
    fn tells_calls_apart_whose_parts_run_together() {
        let key: IdempotencyKey = "8e03978e-40d5-43e8-bc93-6894a57f9324".parse().unwrap();
        let call = key.of_call("", &["create", "alice", "read"]);
        assert_eq!(call, key.of_call("", &["create", "alice", "read"]));
        assert_ne!(call, key.of_call("", &["create", "alicer", "ead"]));
        assert_ne!(call, key.of_call("", &["create", "alice", "read", ""]));
        assert!(!call.key.contains("8e03978e-40d5"));
    }

    #[test]
    fn a_key_is_one_for_its_caller_alone() {
        let [key, longer]: [IdempotencyKey; 2] = ["k", "ek"].map(|key| key.parse().unwrap());
        let of = |key: &IdempotencyKey, caller| key.of_call(caller, &[]).key;
        assert_eq!(of(&key, "alice"), of(&key, "alice"));
        assert_ne!(of(&key, "alice"), of(&key, "bob"));
        assert_ne!(of(&key, "alice"), of(&key, ""));
        assert_ne!(of(&key, "alice"), of(&longer, "alic"));
    }

    #[test]
    fn takes_visible_characters_only() {
        for bad in ["", "a b", "ü", "a\u{7f}", &"x".repeat(256)] {
            assert!(bad.parse::<IdempotencyKey>().is_err(), "{bad:?}");
        }
        assert!("x".repeat(255).parse::<IdempotencyKey>().is_ok());
    }
}
