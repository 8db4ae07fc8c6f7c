//! The plan of the load generator: classes of requests in fixed shares, each with its one correct response.

use std::error::Error;

use serde::Deserialize;

/// The placeholder in a target for the number of the request.
const NUMBER: &str = "{number}";

/// One class of requests.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Class {
    /// The class's name in reports.
    pub(crate) name: String,
    /// The share of the requests in this class, relative to the shares of all classes.
    pub(crate) share: usize,
    /// The method.
    pub(crate) method: String,
    /// The target; each `{number}` in it becomes the number of the request.
    pub(crate) target: String,
    /// The tokens, which take turns. If there are none and nothing is forged, the request has no token.
    #[serde(default)]
    pub(crate) tokens: Vec<String>,
    /// Whether every request carries a forged token of its own: well-formed, and signed with another key ring.
    #[serde(default)]
    pub(crate) forged: bool,
    /// The body. If it contains `{token}`, the token replaces it and is not in the header.
    pub(crate) body: Option<String>,
    /// The correct status.
    pub(crate) status: u16,
    /// The correct `X-Error-Code`.
    pub(crate) code: Option<String>,
}

/// All classes, and the order of their requests.
pub(crate) struct Plan {
    classes: Vec<Class>,
    order: Vec<usize>,
}

impl Plan {
    /// Parses a plan.
    pub(crate) fn parse(text: &str) -> Result<Self, Box<dyn Error>> {
        let classes: Vec<Class> = serde_json::from_str(text)?;
        let total: usize = classes.iter().map(|class| class.share).sum();
        if total == 0 {
            return Err("a plan needs at least one class with a share".into());
        }
        // The next request is always of the class that is furthest behind its share.
        let mut given = vec![0; classes.len()];
        let mut order = Vec::with_capacity(total);
        for turn in 1..=total {
            let behind = |class: &Class, given: usize| {
                i64::try_from(class.share * turn).unwrap_or(i64::MAX)
                    - i64::try_from(given * total).unwrap_or(i64::MAX)
            };
            let next = classes
                .iter()
                .zip(&given)
                .enumerate()
                .max_by_key(|(_, (class, given))| behind(class, **given))
                .map_or(0, |(at, _)| at);
            if let Some(given) = given.get_mut(next) {
                *given += 1;
            }
            order.push(next);
        }
        Ok(Self { classes, order })
    }

    /// All classes.
    pub(crate) fn classes(&self) -> &[Class] {
        &self.classes
    }

    /// The class of a request, and its index.
    pub(crate) fn class_of(&self, number: u64) -> Option<(usize, &Class)> {
        let length = u64::try_from(self.order.len()).ok()?;
        let at = *self.order.get(usize::try_from(number % length).ok()?)?;
        Some((at, self.classes.get(at)?))
    }
}

impl Class {
    /// The target of the request with this number.
    pub(crate) fn target(&self, number: u64) -> String {
        self.target.replace(NUMBER, &number.to_string())
    }

    /// The token of the request with this number, if its class has given tokens.
    pub(crate) fn token(&self, number: u64) -> Option<&str> {
        let length = u64::try_from(self.tokens.len()).ok()?;
        // Consecutive requests of a class are a fixed distance apart: a prime spreads them over the tokens.
        let at = number.wrapping_mul(7_919).checked_rem(length)?;
        self.tokens.get(usize::try_from(at).ok()?).map(String::as_str)
    }
}
