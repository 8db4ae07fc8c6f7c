//! What a token is: its claims, its wire format, and the only way from its text to trust, [`Unverified`] to [`Verified`].
//!
//! Knows nothing of HTTP, of lists, or of what a role may do.

mod claims;
mod field_error;
mod in_text;
mod inspection;
mod layout;
mod restriction;
mod role;
mod slip;
mod token_error;
mod verifier;
mod wire_format;

pub use crate::calendar::Timestamp;
pub use claims::{BearerKind, Claims, Prefix, Subject, TokenId};
pub use field_error::FieldError;
pub(crate) use in_text::{Likeness, contains_token};
pub use inspection::{Field, Inspection, InspectionError};
pub use restriction::{
    Areas, Networks, Repositories, Requests, Restriction, RestrictionError, Restrictions, RestrictionsError,
};
pub use role::Role;
pub use slip::TokenSlip;
pub use token_error::TokenError;
pub use verifier::Verifier;
pub use wire_format::{NarrowError, Unverified, Verified, fits, mint, mint_with, prefix_of};
