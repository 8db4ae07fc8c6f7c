//! Mutations: one to three changes to a sequence of bytes. Pure.

use super::super::random::Random;

/// The most changes to one request.
const MAXIMUM_CHANGES: usize = 3;

/// Characters that separate parts in some syntax.
const SEPARATORS: &str = "/?&=;,|:.+%#[]@!~\\-_*'\"(){}<>^`$ ";

/// Bytes with a meaning for decoders.
const ESCAPES: [&str; 34] = [
    "%00", "%01", "%08", "%09", "%0a", "%0D", "%20", "%22", "%23", "%25", "%26", "%27", "%2B", "%2c", "%2D",
    "%2e", "%2F", "%3a", "%3B", "%3d", "%3F", "%40", "%5B", "%5c", "%5D", "%5f", "%60", "%7c", "%7F", "%80",
    "%a0", "%AD", "%c0", "%FF",
];

/// Sequences of several bytes that some decoder turns into one character or drops, overlong forms included.
const PIECES: [&str; 40] = [
    "%252F",
    "%2525",
    "%252e",
    "%u002f",
    "%u0061",
    "%x2f",
    "%%",
    "%2",
    "%zz",
    "%C0%AF",
    "%C0%AE",
    "%c1%9c",
    "%E0%80%AF",
    "%F0%80%80%AF",
    "%C1%B3",
    "%E2%80%8B",
    "%C2%AD",
    "%C2%A0",
    "%EF%BB%BF",
    "%EF%BC%8F",
    "%EF%BC%8E",
    "%EF%BC%9F",
    "%C5%BF",
    "%E2%84%AA",
    "%C4%B1",
    "%C2%85",
    "%E2%80%A8",
    "%ED%A0%80",
    "\u{200b}",
    "\u{ad}",
    "\u{ff0f}",
    "\u{17f}",
    "..",
    "/./",
    "//",
    "/../",
    ".json",
    "@@",
    "[]",
    "+AC8-",
];

/// Raw bytes that are not text. Line ends are missing: they would begin another line instead of changing this one.
const RAW: [u8; 8] = [0x00, 0x01, 0x09, 0x0b, 0x7f, 0x80, 0xc0, 0xff];

/// The bytes with one to three changes.
pub(super) fn changed(bytes: &[u8], random: &mut Random) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    for _ in 0..=random.below(MAXIMUM_CHANGES) {
        change(&mut changed, random);
    }
    changed
}

fn change(bytes: &mut Vec<u8>, random: &mut Random) {
    let at = random.below(bytes.len());
    let end = at.saturating_add(1).min(bytes.len());
    let byte = bytes.get(at).copied();
    match random.below(9) {
        0 | 1 => {
            let place = random.below(bytes.len().saturating_add(1));
            drop(bytes.splice(place..place, piece(random)));
        }
        2 | 3 => drop(bytes.splice(at..end, piece(random))),
        4 => drop(bytes.splice(at..end, [])),
        5 => drop(bytes.splice(at..at, byte)),
        6 => {
            // Doubles what is between two separators, together with the first separator.
            let is_separator = |byte: &u8| matches!(byte, b'/' | b'&' | b'?' | b';');
            let begin = bytes.iter().take(at).rposition(is_separator).unwrap_or_default();
            let rest = bytes.get(end..).unwrap_or_default();
            let length = rest.iter().position(is_separator).unwrap_or(rest.len());
            let run = bytes
                .get(begin..end.saturating_add(length))
                .unwrap_or_default()
                .to_vec();
            drop(bytes.splice(begin..begin, run));
        }
        7 => {
            if end < bytes.len() {
                bytes.swap(at, end);
            }
        }
        _ => {
            let Some(byte) = byte else { return };
            let other = match random.below(3) {
                0 if byte.is_ascii_lowercase() => vec![byte.to_ascii_uppercase()],
                0 => vec![byte.to_ascii_lowercase()],
                1 => format!("%{byte:02X}").into_bytes(),
                _ => format!("%25{byte:02x}").into_bytes(),
            };
            drop(bytes.splice(at..end, other));
        }
    }
}

fn piece(random: &mut Random) -> Vec<u8> {
    let escape = |random: &mut Random, all: &[&str]| {
        random
            .pick(all)
            .map(|text| text.as_bytes().to_vec())
            .unwrap_or_default()
    };
    match random.below(16) {
        0..=4 => random.pick(SEPARATORS.as_bytes()).copied().into_iter().collect(),
        5..=8 => escape(random, &ESCAPES),
        9..=11 => escape(random, &PIECES),
        12 => random.pick(&RAW).copied().into_iter().collect(),
        _ => {
            let drawn = u8::try_from(random.below(94)).unwrap_or_default();
            vec![b'!'.saturating_add(drawn)]
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{Random, changed};

    #[test]
    fn changes_follow_from_the_seed_and_differ() {
        let base = b"/acme/widget/info/refs?service=git-receive-pack";
        let of = |number| changed(base, &mut Random::of(7, number));
        let made: Vec<_> = (0..2000).map(of).collect();
        assert_eq!(made, (0..2000).map(of).collect::<Vec<_>>());
        // A single change occasionally yields the same bytes twice.
        assert!(made.iter().collect::<HashSet<_>>().len() > 1600);
        assert!(
            made.iter()
                .all(|bytes| !bytes.contains(&b'\n') && !bytes.contains(&b'\r'))
        );
        for piece in ["%C0%AF", "??", "%00", ";", "@@", "//", "%252F", "receive_pack"] {
            let is_there = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).contains(piece);
            assert!((0..40_000).map(of).any(|bytes| is_there(&bytes)), "{piece}");
        }
    }

    #[test]
    fn changes_even_nothing() {
        for number in 0..200 {
            changed(b"", &mut Random::of(1, number));
        }
    }
}
