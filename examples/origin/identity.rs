//! The identity of a request: who sent it, and with which access, as the gate says.
//!
//! This is the only module that reads `X-Lychgate-*` and that compares a user's access with what is needed. Knows nothing
//! of tokens: the gate has checked them, and this module never reads `Authorization`.

use std::fmt;

use axum::http::HeaderMap;
use lychgate::identity::AssertionClaims;

use crate::failure::Refusal;

/// The access of a request, from least to most. `require` compares in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Access {
    /// The gate forwarded the request without checking a token.
    Public,
    /// Changes nothing.
    Read,
    /// Changes something that non-members may change too, such as opening a pull request.
    Contribute,
    /// Changes what is in a namespace.
    Write,
}

impl Access {
    fn parse(text: &str) -> Option<Access> {
        match text {
            "public" => Some(Access::Public),
            "read" => Some(Access::Read),
            "contribute" => Some(Access::Contribute),
            "write" => Some(Access::Write),
            _unknown => None,
        }
    }
}

impl fmt::Display for Access {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Access::Public => "public",
            Access::Read => "read",
            Access::Contribute => "contribute",
            Access::Write => "write",
        })
    }
}

/// The most that a token allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Read,
    Write,
}

impl Role {
    fn parse(text: &str) -> Option<Role> {
        match text {
            "read" => Some(Role::Read),
            "write" => Some(Role::Write),
            _unknown => None,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Role::Read => "read",
            Role::Write => "write",
        })
    }
}

/// The user of one request; anonymous if there is no subject.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    access: Access,
    subject: Option<String>,
    role: Option<Role>,
    token: Option<String>,
}

impl Identity {
    /// Takes the identity from the gate's headers. A request without them, or with one twice, did not come through the gate.
    pub(crate) fn from_headers(headers: &HeaderMap) -> Result<Identity, Refusal> {
        let access = single(headers, "x-lychgate-access")?.ok_or(Refusal::NotThroughGate)?;
        let access = Access::parse(access).ok_or(Refusal::NotThroughGate)?;
        let role = match single(headers, "x-lychgate-role")? {
            Some(text) => Some(Role::parse(text).ok_or(Refusal::NotThroughGate)?),
            None => None,
        };
        Ok(Identity {
            access,
            subject: single(headers, "x-lychgate-subject")?.map(str::to_owned),
            role,
            token: single(headers, "x-lychgate-token")?.map(str::to_owned),
        })
    }

    /// Takes the identity from a verified assertion, and ignores the plain headers.
    pub(crate) fn from_claims(claims: &AssertionClaims) -> Identity {
        let identity = claims.identity.as_ref();
        Identity {
            access: match claims.access {
                lychgate::routes::Access::Public => Access::Public,
                lychgate::routes::Access::Read => Access::Read,
                lychgate::routes::Access::Contribute => Access::Contribute,
                lychgate::routes::Access::Write => Access::Write,
            },
            subject: identity.map(|said| said.subject.as_str().to_owned()),
            role: identity.map(|said| match said.role {
                lychgate::token::Role::Read => Role::Read,
                lychgate::token::Role::Write => Role::Write,
            }),
            token: identity.map(|said| said.token.to_string()),
        }
    }

    /// The user; `None` if the request is anonymous.
    pub(crate) fn subject(&self) -> Option<&str> {
        self.subject.as_deref()
    }

    pub(crate) fn role(&self) -> Option<Role> {
        self.role
    }

    pub(crate) fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// Refuses a request whose access is below `needed`, or whose role contradicts it.
    pub(crate) fn require(&self, needed: Access) -> Result<(), Refusal> {
        if self.access < needed {
            return Err(Refusal::AccessTooLow {
                held: self.access,
                needed,
            });
        }
        if needed > Access::Read && self.role == Some(Role::Read) {
            return Err(Refusal::AccessTooLow {
                held: Access::Read,
                needed,
            });
        }
        Ok(())
    }

    /// Requires `needed` and a known user: every change has an author.
    pub(crate) fn require_subject(&self, needed: Access) -> Result<&str, Refusal> {
        self.require(needed)?;
        self.subject.as_deref().ok_or(Refusal::SubjectMissing)
    }
}

/// The header's only value. Two values are refused, because nobody can tell which one the gate set.
fn single<'headers>(headers: &'headers HeaderMap, name: &str) -> Result<Option<&'headers str>, Refusal> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(Refusal::NotThroughGate);
    }
    let text = value.to_str().map_err(|_invisible| Refusal::NotThroughGate)?;
    if text.is_empty() {
        Err(Refusal::NotThroughGate)
    } else {
        Ok(Some(text))
    }
}
