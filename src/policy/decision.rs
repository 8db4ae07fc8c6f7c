//! From a request to a verdict: the one place where everything that the gate knows comes together.
//!
//! The order is that of design section 5 and 6: method, target, route, credentials, token, revocation, role,
//! membership, and last the body, so that nobody makes the gate read a body without a valid token. Pure: time
//! comes as an argument, and what is missing is asked for by [`Verdict::Wait`]. Knows nothing of how a refusal
//! looks.

use crate::policy::{Permission, permission};
use crate::request::Content;
use crate::request::Method;
use crate::request::Sender;
use crate::request::{Credentials, is_organization_token};
use crate::request::{Target, TargetError};
use crate::response::{Fault, Refusal};
use crate::routes::{Access, Class, Known, Route, RouteError, RouteTable, Rule};
use crate::state::{Held, MembershipRole, Memberships};
use crate::state::{Lookup, NotRevoked, OnStale, RevocationList, Revocations};
use crate::token::{Claims, Subject, Timestamp, TokenId};
use crate::token::{TokenError, Verified, Verifier};

/// What the gate knows when a request comes.
pub struct State {
    /// What tokens are checked with.
    pub tokens: Verifier,
    /// What requests do.
    pub routes: RouteTable,
    /// The revocation lists in hand.
    pub revocations: Revocations,
    /// Who is what in which namespace.
    pub memberships: Memberships,
    /// What a request without credentials may do.
    pub anonymous: Anonymous,
    /// What happens while no list in force is at hand.
    pub on_stale: OnStale,
    /// Whether what a token may not do is refused.
    pub mode: Mode,
}

/// Whether what a token may not do is refused, or noted alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Refused.
    #[default]
    Enforce,
    /// Forwarded and marked, where nothing but role or membership speaks against it: for a hub that introduces the gate.
    Observe,
}

/// What a request without credentials may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Anonymous {
    /// Only what is public.
    #[default]
    Deny,
    /// Read: for hubs with public repositories, whose origin decides what anyone may see.
    Reads,
}

/// What of a request decides.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The method as it came.
    pub method: &'a str,
    /// The raw target, `/path?query`.
    pub target: &'a str,
    /// The value of the `Authorization` header, where there is one.
    pub authorization: Option<&'a str>,
    /// What it says of its body.
    pub content: Content<'a>,
    /// What it says of who sends it.
    pub sender: Sender<'a>,
    /// The body, as far as it was read.
    pub body: Body<'a>,
}

/// What is known of a request's body.
#[derive(Clone, Copy, Debug)]
pub enum Body<'a> {
    /// Not read; hardly any request needs it.
    Unread,
    /// All of it.
    Whole(&'a [u8]),
    /// Longer than a body that decides may be.
    TooLong,
}

/// A verdict, and what the log may say of how it came about.
#[derive(Debug)]
pub struct Decision<'a> {
    /// What is to happen.
    pub verdict: Verdict<'a>,
    /// Which rule gave the request its class, where one did.
    pub rule: Option<Rule<'a>>,
    /// The public name of the token, where it was genuine.
    pub token: Option<TokenId>,
    /// Whose membership was looked at, where one was.
    pub member: Option<Subject>,
}

/// What is to happen with a request.
#[derive(Debug)]
pub enum Verdict<'a> {
    /// It goes on.
    Forward(Pass<'a>),
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
    /// The revocation list of this shard.
    RevocationList(u16),
    /// The membership record of this subject.
    Membership(Subject),
}

/// Leave to go on to the origin. Only [`decide`] gives one.
#[derive(Debug)]
pub struct Pass<'a> {
    target: Target<'a>,
    access: Access,
    identity: Option<Claims>,
    observed: Option<Observed>,
}

/// What [`Mode::Enforce`] would have answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Observed {
    /// A refusal for role or membership.
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

impl Pass<'_> {
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
    pub fn observed(&self) -> Option<Observed> {
        self.observed
    }
}

/// Judges a request.
pub fn decide<'a>(request: &Request<'a>, state: &'a State, now: Timestamp) -> Decision<'a> {
    let mut trace = Trace {
        rule: None,
        token: None,
        member: None,
    };
    let verdict = match judge(request, state, now, &mut trace) {
        Ok(pass) => Verdict::Forward(pass),
        Err(Stop::Refuse(refusal)) => Verdict::Refuse(refusal),
        Err(Stop::Fail(fault)) => Verdict::Fail(fault),
        Err(Stop::Wait(need)) => Verdict::Wait(need),
        Err(Stop::Preflight) => Verdict::AnswerPreflight,
    };
    Decision {
        verdict,
        rule: trace.rule,
        token: trace.token,
        member: trace.member,
    }
}

/// Who a token says its bearer is, where it is genuine and unexpired. Whether it was revoked is not asked.
///
/// # Errors
/// The refusal that [`decide`] gives.
pub fn identify(text: &str, tokens: &Verifier, now: Timestamp) -> Result<Claims, Refusal> {
    verify(text, tokens, now).map(|token| *token.claims())
}

/// Whether a token would be accepted now.
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

/// Judges a token alone, as [`decide`] does for a request that reads.
pub fn check_token(text: &str, state: &State, now: Timestamp) -> Identification {
    let identified = verify(text, &state.tokens, now)
        .map_err(Stop::from)
        .and_then(|token| {
            let _accepted_for_reads = standing(&token, state, now)?;
            Ok(*token.claims())
        });
    match identified {
        Ok(claims) => Identification::Token(claims),
        Err(Stop::Refuse(refusal)) => Identification::Refuse(refusal),
        Err(Stop::Fail(fault)) => Identification::Fail(fault),
        Err(Stop::Wait(Need::RevocationList(shard))) => Identification::Wait(shard),
        // A token alone asks for no body and no membership.
        Err(Stop::Wait(Need::Body | Need::Membership(_)) | Stop::Preflight) => {
            Identification::Fail(Fault::Trapped)
        }
    }
}

/// What is found out on the way, for the log.
struct Trace<'a> {
    rule: Option<Rule<'a>>,
    token: Option<TokenId>,
    member: Option<Subject>,
}

/// Why judging ends before a pass is given.
enum Stop {
    Refuse(Refusal),
    Fail(Fault),
    Wait(Need),
    /// There is nothing to judge: the gate answers.
    Preflight,
}

impl Stop {
    /// In [`Mode::Observe`], notes what speaks against a request in place of ending it.
    fn observe(self, mode: Mode, observed: &mut Option<Observed>) -> Result<(), Self> {
        let found = match (mode, self) {
            (Mode::Observe, Self::Refuse(refusal)) => Observed::Refusal(refusal),
            (Mode::Observe, Self::Fail(fault)) => Observed::Fault(fault),
            (Mode::Observe | Mode::Enforce, stop) => return Err(stop),
        };
        observed.get_or_insert(found);
        Ok(())
    }
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refuse(refusal)
    }
}

fn judge<'a>(
    request: &Request<'a>,
    state: &'a State,
    now: Timestamp,
    trace: &mut Trace<'a>,
) -> Result<Pass<'a>, Stop> {
    let method: Method = request.method.parse().map_err(|_| Refusal::MethodUnsupported)?;
    let request = &match method {
        // It goes on without a body, whatever came with it.
        Method::Get | Method::Head => Request {
            content: Content::None,
            ..*request
        },
        Method::Options | Method::Post | Method::Put | Method::Patch | Method::Delete => *request,
    };
    let target = Target::parse(request.target).map_err(refuse_target)?;
    let route = state.routes.classify(method, &target).map_err(refuse_route)?;
    trace.rule = Some(route.rule);
    let class = if method == Method::Options && !request.sender.asks_for_leave(request.content) {
        // Many servers write on whatever is not a GET.
        trace.rule = Some(Rule::NoPreflight);
        Class::Known(Access::Write)
    } else {
        route.class
    };
    if method == Method::Options && route.rule == Rule::Unlisted && class == Class::Known(Access::Public) {
        return Err(Stop::Preflight);
    }
    if class == Class::Known(Access::Public) {
        return Ok(Pass {
            target,
            access: Access::Public,
            identity: None,
            observed: None,
        });
    }
    let credentials =
        Credentials::read(request.authorization, &target).map_err(Refusal::CredentialsMalformed)?;
    let Some(text) = credentials.token() else {
        let access = anonymous_access(state.anonymous, class, request, &target)?;
        return Ok(Pass {
            target,
            access,
            identity: None,
            observed: None,
        });
    };
    let token = verify(text, &state.tokens, now)?;
    let claims = *token.claims();
    trace.token = Some(claims.id);
    let standing = standing(&token, state, now)?;
    let mut observed = None;
    check_role(&claims, class.at_least()).or_else(|stop| stop.observe(state.mode, &mut observed))?;
    let access = known_access(class, request, &target)?;
    check_role(&claims, access).or_else(|stop| stop.observe(state.mode, &mut observed))?;
    let is_more_than_a_look = access > Access::Read || request.sender.opens_a_connection();
    if is_more_than_a_look && credentials.may_be_a_browsers() && request.sender.may_be_another_site() {
        return Err(Refusal::CrossSite.into());
    }
    if !standing.allows(access) {
        return Err(Stop::Fail(Fault::RevocationsUnavailable));
    }
    check_membership(&claims, &route, access, state, now, trace)
        .or_else(|stop| stop.observe(state.mode, &mut observed))?;
    Ok(Pass {
        target,
        access,
        identity: Some(claims),
        observed,
    })
}

fn refuse_target(error: TargetError) -> Refusal {
    if let TargetError::Long { bytes } = error {
        Refusal::TargetTooLong { bytes }
    } else {
        Refusal::TargetAmbiguous(error)
    }
}

impl From<RouteError> for Refusal {
    fn from(error: RouteError) -> Self {
        refuse_route(error)
    }
}

fn refuse_route(error: RouteError) -> Refusal {
    match error {
        RouteError::Ambiguous(error) => refuse_target(error),
        RouteError::Refused { .. } => Refusal::RouteRefused,
        RouteError::Reserved => Refusal::PathReserved,
    }
}

fn anonymous_access(
    anonymous: Anonymous,
    class: Class<'_>,
    request: &Request<'_>,
    target: &Target<'_>,
) -> Result<Access, Stop> {
    match anonymous {
        Anonymous::Deny => Err(Refusal::TokenRequired.into()),
        Anonymous::Reads if class.at_least() > Access::Read => Err(Refusal::TokenRequired.into()),
        Anonymous::Reads => match known_access(class, request, target)? {
            access @ (Access::Public | Access::Read) => Ok(access),
            Access::Contribute | Access::Write => Err(Refusal::TokenRequired.into()),
        },
    }
}

fn verify(text: &str, tokens: &Verifier, now: Timestamp) -> Result<Verified, Refusal> {
    if is_organization_token(text) {
        return Err(Refusal::OrganizationTokenDeprecated);
    }
    tokens.verify(text, now).map_err(|error| {
        if let TokenError::Expired { id, expired_at, .. } = error {
            Refusal::TokenExpired { id, expired_at }
        } else {
            Refusal::TokenInvalid(error)
        }
    })
}

/// What is known of whether a token was revoked.
enum Standing {
    /// It was looked up in a list in force.
    NotRevoked(NotRevoked),
    /// No list in force is at hand, and the deployment lets reads through for now.
    Unknown,
}

impl Standing {
    fn allows(&self, access: Access) -> bool {
        match self {
            Self::NotRevoked(_) => true,
            Self::Unknown => access <= Access::Read,
        }
    }
}

fn standing(token: &Verified, state: &State, now: Timestamp) -> Result<Standing, Stop> {
    let shard = token.claims().id.shard;
    let check = |list: &RevocationList| {
        list.check(token)
            .map_err(|revoked| Refusal::TokenRevoked { id: revoked.id })
    };
    let without_list_since = |since: Timestamp| {
        if state.on_stale.lets_reads_through(since, now) {
            Ok(Standing::Unknown)
        } else {
            Err(Stop::Fail(Fault::RevocationsUnavailable))
        }
    };
    match state.revocations.lookup(shard, now) {
        Lookup::Unknown => Err(Stop::Wait(Need::RevocationList(shard))),
        Lookup::Missing { since } => without_list_since(since),
        Lookup::InForce(list) => Ok(Standing::NotRevoked(check(list)?)),
        Lookup::Stale(list) => {
            // What an old list says of a revoked token stays true; what it does not say counts for nothing.
            let _no_longer_in_force = check(list)?;
            without_list_since(list.valid_until())
        }
    }
}

/// What no membership can make good is refused before anything is fetched for the request's sake.
fn check_role(claims: &Claims, access: Access) -> Result<(), Stop> {
    permit(claims, MembershipRole::Owner, access)
}

fn check_membership(
    claims: &Claims,
    route: &Route<'_, '_>,
    access: Access,
    state: &State,
    now: Timestamp,
    trace: &mut Trace<'_>,
) -> Result<(), Stop> {
    let held = state.memberships.held(&claims.subject, route, access, now);
    if held.is_by_record() {
        trace.member = Some(claims.subject);
    }
    match held {
        Held::Unasked(_) => Ok(()),
        Held::Role(role) => permit(claims, role, access),
        Held::Unknown => Err(Stop::Wait(Need::Membership(claims.subject))),
        Held::Unavailable => Err(Stop::Fail(Fault::MembershipsUnavailable)),
        Held::Nameless => Err(Refusal::NamespaceUnknown.into()),
    }
}

fn permit(claims: &Claims, membership: MembershipRole, access: Access) -> Result<(), Stop> {
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

fn known_access(class: Class<'_>, request: &Request<'_>, target: &Target<'_>) -> Result<Access, Stop> {
    match (class.without_body(target, request.content), request.body) {
        (Known::Access(access), _) => Ok(access),
        (Known::NeedsBody, Body::Whole(body)) => Ok(class.with_body(target, request.content, body)),
        (Known::NeedsBody, Body::Unread) => Err(Stop::Wait(Need::Body)),
        (Known::NeedsBody, Body::TooLong) => Err(Refusal::BodyTooLarge.into()),
    }
}
