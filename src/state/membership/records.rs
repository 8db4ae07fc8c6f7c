//! The cached membership records, how fresh they are, and which are discarded. Knows nothing of where they come from.

use super::names::NameRules;
use super::record::{MembershipRecord, RecordError};
use crate::large_map::LargeMap;
use crate::state::{Freshness, LastRead};
use crate::token::{Subject, Timestamp};

/// The most subjects whose records are cached: those active at one edge within a minute, in an isolate of 128 MB.
pub const MAXIMUM_SUBJECTS: usize = 10_000;

/// The most bytes of cached records in their sealed form. Open, they take about three times as much.
const MAXIMUM_BYTES: usize = 8 * 1024 * 1024;

/// How long a record is used while it cannot be read again: as long as a revocation list.
const VALID_SECONDS: u32 = 900;

/// One in this many subjects is discarded at once, least recently used first, so one pass over all of them makes room for many.
const SHARE_LET_GO: usize = 8;

/// The known memberships of subjects. The size is bounded: the least recently used are discarded first.
#[derive(Clone, Debug, Default)]
pub struct MembershipRecords {
    subjects: LargeMap<Subject, Slot>,
    /// How names of namespaces are compared.
    names: NameRules,
    /// The size of the cached records in bytes.
    bytes: usize,
    /// The number of lookups so far.
    lookups: u64,
}

#[derive(Clone, Debug, Default)]
struct Slot {
    last_read: LastRead,
    /// The last genuine record; `None` if the store had none.
    record: Option<MembershipRecord>,
    /// The number of its last lookup.
    used: u64,
}

/// The membership of a subject according to the cached records.
#[derive(Clone, Copy, Debug)]
pub enum MembershipLookup<'a> {
    /// The record has not been read yet.
    Unknown,
    /// The cached record.
    Cached(&'a MembershipRecord),
    /// The store has no record, and there is no ledger to ask: the subject is in no organization.
    None,
    /// The store cannot be read, or its value is not genuine or has expired.
    Unavailable,
}

impl MembershipRecords {
    /// No records yet, of a deployment with these rules for names.
    pub fn with_names(names: NameRules) -> Self {
        Self {
            names,
            ..Self::default()
        }
    }

    /// How names of namespaces are compared.
    pub(super) fn names(&self) -> NameRules {
        self.names
    }

    /// The cached membership of a subject.
    pub fn lookup(&self, subject: &Subject, now: Timestamp) -> MembershipLookup<'_> {
        let Some(slot) = self.subjects.get(subject) else {
            return MembershipLookup::Unknown;
        };
        let is_valid = slot.last_read.was_read_within(VALID_SECONDS, now);
        match &slot.record {
            Some(record) if is_valid && record.is_in_force(now) => MembershipLookup::Cached(record),
            None if is_valid => MembershipLookup::None,
            Some(_) | None if slot.last_read.has_failed() => MembershipLookup::Unavailable,
            Some(_) | None => MembershipLookup::Unknown,
        }
    }

    /// The freshness of a subject's cached record.
    pub fn freshness(&self, subject: &Subject, refresh_seconds: u32, now: Timestamp) -> Freshness {
        let slot = self.subjects.get(subject);
        slot.map_or(Freshness::Wait, |slot| {
            let is_over = slot
                .record
                .as_ref()
                .is_some_and(|record| !record.is_in_force(now));
            if is_over {
                slot.last_read.without_value().freshness(refresh_seconds, now)
            } else {
                slot.last_read.freshness(refresh_seconds, now)
            }
        })
    }

    /// Records that a subject was looked up.
    pub fn touch(&mut self, subject: &Subject) {
        self.slot(subject);
    }

    /// Records the start of a read of a subject's record.
    pub fn begin(&mut self, subject: &Subject, now: Timestamp) {
        self.slot(subject).last_read.begin(now);
    }

    /// Caches a record, unless it has expired or the cached one is newer.
    ///
    /// # Errors
    /// [`RecordError::Expired`], and [`RecordError::RolledBack`] if the cached one has a higher version. The cached record
    /// is kept, and the read counts as failed.
    pub fn accept(&mut self, record: MembershipRecord, now: Timestamp) -> Result<(), RecordError> {
        let found = record.version();
        let bytes = record.sealed_bytes();
        let slot = self.slot(record.subject());
        if let Some(held) = slot.record.as_ref().map(MembershipRecord::version)
            && held > found
        {
            slot.last_read.fail(now);
            return Err(RecordError::RolledBack { held, found });
        }
        if !record.is_in_force(now) {
            slot.last_read.fail(now);
            return Err(RecordError::Expired {
                valid_until: record.valid_until(),
            });
        }
        slot.last_read.succeed(now);
        let before = slot.record.replace(record);
        let freed = before.as_ref().map_or(0, MembershipRecord::sealed_bytes);
        self.bytes = self.bytes.saturating_add(bytes).saturating_sub(freed);
        while self.bytes > MAXIMUM_BYTES && self.subjects.len() > 1 {
            self.make_room();
        }
        Ok(())
    }

    /// Records that the store has no record.
    ///
    /// # Errors
    /// [`RecordError::Gone`] if one is cached: the ledger never removes a record, so it is kept, and the read counts as
    /// failed.
    pub fn note_missing(&mut self, subject: &Subject, now: Timestamp) -> Result<(), RecordError> {
        let slot = self.slot(subject);
        match &slot.record {
            Some(held) => {
                let held = held.version();
                slot.last_read.fail(now);
                Err(RecordError::Gone { held })
            }
            None => {
                slot.last_read.succeed(now);
                Ok(())
            }
        }
    }

    /// Records that the store could not be read, or had no genuine value. A cached record is kept.
    pub fn note_unavailable(&mut self, subject: &Subject, now: Timestamp) {
        self.slot(subject).last_read.fail(now);
    }

    /// The number of cached subjects.
    pub fn len(&self) -> usize {
        self.subjects.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.subjects.len() == 0
    }

    fn slot(&mut self, subject: &Subject) -> &mut Slot {
        if self.subjects.len() >= MAXIMUM_SUBJECTS && self.subjects.get(subject).is_none() {
            self.make_room();
        }
        self.lookups = self.lookups.saturating_add(1);
        let slot = self.subjects.get_or_insert_with(*subject, Slot::default);
        slot.used = self.lookups;
        slot
    }

    /// Discards the least recently used subjects, but never the last one.
    fn make_room(&mut self) {
        let count = self.subjects.len().div_ceil(SHARE_LET_GO);
        // The last lookup of those that go, found by halving: about thirty passes once in many requests, and no heap.
        let (mut low, mut high) = (0, self.lookups);
        while low < high {
            let middle = low.midpoint(high);
            if self.subjects.values().filter(|slot| slot.used <= middle).count() < count {
                low = middle.saturating_add(1);
            } else {
                high = middle;
            }
        }
        let last_let_go = low;
        self.subjects.retain(|_, slot| slot.used > last_let_go);
        let records = self.subjects.values().filter_map(|slot| slot.record.as_ref());
        self.bytes = records.map(MembershipRecord::sealed_bytes).sum();
    }
}

#[cfg(test)]
mod tests {
    use super::{MAXIMUM_BYTES, MAXIMUM_SUBJECTS, MembershipLookup, MembershipRecords, VALID_SECONDS};
    use crate::state::{Freshness, MAXIMUM_NAMESPACES, MembershipRecord, MembershipRole, RecordError, Roles};
    use crate::token::Subject;

    fn subject(name: &str) -> Subject {
        name.parse().unwrap()
    }

    fn record(name: &str, version: u64) -> MembershipRecord {
        let roles = Roles::parse(br#"{"acme":"write"}"#).unwrap();
        MembershipRecord::new(subject(name), version, (0, UNTIL), roles)
    }

    const UNTIL: u32 = 1_000_000;

    #[test]
    fn keeps_the_newer_record_and_never_takes_failure_for_empty() {
        let alice = subject("alice");
        let mut records = MembershipRecords::default();
        assert!(matches!(records.lookup(&alice, 10), MembershipLookup::Unknown));
        records.begin(&alice, 10);
        assert!(matches!(records.lookup(&alice, 10), MembershipLookup::Unknown));
        records.note_unavailable(&alice, 10);
        assert!(matches!(
            records.lookup(&alice, 10),
            MembershipLookup::Unavailable
        ));
        records.accept(record("alice", 2), 11).unwrap();
        assert_eq!(
            records.accept(record("alice", 1), 12),
            Err(RecordError::RolledBack { held: 2, found: 1 })
        );
        assert_eq!(
            records.note_missing(&alice, 13),
            Err(RecordError::Gone { held: 2 })
        );
        records.note_unavailable(&alice, 14);
        assert!(matches!(records.lookup(&alice, 14), MembershipLookup::Cached(held) if held.version() == 2));
        records.accept(record("alice", 2), 15).unwrap();
        records.accept(record("alice", 3), 15).unwrap();
        assert!(matches!(records.lookup(&alice, 15), MembershipLookup::Cached(held) if held.version() == 3));
    }

    #[test]
    fn no_record_is_an_answer_until_there_is_one() {
        let bob = subject("bob");
        let mut records = MembershipRecords::default();
        records.note_missing(&bob, 10).unwrap();
        assert!(matches!(records.lookup(&bob, 10), MembershipLookup::None));
        records.note_unavailable(&bob, 11);
        assert!(matches!(records.lookup(&bob, 11), MembershipLookup::None));
        records.accept(record("bob", 1), 12).unwrap();
        assert!(matches!(records.lookup(&bob, 12), MembershipLookup::Cached(_)));
    }

    #[test]
    fn what_cannot_be_read_again_goes_on_for_a_while() {
        let (alice, bob) = (subject("alice"), subject("bob"));
        let mut records = MembershipRecords::default();
        records.accept(record("alice", 1), 100).unwrap();
        records.note_missing(&bob, 100).unwrap();
        let end = 100 + VALID_SECONDS;
        // Nobody has looked it up since: its state is unknown and not unavailable.
        assert!(matches!(records.lookup(&alice, end), MembershipLookup::Unknown));
        for name in [&alice, &bob] {
            records.note_unavailable(name, 101);
            assert!(matches!(records.lookup(name, end), MembershipLookup::Unavailable));
        }
        assert!(matches!(
            records.lookup(&alice, end - 1),
            MembershipLookup::Cached(_)
        ));
        assert!(matches!(records.lookup(&bob, end - 1), MembershipLookup::None));
    }

    #[test]
    fn a_record_past_its_time_counts_for_nothing() {
        let alice = subject("alice");
        let mut records = MembershipRecords::default();
        records.begin(&alice, UNTIL);
        assert_eq!(
            records.accept(record("alice", 1), UNTIL),
            Err(RecordError::Expired { valid_until: UNTIL })
        );
        assert!(matches!(
            records.lookup(&alice, UNTIL),
            MembershipLookup::Unavailable
        ));

        // One that was read in time is not used past it either: it is read again first.
        records.accept(record("alice", 1), UNTIL - 10).unwrap();
        assert!(matches!(
            records.lookup(&alice, UNTIL - 1),
            MembershipLookup::Cached(_)
        ));
        assert_eq!(records.freshness(&alice, 30, UNTIL - 1), Freshness::Fresh);
        assert!(matches!(records.lookup(&alice, UNTIL), MembershipLookup::Unknown));
        assert_eq!(records.freshness(&alice, 30, UNTIL), Freshness::Wait);
        records.note_unavailable(&alice, UNTIL);
        assert!(matches!(
            records.lookup(&alice, UNTIL),
            MembershipLookup::Unavailable
        ));
        assert_eq!(records.freshness(&alice, 30, UNTIL), Freshness::Fresh);

        // An older version stays refused once it has expired.
        let renewed = MembershipRecord::new(alice, 2, (0, 2 * UNTIL), Roles::default());
        records.accept(renewed, UNTIL + 1).unwrap();
        assert_eq!(
            records.accept(record("alice", 1), UNTIL + 2),
            Err(RecordError::RolledBack { held: 2, found: 1 })
        );
        assert!(matches!(
            records.lookup(&alice, UNTIL + 2),
            MembershipLookup::Cached(_)
        ));
    }

    #[test]
    fn lets_go_who_came_longest_ago() {
        let mut records = MembershipRecords::default();
        let regular = subject("regular");
        records.accept(record("regular", 1), 1).unwrap();
        for number in 0..2 * MAXIMUM_SUBJECTS {
            records.accept(record(&format!("user-{number}"), 1), 1).unwrap();
            records.touch(&regular);
            assert!(records.len() <= MAXIMUM_SUBJECTS);
        }
        assert!(matches!(records.lookup(&regular, 1), MembershipLookup::Cached(_)));
        assert!(matches!(
            records.lookup(&subject("user-0"), 1),
            MembershipLookup::Unknown
        ));
        let last = subject(&format!("user-{}", 2 * MAXIMUM_SUBJECTS - 1));
        assert!(matches!(records.lookup(&last, 1), MembershipLookup::Cached(_)));
        assert!(records.len() > MAXIMUM_SUBJECTS / 2);
    }

    #[test]
    fn the_largest_records_are_bounded_together() {
        let mut roles = Roles::default();
        for number in 0..MAXIMUM_NAMESPACES {
            let namespace = format!("{number:0>96}").parse().unwrap();
            roles.insert(namespace, MembershipRole::Read).unwrap();
        }
        let mut records = MembershipRecords::default();
        for number in 0..200 {
            let name = subject(&format!("user-{number}"));
            for version in 1..3 {
                let large = MembershipRecord::new(name, version, (0, UNTIL), roles.clone());
                records.accept(large, 1).unwrap();
                assert!(records.bytes <= MAXIMUM_BYTES);
            }
            assert!(matches!(records.lookup(&name, 1), MembershipLookup::Cached(_)));
        }
        assert!(records.len() > 50);
    }
}
