//! A variant of a plain request: another form that a server may interpret as the same request. Knows nothing of gates.

use super::plain::Plain;

/// A request, byte by byte, without the server's host and the asker's headers.
#[derive(Clone, Debug)]
pub(crate) struct Variant {
    /// The kind of the variant. Several variants may be of one kind.
    pub(crate) kind: &'static str,
    pub(crate) method: Vec<u8>,
    pub(crate) target: Vec<u8>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) framing: Framing,
    pub(crate) line: RequestLine,
    /// Whether the connection is kept open.
    pub(crate) keeps: bool,
}

/// How the request indicates the end of its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// With `Content-Length`, if there is a body or the method usually has one.
    Length,
    /// In one chunk, which has a chunk extension.
    Chunked,
    /// Both: the length covers everything, and the chunks end before it does.
    LengthAndChunked(&'static str),
    /// Both: the chunks cover everything, and the length ends before them.
    ShortLength,
}

/// The form of the request line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RequestLine {
    /// As in RFC 9112.
    Exact,
    Tabs,
    TwoSpaces,
    BareLineFeeds,
    EmptyLineBefore,
    Version10,
}

impl Variant {
    /// The plain request itself.
    pub(crate) fn plain(plain: &Plain) -> Self {
        Self {
            kind: "plain",
            method: plain.method.clone().into_bytes(),
            target: plain.target.clone().into_bytes(),
            headers: plain.headers.clone(),
            body: plain.body.clone().into_bytes(),
            framing: Framing::Length,
            line: RequestLine::Exact,
            keeps: false,
        }
    }

    /// Replaces the target.
    pub(crate) fn at(mut self, target: impl Into<Vec<u8>>) -> Self {
        self.target = target.into();
        self
    }

    /// Replaces the method.
    pub(crate) fn by(mut self, method: impl Into<Vec<u8>>) -> Self {
        self.method = method.into();
        self
    }

    /// Adds a header.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Removes a header.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(held, _)| !held.eq_ignore_ascii_case(name));
        self
    }

    /// Replaces the body and its type.
    pub(crate) fn saying(self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let mut other = self.without("Content-Type").with("Content-Type", content_type);
        other.body = body.into();
        other
    }

    pub(crate) fn framed(mut self, framing: Framing) -> Self {
        self.framing = framing;
        self
    }

    pub(crate) fn on_line(mut self, line: RequestLine) -> Self {
        self.line = line;
        self
    }

    /// Keeps the connection open.
    pub(crate) fn kept(mut self) -> Self {
        self.keeps = true;
        self
    }

    /// Whether no part of it can make a server lose track of the requests on a connection.
    pub(crate) fn is_well_framed(&self) -> bool {
        self.framing == Framing::Length
            && self.line == RequestLine::Exact
            && !self.headers.iter().any(|(name, value)| {
                name.eq_ignore_ascii_case("Connection")
                    || name.eq_ignore_ascii_case("Expect")
                    || [name, value].iter().any(|text| text.contains(['\r', '\n', '\0']))
            })
    }

    pub(crate) fn kind(mut self, kind: &'static str) -> Self {
        self.kind = kind;
        self
    }

    /// The bytes of the request, with the asker's headers first.
    pub(crate) fn wire(&self, host: &str, own: &[(String, String)]) -> Vec<u8> {
        let (end, between): (&[u8], &[u8]) = match self.line {
            RequestLine::Exact | RequestLine::EmptyLineBefore | RequestLine::Version10 => (b"\r\n", b" "),
            RequestLine::Tabs => (b"\r\n", b"\t"),
            RequestLine::TwoSpaces => (b"\r\n", b"  "),
            RequestLine::BareLineFeeds => (b"\n", b" "),
        };
        let version: &[u8] = match self.line {
            RequestLine::Version10 => b"HTTP/1.0",
            RequestLine::Exact
            | RequestLine::Tabs
            | RequestLine::TwoSpaces
            | RequestLine::BareLineFeeds
            | RequestLine::EmptyLineBefore => b"HTTP/1.1",
        };
        let mut wire = Vec::with_capacity(512 + self.target.len() + self.body.len());
        if self.line == RequestLine::EmptyLineBefore {
            wire.extend_from_slice(end);
        }
        for part in [&self.method, between, &self.target, between, version, end] {
            wire.extend_from_slice(part);
        }
        let mut header = |name: &str, value: &str| {
            for part in [name.as_bytes(), b": ", value.as_bytes(), end] {
                wire.extend_from_slice(part);
            }
        };
        header("Host", host);
        header("User-Agent", concat!("lychgate/", env!("CARGO_PKG_VERSION")));
        for (name, value) in own.iter().chain(&self.headers) {
            header(name, value);
        }
        let (body, length, transfer) = self.framed_body();
        if let Some(length) = length {
            header("Content-Length", &length.to_string());
        }
        if let Some(transfer) = transfer {
            header("Transfer-Encoding", transfer);
        }
        if !self.keeps && !self.headers.iter().any(|(name, _)| name == "Connection") {
            header("Connection", "close");
        }
        wire.extend_from_slice(end);
        wire.extend_from_slice(&body);
        wire
    }

    /// The body's bytes, and its content length and transfer encoding, if it states them.
    fn framed_body(&self) -> (Vec<u8>, Option<usize>, Option<&'static str>) {
        match self.framing {
            Framing::Length => {
                let has_length = !self.body.is_empty() || !matches!(self.method.as_slice(), b"GET" | b"HEAD");
                (self.body.clone(), has_length.then_some(self.body.len()), None)
            }
            Framing::Chunked => (
                [
                    format!("{:x};name=value\r\n", self.body.len()).as_bytes(),
                    &self.body,
                    b"\r\n0\r\n\r\n",
                ]
                .concat(),
                None,
                Some("chunked"),
            ),
            Framing::LengthAndChunked(transfer) => {
                let body = [b"0\r\n\r\n", self.body.as_slice()].concat();
                let length = body.len();
                (body, Some(length), Some(transfer))
            }
            Framing::ShortLength => {
                let size = format!("{:x}\r\n", self.body.len());
                let length = size.len();
                let body = [size.as_bytes(), &self.body, b"\r\n0\r\n\r\n"].concat();
                (body, Some(length), Some("chunked"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Framing, Plain, RequestLine, Variant};

    fn plain() -> Variant {
        let line = "{\"access\":\"write\",\"method\":\"POST\",\"target\":\"/a\",\"body\":\"xyz\"}";
        Variant::plain(&Plain::read_all(line).unwrap()[0])
    }

    fn wire(variant: &Variant) -> String {
        let own = [("Authorization".to_owned(), "Bearer t".to_owned())];
        String::from_utf8(variant.wire("h", &own)).unwrap()
    }

    #[test]
    fn a_plain_request_is_http() {
        let agent = concat!("User-Agent: lychgate/", env!("CARGO_PKG_VERSION"));
        let expected = format!(
            "POST /a HTTP/1.1\r\nHost: h\r\n{agent}\r\nAuthorization: Bearer t\r\nContent-Length: 3\r\nConnection: \
             close\r\n\r\nxyz"
        );
        assert_eq!(wire(&plain()), expected);
    }

    #[test]
    fn targets_and_framing_go_out_as_they_are() {
        let raw = wire(&plain().at("/a/../%2e\\b c#d").on_line(RequestLine::Tabs));
        assert!(raw.starts_with("POST\t/a/../%2e\\b c#d\tHTTP/1.1\r\n"), "{raw}");
        let both = wire(&plain().framed(Framing::LengthAndChunked("chunked")));
        assert!(both.contains("Content-Length: 8\r\nTransfer-Encoding: chunked\r\n"));
        assert!(both.ends_with("\r\n\r\n0\r\n\r\nxyz"));
        let chunked = wire(&plain().framed(Framing::Chunked));
        assert!(chunked.ends_with("\r\n\r\n3;name=value\r\nxyz\r\n0\r\n\r\n") && !chunked.contains("Length"));
    }
}
