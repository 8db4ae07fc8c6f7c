//! A JSON writer that adds one member after another (RFC 8259), without spaces.

use std::fmt;
use std::fmt::Write as _;

/// A JSON object under construction.
pub(crate) struct Object(String);

impl Object {
    /// An object without members.
    pub(crate) fn new() -> Self {
        Self("{".to_owned())
    }

    /// Adds a string.
    pub(crate) fn text(mut self, name: &'static str, value: &str) -> Self {
        self.begin(name);
        self.0.push('"');
        push_escaped(&mut self.0, value);
        self.0.push('"');
        self
    }

    /// Adds an integer.
    pub(crate) fn number(mut self, name: &'static str, value: impl Into<u64>) -> Self {
        self.begin(name);
        push_number(&mut self.0, &value.into());
        self
    }

    /// Adds a boolean.
    pub(crate) fn flag(self, name: &'static str, value: bool) -> Self {
        self.json(name, if value { "true" } else { "false" })
    }

    /// Adds a value that is already JSON.
    pub(crate) fn json(mut self, name: &'static str, value: &str) -> Self {
        self.begin(name);
        self.0.push_str(value);
        self
    }

    /// Closes the object and returns its text.
    pub(crate) fn end(mut self) -> String {
        self.0.push('}');
        self.0
    }

    /// Begins a member. The names are literals and need no escaping.
    fn begin(&mut self, name: &'static str) {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        self.0.push('"');
        self.0.push_str(name);
        self.0.push_str("\":");
    }
}

/// Appends a number in decimal.
pub(crate) fn push_number(json: &mut String, number: &dyn fmt::Display) {
    let _a_string_takes_everything = write!(json, "{number}");
}

/// Appends a text as the inside of a JSON string (RFC 8259 section 7).
pub(crate) fn push_escaped(json: &mut String, text: &str) {
    let is_escaped = |byte: u8| byte < b' ' || matches!(byte, b'"' | b'\\');
    // Nearly every text needs no escaping, and scanning bytes is faster than scanning characters.
    if !text.bytes().any(is_escaped) {
        json.push_str(text);
        return;
    }
    for character in text.chars() {
        let _a_string_takes_everything = match character {
            '"' | '\\' => write!(json, "\\{character}"),
            '\0'..='\x1f' => write!(json, "\\u{:04x}", u32::from(character)),
            plain => {
                json.push(plain);
                Ok(())
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::Object;

    #[test]
    fn an_object_is_written_in_order() {
        let text = Object::new()
            .text("a", "x")
            .text("c", "")
            .number("d", u64::MAX)
            .number("e", 0_u16)
            .flag("g", true)
            .json("h", "[]")
            .end();
        assert_eq!(
            text,
            r#"{"a":"x","c":"","d":18446744073709551615,"e":0,"g":true,"h":[]}"#
        );
        assert_eq!(Object::new().end(), "{}");
    }

    proptest! {
        #[test]
        fn a_text_is_read_as_it_was(text: String) {
            let written = Object::new().text("a", &text).end();
            prop_assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), json!({"a": text}));
        }
    }
}
