//! A request that the gate does not let through, on its way back to the caller, and its line in the log.

use super::platform::{Outcome, responded};
use super::respond::{self, Asked, Deployment};
use crate::isolate::log::Line;
use crate::response::{Fault, Refusal};
use crate::token::TokenId;

/// A request that is not let through, with what its line in the log says of it.
pub(super) struct Refused {
    pub(super) reason: Reason,
    pub(super) route: Option<String>,
    pub(super) token: Option<TokenId>,
}

/// Why a request is not let through.
pub(super) enum Reason {
    /// The caller's to repair.
    Refusal(Refusal),
    /// Ours to repair.
    Fault(Fault),
}

/// Whether an address was told so more often than the deployment allows.
#[derive(Clone, Copy, Default)]
pub(super) enum Count {
    /// It was not, or nobody counts.
    #[default]
    Within,
    /// It was.
    Past,
}

impl Reason {
    const fn code(&self) -> &'static str {
        match self {
            Self::Refusal(refusal) => refusal.code(),
            Self::Fault(fault) => fault.code(),
        }
    }
}

impl Refused {
    /// Tells the caller, and logs what it was told.
    pub(super) fn answer(self, count: Count, asked: Asked<'_>, deployment: &Deployment) -> Outcome {
        let token = if let Reason::Refusal(Refusal::TokenExpired { id, .. }) = self.reason {
            Some(id)
        } else {
            self.token
        };
        let code = self.reason.code();
        let told = match (self.reason, count) {
            (reason, Count::Within) => reason,
            (Reason::Refusal(_), Count::Past) => Reason::Refusal(Refusal::TooManyRefusals),
            (Reason::Fault(_), Count::Past) => Reason::Refusal(Refusal::TooManyRetries),
        };
        let line = Line {
            event: "refused",
            code: told.code(),
            method: Some(asked.method),
            route: self.route,
            token: token.map(|id| id.to_string()),
            detail: match count {
                Count::Within => None,
                Count::Past => Some(code.to_owned()),
            },
            ..Line::default()
        };
        match &told {
            // The first half of every git conversation is a request without credentials: no event.
            Reason::Refusal(Refusal::TokenRequired) => {}
            Reason::Refusal(refusal) => Line {
                status: Some(refusal.status()),
                ..line
            }
            .log_info(),
            Reason::Fault(fault) => Line {
                event: "failed",
                status: Some(fault.status()),
                ..line
            }
            .log_error(),
        }
        match &told {
            Reason::Refusal(refusal) => respond::refusal(refusal, asked, deployment),
            Reason::Fault(fault) => respond::fault(fault, asked, deployment),
        }
        .and_then(responded)
    }
}
