//! The JavaScript bridge of the request path (`js_bridge.js`). Texts are passed joined.

use std::array;
use std::cell::RefCell;

use js_sys::{Promise, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{AbortSignal, ReadableStream, Request, Response, WritableStream};

use super::platform::{Context, Outcome, Service, Settled};
use super::upload::Upload;
use crate::forwarding::FieldClasses;
use crate::request::{ClientAddress, Content, Sender};
use crate::response::ClientSigns;

/// The separator between texts that one call passes together.
const SEPARATOR: char = '\u{1f}';

/// The same as a byte.
const SEPARATOR_BYTE: u8 = 0x1f;

/// Room for what is taken of nearly every request.
const WRITTEN_BYTES: usize = 4096;

thread_local! {
    /// Where the bridge writes texts: as much room as the longest one needed so far, which the platform's limits for URL and header
    /// fields bound.
    static WRITTEN: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// The separator between facts within one text.
const FACT_SEPARATOR: char = '\u{1e}';

#[wasm_bindgen(module = "/src/gate/js_bridge.js")]
extern "C" {
    /// Writes the joined texts to a place and returns their length. If they do not fit, [`take_kept`] writes them to a larger place.
    #[wasm_bindgen(catch, js_name = take)]
    fn take_joined(request: &Request, place: &mut [u8]) -> Result<usize, JsValue>;

    #[wasm_bindgen(catch, js_name = takeClient)]
    fn take_client_joined(request: &Request, place: &mut [u8]) -> Result<usize, JsValue>;

    #[wasm_bindgen(catch, js_name = takeKept)]
    fn take_kept(place: &mut [u8]) -> Result<(), JsValue>;

    /// Passes the functions that classify fields by name and edit their values, the bits of the classes that describe a body
    /// and of those that are edited, and the name of the session cookie.
    #[wasm_bindgen(js_name = learnFields)]
    pub(super) fn learn_fields(
        classify: &JsValue,
        edit: &JsValue,
        body_bit: u32,
        edited_bits: u32,
        cookie: &str,
    );

    #[wasm_bindgen(catch, js_name = send)]
    fn send_joined(
        request: &Request,
        texts: &str,
        carried: u32,
        context: Option<&Context>,
        service: Option<&Service>,
        body: &JsValue,
        broken_off: Option<&AbortSignal>,
        sent: Option<&Promise>,
        milliseconds: Option<u32>,
    ) -> Result<JsValue, JsValue>;

    /// A promise of the bytes of a request's body, for [`gathered`].
    pub(super) fn gather(request: &Request, most: usize) -> Promise;

    /// A promise of the bytes of a request's body up to its first line, for [`gathered`]. The rest remains to be read.
    #[wasm_bindgen(js_name = gatherLine)]
    pub(super) fn gather_line(request: &Request, most: usize) -> Promise;

    /// Writes the part of a body that was read, and then the rest of it; returns the promise of the end.
    pub(super) fn feed(start: &Uint8Array, body: &ReadableStream, writable: &WritableStream) -> Promise;

    #[wasm_bindgen(catch, js_name = prepare)]
    fn prepare_joined(at: usize, status: u16, texts: &str) -> Result<(), JsValue>;

    /// The snapshots of the route tables that ship.
    #[wasm_bindgen(js_name = shippedTables)]
    pub(super) fn shipped_tables() -> Vec<u8>;

    /// The snapshot of other route tables.
    #[wasm_bindgen(catch, js_name = parseTables)]
    pub(super) fn parse_tables(text: &str) -> Result<Vec<u8>, JsValue>;

    /// A response with the answer that was prepared under this number.
    #[wasm_bindgen(catch)]
    pub(super) fn respond(at: usize) -> Result<Response, JsValue>;
}

/// The parts of a request that the decision needs.
pub(super) struct Taken {
    pub(super) method: String,
    pub(super) url: String,
    pub(super) facts: Facts,
    pub(super) api_key: Option<String>,
    pub(super) authorization: Option<String>,
}

/// The content headers and the sender's headers of a request. They are not read for a GET or HEAD, which is forwarded without
/// its body, with credentials that no browser adds by itself.
#[derive(Default)]
pub(super) struct Facts {
    has_body: bool,
    content_type: Option<String>,
    content_encoding: Option<String>,
    sec_fetch_site: Option<String>,
    origin: Option<String>,
    requested_method: Option<String>,
    requested_headers: Option<String>,
    upgrade: Option<String>,
}

impl Facts {
    fn read(joined: &str) -> Self {
        let mut facts = joined.split(FACT_SEPARATOR);
        let [
            body,
            content_type,
            content_encoding,
            sec_fetch_site,
            origin,
            requested_method,
            requested_headers,
            upgrade,
        ] = array::from_fn(|_| facts.next()?.strip_prefix('=').map(str::to_owned));
        Self {
            has_body: body.is_some(),
            content_type,
            content_encoding,
            sec_fetch_site,
            origin,
            requested_method,
            requested_headers,
            upgrade,
        }
    }

    /// The content headers.
    pub(super) fn content(&self) -> Content<'_> {
        if self.has_body {
            Content::Body {
                content_type: self.content_type.as_deref(),
                content_encoding: self.content_encoding.as_deref(),
            }
        } else {
            Content::None
        }
    }

    /// What it says of its sender, at a gate that was asked by this scheme and host, and from where the platform says that
    /// it comes.
    pub(super) fn sender<'a>(&'a self, own_origin: &'a str, address: ClientAddress<'a>) -> Sender<'a> {
        Sender {
            sec_fetch_site: self.sec_fetch_site.as_deref(),
            origin: self.origin.as_deref(),
            requested_method: self.requested_method.as_deref(),
            requested_headers: self.requested_headers.as_deref(),
            upgrade: self.upgrade.as_deref(),
            address,
            own_origin,
        }
    }
}

/// Takes the parts that the decision needs of every request.
pub(super) fn take(request: &Request) -> Result<Taken, JsValue> {
    let read = |joined: &str| {
        let mut texts = joined.splitn(5, SEPARATOR);
        Taken {
            method: texts.next().unwrap_or_default().to_owned(),
            url: texts.next().unwrap_or_default().to_owned(),
            facts: Facts::read(texts.next().unwrap_or_default()),
            api_key: texts
                .next()
                .and_then(|key| key.strip_prefix('='))
                .map(str::to_owned),
            authorization: texts.next().map(str::to_owned),
        }
    };
    with_written(|place| take_joined(request, place), read)
}

/// In which header the platform says where a request comes from; what a client sends by this name is replaced.
const ADDRESS: &str = "CF-Connecting-IP";

/// From which address a request comes, where the platform says so.
pub(super) fn client_address(request: &Request) -> Result<Option<String>, JsValue> {
    request.headers().get(ADDRESS)
}

/// What tells who is to understand the answer to a request.
pub(super) struct ClientFields {
    joined: String,
}

impl ClientFields {
    /// Takes it of a request.
    pub(super) fn take(request: &Request) -> Result<Self, JsValue> {
        let joined = with_written(|place| take_client_joined(request, place), str::to_owned)?;
        Ok(Self { joined })
    }

    /// What the core tells the client by, for a request with this target.
    pub(super) fn signs<'a>(&'a self, target: &'a str) -> ClientSigns<'a> {
        let mut texts = self.joined.splitn(5, SEPARATOR);
        let mut next = || texts.next().filter(|text| !text.is_empty());
        ClientSigns {
            target,
            sec_fetch_mode: next(),
            sec_fetch_dest: next(),
            has_anthropic_version: next().is_some(),
            user_agent: next(),
            accept: next(),
        }
    }
}

/// Has the bridge write a text, and reads it. `write` returns the text's length in bytes.
fn with_written<T>(
    write: impl FnOnce(&mut [u8]) -> Result<usize, JsValue>,
    read: impl FnOnce(&str) -> T,
) -> Result<T, JsValue> {
    WRITTEN.with_borrow_mut(|place| {
        if place.is_empty() {
            place.resize(WRITTEN_BYTES, 0);
        }
        let length = write(place)?;
        if length > place.len() {
            place.resize(length, 0);
            take_kept(place)?;
        }
        let text = place
            .get(..length)
            .and_then(|bytes| std::str::from_utf8(bytes).ok());
        text.map(read)
            .ok_or_else(|| JsValue::from_str("a text of the platform is not UTF-8"))
    })
}

/// The result of [`gather`] and [`gather_line`]: the bytes, or `None` if there are more than the limit.
pub(super) fn gathered(settled: Settled) -> Result<Option<Vec<u8>>, JsValue> {
    Ok(settled?.dyn_into().ok().map(|bytes: Uint8Array| bytes.to_vec()))
}

/// A request to be forwarded.
pub(super) struct OriginRequest<'a> {
    /// The client's request.
    pub(super) request: &'a Request,
    /// URL, method, then the names and values of fields to set.
    pub(super) texts: Texts,
    /// The classes of the client's fields that are forwarded.
    pub(super) carried: FieldClasses,
    /// Its body.
    pub(super) upload: &'a Upload,
    /// The context of the request, if the gate knows the user: the response is then watched if it is long-lived.
    pub(super) context: Option<&'a Context>,
    /// The Worker to send it to; `None` for the network.
    pub(super) service: Option<&'a Service>,
}

impl OriginRequest<'_> {
    /// Sends the request; returns the promise of the response.
    pub(super) fn send(&self) -> Outcome {
        send_joined(
            self.request,
            self.texts.joined()?,
            self.carried.bits(),
            self.context,
            self.service,
            &self.upload.body,
            self.upload.broken_off.as_ref(),
            self.upload.sent.as_ref(),
            self.upload.limit,
        )
    }
}

/// Prepares an answer under a number. `texts`: the reason phrase or nothing, the body, then the names and values of fields.
pub(super) fn prepare(at: usize, status: u16, texts: &Texts) -> Result<(), JsValue> {
    prepare_joined(at, status, texts.joined()?)
}

/// Texts that one call passes together.
#[derive(Default)]
pub(super) struct Texts {
    joined: String,
    /// How many separators are in it, if none of the texts contains one.
    separators: usize,
    is_begun: bool,
}

impl Texts {
    /// No texts yet, with room for this many bytes.
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self {
            joined: String::with_capacity(bytes),
            ..Self::default()
        }
    }

    /// Adds one text, made of these pieces.
    pub(super) fn push(&mut self, pieces: &[&str]) {
        if self.is_begun {
            self.joined.push(SEPARATOR);
            self.separators = self.separators.saturating_add(1);
        }
        self.is_begun = true;
        for piece in pieces {
            self.joined.push_str(piece);
        }
    }

    /// Adds a field by its name.
    pub(super) fn push_field(&mut self, name: &str, value: &str) {
        self.push(&[name]);
        self.push(&[value]);
    }

    /// The joined texts.
    ///
    /// # Errors
    /// If one of them contains a separator, because it would be taken for two.
    fn joined(&self) -> Result<&str, JsValue> {
        // One pass at the end, over bytes, is faster than one for each text.
        let found = self.joined.bytes().filter(|byte| *byte == SEPARATOR_BYTE).count();
        if found == self.separators {
            Ok(&self.joined)
        } else {
            Err(JsValue::from_str(
                "a text for the platform holds a control character",
            ))
        }
    }
}
