//! The tables of a ledger, and how older ones become them.

use super::LedgerError;
use super::store::{Store, StoreError, Values};

/// What makes each version of the tables out of the one before. Only ever added to.
const MIGRATIONS: &[&[&str]] = &[FIRST, MEMBERSHIPS, SIGN_INS, CHECKS, RETENTION, CONTINUITY];

const FIRST: &[&str] = &[
    // One row: the shard, its next serial, and where its list stands (core: `Publication`).
    "CREATE TABLE ledger (
        only INTEGER PRIMARY KEY CHECK (only = 1),
        shard INTEGER NOT NULL,
        next_serial INTEGER NOT NULL,
        attempted INTEGER NOT NULL,
        wanted INTEGER NOT NULL,
        published INTEGER NOT NULL,
        attempted_at INTEGER NOT NULL,
        published_at INTEGER NOT NULL,
        failures INTEGER NOT NULL
    ) STRICT",
    // The tokens made here, without its text or a hash of it. `revoked_in` is the list version in which its end
    // takes effect; while a grace runs, `revoked_at` lies in the future and `revoked_in` is null.
    "CREATE TABLE tokens (
        serial INTEGER PRIMARY KEY,
        subject TEXT NOT NULL,
        name TEXT NOT NULL,
        role TEXT NOT NULL,
        key_id INTEGER NOT NULL,
        issued_at INTEGER NOT NULL,
        expires_at INTEGER,
        revoked_at INTEGER,
        revocation_reason TEXT,
        revoked_in INTEGER,
        replaces INTEGER,
        replaced_by INTEGER,
        last_used_day INTEGER,
        misused_day INTEGER
    ) STRICT",
    "CREATE INDEX tokens_of_subject ON tokens (subject, serial)",
    "CREATE INDEX tokens_in_grace ON tokens (revoked_at) WHERE revoked_at IS NOT NULL AND revoked_in IS NULL",
    "CREATE INDEX tokens_revoked ON tokens (serial, expires_at) WHERE revoked_in IS NOT NULL",
    // Revoked serials without a row of their own: taken over from an earlier list, minted by hand, or of a token whose row
    // has been kept long enough.
    "CREATE TABLE foreign_revocations (
        serial INTEGER PRIMARY KEY,
        expires_at INTEGER
    ) STRICT",
    "CREATE TABLE audit (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        at INTEGER NOT NULL,
        actor TEXT NOT NULL,
        action TEXT NOT NULL,
        subject TEXT,
        serial INTEGER NOT NULL,
        replaces INTEGER,
        reason TEXT
    ) STRICT",
    "CREATE INDEX audit_of_subject ON audit (subject, number)",
    "CREATE TABLE idempotency (
        key TEXT PRIMARY KEY,
        fingerprint TEXT NOT NULL,
        serial INTEGER NOT NULL,
        created_at INTEGER NOT NULL
    ) STRICT",
];

const MEMBERSHIPS: &[&str] = &[
    // Who is what in which namespace, one row a subject and never deleted: the version only grows. `roles` is JSON.
    // `published` is the highest version that KV has confirmed, and `due_at` when the record is to be written next,
    // in milliseconds; null where nothing is to be written. From `renew_at` on it is written again so that it stays in force.
    "CREATE TABLE memberships (
        subject TEXT PRIMARY KEY,
        version INTEGER NOT NULL,
        written_at INTEGER NOT NULL,
        roles TEXT NOT NULL,
        published INTEGER NOT NULL,
        sealed_with INTEGER,
        attempted_at INTEGER NOT NULL,
        failures INTEGER NOT NULL,
        due_at INTEGER,
        renew_at INTEGER
    ) STRICT",
    "CREATE INDEX memberships_due ON memberships (due_at) WHERE due_at IS NOT NULL",
    "CREATE INDEX memberships_sealed ON memberships (sealed_with)",
];

const SIGN_INS: &[&str] = &[
    // Sign-in assertions that have signed somebody in, until they expire: each holds once.
    "CREATE TABLE sign_ins (
        digest TEXT PRIMARY KEY,
        expires_at INTEGER NOT NULL
    ) STRICT",
];

const CHECKS: &[&str] = &[
    // When it was last seen what KV holds of a record, in milliseconds.
    "ALTER TABLE memberships ADD COLUMN checked_at INTEGER NOT NULL DEFAULT 0",
    "CREATE INDEX memberships_checked ON memberships (checked_at)",
];

const RETENTION: &[&str] = &[
    // What is looked for when it has been kept long enough. The serials of tokens revoked for good move to
    // `foreign_revocations` then.
    "CREATE INDEX tokens_expiring ON tokens (expires_at) WHERE expires_at IS NOT NULL",
    "CREATE INDEX tokens_revoked_for_good ON tokens (revoked_at) WHERE revoked_in IS NOT NULL AND expires_at IS NULL",
];

const CONTINUITY: &[&str] = &[
    // One row: what is known of what lies outside this storage. Serials below `reserved` may be given out in this run;
    // `ceiling` is the highest that KV may hold, `block` how many were reserved last. `reserving_until` keeps others from
    // reserving, and `searched_shards` is the number of shards with which KV was last searched for membership records, as
    // far as `search_cursor`, and again from `search_due` on. Times but `loss_noticed_at` are milliseconds.
    "CREATE TABLE continuity (
        only INTEGER PRIMARY KEY CHECK (only = 1),
        reserved INTEGER NOT NULL DEFAULT 0,
        ceiling INTEGER NOT NULL DEFAULT 0,
        block INTEGER NOT NULL DEFAULT 0,
        reserving_until INTEGER NOT NULL DEFAULT 0,
        ceiling_sealed_with INTEGER,
        list_sealed_with INTEGER,
        loss_noticed_at INTEGER,
        searched_shards INTEGER NOT NULL DEFAULT 0,
        search_cursor TEXT,
        search_due INTEGER NOT NULL DEFAULT 0
    ) STRICT",
    "INSERT INTO continuity (only) VALUES (1)",
    "CREATE INDEX memberships_renewed ON memberships (renew_at) WHERE due_at IS NULL",
];

impl Store {
    /// Brings the tables to the version that this code knows.
    pub(super) fn migrate(&self) -> Result<(), LedgerError> {
        self.run(
            "CREATE TABLE IF NOT EXISTS schema (only INTEGER PRIMARY KEY CHECK (only = 1), version INTEGER NOT NULL) \
             STRICT",
            Values::none(),
        )?;
        let found = self.number("SELECT version FROM schema", Values::none())?;
        let found = found
            .and_then(|version| usize::try_from(version).ok())
            .unwrap_or_default();
        let known = MIGRATIONS.len();
        if found > known {
            return Err(StoreError(format!(
                "the ledger has schema version {found}, and this Lychgate knows {known}: deploy the newer one again"
            ))
            .into());
        }
        if found == known {
            return Ok(());
        }
        self.transaction(|| {
            for statement in MIGRATIONS.iter().skip(found).copied().flatten() {
                self.run(statement, Values::none())?;
            }
            let version = u32::try_from(known).unwrap_or(u32::MAX);
            self.run(
                "INSERT OR REPLACE INTO schema (only, version) VALUES (1, ?)",
                Values::none().number(version),
            )?;
            Ok(())
        })
    }
}
