//! What a table says a request is, and what its body makes of that.

use super::access::Access;
use crate::request::deciding_body::{Operation, may_name};
use crate::request::{Content, Format, Target};

/// What a table says of a request: its access, or that the body must be seen first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class<'table> {
    /// Known from method and target alone.
    Known(Access),
    /// A git-lfs batch: read where the body is beyond doubt a download, else write.
    LfsBatch,
    /// This access, unless the body may name the parameter by which the query has a say in it: then it is a write.
    UnlessNamed {
        /// What it is otherwise.
        access: Access,
        /// The parameter.
        parameter: &'table str,
    },
}

/// The access of a request, as far as it can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// This.
    Access(Access),
    /// Not without the body.
    NeedsBody,
}

impl Class<'_> {
    /// The access, as far as it can be told without the body.
    pub fn without_body(self, target: &Target<'_>, content: Content<'_>) -> Known {
        match (self, content.format()) {
            (Self::Known(access), _) | (Self::UnlessNamed { access, .. }, Format::None) => {
                Known::Access(access)
            }
            // Frameworks merge what a query names with what the body names.
            (Self::LfsBatch, Format::Json) if target.query().is_none() => Known::NeedsBody,
            // Many handlers parse a body as JSON, whatever type it claims.
            (Self::UnlessNamed { .. }, Format::Json | Format::Lines) => Known::NeedsBody,
            (Self::LfsBatch, Format::None | Format::Json | Format::Lines | Format::Unknown)
            | (Self::UnlessNamed { .. }, Format::Unknown) => Known::Access(Access::Write),
        }
    }

    /// The access once the body is known: all of it, or the first of its lines where it is of lines. A class that needs no
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
                    // Of several lines, only the first can be taken for a JSON text of its own.
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

    /// The weakest access that can come out.
    pub const fn at_least(self) -> Access {
        match self {
            Self::Known(access) | Self::UnlessNamed { access, .. } => access,
            Self::LfsBatch => Access::Read,
        }
    }
}
