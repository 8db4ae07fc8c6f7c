//! A refusal: why a request is not forwarded, if the fault is the caller's.
//!
//! The statuses matter: after a 401, git erases the stored password, so only an error of the token itself is a 401. Knows
//! nothing of how a client shows it.

use super::challenge::Challenge;
use super::unmet_restriction::UnmetRestriction;
use crate::request::{CredentialsError, TargetError};
use crate::routes::Access;
use crate::state::MembershipRole;
use crate::token::{Role, Timestamp, TokenError, TokenId, TokenSlip};

/// The longest period over which the platform counts refusals.
const COUNTED_SECONDS: u32 = 60;

/// Why a request is not forwarded, if the fault is the caller's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No credentials.
    TokenRequired,
    /// Credentials that cannot be parsed.
    CredentialsMalformed(CredentialsError),
    /// Not a genuine token.
    TokenInvalid(TokenError),
    /// Something else in place of a token.
    TokenMistaken(TokenSlip),
    /// A genuine token that has expired.
    TokenExpired {
        /// The token's public id.
        id: TokenId,
        /// The time from which it is refused.
        expired_at: Timestamp,
    },
    /// A genuine token that is revoked.
    TokenRevoked {
        /// The token's public id.
        id: TokenId,
    },
    /// An organization API token, which hubs no longer accept.
    OrganizationTokenDeprecated,
    /// The token's role does not cover the request.
    RoleInsufficient {
        /// The token's role.
        held: Role,
        /// The access that the request needs.
        needed: Access,
    },
    /// A restriction of the token does not hold for the request.
    RestrictionInsufficient(Box<UnmetRestriction>),
    /// The subject's role in the namespace does not cover the request.
    MembershipInsufficient {
        /// The subject's role there.
        held: MembershipRole,
        /// The access that the request needs.
        needed: Access,
    },
    /// Memberships are on, and the path of a write names no namespace.
    NamespaceUnknown,
    /// A page of another site may have sent a change, with credentials that the browser added by itself.
    CrossSite,
    /// The target is ambiguous.
    TargetAmbiguous(TargetError),
    /// The target is longer than the limit.
    TargetTooLong {
        /// Its length.
        bytes: usize,
    },
    /// The gate does not know the method.
    MethodUnsupported,
    /// A line of the route table refuses the request.
    RouteRefused,
    /// The path belongs to the gate, and nothing is there.
    PathReserved,
    /// A `GET` or `HEAD` has a body.
    BodyUnexpected,
    /// A body that determines the class is longer than the limit.
    BodyTooLarge,
    /// The declared length of the body is too large for a number.
    LengthTooLarge,
    /// Tokens from the caller's address were refused too often, and this one is refused too.
    TooManyRefusals,
    /// Too many requests from the caller's address failed because the gate cannot judge requests, and this one fails too.
    TooManyRetries,
}

impl Refusal {
    /// The refusal's code for machines.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TokenRequired => "token_required",
            Self::CredentialsMalformed(_) => "credentials_malformed",
            Self::TokenInvalid(_) | Self::TokenMistaken(_) => "token_invalid",
            Self::TokenExpired { .. } => "token_expired",
            Self::TokenRevoked { .. } => "token_revoked",
            Self::OrganizationTokenDeprecated => "org_token_deprecated",
            Self::RoleInsufficient { .. } => "role_insufficient",
            Self::RestrictionInsufficient(_) => "restriction_insufficient",
            Self::MembershipInsufficient { .. } => "membership_insufficient",
            Self::NamespaceUnknown => "namespace_unknown",
            Self::CrossSite => "cross_site",
            Self::TargetAmbiguous(_) => "target_ambiguous",
            Self::TargetTooLong { .. } => "target_too_long",
            Self::MethodUnsupported => "method_unsupported",
            Self::RouteRefused => "route_refused",
            Self::PathReserved => "path_reserved",
            Self::BodyUnexpected => "body_unexpected",
            Self::BodyTooLarge | Self::LengthTooLarge => "body_too_large",
            Self::TooManyRefusals => "too_many_refusals",
            Self::TooManyRetries => "too_many_retries",
        }
    }

    /// Whether the refusal is for an error of the credentials themselves, such as somebody gets who guesses tokens.
    pub const fn is_of_a_token(&self) -> bool {
        match self {
            Self::CredentialsMalformed(_)
            | Self::TokenInvalid(_)
            | Self::TokenMistaken(_)
            | Self::TokenExpired { .. }
            | Self::TokenRevoked { .. }
            | Self::OrganizationTokenDeprecated => true,
            Self::TokenRequired
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
            | Self::BodyUnexpected
            | Self::BodyTooLarge
            | Self::LengthTooLarge
            | Self::TooManyRefusals
            | Self::TooManyRetries => false,
        }
    }

    /// The HTTP status (RFC 9110 section 15).
    pub const fn status(&self) -> u16 {
        match self {
            Self::CredentialsMalformed(_) | Self::TargetAmbiguous(_) | Self::BodyUnexpected => 400,
            Self::TokenRequired
            | Self::TokenInvalid(_)
            | Self::TokenMistaken(_)
            | Self::TokenExpired { .. }
            | Self::TokenRevoked { .. }
            | Self::OrganizationTokenDeprecated => 401,
            Self::RoleInsufficient { .. }
            | Self::RestrictionInsufficient(_)
            | Self::MembershipInsufficient { .. }
            | Self::NamespaceUnknown
            | Self::CrossSite
            | Self::RouteRefused => 403,
            Self::PathReserved => 404,
            Self::BodyTooLarge | Self::LengthTooLarge => 413,
            Self::TargetTooLong { .. } => 414,
            Self::TooManyRefusals | Self::TooManyRetries => 429,
            Self::MethodUnsupported => 501,
        }
    }

    /// The seconds after which the same request may get another answer, if time alone can change it.
    pub(super) const fn retry_after(&self) -> Option<u32> {
        match self {
            Self::TooManyRefusals | Self::TooManyRetries => Some(COUNTED_SECONDS),
            Self::TokenRequired
            | Self::CredentialsMalformed(_)
            | Self::TokenInvalid(_)
            | Self::TokenMistaken(_)
            | Self::TokenExpired { .. }
            | Self::TokenRevoked { .. }
            | Self::OrganizationTokenDeprecated
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
            | Self::BodyUnexpected
            | Self::BodyTooLarge
            | Self::LengthTooLarge => None,
        }
    }

    /// The content of `WWW-Authenticate` (RFC 6750 section 3).
    pub(super) const fn challenge(&self) -> Challenge {
        match self {
            Self::TokenRequired => Challenge::Plain,
            Self::CredentialsMalformed(_) => Challenge::Error("invalid_request"),
            Self::TokenInvalid(_)
            | Self::TokenMistaken(_)
            | Self::TokenExpired { .. }
            | Self::TokenRevoked { .. }
            | Self::OrganizationTokenDeprecated => Challenge::Error("invalid_token"),
            Self::RoleInsufficient { .. } | Self::MembershipInsufficient { .. } => Challenge::Scope,
            Self::RestrictionInsufficient(_) => Challenge::Error("insufficient_scope"),
            Self::NamespaceUnknown
            | Self::CrossSite
            | Self::TargetAmbiguous(_)
            | Self::TargetTooLong { .. }
            | Self::MethodUnsupported
            | Self::RouteRefused
            | Self::PathReserved
            | Self::BodyUnexpected
            | Self::BodyTooLarge
            | Self::LengthTooLarge
            | Self::TooManyRefusals
            | Self::TooManyRetries => Challenge::None,
        }
    }
}
