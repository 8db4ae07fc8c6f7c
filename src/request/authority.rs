//! Host and port of a URL, parsed as in the URL standard: a host that ends in a number is an IPv4 address in any of its
//! spellings. Knows nothing of schemes, paths or callers.

use core::net::{Ipv4Addr, Ipv6Addr};

use crate::request::AsciiSet;

/// The longest host name: RFC 1035 section 2.3.4.
const MAXIMUM_NAME_BYTES: usize = 253;

/// Letters, digits and `-` (RFC 952), and `_`, which occurs in names inside a network.
static PLAIN_IN_NAME: AsciiSet =
    AsciiSet::of(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.");

/// A host with an optional port, without user information.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Authority<'a> {
    /// The host.
    pub host: Host<'a>,
    /// The port, if there is one.
    pub port: Option<u16>,
}

/// A host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host<'a> {
    /// A name.
    Name(&'a str),
    /// An IPv4 address, in any of its spellings: dotted, short, decimal, octal or hexadecimal.
    V4(Ipv4Addr),
    /// An IPv6 address in brackets.
    V6(Ipv6Addr),
}

impl<'a> Authority<'a> {
    /// Parses `host` or `host:port`; `None` for anything else.
    pub fn parse(text: &'a str) -> Option<Self> {
        let (host, rest) = match text.strip_prefix('[') {
            Some(text) => {
                let (address, rest) = text.split_once(']')?;
                (Host::V6(address.parse().ok()?), rest)
            }
            None => {
                let (name, rest) = text.split_at(text.find(':').unwrap_or(text.len()));
                (Host::of_name(name)?, rest)
            }
        };
        let port = match rest {
            "" => None,
            rest => Some(parse_port(rest.strip_prefix(':')?)?),
        };
        Some(Self { host, port })
    }
}

impl<'a> Host<'a> {
    fn of_name(name: &'a str) -> Option<Self> {
        let labels = name.strip_suffix('.').unwrap_or(name);
        if name.len() > MAXIMUM_NAME_BYTES
            || !name.bytes().all(|byte| PLAIN_IN_NAME.contains(byte))
            || labels.split('.').any(str::is_empty)
        {
            return None;
        }
        let last = labels.rsplit('.').next().unwrap_or_default();
        if is_number(last) {
            parse_v4(labels).map(Self::V4)
        } else {
            Some(Self::Name(name))
        }
    }

    /// Whether it is a loopback host: `127.0.0.0/8`, `::1` or `localhost`.
    pub fn is_loopback(&self) -> bool {
        match self {
            Self::Name(name) => name.eq_ignore_ascii_case("localhost"),
            Self::V4(address) => address.is_loopback(),
            Self::V6(address) => address.is_loopback(),
        }
    }

    /// Whether it is an IP address.
    pub fn is_address(&self) -> bool {
        match self {
            Self::Name(_) => false,
            Self::V4(_) | Self::V6(_) => true,
        }
    }
}

fn parse_port(digits: &str) -> Option<u16> {
    let is_plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    // By way of the type that is parsed elsewhere: the module contains a parser for each.
    let port: u32 = digits.parse().ok().filter(|_| is_plain)?;
    u16::try_from(port).ok()
}

/// The URL standard's "ends in a number" of a last label.
fn is_number(label: &str) -> bool {
    let hexadecimal = label.strip_prefix("0x").or_else(|| label.strip_prefix("0X"));
    label.bytes().all(|byte| byte.is_ascii_digit())
        || hexadecimal.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// The URL standard's IPv4 parser: one to four numbers, of which the last fills the remaining bytes.
fn parse_v4(text: &str) -> Option<Ipv4Addr> {
    let mut numbers = text.split('.').map(parse_number).collect::<Option<Vec<u32>>>()?;
    let last = numbers.pop()?;
    let bits_left = 32_u32.checked_sub(8 * u32::try_from(numbers.len()).ok()?)?;
    if bits_left == 0 || last.checked_shr(bits_left).is_some_and(|over| over != 0) {
        return None;
    }
    let mut address = last;
    for (number, shift) in numbers.into_iter().zip([24, 16, 8]) {
        address |= u32::from(u8::try_from(number).ok()?) << shift;
    }
    Some(Ipv4Addr::from(address))
}

/// The URL standard's IPv4 number parser: decimal, `0x` and hexadecimal, or `0` and octal.
fn parse_number(text: &str) -> Option<u32> {
    if text.is_empty() {
        return None;
    }
    let hexadecimal = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let (digits, radix) = match (hexadecimal, text.strip_prefix('0')) {
        (Some(digits), _) => (digits, 16),
        (None, Some(digits)) => (digits, 8),
        (None, None) => (text, 10),
    };
    if digits.is_empty() {
        return Some(0);
    }
    let is_plain = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    u32::from_str_radix(digits, radix).ok().filter(|_| is_plain)
}

#[cfg(test)]
mod tests {
    use super::{Authority, Host};

    fn host(text: &str) -> Option<Host<'_>> {
        Authority::parse(text).map(|authority| authority.host)
    }

    #[test]
    fn names_are_names() {
        for name in [
            "hub.example",
            "localhost",
            "a",
            "my_hub.internal",
            "1.example",
            "0xyz",
            "hub.example.",
            "xn--bcher-kva.example",
        ] {
            assert_eq!(host(name), Some(Host::Name(name)), "{name}");
        }
        let with_port = Authority::parse("hub.example:8443").unwrap();
        assert_eq!(
            (with_port.host, with_port.port),
            (Host::Name("hub.example"), Some(8443))
        );
    }

    #[test]
    fn an_address_is_one_in_any_spelling() {
        for text in [
            "203.0.113.5",
            "203.0.113.5.",
            "0313.0.0161.5",
            "0xcb.0x0.0x71.0x5",
            "203.0.28933",
            "203.28933",
            "3405803781",
            "0xcb007105",
            "0XCB007105",
            "031300070405",
        ] {
            assert_eq!(host(text), Some(Host::V4([203, 0, 113, 5].into())), "{text}");
        }
        for text in [
            "127.0.0.1",
            "127.1",
            "0x7f.1",
            "2130706433",
            "017700000001",
            "127.255.0.3",
        ] {
            assert!(host(text).unwrap().is_loopback(), "{text}");
        }
        assert_eq!(host("0"), Some(Host::V4([0, 0, 0, 0].into())));
        assert!(host("[::1]:8787").unwrap().is_loopback());
        for text in ["[2001:db8::5]", "[::ffff:127.0.0.1]", "[::]"] {
            let host = host(text).unwrap();
            assert!(host.is_address() && !host.is_loopback(), "{text}");
        }
    }

    #[test]
    fn what_is_neither_is_refused() {
        for text in [
            "",
            ".",
            ":80",
            "hub.example:",
            "hub.example:x",
            "hub.example:65536",
            "hub.example:+80",
            "hub.example:80:80",
            "u@hub.example",
            "u:p@hub.example",
            "hub.example/",
            "hub.example?",
            "hub.example#",
            "hub example",
            "hub..example",
            ".example",
            "hub.example*",
            "*",
            "hüb.example",
            "hub%2eexample",
            "hub,evil.example",
            "hub.example\\",
            "hub.example\t",
            "256.0.0.1",
            "1.2.3.4.5",
            "1.2.3.256",
            "4294967296",
            "0x100000000",
            "a.1",
            "09.0.0.1",
            "[::1",
            "::1",
            "[::1]x",
            "[x]",
            "[::1%25eth0]",
            "[]",
        ] {
            assert_eq!(Authority::parse(text), None, "{text}");
        }
    }
}
