//! The request methods that the gate knows. Knows nothing of what a method does to a target.

use std::fmt;
use std::str::FromStr;

/// A request method (RFC 9110 section 9, RFC 5789), spelled exactly: methods are case-sensitive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// `GET`.
    Get,
    /// `HEAD`: decided like the `GET` of the same target.
    Head,
    /// `OPTIONS`.
    Options,
    /// `POST`.
    Post,
    /// `PUT`.
    Put,
    /// `PATCH`.
    Patch,
    /// `DELETE`.
    Delete,
}

impl Method {
    /// Whether a request with it has no body: what one would mean is undefined (RFC 9110 section 9.3.1).
    pub(crate) const fn has_no_body(self) -> bool {
        match self {
            Self::Get | Self::Head => true,
            Self::Options | Self::Post | Self::Put | Self::Patch | Self::Delete => false,
        }
    }

    /// Every method, in the order of the list in refusals.
    pub const ALL: [Self; 7] = [
        Self::Get,
        Self::Head,
        Self::Options,
        Self::Post,
        Self::Put,
        Self::Patch,
        Self::Delete,
    ];

    /// The method as sent.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Options => "OPTIONS",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

impl FromStr for Method {
    type Err = MethodError;

    fn from_str(text: &str) -> Result<Self, MethodError> {
        Self::ALL
            .into_iter()
            .find(|method| method.name() == text)
            .ok_or(MethodError)
    }
}

/// The error of a method that the gate does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MethodError;

impl fmt::Display for MethodError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the method is not one of")?;
        for method in Method::ALL {
            write!(formatter, " {}", method.name())?;
        }
        formatter.write_str(" in exactly this spelling")
    }
}

impl std::error::Error for MethodError {}
