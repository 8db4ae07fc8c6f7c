//! A stand-in for a gate, which sends scripted responses, and the binary run against it.

#![allow(dead_code, reason = "each test program uses what it needs")]

use std::collections::VecDeque;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};

/// The admin key of the stand-in. It is not base64url, so no rule about the form of secrets hides it.
pub(crate) const ADMIN_KEY: &str = "correct/horse.battery";

/// What the stand-in does with a request.
pub(crate) enum Response {
    /// Status, further headers, body.
    Answer(u16, &'static [(&'static str, &'static str)], String),
    /// Closes the connection.
    Nothing,
    /// Sends part of a response and closes the connection.
    Part,
    /// Sends bytes that are not HTTP.
    Noise,
}

/// A request as the stand-in received it.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// Method and target.
    pub(crate) line: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

/// A stand-in for a gate on a port of its own.
pub(crate) struct StandIn {
    pub(crate) url: String,
    pub(crate) asked: Arc<Mutex<Vec<Asked>>>,
}

impl StandIn {
    pub(crate) fn new(responses: impl IntoIterator<Item = Response>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let mut responses: VecDeque<Response> = responses.into_iter().collect();
        let log = Arc::clone(&asked);
        // The thread ends with the test's process.
        thread::spawn(move || {
            for stream in listener.incoming() {
                let stream = stream.unwrap();
                log.lock().unwrap().push(read(&stream));
                let response = responses.pop_front();
                response.unwrap_or_else(|| answer(418, json!({}))).send(stream);
            }
        });
        Self { url, asked }
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.line).collect()
    }
}

pub(crate) fn read(stream: &TcpStream) -> Asked {
    let mut reader = BufReader::new(stream);
    let mut line = || {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    };
    let first = line();
    let headers: Vec<(String, String)> = std::iter::repeat_with(&mut line)
        .take_while(|line| !line.is_empty())
        .map(|line| {
            let (name, value) = line.split_once(": ").unwrap();
            (name.to_ascii_lowercase(), value.to_owned())
        })
        .collect();
    let mut asked = Asked {
        line: first.strip_suffix(" HTTP/1.1").unwrap().to_owned(),
        headers,
        body: String::new(),
    };
    assert_eq!(asked.header("transfer-encoding"), None);
    let length = asked
        .header("content-length")
        .map_or(0, |value| value.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    asked.body = String::from_utf8(body).unwrap();
    asked
}

impl Response {
    fn send(self, mut stream: TcpStream) {
        let text = match self {
            Self::Answer(status, headers, body) => {
                let mut text = format!("HTTP/1.1 {status} Status\r\nConnection: close\r\n");
                for (name, value) in headers {
                    text.push_str(&format!("{name}: {value}\r\n"));
                }
                text.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
                text
            }
            Self::Nothing => String::new(),
            Self::Part => "HTTP/1.1 201 Created\r\nContent-Length: 500\r\n\r\n{\"token\":".to_owned(),
            Self::Noise => "SSH-2.0-OpenSSH_9.9\r\n".to_owned(),
        };
        // The client may have disconnected.
        let _sent = stream.write_all(text.as_bytes());
    }
}

pub(crate) fn answer(status: u16, body: Value) -> Response {
    Response::Answer(status, &[("Content-Type", "application/json")], body.to_string())
}

pub(crate) fn problem(status: u16, code: &str, detail: &str) -> Response {
    let body = json!({ "status": status, "title": "t", "detail": detail, "code": code });
    Response::Answer(
        status,
        &[("Content-Type", "application/problem+json"), ("Retry-After", "7")],
        body.to_string(),
    )
}

/// The outcome of a run.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// The binary, without a gate's URL and without keys.
pub(crate) fn bare(arguments: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lychgate"));
    command.args(arguments.split_whitespace()).stdin(Stdio::null());
    for name in [
        "LYCHGATE_KEYS",
        "LYCHGATE_URL",
        "LYCHGATE_ADMIN_KEY",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "http_proxy",
        "https_proxy",
        "all_proxy",
    ] {
        command.env_remove(name);
    }
    command
}

pub(crate) fn lychgate(gate: &StandIn, arguments: &str) -> Command {
    let mut command = bare(arguments);
    command
        .env("LYCHGATE_URL", &gate.url)
        .env("LYCHGATE_ADMIN_KEY", ADMIN_KEY);
    command
}

pub(crate) fn ran(mut command: Command) -> Ran {
    let output = command.output().unwrap();
    Ran {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

pub(crate) fn done(command: Command) -> Ran {
    let ran = ran(command);
    assert_eq!(ran.code, 0, "{}", ran.err);
    ran
}

pub(crate) fn fails_with(code: i32, command: Command) -> Ran {
    let ran = ran(command);
    assert_eq!(ran.code, code, "{}{}", ran.out, ran.err);
    ran
}

pub(crate) fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// A file of the test's own.
pub(crate) fn file(name: &str, content: &str) -> PathBuf {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&file, content).unwrap();
    file
}
