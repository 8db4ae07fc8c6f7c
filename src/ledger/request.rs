//! The requests to a ledger. The edge has authorized the caller.
//!
//! Each request is a type that names the type of its response, so no caller has to handle the response to another request.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::audit_entry::Actor;
use super::author::Author;
use super::backup::BackupRecord;
use super::elsewhere::Elsewhere;
use super::idempotency::Idempotency;
use super::membership::Membership;
use super::record::RevocationReason;
use super::response::{
    Admission, AuditPage, Awaited, Imported, Introspection, Issued, Refreshed, RevokedTokens, Survey,
    TokenPage,
};
use super::subject_block::SubjectBlock;
use crate::json::Object;
use crate::keys::KeyId;
use crate::state::Roles;
use crate::token::{BearerKind, Claims, Restrictions, Timestamp, Verified};

/// A request to a ledger. The ledger answers with a [`Response`](Self::Response) or with a
/// [`LedgerRefusal`](super::LedgerRefusal), both in JSON.
pub trait LedgerRequest: Serialize + DeserializeOwned {
    /// The type of the response.
    type Response: Serialize + DeserializeOwned;

    /// The request's name in the path.
    const NAME: &'static str;
}

/// A request whose response the gate does not wait for. It writes its JSON itself, because the gate module has no serde_json.
pub trait LedgerMessage {
    /// The request's name in the path.
    fn name(&self) -> &'static str;

    /// The request as JSON, which can be parsed back.
    fn to_json(&self) -> String;
}

/// The address of a request: its shard and its name, as the path of the HTTP request that carries it. A ledger learns its shard
/// from the first one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LedgerAddress<'a> {
    /// The shard.
    pub shard: u16,
    /// The request's name.
    pub name: &'a str,
}

impl<'a> LedgerAddress<'a> {
    /// Parses a path; `None` if it is not a ledger's.
    pub fn parse(path: &'a str) -> Option<Self> {
        let (shard, name) = path.strip_prefix('/')?.split_once('/')?;
        let shard = shard.parse().ok()?;
        Some(Self { shard, name })
    }

    /// The URL. Only its path matters.
    pub fn url(self) -> String {
        format!("https://ledger/{}/{}", self.shard, self.name)
    }
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

/// Show whether a subject is blocked; or block or unblock it first.
#[derive(Debug, Serialize, Deserialize)]
pub struct BlockSubject {
    /// Whom.
    pub subject: String,
    /// Whether to block it; `None` changes nothing.
    pub blocked: Option<bool>,
}

impl LedgerRequest for BlockSubject {
    type Response = SubjectBlock;
    const NAME: &'static str = "block-subject";
}

/// Make a token.
#[derive(Debug, Serialize, Deserialize)]
pub struct CreateToken {
    /// The token's user.
    pub subject: String,
    /// The name that the subject gives it.
    pub name: String,
    /// `read` or `write`.
    pub role: String,
    /// What limits it beyond that.
    pub restrictions: Restrictions,
    /// The seconds for which it is valid; `None` means no expiry.
    pub expires_in: Option<u32>,
    /// The root key that will mint it.
    pub key_id: KeyId,
    /// Identifies a repeated call.
    pub idempotency: Option<Idempotency>,
    /// What the other shards hold of the subject.
    pub elsewhere: Elsewhere,
    /// Who asks.
    pub by: Author,
}

impl LedgerRequest for CreateToken {
    type Response = Issued;
    const NAME: &'static str = "create-token";
}

/// Create a token that replaces another.
#[derive(Debug, Serialize, Deserialize)]
pub struct RefreshToken {
    /// The user of both tokens.
    pub subject: String,
    /// The old token.
    pub serial: u32,
    /// The seconds for which the old token still works.
    pub grace: u32,
    /// The seconds for which the new token is valid; `None` means the lifetime of the old one.
    pub expires_in: Option<u32>,
    /// The root key that will mint it.
    pub key_id: KeyId,
    /// Identifies a repeated call.
    pub idempotency: Option<Idempotency>,
    /// What the other shards hold of the subject, where that was asked for.
    pub elsewhere: Option<Elsewhere>,
    /// Who asks.
    pub by: Author,
}

impl LedgerRequest for RefreshToken {
    type Response = Refreshed;
    const NAME: &'static str = "refresh-token";
}

/// List a subject's tokens, by serial.
#[derive(Debug, Serialize, Deserialize)]
pub struct ListTokens {
    /// The subject.
    pub subject: String,
    /// Whether to include tokens that were revoked or have expired.
    pub all: bool,
    /// Only tokens after this serial.
    pub after: Option<u32>,
    /// The most tokens to return.
    pub limit: u32,
}

impl LedgerRequest for ListTokens {
    type Response = TokenPage;
    const NAME: &'static str = "list-tokens";
}

/// Tell what another shard must know before it creates a token.
#[derive(Debug, Serialize, Deserialize)]
pub struct SurveySubject {
    /// The subject of the tokens.
    pub subject: String,
    /// The name in question.
    pub name: String,
    /// The key of the call, in the ledger's form.
    pub idempotency_key: Option<String>,
}

impl LedgerRequest for SurveySubject {
    type Response = Survey;
    const NAME: &'static str = "survey-subject";
}

/// Revoke one token of a subject, or all.
#[derive(Debug, Serialize, Deserialize)]
pub struct RevokeTokens {
    /// The subject.
    pub subject: String,
    /// Which; all without it.
    pub serial: Option<u32>,
    /// Who asks. If the admin revokes all, that ends the subject's sessions too.
    pub by: Author,
}

impl LedgerRequest for RevokeTokens {
    type Response = RevokedTokens;
    const NAME: &'static str = "revoke-tokens";
}

/// Revoke tokens that somebody presented.
#[derive(Debug, Serialize, Deserialize)]
pub struct RevokePresented {
    /// The tokens, with the claims that were verified.
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

/// The claims of a genuine token that a ledger needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GenuineToken {
    /// The token's number in the shard.
    pub serial: u32,
    /// The token's user.
    pub subject: String,
    /// When it was minted.
    pub issued_at: Timestamp,
    /// The time from which it is refused; `None` means never.
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
    /// The token.
    pub token: GenuineToken,
}

impl LedgerRequest for IntrospectToken {
    type Response = Introspection;
    const NAME: &'static str = "introspect-token";
}

/// Wait until a version of the list is published.
#[derive(Debug, Serialize, Deserialize)]
pub struct AwaitList {
    /// The version.
    pub version: u64,
    /// The longest time to wait.
    pub seconds: u32,
}

impl LedgerRequest for AwaitList {
    type Response = Awaited;
    const NAME: &'static str = "await-list";
}

/// List the audit, newest first.
#[derive(Debug, Serialize, Deserialize)]
pub struct ReadAudit {
    /// Only entries about this subject.
    pub subject: Option<String>,
    /// Only entries before this one.
    pub before: Option<u64>,
    /// The most entries to return.
    pub limit: u32,
}

impl LedgerRequest for ReadAudit {
    type Response = AuditPage;
    const NAME: &'static str = "read-audit";
}

/// Show a subject's membership.
#[derive(Debug, Serialize, Deserialize)]
pub struct ReadMembership {
    /// The subject.
    pub subject: String,
}

impl LedgerRequest for ReadMembership {
    type Response = Membership;
    const NAME: &'static str = "read-membership";
}

/// Give a subject's record as it is published, sealed: for a gate to which KV gave none, or one that is not in force. The
/// answer is no JSON, but the record.
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

/// Put roles in place of those that a subject had.
#[derive(Debug, Serialize, Deserialize)]
pub struct SetMembership {
    /// The subject.
    pub subject: String,
    /// The roles; none removes the subject from all organizations.
    pub roles: Roles,
}

impl LedgerRequest for SetMembership {
    type Response = Membership;
    const NAME: &'static str = "set-membership";
}

/// Wait until a version of a membership is published.
#[derive(Debug, Serialize, Deserialize)]
pub struct AwaitMembership {
    /// The subject.
    pub subject: String,
    /// The version.
    pub version: u64,
    /// The longest time to wait.
    pub seconds: u32,
}

impl LedgerRequest for AwaitMembership {
    type Response = Awaited;
    const NAME: &'static str = "await-membership";
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
    /// What it says of itself, where it was not refused as revoked.
    pub accepted: Option<UsedToken>,
}

/// What a genuine token that was used says of itself, so that a ledger which does not know it can take it on.
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
    /// From when on it is refused; `None` is never.
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

/// Use up a sign-in assertion, unless it has been used before.
#[derive(Debug, Serialize, Deserialize)]
pub struct AdmitAssertion {
    /// Who signs in.
    pub subject: String,
    /// SHA-256 of its `jti`, in hexadecimal.
    pub digest: String,
    /// The time from which it is refused in any case, so it need not be stored any longer.
    pub expires_at: Timestamp,
}

impl LedgerRequest for AdmitAssertion {
    type Response = Admission;
    const NAME: &'static str = "admit-assertion";
}

/// Tell how the ledger stands: JSON that the API gives as it is.
#[derive(Debug, Serialize, Deserialize)]
pub struct InspectLedger {}

impl LedgerRequest for InspectLedger {
    type Response = Box<RawValue>;
    const NAME: &'static str = "inspect-ledger";
}

/// Give a page of all that a backup needs: JSON that the API gives as it is.
#[derive(Debug, Serialize, Deserialize)]
pub struct ExportRecords {
    /// After that position, which the page before gave.
    pub after: Option<u64>,
    /// How many records at most.
    pub limit: u32,
}

impl LedgerRequest for ExportRecords {
    type Response = Box<RawValue>;
    const NAME: &'static str = "export-records";
}

/// Take on what a backup holds and the ledger does not know.
#[derive(Debug, Serialize, Deserialize)]
pub struct ImportRecords {
    /// The records.
    pub records: Vec<BackupRecord>,
}

impl LedgerRequest for ImportRecords {
    type Response = Imported;
    const NAME: &'static str = "import-records";
}

#[cfg(test)]
mod tests {
    use crate::token::{BearerKind, Restrictions};

    use super::{
        CreateToken, LedgerAddress, LedgerMessage, LedgerRequest, NoteUsage, SealMembership, Use, UsedToken,
        Wake,
    };

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
