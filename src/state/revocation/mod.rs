//! The cached revocation lists by shard, and what is known without one. Knows nothing of where lists are stored or when they
//! are fetched.

mod list;
mod report;

pub use list::{ListError, MAXIMUM_LIST_BYTES, NotRevoked, RevocationList, Revoked};
pub use report::{ListFacts, ListReport, ListState};

use crate::sorted_map::SortedMap;
use crate::token::Timestamp;

/// What the gate does while no valid list is cached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnStale {
    /// Refuses every request with a token.
    #[default]
    Deny,
    /// Allows reads for this many seconds after the cached list went stale, or after the first failure to read one.
    AllowReads {
        /// The number of seconds.
        seconds: u32,
    },
}

impl OnStale {
    /// Whether reads are allowed now, if no list has been valid since then.
    pub(crate) fn lets_reads_through(self, since: Timestamp, now: Timestamp) -> bool {
        match self {
            Self::AllowReads { seconds } => now < since.saturating_add(seconds),
            Self::Deny => false,
        }
    }
}

/// The cached lists by shard, and what is known without one.
#[derive(Debug, Default)]
pub struct Revocations {
    shards: SortedMap<u16, Shard>,
}

#[derive(Debug)]
enum Shard {
    Cached(RevocationList),
    /// No list could be read since then.
    Missing {
        since: Timestamp,
    },
}

/// What is known of the list of a token's shard.
#[derive(Clone, Copy, Debug)]
pub enum Lookup<'a> {
    /// No read has been tried yet.
    Unknown,
    /// A valid list.
    InForce(&'a RevocationList),
    /// A genuine list after its `valid until`.
    Stale(&'a RevocationList),
    /// No list could be read.
    Missing {
        /// When that was first the case.
        since: Timestamp,
    },
}

impl Revocations {
    /// The cached list of a shard.
    pub fn lookup(&self, shard: u16, now: Timestamp) -> Lookup<'_> {
        match self.shards.get(&shard) {
            None => Lookup::Unknown,
            Some(Shard::Missing { since }) => Lookup::Missing { since: *since },
            Some(Shard::Cached(list)) if now < list.valid_until() => Lookup::InForce(list),
            Some(Shard::Cached(list)) => Lookup::Stale(list),
        }
    }

    /// Caches a list, unless the cached one is newer.
    ///
    /// # Errors
    /// [`ListError::RolledBack`] if the cached one has a higher version; it is kept.
    pub fn accept(&mut self, list: RevocationList) -> Result<(), ListError> {
        if let Some(Shard::Cached(held)) = self.shards.get(&list.shard())
            && held.version() > list.version()
        {
            return Err(ListError::RolledBack {
                held: held.version(),
                found: list.version(),
            });
        }
        self.shards.insert(list.shard(), Shard::Cached(list));
        Ok(())
    }

    /// Records that no list could be read. A cached list is kept.
    pub fn note_missing(&mut self, shard: u16, now: Timestamp) {
        self.shards
            .get_or_insert_with(shard, || Shard::Missing { since: now });
    }
}

#[cfg(test)]
mod tests {
    use super::{ListError, Lookup, RevocationList, Revocations};

    #[test]
    fn keeps_the_newer_list_and_never_takes_missing_for_empty() {
        let mut revocations = Revocations::default();
        assert!(matches!(revocations.lookup(0, 10), Lookup::Unknown));
        revocations.note_missing(0, 10);
        revocations.note_missing(0, 12);
        assert!(matches!(revocations.lookup(0, 13), Lookup::Missing { since: 10 }));
        let old = RevocationList::empty(0, 10, 20);
        let new = old.next([7], [], 11, 21);
        revocations.accept(new.clone()).unwrap();
        assert_eq!(
            revocations.accept(old),
            Err(ListError::RolledBack { held: 2, found: 1 })
        );
        revocations.note_missing(0, 13);
        assert!(matches!(revocations.lookup(0, 20), Lookup::InForce(list) if *list == new));
        assert!(matches!(revocations.lookup(0, 21), Lookup::Stale(list) if *list == new));
    }
}
