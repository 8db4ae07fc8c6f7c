//! The challenge for credentials: `WWW-Authenticate` (RFC 6750 section 3), and git-lfs's own `LFS-Authenticate`.

use super::client::Client;

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
    /// The header fields of the challenge. `realm` is the deployment's prefix.
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
