//! The URL that was asked for, split once: the gate's own scheme and host, and the raw target.

/// A request's URL.
#[derive(Clone)]
pub(crate) struct AskedUrl {
    text: String,
    target_at: usize,
}

impl AskedUrl {
    /// The URL as the platform has it.
    pub(crate) fn new(text: String) -> Self {
        let host_at = text.find("://").map_or(0, |at| at + 3);
        let target_at = text
            .bytes()
            .skip(host_at)
            .position(|byte| matches!(byte, b'/' | b'?'))
            .map_or(text.len(), |at| host_at + at);
        Self { text, target_at }
    }

    /// Scheme and host, and the raw target.
    pub(crate) fn split(&self) -> (&str, &str) {
        match self.text.split_at(self.target_at) {
            (origin, "") => (origin, "/"),
            parts => parts,
        }
    }
}
