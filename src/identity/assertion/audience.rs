//! The audience of assertions: the name of the origin that they are meant for. Knows nothing of what an assertion says.

use std::error::Error;
use std::fmt;
use std::str::FromStr;

/// The intended receiver of assertions: 1 to 64 bytes of `A-Z a-z 0-9 . _ ~ : / -`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audience(String);

impl Audience {
    const MAXIMUM_BYTES: usize = 64;

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Audience {
    fn default() -> Self {
        Self("origin".to_owned())
    }
}

impl FromStr for Audience {
    type Err = AudienceError;

    fn from_str(text: &str) -> Result<Self, AudienceError> {
        let plain = |byte: u8| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'~' | b':' | b'/' | b'-')
        };
        if (1..=Self::MAXIMUM_BYTES).contains(&text.len()) && text.bytes().all(plain) {
            Ok(Self(text.to_owned()))
        } else {
            Err(AudienceError)
        }
    }
}

/// The error of a text that is not an [`Audience`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AudienceError;

impl fmt::Display for AudienceError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an audience is 1 to 64 of A-Z a-z 0-9 . _ ~ : / -, such as origin")
    }
}

impl Error for AudienceError {}
