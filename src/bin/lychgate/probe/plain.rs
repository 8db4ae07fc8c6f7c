//! A plain request: what a client of the origin sends in good faith, and what it does there.

use std::collections::BTreeMap;

use lychgate::Access;
use serde::Deserialize;

/// A request as its line of the file has it.
#[derive(Clone, Debug)]
pub(crate) struct Plain {
    /// What it does at the origin.
    pub(crate) access: Access,
    /// In capitals.
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    /// Beside those that every request has.
    pub(crate) headers: Vec<(String, String)>,
    /// Empty where there is none.
    pub(crate) body: String,
}

/// A line of the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    access: String,
    method: String,
    target: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    body: String,
}

impl Plain {
    /// Reads a file of requests: one JSON object a line, empty lines apart.
    pub(crate) fn read_all(text: &str) -> Result<Vec<Self>, String> {
        let lines = text
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.trim().is_empty());
        lines
            .map(|(index, line)| {
                Self::read(line).map_err(|why| format!("line {}: {why}", index.saturating_add(1)))
            })
            .collect()
    }

    fn read(line: &str) -> Result<Self, String> {
        let line: Line = serde_json::from_str(line).map_err(|error| {
            format!(
                "{error}; expected {{\"access\":\"write\",\"method\":\"POST\",\"target\":\"/path\"}}, perhaps with \
                 \"headers\" and \"body\""
            )
        })?;
        let access = access_named(&line.access).ok_or_else(|| {
            format!(
                "the access is `{}`; expected public, read, contribute or write",
                line.access
            )
        })?;
        if line.method.is_empty() || !line.method.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Err("the method must be capital letters, such as GET".to_owned());
        }
        if !line.target.starts_with('/') || !line.target.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(
                "the target must be a path that begins with / and holds visible ASCII alone".to_owned(),
            );
        }
        let is_one_line = |text: &str| !text.contains(['\r', '\n']);
        if !line
            .headers
            .iter()
            .all(|(name, value)| is_one_line(name) && is_one_line(value))
        {
            return Err("a header holds a line end".to_owned());
        }
        Ok(Self {
            access,
            method: line.method,
            target: line.target,
            headers: line.headers.into_iter().collect(),
            body: line.body,
        })
    }

    /// The request in a line, for people.
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.method, self.target)
    }

    /// The path, without the query.
    pub(crate) fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// The query, without its `?`.
    pub(crate) fn query(&self) -> Option<&str> {
        self.target.split_once('?').map(|(_, query)| query)
    }
}

/// The access that a text names, as route tables and headers spell it.
pub(crate) fn access_named(text: &str) -> Option<Access> {
    [Access::Public, Access::Read, Access::Contribute, Access::Write]
        .into_iter()
        .find(|access| access.name() == text)
}

#[cfg(test)]
mod tests {
    use super::Plain;
    use lychgate::Access;

    #[test]
    fn reads_a_request_a_line() {
        let text = "{\"access\":\"read\",\"method\":\"GET\",\"target\":\"/a?b=c\"}\n\n\
                    {\"access\":\"write\",\"method\":\"POST\",\"target\":\"/a\",\"headers\":{\"X\":\"y\"},\"body\":\"z\"}\n";
        let plains = Plain::read_all(text).unwrap();
        assert_eq!(plains.len(), 2);
        assert_eq!((plains[0].path(), plains[0].query()), ("/a", Some("b=c")));
        assert_eq!((plains[1].access, plains[1].body.as_str()), (Access::Write, "z"));
    }

    #[test]
    fn says_which_line_is_wrong() {
        for (line, why) in [
            ("{}", "missing field `access`"),
            (
                "{\"access\":\"all\",\"method\":\"GET\",\"target\":\"/\"}",
                "`all`",
            ),
            (
                "{\"access\":\"read\",\"method\":\"get\",\"target\":\"/\"}",
                "capital",
            ),
            (
                "{\"access\":\"read\",\"method\":\"GET\",\"target\":\"a b\"}",
                "path",
            ),
            (
                "{\"access\":\"read\",\"method\":\"GET\",\"target\":\"/\",\"headers\":{\"a\":\"b\\nc\"}}",
                "line end",
            ),
        ] {
            let error = Plain::read_all(&format!("\n{line}")).unwrap_err();
            assert!(error.starts_with("line 2: ") && error.contains(why), "{error}");
        }
    }
}
