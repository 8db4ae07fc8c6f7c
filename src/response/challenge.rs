//! How a client is told to come back: `WWW-Authenticate` (RFC 6750 section 3), and git-lfs's own `LFS-Authenticate`.

use super::client::Client;

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
    /// The header fields by which a client is told so. `realm` is the deployment's prefix.
    pub(super) fn headers(self, status: u16, client: Client, realm: &str) -> Vec<(&'static str, String)> {
        let authenticate = |challenge| ("WWW-Authenticate", challenge);
        let basic = format!("Basic realm=\"{realm}\", charset=\"UTF-8\"");
        let bearer = format!("Bearer realm=\"{realm}\"");
        let mut headers = match self {
            Self::None => vec![],
            Self::Plain => vec![authenticate(basic.clone()), authenticate(bearer)],
            Self::Bearer => vec![authenticate(bearer)],
            Self::Error(error) => {
                let error = format!("{bearer}, error=\"{error}\"");
                if status == 401 {
                    vec![authenticate(basic.clone()), authenticate(error)]
                } else {
                    vec![authenticate(error)]
                }
            }
            Self::Scope => vec![authenticate(format!(
                "{bearer}, error=\"insufficient_scope\", scope=\"write\""
            ))],
        };
        if client == Client::GitLfs && status == 401 {
            headers.push(("LFS-Authenticate", basic));
        }
        headers
    }
}
