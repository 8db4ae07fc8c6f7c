//! The one body that decides: the `operation` of a git-lfs batch request.
//!
//! Source: git-lfs `docs/api/batch.md`. The servers behind the gate parse the same bytes with parsers of their
//! own (Go's ignores case, others take the last of two keys), so only a body that all of them read as a
//! download is one. Knows nothing of routes or HTTP.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{self, IgnoredAny, MapAccess, Visitor};

/// How much of a batch body is read. git-lfs sends 100 objects at a time, about 15 KiB.
pub const MAXIMUM_BATCH_BYTES: usize = 1024 * 1024;

/// Whether the gate reads a body so described as the server behind it will: not compressed, and in UTF-8.
/// A server may decode what it is told is UTF-7 or gzip, and then read something else.
pub fn is_plain_batch(content_type: Option<&str>, content_encoding: Option<&str>) -> bool {
    let content_type = content_type.unwrap_or_default().to_ascii_lowercase();
    let mut charsets = content_type
        .split(';')
        .filter_map(|parameter| parameter.trim().strip_prefix("charset"))
        .map(|value| value.trim_matches([' ', '=', '"']));
    content_encoding.is_none_or(|coding| coding.eq_ignore_ascii_case("identity"))
        && charsets.all(|charset| charset == "utf-8")
}

/// What a batch request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    /// Nothing changes.
    Download,
    /// `upload`, and whatever is not beyond doubt a download.
    Upload,
}

impl Operation {
    /// Reads the body: `Download` only for one JSON object with exactly one `operation`, which is `download`.
    pub(crate) fn of(body: &[u8]) -> Self {
        // All of it must be UTF-8: serde_json does not look into strings that it skips, and what is no UTF-8 there
        // is read by one server as a character, by another as a quotation mark.
        match str::from_utf8(body).map(|_| serde_json::from_slice::<Batch>(body)) {
            Ok(Ok(Batch { is_download: true })) => Self::Download,
            Ok(Ok(Batch { is_download: false }) | Err(_)) | Err(_) => Self::Upload,
        }
    }
}

struct Batch {
    is_download: bool,
}

impl<'de> Deserialize<'de> for Batch {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TopLevel;

        impl<'de> Visitor<'de> for TopLevel {
            type Value = Batch;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a batch object with one operation")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Batch, M::Error> {
                let mut operations = 0_usize;
                let mut is_download = false;
                while let Some(key) = map.next_key::<Cow<'de, str>>()? {
                    if is_operation(&key) {
                        operations = operations.saturating_add(1);
                        let value = map.next_value::<Cow<'de, str>>()?;
                        is_download = key == "operation" && value == "download";
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(Batch {
                    is_download: is_download && operations == 1,
                })
            }
        }

        deserializer.deserialize_map(TopLevel)
    }
}

/// Whether some parser takes the key for `operation`: Go's ignores case, and one in C stops at a NUL.
fn is_operation(key: &str) -> bool {
    key.split('\0')
        .next()
        .is_some_and(|key| key.eq_ignore_ascii_case("operation"))
}

#[cfg(test)]
mod tests {
    use super::{Operation, is_plain_batch};

    #[test]
    fn only_utf_8_that_is_not_compressed_is_plain() {
        for content_type in [
            None,
            Some("application/vnd.git-lfs+json"),
            Some("application/json; charset=utf-8"),
            Some("application/json;Charset=\"UTF-8\""),
        ] {
            assert!(is_plain_batch(content_type, None), "{content_type:?}");
            assert!(is_plain_batch(content_type, Some("identity")), "{content_type:?}");
            assert!(!is_plain_batch(content_type, Some("gzip")), "{content_type:?}");
        }
        for content_type in [
            "application/json; charset=utf-7",
            "application/json; charset=utf-8; charset=utf-16",
            "application/json; charset",
        ] {
            assert!(!is_plain_batch(Some(content_type), None), "{content_type}");
        }
    }

    #[test]
    fn only_a_plain_download_is_a_download() {
        for body in [
            r#"{"operation":"download"}"#,
            r#" {"objects":[{"operation":"upload"}],"operation":"downl\u006fad"} "#,
        ] {
            assert_eq!(Operation::of(body.as_bytes()), Operation::Download, "{body}");
        }
        for body in [
            "",
            "{}",
            "\u{feff}{\"operation\":\"download\"}",
            r#"{"operation":"upload"}"#,
            r#"{"operation":"DOWNLOAD"}"#,
            r#"{"operation":"download "}"#,
            r#"{"operation":["download"]}"#,
            r#"{"Operation":"download"}"#,
            r#"{"operation":"upload","operation":"download"}"#,
            r#"{"operation":"download","OPERATION":"upload"}"#,
            r#"{"operation":"download","operati\u006fn":"download"}"#,
            r#"{"operation\u0000":"upload","operation":"download"}"#,
            r#"{"operation":"download"} {"operation":"upload"}"#,
            r#"{"operation":"download",}"#,
            r#"[{"operation":"download"}]"#,
        ] {
            assert_eq!(Operation::of(body.as_bytes()), Operation::Upload, "{body}");
        }
        let not_utf_8 = b"{\"operation\":\"download\",\"x\":\"\xc0\xa2\"}";
        assert_eq!(Operation::of(not_utf_8), Operation::Upload);
    }
}
