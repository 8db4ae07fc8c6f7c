//! The trace of an evaluation: a receiver for what each step found. The request path keeps what the log may contain;
//! `explain` and the page keep every step. A trace only receives, so it cannot change the decision.

use crate::request::{CredentialsError, MethodError, Target, TargetError};
use crate::response::{Refusal, UnmetRestriction};
use crate::routes::{Access, Route, RouteError, Rule};
use crate::state::Held;
use crate::token::{Claims, Subject, TokenId};

use super::verdict::{BodyError, Halt};

/// What one step found. A step that ends the evaluation gives the reason.
#[derive(Clone, Copy)]
pub(super) enum Finding<'step, 'a> {
    /// The gate does not know the method.
    Method(MethodError),
    /// The target in its canonical spelling.
    Target(Result<&'step Target<'a>, TargetError>),
    /// What the route table says of method and target.
    Route(Result<&'step Route<'a, 'step>, RouteError>),
    /// The request is an `OPTIONS` but not a preflight, so it counts as a write.
    NoPreflight,
    /// The credentials have no form that can hold a token.
    Credentials(CredentialsError),
    /// There are no credentials.
    NoToken {
        /// Whether the request is allowed without a token.
        granted: bool,
    },
    /// The claims of the verified token, or why it is refused.
    Token(Result<&'step Claims, &'step Refusal>),
    /// The token is revoked, or the gate cannot tell whether it is.
    Revocation(&'step Halt),
    /// Whether the token's role covers the access. Recorded twice: before and after the body is read.
    Role {
        /// The token's claims.
        claims: &'step Claims,
        /// The access that the request needs, as far as it is known.
        access: Access,
        /// Whether the role covers it.
        granted: bool,
    },
    /// Whether the token's restrictions allow the request, if it has any. Recorded twice if the body decides.
    Restrictions {
        /// The token's claims.
        claims: &'step Claims,
        /// The first restriction that does not.
        unmet: Option<&'step UnmetRestriction>,
    },
    /// A `GET` or `HEAD` has a body.
    StrayBody,
    /// The access that the request needs, once it is determined completely.
    Access {
        /// Whether the body determined it.
        body_decides: bool,
        /// The result.
        access: Result<Access, BodyError>,
    },
    /// A page of another site may have sent the request with credentials that the browser stores.
    CrossSite,
    /// The subject's membership in the namespace.
    Membership {
        /// The token's subject.
        subject: &'step Subject,
        /// The namespace that the path names.
        namespace: Option<&'step str>,
        /// The access that the request needs.
        access: Access,
        /// What the memberships say.
        held: Held,
        /// Whether the membership covers the access.
        granted: bool,
    },
}

/// Receives the findings of an evaluation, step by step. It is a type parameter of the evaluation, so findings that nobody
/// keeps cost nothing.
pub(super) trait Trace<'a> {
    /// Receives one finding.
    fn record(&mut self, finding: Finding<'_, 'a>);
}

/// A trace that keeps nothing.
pub(super) struct Untraced;

impl<'a> Trace<'a> for Untraced {
    #[inline]
    fn record(&mut self, _: Finding<'_, 'a>) {}
}

/// A trace that keeps what the log may contain: the rule, and the public names of token and member.
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
