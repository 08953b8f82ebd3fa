//! `cnnstat list`.

use std::process::ExitCode;

use clap::Args;
use cnnstat::bundled;
use cnnstat::report::table::{Align, Cell, Column, Emphasis, Row, Table};
use cnnstat::report::{Report, table};

use super::failure::Failure;
use super::load;
use super::network::NetworkOptions;
use super::output::{self, Format};
use super::terminal::Terminal;

/// List the bundled networks, or the bundled studies
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cnnstat list
  cnnstat list --studies --format json")]
pub(super) struct List {
    /// List the studies
    #[arg(long)]
    studies: bool,

    /// How to write the table
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,
}

impl List {
    pub(super) fn run(&self, terminal: &Terminal) -> Result<ExitCode, Failure> {
        if self.studies {
            studies(self.format, terminal)?;
            return Ok(ExitCode::SUCCESS);
        }
        let mut reports = Vec::new();
        for name in bundled::names() {
            reports.push((name, NetworkOptions::default().report(name, terminal)?));
        }
        let text = output::render(self.format, terminal, &entries(&reports), || {
            Ok(table::list_table(&reports))
        })?;
        terminal.print(&text)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Prints the bundled studies.
pub(super) fn studies(format: Format, terminal: &Terminal) -> Result<(), Failure> {
    let mut entries = Vec::new();
    for name in bundled::studies() {
        let study = load::study(name, terminal)?;
        entries.push(serde_json::json!({
            "name": name,
            "title": study.title,
            "question": study.question,
            "source": study.source,
            "variants": study.variants.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(),
        }));
    }
    let text = output::render(format, terminal, &entries, || Ok(studies_table(&entries)))?;
    terminal.print(&text)
}

/// A study a row.
fn studies_table(entries: &[serde_json::Value]) -> Table {
    let text = |entry: &serde_json::Value, key: &str| {
        Cell::text(entry.get(key).and_then(serde_json::Value::as_str).unwrap_or_default())
    };
    let variants = |entry: &serde_json::Value| {
        let names = entry.get("variants").and_then(serde_json::Value::as_array);
        let names = names.into_iter().flatten().filter_map(serde_json::Value::as_str);
        Cell::text(&names.collect::<Vec<_>>().join(", "))
    };
    let column = |header: &str, key: &str, priority| Column {
        header: header.to_owned(),
        key: key.to_owned(),
        align: Align::Left,
        priority,
    };
    Table {
        title: "Bundled studies".to_owned(),
        columns: vec![
            column("Name", "name", 0),
            column("Variants", "variants", 1),
            column("Source", "source", 2),
        ],
        rows: entries
            .iter()
            .map(|entry| Row {
                cells: vec![text(entry, "name"), variants(entry), text(entry, "source")],
                level: 0,
                emphasis: Emphasis::Plain,
            })
            .collect(),
        notes: Vec::new(),
    }
}

/// What scripts get of every network.
fn entries(reports: &[(&str, Report)]) -> Vec<serde_json::Value> {
    let entry = |(name, report): &(&str, Report)| {
        serde_json::json!({
            "name": name,
            "title": report.name,
            "source": report.source,
            "input": report.input,
            "totals": report.totals,
        })
    };
    reports.iter().map(entry).collect()
}
