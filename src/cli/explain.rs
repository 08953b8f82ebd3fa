//! `cnnstat explain`.

use std::process::ExitCode;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use cnnstat::convention::{self, Convention, ExplainError, Explanation};
use cnnstat::figure::Figure;
use cnnstat::network::Network;
use serde::Serialize;

use super::failure::Failure;
use super::figures::{self, FigureOptions};
use super::network::{self, NetworkOptions};
use super::output::{self, Format};
use super::terminal::Terminal;

/// Show what makes the difference between two ways of counting a network
#[derive(Debug, Args)]
#[command(mut_arg("figures", |figures| figures
    .help("Which figure: macs, flops, params, activations or activation_memory, where both count it; \
        the most important one if left out")
    .hide_possible_values(true)), after_help = "Examples:
  cnnstat explain resnet50 --convention fvcore
  cnnstat explain resnet50 --convention thop --against ptflops --layers
  cnnstat explain densenet121 --convention onnx-tool --figures params")]
pub(super) struct Explain {
    /// A network file, or the name of a bundled network
    network: String,

    /// Whose way of counting
    #[arg(long, value_name = "NAME", value_parser = conventions())]
    convention: Convention,

    /// Against whose
    #[arg(long, value_name = "NAME", default_value = "cnnstat", value_parser = conventions())]
    against: Convention,

    #[command(flatten)]
    figures: FigureOptions,

    /// Show the layers that make the difference, the most first (as CSV every layer in order; not with JSON)
    #[arg(long)]
    layers: bool,

    /// How to write the table
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,

    #[command(flatten)]
    options: NetworkOptions,
}

/// Reads the name of a convention.
pub(super) fn conventions() -> impl TypedValueParser<Value = Convention> {
    PossibleValuesParser::new(Convention::ALL.map(Convention::name))
        .try_map(|name| Convention::of_name(&name).ok_or("there is no such convention"))
}

/// What is explained, and of what.
#[derive(Debug, Serialize)]
struct Explained<'a> {
    network: &'a str,
    batch: u64,
    input: &'a [u64],
    #[serde(flatten)]
    explanation: &'a Explanation,
}

impl Explain {
    pub(super) fn run(&self, terminal: &Terminal) -> Result<ExitCode, Failure> {
        if self.format == Format::Json {
            output::refuse_with_json(&[("--layers", self.layers)])?;
        }
        let figure = match self.figures.each_once().as_slice() {
            [] => None,
            [figure] => Some(*figure),
            [first, ..] => {
                let message = "one figure is explained at a time";
                let help = format!("write `--figures {}`", first.name());
                return Err(Failure::helped(message, help));
            }
        };
        let (description, elaborated) = self.options.elaborated(&self.network, terminal)?;
        let report = network::report(&description, &elaborated)?;
        let explanation =
            convention::explain(&elaborated.network, self.convention, self.against, figure);
        let explanation = explanation.map_err(|error| match error {
            ExplainError::Analysis(error) => Failure::analysis(&description, &error),
            error => {
                let reversed = self.reversed(&elaborated.network, figure).ok();
                let help = figure.zip(reversed).map(|(figure, _)| {
                    let ([first, second], figure) = (self.names_reversed(), figure.name());
                    format!("`--convention {first} --against {second} --figures {figure}` has it")
                });
                match help {
                    Some(help) => Failure::helped(error.to_string(), help),
                    None => Failure::message(error.to_string()),
                }
            }
        })?;
        let other_order = self.other_order(&elaborated.network, &explanation);
        let explained = Explained {
            network: &report.name,
            batch: report.batch,
            input: &report.input,
            explanation: &explanation,
        };
        let text = output::render(self.format, terminal, &explained, || {
            let mut table = if self.layers {
                let all = self.format == Format::Csv;
                convention::layers_table(&report, &explanation, all)
            } else {
                convention::lines_table(&report, &explanation)
            };
            let sides = [&explanation.convention, &explanation.against];
            let others = sides.into_iter().flat_map(|side| side.recount.other_figures(side.name));
            table.notes.extend(other_order);
            table.notes.extend(figures::explained_by(others.map(|(_, figure)| figure)));
            Ok(table)
        })?;
        terminal.print(&text)?;
        Ok(ExitCode::SUCCESS)
    }

    /// The other convention first, against this one.
    fn reversed(
        &self,
        network: &Network,
        figure: Option<Figure>,
    ) -> Result<Explanation, ExplainError> {
        convention::explain(network, self.against, self.convention, figure)
    }

    fn names_reversed(&self) -> [&'static str; 2] {
        [self.against.name(), self.convention.name()]
    }

    /// How to see the most important figure of the other convention, where no figure of this one is set beside it.
    fn other_order(&self, network: &Network, shown: &Explanation) -> Option<String> {
        let figure = self.reversed(network, None).ok()?.convention.figure;
        if figure == shown.against.figure
            || convention::explain(network, self.convention, self.against, Some(figure)).is_ok()
        {
            return None;
        }
        let ([first, second], figure) = (self.names_reversed(), figure.name());
        Some(format!(
            "`--convention {first} --against {second}` sets {first}'s {figure} beside this."
        ))
    }
}
