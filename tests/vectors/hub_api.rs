//! The hub's whole API, each path with the class that it is meant to have: those of the hub's published OpenAPI description, and
//! what huggingface_hub, huggingface.js, git and inference clients send beside it.

use lychgate::request::{Content, Method, Target};
use lychgate::routes::{Access, Class, RequiredMembership, RouteTable, Rule};

use crate::cases::{Cases, equal};

const LIST: &str = include_str!("hub_api.tsv");

/// A path of the list with a value in each of its slots.
fn filled(template: &str) -> String {
    let mut path = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (slot, after) = after.split_once('}').unwrap();
        path.push_str(before);
        path.push_str(match slot {
            "namespace" => "acme",
            "repo" => "widget",
            "rev" => "main",
            "compare" => "main..dev",
            "path" => "data/a.txt",
            "perms" => "write",
            "action" => "enable",
            _ => "x17",
        });
        rest = after;
    }
    path.push_str(rest);
    path
}

/// What a request asks of memberships, in the list's words.
fn membership(access: Access, namespace: Option<&str>, required: RequiredMembership) -> &'static str {
    match (access, namespace, required) {
        (Access::Public | Access::Read, _, _) | (Access::Contribute, None, _) => "-",
        (Access::Contribute, Some(_), _) | (Access::Write, Some(_), RequiredMembership::Writer) => {
            "namespace"
        }
        (Access::Write, Some(_), RequiredMembership::Contributor) => "contributors",
        (Access::Write, _, RequiredMembership::None) => "nobody",
        (Access::Write, None, RequiredMembership::Writer | RequiredMembership::Contributor) => "refused",
    }
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn every_path_of_the_hub_has_the_class_that_it_is_meant_to_have() {
    let table = RouteTable::shipped();
    let mut cases = Cases::of("paths of the hub");
    for row in LIST.lines().skip(1) {
        let [method, template, class, asked, why] = row.split('\t').collect::<Vec<_>>().try_into().unwrap();
        let name = format!("{method} {template}");
        let raw = filled(template);
        let method: Method = method.parse().unwrap();
        let target = Target::parse(&raw).unwrap();
        let route = table.classify(method, &target).unwrap();
        let has_body = !matches!(method, Method::Get | Method::Head);
        let content = if has_body {
            Content::of_type("application/json")
        } else {
            Content::None
        };
        let access = route.class.with_body(&target, content, b"{}");
        let found = membership(access, route.namespace, route.membership);
        cases.note(
            &name,
            equal("class", access.name(), class)
                .and_then(|()| equal("membership", found, asked))
                // What is less than its method says, and what no membership covers, has a line and a reason.
                .and_then(|()| {
                    let is_unusual = match access {
                        Access::Public => true,
                        Access::Read | Access::Contribute => has_body,
                        Access::Write => !has_body || found != "namespace",
                    };
                    let has_line = matches!(route.rule, Rule::Line { .. }) || asked == "refused";
                    let is_meant = !is_unusual || (has_line && !why.is_empty());
                    is_meant
                        .then_some(())
                        .ok_or_else(|| "no line or no reason".to_owned())
                }),
        );
        // A batch is what its body says; every other class holds for any path of its kind.
        let is_batch = route.class == Class::LfsBatch;
        cases.note(
            &format!("{name}, whatever its body"),
            equal("class", is_batch, template.ends_with("objects/batch")),
        );
    }
    cases.finish(2 * 410);
}
