//! Other spellings of a JSON body that some parser reads as the same. Pure.

use crc::{CRC_32_ISO_HDLC, Crc};
use serde_json::{Map, Value};

use super::super::plain::Plain;
use super::super::variant::Variant;
use super::encoding::{ByteOrder, ebcdic, utf_7, utf_16, utf_32};
use super::{Scene, content_type};

/// Media types with which a body is read as JSON by some servers and not by others.
const TYPES: [&str; 14] = [
    "text/plain",
    "application/x-www-form-urlencoded",
    "application/json; charset=utf-16",
    "application/json; charset=utf-7",
    "APPLICATION/JSON",
    "application/json5",
    "application/ld+json",
    "application/x-ndjson",
    "application/x+json; q=1",
    "text/json",
    "*/json",
    "multipart/form-data; boundary=x",
    "application/octet-stream",
    "application/json, text/plain",
];

/// The variants of a request whose body is a JSON object; none for other bodies.
pub(super) fn variants(scene: &Scene<'_>) -> Vec<Variant> {
    let (plain, weaker) = (scene.plain, scene.weaker.as_slice());
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
    variants.extend(in_other_encodings(&itself, body));
    for (key, value) in &object {
        for other in other_values(key, value, weaker) {
            for (kind, pairs) in repeated(key, value, &other) {
                variants.push(with(kind, rewritten(&object, key, &pairs)));
            }
            variants.extend(hidden(&itself, &object, key, value, &other));
        }
        for (kind, pair) in respelled(key, value) {
            variants.push(with(kind, rewritten(&object, key, &pair)));
        }
    }
    variants
}

/// The key's values in weaker requests, and `null`.
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

/// The key twice, once with a weaker value, in the ways that parsers disagree about.
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

/// The key and its value in other spellings.
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

/// The object with one key's member replaced by other text.
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

/// The text with its first character escaped as JSON allows.
fn escaped(text: &str) -> String {
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => format!("\\u{:04x}{}", u32::from(first), characters.as_str()),
        None => String::new(),
    }
}

/// The body in encodings that older JSON specifications allowed, or that a charset names.
fn in_other_encodings(itself: &Variant, body: &str) -> Vec<Variant> {
    let media_type = itself
        .headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("Content-Type"))
        .map_or("application/json", |(_, value)| value.as_str());
    let escaped: String = body
        .chars()
        .map(|character| format!("\\u{:04x}", u32::from(character)))
        .collect();
    let mut variants = Vec::new();
    for (kind, charset, bytes) in [
        ("body in UTF-16", "utf-16", utf_16(body, ByteOrder::Little, true)),
        ("body in UTF-16", "utf-16", utf_16(body, ByteOrder::Big, true)),
        (
            "body in UTF-16",
            "utf-16le",
            utf_16(body, ByteOrder::Little, false),
        ),
        ("body in UTF-16", "utf-16be", utf_16(body, ByteOrder::Big, false)),
        ("body in UTF-32", "utf-32", utf_32(body, ByteOrder::Little, true)),
        ("body in UTF-32", "utf-32", utf_32(body, ByteOrder::Big, true)),
        (
            "body in UTF-32",
            "utf-32le",
            utf_32(body, ByteOrder::Little, false),
        ),
        ("body in UTF-32", "utf-32be", utf_32(body, ByteOrder::Big, false)),
        ("body in UTF-7", "utf-7", utf_7(body).into_bytes()),
        ("body in escapes", "unicode_escape", escaped.into_bytes()),
        ("body in EBCDIC", "ibm037", ebcdic(body)),
        ("body in EBCDIC", "cp500", ebcdic(body)),
    ] {
        let mut unsaid = itself.clone().kind(kind);
        unsaid.body = bytes.clone();
        variants.push(unsaid);
        let said = format!("{media_type}; charset={charset}");
        variants.push(itself.clone().kind(kind).saying(&said, bytes));
    }
    variants
}

/// Bodies that are JSON in two charsets: in UTF-8 they have the weaker value, and in the other charset they have the value,
/// because that charset turns a part of a string into quotes.
fn hidden(
    itself: &Variant,
    object: &Map<String, Value>,
    key: &str,
    value: &Value,
    other: &Value,
) -> Vec<Variant> {
    const QUOTE_IN_ESCAPES: &str = "\\u0022";
    let mut variants = Vec::new();
    for (kind, charset) in [
        ("value hidden in UTF-7", "utf-7"),
        ("value hidden in escapes", "unicode_escape"),
    ] {
        let told = format!("\",\"{key}\":{value}");
        let hide = |text: &str| match charset {
            "utf-7" => utf_7(text),
            _ => text.replace('"', QUOTE_IN_ESCAPES),
        };
        // For parsers in which the last of two members wins, and for those in which the first does.
        let last = format!(
            "\"{key}\":{other},\"x\":\"{}\"",
            hide(told.strip_suffix('"').unwrap_or(&told))
        );
        let first = format!(
            "\"x\":\"{}\",\"{key}\":{other}",
            hide(&format!("{told},\"y\":\""))
        );
        for text in [last, first] {
            let body = rewritten(object, key, &text);
            for media_type in ["application/json", "application/vnd.git-lfs+json"] {
                for content_type in content_type::spellings(media_type, charset) {
                    variants.push(itself.clone().kind(kind).saying(&content_type, body.clone()));
                }
            }
        }
    }
    variants
}

/// The bytes as gzip (RFC 1952) in one stored block (RFC 1951 section 3.2.4). Bytes beyond 64 KiB are returned unchanged.
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
