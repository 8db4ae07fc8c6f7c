//! A server, and requests to it byte by byte: an HTTP library would correct the target.

use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use ureq::http::Uri;

use super::answer::{Answer, MAXIMUM_ANSWER_BYTES};
use super::variant::Variant;

/// How long connecting, or waiting for the next bytes of a response, may take. Some variants make a server wait for more of a
/// body, and each of them costs this time.
const TIMEOUT: Duration = Duration::from_secs(5);

/// How long to wait for a second response on the same connection.
const SECOND_ANSWER_TIMEOUT: Duration = Duration::from_millis(150);

/// How long one exchange may take in total. A response without end counts as none.
const EXCHANGE_TIMEOUT: Duration = Duration::from_secs(20);

/// An origin or a gate, by its URL.
pub(crate) struct Server {
    host: String,
    port: u16,
    /// The authority in `Host` and absolute targets.
    authority: String,
    tls: Option<(Arc<ClientConfig>, ServerName<'static>)>,
}

/// How often to try a connection before a server counts as gone: with many connections at once, it may be full for a moment.
const ATTEMPTS: u32 = 4;

/// The pause before the second attempt. It doubles with each further attempt.
const ATTEMPT_PAUSE: Duration = Duration::from_millis(50);

trait Stream: Read + Write {}

impl<T: Read + Write> Stream for T {}

/// A connection that is reused.
#[derive(Default)]
pub(crate) struct Kept(Option<Box<dyn Stream>>);

impl Server {
    /// Parses a URL: scheme, host and an optional port, and nothing after it.
    pub(crate) fn parse(url: &str) -> Result<Self, String> {
        const FORM: &str = "expected http://HOST:PORT or https://HOST";
        let uri: Uri = url
            .trim_end_matches('/')
            .parse()
            .map_err(|_| format!("it is not a URL; {FORM}"))?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(format!("it is not a complete URL; {FORM}"));
        };
        if authority.as_str().contains('@') || uri.query().is_some() || uri.path() != "/" {
            return Err(format!("it contains more than scheme, host and port; {FORM}"));
        }
        let host = authority.host().trim_matches(['[', ']']).to_owned();
        let (tls, port) = match scheme {
            "http" => (None, 80),
            "https" => (Some(tls(&host)?), 443),
            _ => return Err(format!("its scheme is neither http nor https; {FORM}")),
        };
        Ok(Self {
            host,
            port: authority.port_u16().unwrap_or(port),
            authority: authority.as_str().to_owned(),
            tls,
        })
    }

    /// The host, its port, and whether it uses TLS.
    pub(crate) fn place(&self) -> (&str, u16, bool) {
        (&self.host, self.port, self.tls.is_some())
    }

    /// The host with an optional port.
    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }

    /// Sends a variant on a connection of its own and returns the responses. There are two if the server took the body for
    /// another request, and none if it closed the connection.
    pub(crate) fn ask(&self, variant: &Variant, own: &[(String, String)]) -> io::Result<Vec<Answer>> {
        let mut stream = self.connect()?;
        // A server may respond and close the connection before it has read everything.
        let sent = stream
            .write_all(&variant.wire(&self.authority, own))
            .and_then(|()| stream.flush());
        let may_have_two = variant
            .headers
            .iter()
            .any(|(name, value)| name == "Connection" && value == "keep-alive");
        let received = receive(stream.as_mut(), variant.method == b"HEAD", may_have_two);
        if received.is_empty() && sent.is_err() {
            return Ok(Vec::new());
        }
        Ok(received)
    }

    /// Sends a variant on a reused connection, if the server keeps it open, and returns the responses.
    pub(crate) fn ask_on(
        &self,
        kept: &mut Kept,
        variant: &Variant,
        own: &[(String, String)],
    ) -> io::Result<Vec<Answer>> {
        let wire = variant.wire(&self.authority, own);
        let is_head = variant.method == b"HEAD";
        loop {
            let is_new = kept.0.is_none();
            let mut stream = match kept.0.take() {
                Some(stream) => stream,
                None => self.connect()?,
            };
            let sent = stream.write_all(&wire).and_then(|()| stream.flush());
            let answers = receive(stream.as_mut(), is_head, false);
            // The server may have closed the connection just before this request arrived.
            if answers.is_empty() && !is_new {
                continue;
            }
            let [answer] = answers.as_slice() else {
                return Ok(answers);
            };
            let is_kept = sent.is_ok()
                && answer.is_whole
                && answer
                    .header("Connection")
                    .is_none_or(|value| value.eq_ignore_ascii_case("keep-alive"));
            if is_kept {
                kept.0 = Some(stream);
            }
            return Ok(answers);
        }
    }

    fn connect(&self) -> io::Result<Box<dyn Stream>> {
        let mut pause = ATTEMPT_PAUSE;
        for _ in 1..ATTEMPTS {
            if let Ok(stream) = self.connect_once() {
                return Ok(stream);
            }
            thread::sleep(pause);
            pause = pause.saturating_mul(2);
        }
        self.connect_once()
    }

    fn connect_once(&self) -> io::Result<Box<dyn Stream>> {
        let addresses = (self.host.as_str(), self.port).to_socket_addrs()?;
        let mut failure = io::Error::new(ErrorKind::NotFound, "the host has no address");
        for address in addresses {
            match TcpStream::connect_timeout(&address, TIMEOUT) {
                Ok(stream) => {
                    stream.set_read_timeout(Some(SECOND_ANSWER_TIMEOUT))?;
                    stream.set_write_timeout(Some(TIMEOUT))?;
                    stream.set_nodelay(true)?;
                    let Some((config, name)) = &self.tls else {
                        return Ok(Box::new(stream));
                    };
                    let connection = ClientConnection::new(Arc::clone(config), name.clone())
                        .map_err(|error| io::Error::new(ErrorKind::InvalidData, error))?;
                    return Ok(Box::new(StreamOwned::new(connection, stream)));
                }
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }
}

impl fmt::Display for Server {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        write!(formatter, "{scheme}://{}", self.authority)
    }
}

/// Reads until the response is complete, the server closes the connection, or it has been silent for too long.
fn receive(stream: &mut dyn Stream, is_head: bool, may_have_two: bool) -> Vec<Answer> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 16 * 1024];
    let begun = Instant::now();
    let mut heard = begun;
    loop {
        let (answers, is_whole) = Answer::read_all(&bytes, is_head);
        let is_enough = answers.len() > 1 || (answers.len() == 1 && is_whole && !may_have_two);
        if is_enough || bytes.len() > MAXIMUM_ANSWER_BYTES || begun.elapsed() > EXCHANGE_TIMEOUT {
            return answers;
        }
        match stream.read(&mut buffer) {
            Ok(0) => return Answer::read_closed(&bytes, is_head),
            Ok(count) => {
                bytes.extend_from_slice(buffer.get(..count).unwrap_or_default());
                heard = Instant::now();
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                if (answers.len() == 1 && is_whole) || heard.elapsed() > TIMEOUT {
                    return answers;
                }
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return Answer::read_closed(&bytes, is_head),
        }
    }
}

fn tls(host: &str) -> Result<(Arc<ClientConfig>, ServerName<'static>), String> {
    let name = ServerName::try_from(host.to_owned())
        .map_err(|_| "its host is not a valid name for TLS".to_owned())?;
    let roots = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("TLS is not available: {error}"))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    // HTTP/2 has no raw target.
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok((Arc::new(config), name))
}
