//! Words that are looked for together, in every segment and query of every request.
//!
//! Most requests contain none of them, and one pass over the bytes shows it: all spellings of a word have its letters and digits
//! in common ([`skeleton`](super::skeleton)), so a text whose letters are no word's stands for none. Whoever finds a mark
//! compares the text itself: other letters may have the same number. Knows nothing of tables.

use super::skeleton::letters;
use crate::stored::{Reader, Stored, stored_struct};

/// The kinds of words that a text may stand for, a bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Marks(u16);

stored_struct!(Marks { 0 });

impl Marks {
    /// Any word of any kind, and whatever else there may be in a text.
    pub(crate) const ALL: Self = Self(u16::MAX);

    /// The kind with this number, below 15; the last bit is for nothing but [`Marks::ALL`].
    pub(crate) const fn kind(number: u32) -> Self {
        Self(1 << number)
    }

    /// Both.
    #[must_use]
    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether the two have a kind in common.
    pub(crate) const fn meet(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether nothing is known of a text but that it may contain anything.
    pub(crate) const fn are_all(self) -> bool {
        self.0 == Self::ALL.0
    }

    const fn are_none(self) -> bool {
        self.0 == 0
    }
}

/// The letters and digits of a text in order, in any case, as one number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Letters(u32);

stored_struct!(Letters { 0 });

impl Letters {
    pub(crate) fn of(text: &str) -> Self {
        letters(text).fold(Self::default(), Self::followed_by)
    }

    /// One of 64 bits, which depends on the last two of them most.
    #[inline]
    pub(crate) const fn bit(self) -> u64 {
        1 << ((self.0 ^ (self.0 >> 5)) % 64)
    }

    /// With another digit, or letter in lower case.
    #[inline]
    fn followed_by(self, letter: u8) -> Self {
        Self(self.0.rotate_left(5).wrapping_add(u32::from(letter)))
    }
}

/// A segment of a path, its letters, and what it may stand for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct MarkedSegment<'t> {
    pub(crate) text: &'t str,
    pub(crate) letters: Letters,
    pub(crate) marks: Marks,
}

/// Words, each with its kinds. In a snapshot, only these.
#[derive(Default)]
pub(crate) struct WordMarks {
    /// The letters of words, each as near as possible behind the place that they lead to; a place without marks is free.
    places: Vec<(Letters, Marks)>,
    words: usize,
}

impl Stored for WordMarks {
    fn write(&self, bytes: &mut Vec<u8>) {
        let used = self.places.iter().filter(|(_, marks)| !marks.are_none());
        let mut words: Vec<(Letters, Marks)> = used.copied().collect();
        words.sort_unstable_by_key(|(letters, _)| *letters);
        words.write(bytes);
    }

    fn read(reader: &mut Reader<'_>) -> Self {
        let mut words = Self::default();
        for (letters, marks) in Vec::read(reader) {
            words.add_letters(letters, marks);
        }
        words
    }
}

impl WordMarks {
    /// How many places there are for each word: most searches end at the first.
    const PLACES_PER_WORD: usize = 4;

    /// Adds a word, or kinds to one.
    pub(crate) fn add(&mut self, word: &str, marks: Marks) {
        self.add_letters(Letters::of(word), marks);
    }

    fn add_letters(&mut self, letters: Letters, marks: Marks) {
        if self.places.len() < (self.words + 1) * Self::PLACES_PER_WORD {
            let larger = (self.words + 1) * Self::PLACES_PER_WORD * 2;
            let places = vec![(Letters::default(), Marks::default()); larger.next_power_of_two()];
            for (letters, marks) in std::mem::replace(&mut self.places, places) {
                self.place(letters, marks);
            }
        }
        self.words += usize::from(self.place(letters, marks));
    }

    /// Returns whether the letters are new.
    fn place(&mut self, letters: Letters, marks: Marks) -> bool {
        let mut at = self.first_place(letters);
        while let Some((known, kinds)) = self.places.get_mut(at) {
            let is_new = kinds.are_none();
            if is_new || *known == letters {
                (*known, *kinds) = (letters, kinds.and(marks));
                return is_new && !marks.are_none();
            }
            at = self.next_place(at);
        }
        false
    }

    #[inline]
    fn first_place(&self, letters: Letters) -> usize {
        // Fibonacci hashing: the upper bits of the product depend on all letters.
        let spread = letters.0.wrapping_mul(0x9e37_79b1) >> 12;
        usize::try_from(spread).unwrap_or_default() & self.places.len().wrapping_sub(1)
    }

    #[inline]
    fn next_place(&self, at: usize) -> usize {
        (at + 1) & self.places.len().wrapping_sub(1)
    }

    /// The kinds of the words with these letters.
    #[inline]
    fn marks(&self, letters: Letters) -> Marks {
        let mut at = self.first_place(letters);
        while let Some((known, marks)) = self.places.get(at) {
            if marks.are_none() || *known == letters {
                return *marks;
            }
            at = self.next_place(at);
        }
        Marks::default()
    }

    /// A segment with what it may stand for, whole or in pieces, as [`holds_word`](super::skeleton::holds_word) reads it.
    pub(crate) fn mark_segment<'t>(&self, segment: &'t str) -> MarkedSegment<'t> {
        let mut whole = Letters::default();
        let mut bytes = segment.bytes();
        let marked = |letters, marks| MarkedSegment {
            text: segment,
            letters,
            marks,
        };
        // Most segments are one piece.
        let first_separator = loop {
            let Some(byte) = bytes.next() else {
                return marked(whole, self.marks(whole));
            };
            if byte.is_ascii_alphanumeric() {
                // Sets the bit that lower case has, and every digit.
                whole = whole.followed_by(byte | 0x20);
            } else if !matches!(byte, b'-' | b'_') {
                break byte;
            }
        };
        let mut marks = self.marks(whole);
        let mut piece = Letters::default();
        let mut is_ascii = first_separator.is_ascii();
        for byte in bytes {
            if byte.is_ascii_alphanumeric() {
                whole = whole.followed_by(byte | 0x20);
                piece = piece.followed_by(byte | 0x20);
            } else if !matches!(byte, b'-' | b'_') {
                is_ascii &= byte.is_ascii();
                marks = marks.and(self.marks(piece));
                piece = Letters::default();
            }
        }
        if !is_ascii {
            return marked(whole, Marks::ALL);
        }
        marked(whole, marks.and(self.marks(piece)).and(self.marks(whole)))
    }

    /// What the names, values and words of a query may stand for: all, unless it consists of letters, digits and `-_.~,=&`.
    pub(crate) fn marks_in_query(&self, query: &str) -> Marks {
        let (mut field, mut piece) = (Letters::default(), Letters::default());
        let mut marks = Marks::default();
        for byte in query.bytes() {
            match byte {
                b'-' | b'_' => {}
                b'.' | b'~' | b',' => {
                    marks = marks.and(self.marks(piece));
                    piece = Letters::default();
                }
                b'=' | b'&' => {
                    marks = marks.and(self.marks(piece)).and(self.marks(field));
                    (field, piece) = (Letters::default(), Letters::default());
                }
                byte if byte.is_ascii_alphanumeric() => {
                    field = field.followed_by(byte | 0x20);
                    piece = piece.followed_by(byte | 0x20);
                }
                _ => return Marks::ALL,
            }
        }
        marks.and(self.marks(piece)).and(self.marks(field))
    }

    /// The letters of a segment and of its pieces; `None` if it is not in ASCII, so it may stand for any word.
    pub(crate) fn letters_in(segment: &str) -> Option<impl Iterator<Item = Letters>> {
        segment
            .is_ascii()
            .then(|| super::skeleton::pieces(segment).map(Letters::of))
    }
}

#[cfg(test)]
mod tests {
    use super::{Letters, Marks, WordMarks};
    use crate::request::skeleton::tests::{TEXTS, WORDS};
    use crate::request::skeleton::{holds_word, may_mean};

    fn marks() -> WordMarks {
        let mut words = WordMarks::default();
        for (kind, word) in (0..).zip(WORDS) {
            words.add(word, Marks::kind(kind));
        }
        words
    }

    #[test]
    fn what_has_no_mark_of_a_word_stands_for_none() {
        let words = marks();
        for text in TEXTS {
            let found = words.mark_segment(text).marks;
            let in_query = words.marks_in_query(&format!("a={text}&b"));
            let as_a_name = words.marks_in_query(text);
            for (kind, word) in (0..).zip(WORDS) {
                let mark = Marks::kind(kind);
                if holds_word(text, word) || may_mean(text, word) {
                    assert!(found.meet(mark), "{text:?} {word:?}");
                    assert!(in_query.meet(mark) && as_a_name.meet(mark), "{text:?} {word:?}");
                }
            }
        }
    }

    #[test]
    fn most_texts_have_no_mark() {
        let words = marks();
        for text in [
            "main",
            "widget",
            "config.json",
            "model-00001-of-00002.safetensors",
            "gpt2",
        ] {
            assert_eq!(words.mark_segment(text).marks, Marks::default(), "{text}");
            assert_eq!(
                words.marks_in_query(&format!("file={text}&recursive=true")),
                Marks::default()
            );
        }
        assert!(words.marks_in_query("path=a/b").are_all() && words.marks_in_query("a%20b").are_all());
    }

    #[test]
    fn letters_are_those_of_the_whole_text_and_of_its_pieces() {
        let words = marks();
        for text in TEXTS.into_iter().filter(|text| text.is_ascii()) {
            assert_eq!(words.mark_segment(text).letters, Letters::of(text), "{text}");
            assert!(
                WordMarks::letters_in(text)
                    .unwrap()
                    .any(|letters| letters == Letters::of(text))
            );
        }
        assert!(WordMarks::letters_in("\u{e9}").is_none());
    }

    #[test]
    fn thousands_of_words_are_found_again() {
        let mut words = WordMarks::default();
        let word = |number: u32| format!("word-{number}");
        for number in 0..5_000 {
            words.add(&word(number), Marks::kind(number % 3));
        }
        for number in 0..5_000 {
            assert!(
                words
                    .mark_segment(&word(number))
                    .marks
                    .meet(Marks::kind(number % 3))
            );
        }
        assert_eq!(words.mark_segment("word").marks, Marks::default());
    }
}
