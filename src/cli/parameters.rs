//! `cnnstat parameters`.

use std::process::ExitCode;

use clap::Args;
use cnnstat::report::table::{Align, Cell, Column, Emphasis, Row, Table};
use cnnstat::weights::{self, NamedParameter};
use serde::Serialize;

use super::failure::Failure;
use super::network::NetworkOptions;
use super::output::{self, Format};
use super::terminal::Terminal;

/// List the tensors that a network holds: the names, shapes and types that a file of weights has to have
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cnnstat parameters squeezenet
  cnnstat parameters mine.yaml --set width=64 --format csv")]
pub(super) struct Parameters {
    /// A network file, or the name of a bundled network
    network: String,

    /// How to write the table
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,

    #[command(flatten)]
    options: NetworkOptions,
}

/// A tensor that a network holds, for scripts.
#[derive(Debug, Serialize)]
struct Entry<'a> {
    /// The layer's name, a dot, and the tensor's name within the layer.
    name: &'a str,
    shape: &'a [u64],
    /// How many values it has.
    values: u64,
    /// Whether training changes it; otherwise it is a buffer.
    trained: bool,
}

impl Parameters {
    pub(super) fn run(&self, terminal: &Terminal) -> Result<ExitCode, Failure> {
        let (description, elaborated) = self.options.elaborated(&self.network, terminal)?;
        let held = weights::parameters(&elaborated.network)
            .map_err(|error| Failure::analysis(&description, &error))?;
        let entries: Vec<Entry<'_>> = held.iter().map(Entry::of).collect();
        let text = output::render(self.format, terminal, &entries, || {
            Ok(table(description.name(), &entries))
        })?;
        terminal.print(&text)?;
        Ok(ExitCode::SUCCESS)
    }
}

impl<'a> Entry<'a> {
    fn of(held: &'a NamedParameter) -> Self {
        Self {
            name: &held.name,
            shape: held.parameter.shape.sizes(),
            values: held.parameter.shape.elements(),
            trained: held.parameter.trained,
        }
    }
}

/// A tensor a row.
fn table(network: &str, entries: &[Entry<'_>]) -> Table {
    let column = |header: &str, key: &str, align| Column {
        header: header.to_owned(),
        key: key.to_owned(),
        align,
        priority: 0,
    };
    let row = |cells, emphasis| Row { cells, level: 0, emphasis };
    let rows = entries.iter().map(|entry| {
        let kind = if entry.trained { "trained" } else { "buffer" };
        let cells = vec![
            Cell::text(entry.name),
            Cell::Shape(entry.shape.to_vec()),
            Cell::Count(entry.values),
            Cell::text(kind),
        ];
        row(cells, Emphasis::Plain)
    });
    Table {
        title: format!("Tensors that {network} holds"),
        columns: vec![
            column("Tensor", "name", Align::Left),
            column("Shape", "shape", Align::Right),
            column("Values", "values", Align::Right),
            column("Kind", "kind", Align::Left),
        ],
        rows: rows.collect(),
        notes: vec![
            "A file of weights (--weights) has these tensors by these names, or by others that --weight-names gives.".to_owned(),
        ],
    }
}
