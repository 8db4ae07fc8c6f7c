//! Reports about fields that were not forwarded. Knows nothing of where a report is written.

use crate::policy::Mode;
use crate::sorted_map::SortedMap;
use crate::token::Timestamp;

/// How many names are reported one by one. The limit exists because clients can invent any number of names.
const MAXIMUM_NAMES: usize = 100;

/// The length at which a reported name is truncated.
const MAXIMUM_NAME_CHARACTERS: usize = 40;

/// The least number of seconds between two reports of a number.
const INTERVAL_SECONDS: u32 = 60;

/// The dropped fields that have not been reported yet.
pub struct DroppedFields {
    mode: Mode,
    named: SortedMap<String, ()>,
    untold: u32,
    /// When a number was last reported.
    told_at: Option<Timestamp>,
}

/// One report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DroppedReport {
    /// The beginning of a name that was dropped for the first time.
    Name(String),
    /// The number of fields dropped since the last report.
    Number(u32),
}

impl DroppedFields {
    /// An empty record. [`Mode::Observe`] reports each name once; [`Mode::Enforce`] reports their number, at most once a minute.
    pub const fn new(mode: Mode) -> Self {
        Self {
            mode,
            named: SortedMap::new(),
            untold: 0,
            told_at: None,
        }
    }

    /// Records one dropped field; returns a report if one is due.
    pub fn note(&mut self, name: &str, now: Timestamp) -> Option<DroppedReport> {
        match self.mode {
            Mode::Observe => {
                let name: String = name.chars().take(MAXIMUM_NAME_CHARACTERS).collect();
                if self.named.get(&name).is_some() {
                    return None;
                }
                if self.named.len() < MAXIMUM_NAMES {
                    self.named.insert(name.clone(), ());
                    return Some(DroppedReport::Name(name));
                }
            }
            Mode::Enforce => {}
        }
        self.untold = self.untold.saturating_add(1);
        let is_time = self.told_at.is_none_or(|at| now.abs_diff(at) >= INTERVAL_SECONDS);
        if !is_time {
            return None;
        }
        self.told_at = Some(now);
        Some(DroppedReport::Number(std::mem::take(&mut self.untold)))
    }
}

#[cfg(test)]
mod tests {
    use super::{DroppedFields, DroppedReport, MAXIMUM_NAMES};
    use crate::policy::Mode;

    #[test]
    fn tells_a_number_at_most_once_a_minute() {
        let mut dropped = DroppedFields::new(Mode::Enforce);
        assert_eq!(dropped.note("x-a", 100), Some(DroppedReport::Number(1)));
        for now in 100..160 {
            assert_eq!(dropped.note("x-b", now), None, "{now}");
        }
        assert_eq!(dropped.note("x-a", 160), Some(DroppedReport::Number(61)));
    }

    #[test]
    fn tells_each_name_once_where_it_observes() {
        let mut dropped = DroppedFields::new(Mode::Observe);
        for _ in 0..2 {
            let told = dropped.note(&"x".repeat(5000), 100);
            assert!(told.is_none() || told == Some(DroppedReport::Name("x".repeat(40))));
        }
        for number in 1..MAXIMUM_NAMES {
            let name = format!("x-{number}");
            assert_eq!(dropped.note(&name, 100), Some(DroppedReport::Name(name.clone())));
            assert_eq!(dropped.note(&name, 200), None);
        }
        assert_eq!(dropped.note("x-one-more", 200), Some(DroppedReport::Number(1)));
        assert_eq!(dropped.note("x-and-more", 200), None);
    }
}
