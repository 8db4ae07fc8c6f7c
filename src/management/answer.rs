//! The answer for an API error, in the form that the client can show.

use crate::management::ApiError;
use crate::response::{Answer, Challenge, Message, Reader};

impl Answer {
    /// The answer to a management request that the caller must correct.
    pub fn to_api_error(error: &ApiError, reader: &Reader<'_>) -> Self {
        let text = error.text();
        let mut answer = Message {
            status: error.status(),
            code: error.code(),
            text: &text,
            challenge: match error {
                ApiError::AdminKeyRequired | ApiError::SessionRequired | ApiError::SessionExpired => {
                    Challenge::Bearer
                }
                ApiError::NotFound
                | ApiError::MethodNotAllowed { .. }
                | ApiError::TokenIsNoAdmin
                | ApiError::ParameterInvalid { .. }
                | ApiError::ParameterUnknown { .. }
                | ApiError::BodyMalformed { .. }
                | ApiError::Restrictions(_)
                | ApiError::TokenTooLong
                | ApiError::BodyTooLarge { .. }
                | ApiError::MediaTypeUnsupported { .. }
                | ApiError::SignatureInvalid
                | ApiError::CsrfInvalid
                | ApiError::CrossSite
                | ApiError::SubjectMismatch
                | ApiError::PageHostRequired
                | ApiError::TooManyReports
                | ApiError::SignInAssertion(_)
                | ApiError::SignInAssertionUsed
                | ApiError::TooManyCalls { .. }
                | ApiError::Ledger(_) => Challenge::None,
            },
            retry_after: error.retry_after(),
            is_final: true,
        }
        .answer(reader);
        if let ApiError::MethodNotAllowed { allowed } = error {
            answer.headers.push(("Allow", (*allowed).to_owned()));
        }
        answer
    }
}
