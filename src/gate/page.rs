//! The page: files of the assets binding, under `/-/`, with the headers that keep it to itself.

use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Headers, Request, RequestInit, Response, ResponseInit};

use super::platform::{Outcome, Service, when_settled};

/// Where the page is.
const ROOT: &str = "/-/";

/// What the browser is told of every file. Names do not change with content, so that each is asked for again, and
/// answered 304 by its `ETag` where nothing changed.
const HEADERS: [(&str, &str); 6] = [
    (
        "Content-Security-Policy",
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; \
         font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("X-Frame-Options", "DENY"),
    ("Cache-Control", "no-cache"),
];

/// The file that a request is for, where a file of the page can have that name.
pub(super) fn file<'a>(method: &str, target: &'a str) -> Option<&'a str> {
    if !matches!(method, "GET" | "HEAD") {
        return None;
    }
    let path = target.split('?').next()?.strip_prefix(ROOT)?;
    if path.is_empty() {
        return Some("index.html");
    }
    let is_plain = |segment: &str| {
        !segment.is_empty()
            && !segment.starts_with('.')
            && segment
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
    };
    path.split('/').all(is_plain).then_some(path)
}

/// Answers with a file; calls `otherwise` if it does not exist.
pub(super) fn answer(
    assets: &Service,
    request: &Request,
    own_origin: &str,
    file: &str,
    otherwise: impl FnOnce() -> Outcome + 'static,
) -> Outcome {
    let headers = Headers::new()?;
    for name in ["Accept-Encoding", "If-None-Match"] {
        if let Some(value) = request.headers().get(name)? {
            headers.set(name, &value)?;
        }
    }
    let init = RequestInit::new();
    init.set_method(&request.method());
    init.set_headers_headers(&headers);
    let asset = Request::new_with_str_and_init(&format!("{own_origin}/{file}"), &init)?;
    let fetched = assets.fetch(&asset)?;
    Ok(when_settled(&fetched, move |settled| {
        let found: Response = settled?.unchecked_into();
        if !matches!(found.status(), 200 | 304) {
            return otherwise();
        }
        respond(&found)
    })
    .into())
}

fn respond(found: &Response) -> Outcome {
    let headers = Headers::new_with_headers(&found.headers())?;
    for (name, value) in HEADERS {
        headers.set(name, value)?;
    }
    let init = ResponseInit::new();
    init.set_status(found.status());
    init.set_headers_headers(&headers);
    let response = Response::new_with_opt_readable_stream_and_init(found.body().as_ref(), &init)?;
    Ok(JsValue::from(response))
}

#[cfg(test)]
mod tests {
    use super::file;

    #[test]
    fn finds_plain_names_below_its_root_only() {
        assert_eq!(file("GET", "/-/"), Some("index.html"));
        assert_eq!(file("HEAD", "/-/?x=/../y"), Some("index.html"));
        assert_eq!(file("GET", "/-/a/b_c-1.wasm?v"), Some("a/b_c-1.wasm"));
        for none in [
            "/-", "/", "/-/../x", "/-/a//b", "/-/%61", "/-/.env", "/-/a/", "/-/a\\b", "/x/-/",
        ] {
            assert_eq!(file("GET", none), None, "{none}");
        }
        assert_eq!(file("POST", "/-/"), None);
    }
}
