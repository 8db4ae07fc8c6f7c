//! A report of what one edge knows of a shard's list, for callers of the gate.

use serde::{Deserialize, Serialize};

use super::{Lookup, OnStale, RevocationList, Revocations};
use crate::json::Object;
use crate::token::Timestamp;

/// A shard's list, as cached at one edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct ListReport {
    /// Whether there is a list, and whether it is valid.
    pub state: ListState,
    /// Facts about the list, if there is one.
    pub facts: Option<ListFacts>,
    /// Whether the list revokes the serial in question.
    pub revokes: bool,
    /// Whether reads are allowed: with a valid list, or as long as the deployment allows them without one.
    pub lets_reads_through: bool,
}

/// Whether a list is cached and valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListState {
    /// Valid.
    InForce,
    /// Genuine, but after its `valid until`.
    Stale,
    /// There is none.
    Missing,
}

/// Facts about a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListFacts {
    /// Its version.
    pub version: u64,
    /// The number of revoked serials.
    pub revoked: u64,
    /// When it was published.
    pub published_at: Timestamp,
    /// The time until which it is valid.
    pub valid_until: Timestamp,
}

impl ListReport {
    /// The report as JSON, which can be parsed back.
    pub fn to_json(&self) -> String {
        let facts = self.facts.map(|facts| {
            Object::new()
                .number("version", facts.version)
                .number("revoked", facts.revoked)
                .number("published_at", facts.published_at)
                .number("valid_until", facts.valid_until)
                .end()
        });
        Object::new()
            .text("state", self.state.name())
            .json("facts", facts.as_deref().unwrap_or("null"))
            .flag("revokes", self.revokes)
            .flag("lets_reads_through", self.lets_reads_through)
            .end()
    }
}

impl ListState {
    /// The state's name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::InForce => "in_force",
            Self::Stale => "stale",
            Self::Missing => "missing",
        }
    }
}

impl Revocations {
    /// The report about a shard's list, and about one serial, if given.
    pub fn report(&self, shard: u16, serial: Option<u32>, on_stale: OnStale, now: Timestamp) -> ListReport {
        let cached = |state, list: &RevocationList, lets_reads_through| ListReport {
            state,
            facts: Some(ListFacts {
                version: list.version(),
                revoked: list.len(),
                published_at: list.published_at(),
                valid_until: list.valid_until(),
            }),
            revokes: serial.is_some_and(|serial| list.revokes(serial)),
            lets_reads_through,
        };
        let missing = |lets_reads_through| ListReport {
            state: ListState::Missing,
            facts: None,
            revokes: false,
            lets_reads_through,
        };
        match self.lookup(shard, now) {
            Lookup::InForce(list) => cached(ListState::InForce, list, true),
            Lookup::Stale(list) => cached(
                ListState::Stale,
                list,
                on_stale.lets_reads_through(list.valid_until(), now),
            ),
            Lookup::Missing { since } => missing(on_stale.lets_reads_through(since, now)),
            Lookup::Unknown => missing(false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ListReport, ListState, OnStale, Revocations};
    use crate::state::RevocationList;

    const READS: OnStale = OnStale::AllowReads { seconds: 10 };

    #[test]
    fn tells_of_a_list_what_a_decision_would_go_by() {
        let mut lists = Revocations::default();
        lists
            .accept(RevocationList::new(0, 3, vec![7], 100, 200))
            .unwrap();
        let at = |serial, on_stale, now| lists.report(0, serial, on_stale, now);

        let fresh = at(Some(7), OnStale::Deny, 150);
        assert_eq!(
            (fresh.state, fresh.revokes, fresh.lets_reads_through),
            (ListState::InForce, true, true)
        );
        assert_eq!(
            fresh.facts.map(|facts| (facts.version, facts.revoked)),
            Some((3, 1))
        );
        assert!(!at(Some(8), OnStale::Deny, 150).revokes);
        assert!(!at(None, OnStale::Deny, 150).revokes);
        assert_eq!(
            serde_json::from_str::<ListReport>(&fresh.to_json()).unwrap(),
            fresh
        );

        // A serial that an old list revokes stays revoked, but an old list never shows that one is not.
        for (on_stale, now, lets_reads_through) in [
            (OnStale::Deny, 205, false),
            (READS, 205, true),
            (READS, 210, false),
        ] {
            let stale = at(Some(7), on_stale, now);
            assert_eq!(
                (stale.state, stale.revokes, stale.lets_reads_through),
                (ListState::Stale, true, lets_reads_through)
            );
        }
    }

    #[test]
    fn without_a_list_reads_go_through_for_as_long_as_is_configured() {
        let mut lists = Revocations::default();
        assert!(!lists.report(0, Some(1), READS, 100).lets_reads_through);
        lists.note_missing(0, 100);
        for (on_stale, now, lets_reads_through) in [
            (OnStale::Deny, 101, false),
            (READS, 109, true),
            (READS, 110, false),
        ] {
            let missing = lists.report(0, Some(1), on_stale, now);
            assert_eq!(
                serde_json::from_str::<ListReport>(&missing.to_json()).unwrap(),
                missing
            );
            assert_eq!(
                (missing.state, missing.facts, missing.lets_reads_through),
                (ListState::Missing, None, lets_reads_through)
            );
        }
    }
}
