//! The credentials of a request: the text of the token in the `Authorization` header.
//!
//! They are `Bearer <token>` (RFC 6750 section 2.1), or `Basic` (RFC 7617) with the token as password, or as user name with an
//! empty password or `x-oauth-basic`. A token in the URL is refused, because URLs end up in logs. Knows nothing of what a
//! token is.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::request::Target;

/// The longest header value that is parsed: room for a user name and the longest token.
pub const MAXIMUM_HEADER_BYTES: usize = 4096;

/// The start of an organization API token, which hubs no longer accept.
const ORGANIZATION_TOKEN_PREFIX: &str = "api_org_";

/// The password that GitHub's clients send when the token is the user name.
const OAUTH_PASSWORD: &[u8] = b"x-oauth-basic";

/// The credentials that a request presents. The text is secret, and not verified yet.
pub enum Credentials<'a> {
    /// No `Authorization` header.
    None,
    /// A token from `Bearer`.
    Bearer(&'a str),
    /// A token from `Basic`.
    Basic(Zeroizing<String>),
}

impl<'a> Credentials<'a> {
    /// Parses the header's value. If the header was sent twice, the platform joins the values with a comma, which neither
    /// scheme allows.
    ///
    /// # Errors
    /// [`CredentialsError`] if it has no form that can hold a token.
    pub fn read(authorization: Option<&'a str>, target: &Target<'_>) -> Result<Self, CredentialsError> {
        if target
            .parameters()
            .any(|parameter| parameter.name().eq_ignore_ascii_case("access_token"))
        {
            return Err(CredentialsError::InTarget);
        }
        let Some(header) = authorization else {
            return Ok(Self::None);
        };
        if header.len() > MAXIMUM_HEADER_BYTES {
            return Err(CredentialsError::Long);
        }
        let (scheme, rest) = header.split_once(' ').ok_or(CredentialsError::Form)?;
        let value = rest.trim_matches(' ');
        // Scanning bytes is faster than scanning characters.
        if value.is_empty() || value.bytes().any(|byte| matches!(byte, b',' | b' ' | b'\t')) {
            return Err(CredentialsError::Form);
        }
        if scheme.eq_ignore_ascii_case("bearer") {
            Ok(Self::Bearer(value))
        } else if scheme.eq_ignore_ascii_case("basic") {
            read_basic(value).map(Self::Basic)
        } else {
            Err(CredentialsError::Scheme)
        }
    }

    /// The text that is presented as a token, if any.
    pub fn token(&self) -> Option<&str> {
        match self {
            Self::None => None,
            Self::Bearer(token) => Some(token),
            Self::Basic(token) => Some(token),
        }
    }
}

impl Credentials<'_> {
    /// Whether a browser may have stored the credentials and added them by itself, as it does with Basic (RFC 7617).
    pub(crate) fn may_be_a_browsers(&self) -> bool {
        match self {
            Self::Basic(_) => true,
            Self::None | Self::Bearer(_) => false,
        }
    }
}

impl fmt::Debug for Credentials<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::None => "Credentials(none)",
            Self::Bearer(_) => "Credentials(bearer, redacted)",
            Self::Basic(_) => "Credentials(basic, redacted)",
        })
    }
}

/// Whether the text is an organization API token, which hubs used in the past.
pub fn is_organization_token(token: &str) -> bool {
    token.starts_with(ORGANIZATION_TOKEN_PREFIX)
}

fn read_basic(encoded: &str) -> Result<Zeroizing<String>, CredentialsError> {
    let decoded = Zeroizing::new(STANDARD.decode(encoded).map_err(|_| CredentialsError::Base64)?);
    let colon = decoded
        .iter()
        .position(|byte| *byte == b':')
        .ok_or(CredentialsError::NoColon)?;
    let (user, password) = decoded.split_at(colon);
    let password = password.get(1..).unwrap_or_default();
    let token = if password.is_empty() || password == OAUTH_PASSWORD {
        user
    } else {
        password
    };
    // A token is ASCII. Other text cannot be one and is later refused as an invalid token.
    Ok(Zeroizing::new(String::from_utf8_lossy(token).into_owned()))
}

/// Why credentials cannot be parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CredentialsError {
    /// Not `scheme value`, or more than one value.
    Form,
    /// A scheme other than Bearer and Basic.
    Scheme,
    /// Longer than [`MAXIMUM_HEADER_BYTES`].
    Long,
    /// The value of Basic is not base64.
    Base64,
    /// The value of Basic contains no colon.
    NoColon,
    /// An `access_token` parameter in the URL (RFC 6750 section 2.3).
    InTarget,
}

impl fmt::Display for CredentialsError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Form => "the Authorization header must hold one scheme and one value, once",
            Self::Scheme => "the Authorization scheme must be Bearer or Basic",
            Self::Long => "the Authorization header is too long to hold a token",
            Self::Base64 => "the value of Basic is not base64",
            Self::NoColon => "the value of Basic holds no user name and password with a colon between",
            Self::InTarget => "a token must not stand in the URL; send it in the Authorization header",
        })
    }
}

impl std::error::Error for CredentialsError {}
