//! `cnnstat formula`.

use std::process::ExitCode;

use clap::{Args, ValueEnum};
use cnnstat::back;
use cnnstat::formula::{self, Variable};
use cnnstat::report::formulas::FormulaSheet;

use super::failure::Failure;
use super::figures::FigureOptions;
use super::load;
use super::network::NetworkOptions;
use super::terminal::Terminal;

const EXAMPLES: &str = "Examples:
  cnnstat formula squeezenet --over c,h,w
  cnnstat formula densenet121 --over growth --figures params,concat_activations
  cnnstat formula resnet50 --over h,w --figures macs --format latex";

const VARIABLES: &str = "Variables: a parameter of the network by its name, an element of a list (`depths[0]`), \
    a list for all its elements; otherwise c, h, w for the input's sizes and n for the batch.";

/// Show figures of a network as polynomials in its parameters and sizes
///
/// Forms are found by exact interpolation and confirmed at many further points; where a figure is no polynomial, the reason is told.
/// Exits with 2 where there is no form of any figure.
#[derive(Debug, Args)]
#[command(
    mut_arg("figures", |figures| figures.default_value("params,macs,flops,activations")),
    after_help = format!("{EXAMPLES}\n\n{VARIABLES}")
)]
pub(super) struct Formula {
    /// A network file, or the name of a bundled network
    network: String,

    /// The variables of the forms, such as `c,h,w`
    #[arg(long, value_name = "VARIABLES")]
    over: String,

    #[command(flatten)]
    figures: FigureOptions,

    /// Show the spelling for programs too
    #[arg(long)]
    canonical: bool,

    /// How to write the forms
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,

    #[command(flatten)]
    options: NetworkOptions,
}

/// How closed forms are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For the terminal
    Table,
    /// For scripts
    Json,
    /// For spreadsheets
    Csv,
    /// For documents
    Markdown,
    /// For TeX
    Latex,
}

impl Formula {
    pub(super) fn run(&self, terminal: &Terminal) -> Result<ExitCode, Failure> {
        if self.canonical && self.format != Format::Table {
            return Err(Failure::message(
                "`--canonical` is for the terminal; the other formats have the spelling",
            ));
        }
        let description = load::description(&self.network, terminal)?;
        let settings = self.options.settings(&description)?;
        let failed = |error| Failure::formula(&description, error);
        let over = Variable::parse_list(&self.over, &description, &settings).map_err(failed)?;
        let figures = self.figures.each_once();
        let formulas = formula::find(&description, &settings, &over, &figures).map_err(failed)?;
        let sheet = FormulaSheet::new(&formulas);
        terminal.print(&self.render(&sheet, terminal)?)?;
        Ok(if sheet.has_forms() { ExitCode::SUCCESS } else { ExitCode::from(2) })
    }

    fn render(&self, sheet: &FormulaSheet, terminal: &Terminal) -> Result<String, Failure> {
        Ok(match self.format {
            Format::Table => back::formulas::render(sheet, terminal.width(), self.canonical),
            Format::Json => back::json::render(sheet)?,
            Format::Csv => back::csv::render(&sheet.spellings_table())?,
            Format::Markdown => back::markdown::render(&sheet.table()),
            Format::Latex => back::formulas::latex(sheet),
        })
    }
}
