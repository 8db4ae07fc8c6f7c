//! Restrictions as JSON: a list of objects with one member each.

use std::fmt;

use serde::Serialize;
use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Error as _, Serializer};
use serde_json::value::RawValue;

use super::{MAXIMUM_VALUE_BYTES, Restriction, RestrictionError, Restrictions, separator_of};
use crate::json::{
    Reader, Unread, array, from_slice, number, object, push_escaped, push_number, string, whole_array,
    whole_number,
};
use crate::token::Timestamp;

impl Restrictions {
    /// As JSON.
    pub fn to_json(&self) -> String {
        let mut json = "[".to_owned();
        for (index, restriction) in self.iter().enumerate() {
            json.push_str(if index == 0 { "{\"" } else { ",{\"" });
            json.push_str(restriction.name());
            json.push_str("\":");
            restriction.push_value(&mut json);
            json.push('}');
        }
        json.push(']');
        json
    }

    /// From JSON.
    ///
    /// # Errors
    /// [`RestrictionsError`] says which part of it is wrong, and what was expected there.
    pub fn from_json(json: &str) -> Result<Self, RestrictionsError> {
        let mut restrictions = Vec::new();
        let mut error = RestrictionsError::expected(Expected::Restrictions);
        whole_array(json, &mut |reader| {
            match restriction(reader) {
                Ok(restriction) => restrictions.push(restriction),
                Err(inner) => {
                    error = RestrictionsError {
                        index: Some(restrictions.len()),
                        ..inner
                    };
                    return Err(Unread);
                }
            }
            Ok(())
        })
        .map_err(|Unread| error)?;
        Self::new(restrictions).map_err(|_| RestrictionsError::expected(Expected::Fewer))
    }
}

/// Why JSON is no list of restrictions: where it is wrong, and what was expected there. It repeats nothing of the JSON but a
/// kind's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RestrictionsError {
    /// Which of the restrictions.
    index: Option<usize>,
    /// The restriction's kind.
    name: Option<&'static str>,
    /// Which of its entries.
    entry: Option<usize>,
    expected: Expected,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    Restrictions,
    Fewer,
    Kind,
    Role,
    Time,
    Entries,
    Repository,
    Area,
    Network,
    Request,
    Shorter,
}

impl RestrictionsError {
    const fn expected(expected: Expected) -> Self {
        Self {
            index: None,
            name: None,
            entry: None,
            expected,
        }
    }

    const fn of(name: &'static str, expected: Expected) -> Self {
        Self {
            name: Some(name),
            ..Self::expected(expected)
        }
    }
}

impl fmt::Display for RestrictionsError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("restrictions")?;
        if let Some(index) = self.index {
            write!(formatter, "[{index}]")?;
        }
        if let Some(name) = self.name {
            write!(formatter, ".{name}")?;
        }
        if let Some(entry) = self.entry {
            write!(formatter, "[{entry}]")?;
        }
        formatter.write_str(": expected ")?;
        formatter.write_str(match self.expected {
            Expected::Restrictions => "a list of objects, such as [{\"repositories\":[\"acme/widget\"]}]",
            Expected::Fewer => "at most 8",
            Expected::Kind => {
                "an object with one member: role, expires, repositories, areas, networks or requests"
            }
            Expected::Role => "\"read\" or \"write\"",
            Expected::Time => "a time in whole seconds since 1970, and not 0",
            Expected::Entries => "a list of strings that is not empty",
            Expected::Repository => {
                "namespace/name or kind/namespace/name, where each part may be *, such as datasets/acme/*"
            }
            Expected::Area => "a word of a-z 0-9 -, such as git",
            Expected::Network => {
                "an address block whose bits behind the prefix are 0, such as 203.0.113.0/24; one address is \
                 203.0.113.7/32"
            }
            Expected::Request => {
                "methods with commas between them, a space and a path as in route tables, such as \
                 POST /v1/chat/completions"
            }
            Expected::Shorter => "at most 255 characters in all",
        })
    }
}

impl std::error::Error for RestrictionsError {}

/// Reads one restriction: an object with one member.
fn restriction(reader: &mut Reader<'_>) -> Result<Restriction, RestrictionsError> {
    let mut outcome = None;
    let whole = object(reader, &mut |name, reader| {
        // A second member, of the same name or another, makes it two restrictions or none.
        let is_first = outcome.is_none();
        outcome = Some(if is_first {
            value(&name, reader)
        } else {
            Err(RestrictionsError::expected(Expected::Kind))
        });
        match outcome {
            Some(Ok(_)) => Ok(()),
            Some(Err(_)) | None => Err(Unread),
        }
    });
    match (outcome, whole) {
        (Some(Err(error)), _) => Err(error),
        (Some(Ok(restriction)), Ok(())) => Ok(restriction),
        (Some(Ok(_)), Err(Unread)) | (None, _) => Err(RestrictionsError::expected(Expected::Kind)),
    }
}

fn value(name: &str, reader: &mut Reader<'_>) -> Result<Restriction, RestrictionsError> {
    match name {
        "role" => string(reader)
            .ok()
            .and_then(|role| role.parse().ok())
            .map(Restriction::Role)
            .ok_or(RestrictionsError::of("role", Expected::Role)),
        "expires" => number(reader)
            .ok()
            .and_then(whole_number)
            .and_then(|time| Timestamp::try_from(time).ok())
            .filter(|time| *time != 0)
            .map(Restriction::Expires)
            .ok_or(RestrictionsError::of("expires", Expected::Time)),
        "repositories" => list(3, "repositories", Expected::Repository, reader),
        "areas" => list(4, "areas", Expected::Area, reader),
        "networks" => list(5, "networks", Expected::Network, reader),
        "requests" => list(6, "requests", Expected::Request, reader),
        _ => Err(RestrictionsError::expected(Expected::Kind)),
    }
}

/// Reads the entries of a restriction that is a list, each of which must be one by itself.
fn list(
    kind: u8,
    name: &'static str,
    expected: Expected,
    reader: &mut Reader<'_>,
) -> Result<Restriction, RestrictionsError> {
    let separator = separator_of(kind);
    let (mut text, mut count) = (String::new(), 0_usize);
    let mut error = RestrictionsError::of(name, Expected::Entries);
    array(reader, &mut |reader| {
        let entry = string(reader)?;
        // An entry that holds what separates two would be two. What is long is said of all of them.
        let is_one = !entry.contains(separator)
            && (entry.len() > MAXIMUM_VALUE_BYTES || Restriction::from_list(kind, &entry).is_ok());
        if !is_one {
            error.expected = expected;
            error.entry = Some(count);
            return Err(Unread);
        }
        if count > 0 {
            text.push(separator);
        }
        text.push_str(&entry);
        count = count.saturating_add(1);
        Ok(())
    })
    .map_err(|Unread| error)?;
    Restriction::from_list(kind, &text).map_err(|wrong| {
        RestrictionsError::of(
            name,
            if wrong == RestrictionError::Long {
                Expected::Shorter
            } else {
                Expected::Entries
            },
        )
    })
}

impl Restriction {
    fn push_value(&self, json: &mut String) {
        match self {
            Self::Role(role) => push_text(json, role.name()),
            Self::Expires(at) => push_number(json, at),
            Self::Repositories(_) | Self::Areas(_) | Self::Networks(_) | Self::Requests(_) => {
                json.push('[');
                for (index, entry) in self.list().split(self.separator()).enumerate() {
                    if index > 0 {
                        json.push(',');
                    }
                    push_text(json, entry);
                }
                json.push(']');
            }
        }
    }
}

fn push_text(json: &mut String, text: &str) {
    json.push('"');
    push_escaped(json, text);
    json.push('"');
}

/// Only to JSON.
impl Serialize for Restrictions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let json: Box<RawValue> = from_slice(self.to_json().as_bytes()).map_err(S::Error::custom)?;
        json.serialize(serializer)
    }
}

/// Only from JSON.
impl<'de> Deserialize<'de> for Restrictions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json: Box<RawValue> = Deserialize::deserialize(deserializer)?;
        Self::from_json(json.get()).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::Restrictions;

    #[test]
    fn what_is_written_is_read_again() {
        let all = [
            "role=read",
            "expires=1750000000",
            "repositories=acme/widget,datasets/acme/*",
            "areas=git",
            "networks=203.0.113.0/24,2001:db8::/32",
            "requests=GET /a|b/{x};POST,PUT /c",
        ];
        let restrictions = Restrictions::new(all.iter().map(|text| text.parse().unwrap()).collect()).unwrap();
        let json = restrictions.to_json();
        assert_eq!(
            json,
            r#"[{"role":"read"},{"expires":1750000000},{"repositories":["acme/widget","datasets/acme/*"]},{"areas":["git"]},{"networks":["203.0.113.0/24","2001:db8::/32"]},{"requests":["GET /a|b/{x}","POST,PUT /c"]}]"#
        );
        assert_eq!(serde_json::to_string(&restrictions).unwrap(), json);
        assert_eq!(serde_json::from_str::<Restrictions>(&json).unwrap(), restrictions);
    }

    #[test]
    fn reads_nothing_else() {
        for json in [
            "{}",
            "[{}]",
            r#"["role=read"]"#,
            r#"[{"role":"read","areas":["git"]}]"#,
            r#"[{"role":["read"]}]"#,
            r#"[{"role":"admin"}]"#,
            r#"[{"expires":"1750000000"}]"#,
            r#"[{"expires":0}]"#,
            r#"[{"expires":1.5}]"#,
            r#"[{"expires":4294967296}]"#,
            r#"[{"areas":"git"}]"#,
            r#"[{"areas":[]}]"#,
            r#"[{"areas":[7]}]"#,
            r#"[{"areas":["git,"]}]"#,
            r#"[{"areas":["git,api"]}]"#,
            r#"[{"requests":["GET /a;GET /b"]}]"#,
            r#"[{"requests":["GET /a\nGET /b"]}]"#,
            r#"[{"owner":["alice"]}]"#,
            r#"[{"role":"read","role":"write"}]"#,
            r#"[{"role":"write","role":"write"}]"#,
            r#"[{"repositories":["*/*"],"repositories":["acme/widget"]}]"#,
            r#"[{"areas":["git"]},]"#,
            r#"[{"areas":["git"]}"#,
            r#"[{"areas":["git"]}] x"#,
            "null",
            "",
        ] {
            assert!(serde_json::from_str::<Restrictions>(json).is_err(), "{json}");
            assert!(Restrictions::from_json(json).is_err(), "{json}");
        }
    }

    #[test]
    fn says_which_part_is_wrong_and_what_was_expected() {
        let long = format!(r#"[{{"areas":["{}"]}}]"#, ["a"; 129].join("\",\""));
        let nine = format!("[{}]", [r#"{"role":"read"}"#; 9].join(","));
        for (json, expected) in [
            ("7", "restrictions: expected a list of objects"),
            (&nine, "restrictions: expected at most 8"),
            ("[7]", "restrictions[0]: expected an object with one member"),
            (
                r#"[{"role":"read"},{}]"#,
                "restrictions[1]: expected an object with one member",
            ),
            (
                r#"[{"owner":[]}]"#,
                "restrictions[0]: expected an object with one member",
            ),
            (
                r#"[{"role":"admin"}]"#,
                r#"restrictions[0].role: expected "read" or "write""#,
            ),
            (r#"[{"expires":-1}]"#, "restrictions[0].expires: expected a time"),
            (
                r#"[{"repositories":"a/b"}]"#,
                "restrictions[0].repositories: expected a list of strings",
            ),
            (
                r#"[{"repositories":[]}]"#,
                "restrictions[0].repositories: expected a list of strings",
            ),
            (
                r#"[{"repositories":["a/b",1]}]"#,
                "restrictions[0].repositories: expected a list of strings",
            ),
            (
                r#"[{"repositories":["a/b","c"]}]"#,
                "restrictions[0].repositories[1]: expected namespace/name",
            ),
            (
                r#"[{"repositories":["a/b,c/d"]}]"#,
                "restrictions[0].repositories[0]: expected namespace/name",
            ),
            (
                r#"[{"areas":["git","Git"]}]"#,
                "restrictions[0].areas[1]: expected a word",
            ),
            (
                r#"[{"networks":["10.0.0.1/8"]}]"#,
                "restrictions[0].networks[0]: expected an address block",
            ),
            (
                r#"[{"requests":["HEAD /a"]}]"#,
                "restrictions[0].requests[0]: expected methods",
            ),
            (
                r#"[{"requests":["GET /a\nGET /b"]}]"#,
                "restrictions[0].requests[0]: expected methods",
            ),
            (&long, "restrictions[0].areas: expected at most 255 characters"),
        ] {
            let error = Restrictions::from_json(json).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{json}: {error}");
        }
    }

    #[test]
    fn a_whole_number_may_be_written_in_any_way() {
        for json in ["1750000000", "1750000000.0", "1.75e9"] {
            let restrictions = Restrictions::from_json(&format!(r#"[{{"expires":{json}}}]"#)).unwrap();
            assert_eq!(restrictions.to_json(), r#"[{"expires":1750000000}]"#);
        }
    }
}
