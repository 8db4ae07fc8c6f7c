//! Why the management API rejects a call, if the fault is the caller's.

use std::fmt::Display;

use crate::identity::SignInAssertionError;
use crate::ledger::LedgerRefusal;
use crate::management::REPORT_WINDOW_SECONDS;
use crate::token::RestrictionsError;

/// Why a management request is refused. It holds nothing of what the caller sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApiError {
    /// No such path, or the subject has no such token.
    NotFound,
    /// The path does not have this method.
    MethodNotAllowed {
        /// The methods that it has.
        allowed: &'static str,
    },
    /// No admin key, or another one.
    AdminKeyRequired,
    /// An access token instead of the admin key.
    TokenIsNoAdmin,
    /// A part of the path, of the query or of a header is malformed.
    ParameterInvalid {
        /// The name of the part.
        name: &'static str,
        /// The expected form.
        expected: String,
    },
    /// A parameter that the path does not have.
    ParameterUnknown {
        /// The parameters that it has.
        known: &'static [&'static str],
    },
    /// A malformed body.
    BodyMalformed {
        /// What is wrong with it.
        reason: String,
    },
    /// Restrictions that no token can have.
    Restrictions(RestrictionsError),
    /// Restrictions that make a token longer than one can be.
    TokenTooLong,
    /// A body that is longer than the limit.
    BodyTooLarge {
        /// The limit in bytes.
        maximum: usize,
    },
    /// A `Content-Type` that the path does not accept.
    MediaTypeUnsupported {
        /// The types that it accepts.
        expected: &'static str,
    },
    /// The signature of a report does not match.
    SignatureInvalid,
    /// Nobody is signed in.
    SessionRequired,
    /// The session has expired.
    SessionExpired,
    /// A write of somebody who is signed in, with a missing or wrong CSRF token.
    CsrfInvalid,
    /// A request with a session that the browser says comes from another site.
    CrossSite,
    /// A page, a sign-in or a session, asked for at a host that serves none of them.
    PageHostRequired,
    /// An address presents tokens to be revoked more often than it may.
    TooManyReports,
    /// A signed-in person calls the API more often than anybody may.
    TooManyCalls {
        /// In how many seconds there may be another call.
        retry_after: u32,
    },
    /// The tokens of somebody else than who is signed in.
    SubjectMismatch,
    /// The hub's sign-in assertion is refused.
    SignInAssertion(SignInAssertionError),
    /// The sign-in assertion has been used before.
    SignInAssertionUsed,
    /// The ledger refuses the request.
    Ledger(LedgerRefusal),
}

impl From<LedgerRefusal> for ApiError {
    fn from(refusal: LedgerRefusal) -> Self {
        match refusal {
            LedgerRefusal::NotFound => Self::NotFound,
            LedgerRefusal::NameTaken
            | LedgerRefusal::LimitReached
            | LedgerRefusal::AlreadyRevoked
            | LedgerRefusal::RestrictionExpired
            | LedgerRefusal::IdempotencyKeyReused
            | LedgerRefusal::SubjectBlocked
            | LedgerRefusal::TooManyWrites { .. } => Self::Ledger(refusal),
            LedgerRefusal::SessionRevoked => Self::SessionExpired,
        }
    }
}

impl ApiError {
    pub(crate) fn parameter(name: &'static str, expected: impl Display) -> Self {
        Self::ParameterInvalid {
            name,
            expected: expected.to_string(),
        }
    }

    pub(crate) fn body(reason: impl Display) -> Self {
        Self::BodyMalformed {
            reason: reason.to_string(),
        }
    }

    /// The error's code for machines.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFound | Self::Ledger(LedgerRefusal::NotFound) => "not_found",
            Self::MethodNotAllowed { .. } => "method_not_allowed",
            Self::AdminKeyRequired | Self::TokenIsNoAdmin => "admin_required",
            Self::ParameterInvalid { .. } | Self::ParameterUnknown { .. } => "parameter_invalid",
            Self::BodyMalformed { .. } => "body_malformed",
            Self::Restrictions(_) => "restrictions_invalid",
            Self::TokenTooLong => "token_too_long",
            Self::BodyTooLarge { .. } => "body_too_large",
            Self::MediaTypeUnsupported { .. } => "media_type_unsupported",
            Self::SignatureInvalid => "signature_invalid",
            Self::SessionRequired => "session_required",
            Self::SessionExpired | Self::Ledger(LedgerRefusal::SessionRevoked) => "session_expired",
            Self::CsrfInvalid => "csrf_invalid",
            Self::CrossSite => "cross_site",
            Self::SubjectMismatch => "subject_mismatch",
            Self::PageHostRequired => "page_host_required",
            Self::TooManyReports => "too_many_reports",
            Self::TooManyCalls { .. } => "too_many_calls",
            Self::SignInAssertion(SignInAssertionError::Expired { .. }) => "sign_in_assertion_expired",
            Self::SignInAssertion(_) => "sign_in_assertion_invalid",
            Self::SignInAssertionUsed => "sign_in_assertion_used",
            Self::Ledger(LedgerRefusal::NameTaken) => "name_taken",
            Self::Ledger(LedgerRefusal::LimitReached) => "limit_reached",
            Self::Ledger(LedgerRefusal::AlreadyRevoked) => "already_revoked",
            Self::Ledger(LedgerRefusal::RestrictionExpired) => "restriction_expired",
            Self::Ledger(LedgerRefusal::IdempotencyKeyReused) => "idempotency_key_reused",
            Self::Ledger(LedgerRefusal::SubjectBlocked) => "subject_blocked",
            Self::Ledger(LedgerRefusal::TooManyWrites { .. }) => "too_many_writes",
        }
    }

    /// The HTTP status (RFC 9110 section 15.5).
    pub const fn status(&self) -> u16 {
        match self {
            Self::ParameterInvalid { .. }
            | Self::ParameterUnknown { .. }
            | Self::BodyMalformed { .. }
            | Self::Restrictions(_)
            | Self::TokenTooLong => 400,
            Self::AdminKeyRequired
            | Self::SignatureInvalid
            | Self::SessionRequired
            | Self::SessionExpired
            | Self::Ledger(LedgerRefusal::SessionRevoked) => 401,
            Self::TokenIsNoAdmin
            | Self::CsrfInvalid
            | Self::CrossSite
            | Self::SubjectMismatch
            | Self::PageHostRequired
            | Self::SignInAssertion(_)
            | Self::SignInAssertionUsed
            | Self::Ledger(LedgerRefusal::SubjectBlocked) => 403,
            Self::NotFound | Self::Ledger(LedgerRefusal::NotFound) => 404,
            Self::MethodNotAllowed { .. } => 405,
            Self::Ledger(
                LedgerRefusal::NameTaken
                | LedgerRefusal::LimitReached
                | LedgerRefusal::AlreadyRevoked
                | LedgerRefusal::RestrictionExpired,
            ) => 409,
            Self::BodyTooLarge { .. } => 413,
            Self::MediaTypeUnsupported { .. } => 415,
            Self::Ledger(LedgerRefusal::IdempotencyKeyReused) => 422,
            Self::TooManyReports
            | Self::TooManyCalls { .. }
            | Self::Ledger(LedgerRefusal::TooManyWrites { .. }) => 429,
        }
    }

    /// In how many seconds the same may succeed, where time alone is what is missing.
    pub(crate) const fn retry_after(&self) -> Option<u32> {
        if let Self::TooManyCalls { retry_after }
        | Self::Ledger(LedgerRefusal::TooManyWrites { retry_after }) = self
        {
            Some(*retry_after)
        } else if matches!(self, Self::TooManyReports) {
            Some(REPORT_WINDOW_SECONDS)
        } else {
            None
        }
    }
}
