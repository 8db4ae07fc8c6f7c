//! The page that signs one of the sample users in at the gate, as docs/sign-in.md asks of a hub.
//!
//! The hub serves it at its own address, not through the gate, and asks for no password: whoever reaches it can be anybody.

use std::fs::File;
use std::io::{self, Read};
use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ORIGIN, REFERRER_POLICY};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Uri};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use lychgate::identity::{MAXIMUM_SIGN_IN_ASSERTION_SECONDS, is_same_origin};
use lychgate::keys::{KeyId, Secret};
use serde::Deserialize;
use serde_json::json;
use sha2::Sha256;

use crate::answer::{Answer, set_header};
use crate::failure::{Failure, Fault, Refusal};
use crate::sample::USERS;

/// Submits the form without a second click. If scripts are disabled, the form's button remains.
const SCRIPT: &str = "document.querySelector('form').submit();\n";

/// The page, and the key that signs its assertions.
#[derive(Debug)]
pub(crate) struct SignIn {
    pub gate: GateUrl,
    pub key: SignInKey,
}

/// Scheme and host of the gate in browsers' URLs: the audience of an assertion.
#[derive(Clone, Debug)]
pub(crate) struct GateUrl(String);

impl FromStr for GateUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("{text}: expected http:// or https:// and a host, such as http://127.0.0.1:8787");
        let uri: Uri = text.parse().map_err(|_unreadable| wrong())?;
        let (Some(scheme @ ("http" | "https")), Some(host)) = (uri.scheme_str(), uri.authority()) else {
            return Err(wrong());
        };
        let gate = format!("{scheme}://{host}");
        // Refuses characters that have a meaning in HTML or in a header.
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
        if gate == text && host.as_str().bytes().all(is_plain) {
            Ok(GateUrl(gate))
        } else {
            Err(wrong())
        }
    }
}

/// The key by which the gate recognizes the hub.
#[derive(Debug)]
pub(crate) struct SignInKey {
    id: KeyId,
    key: Secret,
}

impl SignInKey {
    /// Parses the output of `lychgate keys derive sign-in --json`.
    pub(crate) fn parse(text: &str) -> Result<SignInKey, String> {
        #[derive(Deserialize)]
        struct Printed {
            key_id: KeyId,
            purpose: String,
            key: String,
        }

        let wrong = "expected the output of `lychgate keys derive sign-in --json`";
        let printed: Printed = serde_json::from_str(text).map_err(|_unreadable| wrong)?;
        let key = URL_SAFE_NO_PAD
            .decode(&printed.key)
            .map_err(|_unreadable| wrong)?;
        if printed.purpose == "sign-in" {
            Ok(SignInKey {
                id: printed.key_id,
                key: Secret::new(key),
            })
        } else {
            Err(wrong.to_owned())
        }
    }

    fn sign(&self, claims: &serde_json::Value) -> Result<String, Fault> {
        let header = json!({"alg": "HS256", "kid": self.id.to_string(), "typ": "JWT"});
        let [header, claims] = [&header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
        let signed = format!("{header}.{claims}");
        let mut hmac = Hmac::<Sha256>::new_from_slice(self.key.expose())
            .map_err(|_length| Fault::new("the sign-in key is of no use"))?;
        hmac.update(signed.as_bytes());
        let tag = URL_SAFE_NO_PAD.encode(hmac.finalize().into_bytes());
        Ok(format!("{signed}.{tag}"))
    }
}

impl SignIn {
    /// Handles what follows `sign-in` in the path.
    pub(crate) fn serve(&self, parts: &Parts, path: &[&str], own_base: &str) -> Result<Answer, Failure> {
        match (&parts.method, path) {
            (&Method::GET, []) => self.choice(),
            (&Method::GET, ["go-on.js"]) => self.answer("text/javascript", SCRIPT.to_owned()),
            (&Method::POST, [user]) if USERS.contains(user) => {
                expect_own_page(&parts.headers, own_base)?;
                self.hand_over(user)
            }
            (_, [] | ["go-on.js"]) => Err(Refusal::MethodUnsupported.into()),
            (_, [user]) if USERS.contains(user) => Err(Refusal::MethodUnsupported.into()),
            (_, _) => Err(Refusal::PageMissing.into()),
        }
    }

    fn choice(&self) -> Result<Answer, Failure> {
        let forms: String = USERS
            .iter()
            .map(|user| {
                format!("<form method=post action=/sign-in/{user}><p><button>{user}</button></form>\n")
            })
            .collect();
        self.page(&format!(
            "<h1>Sign in</h1>\n<p>Who are you? This example hub believes anybody, and tells the gate.\n{forms}"
        ))
    }

    /// Makes the browser post the sign-in assertion to the gate.
    fn hand_over(&self, user: &str) -> Result<Answer, Failure> {
        let assertion = self.assertion(user)?;
        let gate = &self.gate.0;
        self.page(&format!(
            "<h1>{user}</h1>\n<form method=post action=\"{gate}/-/sign-in\">\n\
             <input type=hidden name=assertion value=\"{assertion}\">\n\
             <button>Manage access tokens</button>\n</form>\n<script src=/sign-in/go-on.js></script>\n"
        ))
    }

    fn assertion(&self, user: &str) -> Result<String, Fault> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = since
            .map_err(|_before| Fault::new("the clock is before 1970"))?
            .as_secs();
        self.key.sign(&json!({
            "aud": self.gate.0,
            "sub": user,
            "iat": now,
            "exp": now + u64::from(MAXIMUM_SIGN_IN_ASSERTION_SECONDS),
            "jti": random_name()?,
        }))
    }

    fn page(&self, content: &str) -> Result<Answer, Failure> {
        let head = "<!doctype html>\n<html lang=en>\n<meta charset=utf-8>\n<meta name=viewport content=width=device-width>";
        let page = format!("{head}\n<title>Example hub: sign in</title>\n{content}");
        self.answer("text/html; charset=utf-8", page)
    }

    fn answer(&self, media_type: &str, text: String) -> Result<Answer, Failure> {
        let gate = &self.gate.0;
        let policy = format!(
            "default-src 'none'; script-src 'self'; form-action 'self' {gate}; base-uri 'none'; frame-ancestors 'none'"
        );
        let mut answer = Answer::new(Body::from(text));
        let headers = answer.headers_mut();
        set_header(headers, CONTENT_TYPE, media_type)?;
        set_header(headers, CONTENT_SECURITY_POLICY, &policy)?;
        set_header(headers, CACHE_CONTROL, "no-store")?;
        set_header(headers, REFERRER_POLICY, "same-origin")?;
        Ok(answer)
    }
}

/// Refuses a form from another site, which would sign people in as somebody that they did not choose.
fn expect_own_page(headers: &HeaderMap, own_base: &str) -> Result<(), Refusal> {
    let text = |value: Option<&axum::http::HeaderValue>| {
        value.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let (site, origin) = (text(headers.get("sec-fetch-site")), text(headers.get(ORIGIN)));
    if is_same_origin(site.as_deref(), origin.as_deref(), own_base) {
        Ok(())
    } else {
        Err(Refusal::AnotherSite)
    }
}

/// 32 hex digits that cannot be guessed and never repeat.
fn random_name() -> Result<String, io::Error> {
    let mut random = [0_u8; 16];
    File::open("/dev/urandom")?.read_exact(&mut random)?;
    Ok(random.iter().map(|byte| format!("{byte:02x}")).collect())
}
