//! Why a management request is rejected.

use std::cell::RefCell;
use std::time::Duration;

use worker::Response;

use super::ApiCall;
use super::answer;
use crate::isolate::clock::now;
use crate::isolate::log::Line;
use crate::ledger::LedgerRefusal;
use crate::management::{ApiError, ReportLimit};
use crate::request::Caller;
use crate::response::{Answer, Client, Fault, Initiator, Reader, Refusal, Repetition};
use crate::service::ledger_client::AskError;
use crate::service::raw::count_within;
use crate::service::time::within;

/// The header in which the platform states the address of a request. It replaces a client's header of this name.
const ADDRESS: &str = "CF-Connecting-IP";

/// How long counting a refusal may take. The platform counts where the Worker runs.
const COUNT_LIMIT: Duration = Duration::from_secs(1);

thread_local! {
    /// The reports of leaks that this isolate has counted.
    static REPORTS: RefCell<ReportLimit> = const { RefCell::new(ReportLimit::new()) };
}

/// Why a management request is rejected.
pub(super) enum Rejection {
    /// The caller must correct it.
    Api(ApiError),
    /// The caller must correct it. The refusal is one that any request through the gate may get.
    Refusal(Refusal),
    /// The operator must repair it. The text is for the log.
    Fault(Fault, Option<String>),
}

impl Rejection {
    /// The same, or that its caller is refused too often, by its token.
    pub(super) async fn counted(self, call: &ApiCall) -> Self {
        match self {
            Self::Refusal(refusal) if refusal.is_of_a_token() && is_past_the_limit(call).await => {
                Self::Refusal(Refusal::TooManyRefusals)
            }
            rejection @ (Self::Api(_) | Self::Refusal(_) | Self::Fault(..)) => rejection,
        }
    }

    /// The answer, and its log line.
    pub(super) fn respond(&self, call: &ApiCall) -> worker::Result<Response> {
        let accept = call.request.headers().get("Accept")?.unwrap_or_default();
        let reader = Reader {
            // The API speaks one language; a form is sent by a browser, and a person reads what comes back.
            client: if call.is_form_of_the_page() && accept.contains("text/html") {
                Client::Browser
            } else {
                Client::Other
            },
            // Nobody's browser is to ask for a password here.
            initiator: Initiator::Page,
            repetition: Repetition::of(&call.method),
            prefix: call.settings.tokens.prefix(),
            token_page: None,
        };
        let (code, answer) = match self {
            Self::Api(error) => (error.code(), Answer::to_api_error(error, &reader)),
            Self::Refusal(refusal) => (refusal.code(), Answer::to_refusal(refusal, &reader)),
            Self::Fault(fault, _) => (fault.code(), Answer::to_fault(fault, &reader)),
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
            Self::Api(_) | Self::Refusal(_) => line.log_info(),
            Self::Fault(_, detail) => Line {
                detail: detail.clone(),
                ..line
            }
            .log_error(),
        }
        answer::response(answer)
    }
}

/// Counts a refusal for its caller; returns whether the limit is exceeded. If counting fails, it is not.
async fn is_past_the_limit(call: &ApiCall) -> bool {
    match call.caller() {
        Some(caller) => call.is_within_limit(caller.name().to_owned()).await == Some(false),
        None => false,
    }
}

impl ApiCall {
    /// Where the call comes from, as the platform says.
    pub(super) fn address(&self) -> Option<String> {
        self.request.headers().get(ADDRESS).unwrap_or_default()
    }

    /// Who calls, as far as the address tells.
    fn caller(&self) -> Option<Caller> {
        self.address().as_deref().and_then(Caller::at)
    }

    /// Counts under a name; whether that is within the limit of the binding. `None` if nothing counts, or it fails.
    async fn is_within_limit(&self, name: String) -> Option<bool> {
        let limiter = self.settings.refusals.as_ref()?;
        let detail = match within(COUNT_LIMIT, count_within(limiter, &name)).await {
            Some(Ok(is_within)) => return Some(is_within),
            Some(Err(error)) => worker::Error::from(error).to_string(),
            None => "no answer in time".to_owned(),
        };
        Line {
            event: "failed",
            code: "refusals_uncounted",
            detail: Some(detail),
            ..Line::default()
        }
        .log_error();
        None
    }

    /// Counts a call that presents tokens against its caller, by the binding, or by this isolate where there is none. `kind` keeps
    /// calls of one kind from using up those of another.
    pub(super) async fn count_presented(&self, kind: &str) -> Result<(), Rejection> {
        let caller = self.caller();
        let name = caller.as_ref().map(Caller::name).unwrap_or_default();
        let counted = self.is_within_limit([kind, " of ", name].concat()).await;
        let networks = caller.as_ref().map(Caller::networks).unwrap_or_default();
        let is_within = counted
            .unwrap_or_else(|| REPORTS.with_borrow_mut(|reports| reports.admits(kind, networks, now())));
        if is_within {
            Ok(())
        } else {
            Err(ApiError::TooManyReports.into())
        }
    }
}

impl From<ApiError> for Rejection {
    fn from(error: ApiError) -> Self {
        Self::Api(error)
    }
}

impl From<LedgerRefusal> for Rejection {
    fn from(refusal: LedgerRefusal) -> Self {
        Self::Api(refusal.into())
    }
}

impl From<Refusal> for Rejection {
    fn from(refusal: Refusal) -> Self {
        Self::Refusal(refusal)
    }
}

impl From<Fault> for Rejection {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault, None)
    }
}

impl From<AskError> for Rejection {
    fn from(error: AskError) -> Self {
        match error {
            AskError::Refused(refusal) => refusal.into(),
            AskError::Silent(detail) => Self::Fault(Fault::LedgerUnavailable, Some(detail)),
        }
    }
}

impl From<worker::Error> for Rejection {
    fn from(error: worker::Error) -> Self {
        Self::Fault(Fault::Trapped, Some(error.to_string()))
    }
}
