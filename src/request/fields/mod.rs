//! The names of request fields: those that are known everywhere, and lists of others. Knows nothing of values.

mod class;
mod pattern;
pub(crate) mod registry;

pub use class::FieldClass;
pub(crate) use pattern::is_plain;
pub use pattern::{FieldPattern, FieldPatternFault, FieldPatterns, FieldPatternsError};
