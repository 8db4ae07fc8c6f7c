//! A fuzz: thousands of requests through the gate, each a plain one with one to three bytes changed. The handler that ran
//! decides whether one is a case.

mod mutation;
mod request;

use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use lychgate::routes::Access;
use serde::Serialize;

use super::asker::Asker;
use super::finding::{Seen, named};
use super::plain::Plain;
use super::prober::{Prober, in_parallel};
use super::variant::Variant;
use crate::failure::{Failure, say};
use crate::print;
use crate::table::Table;

use self::request::Material;

/// The most requests of one fuzz.
pub(crate) const MAXIMUM_REQUESTS: u64 = 10_000_000;

/// The number of requests that are sent before their findings are printed.
const BATCH: u64 = 2_000;

/// The time between two reports of progress.
const PROGRESS: Duration = Duration::from_secs(2);

/// If more than one of this many requests gets no response, the fuzz has no result.
const UNANSWERED_ONE_OF: u64 = 2;

/// The number of requests, and the seed.
pub(crate) struct Fuzz {
    pub(crate) count: u64,
    pub(crate) seed: u64,
}

/// One request of a fuzz, and its result.
#[derive(Serialize)]
struct Try {
    kind: &'static str,
    number: u64,
    seed: u64,
    plain: String,
    #[serde(serialize_with = "named")]
    access: Access,
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: String,
    table: &'static str,
    #[serde(flatten)]
    seen: Seen,
    case: bool,
}

/// The result of a fuzz.
#[derive(Serialize)]
pub(crate) struct FuzzSummary {
    seed: u64,
    fuzzed: u64,
    /// The number of responses that show that a known handler ran.
    recognised: u64,
    /// The number of requests without a response.
    unanswered: u64,
    pub(crate) cases: u64,
}

impl Fuzz {
    /// Sends all requests, and prints the cases, or all results, as they arrive.
    pub(crate) fn run(
        &self,
        prober: &Prober,
        plains: &[Plain],
        prefixes: &[String],
        (all, json): (bool, bool),
        out: &mut dyn Write,
    ) -> Result<FuzzSummary, Failure> {
        let material = Material {
            plains,
            prefixes,
            seed: self.seed,
        };
        let askers: Vec<&Asker> = prober
            .askers
            .iter()
            .filter(|asker| {
                asker.takes_part_in_fuzz() && plains.iter().any(|plain| plain.access > asker.allowed)
            })
            .collect();
        let mut summary = FuzzSummary {
            seed: self.seed,
            fuzzed: 0,
            recognised: 0,
            unanswered: 0,
            cases: 0,
        };
        let mut table = Table::new(super::HEADINGS);
        let progress = Progress::new(self.count);
        while summary.fuzzed < self.count {
            let first = summary.fuzzed;
            let size = BATCH.min(self.count.saturating_sub(first));
            let tries = in_parallel(
                prober.jobs,
                usize::try_from(size).unwrap_or_default(),
                |index, kept| {
                    let number = first.saturating_add(u64::try_from(index).unwrap_or_default());
                    let asker = index.checked_rem(askers.len()).and_then(|turn| askers.get(turn));
                    let made =
                        asker.and_then(|asker| Some((asker, material.request(number, asker.allowed)?)));
                    let Some((asker, (plain, variant))) = made else {
                        return Ok(None);
                    };
                    let seen = prober.seen_on(kept, plain, &variant, asker)?;
                    progress.count();
                    Ok(Some(self.tried(prober, number, plain, &variant, seen)))
                },
            )?;
            summary.fuzzed = first.saturating_add(size);
            for tried in tries.iter().flatten() {
                summary.count(tried);
                if !(all || tried.case) {
                    continue;
                }
                if json {
                    print::json(out, tried)?;
                } else {
                    table.print(out, &[tried.row()])?;
                    if let Some(repeat) = &tried.seen.repeat {
                        writeln!(out, "  {repeat}")?;
                    }
                }
            }
            out.flush()?;
            if summary.unanswered.saturating_mul(UNANSWERED_ONE_OF) > summary.fuzzed {
                return Err(Failure::Unusable(format!(
                    "{} of {} requests got no response; check that the gate at {} still runs",
                    summary.unanswered, summary.fuzzed, prober.gate
                )));
            }
        }
        Ok(summary)
    }

    fn tried(&self, prober: &Prober, number: u64, plain: &Plain, variant: &Variant, seen: Seen) -> Try {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Try {
            kind: variant.kind,
            number,
            seed: self.seed,
            plain: plain.name(),
            access: plain.access,
            method: text(&variant.method),
            target: text(&variant.target),
            headers: variant.headers.clone(),
            body: text(&variant.body),
            table: prober.class_of(variant),
            case: seen.finding.is_some(),
            seen,
        }
    }
}

impl Try {
    fn row(&self) -> [String; 6] {
        [
            self.seen.who.to_owned(),
            self.seen.did(),
            self.seen.allowed.name().to_owned(),
            self.table.to_owned(),
            format!("{} {}", self.kind, self.number),
            format!("{} {}", self.method, self.target),
        ]
    }
}

impl FuzzSummary {
    fn count(&mut self, tried: &Try) {
        self.recognised = self
            .recognised
            .saturating_add(u64::from(tried.seen.did.is_some()));
        self.unanswered = self
            .unanswered
            .saturating_add(u64::from(tried.seen.status.is_none()));
        self.cases = self.cases.saturating_add(u64::from(tried.case));
    }
}

impl std::fmt::Display for FuzzSummary {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "{} requests from the seed {}. A known handler ran for {}, {} got no response. Through the gate: {} cases.",
            self.fuzzed, self.seed, self.recognised, self.unanswered, self.cases
        )
    }
}

/// Reports the progress of a fuzz on standard error.
struct Progress {
    begun: Instant,
    all: u64,
    done: AtomicU64,
    /// When the progress was last reported, in milliseconds from the start.
    told: AtomicU64,
}

impl Progress {
    fn new(all: u64) -> Self {
        Self {
            begun: Instant::now(),
            all,
            done: AtomicU64::new(0),
            told: AtomicU64::new(0),
        }
    }

    fn count(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        let now = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let told = self.told.load(Ordering::Relaxed);
        let is_due = u128::from(now.saturating_sub(told)) >= PROGRESS.as_millis();
        // If several threads arrive at once, only one of them reports.
        if is_due
            && self
                .told
                .compare_exchange(told, now, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
        {
            say(&format!("{done} of {} requests", self.all));
        }
    }
}
