//! How often a subject may have ledgers do something: a bucket each, in memory alone.

/// How much a subject may do at once. Of writes: all tokens it may have, made, refreshed and made again. Of calls with a session:
/// somebody at the page who revokes a token, and waits until that is in force, makes a hundred.
const BURST: u64 = 300;

/// How long it takes until another write is allowed: a year of it, day and night, is some gigabyte of the ledger's nine.
const WRITE_MILLISECONDS: u64 = 10_000;

/// How long it takes until another call with a session is allowed. Each may ask every shard.
const CALL_MILLISECONDS: u64 = 1_000;

/// How many subjects are counted at once: few enough to look through all of them, some hundred kilobytes.
const MAXIMUM_SUBJECTS: usize = 4_096;

/// One subject's bucket.
#[derive(Debug)]
struct Bucket {
    /// What is counted apart: an isolate may hold the ledgers of several shards.
    scope: u16,
    subject: String,
    /// When it is full again, in milliseconds since 1970.
    full_at: u64,
}

/// The buckets of all subjects that did something lately.
#[derive(Debug)]
pub struct SubjectLimit {
    /// How long it takes until one more is allowed.
    interval: u64,
    buckets: Vec<Bucket>,
}

impl SubjectLimit {
    /// A limit of writes, of which nobody has used anything.
    pub const fn of_writes() -> Self {
        Self::every(WRITE_MILLISECONDS)
    }

    /// A limit of calls with a session, of which nobody has used anything.
    pub const fn of_calls() -> Self {
        Self::every(CALL_MILLISECONDS)
    }

    const fn every(interval: u64) -> Self {
        Self {
            interval,
            buckets: Vec::new(),
        }
    }

    /// Counts what a subject does. What is in one scope uses up nothing of another.
    ///
    /// # Errors
    /// Where it is one too many: in how many seconds there may be another.
    pub fn take(&mut self, scope: u16, subject: &str, now: u64) -> Result<(), u32> {
        let window = BURST.saturating_mul(self.interval);
        let bucket = self
            .buckets
            .iter_mut()
            .find(|bucket| bucket.scope == scope && bucket.subject == subject);
        // A moment that lies further ahead was noted before the clock went back.
        let full_at = bucket.as_ref().map_or(now, |bucket| {
            bucket.full_at.clamp(now, now.saturating_add(window))
        });
        let next = full_at.saturating_add(self.interval);
        let allowed_from = next.saturating_sub(window);
        if allowed_from > now {
            let seconds = allowed_from.saturating_sub(now).div_ceil(1_000);
            return Err(u32::try_from(seconds).unwrap_or(u32::MAX));
        }
        match bucket {
            Some(bucket) => bucket.full_at = next,
            None => {
                if self.buckets.len() >= MAXIMUM_SUBJECTS {
                    self.forget(now);
                }
                self.buckets.push(Bucket {
                    scope,
                    subject: subject.to_owned(),
                    full_at: next,
                });
            }
        }
        Ok(())
    }

    /// Forgets the buckets that are more than half full; all, where none is.
    fn forget(&mut self, now: u64) {
        let half = now.saturating_add(BURST.saturating_mul(self.interval) / 2);
        self.buckets.retain(|bucket| bucket.full_at > half);
        if self.buckets.len() >= MAXIMUM_SUBJECTS {
            self.buckets.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{BURST, CALL_MILLISECONDS, MAXIMUM_SUBJECTS, SubjectLimit, WRITE_MILLISECONDS};

    const NOW: u64 = 1_800_000_000_000;

    fn exhaust(limit: &mut SubjectLimit, subject: &str, now: u64) -> u64 {
        (0..)
            .take_while(|_| limit.take(0, subject, now).is_ok())
            .count()
            .try_into()
            .unwrap()
    }

    #[test]
    fn a_subject_writes_so_often_and_then_at_a_steady_rate() {
        let mut limit = SubjectLimit::of_writes();
        assert_eq!(exhaust(&mut limit, "alice", NOW), BURST);
        assert_eq!(limit.take(0, "alice", NOW), Err(10));
        assert_eq!(limit.take(0, "alice", NOW + 9_500), Err(1));
        assert_eq!(limit.take(0, "alice", NOW + WRITE_MILLISECONDS), Ok(()));
        assert_eq!(limit.take(0, "alice", NOW + WRITE_MILLISECONDS), Err(10));
        // A refusal costs nothing, and nobody else pays.
        assert_eq!(exhaust(&mut limit, "alice", NOW + 4 * WRITE_MILLISECONDS), 3);
        assert_eq!(limit.take(0, "bob", NOW), Ok(()));
        assert_eq!(limit.take(1, "alice", NOW), Ok(()));
    }

    #[test]
    fn calls_are_allowed_again_sooner_than_writes() {
        let mut limit = SubjectLimit::of_calls();
        assert_eq!(exhaust(&mut limit, "alice", NOW), BURST);
        assert_eq!(limit.take(0, "alice", NOW), Err(1));
        assert_eq!(limit.take(1, "alice", NOW), Ok(()));
        assert_eq!(exhaust(&mut limit, "alice", NOW + 3 * CALL_MILLISECONDS), 3);
    }

    #[test]
    fn a_clock_that_goes_back_locks_nobody_out() {
        let mut limit = SubjectLimit::of_writes();
        exhaust(&mut limit, "alice", NOW);
        let earlier = NOW - 86_400_000;
        assert_eq!(limit.take(0, "alice", earlier), Err(10));
        assert_eq!(limit.take(0, "alice", earlier + WRITE_MILLISECONDS), Err(10));
        let window = BURST * WRITE_MILLISECONDS;
        assert_eq!(limit.take(0, "alice", NOW + window), Ok(()));
    }

    #[test]
    fn its_memory_is_bounded_and_whoever_writes_much_is_not_forgotten() {
        let mut limit = SubjectLimit::of_writes();
        exhaust(&mut limit, "alice", NOW);
        for number in 0..3 * MAXIMUM_SUBJECTS {
            limit.take(0, &format!("subject {number}"), NOW).unwrap();
            assert!(limit.buckets.len() <= MAXIMUM_SUBJECTS);
        }
        assert_eq!(limit.take(0, "alice", NOW), Err(10));
    }
}
