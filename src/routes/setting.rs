//! What a deployment says of its routes: the names of tables that ship, or the text of a table of its own, which can include some of
//! these. Knows nothing of other lines.

use super::pattern::is_literal;
use super::shipped::ShippedTable;

/// What joins the names of tables.
const JOINS: char = '+';

/// The first word of a line that includes tables.
const INCLUDES: &str = "include";

/// What stands between a table's name and the prefix of its paths.
const MOUNTS: char = '@';

/// A table's text, and where its paths begin.
#[derive(Clone, Copy)]
pub(super) struct TableSource<'a> {
    /// The table's name, if it is one that ships.
    pub(super) name: Option<&'static str>,
    /// What all its paths begin with, without a slash at the end: `/npm`, or nothing.
    pub(super) mount: &'a str,
    pub(super) text: &'a str,
}

impl<'a> TableSource<'a> {
    /// A table of the deployment's own.
    pub(super) fn own(text: &'a str) -> Self {
        Self {
            name: None,
            mount: "",
            text,
        }
    }

    /// A table that ships.
    pub(super) const fn shipped(table: ShippedTable, mount: &'a str) -> Self {
        Self {
            name: Some(table.name),
            mount,
            text: table.text,
        }
    }

    /// A table that ships, by its name and where it is mounted: `npm`, `npm@/npm`.
    fn named(text: &'a str) -> Option<Self> {
        let (name, mount) = text.split_once(MOUNTS).unwrap_or((text, ""));
        let is_mount = mount.is_empty() != text.contains(MOUNTS)
            && mount.split('/').skip(1).all(is_literal)
            && !mount.contains(MOUNTS)
            && (mount.is_empty() || mount.starts_with('/'));
        let table = ShippedTable::named(name).filter(|_| is_mount)?;
        Some(Self::shipped(table, mount))
    }
}

/// The tables that a setting names, or the one that it is: a line of a table has several words, and names have no space.
///
/// # Errors
/// The number of the line where a name is none, or a prefix is no path of literals.
pub(super) fn tables(setting: &str) -> Result<Vec<TableSource<'_>>, usize> {
    let names = setting.trim();
    if names.is_empty() || names.contains(char::is_whitespace) {
        return with_included(setting);
    }
    named(names).ok_or(1)
}

/// A table of the deployment's own, behind those that it includes.
///
/// # Errors
/// As [`tables`].
pub(super) fn with_included(text: &str) -> Result<Vec<TableSource<'_>>, usize> {
    let mut tables = Vec::new();
    for (number, line) in (1_usize..).zip(text.lines()) {
        if let Some(names) = included(line) {
            tables.extend(named(names).ok_or(number)?);
        }
    }
    tables.push(TableSource::own(text));
    Ok(tables)
}

/// The rest of a line that includes tables.
pub(super) fn included(line: &str) -> Option<&str> {
    let line = line.split('#').next()?.trim();
    let names = line.strip_prefix(INCLUDES)?;
    (names.is_empty() || names.starts_with(char::is_whitespace)).then(|| names.trim())
}

fn named(names: &str) -> Option<Vec<TableSource<'_>>> {
    names.split(JOINS).map(TableSource::named).collect()
}

#[cfg(test)]
mod tests {
    use super::tables;

    #[test]
    fn names_join_and_mount_tables() {
        let read = |setting| {
            let tables = tables(setting).ok()?;
            let named = |table: &super::TableSource<'_>| format!("{:?}{}", table.name, table.mount);
            Some(tables.iter().map(named).collect::<Vec<_>>().join(" "))
        };
        for (setting, expected) in [
            ("hub", Some("Some(\"hub\")")),
            (" oci\n", Some("Some(\"oci\")")),
            ("hub+oci", Some("Some(\"hub\") Some(\"oci\")")),
            (
                "npm@/npm+npm@/a/b.c",
                Some("Some(\"npm\")/npm Some(\"npm\")/a/b.c"),
            ),
            ("read GET /a", Some("None")),
            ("", Some("None")),
            ("hubs", None),
            ("Hub", None),
            ("hub+", None),
            ("hub,oci", None),
            ("npm@", None),
            ("npm@/", None),
            ("npm@npm", None),
            ("npm@/npm/", None),
            ("npm@/a//b", None),
            ("npm@/..", None),
            ("npm@/{slot}", None),
            ("npm@/a@/b", None),
            ("read GET /a\ninclude hub", Some("Some(\"hub\") None")),
            (
                "  include\thub+npm@/npm # both\nread GET /a\ninclude oci\n",
                Some("Some(\"hub\") Some(\"npm\")/npm Some(\"oci\") None"),
            ),
            ("include hub\n", Some("Some(\"hub\") None")),
            ("# include hub\nincludes hub /a", Some("None")),
            ("include", None),
            ("include \nread GET /a", None),
            ("include hub oci", None),
            ("include hubs\nread GET /a", None),
            ("include npm@/npm/\nread GET /a", None),
        ] {
            assert_eq!(read(setting).as_deref(), expected, "{setting}");
        }
    }
}
