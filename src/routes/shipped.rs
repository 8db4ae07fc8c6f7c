//! The tables that are part of the build, without what is there for their readers alone: comments and indentation are left
//! out when the library is compiled, and lines keep their numbers.

/// `hub.routes`, as [`RouteTable::parse`](super::RouteTable::parse) reads it.
pub(super) const HUB: &str = {
    const TEXT: &[u8] = include_bytes!("hub.routes");
    const BYTES: [u8; compact_length(TEXT)] = compact(TEXT);
    match str::from_utf8(&BYTES) {
        Ok(text) => text,
        Err(_) => "",
    }
};

/// How many bytes [`compact`] leaves.
const fn compact_length(text: &[u8]) -> usize {
    let (mut rest, mut before, mut is_comment, mut length) = (text, b'\n', false, 0);
    while let [byte, after @ ..] = rest {
        is_comment = (is_comment || *byte == b'#') && *byte != b'\n';
        if is_kept(*byte, before, is_comment) {
            length += 1;
            before = *byte;
        }
        rest = after;
    }
    length
}

/// The text without comments, and with one space wherever there are several.
#[expect(
    clippy::indexing_slicing,
    reason = "evaluated by the compiler, which stops at an index out of bounds"
)]
const fn compact<const LENGTH: usize>(text: &[u8]) -> [u8; LENGTH] {
    let mut compacted = [0; LENGTH];
    let (mut rest, mut before, mut is_comment, mut length) = (text, b'\n', false, 0);
    while let [byte, after @ ..] = rest {
        is_comment = (is_comment || *byte == b'#') && *byte != b'\n';
        if is_kept(*byte, before, is_comment) {
            compacted[length] = *byte;
            length += 1;
            before = *byte;
        }
        rest = after;
    }
    compacted
}

const fn is_kept(byte: u8, before: u8, is_comment: bool) -> bool {
    !is_comment && (byte != b' ' || before != b' ')
}

#[cfg(test)]
mod tests {
    use super::HUB;

    #[test]
    fn every_line_keeps_its_words_and_its_number() {
        let words = |line: &str| {
            let line = line.split('#').next().unwrap_or_default();
            line.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
        };
        let shipped: Vec<_> = HUB.lines().map(words).collect();
        let written: Vec<_> = include_str!("hub.routes").lines().map(words).collect();
        assert_eq!(shipped, written);
        assert!(!HUB.contains('#'));
    }
}
