//! How a client is told to come back: `WWW-Authenticate` (RFC 6750 section 3), and git-lfs's own `LFS-Authenticate`.

use super::client::Client;
use super::reader::Reader;

/// What `WWW-Authenticate` says.
#[derive(Clone, Copy)]
pub(crate) enum Challenge {
    /// Nothing: credentials would not help.
    None,
    /// How to come back, without blame.
    Plain,
    /// How to come back with the admin key.
    Bearer,
    /// How to come back, and what was wrong.
    Error(&'static str),
    /// A token with a wider role is needed.
    Scope,
}

impl Challenge {
    /// The header fields by which a client is told so. `WWW-Authenticate` is one line with Basic first: docker looks at the
    /// first challenge of the first line alone, and has no server for tokens to ask.
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
