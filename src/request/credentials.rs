//! The credentials of a request: the text of the token in the headers that may carry one.
//!
//! `Authorization` with `Bearer <token>` (RFC 6750 section 2.1), or with `Basic` (RFC 7617) and the token as the password, or as
//! user name with an empty password or `x-oauth-basic`; or `X-Api-Key`, in which clients of the Messages API send it. A
//! token in the URL is refused: URLs end up in logs. Knows nothing of what a token is.

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
    /// None, or Basic with neither user name nor password, as clients without a login send it.
    None,
    /// A token from `Bearer`, or from `X-Api-Key`. No browser adds either by itself.
    Bearer(&'a str),
    /// A token from `Basic`.
    Basic(Zeroizing<String>),
}

impl<'a> Credentials<'a> {
    /// Parses the values of `Authorization` and `X-Api-Key`. If a header was sent twice, the platform joins the values with a
    /// comma, which no token contains.
    ///
    /// # Errors
    /// [`CredentialsError`] if they have no form that can hold one token.
    pub fn read(
        authorization: Option<&'a str>,
        api_key: Option<&'a str>,
        target: &Target<'_>,
    ) -> Result<Self, CredentialsError> {
        if target
            .parameters()
            .any(|parameter| parameter.is_named("access_token"))
        {
            return Err(CredentialsError::InTarget);
        }
        let header = match (authorization, api_key.filter(|key| !key.is_empty())) {
            (None, None) => return Ok(Self::None),
            (Some(_), Some(_)) => return Err(CredentialsError::Twice),
            (None, Some(key)) if key.len() > MAXIMUM_HEADER_BYTES => return Err(CredentialsError::Long),
            (None, Some(key)) if !is_one_word(key) => return Err(CredentialsError::ApiKey),
            (None, Some(key)) => return Ok(Self::Bearer(key)),
            (Some(header), None) => header,
        };
        if header.len() > MAXIMUM_HEADER_BYTES {
            return Err(CredentialsError::Long);
        }
        let Some((scheme, rest)) = header.split_once(' ') else {
            return Err(CredentialsError::of_one_word(header));
        };
        let value = if is_one_word(rest) {
            rest
        } else {
            rest.trim_matches(' ')
        };
        if value.is_empty() || !is_one_word(value) {
            return Err(CredentialsError::of_words(scheme, value));
        }
        if scheme.eq_ignore_ascii_case("bearer") {
            Ok(Self::Bearer(value))
        } else if scheme.eq_ignore_ascii_case("basic") {
            let token = read_basic(value)?;
            Ok(token.map_or(Self::None, Self::Basic))
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

fn is_one_word(value: &str) -> bool {
    // Scanning bytes is faster than scanning characters, and all of them faster than up to the first.
    let separates = |found, byte| found | matches!(byte, b',' | b' ' | b'\t');
    !value.bytes().fold(false, separates)
}

/// The token in the value of Basic; `None` if both user name and password are empty.
fn read_basic(encoded: &str) -> Result<Option<Zeroizing<String>>, CredentialsError> {
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
    if token.is_empty() && password.is_empty() {
        return Ok(None);
    }
    // A token is ASCII. Other text cannot be one and is later refused as an invalid token.
    Ok(Some(Zeroizing::new(String::from_utf8_lossy(token).into_owned())))
}

/// Why credentials cannot be parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CredentialsError {
    /// Not `scheme value`, or more than one value.
    Form,
    /// `Bearer` with nothing after it.
    NoToken,
    /// Another scheme with nothing after it, or nothing at all.
    NoValue,
    /// A value without a scheme.
    NoScheme,
    /// A scheme that stands twice.
    SchemeTwice,
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
    /// Both `Authorization` and `X-Api-Key`.
    Twice,
    /// `X-Api-Key` is not one value.
    ApiKey,
}

impl CredentialsError {
    /// What is wrong with a header of one word.
    fn of_one_word(word: &str) -> Self {
        if word.eq_ignore_ascii_case("bearer") {
            Self::NoToken
        } else if word.is_empty() || is_scheme(word) {
            Self::NoValue
        } else if word.bytes().any(|byte| matches!(byte, b',' | b'\t')) {
            Self::Form
        } else {
            Self::NoScheme
        }
    }

    /// What is wrong with a header that holds a scheme and no single value.
    fn of_words(scheme: &str, value: &str) -> Self {
        let first = value.split(' ').next().unwrap_or_default();
        if value.is_empty() {
            Self::of_one_word(scheme)
        } else if is_scheme(scheme) && is_scheme(first) {
            Self::SchemeTwice
        } else {
            Self::Form
        }
    }
}

/// Whether it is a scheme that carries a token somewhere.
fn is_scheme(word: &str) -> bool {
    ["bearer", "basic", "token"]
        .iter()
        .any(|scheme| word.eq_ignore_ascii_case(scheme))
}

impl fmt::Display for CredentialsError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Form => "the Authorization header must hold one scheme and one value, once",
            Self::NoToken => "no token after Bearer: is the variable set?",
            Self::NoValue => "nothing after the scheme of the Authorization header: is the variable set?",
            Self::NoScheme => "the Authorization header must hold a scheme before the token",
            Self::SchemeTwice => "the Authorization header holds the scheme twice",
            Self::Scheme => "the Authorization scheme must be Bearer or Basic",
            Self::Long => "the Authorization header is too long to hold a token",
            Self::Base64 => "the value of Basic is not base64",
            Self::NoColon => "the value of Basic holds no user name and password with a colon between",
            Self::InTarget => "a token must not stand in the URL; send it in the Authorization header",
            Self::Twice => "the token must stand in the Authorization header or in X-Api-Key, not in both",
            Self::ApiKey => "the X-Api-Key header must hold one value, once",
        })
    }
}

impl std::error::Error for CredentialsError {}
