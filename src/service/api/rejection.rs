//! Why a management request is not answered as it asks.

use std::time::Duration;

use worker::Response;

use super::ApiCall;
use super::answer;
use crate::isolate::log::Line;
use crate::ledger::LedgerRefusal;
use crate::management::ApiError;
use crate::service::ledger_client::AskError;
use crate::service::time::within;
use crate::{Answer, Caller, Client, Fault, Refusal};

/// The header in which the platform states the address of a request. It replaces a client's header of this name.
const ADDRESS: &str = "CF-Connecting-IP";

/// How long counting a refusal may take. The platform counts where the Worker runs.
const COUNT_LIMIT: Duration = Duration::from_secs(1);

/// Why a management request is not answered as it asks.
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
        // The API speaks one language; a form is sent by a browser, and a person reads what comes back.
        let client = if call.is_form_of_the_page() {
            let headers = call.request.headers();
            Client::recognise(
                headers.get("User-Agent")?.as_deref(),
                headers.get("Accept")?.as_deref(),
            )
        } else {
            Client::Other
        };
        let prefix = call.settings.tokens.prefix();
        let (code, answer) = match self {
            Self::Api(error) => (error.code(), Answer::to_api_error(error, client, prefix)),
            Self::Refusal(refusal) => (refusal.code(), Answer::to_refusal(refusal, client, prefix)),
            Self::Fault(fault, _) => (fault.code(), Answer::to_fault(fault, client, prefix)),
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
    let Some(limiter) = &call.settings.refusals else {
        return false;
    };
    let address = call.request.headers().get(ADDRESS).unwrap_or_default();
    let Some(caller) = address.as_deref().and_then(Caller::at) else {
        return false;
    };
    let detail = match within(COUNT_LIMIT, limiter.limit(caller.name().to_owned())).await {
        Some(Ok(outcome)) => return !outcome.success,
        Some(Err(error)) => error.to_string(),
        None => "no answer in time".to_owned(),
    };
    Line {
        event: "failed",
        code: "refusals_uncounted",
        detail: Some(detail),
        ..Line::default()
    }
    .log_error();
    false
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
