//! The challenge for credentials: `WWW-Authenticate` (RFC 6750 section 3), and git-lfs's own `LFS-Authenticate`.

use super::client::Client;
use super::reader::Reader;

/// The content of `WWW-Authenticate`.
#[derive(Clone, Copy)]
pub(crate) enum Challenge {
    /// No challenge: credentials would not help.
    None,
    /// A challenge without an error.
    Plain,
    /// A challenge for the admin key.
    Bearer,
    /// A challenge with an error.
    Error(&'static str),
    /// A challenge for a token with a wider role.
    Scope,
}

impl Challenge {
    /// The header fields of the challenge. `WWW-Authenticate` is one line with Basic first, because docker reads only the first
    /// challenge of the first line, and there is no token server for it to ask.
    pub(super) fn headers(self, status: u16, reader: &Reader<'_>) -> Vec<(&'static str, String)> {
        let realm = reader.prefix.as_str();
        let basic = format!("Basic realm=\"{realm}\", charset=\"UTF-8\"");
        let bearer = match self {
            Self::None => return vec![],
            Self::Plain | Self::Bearer => String::new(),
            Self::Error(error) => format!(", error=\"{error}\""),
            Self::Scope => ", error=\"insufficient_scope\", scope=\"write\"".to_owned(),
        };
        let offers_basic = match self {
            Self::Plain | Self::Error(_) => status == 401 && reader.may_be_asked_for_a_password(),
            Self::None | Self::Bearer | Self::Scope => false,
        };
        let first = if offers_basic {
            format!("{basic}, ")
        } else {
            String::new()
        };
        let mut headers = vec![(
            "WWW-Authenticate",
            format!("{first}Bearer realm=\"{realm}\"{bearer}"),
        )];
        if reader.client == Client::GitLfs && status == 401 {
            headers.push(("LFS-Authenticate", basic));
        }
        headers
    }
}
