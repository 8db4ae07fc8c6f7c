//! A gate's address. The command line sends the admin key there, so it must be impossible to listen on the connection.

use std::fmt;
use std::net::IpAddr;

use lychgate::request::GatePrefix;
use ureq::http::Uri;

/// The expected form of a gate's URL, for errors.
const FORM: &str = "expected https://HOST, or http://127.0.0.1:PORT for a gate on this machine";

/// A gate's scheme, host and port, which are `https`, or `http` to this machine, and the prefix of its own paths.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Address {
    origin: String,
    prefix: GatePrefix,
    way: Way,
}

/// How the command line reaches a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// On this machine.
    Loopback,
    /// Over a network, encrypted.
    Network,
}

impl Address {
    /// Parses a URL. The error never repeats the URL: it may contain a secret.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let uri: Uri = text
            .trim_end_matches('/')
            .parse()
            .map_err(|_| format!("it is not a URL; {FORM}"))?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(format!("it is not a complete URL; {FORM}"));
        };
        if authority.as_str().contains('@') {
            return Err(format!(
                "it contains a user name or password, which a gate never needs; {FORM}"
            ));
        }
        let host = authority.host();
        let place = match authority.port_u16() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        if host.is_empty() || place != authority.as_str() {
            return Err(format!("its host or port is not well-formed; {FORM}"));
        }
        let prefix = match (uri.path(), uri.query()) {
            ("/", None) => Ok(GatePrefix::default()),
            (path, None) => path.parse().ok().ok_or(()),
            (_, Some(_)) => Err(()),
        };
        let prefix = prefix.map_err(|()| {
            format!("it has a query, or a path other than the gate's GATE_PREFIX, such as /_gate/; {FORM}")
        })?;
        let way = if is_loopback(host) {
            Way::Loopback
        } else {
            Way::Network
        };
        match (scheme, way) {
            ("https", _) | ("http", Way::Loopback) => Ok(Self {
                origin: format!("{scheme}://{place}"),
                prefix,
                way,
            }),
            ("http", Way::Network) => Err(format!(
                "over plain http, anyone on the path to {host} could read the admin key; use https://{place}"
            )),
            _ => Err(format!("its scheme is neither https nor http; {FORM}")),
        }
    }

    /// The URL of a call of the management API: path and query behind `api/`.
    pub(crate) fn api(&self, target: &str) -> String {
        format!("{}{}api/{target}", self.origin, self.prefix)
    }

    /// How the gate is reached.
    pub(crate) const fn way(&self) -> Way {
        self.way
    }
}

/// Scheme, host and port, without a trailing slash.
impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.origin)
    }
}

/// Whether a host is this machine: a loopback address, or `localhost` (RFC 6761).
fn is_loopback(host: &str) -> bool {
    let bare = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host);
    host.eq_ignore_ascii_case("localhost")
        || bare
            .parse::<IpAddr>()
            .is_ok_and(|address| address.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::{Address, Way};

    #[test]
    fn takes_https_and_http_to_this_machine() {
        for (text, origin, way) in [
            ("https://gate.example", "https://gate.example", Way::Network),
            (
                "https://gate.example:8443/",
                "https://gate.example:8443",
                Way::Network,
            ),
            ("HTTPS://10.0.0.7", "https://10.0.0.7", Way::Network),
            ("https://localhost", "https://localhost", Way::Loopback),
            ("http://127.0.0.1:8787", "http://127.0.0.1:8787", Way::Loopback),
            ("http://127.9.9.9", "http://127.9.9.9", Way::Loopback),
            ("http://localhost:8787/", "http://localhost:8787", Way::Loopback),
            ("http://[::1]:8787", "http://[::1]:8787", Way::Loopback),
            (
                "http://[::ffff:127.0.0.1]",
                "http://[::ffff:127.0.0.1]",
                Way::Loopback,
            ),
        ] {
            let address = Address::parse(text).unwrap();
            assert_eq!((address.to_string().as_str(), address.way()), (origin, way));
        }
    }

    #[test]
    fn calls_the_api_under_the_prefix_of_the_gate() {
        for (text, url) in [
            ("https://gate.example", "https://gate.example/-/api/health"),
            ("https://gate.example/-/", "https://gate.example/-/api/health"),
            (
                "https://gate.example/_gate",
                "https://gate.example/_gate/api/health",
            ),
            (
                "http://127.0.0.1:8787/_gate/",
                "http://127.0.0.1:8787/_gate/api/health",
            ),
        ] {
            assert_eq!(Address::parse(text).unwrap().api("health"), url, "{text}");
        }
    }

    #[test]
    fn refuses_plain_http_over_a_network() {
        for text in [
            "http://gate.example",
            "http://10.0.0.7:8787",
            "http://[2001:db8::1]",
            "http://0.0.0.0:8787",
            "http://[::]:8787",
            "http://localhost.example",
            "http://127.0.0.1.example",
            "http://127.1",
            "http://2130706433",
            "http://[::ffff:10.0.0.7]",
        ] {
            let error = Address::parse(text).unwrap_err();
            assert!(
                error.contains("could read the admin key; use https://"),
                "{text}: {error}"
            );
        }
    }

    #[test]
    fn refuses_what_is_no_gates_url_and_repeats_none_of_it() {
        for text in [
            "",
            "hunter2",
            "hunter2.example:8787",
            "//hunter2.example",
            "/hunter2",
            "https://",
            "ftp://hunter2.example",
            "https://127.0.0.1:hunter2",
            "https://127.0.0.1:99999",
            "https://127.0.0.1:",
            "https://hunter2@gate.example",
            "http://127.0.0.1:80@hunter2.example",
            "https://gate.example/hunter2/api",
            "https://gate.example/hunter.2",
            "https://gate.example/_gate/?hunter2",
            "https://gate.example/%2d/hunter2",
            "https://gate.example?hunter2",
            "https://hunter 2.example",
        ] {
            let error = Address::parse(text).unwrap_err();
            assert!(
                error.contains("expected https://HOST") && !error.contains("hunter"),
                "{error}"
            );
        }
    }
}
