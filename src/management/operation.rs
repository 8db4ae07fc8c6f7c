//! Which paths the management API has, and what can be done there.

use crate::management::ApiError;
use crate::request::{GatePrefix, Target};
use crate::token::{Subject, TokenId};

/// The API's paths, behind the gate's prefix.
const ROOT: &str = "api/";

/// The path to which a hub's form posts a sign-in assertion, behind the gate's prefix.
pub const SIGN_IN: &str = "sign-in";

/// The path by which the page signs the user out, behind the gate's prefix.
pub const SIGN_OUT: &str = "sign-out";

/// Whether the part of a raw target behind the gate's prefix is one of the API's, or one of the two beside it.
pub fn is_management(behind: &str) -> bool {
    let path = behind.split('?').next().unwrap_or_default();
    behind.starts_with(ROOT) || [SIGN_IN, SIGN_OUT].contains(&path)
}

/// A path of the API with its parts not parsed yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place<'a> {
    /// `subjects/{subject}/tokens`
    Tokens(&'a str),
    /// `subjects/{subject}/tokens/{id}`
    Token(&'a str, &'a str),
    /// `subjects/{subject}/tokens/{id}/refresh`
    Refresh(&'a str, &'a str),
    /// `subjects/{subject}/membership`
    Membership(&'a str),
    /// `subjects/{subject}/tokens/{id}/revocation-status`
    RevocationStatus(&'a str, &'a str),
    /// `subjects/{subject}/block`
    Block(&'a str),
    /// `session`
    Session,
    /// `hub`
    Hub,
    /// `revoke`
    Revoke,
    /// `introspect`
    Introspect,
    /// `whoami`
    Whoami,
    /// `health`
    Health,
    /// `audit`
    Audit,
    /// `ledgers/{shard}/records`
    Records(&'a str),
    /// `github/secret-scanning`
    SecretScanning,
}

/// The operation that a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// List a subject's tokens.
    List(Subject),
    /// Create a token.
    Create(Subject),
    /// Revoke all tokens of a subject.
    RevokeAll(Subject),
    /// Revoke a token.
    RevokeToken(Subject, TokenId),
    /// Create a token that replaces another.
    Refresh(Subject, TokenId),
    /// Show a subject's roles in organizations.
    Membership(Subject),
    /// Replace these roles.
    SetMembership(Subject),
    /// Remove all of these roles.
    RemoveMembership(Subject),
    /// Whether this edge refuses a token by now.
    RevocationStatus(Subject, TokenId),
    /// Whether a subject is blocked.
    ReadBlock(Subject),
    /// The block of a subject.
    Block(Subject),
    /// Its end.
    Unblock(Subject),
    /// Who is signed in.
    Session,
    /// Where the hub is.
    Hub,
    /// The revocation of tokens that the request itself holds.
    RevokePresented,
    /// Describe a token.
    Introspect,
    /// Show the claims of the caller's token.
    Whoami,
    /// Show the cached lists.
    Health,
    /// Who changed what.
    Audit,
    /// A page of a ledger's records, for a backup.
    Export(u16),
    /// Records of a backup for a ledger.
    Import(u16),
    /// The revocation of tokens that GitHub found.
    SecretScanning,
}

/// The callers that are authorized.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right<'a> {
    /// Whoever has the admin key.
    Admin,
    /// Whoever has the admin key, and this subject when signed in.
    Owner(&'a str),
    /// Anyone; the operation itself checks what it needs.
    Anyone,
}

impl<'a> Place<'a> {
    /// Finds the place of a target of a gate with this prefix. No place has two spellings.
    ///
    /// # Errors
    /// [`ApiError::NotFound`] if nothing is there.
    pub fn find(target: &'a Target<'_>, prefix: &GatePrefix) -> Result<Self, ApiError> {
        let mut segments = target.segments();
        if segments.next() != Some(prefix.segment()) || target.has_trailing_slash() {
            return Err(ApiError::NotFound);
        }
        match segments.collect::<Vec<_>>().as_slice() {
            ["api", "subjects", subject, "tokens"] => Ok(Self::Tokens(subject)),
            ["api", "subjects", subject, "tokens", id] => Ok(Self::Token(subject, id)),
            ["api", "subjects", subject, "tokens", id, "refresh"] => Ok(Self::Refresh(subject, id)),
            ["api", "subjects", subject, "membership"] => Ok(Self::Membership(subject)),
            ["api", "subjects", subject, "tokens", id, "revocation-status"] => {
                Ok(Self::RevocationStatus(subject, id))
            }
            ["api", "subjects", subject, "block"] => Ok(Self::Block(subject)),
            ["api", "session"] => Ok(Self::Session),
            ["api", "hub"] => Ok(Self::Hub),
            ["api", "revoke"] => Ok(Self::Revoke),
            ["api", "introspect"] => Ok(Self::Introspect),
            ["api", "whoami"] => Ok(Self::Whoami),
            ["api", "health"] => Ok(Self::Health),
            ["api", "audit"] => Ok(Self::Audit),
            ["api", "ledgers", shard, "records"] => Ok(Self::Records(shard)),
            ["api", "github", "secret-scanning"] => Ok(Self::SecretScanning),
            _ => Err(ApiError::NotFound),
        }
    }

    /// The path behind the gate's prefix, with the names of its parameters in place of their values, for logs.
    pub const fn pattern(self) -> &'static str {
        match self {
            Self::Tokens(_) => "api/subjects/{subject}/tokens",
            Self::Token(..) => "api/subjects/{subject}/tokens/{id}",
            Self::Refresh(..) => "api/subjects/{subject}/tokens/{id}/refresh",
            Self::Membership(_) => "api/subjects/{subject}/membership",
            Self::RevocationStatus(..) => "api/subjects/{subject}/tokens/{id}/revocation-status",
            Self::Block(_) => "api/subjects/{subject}/block",
            Self::Session => "api/session",
            Self::Hub => "api/hub",
            Self::Revoke => "api/revoke",
            Self::Introspect => "api/introspect",
            Self::Whoami => "api/whoami",
            Self::Health => "api/health",
            Self::Audit => "api/audit",
            Self::Records(_) => "api/ledgers/{shard}/records",
            Self::SecretScanning => "api/github/secret-scanning",
        }
    }

    /// The callers that are authorized here.
    pub fn right(self) -> Right<'a> {
        match self {
            Self::Tokens(subject)
            | Self::Token(subject, _)
            | Self::Refresh(subject, _)
            | Self::RevocationStatus(subject, _) => Right::Owner(subject),
            Self::Membership(_) | Self::Block(_) | Self::Introspect | Self::Audit | Self::Records(_) => {
                Right::Admin
            }
            Self::Session | Self::Hub | Self::Revoke | Self::Whoami | Self::Health | Self::SecretScanning => {
                Right::Anyone
            }
        }
    }

    /// The methods of this path, in the form of the `Allow` header.
    pub const fn allowed(self) -> &'static str {
        match self {
            Self::Tokens(_) => "GET, POST, DELETE",
            Self::Token(..) => "DELETE",
            Self::Membership(_) | Self::Block(_) => "GET, PUT, DELETE",
            Self::Records(_) => "GET, POST",
            Self::Refresh(..) | Self::Revoke | Self::Introspect | Self::SecretScanning => "POST",
            Self::RevocationStatus(..)
            | Self::Session
            | Self::Hub
            | Self::Whoami
            | Self::Health
            | Self::Audit => "GET",
        }
    }

    /// Whether this path has a method.
    pub fn allows(self, method: &str) -> bool {
        self.allowed().split(", ").any(|allowed| allowed == method)
    }

    /// The operation of a method.
    ///
    /// # Errors
    /// [`ApiError::MethodNotAllowed`], and [`ApiError::ParameterInvalid`] if a part of the path is malformed.
    pub fn operation(self, method: &str) -> Result<Operation, ApiError> {
        if !self.allows(method) {
            return Err(ApiError::MethodNotAllowed {
                allowed: self.allowed(),
            });
        }
        Ok(match self {
            Self::Tokens(subject) => {
                let subject = read_subject(subject)?;
                match method {
                    "GET" => Operation::List(subject),
                    "POST" => Operation::Create(subject),
                    _ => Operation::RevokeAll(subject),
                }
            }
            Self::Token(subject, id) => Operation::RevokeToken(read_subject(subject)?, read_id(id)?),
            Self::Refresh(subject, id) => Operation::Refresh(read_subject(subject)?, read_id(id)?),
            Self::Membership(subject) => {
                let subject = read_subject(subject)?;
                match method {
                    "GET" => Operation::Membership(subject),
                    "PUT" => Operation::SetMembership(subject),
                    _ => Operation::RemoveMembership(subject),
                }
            }
            Self::RevocationStatus(subject, id) => {
                Operation::RevocationStatus(read_subject(subject)?, read_id(id)?)
            }
            Self::Block(subject) => {
                let subject = read_subject(subject)?;
                match method {
                    "GET" => Operation::ReadBlock(subject),
                    "PUT" => Operation::Block(subject),
                    _ => Operation::Unblock(subject),
                }
            }
            Self::Session => Operation::Session,
            Self::Hub => Operation::Hub,
            Self::Revoke => Operation::RevokePresented,
            Self::Introspect => Operation::Introspect,
            Self::Whoami => Operation::Whoami,
            Self::Health => Operation::Health,
            Self::Audit => Operation::Audit,
            Self::Records(shard) => {
                let shard = read_shard(shard)?;
                match method {
                    "GET" => Operation::Export(shard),
                    _ => Operation::Import(shard),
                }
            }
            Self::SecretScanning => Operation::SecretScanning,
        })
    }
}

fn read_subject(text: &str) -> Result<Subject, ApiError> {
    text.parse()
        .map_err(|error| ApiError::parameter("subject", error))
}

/// A shard in its one spelling.
fn read_shard(text: &str) -> Result<u16, ApiError> {
    let is_plain = !text.starts_with('0') || text == "0";
    text.parse()
        .ok()
        .filter(|_| is_plain && text.bytes().all(|byte| byte.is_ascii_digit()))
        .ok_or_else(|| ApiError::parameter("shard", "expected a number from 0 to 65535"))
}

fn read_id(text: &str) -> Result<TokenId, ApiError> {
    text.parse().map_err(|error| ApiError::parameter("id", error))
}

#[cfg(test)]
mod tests {
    use super::{Operation, Place, Right};
    use crate::management::ApiError;
    use crate::request::{GatePrefix, Target};

    fn read(method: &str, raw: &str) -> Result<Operation, ApiError> {
        let target = Target::parse(raw).unwrap();
        Place::find(&target, &GatePrefix::default())?.operation(method)
    }

    #[test]
    fn finds_what_is_there_and_nothing_else() {
        assert!(matches!(
            read("GET", "/-/api/subjects/alice/tokens?limit=3"),
            Ok(Operation::List(_))
        ));
        assert!(matches!(
            read("POST", "/-/api/subjects/al.i_c-e/tokens/0-17/refresh"),
            Ok(Operation::Refresh(_, id)) if id.serial == 17
        ));
        assert!(matches!(
            read("PUT", "/-/api/subjects/alice/membership?wait=3"),
            Ok(Operation::SetMembership(_))
        ));
        for nothing in [
            "/-/api",
            "/-/api/",
            "/-/api/health/",
            "/-/api/Health",
            "/-/api/subjects/alice",
            "/-/api/subjects/alice/tokens/0-1/renew",
            "/api/health",
        ] {
            assert_eq!(read("GET", nothing), Err(ApiError::NotFound), "{nothing}");
        }
    }

    #[test]
    fn names_the_methods_of_a_place() {
        assert_eq!(
            read("PUT", "/-/api/subjects/alice/tokens"),
            Err(ApiError::MethodNotAllowed {
                allowed: "GET, POST, DELETE"
            })
        );
        assert!(read("get", "/-/api/health").is_err());
    }

    #[test]
    fn refuses_subjects_and_ids_of_another_form() {
        for bad in [
            "/-/api/subjects/a%20b/tokens/0-1",
            "/-/api/subjects/alice/tokens/01",
            "/-/api/subjects/alice/tokens/0-01",
            "/-/api/subjects/alice/tokens/70000-1",
        ] {
            assert!(
                matches!(read("DELETE", bad), Err(ApiError::ParameterInvalid { .. })),
                "{bad}"
            );
        }
        for shard in ["00", "-1", "+1", "x", "70000", "1.0"] {
            let bad = format!("/-/api/ledgers/{shard}/records");
            assert!(
                matches!(read("GET", &bad), Err(ApiError::ParameterInvalid { .. })),
                "{bad}"
            );
        }
    }

    #[test]
    fn all_that_shows_or_makes_tokens_is_for_admins_and_whose_they_are() {
        for (raw, right) in [
            ("/-/api/subjects/alice/tokens", Right::Owner("alice")),
            ("/-/api/subjects/alice/tokens/0-1", Right::Owner("alice")),
            ("/-/api/subjects/alice/tokens/0-1/refresh", Right::Owner("alice")),
            ("/-/api/subjects/alice/membership", Right::Admin),
            ("/-/api/subjects/alice/block", Right::Admin),
            ("/-/api/introspect", Right::Admin),
            ("/-/api/audit", Right::Admin),
            ("/-/api/ledgers/0/records", Right::Admin),
            ("/-/api/revoke", Right::Anyone),
            ("/-/api/whoami", Right::Anyone),
            ("/-/api/health", Right::Anyone),
            ("/-/api/github/secret-scanning", Right::Anyone),
        ] {
            let target = Target::parse(raw).unwrap();
            assert_eq!(
                Place::find(&target, &GatePrefix::default()).unwrap().right(),
                right,
                "{raw}"
            );
        }
    }
}
