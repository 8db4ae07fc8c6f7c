//! The origin's URL as a deployment configures it: scheme, host and an optional port. Knows nothing of requests.

use std::fmt;
use std::str::FromStr;

use crate::request::{Authority, Host};

/// Scheme, host and port of an origin, without a trailing slash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginUrl {
    text: String,
    is_encrypted: bool,
    is_loopback: bool,
}

/// Why a text is not an origin's URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OriginUrlError {
    /// Not `https://host` or `http://host`, with or without a port.
    Form,
    /// The host is an IP address that is not a loopback address.
    Address,
}

impl OriginUrl {
    /// The URL's text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the connection to the origin is encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.is_encrypted
    }

    /// Whether the origin is on the gate's own machine, as during development.
    pub fn is_loopback(&self) -> bool {
        self.is_loopback
    }
}

impl FromStr for OriginUrl {
    type Err = OriginUrlError;

    fn from_str(text: &str) -> Result<Self, OriginUrlError> {
        let (is_encrypted, authority) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
            (Some(authority), _) => (true, authority),
            (None, Some(authority)) => (false, authority),
            (None, None) => return Err(OriginUrlError::Form),
        };
        let Authority { host, .. } = Authority::parse(authority).ok_or(OriginUrlError::Form)?;
        match host {
            Host::V4(_) | Host::V6(_) if !host.is_loopback() => Err(OriginUrlError::Address),
            Host::Name(_) | Host::V4(_) | Host::V6(_) => Ok(Self {
                text: text.to_owned(),
                is_encrypted,
                is_loopback: host.is_loopback(),
            }),
        }
    }
}

impl fmt::Display for OriginUrlError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Form => {
                "expected a scheme, a host and optionally a port, such as https://origin.example, and nothing after it"
            }
            Self::Address => {
                "the host is an IP address, and Cloudflare refuses requests from Workers to those (error 1003): give \
                 the origin a name in DNS"
            }
        })
    }
}

impl std::error::Error for OriginUrlError {}

#[cfg(test)]
mod tests {
    use super::{OriginUrl, OriginUrlError};

    #[test]
    fn is_a_scheme_and_a_name_or_the_machine_itself() {
        for text in [
            "https://origin.example",
            "http://origin.example:8080",
            "http://localhost:3000",
            "http://127.0.0.1:8080",
            "http://127.1",
            "http://[::1]:8080",
            "http://0x7f.0.0.1",
        ] {
            let url: OriginUrl = text.parse().unwrap();
            assert_eq!(url.as_str(), text);
            assert_eq!(url.is_encrypted(), text.starts_with("https"));
            assert_eq!(url.is_loopback(), !text.contains("origin"));
        }
    }

    #[test]
    fn is_no_address() {
        for text in [
            "http://203.0.113.5",
            "https://203.0.113.5:8443",
            "http://203.0.113.5.",
            "http://3405803781",
            "http://0xcb007105",
            "http://0313.0.0161.5",
            "http://203.28933",
            "http://10.0.0.1",
            "http://0",
            "http://169.254.169.254",
            "https://[2001:db8::5]",
            "http://[::ffff:127.0.0.1]",
            "http://[::]:80",
        ] {
            assert_eq!(text.parse::<OriginUrl>(), Err(OriginUrlError::Address), "{text}");
        }
    }

    #[test]
    fn is_nothing_else() {
        for text in [
            "",
            "origin.example",
            "ftp://origin.example",
            "HTTPS://origin.example",
            "https://",
            "https://origin.example/",
            "https://origin.example/path",
            "https://u@origin.example",
            "https://origin.example?x",
            "https://origin.example#x",
            "https://origin.example\n",
            "https:///origin.example",
            "https://origin.example:0x50",
            "http://300.1.1.1",
        ] {
            assert_eq!(text.parse::<OriginUrl>(), Err(OriginUrlError::Form), "{text}");
        }
    }
}
