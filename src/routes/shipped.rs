//! The tables that are part of the build, without what is there for their readers alone: comments and indentation are left
//! out when the library is compiled, and lines keep their numbers.

/// A table that is part of the build.
#[derive(Clone, Copy, Debug)]
pub struct ShippedTable {
    /// Its name, as a deployment names it: `hub`.
    pub name: &'static str,
    /// Its text, as [`RouteTable::parse`](super::RouteTable::parse) reads it.
    pub text: &'static str,
}

/// A shipped table: the file of its name, compacted.
macro_rules! shipped {
    ($name:literal) => {{
        const TEXT: &[u8] = include_bytes!(concat!($name, ".routes"));
        const BYTES: [u8; compact_length(TEXT)] = compact(TEXT);
        ShippedTable {
            name: $name,
            text: match str::from_utf8(&BYTES) {
                Ok(text) => text,
                Err(_) => "",
            },
        }
    }};
}

impl ShippedTable {
    /// The table for a hub with git, git-lfs, the Hub API and inference.
    pub const HUB: Self = shipped!("hub");

    /// Every table: for hubs, MLflow, container registries, Python package indexes and npm registries.
    pub const ALL: [Self; 5] = [
        Self::HUB,
        shipped!("mlflow"),
        shipped!("oci"),
        shipped!("pypi"),
        shipped!("npm"),
    ];

    /// The table of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|table| table.name == name)
    }
}

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
    use std::fs;

    use super::ShippedTable;

    #[test]
    fn every_line_keeps_its_words_and_its_number() {
        let words = |line: &str| {
            let line = line.split('#').next().unwrap_or_default();
            line.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
        };
        for table in ShippedTable::ALL {
            let file = format!("{}/src/routes/{}.routes", env!("CARGO_MANIFEST_DIR"), table.name);
            let shipped: Vec<_> = table.text.lines().map(words).collect();
            let written: Vec<_> = fs::read_to_string(file).unwrap().lines().map(words).collect();
            assert_eq!(shipped, written, "{}", table.name);
            assert!(!table.text.contains('#'));
        }
    }
}
