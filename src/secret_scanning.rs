//! GitHub's secret scanning partner program: whether a report is GitHub's, and what it says.
//!
//! <https://docs.github.com/en/code-security/secret-scanning/secret-scanning-partner-program/secret-scanning-partner-program>
//!
//! Knows nothing of HTTP, or of where GitHub's keys come from.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{Signature, VerifyingKey};
use p256::pkcs8::DecodePublicKey;
use serde::{Deserialize, Serialize};

/// GitHub's public keys, by identifier.
#[derive(Clone, Debug, Default)]
pub struct ScannerKeys(BTreeMap<String, VerifyingKey>);

/// One match of a report.
#[derive(Debug, Deserialize)]
pub struct Match {
    /// The text that was found.
    pub token: String,
    /// What GitHub calls the kind of secret.
    #[serde(rename = "type")]
    pub token_type: String,
}

/// What GitHub is told of one match.
#[derive(Debug, Serialize)]
pub struct Feedback<'a> {
    /// The text as it came.
    pub token_raw: &'a str,
    /// The kind as it came.
    pub token_type: &'a str,
    /// `true_positive` or `false_positive`.
    pub label: &'static str,
}

impl<'a> Feedback<'a> {
    /// Tells whether the match is a genuine token.
    pub fn new(found: &'a Match, is_genuine: bool) -> Self {
        Self {
            token_raw: &found.token,
            token_type: &found.token_type,
            label: if is_genuine {
                "true_positive"
            } else {
                "false_positive"
            },
        }
    }
}

impl ScannerKeys {
    /// Reads the keys as `https://api.github.com/meta/public_keys/secret_scanning` gives them. `None` where it is
    /// not of that form, or holds no key.
    pub fn parse(text: &str) -> Option<Self> {
        #[derive(Deserialize)]
        struct Wire {
            public_keys: Vec<WireKey>,
        }
        #[derive(Deserialize)]
        struct WireKey {
            key_identifier: String,
            key: String,
        }

        let wire: Wire = serde_json::from_str(text).ok()?;
        let keys = wire
            .public_keys
            .into_iter()
            .map(|key| {
                let verifying = VerifyingKey::from_public_key_pem(key.key.trim()).ok()?;
                Some((key.key_identifier, verifying))
            })
            .collect::<Option<BTreeMap<_, _>>>()?;
        (!keys.is_empty()).then_some(Self(keys))
    }

    /// Whether there is a key of this identifier.
    pub fn holds(&self, identifier: &str) -> bool {
        self.0.contains_key(identifier)
    }

    /// Whether the signature (ASN.1 DER in base64) is that key's, over the raw body.
    pub fn verify(&self, identifier: &str, signature: &str, body: &[u8]) -> bool {
        let read = || {
            let key = self.0.get(identifier)?;
            let signature = Signature::from_der(&STANDARD.decode(signature).ok()?).ok()?;
            key.verify(body, &signature).ok()
        };
        read().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::ScannerKeys;

    // GitHub's own example, from its documentation.
    const IDENTIFIER: &str = "f9525bf080f75b3506ca1ead061add62b8633a346606dc5fe544e29231c6ee0d";
    const SIGNATURE: &str =
        "MEUCIFLZzeK++IhS+y276SRk2Pe5LfDrfvTXu6iwKKcFGCrvAiEAhHN2kDOhy2I6eGkOFmxNkOJ+L2y8oQ9A2T9GGJo6WJY=";
    const BODY: &[u8] =
        br#"[{"token":"some_token","type":"some_type","url":"some_url","source":"some_source"}]"#;
    const KEY: &str = "-----BEGIN PUBLIC KEY-----\n\
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEsz9ugWDj5jK5ELBK42ynytbo38gP\n\
        HzZFI03Exwz8Lh/tCfL3YxwMdLjB+bMznsanlhK0RwcGP3IDb34kQDIo3Q==\n\
        -----END PUBLIC KEY-----\n";

    fn keys() -> ScannerKeys {
        let text = serde_json::json!({
            "public_keys": [{ "key_identifier": IDENTIFIER, "key": KEY, "is_current": true }]
        });
        ScannerKeys::parse(&text.to_string()).unwrap()
    }

    #[test]
    fn believes_what_github_signed_and_nothing_else() {
        assert!(keys().verify(IDENTIFIER, SIGNATURE, BODY));
        assert!(!keys().verify(IDENTIFIER, SIGNATURE, &BODY[1..]));
        assert!(!keys().verify("f9525b", SIGNATURE, BODY));
        for bad in [
            "",
            "MEUC",
            SIGNATURE.trim_start_matches('M'),
            &SIGNATURE.replace('F', "G"),
        ] {
            assert!(!keys().verify(IDENTIFIER, bad, BODY), "{bad}");
        }
    }

    #[test]
    fn takes_no_keys_that_do_not_parse() {
        assert!(ScannerKeys::parse(r#"{"public_keys":[]}"#).is_none());
        assert!(ScannerKeys::parse(r#"{"public_keys":[{"key_identifier":"1","key":"x"}]}"#).is_none());
        assert!(ScannerKeys::parse("[]").is_none());
    }
}
