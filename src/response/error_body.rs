//! The body of an unsuccessful answer, in the form that each client shows. Knows nothing of headers.

use super::client::Client;
use crate::json::Object;

/// The content type and the body for this client.
pub(super) fn write(client: Client, status: u16, code: &str, text: &str) -> (&'static str, String) {
    match client {
        Client::Git => ("text/plain; charset=utf-8", format!("{text}\n")),
        // git-lfs `docs/api/batch.md`, "Response Errors".
        Client::GitLfs => (
            "application/vnd.git-lfs+json",
            Object::new().text("message", text).end(),
        ),
        // huggingface_hub, `hf_raise_for_status`.
        Client::Hub => (
            "application/json",
            Object::new().text("error", text).text("code", code).end(),
        ),
        Client::Browser => ("text/html; charset=utf-8", page(status, code, text)),
        Client::Other => (
            "application/problem+json",
            // Problem details (RFC 9457 section 3), with the code as an extension member. With a line feed, for
            // whoever reads it in a terminal.
            Object::new()
                .text("title", phrase(status))
                .number("status", status)
                .text("detail", text)
                .text("code", code)
                .end()
                + "\n",
        ),
    }
}

/// The texts are the gate's own and contain no markup except `<token>`.
fn page(status: u16, code: &str, text: &str) -> String {
    let text = text.replace('<', "&lt;").replace('>', "&gt;");
    let phrase = phrase(status);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{status} {phrase}</title>\n<h1>{phrase}</h1>\n<p>{text}</p>\n<p><code>{code}</code></p>\n"
    )
}

/// The reason phrase (RFC 9110 section 15) of the gate's statuses.
const fn phrase(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        413 => "Content Too Large",
        414 => "URI Too Long",
        415 => "Unsupported Media Type",
        422 => "Unprocessable Content",
        429 => "Too Many Requests",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        504 => "Gateway Timeout",
        503 => "Service Unavailable",
        _ => "Refused",
    }
}
