//! The address of a request to a ledger, as the path of the HTTP request that carries it. Knows nothing of what is asked.

/// The shard and the name of a request. A ledger learns its shard from the first one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LedgerAddress<'a> {
    /// The shard.
    pub shard: u16,
    /// The request's name.
    pub name: &'a str,
}

impl<'a> LedgerAddress<'a> {
    /// Parses a path; `None` if it is not a ledger's.
    pub fn parse(path: &'a str) -> Option<Self> {
        let (shard, name) = path.strip_prefix('/')?.split_once('/')?;
        let shard = shard.parse().ok()?;
        Some(Self { shard, name })
    }

    /// The URL. Only its path matters.
    pub fn url(self) -> String {
        format!("https://ledger/{}/{}", self.shard, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::LedgerAddress;
    use crate::ledger::{CreateToken, LedgerRequest};

    #[test]
    fn an_address_is_the_path_of_its_url() {
        let address = LedgerAddress {
            shard: 255,
            name: CreateToken::NAME,
        };
        let url = address.url();
        let path = url.strip_prefix("https://ledger").unwrap();
        assert_eq!(LedgerAddress::parse(path), Some(address));
        for none in ["", "/", "/0", "0/wake", "/x/wake", "/70000/wake", "//wake"] {
            assert_eq!(LedgerAddress::parse(none), None, "{none}");
        }
    }
}
