//! A request as it arrived: the method, the target in its one canonical spelling, the credentials, the content headers, the
//! sender, and the bodies that determine a class. Knows nothing of routes or responses.

mod ascii_set;
mod authority;
mod caller;
mod content;
mod cookie_pairs;
mod credentials;
pub(crate) mod deciding_body;
pub(crate) mod fields;
mod gate_origins;
mod gate_prefix;
pub(crate) mod lenient_name;
mod method;
mod sender;
pub(crate) mod skeleton;
mod target;
pub(crate) mod word_marks;

pub(crate) use ascii_set::AsciiSet;
pub use authority::{Authority, Host};
pub use caller::Caller;
pub use content::Content;
pub(crate) use content::Format;
pub(crate) use cookie_pairs::cookie_pairs;
pub use credentials::{Credentials, CredentialsError, MAXIMUM_HEADER_BYTES, is_organization_token};
pub use deciding_body::MAXIMUM_DECIDING_BODY_BYTES;
pub use fields::{FieldClass, FieldPattern, FieldPatternFault, FieldPatterns, FieldPatternsError};
pub use gate_origins::{GateOrigins, GateOriginsError, canonical_origin};
pub use gate_prefix::{GatePrefix, GatePrefixError};
pub use method::{Method, MethodError};
pub use sender::{ClientAddress, Sender};
pub use target::{MAXIMUM_TARGET_BYTES, Target, TargetError};
pub(crate) use target::{decode_form, decodings, has_no_underscore_in_any_decoding, without_sessions};
