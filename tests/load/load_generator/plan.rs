//! What the load generator asks for: classes of requests in fixed shares, each with the one answer that is right for it.

use std::error::Error;

use serde::Deserialize;

/// What stands for the number of the request in a target.
const NUMBER: &str = "{number}";

/// One class of requests.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Class {
    /// What reports call it.
    pub(crate) name: String,
    /// How many of the requests are of it, among the shares of all classes.
    pub(crate) share: usize,
    /// The method.
    pub(crate) method: String,
    /// The target; each `{number}` in it becomes the number of the request.
    pub(crate) target: String,
    /// What takes turns as token; with none, and nothing forged, none is sent.
    #[serde(default)]
    pub(crate) tokens: Vec<String>,
    /// Whether every request carries a forged token of its own: in form, and sealed with another key ring.
    #[serde(default)]
    pub(crate) forged: bool,
    /// The body. `{token}` in it is the token, which then does not stand in the header.
    pub(crate) body: Option<String>,
    /// The right status.
    pub(crate) status: u16,
    /// The right `X-Error-Code`.
    pub(crate) code: Option<String>,
}

/// All classes, and in which order their requests come.
pub(crate) struct Plan {
    classes: Vec<Class>,
    order: Vec<usize>,
}

impl Plan {
    /// Reads a plan.
    pub(crate) fn parse(text: &str) -> Result<Self, Box<dyn Error>> {
        let classes: Vec<Class> = serde_json::from_str(text)?;
        let total: usize = classes.iter().map(|class| class.share).sum();
        if total == 0 {
            return Err("a plan needs at least one class with a share".into());
        }
        // Each time the class comes that is furthest behind its share.
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

    /// Which class a request is of, as its place among them.
    pub(crate) fn class_of(&self, number: u64) -> Option<(usize, &Class)> {
        let length = u64::try_from(self.order.len()).ok()?;
        let at = *self.order.get(usize::try_from(number % length).ok()?)?;
        Some((at, self.classes.get(at)?))
    }
}

impl Class {
    /// The target of the request of that number.
    pub(crate) fn target(&self, number: u64) -> String {
        self.target.replace(NUMBER, &number.to_string())
    }

    /// The token that the request of that number carries, of those that are given.
    pub(crate) fn token(&self, number: u64) -> Option<&str> {
        let length = u64::try_from(self.tokens.len()).ok()?;
        // Neighbours of one class are a fixed distance apart: a prime spreads them over the tokens.
        let at = number.wrapping_mul(7_919).checked_rem(length)?;
        self.tokens.get(usize::try_from(at).ok()?).map(String::as_str)
    }
}
