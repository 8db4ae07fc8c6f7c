//! The URL of a request, split once: the gate's own scheme and host, and the raw target.

use crate::request::canonical_origin;

/// A request's URL.
#[derive(Clone)]
pub(crate) struct RequestUrl {
    text: String,
    target_at: usize,
    has_plain_host: bool,
}

impl RequestUrl {
    /// Takes the URL as the platform gives it.
    pub(crate) fn new(mut text: String) -> Self {
        let host_at = text.find("://").map_or(0, |at| at + 3);
        let mut target_at = text
            .bytes()
            .skip(host_at)
            .position(|byte| matches!(byte, b'/' | b'?'))
            .map_or(text.len(), |at| host_at + at);
        let canonical = text.get(..target_at).and_then(canonical_origin);
        if let Some(canonical) = &canonical
            && text.get(..target_at) != Some(canonical)
        {
            text.replace_range(..target_at, canonical);
            target_at = canonical.len();
        }
        Self {
            text,
            target_at,
            has_plain_host: canonical.is_some(),
        }
    }

    /// Whether the authority is a host with an optional port, and nothing else.
    pub(crate) fn has_plain_host(&self) -> bool {
        self.has_plain_host
    }

    /// Scheme and host in their one spelling, and the raw target.
    pub(crate) fn split(&self) -> (&str, &str) {
        match self.text.split_at(self.target_at) {
            (origin, "") => (origin, "/"),
            parts => parts,
        }
    }
}
