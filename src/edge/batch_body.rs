//! The reading of a body that decides: as much as may decide, and no more.

use js_sys::{Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{ReadableStream, ReadableStreamDefaultReader};

use super::fetch::Gathered;
use super::platform::{Outcome, when_settled};
use crate::MAXIMUM_BATCH_BYTES;

/// What goes on once the body was read, or could not be.
type GoOn = Box<dyn FnOnce(Result<Gathered, JsValue>) -> Outcome>;

/// Reads a request's body, where it has one, and goes on with it.
pub(super) fn gather(
    stream: Option<ReadableStream>,
    go_on: impl FnOnce(Result<Gathered, JsValue>) -> Outcome + 'static,
) -> Outcome {
    let Some(stream) = stream else {
        return go_on(Ok(Gathered::Whole(Vec::new())));
    };
    let reader: ReadableStreamDefaultReader = stream.get_reader().unchecked_into();
    gather_more(reader, Vec::new(), Box::new(go_on))
}

fn gather_more(reader: ReadableStreamDefaultReader, mut gathered: Vec<u8>, go_on: GoOn) -> Outcome {
    let chunk = reader.read();
    Ok(when_settled(&chunk, move |settled| {
        let chunk = match settled {
            Ok(chunk) => chunk,
            Err(error) => return go_on(Err(error)),
        };
        if Reflect::get(&chunk, &"done".into())?.is_truthy() {
            return go_on(Ok(Gathered::Whole(gathered)));
        }
        let bytes: Uint8Array = Reflect::get(&chunk, &"value".into())?.unchecked_into();
        gathered.extend(bytes.to_vec());
        if gathered.len() > MAXIMUM_BATCH_BYTES {
            return go_on(Ok(Gathered::TooLong));
        }
        gather_more(reader, gathered, go_on)
    })
    .into())
}
