//! The gate's own answer to a CORS preflight (the Fetch standard, section 3.2.2).
//!
//! A preflight needs no token, and many servers run a write handler for every method other than GET. It therefore reaches the
//! origin only if a line of the route table lists `OPTIONS`. The answer lets a page of any origin send a request with a token
//! that it has. It allows no credentials that a browser stores. What such a page may read of the origin's response, the origin
//! states there. Knows nothing of routes.

use super::answer::Answer;

/// How many seconds a browser may cache the answer, which is the same for every request.
const REMEMBERED_SECONDS: u32 = 7_200;

/// The answer allows every method that the gate knows, and the requested fields.
pub fn answer_preflight(requested_headers: Option<&str>) -> Answer {
    let names: Vec<&str> = requested_headers
        .unwrap_or_default()
        .split(',')
        .map(str::trim)
        .filter(|name| is_field_name(name))
        .collect();
    let mut headers = vec![
        ("Access-Control-Allow-Origin", "*".to_owned()),
        (
            "Access-Control-Allow-Methods",
            "GET, HEAD, POST, PUT, PATCH, DELETE".to_owned(),
        ),
        ("Access-Control-Max-Age", REMEMBERED_SECONDS.to_string()),
        ("Cache-Control", "no-store".to_owned()),
    ];
    if !names.is_empty() {
        headers.push(("Access-Control-Allow-Headers", names.join(", ")));
    }
    Answer {
        status: 204,
        reason: None,
        headers,
        body: String::new(),
    }
}

/// Whether it is the name of a field that may be forwarded.
fn is_field_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::answer_preflight;

    #[test]
    fn allows_the_fields_that_are_asked_for_and_no_other_text() {
        let allowed = |asked| {
            let answer = answer_preflight(asked);
            assert_eq!((answer.status, answer.body.as_str()), (204, ""));
            let mut headers = answer.headers.into_iter();
            headers.find_map(|(name, value)| (name == "Access-Control-Allow-Headers").then_some(value))
        };
        assert_eq!(allowed(None), None);
        assert_eq!(allowed(Some("")), None);
        assert_eq!(
            allowed(Some("authorization,x-repo-commit , content-type")).as_deref(),
            Some("authorization, x-repo-commit, content-type")
        );
        assert_eq!(allowed(Some("a:b, x.y, a\r\nb, *")), None);
    }

    #[test]
    fn allows_no_credentials_that_a_browser_keeps() {
        let headers = answer_preflight(Some("authorization")).headers;
        assert!(headers.contains(&("Access-Control-Allow-Origin", "*".to_owned())));
        assert!(
            headers
                .iter()
                .all(|(name, _)| *name != "Access-Control-Allow-Credentials")
        );
    }
}
