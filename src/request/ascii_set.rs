//! Sets of ASCII bytes with lookups that need no branch, because every byte of every target is looked up in one.

/// A set of ASCII bytes.
#[derive(Clone, Copy)]
pub(crate) struct AsciiSet {
    /// For each byte, whether the set contains it.
    holds: [bool; 256],
}

impl AsciiSet {
    /// The set of these bytes. Bytes beyond ASCII are ignored.
    pub(crate) const fn of(bytes: &[u8]) -> Self {
        Self { holds: [false; 256] }.and(bytes)
    }

    /// The set with these bytes added.
    pub(crate) const fn and(mut self, bytes: &[u8]) -> Self {
        let mut places: &mut [bool] = &mut self.holds;
        let mut byte = 0;
        while byte < 128
            && let [place, after @ ..] = places
        {
            let mut rest = bytes;
            while let [wanted, others @ ..] = rest {
                *place |= *wanted == byte;
                rest = others;
            }
            places = after;
            byte += 1;
        }
        self
    }

    /// Whether the set contains the byte.
    #[inline]
    pub(crate) fn contains(&self, byte: u8) -> bool {
        self.holds.get(usize::from(byte)).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::AsciiSet;

    #[test]
    fn holds_what_it_was_made_of_and_nothing_else() {
        let bytes = b"\0 ?@AZaz~\x7f";
        let set = AsciiSet::of(b"\0 ?@A").and(b"Zaz~\x7f\x80\xff");
        for byte in 0..=u8::MAX {
            assert_eq!(set.contains(byte), bytes.contains(&byte), "{byte}");
        }
    }
}
