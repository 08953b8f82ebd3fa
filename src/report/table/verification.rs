//! A verification as tables.

use super::{Cell, Column, Emphasis, Row, Table, settings_note, shape_text, without_batch};
use crate::execute::verify::{
    Amount, Line, NodeVerification, NotFinite, Subject, TOLERANCE, Verification, Wrong,
};
use crate::figure::quantity::write::{counted, thousands};
use crate::report::{VerificationReport, Verified};

/// What stands for what was proven and how.
const MEANING: &str = "Shapes, values of parameters and operations: of what the oracle, plain loops in 64 bits, made, took and did, layer by layer. \
    Peak, separate: bytes of values that it stored at once. Peak, in place: bytes of elements of the engine's arena that are yet to be read, concatenations \
    written in place.";

impl Subject {
    /// Its name for people, and how deep it is nested.
    fn label(self) -> (&'static str, usize) {
        match self {
            Self::Shapes => ("Shapes", 0),
            Self::Values => ("Params and buffers", 0),
            Self::Macs => ("MACs", 0),
            Self::Flops => ("FLOPs", 0),
            Self::FlopsMultiplyAccumulate => ("multiply–accumulate", 1),
            Self::FlopsBias => ("bias", 1),
            Self::FlopsActivation => ("activation", 1),
            Self::FlopsElementwise => ("element-wise", 1),
            Self::FlopsNormalization => ("normalization", 1),
            Self::FlopsPooling => ("pooling", 1),
            Self::PeakSeparate => ("Peak, separate (bytes)", 0),
            Self::PeakInPlace => ("Peak, in place (bytes)", 0),
            Self::Arena => ("arena (bytes)", 1),
            Self::Fields => ("Receptive fields", 0),
            Self::Engine => ("Engine − oracle", 0),
            Self::Fused => ("layers fused", 1),
            Self::Outputs => ("outputs", 1),
        }
    }

    /// Its name in JSON and CSV.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Shapes => "shapes",
            Self::Values => "values",
            Self::Macs => "macs",
            Self::Flops => "flops",
            Self::FlopsMultiplyAccumulate => "flops_multiply_accumulate",
            Self::FlopsBias => "flops_bias",
            Self::FlopsActivation => "flops_activation",
            Self::FlopsElementwise => "flops_elementwise",
            Self::FlopsNormalization => "flops_normalization",
            Self::FlopsPooling => "flops_pooling",
            Self::PeakSeparate => "peak_separate",
            Self::PeakInPlace => "peak_in_place",
            Self::Arena => "arena",
            Self::Fields => "fields",
            Self::Engine => "engine",
            Self::Fused => "fused",
            Self::Outputs => "outputs",
        }
    }

    /// What is counted where it is compared.
    fn compared(self) -> [&'static str; 2] {
        match self {
            Self::Fields => ["end", "ends"],
            Self::Outputs => ["output", "outputs"],
            Self::PeakSeparate | Self::PeakInPlace => ["network", "networks"],
            _ => ["layer", "layers"],
        }
    }
}

/// A mark for people, and a word for scripts.
fn mark(holds: Option<bool>) -> Cell {
    let (mark, word) = match holds {
        Some(true) => ("✓", "ok"),
        Some(false) => ("✗", "differs"),
        None => ("–", "not_looked_at"),
    };
    Cell::Named(mark.to_owned(), word.to_owned())
}

/// The mark of a line; none of what is told and compared with nothing.
fn verdict(line: &Line) -> Cell {
    if line.figure == Subject::Arena { Cell::Empty } else { mark(line.holds) }
}

fn emphasis(holds: Option<bool>) -> Emphasis {
    if holds == Some(false) { Emphasis::Failure } else { Emphasis::Plain }
}

impl Amount {
    fn cell(self) -> Cell {
        match self {
            Self::Count(count) => Cell::Count(count),
            Self::Bytes(bytes) => Cell::Count(bytes),
            Self::Number(number) => Cell::Number(number),
            Self::AtMost(number) => Cell::Named(format!("≤ {number:e}"), number.to_string()),
            Self::None => Cell::Empty,
        }
    }
}

impl Verified {
    /// What a report says of a verification.
    #[must_use]
    pub fn of(report: &VerificationReport) -> Self {
        let found = &report.found;
        let mut all = vec![verification_tally(found)];
        all.extend(notes(report));
        Self {
            holds: found.holds(),
            compared: found.compared(),
            instead_at: found.instead.as_ref().map(|_| found.input.clone()),
            notes: all,
        }
    }
}

/// The figures of the network beside those of the run.
#[must_use]
pub fn verification_table(report: &VerificationReport) -> Table {
    Table {
        title: title(report),
        columns: vec![
            Column::text("Figure", "figure", 0),
            Column::figure("Analysis", "analysis", 0),
            Column::figure("Run", "run", 0),
            Column::text("", "verdict", 0),
            Column::text("Compared", "compared", 1),
        ],
        rows: report.found.lines.iter().map(row).collect(),
        notes: table_notes(report),
    }
}

fn title(report: &VerificationReport) -> String {
    let VerificationReport { name, batch, found, .. } = report;
    let sizes = shape_text(without_batch(&found.input));
    format!("{name}, batch {batch}, input {sizes}, analysis and run")
}

/// What stands under a table that has no other place for the settings.
fn table_notes(report: &VerificationReport) -> Vec<String> {
    notes(report).into_iter().chain(settings_note(&report.settings)).collect()
}

/// What was looked at and what was not, in sentences.
fn notes(report: &VerificationReport) -> Vec<String> {
    let found = &report.found;
    let mut notes = Vec::new();
    if let Some(NotFinite { layer, value, layers }) = &found.not_finite {
        notes.push(format!(
            "{layer} is the first layer that gives {value}. {} such values, or what is made of such: of the engine's values the finite ones alone are compared, and the \
             lines of values do not hold.",
            counted(*layers, ["layer has", "layers have"])
        ));
    }
    if let Some(file) = report.weights_file() {
        notes.push(format!("Weights: {file}."));
    }
    if let Some(instead) = &found.instead {
        let shape = |shape: &[u64]| {
            let batch = shape.first().copied().unwrap_or(0);
            format!("batch {batch}, input {}", shape_text(without_batch(shape)))
        };
        notes.push(format!(
            "Run at {} in place of {}, which --full runs: all figures are of what was run.",
            shape(&found.input),
            shape(&instead.of)
        ));
    }
    let fields = &found.fields;
    let mut told = format!(
        "Receptive fields: {} of {} looked at, by {} of {}.",
        thousands(fields.checked),
        counted(fields.ends, ["end", "ends"]),
        thousands(fields.runs),
        counted(fields.all_runs, ["run", "runs"]),
    );
    if fields.cut > 0 {
        told += &format!(
            " At {} of them the unit sees less than its field, since a map in between has its border there.",
            thousands(fields.cut)
        );
    }
    if fields.mirrored > 0 {
        told += &format!(
            " At {} of them the unit sees what is mirrored or repeated beyond the border, which counts as padding.",
            thousands(fields.mirrored)
        );
    }
    if fields.not_finite_layers > 0 {
        told += &format!(
            " Not looked at: {} with values that are not finite, or behind such.",
            counted(fields.not_finite_layers, ["layer", "layers"])
        );
    }
    if fields.other_layers > 0 {
        told += &format!(
            " Not looked at: {} without an axis of rows or columns, or with a field that is not known.",
            counted(fields.other_layers, ["layer", "layers"])
        );
    }
    notes.push(told);
    notes.push(format!(
        "Engine − oracle: the largest difference as a part of the largest magnitude of a layer, at most {TOLERANCE:e}."
    ));
    notes.push(MEANING.to_owned());
    notes
}

/// In a sentence, how many figures were compared and how many differ.
#[must_use]
pub fn verification_tally(found: &Verification) -> String {
    let lines = found.lines.iter().filter(|line| line.holds == Some(false)).count();
    let wrong = found.wrong().count();
    let compared = thousands(found.compared());
    if found.holds() {
        return format!("Verified by a run: {compared} figures.");
    }
    let number = |count| thousands(u64::try_from(count).unwrap_or(u64::MAX));
    let mut told = format!(
        "Compared with a run: {compared} figures; {} of the network and {} of layers differ",
        number(lines),
        number(wrong)
    );
    if let Some((layer, _)) = found.wrong().next() {
        told += &format!(", first at {}", layer.name);
    }
    told + "."
}

/// The figures of the network with how much was compared of how much, and at which input, for scripts.
#[must_use]
pub fn verification_lines_table(report: &VerificationReport) -> Table {
    let found = &report.found;
    let row = |line: &Line| {
        let (label, _) = line.figure.label();
        Row::plain(vec![
            Cell::Named(label.to_owned(), line.figure.key().to_owned()),
            line.analysis.cell(),
            line.run.cell(),
            verdict(line),
            Cell::Count(line.compared),
            Cell::Count(line.of),
            Cell::Count(report.batch),
            Cell::Shape(without_batch(&found.input).to_vec()),
        ])
    };
    Table {
        title: title(report),
        columns: vec![
            Column::text("Figure", "figure", 0),
            Column::figure("Analysis", "analysis", 0),
            Column::figure("Run", "run", 0),
            Column::text("", "verdict", 0),
            Column::figure("Compared", "compared", 0),
            Column::figure("Of", "of", 0),
            Column::figure("Batch", "batch", 0),
            Column::figure("Input", "input", 0),
        ],
        rows: found.lines.iter().map(row).collect(),
        notes: table_notes(report),
    }
}

fn row(line: &Line) -> Row {
    let (label, level) = line.figure.label();
    let compared = match (line.compared, line.of) {
        (0, _) => Cell::Empty,
        (compared, of) if compared < of => {
            let of = counted(of, line.figure.compared());
            Cell::Text(format!("{} of {of}", thousands(compared)))
        }
        (compared, _) => Cell::Text(counted(compared, line.figure.compared())),
    };
    Row {
        cells: vec![
            Cell::Named(label.to_owned(), line.figure.key().to_owned()),
            line.analysis.cell(),
            line.run.cell(),
            verdict(line),
            compared,
        ],
        level,
        emphasis: emphasis(line.holds),
    }
}

/// The first `most` things that differ at layers; `None` where nothing does.
#[must_use]
pub fn verification_wrong_table(verification: &Verification, most: usize) -> Option<Table> {
    let all = verification.wrong().count();
    let row = |(layer, wrong): (&NodeVerification, &Wrong)| Row {
        cells: vec![
            Cell::text(&layer.name),
            Cell::text(&layer.op),
            Cell::Named(wrong.figure.label().0.to_owned(), wrong.figure.key().to_owned()),
            Cell::text(&wrong.analysis),
            Cell::text(&wrong.run),
        ],
        level: 0,
        emphasis: Emphasis::Failure,
    };
    let left = u64::try_from(all.saturating_sub(most)).unwrap_or(u64::MAX);
    let further = (left > 0).then(|| format!("And {} more.", thousands(left)));
    (all > 0).then(|| Table {
        title: "What differs first".to_owned(),
        columns: vec![
            Column::text("Layer", "layer", 0),
            Column::text("Operator", "operator", 2),
            Column::text("Figure", "figure", 0),
            Column::text("Analysis", "analysis", 0),
            Column::text("Run", "run", 0),
        ],
        rows: verification.wrong().take(most).map(row).collect(),
        notes: further.into_iter().collect(),
    })
}

/// What was found of every layer.
#[must_use]
pub fn verification_layers_table(report: &VerificationReport) -> Table {
    let difference = |difference: Option<f64>| difference.map_or(Cell::Empty, Cell::Number);
    let field_ends = |ends: u64| if ends == 0 { Cell::Empty } else { Cell::Count(ends) };
    let row = |layer: &NodeVerification| {
        let holds = Some(layer.wrong.is_empty());
        Row {
            cells: vec![
                mark(holds),
                Cell::text(&layer.name),
                Cell::text(&layer.op),
                Cell::Shape(without_batch(&layer.output_shape).to_vec()),
                Cell::Count(layer.values),
                Cell::Count(layer.macs),
                layer.flops_by_kind.total().map_or(Cell::Unknown, Cell::Count),
                field_ends(layer.field_ends),
                difference(layer.difference),
                difference(layer.fused_difference),
            ],
            level: 0,
            emphasis: emphasis(holds),
        }
    };
    Table {
        title: title(report),
        columns: vec![
            Column::text("", "verdict", 0),
            Column::text("Layer", "layer", 0),
            Column::text("Operator", "operator", 5),
            Column::figure("Output", "output", 2),
            Column::figure("Values", "values", 3),
            Column::figure("MACs", "macs", 1),
            Column::figure("FLOPs", "flops", 4),
            Column::figure("Field ends", "field_ends", 3),
            Column::figure("Engine", "difference", 0),
            Column::figure("Fused", "fused_difference", 2),
        ],
        rows: report.found.layers.iter().map(row).collect(),
        notes: table_notes(report),
    }
}
