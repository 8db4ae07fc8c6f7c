//! Whether a client's `Authorization` is forwarded with a public request. Knows nothing of what a token allows.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, PAD};
use zeroize::Zeroizing;

use crate::token::{Likeness, Prefix, contains_token};

/// The scheme in which the gate itself tells the origin whose token a request had.
const OWN_SCHEME: &str = "lychgate";

/// Base64 as lenient servers decode it in Basic.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    PAD.with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Whether the value neither claims to be the gate's own nor holds a token of this deployment, mistyped or not. Nobody but the
/// gate needs such a token, and origins keep logs.
pub(super) fn is_forwarded(value: &str, prefix: &Prefix) -> bool {
    let pieces =
        value.split(|character: char| character.is_ascii_whitespace() || matches!(character, ',' | '"'));
    !pieces.into_iter().any(|piece| {
        let is_own = piece
            .get(..OWN_SCHEME.len())
            .is_some_and(|scheme| scheme.eq_ignore_ascii_case(OWN_SCHEME));
        is_own || contains_token(piece, prefix, Likeness::Form) || {
            let decoded = Zeroizing::new(LENIENT.decode(piece).unwrap_or_default());
            contains_token(&String::from_utf8_lossy(&decoded), prefix, Likeness::Form)
        }
    })
}
