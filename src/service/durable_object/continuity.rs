//! What keeps a ledger correct after its storage was lost or replaced by an older copy: the ceiling of serials in KV, and
//! the note that something is missing.

use super::store::{StoreError, Values};
use super::{LOOK_AGAIN, Ledger, LedgerError};
use crate::isolate::clock::now;
use crate::ledger::{END_OF_SERIALS, SerialCeiling};
use crate::service::kv::KvUnavailable;
use crate::service::time::{now_milliseconds, sleep};

/// How long KV leaves a key alone between two writes of it.
const PACE_MILLISECONDS: u64 = 1_000;

/// How long reserving may take: a read and a write of KV.
const RESERVING_MILLISECONDS: u64 = 26_000;

/// How long a call waits while another one reserves.
const PATIENCE_MILLISECONDS: u64 = 10_000;

/// How often a call reserves: other calls may take a block before it.
const RESERVATIONS: u32 = 4;

impl Ledger {
    /// What is known of what lies outside this storage.
    pub(super) fn known(&self, query: &'static str) -> Result<Option<u64>, StoreError> {
        self.store.number(query, Values::none())
    }

    /// The ceiling that this ledger has written, or has tried to.
    fn own_ceiling(&self) -> Result<u64, StoreError> {
        Ok(self.known("SELECT ceiling FROM continuity")?.unwrap_or_default())
    }

    /// Gives up, when the object starts, what is valid only while it runs, because this storage may be a copy. The ledger
    /// that it was copied from may have published lists, and has given out the serials that were reserved.
    pub(super) fn doubt_storage(&self) -> Result<(), LedgerError> {
        self.store.run(
            "UPDATE continuity SET list_compared = 0, began_at = ?",
            Values::none().large(now_milliseconds()),
        )?;
        if self.known("SELECT reserving_until FROM continuity")? == Some(0) {
            return Ok(());
        }
        self.store.transaction(|| {
            self.store.run(
                "UPDATE ledger SET next_serial = max(next_serial, (SELECT reserved FROM continuity))",
                Values::none(),
            )?;
            Ok(self.store.run(
                "UPDATE continuity SET reserved = 0, block = 0, reserving_until = 0",
                Values::none(),
            )?)
        })
    }

    /// Carries out, as [`Ledger::grown`] does, a change that takes serials, and reserves some if none is left.
    pub(super) async fn with_serials<T>(
        &self,
        work: impl Fn() -> Result<T, LedgerError>,
    ) -> Result<T, LedgerError> {
        let mut reservations = 0;
        loop {
            match self.grown(&work).await {
                Err(LedgerError::SerialUnreserved { next }) if reservations < RESERVATIONS => {
                    reservations += 1;
                    self.reserve_serials(next).await?;
                }
                outcome => return outcome,
            }
        }
    }

    /// The shard's next serial, which is reserved and nobody's yet.
    pub(super) fn take_serial(&self) -> Result<u32, LedgerError> {
        let reserved = self.known("SELECT reserved FROM continuity")?.unwrap_or_default();
        let next = self
            .store
            .number("SELECT next_serial FROM ledger", Values::none())?;
        // At most a block is looked through.
        for serial in next.unwrap_or(END_OF_SERIALS)..reserved {
            let serial = u32::try_from(serial).map_err(|_| LedgerError::SerialsExhausted)?;
            // A serial above the counter may be known already: of a token that was used, or revoked, unknown to this ledger.
            if self.store.token(serial)?.is_none() && !self.store.is_foreign_revoked(serial)? {
                self.store.skip_serial(serial)?;
                return Ok(serial);
            }
        }
        Err(LedgerError::SerialUnreserved {
            next: next.unwrap_or(END_OF_SERIALS).max(reserved),
        })
    }

    /// Reserves serials from `next` on: the ceiling is in KV before one of them is given out.
    async fn reserve_serials(&self, next: u64) -> Result<(), LedgerError> {
        let tired = now_milliseconds() + PATIENCE_MILLISECONDS;
        loop {
            let now = now_milliseconds();
            if self
                .known("SELECT reserved FROM continuity")?
                .is_some_and(|reserved| reserved > next)
            {
                return Ok(());
            }
            let reserving_until = self
                .known("SELECT reserving_until FROM continuity")?
                .unwrap_or_default();
            let is_free = reserving_until <= now
                // It was noted before the clock went back.
                || reserving_until > now + RESERVING_MILLISECONDS;
            if is_free {
                break;
            }
            if now >= tired {
                return Err(LedgerError::SerialUnreserved { next });
            }
            sleep(LOOK_AGAIN).await;
        }
        let begun = now_milliseconds();
        self.delay_others(begun + RESERVING_MILLISECONDS)?;
        let outcome = self.raise_ceiling(next).await;
        self.delay_others(begun + PACE_MILLISECONDS)?;
        outcome
    }

    fn delay_others(&self, until: u64) -> Result<(), StoreError> {
        self.store.run(
            "UPDATE continuity SET reserving_until = ?",
            Values::none().large(until),
        )
    }

    async fn raise_ceiling(&self, next: u64) -> Result<(), LedgerError> {
        let found = self.found_ceiling().await.map_err(LedgerError::FoundCeiling)?;
        let (ceiling, block) = self.store.transaction(|| {
            self.go_on_above(found.unwrap_or_default())?;
            let first = self
                .store
                .number("SELECT next_serial FROM ledger", Values::none())?
                .unwrap_or(END_OF_SERIALS)
                .max(next);
            if first >= END_OF_SERIALS {
                return Err(LedgerError::SerialsExhausted);
            }
            let block =
                SerialCeiling::next_block(self.known("SELECT block FROM continuity")?.unwrap_or_default());
            let ceiling = first.saturating_add(block).min(END_OF_SERIALS);
            self.store.run(
                "UPDATE ledger SET next_serial = max(next_serial, ?)",
                Values::none().large(first),
            )?;
            self.store.run(
                "UPDATE continuity SET ceiling = max(ceiling, ?)",
                Values::none().large(ceiling),
            )?;
            Ok((ceiling, block))
        })?;
        self.store.sync().await?;
        if !self.write_ceiling(ceiling).await? {
            return Err(LedgerError::SerialUnreserved { next });
        }
        Ok(self.store.run(
            "UPDATE continuity SET reserved = max(reserved, ?), block = ?",
            Values::none().large(ceiling).large(block),
        )?)
    }

    /// Goes on above the ceiling that KV holds: whatever is below it may have been given out.
    pub(super) fn go_on_above(&self, found: u64) -> Result<(), LedgerError> {
        if found > self.own_ceiling()? {
            self.note_loss(&format!(
                "KV says that serials below {found} are given out, and this ledger does not know of it"
            ))?;
        }
        self.store.run(
            "UPDATE continuity SET ceiling = max(ceiling, ?)",
            Values::none().large(found),
        )?;
        Ok(self.store.run(
            "UPDATE ledger SET next_serial = max(next_serial, ?)",
            Values::none().large(found),
        )?)
    }

    /// Notes, also in the log, that this storage is not what it should be.
    pub(super) fn note_loss(&self, what: &str) -> Result<(), StoreError> {
        self.warn(
            "storage_lost",
            &format!(
                "{what}: its storage was lost or put back from an older copy; see \"After a ledger was restored\" in \
                 docs/operations.md"
            ),
        );
        self.store.run(
            "UPDATE continuity SET loss_noticed_at = ?",
            Values::none().number(now()),
        )
    }

    /// Checks the ceiling that KV holds, and writes it again if KV has lost it or an older root key sealed it.
    pub(super) async fn check_ceiling(&self) -> Result<(), LedgerError> {
        let own = self.own_ceiling()?;
        let found = match self.found_ceiling().await {
            Ok(found) => found,
            Err(detail) => {
                self.warn("ceiling_unreadable", &detail);
                return Ok(());
            }
        };
        if found.is_some_and(|found| found > own) {
            self.store
                .transaction(|| self.go_on_above(found.unwrap_or_default()))?;
        }
        let own = self.own_ceiling()?;
        let is_current = self.known("SELECT ceiling_sealed_with FROM continuity")?
            == Some(self.settings.keys.active().into());
        if own > 0 && (found != Some(own) || !is_current) {
            self.write_ceiling(own).await?;
        }
        Ok(())
    }

    /// The ceiling that KV holds. One that does not open says nothing to a ledger that has one of its own.
    pub(super) async fn found_ceiling(&self) -> Result<Option<u64>, String> {
        let shard = self.shard().map_err(|error| error.to_string())?;
        let own = self.own_ceiling().map_err(|error| error.to_string())?;
        let found = self.read_ceiling(shard).await;
        match found {
            Err(CeilingUnread::Unreadable(detail)) if own > 0 => {
                self.warn("ceiling_unreadable", &detail);
                Ok(None)
            }
            Err(CeilingUnread::Unreadable(detail)) => Err(detail),
            Err(CeilingUnread::Kv) => Err("KV failed or took too long".to_owned()),
            Ok(found) => Ok(found),
        }
    }

    async fn read_ceiling(&self, shard: u16) -> Result<Option<u64>, CeilingUnread> {
        let read = self.settings.kv.read(&key(shard)).await;
        let Some(sealed) = read.map_err(|KvUnavailable| CeilingUnread::Kv)? else {
            return Ok(None);
        };
        SerialCeiling::open(&sealed, shard, &self.settings.keys)
            .map(|found| Some(found.ceiling))
            .map_err(|error| {
                CeilingUnread::Unreadable(format!(
                    "{error}; repair the key ring, or remove {} from KV if no token of the shard is about",
                    key(shard)
                ))
            })
    }

    /// The ceiling that KV holds of a shard whose ledger begins.
    pub(super) async fn ceiling_of_new(&self, shard: u16) -> Result<u64, LedgerError> {
        match self.read_ceiling(shard).await {
            Ok(found) => Ok(found.unwrap_or_default()),
            Err(CeilingUnread::Unreadable(detail)) => Err(LedgerError::FoundCeiling(detail)),
            Err(CeilingUnread::Kv) => Err(LedgerError::FoundCeiling("KV failed or took too long".to_owned())),
        }
    }

    /// Writes a ceiling to KV; whether KV has taken it.
    async fn write_ceiling(&self, ceiling: u64) -> Result<bool, LedgerError> {
        let shard = self.shard()?;
        let active = self.settings.keys.active();
        let sealed = SerialCeiling { shard, ceiling }.seal(&self.settings.keys);
        let is_written = self.settings.kv.write(&key(shard), &sealed).await.is_ok();
        if is_written {
            self.store.run(
                "UPDATE continuity SET ceiling_sealed_with = ?",
                Values::none().number(active.into()),
            )?;
        } else {
            self.warn("ceiling_unwritable", "KV failed or took too long");
        }
        Ok(is_written)
    }
}

/// Why the ceiling in KV is not known.
enum CeilingUnread {
    /// KV failed, or took too long.
    Kv,
    /// What is there does not open.
    Unreadable(String),
}

fn key(shard: u16) -> String {
    format!("serials/{shard}")
}
