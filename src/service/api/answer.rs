//! The answers of the management API: JSON, or problem details.

use serde::Serialize;
use wasm_bindgen::JsValue;
use web_sys::{Headers, Response, ResponseInit};

use super::Call;
use crate::edge::gate::{prefix, with_gate};
use crate::edge::ledgers::LedgerSilent;
use crate::edge::log::Line;
use crate::edge::platform::Outcome;
use crate::edge::promised::settled;
use crate::edge::refusals;
use crate::edge::respond;
use crate::ledger::{LedgerRefusal, Reply};
use crate::management::Objection;
use crate::{Answer, Client, Fault, Refusal};

/// Why a management request is not answered as it asks.
pub(super) enum Stop {
    /// The caller's to mend.
    Objection(Objection),
    /// The same, as for any request through the gate.
    Refusal(Refusal),
    /// Ours to mend.
    Fault(Fault, Option<String>),
}

impl Stop {
    /// The same, or that its caller is refused too often, by its token.
    pub(super) async fn counted(self, call: &Call) -> Result<Self, JsValue> {
        let Self::Refusal(refusal) = self else {
            return Ok(self);
        };
        let limiter = with_gate(|gate| gate.config.refusals.clone())?;
        Ok(Self::Refusal(
            match refusals::count(limiter.as_ref(), &refusal, &call.request)? {
                Some(counting) => refusals::told(refusal, &settled(counting).await),
                None => refusal,
            },
        ))
    }

    /// The answer, and its line in the log.
    pub(super) fn respond(&self, call: &Call) -> Outcome {
        // The API speaks one language; a form is sent by a browser, and a person reads what comes back.
        let client = if call.is_form_of_the_page() {
            respond::client(&call.request)?
        } else {
            Client::Other
        };
        let prefix = prefix();
        let (code, answer) = match self {
            Self::Objection(objection) => {
                (objection.code(), Answer::to_objection(objection, client, &prefix))
            }
            Self::Refusal(refusal) => (refusal.code(), Answer::to_refusal(refusal, client, &prefix)),
            Self::Fault(fault, _) => (fault.code(), Answer::to_fault(fault, client, &prefix)),
        };
        let line = Line {
            event: "management",
            code,
            status: Some(answer.status),
            method: Some(&call.method),
            route: call.route(),
            ..Line::default()
        };
        match self {
            Self::Objection(_) | Self::Refusal(_) => line.note(),
            Self::Fault(_, detail) => Line {
                detail: detail.clone(),
                ..line
            }
            .alarm(),
        }
        Ok(respond::response(&answer)?.into())
    }

    /// The ledger gave an answer to something else: a bug, or two versions at work.
    pub(super) fn mistaken(reply: &Reply) -> Self {
        match reply {
            Reply::Refused(refusal) => Self::Objection((*refusal).into()),
            Reply::Done
            | Reply::Issued(_)
            | Reply::Tokens { .. }
            | Reply::Surveyed { .. }
            | Reply::SurveyNeeded { .. }
            | Reply::Ended(_)
            | Reply::Introspected { .. }
            | Reply::Awaited { .. }
            | Reply::Admitted { .. }
            | Reply::Entries { .. }
            | Reply::Membership(_) => Self::Fault(
                Fault::LedgerUnavailable,
                Some("the ledger answered something else".to_owned()),
            ),
        }
    }
}

impl From<Objection> for Stop {
    fn from(objection: Objection) -> Self {
        Self::Objection(objection)
    }
}

impl From<LedgerRefusal> for Stop {
    fn from(refusal: LedgerRefusal) -> Self {
        Self::Objection(refusal.into())
    }
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refusal(refusal)
    }
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault, None)
    }
}

impl From<LedgerSilent> for Stop {
    fn from(silent: LedgerSilent) -> Self {
        Self::Fault(Fault::LedgerUnavailable, Some(silent.0))
    }
}

impl From<JsValue> for Stop {
    fn from(_thrown: JsValue) -> Self {
        Self::Fault(Fault::Trapped, Some("the platform threw something".to_owned()))
    }
}

/// An answer in JSON, with one more header perhaps. Nothing of the API is cached.
pub(super) fn json(
    status: u16,
    body: &impl Serialize,
    header: Option<(&str, &str)>,
) -> Result<JsValue, Stop> {
    // With a line feed, for whoever reads it in a terminal.
    let body = serde_json::to_string(body)
        .map(|body| body + "\n")
        .map_err(|_| Stop::from(Fault::Trapped))?;
    let headers = Headers::new()?;
    headers.set("Content-Type", "application/json")?;
    if let Some((name, value)) = header {
        headers.set(name, value)?;
    }
    respond_with(status, Some(&body), &headers)
}

/// An answer without a body.
pub(super) fn empty(status: u16) -> Result<JsValue, Stop> {
    respond_with(status, None, &Headers::new()?)
}

/// An answer without a body that sets a cookie, and perhaps leads elsewhere.
pub(super) fn with_cookie(status: u16, cookie: &str, location: Option<&str>) -> Result<JsValue, Stop> {
    let headers = Headers::new()?;
    headers.append("Set-Cookie", cookie)?;
    if let Some(location) = location {
        headers.set("Location", location)?;
    }
    respond_with(status, None, &headers)
}

fn respond_with(status: u16, body: Option<&str>, headers: &Headers) -> Result<JsValue, Stop> {
    headers.set("Cache-Control", "no-store")?;
    headers.set("X-Content-Type-Options", "nosniff")?;
    let init = ResponseInit::new();
    init.set_status(status);
    init.set_headers_headers(headers);
    Ok(Response::new_with_opt_str_and_init(body, &init)?.into())
}
