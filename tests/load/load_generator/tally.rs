//! The results of requests, by class.

use std::collections::BTreeMap;

use serde::Serialize;

/// The results of the requests of one class.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Tally {
    /// How many were sent.
    pub(crate) sent: u64,
    /// How many got the correct response.
    pub(crate) right: u64,
    /// How many got another response, by status and code.
    pub(crate) wrong: BTreeMap<String, u64>,
    /// How many got no response: the connection broke, or the response was too late.
    pub(crate) broken: u64,
}

impl Tally {
    /// Adds the results of another one.
    pub(crate) fn add(&mut self, other: &Self) {
        self.sent += other.sent;
        self.right += other.right;
        self.broken += other.broken;
        for (answer, count) in &other.wrong {
            *self.wrong.entry(answer.clone()).or_default() += count;
        }
    }
}

/// The results of all clients. The times are those of answered requests, in microseconds.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) seconds: f64,
    pub(crate) classes: BTreeMap<String, Tally>,
    pub(crate) median: u32,
    pub(crate) percentile_99: u32,
    pub(crate) longest: u32,
}

/// The time below which this percentage of all times lies.
pub(crate) fn percentile(sorted: &[u32], hundredths: usize) -> u32 {
    let at = (sorted.len() * hundredths / 100).min(sorted.len().saturating_sub(1));
    sorted.get(at).copied().unwrap_or_default()
}
