//! What a decision comes to: the request is authorized, refused, or waits for something. Knows nothing of how a refusal
//! looks, or of the steps that led to it.

use crate::request::Target;
use crate::response::{Fault, Refusal};
use crate::routes::{Access, Rule};
use crate::token::{Claims, Subject, TokenId};

use super::input::Mode;

/// A verdict, and what the log may say of how it came about.
#[derive(Debug)]
pub struct Decision<'a> {
    /// What is to happen.
    pub verdict: Verdict<'a>,
    /// The rule that gave the request its class, if one did.
    pub rule: Option<Rule<'a>>,
    /// The public name of the token, if it was genuine.
    pub token: Option<TokenId>,
    /// Whose membership record was consulted, if one was.
    pub member: Option<Subject>,
}

/// What is to happen with a request.
#[derive(Debug)]
pub enum Verdict<'a> {
    /// It goes on.
    Forward(AuthorizedRequest<'a>),
    /// The caller is told why not.
    Refuse(Refusal),
    /// The gate cannot judge it, which is not the caller's fault.
    Fail(Fault),
    /// Something must be fetched first; then decide again.
    Wait(Need),
    /// It is a CORS preflight, and the gate answers it ([`answer_preflight`](crate::answer_preflight)).
    AnswerPreflight,
}

/// What a decision lacks.
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

/// Leave to go on to the origin. Only [`decide`](super::decide) gives one.
#[derive(Debug)]
pub struct AuthorizedRequest<'a> {
    target: Target<'a>,
    access: Access,
    identity: Option<Claims>,
    observed: Option<Observed>,
}

impl<'a> AuthorizedRequest<'a> {
    /// For a request that needs no token.
    pub(super) fn without_token(target: Target<'a>, access: Access) -> Self {
        Self {
            target,
            access,
            identity: None,
            observed: None,
        }
    }

    /// For a request whose token was verified and may do this.
    pub(super) fn with_token(
        target: Target<'a>,
        access: Access,
        claims: Claims,
        observed: Option<Observed>,
    ) -> Self {
        Self {
            target,
            access,
            identity: Some(claims),
            observed,
        }
    }

    /// The target as it was judged and goes on.
    pub fn target(&self) -> &str {
        self.target.canonical()
    }

    /// What the request does.
    pub fn access(&self) -> Access {
        self.access
    }

    /// Who comes; `None` for what is public and for anonymous reads.
    pub fn identity(&self) -> Option<&Claims> {
        self.identity.as_ref()
    }

    /// What would have been answered, were the gate not only observing.
    pub fn observed(&self) -> Option<&Observed> {
        self.observed.as_ref()
    }
}

/// What [`Mode::Enforce`] would have answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Observed {
    /// A refusal for role, restrictions or membership.
    Refusal(Refusal),
    /// A fault: what the subject is in the namespace is not known.
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

/// Who a token says its bearer is, or why that is not believed.
#[derive(Debug)]
pub enum Identification {
    /// Genuine, unexpired, and not known to be revoked.
    Token(Claims),
    /// The caller is told why not.
    Refuse(Refusal),
    /// The gate cannot judge it, which is not the caller's fault.
    Fail(Fault),
    /// This shard's list must be fetched first.
    Wait(u16),
}

/// Why an evaluation ends before the request is authorized.
#[derive(Clone, Debug)]
pub(super) enum Halt {
    /// The caller is told why.
    Refuse(Refusal),
    /// The gate cannot judge the request.
    Fail(Fault),
    /// Something must be fetched first.
    Wait(Need),
    /// There is nothing to judge: the gate answers the preflight.
    Preflight,
}

impl Halt {
    /// In [`Mode::Observe`], keeps the first answer that is withheld, and lets the evaluation go on.
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

/// Why a body that decides does not tell what a request does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BodyError {
    /// It was not read yet.
    Unread,
    /// It is longer than a body that decides may be.
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
