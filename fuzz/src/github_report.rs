//! A report of GitHub's secret scanning: its keys (`K`), a body that is signed here (`S`), or a signature and a body,
//! `<base64><LF><body>`.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lychgate::management::secret_scanning::{Feedback, Match, ScannerKeys};
use p256::ecdsa::signature::{Signer, Verifier};
use p256::ecdsa::{Signature, SigningKey, VerifyingKey};
use p256::pkcs8::{DecodePublicKey, EncodePublicKey, LineEnding};
use serde_json::{Value, json};

use crate::sealing::flipped;

static SIGNING: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::from_slice(&[7; 32]).unwrap());
static KEYS: LazyLock<ScannerKeys> = LazyLock::new(|| {
    let pem = SIGNING.verifying_key().to_public_key_pem(LineEnding::LF).unwrap();
    ScannerKeys::parse(&json!({"public_keys": [{"key_identifier": "one", "key": pem}]}).to_string()).unwrap()
});

/// Checks a signature as the platform would.
fn verify(identifier: &str, signature: &str, body: &[u8]) -> bool {
    KEYS.check(identifier, signature).is_some_and(|check| {
        let key = VerifyingKey::from_public_key_der(&check.key).unwrap();
        Signature::from_slice(&check.signature).is_ok_and(|signature| key.verify(body, &signature).is_ok())
    })
}

pub fn check(data: &[u8]) -> String {
    match data {
        [b'K', text @ ..] => str::from_utf8(text).map_or_else(|_| "not text".to_owned(), keys),
        [b'S', body @ ..] => signed(body),
        _ => {
            let length = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
            let (signature, body) = data.split_at(length);
            let body = body.get(1..).unwrap_or_default();
            let signature = String::from_utf8_lossy(signature);
            // Only this module has the key, and it never signs an input of this form.
            assert!(!verify("one", &signature, body), "{signature}");
            format!("refused {}", report(body))
        }
    }
}

fn keys(text: &str) -> String {
    match ScannerKeys::parse(text) {
        None => "no keys".to_owned(),
        Some(keys) => {
            let said: Value = serde_json::from_str(text).unwrap();
            let said = said["public_keys"].as_array().unwrap();
            assert!(!said.is_empty());
            for key in said {
                assert!(keys.holds(key["key_identifier"].as_str().unwrap()));
            }
            format!("{} keys", said.len())
        }
    }
}

fn signed(body: &[u8]) -> String {
    let signature: Signature = SIGNING.sign(body);
    let signature = signature.to_der();
    let encoded = STANDARD.encode(signature.as_bytes());
    assert!(verify("one", &encoded, body));
    assert!(!verify("two", &encoded, body));
    if !body.is_empty() {
        assert!(!verify("one", &encoded, &flipped(body)));
    }
    assert!(!verify(
        "one",
        &STANDARD.encode(flipped(signature.as_bytes())),
        body
    ));
    format!("genuine {}", report(body))
}

/// The content of a genuine report, and the response to GitHub.
fn report(body: &[u8]) -> String {
    let Ok(matches) = serde_json::from_slice::<Vec<Match>>(body) else {
        return "unreadable".to_owned();
    };
    let feedback: Vec<Feedback<'_>> = matches.iter().map(|found| Feedback::new(found, false)).collect();
    let said: Value = serde_json::from_slice(&serde_json::to_vec(&feedback).unwrap()).unwrap();
    for (found, said) in matches.iter().zip(said.as_array().unwrap()) {
        assert_eq!(said["token_raw"], found.token);
        assert_eq!(said["token_type"], found.token_type);
        assert_eq!(said["label"], "false_positive");
    }
    format!("{} matches", matches.len())
}
