//! A request on its way through the gate: decided with cached values, delayed for missing ones, and forwarded, refused, or
//! answered with the page.

use wasm_bindgen::JsValue;
use web_sys::Request;

use super::batch_body;
use super::config::Config;
use super::expiry_header;
use super::forward::{carried, forward};
use super::gate::{Gate, prefix, with_gate, with_gate_or_error};
use super::js_bridge::{Facts, Taken, client_address, take};
use super::long_lived::hold;
use super::members;
use super::page;
use super::platform::{Context, Outcome, Service, responded, when_settled};
use super::refusals;
use super::refused::Refused;
use super::respond;
use super::upload::Upload;
use crate::isolate::asked_url::AskedUrl;
use crate::isolate::clock::now;
use crate::isolate::environment::ConfigError;
use crate::isolate::log::Line;
use crate::management::is_management;
use crate::{
    Assertion, AuthorizedRequest, Body, ClientAddress, Fault, FieldClass, Freshness, Need, Observed, Prefix,
    Refusal, Subject, TargetError, Timestamp, TokenId, Verdict, answer_preflight, decide,
};

/// A request, with what of it is asked for more than once.
pub(super) struct RequestContext {
    request: Request,
    context: Context,
    method: String,
    url: AskedUrl,
    facts: Facts,
    authorization: Option<String>,
    address: Address,
    body: Gathered,
    /// Whether it has waited for a list already, which it does once.
    has_waited: bool,
    /// Whether it has already waited for a membership record, which it does only once.
    has_waited_for_membership: bool,
}

/// Where the request comes from, once that was asked.
enum Address {
    /// Nobody asked.
    Unread,
    /// What the platform says, if it says anything.
    Read(Option<String>),
}

impl Address {
    fn as_client(&self) -> ClientAddress<'_> {
        match self {
            Self::Unread => ClientAddress::Unread,
            Self::Read(None) => ClientAddress::Unknown,
            Self::Read(Some(address)) => ClientAddress::At(address),
        }
    }
}

/// The request's body, as far as the gate has read it.
pub(super) enum Gathered {
    /// Still a stream.
    Unread,
    /// The complete body.
    Whole(Vec<u8>),
    /// The first line and the bytes that came with it; the rest is still a stream.
    Begun(Vec<u8>),
    /// Longer than the limit.
    TooLong,
}

/// The next step for a request.
enum Step {
    /// The outcome is final.
    Done(Outcome),
    /// Load a shard's list first.
    Load(u16),
    /// Load a subject's membership record first.
    LoadMembership(Subject),
    /// The body first.
    ReadBody,
    /// Where it comes from first.
    ReadAddress,
}

impl RequestContext {
    /// Reads the parts of a request that are needed more than once.
    pub(super) fn new(request: Request, context: Context) -> Result<Self, JsValue> {
        let Taken {
            method,
            url,
            facts,
            authorization,
        } = take(&request)?;
        Ok(Self {
            method,
            url: AskedUrl::new(url),
            facts,
            authorization,
            address: Address::Unread,
            request,
            context,
            body: Gathered::Unread,
            has_waited: false,
            has_waited_for_membership: false,
        })
    }

    /// Decides about the request, and waits for what is missing.
    pub(super) fn go_on(mut self) -> Outcome {
        let judged = with_gate_or_error(|gate| match gate {
            Ok(gate) if !self.url.has_plain_host() => {
                Step::Done(self.refuse_outright(Refusal::TargetAmbiguous(TargetError::Host), &gate.config))
            }
            Ok(gate) => self.judge(gate),
            Err(error) => Step::Done(self.misconfigured(error)),
        });
        match judged? {
            Step::Done(outcome) => outcome,
            Step::Load(shard) => {
                self.has_waited = true;
                let pending = with_gate(|gate| gate.begin_list(shard))?;
                Ok(when_settled(&pending, move |settled| {
                    if let Some(woken) = with_gate(|gate| gate.finish_list(shard, &settled))? {
                        self.context.wait_until(&woken);
                    }
                    self.go_on()
                })
                .into())
            }
            Step::LoadMembership(subject) => {
                self.has_waited_for_membership = true;
                let pending = with_gate(|gate| gate.begin_membership(&subject))?;
                Ok(when_settled(&pending, move |settled| {
                    with_gate(|gate| gate.finish_membership(&subject, &settled))?;
                    self.go_on()
                })
                .into())
            }
            Step::ReadAddress => {
                self.address = Address::Read(client_address(&self.request)?);
                self.go_on()
            }
            Step::ReadBody => {
                let request = Clone::clone(&self.request);
                let is_of_lines = self.facts.content().is_of_lines();
                let go_on = move |body: Result<Gathered, JsValue>| {
                    self.body = body?;
                    self.go_on()
                };
                if is_of_lines {
                    batch_body::gather_line(&request, go_on)
                } else {
                    batch_body::gather(&request, go_on)
                }
            }
        }
    }

    /// Decides about the request with what is cached.
    fn judge(&self, gate: &mut Gate) -> Step {
        let now = now();
        let (own_origin, target) = self.url.split();
        #[cfg(feature = "trap")]
        super::trap::spring(target);
        let request = crate::Request {
            method: &self.method,
            target,
            authorization: self.authorization.as_deref(),
            content: self.facts.content(),
            sender: self.facts.sender(own_origin, self.address.as_client()),
            body: match &self.body {
                Gathered::Unread => Body::Unread,
                Gathered::Whole(bytes) | Gathered::Begun(bytes) => Body::Whole(bytes),
                Gathered::TooLong => Body::TooLong,
            },
        };
        let decision = decide(&request, &gate.config.state, now);
        if let Some(shard) = decision.token.map(|id| id.shard) {
            let refresh_seconds = gate.config.refresh_seconds;
            match gate.lists.freshness(shard, refresh_seconds, now) {
                Freshness::Wait if !self.has_waited => return Step::Load(shard),
                Freshness::Refresh => {
                    let pending = gate.lists.begin(shard, &gate.config.lists, now);
                    let refreshed = when_settled(&pending, move |settled| {
                        let woken = with_gate(|gate| gate.finish_list(shard, &settled))?;
                        Ok(woken.map_or(JsValue::UNDEFINED, JsValue::from))
                    });
                    self.context.wait_until(&refreshed);
                }
                Freshness::Fresh | Freshness::Wait => {}
            }
        }
        let member = decision.member.map(|subject| {
            let seconds = gate.config.membership_seconds;
            let memberships = &gate.config.state.memberships;
            (subject, members::freshness(memberships, &subject, seconds, now))
        });
        if let Some((subject, Freshness::Wait)) = member
            && !self.has_waited_for_membership
        {
            return Step::LoadMembership(subject);
        }
        let prefix = gate.config.state.tokens.prefix();
        let mut used = None;
        let outcome = match decision.verdict {
            Verdict::Forward(authorized) => {
                used = authorized.identity().map(|claims| (claims.id, false));
                if let Some(observed) = authorized.observed() {
                    let route = decision.rule.map(|rule| rule.to_string());
                    self.log_observed(observed, route, decision.token);
                }
                self.pass_on(&authorized, &gate.config, now)
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
                self.refuse(refused, &gate.config)
            }
            Verdict::Fail(fault) => {
                Line {
                    route: decision.rule.map(|rule| rule.to_string()),
                    token: decision.token.map(|id| id.to_string()),
                    ..self.line_of(fault)
                }
                .log_error();
                respond::fault(&fault, &self.request, prefix).and_then(responded)
            }
            Verdict::AnswerPreflight => {
                let asked = request.sender.requested_headers;
                respond::response(&answer_preflight(asked)).and_then(responded)
            }
            Verdict::Wait(Need::RevocationList(shard)) => return Step::Load(shard),
            Verdict::Wait(Need::Body) => return Step::ReadBody,
            Verdict::Wait(Need::ClientAddress) => return Step::ReadAddress,
            // It was read just now, and what came of that is noted: the clock has gone back.
            Verdict::Wait(Need::Membership(_)) => {
                respond::fault(&Fault::MembershipsUnavailable, &self.request, prefix).and_then(responded)
            }
        };
        if let Some((token, refused)) = used {
            gate.note_use(token, refused, &self.context, now);
        }
        if let Some((subject, freshness)) = member {
            gate.keep_membership(subject, freshness, &self.context, now);
        }
        Step::Done(outcome)
    }

    /// Forwards the request, and adds the expiry header if its token expires soon.
    fn pass_on(&self, authorized: &AuthorizedRequest<'_>, config: &Config, now: Timestamp) -> Outcome {
        let (own_origin, _) = self.url.split();
        let carries_body = carried(&self.method, authorized)?.hold(FieldClass::Body);
        let upload = match &self.body {
            _ if !carries_body => Upload::none(config.origin_milliseconds),
            Gathered::Unread | Gathered::TooLong => {
                match Upload::stream(&self.request, config.origin_milliseconds)? {
                    Some(upload) => upload,
                    None => return self.refuse_outright(Refusal::LengthTooLarge, config),
                }
            }
            Gathered::Whole(bytes) => Upload::whole(bytes, config.origin_milliseconds),
            Gathered::Begun(bytes) => {
                match Upload::resumed(bytes, &self.request, config.origin_milliseconds)? {
                    Some(upload) => upload,
                    None => return self.refuse_outright(Refusal::LengthTooLarge, config),
                }
            }
        };
        let assertion = config.assertion_signer.as_ref().map(|assertion_signer| {
            let said = Assertion::of(authorized, &self.method, own_origin);
            assertion_signer.sign(&said, now, config.state.tokens.keys())
        });
        let answer = forward(
            &self.request,
            &self.method,
            own_origin,
            authorized,
            &upload,
            assertion.as_deref(),
            &config.origin,
        )?;
        let Some(claims) = authorized.identity() else {
            return Ok(answer);
        };
        let answer = hold(&answer, &self.request, config);
        match claims.expires_soon(now) {
            Some(expires_at) => expiry_header::tell(&answer, respond::client(&self.request)?, expires_at),
            None => Ok(answer.into()),
        }
    }

    /// Tells the caller what is wrong with the request, whoever sends it.
    fn refuse_outright(&self, refusal: Refusal, config: &Config) -> Outcome {
        let refused = Refused {
            refusal,
            route: None,
            token: None,
        };
        self.refuse(refused, config)
    }

    /// Tells the caller why not, once the refusal is counted, where it is.
    fn refuse(&self, refused: Refused, config: &Config) -> Outcome {
        match refusals::count(config.refusals.as_ref(), &refused.refusal, &self.request)? {
            None => refused.answer(None, &self.request, &self.method, config.state.tokens.prefix()),
            Some(counting) => {
                let (request, method) = (Clone::clone(&self.request), self.method.clone());
                Ok(when_settled(&counting, move |counted| {
                    refused.answer(refusals::instead(&counted), &request, &method, &prefix())
                })
                .into())
            }
        }
    }

    /// Whether the request is for the service: to the management API or one of the two targets beside it, if the deployment has
    /// a ledger.
    pub(super) fn is_for_the_service(&self) -> bool {
        let (_, target) = self.url.split();
        self.url.has_plain_host()
            && is_management(target)
            && with_gate(|gate| gate.config.ledger.is_some()).unwrap_or_default()
    }

    /// The files of the page and the one that is asked for, where the request can be for one and the deployment has
    /// them.
    pub(super) fn page(&self) -> Option<(Service, String)> {
        let (_, target) = self.url.split();
        if !self.url.has_plain_host() {
            return None;
        }
        let file = page::file(&self.method, target)?;
        let assets = with_gate(|gate| gate.config.page.clone()).ok()??;
        Some((assets, file.to_owned()))
    }

    /// Answers with a file of the page, or says that nothing is there.
    pub(super) fn show_page(self, assets: &Service, file: &str) -> Outcome {
        let (request, url) = (Clone::clone(&self.request), self.url.clone());
        let (own_origin, _) = url.split();
        page::answer(assets, &request, own_origin, file, move || self.go_on())
    }

    fn misconfigured(&self, error: &ConfigError) -> Outcome {
        Line {
            detail: Some(error.to_string()),
            ..self.line_of(Fault::Misconfigured)
        }
        .log_error();
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
        .log_info();
    }
}
