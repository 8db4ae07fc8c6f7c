//! The bodies that determine a class: the `operation` of a git-lfs batch request, and a JSON body that may name the parameter
//! by which the query makes a request less strict.
//!
//! Source: git-lfs `docs/api/batch.md`. The servers behind the gate parse the same bytes with parsers of their own (Go's ignores
//! case, others take the last of two keys), and many merge the parameters of the body with those of the query. A body
//! therefore counts only if all of them parse it alike. Knows nothing of routes or HTTP.

use crate::json;
use crate::request::decode_form;
use crate::request::skeleton::{may_mean, may_mean_slot};
use crate::text_search;

/// The longest body that is read to determine a class. git-lfs sends 100 objects at a time, about 15 KiB; Hub clients announce
/// 256 files at a time, about 200 KiB.
pub const MAXIMUM_DECIDING_BODY_BYTES: usize = 1024 * 1024;

/// Members that, in JavaScript, add further members to an object when it is copied or merged into another.
const PROTOTYPES: [&str; 2] = ["__proto__", "constructor"];

/// The members of a batch request that git-lfs and Hub clients send. Parsers that ignore punctuation take others for `operation`.
const BATCH_MEMBERS: [&str; 5] = ["operation", "transfers", "ref", "objects", "hash_algo"];

/// How deep texts in texts are read.
const MAXIMUM_TEXTS_WITHIN: usize = 3;

/// The operation of a batch request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    /// `download`: changes nothing.
    Download,
    /// `upload`, and everything that is not certainly a download.
    Upload,
}

impl Operation {
    /// Parses the body. The result is `Download` only for one JSON object with exactly one `operation`, which is `download`,
    /// and no members that git-lfs does not know.
    pub(crate) fn of(body: &[u8]) -> Self {
        // The whole body must be UTF-8: one server reads invalid bytes as a character, another as a quotation mark.
        let Ok(text) = str::from_utf8(body) else {
            return Self::Upload;
        };
        let mut operations = 0_usize;
        let mut is_download = false;
        let mut are_known = true;
        let read = json::whole_object(text, &mut |name, reader| {
            are_known &= BATCH_MEMBERS.contains(&name.as_ref());
            if name != "operation" {
                return json::skip(reader);
            }
            operations = operations.saturating_add(1);
            is_download = json::string(reader)? == "download";
            Ok(())
        });
        if read.is_ok() && is_download && are_known && operations == 1 {
            Self::Download
        } else {
            Self::Upload
        }
    }
}

/// Whether a JSON body may contain a parameter of this name: a member at any depth that some server reads as that name, or JSON
/// or form text in a value that does, or because it is not one JSON object in UTF-8.
pub(crate) fn may_name(body: &[u8], parameter: &str) -> bool {
    // As above, the whole body must be UTF-8.
    let Ok(text) = str::from_utf8(body) else {
        return true;
    };
    let mut is_named = false;
    let read = json::whole_object(text, &mut |name, reader| {
        is_named |= is_name(&name, parameter);
        json::walk(reader, &mut |is_member, reader| {
            let text = json::string(reader)?;
            is_named |= if is_member {
                is_name(&text, parameter)
            } else {
                text_may_name(&text, parameter, MAXIMUM_TEXTS_WITHIN)
            };
            Ok(())
        })
    });
    read.is_err() || is_named
}

/// Whether the name is one that a server reads as the parameter, or that adds others to an object.
fn is_name(name: &str, parameter: &str) -> bool {
    may_mean_slot(name, parameter) || PROTOTYPES.into_iter().any(|wanted| may_mean(name, wanted))
}

/// Whether a text in a value is JSON or a form that may name the parameter. `within` says how many texts more may be in it.
fn text_may_name(text: &str, parameter: &str, within: usize) -> bool {
    if text.trim_start().starts_with(['{', '[']) {
        let Some(within) = within.checked_sub(1) else {
            return true;
        };
        let mut is_named = false;
        let _read = json::walk_text(text, &mut |is_member, reader| {
            let text = json::string(reader)?;
            is_named |= (is_member && is_name(&text, parameter))
                || (!is_member && text_may_name(&text, parameter, within));
            Ok(())
        });
        return is_named;
    }
    let is_form = text_search::holds(text, "=") && !text.contains(char::is_whitespace);
    is_form
        && text
            .split(['&', ';'])
            .filter_map(|pair| pair.split_once('='))
            .any(|(name, _)| is_name(&decode_form(name), parameter))
}

#[cfg(test)]
mod tests {
    use super::{Operation, may_name};

    #[test]
    fn only_a_plain_download_is_a_download() {
        for body in [
            r#"{"operation":"download"}"#,
            r#" {"objects":[{"operation":"upload"}],"operation":"downl\u006fad"} "#,
        ] {
            assert_eq!(Operation::of(body.as_bytes()), Operation::Download, "{body}");
        }
        for body in [
            "",
            "{}",
            "\u{feff}{\"operation\":\"download\"}",
            r#"{"operation":"upload"}"#,
            r#"{"operation":"DOWNLOAD"}"#,
            r#"{"operation":"download "}"#,
            r#"{"operation":["download"]}"#,
            r#"{"Operation":"download"}"#,
            r#"{"operation":"upload","operation":"download"}"#,
            r#"{"operation":"download","OPERATION":"upload"}"#,
            r#"{"operation":"download","operati\u006fn":"download"}"#,
            r#"{"operation":"download","x":{"operation":"upload"}}"#,
            r#"{"operation":"download","_operation":"upload"}"#,
            r#"{"operation\u0000":"upload","operation":"download"}"#,
            r#"{"operation[]":"upload","operation":"download"}"#,
            r#"{" operation":"upload","operation":"download"}"#,
            r#"{"operation":"download"} {"operation":"upload"}"#,
            r#"{"operation":"download",}"#,
            r#"[{"operation":"download"}]"#,
        ] {
            assert_eq!(Operation::of(body.as_bytes()), Operation::Upload, "{body}");
        }
        let not_utf_8 = b"{\"operation\":\"download\",\"x\":\"\xc0\xa2\"}";
        assert_eq!(Operation::of(not_utf_8), Operation::Upload);
    }

    #[test]
    fn a_body_may_name_what_any_server_reads_in_it() {
        for body in [
            r#"{"create_pr":0}"#,
            r#"{"a":1,"Create_PR":0}"#,
            r#"{"create.pr":0}"#,
            r#"{"cre\u0061te_pr":0}"#,
            r#"{"create_pr[]":0}"#,
            r#"{"createPr":0}"#,
            r#"{"create\u200b_pr":0}"#,
            r#"{"key":"header","value":{"create_pr":0}}"#,
            r#"{"a":[[{"b":{"_create_pr":0}}]]}"#,
            r#"{"a":"{\"create_pr\":false}"}"#,
            r#"{"a":"[\"{\\\"create_pr\\\":0}\"]"}"#,
            r#"{"a":"&create%5Fpr=0&b="}"#,
            r#"{"__proto__":{"create_pr":0}}"#,
            r#"{"__pr\u006fto__":{}}"#,
            "",
            "[]",
            "{",
            "{}{}",
            "create_pr=0",
            "\u{feff}{}",
        ] {
            assert!(may_name(body.as_bytes(), "create_pr"), "{body}");
        }
        assert!(may_name(b"{\"x\":\"\xc0\xa2\"}", "create_pr"));
        for body in [
            " {} ",
            r#"{"key":"header","value":{"summary":"create_pr: 0","description":"[create_pr]"}}"#,
            r#"{"create":1,"pr":0}"#,
            r#"{"files":[{"path":"a=b","sample":"create_pr0"}]}"#,
        ] {
            assert!(!may_name(body.as_bytes(), "create_pr"), "{body}");
        }
    }
}
