//! The steps of an evaluation, one function each. A step takes values, tells the trace what it found, and ends the
//! evaluation by returning an error. [`evaluate`](super::evaluate::evaluate) calls them in order.

use std::borrow::Cow;

use super::input::{Anonymous, Body, Request, State};
use super::permission::{Permission, permission};
use super::revocation_status::RevocationStatus;
use super::trace::{Finding, Trace};
use super::verdict::{BodyError, Halt, Need};
use crate::request::{
    Content, Credentials, CredentialsError, Method, Target, TargetError, decodings,
    has_no_underscore_in_any_decoding, is_organization_token,
};
use crate::response::{Fault, Refusal};
use crate::routes::{Access, Class, Known, RequiredMembership, Route, RouteError, RouteTable, Rule};
use crate::state::{Held, MembershipRole, Memberships};
use crate::token::{
    Claims, Likeness, Prefix, Timestamp, TokenError, TokenSlip, Verified, Verifier, contains_token,
};

/// The method, if the gate knows it.
pub(super) fn parse_method<'a>(text: &str, trace: &mut impl Trace<'a>) -> Result<Method, Refusal> {
    text.parse().map_err(|error| {
        trace.record(Finding::Method(error));
        Refusal::MethodUnsupported
    })
}

/// The target, if it is unambiguous.
pub(super) fn parse_target<'a>(
    parsed: Result<Target<'a>, TargetError>,
    trace: &mut impl Trace<'a>,
) -> Result<Target<'a>, Refusal> {
    trace.record(Finding::Target(parsed.as_ref().map_err(|error| *error)));
    parsed.map_err(refuse_target)
}

/// The route that the table gives for method and target.
pub(super) fn find_route<'a, 'target>(
    method: Method,
    target: &'target Target<'a>,
    table: &'a RouteTable,
    trace: &mut impl Trace<'a>,
) -> Result<Route<'a, 'target>, Refusal> {
    let route = table.classify(method, target);
    trace.record(Finding::Route(route.as_ref().map_err(|error| *error)));
    Ok(route?)
}

/// The content headers that count: `GET` and `HEAD` are forwarded without a body.
pub(super) fn content_that_counts(method: Method, content: Content<'_>) -> Content<'_> {
    if method.has_no_body() {
        Content::None
    } else {
        content
    }
}

/// Refuses a `GET` or `HEAD` with a body. Some clients announce a body of no bytes, which counts as none.
pub(super) fn check_no_body<'a>(
    method: Method,
    content: Content<'_>,
    request: &Request<'_>,
    trace: &mut impl Trace<'a>,
) -> Result<(), Halt> {
    if !method.has_no_body() || content == Content::None {
        return Ok(());
    }
    match request.body {
        Body::Whole([]) => return Ok(()),
        Body::Unread => return Err(BodyError::Unread.into()),
        Body::Whole(_) | Body::TooLong => {}
    }
    trace.record(Finding::StrayBody);
    Err(Refusal::BodyUnexpected.into())
}

/// The same route, but as a write if the request is an `OPTIONS` and not a preflight: many servers run a write handler for
/// every method other than `GET`.
pub(super) fn require_preflight<'a, 'target>(
    method: Method,
    route: Route<'a, 'target>,
    request: &Request<'_>,
    trace: &mut impl Trace<'a>,
) -> Route<'a, 'target> {
    if method != Method::Options || request.sender.asks_for_leave(request.content) {
        return route;
    }
    trace.record(Finding::NoPreflight);
    Route {
        class: Class::Known(Access::Write),
        rule: Rule::NoPreflight,
        ..route
    }
}

/// Refuses a request whose target holds a token: logs keep targets. Whether the token is genuine does not matter, nor whether the
/// request needs one.
pub(super) fn check_no_token_in_target<'a>(
    target: &Target<'_>,
    tokens: &Verifier,
    trace: &mut impl Trace<'a>,
) -> Result<(), Refusal> {
    // Every token has an underscore. One pass without an end in between is a few instructions for sixteen bytes.
    let may_hold = |found, byte| found | matches!(byte, b'_' | b'%');
    if !target.canonical().bytes().fold(false, may_hold)
        || has_no_underscore_in_any_decoding(target.canonical())
    {
        return Ok(());
    }
    let holds = |text: Cow<'_, str>| contains_token(&text, tokens.prefix(), Likeness::Checksum);
    if decodings(target.canonical()).any(holds) {
        let error = CredentialsError::InTarget;
        trace.record(Finding::Credentials(error));
        return Err(Refusal::CredentialsMalformed(error));
    }
    Ok(())
}

/// The credentials that the request presents.
pub(super) fn read_credentials<'a>(
    request: &Request<'a>,
    target: &Target<'_>,
    trace: &mut impl Trace<'a>,
) -> Result<Credentials<'a>, Refusal> {
    Credentials::read(request.authorization, request.api_key, target).map_err(|error| {
        trace.record(Finding::Credentials(error));
        Refusal::CredentialsMalformed(error)
    })
}

/// The access of a request without a token, if anonymous requests may have it.
pub(super) fn authorize_anonymous<'a>(
    anonymous: Anonymous,
    class: Class<'a>,
    request: &Request<'_>,
    target: &Target<'_>,
    trace: &mut impl Trace<'a>,
) -> Result<Access, Halt> {
    // If the request is refused whatever its body says, an anonymous client cannot make the gate read the body.
    let access = match anonymous {
        Anonymous::Reads if class.at_least() <= Access::Read => {
            Some(find_access(class, target, request, trace)?)
        }
        Anonymous::Reads | Anonymous::Deny => None,
    };
    let granted = access.filter(|access| *access <= Access::Read);
    trace.record(Finding::NoToken {
        granted: granted.is_some(),
    });
    granted.ok_or(Halt::Refuse(Refusal::TokenRequired))
}

/// The verified token, if it is genuine and unexpired.
pub(super) fn verify_token<'a>(
    text: &str,
    tokens: &Verifier,
    now: Timestamp,
    trace: &mut impl Trace<'a>,
) -> Result<Verified, Refusal> {
    let verified = if is_organization_token(text) {
        Err(Refusal::OrganizationTokenDeprecated)
    } else {
        tokens
            .verify(text, now)
            .map_err(|error| refuse_token(error, text, tokens.prefix()))
    };
    trace.record(Finding::Token(verified.as_ref().map(Verified::claims)));
    verified
}

/// What the gate knows of whether the token is revoked.
pub(super) fn find_revocation_status<'a>(
    token: &Verified,
    state: &State,
    now: Timestamp,
    trace: &mut impl Trace<'a>,
) -> Result<RevocationStatus, Halt> {
    RevocationStatus::of(token, state, now).inspect_err(|halt| trace.record(Finding::Revocation(halt)))
}

/// Checks whether the token's role covers the access. If no membership could allow the request, it is refused before the
/// gate fetches anything for it.
pub(super) fn check_role<'a>(
    claims: &Claims,
    access: Access,
    trace: &mut impl Trace<'a>,
) -> Result<(), Halt> {
    let permitted = permit(claims, MembershipRole::Owner, access);
    trace.record(Finding::Role {
        claims,
        access,
        granted: permitted.is_ok(),
    });
    permitted
}

/// The access that the request needs. If the body determines the class, this step reads it.
pub(super) fn find_access<'a>(
    class: Class<'_>,
    target: &Target<'_>,
    request: &Request<'_>,
    trace: &mut impl Trace<'a>,
) -> Result<Access, BodyError> {
    let known = class.without_body(target, request.content);
    let access = match (known, request.body) {
        (Known::Access(access), _) => Ok(access),
        (Known::NeedsBody, Body::Whole(body)) => Ok(class.with_body(target, request.content, body)),
        (Known::NeedsBody, Body::Unread) => Err(BodyError::Unread),
        (Known::NeedsBody, Body::TooLong) => Err(BodyError::TooLong),
    };
    trace.record(Finding::Access {
        body_decides: known == Known::NeedsBody,
        access,
    });
    access
}

/// Checks that no page of another site can have sent a write, or opened a connection, with credentials that the browser
/// stores.
pub(super) fn check_sender<'a>(
    credentials: &Credentials<'_>,
    request: &Request<'_>,
    access: Access,
    trace: &mut impl Trace<'a>,
) -> Result<(), Refusal> {
    let is_more_than_a_look = access > Access::Read || request.sender.opens_a_connection();
    if is_more_than_a_look && credentials.may_be_a_browsers() && request.sender.may_be_another_site() {
        trace.record(Finding::CrossSite);
        return Err(Refusal::CrossSite);
    }
    Ok(())
}

/// Checks whether what is known of the revocation suffices for the access.
pub(super) fn check_revocation_status<'a>(
    status: &RevocationStatus,
    access: Access,
    trace: &mut impl Trace<'a>,
) -> Result<(), Halt> {
    status
        .check(access)
        .inspect_err(|halt| trace.record(Finding::Revocation(halt)))
}

/// Checks whether the subject's membership in the namespace covers the access.
pub(super) fn check_membership<'a>(
    claims: &Claims,
    route: &Route<'_, '_>,
    access: Access,
    memberships: &Memberships,
    now: Timestamp,
    trace: &mut impl Trace<'a>,
) -> Result<(), Halt> {
    let held = memberships.held(&claims.subject, route, access, now);
    let is_for_contributors = route.membership == RequiredMembership::Contributor;
    let access = if access == Access::Write && is_for_contributors {
        Access::Contribute
    } else {
        access
    };
    let permitted = match held {
        Held::Exempt(_) => Ok(()),
        Held::Role(role) => permit(claims, role, access),
        Held::Unknown => Err(Halt::Wait(Need::Membership(claims.subject))),
        Held::Unavailable => Err(Halt::Fail(Fault::MembershipsUnavailable)),
        Held::NamespaceMissing => Err(Refusal::NamespaceUnknown.into()),
    };
    trace.record(Finding::Membership {
        subject: &claims.subject,
        namespace: route.namespace,
        access,
        held,
        granted: permitted.is_ok(),
    });
    permitted
}

fn permit(claims: &Claims, membership: MembershipRole, access: Access) -> Result<(), Halt> {
    match permission(claims.role, membership, access) {
        Permission::Granted => Ok(()),
        Permission::RoleInsufficient => Err(Refusal::RoleInsufficient {
            held: claims.role,
            needed: access,
        }
        .into()),
        Permission::MembershipInsufficient => Err(Refusal::MembershipInsufficient {
            held: membership,
            needed: access,
        }
        .into()),
    }
}

fn refuse_target(error: TargetError) -> Refusal {
    if let TargetError::Long { bytes } = error {
        Refusal::TargetTooLong { bytes }
    } else {
        Refusal::TargetAmbiguous(error)
    }
}

fn refuse_token(error: TokenError, text: &str, prefix: &Prefix) -> Refusal {
    if let TokenError::Expired { id, expired_at, .. } = error {
        return Refusal::TokenExpired { id, expired_at };
    }
    let slip = if matches!(
        error,
        TokenError::Prefix | TokenError::Length | TokenError::Alphabet
    ) {
        TokenSlip::of(text, prefix)
    } else {
        None
    };
    slip.map_or(Refusal::TokenInvalid(error), Refusal::TokenMistaken)
}

impl From<RouteError> for Refusal {
    fn from(error: RouteError) -> Self {
        match error {
            RouteError::Ambiguous(error) => refuse_target(error),
            RouteError::Refused { .. } => Self::RouteRefused,
            RouteError::Reserved => Self::PathReserved,
        }
    }
}
