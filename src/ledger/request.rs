//! The requests that the service alone sends to a ledger. The edge has authorized the caller.
//!
//! Each request is a type that names the type of its response, so no caller has to handle the response to another request.
//! Knows nothing of how they travel or who carries them out.

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
use crate::keys::KeyId;
use crate::state::Roles;
use crate::token::{Claims, Restrictions, Timestamp};

/// A request to a ledger. The ledger answers with a [`Response`](Self::Response) or with a
/// [`LedgerRefusal`](super::LedgerRefusal), both in JSON.
pub trait LedgerRequest: Serialize + DeserializeOwned {
    /// The type of the response.
    type Response: Serialize + DeserializeOwned;

    /// The request's name in the path.
    const NAME: &'static str;
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
