//! Words that go to the platform with every request, as strings of its own that are made once, and many texts at one
//! crossing: each text that crosses is decoded, and that costs more than the rest of the crossing.

use js_sys::{Array, JsString};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

thread_local! {
    /// This isolate's words.
    static WORDS: Words = Words::new();
}

/// What stands between texts that cross together: in no URL, field value or answer of the gate.
const SEPARATOR: char = '\u{1f}';

/// Names of header fields.
pub(super) struct Words {
    separator: JsString,
    pub(super) accept: JsString,
    pub(super) access: JsString,
    pub(super) assertion: JsString,
    pub(super) authorization: JsString,
    pub(super) forwarded_host: JsString,
    pub(super) forwarded_proto: JsString,
    pub(super) observed: JsString,
    pub(super) role: JsString,
    pub(super) subject: JsString,
    pub(super) token: JsString,
    pub(super) user_agent: JsString,
}

impl Words {
    fn new() -> Self {
        let word = |text: &str| JsString::from(text);
        Self {
            separator: word(&SEPARATOR.to_string()),
            accept: word("Accept"),
            access: word("X-Lychgate-Access"),
            assertion: word("X-Lychgate-Assertion"),
            authorization: word("Authorization"),
            forwarded_host: word("X-Forwarded-Host"),
            forwarded_proto: word("X-Forwarded-Proto"),
            observed: word("X-Lychgate-Observed"),
            role: word("X-Lychgate-Role"),
            subject: word("X-Lychgate-Subject"),
            token: word("X-Lychgate-Token"),
            user_agent: word("User-Agent"),
        }
    }
}

/// Works with the words.
pub(super) fn with_words<T>(work: impl FnOnce(&Words) -> T) -> T {
    WORDS.with(work)
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = String)]
    type Joined;

    #[wasm_bindgen(method)]
    fn split(this: &Joined, separator: &JsString) -> Array;
}

/// Texts that are to cross together.
#[derive(Default)]
pub(super) struct Texts {
    joined: String,
    count: u32,
}

/// Which of the texts.
#[derive(Clone, Copy)]
pub(super) struct Place(u32);

impl Texts {
    /// One more text, of these pieces; gives its place.
    pub(super) fn push(&mut self, pieces: &[&str]) -> Place {
        if self.count > 0 {
            self.joined.push(SEPARATOR);
        }
        self.joined.extend(pieces.iter().copied());
        let place = Place(self.count);
        self.count = self.count.saturating_add(1);
        place
    }

    /// All of them on the other side.
    ///
    /// # Errors
    /// Where a text holds the separator: it would be taken for two.
    pub(super) fn cross(self) -> Result<Crossed, JsValue> {
        let joined: Joined = JsValue::from_str(&self.joined).unchecked_into();
        let parts = with_words(|words| joined.split(&words.separator));
        if parts.length() != self.count {
            return Err(JsValue::from_str(
                "a text for the platform holds a control character",
            ));
        }
        Ok(Crossed(parts))
    }
}

/// Texts on the other side.
pub(super) struct Crossed(Array);

impl Crossed {
    /// The text at that place.
    pub(super) fn text(&self, place: Place) -> JsString {
        self.0.get(place.0).unchecked_into()
    }
}
