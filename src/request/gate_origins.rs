//! The scheme and host by which a client asks the gate, and which of them are the deployment's own.
//!
//! The origin receives them in `X-Forwarded-Host` and `X-Forwarded-Proto` and may build links of them, which a cache keeps for
//! everybody. Cloudflare finds the Worker by the host's name alone, so a client may write any port. Knows nothing of paths.

use std::fmt;
use std::str::FromStr;

use super::{Authority, Host};
use crate::text_search;

/// The schemes and hosts by which a deployment may be asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum GateOrigins {
    /// Every host that reaches the gate, by the port of its scheme. On this machine and in networks of one's own, where no platform
    /// chose the gate by its host, by any port.
    #[default]
    Any,
    /// As [`GateOrigins::Any`], but of the names that a platform can have chosen the gate by, these alone: in lower case.
    Named(Vec<String>),
    /// These, in their one spelling.
    Listed(Vec<String>),
}

/// A scheme and host in its one spelling: in lower case, without the port that the scheme has anyway. `None` for anything else
/// than `http` or `https` and a host with an optional port, and for a host with a dot at its end, which is another host to
/// whoever compares texts.
pub fn canonical_origin(origin: &str) -> Option<String> {
    let mut text = origin.to_ascii_lowercase();
    let (authority, own_port) = split_scheme(&text)?;
    let Authority { port, .. } = Authority::parse(authority)?;
    if authority.ends_with('.') || text_search::holds(authority, ".:") {
        return None;
    }
    // An IPv6 address ends in a bracket, so this is the port.
    if port.is_some() && authority.ends_with(own_port) {
        text.truncate(text.len() - own_port.len());
    }
    Some(text)
}

/// The authority, and the scheme's own port as it is written behind one.
fn split_scheme(origin: &str) -> Option<(&str, &'static str)> {
    match (origin.strip_prefix("https://"), origin.strip_prefix("http://")) {
        (Some(authority), _) => Some((authority, ":443")),
        (None, Some(authority)) => Some((authority, ":80")),
        (None, None) => None,
    }
}

impl GateOrigins {
    /// Whether a deployment may be asked by this scheme and host, which is in its one spelling.
    pub fn hold(&self, origin: &str) -> bool {
        match self {
            Self::Listed(own) => own.iter().any(|own| own == origin),
            Self::Any => is_at_own_port(origin, |_| true),
            Self::Named(names) => is_at_own_port(origin, |host| names.iter().any(|name| name == host)),
        }
    }
}

/// Whether a platform may have chosen the gate by this scheme and host, whose name is `own`, or cannot have.
fn is_at_own_port(origin: &str, own: impl Fn(&str) -> bool) -> bool {
    let authority = split_scheme(origin).and_then(|(authority, _)| Authority::parse(authority));
    authority.is_some_and(|Authority { host, port }| {
        let is_own = matches!(host, Host::Name(name) if port.is_none() && own(name));
        is_own || is_off_the_platform(host)
    })
}

/// Whether no platform can have chosen the gate by this host: an address, or a name that public DNS does not have.
fn is_off_the_platform(host: Host<'_>) -> bool {
    match host {
        Host::V4(_) | Host::V6(_) => true,
        Host::Name(name) => !text_search::holds(name, ".") || name.ends_with(".localhost"),
    }
}

impl FromStr for GateOrigins {
    type Err = GateOriginsError;

    /// Parses origins such as `https://hub.example`, separated by commas, with or without spaces.
    fn from_str(text: &str) -> Result<Self, GateOriginsError> {
        text.split(',')
            .map(|origin| canonical_origin(origin.trim()).ok_or(GateOriginsError))
            .collect::<Result<_, _>>()
            .map(Self::Listed)
    }
}

/// A text is no list of schemes and hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GateOriginsError;

impl fmt::Display for GateOriginsError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("expected schemes and hosts, such as https://hub.example, separated by commas")
    }
}

impl std::error::Error for GateOriginsError {}

#[cfg(test)]
mod tests {
    use super::{GateOrigins, GateOriginsError, canonical_origin};

    #[test]
    fn an_origin_has_one_spelling() {
        for (asked, expected) in [
            ("https://hub.example", "https://hub.example"),
            ("https://HUB.example:443", "https://hub.example"),
            ("http://hub.example:80", "http://hub.example"),
            ("http://hub.example:443", "http://hub.example:443"),
            ("https://hub.example:8443", "https://hub.example:8443"),
            ("http://[::1]:80", "http://[::1]"),
            ("http://[::1]", "http://[::1]"),
            ("http://[::80]", "http://[::80]"),
            ("http://127.0.0.1:8787", "http://127.0.0.1:8787"),
        ] {
            assert_eq!(canonical_origin(asked).as_deref(), Some(expected), "{asked}");
        }
        for none in [
            "",
            "hub.example",
            "ftp://hub.example",
            "https://",
            "https://hub.example.",
            "https://hub.example.:443",
            "https://127.0.0.1.",
            "https://hub.example/",
            "https://u@hub.example",
            "https://hub.example,evil.example",
        ] {
            assert_eq!(canonical_origin(none), None, "{none}");
        }
    }

    #[test]
    fn a_port_is_the_clients_where_a_platform_chose_the_gate() {
        for own in [
            "https://hub.example",
            "http://hub.example",
            "http://localhost:8787",
            "http://hub.localhost:8787",
            "http://127.0.0.1:8787",
            "http://192.168.1.5:8787",
            "http://[::1]:8787",
            "http://gate:8787",
        ] {
            assert!(GateOrigins::Any.hold(own), "{own}");
        }
        for poison in [
            "https://hub.example:1337",
            "https://hub.example:8443",
            "http://hub.example:443",
            "https://localhost.example:1",
        ] {
            assert!(!GateOrigins::Any.hold(poison), "{poison}");
        }
    }

    #[test]
    fn names_are_those_of_the_platform_alone() {
        let named = GateOrigins::Named(vec!["hub.example".to_owned(), "tokens.hub.example".to_owned()]);
        for own in [
            "https://hub.example",
            "http://tokens.hub.example",
            "http://localhost:8787",
            "http://[::1]",
        ] {
            assert!(named.hold(own), "{own}");
        }
        for other in [
            "https://hub.example:8443",
            "https://www.hub.example",
            "https://hub.example.evil.example",
        ] {
            assert!(!named.hold(other), "{other}");
        }
    }

    #[test]
    fn a_list_holds_nothing_else() {
        let listed: GateOrigins = "https://hub.example, https://HUB.example:8443".parse().unwrap();
        assert!(listed.hold("https://hub.example") && listed.hold("https://hub.example:8443"));
        for other in [
            "http://hub.example",
            "https://www.hub.example",
            "http://localhost:8787",
        ] {
            assert!(!listed.hold(other), "{other}");
        }
        for text in ["", "hub.example", "https://hub.example,", "https://hub.example/x"] {
            assert_eq!(text.parse::<GateOrigins>(), Err(GateOriginsError), "{text}");
        }
    }
}
