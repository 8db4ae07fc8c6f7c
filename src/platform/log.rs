//! One JSON line per failure: token id, code, method and route. Never a token, a body or a query.

use serde::Serialize;

use super::platform::{console_error, console_log};

/// One line of the log.
#[derive(Default, Serialize)]
pub(super) struct Line<'a> {
    pub(super) event: &'static str,
    pub(super) code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) method: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) route: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) shard: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) detail: Option<String>,
}

impl Line<'_> {
    /// Writes what a caller did.
    pub(super) fn note(&self) {
        console_log(&self.to_json());
    }

    /// Writes what is ours to mend.
    pub(super) fn alarm(&self) {
        console_error(&self.to_json());
    }

    fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}
