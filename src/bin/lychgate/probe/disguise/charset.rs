//! A query in the encoding that a `Content-Type` names, although there is no body: some frameworks decode the query by it. Pure.

use super::super::variant::Variant;
use super::encoding::{ByteOrder, ebcdic, escape_first, percent, utf_7, utf_7_first, utf_16, utf_32};
use super::{Scene, content_type, parameter};

pub(super) fn variants(scene: &Scene<'_>) -> Vec<Variant> {
    let plain = scene.plain;
    let Some(query) = plain.query() else {
        return Vec::new();
    };
    let mut variants = Vec::new();
    for (kind, charset, spelled) in spelled(query) {
        for media_type in content_type::MEDIA_TYPES {
            let variant = Variant::plain(plain).kind(kind).without("Content-Type");
            variants.push(
                variant
                    .at(format!("{}?{spelled}", plain.path()))
                    .with("Content-Type", &format!("{media_type}; charset={charset}")),
            );
        }
    }
    // One spelling of the query with every spelling of the type.
    let query = by_parameter(query, utf_7_first);
    for content_type in content_type::spellings("text/plain", "utf-7") {
        let variant = Variant::plain(plain)
            .kind("query in UTF-7")
            .without("Content-Type");
        variants.push(
            variant
                .at(format!("{}?{query}", plain.path()))
                .with("Content-Type", &content_type),
        );
    }
    variants
}

/// The query in other encodings: the kind, the name of the charset, and the encoded query.
fn spelled(query: &str) -> Vec<(&'static str, &'static str, String)> {
    let mut spelled = Vec::new();
    for charset in ["utf-7", "utf7", "unicode-1-1-utf-7"] {
        let encodings = [
            by_parameter(query, utf_7_first),
            by_parameter(query, |text| utf_7_first(text).replacen('+', "%2B", 1)),
            by_parameter(query, utf_7),
            utf_7(query),
            format!("x=1{}{query}", utf_7("&")),
            query.replacen('=', &utf_7("="), 1),
            // A parser without UTF-7 sees the value end in the middle.
            format!("x={}&{query}", utf_7("&")),
        ];
        for encoding in encodings {
            spelled.push(("query in UTF-7", charset, encoding));
        }
    }
    for charset in ["unicode_escape", "raw_unicode_escape"] {
        spelled.push(("query in escapes", charset, by_parameter(query, escape_first)));
        let encoded = by_parameter(query, |text| escape_first(text).replacen('\\', "%5C", 1));
        spelled.push(("query in escapes", charset, encoded));
    }
    let unicode: [(&'static str, ByteOrder, bool); 4] = [
        ("16", ByteOrder::Little, true),
        ("16le", ByteOrder::Little, false),
        ("16be", ByteOrder::Big, false),
        ("16", ByteOrder::Big, true),
    ];
    for (suffix, byte_order, has_mark) in unicode {
        let charset = match suffix {
            "16le" => "utf-16le",
            "16be" => "utf-16be",
            _ => "utf-16",
        };
        let encode = |text: &str| percent(&utf_16(text, byte_order, has_mark));
        spelled.push(("query in UTF-16", charset, by_parameter(query, encode)));
        spelled.push(("query in UTF-16", charset, encode(query)));
    }
    for (charset, byte_order, has_mark) in [
        ("utf-32", ByteOrder::Little, true),
        ("utf-32le", ByteOrder::Little, false),
        ("utf-32be", ByteOrder::Big, false),
    ] {
        let encode = |text: &str| percent(&utf_32(text, byte_order, has_mark));
        spelled.push(("query in UTF-32", charset, by_parameter(query, encode)));
    }
    for charset in ["ibm037", "cp037"] {
        let encoded = by_parameter(query, |text| percent(&ebcdic(text)));
        spelled.push(("query in EBCDIC", charset, encoded));
    }
    for (charset, shift) in [
        ("iso-2022-jp", "%1B%28B"),
        ("iso-2022-kr", "%0F"),
        ("hz-gb-2312", "~%0A"),
    ] {
        let shifted = by_parameter(query, |text| format!("{shift}{text}"));
        spelled.push(("query with shifts", charset, shifted));
    }
    spelled
}

/// The query with its names changed.
fn by_parameter(query: &str, change: impl Fn(&str) -> String) -> String {
    parameter::of(Some(query))
        .map(|(name, value)| format!("{}={value}", change(name)))
        .collect::<Vec<_>>()
        .join("&")
}
