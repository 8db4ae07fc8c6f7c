//! The sender of a request, as browsers describe it in fields that no page can set. Knows nothing of tokens or routes.

use crate::request::Content;

/// The fields that describe the sender (Fetch Metadata, and the Fetch standard's CORS fields). Programs other than browsers do
/// not send them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sender<'a> {
    /// `Sec-Fetch-Site`.
    pub sec_fetch_site: Option<&'a str>,
    /// `Origin`.
    pub origin: Option<&'a str>,
    /// `Access-Control-Request-Method`.
    pub requested_method: Option<&'a str>,
    /// `Access-Control-Request-Headers`.
    pub requested_headers: Option<&'a str>,
    /// `Upgrade`, which a page can set only by opening a WebSocket.
    pub upgrade: Option<&'a str>,
    /// From where it comes, which the platform says rather than the request.
    pub address: ClientAddress<'a>,
    /// The scheme and host of the gate in this request.
    pub own_origin: &'a str,
}

/// From where a request comes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClientAddress<'a> {
    /// Nobody looked yet; hardly any request needs it.
    #[default]
    Unread,
    /// The platform does not say.
    Unknown,
    /// From this address.
    At(&'a str),
}

impl Sender<'_> {
    /// Whether a page of another origin may have sent the request. With credentials that the browser stores and adds by itself,
    /// it would act in the name of the person at the browser.
    pub(crate) fn may_be_another_site(&self) -> bool {
        match self.sec_fetch_site {
            Some("same-origin" | "none") => false,
            Some(_) => true,
            None => self.origin.is_some_and(|origin| origin != self.own_origin),
        }
    }

    /// Whether the request opens another kind of connection. A page of any site can write whatever it likes to a WebSocket, and
    /// read what comes back (RFC 6455 section 10.2).
    pub(crate) fn opens_a_connection(&self) -> bool {
        self.upgrade.is_some()
    }

    /// Whether an `OPTIONS` request is a CORS preflight and nothing else.
    pub(crate) fn asks_for_leave(&self, content: Content<'_>) -> bool {
        self.origin.is_some() && self.requested_method.is_some() && content == Content::None
    }
}

#[cfg(test)]
mod tests {
    use super::Sender;
    use crate::request::Content;

    const OWN: &str = "https://hub.example";

    #[test]
    fn tells_pages_of_other_origins() {
        for (site, origin, expected) in [
            (None, None, false),
            (Some("same-origin"), Some(OWN), false),
            (Some("none"), None, false),
            (None, Some(OWN), false),
            (Some("same-site"), None, true),
            (Some("cross-site"), Some(OWN), true),
            (Some("Same-Origin"), Some(OWN), true),
            (Some("same-origin, cross-site"), None, true),
            (Some(""), None, true),
            (None, Some("null"), true),
            (None, Some("http://hub.example"), true),
            (None, Some("https://hub.example:8443"), true),
            (None, Some(""), true),
        ] {
            let sender = Sender {
                sec_fetch_site: site,
                origin,
                own_origin: OWN,
                ..Sender::default()
            };
            assert_eq!(sender.may_be_another_site(), expected, "{site:?} {origin:?}");
        }
    }

    #[test]
    fn a_preflight_has_an_origin_a_method_and_no_body() {
        let asks = |origin, requested_method, content| {
            let sender = Sender {
                origin,
                requested_method,
                ..Sender::default()
            };
            sender.asks_for_leave(content)
        };
        assert!(asks(Some("https://a.example"), Some("PUT"), Content::None));
        assert!(!asks(None, Some("PUT"), Content::None));
        assert!(!asks(Some("https://a.example"), None, Content::None));
        assert!(!asks(Some("https://a.example"), Some("PUT"), Content::default()));
    }
}
