//! How often an address may report leaks to one isolate, where no binding counts for all of them. Knows nothing of what is
//! reported.

use crate::sorted_map::SortedMap;
use crate::token::Timestamp;

/// For how long reports are counted together.
pub const REPORT_WINDOW_SECONDS: u32 = 60;

/// How many reports an address may send in that time: 60,000 tokens, and no more work than a core does in a second.
const REPORTS_A_WINDOW: u32 = 60;

/// How many networks of each width are counted apart. A caller that comes when so many others were counted is counted with its
/// network, and then with the network around that, so that many addresses take no more memory, and who has many uses up the
/// share of the own networks only.
const MAXIMUM_NETWORKS: usize = 1_000;

/// The reports of the present window, by caller.
#[derive(Debug, Default)]
pub struct ReportLimit {
    began_at: Timestamp,
    /// By network, for each width.
    counts: [SortedMap<String, u32>; 3],
    /// Of all that are counted nowhere else, by kind.
    others: SortedMap<String, u32>,
}

impl ReportLimit {
    /// A limit that nobody has used.
    pub const fn new() -> Self {
        Self {
            began_at: 0,
            counts: [const { SortedMap::new() }; 3],
            others: SortedMap::new(),
        }
    }

    /// Counts a report of a caller, given by its networks from the narrowest on; gives whether it is within the limit. Reports of
    /// one kind use up nothing of another.
    pub fn admits(&mut self, kind: &str, networks: [&str; 3], now: Timestamp) -> bool {
        let age = now.checked_sub(self.began_at);
        // A clock that was set back begins a window too.
        if age.is_none_or(|age| age >= REPORT_WINDOW_SECONDS) {
            *self = Self {
                began_at: now,
                ..Self::new()
            };
        }
        let mut widths = self.counts.iter_mut().zip(networks);
        let own = widths.find_map(|(counts, network)| {
            let network = [kind, " ", network].concat();
            let is_counted = counts.get(&network).is_some() || counts.len() < MAXIMUM_NETWORKS;
            is_counted.then(|| counts.get_or_insert_with(network, || 0))
        });
        let count = own.unwrap_or_else(|| self.others.get_or_insert_with(kind.to_owned(), || 0));
        let before = *count;
        *count = before.saturating_add(1);
        before < REPORTS_A_WINDOW
    }
}

#[cfg(test)]
mod tests {
    use super::{MAXIMUM_NETWORKS, REPORT_WINDOW_SECONDS, REPORTS_A_WINDOW, ReportLimit};

    /// Whether a report of an address is admitted, which is in a network of a wider one.
    fn admits(limit: &mut ReportLimit, address: &str, now: u32) -> bool {
        let (network, _) = address.rsplit_once('.').unwrap();
        let (wider, _) = network.rsplit_once('.').unwrap();
        limit.admits("reports", [address, network, wider], now)
    }

    #[test]
    fn counts_each_address_in_each_window() {
        let mut limit = ReportLimit::new();
        for _ in 0..REPORTS_A_WINDOW {
            assert!(admits(&mut limit, "192.0.2.1", 1_000));
        }
        assert!(!admits(
            &mut limit,
            "192.0.2.1",
            1_000 + REPORT_WINDOW_SECONDS - 1
        ));
        assert!(admits(&mut limit, "192.0.2.2", 1_000));
        assert!(admits(&mut limit, "192.0.2.1", 1_000 + REPORT_WINDOW_SECONDS));
    }

    #[test]
    fn a_clock_that_goes_back_locks_nobody_out() {
        let mut limit = ReportLimit::new();
        while admits(&mut limit, "192.0.2.1", 1_000) {}
        assert!(admits(&mut limit, "192.0.2.1", 900));
    }

    #[test]
    fn a_caller_with_many_addresses_exhausts_the_share_of_its_own_networks_only() {
        let mut limit = ReportLimit::new();
        // One network has more addresses than are counted, and a network within it is refused then.
        for number in 0..MAXIMUM_NETWORKS {
            assert!(admits(
                &mut limit,
                &format!("10.0.{}.{}", number / 100, number % 100),
                1_000
            ));
        }
        for _ in 0..REPORTS_A_WINDOW {
            assert!(admits(&mut limit, "10.0.50.1", 1_000));
        }
        assert!(!admits(&mut limit, "10.0.50.2", 1_000));
        // Who is counted already, and whoever comes from elsewhere, reports on.
        assert!(admits(&mut limit, "10.0.7.7", 1_000));
        for number in 0..2 * MAXIMUM_NETWORKS - 10 {
            let elsewhere = format!("{}.{}.1.1", 20 + number / 200, number % 200);
            assert!(admits(&mut limit, &elsewhere, 1_000), "{elsewhere}");
        }
        // All that is kept is bounded.
        for number in 0..3 * MAXIMUM_NETWORKS {
            admits(&mut limit, &format!("{number}.1.1.1"), 1_000);
        }
        assert!(!admits(&mut limit, "9999.1.1.1", 1_000));
        assert!(limit.counts.iter().all(|counts| counts.len() == MAXIMUM_NETWORKS));
    }
}
