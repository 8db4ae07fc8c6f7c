//! How often a subject may have the ledger write: a bucket each, in memory alone.

/// How many writes a subject may have at once: all tokens it may have, made, refreshed and made again.
const BURST: u64 = 300;

/// How long it takes until another write is allowed: a year of it, day and night, is some gigabyte of the ledger's nine.
const INTERVAL_MILLISECONDS: u64 = 10_000;

/// How many subjects are counted at once: few enough to look through all of them, some hundred kilobytes.
const MAXIMUM_SUBJECTS: usize = 4_096;

/// One subject's bucket.
#[derive(Debug)]
struct Bucket {
    /// An isolate may hold the ledgers of several shards.
    shard: u16,
    subject: String,
    /// When it is full again, in milliseconds since 1970.
    full_at: u64,
}

/// The buckets of all subjects that wrote lately.
#[derive(Debug, Default)]
pub struct WriteLimit(Vec<Bucket>);

impl WriteLimit {
    /// A limit of which nobody has used anything.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Counts a write of a subject.
    ///
    /// # Errors
    /// Where it is one too many: in how many seconds there may be another.
    pub fn take(&mut self, shard: u16, subject: &str, now: u64) -> Result<(), u32> {
        let window = BURST.saturating_mul(INTERVAL_MILLISECONDS);
        let bucket = self
            .0
            .iter_mut()
            .find(|bucket| bucket.shard == shard && bucket.subject == subject);
        // A moment that lies further ahead was noted before the clock went back.
        let full_at = bucket.as_ref().map_or(now, |bucket| {
            bucket.full_at.clamp(now, now.saturating_add(window))
        });
        let next = full_at.saturating_add(INTERVAL_MILLISECONDS);
        let allowed_from = next.saturating_sub(window);
        if allowed_from > now {
            let seconds = allowed_from.saturating_sub(now).div_ceil(1_000);
            return Err(u32::try_from(seconds).unwrap_or(u32::MAX));
        }
        match bucket {
            Some(bucket) => bucket.full_at = next,
            None => {
                if self.0.len() >= MAXIMUM_SUBJECTS {
                    self.forget(now);
                }
                self.0.push(Bucket {
                    shard,
                    subject: subject.to_owned(),
                    full_at: next,
                });
            }
        }
        Ok(())
    }

    /// Forgets the buckets that are more than half full; all, where none is.
    fn forget(&mut self, now: u64) {
        let half = now.saturating_add(BURST.saturating_mul(INTERVAL_MILLISECONDS) / 2);
        self.0.retain(|bucket| bucket.full_at > half);
        if self.0.len() >= MAXIMUM_SUBJECTS {
            self.0.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{BURST, INTERVAL_MILLISECONDS, MAXIMUM_SUBJECTS, WriteLimit};

    const NOW: u64 = 1_800_000_000_000;

    fn exhaust(limit: &mut WriteLimit, subject: &str, now: u64) -> u64 {
        (0..)
            .take_while(|_| limit.take(0, subject, now).is_ok())
            .count()
            .try_into()
            .unwrap()
    }

    #[test]
    fn a_subject_writes_so_often_and_then_at_a_steady_rate() {
        let mut limit = WriteLimit::new();
        assert_eq!(exhaust(&mut limit, "alice", NOW), BURST);
        assert_eq!(limit.take(0, "alice", NOW), Err(10));
        assert_eq!(limit.take(0, "alice", NOW + 9_500), Err(1));
        assert_eq!(limit.take(0, "alice", NOW + INTERVAL_MILLISECONDS), Ok(()));
        assert_eq!(limit.take(0, "alice", NOW + INTERVAL_MILLISECONDS), Err(10));
        // A refusal costs nothing, and nobody else pays.
        assert_eq!(exhaust(&mut limit, "alice", NOW + 4 * INTERVAL_MILLISECONDS), 3);
        assert_eq!(limit.take(0, "bob", NOW), Ok(()));
        assert_eq!(limit.take(1, "alice", NOW), Ok(()));
    }

    #[test]
    fn a_clock_that_goes_back_locks_nobody_out() {
        let mut limit = WriteLimit::new();
        exhaust(&mut limit, "alice", NOW);
        let earlier = NOW - 86_400_000;
        assert_eq!(limit.take(0, "alice", earlier), Err(10));
        assert_eq!(limit.take(0, "alice", earlier + INTERVAL_MILLISECONDS), Err(10));
        let window = BURST * INTERVAL_MILLISECONDS;
        assert_eq!(limit.take(0, "alice", NOW + window), Ok(()));
    }

    #[test]
    fn its_memory_is_bounded_and_whoever_writes_much_is_not_forgotten() {
        let mut limit = WriteLimit::new();
        exhaust(&mut limit, "alice", NOW);
        for number in 0..3 * MAXIMUM_SUBJECTS {
            limit.take(0, &format!("subject {number}"), NOW).unwrap();
            assert!(limit.0.len() <= MAXIMUM_SUBJECTS);
        }
        assert_eq!(limit.take(0, "alice", NOW), Err(10));
    }
}
