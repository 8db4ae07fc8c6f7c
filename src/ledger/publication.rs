//! The publication of a shard's list: when it is due, and with which version.
//!
//! The version increases with every attempt that may have reached KV, so no two lists share one. A change takes effect in the
//! version of the next attempt and in every later one: whichever of them arrives contains it.

/// The least number of milliseconds between two writes of a list: Workers KV's limit for one key.
const DEBOUNCE_MILLISECONDS: u64 = 1_000;

/// The longest pause between attempts while KV fails.
pub const MAXIMUM_BACKOFF_MILLISECONDS: u64 = 60_000;

/// The state of a shard's publication. Times are milliseconds since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Publication {
    /// The highest version that may have reached KV.
    pub attempted: u64,
    /// The version in which the last change takes effect.
    pub wanted: u64,
    /// The highest version that KV has confirmed.
    pub published: u64,
    /// When the last attempt began.
    pub attempted_at: u64,
    /// When the last one succeeded.
    pub published_at: u64,
    /// The number of attempts in a row that have not succeeded, including one in progress.
    pub failures: u32,
}

impl Publication {
    /// Records a change; returns the version in which it takes effect.
    pub fn change(&mut self) -> u64 {
        self.wanted = self.attempted.saturating_add(1);
        self.wanted
    }

    /// Starts an attempt; returns its version. It counts as failed until it succeeds, so a crash in between counts as a failure
    /// too.
    pub fn attempt(&mut self, now: u64) -> u64 {
        self.attempted = self.attempted.saturating_add(1);
        self.postpone(now);
        self.attempted
    }

    /// Records an attempt that was given up before it had a version.
    pub fn postpone(&mut self, now: u64) {
        self.attempted_at = now;
        self.failures = self.failures.saturating_add(1);
    }

    /// Records that KV has confirmed a version.
    pub fn succeed(&mut self, version: u64, now: u64) {
        self.published = self.published.max(version);
        self.published_at = now;
        self.failures = 0;
    }

    /// Continues after a version that something else published. Returns whether it is newer than all that this ledger knew.
    pub fn continue_after(&mut self, found: u64) -> bool {
        let is_newer = found > self.attempted;
        if is_newer {
            self.attempted = found;
            self.change();
        }
        is_newer
    }

    /// Whether a version, or a later one, is published.
    pub fn has_published(&self, version: u64) -> bool {
        self.published >= version
    }

    /// When the next attempt is due. If a recorded time is ahead of `now`, the clock has been set back and the time means nothing:
    /// the attempt is due at once, or as soon as the attempts since then allow.
    pub fn due_at(&self, heartbeat: u64, now: u64) -> u64 {
        if self.attempted_at > now {
            return now;
        }
        let earliest = self.attempted_at.saturating_add(self.pause());
        if self.published < self.wanted || self.published_at > now {
            earliest
        } else {
            earliest.max(self.published_at.saturating_add(heartbeat))
        }
    }

    fn pause(&self) -> u64 {
        pause_after(self.failures)
    }
}

/// The pause in milliseconds before a key of KV is written again after this many failures in a row, including one in progress.
pub fn pause_after(failures: u32) -> u64 {
    let doublings = failures.saturating_sub(1);
    DEBOUNCE_MILLISECONDS
        .saturating_mul(2_u64.saturating_pow(doublings))
        .min(MAXIMUM_BACKOFF_MILLISECONDS)
}

#[cfg(test)]
mod tests {
    use super::Publication;

    const HEARTBEAT: u64 = 300_000;

    #[test]
    fn writes_at_once_and_then_once_a_second() {
        let mut publication = Publication::default();
        assert_eq!(publication.change(), 1);
        assert_eq!(publication.due_at(HEARTBEAT, 0), 1_000);
        assert_eq!(publication.attempt(5_000), 1);
        publication.succeed(1, 5_100);
        assert_eq!(publication.due_at(HEARTBEAT, 5_100), 305_100);
        assert_eq!(publication.change(), 2);
        assert_eq!(publication.due_at(HEARTBEAT, 5_100), 6_000);
    }

    #[test]
    fn a_change_during_an_attempt_waits_for_the_next() {
        let mut publication = Publication::default();
        publication.change();
        let version = publication.attempt(5_000);
        assert_eq!(publication.change(), version + 1);
        publication.succeed(version, 5_100);
        assert!(!publication.has_published(version + 1));
        assert_eq!(publication.due_at(HEARTBEAT, 5_100), 6_000);
    }

    #[test]
    fn backs_off_to_a_minute_and_never_gives_a_version_twice() {
        let mut publication = Publication::default();
        publication.change();
        let mut now = 0;
        let mut pauses = Vec::new();
        for attempt in 1..=9 {
            assert_eq!(publication.attempt(now), attempt);
            pauses.push(publication.due_at(HEARTBEAT, now) - now);
            now = publication.due_at(HEARTBEAT, now);
        }
        assert_eq!(
            pauses,
            [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]
        );
        assert!(!publication.has_published(1));
        publication.succeed(9, now);
        assert!(publication.has_published(1));
    }

    #[test]
    fn an_attempt_that_is_given_up_takes_no_version() {
        let mut publication = Publication::default();
        publication.change();
        publication.postpone(0);
        publication.postpone(1_000);
        assert_eq!(publication.due_at(HEARTBEAT, 1_000), 3_000);
        assert_eq!(publication.attempt(3_000), 1);
    }

    #[test]
    fn a_clock_that_went_back_delays_no_publication() {
        let mut publication = Publication::default();
        publication.change();
        publication.attempt(7_200_000);
        publication.succeed(1, 7_200_100);
        publication.change();
        assert_eq!(publication.due_at(HEARTBEAT, 500), 500);
        publication.attempt(500);
        assert_eq!(publication.due_at(HEARTBEAT, 600), 1_500);
        publication.attempt(1_500);
        assert_eq!(publication.due_at(HEARTBEAT, 1_600), 3_500);
        publication.succeed(3, 600);
        assert_eq!(publication.due_at(HEARTBEAT, 1_600), 300_600);
    }

    #[test]
    fn goes_on_after_a_newer_list_and_ignores_an_older_one() {
        let mut publication = Publication::default();
        assert!(publication.continue_after(41));
        assert_eq!(publication.wanted, 42);
        assert_eq!(publication.attempt(0), 42);
        assert!(!publication.continue_after(41));
        assert_eq!(publication.attempted, 42);
    }
}
