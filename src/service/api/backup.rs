//! A ledger's records out and in, for backups.

use worker::Response;

use super::ApiCall;
use super::answer::json;
use super::body::JSON;
use super::rejection::Rejection;
use crate::ledger::{Cursor, ExportRecords, ImportRecords, Limit};
use crate::management::{ApiError, MAXIMUM_IMPORT_BYTES, Parameters, read_backup};
use crate::request::Target;

impl ApiCall {
    pub(super) async fn export(&self, target: &Target<'_>, shard: u16) -> Result<Response, Rejection> {
        let parameters = Parameters::read(target, &["limit", "cursor"])?;
        let cursor = parameters.value::<Cursor>("cursor")?.unwrap_or_default();
        let export = ExportRecords {
            after: cursor.position(shard),
            limit: parameters.value::<Limit>("limit")?.unwrap_or_default().count(),
        };
        self.expect_ledger(shard)?;
        json(200, &self.settings.ledgers.ask(shard, export).await?, None)
    }

    pub(super) async fn import(&self, target: &Target<'_>, shard: u16) -> Result<Response, Rejection> {
        Parameters::read(target, &[])?;
        self.expect_type(JSON)?;
        self.expect_ledger(shard)?;
        let import: ImportRecords = read_backup(&self.body(MAXIMUM_IMPORT_BYTES).await?)?;
        json(200, &self.settings.ledgers.ask(shard, import).await?, None)
    }

    fn expect_ledger(&self, shard: u16) -> Result<(), Rejection> {
        if self.settings.ledgers.shards.holds(shard) {
            Ok(())
        } else {
            Err(ApiError::NotFound.into())
        }
    }
}
