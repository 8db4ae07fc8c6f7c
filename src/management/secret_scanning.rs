//! GitHub's secret scanning partner program: the signature and the content of a report.
//!
//! <https://docs.github.com/en/code-security/secret-scanning/secret-scanning-partner-program/secret-scanning-partner-program>
//!
//! Knows nothing of HTTP, or of where GitHub's keys come from.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::json::from_slice;
use crate::sorted_map::SortedMap;

/// The beginning of a `SubjectPublicKeyInfo` (RFC 5480 section 2) with an uncompressed point of the curve P-256.
const KEY_INFO_START: [u8; 27] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
];

/// The length of a coordinate of a point, and of each half of a signature.
const NUMBER_BYTES: usize = 32;

/// An ASN.1 DER INTEGER, and a SEQUENCE (ITU-T X.690 section 8).
const INTEGER: u8 = 0x02;
const SEQUENCE: u8 = 0x30;

/// GitHub's public keys, by identifier, each as a `SubjectPublicKeyInfo` in DER.
#[derive(Clone, Debug, Default)]
pub struct ScannerKeys(SortedMap<String, Vec<u8>>);

/// An ECDSA signature on P-256 with SHA-256 over the raw body of the report, which is still to be checked. The platform checks
/// it, because it has ECDSA, and the core would be a tenth larger with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureCheck {
    /// The key as a `SubjectPublicKeyInfo` in DER. Its point may not be on the curve.
    pub key: Vec<u8>,
    /// The two halves of the signature, 32 bytes each, big-endian.
    pub signature: [u8; 2 * NUMBER_BYTES],
}

/// One match of a report.
#[derive(Debug, Deserialize)]
pub struct Match {
    /// The text that was found.
    pub token: String,
    /// GitHub's name for the kind of secret.
    #[serde(rename = "type")]
    pub token_type: String,
}

/// The answer to GitHub for one match.
#[derive(Debug, Serialize)]
pub struct Feedback<'a> {
    /// The text, as received.
    pub token_raw: &'a str,
    /// The kind, as received.
    pub token_type: &'a str,
    /// `true_positive` or `false_positive`.
    pub label: &'static str,
}

impl<'a> Feedback<'a> {
    /// The answer for a match that is a genuine token, or is not.
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
    /// Parses the keys in the format of `https://api.github.com/meta/public_keys/secret_scanning`. `None` if the text has another
    /// format, or no key.
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

        let wire: Wire = from_slice(text.as_bytes()).ok()?;
        let mut keys = SortedMap::new();
        for key in wire.public_keys {
            keys.insert(key.key_identifier, public_key(key.key.trim())?);
        }
        (keys.len() > 0).then_some(Self(keys))
    }

    /// Whether there is a key with this identifier.
    pub fn holds(&self, identifier: &str) -> bool {
        self.0.get(&identifier.to_owned()).is_some()
    }

    /// The check for a signature (ASN.1 DER in base64) with a given key. `None` if no key has the identifier, or if the signature
    /// is malformed: then the report is not GitHub's.
    pub fn check(&self, identifier: &str, signature: &str) -> Option<SignatureCheck> {
        Some(SignatureCheck {
            key: self.0.get(&identifier.to_owned())?.clone(),
            signature: both_halves(&STANDARD.decode(signature).ok()?)?,
        })
    }
}

/// The DER of a public key in PEM (RFC 7468 section 13).
fn public_key(pem: &str) -> Option<Vec<u8>> {
    let body = pem
        .strip_prefix("-----BEGIN PUBLIC KEY-----")?
        .strip_suffix("-----END PUBLIC KEY-----")?;
    let encoded: String = body.split_ascii_whitespace().collect();
    let info = STANDARD.decode(encoded).ok()?;
    let point = info.strip_prefix(&KEY_INFO_START)?;
    (point.len() == 2 * NUMBER_BYTES).then_some(info)
}

/// The two halves of an ECDSA signature in the format of RFC 3279 section 2.2.3, a SEQUENCE of two INTEGERs, without its DER.
fn both_halves(der: &[u8]) -> Option<[u8; 2 * NUMBER_BYTES]> {
    let (content, after) = element(SEQUENCE, der)?;
    let (first, rest) = element(INTEGER, content)?;
    let (second, end) = element(INTEGER, rest)?;
    if !after.is_empty() || !end.is_empty() {
        return None;
    }
    let mut halves = [0; 2 * NUMBER_BYTES];
    let (front, back) = halves.split_at_mut(NUMBER_BYTES);
    write_number(first, front)?;
    write_number(second, back)?;
    Some(halves)
}

/// The content of the DER element at the front, of fewer than 128 bytes, and the rest.
fn element(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&[found, length], rest) = der.split_first_chunk()?;
    if found != tag || length >= 0x80 {
        return None;
    }
    rest.split_at_checked(length.into())
}

/// A positive INTEGER in its one DER form, right-aligned.
fn write_number(content: &[u8], number: &mut [u8]) -> Option<()> {
    let digits = match content {
        // A leading zero keeps a number positive whose first bit is set, and is not allowed otherwise.
        [0, digits @ ..] if digits.first().is_some_and(|first| *first >= 0x80) => digits,
        [first, ..] if (1..0x80).contains(first) => content,
        _ => return None,
    };
    let free = number.len().checked_sub(digits.len())?;
    number.get_mut(free..)?.copy_from_slice(digits);
    Some(())
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use p256::ecdsa::signature::Verifier;
    use p256::ecdsa::{Signature, VerifyingKey};

    use super::{KEY_INFO_START, ScannerKeys, SignatureCheck, both_halves};

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

    fn verify(check: &SignatureCheck, body: &[u8]) -> bool {
        let point = &check.key[KEY_INFO_START.len() - 1..];
        let key = VerifyingKey::from_sec1_bytes(point).unwrap();
        Signature::from_slice(&check.signature)
            .and_then(|signature| key.verify(body, &signature))
            .is_ok()
    }

    #[test]
    fn takes_apart_what_github_signed() {
        let check = keys().check(IDENTIFIER, SIGNATURE).unwrap();
        assert!(verify(&check, BODY));
        assert!(!verify(&check, &BODY[1..]));
        assert_eq!(keys().check("f9525b", SIGNATURE), None);
        for bad in [
            "",
            "MEUC",
            SIGNATURE.trim_start_matches('M'),
            SIGNATURE.trim_end_matches('='),
        ] {
            assert_eq!(keys().check(IDENTIFIER, bad), None, "{bad}");
        }
    }

    #[test]
    fn takes_the_one_der_form_of_a_signature_only() {
        let der = STANDARD.decode(SIGNATURE).unwrap();
        assert_eq!(
            both_halves(&der).unwrap()[..],
            Signature::from_der(&der).unwrap().to_bytes()[..]
        );
        assert_eq!(both_halves(&[0x30, 6, 2, 1, 1, 2, 1, 2]).unwrap()[31..], {
            let mut halves = [0; 33];
            (halves[0], halves[32]) = (1, 2);
            halves
        });
        for bad in [
            &[0x30, 6, 2, 1, 0, 2, 1, 2][..],
            &[0x30, 6, 2, 1, 0x80, 2, 1, 2],
            &[0x30, 7, 2, 2, 0, 1, 2, 1, 2],
            &[0x30, 6, 2, 0, 1, 2, 1, 2],
            &[0x30, 6, 3, 1, 1, 2, 1, 2],
            &[0x31, 6, 2, 1, 1, 2, 1, 2],
            &[0x30, 5, 2, 1, 1, 2, 1, 2],
            &[0x30, 0x81, 6, 2, 1, 1, 2, 1, 2],
            &[0x30, 6, 2, 1, 1, 2, 1, 2, 0],
            &[0x30, 8, 2, 1, 1, 2, 1, 2, 5, 0],
            &[0x30, 3, 2, 1, 1],
        ] {
            assert_eq!(both_halves(bad), None, "{bad:?}");
        }
        let long = [&[0x30, 38, 2, 33, 1][..], &[1; 32], &[2, 1, 2]].concat();
        assert_eq!(both_halves(&long), None);
        for cut in 0..der.len() {
            assert_eq!(both_halves(&der[..cut]), None, "{cut}");
        }
    }

    #[test]
    fn takes_no_keys_that_do_not_parse() {
        assert!(ScannerKeys::parse(r#"{"public_keys":[]}"#).is_none());
        assert!(ScannerKeys::parse(r#"{"public_keys":[{"key_identifier":"1","key":"x"}]}"#).is_none());
        assert!(ScannerKeys::parse("[]").is_none());
        let of = |key: &str| {
            let keys = serde_json::json!({ "public_keys": [{ "key_identifier": "1", "key": key }] });
            ScannerKeys::parse(&keys.to_string())
        };
        assert!(of(KEY).is_some());
        for bad in [
            KEY.replace("PUBLIC", "PRIVATE"),
            KEY.replace("MFkwEwYH", "MFkwEwYI"),
            KEY.replace("3Q==", ""),
            KEY.replace("QDIo3Q", "QDIo3QAA"),
            KEY.replace("-----END", "----END"),
        ] {
            assert!(of(&bad).is_none(), "{bad}");
        }
    }
}
