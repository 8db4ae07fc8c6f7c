//! The body of a management request, limited in length and media type.

use futures_util::TryStreamExt;
use worker::Request;

use super::ApiCall;
use super::rejection::Rejection;
use crate::management::ApiError;

/// JSON (RFC 8259).
pub(super) const JSON: &str = "application/json";

/// A form, as in RFC 7009 and RFC 7662.
pub(super) const FORM: &str = "application/x-www-form-urlencoded";

/// A body over the limit is still read to its end, up to this many times the limit. A client that is cut off while sending would
/// see a broken connection instead of the answer.
const DISCARD_FACTOR: usize = 16;

impl ApiCall {
    /// The body, up to `maximum` bytes.
    pub(super) async fn body(&self, maximum: usize) -> Result<Vec<u8>, Rejection> {
        let request = self.request.inner();
        if request.body().is_none() {
            return Ok(Vec::new());
        }
        // Only the handle is cloned: it is the same body, and it is read once.
        let mut body = Request::from(Clone::clone(request)).stream()?;
        let mut bytes = Vec::new();
        let mut length: usize = 0;
        while let Some(chunk) = body.try_next().await? {
            length = length.saturating_add(chunk.len());
            if length <= maximum {
                bytes.extend(chunk);
            } else if length > maximum.saturating_mul(DISCARD_FACTOR) {
                break;
            }
        }
        if length > maximum {
            return Err(ApiError::BodyTooLarge { maximum }.into());
        }
        Ok(bytes)
    }

    /// Whether the body is of this media type, whatever its parameters.
    pub(super) fn has_type(&self, media_type: &str) -> Result<bool, Rejection> {
        let header = self.header("Content-Type")?.unwrap_or_default();
        let essence = header.split(';').next().unwrap_or_default().trim();
        Ok(essence.eq_ignore_ascii_case(media_type))
    }

    /// Refuses a body of another media type.
    pub(super) fn expect_type(&self, expected: &'static str) -> Result<(), Rejection> {
        if self.has_type(expected)? {
            Ok(())
        } else {
            Err(ApiError::MediaTypeUnsupported { expected }.into())
        }
    }
}
