//! The texts of API errors for people: the error, and what to do. They repeat nothing of what the caller sent. Know nothing of
//! codes and statuses.

use std::borrow::Cow;

use super::api_error::ApiError;
use crate::identity::SignInAssertionError;
use crate::ledger::{LedgerRefusal, MAXIMUM_LIVE_TOKENS};

const NOTHING_HERE: &str =
    "Nothing is here: the path is no part of the API, or the subject has no such token.";

const SESSION_OVER: &str = "Your session has ended: it lasts twelve hours at most, and an operator can end it earlier. \
                            Sign in from your hub again.";

impl ApiError {
    /// The error, and what to do.
    pub(crate) fn text(&self) -> Cow<'static, str> {
        match self {
            Self::Ledger(refusal) => of_a_ledger(refusal),
            Self::NotFound => NOTHING_HERE.into(),
            Self::MethodNotAllowed { allowed } => {
                format!("This path does not have that method. Use one of these: {allowed}.").into()
            }
            Self::AdminKeyRequired => "This needs the admin key. Send `Authorization: Bearer \
                <LYCHGATE_ADMIN_KEY>`, from server to server only."
                .into(),
            Self::TokenIsNoAdmin => "An access token cannot create, list, refresh or look at tokens; it can revoke \
                itself (POST api/revoke). Send the admin key."
                .into(),
            Self::ParameterInvalid { name, expected } => {
                format!("The parameter {name} is wrong: {expected}.").into()
            }
            Self::ParameterUnknown { known: [] } => {
                "The query has a parameter, and this path has none. Leave it out.".into()
            }
            Self::ParameterUnknown { known } => {
                let known = known.join(", ");
                format!("The query has a parameter that this path does not have. It has: {known}.").into()
            }
            Self::BodyMalformed { reason } => format!("The body cannot be read: {reason}.").into(),
            Self::Restrictions(error) => format!("The restrictions are wrong: {error}.").into(),
            Self::TokenTooLong => "With these restrictions the token would be too long: a token has at most 512 \
                characters. Use fewer or shorter entries, such as acme/* instead of every repository of acme."
                .into(),
            Self::BodyTooLarge { maximum } => {
                let kibibytes = maximum / 1024;
                format!("The body is larger than {kibibytes} KiB. Send less at a time.").into()
            }
            Self::MediaTypeUnsupported { expected } => {
                format!("The body's Content-Type is not one that is read here. Send {expected}.").into()
            }
            Self::SignatureInvalid => "The signature does not match the body, or its headers are missing or name no \
                key of GitHub's. Sign the raw body."
                .into(),
            Self::SessionRequired => "Nobody is signed in here. Sign in from your hub.".into(),
            Self::SessionExpired => SESSION_OVER.into(),
            Self::PageHostRequired => {
                "People sign in at the page's own host only (PAGE_HOST). Open the page from your hub.".into()
            }
            Self::TooManyReports => "Your address sends too many tokens to be revoked. Wait a minute, and send a JSON \
                list of up to a thousand tokens at a time."
                .into(),
            Self::CsrfInvalid => "This write lacks the header X-Lychgate-CSRF of this session, or has another \
                session's. Reload the page and try again."
                .into(),
            Self::CrossSite => {
                "This request comes from another site, as the browser says. Open the gate's own page.".into()
            }
            Self::SubjectMismatch => {
                "These are not the tokens of whoever is signed in. Sign in as the other user from your hub.".into()
            }
            Self::SignInAssertion(SignInAssertionError::Expired { .. }) => {
                "This sign-in is older than the minute that it holds. Go back to your hub and sign in again.".into()
            }
            Self::SignInAssertion(error) => format!(
                "This sign-in cannot be believed. Go back to your hub and sign in again; should it fail again, tell \
                 whoever runs the hub: {error}."
            )
            .into(),
            Self::SignInAssertionUsed => {
                "This sign-in was used before, and holds once only. Go back to your hub and sign in again.".into()
            }
            Self::TooManyCalls { retry_after } => format!(
                "Your sessions asked too often lately. Try again in {retry_after} seconds. Nothing was changed."
            )
            .into(),
        }
    }
}

/// Why a ledger refuses, and what to do.
fn of_a_ledger(refusal: &LedgerRefusal) -> Cow<'static, str> {
    match refusal {
        LedgerRefusal::NotFound => NOTHING_HERE.into(),
        LedgerRefusal::SessionRevoked => SESSION_OVER.into(),
        LedgerRefusal::NameTaken => {
            "A live token of this subject has this name. Choose another, or revoke or refresh that one.".into()
        }
        LedgerRefusal::LimitReached => format!(
            "This subject has {MAXIMUM_LIVE_TOKENS} tokens that are accepted, those in a grace period included: the \
             most there may be. Revoke some first."
        )
        .into(),
        LedgerRefusal::AlreadyRevoked => {
            "This token is revoked, or will be when its grace period is over. Create a new one.".into()
        }
        LedgerRefusal::RestrictionExpired => "A restriction limits this token to a time that has passed, and a \
            refresh keeps all restrictions. Create a token with a later time, or without."
            .into(),
        LedgerRefusal::SubjectBlocked => "This user is blocked: they cannot sign in here, and nobody can create \
            tokens for them. Ask whoever runs the hub."
            .into(),
        LedgerRefusal::IdempotencyKeyReused => {
            "This Idempotency-Key came with another request before. Use a fresh key for each request.".into()
        }
        LedgerRefusal::TooManyWrites { retry_after } => format!(
            "Too many tokens of this subject were created or refreshed lately. Try again in {retry_after} seconds."
        )
        .into(),
    }
}
