//! Tokens that stand in other texts: in a target, or in credentials for the origin. Knows nothing of what they say.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use super::layout::{
    CHECKSUM, CHECKSUM_BYTES, MAXIMUM_TEXT_BYTES, MINIMUM_BODY_BYTES, MINIMUM_BODY_CHARACTERS,
};
use crate::token::Prefix;

/// How much of a token must be right for a text to count as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Likeness {
    /// The checksum, or prefix, alphabet and at least the length of a text that stands alone: perhaps mistyped. In the middle of other
    /// characters of the alphabet, a short prefix also stands by chance: in one of 400 signed tokens of other issuers.
    Form,
    /// The checksum too.
    Checksum,
}

/// How many texts behind the prefix are summed. No honest target has so many: one that has counts as one with a token.
const MAXIMUM_CANDIDATES: usize = 64;

/// Whether a token of this deployment stands anywhere in the text, whatever is before and behind it.
pub(crate) fn contains_token(text: &str, prefix: &Prefix, least: Likeness) -> bool {
    // One pass without an end in between is a few instructions for sixteen bytes.
    if !text.bytes().fold(false, |found, byte| found | (byte == b'_')) {
        return false;
    }
    let in_alphabet = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let longest = MAXIMUM_TEXT_BYTES.saturating_sub(prefix.as_str().len() + 1);
    let behind = |(underscore, _)| {
        let (before, rest) = text.split_at_checked(underscore)?;
        let before = before.strip_suffix(prefix.as_str())?;
        let rest = rest.strip_prefix('_')?;
        let length = rest.bytes().take(longest).take_while(in_alphabet).count();
        let stands_alone = !before.bytes().next_back().is_some_and(|byte| in_alphabet(&byte));
        let encoded = rest.get(..length).filter(|_| length >= MINIMUM_BODY_CHARACTERS)?;
        Some((stands_alone, encoded))
    };
    let mut candidates = text.match_indices('_').filter_map(behind).enumerate();
    candidates.any(|(before, (stands_alone, encoded))| {
        before >= MAXIMUM_CANDIDATES || (least == Likeness::Form && stands_alone) || begins_with_body(encoded)
    })
}

/// Whether base64url characters begin with a body, of any version: where the checksum of all bytes so far follows them.
fn begins_with_body(encoded: &str) -> bool {
    // What the last character of a body is short of is zero bits, and more characters change no byte before them.
    let mut padded = Zeroizing::new([b'A'; MAXIMUM_TEXT_BYTES]);
    let mut body = Zeroizing::new([0; MAXIMUM_TEXT_BYTES / 4 * 3]);
    for (place, character) in padded.iter_mut().zip(encoded.bytes()) {
        *place = character;
    }
    let padded = padded
        .get(..encoded.len().next_multiple_of(4))
        .unwrap_or_default();
    let Ok(length) = URL_SAFE_NO_PAD.decode_slice(padded, body.as_mut()) else {
        return false;
    };
    let body = body.get(..length).unwrap_or_default();
    let mut sum = CHECKSUM.digest();
    body.windows(CHECKSUM_BYTES).enumerate().any(|(summed, next)| {
        let is_sum =
            summed + CHECKSUM_BYTES >= MINIMUM_BODY_BYTES && sum.clone().finalize().to_be_bytes() == next;
        sum.update(next.get(..1).unwrap_or_default());
        is_sum
    })
}

#[cfg(test)]
mod tests {
    use super::{Likeness, contains_token};
    use crate::keys::KeyRing;
    use crate::token::{BearerKind, Claims, Prefix, Restrictions, Role, TokenId, mint};

    /// Tokens of every length that a body may have behind a multiple of three bytes, with and without restrictions.
    fn tokens() -> Vec<String> {
        let keys = KeyRing::generate([1; 32]);
        let limits = [
            vec![],
            vec!["role=read".parse().unwrap(), "areas=git,files".parse().unwrap()],
        ];
        let mint = |subject: &str, restrictions: Restrictions| {
            let claims = Claims {
                role: Role::Read,
                subject: subject.parse().unwrap(),
                id: TokenId { shard: 0, serial: 7 },
                issued_at: 1_000,
                expires_at: None,
                bearer: BearerKind::User,
                restrictions,
            };
            mint(&claims, &Prefix::default(), &keys).unwrap().to_string()
        };
        ["a", "al", "ali", "alice"]
            .into_iter()
            .flat_map(|subject| {
                limits
                    .clone()
                    .map(|limits| mint(subject, Restrictions::new(limits).unwrap()))
            })
            .collect()
    }

    #[test]
    fn finds_a_token_whatever_is_around_it() {
        let prefix = Prefix::default();
        for token in tokens() {
            for before in ["", "x", "_", "hub_", "https://u:", "é"] {
                for after in [
                    "",
                    "A",
                    "AA",
                    "AAA",
                    "-",
                    "_x",
                    ".bin",
                    "@h",
                    "%41",
                    "é",
                    &token,
                    &"A".repeat(600),
                ] {
                    let text = format!("{before}{token}{after}");
                    assert!(contains_token(&text, &prefix, Likeness::Checksum), "{text}");
                    assert!(contains_token(&text, &prefix, Likeness::Form), "{text}");
                }
            }
        }
    }

    #[test]
    fn a_changed_token_is_one_by_its_form_alone() {
        let prefix = Prefix::default();
        for token in tokens() {
            for changed in ["hub_B", "hub_AgEC"] {
                let text = [changed, token.get(changed.len()..).unwrap()].concat();
                assert!(!contains_token(&text, &prefix, Likeness::Checksum), "{text}");
                assert!(contains_token(&text, &prefix, Likeness::Form), "{text}");
            }
            let other = token.replacen("hub_", "hup_", 1);
            assert!(!contains_token(&other, &prefix, Likeness::Form), "{other}");
        }
        // What other issuers signed may contain the prefix by chance.
        let signed = format!("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.Zhub_{}", "x".repeat(80));
        for text in ["hub_", "hub_token", "hub", "", &"hub_".repeat(9), &signed] {
            assert!(!contains_token(text, &prefix, Likeness::Form), "{text}");
        }
    }
}
