//! The body of a git-lfs batch request: a read only if no parser could interpret it as anything else.

use lychgate::request::{Content, Target};
use lychgate::routes::{Access, Class};
use serde_json::Value;

fn access(body: &[u8]) -> Access {
    let target = Target::parse("/acme/widget/info/lfs/objects/batch").unwrap();
    Class::LfsBatch.with_body(&target, Content::of_type("application/vnd.git-lfs+json"), body)
}

pub fn check(data: &[u8]) -> String {
    let found = access(data);
    assert!(matches!(found, Access::Read | Access::Write));
    if found == Access::Read {
        assert_beyond_doubt(data);
    }
    found.name().to_owned()
}

fn assert_beyond_doubt(data: &[u8]) {
    let text = str::from_utf8(data).unwrap();
    // Three parsers: one that takes the last of two keys, one that ignores case, and one in C that stops at a NUL. Servers
    // refuse or replace a number that is too large, or an unpaired surrogate: the operation stays the same.
    match serde_json::from_str::<Value>(text) {
        Ok(value) => {
            let object = value.as_object().unwrap();
            assert_eq!(object["operation"], "download");
            let alike = object
                .keys()
                .filter(|key| {
                    key.split(|character: char| {
                        !character.is_ascii_alphanumeric() && character != '-' && character != '_'
                    })
                    .any(|word| word.eq_ignore_ascii_case("operation"))
                })
                .count();
            assert_eq!(alike, 1);
        }
        Err(error) => assert!(
            [
                "number out of range",
                "unexpected end of hex escape",
                "lone leading surrogate"
            ]
            .iter()
            .any(|unread| error.to_string().starts_with(unread)),
            "{error}"
        ),
    }
    // Spaces around the body change nothing; anything else that is added makes it a write.
    assert_eq!(access(format!(" \t{text}\r\n").as_bytes()), Access::Read);
    let inside = text
        .trim_start_matches([' ', '\t', '\r', '\n'])
        .strip_prefix('{')
        .unwrap();
    for added in [
        r#""operation":"upload","#,
        r#""operation":"download","#,
        r#""OPERATION":"download","#,
        r#""\u006fperation":"upload","#,
        r#""operation\u0000":"upload","#,
    ] {
        assert_eq!(
            access(format!("{{{added}{inside}").as_bytes()),
            Access::Write,
            "{added}{inside}"
        );
    }
    // Members that git-lfs does not know may be an operation to others.
    assert_eq!(access(format!(r#"{{"x":1,{inside}"#).as_bytes()), Access::Write);
    assert_eq!(access(format!("{text}{text}").as_bytes()), Access::Write);
    assert_eq!(access(format!("[{text}]").as_bytes()), Access::Write);
    assert_eq!(access(format!("\u{feff}{text}").as_bytes()), Access::Write);
    assert_eq!(access(&data[..text.trim_end().len() - 1]), Access::Write);
}
