//! The body of a management request: as much as is taken, and of the type that is read.

use super::Call;
use super::answer::Stop;
use crate::edge::crossing::{gather, gathered};
use crate::edge::promised::settled;
use crate::management::Objection;

/// JSON (RFC 8259).
pub(super) const JSON: &str = "application/json";

/// A form, as RFC 7009 and RFC 7662 send one.
pub(super) const FORM: &str = "application/x-www-form-urlencoded";

impl Call {
    /// The body, up to `maximum` bytes.
    pub(super) async fn body(&self, maximum: usize) -> Result<Vec<u8>, Stop> {
        let settled = settled(gather(&self.request, maximum)).await;
        gathered(settled)?.ok_or_else(|| Objection::BodyTooLarge { maximum }.into())
    }

    /// Whether the body is of this media type, whatever its parameters.
    pub(super) fn has_type(&self, media_type: &str) -> Result<bool, Stop> {
        let header = self.header("Content-Type")?.unwrap_or_default();
        let essence = header.split(';').next().unwrap_or_default().trim();
        Ok(essence.eq_ignore_ascii_case(media_type))
    }

    /// Refuses a body of another media type.
    pub(super) fn expect_type(&self, expected: &'static str) -> Result<(), Stop> {
        if self.has_type(expected)? {
            Ok(())
        } else {
            Err(Objection::MediaTypeUnsupported { expected }.into())
        }
    }
}
