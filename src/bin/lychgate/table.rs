//! A table for people, printed as its rows arrive.

use std::io::Write;

use crate::failure::Failure;
use crate::print;

/// A table of `N` columns. Later pages are aligned with the first as far as its widths allow.
pub(crate) struct Table<const N: usize> {
    headings: Option<[&'static str; N]>,
    widths: [usize; N],
}

impl<const N: usize> Table<N> {
    pub(crate) const fn new(headings: [&'static str; N]) -> Self {
        Self {
            headings: Some(headings),
            widths: [0; N],
        }
    }

    /// Prints more rows. The first call prints the headings before them.
    pub(crate) fn print(&mut self, out: &mut dyn Write, rows: &[[String; N]]) -> Result<(), Failure> {
        let headings = self.headings.take().map(|row| row.map(str::to_owned));
        let rows: Vec<[String; N]> = headings
            .iter()
            .chain(rows)
            .map(|row| row.each_ref().map(|cell| print::visible(cell)))
            .collect();
        for row in &rows {
            for (width, cell) in self.widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        for row in &rows {
            let cells = self.widths.iter().zip(row);
            let line: Vec<String> = cells.map(|(width, cell)| format!("{cell:<width$}")).collect();
            writeln!(out, "{}", line.join("  ").trim_end())?;
        }
        Ok(out.flush()?)
    }
}

#[cfg(test)]
mod tests {
    use super::Table;

    #[test]
    fn aligns_columns_and_says_headings_once() {
        let mut table = Table::new(["id", "name"]);
        let mut out = Vec::new();
        let row = |id: &str, name: &str| [id.to_owned(), name.to_owned()];
        table.print(&mut out, &[row("0-1742", "é")]).unwrap();
        table
            .print(&mut out, &[row("0-1", "a\u{1b}[2J\u{202e}b"), row("0-2", "")])
            .unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "id      name\n0-1742  é\n0-1     a\\u{1b}[2J\\u{202e}b\n0-2\n"
        );
    }
}
