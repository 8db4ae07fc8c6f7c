//! The requests that the gate itself sends to a ledger. They write their JSON themselves, because the gate module has no
//! serde_json. Knows nothing of when they are sent.

use serde::{Deserialize, Serialize};

use super::request::LedgerRequest;
use crate::json::Object;
use crate::keys::KeyId;
use crate::token::{BearerKind, Restrictions, Timestamp, Verified};

/// A request that the gate module can send.
pub trait LedgerMessage {
    /// The request's name in the path.
    fn name(&self) -> &'static str;

    /// The request as JSON, which can be parsed back.
    fn to_json(&self) -> String;
}

/// Run due work: publish a list that is older than it should be.
#[derive(Debug, Serialize, Deserialize)]
pub struct Wake {}

impl LedgerRequest for Wake {
    type Response = ();
    const NAME: &'static str = "wake";
}

impl LedgerMessage for Wake {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn to_json(&self) -> String {
        Object::new().end()
    }
}

/// Give a subject's record, sealed as it is published, to a gate to which KV gave none or one that has expired. The answer
/// is the record itself and not JSON.
#[derive(Debug, Serialize, Deserialize)]
pub struct SealMembership {
    /// Whose.
    pub subject: String,
}

impl SealMembership {
    /// The request's name on its way to the ledger.
    pub const NAME: &'static str = "seal-membership";
}

impl LedgerMessage for SealMembership {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn to_json(&self) -> String {
        Object::new().text("subject", &self.subject).end()
    }
}

/// Record that tokens were used. The response is when the ledger came to life, in Unix milliseconds: whoever sees another time
/// than before knows that the ledger may have lost what it was told.
#[derive(Debug, Serialize, Deserialize)]
pub struct NoteUsage {
    /// The tokens, and how they were used.
    pub usage: Vec<Use>,
}

impl LedgerRequest for NoteUsage {
    type Response = u64;
    const NAME: &'static str = "note-usage";
}

impl LedgerMessage for NoteUsage {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn to_json(&self) -> String {
        let mut usage = "[".to_owned();
        for each in &self.usage {
            if usage.len() > 1 {
                usage.push(',');
            }
            usage.push_str(&each.to_json());
        }
        usage.push(']');
        Object::new().json("usage", &usage).end()
    }
}

/// A use of a token, as an edge saw it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Use {
    /// The token's number in the shard.
    pub serial: u32,
    /// What it says of itself, unless it was refused as revoked.
    pub accepted: Option<UsedToken>,
}

/// What a genuine token that was used says of itself, so that a ledger that does not know it can record it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsedToken {
    /// Whom it stands for.
    pub subject: String,
    /// `read` or `write`.
    pub role: String,
    /// What the subject is.
    pub bearer: BearerKind,
    /// What limits it beyond that: what it was minted with, and what its holders added.
    pub restrictions: Restrictions,
    /// The root key that it was minted with.
    pub key_id: KeyId,
    /// When it was minted.
    pub issued_at: Timestamp,
    /// The time from which it is refused; `None` means never.
    pub expires_at: Option<Timestamp>,
}

impl Use {
    /// The use of a token that was accepted.
    pub fn of(token: &Verified) -> Self {
        let claims = token.claims();
        Self {
            serial: claims.id.serial,
            accepted: Some(UsedToken {
                subject: claims.subject.as_str().to_owned(),
                role: claims.role.name().to_owned(),
                bearer: claims.bearer,
                restrictions: claims.restrictions.clone(),
                key_id: token.key_id(),
                issued_at: claims.issued_at,
                expires_at: claims.expires_at,
            }),
        }
    }

    fn to_json(&self) -> String {
        let accepted = self.accepted.as_ref().map(|token| {
            let said = Object::new()
                .text("subject", &token.subject)
                .text("role", &token.role)
                .text("bearer", token.bearer.name())
                .json("restrictions", &token.restrictions.to_json())
                .number("key_id", token.key_id)
                .number("issued_at", token.issued_at);
            match token.expires_at {
                Some(expires_at) => said.number("expires_at", expires_at),
                None => said.json("expires_at", "null"),
            }
            .end()
        });
        Object::new()
            .number("serial", self.serial)
            .json("accepted", accepted.as_deref().unwrap_or("null"))
            .end()
    }
}

#[cfg(test)]
mod tests {
    use crate::token::{BearerKind, Restrictions};

    use super::{LedgerMessage, NoteUsage, SealMembership, Use, UsedToken, Wake};

    #[test]
    fn a_message_writes_what_serde_json_writes() {
        assert_eq!(Wake {}.to_json(), serde_json::to_string(&Wake {}).unwrap());
        let seal = SealMembership {
            subject: "alice".to_owned(),
        };
        assert_eq!(seal.to_json(), serde_json::to_string(&seal).unwrap());
        let token = |expires_at| UsedToken {
            subject: "al.i_c-e".to_owned(),
            role: "write".to_owned(),
            bearer: BearerKind::ServiceAccount,
            restrictions: Restrictions::from_json(r#"[{"areas":["git"]},{"role":"read"}]"#).unwrap(),
            key_id: 255,
            issued_at: u32::MAX,
            expires_at,
        };
        let usage = [None, Some(token(None)), Some(token(Some(0)))].map(|accepted| Use {
            serial: u32::MAX,
            accepted,
        });
        for count in 0..=usage.len() {
            let message = NoteUsage {
                usage: usage[..count].to_vec(),
            };
            assert_eq!(message.to_json(), serde_json::to_string(&message).unwrap());
        }
    }
}
