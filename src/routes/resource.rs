//! What a request is for, by the table: a repository, and areas. Knows nothing of what may be done to it.

use crate::stored::stored_struct;

/// What a request is for, as far as its route says so beyond doubt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resource<'a> {
    /// The repository that the path names; `None` where it names none, or may name another one.
    pub repository: Option<RepositoryName<'a>>,
    pub(super) areas: AreaSet,
    pub(super) names: &'a [String],
}

/// Areas of one table, a bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct AreaSet(pub(super) u64);

stored_struct!(AreaSet { 0 });

/// What of a table's text says what requests are for, beside the lines themselves.
#[derive(Default)]
pub(super) struct Vocabulary {
    /// The areas that lines are of; a line's [`AreaSet`] counts them by their place here.
    pub(super) areas: Vec<String>,
    /// The literals before a repository's name that say its kind.
    pub(super) kinds: Vec<String>,
    /// For each table, the kind of the repositories before which no such literal stands.
    table_kinds: Vec<String>,
}

stored_struct!(Vocabulary {
    areas,
    kinds,
    table_kinds
});

impl Vocabulary {
    /// The areas of the lines that follow `area NAMES`; `None` where the names are not well-formed or too many.
    pub(super) fn area_set(&mut self, names: &str) -> Option<AreaSet> {
        if names == "-" {
            return Some(AreaSet::default());
        }
        names.split(',').try_fold(AreaSet::default(), |set, name| {
            let known = self.areas.iter().position(|area| area == name);
            let index = match known {
                Some(index) => index,
                None if is_word(name) && self.areas.len() < AreaSet::MAXIMUM => {
                    self.areas.push(name.to_owned());
                    self.areas.len().saturating_sub(1)
                }
                None => return None,
            };
            Some(AreaSet(set.0 | AreaSet::of(index).0))
        })
    }

    /// Begins with the next table, whose repositories are models until it says otherwise.
    pub(super) fn begin_table(&mut self) {
        self.table_kinds.push(RepositoryName::DEFAULT_KIND.to_owned());
    }

    /// Takes the name of `kind NAME`; `None` where it is not well-formed, or the table has one already.
    pub(super) fn set_kind(&mut self, name: &str) -> Option<()> {
        let kind = self.table_kinds.last_mut()?;
        let is_first = kind == RepositoryName::DEFAULT_KIND && is_word(name);
        name.clone_into(kind);
        is_first.then_some(())
    }

    /// The kind of a repository of a table, counted from 1, and whether entries mean it that name no kind: those mean the first
    /// table's.
    pub(super) fn kind(&self, table: usize, literal: Option<&str>) -> (&str, bool) {
        let said = literal.and_then(|literal| self.kinds.iter().find(|kind| *kind == literal));
        let of_table = || table.checked_sub(1).and_then(|at| self.table_kinds.get(at));
        let kind = said
            .or_else(of_table)
            .map_or(RepositoryName::DEFAULT_KIND, String::as_str);
        (kind, self.table_kinds.first().is_some_and(|first| first == kind))
    }

    /// Takes the names of `kinds NAMES`; `None` where they are not well-formed.
    pub(super) fn add_kinds(&mut self, names: &str) -> Option<()> {
        names.split(',').try_for_each(|name| {
            self.kinds.push(name.to_owned());
            is_word(name).then_some(())
        })
    }
}

/// A repository, as a path names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RepositoryName<'a> {
    /// What it is: `models`, `datasets`, `images` …
    pub kind: &'a str,
    /// Whether a name without a kind means this kind.
    pub is_usual_kind: bool,
    /// Whose it is, where the path says so.
    pub namespace: Option<&'a str>,
    /// Its name, without `.git`; several words with slashes between them where the path has several segments for it.
    pub name: &'a str,
}

impl RepositoryName<'_> {
    /// What a repository is whose path and table say no kind.
    pub const DEFAULT_KIND: &'static str = "models";
}

impl<'a> Resource<'a> {
    /// The area in which every token may ask whom it stands for.
    const WHOAMI: &'static str = "whoami";

    /// The areas that every interpretation of the request has.
    pub fn areas(&self) -> impl Iterator<Item = &'a str> {
        let areas = self.areas;
        (0..)
            .zip(self.names)
            .filter(move |(index, _)| areas.holds(*index))
            .map(|(_, name)| name.as_str())
    }

    /// What a request is for that can be read in both ways.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            repository: self.repository.filter(|_| self.repository == other.repository),
            areas: self.areas.and(other.areas),
            names: self.names,
        }
    }

    /// Whether it asks whom the token stands for.
    pub fn is_whoami(&self) -> bool {
        self.areas().any(|area| area == Self::WHOAMI)
    }
}

impl AreaSet {
    /// How many areas a table may have.
    pub(super) const MAXIMUM: usize = 64;

    /// All areas that a table may have.
    pub(super) const ALL: Self = Self(u64::MAX);

    pub(super) fn of(index: usize) -> Self {
        let bit = u32::try_from(index)
            .ok()
            .and_then(|index| u64::checked_shl(1, index));
        Self(bit.unwrap_or_default())
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    fn holds(self, index: usize) -> bool {
        self.0 & Self::of(index).0 != 0
    }
}

/// 1 to 32 of `a-z 0-9 -`, beginning with a letter: an area, or a kind of repository.
pub(crate) fn is_word(text: &str) -> bool {
    const MAXIMUM_BYTES: usize = 32;
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    text.len() <= MAXIMUM_BYTES
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.bytes().all(plain)
}
