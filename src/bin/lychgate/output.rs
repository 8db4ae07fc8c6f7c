//! Standard output through a buffer that wipes what has passed through it, because tokens and keys do.

use std::io::{self, Write};

use zeroize::{Zeroize, Zeroizing};

/// The size of the buffer: a pipe's usual capacity.
const CAPACITY_BYTES: usize = 64 * 1024;

/// A writer that buffers, and wipes what it has written.
pub(crate) struct Output<W: Write> {
    inner: W,
    buffer: Zeroizing<Vec<u8>>,
}

impl<W: Write> Output<W> {
    pub(crate) fn to(inner: W) -> Self {
        Self {
            inner,
            buffer: Zeroizing::new(Vec::with_capacity(CAPACITY_BYTES)),
        }
    }

    fn write_on(&mut self) -> io::Result<()> {
        let written = self.inner.write_all(&self.buffer);
        // Zeros the bytes and empties the buffer; the allocation stays.
        self.buffer.zeroize();
        written
    }
}

impl<W: Write> Write for Output<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // The buffer never grows: growing would leave a copy behind.
        if self.buffer.len().saturating_add(bytes.len()) > CAPACITY_BYTES {
            self.write_on()?;
        }
        if bytes.len() > CAPACITY_BYTES {
            return self.inner.write(bytes);
        }
        self.buffer.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.write_on()?;
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::{CAPACITY_BYTES, Output};

    #[test]
    fn passes_everything_on_in_order_and_never_grows() {
        let mut out = Output::to(Vec::new());
        let room = out.buffer.as_ptr();
        let mut expected = Vec::new();
        for length in [1, CAPACITY_BYTES, 7, CAPACITY_BYTES + 1, 40_000, 40_000] {
            let part = vec![u8::try_from(length % 251).unwrap(); length];
            out.write_all(&part).unwrap();
            expected.extend(part);
            assert_eq!(out.buffer.as_ptr(), room);
        }
        out.flush().unwrap();
        assert!(out.buffer.is_empty());
        assert_eq!(out.inner, expected);
    }
}
