//! The route table, which classifies requests.

use super::access::Access;
use super::class::Class;
use super::interpretation::Interpretation;
use super::marked_target::{MarkedTarget, OVERRIDE, REPOSITORY_NAME};
use super::method_table::MethodTable;
use super::number_set::SetNumber;
use super::outcome::Outcome;
use super::query::{METHOD_OVERRIDES, asks_for_another_method, may_hold_a_path, may_name_a_repository};
use super::required_membership::RequiredMembership;
use super::resource::{Resource, Vocabulary};
use super::route::{Route, Rule};
use super::route_error::RouteError;
use crate::request::{Content, FieldPattern, GatePrefix, Method, Target, TargetError};
use crate::sorted_map::SortedMap;
use crate::stored::stored_struct;

/// A route table, ready to classify requests.
#[derive(Default)]
pub struct RouteTable {
    /// The lines of all joined tables, one table after the other.
    pub(super) lines: Vec<String>,
    /// The joined tables: the name of each, and how many lines precede its own.
    pub(super) tables: Vec<(Option<String>, usize)>,
    pub(super) get: MethodTable,
    pub(super) options: MethodTable,
    pub(super) post: MethodTable,
    pub(super) put: MethodTable,
    pub(super) patch: MethodTable,
    pub(super) delete: MethodTable,
    pub(super) headers: Vec<FieldPattern>,
    /// The names of the parameters in conditions.
    pub(super) parameters: SortedMap<String, ()>,
    pub(super) vocabulary: Vocabulary,
    /// The deployment's, which a snapshot knows nothing of.
    gate_prefix: GatePrefix,
}

stored_struct!(RouteTable {
    lines,
    tables,
    get,
    options,
    post,
    put,
    patch,
    delete,
    headers,
    parameters,
    vocabulary,
} without gate_prefix);

impl RouteTable {
    /// The table for a gate whose own paths are under this prefix, and not under `/-/`.
    #[must_use]
    pub fn with_gate_prefix(self, gate_prefix: GatePrefix) -> Self {
        Self { gate_prefix, ..self }
    }

    /// The prefix of the gate's own paths, none of which reaches the origin.
    pub fn gate_prefix(&self) -> &GatePrefix {
        &self.gate_prefix
    }

    /// Classifies a request.
    ///
    /// # Errors
    /// [`RouteError`] if the target is ambiguous, refused by a line, or one of the gate's own.
    pub fn classify<'table, 'target>(
        &'table self,
        method: Method,
        target: &'target Target<'_>,
    ) -> Result<Route<'table, 'target>, RouteError> {
        self.classify_marked(method, &self.method(method).mark(target))
    }

    /// Classifies a request by what its target may stand for.
    pub(super) fn classify_marked<'table, 'target>(
        &'table self,
        method: Method,
        marked: &MarkedTarget<'target, '_>,
    ) -> Result<Route<'table, 'target>, RouteError> {
        let target = marked.target;
        if self.gate_prefix.holds(target) {
            return Err(RouteError::Reserved);
        }
        let lines = self.method(method);
        let matching = lines.matching(marked.segments(), |entry| entry.rivals);
        let listed = lines.read(method, target, &matching)?;
        if listed.is_none() && !self.holds_free_text_of(target) {
            return Err(TargetError::OutOfPlace.into());
        }
        let listed = listed.unwrap_or(Interpretation::unlisted(method));
        let interpretation = lines.read_elsewhere(method, marked, listed, matching.entry)?;
        if lines.is_stricter_when_cut(target, interpretation.outcome, matching.entry) {
            return Err(TargetError::OutOfPlace.into());
        }
        // No membership covers a request that may write in either of two namespaces.
        let is_contested = interpretation.is_contested
            || (interpretation.outcome >= Outcome::LfsBatch
                && (names_a_repository_in_query(marked)
                    || lines.names_a_repository_in_rest(marked, &matching)));
        let interpretation = if is_contested {
            Interpretation {
                namespace: None,
                membership: RequiredMembership::default(),
                ..interpretation
            }
        } else {
            interpretation
        };
        let parameter = interpretation
            .softened_by
            .and_then(|index| lines.entry(index))
            .and_then(|entry| entry.deciding_name(interpretation.line));
        let class = match (interpretation.outcome, parameter) {
            (Outcome::Refused, _) => {
                return Err(RouteError::Refused {
                    line: self.in_its_table(interpretation.line).1,
                });
            }
            (Outcome::LfsBatch, _) => Class::LfsBatch,
            (Outcome::Write, _) => Class::Known(Access::Write),
            (Outcome::Contribute, None) => Class::Known(Access::Contribute),
            (Outcome::Read, None) => Class::Known(Access::Read),
            (Outcome::Public, None) => Class::Known(Access::Public),
            (Outcome::Contribute, Some(parameter)) => Class::UnlessNamed {
                access: Access::Contribute,
                parameter,
            },
            (Outcome::Read, Some(parameter)) => Class::UnlessNamed {
                access: Access::Read,
                parameter,
            },
            (Outcome::Public, Some(parameter)) => Class::UnlessNamed {
                access: Access::Public,
                parameter,
            },
        };
        if class != Class::Known(Access::Write) && asks_for_another(marked) {
            return Ok(Route {
                class: Class::Known(Access::Write),
                rule: Rule::MethodParameter,
                namespace: interpretation.namespace,
                membership: RequiredMembership::default(),
            });
        }
        Ok(Route {
            class,
            rule: self.rule(interpretation.line),
            namespace: interpretation.namespace,
            membership: interpretation.membership,
        })
    }

    /// The rule of a line, counted through all tables from 1; 0 is none.
    fn rule(&self, line: usize) -> Rule<'_> {
        let text = line.checked_sub(1).and_then(|at| self.lines.get(at));
        let (table, number) = self.in_its_table(line);
        match text {
            Some(text) => Rule::Line { table, number, text },
            None => Rule::Unlisted,
        }
    }

    /// The name of a line's table, if it is one that ships, and the line's number there.
    pub(super) fn in_its_table(&self, line: usize) -> (Option<&str>, usize) {
        let mut from_the_last = self.tables.iter().rev();
        let found = from_the_last.find(|(_, before)| *before < line);
        found.map_or((None, line), |(name, before)| {
            (name.as_deref(), line.saturating_sub(*before))
        })
    }

    /// What the request is for, as far as that is beyond doubt.
    pub fn resource<'a>(
        &'a self,
        method: Method,
        target: &'a Target<'_>,
        content: Content<'_>,
    ) -> Resource<'a> {
        self.resource_of_marked(method, &self.method(method).mark(target), content)
    }

    /// What the request is for, by what its target may stand for.
    pub(super) fn resource_of_marked<'a>(
        &'a self,
        method: Method,
        marked: &MarkedTarget<'a, '_>,
        content: Content<'_>,
    ) -> Resource<'a> {
        let lines = self.method(method);
        let matching = lines.matching(marked.segments(), |entry| entry.other_resources);
        if asks_for_another(marked) || lines.may_be_for_another(marked, &matching) {
            return Resource::default();
        }
        let resource = lines.resource(marked.target, &matching, content, &self.vocabulary);
        Resource {
            repository: resource
                .repository
                .filter(|_| !names_a_repository_in_query(marked)),
            ..resource
        }
    }

    /// Whether some server may take the request for another than its method and path say: the query asks for another method, names
    /// a repository or may hold a path; or such a path is behind the beginning of the path.
    pub(crate) fn may_be_another_request(&self, method: Method, target: &Target<'_>) -> bool {
        let lines = self.method(method);
        let marked = lines.mark(target);
        let matching = lines.matching(marked.segments(), |entry| entry.other_resources);
        asks_for_another(&marked)
            || lines.may_be_for_another(&marked, &matching)
            || names_a_repository_in_query(&marked)
            || (!marked.has_a_plain_query() && may_hold_a_path(target))
    }

    /// The request fields that the table's clients send in addition to the known ones.
    pub fn headers(&self) -> &[FieldPattern] {
        &self.headers
    }

    /// The names of all parameters that may determine a class: those of the table's conditions, an LFS batch's `operation`, and
    /// those that ask for another method.
    pub(crate) fn deciding_names(&self) -> impl Iterator<Item = &str> {
        self.parameters
            .keys()
            .map(String::as_str)
            .chain(["operation"])
            .chain(METHOD_OVERRIDES)
    }

    /// Whether some method's line declares slots for the target's free text. A preflight has the path of the request that it
    /// announces.
    fn holds_free_text_of(&self, target: &Target<'_>) -> bool {
        !target.has_free_text()
            || Method::ALL.into_iter().any(|method| {
                let lines = self.method(method);
                let matching = lines.matching(lines.mark(target).segments(), |_| SetNumber::default());
                matching
                    .entry
                    .is_some_and(|entry| entry.pattern.holds_free_text_of(target))
            })
    }

    /// How many lines precede those of the last table.
    pub(super) fn lines_before_the_last(&self) -> usize {
        self.tables.last().map_or(0, |(_, before)| *before)
    }

    /// A line's words, by its number through all tables from 1.
    pub(super) fn line(&self, number: usize) -> &str {
        let text = number.checked_sub(1).and_then(|at| self.lines.get(at));
        text.map(String::as_str).unwrap_or_default()
    }

    pub(super) fn method(&self, method: Method) -> &MethodTable {
        match method {
            Method::Get | Method::Head => &self.get,
            Method::Options => &self.options,
            Method::Post => &self.post,
            Method::Put => &self.put,
            Method::Patch => &self.patch,
            Method::Delete => &self.delete,
        }
    }

    pub(super) fn method_mut(&mut self, method: Method) -> &mut MethodTable {
        match method {
            Method::Get | Method::Head => &mut self.get,
            Method::Options => &mut self.options,
            Method::Post => &mut self.post,
            Method::Put => &mut self.put,
            Method::Patch => &mut self.patch,
            Method::Delete => &mut self.delete,
        }
    }
}

/// Whether the query, or names and values in the path, ask for another method.
fn asks_for_another(marked: &MarkedTarget<'_, '_>) -> bool {
    (marked.may_have_in_path(OVERRIDE) || marked.may_have_in_query(OVERRIDE))
        && asks_for_another_method(marked.target)
}

/// Whether a parameter may say in whose repository the request writes.
fn names_a_repository_in_query(marked: &MarkedTarget<'_, '_>) -> bool {
    marked.may_have_in_query(REPOSITORY_NAME) && may_name_a_repository(marked.target)
}

#[cfg(test)]
mod tests {
    use super::RouteTable;
    use crate::request::{Content, Method, Target};
    use crate::routes::setting::TableSource;
    use crate::routes::{Access, Class, RequiredMembership, Rule, ShippedTable};

    #[test]
    fn the_shipped_tables_parse_alone_mounted_and_joined() {
        for table in ShippedTable::ALL {
            RouteTable::configured(table.name).unwrap();
            RouteTable::configured(&format!("{0}+{0}@/a/b", table.name)).unwrap();
            for other in ShippedTable::ALL {
                RouteTable::configured(&format!("{}+{}", table.name, other.name)).unwrap();
            }
        }
        assert!(RouteTable::configured("hub+none").is_err());
    }

    #[test]
    fn of_joined_tables_the_stricter_counts() {
        let classify = |tables: &[(&str, &str)], method, raw| {
            let sources: Vec<TableSource<'_>> = tables
                .iter()
                .map(|(mount, text)| TableSource {
                    mount,
                    ..TableSource::own(text)
                })
                .collect();
            let table = RouteTable::joined(&sources).unwrap();
            let target = Target::parse(raw).unwrap();
            let route = table.classify(method, &target).map(|route| {
                let Class::Known(access) = route.class else {
                    panic!("{raw}")
                };
                let line = match route.rule {
                    Rule::Line { number, .. } => number,
                    Rule::Unlisted | Rule::MethodParameter | Rule::NoPreflight => 0,
                };
                (access, line)
            });
            route.ok()
        };
        let read = Some((Access::Read, 1));
        let write = Some((Access::Write, 2));
        let write_first = Some((Access::Write, 1));
        let unlisted = Some((Access::Write, 0));
        let general = "public POST /z\nwrite POST /a/{x}";
        for (one, another, raw, expected) in [
            // The same path, and a narrower one: in one table, a line would be a repetition or outrank the other.
            ("read POST /a/{x}", general, "/a/b", write),
            ("read POST /a/b", general, "/a/b", write),
            ("read POST /a/b", general, "/a/c", write),
            // Where no condition of a table holds, the path is as if it were not listed there.
            ("read POST /a/b", "contribute POST /a/b ?r=1", "/a/b", unlisted),
            ("read POST /{path}", "\nwrite POST /{other}", "/a", write),
            (
                "write POST /{path}/x",
                "\nread POST /{path}/x/",
                "/a/x",
                write_first,
            ),
            // What one lists does not excuse the word of a stricter line in another.
            (
                "contribute POST /{*path}",
                "read POST /x/{name}/{what}\nwrite POST /{who}/push",
                "/x/a/push",
                write,
            ),
            (
                "contribute POST /x/{name}/push",
                "read POST /x/{name}/{what}\nwrite POST /{who}/push",
                "/x/a/push",
                write,
            ),
            // What one of them does not list, the other may.
            ("read POST /a/b", "write POST /c", "/a/b", read),
        ] {
            for tables in [[("", one), ("", another)], [("", another), ("", one)]] {
                assert_eq!(
                    classify(&tables, Method::Post, raw),
                    expected,
                    "{one} + {another}"
                );
            }
        }
        let mounted = [("/m", "read POST /a\nread POST /"), ("", "write POST /b")];
        assert_eq!(classify(&mounted, Method::Post, "/m/a"), read);
        assert_eq!(classify(&mounted, Method::Post, "/m/"), Some((Access::Read, 2)));
        for raw in ["/a", "/", "/m/m/a", "/M/a", "/m"] {
            let class = classify(&mounted, Method::Post, raw).map(|(class, _)| class);
            assert_eq!(class, Some(Access::Write), "{raw}");
        }
    }

    #[test]
    fn an_encoded_slash_that_would_lead_to_a_stricter_line_softens_nothing() {
        let table = RouteTable::shipped();
        let is_read = |method, raw| {
            let target = Target::parse(raw).unwrap();
            let class = table.classify(method, &target).map(|route| route.class);
            class == Ok(Class::Known(Access::Read))
        };
        for (method, raw) in [
            (Method::Post, "/api/models/acme/paths-info/commit%2Fmain"),
            (Method::Get, "/api/models/acme/tree/xet-write-token%2Fmain"),
            (Method::Get, "/api/models/acme/tree/xet-write-token;x"),
        ] {
            assert!(!is_read(method, raw), "{raw}");
        }
        for (method, raw) in [
            (Method::Post, "/api/models/acme/widget/paths-info/refs%2Fpr%2F1"),
            (Method::Get, "/api/models/gpt2/tree/main/a%2Fb;c"),
        ] {
            assert!(is_read(method, raw), "{raw}");
        }
    }

    #[test]
    fn refuses_paths_with_a_namespace_that_nobody_would_look_at() {
        for line in [
            "write POST /move/{namespace}/{repo}/to/{namespace}/{target}",
            "write POST /api/{*namespace}",
            "write POST /{namespace}?/{namespace}",
        ] {
            assert!(RouteTable::parse(line).is_err(), "{line}");
        }
        assert!(RouteTable::parse("write POST /move/{namespace}/{repo}/to/{owner}/{target}").is_ok());
    }

    #[test]
    fn a_slot_with_an_encoded_slash_may_name_a_namespace() {
        let text = "read GET /npm/{path}\nread GET /npm/{path} {path}=@{namespace}/{name}\n\
                    write PUT /npm/{path} no-namespace\nwrite PUT /npm/{path} {path}=@{namespace}/{name}\n\
                    write PUT /npm/{path}/-rev/{rev}\n\
                    write PUT /npm/{path}/-rev/{rev} {path}=@{namespace}/{name} contributors";
        let table = RouteTable::parse(text).unwrap();
        let found = |method, raw| {
            let target = Target::parse(raw).unwrap();
            let route = table.classify(method, &target).ok()?;
            Some((route.class, route.namespace.map(str::to_owned), route.membership))
        };
        let acme = || Some("acme".to_owned());
        let read = Class::Known(Access::Read);
        let write = Class::Known(Access::Write);
        let writer = RequiredMembership::Writer;
        for raw in [
            "/npm/@acme%2fwidget",
            "/npm/@acme%2Fwidget",
            "/npm/%40acme%2Fwidget",
        ] {
            assert_eq!(found(Method::Get, raw), Some((read, acme(), writer)), "{raw}");
            assert_eq!(found(Method::Put, raw), Some((write, acme(), writer)), "{raw}");
        }
        let with_revision = found(Method::Put, "/npm/@acme%2fwidget/-rev/7-a");
        assert_eq!(
            with_revision,
            Some((write, acme(), RequiredMembership::Contributor))
        );
        // What only looks like a scope is no name without one: no membership covers it.
        for raw in [
            "/npm/@acme",
            "/npm/@acme%2fa%2fb",
            "/npm/@a;b%2fc",
            "/npm/x%2fy",
            "/npm/@acme%2fw%20",
            "/npm/@acme%2fw?path=x",
            "/npm/@acme%5Cw",
        ] {
            if Target::parse(raw).is_ok() {
                assert_eq!(found(Method::Put, raw), Some((write, None, writer)), "{raw}");
            }
        }
        let unscoped = found(Method::Put, "/npm/widget");
        assert_eq!(unscoped, Some((write, None, RequiredMembership::None)));
        assert_eq!(
            found(Method::Put, "/npm/@acme/widget"),
            Some((write, None, writer))
        );
    }

    #[test]
    fn a_path_whose_lines_differ_by_a_slot_is_of_the_areas_of_all_of_them() {
        let text = "area a,b\nwrite PUT /x/{repo}/{rev}\narea b,c\ncontribute PUT /x/{repo}/{rev} {rev}=refs/pr/{number}\n\
                    area d\nwrite PUT /y/{repo}\nwrite PUT /y/{repo} {repo}={namespace}\n";
        let table = RouteTable::parse(text).unwrap();
        for (raw, areas, repository) in [
            ("/x/w/main", "b", Some("w")),
            ("/x/w/refs%2Fpr%2F1", "b", Some("w")),
            // The slot may be the repository's name or the namespace's, so it names none.
            ("/y/w", "d", None),
        ] {
            let target = Target::parse(raw).unwrap();
            let resource = table.resource(Method::Put, &target, Content::default());
            assert_eq!(resource.areas().collect::<Vec<_>>().join(","), areas, "{raw}");
            assert_eq!(resource.repository.map(|found| found.name), repository, "{raw}");
        }
    }

    #[test]
    fn where_a_body_may_decide_between_lines_a_request_is_of_what_they_have_in_common() {
        let text = "area a,b\nread GET,POST,PUT,DELETE /x/{namespace}/{repo}\narea b,c\n\
                    write GET,POST,PUT,DELETE /x/{namespace}/{repo} ?op=delete\n\
                    write GET,POST,PUT,DELETE /x/{namespace}/{repo} ?op=copy other-repositories\n";
        let table = RouteTable::parse(text).unwrap();
        let body = Content::default();
        for (method, raw, content, areas, repository) in [
            ("POST", "/x/acme/w", body, "b", None),
            ("POST", "/x/acme/w?op=delete", body, "b", None),
            ("POST", "/x/acme/w?op=list", body, "b", None),
            ("PUT", "/x/acme/w?op=copy", body, "b", None),
            ("DELETE", "/x/acme/w", body, "b", None),
            // Without a body, it is the query that says it.
            ("GET", "/x/acme/w", Content::None, "a,b", Some("w")),
            ("GET", "/x/acme/w?op=delete", Content::None, "b,c", Some("w")),
            ("POST", "/x/acme/w?op=delete", Content::None, "b,c", Some("w")),
            ("HEAD", "/x/acme/w?op=delete", Content::None, "b,c", Some("w")),
            ("GET", "/x/acme/w?op=copy", Content::None, "b,c", None),
            // Which line a server takes it for is not known.
            ("GET", "/x/acme/w?op=DELETE", Content::None, "b", None),
            ("GET", "/x/acme/w?op=list", Content::None, "b", None),
        ] {
            let target = Target::parse(raw).unwrap();
            let resource = table.resource(method.parse().unwrap(), &target, content);
            let found: Vec<&str> = resource.areas().collect();
            assert_eq!(found.join(","), areas, "{method} {raw}");
            let found = resource.repository.map(|found| found.name);
            assert_eq!(found, repository, "{method} {raw}");
        }
    }

    #[test]
    fn refuses_conditions_on_slots_that_are_none() {
        for line in [
            "write PUT /npm/{path} {other}=x",
            "write PUT /npm/{path}/{rev}? {path}=x",
            "write PUT /{namespace}/{path} {path}=@{namespace}/{name}",
            "write PUT /npm/{path} {path}=@{namespace}/{name} no-namespace",
            "write PUT /npm/{path} {path}=x\nwrite PUT /npm/{path} {path}=x",
            "write PUT /npm/{path} {path}=x ?a=b",
            "write PUT /npm/{path}/{repo}{1,3} {path}=x",
            "write PUT /npm/{path}{1,3} {path}=x",
            "write PUT /npm/{repo}{1,3}/{repo} {repo}=x",
            "write PUT /npm/{namespace}{1,2}/{repo}",
            "write PUT /npm/{repo}{1,2}/{rev}/{repo}",
        ] {
            assert!(RouteTable::parse(line).is_err(), "{line}");
        }
    }

    #[test]
    fn a_write_in_either_of_two_namespaces_is_in_none() {
        let text = "write POST /{namespace}/x/{repo}\nwrite POST /a/{namespace}/{repo}\n\
                    write POST /admin/{task} no-namespace\nwrite POST /{what}/now";
        let table = RouteTable::parse(text).unwrap();
        for raw in ["/a/x/r", "/admin/now"] {
            let target = Target::parse(raw).unwrap();
            let route = table.classify(Method::Post, &target).unwrap();
            let found = (route.class, route.namespace, route.membership);
            assert_eq!(
                found,
                (Class::Known(Access::Write), None, RequiredMembership::Writer),
                "{raw}"
            );
        }
        let target = Target::parse("/a/z/r").unwrap();
        assert_eq!(
            table.classify(Method::Post, &target).unwrap().namespace,
            Some("z")
        );
    }

    #[test]
    fn a_name_in_the_rest_of_any_line_that_may_be_meant_contests_the_namespace() {
        let write = "write POST /{namespace}/{*rest}";
        for other in [
            "read POST /{x}/{y}/refs/{*path}",
            "read POST /{x}/{y}/refs/{z}/{w}",
        ] {
            for text in [format!("{write}\n{other}"), format!("{other}\n{write}")] {
                let table = RouteTable::parse(&text).unwrap();
                for (raw, namespace) in [
                    ("/acme/x/refs/owner/other", None),
                    ("/acme/x/refs/a/b", Some("acme")),
                ] {
                    let target = Target::parse(raw).unwrap();
                    let route = table.classify(Method::Post, &target).unwrap();
                    assert_eq!(route.class, Class::Known(Access::Write), "{text} {raw}");
                    assert_eq!(route.namespace, namespace, "{text} {raw}");
                }
            }
        }
    }

    #[test]
    fn asks_every_line_that_may_be_stricter() {
        let is_write = |text: &str, raw| {
            let table = RouteTable::parse(text).unwrap();
            let target = Target::parse(raw).unwrap();
            table.classify(Method::Post, &target).unwrap().class == Class::Known(Access::Write)
        };
        // In another spelling, the first line says write.
        let public = "public POST /{x}/b\npublic POST /a/{x}/";
        assert!(is_write(public, "/a/b/"));
        // Without its parameter, the first line says nothing.
        let conditional = "contribute POST /{x}/b\npublic POST /a/{x} ?y=1";
        assert!(is_write(conditional, "/a/b"));
        // A batch may come out as a read, which is less than a contribution.
        let batch = "contribute POST /{x}/b\nlfs-batch POST /a/{x}";
        assert!(is_write(batch, "/a/b"));
    }
}
