//! The CRC-32 at the end of every token, which tells a real token from a look-alike without a key.

use std::sync::LazyLock;

use crc::{CRC_32_ISO_HDLC, Crc, Table};

/// Made at the first token: 16 KiB of tables in the module could not be compressed, and take a few microseconds to make.
static CHECKSUM: LazyLock<Crc<u32, Table<16>>> =
    LazyLock::new(|| Crc::<u32, Table<16>>::new(&CRC_32_ISO_HDLC));

/// CRC-32 as IEEE 802.3 has it.
pub(crate) fn crc_32(bytes: &[u8]) -> u32 {
    CHECKSUM.checksum(bytes)
}

#[cfg(test)]
mod tests {
    use super::crc_32;

    #[test]
    fn is_the_crc_32_that_everyone_has() {
        // The check value of the catalogue of CRC algorithms.
        assert_eq!(crc_32(b"123456789"), 0xcbf4_3926);
        let bytes: Vec<u8> = (0..=255).collect();
        for length in 0..=bytes.len() {
            assert_eq!(
                crc_32(&bytes[..length]),
                crc32fast::hash(&bytes[..length]),
                "{length}"
            );
        }
    }
}
