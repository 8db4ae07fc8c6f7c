//! What a token is: its claims, its wire format, and the only way from its text to trust, [`Unverified`] to [`Verified`].
//!
//! Knows nothing of HTTP, of lists, or of what a role may do.

mod claims;
mod inspection;
mod slip;
mod verifier;
mod wire_format;

pub use crate::calendar::Timestamp;
pub use claims::{Claims, FieldError, Prefix, Role, Subject, TokenId};
pub use inspection::{Field, Inspection, InspectionError};
pub use slip::TokenSlip;
pub use verifier::Verifier;
pub(crate) use wire_format::{Likeness, contains_token};
pub use wire_format::{TokenError, Unverified, Verified, mint, mint_with};
