//! Pages of a list: the number of items, and the position.

use std::str::FromStr;

use crate::sorted_map::SortedMap;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The most items on a page, 1 to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit(u32);

impl Limit {
    /// The number.
    pub fn count(self) -> u32 {
        self.0
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(50)
    }
}

impl FromStr for Limit {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        text.parse()
            .ok()
            .filter(|count| (1..=100).contains(count))
            .map(Self)
            .ok_or("expected a number from 1 to 100")
    }
}

/// The position at which the previous page ended, in every shard. It is opaque to callers. A forged one could only show them what
/// they may see anyway.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cursor(SortedMap<u16, u64>);

impl Cursor {
    /// The position at which the previous page ended in a shard; `None` if it showed nothing of the shard.
    pub fn position(&self, shard: u16) -> Option<u64> {
        self.0.get(&shard).copied()
    }

    /// The first shard in the cursor.
    pub fn first_shard(&self) -> Option<u16> {
        self.0.keys().next().copied()
    }

    /// Records how far a shard was shown.
    pub fn move_to(&mut self, shard: u16, position: u64) {
        self.0.insert(shard, position);
    }

    /// The cursor as the text of a parameter.
    pub fn to_text(&self) -> String {
        let places: Vec<String> = self
            .0
            .iter()
            .map(|(shard, position)| format!("{shard}.{position}"))
            .collect();
        URL_SAFE_NO_PAD.encode(places.join(","))
    }
}

impl FromStr for Cursor {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let read = || {
            let decoded = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
            let mut places = SortedMap::new();
            for place in decoded.split(',') {
                let (shard, position) = place.split_once('.')?;
                places.insert(shard.parse().ok()?, position.parse().ok()?);
            }
            Some(places)
        };
        read().map(Self).ok_or("expected the `next` of the page before")
    }
}

#[cfg(test)]
mod tests {
    use super::{Cursor, Limit};

    #[test]
    fn a_cursor_survives_its_text_form() {
        let mut cursor = Cursor::default();
        cursor.move_to(0, 17);
        cursor.move_to(3, u64::MAX);
        assert_eq!(cursor.to_text().parse(), Ok(cursor.clone()));
        assert_eq!(cursor.position(3), Some(u64::MAX));
        assert_eq!(cursor.position(1), None);
        for bad in ["", "!", "YWJj", "MC4xNw==", "MC4"] {
            assert!(bad.parse::<Cursor>().is_err(), "{bad}");
        }
    }

    #[test]
    fn limits_are_one_to_a_hundred() {
        assert_eq!("100".parse::<Limit>().unwrap().count(), 100);
        for bad in ["0", "101", "-1", "1.0", "", "1e1"] {
            assert!(bad.parse::<Limit>().is_err(), "{bad}");
        }
    }
}
