//! Git over HTTP: the real `git http-backend`, run as CGI (RFC 3875), with both bodies streamed.

use std::io;
use std::path::PathBuf;

use axum::body::Body;
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use futures_util::TryStreamExt;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::Command;
use tokio_util::io::{ReaderStream, StreamReader};

use crate::answer::{Answer, empty_answer};
use crate::failure::{Failure, Fault};
use crate::identity::Access;
use crate::plumbing::isolate;
use crate::process_output::ProcessOutput;
use crate::repository::{Repository, check_path};
use crate::request_context::RequestContext;

/// The backend writes a few short headers; a longer line is a fault.
const LONGEST_HEADER_LINE: u64 = 8 * 1024;

/// The service that `git push` requests, as a path and as a parameter.
const RECEIVE_PACK: &str = "git-receive-pack";

/// The program `git-http-backend`.
#[derive(Debug)]
pub(crate) struct Backend(PathBuf);

impl Backend {
    /// Finds the program in git's own folder.
    pub(crate) async fn find() -> Result<Backend, Fault> {
        let mut command = Command::new("git");
        isolate(&mut command);
        let output = command.arg("--exec-path").output().await?;
        let directory = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim_end());
        let program = directory.join("git-http-backend");
        if program.is_file() {
            Ok(Backend(program))
        } else {
            Err(Fault::new(format!(
                "there is no {}; install git with its HTTP backend",
                program.display()
            )))
        }
    }

    /// Handles one exchange of a clone, fetch or push. `path` is the path behind the repository's name.
    pub(crate) async fn serve(
        &self,
        context: &RequestContext,
        repository: &Repository,
        path: &[&str],
        body: Body,
    ) -> Result<Answer, Failure> {
        let pushes = path == [RECEIVE_PACK] || context.target.has_parameter("service", RECEIVE_PACK);
        context
            .identity
            .require(if pushes { Access::Write } else { Access::Read })?;

        let path = path.join("/");
        // The backend would refuse an odd path too, but by exiting without a response.
        check_path(&path)?;
        let (mut output, mut stdin) =
            ProcessOutput::start_with_input(&mut self.command(context, repository, &path))?;
        output.attach_feeder(tokio::spawn(async move {
            let mut reader = StreamReader::new(body.into_data_stream().map_err(io::Error::other));
            // If the client disconnects or git exits early, nobody needs to know; git sees the end of its input.
            let _outcome = tokio::io::copy(&mut reader, &mut stdin).await;
        }));
        let mut reader = BufReader::new(output);
        let mut answer = read_head(&mut reader).await?;
        *answer.body_mut() = Body::from_stream(ReaderStream::new(reader));
        Ok(answer)
    }

    fn command(&self, context: &RequestContext, repository: &Repository, path: &str) -> Command {
        let mut command = Command::new(&self.0);
        isolate(&mut command);
        command
            .env("GIT_PROJECT_ROOT", repository.directory())
            .env("GIT_HTTP_EXPORT_ALL", "1")
            .env("GIT_CONFIG_COUNT", "1")
            .env("GIT_CONFIG_KEY_0", "http.uploadarchive")
            .env("GIT_CONFIG_VALUE_0", "true")
            .env("GATEWAY_INTERFACE", "CGI/1.1")
            .env("REQUEST_METHOD", context.method().as_str())
            .env("PATH_INFO", format!("/{path}"))
            .env("QUERY_STRING", context.target.query());
        // CONTENT_LENGTH is not set. Without it, the backend reads to the end of its input. With it, git 2.47 waits in a busy
        // loop for the rest of a truncated body.
        let passed = [
            (CONTENT_TYPE.as_str(), "CONTENT_TYPE"),
            (CONTENT_ENCODING.as_str(), "HTTP_CONTENT_ENCODING"),
            ("git-protocol", "GIT_PROTOCOL"),
        ];
        for (header, variable) in passed {
            if let Some(value) = context.header(header) {
                command.env(variable, value);
            }
        }
        if let Some(subject) = context.identity.subject() {
            command.env("REMOTE_USER", subject);
        }
        command
    }
}

/// Reads the CGI headers, up to the empty line.
async fn read_head(reader: &mut BufReader<ProcessOutput>) -> Result<Answer, Failure> {
    let mut answer = empty_answer(StatusCode::OK);
    loop {
        let mut line = String::new();
        (&mut *reader)
            .take(LONGEST_HEADER_LINE)
            .read_line(&mut line)
            .await?;
        if !line.ends_with('\n') {
            return Err(Fault::new("git http-backend exited before the end of its headers").into());
        }
        let line = line.trim_end();
        if line.is_empty() {
            return Ok(answer);
        }
        let (name, value) = line.split_once(':').ok_or_else(|| unreadable(line))?;
        let value = value.trim();
        if name.eq_ignore_ascii_case("status") {
            let code = value.split(' ').next().unwrap_or_default();
            *answer.status_mut() = code.parse().map_err(|_invalid| unreadable(line))?;
        } else {
            let name = name.parse::<HeaderName>().map_err(|_invalid| unreadable(line))?;
            let value = HeaderValue::from_str(value).map_err(|_invalid| unreadable(line))?;
            answer.headers_mut().append(name, value);
        }
    }
}

fn unreadable(line: &str) -> Fault {
    Fault::new(format!(
        "git http-backend wrote a header that cannot be read: {line}"
    ))
}
