//! Other ways to write a JSON body, which some parser reads as the same. Pure.

use crc::{CRC_32_ISO_HDLC, Crc};
use serde_json::{Map, Value};

use super::plain::Plain;
use super::variant::Variant;

/// The media types under which a body is read as JSON, or is not.
const TYPES: [&str; 5] = [
    "text/plain",
    "application/x-www-form-urlencoded",
    "application/json; charset=utf-16",
    "application/json; charset=utf-7",
    "APPLICATION/JSON",
];

/// The variants of a request whose body is a JSON object; none where it is not.
pub(crate) fn variants(plain: &Plain, weaker: &[&Plain]) -> Vec<Variant> {
    let itself = Variant::plain(plain);
    let Ok(object) = serde_json::from_str::<Map<String, Value>>(&plain.body) else {
        return Vec::new();
    };
    let body = plain.body.as_str();
    let with = |kind, body: Vec<u8>| {
        let mut variant = itself.clone().kind(kind);
        variant.body = body;
        variant
    };
    let mut variants = vec![
        with("byte order mark", [b"\xef\xbb\xbf", body.as_bytes()].concat()),
        with("body in UTF-16", utf_16(body, false)),
        with("body in UTF-16", utf_16(body, true)),
        with("body in UTF-32", utf_32(body)),
        with("comment in the body", format!("/**/{body}").into_bytes()),
        with("body in an array", format!("[{body}]").into_bytes()),
        with("two documents", format!("{body}{body}").into_bytes()),
        with("space before the body", format!("\n\t {body}").into_bytes()),
        with("NUL after the body", format!("{body}\0").into_bytes()),
        with("single quotes", body.replace('"', "'").into_bytes()),
        itself.clone().kind("no content type").without("Content-Type"),
        with("body in gzip", gzip(body.as_bytes())).with("Content-Encoding", "gzip"),
        with("body in gzip, unsaid", gzip(body.as_bytes())),
    ];
    for media_type in TYPES {
        let variant = itself.clone().kind("another content type");
        variants.push(variant.saying(media_type, body));
    }
    let utf_16_type = "application/json; charset=utf-16le";
    variants.push(
        itself
            .clone()
            .kind("body in UTF-16")
            .saying(utf_16_type, utf_16(body, false)),
    );
    for (key, value) in &object {
        for other in other_values(key, value, weaker) {
            for (kind, pairs) in repeated(key, value, &other) {
                variants.push(with(kind, rewritten(&object, key, &pairs)));
            }
        }
        for (kind, pair) in respelled(key, value) {
            variants.push(with(kind, rewritten(&object, key, &pair)));
        }
    }
    variants
}

/// What the key says in weaker requests, and nothing.
fn other_values(key: &str, value: &Value, weaker: &[&Plain]) -> Vec<Value> {
    let mut others: Vec<Value> = weaker
        .iter()
        .filter_map(|weaker| {
            serde_json::from_str::<Map<String, Value>>(&weaker.body)
                .ok()?
                .remove(key)
        })
        .filter(|other| other != value)
        .collect();
    others.dedup();
    if others.is_empty() {
        others.push(Value::Null);
    }
    others
}

/// The key twice, with a weaker value, in the ways that parsers disagree about.
fn repeated(key: &str, value: &Value, other: &Value) -> Vec<(&'static str, String)> {
    let upper = key.to_ascii_uppercase();
    let escaped = escaped(key);
    vec![
        ("repeated key", format!("\"{key}\":{other},\"{key}\":{value}")),
        ("repeated key", format!("\"{key}\":{value},\"{key}\":{other}")),
        (
            "repeated key, one escaped",
            format!("\"{key}\":{other},\"{escaped}\":{value}"),
        ),
        (
            "repeated key, another case",
            format!("\"{key}\":{other},\"{upper}\":{value}"),
        ),
        (
            "repeated key, another case",
            format!("\"{upper}\":{value},\"{key}\":{other}"),
        ),
        (
            "repeated key, with a NUL",
            format!("\"{key}\":{other},\"{key}\\u0000\":{value}"),
        ),
        (
            "repeated key, lone surrogate",
            format!("\"{key}\":{other},\"{key}\\ud800\":{value}"),
        ),
        (
            "key in a comment",
            format!("/*\"{key}\":{value},*/\"{key}\":{other}"),
        ),
        (
            "key after a comment",
            format!("\"{key}\":{other}/*,*/,\"{key}\":{value}"),
        ),
    ]
}

/// The key and its value, in other spellings.
fn respelled(key: &str, value: &Value) -> Vec<(&'static str, String)> {
    let text = value.as_str().unwrap_or_default();
    vec![
        (
            "key in upper case",
            format!("\"{}\":{value}", key.to_ascii_uppercase()),
        ),
        ("escaped key", format!("\"{}\":{value}", escaped(key))),
        (
            "value in upper case",
            format!("\"{key}\":\"{}\"", text.to_ascii_uppercase()),
        ),
        ("escaped value", format!("\"{key}\":\"{}\"", escaped(text))),
        ("value in an array", format!("\"{key}\":[{value}]")),
        ("value after a space", format!("\"{key}\":\" {text}\"")),
        ("value before a NUL", format!("\"{key}\":\"{text}\\u0000\"")),
        ("comma at the end", format!("\"{key}\":{value},")),
    ]
}

/// The object with other text in one key's place.
fn rewritten(object: &Map<String, Value>, key: &str, text: &str) -> Vec<u8> {
    let members: Vec<String> = object
        .iter()
        .map(|(held, value)| {
            if held == key {
                text.to_owned()
            } else {
                format!("{}:{value}", Value::from(held.as_str()))
            }
        })
        .collect();
    format!("{{{}}}", members.join(",")).into_bytes()
}

/// The text with its first character as JSON may escape it.
fn escaped(text: &str) -> String {
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => format!("\\u{:04x}{}", u32::from(first), characters.as_str()),
        None => String::new(),
    }
}

fn utf_16(text: &str, has_mark: bool) -> Vec<u8> {
    let mark = has_mark.then_some(0xfeff);
    mark.into_iter()
        .chain(text.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect()
}

fn utf_32(text: &str) -> Vec<u8> {
    text.chars()
        .flat_map(|character| u32::from(character).to_le_bytes())
        .collect()
}

/// The bytes as gzip (RFC 1952) in one stored block (RFC 1951 section 3.2.4); longer than 64 KiB they stay as they are.
fn gzip(bytes: &[u8]) -> Vec<u8> {
    let Ok(length) = u16::try_from(bytes.len()) else {
        return bytes.to_vec();
    };
    let header: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    [
        header.as_slice(),
        &[1],
        &length.to_le_bytes(),
        &(!length).to_le_bytes(),
        bytes,
        &Crc::<u32>::new(&CRC_32_ISO_HDLC).checksum(bytes).to_le_bytes(),
        &u32::from(length).to_le_bytes(),
    ]
    .concat()
}
