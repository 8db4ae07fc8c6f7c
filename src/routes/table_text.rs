//! From the text of route tables to a [`RouteTable`]. The gate does without: it loads what the build has read.

use std::str::FromStr;

use super::header_line;
use super::method_table::StricterCondition;
use super::outcome::Outcome;
use super::pattern::Pattern;
use super::required_membership::RequiredMembership;
use super::resource::AreaSet;
use super::setting::{self, TableSource};
use super::shipped::ShippedTable;
use super::slot_condition::SlotCondition;
use super::table::RouteTable;
use super::table_error::{LineFault, RouteTableError};
use super::table_rule::{Condition, Reach, TableRule};
use crate::request::Method;

/// The last word of a line whose requests also concern repositories that the path does not name.
const OTHER_REPOSITORIES: &str = "other-repositories";

impl RouteTable {
    /// The table for a hub with git, git-lfs, the Hub API and inference: `routes/hub.routes`.
    #[expect(clippy::panic, reason = "the text is part of the build, and a test parses it")]
    pub fn shipped() -> Self {
        // Not by its name: whoever needs this table alone need not contain the others.
        Self::parse_shipped(ShippedTable::HUB).unwrap_or_else(|error| panic!("{error}"))
    }

    /// A table that ships, at the root.
    pub(super) fn parse_shipped(table: ShippedTable) -> Result<Self, RouteTableError> {
        Self::joined(&[TableSource::shipped(table, "")])
    }

    /// The table that a deployment names, as `ROUTES` does: names of [`ShippedTable`]s with `+` between them, each with `@` and a
    /// prefix behind it where its paths are not at the root (`hub+npm@/npm`), or the text of a table, which may include such names.
    ///
    /// # Errors
    /// [`RouteTableError`] names the line and what is expected there.
    pub fn configured(setting: &str) -> Result<Self, RouteTableError> {
        Self::of_tables(setting::tables(setting))
    }

    /// Parses a table's text. The head of `routes/hub.routes` describes the format.
    ///
    /// # Errors
    /// [`RouteTableError`] names the line and what is expected there.
    pub fn parse(text: &str) -> Result<Self, RouteTableError> {
        Self::of_tables(setting::with_included(text))
    }

    fn of_tables(tables: Result<Vec<TableSource<'_>>, usize>) -> Result<Self, RouteTableError> {
        Self::joined(&tables.map_err(|line| RouteTableError::at(line, LineFault::Name))?)
    }

    pub(super) fn joined(tables: &[TableSource<'_>]) -> Result<Self, RouteTableError> {
        let mut table = Self::default();
        for source in tables {
            table.add_table(source)?;
        }
        // A HEAD is decided like its GET.
        for method in Method::ALL.into_iter().filter(|method| *method != Method::Head) {
            table.method_mut(method).finish(method);
        }
        // A server that takes the words of a query for a stricter request may do so whatever the method.
        let conditions: Vec<StricterCondition> = Method::ALL
            .into_iter()
            .filter(|method| *method != Method::Head)
            .flat_map(|method| table.method(method).stricter_conditions().to_vec())
            .collect();
        for method in Method::ALL.into_iter().filter(|method| *method != Method::Head) {
            table.method_mut(method).set_stricter_conditions(&conditions);
        }
        Ok(table)
    }

    fn add_table(&mut self, source: &TableSource<'_>) -> Result<(), RouteTableError> {
        let before = self.lines.len();
        self.tables.push((source.name.map(str::to_owned), before));
        self.vocabulary.begin_table();
        let mut areas = AreaSet::default();
        for (index, line) in source.text.lines().enumerate() {
            let number = index + 1;
            let line = line.split('#').next().unwrap_or_default();
            let words: Vec<&str> = line.split_whitespace().collect();
            self.lines.push(words.join(" "));
            if setting::included(line).is_some() {
                // The tables that it names are joined already.
            } else if let Some(names) = header_line::names(&words) {
                let headers =
                    header_line::parse(names).map_err(|fault| RouteTableError::at(number, fault))?;
                self.headers.extend(headers);
            } else if let ["area", names @ ..] = words.as_slice() {
                let set = match names {
                    [names] => self.vocabulary.area_set(names),
                    _ => None,
                };
                areas = set.ok_or(RouteTableError::at(number, LineFault::Areas))?;
            } else if let ["kind", names @ ..] = words.as_slice() {
                let set = match names {
                    [name] => self.vocabulary.set_kind(name),
                    _ => None,
                };
                set.ok_or(RouteTableError::at(number, LineFault::Kind))?;
            } else if let ["kinds", names @ ..] = words.as_slice() {
                let added = match names {
                    [names] => self.vocabulary.add_kinds(names),
                    _ => None,
                };
                added.ok_or(RouteTableError::at(number, LineFault::Kinds))?;
            } else if let [outcome, methods, path, condition @ ..] = words.as_slice() {
                self.add_line(source.mount, areas, outcome, methods, path, condition)
                    .map_err(|fault| RouteTableError::at(number, fault))?;
            } else if !words.is_empty() {
                return Err(RouteTableError::at(number, LineFault::Words));
            }
        }
        Ok(())
    }

    /// Adds the line that was read last.
    fn add_line(
        &mut self,
        mount: &str,
        areas: AreaSet,
        outcome: &str,
        methods: &str,
        path: &str,
        condition: &[&str],
    ) -> Result<(), LineFault> {
        let (reach, condition) = match condition {
            [condition @ .., OTHER_REPOSITORIES] => (Reach::Others, condition),
            condition => (Reach::default(), condition),
        };
        let said = condition
            .split_last()
            .and_then(|(word, condition)| Some((RequiredMembership::named(word)?, condition)));
        let (membership, condition) = said.unwrap_or((RequiredMembership::default(), condition));
        let rule = TableRule {
            table: self.tables.len(),
            line: self.lines.len(),
            outcome: Outcome::named(outcome).ok_or(LineFault::Class)?,
            condition: match condition {
                [] => None,
                [condition] => Some(Condition::parse(condition, path).ok_or(LineFault::Condition)?),
                _ => return Err(LineFault::Words),
            },
            membership,
            areas,
            reach,
        };
        if let Some(condition) = rule.parameter() {
            self.parameters.insert(condition.name.clone(), ());
        }
        if !path.starts_with('/') {
            return Err(LineFault::Path);
        }
        let mounted = |pattern: Pattern| pattern.mounted(mount.matches('/').count());
        let patterns = Pattern::expand(&[mount, path].concat()).ok_or(LineFault::Path)?;
        let patterns: Vec<Pattern> = patterns.into_iter().map(mounted).collect();
        let names_one = rule.slot().is_some_and(SlotCondition::names_namespace);
        for pattern in &patterns {
            let names_another = pattern.namespace_index().is_some();
            if membership == RequiredMembership::None && (names_one || names_another) {
                return Err(LineFault::Namespace);
            }
            if pattern.names_some_unread() || (names_one && names_another) {
                return Err(LineFault::Namespaces);
            }
        }
        for method in methods.split(',') {
            let method = Method::from_str(method).map_err(|_| LineFault::Method)?;
            if method == Method::Head {
                return Err(LineFault::Head);
            }
            for pattern in &patterns {
                self.method_mut(method).add(pattern, &rule)?;
            }
        }
        Ok(())
    }
}
