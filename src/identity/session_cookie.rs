//! The cookie that carries a session, and the check that a request comes from the gate's own page.
//!
//! Knows nothing of what is in a session.

use crate::identity::SESSION_SECONDS;
use crate::text_search;

/// The cookie of one gate. Scheme and host of the gate determine its name and attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionCookie {
    /// `__Host-`: for this host and https only (RFC 6265bis section 4.1.3.2).
    HostOnly,
    /// For a gate over http on this machine, for which browsers would drop the other cookie.
    Loopback,
}

impl SessionCookie {
    /// The cookie of the gate at this scheme and host.
    pub fn at(own_origin: &str) -> Self {
        let host = own_origin
            .strip_prefix("http://")
            .map(|authority| match authority.rsplit_once(':') {
                Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
                Some(_) | None => authority,
            });
        match host {
            Some("localhost" | "127.0.0.1" | "[::1]") => Self::Loopback,
            Some(_) | None => Self::HostOnly,
        }
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::HostOnly => "__Host-lychgate-session",
            Self::Loopback => "lychgate-session",
        }
    }

    /// The `Set-Cookie` that signs the user in.
    pub fn set(self, value: &str) -> String {
        self.with(value, SESSION_SECONDS)
    }

    /// The `Set-Cookie` that signs the user out.
    pub fn clear(self) -> String {
        self.with("", 0)
    }

    fn with(self, value: &str, seconds: u32) -> String {
        let secure = match self {
            Self::HostOnly => "; Secure",
            Self::Loopback => "",
        };
        format!(
            "{}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}",
            self.name()
        )
    }

    /// Its value in a `Cookie` header. `None` if there are two, because nobody can tell which one is the gate's.
    ///
    /// A name counts only where a browser writes one, at the beginning and behind a `;`: a page of a sister host can plant a cookie
    /// whose value has `, ` and this name in it, but none of this name. The platform joins several headers with `, `, so what is
    /// behind that in a value is another header's.
    pub fn value(self, header: &str) -> Option<&str> {
        let mut values = header.split(';').filter_map(|pair| {
            let (name, value) = pair.trim_matches([' ', '\t']).split_once('=')?;
            (name == self.name()).then(|| text_search::split(value, ", ").next().unwrap_or_default())
        });
        let value = values.next()?;
        values.next().is_none().then_some(value)
    }
}

/// Whether a request comes from this origin's own pages, according to the browser's `Sec-Fetch-Site` and `Origin`, if they are
/// present.
pub fn is_same_origin(sec_fetch_site: Option<&str>, origin: Option<&str>, own_origin: &str) -> bool {
    let is_fetched_from_here = match sec_fetch_site {
        None | Some("same-origin" | "none") => true,
        Some(_) => false,
    };
    is_fetched_from_here && origin.is_none_or(|origin| origin == own_origin)
}

#[cfg(test)]
mod tests {
    use super::{SessionCookie, is_same_origin};

    #[test]
    fn goes_without_secure_on_this_machine_over_http_alone() {
        for loopback in ["http://localhost:8787", "http://127.0.0.1", "http://[::1]:80"] {
            assert_eq!(SessionCookie::at(loopback), SessionCookie::Loopback, "{loopback}");
        }
        for other in [
            "https://localhost",
            "https://hub.example",
            "http://hub.example",
            "http://localhost.example",
            "http://127.0.0.10",
            "",
        ] {
            assert_eq!(SessionCookie::at(other), SessionCookie::HostOnly, "{other}");
        }
        assert_eq!(
            SessionCookie::HostOnly.set("x"),
            "__Host-lychgate-session=x; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict; Secure"
        );
        assert_eq!(
            SessionCookie::Loopback.clear(),
            "lychgate-session=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict"
        );
    }

    #[test]
    fn finds_its_value_where_it_stands_once() {
        let cookie = SessionCookie::Loopback;
        for one in [
            "a=b; lychgate-session=x=y; c",
            "lychgate-session=x=y, a=b",
            "lychgate-session=x=y, lychgate-session=z",
        ] {
            assert_eq!(cookie.value(one), Some("x=y"), "{one}");
        }
        for none in [
            "",
            "lychgate-session",
            "__Host-lychgate-session=x",
            "lychgate-session=x;lychgate-session=y",
            "a=b, lychgate-session=x",
        ] {
            assert_eq!(cookie.value(none), None, "{none}");
        }
    }

    #[test]
    fn takes_no_word_from_another_origin() {
        let own = "https://hub.example";
        for (site, origin, expected) in [
            (None, None, true),
            (Some("same-origin"), Some(own), true),
            (Some("none"), None, true),
            (Some("same-site"), None, false),
            (Some("cross-site"), Some(own), false),
            (Some("same-origin"), Some("https://hub.example:8443"), false),
            (None, Some("null"), false),
            (None, Some("http://hub.example"), false),
        ] {
            assert_eq!(is_same_origin(site, origin, own), expected, "{site:?} {origin:?}");
        }
    }

    #[test]
    fn a_session_is_believed_only_where_a_browser_writes_a_name() {
        let value = |header| SessionCookie::HostOnly.value(header);
        for header in [
            "__Host-lychgate-session=s",
            "x=1; __Host-lychgate-session=s",
            "__Host-lychgate-session=s;x=1",
            "__Host-lychgate-session=s; x=1, __Host-lychgate-session=planted",
            "__Host-lychgate-session=s, x=1",
            "x=1, __Host-lychgate-session=planted; __Host-lychgate-session=s",
        ] {
            assert_eq!(value(header), Some("s"), "{header}");
        }
        for header in [
            "x=1, __Host-lychgate-session=planted",
            "x=__Host-lychgate-session=planted",
            "__Host-lychgate-session=s; __Host-lychgate-session=s",
            "__HOST-lychgate-session=s",
        ] {
            assert_eq!(value(header), None, "{header}");
        }
    }
}
