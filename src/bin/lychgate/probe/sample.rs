//! A sample: some variants of each kind, for people who have no time for all. Pure.

use std::collections::BTreeMap;

use super::random::Random;
use super::variant::Variant;

/// At most `most` variants of each kind, in order: the first, which is the most usual, and others chosen by the seed.
pub(crate) fn of(variants: Vec<Variant>, most: usize, seed: u64) -> Vec<Variant> {
    let mut kinds: BTreeMap<&'static str, Vec<(u64, usize)>> = BTreeMap::new();
    for (number, (index, variant)) in (0u64..).zip(variants.iter().enumerate()) {
        let lot = Random::of(seed, number).next();
        let of_kind = kinds.entry(variant.kind).or_default();
        of_kind.push((if of_kind.is_empty() { 0 } else { lot }, index));
    }
    let mut drawn: Vec<usize> = kinds
        .into_values()
        .flat_map(|mut lots| {
            lots.sort_unstable();
            lots.into_iter().take(most).map(|(_, index)| index)
        })
        .collect();
    drawn.sort_unstable();
    let mut drawn = drawn.into_iter().peekable();
    variants
        .into_iter()
        .enumerate()
        .filter_map(|(index, variant)| drawn.next_if_eq(&index).map(|_| variant))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::plain::Plain;
    use super::{Variant, of};

    #[test]
    fn draws_some_of_each_kind() {
        let plain = &Plain::read_all("{\"access\":\"read\",\"method\":\"GET\",\"target\":\"/\"}").unwrap()[0];
        let variants: Vec<Variant> = (0..100)
            .map(|number| {
                let kind = if number % 2 == 0 { "even" } else { "odd" };
                Variant::plain(plain).kind(kind).at(format!("/{number}"))
            })
            .collect();
        let drawn = |seed| {
            let drawn = of(variants.clone(), 7, seed);
            drawn
                .into_iter()
                .map(|variant| (variant.kind, variant.target))
                .collect::<Vec<_>>()
        };
        let first = drawn(1);
        assert_eq!(first.iter().filter(|(kind, _)| *kind == "even").count(), 7);
        assert_eq!(first.iter().filter(|(kind, _)| *kind == "odd").count(), 7);
        let is_there = |target: &[u8]| first.iter().any(|(_, held)| held == target);
        assert!(is_there(b"/0") && is_there(b"/1"));
        assert_eq!(first, drawn(1));
        assert_ne!(first, drawn(2));
        assert_eq!(of(variants.clone(), 1000, 1).len(), 100);
    }
}
