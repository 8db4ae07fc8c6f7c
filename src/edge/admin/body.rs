//! The body of a management request: as much as is taken, and of the type that is read.

use js_sys::{Reflect, Uint8Array};
use wasm_bindgen::JsCast;
use web_sys::ReadableStreamDefaultReader;

use super::Call;
use super::answer::Stop;
use crate::edge::promised::settled;
use crate::management::Objection;

/// JSON (RFC 8259).
pub(super) const JSON: &str = "application/json";

/// A form, as RFC 7009 and RFC 7662 send one.
pub(super) const FORM: &str = "application/x-www-form-urlencoded";

impl Call {
    /// The body, up to `maximum` bytes.
    pub(super) async fn body(&self, maximum: usize) -> Result<Vec<u8>, Stop> {
        let Some(stream) = self.request.body() else {
            return Ok(Vec::new());
        };
        let reader: ReadableStreamDefaultReader = stream.get_reader().unchecked_into();
        let mut gathered = Vec::new();
        loop {
            let chunk = settled(reader.read()).await?;
            if Reflect::get(&chunk, &"done".into())?.is_truthy() {
                return Ok(gathered);
            }
            let bytes: Uint8Array = Reflect::get(&chunk, &"value".into())?.unchecked_into();
            gathered.extend(bytes.to_vec());
            if gathered.len() > maximum {
                return Err(Objection::BodyTooLarge { maximum }.into());
            }
        }
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
