//! Tables as comma-separated values for scripts: exact integers, keys as headings, unknown figures as `?`.

use thiserror::Error;

use crate::report::table::{Cell, Table};

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
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(table.columns.iter().map(|column| column.key.as_str()))?;
    for row in &table.rows {
        writer.write_record(row.cells.iter().map(exact))?;
    }
    let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The cell to the last digit.
fn exact(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => text.clone(),
        Cell::Count(count) | Cell::Short(count) | Cell::Bytes(count) => count.to_string(),
        Cell::Shape(shape) => {
            let sizes: Vec<String> = shape.iter().map(u64::to_string).collect();
            sizes.join("x")
        }
        Cell::Ratio(ratio) => ratio.to_string(),
        Cell::Unknown => "?".to_owned(),
        Cell::Empty => String::new(),
    }
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
