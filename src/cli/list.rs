//! `cnnstat list`.

use std::process::ExitCode;

use clap::Args;
use cnnstat::bundled;
use cnnstat::report::{Report, table};

use super::failure::Failure;
use super::network::NetworkOptions;
use super::output::{self, Format};
use super::terminal::Terminal;

/// List the bundled networks
#[derive(Debug, Args)]
pub(super) struct List {
    /// How to write the table
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,
}

impl List {
    pub(super) fn run(&self, terminal: &Terminal) -> Result<ExitCode, Failure> {
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
