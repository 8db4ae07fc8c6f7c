//! The verdict on a request: authorized, refused, or waiting for something. Knows nothing of how a refusal looks, or of the
//! steps that led to it.

use crate::request::Target;
use crate::response::{Fault, Refusal};
use crate::routes::{Access, Rule};
use crate::token::{Claims, Subject, TokenId, Verified};

use super::input::Mode;

/// A verdict, and what the log may say about it.
#[derive(Debug)]
pub struct Decision<'a> {
    /// The verdict.
    pub verdict: Verdict<'a>,
    /// The rule that gave the request its class, if one did.
    pub rule: Option<Rule<'a>>,
    /// The public id of the token, if it was genuine.
    pub token: Option<TokenId>,
    /// The subject whose membership record was consulted, if one was.
    pub member: Option<Subject>,
}

/// What the gate does with a request.
#[derive(Debug)]
pub enum Verdict<'a> {
    /// Forward it.
    Forward(AuthorizedRequest<'a>),
    /// Refuse it, and tell the caller why.
    Refuse(Refusal),
    /// Fail: the gate cannot decide, which is not the caller's fault.
    Fail(Fault),
    /// Fetch something first, then decide again.
    Wait(Need),
    /// Answer it as a CORS preflight ([`answer_preflight`](crate::response::answer_preflight)).
    AnswerPreflight,
}

/// What is missing for a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// The request's body.
    Body,
    /// Where the request comes from.
    ClientAddress,
    /// The revocation list of this shard.
    RevocationList(u16),
    /// The membership record of this subject.
    Membership(Subject),
}

/// The permission to forward a request to the origin. Only [`decide`](super::decide) creates one.
#[derive(Debug)]
pub struct AuthorizedRequest<'a> {
    target: Target<'a>,
    access: Access,
    token: Option<Verified>,
    observed: Option<Observed>,
}

impl<'a> AuthorizedRequest<'a> {
    /// The permission for a request that needs no token.
    pub(super) fn without_token(target: Target<'a>, access: Access) -> Self {
        Self {
            target,
            access,
            token: None,
            observed: None,
        }
    }

    /// The permission for a request whose token was verified and allows it.
    pub(super) fn with_token(
        target: Target<'a>,
        access: Access,
        token: Verified,
        observed: Option<Observed>,
    ) -> Self {
        Self {
            target,
            access,
            token: Some(token),
            observed,
        }
    }

    /// The canonical target that was checked and is forwarded.
    pub fn target(&self) -> &str {
        self.target.canonical()
    }

    /// The access that the request needs.
    pub fn access(&self) -> Access {
        self.access
    }

    /// The user; `None` for public requests and for anonymous reads.
    pub fn identity(&self) -> Option<&Claims> {
        self.token.as_ref().map(Verified::claims)
    }

    /// The token that it comes with; `None` for what is public and for anonymous reads.
    pub fn token(&self) -> Option<&Verified> {
        self.token.as_ref()
    }

    /// The answer that `MODE = "observe"` suppressed.
    pub fn observed(&self) -> Option<&Observed> {
        self.observed.as_ref()
    }
}

/// The answer of [`Mode::Enforce`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Observed {
    /// A refusal because of role, restrictions or membership.
    Refusal(Refusal),
    /// A fault: the subject's role in the namespace is unknown.
    Fault(Fault),
}

impl Observed {
    /// The answer's code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Refusal(refusal) => refusal.code(),
            Self::Fault(fault) => fault.code(),
        }
    }

    /// The answer's HTTP status.
    pub const fn status(&self) -> u16 {
        match self {
            Self::Refusal(refusal) => refusal.status(),
            Self::Fault(fault) => fault.status(),
        }
    }
}

/// The user that a token identifies, or why the token is not accepted.
#[derive(Debug)]
pub enum Identification {
    /// Genuine, unexpired, and not known to be revoked.
    Token(Claims),
    /// Refuse it, and tell the caller why.
    Refuse(Refusal),
    /// Fail: the gate cannot decide, which is not the caller's fault.
    Fail(Fault),
    /// Fetch this shard's list first.
    Wait(u16),
}

/// Why an evaluation ends before the request is authorized.
#[derive(Clone, Debug)]
pub(super) enum Halt {
    /// The request is refused.
    Refuse(Refusal),
    /// The gate cannot decide.
    Fail(Fault),
    /// Something must be fetched first.
    Wait(Need),
    /// There is nothing to decide: the gate answers the preflight.
    Preflight,
}

impl Halt {
    /// In [`Mode::Observe`], keeps the first answer that is suppressed, and lets the evaluation continue.
    pub(super) fn or_observe(self, mode: Mode, observed: &mut Option<Observed>) -> Result<(), Self> {
        let withheld = match (mode, self) {
            (Mode::Observe, Self::Refuse(refusal)) => Observed::Refusal(refusal),
            (Mode::Observe, Self::Fail(fault)) => Observed::Fault(fault),
            (Mode::Observe | Mode::Enforce, halt) => return Err(halt),
        };
        observed.get_or_insert(withheld);
        Ok(())
    }
}

/// Why the body does not determine the access of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BodyError {
    /// It has not been read yet.
    Unread,
    /// It is longer than the limit.
    TooLong,
}

impl From<BodyError> for Halt {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::Unread => Self::Wait(Need::Body),
            BodyError::TooLong => Self::Refuse(Refusal::BodyTooLarge),
        }
    }
}

impl From<Refusal> for Halt {
    fn from(refusal: Refusal) -> Self {
        Self::Refuse(refusal)
    }
}

impl<'a> From<Result<AuthorizedRequest<'a>, Halt>> for Verdict<'a> {
    fn from(evaluated: Result<AuthorizedRequest<'a>, Halt>) -> Self {
        match evaluated {
            Ok(pass) => Self::Forward(pass),
            Err(Halt::Refuse(refusal)) => Self::Refuse(refusal),
            Err(Halt::Fail(fault)) => Self::Fail(fault),
            Err(Halt::Wait(need)) => Self::Wait(need),
            Err(Halt::Preflight) => Self::AnswerPreflight,
        }
    }
}
