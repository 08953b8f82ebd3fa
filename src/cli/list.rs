//! `cnnstat list`.

use std::process::ExitCode;

use clap::Args;
use cnnstat::back;
use cnnstat::bundled::{self, Bundled};
use cnnstat::front::yaml::{Description, Settings};
use cnnstat::report::{Report, table};

use super::failure::Failure;
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
            let Some(source) = bundled::source(name) else { continue };
            let description = Description::read(&source, &Bundled)?;
            let elaborated = description.elaborate(&Settings::default())?;
            let report = Report::new(&description, &elaborated)
                .map_err(|error| Failure::report(&description, &error))?;
            reports.push((name, report));
        }
        let text = match self.format {
            Format::Json => back::json::render(&entries(&reports))?,
            format => output::table(&table::list_table(&reports), format, terminal)?,
        };
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
