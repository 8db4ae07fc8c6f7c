//! Which fields and cookies the gate forwards, and what tables and deployments may add.

use lychgate::forwarding::{FieldClasses, ForwardedFields};
use lychgate::request::{FieldClass, FieldPatterns, Method};
use lychgate::routes::{Access, RouteTable};
use lychgate::token::Prefix;
use serde::Deserialize;

use crate::cases::{Cases, equal, read};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vectors {
    /// What the deployment adds.
    added: String,
    fields: Vec<Field>,
    edits: Vec<Edit>,
    names: Vec<Name>,
}

/// With which requests a field goes on: a read, a write, what is public and no preflight, a preflight.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Field {
    name: String,
    /// `always`, `not_on_preflight`, `with_body`, `on_public`, `unless_identified`, `with_get` or `never`.
    goes_on: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Edit {
    name: String,
    field: String,
    value: String,
    goes_on: Option<String>,
}

/// A name that a table or a deployment adds.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Name {
    name: String,
    /// The variant of `FieldPatternFault`; none where the name may be added.
    fault: Option<String>,
}

fn vectors() -> Vectors {
    read("forwarding.json", include_str!("forwarding.json"))
}

fn fields(vectors: &Vectors) -> ForwardedFields {
    let added: FieldPatterns = vectors.added.parse().unwrap();
    ForwardedFields::new(&RouteTable::shipped(), added, Prefix::default())
}

fn of_table(table: &RouteTable, added: FieldPatterns) -> ForwardedFields {
    ForwardedFields::new(table, added, Prefix::default())
}

/// Identified unless it is public: a `GET`, a `POST`, a public `POST`, a preflight, and an anonymous `GET`.
fn requests() -> [FieldClasses; 5] {
    [
        FieldClasses::of(Method::Get, Access::Read, true),
        FieldClasses::of(Method::Post, Access::Write, true),
        FieldClasses::of(Method::Post, Access::Public, false),
        FieldClasses::of(Method::Options, Access::Public, false),
        FieldClasses::of(Method::Get, Access::Read, false),
    ]
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn fields_go_on_by_their_names() {
    let vectors = vectors();
    let fields = fields(&vectors);
    let mut cases = Cases::of("forwarded fields");
    for field in &vectors.fields {
        let found = requests().map(|carried| carried.hold(fields.class(&field.name)));
        let expected = match field.goes_on.as_str() {
            "always" => [true; 5],
            "not_on_preflight" => [true, true, true, false, true],
            "with_body" => [false, true, true, false, false],
            "on_public" => [false, false, true, false, false],
            "unless_identified" => [false, false, true, false, true],
            "with_get" => [true, false, false, false, true],
            "never" => [false; 5],
            other => panic!("{other}"),
        };
        cases.equal(&field.name, found, expected);
        let upper = fields.class(&field.name.to_ascii_uppercase());
        assert_eq!(upper, fields.class(&field.name), "{}", field.name);
    }
    cases.finish(250);
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn values_of_some_fields_are_edited() {
    let vectors = vectors();
    let fields = fields(&vectors);
    let mut cases = Cases::of("edited values");
    for edit in &vectors.edits {
        let is_edited = fields.class(&edit.field).bit() & ForwardedFields::EDITED != 0;
        assert!(is_edited, "{}", edit.name);
        let found = fields.edit(&edit.field, &edit.value);
        cases.equal(&edit.name, found.as_deref(), edit.goes_on.as_deref());
    }
    cases.finish(40);
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn tables_and_deployments_add_names_that_are_not_reserved() {
    let mut cases = Cases::of("added names");
    for Name { name, fault } in vectors().names {
        let table = RouteTable::parse(&format!("read GET /x\nheader Accept,{name}\n"));
        let variable = format!("Accept, {name}").parse::<FieldPatterns>();
        let outcome = match (&fault, table, variable) {
            (None, Ok(table), Ok(added)) => {
                let pattern = name.replace('*', "anything");
                let by_table = of_table(&table, FieldPatterns::default()).class(&pattern);
                let without = RouteTable::parse("read GET /x").unwrap();
                let by_variable = of_table(&without, added).class(&pattern);
                let neither = of_table(&without, FieldPatterns::default()).class(&pattern);
                equal("by the table", by_table, FieldClass::Listed)
                    .and_then(|()| equal("by the variable", by_variable, FieldClass::Listed))
                    .and_then(|()| equal("by neither", neither == FieldClass::Listed, false))
            }
            (Some(fault), Err(by_table), Err(by_variable)) => equal("line", by_table.line, 2)
                .and_then(|()| equal("number", by_variable.number, 2))
                .and_then(|()| equal("fault", format!("{:?}", by_variable.fault), fault.clone()))
                .and_then(|()| {
                    let told = by_variable.fault.to_string();
                    equal("the table tells it", by_table.to_string().ends_with(&told), true)
                }),
            (_, table, variable) => Err(format!(
                "the table: {:?}, the variable: {:?}",
                table.err(),
                variable.err()
            )),
        };
        cases.note(&name, outcome);
    }
    cases.finish(60);
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn a_line_about_headers_has_two_words() {
    for line in [
        "header",
        "header X-A X-B",
        "header X-A, X-B",
        "header X-A,",
        "header ,",
    ] {
        let error = RouteTable::parse(line).err().map(|error| error.to_string());
        assert!(error.is_some_and(|error| error.contains("line 1: ")), "{line}");
    }
}
