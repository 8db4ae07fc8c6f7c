//! The usage of tokens in one isolate of the gate, until the ledgers know of it.
//!
//! A ledger hears of each token once a day from each isolate. What it did not take is forgotten here, and so comes again with
//! the token's next use. A ledger that has begun anew may have lost what it was told, so it hears of all tokens again.

use super::{Use, day};
use crate::large_map::LargeMap;
use crate::sorted_map::SortedMap;
use crate::token::{Timestamp, TokenId, Verified};

/// How long after one collection began another may begin, in case the first was lost.
const LOST_SECONDS: u32 = 30;

/// The most tokens recorded per day. The rest of the day has no hints, but the memory of the isolate stays bounded.
const MAXIMUM_NOTED: usize = 50_000;

/// A token that came.
pub enum Used {
    /// It was accepted.
    Accepted(Verified),
    /// It was refused as revoked.
    Revoked(TokenId),
}

impl Used {
    fn id(&self) -> TokenId {
        match self {
            Self::Accepted(token) => token.claims().id,
            Self::Revoked(id) => *id,
        }
    }

    fn to_use(&self) -> Use {
        match self {
            Self::Accepted(token) => Use::of(token),
            Self::Revoked(id) => Use {
                serial: id.serial,
                accepted: None,
            },
        }
    }
}

/// What this isolate has seen today.
#[derive(Default)]
pub struct Usage {
    day: u32,
    /// The tokens of which the ledgers know, or will from what waits; each with whether it was accepted.
    noted: LargeMap<(TokenId, bool), ()>,
    waiting: Vec<(u16, Use)>,
    gathering_since: Option<Timestamp>,
    ledgers: SortedMap<u16, Contact>,
}

/// What is known of one ledger.
#[derive(Default)]
struct Contact {
    /// When it last had something to be told.
    since: Timestamp,
    /// When it came to life, in Unix milliseconds, as it answered last.
    began_at: Option<u64>,
}

impl Usage {
    /// Notes a use; whether a collection is to begin. A use that its ledger knows is noted again where the ledger has not been
    /// told of anything for `heartbeat_seconds`, to learn whether it has begun anew.
    pub fn note(&mut self, used: &Used, heartbeat_seconds: u32, now: Timestamp) -> bool {
        let today = day(now);
        if self.day != today {
            self.day = today;
            self.noted = LargeMap::default();
        }
        let id = used.id();
        let contact = self.ledgers.get(&id.shard);
        let is_due = contact.is_none_or(|contact| now.saturating_sub(contact.since) >= heartbeat_seconds);
        let noted_before = self.noted.len();
        if noted_before < MAXIMUM_NOTED {
            let is_accepted = matches!(used, Used::Accepted(_));
            self.noted.get_or_insert_with((id, is_accepted), || ());
        }
        let is_new = self.noted.len() > noted_before;
        if !is_new && !is_due {
            return false;
        }
        self.ledgers.get_or_insert_with(id.shard, Contact::default).since = now;
        self.waiting.push((id.shard, used.to_use()));
        let is_gathering = self
            .gathering_since
            .is_some_and(|since| now.saturating_sub(since) < LOST_SECONDS);
        if !is_gathering {
            self.gathering_since = Some(now);
        }
        !is_gathering
    }

    /// Takes the unreported usage, by shard.
    pub fn take(&mut self) -> Vec<(u16, Vec<Use>)> {
        self.gathering_since = None;
        let mut by_shard: SortedMap<u16, Vec<Use>> = SortedMap::new();
        for (shard, noted) in self.waiting.drain(..) {
            by_shard.get_or_insert_with(shard, Vec::new).push(noted);
        }
        by_shard.into_entries().collect()
    }

    /// Notes what came of a report to a ledger: when the ledger came to life, or `None` if it did not take the report.
    pub fn settle(&mut self, shard: u16, reported: &[Use], began_at: Option<u64>) {
        let Some(began_at) = began_at else {
            for used in reported {
                let serial = used.serial;
                self.noted
                    .remove(&(TokenId { shard, serial }, used.accepted.is_some()));
            }
            return;
        };
        let contact = self.ledgers.get_or_insert_with(shard, Contact::default);
        let before = contact.began_at.replace(began_at);
        if before.is_some_and(|before| before != began_at) {
            self.noted.retain(|(id, _), ()| id.shard != shard);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Usage, Used};
    use crate::token::TokenId;

    const HEARTBEAT: u32 = 100;

    fn used(shard: u16, serial: u32) -> Used {
        Used::Revoked(TokenId { shard, serial })
    }

    /// What is reported now, as shards and serials.
    fn reported(usage: &mut Usage) -> Vec<(u16, u32)> {
        let taken = usage.take();
        taken
            .into_iter()
            .flat_map(|(shard, usage)| usage.into_iter().map(move |used| (shard, used.serial)))
            .collect()
    }

    /// Notes uses, reports all of them, and has the ledgers answer.
    fn report(usage: &mut Usage, tokens: &[(u16, u32)], began_at: Option<u64>, now: u32) -> Vec<(u16, u32)> {
        for &(shard, serial) in tokens {
            usage.note(&used(shard, serial), HEARTBEAT, now);
        }
        let mut all = Vec::new();
        for (shard, batch) in usage.take() {
            usage.settle(shard, &batch, began_at);
            all.extend(batch.iter().map(|used| (shard, used.serial)));
        }
        all
    }

    #[test]
    fn a_use_is_reported_once_a_day() {
        let mut usage = Usage::default();
        assert!(usage.note(&used(0, 7), HEARTBEAT, 10));
        assert!(!usage.note(&used(0, 7), HEARTBEAT, 11), "it is noted");
        assert!(
            !usage.note(&used(0, 8), HEARTBEAT, 11),
            "a collection is under way"
        );
        assert_eq!(reported(&mut usage), [(0, 7), (0, 8)]);
        assert!(!usage.note(&used(0, 7), HEARTBEAT, 12));
        assert!(usage.note(&used(0, 7), HEARTBEAT, 86_410));
    }

    #[test]
    fn what_a_ledger_did_not_take_is_reported_again() {
        let mut usage = Usage::default();
        assert_eq!(report(&mut usage, &[(0, 7), (1, 7)], None, 10), [(0, 7), (1, 7)]);
        assert_eq!(
            report(&mut usage, &[(0, 7), (1, 7)], Some(5), 11),
            [(0, 7), (1, 7)]
        );
        assert_eq!(report(&mut usage, &[(0, 7), (1, 7)], Some(5), 12), []);
    }

    #[test]
    fn a_ledger_that_has_begun_anew_hears_of_all_tokens_again() {
        let mut usage = Usage::default();
        report(&mut usage, &[(0, 7), (0, 8), (1, 9)], Some(5), 10);
        // Within the heartbeat, it is not asked.
        assert_eq!(report(&mut usage, &[(0, 7)], Some(6), 10 + HEARTBEAT - 1), []);
        // Then one token's use tells that it has begun anew, and the others follow as they are used.
        assert_eq!(report(&mut usage, &[(0, 7)], Some(6), 10 + HEARTBEAT), [(0, 7)]);
        assert_eq!(
            report(&mut usage, &[(0, 7), (0, 8), (1, 9)], Some(6), 11 + HEARTBEAT),
            [(0, 7), (0, 8), (1, 9)]
        );
        assert_eq!(report(&mut usage, &[(0, 7), (0, 8)], Some(6), 12 + HEARTBEAT), []);
    }
}
