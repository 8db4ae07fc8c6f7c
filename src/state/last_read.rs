//! Freshness of a cached value: when it was read, and whether to read it again. Knows nothing of the value or of how it is
//! read.

use crate::token::Timestamp;

/// How long a read may take before it counts as failed.
pub const READ_SECONDS: u32 = 5;

/// The age, in refresh intervals, up to which a value may be used before it is read again. A refresh after the response serves
/// only the next request: after a pause in traffic, it would come too late.
pub const REFRESHES_MISSED: u32 = 2;

/// How long after a failed read the next one may be tried. The pause keeps an outage from getting worse.
const RETRY_SECONDS: u32 = 1;

/// How long after a failed read requests may use the cached value without waiting for the next read. This is longer than a read
/// takes to fail, so requests wait only once in an outage.
const OUTAGE_SECONDS: u32 = READ_SECONDS + 2 * RETRY_SECONDS;

/// When one value was last read, and whether that failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LastRead {
    /// When the store last returned a genuine value.
    read_at: Option<Timestamp>,
    /// When a read was last started.
    begun_at: Option<Timestamp>,
    /// When a read last failed, if none has succeeded since.
    failed_at: Option<Timestamp>,
}

/// What to do in addition to using the cached value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Nothing.
    Fresh,
    /// Use it, and read again after the response.
    Refresh,
    /// Read again first.
    Wait,
}

impl LastRead {
    /// Records that a read starts.
    pub fn begin(&mut self, now: Timestamp) {
        self.begun_at = Some(now);
    }

    /// Records that a read returned a genuine value.
    pub fn succeed(&mut self, now: Timestamp) {
        self.read_at = Some(now);
        self.failed_at = None;
    }

    /// Records that a read failed.
    pub fn fail(&mut self, now: Timestamp) {
        self.failed_at = Some(now);
    }

    /// This state as if no value had ever been read, for a value that may no longer be used.
    pub fn without_value(self) -> Self {
        Self {
            read_at: None,
            ..self
        }
    }

    /// Whether the store has returned a genuine value within this many seconds.
    pub fn was_read_within(&self, seconds: u32, now: Timestamp) -> bool {
        is_within(self.read_at, seconds, now)
    }

    /// Whether a read has failed since.
    pub fn has_failed(&self) -> bool {
        self.failed_at.is_some()
    }

    /// The freshness of the cached value.
    pub fn freshness(&self, refresh_seconds: u32, now: Timestamp) -> Freshness {
        let within = |then, seconds| is_within(then, seconds, now);
        let pause = refresh_seconds.saturating_mul(REFRESHES_MISSED);
        let is_down = within(self.failed_at, OUTAGE_SECONDS);
        match self.read_at {
            read_at @ Some(_) if within(read_at, refresh_seconds) => Freshness::Fresh,
            // A read that was merely started does not justify using an old value: after a pause, the second of two requests
            // would get through with a token that was revoked long ago. A read that has failed does justify it.
            read_at @ Some(_) if !within(read_at, pause) && !is_down => Freshness::Wait,
            Some(_) if within(self.begun_at, RETRY_SECONDS) => Freshness::Fresh,
            Some(_) => Freshness::Refresh,
            None if within(self.failed_at, RETRY_SECONDS) => Freshness::Fresh,
            None => Freshness::Wait,
        }
    }
}

/// Whether something was recorded less than this many seconds ago. A time ahead of the clock was recorded before the clock was
/// set back: its age is unknown, so it does not count as recent.
fn is_within(then: Option<Timestamp>, seconds: u32, now: Timestamp) -> bool {
    then.and_then(|then| now.checked_sub(then))
        .is_some_and(|age| age < seconds)
}

#[cfg(test)]
mod tests {
    use super::{Freshness, LastRead};

    #[test]
    fn what_is_young_is_used_and_what_is_old_is_read_first() {
        let mut last_read = LastRead::default();
        assert_eq!(last_read.freshness(5, 100), Freshness::Wait);
        last_read.begin(100);
        last_read.succeed(100);
        assert_eq!(last_read.freshness(5, 104), Freshness::Fresh);
        assert_eq!(last_read.freshness(5, 105), Freshness::Refresh);
        assert_eq!(last_read.freshness(5, 109), Freshness::Refresh);
        assert_eq!(last_read.freshness(5, 110), Freshness::Wait);
    }

    #[test]
    fn what_was_read_before_the_clock_went_back_is_read_again() {
        let mut last_read = LastRead::default();
        last_read.begin(10_000);
        last_read.succeed(10_000);
        assert_eq!(last_read.freshness(5, 9_999), Freshness::Wait);
        last_read.fail(10_000);
        assert_eq!(last_read.freshness(5, 100), Freshness::Wait);
        last_read.begin(100);
        last_read.succeed(100);
        assert_eq!(last_read.freshness(5, 100), Freshness::Fresh);
    }

    #[test]
    fn an_outage_is_asked_about_once_a_second_and_waited_for_once() {
        let mut last_read = LastRead::default();
        last_read.begin(100);
        last_read.succeed(100);
        last_read.begin(110);
        assert_eq!(last_read.freshness(5, 110), Freshness::Wait);
        last_read.fail(115);
        assert_eq!(last_read.freshness(5, 115), Freshness::Refresh);
        last_read.begin(115);
        assert_eq!(last_read.freshness(5, 115), Freshness::Fresh);
        assert_eq!(last_read.freshness(5, 116), Freshness::Refresh);
        assert_eq!(last_read.freshness(5, 122), Freshness::Wait);
    }

    #[test]
    fn what_was_never_read_is_asked_for_once_a_second() {
        let mut last_read = LastRead::default();
        last_read.begin(100);
        last_read.fail(100);
        assert_eq!(last_read.freshness(5, 100), Freshness::Fresh);
        assert_eq!(last_read.freshness(5, 101), Freshness::Wait);
    }
}
