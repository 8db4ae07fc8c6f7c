//! A JSON reader that works in place, one member after another (RFC 8259). It checks and skips what the caller does not
//! ask for, and it returns numbers as text, so none is rounded. The caller sees every member, including repeated names.

use std::borrow::Cow;

use hifijson::SliceLexer;
use hifijson::num::LexWrite as _;
use hifijson::str::{Lex as _, LexAlloc as _};
use hifijson::token::Lex as _;
use hifijson::{Read as _, num::Lex as _};

/// The text is not JSON, or not of the kind that the caller asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unread;

/// A text and the position up to which it has been read.
pub(crate) type Reader<'text> = SliceLexer<'text>;

/// A callback for one member of an object. It receives the name, and the reader before the value.
pub(crate) type Member<'take, 'text> =
    &'take mut dyn FnMut(Cow<'text, str>, &mut Reader<'text>) -> Result<(), Unread>;

/// Reads a text that is one object. If it is not, returns the byte position at which reading stopped.
pub(crate) fn whole_object<'text>(text: &'text str, member: Member<'_, 'text>) -> Result<(), usize> {
    let mut reader = Reader::new(text.as_bytes());
    let read = object(&mut reader, member).and_then(|()| match reader.ws_peek() {
        None => Ok(()),
        Some(_) => Err(Unread),
    });
    read.map_err(|Unread| text.len().saturating_sub(reader.as_slice().len()))
}

/// Reads an object. `member` must read each value, or skip it.
pub(crate) fn object<'text>(reader: &mut Reader<'text>, member: Member<'_, 'text>) -> Result<(), Unread> {
    take(reader, b'{')?;
    if reader.ws_peek() == Some(b'}') {
        return take(reader, b'}');
    }
    loop {
        let name = string(reader)?;
        take(reader, b':')?;
        member(name, reader)?;
        if reader.ws_peek() == Some(b'}') {
            return take(reader, b'}');
        }
        take(reader, b',')?;
    }
}

/// A callback for one item of an array. It receives the reader before the item, which it must read.
pub(crate) type Item<'take, 'text> = &'take mut dyn FnMut(&mut Reader<'text>) -> Result<(), Unread>;

/// Reads a text that is one array.
pub(crate) fn whole_array<'text>(text: &'text str, item: Item<'_, 'text>) -> Result<(), Unread> {
    let mut reader = Reader::new(text.as_bytes());
    array(&mut reader, item)?;
    match reader.ws_peek() {
        None => Ok(()),
        Some(_) => Err(Unread),
    }
}

/// Reads an array. `item` must read each item.
pub(crate) fn array<'text>(reader: &mut Reader<'text>, item: Item<'_, 'text>) -> Result<(), Unread> {
    take(reader, b'[')?;
    if reader.ws_peek() == Some(b']') {
        return take(reader, b']');
    }
    loop {
        item(reader)?;
        if reader.ws_peek() == Some(b']') {
            return take(reader, b']');
        }
        take(reader, b',')?;
    }
}

/// Reads a string. An unpaired surrogate is an error.
pub(crate) fn string<'text>(reader: &mut Reader<'text>) -> Result<Cow<'text, str>, Unread> {
    take(reader, b'"')?;
    reader.str_string().map_err(|_| Unread)
}

/// Reads a number as it is written.
pub(crate) fn number<'text>(reader: &mut Reader<'text>) -> Result<&'text str, Unread> {
    reader.eat_whitespace();
    let (digits, _parts) = reader.num_string().validated().map_err(|_| Unread)?;
    Ok(digits)
}

/// The value of a JSON number that is whole, however it is written: JSON has one kind of number, and 90.0, 9e1 and 90 are equal
/// (JSON Schema Core section 4.2.1). `None` if it is not whole, negative, or beyond 64 bits.
pub(crate) fn whole_number(text: &str) -> Option<u64> {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let fraction = fraction.trim_end_matches('0');
    let digits = [whole, fraction].concat();
    let exponent: i64 = exponent.parse().ok()?;
    let scale = exponent.checked_sub(i64::try_from(fraction.len()).ok()?)?;
    let shift = u32::try_from(scale.unsigned_abs()).ok()?;
    if scale < 0 {
        let (kept, cut) = digits.split_at_checked(digits.len().checked_sub(usize::try_from(shift).ok()?)?)?;
        cut.bytes()
            .all(|digit| digit == b'0')
            .then(|| kept.parse().ok())?
    } else {
        digits
            .parse::<u64>()
            .ok()?
            .checked_mul(10_u64.checked_pow(shift)?)
    }
}

/// A callback for one string. It receives whether this is a member's name, and the reader before the string, which it must read.
pub(crate) type Text<'take, 'text> = &'take mut dyn FnMut(bool, &mut Reader<'text>) -> Result<(), Unread>;

/// Skips a value of any depth.
pub(crate) fn skip(reader: &mut Reader<'_>) -> Result<(), Unread> {
    walk(reader, &mut |_, reader| skip_string(reader))
}

/// Reads a text that begins with a value, string by string.
pub(crate) fn walk_text<'text>(text: &'text str, string: Text<'_, 'text>) -> Result<(), Unread> {
    walk(&mut Reader::new(text.as_bytes()), string)
}

/// Reads a value of any depth, string by string.
pub(crate) fn walk<'text>(reader: &mut Reader<'text>, string: Text<'_, 'text>) -> Result<(), Unread> {
    // The closing characters of all arrays and objects that are open.
    let mut ends = Vec::new();
    loop {
        match reader.ws_peek().ok_or(Unread)? {
            b'"' => string(false, reader)?,
            b'-' | b'0'..=b'9' => {
                let _parts = reader.num_ignore().validate().map_err(|_| Unread)?;
            }
            b'[' => {
                take(reader, b'[')?;
                ends.push(b']');
                if reader.ws_peek() != Some(b']') {
                    continue;
                }
            }
            b'{' => {
                take(reader, b'{')?;
                ends.push(b'}');
                if reader.ws_peek() != Some(b'}') {
                    string(true, reader)?;
                    take(reader, b':')?;
                    continue;
                }
            }
            _ => {
                let _null_true_or_false = reader.null_or_bool().ok_or(Unread)?;
            }
        }
        // The value is complete. Either the values around it are complete too, or another value follows.
        loop {
            let Some(end) = ends.last().copied() else {
                return Ok(());
            };
            if reader.ws_peek() != Some(end) {
                take(reader, b',')?;
                if end == b'}' {
                    string(true, reader)?;
                    take(reader, b':')?;
                }
                break;
            }
            take(reader, end)?;
            ends.pop();
        }
    }
}

fn skip_string(reader: &mut Reader<'_>) -> Result<(), Unread> {
    take(reader, b'"')?;
    reader.str_ignore().map_err(|_| Unread)
}

/// Skips spaces, then reads that byte.
pub(super) fn take(reader: &mut Reader<'_>, byte: u8) -> Result<(), Unread> {
    if reader.ws_peek() != Some(byte) {
        return Err(Unread);
    }
    reader.take_next();
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::de::IgnoredAny;
    use serde_json::Value;

    use super::{skip, string, whole_number, whole_object};

    fn names(text: &str) -> Option<Vec<String>> {
        let mut names = Vec::new();
        whole_object(text, &mut |name, reader| {
            names.push(name.into_owned());
            skip(reader)
        })
        .ok()
        .map(|()| names)
    }

    /// Whether serde_json accepts the value too.
    fn is_json(value: &str) -> bool {
        serde_json::from_str::<IgnoredAny>(value).is_ok()
    }

    #[test]
    fn tells_where_it_stopped() {
        for (text, at) in [
            ("", 0),
            ("{", 1),
            ("{\"a\" 1}", 5),
            ("{} x", 3),
            ("{\"a\":1,}", 7),
        ] {
            assert_eq!(
                whole_object(text, &mut |_, reader| skip(reader)),
                Err(at),
                "{text}"
            );
        }
    }

    #[test]
    fn skips_what_is_a_value_and_nothing_else() {
        for value in [
            "0",
            "-0",
            "00",
            "01",
            "-",
            "+1",
            "1.",
            ".5",
            "1.5",
            "1e5",
            "1E+05",
            "1e",
            "1e+",
            "1.e5",
            "1.5.5",
            "1e5e5",
            "-01",
            "0e1",
            "1e999999",
            "NaN",
            "Infinity",
            "null",
            "nul",
            "nulll",
            "true",
            "True",
            "false",
            "fals",
            "[",
            "[]",
            "[ ]",
            "[,]",
            "[1,]",
            "[1,2]",
            "[1 2]",
            "[1}",
            "{]",
            "{}",
            "{ }",
            "{,}",
            "{\"a\":1,}",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1}",
            "{a:1}",
            "{1:1}",
            "{\"a\":1 \"b\":2}",
            "[{\"a\":[{}]},[]]",
            "[[[]]",
            "'a'",
            "\"",
            "\"a",
            "\"\\\"",
            "\"\\x\"",
            "\"\\u00e\"",
            "\"\\u00e9\"",
            "\"\\ud800\"",
            "\"\\uDC00\\ud800\"",
            "\"\t\"",
            "\"\u{7f}\"",
            "\"\u{1f}\"",
            "\u{a0}1",
            "\u{b}1",
            "\u{c}1",
            "1\u{feff}",
            "/**/1",
            "\t\r\n 1 \n",
        ] {
            assert_eq!(
                names(&format!("{{\"x\":{value}}}")).is_some(),
                is_json(value),
                "{value:?}"
            );
        }
        let deep = "[".repeat(1 << 20) + &"]".repeat(1 << 20);
        assert_eq!(names(&format!("{{\"x\":{deep}}}")), Some(vec!["x".to_owned()]));
    }

    #[test]
    fn whole_numbers_are_whole_in_any_spelling() {
        for (text, expected) in [
            ("0", Some(0)),
            ("60", Some(60)),
            ("60.0", Some(60)),
            ("6e1", Some(60)),
            ("6E+1", Some(60)),
            ("0.6e2", Some(60)),
            ("6000e-2", Some(60)),
            ("60.00e0", Some(60)),
            ("1.75e9", Some(1_750_000_000)),
            ("18446744073709551615", Some(u64::MAX)),
            ("18446744073709551616", None),
            ("1.5", None),
            ("6e-1", None),
            ("6e-2", None),
            ("1e300", None),
            ("1e99999999999999999999", None),
            ("-1", None),
            ("-1.0", None),
            ("\"60\"", None),
            ("null", None),
            ("", None),
        ] {
            assert_eq!(whole_number(text), expected, "{text}");
        }
    }

    #[test]
    fn strings_are_read_as_serde_json_reads_them() {
        for text in [
            r#""""#,
            r#""a""#,
            r#""\"\\\/\b\f\n\r\t""#,
            r#""\u0061\u00E9\u00e9""#,
            r#""\ud83d\ude00""#,
            r#""\ud83d""#,
            r#""\ud83dx""#,
            r#""\ud83d\u0061""#,
            r#""\ude00""#,
            r#""\u0000""#,
            r#""\u12""#,
            r#""\u+123""#,
            r#""\U0061""#,
            "\"\n\"",
            "\"é\u{1f600}\"",
            r#""a"#,
            "a",
            "1",
        ] {
            let mut read = None;
            let fault = whole_object(&format!("{{\"x\":{text}}}"), &mut |_, reader| {
                read = Some(string(reader)?.into_owned());
                Ok(())
            });
            let expected = serde_json::from_str::<String>(text).ok();
            assert_eq!(read.filter(|_| fault.is_ok()), expected, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn names_are_those_that_serde_json_reads(text in r#"[{][\]{}",:ue0-9.\\ a\-+tx\n]{0,24}[}]"#) {
            let expected = serde_json::from_str::<IgnoredAny>(&text).is_ok();
            let read = names(&text);
            if let (Some(read), Ok(Value::Object(object))) = (&read, serde_json::from_str::<Value>(&text)) {
                prop_assert!(object.keys().all(|name| read.contains(name)));
                prop_assert!(read.iter().all(|name| object.contains_key(name)));
            }
                        // A name must be a string, but names within skipped values are not read.
            prop_assert!(expected || read.is_none(), "{}", text);
            prop_assert!(!expected || read.is_some() || text.contains("\\u"), "{}", text);
        }

        #[test]
        fn what_was_changed_is_json_where_serde_json_says_so(at: prop::sample::Index, byte in 0_u8..0x80, cut: bool) {
            let mut value =
                br#"[{"a\u00e9":[-1.5e+3,0,null,true,false,"\"\\\ud83d\ude00"],"b":{}},[],[[{"c":1}]]]"#.to_vec();
            let at = at.index(value.len());
            if cut {
                value.remove(at);
            } else {
                value[at] = byte;
            }
            let value = String::from_utf8(value).unwrap();
            prop_assert_eq!(names(&format!("{{\"x\":{value}}}")).is_some(), is_json(&value), "{}", value);
        }
    }
}
