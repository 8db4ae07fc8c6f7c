//! A ledger's records out and in, for backups.

use serde::Serialize;
use worker::Response;

use super::ApiCall;
use super::answer::json;
use super::body::JSON;
use super::rejection::Rejection;
use crate::Target;
use crate::ledger::{BackupRecord, Cursor, ExportRecords, ImportRecords, Limit};
use crate::management::{ApiError, MAXIMUM_IMPORT_BYTES, Parameters, read_backup};

#[derive(Serialize)]
struct Page {
    records: Vec<BackupRecord>,
    next: Option<String>,
}

impl ApiCall {
    pub(super) async fn export(&self, target: &Target<'_>, shard: u16) -> Result<Response, Rejection> {
        let parameters = Parameters::read(target, &["limit", "cursor"])?;
        let cursor = parameters.value::<Cursor>("cursor")?.unwrap_or_default();
        let export = ExportRecords {
            after: cursor.position(shard),
            limit: parameters.value::<Limit>("limit")?.unwrap_or_default().count(),
        };
        self.expect_ledger(shard)?;
        let page = self.settings.ledgers.ask(shard, export).await?;
        let next = page.next.map(|position| {
            let mut cursor = Cursor::default();
            cursor.move_to(shard, position);
            cursor.to_text()
        });
        json(
            200,
            &Page {
                records: page.records,
                next,
            },
            None,
        )
    }

    pub(super) async fn import(&self, target: &Target<'_>, shard: u16) -> Result<Response, Rejection> {
        Parameters::read(target, &[])?;
        self.expect_type(JSON)?;
        self.expect_ledger(shard)?;
        let records = read_backup(&self.body(MAXIMUM_IMPORT_BYTES).await?)?;
        let imported = self
            .settings
            .ledgers
            .ask(shard, ImportRecords { records })
            .await?;
        json(200, &imported, None)
    }

    fn expect_ledger(&self, shard: u16) -> Result<(), Rejection> {
        if self.settings.ledgers.shards.holds(shard) {
            Ok(())
        } else {
            Err(ApiError::NotFound.into())
        }
    }
}
