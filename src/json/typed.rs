//! Serde's types out of JSON, for the service: what serde_json does, in half of the code. A message of an error would repeat parts
//! of the text, so there is none, only the place; there are no fractions; and structs are objects, never arrays.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

use hifijson::Read as _;
use hifijson::token::Lex as _;
use serde::Deserialize;
use serde::de::value::{BorrowedStrDeserializer, CowStrDeserializer, StringDeserializer};
use serde::de::{
    self, DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::read::{self, Reader, Unread};

/// By this name, serde_json's `RawValue` asks for the text of a value, and calls the only member of what it then receives.
const RAW_VALUE: &str = "$serde_json::private::RawValue";

/// A text is not the JSON that is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct JsonError {
    /// The line at which reading stopped, from 1.
    pub(crate) line: usize,
    /// How many bytes of that line were read.
    pub(crate) column: usize,
}

impl fmt::Display for JsonError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "it is not the JSON that is expected, at line {}, column {}",
            self.line, self.column
        )
    }
}

impl Error for JsonError {}

impl fmt::Display for Unread {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("it is not the JSON that is expected")
    }
}

impl Error for Unread {}

impl de::Error for Unread {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }

    fn invalid_type(_: de::Unexpected<'_>, _: &dyn de::Expected) -> Self {
        Self
    }

    fn invalid_value(_: de::Unexpected<'_>, _: &dyn de::Expected) -> Self {
        Self
    }

    fn invalid_length(_: usize, _: &dyn de::Expected) -> Self {
        Self
    }

    fn unknown_variant(_: &str, _: &'static [&'static str]) -> Self {
        Self
    }

    fn unknown_field(_: &str, _: &'static [&'static str]) -> Self {
        Self
    }

    fn missing_field(_: &'static str) -> Self {
        Self
    }

    fn duplicate_field(_: &'static str) -> Self {
        Self
    }
}

/// Parses a text that is one value.
pub(crate) fn from_slice<'text, T: Deserialize<'text>>(json: &'text [u8]) -> Result<T, JsonError> {
    let place = |read: usize| {
        let read = json.get(..read).unwrap_or(json);
        let line = read.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
        JsonError {
            line: read
                .iter()
                .filter(|byte| **byte == b'\n')
                .count()
                .saturating_add(1),
            column: line.len(),
        }
    };
    if let Err(error) = str::from_utf8(json) {
        return Err(place(error.valid_up_to()));
    }
    let mut reader = Reader::new(json);
    let value = T::deserialize(Value(&mut reader)).and_then(|value| match reader.ws_peek() {
        None => Ok(value),
        Some(_) => Err(Unread),
    });
    value.map_err(|Unread| place(json.len().saturating_sub(reader.as_slice().len())))
}

/// The value before which a reader is.
struct Value<'read, 'text>(&'read mut Reader<'text>);

/// A number without a fraction.
enum Whole {
    Natural(u64),
    Negative(i64),
}

#[inline(never)]
fn whole(reader: &mut Reader<'_>) -> Result<Whole, Unread> {
    let digits = read::number(reader)?;
    if let Ok(natural) = digits.parse() {
        return Ok(Whole::Natural(natural));
    }
    let negative = digits.parse().ok().filter(|number| *number < 0);
    negative.map(Whole::Negative).ok_or(Unread)
}

#[inline(never)]
fn boolean(reader: &mut Reader<'_>) -> Result<bool, Unread> {
    reader.eat_whitespace();
    reader.null_or_bool().flatten().ok_or(Unread)
}

/// Reads `null` if that is what follows.
#[inline(never)]
fn is_null(reader: &mut Reader<'_>) -> Result<bool, Unread> {
    if reader.ws_peek() != Some(b'n') {
        return Ok(false);
    }
    match reader.null_or_bool() {
        Some(None) => Ok(true),
        Some(Some(_)) | None => Err(Unread),
    }
}

/// Skips a value, and returns its text.
#[inline(never)]
fn raw<'text>(reader: &mut Reader<'text>) -> Result<&'text str, Unread> {
    reader.eat_whitespace();
    let from = reader.as_slice();
    read::skip(reader)?;
    let length = from.len().saturating_sub(reader.as_slice().len());
    from.get(..length)
        .and_then(|value| str::from_utf8(value).ok())
        .ok_or(Unread)
}

/// Reads up to the next item or member of a list or object, or its end. `is_first` is whether none was read.
#[inline(never)]
fn is_followed(reader: &mut Reader<'_>, is_first: &mut bool, end: u8) -> Result<bool, Unread> {
    if reader.ws_peek() == Some(end) {
        reader.take_next();
        return Ok(false);
    }
    if !std::mem::take(is_first) {
        read::take(reader, b',')?;
    }
    Ok(true)
}

impl<'de> Deserializer<'de> for Value<'_, 'de> {
    type Error = Unread;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        match self.0.ws_peek() {
            Some(b'"') => self.deserialize_str(visitor),
            Some(b'{') => self.deserialize_map(visitor),
            Some(b'[') => self.deserialize_seq(visitor),
            Some(b'n') => self.deserialize_unit(visitor),
            Some(b't' | b'f') => self.deserialize_bool(visitor),
            Some(_) | None => self.deserialize_u64(visitor),
        }
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        match whole(self.0)? {
            Whole::Natural(number) => visitor.visit_u64(number),
            Whole::Negative(number) => visitor.visit_i64(number),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        visitor.visit_bool(boolean(self.0)?)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        if is_null(self.0)? {
            visitor.visit_unit()
        } else {
            Err(Unread)
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        if is_null(self.0)? {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        match read::string(self.0)? {
            Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
            Cow::Owned(text) => visitor.visit_string(text),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        read::take(self.0, b'[')?;
        visitor.visit_seq(Items {
            reader: self.0,
            is_first: true,
        })
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        read::take(self.0, b'{')?;
        visitor.visit_map(Items {
            reader: self.0,
            is_first: true,
        })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unread> {
        self.deserialize_map(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Unread> {
        if name == RAW_VALUE {
            visitor.visit_map(Raw(raw(self.0)?))
        } else {
            visitor.visit_newtype_struct(self)
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unread> {
        if self.0.ws_peek() == Some(b'"') {
            return visitor.visit_enum(CowStrDeserializer::new(read::string(self.0)?));
        }
        read::take(self.0, b'{')?;
        let value = visitor.visit_enum(Variant(&mut *self.0))?;
        read::take(self.0, b'}')?;
        Ok(value)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        read::skip(self.0)?;
        visitor.visit_unit()
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        self.deserialize_str(visitor)
    }

    fn deserialize_u8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        self.deserialize_u64(visitor)
    }

    fn deserialize_u16<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        self.deserialize_u64(visitor)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        self.deserialize_u64(visitor)
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        self.deserialize_u64(visitor)
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i128 u128 f32 f64 char bytes byte_buf unit_struct tuple tuple_struct
    }
}

/// The items of a list, or the members of an object.
struct Items<'read, 'text> {
    reader: &'read mut Reader<'text>,
    is_first: bool,
}

impl<'text> SeqAccess<'text> for Items<'_, 'text> {
    type Error = Unread;

    fn next_element_seed<T: DeserializeSeed<'text>>(&mut self, seed: T) -> Result<Option<T::Value>, Unread> {
        if !is_followed(self.reader, &mut self.is_first, b']')? {
            return Ok(None);
        }
        seed.deserialize(Value(self.reader)).map(Some)
    }
}

impl<'text> MapAccess<'text> for Items<'_, 'text> {
    type Error = Unread;

    fn next_key_seed<T: DeserializeSeed<'text>>(&mut self, seed: T) -> Result<Option<T::Value>, Unread> {
        if !is_followed(self.reader, &mut self.is_first, b'}')? {
            return Ok(None);
        }
        let name = read::string(self.reader)?;
        read::take(self.reader, b':')?;
        seed.deserialize(CowStrDeserializer::new(name)).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'text>>(&mut self, seed: T) -> Result<T::Value, Unread> {
        seed.deserialize(Value(self.reader))
    }
}

/// The text of a value, as `RawValue` takes it.
struct Raw<'text>(&'text str);

impl<'text> MapAccess<'text> for Raw<'text> {
    type Error = Unread;

    fn next_key_seed<T: DeserializeSeed<'text>>(&mut self, seed: T) -> Result<Option<T::Value>, Unread> {
        seed.deserialize(BorrowedStrDeserializer::new(RAW_VALUE))
            .map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'text>>(&mut self, seed: T) -> Result<T::Value, Unread> {
        seed.deserialize(BorrowedStrDeserializer::new(self.0))
    }
}

/// A variant with a value: an object of one member.
struct Variant<'read, 'text>(&'read mut Reader<'text>);

impl<'read, 'text> EnumAccess<'text> for Variant<'read, 'text> {
    type Error = Unread;
    type Variant = Self;

    fn variant_seed<T: DeserializeSeed<'text>>(self, seed: T) -> Result<(T::Value, Self), Unread> {
        let name = read::string(self.0)?;
        read::take(self.0, b':')?;
        let name = seed.deserialize(StringDeserializer::new(name.into_owned()))?;
        Ok((name, self))
    }
}

impl<'text> VariantAccess<'text> for Variant<'_, 'text> {
    type Error = Unread;

    fn unit_variant(self) -> Result<(), Unread> {
        <()>::deserialize(Value(self.0))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'text>>(self, seed: T) -> Result<T::Value, Unread> {
        seed.deserialize(Value(self.0))
    }

    fn tuple_variant<V: Visitor<'text>>(self, _: usize, visitor: V) -> Result<V::Value, Unread> {
        Value(self.0).deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'text>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unread> {
        Value(self.0).deserialize_map(visitor)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fmt::Debug;

    use proptest::prelude::*;
    use serde::Deserialize;
    use serde::de::{DeserializeOwned, IgnoredAny};
    use serde_json::value::RawValue;

    use super::from_slice;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        Plain,
        Counted(u16),
        Named { name: String },
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Everything {
        flag: bool,
        small: u8,
        signed: i64,
        name: Option<String>,
        #[serde(default)]
        kinds: Vec<Kind>,
        roles: BTreeMap<String, Kind>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Strict {
        number: u32,
    }

    /// Both readers accept the text and read the same, or neither accepts it. A struct is no array here.
    fn agree<T: DeserializeOwned + PartialEq + Debug>(text: &str) {
        let known = serde_json::from_str::<T>(text).ok();
        let known = known.filter(|_| !text.trim_start().starts_with('['));
        assert_eq!(from_slice::<T>(text.as_bytes()).ok(), known, "{text}");
    }

    #[test]
    fn reads_what_serde_json_reads() {
        let whole = r#"{"flag":true,"small":255,"signed":-3,"name":null,"more":[{"x":[1.5e3]}],"kinds":["plain",
            {"counted":7},{"named":{"name":"\u00e9\n"}}],"roles":{"a":"plain","b":{"counted":1}}}"#;
        agree::<Everything>(whole);
        assert!(from_slice::<Everything>(whole.as_bytes()).is_ok());
        for (this, that) in [
            ("true", "null"),
            ("255", "256"),
            ("255", "-1"),
            ("255", "1.0"),
            ("255", "1e1"),
            ("-3", "9223372036854775808"),
            ("-3", "-9223372036854775809"),
            ("-3", "18446744073709551616"),
            ("null", "\"x\""),
            ("null", "5"),
            ("null", "nul"),
            ("\"plain\"", "\"other\""),
            ("\"plain\"", "{\"plain\":null}"),
            ("\"plain\"", "{\"plain\":1}"),
            ("\"plain\"", "{}"),
            ("\"plain\"", "{\"counted\":1,\"named\":2}"),
            ("{\"counted\":7}", "\"counted\""),
            ("\"flag\"", "\"small\""),
            ("\"flag\"", "\"fl\\u0061g\""),
            ("\"flag\":true,", ""),
            ("\\u00e9", "\\ud800"),
            ("\\u00e9", "\t"),
            ("}}}", "}}"),
            ("}}}", "}}} "),
            ("}}}", "}}}x"),
            ("}}}", "},}}"),
            ("[1.5e3]", "[01]"),
            ("[1.5e3]", "[1,]"),
        ] {
            agree::<Everything>(&whole.replacen(this, that, 1));
        }
        for text in [
            r#"{"number":1}"#,
            r#"{"number":1,"other":2}"#,
            r#"{"number":1,"number":1}"#,
            r#"{"number":"1"}"#,
            "[1]",
            "{}",
            "",
        ] {
            agree::<Strict>(text);
        }
        assert!(from_slice::<String>(b"\"\xff\"").is_err());
    }

    #[test]
    fn keeps_the_text_of_a_raw_value() {
        let text = r#"[ {"a" : 1.50} , "x"]"#;
        let parts: Vec<Box<RawValue>> = from_slice(text.as_bytes()).unwrap();
        let texts: Vec<&str> = parts.iter().map(|part| part.get()).collect();
        assert_eq!(texts, [r#"{"a" : 1.50}"#, r#""x""#]);
        let borrowed: BTreeMap<String, &RawValue> = from_slice(br#"{"a":null}"#).unwrap();
        assert_eq!(borrowed.get("a").map(|value| value.get()), Some("null"));
        assert!(from_slice::<Box<RawValue>>(b"[1,").is_err());
    }

    #[test]
    fn tells_the_place() {
        let error = from_slice::<Strict>(b"{\n \"number\": x}").unwrap_err();
        assert_eq!((error.line, error.column), (2, 11));
        assert_eq!(from_slice::<Strict>(b"").unwrap_err().line, 1);
    }

    proptest! {
        #[test]
        fn takes_the_texts_that_serde_json_takes(text in r#"[\[\]{}:,"\\a1\-.e \n]{0,24}|(\{("a":([0-9]{1,3}|"b"|null|\[1\]),?){0,3}\})"#) {
            agree::<BTreeMap<String, u64>>(&text);
            agree::<BTreeMap<String, Option<String>>>(&text);
            let is_json = serde_json::from_str::<IgnoredAny>(&text).is_ok();
            prop_assert_eq!(from_slice::<IgnoredAny>(text.as_bytes()).is_ok(), is_json);
        }
    }
}
