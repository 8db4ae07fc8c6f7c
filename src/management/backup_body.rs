//! The body by which a backup's records come in.

use serde::Deserialize;

use super::api_error::ApiError;
use super::bodies::place_of;
use crate::ledger::{BackupRecord, MAXIMUM_IMPORTED_RECORDS, TokenName};
use crate::token::{FieldError, Role, Subject};

/// Reads a page of records, each with the form that a ledger gives its own.
///
/// # Errors
/// [`ApiError::BodyMalformed`] says what is wrong.
pub fn read_backup(body: &[u8]) -> Result<Vec<BackupRecord>, ApiError> {
    #[derive(Deserialize)]
    struct Wire {
        records: Vec<BackupRecord>,
    }

    let wire: Wire = serde_json::from_slice(body).map_err(|error| {
        ApiError::body(format!(
            "{}; expected the `records` of an export",
            place_of(&error)
        ))
    })?;
    if wire.records.len() > MAXIMUM_IMPORTED_RECORDS {
        return Err(ApiError::body(format!(
            "at most {MAXIMUM_IMPORTED_RECORDS} records are taken at a time"
        )));
    }
    for record in &wire.records {
        check(record)?;
    }
    Ok(wire.records)
}

fn check(record: &BackupRecord) -> Result<(), ApiError> {
    let is_subject = |subject: &str| {
        let read: Result<Subject, FieldError> = subject.parse();
        read.map(drop).map_err(ApiError::body)
    };
    match record {
        BackupRecord::Token(token) => {
            is_subject(&token.subject)?;
            let _name: TokenName = token.name.parse().map_err(ApiError::body)?;
            let _role: Role = token.role.parse().map_err(ApiError::body)?;
            Ok(())
        }
        BackupRecord::Revocation { .. } => Ok(()),
        BackupRecord::Membership(membership) => is_subject(&membership.subject),
    }
}

#[cfg(test)]
mod tests {
    use super::read_backup;
    use crate::ledger::MAXIMUM_IMPORTED_RECORDS;

    const TOKEN: &str = r#"{"token":{"serial":7,"subject":"alice","name":"laptop","role":"read","key_id":1,"issued_at":5,"expires_at":null,"revoked_at":null,"revocation_reason":null}}"#;

    fn page(records: &[&str]) -> String {
        format!(r#"{{"records":[{}]}}"#, records.join(","))
    }

    #[test]
    fn reads_what_an_export_gives_and_nothing_of_another_form() {
        let others = [
            r#"{"revocation":{"serial":9,"expires_at":null}}"#,
            r#"{"membership":{"subject":"bob","roles":{"acme":"write"}}}"#,
        ];
        let all = page(&[TOKEN, others[0], others[1]]);
        assert_eq!(read_backup(all.as_bytes()).unwrap().len(), 3);
        for bad in [
            page(&[&TOKEN.replace("alice", "a b")]),
            page(&[&TOKEN.replace("laptop", "")]),
            page(&[&TOKEN.replace("\"read\"", "\"admin\"")]),
            page(&[&TOKEN.replace("7", "-7")]),
            page(&[&others[1].replace("bob", "..\u{e4}")]),
            page(&[&others[1].replace("\"write\"", "\"owner\"")]),
            page(&vec![TOKEN; MAXIMUM_IMPORTED_RECORDS + 1]),
            "[]".to_owned(),
        ] {
            assert!(read_backup(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
