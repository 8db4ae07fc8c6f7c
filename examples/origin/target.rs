//! A request target in the hub's form: decoded path segments and query parameters.

use axum::extract::Query;
use axum::http::Uri;
use percent_encoding::percent_decode_str;

use crate::failure::Refusal;

/// A target whose segments are decoded once. A revision such as `refs%2Fpr%2F1` stays one segment.
#[derive(Debug)]
pub(crate) struct Target {
    raw: String,
    segments: Vec<String>,
    query: String,
    parameters: Vec<(String, String)>,
}

impl Target {
    pub(crate) fn parse(uri: &Uri) -> Result<Target, Refusal> {
        let path = uri.path();
        let inner = path.strip_prefix('/').unwrap_or(path);
        let inner = inner.strip_suffix('/').unwrap_or(inner);
        let segments = inner
            .split('/')
            .map(decode)
            .collect::<Result<Vec<String>, Refusal>>()?;
        let Query(parameters) = Query::<Vec<(String, String)>>::try_from_uri(uri)
            .map_err(|_malformed| Refusal::malformed("the query is not a list of parameters"))?;
        let raw = uri
            .path_and_query()
            .map_or_else(|| path.to_owned(), ToString::to_string);
        Ok(Target {
            raw,
            segments,
            query: uri.query().unwrap_or_default().to_owned(),
            parameters,
        })
    }

    /// Path and query exactly as received.
    pub(crate) fn raw(&self) -> &str {
        &self.raw
    }

    pub(crate) fn segments(&self) -> Vec<&str> {
        self.segments.iter().map(String::as_str).collect()
    }

    /// The query as received, without its question mark.
    pub(crate) fn query(&self) -> &str {
        &self.query
    }

    /// The first parameter of this name, decoded.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// True if any parameter of this name has this value, for checks that must not miss a repeated one.
    pub(crate) fn has_parameter(&self, name: &str, value: &str) -> bool {
        self.parameters
            .iter()
            .any(|(key, held)| key == name && held == value)
    }

    /// True for `name=1` and `name=true`, in any case.
    pub(crate) fn is_set(&self, name: &str) -> bool {
        self.parameter(name)
            .is_some_and(|value| value == "1" || value.eq_ignore_ascii_case("true"))
    }
}

fn decode(segment: &str) -> Result<String, Refusal> {
    match percent_decode_str(segment).decode_utf8() {
        Ok(text) if !text.contains('\0') => Ok(text.into_owned()),
        Ok(_) | Err(_) => Err(Refusal::malformed("the path is not UTF-8")),
    }
}
