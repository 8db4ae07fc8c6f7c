//! The texts of refusals for people and for the Hub's clients: the role that the token has, the role that is needed, and what to
//! do. Of what the caller sent, they repeat only a plain repository name that a restriction of the token does not allow.

use super::refusal::Refusal;
use crate::calendar::http_date;
use crate::request::{MAXIMUM_TARGET_BYTES, MethodError};
use crate::routes::Access;

/// The message by which huggingface_hub distinguishes an invalid token from a missing repository (`hf_raise_for_status`). With
/// any other message, a 401 becomes `RepositoryNotFoundError`.
const HUB_INVALID_TOKEN: &str = "Invalid credentials in Authorization header";

impl Refusal {
    /// The error and what to do, in two or three sentences.
    pub(super) fn text(&self) -> String {
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
                http_date(*expired_at)
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
            Self::RestrictionInsufficient(unmet) => {
                unmet.text() + " Use a token without that limit."
            }
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
                format!("The URL is ambiguous: {error}. Send it in its plain form.")
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

    /// The content of `X-Error-Message` for the Hub's clients.
    pub(super) fn hub_message(&self) -> Option<&'static str> {
        match self {
            Self::TokenInvalid(_)
            | Self::TokenExpired { .. }
            | Self::TokenRevoked { .. }
            | Self::OrganizationTokenDeprecated => Some(HUB_INVALID_TOKEN),
            Self::TokenRequired
            | Self::CredentialsMalformed(_)
            | Self::RoleInsufficient { .. }
            | Self::RestrictionInsufficient(_)
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
}
