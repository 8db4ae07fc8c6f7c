//! The tables of a ledger.
//!
//! Every statement on a table that grows has an index and a limit: tests/edge/test_ledger_statements.py reads the query
//! plan of each.

use super::LedgerError;
use super::store::{Store, StoreError, Values};

/// Which tables these are. A ledger with others is not touched.
const VERSION: u32 = 3;

const TABLES: &[&str] = &[
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
    // takes effect; while a grace runs, `revoked_at` lies in the future and `revoked_in` is null. `usable_until` is later than
    // all timestamps where a token does not expire. `restrictions` is JSON: those that the token was minted with. Where `adopted` is 1,
    // that is unknown, and they are those that every token of the serial had whenever it was used: the same, or more.
    "CREATE TABLE tokens (
        serial INTEGER PRIMARY KEY,
        subject TEXT NOT NULL,
        name TEXT NOT NULL,
        role TEXT NOT NULL,
        bearer TEXT NOT NULL DEFAULT 'user',
        restrictions TEXT NOT NULL,
        adopted INTEGER NOT NULL DEFAULT 0,
        key_id INTEGER NOT NULL,
        issued_at INTEGER NOT NULL,
        expires_at INTEGER,
        revoked_at INTEGER,
        revocation_reason TEXT,
        revoked_in INTEGER,
        replaces INTEGER,
        replaced_by INTEGER,
        last_used_day INTEGER,
        misused_day INTEGER,
        usable_until INTEGER NOT NULL GENERATED ALWAYS AS (coalesce(expires_at, 4294967296)) VIRTUAL
    ) STRICT",
    "CREATE INDEX tokens_of_subject ON tokens (subject, serial)",
    // What a subject may still use, so that no answer about it costs more for what it had before.
    "CREATE INDEX tokens_accepted ON tokens (subject, usable_until, serial) WHERE revoked_in IS NULL",
    "CREATE INDEX tokens_in_grace ON tokens (revoked_at) WHERE revoked_at IS NOT NULL AND revoked_in IS NULL",
    // What the list holds.
    "CREATE INDEX tokens_revoked ON tokens (usable_until, serial) WHERE revoked_in IS NOT NULL",
    // What is looked for when it has been kept long enough. The serials of tokens revoked for good move to
    // `foreign_revocations` then.
    "CREATE INDEX tokens_expiring ON tokens (expires_at) WHERE expires_at IS NOT NULL",
    "CREATE INDEX tokens_revoked_for_good ON tokens (revoked_at) WHERE revoked_in IS NOT NULL AND expires_at IS NULL",
    // All tokens of a subject up to a serial are revoked, from a list version on. Their rows follow in batches, and then
    // this one goes.
    "CREATE TABLE pending_revocations (
        subject TEXT PRIMARY KEY,
        through INTEGER NOT NULL,
        version INTEGER NOT NULL,
        at INTEGER NOT NULL,
        actor TEXT NOT NULL
    ) STRICT",
    // The tokens as they stand, whether or not their rows say so yet; `recorded_in` is the row's own `revoked_in`.
    "CREATE VIEW token_states AS SELECT
        serial, tokens.subject AS subject, name, role, bearer, restrictions, adopted, key_id, issued_at, expires_at, usable_until,
        CASE WHEN through IS NULL THEN revoked_at ELSE min(coalesce(revoked_at, at), at) END AS revoked_at,
        CASE WHEN through IS NULL THEN revocation_reason ELSE 'requested' END AS revocation_reason,
        coalesce(revoked_in, version) AS revoked_in,
        revoked_in AS recorded_in, replaces, replaced_by, last_used_day, misused_day
        FROM tokens LEFT JOIN pending_revocations
        ON pending_revocations.subject = tokens.subject AND serial <= through AND revoked_in IS NULL",
    // Revoked serials without a row of their own: taken over from an earlier list, minted by hand, or of a token whose row
    // has been kept long enough.
    "CREATE TABLE foreign_revocations (
        serial INTEGER PRIMARY KEY,
        expires_at INTEGER
    ) STRICT",
    "CREATE INDEX foreign_expiring ON foreign_revocations (expires_at) WHERE expires_at IS NOT NULL",
    // What a list revokes that this ledger did not publish, on its way to the tables above: some serials a row, in JSON.
    "CREATE TABLE found_revocations (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        first INTEGER NOT NULL,
        last INTEGER NOT NULL,
        serials TEXT NOT NULL
    ) STRICT",
    "CREATE INDEX found_range ON found_revocations (first, last)",
    "CREATE TABLE audit (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        at INTEGER NOT NULL,
        actor TEXT NOT NULL,
        action TEXT NOT NULL,
        subject TEXT,
        serial INTEGER NOT NULL,
        replaces INTEGER,
        reason TEXT,
        restricted INTEGER
    ) STRICT",
    "CREATE INDEX audit_of_subject ON audit (subject, number)",
    "CREATE TABLE idempotency (
        key TEXT PRIMARY KEY,
        fingerprint TEXT NOT NULL,
        serial INTEGER NOT NULL,
        created_at INTEGER NOT NULL
    ) STRICT",
    "CREATE INDEX idempotency_old ON idempotency (created_at)",
    // Who is what in which namespace, one row a subject and never deleted: the version only grows. `roles` is JSON.
    // `published` is the highest version that KV has confirmed, and `due_at` when the record is to be written next,
    // in milliseconds; null where nothing is to be written. From `renew_at` on it is written
    // again so that it stays in force. `checked_at` is when it was last seen what KV holds of it.
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
        renew_at INTEGER,
        checked_at INTEGER NOT NULL DEFAULT 0
    ) STRICT",
    "CREATE INDEX memberships_due ON memberships (due_at) WHERE due_at IS NOT NULL",
    "CREATE INDEX memberships_sealed ON memberships (sealed_with) WHERE due_at IS NULL",
    "CREATE INDEX memberships_checked ON memberships (checked_at) WHERE due_at IS NULL",
    // What is known of people, one row for each who has signed in, was blocked or had sessions revoked. Sessions that began up to
    // `sessions_revoked_at` are over. `entries` counts the sign-ins that the audit has of the day `entries_day`.
    "CREATE TABLE people (
        subject TEXT PRIMARY KEY,
        session_began_at INTEGER,
        sessions_revoked_at INTEGER,
        blocked_at INTEGER,
        entries_day INTEGER,
        entries INTEGER
    ) STRICT",
    // Sign-in assertions that have signed somebody in, until they expire: each holds once.
    "CREATE TABLE sign_ins (
        digest TEXT PRIMARY KEY,
        expires_at INTEGER NOT NULL
    ) STRICT",
    "CREATE INDEX sign_ins_old ON sign_ins (expires_at)",
    // One row: what is known of what lies outside this storage. Serials below `reserved` may be given out in this run;
    // `ceiling` is the highest that KV may hold, `block` how many were reserved last. `reserving_until` keeps others from
    // reserving, and `searched_shards` is the number of shards with which KV was last searched for membership records, as
    // far as `search_cursor`, and again from `search_due` on. `began_at` is when the object last came to life,
    // `clock_seen_at` when the ledger last looked for what is to be removed, and `clock_doubted_at` when that was last far
    // from the time before. Those two and `loss_noticed_at` are seconds, all other times milliseconds.
    "CREATE TABLE continuity (
        only INTEGER PRIMARY KEY CHECK (only = 1),
        reserved INTEGER NOT NULL DEFAULT 0,
        ceiling INTEGER NOT NULL DEFAULT 0,
        block INTEGER NOT NULL DEFAULT 0,
        reserving_until INTEGER NOT NULL DEFAULT 0,
        ceiling_sealed_with INTEGER,
        list_sealed_with INTEGER,
        list_compared INTEGER NOT NULL DEFAULT 0,
        loss_noticed_at INTEGER,
        began_at INTEGER NOT NULL DEFAULT 0,
        clock_seen_at INTEGER NOT NULL DEFAULT 0,
        clock_doubted_at INTEGER NOT NULL DEFAULT 0,
        searched_shards INTEGER NOT NULL DEFAULT 0,
        search_cursor TEXT,
        search_due INTEGER NOT NULL DEFAULT 0
    ) STRICT",
    "INSERT INTO continuity (only) VALUES (1)",
    "CREATE INDEX memberships_renewed ON memberships (renew_at) WHERE due_at IS NULL",
];

impl Store {
    /// Makes the tables where there are none.
    pub(super) fn prepare(&self) -> Result<(), LedgerError> {
        self.run(
            "CREATE TABLE IF NOT EXISTS schema (only INTEGER PRIMARY KEY CHECK (only = 1), version INTEGER NOT NULL) \
             STRICT",
            Values::none(),
        )?;
        match self.number("SELECT version FROM schema LIMIT 1", Values::none())? {
            Some(found) if found == u64::from(VERSION) => Ok(()),
            Some(found) => Err(StoreError(format!(
                "the ledger has schema version {found}, and this Lychgate knows {VERSION}: deploy the one that made it"
            ))
            .into()),
            None => self.transaction(|| {
                for statement in TABLES {
                    self.run(statement, Values::none())?;
                }
                self.run(
                    "INSERT INTO schema (only, version) VALUES (1, ?)",
                    Values::none().number(VERSION),
                )?;
                Ok(())
            }),
        }
    }
}
