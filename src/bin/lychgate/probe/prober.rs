//! The prober: sends requests to the origin itself, and to the gate in front of it as every asker.

use std::io;
use std::panic;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use lychgate::policy::Explanation;
use lychgate::routes::RouteTable;

use crate::failure::Failure;

use super::answer::Answer;
use super::asker::Asker;
use super::finding::{Finding, Seen};
use super::plain::Plain;
use super::recognition::{Recognition, Unrecognisable};
use super::repeat;
use super::server::{Kept, Server};
use super::variant::Variant;

/// A target at which there is nothing, so a "not found" is not taken for the result of a handler.
const NOWHERE: &str = "/lychgate-probe-nowhere/7f3a";

/// How often the prober tries to get the origin's first response.
const FIRST_ATTEMPTS: usize = 4;

/// The servers, the askers and what the prober has learned.
pub(crate) struct Prober {
    pub(crate) origin: Server,
    pub(crate) gate: Server,
    pub(crate) askers: Vec<Asker>,
    pub(crate) recognition: Recognition,
    pub(crate) table: RouteTable,
    /// The number of variants that are sent at the same time.
    pub(crate) jobs: usize,
}

impl Prober {
    /// Learns from the origin itself how it responds to the plain requests.
    pub(crate) fn learn(&mut self, plains: &[Plain]) -> Result<(), Failure> {
        let nowhere = |plain: &Plain| Variant::plain(plain).at(NOWHERE);
        for plain in plains {
            let asker = Asker::gate(plain.access);
            let variant = Variant::plain(plain);
            // A server that has just started may be late with its first response.
            let mut first = ask(&self.origin, &variant, &asker)?;
            for _ in 1..FIRST_ATTEMPTS {
                if first.is_empty() {
                    first = ask(&self.origin, &variant, &asker)?;
                }
            }
            let second = ask(&self.origin, &variant, &asker)?;
            let (Some(first), Some(second)) = (first.first(), second.first()) else {
                return Err(unusable(plain, "the origin did not respond to it"));
            };
            let nowhere = ask(&self.origin, &nowhere(plain), &asker)?;
            self.recognition
                .learn(plain.access, [first, second], nowhere.first())
                .map_err(|why| {
                    let why = match why {
                        Unrecognisable::Failed { status } => {
                            format!("the origin responded with {status}; expected a request that succeeds there")
                        }
                        Unrecognisable::Contradicted { says } => {
                            format!("the origin says that it did {}; write that as its access", says.name())
                        }
                        Unrecognisable::Unstable => "the origin gave two different responses to it; have the origin name \
                                                     the class of the handler in --effect-header"
                            .to_owned(),
                        Unrecognisable::Alike => "the origin's response equals that of a request that does something else, \
                                                  or nothing; have the origin name the class in --effect-header"
                            .to_owned(),
                    };
                    unusable(plain, &why)
                })?;
        }
        Ok(())
    }

    /// Checks that the gate works and is in front of this origin. Plain requests must get through it; otherwise it would
    /// mean nothing that none of their variants do. Also learns the subject that the gate tells for each asker.
    pub(crate) fn check_the_gate(&mut self, plains: &[Plain]) -> Result<(), Failure> {
        for plain in plains {
            let variant = Variant::plain(plain);
            for asker in &mut self.askers {
                let answers = ask(&self.gate, &variant, asker)?;
                if self.recognition.effect(&answers) != Some(plain.access) {
                    if asker.must_get(plain.access) {
                        return Err(unusable(plain, &plain_request_refused(asker, &answers)));
                    }
                    continue;
                }
                let told = self
                    .recognition
                    .subject(plain, &answers, asker.subject.as_deref());
                match (&asker.subject, told) {
                    (None, Some(told)) => asker.subject = Some(told),
                    (Some(known), Some(told)) if *known != told => {
                        let why = format!(
                            "through the gate, the origin saw the {} as {told}, and as {known} with another plain \
                             request; expected one subject",
                            asker.name
                        );
                        return Err(unusable(plain, &why));
                    }
                    (Some(_) | None, None) | (Some(_), Some(_)) => {}
                }
            }
        }
        let is_silent = self.askers.iter().all(|asker| asker.subject.is_none());
        match plains.iter().find(|plain| plain.subject.is_some()) {
            Some(plain) if is_silent => Err(unusable(
                plain,
                "its response names no subject, although its line says where; check header or pointer",
            )),
            Some(_) | None => Ok(()),
        }
    }

    /// Checks that requests which got through the gate before still do.
    pub(crate) fn check_the_gate_again(&self, plains: &[Plain]) -> Result<(), Failure> {
        for plain in plains {
            for asker in self.askers.iter().filter(|asker| asker.must_get(plain.access)) {
                let answers = ask(&self.gate, &Variant::plain(plain), asker)?;
                if self.recognition.effect(&answers) != Some(plain.access) {
                    return Err(unusable(plain, &plain_request_refused(asker, &answers)));
                }
            }
        }
        Ok(())
    }

    /// Sends all variants, several at the same time, and returns their results in order.
    pub(crate) fn compare_all(&self, plain: &Plain, variants: &[Variant]) -> Result<Vec<Finding>, Failure> {
        in_parallel(self.jobs, variants.len(), |index, kept| {
            variants
                .get(index)
                .map(|variant| self.compare(kept, plain, variant))
                .transpose()
        })
        .map(|findings| findings.into_iter().flatten().collect())
    }

    /// Sends a variant to the origin itself and, as every asker, through the gate. The connection to the gate is reused. The
    /// origin gets a new connection each time, because it may lose track of the requests on one.
    fn compare(&self, kept: &mut Kept, plain: &Plain, variant: &Variant) -> Result<Finding, Failure> {
        let gate = Asker::gate(plain.access);
        let (direct, through) = if variant.is_well_framed() {
            let through = self
                .askers
                .iter()
                .map(|asker| self.seen_on(kept, plain, variant, asker))
                .collect::<Result<Vec<Seen>, Failure>>()?;
            (ask(&self.origin, variant, &gate)?, through)
        } else {
            self.send_in_parallel(plain, variant, &gate)?
        };
        let did = self.recognition.effect(&direct);
        let subject = self
            .recognition
            .subject(plain, &direct, Some(Asker::GATES_SUBJECT));
        Ok(Finding::new(
            plain,
            variant,
            self.class_of(variant),
            (did, subject),
            through,
        ))
    }

    /// The same, with all askers at once: some variants make a server wait for bytes that never come.
    fn send_in_parallel(
        &self,
        plain: &Plain,
        variant: &Variant,
        gate: &Asker,
    ) -> Result<(Vec<Answer>, Vec<Seen>), Failure> {
        let (direct, through) = thread::scope(|scope| {
            let begun: Vec<_> = self
                .askers
                .iter()
                .map(|asker| scope.spawn(move || self.seen(plain, variant, asker)))
                .collect();
            let direct = ask(&self.origin, variant, gate);
            let through: Vec<_> = begun.into_iter().map(|asked| asked.join()).collect();
            (direct, through)
        });
        let through = through
            .into_iter()
            .map(|seen| seen.unwrap_or_else(|panicked| panic::resume_unwind(panicked)))
            .collect::<Result<Vec<Seen>, Failure>>()?;
        Ok((direct?, through))
    }

    /// The result for one asker through the gate.
    fn seen(&self, plain: &Plain, variant: &Variant, asker: &Asker) -> Result<Seen, Failure> {
        let answers = ask(&self.gate, variant, asker)?;
        Ok(self.judge(plain, variant, asker, &answers))
    }

    /// The same, on a reused connection.
    pub(crate) fn seen_on(
        &self,
        kept: &mut Kept,
        plain: &Plain,
        variant: &Variant,
        asker: &Asker,
    ) -> Result<Seen, Failure> {
        let answers = self
            .gate
            .ask_on(kept, &variant.clone().kept(), &asker.headers)
            .map_err(|error| unreachable_server(&self.gate, &error))?;
        Ok(self.judge(plain, variant, asker, &answers))
    }

    fn judge(&self, plain: &Plain, variant: &Variant, asker: &Asker, answers: &[Answer]) -> Seen {
        let mut seen = Seen::of(&self.recognition, plain, answers, asker);
        if seen.finding.is_some() {
            seen.repeat = Some(repeat::line(&self.gate, variant, asker));
        }
        seen
    }

    /// The class that the route table gives to the request as sent.
    pub(crate) fn class_of(&self, variant: &Variant) -> &'static str {
        match Explanation::of(&self.table, &variant.method, &variant.target, &variant.body) {
            Explanation::Known { access, .. } | Explanation::Refused { access, .. } => access,
        }
    }
}

/// Runs `work` `count` times, `jobs` at once. Returns the results in order, or the first failure, after which it starts nothing
/// more. Each worker keeps a connection of its own.
pub(crate) fn in_parallel<T: Send>(
    jobs: usize,
    count: usize,
    work: impl Fn(usize, &mut Kept) -> Result<T, Failure> + Sync,
) -> Result<Vec<T>, Failure> {
    let next = AtomicUsize::new(0);
    let (next, work) = (&next, &work);
    let mut done = thread::scope(|scope| {
        let workers: Vec<_> = (0..jobs.min(count))
            .map(|_| {
                scope.spawn(move || {
                    let mut kept = Kept::default();
                    let mut done = Vec::new();
                    loop {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        if index >= count {
                            return Ok(done);
                        }
                        match work(index, &mut kept) {
                            Ok(result) => done.push((index, result)),
                            Err(failure) => {
                                next.store(count, Ordering::Relaxed);
                                return Err(failure);
                            }
                        }
                    }
                })
            })
            .collect();
        let mut all = Vec::with_capacity(count);
        for worker in workers {
            all.extend(
                worker
                    .join()
                    .unwrap_or_else(|panicked| panic::resume_unwind(panicked))?,
            );
        }
        Ok::<_, Failure>(all)
    })?;
    done.sort_by_key(|(index, _)| *index);
    Ok(done.into_iter().map(|(_, result)| result).collect())
}

fn ask(server: &Server, variant: &Variant, asker: &Asker) -> Result<Vec<Answer>, Failure> {
    server
        .ask(variant, &asker.headers)
        .map_err(|error| unreachable_server(server, &error))
}

fn unreachable_server(server: &Server, error: &io::Error) -> Failure {
    Failure::Unusable(format!(
        "{server} could not be reached: {error}; check that it runs, and its URL"
    ))
}

fn plain_request_refused(asker: &Asker, answers: &[Answer]) -> String {
    let status = answers.first().map_or_else(
        || "no response".to_owned(),
        |answer| match answer.header("X-Error-Code") {
            Some(code) => format!("{} ({code})", answer.status),
            None => answer.status.to_string(),
        },
    );
    let hint = match asker.variable {
        Some(_) => "does the gate accept the token?",
        None => "does it allow reads without a token, as --anonymous says?",
    };
    format!(
        "through the gate, the {} got {status} for it, unlike at the origin itself; is this the gate in front of this \
         origin, and {hint}",
        asker.name
    )
}

fn unusable(plain: &Plain, why: &str) -> Failure {
    Failure::Unusable(format!(
        "the plain request {} cannot be used: {why}",
        plain.name()
    ))
}

#[cfg(test)]
mod tests {
    use super::{Failure, in_parallel};

    #[test]
    fn keeps_the_sequence_and_ends_with_the_first_failure() {
        let doubled = in_parallel(4, 100, |index, _| Ok(index * 2)).unwrap();
        assert_eq!(doubled, (0..100).map(|index| index * 2).collect::<Vec<_>>());
        let failed = in_parallel(4, 100, |index, _| match index {
            7 => Err(Failure::OutputClosed),
            _ => Ok(()),
        });
        assert!(matches!(failed, Err(Failure::OutputClosed)));
    }
}
