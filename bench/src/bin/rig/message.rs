//! HTTP/1.1 messages on a blocking connection, as far as the bench needs them.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;

/// The number of bytes of a body that are read or written at once.
pub const CHUNK: usize = 64 * 1024;

/// The head of a message: its first line, and how its body ends.
pub struct Head {
    /// The request or status line.
    pub first_line: String,
    /// How the body ends.
    pub body: BodyEnd,
}

/// How a body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyEnd {
    /// After this many bytes.
    Length(u64),
    /// With an empty chunk.
    Chunked,
}

/// Reads a head; `None` if the other side has closed the connection.
pub fn read_head(connection: &mut BufReader<TcpStream>) -> io::Result<Option<Head>> {
    let mut first_line = String::new();
    if connection.read_line(&mut first_line)? == 0 {
        return Ok(None);
    }
    let mut body = BodyEnd::Length(0);
    let mut line = String::new();
    loop {
        line.clear();
        if connection.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let field = line.trim_end();
        if field.is_empty() {
            return Ok(Some(Head { first_line, body }));
        }
        if let Some((name, value)) = field.split_once(':') {
            if name.eq_ignore_ascii_case("content-length") {
                body = BodyEnd::Length(value.trim().parse().map_err(io::Error::other)?);
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                body = BodyEnd::Chunked;
            }
        }
    }
}

/// Reads a body, discards it, and returns its length.
pub fn skip_body(connection: &mut BufReader<TcpStream>, end: BodyEnd) -> io::Result<u64> {
    match end {
        BodyEnd::Length(length) => {
            io::copy(&mut connection.take(length), &mut io::sink())?;
            Ok(length)
        }
        BodyEnd::Chunked => {
            let mut total = 0;
            let mut line = String::new();
            loop {
                line.clear();
                connection.read_line(&mut line)?;
                let size = u64::from_str_radix(line.trim_end(), 16).map_err(io::Error::other)?;
                // The chunk and the line end behind it.
                io::copy(&mut connection.take(size + 2), &mut io::sink())?;
                total += size;
                if size == 0 {
                    return Ok(total);
                }
            }
        }
    }
}

/// Writes a body of this length.
pub fn write_body(connection: &mut TcpStream, mut length: u64) -> io::Result<()> {
    let chunk = [b'x'; CHUNK];
    while length > 0 {
        let part = usize::try_from(length).unwrap_or(CHUNK).min(CHUNK);
        connection.write_all(chunk.get(..part).unwrap_or_default())?;
        length -= part as u64;
    }
    Ok(())
}
