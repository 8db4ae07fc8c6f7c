//! The texts of refusals for people: the role that the token has, the role that is needed, and what to do. Of what the caller sent,
//! they repeat only a plain repository name that a restriction of the token does not allow.

use super::client::Client;
use super::reader::Reader;
use super::refusal::Refusal;
use crate::calendar::http_date;
use crate::request::{CredentialsError, MAXIMUM_TARGET_BYTES, MethodError};
use crate::routes::Access;
use crate::token::TokenError;

impl Refusal {
    /// The error and what to do, in two or three sentences.
    pub(super) fn text(&self, reader: &Reader<'_>) -> String {
        match self {
            Self::TokenRequired if reader.client == Client::Browser => {
                "You need an access token to see this page. Reload it, then enter any user name, and the token as \
                 the password."
                    .to_owned()
            }
            Self::TokenRequired => {
                "This needs an access token, and none was sent. Send one as the password (with any \
                 user name), or as `Authorization: Bearer <token>`."
                    .to_owned()
            }
            Self::CredentialsMalformed(error @ (CredentialsError::NoToken | CredentialsError::NoValue)) => format!(
                "The credentials cannot be read: {error} Send `Authorization: Bearer <token>`, or Basic with the token \
                 as the password."
            ),
            Self::CredentialsMalformed(error) => format!(
                "The credentials cannot be read: {error}. Send `Authorization: Bearer <token>`, or Basic with \
                 the token as the password."
            ),
            Self::TokenInvalid(TokenError::Prefix) => format!(
                "This is no access token of this hub: tokens here begin with {}_, and what was sent does not. The \
                 password of an account is not accepted: create a token and send that.",
                reader.prefix.as_str()
            ),
            Self::TokenMistaken(slip) => slip.hint(reader.prefix).to_string(),
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
            Self::PathReserved => {
                "Nothing is here: this path is one of the gate's own, and the page's host has no others.".to_owned()
            }
            Self::BodyUnexpected => {
                "A GET or HEAD request has no body, and this one has. Send it without one, or with the method that you \
                 meant."
                    .to_owned()
            }
            Self::BodyTooLarge => {
                "The body is larger than 1 MiB, the limit for a body that determines what a request does. With git-lfs, \
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
            Self::TooManyRetries => {
                "The gate cannot check requests right now, and your address has sent too many of them. Wait a \
                 minute before you try again."
                    .to_owned()
            }
        }
    }
}
