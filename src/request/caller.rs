//! The caller that a network address counts as. Knows nothing of what is counted.

use core::net::{IpAddr, Ipv6Addr};

/// The number of bits of an IPv6 address that identify one customer: whoever has one address of a /64 has them all.
const NETWORK_BITS: u32 = 64;

/// One caller, identified by an address: an IPv4 address or an IPv6 network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller(String);

impl Caller {
    /// The caller at an address; `None` if the text is not an address.
    pub fn at(address: &str) -> Option<Self> {
        Some(Self(match address.parse().ok()? {
            // An IPv4 address has only one spelling.
            IpAddr::V4(_) => address.to_owned(),
            IpAddr::V6(address) => format!("{:x}/64", address.to_bits() >> (Ipv6Addr::BITS - NETWORK_BITS)),
        }))
    }

    /// The caller's canonical name.
    pub fn name(&self) -> &str {
        &self.0
    }

    /// The caller, and the networks around it, from the narrowest on: a /24 and a /16 of IPv4, a /48 and a /32 of IPv6.
    pub fn networks(&self) -> [&str; 3] {
        let name = self.name();
        match name.rsplit_once('.') {
            Some((network, _)) => [
                name,
                network,
                network.rsplit_once('.').map_or(network, |(wider, _)| wider),
            ],
            None => [
                name,
                name.get(..12).unwrap_or(name),
                name.get(..8).unwrap_or(name),
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Caller;

    fn name(address: &str) -> Option<String> {
        Caller::at(address).map(|caller| caller.name().to_owned())
    }

    #[test]
    fn counts_an_ipv4_address_by_itself() {
        assert_eq!(name("192.0.2.7").as_deref(), Some("192.0.2.7"));
        assert_ne!(name("192.0.2.7"), name("192.0.2.8"));
        assert_eq!(name("192.0.2.07"), None);
    }

    #[test]
    fn counts_the_addresses_of_an_ipv6_network_as_one() {
        assert_eq!(name("2001:db8:0:1::7").as_deref(), Some("20010db800000001/64"));
        assert_eq!(name("2001:DB8:0:1:ffff::1"), name("2001:db8:0:1::7"));
        assert_ne!(name("2001:db8:0:2::7"), name("2001:db8:0:1::7"));
    }

    #[test]
    fn is_in_wider_networks() {
        for (address, expected) in [
            ("192.0.2.7", ["192.0.2.7", "192.0.2", "192.0"]),
            (
                "2001:db8:0:1::7",
                ["20010db800000001/64", "20010db80000", "20010db8"],
            ),
            ("::1", ["0/64"; 3]),
        ] {
            assert_eq!(Caller::at(address).unwrap().networks(), expected, "{address}");
        }
    }

    #[test]
    fn counts_nobody_without_an_address() {
        for text in [
            "",
            "192.0.2",
            "192.0.2.7:80",
            "[::1]",
            "192.0.2.7, 192.0.2.8",
            "unknown",
        ] {
            assert_eq!(name(text), None, "{text}");
        }
    }
}
