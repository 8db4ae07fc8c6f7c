//! The Worker's environment, read value by value, and the errors of its values.

use std::fmt;
use std::str::FromStr;

use js_sys::{Number, Reflect};
use wasm_bindgen::{JsCast, JsValue};

/// The error of a variable, secret or binding that is missing or malformed. It holds the name and never the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ConfigError {
    /// The name as `wrangler.toml` has it.
    pub(crate) name: &'static str,
    /// The expected value.
    pub(crate) expected: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.name, self.expected)
    }
}

impl std::error::Error for ConfigError {}

/// The error of a value that is not as expected.
pub(crate) fn malformed(name: &'static str, expected: &dyn fmt::Display) -> ConfigError {
    ConfigError {
        name,
        expected: expected.to_string(),
    }
}

fn value(env: &JsValue, name: &'static str) -> Result<Option<JsValue>, ConfigError> {
    let value =
        Reflect::get(env, &name.into()).map_err(|_| malformed(name, &"the environment cannot be read"))?;
    Ok((!value.is_undefined() && !value.is_null()).then_some(value))
}

/// A variable or secret, without line ends that a shell or an editor has appended; `None` if it is not set.
pub(crate) fn text(env: &JsValue, name: &'static str) -> Result<Option<String>, ConfigError> {
    match value(env, name)? {
        None => Ok(None),
        Some(value) => match value.as_string() {
            Some(mut text) => {
                text.truncate(text.trim_end_matches(['\r', '\n']).len());
                Ok(Some(text))
            }
            None => Err(malformed(name, &"expected a string")),
        },
    }
}

/// A secret that must be set.
pub(crate) fn required(
    env: &JsValue,
    name: &'static str,
    expected: &'static str,
) -> Result<zeroize::Zeroizing<String>, ConfigError> {
    text(env, name)?
        .map(zeroize::Zeroizing::new)
        .ok_or_else(|| malformed(name, &format!("missing; expected {expected}")))
}

/// A variable or secret, parsed.
pub(crate) fn parsed<T: FromStr<Err: fmt::Display>>(
    env: &JsValue,
    name: &'static str,
) -> Result<Option<T>, ConfigError> {
    text(env, name)?
        .map(|text| text.parse().map_err(|error| malformed(name, &error)))
        .transpose()
}

/// A number of seconds: a string of digits, or a number in wrangler.toml.
pub(crate) fn number(env: &JsValue, name: &'static str) -> Result<Option<u32>, ConfigError> {
    let Some(value) = value(env, name)? else {
        return Ok(None);
    };
    let digits = match value.dyn_ref::<Number>() {
        Some(number) => number
            .to_string_with_radix(10)
            .ok()
            .and_then(|digits| digits.as_string()),
        None => value.as_string(),
    };
    digits
        .and_then(|digits| digits.trim_end_matches(['\r', '\n']).parse().ok())
        .map(Some)
        .ok_or_else(|| malformed(name, &"expected a whole number"))
}

/// A binding; `None` if the deployment has none of this name.
pub(crate) fn binding<T: JsCast>(env: &JsValue, name: &'static str) -> Result<Option<T>, ConfigError> {
    match value(env, name)? {
        None => Ok(None),
        Some(value) if value.is_object() => Ok(Some(value.unchecked_into())),
        Some(_) => Err(malformed(name, &"expected a binding, not a variable")),
    }
}
