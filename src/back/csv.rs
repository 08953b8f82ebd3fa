//! Tables as comma-separated values for scripts: exact integers, keys as headings.

use thiserror::Error;

use super::text::visible;
use crate::report::table::{Cell, Column, Row, Table};

/// A table that could not be written.
#[derive(Debug, Error)]
#[error("the table cannot be written as CSV: {0}")]
pub struct Error(#[from] csv::Error);

/// The table's columns and rows, without its title and notes.
///
/// # Errors
///
/// Where a row has not as many cells as there are columns.
pub fn render(table: &Table) -> Result<String, Error> {
    records(Some(&table.columns), &table.rows)
}

/// The headings of a table whose rows follow in parts.
///
/// # Errors
///
/// Where they cannot be written.
pub fn heading(columns: &[Column]) -> Result<String, Error> {
    records(Some(columns), &[])
}

/// Rows of a table whose headings were written before.
///
/// # Errors
///
/// Where they have not as many cells each.
pub fn rows(rows: &[Row]) -> Result<String, Error> {
    records(None, rows)
}

fn records(heading: Option<&[Column]>, rows: &[Row]) -> Result<String, Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    if let Some(columns) = heading {
        writer.write_record(columns.iter().map(|column| harmless(&column.key)))?;
    }
    for row in rows {
        writer.write_record(row.cells.iter().map(exact))?;
    }
    let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The cell to the last digit.
fn exact(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => harmless(text),
        Cell::Named(_, key) => harmless(key),
        Cell::Count(count) | Cell::Short(count) | Cell::Bytes(count) => count.to_string(),
        Cell::Shape(shape) | Cell::BeforeGlobal(shape) => {
            let sizes: Vec<String> = shape.iter().map(u64::to_string).collect();
            sizes.join("x")
        }
        Cell::Ratio(number)
        | Cell::Share(number)
        | Cell::Number(number)
        | Cell::Approximate(number)
        | Cell::Rate(number, _)
        | Cell::Bar(number)
        | Cell::Seconds(number) => number.to_string(),
        Cell::Large(count) => count.to_string(),
        Cell::Range(first, last) => format!("{first}-{last}"),
        Cell::Difference(difference) => difference.to_string(),
        Cell::Unknown | Cell::Empty => String::new(),
    }
}

/// Text that neither a terminal obeys nor a spreadsheet takes for a formula. Line breaks stay: CSV has a place for them.
fn harmless(text: &str) -> String {
    let lines: Vec<_> = text.split('\n').map(visible).collect();
    let text = lines.join("\n");
    let is_formula = text.starts_with(['=', '+', '@'])
        || text
            .strip_prefix('-')
            .is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()));
    if is_formula { format!("'{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{sample, table};

    #[test]
    fn layers() {
        let table = table::layers_table(&sample::squeezenet());
        insta::assert_snapshot!(render(&table).unwrap());
    }

    #[test]
    fn quotes_and_line_breaks_survive() {
        let text = "a,\"b\"\nc";
        let mut report = sample::named(&[(text, "")]);
        report.layers[0].detail = text.to_owned();
        let page = render(&table::layers_table(&report)).unwrap();
        let mut reader = csv::Reader::from_reader(page.as_bytes());
        let record = reader.records().next().unwrap().unwrap();
        assert_eq!(&record[0], text);
        assert_eq!(&record[2], text);
    }
}
