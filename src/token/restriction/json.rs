//! Restrictions as JSON: a list of objects with one member each.

use serde::Serialize;
use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{SerializeMap, Serializer};
use serde_json::Value;

use super::{Restriction, Restrictions};
use crate::json::{push_escaped, push_number};

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

    /// From an object with one member; `None` where it is none.
    fn from_json(value: &Value) -> Option<Self> {
        let members = value.as_object()?;
        let (name, value) = members.iter().next().filter(|_| members.len() == 1)?;
        let text = match value {
            Value::String(role) if name == "role" => role.clone(),
            Value::Number(at) if name == "expires" => at.to_string(),
            Value::Array(entries) if name != "role" && name != "expires" => {
                let entries: Option<Vec<&str>> = entries.iter().map(Value::as_str).collect();
                let entries = entries?;
                let (separators, separator): (&[char], _) = if name == "requests" {
                    (&[';', '\n'], ";")
                } else {
                    (&[','], ",")
                };
                // An entry that holds what separates two would be two.
                if entries.iter().any(|entry| entry.contains(separators)) {
                    return None;
                }
                entries.join(separator)
            }
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_)
            | Value::Object(_) => return None,
        };
        format!("{name}={text}").parse().ok()
    }
}

fn push_text(json: &mut String, text: &str) {
    json.push('"');
    push_escaped(json, text);
    json.push('"');
}

/// The entries of a restriction that has a list of them.
struct Entries<'a>(&'a Restriction);

impl Serialize for Entries<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.list().split(self.0.separator()))
    }
}

impl Serialize for Restriction {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut member = serializer.serialize_map(Some(1))?;
        let name = self.name();
        match self {
            Self::Role(role) => member.serialize_entry(name, role.name())?,
            Self::Expires(at) => member.serialize_entry(name, at)?,
            Self::Repositories(_) | Self::Areas(_) | Self::Networks(_) | Self::Requests(_) => {
                member.serialize_entry(name, &Entries(self))?;
            }
        }
        member.end()
    }
}

impl Serialize for Restrictions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Restrictions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let values = Vec::<Value>::deserialize(deserializer)?;
        let restrictions: Option<Vec<Restriction>> = values.iter().map(Restriction::from_json).collect();
        let restrictions = restrictions.ok_or_else(|| D::Error::custom("a restriction is malformed"))?;
        Self::new(restrictions).map_err(D::Error::custom)
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
        ] {
            assert!(serde_json::from_str::<Restrictions>(json).is_err(), "{json}");
        }
    }
}
