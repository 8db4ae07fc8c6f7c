//! What in a table is probably not what its author meant. Says nothing of requests: whoever deploys a table reads it.

use std::fmt;

use super::entry::Entry;
use super::interpretation::Interpretation;
use super::method_table::MethodTable;
use super::outcome::Outcome;
use super::required_membership::RequiredMembership;
use super::resource::AreaSet;
use super::slot_condition::SlotCondition;
use super::table::RouteTable;
use super::table_rule::TableRule;
use crate::request::Method;

/// Something about one line of a table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TableFinding {
    /// The line, from 1.
    pub line: usize,
    /// What it is.
    pub kind: FindingKind,
}

/// A line of the table or of one that it includes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LinePlace {
    /// The name of the included table.
    pub table: Option<String>,
    /// The line, from 1.
    pub number: usize,
}

impl LinePlace {
    /// A line, counted through all tables.
    const fn counted(number: usize) -> Self {
        Self { table: None, number }
    }
}

impl fmt::Display for LinePlace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}", self.number)?;
        self.table
            .as_ref()
            .map_or(Ok(()), |table| write!(formatter, " of {table}"))
    }
}

/// What a line does that its author may not have meant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FindingKind {
    /// It never decides: a stricter line covers all that it matches.
    Unreachable {
        /// The stricter line.
        by: LinePlace,
    },
    /// Its condition never holds: only free text has a slash.
    NeverHolds {
        /// The slot's name.
        slot: String,
    },
    /// It makes every request of its methods weaker than an unlisted one.
    CoversEverything,
    /// It has a literal that is a slot in other routers.
    LikelySlot {
        /// The literal.
        literal: String,
    },
    /// A slot before `{repo}` is called something else than `{namespace}`.
    UnreadNamespace {
        /// The slot's name.
        slot: String,
    },
    /// It is weaker than another line that covers what it matches.
    Softens {
        /// The other line.
        other: LinePlace,
    },
    /// It writes, and names no namespace.
    NoNamespace,
    /// It is in no area.
    NoArea,
    /// Its path begins like the gate's own, so the gate takes its requests for its own.
    UnderGatePrefix {
        /// The path of the gate's own.
        prefix: String,
    },
}

impl FindingKind {
    /// Whether the line cannot be intended. Other findings are for the author to judge.
    pub const fn is_fault(&self) -> bool {
        match self {
            Self::Unreachable { .. }
            | Self::NeverHolds { .. }
            | Self::CoversEverything
            | Self::LikelySlot { .. }
            | Self::UnreadNamespace { .. } => true,
            Self::Softens { .. } | Self::NoNamespace | Self::NoArea | Self::UnderGatePrefix { .. } => false,
        }
    }

    /// A word for it.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => "unreachable",
            Self::NeverHolds { .. } => "never_holds",
            Self::CoversEverything => "covers_everything",
            Self::LikelySlot { .. } => "likely_slot",
            Self::UnreadNamespace { .. } => "unread_namespace",
            Self::Softens { .. } => "softens",
            Self::NoNamespace => "no_namespace",
            Self::NoArea => "no_area",
            Self::UnderGatePrefix { .. } => "under_gate_prefix",
        }
    }
}

impl fmt::Display for FindingKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable { by } => write!(
                formatter,
                "never applies: {by} covers all that it matches, is stricter, and names a {{namespace}} where this line has \
                 another slot. Expected a line that can decide: name the {{namespace}} here too, or remove the line"
            ),
            Self::NeverHolds { slot } => write!(
                formatter,
                "the condition never holds: {{{slot}}} cannot hold a slash. Expected one of the slots for free text: call it {{path}}, \
                 {{rev}}, {{branch}} or {{tag}}"
            ),
            Self::CoversEverything => write!(
                formatter,
                "makes every request of its methods weaker than one that no line matches. Expected a literal before the first slot: \
                 list the paths that are meant"
            ),
            Self::LikelySlot { literal } => write!(
                formatter,
                "matches the text {literal} alone. Expected slots in braces: write {{{}}}",
                literal.trim_matches(':')
            ),
            Self::UnreadNamespace { slot } => write!(
                formatter,
                "names a {{repo}} behind {{{slot}}}, and memberships and restrictions look only at {{namespace}}. Expected \
                 {{namespace}} there: rename the slot"
            ),
            Self::Softens { other } => write!(
                formatter,
                "is weaker than {other}, which covers what it matches. Expected only where the origin does less there than {other} \
                 says: check it with the origin (lychgate probe)"
            ),
            Self::NoNamespace => write!(
                formatter,
                "writes, and its path names no namespace. If memberships are on, it is refused: name the {{namespace}}, or end the \
                 line with no-namespace"
            ),
            Self::NoArea => write!(
                formatter,
                "is in no area, or in none that all lines of its path have, so tokens that are limited to areas may not send it: put \
                 an area line before it"
            ),
            Self::UnderGatePrefix { prefix } => write!(
                formatter,
                "never applies where the gate's own paths are under {prefix}, as this path is. Expected a gate whose own are \
                 elsewhere: set GATE_PREFIX to a path that the origin does not use, such as /_gate/, and pass it here as --gate-prefix"
            ),
        }
    }
}

impl RouteTable {
    /// What of the table is probably not meant, in the order of its lines.
    pub fn findings(&self) -> Vec<TableFinding> {
        let methods = Method::ALL.into_iter().filter(|method| *method != Method::Head);
        let tables: Vec<(Method, &MethodTable)> =
            methods.map(|method| (method, self.method(method))).collect();
        let mut findings = Vec::new();
        for (method, table) in &tables {
            for entry in table.entries() {
                for rule in entry.rules() {
                    let unread = unread_namespace(self.line(rule.line));
                    let kinds = about(*method, entry, rule).chain(beside(table, entry, rule));
                    let kinds = kinds.chain(unread).chain(self.under_gate_prefix(entry));
                    findings.extend(kinds.map(|kind| TableFinding {
                        line: rule.line,
                        kind,
                    }));
                }
            }
        }
        findings.sort_unstable();
        findings.dedup();
        Self::keep_unreachable(&tables, &mut findings);
        // The tables that it includes are not its author's.
        let included = self.lines_before_the_last();
        findings.retain(|finding| finding.line > included);
        for finding in &mut findings {
            finding.line = finding.line.saturating_sub(included);
            if let FindingKind::Unreachable { by: place } | FindingKind::Softens { other: place } =
                &mut finding.kind
            {
                let (table, number) = self.in_its_table(place.number);
                *place = LinePlace {
                    table: table.map(str::to_owned),
                    number,
                };
            }
        }
        // One line that it softens says enough.
        findings.dedup_by(|one, other| {
            let soften = |kind: &FindingKind| matches!(kind, FindingKind::Softens { .. });
            one.line == other.line && soften(&one.kind) && soften(&other.kind)
        });
        findings
    }

    /// The path of a line that never applies, because it begins with the gate's own prefix.
    pub fn path_under_gate_prefix(&self) -> Option<&str> {
        let mut own = self
            .all_entries()
            .filter(|entry| self.is_under_gate_prefix(entry));
        let line = own.find_map(|entry| entry.rules().first())?.line;
        self.line(line).split(' ').nth(2)
    }

    fn is_under_gate_prefix(&self, entry: &Entry) -> bool {
        let own = self.gate_prefix().segment();
        entry
            .pattern
            .literal_at(0)
            .is_some_and(|first| first.eq_ignore_ascii_case(own))
    }

    fn under_gate_prefix(&self, entry: &Entry) -> Option<FindingKind> {
        self.is_under_gate_prefix(entry)
            .then(|| FindingKind::UnderGatePrefix {
                prefix: self.gate_prefix().to_string(),
            })
    }

    /// Whether paths begin with a name. One that is spelled like the gate's prefix cannot be reached.
    pub fn begins_with_names(&self) -> bool {
        self.all_entries().any(|entry| entry.pattern.has_name_slot_at(0))
    }

    fn all_entries(&self) -> impl Iterator<Item = &Entry> {
        Method::ALL
            .into_iter()
            .flat_map(|method| self.method(method).entries())
    }

    /// Of lines that stand for several paths, only those are unreachable of which no path is reached.
    fn keep_unreachable(tables: &[(Method, &MethodTable)], findings: &mut Vec<TableFinding>) {
        let is_reached = |line: usize| {
            tables.iter().any(|(_, table)| {
                table.entries().iter().any(|entry| {
                    let mut rules = entry.rules().iter().filter(|rule| rule.line == line);
                    rules.any(|rule| covering(table, entry, rule).is_none())
                })
            })
        };
        findings.retain(|finding| {
            !matches!(finding.kind, FindingKind::Unreachable { .. }) || !is_reached(finding.line)
        });
    }
}

/// What other routers call the slot whose text is a namespace.
const NAMESPACES: [&str; 9] = [
    "owner",
    "org",
    "organization",
    "user",
    "username",
    "account",
    "group",
    "scope",
    "workspace",
];

/// The slot in front of a `{repo}` that is called as other routers call a namespace.
fn unread_namespace(line: &str) -> Option<FindingKind> {
    let path = line.split(' ').nth(2)?;
    let (before, _) = path.split_once("/{repo}")?;
    let slot = before.rsplit('/').next()?.trim_end_matches('?');
    let name = slot.strip_prefix('{')?.strip_suffix('}')?;
    NAMESPACES.contains(&name).then(|| FindingKind::UnreadNamespace {
        slot: name.to_owned(),
    })
}

/// What can be said of a line by itself.
fn about(method: Method, entry: &Entry, rule: &TableRule) -> impl Iterator<Item = FindingKind> {
    let pattern = &entry.pattern;
    let unlisted = Interpretation::unlisted(method).outcome;
    let never = rule
        .slot()
        .filter(|condition| condition.needs_a_slash() && !pattern.is_free_text_slot(condition.segments_after))
        .map(|condition| FindingKind::NeverHolds {
            slot: condition.slot.clone(),
        });
    let everything = (pattern.longest_literal().is_none() && pattern.is_open_ended())
        .then_some(FindingKind::CoversEverything)
        .filter(|_| rule.outcome < unlisted);
    let slot = pattern
        .literals()
        .find(|literal| literal.starts_with(':'))
        .map(|literal| FindingKind::LikelySlot {
            literal: literal.to_owned(),
        });
    let names_none =
        pattern.namespace_index().is_none() && !rule.slot().is_some_and(SlotCondition::names_namespace);
    let writes = rule.outcome == Outcome::Write && rule.membership != RequiredMembership::None;
    let no_namespace = (writes && names_none).then_some(FindingKind::NoNamespace);
    let no_area = (rule.areas == AreaSet::default()
        && rule.outcome != Outcome::Public
        && rule.outcome != Outcome::Refused)
        .then_some(FindingKind::NoArea);
    [never, everything, slot, no_namespace, no_area]
        .into_iter()
        .flatten()
}

/// What can be said of a line beside the others of its method.
fn beside(table: &MethodTable, entry: &Entry, rule: &TableRule) -> impl Iterator<Item = FindingKind> {
    let unreachable = covering(table, entry, rule).map(|by| FindingKind::Unreachable {
        by: LinePlace::counted(by),
    });
    let softened = table
        .entries()
        .iter()
        .filter(|other| other.pattern != entry.pattern && entry.outranks(other))
        .flat_map(Entry::rules)
        .find(|other| rule.condition.is_none() && rule.outcome < other.outcome && other.line != rule.line)
        .map(|other| FindingKind::Softens {
            other: LinePlace::counted(other.line),
        });
    [unreachable, softened].into_iter().flatten()
}

/// The stricter line that applies to all that a line matches.
fn covering(table: &MethodTable, entry: &Entry, rule: &TableRule) -> Option<usize> {
    table
        .entries()
        .iter()
        .filter(|other| other.pattern.covers(&entry.pattern) && !entry.outranks(other))
        .flat_map(Entry::rules)
        .find(|other| other.condition.is_none() && other.outcome > rule.outcome && other.line != rule.line)
        .map(|other| other.line)
}
