//! A refusal as status, headers and body, in the form that the client can show.
//!
//! Whose fault it is is a type: a [`Refusal`] is the caller's, a [`Fault`] is ours. The statuses matter: after a
//! 401 git erases the stored password, so only what is wrong with the token itself is a 401. The texts name
//! what was held, what was needed and what to do, and never repeat what the caller sent.

use std::time::{Duration, UNIX_EPOCH};

use crate::json::Object;
use crate::management::ApiError;
use crate::request::CredentialsError;
use crate::request::MethodError;
use crate::request::{MAXIMUM_TARGET_BYTES, TargetError};
use crate::routes::Access;
use crate::state::MembershipRole;
use crate::token::{Prefix, Role, Timestamp, TokenError, TokenId};

/// The message by which huggingface_hub tells an invalid token from a missing repository
/// (`hf_raise_for_status`); any other message on a 401 becomes `RepositoryNotFoundError`.
const HUB_INVALID_TOKEN: &str = "Invalid credentials in Authorization header";

/// How long a client is asked to wait for what is broken on our side to mend.
const RETRY_AFTER_SECONDS: u32 = 5;

/// The longest period over which the platform counts refusals.
const COUNTED_SECONDS: u32 = 60;

/// Why a request does not go on, where that is the caller's to mend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No credentials.
    TokenRequired,
    /// Credentials that cannot be read.
    CredentialsMalformed(CredentialsError),
    /// Not a genuine token.
    TokenInvalid(TokenError),
    /// Genuine, and past its time.
    TokenExpired {
        /// The token's public name.
        id: TokenId,
        /// From when on it is refused.
        expired_at: Timestamp,
    },
    /// Genuine, and ended.
    TokenRevoked {
        /// The token's public name.
        id: TokenId,
    },
    /// An organization API token, which no hub accepts any more.
    OrganizationTokenDeprecated,
    /// The token's role does not cover the request.
    RoleInsufficient {
        /// The token's role.
        held: Role,
        /// What the request does.
        needed: Access,
    },
    /// The subject's role in the namespace does not cover the request.
    MembershipInsufficient {
        /// The subject's role there.
        held: MembershipRole,
        /// What the request does.
        needed: Access,
    },
    /// Memberships decide, and the path of a write does not say whose namespace it is in.
    NamespaceUnknown,
    /// A page of another site asks for a change, with credentials that the browser may have added by itself.
    CrossSite,
    /// The target can be read in two ways.
    TargetAmbiguous(TargetError),
    /// The target is longer than is read.
    TargetTooLong {
        /// How long it is.
        bytes: usize,
    },
    /// The method is none that the gate knows.
    MethodUnsupported,
    /// A line of the route table refuses the request.
    RouteRefused,
    /// The path is the gate's own, and nothing is there.
    PathReserved,
    /// A body that decides is longer than is read.
    BodyTooLarge,
    /// The body is declared longer than can be counted.
    LengthTooLarge,
    /// The caller's address was refused for its tokens too often, and now again.
    TooManyRefusals,
}

/// Why a request does not go on, where that is ours to mend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// No revocation list in force is at hand.
    RevocationsUnavailable,
    /// What the subject is in a namespace cannot be found out.
    MembershipsUnavailable,
    /// The origin does not answer.
    OriginUnreachable,
    /// The origin has not begun to answer in its time.
    OriginTimeout,
    /// The gate's configuration is missing or malformed.
    Misconfigured,
    /// The gate itself broke down over this request.
    Trapped,
    /// The ledger of a shard does not answer.
    LedgerUnavailable,
    /// GitHub's public keys cannot be had.
    ScannerKeysUnavailable,
}

impl Refusal {
    /// The refusal as one word for machines.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TokenRequired => "token_required",
            Self::CredentialsMalformed(_) => "credentials_malformed",
            Self::TokenInvalid(_) => "token_invalid",
            Self::TokenExpired { .. } => "token_expired",
            Self::TokenRevoked { .. } => "token_revoked",
            Self::OrganizationTokenDeprecated => "org_token_deprecated",
            Self::RoleInsufficient { .. } => "role_insufficient",
            Self::MembershipInsufficient { .. } => "membership_insufficient",
            Self::NamespaceUnknown => "namespace_unknown",
            Self::CrossSite => "cross_site",
            Self::TargetAmbiguous(_) => "target_ambiguous",
            Self::TargetTooLong { .. } => "target_too_long",
            Self::MethodUnsupported => "method_unsupported",
            Self::RouteRefused => "route_refused",
            Self::PathReserved => "path_reserved",
            Self::BodyTooLarge | Self::LengthTooLarge => "body_too_large",
            Self::TooManyRefusals => "too_many_refusals",
        }
    }

    /// Whether it is for what is wrong with the credentials themselves: what somebody gets who tries tokens.
    pub const fn is_of_a_token(&self) -> bool {
        match self {
            Self::CredentialsMalformed(_)
            | Self::TokenInvalid(_)
            | Self::TokenExpired { .. }
            | Self::TokenRevoked { .. }
            | Self::OrganizationTokenDeprecated => true,
            Self::TokenRequired
            | Self::RoleInsufficient { .. }
            | Self::MembershipInsufficient { .. }
            | Self::NamespaceUnknown
            | Self::CrossSite
            | Self::TargetAmbiguous(_)
            | Self::TargetTooLong { .. }
            | Self::MethodUnsupported
            | Self::RouteRefused
            | Self::PathReserved
            | Self::BodyTooLarge
            | Self::LengthTooLarge
            | Self::TooManyRefusals => false,
        }
    }

    /// The HTTP status (RFC 9110 section 15).
    pub const fn status(&self) -> u16 {
        match self {
            Self::CredentialsMalformed(_) | Self::TargetAmbiguous(_) => 400,
            Self::TokenRequired
            | Self::TokenInvalid(_)
            | Self::TokenExpired { .. }
            | Self::TokenRevoked { .. }
            | Self::OrganizationTokenDeprecated => 401,
            Self::RoleInsufficient { .. }
            | Self::MembershipInsufficient { .. }
            | Self::NamespaceUnknown
            | Self::CrossSite
            | Self::RouteRefused => 403,
            Self::PathReserved => 404,
            Self::BodyTooLarge | Self::LengthTooLarge => 413,
            Self::TargetTooLong { .. } => 414,
            Self::TooManyRefusals => 429,
            Self::MethodUnsupported => 501,
        }
    }

    /// What is wrong and what to do, in two or three sentences.
    fn text(&self) -> String {
        match self {
            Self::TokenRequired => {
                "This needs an access token, and none was sent. Send one as password (any user \
                 name), or as `Authorization: Bearer <token>`."
                    .to_owned()
            }
            Self::CredentialsMalformed(error) => format!(
                "The credentials cannot be read: {error}. Send `Authorization: Bearer <token>`, or Basic with \
                 the token as password."
            ),
            Self::TokenInvalid(error) => format!(
                "This is not a valid access token: {error}. Copy the token again, or create a new one."
            ),
            Self::TokenExpired { expired_at, .. } => format!(
                "This access token expired on {}. Create or refresh one and use that.",
                date(*expired_at)
            ),
            Self::TokenRevoked { .. } => {
                "This access token was revoked. Create a new one and use that.".to_owned()
            }
            Self::OrganizationTokenDeprecated => {
                "Organization API tokens are no longer accepted. Use your own access \
                 token: it reaches what your role in the organization allows."
                    .to_owned()
            }
            Self::RoleInsufficient { held, needed } => format!(
                "This access token has the role {}, and this request needs {}. Use a token with the role write.",
                held.name(),
                match needed {
                    Access::Public | Access::Read => "read",
                    Access::Contribute | Access::Write => "write",
                }
            ),
            Self::MembershipInsufficient { held, needed } => format!(
                "Your role in this organization is {held}, and this request needs {}. Ask an admin of the \
                 organization for that role.",
                match needed {
                    Access::Public | Access::Read => "read",
                    Access::Contribute => "contributor",
                    Access::Write => "write or admin",
                }
            ),
            Self::NamespaceUnknown => {
                "This request changes something, and its path does not say in which organization or for which user, so \
                 no membership covers it. Check the path; whoever runs this gate can list it in the route table."
                    .to_owned()
            }
            Self::CrossSite => {
                "A page of another site asked for this change with a password that your browser keeps. Nothing was \
                 changed. To change something from there, send `Authorization: Bearer <token>`."
                    .to_owned()
            }
            Self::TargetAmbiguous(error) => {
                format!("The URL can be read in two ways: {error}. Send it in its plain form.")
            }
            Self::TargetTooLong { bytes } => format!(
                "The URL's path and query have {bytes} bytes; at most {MAXIMUM_TARGET_BYTES} are read. Send less \
                 in the query."
            ),
            Self::MethodUnsupported => format!("The request method is not supported: {MethodError}."),
            Self::RouteRefused => {
                "This request is not served. With git, the service must be git-upload-pack or \
                 git-receive-pack."
                    .to_owned()
            }
            Self::PathReserved => "Nothing is here: paths under /-/ are the gate's own.".to_owned(),
            Self::BodyTooLarge => {
                "The body is larger than 1 MiB, the most that is read of a body that decides what is done. With git-lfs, \
                 ask for fewer objects at a time (lfs.transfer.batchSize)."
                    .to_owned()
            }
            Self::LengthTooLarge => {
                "The Content-Length is larger than any body can be. Send the length that the body has.".to_owned()
            }
            Self::TooManyRefusals => {
                "This access token is not accepted, and too many requests from your address had such tokens. Wait \
                 a minute, or send a valid token: that is accepted at once."
                    .to_owned()
            }
        }
    }

    /// What the Hub's clients are told in `X-Error-Message`.
    fn hub_message(&self) -> Option<&'static str> {
        match self {
            Self::TokenInvalid(_)
            | Self::TokenExpired { .. }
            | Self::TokenRevoked { .. }
            | Self::OrganizationTokenDeprecated => Some(HUB_INVALID_TOKEN),
            Self::TokenRequired
            | Self::CredentialsMalformed(_)
            | Self::RoleInsufficient { .. }
            | Self::MembershipInsufficient { .. }
            | Self::NamespaceUnknown
            | Self::CrossSite
            | Self::TargetAmbiguous(_)
            | Self::TargetTooLong { .. }
            | Self::MethodUnsupported
            | Self::RouteRefused
            | Self::PathReserved
            | Self::BodyTooLarge
            | Self::LengthTooLarge
            | Self::TooManyRefusals => None,
        }
    }

    /// After how many seconds the same request may have another answer, where time alone can change it.
    const fn retry_after(&self) -> Option<u32> {
        match self {
            Self::TooManyRefusals => Some(COUNTED_SECONDS),
            Self::TokenRequired
            | Self::CredentialsMalformed(_)
            | Self::TokenInvalid(_)
            | Self::TokenExpired { .. }
            | Self::TokenRevoked { .. }
            | Self::OrganizationTokenDeprecated
            | Self::RoleInsufficient { .. }
            | Self::MembershipInsufficient { .. }
            | Self::NamespaceUnknown
            | Self::CrossSite
            | Self::TargetAmbiguous(_)
            | Self::TargetTooLong { .. }
            | Self::MethodUnsupported
            | Self::RouteRefused
            | Self::PathReserved
            | Self::BodyTooLarge
            | Self::LengthTooLarge => None,
        }
    }

    /// What `WWW-Authenticate` says (RFC 6750 section 3).
    const fn challenge(&self) -> Challenge {
        match self {
            Self::TokenRequired => Challenge::Plain,
            Self::CredentialsMalformed(_) => Challenge::Error("invalid_request"),
            Self::TokenInvalid(_)
            | Self::TokenExpired { .. }
            | Self::TokenRevoked { .. }
            | Self::OrganizationTokenDeprecated => Challenge::Error("invalid_token"),
            Self::RoleInsufficient { .. } | Self::MembershipInsufficient { .. } => Challenge::Scope,
            Self::NamespaceUnknown
            | Self::CrossSite
            | Self::TargetAmbiguous(_)
            | Self::TargetTooLong { .. }
            | Self::MethodUnsupported
            | Self::RouteRefused
            | Self::PathReserved
            | Self::BodyTooLarge
            | Self::LengthTooLarge
            | Self::TooManyRefusals => Challenge::None,
        }
    }
}

impl Fault {
    /// The fault as one word for machines.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::RevocationsUnavailable => "revocations_unavailable",
            Self::MembershipsUnavailable => "memberships_unavailable",
            Self::OriginUnreachable => "origin_unreachable",
            Self::OriginTimeout => "origin_timeout",
            Self::Misconfigured => "gate_misconfigured",
            Self::Trapped => "gate_trapped",
            Self::LedgerUnavailable => "ledger_unavailable",
            Self::ScannerKeysUnavailable => "github_keys_unavailable",
        }
    }

    /// The HTTP status (RFC 9110 section 15.6).
    pub const fn status(&self) -> u16 {
        match self {
            Self::OriginUnreachable => 502,
            Self::OriginTimeout => 504,
            Self::RevocationsUnavailable
            | Self::MembershipsUnavailable
            | Self::Misconfigured
            | Self::Trapped
            | Self::LedgerUnavailable
            | Self::ScannerKeysUnavailable => 503,
        }
    }

    const fn text(&self) -> &'static str {
        match self {
            Self::RevocationsUnavailable => {
                "Whether access tokens were revoked cannot be looked up right now, so none is accepted. Your \
                 token is fine; try again in a moment."
            }
            Self::MembershipsUnavailable => {
                "What you may do in this organization cannot be looked up right now, so nothing is changed in it. \
                 Your token is fine; try again in a moment."
            }
            Self::OriginUnreachable => "The server behind this gate does not answer. Try again in a moment.",
            Self::OriginTimeout => {
                "The server behind this gate took too long to answer. It may still do what you asked; look before you \
                 try again."
            }
            Self::Misconfigured => {
                "This gate is not set up completely. Whoever runs it finds the reason in its log."
            }
            Self::Trapped => "This gate failed over this request. Try again in a moment.",
            Self::LedgerUnavailable => {
                "The ledger of tokens does not answer. Try again in a moment, with the same Idempotency-Key."
            }
            Self::ScannerKeysUnavailable => {
                "The public keys of the sender cannot be had right now. Send the report again in a moment."
            }
        }
    }
}

/// Who is to understand the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    /// git shows the lines of a `text/plain` body.
    Git,
    /// git-lfs shows the `message` of its own JSON.
    GitLfs,
    /// Hub clients show `X-Error-Message` and the `error` of a JSON body.
    Hub,
    /// People.
    Browser,
    /// Everyone else: RFC 9457.
    Other,
}

impl Client {
    /// Every client.
    pub const ALL: [Self; 5] = [Self::Git, Self::GitLfs, Self::Hub, Self::Browser, Self::Other];

    /// The client in a word or two.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Git => "git",
            Self::GitLfs => "git-lfs",
            Self::Hub => "hub client",
            Self::Browser => "browser",
            Self::Other => "other",
        }
    }

    /// Tells the client by what it says of itself.
    pub fn recognise(user_agent: Option<&str>, accept: Option<&str>) -> Self {
        let user_agent = user_agent.unwrap_or_default();
        let accept = accept.unwrap_or_default();
        if user_agent.starts_with("git-lfs/") || accept.contains("application/vnd.git-lfs") {
            Self::GitLfs
        } else if ["git/", "JGit/", "go-git/"]
            .iter()
            .any(|git| user_agent.starts_with(git))
        {
            Self::Git
        } else if ["hf_hub/", "huggingface_hub/", "hf_xet/"]
            .iter()
            .any(|hub| user_agent.contains(hub))
        {
            Self::Hub
        } else if accept.contains("text/html") {
            Self::Browser
        } else {
            Self::Other
        }
    }
}

/// An answer in full, but for what HTTP itself adds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Header fields; a name may stand more than once.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: String,
}

impl Answer {
    /// The answer to a request that the caller must mend. `prefix` names the realm.
    pub fn to_refusal(refusal: &Refusal, client: Client, prefix: &Prefix) -> Self {
        let text = refusal.text();
        Explanation {
            status: refusal.status(),
            code: refusal.code(),
            hub_message: refusal.hub_message().unwrap_or(&text),
            text: &text,
            challenge: refusal.challenge(),
            retry_after: refusal.retry_after(),
        }
        .answer(client, prefix)
    }

    /// The answer to a request that failed on our side.
    pub fn to_fault(fault: &Fault, client: Client, prefix: &Prefix) -> Self {
        Explanation {
            status: fault.status(),
            code: fault.code(),
            hub_message: fault.text(),
            text: fault.text(),
            challenge: Challenge::None,
            retry_after: Some(RETRY_AFTER_SECONDS),
        }
        .answer(client, prefix)
    }
}

impl Answer {
    /// The answer to a management request that the caller must mend. `prefix` names the realm.
    pub fn to_api_error(error: &ApiError, client: Client, prefix: &Prefix) -> Self {
        let text = error.text();
        let mut answer = Explanation {
            status: error.status(),
            code: error.code(),
            hub_message: &text,
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
                | ApiError::BodyTooLarge { .. }
                | ApiError::MediaTypeUnsupported { .. }
                | ApiError::SignatureInvalid
                | ApiError::CsrfInvalid
                | ApiError::CrossSite
                | ApiError::SubjectMismatch
                | ApiError::HandOff(_)
                | ApiError::HandOffUsed
                | ApiError::Ledger(_) => Challenge::None,
            },
            retry_after: None,
        }
        .answer(client, prefix);
        if let ApiError::MethodNotAllowed { allowed } = error {
            answer.headers.push(("Allow", (*allowed).to_owned()));
        }
        answer
    }
}

/// What `WWW-Authenticate` says.
enum Challenge {
    /// Nothing: credentials would not help.
    None,
    /// How to come back, without blame.
    Plain,
    /// How to come back with the admin key.
    Bearer,
    /// How to come back, and what was wrong.
    Error(&'static str),
    /// A token with a wider role is needed.
    Scope,
}

/// What every form of an answer says.
struct Explanation<'a> {
    status: u16,
    code: &'static str,
    text: &'a str,
    hub_message: &'a str,
    challenge: Challenge,
    retry_after: Option<u32>,
}

impl Explanation<'_> {
    fn answer(&self, client: Client, prefix: &Prefix) -> Answer {
        let (content_type, body) = self.body(client);
        let mut headers = vec![
            ("Content-Type", content_type.to_owned()),
            ("Cache-Control", "no-store".to_owned()),
            ("X-Content-Type-Options", "nosniff".to_owned()),
            ("X-Error-Code", self.code.to_owned()),
            ("X-Error-Message", self.hub_message.to_owned()),
        ];
        let realm = prefix.as_str();
        let basic = format!("Basic realm=\"{realm}\", charset=\"UTF-8\"");
        match self.challenge {
            Challenge::None => {}
            Challenge::Plain => {
                headers.push(("WWW-Authenticate", basic.clone()));
                headers.push(("WWW-Authenticate", format!("Bearer realm=\"{realm}\"")));
            }
            Challenge::Bearer => headers.push(("WWW-Authenticate", format!("Bearer realm=\"{realm}\""))),
            Challenge::Error(error) => {
                if self.status == 401 {
                    headers.push(("WWW-Authenticate", basic.clone()));
                }
                headers.push((
                    "WWW-Authenticate",
                    format!("Bearer realm=\"{realm}\", error=\"{error}\""),
                ));
            }
            Challenge::Scope => headers.push((
                "WWW-Authenticate",
                format!("Bearer realm=\"{realm}\", error=\"insufficient_scope\", scope=\"write\""),
            )),
        }
        if client == Client::GitLfs && self.status == 401 {
            headers.push(("LFS-Authenticate", basic));
        }
        if client == Client::Browser {
            headers.push((
                "Content-Security-Policy",
                "default-src 'none'; frame-ancestors 'none'".to_owned(),
            ));
        }
        if let Some(seconds) = self.retry_after {
            headers.push(("Retry-After", seconds.to_string()));
        }
        Answer {
            status: self.status,
            headers,
            body,
        }
    }

    fn body(&self, client: Client) -> (&'static str, String) {
        let text = self.text;
        match client {
            Client::Git => ("text/plain; charset=utf-8", format!("{text}\n")),
            // git-lfs `docs/api/batch.md`, "Response Errors".
            Client::GitLfs => (
                "application/vnd.git-lfs+json",
                Object::new().text("message", text).end(),
            ),
            // huggingface_hub, `hf_raise_for_status`.
            Client::Hub => (
                "application/json",
                Object::new().text("error", text).text("code", self.code).end(),
            ),
            Client::Browser => ("text/html; charset=utf-8", self.page()),
            Client::Other => (
                "application/problem+json",
                // Problem details (RFC 9457 section 3), with the code as an extension member. With a line feed, for
                // whoever reads it in a terminal.
                Object::new()
                    .text("title", phrase(self.status))
                    .number("status", self.status)
                    .text("detail", text)
                    .text("code", self.code)
                    .end()
                    + "\n",
            ),
        }
    }

    /// The texts are the gate's own and hold no markup but `<token>`.
    fn page(&self) -> String {
        let text = self.text.replace('<', "&lt;").replace('>', "&gt;");
        let phrase = phrase(self.status);
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n\
             <title>{status} {phrase}</title>\n<h1>{phrase}</h1>\n<p>{text}</p>\n<p><code>{code}</code></p>\n",
            status = self.status,
            code = self.code,
        )
    }
}

/// The reason phrase (RFC 9110 section 15) of the statuses that the gate answers with.
const fn phrase(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        413 => "Content Too Large",
        414 => "URI Too Long",
        415 => "Unsupported Media Type",
        422 => "Unprocessable Content",
        429 => "Too Many Requests",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        504 => "Gateway Timeout",
        503 => "Service Unavailable",
        _ => "Refused",
    }
}

/// A time as HTTP writes it (RFC 9110 section 5.6.7).
pub(crate) fn date(timestamp: Timestamp) -> String {
    httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(timestamp.into()))
}
