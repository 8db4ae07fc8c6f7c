//! The gate's hosts: the hub's, and a host of their own for people, which serves the page and nothing of the origin.
//!
//! What the origin serves may hold scripts of anybody who can upload a file. On the page's own host, such a script could
//! act with the session of whoever opens it. Knows nothing of paths or cookies.

use std::error::Error;
use std::fmt;
use std::str::FromStr;

use crate::request::Authority;

/// A host as settings name it: in lower case, without a port and without a dot at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostName(String);

impl FromStr for HostName {
    type Err = HostNameError;

    fn from_str(text: &str) -> Result<Self, HostNameError> {
        match Authority::parse(text) {
            // In the one spelling by which browsers compare hosts.
            Some(Authority { port: None, .. }) => Ok(Self(without_dot(text).to_ascii_lowercase())),
            Some(_) | None => Err(HostNameError),
        }
    }
}

/// Why a text is no [`HostName`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostNameError;

impl fmt::Display for HostNameError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("expected a host name without scheme, port and path")
    }
}

impl Error for HostNameError {}

/// The two hosts of a deployment whose people have a page. Both have the scheme and the port by which the gate is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hosts {
    page: HostName,
    hub: HostName,
}

impl Hosts {
    /// The page's host and the hub's; `None` if they are one.
    pub fn new(page: HostName, hub: HostName) -> Option<Self> {
        (page != hub).then_some(Self { page, hub })
    }

    /// The names of both.
    pub fn names(&self) -> [&str; 2] {
        [&self.page.0, &self.hub.0]
    }

    /// Whether the gate was asked by the page's host. `own_origin` is the scheme and authority of the request.
    ///
    /// The name belongs to the page at every port and in every spelling: cookies know no ports.
    pub fn is_page(&self, own_origin: &str) -> bool {
        let (_, authority) = split(own_origin);
        without_dot(name_of(authority)).eq_ignore_ascii_case(&self.page.0)
    }

    /// Whether people are served at the host by which the gate was asked: the page, sign-in and sessions. That is the page's
    /// host; without hosts, a loopback address, for somebody who tries a gate on their own machine.
    pub fn serve_people(hosts: Option<&Self>, own_origin: &str) -> bool {
        match hosts {
            Some(hosts) => hosts.is_page(own_origin),
            None => {
                Authority::parse(split(own_origin).1).is_some_and(|authority| authority.host.is_loopback())
            }
        }
    }

    /// Scheme and host of the page, for a gate that is asked as `own_origin`.
    pub fn page_origin(&self, own_origin: &str) -> String {
        beside(own_origin, &self.page)
    }

    /// Scheme and host of the hub, for a gate that is asked as `own_origin`.
    pub fn hub_origin(&self, own_origin: &str) -> String {
        beside(own_origin, &self.hub)
    }
}

/// Another host with the same scheme and port.
fn beside(own_origin: &str, host: &HostName) -> String {
    let (scheme, authority) = split(own_origin);
    let (_, port) = authority.split_at(name_of(authority).len());
    [scheme, "://", &host.0, port].concat()
}

fn split(own_origin: &str) -> (&str, &str) {
    let parts = own_origin.split_once(':');
    parts
        .and_then(|(scheme, rest)| Some((scheme, rest.strip_prefix("//")?)))
        .unwrap_or_default()
}

/// An authority without its port.
fn name_of(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        Some(_) | None => authority,
    }
}

/// A host without the dot that may stand at its end.
fn without_dot(host: &str) -> &str {
    host.strip_suffix('.').unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::{HostName, Hosts};

    fn hosts() -> Hosts {
        Hosts::new(
            "tokens.hub.example".parse().unwrap(),
            "hub.example".parse().unwrap(),
        )
        .unwrap()
    }

    #[test]
    fn the_pages_name_is_the_pages_in_every_spelling_and_at_every_port() {
        let hosts = hosts();
        for page in [
            "https://tokens.hub.example",
            "http://tokens.hub.example",
            "https://TOKENS.Hub.example",
            "https://tokens.hub.example.",
            "https://tokens.hub.example:8443",
            "https://tokens.hub.example.:443",
        ] {
            assert!(
                hosts.is_page(page) && Hosts::serve_people(Some(&hosts), page),
                "{page}"
            );
        }
        for other in [
            "https://hub.example",
            "https://tokens.hub.example.evil.example",
            "https://xtokens.hub.example",
            "https://tokens.hub.example:x",
            "https://hub.example:443",
            "http://localhost",
            "http://127.0.0.1:8787",
            "",
        ] {
            assert!(
                !hosts.is_page(other) && !Hosts::serve_people(Some(&hosts), other),
                "{other}"
            );
        }
    }

    #[test]
    fn without_hosts_only_this_machine_serves_people() {
        for loopback in [
            "http://localhost:8787",
            "http://127.0.0.1",
            "http://[::1]:80",
            "http://LOCALHOST",
        ] {
            assert!(Hosts::serve_people(None, loopback), "{loopback}");
        }
        for other in [
            "https://hub.example",
            "http://localhost.example",
            "http://128.0.0.1",
            "http://u@localhost",
            "",
        ] {
            assert!(!Hosts::serve_people(None, other), "{other}");
        }
    }

    #[test]
    fn names_the_other_host_with_scheme_and_port() {
        let hosts = hosts();
        assert_eq!(
            hosts.page_origin("https://hub.example"),
            "https://tokens.hub.example"
        );
        assert_eq!(
            hosts.hub_origin("http://tokens.hub.example:8787"),
            "http://hub.example:8787"
        );
        assert_eq!(hosts.hub_origin("http://[::1]:1"), "http://hub.example:1");
    }

    #[test]
    fn takes_two_hosts_without_ports() {
        let name = |text: &str| text.parse::<HostName>();
        assert_eq!(name("Tokens.Hub.Example."), name("tokens.hub.example"));
        assert_eq!(Hosts::new(name("a").unwrap(), name("A.").unwrap()), None);
        for wrong in [
            "",
            "hub.example:443",
            "https://hub.example",
            "hub.example/",
            "u@hub.example",
        ] {
            assert!(name(wrong).is_err(), "{wrong}");
        }
    }
}
