//! A request on its way through the gate: decided with cached values, delayed for missing ones, and forwarded, refused, or
//! answered with the page.

use js_sys::Promise;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Request, Response};

use super::batch_body;
use super::config::Config;
use super::expiry_header;
use super::forward::{Incoming, carried, forward};
use super::gate::{Gate, deployment, with_gate, with_gate_or_error};
use super::js_bridge::{Facts, Taken, client_address, take};
use super::members;
use super::page;
use super::platform::{Context, Outcome, Service, responded, when_settled};
use super::refusals;
use super::refused::{Count, Reason, Refused};
use super::respond::{self, Asked, Deployment};
use super::upload::Upload;
use crate::identity::{Assertion, Hosts};
use crate::isolate::clock::now;
use crate::isolate::environment::ConfigError;
use crate::isolate::log::Line;
use crate::isolate::request_url::RequestUrl;
use crate::ledger::Used;
use crate::management::is_management;
use crate::policy::{AuthorizedRequest, Body, Need, Observed, Verdict, decide};
use crate::request::{ClientAddress, FieldClass, TargetError};
use crate::response::{Client, Fault, Refusal, answer_preflight};
use crate::routes::Access;
use crate::state::Freshness;
use crate::token::{Subject, Timestamp, TokenId};

/// The statuses by which an origin may say that a repository is not for everybody.
const HIDING_STATUSES: [u16; 3] = [401, 403, 404];

/// A request, with what of it is asked for more than once.
pub(super) struct RequestContext {
    request: Request,
    context: Context,
    method: String,
    url: RequestUrl,
    /// Whether the deployment may be asked by this scheme and host.
    has_own_host: bool,
    /// How many bytes of the target are the gate's prefix, if it begins with it at such a host.
    own_at: Option<usize>,
    facts: Facts,
    api_key: Option<String>,
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

/// What was asked, kept for an answer that is made later.
struct KeptAsked {
    request: Request,
    method: String,
    url: RequestUrl,
}

impl KeptAsked {
    fn borrow(&self) -> Asked<'_> {
        Asked::of(&self.request, &self.method, &self.url)
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
            api_key,
            authorization,
        } = take(&request)?;
        let url = RequestUrl::new(url);
        let (has_own_host, own_at) = with_gate_or_error(|gate| {
            let (own_origin, target) = url.split();
            let Ok(Gate { config, .. }) = gate else {
                return (false, None);
            };
            let is_own = url.has_plain_host() && config.own_origins.hold(own_origin);
            let prefix = config.state.routes.gate_prefix().as_str();
            let own_at = (is_own && target.starts_with(prefix)).then_some(prefix.len());
            (is_own, own_at)
        })?;
        Ok(Self {
            method,
            url,
            has_own_host,
            own_at,
            facts,
            api_key,
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
    pub(super) fn proceed(mut self) -> Outcome {
        let judged = with_gate_or_error(|gate| match gate {
            Ok(gate) if !self.has_own_host => {
                Step::Done(self.refuse_unrouted(Refusal::TargetAmbiguous(TargetError::Host), &gate.config))
            }
            Ok(gate) if self.is_for_the_page(gate.config.hosts.as_ref()) => {
                Step::Done(self.refuse_unrouted(Refusal::PathReserved, &gate.config))
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
                    self.proceed()
                })
                .into())
            }
            Step::LoadMembership(subject) => {
                self.has_waited_for_membership = true;
                let pending = with_gate(|gate| gate.begin_membership(&subject))?;
                Ok(when_settled(&pending, move |settled| {
                    with_gate(|gate| gate.finish_membership(&subject, &settled))?;
                    self.proceed()
                })
                .into())
            }
            Step::ReadAddress => {
                self.address = Address::Read(client_address(&self.request)?);
                self.proceed()
            }
            Step::ReadBody => {
                let request = Clone::clone(&self.request);
                let is_of_lines = self.facts.content().is_of_lines();
                let continuation = move |body: Result<Gathered, JsValue>| {
                    self.body = body?;
                    self.proceed()
                };
                if is_of_lines {
                    batch_body::gather_line(&request, continuation)
                } else {
                    batch_body::gather(&request, continuation)
                }
            }
        }
    }

    /// Decides about the request with what is cached.
    fn judge(&self, gate: &mut Gate) -> Step {
        let now = now();
        let (own_origin, target) = self.url.split();
        #[cfg(feature = "trap")]
        super::trap::trap_if_asked(target);
        let request = crate::policy::Request {
            method: &self.method,
            target,
            authorization: self.authorization.as_deref(),
            api_key: self.api_key.as_deref(),
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
        let mut used = None;
        let outcome = match decision.verdict {
            Verdict::Forward(authorized) => {
                used = authorized.token().cloned().map(Used::Accepted);
                if let Some(observed) = authorized.observed() {
                    let route = decision.rule.map(|rule| rule.to_string());
                    self.log_observed(observed, route, decision.token);
                }
                self.forward_authorized(&authorized, &gate.config, now)
            }
            Verdict::Refuse(refusal) => {
                if let Refusal::TokenRevoked { id } = refusal {
                    used = Some(Used::Revoked(id));
                }
                let refused = Refused {
                    reason: Reason::Refusal(refusal),
                    route: decision.rule.map(|rule| rule.to_string()),
                    token: decision.token,
                };
                self.refuse(refused, &gate.config)
            }
            Verdict::Fail(fault) => {
                let refused = Refused {
                    reason: Reason::Fault(fault),
                    route: decision.rule.map(|rule| rule.to_string()),
                    token: decision.token,
                };
                self.refuse(refused, &gate.config)
            }
            Verdict::AnswerPreflight => {
                let asked = request.sender.requested_headers;
                respond::response(answer_preflight(asked)).and_then(responded)
            }
            Verdict::Wait(Need::RevocationList(shard)) => return Step::Load(shard),
            Verdict::Wait(Need::Body) => return Step::ReadBody,
            Verdict::Wait(Need::ClientAddress) => return Step::ReadAddress,
            // It was read just now, and what came of that is noted: the clock has gone back.
            Verdict::Wait(Need::Membership(_)) => {
                let refused = Refused {
                    reason: Reason::Fault(Fault::MembershipsUnavailable),
                    route: None,
                    token: None,
                };
                self.refuse(refused, &gate.config)
            }
        };
        if let Some(used) = used {
            gate.note_use(&used, &self.context, now);
        }
        if let Some((subject, freshness)) = member {
            gate.keep_membership(subject, freshness, &self.context, now);
        }
        Step::Done(outcome)
    }

    /// Forwards the request, and adds the expiry header if its token expires soon.
    fn forward_authorized(
        &self,
        authorized: &AuthorizedRequest<'_>,
        config: &Config,
        now: Timestamp,
    ) -> Outcome {
        let (own_origin, _) = self.url.split();
        let carries_body = carried(&self.method, authorized)?.hold(FieldClass::Body);
        let upload = match &self.body {
            _ if !carries_body => Upload::none(config.origin_milliseconds),
            Gathered::Unread | Gathered::TooLong => {
                match Upload::stream(&self.request, config.origin_milliseconds)? {
                    Some(upload) => upload,
                    None => return self.refuse_unrouted(Refusal::LengthTooLarge, config),
                }
            }
            Gathered::Whole(bytes) => Upload::whole(bytes, config.origin_milliseconds),
            Gathered::Begun(bytes) => {
                match Upload::resumed(bytes, &self.request, config.origin_milliseconds)? {
                    Some(upload) => upload,
                    None => return self.refuse_unrouted(Refusal::LengthTooLarge, config),
                }
            }
        };
        let assertion = config.assertion_signer.as_ref().map(|assertion_signer| {
            let assertion = Assertion::of(authorized, &self.method, own_origin);
            assertion_signer.sign(&assertion, now, config.state.tokens.keys())
        });
        let incoming = Incoming {
            request: &self.request,
            context: &self.context,
            method: &self.method,
            own_origin,
        };
        let answer = forward(
            &incoming,
            authorized,
            &upload,
            assertion.as_deref(),
            &config.origin,
        )?;
        let Some(claims) = authorized.identity() else {
            let client = respond::client(&self.request)?;
            let can_be_challenged = matches!(client, Client::Git | Client::GitLfs);
            return if authorized.access() == Access::Read && can_be_challenged {
                Ok(self.challenge_if_refused(answer).into())
            } else {
                Ok(answer)
            };
        };
        match claims.expires_soon(now) {
            Some(expires_at) => {
                let answer = Promise::resolve(&answer);
                expiry_header::tell(&answer, respond::client(&self.request)?, expires_at)
            }
            None => Ok(answer),
        }
    }

    /// The origin's response to a git client without credentials, or the gate's own challenge if the origin hides something from
    /// it: git sends stored credentials only after a challenge.
    fn challenge_if_refused(&self, answer: JsValue) -> Promise {
        let asked = self.keep_asked();
        when_settled(&Promise::resolve(&answer), move |settled| {
            let answer: Response = settled?.unchecked_into();
            if !HIDING_STATUSES.contains(&answer.status()) {
                return responded(answer);
            }
            let refused = Refused {
                reason: Reason::Refusal(Refusal::TokenRequired),
                route: None,
                token: None,
            };
            refused.answer(Count::Within, asked.borrow(), &deployment())
        })
    }

    /// Tells the caller what is wrong with the request, whoever sends it.
    fn refuse_unrouted(&self, refusal: Refusal, config: &Config) -> Outcome {
        let refused = Refused {
            reason: Reason::Refusal(refusal),
            route: None,
            token: None,
        };
        self.refuse(refused, config)
    }

    /// Tells the caller why not, once that is counted, where it is.
    fn refuse(&self, refused: Refused, config: &Config) -> Outcome {
        match refusals::count(config.refusals.as_ref(), &refused.reason, &self.request)? {
            None => refused.answer(Count::Within, self.asked(), &config.deployment),
            Some(counting) => {
                let asked = self.keep_asked();
                Ok(when_settled(&counting, move |counted| {
                    let count = refusals::read_count(&counted);
                    refused.answer(count, asked.borrow(), &deployment())
                })
                .into())
            }
        }
    }

    /// Whether the request is for the service: to the management API or one of the two targets beside it, if the deployment has
    /// a ledger.
    pub(super) fn is_for_the_service(&self) -> bool {
        self.behind_prefix().is_some_and(is_management)
            && with_gate(|gate| gate.config.ledger.is_some()).unwrap_or_default()
    }

    /// The target behind the gate's prefix, if it is one of the gate's own.
    fn behind_prefix(&self) -> Option<&str> {
        let (_, target) = self.url.split();
        target.get(self.own_at?..)
    }

    /// Whether it comes to the page's host, which serves nothing of the origin.
    fn is_for_the_page(&self, hosts: Option<&Hosts>) -> bool {
        hosts.is_some_and(|hosts| hosts.is_page(self.url.split().0))
    }

    /// The page's address, for whoever opens it at the hub's host, or anything but it at its own.
    pub(super) fn leads_to(&self) -> Option<String> {
        let (own_origin, target) = self.url.split();
        let is_page = self.behind_prefix().is_some_and(page::is_page);
        let is_entrance = page::is_shown_by(&self.method) && (is_page || target == "/");
        if !self.has_own_host || !is_entrance {
            return None;
        }
        with_gate(|gate| {
            let Config { hosts, state, .. } = &gate.config;
            let hosts = hosts.as_ref()?;
            (hosts.is_page(own_origin) != is_page)
                .then(|| hosts.page_origin(own_origin) + state.routes.gate_prefix().as_str())
        })
        .ok()?
    }

    /// The origin of the page, if a script of the page asks at the hub's host.
    pub(super) fn asking_page(&self) -> Result<Option<String>, JsValue> {
        // With a configuration that is broken, no script is the page's.
        if !with_gate(|gate| gate.config.hosts.is_some()).unwrap_or_default() {
            return Ok(None);
        }
        let Some(origin) = self.request.headers().get("Origin")? else {
            return Ok(None);
        };
        with_gate(|gate| {
            let hosts = gate.config.hosts.as_ref()?;
            (origin == hosts.page_origin(self.url.split().0)).then_some(origin)
        })
    }

    /// The files of the page and the one that is asked for, where the request can be for one, the host serves people and
    /// the deployment has the files.
    pub(super) fn page(&self) -> Option<(Service, String)> {
        let (own_origin, _) = self.url.split();
        let file = page::file(&self.method, self.behind_prefix()?)?;
        let assets = with_gate(|gate| {
            let serve_people = Hosts::serve_people(gate.config.hosts.as_ref(), own_origin);
            gate.config.page.clone().filter(|_| serve_people)
        })
        .ok()??;
        Some((assets, file.to_owned()))
    }

    /// Answers with a file of the page, or says that nothing is there.
    pub(super) fn show_page(self, assets: &Service, file: &str) -> Outcome {
        let (request, url) = (Clone::clone(&self.request), self.url.clone());
        let (own_origin, _) = url.split();
        let hub = with_gate(|gate| {
            gate.config
                .hosts
                .as_ref()
                .map(|hosts| hosts.hub_origin(own_origin))
        })?;
        page::answer(assets, &request, own_origin, hub, file, move || self.proceed())
    }

    fn misconfigured(&self, error: &ConfigError) -> Outcome {
        Line {
            detail: Some(error.to_string()),
            ..self.line_of(Fault::Misconfigured)
        }
        .log_error();
        responded(respond::fault(
            &Fault::Misconfigured,
            self.asked(),
            &Deployment::default(),
        )?)
    }

    /// What was asked, for an answer now.
    fn asked(&self) -> Asked<'_> {
        Asked::of(&self.request, &self.method, &self.url)
    }

    /// The same, for an answer after this has gone.
    fn keep_asked(&self) -> KeptAsked {
        KeptAsked {
            request: Clone::clone(&self.request),
            method: self.method.clone(),
            url: self.url.clone(),
        }
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
