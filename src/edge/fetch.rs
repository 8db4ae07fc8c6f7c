//! The request path: from a request of the platform to the promise of its response.

use std::cell::RefCell;

use js_sys::Promise;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::Request;

use super::admin;
use super::asked_url::AskedUrl;
use super::batch_body;
use super::config::{Config, ConfigError};
use super::crossing::{Taken, take};
use super::forward::forward;
use super::lists::Lists;
use super::log::Line;
use super::members;
use super::notice;
use super::page;
use super::platform::{self, Context, Outcome, Service, TOO_LATE, now, responded, when_settled};
use super::refusals;
use super::respond;
use super::upload::Upload;
use super::uses::{Uses, gather};
use crate::ledger::Order;
use crate::{
    Assertion, Body, Fault, Freshness, Need, Observed, Prefix, Refusal, Subject, Timestamp, TokenId, Verdict,
    decide, is_plain_batch,
};

thread_local! {
    /// This isolate's gate, once the first request has brought its environment.
    static GATE: RefCell<Option<Result<Gate, ConfigError>>> = const { RefCell::new(None) };
}

/// What an isolate judges with.
pub(super) struct Gate {
    pub(super) config: Config,
    pub(super) lists: Lists,
    uses: Uses,
}

/// A request, with what of it is asked for more than once.
struct Visit {
    request: Request,
    context: Context,
    method: String,
    url: AskedUrl,
    authorization: Option<String>,
    body: Gathered,
    /// Whether it has waited for a list already, which it does once.
    has_waited: bool,
    /// Whether it has waited for a membership record already, which it does once.
    has_waited_for_membership: bool,
}

/// The request's body, as far as the gate has read it.
pub(super) enum Gathered {
    /// Still a stream.
    Unread,
    /// All of it.
    Whole(Vec<u8>),
    /// More of it than is read.
    TooLong,
    /// Still a stream, of what the gate does not read.
    Encoded,
}

/// A refusal, with what its line in the log says of the request.
struct Refused {
    refusal: Refusal,
    route: Option<String>,
    token: Option<TokenId>,
}

/// What comes next for a visit.
enum Step {
    /// This is the end of it.
    Done(Outcome),
    /// A shard's list first.
    Load(u16),
    /// A subject's membership record first.
    LoadMembership(Subject),
    /// The body first.
    ReadBody,
}

/// Answers a request: gives a response, or a promise of one.
///
/// # Errors
/// What the platform throws; `entry.mjs` answers then, with the help of [`failed`].
#[wasm_bindgen]
pub fn fetch(request: Request, env: &JsValue, context: Context) -> Result<JsValue, JsValue> {
    GATE.with_borrow_mut(|slot| {
        slot.get_or_insert_with(|| {
            Config::read(env).map(|config| Gate {
                config,
                lists: Lists::default(),
                uses: Uses::default(),
            })
        });
    });
    let Taken {
        method,
        url,
        authorization,
    } = take(&request)?;
    let visit = Visit {
        method,
        url: AskedUrl::new(url),
        authorization,
        request,
        context,
        body: Gathered::Unread,
        has_waited: false,
        has_waited_for_membership: false,
    };
    if let Some(call) = visit.management_call() {
        return admin::answer(call);
    }
    if let Some((assets, file)) = visit.page() {
        return visit.show_page(&assets, &file);
    }
    visit.go_on()
}

/// Answers a request over which the gate broke down (503), or whose origin did not answer (502) or not in time (504).
///
/// # Errors
/// What the platform throws.
#[wasm_bindgen]
pub fn failed(request: &Request, trapped: bool, error: &str) -> Result<JsValue, JsValue> {
    let fault = if trapped {
        Fault::Trapped
    } else if error == TOO_LATE {
        Fault::OriginTimeout
    } else {
        Fault::OriginUnreachable
    };
    let method = request.method();
    Line {
        event: "failed",
        code: fault.code(),
        status: Some(fault.status()),
        method: Some(&method),
        detail: Some(error.to_owned()),
        ..Line::default()
    }
    .alarm();
    responded(respond::fault(&fault, request, &prefix())?)
}

impl Visit {
    /// Judges the request with what is known by now.
    fn go_on(mut self) -> Outcome {
        match GATE.with_borrow_mut(|slot| match slot {
            Some(Ok(gate)) => gate.judge(&self),
            Some(Err(error)) => Step::Done(self.misconfigured(error)),
            None => Step::Done(Err(JsValue::from_str("no gate yet"))),
        }) {
            Step::Done(outcome) => outcome,
            Step::Load(shard) => {
                self.has_waited = true;
                let reading = with_gate(|gate| gate.begin(shard))?;
                Ok(when_settled(&reading, move |settled| {
                    if let Some(woken) = with_gate(|gate| gate.finish(shard, &settled))? {
                        self.context.wait_until(&woken);
                    }
                    self.go_on()
                })
                .into())
            }
            Step::LoadMembership(subject) => {
                self.has_waited_for_membership = true;
                let reading = with_gate(|gate| gate.begin_membership(&subject))?;
                Ok(when_settled(&reading, move |settled| {
                    with_gate(|gate| gate.finish_membership(&subject, &settled))?;
                    self.go_on()
                })
                .into())
            }
            Step::ReadBody if !self.is_body_plain()? => {
                self.body = Gathered::Encoded;
                self.go_on()
            }
            Step::ReadBody => {
                let stream = self.request.body();
                batch_body::gather(stream, move |body| {
                    self.body = body?;
                    self.go_on()
                })
            }
        }
    }

    /// The request as one to the management API, where it is that and there is one.
    fn management_call(&self) -> Option<admin::Call> {
        let (own_origin, target) = self.url.split();
        if !admin::holds(target) {
            return None;
        }
        let management = GATE.with_borrow(|slot| match slot {
            Some(Ok(gate)) => gate.config.management.clone(),
            Some(Err(_)) | None => None,
        })?;
        Some(admin::Call {
            request: Clone::clone(&self.request),
            context: self.context.clone(),
            method: self.method.clone(),
            target: target.to_owned(),
            own_origin: own_origin.to_owned(),
            authorization: self.authorization.clone(),
            management,
        })
    }

    /// The files of the page and the one that is asked for, where the request can be for one and the deployment has
    /// them.
    fn page(&self) -> Option<(Service, String)> {
        let (_, target) = self.url.split();
        let file = page::file(&self.method, target)?;
        GATE.with_borrow(|slot| match slot {
            Some(Ok(gate)) => Some((gate.config.page.clone()?, file.to_owned())),
            Some(Err(_)) | None => None,
        })
    }

    /// Shows a file of the page, or says that nothing is there.
    fn show_page(self, assets: &Service, file: &str) -> Outcome {
        let (request, url) = (Clone::clone(&self.request), self.url.clone());
        let (own_origin, _) = url.split();
        page::answer(assets, &request, own_origin, file, move || self.go_on())
    }

    fn is_body_plain(&self) -> Result<bool, JsValue> {
        let headers = self.request.headers();
        Ok(is_plain_batch(
            headers.get("Content-Type")?.as_deref(),
            headers.get("Content-Encoding")?.as_deref(),
        ))
    }

    fn misconfigured(&self, error: &ConfigError) -> Outcome {
        Line {
            detail: Some(error.to_string()),
            ..self.line_of(Fault::Misconfigured)
        }
        .alarm();
        responded(respond::fault(
            &Fault::Misconfigured,
            &self.request,
            &Prefix::default(),
        )?)
    }

    fn line_of(&self, fault: Fault) -> Line<'_> {
        Line {
            event: "failed",
            code: fault.code(),
            status: Some(fault.status()),
            method: Some(&self.method),
            ..Line::default()
        }
    }

    fn log_observed(&self, observed: &Observed, route: Option<String>, token: Option<TokenId>) {
        Line {
            event: "would_refuse",
            code: observed.code(),
            status: Some(observed.status()),
            method: Some(&self.method),
            route,
            token: token.map(|id| id.to_string()),
            ..Line::default()
        }
        .note();
    }
}

impl Refused {
    /// Tells the caller, and logs what it was told.
    fn answer(self, told: &Refusal, request: &Request, method: &str, prefix: &Prefix) -> Outcome {
        // The first half of every git conversation is a request without credentials: no event.
        if self.refusal != Refusal::TokenRequired {
            let token = if let Refusal::TokenExpired { id, .. } = self.refusal {
                Some(id)
            } else {
                self.token
            };
            Line {
                event: "refused",
                code: told.code(),
                status: Some(told.status()),
                method: Some(method),
                route: self.route,
                token: token.map(|id| id.to_string()),
                detail: (*told != self.refusal).then(|| self.refusal.code().to_owned()),
                ..Line::default()
            }
            .note();
        }
        respond::refusal(told, request, prefix).and_then(responded)
    }
}

impl Gate {
    fn judge(&mut self, visit: &Visit) -> Step {
        let now = now();
        let (own_origin, target) = visit.url.split();
        #[cfg(feature = "trap")]
        super::trap::spring(target);
        let request = crate::Request {
            method: &visit.method,
            target,
            authorization: visit.authorization.as_deref(),
            body: match &visit.body {
                Gathered::Unread => Body::Unread,
                Gathered::Whole(bytes) => Body::Whole(bytes),
                Gathered::TooLong => Body::TooLong,
                Gathered::Encoded => Body::Encoded,
            },
        };
        let decision = decide(&request, &self.config.state, now);
        if let Some(shard) = decision.token.map(|id| id.shard) {
            let refresh_seconds = self.config.refresh_seconds;
            match self.lists.freshness(shard, refresh_seconds, now) {
                Freshness::Wait if !visit.has_waited => return Step::Load(shard),
                Freshness::Refresh => {
                    let reading = self.lists.begin(shard, &self.config.lists, now);
                    let refreshed = when_settled(&reading, move |settled| {
                        let woken = with_gate(|gate| gate.finish(shard, &settled))?;
                        Ok(woken.map_or(JsValue::UNDEFINED, JsValue::from))
                    });
                    visit.context.wait_until(&refreshed);
                }
                Freshness::Fresh | Freshness::Wait => {}
            }
        }
        let member = decision.member.map(|subject| {
            let seconds = self.config.membership_seconds;
            let memberships = &self.config.state.memberships;
            (subject, members::freshness(memberships, &subject, seconds, now))
        });
        if let Some((subject, Freshness::Wait)) = member
            && !visit.has_waited_for_membership
        {
            return Step::LoadMembership(subject);
        }
        let prefix = self.config.state.tokens.prefix();
        let mut used = None;
        let outcome = match decision.verdict {
            Verdict::Forward(pass) => {
                used = pass.identity().map(|claims| (claims.id, false));
                if let Some(observed) = pass.observed() {
                    let route = decision.rule.map(|rule| rule.to_string());
                    visit.log_observed(&observed, route, decision.token);
                }
                let limit = self.config.origin_milliseconds;
                let upload = match &visit.body {
                    Gathered::Unread | Gathered::TooLong | Gathered::Encoded => {
                        Upload::stream(&visit.request, &visit.method, limit)
                    }
                    Gathered::Whole(bytes) => Ok(Upload::whole(bytes, limit)),
                };
                let assertion = self.config.asserter.as_ref().map(|asserter| {
                    let said = Assertion::of(&pass, &visit.method, own_origin);
                    asserter.sign(&said, now, self.config.state.tokens.keys())
                });
                let answer = upload.and_then(|upload| {
                    forward(
                        &visit.request,
                        &visit.method,
                        own_origin,
                        &pass,
                        &upload,
                        assertion.as_deref(),
                        &self.config.origin,
                    )
                });
                match pass.identity().and_then(|claims| claims.ends_soon(now)) {
                    Some(expires_at) => answer.and_then(|answer| {
                        notice::tell(&answer, respond::client(&visit.request)?, expires_at)
                    }),
                    None => answer,
                }
            }
            Verdict::Refuse(refusal) => {
                if let Refusal::TokenRevoked { id } = refusal {
                    used = Some((id, true));
                }
                let refused = Refused {
                    refusal,
                    route: decision.rule.map(|rule| rule.to_string()),
                    token: decision.token,
                };
                match refusals::count(self.config.refusals.as_ref(), &refusal, &visit.request) {
                    Ok(None) => refused.answer(&refusal, &visit.request, &visit.method, prefix),
                    Ok(Some(counting)) => {
                        let (request, method) = (Clone::clone(&visit.request), visit.method.clone());
                        Ok(when_settled(&counting, move |counted| {
                            let told = refusals::told(refusal, &counted);
                            refused.answer(&told, &request, &method, &self::prefix())
                        })
                        .into())
                    }
                    Err(thrown) => Err(thrown),
                }
            }
            Verdict::Fail(fault) => {
                Line {
                    route: decision.rule.map(|rule| rule.to_string()),
                    token: decision.token.map(|id| id.to_string()),
                    ..visit.line_of(fault)
                }
                .alarm();
                respond::fault(&fault, &visit.request, prefix).and_then(responded)
            }
            Verdict::Wait(Need::RevocationList(shard)) => return Step::Load(shard),
            Verdict::Wait(Need::Body) => return Step::ReadBody,
            // It was read just now, and what came of that is noted: the clock has gone back.
            Verdict::Wait(Need::Membership(_)) => {
                respond::fault(&Fault::MembershipsUnavailable, &visit.request, prefix).and_then(responded)
            }
        };
        if let Some((token, refused)) = used {
            self.note_use(token, refused, &visit.context, now);
        }
        if let Some((subject, freshness)) = member {
            self.keep_membership(subject, freshness, &visit.context, now);
        }
        Step::Done(outcome)
    }

    /// Keeps a subject's record in hand, and reads it again behind the response where it is time.
    fn keep_membership(&mut self, subject: Subject, freshness: Freshness, context: &Context, now: Timestamp) {
        let memberships = &mut self.config.state.memberships;
        members::touch(memberships, &subject);
        match freshness {
            Freshness::Fresh | Freshness::Wait => {}
            Freshness::Refresh => {
                let reading = members::begin(memberships, &subject, &self.config.lists, now);
                let refreshed = when_settled(&reading, move |settled| {
                    with_gate(|gate| gate.finish_membership(&subject, &settled))?;
                    Ok(JsValue::UNDEFINED)
                });
                context.wait_until(&refreshed);
            }
        }
    }

    /// Begins to read a subject's membership record.
    fn begin_membership(&mut self, subject: &Subject) -> Promise {
        members::begin(
            &mut self.config.state.memberships,
            subject,
            &self.config.lists,
            now(),
        )
    }

    /// Takes a subject's membership record into hand.
    fn finish_membership(&mut self, subject: &Subject, settled: &platform::Settled) {
        members::finish(subject, settled, &mut self.config.state, now());
    }

    /// Begins to read a shard's list.
    pub(super) fn begin(&mut self, shard: u16) -> Promise {
        self.lists.begin(shard, &self.config.lists, now())
    }

    /// Takes a shard's list into hand, and wakes its ledger where that list is older than it should be; gives the
    /// promise of that.
    pub(super) fn finish(&mut self, shard: u16, settled: &platform::Settled) -> Option<Promise> {
        let now = now();
        self.lists.finish(shard, settled, &mut self.config.state, now);
        let management = self.config.management.as_deref()?;
        if !management.ledgers.shards.holds(shard) {
            return None;
        }
        let revocations = &self.config.state.revocations;
        self.lists
            .is_overdue(shard, revocations, management.heartbeat_seconds, now)
            .then(|| management.ledgers.send(shard, Order::Wake).ok())?
            .map(|sent| sent.promise().clone())
    }

    /// Notes a token's use, to be reported behind the response.
    fn note_use(&mut self, token: TokenId, refused: bool, context: &Context, now: Timestamp) {
        let Some(management) = self.config.management.as_deref() else {
            return;
        };
        if self.uses.note(token, refused, now) {
            let gathered = gather(management.ledgers.clone(), |take| {
                let _no_gate_no_uses = with_gate(|gate| take(&mut gate.uses));
            });
            context.wait_until(&gathered);
        }
    }
}

/// Works with the gate of this isolate, which is there once a request has begun.
pub(super) fn with_gate<T>(work: impl FnOnce(&mut Gate) -> T) -> Result<T, JsValue> {
    GATE.with_borrow_mut(|slot| match slot {
        Some(Ok(gate)) => Ok(work(gate)),
        Some(Err(_)) | None => Err(JsValue::from_str("no gate")),
    })
}

/// The prefix of this deployment's tokens, where it is known.
pub(super) fn prefix() -> Prefix {
    GATE.with_borrow(|slot| match slot {
        Some(Ok(gate)) => gate.config.state.tokens.prefix().clone(),
        Some(Err(_)) | None => Prefix::default(),
    })
}
