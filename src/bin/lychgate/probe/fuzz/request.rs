//! One request of a fuzz: a plain one, optionally in some disguise, with one to three bytes changed. Pure.

use lychgate::routes::Access;

use super::super::disguise::{METHOD_HEADERS, prefixed, with_signs};
use super::super::plain::Plain;
use super::super::random::Random;
use super::super::variant::Variant;
use super::mutation::changed;

/// The material for the requests of a fuzz.
pub(super) struct Material<'plains> {
    pub(super) plains: &'plains [Plain],
    pub(super) prefixes: &'plains [String],
    pub(super) seed: u64,
}

/// The part of the request that is changed.
enum Part {
    Target,
    HeaderValue,
    MethodHeader,
    OwnHeader,
    Body,
}

impl<'plains> Material<'plains> {
    /// The request with this number, for an asker with this access; `None` if no plain request needs more.
    pub(super) fn request(&self, number: u64, allowed: Access) -> Option<(&'plains Plain, Variant)> {
        let mut random = Random::of(self.seed, number);
        let stronger: Vec<&Plain> = self
            .plains
            .iter()
            .filter(|plain| plain.access > allowed)
            .collect();
        let plain = *random.pick(&stronger)?;
        let base = self.base(plain, &mut random);
        let variant = match part(plain, &mut random) {
            Part::Target => {
                let target = changed_target(&base.target, &mut random);
                base.at(target)
            }
            Part::HeaderValue => with_changed_header(base, &mut random),
            Part::MethodHeader => {
                let name = random.pick(&METHOD_HEADERS).copied().unwrap_or_default();
                let name = changed_name(name, &mut random);
                let carrier = random
                    .pick(&["GET", "POST", "OPTIONS"])
                    .copied()
                    .unwrap_or_default();
                base.by(carrier).with(&name, &plain.method)
            }
            Part::OwnHeader => {
                let own = random.pick(&OWN).copied().unwrap_or_default();
                base.with(&changed_name(own.0, &mut random), own.1)
            }
            Part::Body => {
                let mut base = base;
                base.body = changed(&base.body, &mut random);
                base
            }
        };
        // The connection is kept open for the next request.
        Some((plain, variant.kind("fuzz").without("Connection").kept()))
    }

    /// The request before the changes: usually the plain request itself.
    fn base(&self, plain: &Plain, random: &mut Random) -> Variant {
        let itself = Variant::plain(plain);
        match random.below(16) {
            0 => {
                let targets: Vec<String> = prefixed(self.prefixes, &plain.target).collect();
                let target = random.pick(&targets).cloned();
                itself.at(target.unwrap_or_default())
            }
            1 => {
                let method = random.pick(&["GET", "HEAD", "OPTIONS", "POST"]).copied();
                itself.by(method.unwrap_or("GET"))
            }
            // The query of a weaker request is added to the query of this one.
            2 | 3 => {
                let there: Vec<&str> = self
                    .plains
                    .iter()
                    .filter(|other| other.path() == plain.path() && other.access < plain.access)
                    .filter_map(Plain::query)
                    .collect();
                let Some(weak) = random.pick(&there) else {
                    return itself;
                };
                let queries = match plain.query() {
                    None => [(*weak).to_owned(), format!("x=1&{weak}")],
                    Some(own) => [format!("{weak}&{own}"), format!("{own}&{weak}")],
                };
                let query = random.pick(&queries).cloned().unwrap_or_default();
                itself.at(format!("{}?{query}", plain.path()))
            }
            _ => itself,
        }
    }
}

/// Headers that only the gate may set.
const OWN: [(&str, &str); 3] = [
    ("X-Lychgate-Subject", "root"),
    ("X-Lychgate-Access", "write"),
    ("X-Lychgate-Role", "write"),
];

fn part(plain: &Plain, random: &mut Random) -> Part {
    match random.below(16) {
        0 if !plain.headers.is_empty() => Part::HeaderValue,
        1 => Part::MethodHeader,
        2 => Part::OwnHeader,
        3 | 4 if !plain.body.is_empty() => Part::Body,
        _ => Part::Target,
    }
}

/// The target, with changes in its query, if it has one, as often as in its path. The path never becomes empty.
fn changed_target(target: &[u8], random: &mut Random) -> Vec<u8> {
    let question_mark = target
        .iter()
        .position(|byte| *byte == b'?')
        .unwrap_or(target.len());
    let (path, query) = target.split_at_checked(question_mark).unwrap_or((target, &[]));
    let mut target = if query.is_empty() || random.one_in(2) {
        [changed(path, random).as_slice(), query].concat()
    } else {
        [path, changed(query, random).as_slice()].concat()
    };
    if target.is_empty() {
        target.push(b'/');
    }
    target
}

fn with_changed_header(mut base: Variant, random: &mut Random) -> Variant {
    let at = random.below(base.headers.len());
    if let Some((_, value)) = base.headers.get_mut(at) {
        *value = String::from_utf8_lossy(&changed(value.as_bytes(), random)).into_owned();
    }
    base
}

/// A field name with other characters in place of its dashes, or with bytes changed. The name never ends early.
fn changed_name(name: &str, random: &mut Random) -> String {
    if random.one_in(2) {
        return random.pick(&with_signs(name)).cloned().unwrap_or_default();
    }
    let changed = changed(name.as_bytes(), random);
    let name: String = String::from_utf8_lossy(&changed).replace([':', '\0'], ".");
    // The name of another header that frames messages would merely break the request.
    if name.is_empty() || name.eq_ignore_ascii_case("Host") {
        "X".to_owned()
    } else {
        name
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{Access, Material, Plain};

    #[test]
    fn requests_follow_from_the_seed_and_keep_the_connection() {
        let plains = Plain::read_all(
            "{\"access\":\"read\",\"method\":\"GET\",\"target\":\"/a/b?service=x\"}\n\
             {\"access\":\"write\",\"method\":\"GET\",\"target\":\"/a/b?service=y\"}\n\
             {\"access\":\"write\",\"method\":\"POST\",\"target\":\"/a/c\",\"headers\":{\"Content-Type\":\"text/x\"},\
             \"body\":\"{}\"}",
        )
        .unwrap();
        let of = |seed| {
            let material = Material {
                plains: &plains,
                prefixes: &[],
                seed,
            };
            (0..3000)
                .map(|number| material.request(number, Access::Read).unwrap().1.wire("h", &[]))
                .collect::<Vec<_>>()
        };
        let made = of(42);
        assert_eq!(made, of(42));
        assert_ne!(made, of(43));
        assert!(made.iter().collect::<HashSet<_>>().len() > 2500);
        for wire in &made {
            let text = String::from_utf8_lossy(wire);
            assert!(!text.contains("\r\nConnection:"), "{text}");
            assert_eq!(text.matches("HTTP/1.1\r\n").count(), 1, "{text}");
        }
        let material = Material {
            plains: &plains,
            prefixes: &[],
            seed: 1,
        };
        assert!(material.request(0, Access::Write).is_none());
    }
}
