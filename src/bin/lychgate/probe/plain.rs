//! A plain request: one that an honest client sends to the origin, and what it does there.

use std::collections::BTreeMap;

use lychgate::routes::Access;
use serde::Deserialize;

/// A request, as its line in the file describes it.
#[derive(Clone, Debug)]
pub(crate) struct Plain {
    /// What the request does at the origin.
    pub(crate) access: Access,
    /// The method, in capitals.
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    /// Headers, in addition to those that every request has.
    pub(crate) headers: Vec<(String, String)>,
    /// The body; empty if there is none.
    pub(crate) body: String,
    /// Where the response names the asker, in addition to the header that every response may have.
    pub(crate) subject: Option<SubjectIn>,
}

/// Where a response names the subject that the origin saw.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SubjectIn {
    /// In a response header of this name.
    Header(String),
    /// In a JSON body, at this pointer (RFC 6901).
    Pointer(String),
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
    #[serde(default)]
    subject: Option<SubjectIn>,
}

impl Plain {
    /// Parses a file of requests: one JSON object per line. Empty lines are skipped.
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
                "{error}; expected {{\"access\":\"write\",\"method\":\"POST\",\"target\":\"/path\"}}, optionally with \
                 \"headers\", \"body\" and \"subject\""
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
                "the target must be a path that begins with / and contains only visible ASCII".to_owned(),
            );
        }
        let is_one_line = |text: &str| !text.contains(['\r', '\n']);
        if !line
            .headers
            .iter()
            .all(|(name, value)| is_one_line(name) && is_one_line(value))
        {
            return Err("a header contains a line end".to_owned());
        }
        if let Some(SubjectIn::Pointer(pointer)) = &line.subject
            && !pointer.starts_with('/')
        {
            return Err(format!(
                "the subject's pointer is `{pointer}`; expected a JSON pointer such as /name"
            ));
        }
        Ok(Self {
            access,
            method: line.method,
            target: line.target,
            headers: line.headers.into_iter().collect(),
            body: line.body,
            subject: line.subject,
        })
    }

    /// The request on one line, for people.
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

/// Parses the name of an access, in the spelling of route tables and headers.
pub(crate) fn access_named(text: &str) -> Option<Access> {
    [Access::Public, Access::Read, Access::Contribute, Access::Write]
        .into_iter()
        .find(|access| access.name() == text)
}

#[cfg(test)]
mod tests {
    use super::{Plain, SubjectIn};
    use lychgate::routes::Access;

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
    fn reads_where_an_answer_says_the_subject() {
        let read = |subject: &str| {
            let line =
                format!("{{\"access\":\"read\",\"method\":\"GET\",\"target\":\"/\",\"subject\":{subject}}}");
            Plain::read_all(&line).map(|plains| plains[0].subject.clone())
        };
        let (pointer, header) = ("/name".to_owned(), "X-User".to_owned());
        assert_eq!(
            read("{\"pointer\":\"/name\"}"),
            Ok(Some(SubjectIn::Pointer(pointer)))
        );
        assert_eq!(
            read("{\"header\":\"X-User\"}"),
            Ok(Some(SubjectIn::Header(header)))
        );
        assert!(
            read("{\"pointer\":\"name\"}")
                .unwrap_err()
                .contains("JSON pointer")
        );
        assert!(read("{\"cookie\":\"a\"}").is_err());
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
