//! The class of a request according to a table, and the access that follows from it and from the body.

use super::access::Access;
use crate::request::deciding_body::{Operation, may_name};
use crate::request::{Content, Format, Target};

/// The class of a request according to a table: its access, or that the body is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class<'table> {
    /// The access follows from method and target alone.
    Known(Access),
    /// A git-lfs batch: read if the body is certainly a download, otherwise write.
    LfsBatch,
    /// This access, unless the body may name the parameter by which the query lowers the class. Then it is a write.
    UnlessNamed {
        /// The access otherwise.
        access: Access,
        /// The parameter.
        parameter: &'table str,
    },
}

/// The access of a request, if it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// The access is known.
    Access(Access),
    /// The access depends on the body.
    NeedsBody,
}

impl Class<'_> {
    /// The access, if it is known without the body.
    pub fn without_body(self, target: &Target<'_>, content: Content<'_>) -> Known {
        // Some frameworks decode a query by the charset of the body, and find other parameters in it.
        if content.has_a_type() && target.queries().any(|query| content.redefines(&query)) {
            return Known::Access(Access::Write);
        }
        match (self, content.format()) {
            (Self::Known(access), _) | (Self::UnlessNamed { access, .. }, Format::None) => {
                Known::Access(access)
            }
            // Frameworks merge the parameters of a query with those of the body.
            (Self::LfsBatch, Format::Json) if target.query().is_none() => Known::NeedsBody,
            // Many handlers parse a body as JSON, whatever type it claims.
            (Self::UnlessNamed { .. }, Format::Json | Format::Lines) => Known::NeedsBody,
            (Self::LfsBatch, Format::None | Format::Json | Format::Lines | Format::Unknown)
            | (Self::UnlessNamed { .. }, Format::Unknown) => Known::Access(Access::Write),
        }
    }

    /// The access once the body is known: the whole body or, if it consists of lines, the first of them. A class that needs no
    /// body ignores it.
    pub fn with_body(self, target: &Target<'_>, content: Content<'_>, body: &[u8]) -> Access {
        match (self.without_body(target, content), self) {
            (Known::Access(access), _) | (Known::NeedsBody, Self::Known(access)) => access,
            (Known::NeedsBody, Self::LfsBatch) => match Operation::of(body) {
                Operation::Download => Access::Read,
                Operation::Upload => Access::Write,
            },
            (Known::NeedsBody, Self::UnlessNamed { access, parameter }) => {
                let text = match content.format() {
                    // Of several lines, a server may parse only the first as a JSON text of its own.
                    Format::Lines => body.split(|byte| *byte == b'\n').next().unwrap_or_default(),
                    Format::None | Format::Json | Format::Unknown => body,
                };
                if !body.is_empty() && may_name(text, parameter) {
                    Access::Write
                } else {
                    access
                }
            }
        }
    }

    /// The weakest possible access.
    pub const fn at_least(self) -> Access {
        match self {
            Self::Known(access) | Self::UnlessNamed { access, .. } => access,
            Self::LfsBatch => Access::Read,
        }
    }
}
