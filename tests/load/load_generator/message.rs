//! HTTP/1.1 messages on a connection, as far as the load generator needs them.

use std::io;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::net::tcp::OwnedReadHalf;

/// The greatest number of lines of a head.
const MAXIMUM_LINES: usize = 200;

/// A message's first line and fields. Its body has been read and discarded.
pub(crate) struct Message {
    /// The request or status line.
    pub(crate) first_line: String,
    fields: Vec<(String, String)>,
}

impl Message {
    /// Reads a whole message; `None` if the other side has closed the connection before.
    pub(crate) async fn read(incoming: &mut BufReader<OwnedReadHalf>) -> io::Result<Option<Self>> {
        let mut first_line = String::new();
        if incoming.read_line(&mut first_line).await? == 0 {
            return Ok(None);
        }
        let mut fields = Vec::new();
        let mut line = String::new();
        loop {
            line.clear();
            if incoming.read_line(&mut line).await? == 0 || fields.len() > MAXIMUM_LINES {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let field = line.trim_end();
            if field.is_empty() {
                break;
            }
            if let Some((name, value)) = field.split_once(':') {
                fields.push((name.to_ascii_lowercase(), value.trim().to_owned()));
            }
        }
        let message = Self {
            first_line: first_line.trim_end().to_owned(),
            fields,
        };
        message.skip_body(incoming).await?;
        Ok(Some(message))
    }

    /// A field's value, by its name in lower case.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(field, _)| field == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The word at this place of the first line.
    pub(crate) fn word(&self, at: usize) -> &str {
        self.first_line.split(' ').nth(at).unwrap_or_default()
    }

    async fn skip_body(&self, incoming: &mut BufReader<OwnedReadHalf>) -> io::Result<()> {
        if let Some(length) = self.field("content-length") {
            return skip(incoming, length.parse().map_err(io::Error::other)?).await;
        }
        if self.field("transfer-encoding").is_none() {
            return Ok(());
        }
        let mut line = String::new();
        loop {
            line.clear();
            incoming.read_line(&mut line).await?;
            let size = u64::from_str_radix(line.trim_end(), 16).map_err(io::Error::other)?;
            // The chunk, and the line end behind it.
            skip(incoming, size + 2).await?;
            if size == 0 {
                return Ok(());
            }
        }
    }
}

async fn skip(incoming: &mut BufReader<OwnedReadHalf>, length: u64) -> io::Result<()> {
    let skipped = tokio::io::copy(&mut incoming.take(length), &mut tokio::io::sink()).await?;
    if skipped < length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(())
}
