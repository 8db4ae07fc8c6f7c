//! The requests to which a token is limited.

use super::is_list;
use crate::request::{Method, Target};
use crate::routes::PathTemplate;

/// Lines of `METHOD[,METHOD] /path` in the syntax of route tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requests(Box<str>);

impl Requests {
    pub(super) fn parse(text: &str) -> Option<Self> {
        is_list(text, '\n', |line| parts(line).is_some()).then(|| Self(text.into()))
    }

    /// The lines as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a request is one of them.
    pub(crate) fn hold(&self, method: Method, target: &Target<'_>) -> bool {
        // A HEAD is judged as its GET.
        let name = match method {
            Method::Head => Method::Get.name(),
            Method::Get | Method::Options | Method::Post | Method::Put | Method::Patch | Method::Delete => {
                method.name()
            }
        };
        self.0
            .split('\n')
            .filter_map(parts)
            .any(|(methods, path)| methods.split(',').any(|method| method == name) && path.matches(target))
    }
}

fn parts(line: &str) -> Option<(&str, PathTemplate<'_>)> {
    let (methods, path) = line.split_once(' ')?;
    let is_method = |name| {
        Method::ALL
            .into_iter()
            .any(|method| method != Method::Head && method.name() == name)
    };
    methods
        .split(',')
        .all(is_method)
        .then(|| PathTemplate::parse(path))
        .flatten()
        .map(|path| (methods, path))
}
