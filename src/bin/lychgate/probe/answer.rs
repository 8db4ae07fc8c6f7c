//! An HTTP/1.1 response, parsed leniently: the probe wants to know what a server did, however badly it says so. Pure.

/// The most that is read of a response. Only the beginning of a longer one is compared.
pub(crate) const MAXIMUM_ANSWER_BYTES: usize = 1024 * 1024;

/// Status, headers and body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Whether the response was complete before the connection closed.
    pub(crate) is_whole: bool,
}

/// What follows a response.
enum Rest<'bytes> {
    /// The response is complete, and these bytes follow.
    Then(&'bytes [u8]),
    /// More bytes of the response are missing, or it ends with the connection.
    More,
}

impl Answer {
    /// All responses that have begun, and whether the last one is complete.
    pub(crate) fn read_all(bytes: &[u8], is_head: bool) -> (Vec<Self>, bool) {
        let mut answers = Vec::new();
        let mut rest = bytes;
        while let Some((answer, after)) = Self::read(rest, is_head) {
            // An informational response (100, 103) is not the response.
            if answer.status >= 200 {
                answers.push(answer);
            }
            match after {
                Rest::Then(after) => rest = after,
                Rest::More => return (answers, false),
            }
        }
        let is_whole = rest.is_empty() && !answers.is_empty();
        (answers, is_whole)
    }

    /// All responses on a connection that was closed.
    pub(crate) fn read_closed(bytes: &[u8], is_head: bool) -> Vec<Self> {
        Self::read_all(bytes, is_head).0
    }

    /// The first value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(held, _)| held.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// Parses one response, and what follows it; `None` if its head is incomplete.
    fn read(bytes: &[u8], is_head: bool) -> Option<(Self, Rest<'_>)> {
        const END: &[u8] = b"\r\n\r\n";
        let head_length = bytes.windows(END.len()).position(|window| window == END)?;
        let (head, rest) = bytes.split_at_checked(head_length)?;
        let rest = rest.get(END.len()..)?;
        let head = String::from_utf8_lossy(head);
        let mut lines = head.split("\r\n");
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let headers = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
            .collect();
        let mut answer = Self {
            status,
            headers,
            body: Vec::new(),
            is_whole: false,
        };
        let after = answer.read_body(rest, is_head);
        answer.is_whole = matches!(after, Rest::Then(_));
        Some((answer, after))
    }

    fn read_body<'bytes>(&mut self, bytes: &'bytes [u8], is_head: bool) -> Rest<'bytes> {
        if is_head || self.status < 200 || matches!(self.status, 204 | 304) {
            return Rest::Then(bytes);
        }
        if self.header("Transfer-Encoding").is_some() {
            return self.read_chunks(bytes);
        }
        let length = self
            .header("Content-Length")
            .and_then(|length| length.parse().ok());
        match length.and_then(|length: usize| bytes.split_at_checked(length)) {
            Some((body, after)) => {
                self.body = body.to_vec();
                Rest::Then(after)
            }
            None => {
                self.body = bytes.to_vec();
                Rest::More
            }
        }
    }

    fn read_chunks<'bytes>(&mut self, mut bytes: &'bytes [u8]) -> Rest<'bytes> {
        loop {
            let Some((chunk, after)) = read_chunk(bytes) else {
                return Rest::More;
            };
            if chunk.is_empty() {
                return Rest::Then(after);
            }
            self.body.extend_from_slice(chunk);
            bytes = after;
        }
    }
}

/// Parses a chunk: its bytes, and what follows; `None` if it is incomplete.
fn read_chunk(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let line = bytes.windows(2).position(|window| window == b"\r\n")?;
    let size = String::from_utf8_lossy(bytes.get(..line)?);
    let size = usize::from_str_radix(size.split(';').next()?.trim(), 16).ok()?;
    let (chunk, after) = bytes.get(line.saturating_add(2)..)?.split_at_checked(size)?;
    Some((chunk, after.get(2..)?))
}

#[cfg(test)]
mod tests {
    use super::Answer;

    #[test]
    fn reads_answers_by_length_by_chunks_and_to_the_end() {
        let two =
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Effect: read\r\n\r\nab\
                    HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n3;x\r\nabc\r\n0\r\n\r\n";
        let (answers, is_whole) = Answer::read_all(two, false);
        assert!(is_whole);
        assert_eq!(
            (answers[0].status, answers[0].body.as_slice()),
            (200, b"ab".as_slice())
        );
        assert_eq!(answers[0].header("x-effect"), Some("read"));
        assert_eq!(
            (answers[1].status, answers[1].body.as_slice()),
            (404, b"abc".as_slice())
        );

        let (answers, is_whole) = Answer::read_all(b"HTTP/1.1 200 OK\r\n\r\nab", false);
        assert_eq!((answers[0].body.as_slice(), is_whole), (b"ab".as_slice(), false));
        assert_eq!(Answer::read_all(b"HTTP/1.1 200 OK\r\nContent-Le", false).0, []);
        assert_eq!(Answer::read_closed(b"nonsense", false), []);
    }

    #[test]
    fn a_head_has_no_body() {
        let (answers, is_whole) = Answer::read_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", true);
        assert!(is_whole && answers[0].body.is_empty());
    }
}
