//! The networks to which a token is limited.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::is_list;

/// Address blocks (RFC 4632, RFC 4291) with commas between them. Only their text is kept: with tokens that are remembered, parsed
/// blocks would take ten times the memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Networks(Box<str>);

/// The addresses of one family that begin with the same bits.
struct Block {
    is_ipv4: bool,
    /// IPv4 addresses are counted as IPv6 has them (RFC 4291 section 2.5.5.2).
    first: u128,
    mask: u128,
}

/// How many bits stand before an IPv4 address in IPv6.
const MAPPED_BITS: u32 = Ipv6Addr::BITS - Ipv4Addr::BITS;

impl Networks {
    pub(super) fn parse(text: &str) -> Option<Self> {
        is_list(text, ',', |block| Block::parse(block).is_some()).then(|| Self(text.into()))
    }

    /// The blocks as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a client is in one of them. What is no address is in none.
    pub(crate) fn hold(&self, address: &str) -> bool {
        let Ok(address) = address.parse::<IpAddr>() else {
            return false;
        };
        let address = address.to_canonical();
        let bits = bits_of(address);
        self.0
            .split(',')
            .filter_map(Block::parse)
            .any(|block| block.is_ipv4 == address.is_ipv4() && bits & block.mask == block.first)
    }
}

impl Block {
    fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = text.split_once('/')?;
        let address: IpAddr = address.parse().ok()?;
        let before = if address.is_ipv4() { MAPPED_BITS } else { 0 };
        let host_bits = Ipv6Addr::BITS.checked_sub(prefix_length(prefix)?.checked_add(before)?)?;
        let mask = u128::MAX.checked_shl(host_bits).unwrap_or(0);
        let first = bits_of(address);
        // A mapped address has another spelling, as IPv4.
        let is_one_spelling = address.to_canonical() == address;
        (first & !mask == 0 && is_one_spelling).then_some(Self {
            is_ipv4: address.is_ipv4(),
            first,
            mask,
        })
    }
}

fn bits_of(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped(),
        IpAddr::V6(address) => address,
    }
    .to_bits()
}

/// In decimal, in its one spelling.
fn prefix_length(text: &str) -> Option<u32> {
    let plain = text == "0" || !text.starts_with('0');
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    (plain && digits).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::Networks;

    #[test]
    fn holds_addresses_of_its_blocks_and_no_others() {
        for (blocks, address, expected) in [
            ("203.0.113.0/24", "203.0.113.0", true),
            ("203.0.113.0/24", "203.0.113.255", true),
            ("203.0.113.0/24", "203.0.114.0", false),
            ("203.0.113.0/24", "203.0.112.255", false),
            ("203.0.113.7/32", "203.0.113.7", true),
            ("203.0.113.7/32", "203.0.113.6", false),
            ("128.0.0.0/1", "255.255.255.255", true),
            ("128.0.0.0/1", "127.255.255.255", false),
            ("0.0.0.0/0", "203.0.113.7", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("0.0.0.0/0", "::ffff:203.0.113.7", true),
            ("203.0.113.0/24", "::ffff:cb00:7107", true),
            ("203.0.113.0/24", "::203.0.113.7", false),
            ("::/0", "203.0.113.7", false),
            ("::/0", "::ffff:203.0.113.7", false),
            ("::/0", "2001:db8::1", true),
            ("2001:db8::/32", "2001:DB8:ffff::1", true),
            ("2001:db8::/32", "2001:db9::", false),
            ("::1/128", "::1", true),
            ("::1/128", "0:0:0:0:0:0:0:1", true),
            // Blocks that overlap are all asked.
            ("203.0.113.0/25,203.0.113.0/24", "203.0.113.200", true),
            ("203.0.113.0/24,203.0.113.0/25", "203.0.113.200", true),
            ("203.0.113.0/24", "203.0.113.7, 198.51.100.1", false),
            ("203.0.113.0/24", "203.0.113.07", false),
            ("203.0.113.0/24", "203.0.113.7:443", false),
            ("0.0.0.0/0", "", false),
            ("0.0.0.0/0", "unknown", false),
        ] {
            let networks = Networks::parse(blocks).unwrap();
            assert_eq!(networks.hold(address), expected, "{blocks} {address}");
        }
    }
}
