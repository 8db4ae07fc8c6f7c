//! The results of requests, by class.

use std::collections::BTreeMap;

use serde::Serialize;

/// What came of the requests of one class.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Tally {
    /// How many were begun.
    pub(crate) sent: u64,
    /// How many got the one answer that is right.
    pub(crate) right: u64,
    /// How many got another one, by status and code.
    pub(crate) wrong: BTreeMap<String, u64>,
    /// How many got none: the connection broke off, or nothing came in time.
    pub(crate) broken: u64,
}

impl Tally {
    /// Adds another one.
    pub(crate) fn add(&mut self, other: &Self) {
        self.sent += other.sent;
        self.right += other.right;
        self.broken += other.broken;
        for (answer, count) in &other.wrong {
            *self.wrong.entry(answer.clone()).or_default() += count;
        }
    }
}

/// The results of all clients. Times are in microseconds, of requests that were answered.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) seconds: f64,
    pub(crate) classes: BTreeMap<String, Tally>,
    pub(crate) median: u32,
    pub(crate) percentile_99: u32,
    pub(crate) longest: u32,
}

/// The time below which that many hundredths of all times are.
pub(crate) fn percentile(sorted: &[u32], hundredths: usize) -> u32 {
    let at = (sorted.len() * hundredths / 100).min(sorted.len().saturating_sub(1));
    sorted.get(at).copied().unwrap_or_default()
}
