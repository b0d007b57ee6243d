//! Tables as people and spreadsheets read them.

use clap::ValueEnum;
use serde::Serialize;
use std::io::{self, Write};

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A Markdown table
    Md,
    /// Comma-separated values
    Csv,
    /// One JSON array
    Json,
}

/// A table of text.
#[derive(Debug)]
pub struct Table {
    columns: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// An empty table. Columns whose name begins with `>` are aligned right.
    pub fn new(columns: &[&'static str]) -> Self {
        Self { columns: columns.to_vec(), rows: Vec::new() }
    }

    /// Adds a row, a cell a column.
    pub fn push(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    fn names(&self) -> Vec<String> {
        self.columns.iter().map(|name| name.trim_start_matches('>').to_owned()).collect()
    }

    fn is_right(&self, column: usize) -> bool {
        self.columns.get(column).is_some_and(|name| name.starts_with('>'))
    }

    fn aligned(&self, separator: &str) -> Vec<String> {
        let lines: Vec<Vec<String>> = std::iter::once(self.names()).chain(self.rows.iter().cloned()).collect();
        let cell = |line: &Vec<String>, column: usize| line.get(column).cloned().unwrap_or_default();
        let width = |column| lines.iter().map(|line| cell(line, column).chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..self.columns.len()).map(width).collect();
        let padded = |line: &Vec<String>, (column, &width): (usize, &usize)| match self.is_right(column) {
            true => format!("{:>width$}", cell(line, column)),
            false => format!("{:<width$}", cell(line, column)),
        };
        let joined = |line| widths.iter().enumerate().map(|w| padded(line, w)).collect::<Vec<_>>().join(separator);
        lines.iter().map(joined).collect()
    }

    /// Columns of aligned text.
    pub fn plain(&self) -> String {
        self.aligned("  ").iter().map(|line| format!("{}\n", line.trim_end())).collect()
    }

    /// A Markdown table, readable as it is.
    pub fn markdown(&self) -> String {
        let lines = self.aligned(" | ");
        // The first line shows how wide each column is.
        let widths = lines.first().map(|line| line.split(" | ").map(|cell| cell.chars().count()).collect::<Vec<_>>());
        let rule = |(column, width): (usize, usize)| match self.is_right(column) {
            true => "-".repeat(width.max(2) - 1) + ":",
            false => "-".repeat(width),
        };
        let rules: Vec<String> = widths.unwrap_or_default().into_iter().enumerate().map(rule).collect();
        let mut lines: Vec<String> = lines.iter().map(|line| format!("| {line} |\n")).collect();
        lines.insert(1, format!("| {} |\n", rules.join(" | ")));
        lines.concat()
    }

    /// Comma-separated values, quoted where needed.
    pub fn csv(&self) -> String {
        let quoted = |cell: &String| match cell.contains([',', '"', '\n']) {
            true => format!("\"{}\"", cell.replace('"', "\"\"")),
            false => cell.clone(),
        };
        let line = |cells: &Vec<String>| cells.iter().map(quoted).collect::<Vec<_>>().join(",") + "\n";
        std::iter::once(&self.names()).chain(&self.rows).map(line).collect()
    }

    /// Prints the table, or `data` as JSON.
    pub fn print(&self, format: Format, data: &impl Serialize) -> anyhow::Result<()> {
        match format {
            Format::Md => print(&self.markdown()),
            Format::Csv => print(&self.csv()),
            Format::Json => print_json(data),
        }
    }
}

/// Prints text; a closed pipe is an error, not a panic.
pub fn print(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

/// Prints a value as one line of JSON.
pub fn print_json(data: &impl Serialize) -> anyhow::Result<()> {
    print(&(serde_json::to_string(data)? + "\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(&["name", ">t/s"]);
        table.push(["a, b".to_owned(), "1.0 ± 0.1".to_owned()]);
        table.push(["c".to_owned(), "12".to_owned()]);
        table
    }

    #[test]
    fn columns_line_up() {
        assert_eq!(table().plain(), "name        t/s\na, b  1.0 ± 0.1\nc            12\n");
        assert!(table().markdown().starts_with("| name |       t/s |\n| ---- | --------: |\n| a, b | 1.0 ± 0.1 |\n"));
    }

    #[test]
    fn commas_are_quoted() {
        assert_eq!(table().csv(), "name,t/s\n\"a, b\",1.0 ± 0.1\nc,12\n");
    }
}
