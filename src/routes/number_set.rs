//! Sets of small numbers: which entries of a table something is true of. Knows nothing of entries.

use crate::stored::stored_struct;

/// A set of numbers. The entries of one line have numbers side by side, so few runs hold many.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct NumberSet {
    /// The first number of each run, and the first behind it, in order.
    runs: Vec<(usize, usize)>,
}

stored_struct!(NumberSet { runs });

impl NumberSet {
    /// Adds a number that is greater than all others.
    pub(super) fn push(&mut self, number: usize) {
        match self.runs.last_mut() {
            Some((_, end)) if *end == number => *end += 1,
            Some(_) | None => self.runs.push((number, number + 1)),
        }
    }

    /// Whether a number is one of them.
    pub(super) fn holds(&self, number: usize) -> bool {
        let behind = self.runs.partition_point(|(first, _)| *first <= number);
        let run = behind.checked_sub(1).and_then(|at| self.runs.get(at));
        run.is_some_and(|(_, end)| number < *end)
    }

    /// The numbers, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = usize> {
        self.runs.iter().flat_map(|(first, end)| *first..*end)
    }
}

impl FromIterator<usize> for NumberSet {
    /// From numbers in order.
    fn from_iter<I: IntoIterator<Item = usize>>(numbers: I) -> Self {
        let mut set = Self::default();
        numbers.into_iter().for_each(|number| set.push(number));
        set
    }
}

/// Sets, each once.
pub(super) struct NumberSets(Vec<NumberSet>);

stored_struct!(NumberSets { 0 });

/// Which of the sets it is. The default is the set of nothing.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SetNumber(usize);

stored_struct!(SetNumber { 0 });

impl Default for NumberSets {
    fn default() -> Self {
        Self(vec![NumberSet::default()])
    }
}

impl NumberSets {
    /// The number of a set, which is added if it is new.
    pub(super) fn number_of(&mut self, set: NumberSet) -> SetNumber {
        let known = self.0.iter().position(|known| *known == set);
        SetNumber(known.unwrap_or_else(|| {
            self.0.push(set);
            self.0.len().saturating_sub(1)
        }))
    }

    /// The set with a number that this gave.
    pub(super) fn get(&self, SetNumber(number): SetNumber) -> Option<&NumberSet> {
        self.0.get(number)
    }
}

#[cfg(test)]
mod tests {
    use super::NumberSet;

    #[test]
    fn holds_what_was_added() {
        for numbers in [vec![], vec![0], vec![3, 4, 5], vec![0, 2, 3, 7, 8, 9, 11]] {
            let set: NumberSet = numbers.iter().copied().collect();
            assert_eq!(set.iter().collect::<Vec<_>>(), numbers);
            for number in 0..13 {
                assert_eq!(
                    set.holds(number),
                    numbers.contains(&number),
                    "{number} in {numbers:?}"
                );
            }
        }
    }
}
