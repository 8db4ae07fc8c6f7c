//! The query of a management request, parsed strictly: an unknown or repeated parameter is refused and not ignored. Otherwise, a
//! misspelt `grace` would revoke a token at once.

use std::fmt::Display;
use std::str::FromStr;

use super::api_error::ApiError;
use crate::request::Target;
use crate::sorted_map::SortedMap;

/// A query's parameters, and the names that are known.
#[derive(Debug)]
pub struct Parameters(SortedMap<&'static str, String>);

impl Parameters {
    /// Parses the query of a target.
    ///
    /// # Errors
    /// [`ApiError::ParameterUnknown`] for a name that is not in `known`, [`ApiError::ParameterInvalid`] for a repeated name.
    pub fn read(target: &Target<'_>, known: &'static [&'static str]) -> Result<Self, ApiError> {
        let mut parameters = SortedMap::new();
        for parameter in target.parameters() {
            let written = parameter.name();
            let name = known
                .iter()
                .find(|name| **name == written)
                .ok_or(ApiError::ParameterUnknown { known })?;
            if parameters.insert(*name, parameter.value().into_owned()).is_some() {
                return Err(ApiError::parameter(name, "it may stand once only"));
            }
        }
        Ok(Self(parameters))
    }

    /// A parameter's value, if it is present.
    ///
    /// # Errors
    /// [`ApiError::ParameterInvalid`] if it does not parse.
    pub fn value<T: FromStr<Err: Display>>(&self, name: &'static str) -> Result<Option<T>, ApiError> {
        self.0
            .get(&name)
            .map(|text| text.parse().map_err(|error| ApiError::parameter(name, error)))
            .transpose()
    }

    /// A number of seconds up to `maximum`; 0 if it is missing.
    ///
    /// # Errors
    /// [`ApiError::ParameterInvalid`] if it is anything else.
    pub fn seconds(&self, name: &'static str, maximum: u32) -> Result<u32, ApiError> {
        match self.0.get(&name) {
            None => Ok(0),
            Some(text) => plain_number(text)
                .filter(|seconds| *seconds <= maximum)
                .ok_or_else(|| {
                    ApiError::parameter(
                        name,
                        format!("expected a whole number of seconds from 0 to {maximum}"),
                    )
                }),
        }
    }

    /// Whether a parameter has the second of two values; the first is the default.
    ///
    /// # Errors
    /// [`ApiError::ParameterInvalid`] if it is neither.
    pub fn is_second(&self, name: &'static str, first: &str, second: &str) -> Result<bool, ApiError> {
        match self.0.get(&name).map(String::as_str) {
            None => Ok(false),
            Some(value) if value == first => Ok(false),
            Some(value) if value == second => Ok(true),
            Some(_) => Err(ApiError::parameter(name, format!("expected {first} or {second}"))),
        }
    }
}

/// Parses digits only, because `FromStr` accepts a `+`.
fn plain_number(text: &str) -> Option<u32> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::Parameters;
    use crate::management::ApiError;
    use crate::request::Target;

    fn grace(query: &str) -> Result<u32, ApiError> {
        let raw = format!("/-/api/x?{query}");
        let target = Target::parse(&raw).unwrap();
        Parameters::read(&target, &["grace", "wait"])?.seconds("grace", 60)
    }

    #[test]
    fn reads_what_is_known_and_refuses_the_rest() {
        assert_eq!(grace(""), Ok(0));
        assert_eq!(grace("grace=60&wait=x"), Ok(60));
        assert_eq!(
            grace("grce=60"),
            Err(ApiError::ParameterUnknown {
                known: &["grace", "wait"]
            })
        );
        for bad in [
            "grace=61",
            "grace=",
            "grace=-1",
            "grace=%2B1",
            "grace=1&grace=1",
            "grace=1.5",
        ] {
            assert!(
                matches!(grace(bad), Err(ApiError::ParameterInvalid { .. })),
                "{bad}"
            );
        }
    }
}
