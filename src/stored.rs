//! Values as bytes, and back: for what the build prepares and the gate loads. The crates `postcard` and `borsh` do the same, for 5 KB more of
//! the gate (compressed): each of their steps may fail, and then gives back what it has made so far.

use crate::sorted_map::SortedMap;

/// A value that can be written as bytes and read again by the same build.
pub(crate) trait Stored: Sized {
    /// Appends the value.
    fn write(&self, bytes: &mut Vec<u8>);

    /// Reads the value. Where the bytes are none, it is any value, and [`Reader::end`] says so.
    fn read(reader: &mut Reader<'_>) -> Self;
}

/// Bytes, read from their beginning.
pub(crate) struct Reader<'bytes> {
    rest: &'bytes [u8],
    is_broken: bool,
}

impl<'bytes> Reader<'bytes> {
    pub(crate) fn new(bytes: &'bytes [u8]) -> Self {
        Self {
            rest: bytes,
            is_broken: false,
        }
    }

    /// Whether all that was read was there, and nothing is left; `None` if not.
    pub(crate) fn end(&self) -> Option<()> {
        (!self.is_broken && self.rest.is_empty()).then_some(())
    }

    /// Whether there are bytes left.
    pub(crate) fn has_more(&self) -> bool {
        !self.rest.is_empty()
    }

    /// The next bytes with their number before them.
    pub(crate) fn bytes(&mut self) -> &'bytes [u8] {
        let length = usize::read(self);
        let Some((bytes, rest)) = self.rest.split_at_checked(length) else {
            self.fail();
            return &[];
        };
        self.rest = rest;
        bytes
    }

    fn byte(&mut self) -> u8 {
        let Some((byte, rest)) = self.rest.split_first() else {
            self.fail();
            return 0;
        };
        self.rest = rest;
        *byte
    }

    /// Notes that the bytes are none of a value.
    pub(crate) fn fail(&mut self) {
        self.is_broken = true;
        self.rest = &[];
    }
}

/// Appends bytes with their number before them.
pub(crate) fn write_bytes(text: &[u8], bytes: &mut Vec<u8>) {
    text.len().write(bytes);
    bytes.extend_from_slice(text);
}

/// LEB128: seven bits a byte, the lowest first, and the eighth says that more follow.
impl Stored for u64 {
    fn write(&self, bytes: &mut Vec<u8>) {
        let mut rest = *self;
        loop {
            let [low, ..] = rest.to_le_bytes();
            rest >>= 7;
            if rest == 0 {
                bytes.push(low & 0x7f);
                return;
            }
            bytes.push(low | 0x80);
        }
    }

    fn read(reader: &mut Reader<'_>) -> Self {
        let (mut value, mut shift) = (0, 0);
        loop {
            let byte = reader.byte();
            value |= Self::from(byte & 0x7f).checked_shl(shift).unwrap_or_default();
            shift += 7;
            if byte < 0x80 {
                return value;
            }
        }
    }
}

macro_rules! stored_numbers {
    ($($number:ty),*) => {$(
        impl Stored for $number {
            fn write(&self, bytes: &mut Vec<u8>) {
                u64::try_from(*self).unwrap_or_default().write(bytes);
            }

            fn read(reader: &mut Reader<'_>) -> Self {
                Self::try_from(u64::read(reader)).unwrap_or_else(|_| {
                    reader.fail();
                    0
                })
            }
        }
    )*};
}

stored_numbers!(u16, u32, usize);

impl Stored for bool {
    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.push(u8::from(*self));
    }

    fn read(reader: &mut Reader<'_>) -> Self {
        reader.byte() != 0
    }
}

impl Stored for String {
    fn write(&self, bytes: &mut Vec<u8>) {
        write_bytes(self.as_bytes(), bytes);
    }

    fn read(reader: &mut Reader<'_>) -> Self {
        match str::from_utf8(reader.bytes()) {
            Ok(text) => text.to_owned(),
            Err(_) => {
                reader.fail();
                Self::new()
            }
        }
    }
}

impl<T: Stored> Stored for Vec<T> {
    fn write(&self, bytes: &mut Vec<u8>) {
        self.len().write(bytes);
        for value in self {
            value.write(bytes);
        }
    }

    fn read(reader: &mut Reader<'_>) -> Self {
        let length = usize::read(reader);
        // Every value takes a byte at least.
        if length > reader.rest.len() {
            reader.fail();
            return Self::new();
        }
        (0..length).map(|_| T::read(reader)).collect()
    }
}

impl<T: Stored> Stored for Option<T> {
    fn write(&self, bytes: &mut Vec<u8>) {
        self.is_some().write(bytes);
        if let Some(value) = self {
            value.write(bytes);
        }
    }

    fn read(reader: &mut Reader<'_>) -> Self {
        bool::read(reader).then(|| T::read(reader))
    }
}

impl<A: Stored, B: Stored> Stored for (A, B) {
    fn write(&self, bytes: &mut Vec<u8>) {
        self.0.write(bytes);
        self.1.write(bytes);
    }

    fn read(reader: &mut Reader<'_>) -> Self {
        (A::read(reader), B::read(reader))
    }
}

impl<A: Stored, B: Stored, C: Stored> Stored for (A, B, C) {
    fn write(&self, bytes: &mut Vec<u8>) {
        self.0.write(bytes);
        self.1.write(bytes);
        self.2.write(bytes);
    }

    fn read(reader: &mut Reader<'_>) -> Self {
        (A::read(reader), B::read(reader), C::read(reader))
    }
}

impl Stored for () {
    fn write(&self, _bytes: &mut Vec<u8>) {}

    fn read(_reader: &mut Reader<'_>) -> Self {}
}

impl<K: Stored, V: Stored> Stored for SortedMap<K, V> {
    fn write(&self, bytes: &mut Vec<u8>) {
        self.len().write(bytes);
        for (key, value) in self.iter() {
            key.write(bytes);
            value.write(bytes);
        }
    }

    fn read(reader: &mut Reader<'_>) -> Self {
        Self::of_sorted(Vec::read(reader))
    }
}

/// Stores the fields of a struct, each by its name or number, in this order. Those behind `without` are not stored, and have their default
/// again.
macro_rules! stored_struct {
    ($type:ident { $($field:tt),* $(,)? } $(without $($default:ident),*)?) => {
        impl $crate::stored::Stored for $type {
            fn write(&self, bytes: &mut Vec<u8>) {
                $($crate::stored::Stored::write(&self.$field, bytes);)*
            }

            fn read(reader: &mut $crate::stored::Reader<'_>) -> Self {
                Self {
                    $($field: $crate::stored::Stored::read(reader),)*
                    $($($default: Default::default(),)*)?
                }
            }
        }
    };
}

/// Stores an enum without values as the place of its variant in this list.
macro_rules! stored_enum {
    ($type:ident { $first:ident $(, $variant:ident)* $(,)? }) => {
        impl $crate::stored::Stored for $type {
            fn write(&self, bytes: &mut Vec<u8>) {
                let place = [Self::$first $(, Self::$variant)*].iter().position(|variant| variant == self);
                $crate::stored::Stored::write(&place.unwrap_or(usize::MAX), bytes);
            }

            fn read(reader: &mut $crate::stored::Reader<'_>) -> Self {
                let place: usize = $crate::stored::Stored::read(reader);
                let variant = [Self::$first $(, Self::$variant)*].get(place).copied();
                variant.unwrap_or_else(|| {
                    reader.fail();
                    Self::$first
                })
            }
        }
    };
}

pub(crate) use {stored_enum, stored_struct};

#[cfg(test)]
mod tests {
    use super::{Reader, Stored};
    use crate::sorted_map::SortedMap;

    fn bytes(value: &impl Stored) -> Vec<u8> {
        let mut bytes = Vec::new();
        value.write(&mut bytes);
        bytes
    }

    fn read<T: Stored>(bytes: &[u8]) -> Option<T> {
        let mut reader = Reader::new(bytes);
        let value = T::read(&mut reader);
        reader.end().map(|()| value)
    }

    #[test]
    fn values_are_the_same_again() {
        for number in [0, 1, 127, 128, 16_383, 16_384, u64::MAX] {
            assert_eq!(read(&bytes(&number)), Some(number));
        }
        assert_eq!(bytes(&300_u64), [0xac, 2]);
        let mut map = SortedMap::new();
        map.insert("b".to_owned(), vec![(1_usize, Some(2_u32)), (3, None)]);
        map.insert("a\u{e9}".to_owned(), vec![]);
        assert_eq!(read(&bytes(&map)), Some(map));
    }

    #[test]
    fn what_is_cut_off_or_goes_on_is_no_value() {
        let whole = bytes(&vec![("one".to_owned(), 300_usize), ("two".to_owned(), 4)]);
        for end in 0..whole.len() {
            assert_eq!(read::<Vec<(String, usize)>>(&whole[..end]), None, "{end}");
        }
        assert_eq!(read::<Vec<(String, usize)>>(&[whole, vec![0]].concat()), None);
    }

    #[test]
    fn bytes_of_no_value_are_refused_at_once() {
        assert_eq!(read::<Vec<Vec<usize>>>(&[0xff; 100]), None);
        assert_eq!(read::<u16>(&bytes(&0x1_0000_u64)), None);
        assert_eq!(read::<String>(&[1, 0xff]), None);
        assert_eq!(read::<Vec<()>>(&bytes(&u64::MAX)), None);
    }
}
