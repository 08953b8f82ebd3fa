//! `cnnstat summary`.

use std::process::ExitCode;

use clap::Args;
use cnnstat::convention::{Convention, Recount, recount};
use cnnstat::report::{Report, table};
use serde::Serialize;

use super::explain;
use super::failure::Failure;
use super::figures;
use super::network::{self, NetworkOptions};
use super::output::{self, Format};
use super::terminal::Terminal;

/// Show the layers of a network and their figures
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cnnstat summary squeezenet
  cnnstat summary resnet50 --depth 1 --set stride_on=first
  cnnstat summary vgg16 --input 3x448x448 --batch 8 --format json
  cnnstat summary resnet50 --depth 1 --convention fvcore")]
pub(super) struct Summary {
    /// A network file, or the name of a bundled network
    network: String,

    /// Fold blocks below this depth into one row each; 0 shows the totals alone (not with JSON)
    #[arg(long, value_name = "N")]
    depth: Option<usize>,

    /// Show the count of another tool beside ours
    #[arg(long, value_name = "NAME", value_parser = explain::conventions())]
    convention: Option<Convention>,

    /// How to write the table
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,

    #[command(flatten)]
    options: NetworkOptions,
}

/// A report, and its network counted by another tool's rules where that is asked for.
#[derive(Debug, Serialize)]
struct Summarized<'a> {
    #[serde(flatten)]
    report: &'a Report,
    #[serde(skip_serializing_if = "Option::is_none")]
    convention: Option<&'a Recount>,
}

impl Summary {
    pub(super) fn run(&self, terminal: &Terminal) -> Result<ExitCode, Failure> {
        if self.format == Format::Json {
            output::refuse_with_json(&[("--depth", self.depth.is_some())])?;
        }
        let (description, elaborated) = self.options.elaborated(&self.network, terminal)?;
        let report = network::report(&description, &elaborated)?;
        let recount = self.convention.map(|convention| recount(&elaborated.network, convention));
        let recount =
            recount.transpose().map_err(|error| Failure::analysis(&description, &error))?;
        let value = Summarized { report: &report, convention: recount.as_ref() };
        let text = output::render(self.format, terminal, &value, || {
            let mut table = match self.depth {
                Some(0) => table::totals_table(&report),
                None if self.format == Format::Csv => table::layers_table(&report),
                depth => table::summary_table(&report, depth)?,
            };
            if let Some(recount) = &recount {
                recount.add_to(&mut table, &report, self.depth)?;
                let shown = recount.figures.first().map_or("", |figure| figure.name);
                let others = recount.other_figures(shown).map(|(_, figure)| figure);
                table.notes.extend(figures::explained_by(others));
            }
            Ok(table)
        })?;
        terminal.print(&text)?;
        Ok(ExitCode::SUCCESS)
    }
}
