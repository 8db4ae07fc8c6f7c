//! The body by which a backup's records come in.

use super::api_error::ApiError;
use crate::json::from_slice;
use crate::ledger::{BackupKind, BackupRecord, ImportRecords, MAXIMUM_IMPORTED_RECORDS, TokenName};
use crate::token::{FieldError, Role, Subject};

/// Reads a page of records, each with the form that a ledger gives its own.
///
/// # Errors
/// [`ApiError::BodyMalformed`] says what is wrong.
pub fn read_backup(body: &[u8]) -> Result<ImportRecords, ApiError> {
    let import: ImportRecords = from_slice(body)
        .map_err(|error| ApiError::body(format!("{error}; expected the `records` of an export")))?;
    if import.records.len() > MAXIMUM_IMPORTED_RECORDS {
        return Err(ApiError::body(format!(
            "at most {MAXIMUM_IMPORTED_RECORDS} records are taken at a time"
        )));
    }
    import.records.iter().try_for_each(check)?;
    Ok(import)
}

fn check(record: &BackupRecord) -> Result<(), ApiError> {
    let kind = record.kind();
    if kind != BackupKind::RevokedSerial {
        let read: Result<Subject, FieldError> = record.subject.parse();
        read.map_err(ApiError::body)?;
    }
    if kind == BackupKind::Token {
        let _name: TokenName = record.name.parse().map_err(ApiError::body)?;
        let _role: Role = record.role.parse().map_err(ApiError::body)?;
        // Without it, a service account's token would be taken for a user's.
        if record.bearer.is_none() {
            return Err(ApiError::body(
                "a token's record has its bearer: user or service_account",
            ));
        }
        // Without them, a token that is limited would be taken for one that is not.
        if record.restrictions.is_none() {
            return Err(ApiError::body(
                "a token's record has its restrictions: [] where there are none",
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::read_backup;
    use crate::ledger::MAXIMUM_IMPORTED_RECORDS;

    const TOKEN: &str = r#"{"serial":7,"subject":"alice","name":"laptop","role":"read","bearer":"user","restrictions":[{"areas":["git"]}],"adopted":false,"key_id":1,"issued_at":5,"expires_at":null,"revoked_at":null,"revocation_reason":null}"#;

    fn page(records: &[&str]) -> String {
        format!(r#"{{"records":[{}]}}"#, records.join(","))
    }

    #[test]
    fn reads_what_an_export_gives_and_nothing_of_another_form() {
        let others = [
            r#"{"serial":9,"expires_at":null}"#,
            r#"{"subject":"bob","roles":{"acme":"write"}}"#,
            r#"{"subject":"bob","blocked_at":null,"sessions_revoked_at":7}"#,
        ];
        let all = page(&[TOKEN, others[0], others[1], others[2]]);
        assert_eq!(read_backup(all.as_bytes()).unwrap().records.len(), 4);
        for bad in [
            page(&[&TOKEN.replace("alice", "a b")]),
            page(&[&TOKEN.replace("laptop", "")]),
            page(&[&TOKEN.replace("\"read\"", "\"admin\"")]),
            page(&[&TOKEN.replace('7', "-7")]),
            page(&[&TOKEN.replace("issued_at", "issued")]),
            page(&[&TOKEN.replace(r#""bearer":"user","#, "")]),
            page(&[&TOKEN.replace(r#""restrictions":[{"areas":["git"]}],"#, "")]),
            page(&[&TOKEN.replace(r#"[{"areas":["git"]}]"#, "null")]),
            page(&[&TOKEN.replace(r#"["git"]"#, r#"["Git"]"#)]),
            page(&[&others[1].replace("bob", "")]),
            page(&[&others[2].replace("bob", "a b")]),
            page(&[&others[1].replace("\"write\"", "\"owner\"")]),
            page(&vec![TOKEN; MAXIMUM_IMPORTED_RECORDS + 1]),
            "[]".to_owned(),
        ] {
            assert!(read_backup(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
