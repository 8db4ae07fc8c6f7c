//! The URL of a request, split once: the gate's own scheme and host, and the raw target.

use crate::Authority;

/// A request's URL.
#[derive(Clone)]
pub(crate) struct AskedUrl {
    text: String,
    target_at: usize,
    has_plain_host: bool,
}

impl AskedUrl {
    /// Takes the URL as the platform gives it.
    pub(crate) fn new(text: String) -> Self {
        let host_at = text.find("://").map_or(0, |at| at + 3);
        let target_at = text
            .bytes()
            .skip(host_at)
            .position(|byte| matches!(byte, b'/' | b'?'))
            .map_or(text.len(), |at| host_at + at);
        let has_plain_host = text
            .get(host_at..target_at)
            .is_some_and(|authority| Authority::parse(authority).is_some());
        Self {
            text,
            target_at,
            has_plain_host,
        }
    }

    /// Whether the authority is a host with an optional port, and nothing else.
    pub(crate) fn has_plain_host(&self) -> bool {
        self.has_plain_host
    }

    /// Scheme and host, and the raw target.
    pub(crate) fn split(&self) -> (&str, &str) {
        match self.text.split_at(self.target_at) {
            (origin, "") => (origin, "/"),
            parts => parts,
        }
    }
}
