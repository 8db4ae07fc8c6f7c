//! How often an address may report leaks to one isolate, where no binding counts for all of them. Knows nothing of what is
//! reported.

use crate::sorted_map::SortedMap;
use crate::token::Timestamp;

/// For how long reports are counted together.
pub const REPORT_WINDOW_SECONDS: u32 = 60;

/// How many reports an address may send in that time: 60,000 tokens, and no more work than a core does in a second.
const REPORTS_A_WINDOW: u32 = 60;

/// How many addresses are counted apart. All others are counted as one, so that many addresses take no more memory.
const MAXIMUM_ADDRESSES: usize = 1_000;

/// The reports of the present window, by address.
#[derive(Debug, Default)]
pub struct ReportLimit {
    began_at: Timestamp,
    counts: SortedMap<String, u32>,
}

impl ReportLimit {
    /// A limit that nobody has used.
    pub const fn new() -> Self {
        Self {
            began_at: 0,
            counts: SortedMap::new(),
        }
    }

    /// Counts a report of an address; gives whether it is within the limit.
    pub fn admits(&mut self, address: &str, now: Timestamp) -> bool {
        let age = now.checked_sub(self.began_at);
        // A clock that was set back begins a window too.
        if age.is_none_or(|age| age >= REPORT_WINDOW_SECONDS) {
            *self = Self {
                began_at: now,
                counts: SortedMap::new(),
            };
        }
        let mut address = address.to_owned();
        if self.counts.get(&address).is_none() && self.counts.len() >= MAXIMUM_ADDRESSES {
            address.clear();
        }
        let before = self.counts.get(&address).copied().unwrap_or_default();
        self.counts.insert(address, before.saturating_add(1));
        before < REPORTS_A_WINDOW
    }
}

#[cfg(test)]
mod tests {
    use super::{MAXIMUM_ADDRESSES, REPORT_WINDOW_SECONDS, REPORTS_A_WINDOW, ReportLimit};

    #[test]
    fn counts_each_address_in_each_window() {
        let mut limit = ReportLimit::new();
        for _ in 0..REPORTS_A_WINDOW {
            assert!(limit.admits("192.0.2.1", 1_000));
        }
        assert!(!limit.admits("192.0.2.1", 1_000 + REPORT_WINDOW_SECONDS - 1));
        assert!(limit.admits("192.0.2.2", 1_000));
        assert!(limit.admits("192.0.2.1", 1_000 + REPORT_WINDOW_SECONDS));
    }

    #[test]
    fn a_clock_that_goes_back_locks_nobody_out() {
        let mut limit = ReportLimit::new();
        while limit.admits("192.0.2.1", 1_000) {}
        assert!(limit.admits("192.0.2.1", 900));
    }

    #[test]
    fn many_addresses_take_no_more_memory_and_share_a_count() {
        let mut limit = ReportLimit::new();
        for number in 0..MAXIMUM_ADDRESSES {
            assert!(limit.admits(&number.to_string(), 1_000));
        }
        for number in 0..REPORTS_A_WINDOW {
            assert!(limit.admits(&format!("more-{number}"), 1_000));
        }
        assert!(!limit.admits("one-more", 1_000));
        assert!(limit.admits("7", 1_000));
        assert_eq!(limit.counts.len(), MAXIMUM_ADDRESSES + 1);
    }
}
