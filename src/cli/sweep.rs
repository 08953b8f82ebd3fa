//! `cnnstat sweep`.

mod output;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Args;
use cnnstat::figure::{Figure, Limit};
use cnnstat::front::yaml::Description;
use cnnstat::sweep::{
    self, Dimension, DimensionError, Grid, Layout, MOST_POINTS, Objective, Order,
};

use super::failure::Failure;
use super::figures::FigureOptions;
use super::load;
use super::progress::Progress;
use super::terminal::Terminal;
use output::{Format, Output};

/// The most variants of which all are held at once, to be sorted or compared.
const MOST_HELD: u64 = 1_000_000;

/// The most rows of a table for people.
const MOST_ROWS: usize = 100_000;

/// So long a part of the variants takes to evaluate, about.
const PART: Duration = Duration::from_millis(100);

/// The variants of the first part.
const FIRST_PART: u64 = 64;

/// Show the figures of all combinations of parameters, input sizes and batches
///
/// Values are separated by commas; `a..b`, `a..b/step` and `a..b*factor` are ranges, both ends included. A variant that does not
/// fit is a row that says why.
#[derive(Debug, Args)]
#[command(mut_arg("figures", |figures| figures
    .default_value("params,macs,flops,activations,weight_memory")), after_help = "Examples:
  cnnstat sweep resnet18 --set depths=[2,2,2,2],[3,4,6,3] --set classes=10,1000
  cnnstat sweep densenet121 --set growth=8..64/8 --input 3x160x160,3x224x224
  cnnstat sweep mine.yaml --set width=16..512*2 --max params=5M --sort macs
  cnnstat sweep mine.yaml --set width=8..64/8 --pareto params,macs --front
  cnnstat sweep mine.yaml --set width=8..64/8 -o sweep.html")]
pub(super) struct Sweep {
    /// A network file, or the name of a bundled network
    #[arg(value_name = "NETWORK")]
    network: String,

    /// The values of a parameter; may be repeated
    #[arg(long = "set", value_name = "NAME=VALUES")]
    settings: Vec<String>,

    /// Input sizes without the batch, such as 3x160x160,3x224x224
    #[arg(long, value_name = "SIZES")]
    input: Option<String>,

    /// Numbers of samples
    #[arg(long, value_name = "BATCHES")]
    batch: Option<String>,

    #[command(flatten)]
    figures: FigureOptions,

    /// Sort by a figure: the smallest first, with + before it the largest
    #[arg(long, value_name = "FIGURE")]
    sort: Option<Objective>,

    /// Leave out variants of which a figure is larger; may be repeated
    #[arg(long = "max", value_name = "FIGURE=AMOUNT")]
    limits: Vec<Limit>,

    /// Mark the variants that no other is better than in all these figures; less is better, with + before it more
    #[arg(long, value_name = "FIGURES", value_delimiter = ',')]
    pareto: Vec<Objective>,

    /// Show only those that --pareto marks
    #[arg(long, requires = "pareto")]
    front: bool,

    /// Exit with 1 where a variant does not fit, or none is within the limits
    #[arg(long)]
    strict: bool,

    /// How to write the variants; by the ending of the file if left out, a page to `-`, otherwise a table
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,

    /// Where to write: a file ending in csv, json, jsonl, md, txt, svg or html; `-` is the standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Sweep {
    pub(super) fn run(&self, terminal: &Terminal) -> Result<ExitCode, Failure> {
        let description = load::description(&self.network, terminal)?;
        let grid = self.grid(&description)?;
        let format = Format::of(self.format, self.output.as_deref())?;
        let figures = self.all_figures();
        self.refuse_too_many(&grid, format)?;
        let mut sweep =
            sweep::Sweep::new(&description, &grid, &figures, &self.limits, &self.order())?;
        let layout = Layout {
            grid: &grid,
            figures: &figures,
            has_front: !self.pareto.is_empty(),
            has_misfits: true,
        };
        let path = self.output.as_deref();
        let mut output = Output::create(format, path, terminal, &description)?;
        if let Err(failure) = self.write(&mut output, &mut sweep, &layout, format, terminal) {
            output.abandon();
            return Err(failure);
        }
        output.finish()?;
        let tally = sweep.tally();
        if !format.has_notes() {
            for sentence in tally.sentences() {
                terminal.tell(&format!("note: {sentence}"));
            }
        }
        let fails = self.strict && (tally.misfits.count() > 0 || tally.is_all_above());
        Ok(if fails { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }

    /// Writes all variants: as they are evaluated, or at the end where all of them are needed first.
    fn write(
        &self,
        output: &mut Output<'_>,
        sweep: &mut sweep::Sweep<'_>,
        layout: &Layout<'_>,
        format: Format,
        terminal: &Terminal,
    ) -> Result<(), Failure> {
        let mut progress = Progress::new(terminal, layout.grid.len(), "variants");
        let mut held = Vec::new();
        let holds_all = self.holds_all(format);
        let (mut length, mut begun) = (FIRST_PART, Instant::now());
        while let Some(variants) = sweep.part(length)? {
            if begun.elapsed() < PART {
                length = length.saturating_mul(2);
            }
            if holds_all {
                held.extend(variants);
            } else {
                let rows: Vec<_> = variants.into_iter().map(|variant| (variant, false)).collect();
                output.part(layout, &rows)?;
            }
            progress.reach(sweep.tally().evaluated);
            begun = Instant::now();
        }
        progress.finish();
        if holds_all {
            let held = self.order().apply(held, layout.figures)?;
            self.refuse_too_long(held.len(), format)?;
            output.all(layout, &held, &self.pareto, sweep.tally().sentences())?;
        }
        Ok(())
    }

    fn grid(&self, description: &Description) -> Result<Grid, Failure> {
        let failure = |error| match error {
            DimensionError::Setting(diagnostics) => Failure::Input(diagnostics),
            DimensionError::Form(message) => Failure::message(message),
        };
        let settings = self.settings.iter();
        let dimensions = settings.map(|text| Dimension::parameter(description, text));
        let dimensions = dimensions.chain(self.input.as_deref().map(Dimension::input));
        let dimensions = dimensions.chain(self.batch.as_deref().map(Dimension::batch));
        let dimensions: Vec<_> = dimensions.collect::<Result<_, _>>().map_err(failure)?;
        Ok(Grid::new(dimensions)?)
    }

    /// The figures to show, and those that the variants are compared by, each once.
    fn all_figures(&self) -> Vec<Figure> {
        let mut figures = self.figures.each_once();
        let limits = self.limits.iter().map(|limit| limit.figure);
        for figure in limits.chain(self.order().figures()) {
            if !figures.contains(&figure) {
                figures.push(figure);
            }
        }
        figures
    }

    /// What decides the order of the variants, and which are marked.
    fn order(&self) -> Order<'_> {
        Order { pareto: &self.pareto, front_alone: self.front, sort: self.sort }
    }

    /// Whether all variants are needed before the first is written.
    fn holds_all(&self, format: Format) -> bool {
        !self.pareto.is_empty() || self.sort.is_some() || !format.is_streamed()
    }

    fn refuse_too_many(&self, grid: &Grid, format: Format) -> Result<(), Failure> {
        let variants = grid.len();
        if self.holds_all(format) && variants > MOST_HELD {
            let help = if format.is_streamed() {
                "leave `--sort` and `--pareto` out, or give fewer values"
            } else {
                "use `--format csv` or `jsonl`, or give fewer values"
            };
            let message = format!(
                "there are {variants} variants, more than the {MOST_HELD} that can be held at once; {help}"
            );
            return Err(Failure::message(message));
        }
        if !self.front && self.limits.is_empty() {
            self.refuse_too_long(usize::try_from(variants).unwrap_or(usize::MAX), format)?;
        }
        Ok(())
    }

    fn refuse_too_long(&self, rows: usize, format: Format) -> Result<(), Failure> {
        let most = if format.is_chart() { MOST_POINTS } else { MOST_ROWS };
        if !format.is_streamed() && rows > most {
            return Err(Failure::message(format!(
                "there are {rows} variants to show, the most here are {most}; use `--format csv` or `jsonl`, or show the best alone: `--pareto macs,params --front`"
            )));
        }
        Ok(())
    }
}
