//! Other spellings of a target.

/// The text with some of its unreserved characters percent-encoded; the bits of `mask` choose them.
pub(crate) fn encoded(raw: &str, mask: u64) -> String {
    let mut text = String::new();
    let mut within_escape = 0_u8;
    for (index, character) in raw.chars().enumerate() {
        let plain = character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.' | '~');
        if within_escape == 0 && plain && is_chosen(mask, index) {
            text.push_str(&format!("%{:02x}", u32::from(character)));
        } else {
            text.push(character);
        }
        within_escape = match character {
            '%' => 2,
            _ => within_escape.saturating_sub(1),
        };
    }
    text
}

/// The text with some of its letters in the other case.
pub(crate) fn in_another_case(raw: &str, mask: u64) -> String {
    raw.chars()
        .enumerate()
        .map(|(index, character)| match character {
            _ if !is_chosen(mask, index) => character,
            'A'..='Z' => character.to_ascii_lowercase(),
            _ => character.to_ascii_uppercase(),
        })
        .collect()
}

fn is_chosen(mask: u64, index: usize) -> bool {
    mask.rotate_right(u32::try_from(index % 64).unwrap()) & 1 == 1
}
