//! A file that holds a secret. Reading it leaves no copy in memory.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use zeroize::Zeroizing;

/// The longest file that is read: a ring of all 256 keys is below 16 KiB.
const MAXIMUM_BYTES: usize = 64 * 1024;

/// Reads the whole file. Nothing is buffered, because buffers would stay in memory.
pub(crate) fn read(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    read_from(&mut File::open(path)?, MAXIMUM_BYTES)?.ok_or_else(|| {
        io::Error::new(
            ErrorKind::FileTooLarge,
            format!("it has more than {MAXIMUM_BYTES} bytes"),
        )
    })
}

/// A secret without trailing line ends, which shells and editors append.
pub(crate) fn without_line_ends(bytes: &[u8]) -> &[u8] {
    let kept = bytes.iter().rposition(|byte| !matches!(byte, b'\r' | b'\n'));
    bytes
        .get(..kept.map_or(0, |last| last.saturating_add(1)))
        .unwrap_or_default()
}

/// Reads everything; `None` if it is more than `maximum` bytes. The vector has its full capacity from the start, which is
/// larger than the buffers of the standard library's readers, so they pass such reads through.
pub(crate) fn read_from(reader: &mut impl Read, maximum: usize) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    const BUFFERED_BYTES: usize = 64 * 1024;
    let mut bytes = Zeroizing::new(vec![0; maximum.saturating_add(BUFFERED_BYTES)]);
    let mut length = 0_usize;
    while length <= maximum {
        let room = bytes.get_mut(length..).unwrap_or_default();
        match reader.read(room) {
            Ok(0) => {
                bytes.truncate(length);
                return Ok(Some(bytes));
            }
            Ok(read) => length = length.saturating_add(read),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Cursor};

    use super::{read_from, without_line_ends};

    #[test]
    fn reads_all_of_it_or_nothing() {
        let read = |bytes: &'static [u8], maximum| {
            read_from(&mut &bytes[..], maximum)
                .unwrap()
                .map(|bytes| bytes.to_vec())
        };
        assert_eq!(read(b"", 3), Some(Vec::new()));
        assert_eq!(read(b"abc", 3), Some(b"abc".to_vec()));
        assert_eq!(read(b"abcd", 3), None);
    }

    #[test]
    fn line_ends_behind_a_secret_are_not_part_of_it() {
        for (bytes, secret) in [
            ("a b\r\n", "a b"),
            ("key\n\r\n", "key"),
            ("key", "key"),
            ("\nkey", "\nkey"),
            ("\r\n", ""),
            ("", ""),
        ] {
            assert_eq!(without_line_ends(bytes.as_bytes()), secret.as_bytes());
        }
    }

    #[test]
    fn leaves_nothing_in_a_buffer_before_it() {
        let mut reader = BufReader::new(Cursor::new(b"secret"));
        let bytes = read_from(&mut reader, 10).unwrap().unwrap();
        assert_eq!(bytes.as_slice(), b"secret");
        // Seeking within the buffer shows that it is empty: the cursor itself moves.
        reader.seek_relative(-6).unwrap();
        assert_eq!((reader.buffer(), reader.get_ref().position()), (&b""[..], 0));
    }
}
