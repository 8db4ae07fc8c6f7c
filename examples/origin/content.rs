//! Content of known length, sent completely or in the one range that was requested (RFC 9110, section 14).

use std::io::SeekFrom;
use std::path::PathBuf;

use axum::body::Body;
use axum::http::header::{ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, RANGE};
use axum::http::{HeaderName, Method, StatusCode};
use tokio::fs::File;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncSeekExt};
use tokio::process::Command;
use tokio_util::io::ReaderStream;

use crate::answer::{Answer, empty_answer, set_header};
use crate::failure::{Failure, Refusal};
use crate::process_output::ProcessOutput;
use crate::request_context::RequestContext;

/// The source of the bytes.
#[derive(Debug)]
pub(crate) enum Source {
    File(PathBuf),
    /// A command that writes them to standard output.
    Output(Command),
}

#[derive(Debug)]
pub(crate) struct Content {
    pub source: Source,
    pub length: u64,
    /// The entity tag without its quotes.
    pub entity_tag: String,
    /// The commit at which it was looked up, if any: `X-Repo-Commit`.
    pub commit: Option<String>,
}

/// First byte and number of bytes.
type Part = (u64, u64);

impl Content {
    pub(crate) async fn into_answer(self, context: &RequestContext) -> Result<Answer, Failure> {
        let part = match context.header(RANGE.as_str()) {
            Some(range) if self.may_be_cut(context) => select(range, self.length)?,
            Some(_) | None => None,
        };
        let (start, length) = part.unwrap_or((0, self.length));
        let mut answer = empty_answer(if part.is_some() {
            StatusCode::PARTIAL_CONTENT
        } else {
            StatusCode::OK
        });
        let headers = answer.headers_mut();
        set_header(headers, CONTENT_TYPE, "application/octet-stream")?;
        set_header(headers, CONTENT_LENGTH, &length.to_string())?;
        set_header(headers, ACCEPT_RANGES, "bytes")?;
        set_header(headers, ETAG, &format!("\"{}\"", self.entity_tag))?;
        if let Some(commit) = &self.commit {
            set_header(headers, HeaderName::from_static("x-repo-commit"), commit)?;
        }
        if part.is_some() {
            let last = start.saturating_add(length).saturating_sub(1);
            set_header(
                headers,
                CONTENT_RANGE,
                &format!("bytes {start}-{last}/{}", self.length),
            )?;
        }
        if context.method() != Method::HEAD {
            *answer.body_mut() = open(self.source, start, length).await?;
        }
        Ok(answer)
    }

    /// Whether a range may be sent. If `If-Range` names another version, the response is the complete content.
    fn may_be_cut(&self, context: &RequestContext) -> bool {
        context
            .header("if-range")
            .is_none_or(|tag| tag.trim_matches('"') == self.entity_tag)
    }
}

async fn open(source: Source, start: u64, length: u64) -> Result<Body, Failure> {
    match source {
        Source::File(path) => {
            let mut file = File::open(path).await?;
            file.seek(SeekFrom::Start(start)).await?;
            Ok(stream(file, length))
        }
        Source::Output(mut command) => {
            let mut output = ProcessOutput::start(&mut command)?;
            tokio::io::copy(&mut (&mut output).take(start), &mut tokio::io::sink()).await?;
            Ok(stream(output, length))
        }
    }
}

fn stream(reader: impl AsyncRead + Send + 'static, length: u64) -> Body {
    Body::from_stream(ReaderStream::new(reader.take(length)))
}

/// The one range of a `Range` header. `None`, which means the whole, for other units, several ranges, or an invalid header.
fn select(range: &str, length: u64) -> Result<Option<Part>, Refusal> {
    let Some((first, last)) = range
        .strip_prefix("bytes=")
        .and_then(|range| range.trim().split_once('-'))
    else {
        return Ok(None);
    };
    let part = match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), Ok(last)) if first <= last => (first, last.min(length.saturating_sub(1))),
        (Ok(first), Err(_)) if last.is_empty() => (first, length.saturating_sub(1)),
        (Err(_), Ok(count)) if first.is_empty() && count > 0 => {
            (length.saturating_sub(count), length.saturating_sub(1))
        }
        (Ok(_) | Err(_), Ok(_) | Err(_)) => return Ok(None),
    };
    let (first, last) = part;
    if first >= length {
        return Err(Refusal::RangeUnsatisfiable { length });
    }
    Ok(Some((first, last - first + 1)))
}
