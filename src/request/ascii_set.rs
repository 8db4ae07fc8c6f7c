//! Sets of ASCII bytes with lookups that need no branch, because every byte of every target is looked up in one.

/// A set of ASCII bytes.
#[derive(Clone, Copy)]
pub(crate) struct AsciiSet {
    /// The bytes below 64, one bit for each.
    low: u64,
    /// The bytes from 64 on.
    high: u64,
}

impl AsciiSet {
    /// The set of these bytes. Bytes beyond ASCII are ignored.
    pub(crate) const fn of(bytes: &[u8]) -> Self {
        Self { low: 0, high: 0 }.and(bytes)
    }

    /// The set with these bytes added.
    pub(crate) const fn and(mut self, bytes: &[u8]) -> Self {
        let mut rest = bytes;
        while let [byte, after @ ..] = rest {
            match *byte {
                0..64 => self.low |= 1 << *byte,
                64..128 => self.high |= 1 << (*byte - 64),
                128.. => {}
            }
            rest = after;
        }
        self
    }

    /// Whether the set contains the byte.
    pub(crate) const fn contains(self, byte: u8) -> bool {
        let half = if byte < 64 { self.low } else { self.high };
        byte.is_ascii() && (half >> (byte % 64)) & 1 == 1
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
