//! The trace of an evaluation: what each step found, told to whoever asks. The request path keeps what the log may say;
//! `explain` and the page keep every step. Whoever listens changes nothing: a trace only receives.

use crate::request::CredentialsError;
use crate::request::MethodError;
use crate::request::{Target, TargetError};
use crate::response::{Refusal, UnmetRestriction};
use crate::routes::{Access, Route, RouteError, Rule};
use crate::state::Held;
use crate::token::{Claims, Subject, TokenId};

use super::verdict::{BodyError, Halt};

/// What one step found. A step that ends the evaluation says why.
#[derive(Clone, Copy)]
pub(super) enum Finding<'step, 'a> {
    /// The gate does not know the method.
    Method(MethodError),
    /// The target in its canonical spelling.
    Target(Result<&'step Target<'a>, TargetError>),
    /// What the route table says of method and target.
    Route(Result<&'step Route<'a, 'step>, RouteError>),
    /// It is an `OPTIONS` request but no preflight, and counts as a write.
    NoPreflight,
    /// The credentials are not of a form that can hold a token.
    Credentials(CredentialsError),
    /// There are no credentials.
    NoToken {
        /// Whether the request may do without.
        granted: bool,
    },
    /// What the token says of itself, which is believed.
    Token(Result<&'step Claims, &'step Refusal>),
    /// The token is revoked, or whether it is cannot be told.
    Revocation(&'step Halt),
    /// Whether the token's role covers this. Told twice: before and after the body was asked.
    Role {
        /// What the token says.
        claims: &'step Claims,
        /// What the request does, as far as it is known.
        access: Access,
        /// Whether the role covers it.
        granted: bool,
    },
    /// Whether the token's restrictions hold, where it has some. Told twice where the body decides.
    Restrictions {
        /// What the token says.
        claims: &'step Claims,
        /// The first that does not.
        unmet: Option<&'step UnmetRestriction>,
    },
    /// What the request does, once nothing about it is open.
    Access {
        /// Whether the body was asked.
        body_decides: bool,
        /// What came out.
        access: Result<Access, BodyError>,
    },
    /// A page of another site may have sent it with credentials that the browser keeps.
    CrossSite,
    /// What the subject is in the namespace.
    Membership {
        /// Whom the token stands for.
        subject: &'step Subject,
        /// The namespace that the path names.
        namespace: Option<&'step str>,
        /// What the request does.
        access: Access,
        /// What the memberships say.
        held: Held,
        /// Whether that covers it.
        granted: bool,
    },
}

/// Receives what an evaluation finds, step by step. A type parameter of the evaluation, so that what nobody keeps is
/// never made.
pub(super) trait Trace<'a> {
    /// Takes note of one finding.
    fn record(&mut self, finding: Finding<'_, 'a>);
}

/// Keeps nothing.
pub(super) struct Untraced;

impl<'a> Trace<'a> for Untraced {
    #[inline]
    fn record(&mut self, _: Finding<'_, 'a>) {}
}

/// Keeps what the log may say: the rule, and the public names of token and member.
#[derive(Default)]
pub(super) struct LogTrace<'a> {
    pub(super) rule: Option<Rule<'a>>,
    pub(super) token: Option<TokenId>,
    pub(super) member: Option<Subject>,
}

impl<'a> Trace<'a> for LogTrace<'a> {
    #[inline]
    fn record(&mut self, finding: Finding<'_, 'a>) {
        if let Finding::Route(Ok(route)) = finding {
            self.rule = Some(route.rule);
        } else if let Finding::NoPreflight = finding {
            self.rule = Some(Rule::NoPreflight);
        } else if let Finding::Token(Ok(claims)) = finding {
            self.token = Some(claims.id);
        } else if let Finding::Membership { subject, held, .. } = finding
            && held.is_by_record()
        {
            self.member = Some(*subject);
        }
    }
}
