//! What a ledger is asked. Whoever asks was let in by the edge.
//!
//! Each request is a type of its own, which says what it is answered with: nobody has to reckon with an answer to
//! something else.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::audit_entry::Actor;
use super::elsewhere::Elsewhere;
use super::idempotency::Idempotency;
use super::membership::Membership;
use super::record::RevocationReason;
use super::response::{
    Admission, AuditPage, Awaited, Introspection, Issued, Refreshed, RevokedTokens, Survey, TokenPage,
};
use crate::json::Object;
use crate::keys::KeyId;
use crate::state::Roles;
use crate::token::{Claims, Timestamp};

/// A request to a ledger. It is answered with a [`Response`](Self::Response), or with a
/// [`LedgerRefusal`](super::LedgerRefusal), both in JSON.
pub trait LedgerRequest: Serialize + DeserializeOwned {
    /// What the ledger answers.
    type Response: Serialize + DeserializeOwned;

    /// The request's name on its way to the ledger.
    const NAME: &'static str;
}

/// A request that a gate sends and does not wait for. It writes its JSON itself, for the gate's module has no serde_json.
pub trait LedgerMessage {
    /// The request's name on its way to the ledger.
    fn name(&self) -> &'static str;

    /// The request as the JSON that it is read from.
    fn to_json(&self) -> String;
}

/// Where a request goes: its shard and its name, as the path of the HTTP request that carries it. A ledger learns its
/// shard from the first one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LedgerAddress<'a> {
    /// Which shard.
    pub shard: u16,
    /// The request's name.
    pub name: &'a str,
}

impl<'a> LedgerAddress<'a> {
    /// Reads a path; `None` where it is no ledger's.
    pub fn parse(path: &'a str) -> Option<Self> {
        let (shard, name) = path.strip_prefix('/')?.split_once('/')?;
        let shard = shard.parse().ok()?;
        Some(Self { shard, name })
    }

    /// The URL. Only its path counts.
    pub fn url(self) -> String {
        format!("https://ledger/{}/{}", self.shard, self.name)
    }
}

/// Do what is due: publish a list that is older than it should be.
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

/// Make a token.
#[derive(Debug, Serialize, Deserialize)]
pub struct CreateToken {
    /// Whom it stands for.
    pub subject: String,
    /// What the subject calls it.
    pub name: String,
    /// `read` or `write`.
    pub role: String,
    /// For how many seconds it is valid; `None` does not expire.
    pub expires_in: Option<u32>,
    /// The root key under which it will be minted.
    pub key_id: KeyId,
    /// How a repeated call is known.
    pub idempotency: Option<Idempotency>,
    /// What the other shards hold of the subject.
    pub elsewhere: Elsewhere,
}

impl LedgerRequest for CreateToken {
    type Response = Issued;
    const NAME: &'static str = "create-token";
}

/// Make a token in place of another.
#[derive(Debug, Serialize, Deserialize)]
pub struct RefreshToken {
    /// Whom both stand for.
    pub subject: String,
    /// The old token.
    pub serial: u32,
    /// For how many seconds the old one still works.
    pub grace: u32,
    /// For how many seconds the new one is valid; `None` is as long as the old one was made to.
    pub expires_in: Option<u32>,
    /// The root key under which it will be minted.
    pub key_id: KeyId,
    /// How a repeated call is known.
    pub idempotency: Option<Idempotency>,
    /// What the other shards hold of the subject, where that was asked for.
    pub elsewhere: Option<Elsewhere>,
}

impl LedgerRequest for RefreshToken {
    type Response = Refreshed;
    const NAME: &'static str = "refresh-token";
}

/// Show a subject's tokens, by serial.
#[derive(Debug, Serialize, Deserialize)]
pub struct ListTokens {
    /// Whose.
    pub subject: String,
    /// Those that were revoked or have expired, too.
    pub all: bool,
    /// From this serial on, without it.
    pub after: Option<u32>,
    /// How many at most.
    pub limit: u32,
}

impl LedgerRequest for ListTokens {
    type Response = TokenPage;
    const NAME: &'static str = "list-tokens";
}

/// Tell what another shard must know before it makes a token.
#[derive(Debug, Serialize, Deserialize)]
pub struct SurveySubject {
    /// Whose tokens.
    pub subject: String,
    /// The name in question.
    pub name: String,
    /// The key of the call, as the ledger keeps it.
    pub idempotency_key: Option<String>,
}

impl LedgerRequest for SurveySubject {
    type Response = Survey;
    const NAME: &'static str = "survey-subject";
}

/// Revoke one token of a subject, or all.
#[derive(Debug, Serialize, Deserialize)]
pub struct RevokeTokens {
    /// Whose.
    pub subject: String,
    /// Which; all without it.
    pub serial: Option<u32>,
}

impl LedgerRequest for RevokeTokens {
    type Response = RevokedTokens;
    const NAME: &'static str = "revoke-tokens";
}

/// Revoke tokens that were presented, whoever did so.
#[derive(Debug, Serialize, Deserialize)]
pub struct RevokePresented {
    /// Which, by their own genuine word.
    pub tokens: Vec<GenuineToken>,
    /// Who presented them.
    pub actor: Actor,
    /// Why they are revoked.
    pub reason: RevocationReason,
}

impl LedgerRequest for RevokePresented {
    type Response = ();
    const NAME: &'static str = "revoke-presented";
}

/// What a genuine token says of itself, as far as a ledger must know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GenuineToken {
    /// Its number in the shard.
    pub serial: u32,
    /// Whom it stands for.
    pub subject: String,
    /// When it was minted.
    pub issued_at: Timestamp,
    /// From when on it is refused; `None` is never.
    pub expires_at: Option<Timestamp>,
}

impl From<&Claims> for GenuineToken {
    fn from(claims: &Claims) -> Self {
        Self {
            serial: claims.id.serial,
            subject: claims.subject.as_str().to_owned(),
            issued_at: claims.issued_at,
            expires_at: claims.expires_at,
        }
    }
}

/// Tell whether a genuine token is accepted.
#[derive(Debug, Serialize, Deserialize)]
pub struct IntrospectToken {
    /// Which.
    pub token: GenuineToken,
}

impl LedgerRequest for IntrospectToken {
    type Response = Introspection;
    const NAME: &'static str = "introspect-token";
}

/// Wait until a version of the list is published.
#[derive(Debug, Serialize, Deserialize)]
pub struct AwaitList {
    /// Which.
    pub version: u64,
    /// For how long at most.
    pub seconds: u32,
}

impl LedgerRequest for AwaitList {
    type Response = Awaited;
    const NAME: &'static str = "await-list";
}

/// Show the audit, newest first.
#[derive(Debug, Serialize, Deserialize)]
pub struct ReadAudit {
    /// Only of this subject.
    pub subject: Option<String>,
    /// Before this entry, without it.
    pub before: Option<u64>,
    /// How many at most.
    pub limit: u32,
}

impl LedgerRequest for ReadAudit {
    type Response = AuditPage;
    const NAME: &'static str = "read-audit";
}

/// Show a subject's membership.
#[derive(Debug, Serialize, Deserialize)]
pub struct ReadMembership {
    /// Whose.
    pub subject: String,
}

impl LedgerRequest for ReadMembership {
    type Response = Membership;
    const NAME: &'static str = "read-membership";
}

/// Put roles in place of those that a subject had.
#[derive(Debug, Serialize, Deserialize)]
pub struct SetMembership {
    /// Whose.
    pub subject: String,
    /// The roles; none takes the subject out of all organizations.
    pub roles: Roles,
}

impl LedgerRequest for SetMembership {
    type Response = Membership;
    const NAME: &'static str = "set-membership";
}

/// Wait until a version of a membership is published.
#[derive(Debug, Serialize, Deserialize)]
pub struct AwaitMembership {
    /// Whose.
    pub subject: String,
    /// Which.
    pub version: u64,
    /// For how long at most.
    pub seconds: u32,
}

impl LedgerRequest for AwaitMembership {
    type Response = Awaited;
    const NAME: &'static str = "await-membership";
}

/// Note that tokens were used.
#[derive(Debug, Serialize, Deserialize)]
pub struct NoteUsage {
    /// Which, and how.
    pub usage: Vec<Use>,
}

impl LedgerRequest for NoteUsage {
    type Response = ();
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
            let written = Object::new()
                .number("serial", each.serial)
                .flag("refused", each.refused);
            usage.push_str(&written.end());
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
    /// Whether it was refused as revoked.
    pub refused: bool,
}

/// Let a sign-in assertion sign somebody in, where it has not before.
#[derive(Debug, Serialize, Deserialize)]
pub struct AdmitAssertion {
    /// SHA-256 of its `jti`, in hexadecimal.
    pub digest: String,
    /// From when on it is refused in any case, and need not be known.
    pub expires_at: Timestamp,
}

impl LedgerRequest for AdmitAssertion {
    type Response = Admission;
    const NAME: &'static str = "admit-assertion";
}

#[cfg(test)]
mod tests {
    use super::{CreateToken, LedgerAddress, LedgerMessage, LedgerRequest, NoteUsage, Use, Wake};

    #[test]
    fn a_message_writes_what_serde_json_writes() {
        assert_eq!(Wake {}.to_json(), serde_json::to_string(&Wake {}).unwrap());
        let usage = [(7, false), (u32::MAX, true)].map(|(serial, refused)| Use { serial, refused });
        for count in 0..=usage.len() {
            let message = NoteUsage {
                usage: usage[..count].to_vec(),
            };
            assert_eq!(message.to_json(), serde_json::to_string(&message).unwrap());
        }
    }

    #[test]
    fn an_address_is_the_path_of_its_url() {
        let address = LedgerAddress {
            shard: 255,
            name: CreateToken::NAME,
        };
        let url = address.url();
        let path = url.strip_prefix("https://ledger").unwrap();
        assert_eq!(LedgerAddress::parse(path), Some(address));
        for none in ["", "/", "/0", "0/wake", "/x/wake", "/70000/wake", "//wake"] {
            assert_eq!(LedgerAddress::parse(none), None, "{none}");
        }
    }
}
