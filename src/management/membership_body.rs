//! The body that sets a subject's roles.

use super::api_error::ApiError;
use crate::json::from_slice;
use crate::state::{MAXIMUM_NAMESPACES, Namespace, Roles};

/// Parses roles by namespace.
///
/// # Errors
/// [`ApiError::BodyMalformed`] says what is wrong and what is expected.
pub fn read_roles(body: &[u8]) -> Result<Roles, ApiError> {
    from_slice(body).map_err(|error| {
        ApiError::body(format!(
            "{error}; expected up to {MAXIMUM_NAMESPACES} roles by namespace, such as {{\"acme\":\"write\"}}: each \
             namespace once, 1 to {} bytes of A-Z a-z 0-9 . _ - without a dot at the end; each role no_access, read, \
             contributor, write or admin",
            Namespace::MAXIMUM_BYTES
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::read_roles;
    use crate::management::ApiError;

    #[test]
    fn says_where_roles_are_wrong_and_repeats_nothing() {
        assert_eq!(read_roles(br#"{"acme":"write"}"#).unwrap().len(), 1);
        for body in [
            r#"{"acme":"s3cret"}"#,
            r#"{"acme":5}"#,
            r#"{"s3cret/":"read"}"#,
            "",
            "[]",
        ] {
            let Err(ApiError::BodyMalformed { reason }) = read_roles(body.as_bytes()) else {
                panic!("{body} was taken");
            };
            assert!(
                reason.contains("line 1") && reason.contains("no_access"),
                "{reason}"
            );
            assert!(!reason.contains("s3cret"), "{reason}");
        }
    }
}
