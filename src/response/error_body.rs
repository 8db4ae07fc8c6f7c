//! The body of an unsuccessful answer, in the form that each client shows. Knows nothing of headers.

use super::client::Client;
use super::reader::Reader;
use crate::json::Object;

/// The content type and the body for this reader.
pub(super) fn write(reader: &Reader<'_>, status: u16, code: &str, text: &str) -> (&'static str, String) {
    let (content_type, body) = match reader.client {
        Client::Git => ("text/plain; charset=utf-8", text.to_owned()),
        // git-lfs `docs/api/batch.md`, "Response Errors".
        Client::GitLfs => (
            "application/vnd.git-lfs+json",
            Object::new().text("message", text).end(),
        ),
        // huggingface_hub, `hf_raise_for_status`; huggingface.js, `createApiError`; npm-registry-fetch, `HttpErrorGeneral`.
        Client::Hub | Client::Npm => (
            "application/json",
            Object::new().text("error", text).text("code", code).end(),
        ),
        Client::OpenAi => (
            "application/json",
            Object::new().json("error", &api_error(status, code, text)).end(),
        ),
        Client::Messages => (
            "application/json",
            Object::new()
                .text("type", "error")
                .json("error", &api_error(status, code, text))
                .end(),
        ),
        // OCI distribution specification, "Error Codes".
        Client::Registry => {
            let error = Object::new()
                .text("code", registry_code(status))
                .text("message", text)
                .end();
            ("application/json", format!("{{\"errors\":[{error}]}}"))
        }
        // MLflow, `RestException`.
        Client::Mlflow => (
            "application/json",
            Object::new()
                .text("error_code", mlflow_code(status))
                .text("message", text)
                .end(),
        ),
        Client::Browser => ("text/html; charset=utf-8", page(reader, status, code, text)),
        Client::ReasonOnly | Client::Other => (
            "application/problem+json",
            // Problem details (RFC 9457 section 3), with the code as an extension member.
            Object::new()
                .text("title", phrase(status))
                .number("status", status)
                .text("detail", text)
                .text("code", code)
                .end(),
        ),
    };
    // With a line feed, for whoever reads it in a terminal.
    (content_type, body + "\n")
}

/// What is wrong, as inference APIs say it.
fn api_error(status: u16, code: &str, text: &str) -> String {
    Object::new()
        .text("message", text)
        .text("type", api_error_type(status))
        .text("code", code)
        .end()
}

/// The types of the Messages API, by status; clients of OpenAI's API show them and look no further.
const fn api_error_type(status: u16) -> &'static str {
    match status {
        401 => "authentication_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        500.. => "api_error",
        _ => "invalid_request_error",
    }
}

/// MLflow's codes, by status (`HTTP_STATUS_TO_ERROR_CODE` in `mlflow/exceptions.py`).
const fn mlflow_code(status: u16) -> &'static str {
    match status {
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        429 => "REQUEST_LIMIT_EXCEEDED",
        501 => "NOT_IMPLEMENTED",
        502..=504 => "TEMPORARILY_UNAVAILABLE",
        _ => "BAD_REQUEST",
    }
}

/// The registry's codes, by status; those that it has no code for as registries in use have them.
const fn registry_code(status: u16) -> &'static str {
    match status {
        400 | 414 => "NAME_INVALID",
        401 => "UNAUTHORIZED",
        403 => "DENIED",
        404 => "NAME_UNKNOWN",
        413 => "SIZE_INVALID",
        429 => "TOOMANYREQUESTS",
        501 => "UNSUPPORTED",
        502..=504 => "UNAVAILABLE",
        _ => "UNKNOWN",
    }
}

/// The texts are the gate's own and contain no markup except `<token>`. Backticks enclose what people type.
fn page(reader: &Reader<'_>, status: u16, code: &str, text: &str) -> String {
    let mut shown = String::new();
    for (number, part) in text
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .split('`')
        .enumerate()
    {
        if number > 0 {
            shown.push_str(if number % 2 == 1 { "<code>" } else { "</code>" });
        }
        shown.push_str(part);
    }
    let link = match reader.token_page {
        Some(page) if matches!(status, 400..=403) => {
            format!("<p><a href=\"{page}\">Your access tokens</a></p>\n")
        }
        Some(_) | None => String::new(),
    };
    let phrase = phrase(status);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{status} {phrase}</title>\n<h1>{phrase}</h1>\n<p>{shown}</p>\n{link}<p><small>{status} {code}</small></p>\n"
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
