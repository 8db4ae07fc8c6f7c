//! The request bodies of the management API.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use super::api_error::ApiError;
use crate::json::{from_slice, whole_number};
use crate::ledger::{MAXIMUM_LIFETIME_SECONDS, MAXIMUM_REPORTED_TOKENS, TokenName};
use crate::request::decode_form;
use crate::token::{Restrictions, Role};

/// The body that creates a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateRequest {
    /// The name that the subject gives it.
    pub name: TokenName,
    /// The most that the token allows.
    pub role: Role,
    /// What limits it beyond that.
    pub restrictions: Restrictions,
    /// The seconds for which it is valid; `None` means no expiry.
    pub expires_in: Option<u32>,
}

/// The body that refreshes a token. It may be empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RefreshRequest {
    /// The seconds for which the new token is valid; `None` means the lifetime of the old one.
    pub expires_in: Option<u32>,
}

impl CreateRequest {
    /// Parses the JSON body.
    ///
    /// # Errors
    /// [`ApiError::BodyMalformed`] and [`ApiError::Restrictions`] say what is wrong.
    pub fn parse(body: &[u8]) -> Result<Self, ApiError> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Wire<'a> {
            name: String,
            role: String,
            #[serde(borrow, default, deserialize_with = "json")]
            restrictions: Option<&'a RawValue>,
            #[serde(default, deserialize_with = "present")]
            expires_in: Option<u32>,
        }

        let wire: Wire<'_> = from_json(body)?;
        Ok(Self {
            name: wire.name.parse().map_err(ApiError::body)?,
            role: wire.role.parse().map_err(ApiError::body)?,
            restrictions: match wire.restrictions {
                Some(json) => Restrictions::from_json(json.get()).map_err(ApiError::Restrictions)?,
                None => Restrictions::default(),
            },
            expires_in: check_lifetime(wire.expires_in)?,
        })
    }
}

impl RefreshRequest {
    /// Parses the JSON body.
    ///
    /// # Errors
    /// [`ApiError::BodyMalformed`] says what is wrong.
    pub fn parse(body: &[u8]) -> Result<Self, ApiError> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Wire {
            #[serde(default, deserialize_with = "present")]
            expires_in: Option<u32>,
        }

        if body.is_empty() {
            return Ok(Self::default());
        }
        let wire: Wire = from_json(body)?;
        Ok(Self {
            expires_in: check_lifetime(wire.expires_in)?,
        })
    }
}

/// The `token` of a form (RFC 7009 section 2.1, RFC 7662 section 2.1). Other fields are ignored.
///
/// # Errors
/// [`ApiError::BodyMalformed`] if there is not exactly one.
pub fn form_token(body: &[u8]) -> Result<Zeroizing<String>, ApiError> {
    form_field(body, "token")
}

/// The `assertion` of a form: a sign-in assertion. Other fields are ignored.
///
/// # Errors
/// [`ApiError::BodyMalformed`] if there is not exactly one.
pub fn form_assertion(body: &[u8]) -> Result<Zeroizing<String>, ApiError> {
    form_field(body, "assertion")
}

fn form_field(body: &[u8], wanted: &str) -> Result<Zeroizing<String>, ApiError> {
    let body = str::from_utf8(body).map_err(|_| ApiError::body("it is not UTF-8"))?;
    let mut values = body.split('&').filter_map(|field| {
        let (name, value) = field.split_once('=')?;
        (decode_form(name) == wanted).then_some(value)
    });
    match (values.next(), values.next()) {
        (Some(value), None) if !value.is_empty() => Ok(Zeroizing::new(Cow::into_owned(decode_form(value)))),
        (Some(_), _) => Err(ApiError::body(format!(
            "the field `{wanted}` must hold one {wanted}"
        ))),
        (None, _) => Err(ApiError::body(format!("the form has no field `{wanted}`"))),
    }
}

/// The texts of the tokens in a report.
///
/// # Errors
/// [`ApiError::BodyMalformed`] if it is not a JSON list of strings, or longer than the limit.
pub fn reported_tokens(body: &[u8]) -> Result<Vec<Zeroizing<String>>, ApiError> {
    let tokens: Vec<String> = from_json(body)?;
    let tokens: Vec<_> = tokens.into_iter().map(Zeroizing::new).collect();
    if tokens.len() > MAXIMUM_REPORTED_TOKENS {
        return Err(ApiError::body(format!(
            "the list has {} tokens; at most {MAXIMUM_REPORTED_TOKENS} are taken at a time",
            tokens.len()
        )));
    }
    Ok(tokens)
}

fn check_lifetime(expires_in: Option<u32>) -> Result<Option<u32>, ApiError> {
    match expires_in {
        Some(seconds) if !(1..=MAXIMUM_LIFETIME_SECONDS).contains(&seconds) => Err(ApiError::body(format!(
            "expires_in is 1 to {MAXIMUM_LIFETIME_SECONDS} seconds"
        ))),
        expires_in => Ok(expires_in),
    }
}

/// Parses a field that may be missing but must not be null: null could mean “never” or “as before”.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    let number = whole_number(<&RawValue>::deserialize(deserializer)?.get());
    number
        .map(|number| Some(u32::try_from(number).unwrap_or(u32::MAX)))
        .ok_or_else(|| serde::de::Error::custom("expected a whole number"))
}

/// Parses a field that may be missing, as the JSON that it is: null is not as good as missing.
fn json<'de: 'a, 'a, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<&'a RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

fn from_json<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, ApiError> {
    from_slice(body).map_err(|error| ApiError::body(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::{CreateRequest, RefreshRequest, form_token, reported_tokens};
    use crate::token::Role;

    #[test]
    fn reads_a_token_to_make() {
        let request = CreateRequest::parse(br#"{"name":"ci","role":"write","expires_in":60}"#).unwrap();
        assert_eq!(request.name.as_str(), "ci");
        assert_eq!((request.role, request.expires_in), (Role::Write, Some(60)));
        for bad in [
            r#"{"name":"ci"}"#,
            r#"{"name":"ci","role":"admin"}"#,
            r#"{"name":"","role":"read"}"#,
            r#"{"name":"ci","role":"read","expires_in":0}"#,
            r#"{"name":"ci","role":"read","expires_in":null}"#,
            r#"{"name":"ci","role":"read","expires_in":1.5}"#,
            r#"{"name":"ci","role":"read","expires_in":-1.0}"#,
            r#"{"name":"ci","role":"read","expires_in":1e300}"#,
            r#"{"name":"ci","role":"read","expires_in":"60"}"#,
            r#"{"name":"ci","role":"read","expires_in":315360001}"#,
            r#"{"name":"ci","role":"read","name":"cd"}"#,
            r#"{"name":"ci","role":"read","scope":"x"}"#,
            r#"[]"#,
            "",
        ] {
            assert!(CreateRequest::parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_empty_body_refreshes_as_before() {
        assert_eq!(RefreshRequest::parse(b"").unwrap().expires_in, None);
        assert_eq!(RefreshRequest::parse(b"{}").unwrap().expires_in, None);
        assert_eq!(
            RefreshRequest::parse(br#"{"expires_in":5}"#).unwrap().expires_in,
            Some(5)
        );
        for whole in ["5.0", "5e0", "0.5e1", "500e-2"] {
            let body = format!(r#"{{"expires_in":{whole}}}"#);
            assert_eq!(
                RefreshRequest::parse(body.as_bytes()).unwrap().expires_in,
                Some(5),
                "{whole}"
            );
        }
    }

    #[test]
    fn takes_one_token_out_of_a_form() {
        assert_eq!(
            form_token(b"token_type_hint=x&token=hub_a%2Db").unwrap().as_str(),
            "hub_a-b"
        );
        for bad in ["", "token=", "token=a&token=b", "tokn=a", "token"] {
            assert!(form_token(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn api_errors_repeat_nothing_of_the_body() {
        let error = reported_tokens(br#"["hub_secret", hub_secret]"#).unwrap_err();
        assert!(!format!("{error:?}").contains("secret"));
        assert!(reported_tokens(serde_json::json!(vec!["x"; 1001]).to_string().as_bytes()).is_err());
        assert_eq!(reported_tokens(br#"["a","b"]"#).unwrap().len(), 2);
    }
}
