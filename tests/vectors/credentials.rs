//! What an `Authorization` header and a target present, or why they cannot be read.

use lychgate::request::{Credentials, Target};
use serde::Deserialize;

use crate::cases::{Cases, equal, read};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vectors {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    target: String,
    authorization: Option<String>,
    api_key: Option<String>,
    /// `none`, `bearer` or `basic`.
    scheme: Option<String>,
    token: Option<String>,
    /// The variant of `CredentialsError`.
    error: Option<String>,
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn headers_give_the_token_that_they_carry() {
    let vectors: Vectors = read("credentials.json", include_str!("credentials.json"));
    let mut cases = Cases::of("credentials");
    for case in vectors.cases {
        let target = Target::parse(&case.target).unwrap();
        let credentials = Credentials::read(case.authorization.as_deref(), case.api_key.as_deref(), &target);
        let outcome = match (&credentials, &case.scheme, &case.error) {
            (Ok(credentials), Some(expected), None) => {
                let scheme = match credentials {
                    Credentials::None => "none",
                    Credentials::Bearer(_) => "bearer",
                    Credentials::Basic(_) => "basic",
                };
                let shown = format!("{credentials:?}");
                let token = credentials.token();
                let is_redacted = token.is_none_or(|token| token.is_empty() || !shown.contains(token));
                equal("scheme", scheme, expected.as_str())
                    .and_then(|()| equal("token", token, case.token.as_deref()))
                    .and_then(|()| equal("redaction", is_redacted, true))
            }
            (Err(error), None, Some(expected)) => equal("error", format!("{error:?}"), expected.clone()),
            (found, Some(_), None) | (found, None, Some(_)) => Err(format!("found {found:?}")),
            (_, Some(_), Some(_)) | (_, None, None) => {
                Err("a scheme or an error must be expected".to_owned())
            }
        };
        cases.note(&case.name, outcome);
    }
    cases.finish(60);
}
