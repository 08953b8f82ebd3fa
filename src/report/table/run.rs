//! A forward pass: what came out, and how long what took.

use super::{Cell, Column, Emphasis, Row, Table, heading_of, settings_note};
use crate::figure::quantity::RateUnit;
use crate::figure::quantity::write::{self, counted};
use crate::report::fold::{leading_path, name_within};
use crate::report::run::{Executor, Profile, Run, RunOutput, StepTime, Timed, Values};
use crate::text::shortened;

const TIMES: &str = "Times are of the forward pass alone, after one that is not counted.";
const ARENA: &str = "Activations: the arena in which the engine computes, all samples together.";
const LIVE: &str = "Activations: the most values that the oracle stored at once, 4 bytes each.";
const STEPS: &str = "A step is a layer with those that the engine computes along with it. FLOPs are those of all its layers by their definition, \
    also of a batch norm that is folded into weights. The time of a step is its median over the repeats, so that their total is not that of any one pass.";

const ABOVE: &str = "A step above the peak needs fewer operations than its definition, or ran when the machine was faster than when its peak was measured.";

/// So many files of an input are shown to people.
const MOST_SOURCES: usize = 3;

/// So many samples' classes are shown to people.
const MOST_SAMPLES: usize = 4;

/// A run: where its weights and inputs came from, times, memory.
#[must_use]
pub fn run_table(run: &Run) -> Table {
    let named = |label: &str, key: &str| Cell::Named(label.to_owned(), key.to_owned());
    let median = if run.times.count == 1 { "Time" } else { "Median time" };
    let times = [
        vec![named(median, "median_seconds"), Cell::Seconds(run.times.median)],
        vec![named("Least time", "min_seconds"), Cell::Seconds(run.times.min)],
    ];
    // The least of one is that one.
    let times = times.into_iter().take(run.times.count.max(1));
    let figures = [
        vec![named("Passes", "repeat"), Cell::count(u64::try_from(run.times.count).ok())],
        vec![named("Activations", "peak_activation_bytes"), Cell::Bytes(run.peak_activation_bytes)],
        vec![named("Engine", "engine"), Cell::text(run.engine.label())],
        vec![named("Threads", "threads"), Cell::count(u64::try_from(run.threads).ok())],
    ];
    let activations = match run.engine {
        Executor::Fast => ARENA,
        Executor::Oracle => LIVE,
    };
    Table {
        title: heading_of(&run.name, run.batch, &run.input),
        columns: vec![Column::text("Figure", "figure", 0), Column::figure("Value", "value", 0)],
        rows: origins(run).into_iter().chain(times).chain(figures).map(Row::plain).collect(),
        notes: [TIMES.to_owned(), activations.to_owned()]
            .into_iter()
            .chain(settings_note(&run.settings))
            .collect(),
    }
}

/// What came out of a run, for scripts: as [`run_table`], with a row for every figure of the outputs too.
#[must_use]
pub fn run_figures_table(run: &Run) -> Table {
    let mut table = run_table(run);
    for output in &run.outputs {
        let key = format!("output {}", output.name);
        let mut push = |key: &str, cell| table.rows.push(Row::plain(vec![Cell::text(key), cell]));
        push(&key, Cell::sizes(&output.shape));
        for (figure, number) in value_figures(output) {
            push(&format!("{key} {figure}"), number);
        }
    }
    table
}

/// The figures of an output's values, with their keys.
fn value_figures(output: &RunOutput) -> [(&'static str, Cell); 3] {
    let number = |figure: fn(&Values) -> f64| {
        output.values.as_ref().map_or(Cell::Unknown, |values| Cell::Number(figure(values)))
    };
    [
        ("min", number(|values| values.min)),
        ("mean", number(|values| values.mean)),
        ("max", number(|values| values.max)),
    ]
}

/// The outputs, and what their values are like.
#[must_use]
pub fn run_outputs_table(run: &Run) -> Table {
    let rows = run.outputs.iter().map(|output| {
        let name = [Cell::text(&output.name), Cell::sizes(&output.shape)];
        let figures = value_figures(output).map(|(_, number)| number);
        Row::plain(name.into_iter().chain(figures).collect())
    });
    Table {
        title: "Outputs".to_owned(),
        columns: vec![
            Column::text("Output", "output", 0),
            Column::figure("Shape", "shape", 0),
            Column::figure("Least value", "min", 0),
            Column::figure("Mean", "mean", 0),
            Column::figure("Largest", "max", 0),
        ],
        rows: rows.collect(),
        notes: Vec::new(),
    }
}

/// Where weights and inputs came from.
fn origins(run: &Run) -> Vec<Vec<Cell>> {
    let weights = Cell::Named("Weights".to_owned(), "weights".to_owned());
    let mut rows = vec![vec![weights, origin(std::slice::from_ref(&run.weights))]];
    for input in &run.input_data {
        let (label, key) = match run.input_data.len() {
            1 => ("Input".to_owned(), "input_data".to_owned()),
            _ => (format!("Input {}", input.name), format!("input_data {}", input.name)),
        };
        rows.push(vec![Cell::Named(label, key), origin(&input.sources)]);
    }
    rows
}

/// Origins for people and all of them for scripts.
fn origin(sources: &[String]) -> Cell {
    let all = sources.join(", ");
    let mut shown: Vec<String> =
        sources.iter().take(MOST_SOURCES).map(|one| shortened(one)).collect();
    let further = sources.len().saturating_sub(MOST_SOURCES);
    if further > 0 {
        shown.push(format!("{further} more"));
    }
    Cell::Named(shown.join(", "), all)
}

/// The likeliest classes of each sample, of the first few where there are many.
#[must_use]
pub fn run_top_table(run: &Run) -> Table {
    let has_samples = run.batch > 1;
    // Of several images each is a sample.
    let files = match run.input_data.as_slice() {
        [input] if u64::try_from(input.sources.len()).is_ok_and(|count| count == run.batch) => {
            input.sources.as_slice()
        }
        _ => &[],
    };
    let has_labels = run.top.iter().any(|class| class.label.is_some());
    let mut columns = Vec::new();
    if has_samples {
        columns.push(Column::figure("Sample", "sample", 0));
        if !files.is_empty() {
            columns.push(Column::text("Image", "image", 0));
        }
    }
    columns.push(Column::figure("Class", "class", 0));
    if has_labels {
        columns.push(Column::text("Label", "label", 0));
    }
    columns.push(Column::figure("Probability", "probability", 0));
    let count = |count: usize| Cell::count(u64::try_from(count).ok());
    let samples = || run.top.chunk_by(|one, other| one.sample == other.sample);
    let rows = samples().take(MOST_SAMPLES).flatten().map(|class| {
        let mut cells = Vec::new();
        if has_samples {
            cells.push(count(class.sample));
            let file = files.get(class.sample).map(|file| label(file));
            cells.extend(file.or((!files.is_empty()).then_some(Cell::Empty)));
        }
        cells.push(count(class.class));
        if has_labels {
            cells.push(class.label.as_deref().map_or(Cell::Empty, label));
        }
        cells.push(Cell::Share(class.probability));
        Row::plain(cells)
    });
    let title = "Likeliest classes".to_owned();
    let further = samples().count().saturating_sub(MOST_SAMPLES);
    let notes = (further > 0).then(|| {
        format!(
            "The first {MOST_SAMPLES} samples; JSON (--format json) has those of {further} more."
        )
    });
    Table { title, columns, rows: rows.collect(), notes: notes.into_iter().collect() }
}

/// A label for people and all of it for scripts.
fn label(label: &str) -> Cell {
    Cell::Named(shortened(label), label.to_owned())
}

/// The time of every step under the blocks that hold it, and of all together.
#[must_use]
pub fn run_profile_table(profile: &Profile) -> Table {
    let mut rows = Vec::new();
    push_steps(profile, &profile.layers, 0, &mut rows);
    let total = [Cell::text("Total"), Cell::Empty, Cell::Empty];
    let total = total.into_iter().chain(cells(&profile.totals));
    rows.push(Row { cells: total.collect(), level: 0, emphasis: Emphasis::Total });
    steps_table(profile, rows)
}

/// Every step by its full name, for scripts.
#[must_use]
pub fn run_steps_table(profile: &Profile) -> Table {
    let rows = profile.layers.iter().map(|step| step_row(step, &step.name, 0));
    steps_table(profile, rows.collect())
}

fn steps_table(profile: &Profile, rows: Vec<Row>) -> Table {
    let mut columns = vec![
        Column::text("Step", "layer", 0),
        Column::figure("No.", "step", 2),
        Column::text("Operators", "operators", 1),
    ];
    columns.extend(figure_columns());
    Table { title: "Time of every step".to_owned(), columns, rows, notes: notes(profile) }
}

/// Rows for steps whose blocks' paths share their first segments, as many as the level is. A block is a run of neighboring steps.
fn push_steps(profile: &Profile, steps: &[StepTime], level: usize, rows: &mut Vec<Row>) {
    let are_together = |one: &StepTime, other: &StepTime| path(one, level) == path(other, level);
    for run in steps.chunk_by(are_together) {
        let Some(path) = run.first().and_then(|step| path(step, level)) else {
            let named = run.iter().map(|step| (step, name_within(&step.name, &step.block)));
            rows.extend(named.map(|(step, name)| step_row(step, name, level)));
            continue;
        };
        let name = path.rsplit('/').next().unwrap_or(path);
        let count = counted(u64::try_from(run.len()).unwrap_or(u64::MAX), ["step", "steps"]);
        let content = [Cell::text(name), Cell::Empty, Cell::text(&count)];
        let cells = content.into_iter().chain(cells(&profile.together(run))).collect();
        rows.push(Row { cells, level, emphasis: Emphasis::Block });
        push_steps(profile, run, level + 1, rows);
    }
}

/// The path of the block at a level that holds a step, where it lies so deep.
fn path(step: &StepTime, level: usize) -> Option<&str> {
    leading_path(&step.block, level + 1)
}

fn step_row(step: &StepTime, name: &str, level: usize) -> Row {
    let number = Cell::count(u64::try_from(step.number).ok());
    let content = [Cell::text(name), number, Cell::text(&step.ops.join(" + "))];
    let cells = content.into_iter().chain(cells(&step.timed)).collect();
    Row { cells, level, emphasis: Emphasis::Plain }
}

/// The time of the steps of each kind, and of all together.
#[must_use]
pub fn run_kinds_table(profile: &Profile) -> Table {
    let mut columns = vec![Column::text("Kind", "kind", 0), Column::figure("Steps", "steps", 3)];
    columns.extend(figure_columns());
    let count = |count: usize| Cell::count(u64::try_from(count).ok());
    let mut rows: Vec<Row> = Vec::new();
    for kind in &profile.kinds {
        let name = Cell::Named(kind.kind.label().to_owned(), kind.kind.key().to_owned());
        let content = [name, count(kind.steps)].into_iter().chain(cells(&kind.timed));
        rows.push(Row::plain(content.collect()));
    }
    let total = [Cell::text("Total"), count(profile.layers.len())];
    let total = total.into_iter().chain(cells(&profile.totals));
    rows.push(Row { cells: total.collect(), level: 0, emphasis: Emphasis::Total });
    Table { title: "Time by kind of operator".to_owned(), columns, rows, notes: notes(profile) }
}

fn figure_columns() -> [Column; 5] {
    [
        Column::figure("FLOPs", "flops", 3),
        Column::figure("Time", "seconds", 0),
        Column::figure("Share", "time_share", 0),
        Column::figure("Rate", "flops_per_second", 0),
        Column::figure("Of peak", "peak_share", 0),
    ]
}

fn cells(timed: &Timed) -> [Cell; 5] {
    let share = |share: Option<f64>| share.map_or(Cell::Empty, Cell::Share);
    [
        Cell::Short(timed.flops),
        Cell::Seconds(timed.seconds),
        share(timed.time_share),
        timed.flops_per_second.map_or(Cell::Empty, |rate| Cell::Rate(rate, RateUnit::Flops)),
        share(timed.peak_share),
    ]
}

fn notes(profile: &Profile) -> Vec<String> {
    let peak = write::rate(profile.peak_flops, RateUnit::Flops);
    let is_above = profile.layers.iter().any(|step| step.timed.peak_share > Some(1.0));
    let above = is_above.then(|| ABOVE.to_owned());
    let peak = format!("Peak: {peak}, {}.", profile.machine);
    [peak, STEPS.to_owned()].into_iter().chain(above).collect()
}
