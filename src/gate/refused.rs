//! A refusal on its way to the caller, and its line in the log.

use web_sys::Request;

use super::platform::{Outcome, responded};
use super::respond;
use crate::isolate::log::Line;
use crate::{Prefix, Refusal, TokenId};

/// A refusal, with what its line in the log says of the request.
pub(super) struct Refused {
    pub(super) refusal: Refusal,
    pub(super) route: Option<String>,
    pub(super) token: Option<TokenId>,
}

impl Refused {
    /// Tells the caller, and logs what it was told: the refusal, or another in its place.
    pub(super) fn answer(
        self,
        instead: Option<Refusal>,
        request: &Request,
        method: &str,
        prefix: &Prefix,
    ) -> Outcome {
        let told = instead.as_ref().unwrap_or(&self.refusal);
        // The first half of every git conversation is a request without credentials: no event.
        if !matches!(self.refusal, Refusal::TokenRequired) {
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
                detail: instead.is_some().then(|| self.refusal.code().to_owned()),
                ..Line::default()
            }
            .log_info();
        }
        respond::refusal(told, request, prefix).and_then(responded)
    }
}
