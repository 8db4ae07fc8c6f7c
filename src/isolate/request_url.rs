//! The URL of a request, split once: the gate's own scheme and host, and the raw target.

use std::cell::RefCell;

use crate::request::canonical_origin;
use crate::text_search;

thread_local! {
    /// The scheme and host of the last request, if they were in their one spelling. Nearly every request has the same.
    static LAST_ORIGIN: RefCell<String> = const { RefCell::new(String::new()) };
}

/// A request's URL.
#[derive(Clone)]
pub(crate) struct RequestUrl {
    text: String,
    target_at: usize,
    has_plain_host: bool,
}

impl RequestUrl {
    /// Takes the URL as the platform gives it.
    pub(crate) fn new(text: String) -> Self {
        match LAST_ORIGIN.with_borrow(|origin| target_after(&text, origin)) {
            Some(target_at) => Self {
                text,
                target_at,
                has_plain_host: true,
            },
            None => Self::read(text),
        }
    }

    fn read(mut text: String) -> Self {
        let host_at = text_search::position(&text, "://").map_or(0, |at| at + 3);
        let mut target_at = text
            .bytes()
            .skip(host_at)
            .position(|byte| matches!(byte, b'/' | b'?'))
            .map_or(text.len(), |at| host_at + at);
        let canonical = text.get(..target_at).and_then(canonical_origin);
        if let Some(canonical) = &canonical
            && text.get(..target_at) != Some(canonical)
        {
            text = [canonical, text.get(target_at..).unwrap_or_default()].concat();
            target_at = canonical.len();
        }
        if let Some(canonical) = &canonical {
            LAST_ORIGIN.with_borrow_mut(|last| last.clone_from(canonical));
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

/// Where the target begins in a URL with this scheme and host, which are not empty and in their one spelling.
fn target_after(url: &str, origin: &str) -> Option<usize> {
    let target = url.strip_prefix(origin)?;
    let is_whole = target.is_empty() || target.starts_with(['/', '?']);
    (is_whole && !origin.is_empty()).then_some(origin.len())
}
