//! A field name, or all names with one prefix, in the notation of route tables and deployments.

use std::fmt;
use std::str::FromStr;

use super::registry;
use crate::stored::{Reader, Stored};

/// The shortest prefix before a `*`, including its `-`: `X-*` would allow nearly everything.
const MINIMUM_PREFIX_BYTES: usize = 5;

/// A field name, or all names with one prefix, in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldPattern {
    /// This name.
    Name(String),
    /// Every name with this prefix.
    Prefix(String),
}

impl Stored for FieldPattern {
    fn write(&self, bytes: &mut Vec<u8>) {
        let (is_prefix, text) = match self {
            Self::Name(name) => (false, name),
            Self::Prefix(prefix) => (true, prefix),
        };
        is_prefix.write(bytes);
        text.write(bytes);
    }

    fn read(reader: &mut Reader<'_>) -> Self {
        let is_prefix = bool::read(reader);
        let text = String::read(reader);
        if is_prefix {
            Self::Prefix(text)
        } else {
            Self::Name(text)
        }
    }
}

/// Why a field name in a table or a variable is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FieldPatternFault {
    /// Something other than letters, digits and `-`.
    Malformed,
    /// A `*` after too little, or not after a `-`.
    ShortPrefix,
    /// A name that no client may set for the origin.
    Reserved,
}

/// Field names, as a deployment's variable lists them.
#[derive(Clone, Debug, Default)]
pub struct FieldPatterns(Vec<FieldPattern>);

/// The invalid name in a list, and why it is invalid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldPatternsError {
    /// Its position in the list, from 1.
    pub number: usize,
    /// The name, if it is reserved. Any other text might have been meant for another variable.
    pub reserved: Option<String>,
    /// Why it is invalid.
    pub fault: FieldPatternFault,
}

impl FieldPattern {
    fn matches(&self, name: &str) -> bool {
        match self {
            Self::Name(own) => own == name,
            Self::Prefix(prefix) => name.starts_with(prefix),
        }
    }
}

impl FromStr for FieldPattern {
    type Err = FieldPatternFault;

    fn from_str(text: &str) -> Result<Self, FieldPatternFault> {
        let name = text.to_ascii_lowercase();
        let (fixed, is_prefix) = match name.strip_suffix('*') {
            Some(fixed) => (fixed, true),
            None => (name.as_str(), false),
        };
        if !is_plain(fixed) {
            return Err(FieldPatternFault::Malformed);
        }
        if is_prefix {
            if fixed.len() < MINIMUM_PREFIX_BYTES || !fixed.ends_with('-') {
                return Err(FieldPatternFault::ShortPrefix);
            }
            if registry::reserves_some_of(fixed) {
                return Err(FieldPatternFault::Reserved);
            }
            return Ok(Self::Prefix(fixed.to_owned()));
        }
        if registry::is_reserved(fixed) {
            return Err(FieldPatternFault::Reserved);
        }
        Ok(Self::Name(name))
    }
}

impl FieldPatterns {
    /// Adds more names.
    pub(crate) fn extend(&mut self, more: &[FieldPattern]) {
        self.0.extend_from_slice(more);
    }

    /// Whether the name, in lower case, is in the list.
    pub(crate) fn hold(&self, name: &str) -> bool {
        self.0.iter().any(|pattern| pattern.matches(name))
    }
}

impl FromStr for FieldPatterns {
    type Err = FieldPatternsError;

    /// Parses names separated by commas, with or without spaces.
    fn from_str(text: &str) -> Result<Self, FieldPatternsError> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        text.split(',')
            .map(str::trim)
            .enumerate()
            .map(|(index, name)| {
                name.parse().map_err(|fault| FieldPatternsError {
                    number: index + 1,
                    reserved: (fault == FieldPatternFault::Reserved).then(|| name.to_owned()),
                    fault,
                })
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

impl fmt::Display for FieldPatternFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed => formatter.write_str(
                "a header name must consist of letters, digits and -, perhaps with a * at the end",
            ),
            Self::ShortPrefix => write!(
                formatter,
                "a * must stand after a - and at least {MINIMUM_PREFIX_BYTES} characters"
            ),
            Self::Reserved => formatter.write_str(
                "this header is reserved: only the gate, the platform or a proxy before the origin may set it",
            ),
        }
    }
}

impl fmt::Display for FieldPatternsError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reserved {
            Some(name) => write!(formatter, "`{name}`: {}", self.fault),
            None => write!(formatter, "name {}: {}", self.number, self.fault),
        }
    }
}

impl std::error::Error for FieldPatternFault {}

impl std::error::Error for FieldPatternsError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.fault)
    }
}

/// Whether no server folds the name into another: it has letters, digits and `-`, and begins with a letter or digit.
pub(crate) fn is_plain(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}
