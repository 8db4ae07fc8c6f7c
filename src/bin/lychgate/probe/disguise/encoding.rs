//! Text in encodings other than UTF-8, for servers that decode it by the charset. Pure.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// The order of the bytes of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ByteOrder {
    Little,
    Big,
}

/// One character, percent-encoded.
pub(super) fn encoded(character: char) -> String {
    let mut bytes = [0; 4];
    percent(character.encode_utf8(&mut bytes).as_bytes())
}

/// All bytes, percent-encoded.
pub(super) fn percent(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("%{byte:02X}")).collect()
}

/// UTF-16 (RFC 2781), optionally after a byte order mark.
pub(super) fn utf_16(text: &str, byte_order: ByteOrder, has_mark: bool) -> Vec<u8> {
    has_mark
        .then_some(0xfeff)
        .into_iter()
        .chain(text.encode_utf16())
        .flat_map(|unit| match byte_order {
            ByteOrder::Little => unit.to_le_bytes(),
            ByteOrder::Big => unit.to_be_bytes(),
        })
        .collect()
}

/// UTF-32, optionally after a byte order mark.
pub(super) fn utf_32(text: &str, byte_order: ByteOrder, has_mark: bool) -> Vec<u8> {
    has_mark
        .then_some('\u{feff}')
        .into_iter()
        .chain(text.chars())
        .flat_map(|character| match byte_order {
            ByteOrder::Little => u32::from(character).to_le_bytes(),
            ByteOrder::Big => u32::from(character).to_be_bytes(),
        })
        .collect()
}

/// UTF-7 (RFC 2152) with every character encoded.
pub(super) fn utf_7(text: &str) -> String {
    format!(
        "+{}-",
        STANDARD_NO_PAD.encode(utf_16(text, ByteOrder::Big, false))
    )
}

/// UTF-7 with only the first character encoded.
pub(super) fn utf_7_first(text: &str) -> String {
    with_first(text, utf_7)
}

/// The text with its first character escaped, for Python's `unicode_escape` and similar decoders.
pub(super) fn escape_first(text: &str) -> String {
    with_first(text, |first| {
        first
            .chars()
            .map(|character| format!("\\u{:04x}", u32::from(character)))
            .collect()
    })
}

/// EBCDIC (IBM037). Characters that it lacks become question marks.
pub(super) fn ebcdic(text: &str) -> Vec<u8> {
    text.bytes()
        .map(|byte| {
            let from = |first: u8, base: u8| byte.wrapping_sub(first).wrapping_add(base);
            match byte {
                b'a'..=b'i' => from(b'a', 0x81),
                b'j'..=b'r' => from(b'j', 0x91),
                b's'..=b'z' => from(b's', 0xa2),
                b'A'..=b'I' => from(b'A', 0xc1),
                b'J'..=b'R' => from(b'J', 0xd1),
                b'S'..=b'Z' => from(b'S', 0xe2),
                b'0'..=b'9' => from(b'0', 0xf0),
                b'{' => 0xc0,
                b'}' => 0xd0,
                b'[' => 0xba,
                b']' => 0xbb,
                b'"' => 0x7f,
                b':' => 0x7a,
                b',' => 0x6b,
                b'.' => 0x4b,
                b'/' => 0x61,
                b'-' => 0x60,
                b'_' => 0x6d,
                b'=' => 0x7e,
                b'&' => 0x50,
                b' ' => 0x40,
                _ => 0x6f,
            }
        })
        .collect()
}

fn with_first(text: &str, change: impl Fn(&str) -> String) -> String {
    let length = text.chars().next().map_or(0, char::len_utf8);
    text.split_at_checked(length)
        .map(|(first, rest)| format!("{}{rest}", change(first)))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{ByteOrder, ebcdic, escape_first, percent, utf_7, utf_7_first, utf_16, utf_32};

    #[test]
    fn encodes_as_the_standards_have_it() {
        assert_eq!(utf_7_first("service"), "+AHM-ervice");
        assert_eq!(utf_7("\",\""), "+ACIALAAi-");
        assert_eq!(escape_first("service"), "\\u0073ervice");
        assert_eq!(utf_16("a", ByteOrder::Little, true), [0xff, 0xfe, b'a', 0]);
        assert_eq!(utf_32("a", ByteOrder::Big, false), [0, 0, 0, b'a']);
        assert_eq!(percent(&ebcdic("Az9")), "%C1%A9%F9");
    }
}
