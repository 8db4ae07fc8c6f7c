//! The page: files of the assets binding, under the gate's prefix, with the headers that keep it to itself.

use js_sys::Promise;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Headers, Request, RequestInit, Response, ResponseInit};

use super::expiry_header::REBUILDABLE;
use super::platform::{Outcome, Service, responded, when_settled};

/// What the browser is told of every file. Names do not change with content, so that each is asked for again, and
/// answered 304 by its `ETag` where nothing changed.
const HEADERS: [(&str, &str); 5] = [
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("X-Frame-Options", "DENY"),
    ("Cache-Control", "no-cache"),
];

/// The Content-Security-Policy of every file. The host of the hub, which the page may ask, comes behind it.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; \
                      font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; connect-src 'self' ";

/// Whether a method asks for something to show.
pub(super) fn is_shown_by(method: &str) -> bool {
    matches!(method, "GET" | "HEAD")
}

/// Whether a target is the page itself, by its part behind the gate's prefix.
pub(super) fn is_page(behind: &str) -> bool {
    behind.split('?').next() == Some("")
}

/// The file that a request is for by its target behind the gate's prefix, where a file of the page can have that name.
pub(super) fn file<'a>(method: &str, behind: &'a str) -> Option<&'a str> {
    if !is_shown_by(method) {
        return None;
    }
    let path = behind.split('?').next()?;
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
    hub: Option<String>,
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
        respond(&found, &hub.unwrap_or_default())
    })
    .into())
}

/// Lets a script of the page read the answer at the hub's host, which holds nothing but what its own token gets.
pub(super) fn allow_page_to_read(outcome: Outcome, page_origin: String) -> Outcome {
    let answer = Promise::resolve(&outcome?);
    let readable = when_settled(&answer, move |settled| {
        let answer: Response = settled?.unchecked_into();
        if !REBUILDABLE.contains(&answer.status()) {
            return responded(answer);
        }
        let init: ResponseInit = Clone::clone(&answer).unchecked_into();
        let answer = Response::new_with_opt_readable_stream_and_init(answer.body().as_ref(), &init)?;
        let headers = answer.headers();
        headers.set("Access-Control-Allow-Origin", &page_origin)?;
        headers.set("Access-Control-Expose-Headers", "*")?;
        headers.append("Vary", "Origin")?;
        responded(answer)
    });
    Ok(readable.into())
}

fn respond(found: &Response, hub: &str) -> Outcome {
    let headers = Headers::new_with_headers(&found.headers())?;
    headers.set("Content-Security-Policy", &[POLICY, hub].concat())?;
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
    fn finds_plain_names_only() {
        assert_eq!(file("GET", ""), Some("index.html"));
        assert_eq!(file("HEAD", "?x=/../y"), Some("index.html"));
        assert_eq!(file("GET", "a/b_c-1.wasm?v"), Some("a/b_c-1.wasm"));
        for none in ["/", "../x", "a//b", "%61", ".env", "a/", "a\\b", "/a"] {
            assert_eq!(file("GET", none), None, "{none}");
        }
        assert_eq!(file("POST", ""), None);
    }
}
