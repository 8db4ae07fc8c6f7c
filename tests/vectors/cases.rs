//! Runs the cases of one file, and reports which failed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use lychgate::keys::KeyRing;
use serde::de::DeserializeOwned;

/// Reads a file of vectors. A field that the test does not know is a failure: it would be left untested.
pub(crate) fn read<T: DeserializeOwned>(file: &str, text: &str) -> T {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The key rings of a file, by name.
pub(crate) fn read_rings(texts: &BTreeMap<String, String>) -> BTreeMap<String, KeyRing> {
    texts
        .iter()
        .map(|(name, text)| (name.clone(), KeyRing::parse(text).unwrap()))
        .collect()
}

/// The cases of one kind, run one after the other; all that fail are named at the end.
pub(crate) struct Cases {
    kind: &'static str,
    names: BTreeSet<String>,
    failures: Vec<String>,
}

impl Cases {
    pub(crate) fn of(kind: &'static str) -> Self {
        Self {
            kind,
            names: BTreeSet::new(),
            failures: Vec::new(),
        }
    }

    /// Notes what a case came to. A name that stands twice is a failure: one of the two would not be missed.
    pub(crate) fn note(&mut self, name: &str, outcome: Result<(), String>) {
        if name.is_empty() || !self.names.insert(name.to_owned()) {
            self.failures
                .push(format!("{name}: a name must be there, and once"));
        }
        if let Err(failure) = outcome {
            self.failures.push(format!("{name}: {failure}"));
        }
    }

    pub(crate) fn equal<T: PartialEq + Debug>(&mut self, name: &str, found: T, expected: T) {
        self.note(name, equal("outcome", found, expected));
    }

    /// # Panics
    /// Where a case failed, or fewer than `at_least` were run.
    pub(crate) fn finish(self, at_least: usize) {
        let Self {
            kind,
            names,
            failures,
        } = self;
        assert!(
            failures.is_empty(),
            "{kind}: {} of {} cases failed:\n  {}",
            failures.len(),
            names.len(),
            failures.join("\n  ")
        );
        assert!(
            names.len() >= at_least,
            "{kind}: {} cases were run; there are at least {at_least}",
            names.len()
        );
        println!("{kind}: {} cases, as each must be", names.len());
    }
}

pub(crate) fn equal<T: PartialEq + Debug>(what: &str, found: T, expected: T) -> Result<(), String> {
    if found == expected {
        Ok(())
    } else {
        Err(format!("{what}: expected {expected:?}, found {found:?}"))
    }
}
