//! The evaluation: from a request to a verdict. This is the one place that combines everything the gate knows.
//!
//! The order is method, target, route, credentials, token, revocation status, role, restrictions, body, sender, membership. The body comes
//! after the token, so nobody without a valid token can make the gate read one. The membership comes last, because its record
//! may have to be fetched. Pure: time is an argument, and [`Verdict::Wait`](super::Verdict::Wait) asks for what is missing.
//! Knows nothing of how a refusal looks.

use super::input::{Request, State};
use super::restrictions::{Asked, check_networks, check_restrictions};
use super::steps::{
    authorize_anonymous, check_membership, check_no_body, check_no_token_in_target, check_revocation_status,
    check_role, check_sender, content_that_counts, find_access, find_revocation_status, find_route,
    parse_method, parse_target, read_credentials, require_preflight, verify_token,
};
use super::trace::{LogTrace, Trace, Untraced};
use super::verdict::{AuthorizedRequest, Decision, Halt, Identification, Need};
use crate::request::{ClientAddress, Content, Method, Target};
use crate::response::{Fault, Refusal};
use crate::routes::{Access, Class, Rule};
use crate::token::{Claims, Timestamp, Verifier};

/// Decides about a request.
pub fn decide<'a>(request: &Request<'a>, state: &'a State, now: Timestamp) -> Decision<'a> {
    let mut trace = LogTrace::default();
    let content = |_, _| request.content;
    let verdict = evaluate(request, content, state, now, &mut trace).into();
    Decision {
        verdict,
        rule: trace.rule,
        token: trace.token,
        member: trace.member,
    }
}

/// The claims of a token, if it is genuine and unexpired and may be used from this address. This does not check whether it is revoked.
///
/// # Errors
/// The refusal that [`decide`] gives.
pub fn identify(
    text: &str,
    tokens: &Verifier,
    address: ClientAddress<'_>,
    now: Timestamp,
) -> Result<Claims, Refusal> {
    let token = verify_token(text, tokens, now, &mut Untraced)?;
    check_networks(token.claims(), address)?;
    Ok(token.claims().clone())
}

/// Decides about a token alone, as [`decide`] does for a request that reads.
pub fn check_token(text: &str, state: &State, now: Timestamp) -> Identification {
    let identified = verify_token(text, &state.tokens, now, &mut Untraced)
        .map_err(Halt::from)
        .and_then(|token| {
            let _enough_for_reads = find_revocation_status(&token, state, now, &mut Untraced)?;
            Ok(token.claims().clone())
        });
    match identified {
        Ok(claims) => Identification::Token(claims),
        Err(Halt::Refuse(refusal)) => Identification::Refuse(refusal),
        Err(Halt::Fail(fault)) => Identification::Fail(fault),
        Err(Halt::Wait(Need::RevocationList(shard))) => Identification::Wait(shard),
        // Without a request, there is no body, no address and no membership to check.
        Err(Halt::Wait(Need::Body | Need::ClientAddress | Need::Membership(_)) | Halt::Preflight) => {
            Identification::Fail(Fault::Trapped)
        }
    }
}

/// Decides about a request, and tells `trace` what each step finds.
///
/// `content` has the request's content headers and replaces its own field: a supposed request has those that clients send in
/// requests of its class.
pub(super) fn evaluate<'a>(
    request: &Request<'a>,
    content: impl FnOnce(Method, Class<'a>) -> Content<'a>,
    state: &'a State,
    now: Timestamp,
    trace: &mut impl Trace<'a>,
) -> Result<AuthorizedRequest<'a>, Halt> {
    let method = parse_method(request.method, trace)?;
    let target = parse_target(Target::parse(request.target), trace)?;
    let route = find_route(method, &target, &state.routes, trace)?;
    check_no_token_in_target(&target, &state.tokens, trace)?;
    let said_content = content(method, route.class);
    let content = content_that_counts(method, said_content);
    let request = &Request { content, ..*request };
    let route = require_preflight(method, route, request, trace);
    if route.class == Class::Known(Access::Public) {
        if method == Method::Options && route.rule == Rule::Unlisted {
            return Err(Halt::Preflight);
        }
        return Ok(AuthorizedRequest::without_token(target, Access::Public));
    }
    let credentials = read_credentials(request, &target, trace)?;
    let Some(text) = credentials.token() else {
        let access = authorize_anonymous(state.anonymous, route.class, request, &target, trace)?;
        check_no_body(method, said_content, request, trace)?;
        return Ok(AuthorizedRequest::without_token(target, access));
    };
    let token = verify_token(text, &state.tokens, now, trace)?;
    let claims = token.claims();
    let revocation_status = find_revocation_status(&token, state, now, trace)?;
    let mut observed = None;
    // If no body could make the request acceptable, it is refused before the body is read.
    let at_least = route.class.at_least();
    check_role(claims, at_least, trace).or_else(|halt| halt.or_observe(state.mode, &mut observed))?;
    let asked = Asked {
        method,
        target: &target,
        sender: request.sender,
        content,
    };
    check_restrictions(claims, asked, at_least, &state.routes, trace)
        .or_else(|halt| halt.or_observe(state.mode, &mut observed))?;
    check_no_body(method, said_content, request, trace)?;
    let access = find_access(route.class, &target, request, trace)?;
    check_role(claims, access, trace).or_else(|halt| halt.or_observe(state.mode, &mut observed))?;
    if access != at_least {
        check_restrictions(claims, asked, access, &state.routes, trace)
            .or_else(|halt| halt.or_observe(state.mode, &mut observed))?;
    }
    check_sender(&credentials, request, access, trace)?;
    check_revocation_status(&revocation_status, access, trace)?;
    check_membership(claims, &route, access, &state.memberships, now, trace)
        .or_else(|halt| halt.or_observe(state.mode, &mut observed))?;
    Ok(AuthorizedRequest::with_token(target, access, token, observed))
}
