//! The text of a route table, then a line `---`, then requests for it, one `<method> <target>` per line.

use lychgate::request::{Method, Target};
use lychgate::routes::RouteTable;

use crate::oracle::Oracle;
use crate::table_check::agrees;

/// The longest table. A longer one would show nothing new, and the oracle is slow.
const MAXIMUM_TEXT_BYTES: usize = 2048;

pub fn check(data: &[u8]) -> String {
    let Ok(text) = str::from_utf8(data) else {
        return "not text".to_owned();
    };
    if text.len() > MAXIMUM_TEXT_BYTES {
        return "long".to_owned();
    }
    let (text, requests) = text.split_once("\n---\n").unwrap_or((text, ""));
    let table = match RouteTable::parse(text) {
        Ok(table) => table,
        Err(error) => {
            assert!((1..=text.lines().count()).contains(&error.line), "{error}");
            return error.to_string();
        }
    };
    // Comments and spaces change nothing.
    let plain: String = text
        .lines()
        .map(|line| format!("  {}\t# x\n", line.split('#').next().unwrap()))
        .collect();
    let plain = RouteTable::parse(&plain).unwrap();
    let oracle = Oracle::read(text);
    let mut outcome = String::from("table");
    for request in requests.lines().take(8) {
        let (method, raw) = request.split_once(' ').unwrap_or(("GET", request));
        let (Ok(method), Ok(target)) = (method.parse::<Method>(), Target::parse(raw)) else {
            continue;
        };
        // The oracle reads no templates of slots; `src/routes/slot_condition.rs` tests them.
        if !text.contains("}=") {
            agrees(&table, &oracle, method, &target);
        }
        let found = table.classify(method, &target);
        let again = plain.classify(method, &target);
        assert_eq!(
            again.as_ref().map(|route| route.class),
            found.as_ref().map(|route| route.class)
        );
        outcome.push_str(&format!("; {found:?}"));
    }
    outcome
}
