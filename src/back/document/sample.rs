//! Documents for tests.

use crate::report::OperatorKind;
use crate::report::document::{
    Axis, Chart, Document, FormulaLine, Mark, Part, Picture, PictureBox, Scale, Section, Series,
    Values,
};
use crate::report::table::{Cell, Column, Emphasis, Row, Table};

/// A study of small kernels with a part of every sort.
pub(super) fn kernels() -> Document {
    let section = |title: &str, parts| Section { title: title.to_owned(), parts };
    Document {
        title: "Small kernels".to_owned(),
        lead: vec!["Two 3x3 see what one 5x5 sees.".to_owned()],
        sections: vec![
            section(
                "Variants",
                vec![Part::Pictures(vec![chain(), residual()]), Part::Table(table())],
            ),
            section("Formulas", vec![Part::Formulas(vec![formula()])]),
            section("Over channels", vec![Part::Chart(lines()), Part::Chart(roofline())]),
            section(
                "By layer",
                vec![Part::Text("Work and memory.".to_owned()), Part::Table(table())],
            ),
            section("Charts", vec![Part::Chart(steps()), Part::Chart(bars())]),
        ],
    }
}

/// The same with every text replaced.
pub(super) fn hostile(text: &str) -> Document {
    let mut document = kernels();
    document.title = text.to_owned();
    document.lead = vec![text.to_owned()];
    for section in &mut document.sections {
        section.title = format!("{text} section");
        for part in &mut section.parts {
            replace(part, text);
        }
    }
    document
}

fn replace(part: &mut Part, text: &str) {
    let text = text.to_owned();
    match part {
        Part::Text(shown) => *shown = text,
        Part::Legend { drawn, told } => (*drawn, *told) = (text.clone(), text),
        Part::Table(table) => {
            table.title = format!("{text} table");
            table.notes = vec![text.clone()];
            for column in &mut table.columns {
                column.header.clone_from(&text);
            }
            for row in &mut table.rows {
                row.cells[0] = Cell::text(&text);
            }
        }
        Part::Formulas(lines) => {
            let [label, pretty, canonical, latex] =
                [text.clone(), text.clone(), text.clone(), text];
            *lines = vec![FormulaLine { label, pretty, canonical, latex }];
        }
        Part::Chart(chart) => {
            chart.title.clone_from(&text);
            chart.x.label.clone_from(&text);
            chart.y.label.clone_from(&text);
            for series in &mut chart.series {
                series.name.clone_from(&text);
                series.labels = vec![text.clone(); series.points.len()];
            }
        }
        Part::Pictures(pictures) => {
            for picture in pictures {
                picture.caption.clone_from(&text);
                for shown in &mut picture.boxes {
                    shown.title.clone_from(&text);
                    shown.detail.clone_from(&text);
                }
            }
        }
    }
}

fn table() -> Table {
    let row = |name: &str, params, ratio| {
        Row::plain(vec![
            Cell::text(name),
            Cell::Count(params),
            Cell::Ratio(ratio),
            Cell::Share(ratio / 2.0),
        ])
    };
    let mut rows = vec![row("one 5x5", 102_400, 1.0), row("two 3x3", 73_728, 0.72)];
    rows.push(Row { emphasis: Emphasis::Total, ..row("both", 176_128, 1.72) });
    Table {
        title: "Two variants, batch 1".to_owned(),
        columns: vec![
            Column::text("Variant", "variant", 0),
            Column::figure("Params", "params", 0),
            Column::figure("×", "ratio", 1),
            Column::figure("Share", "share", 1),
        ],
        rows,
        notes: vec!["Params are trained values.".to_owned()],
    }
}

fn formula() -> FormulaLine {
    FormulaLine {
        label: "Params of two 3x3".to_owned(),
        pretty: "18·c² - k_in^2".to_owned(),
        canonical: "18*c^2 - k_in^2".to_owned(),
        latex: "18c^2 - k_{in}^2".to_owned(),
    }
}

fn axis(label: &str, scale: Scale, values: Values) -> Axis {
    Axis { label: label.to_owned(), scale, values }
}

pub(super) fn series(name: &str, mark: Mark, points: &[(f64, f64)]) -> Series {
    Series { name: name.to_owned(), mark, kind: None, points: points.to_vec(), labels: Vec::new() }
}

pub(super) fn lines() -> Chart {
    Chart {
        title: "Params over channels".to_owned(),
        x: axis("channels", Scale::Logarithmic, Values::Counts),
        y: axis("params", Scale::Logarithmic, Values::Counts),
        series: vec![
            series("one 5x5", Mark::Line, &[(16.0, 6400.0), (32.0, 25_600.0), (64.0, 102_400.0)]),
            series("two 3x3", Mark::Line, &[(16.0, 4608.0), (32.0, 18_432.0), (64.0, 73_728.0)]),
        ],
    }
}

fn roofline() -> Chart {
    let mut points = series("Convolution", Mark::Point, &[(4.0, 9e9), (0.5, 2e9)]);
    points.labels = vec!["conv1".to_owned(), "conv2".to_owned()];
    Chart {
        title: "Roofline".to_owned(),
        x: axis("FLOPs per byte", Scale::Logarithmic, Values::Numbers),
        y: axis("FLOP/s", Scale::Logarithmic, Values::Counts),
        series: vec![
            points,
            series("one core", Mark::Guide, &[(0.1, 1e9), (2.0, 2e10), (9.0, 2e10)]),
        ],
    }
}

fn steps() -> Chart {
    Chart {
        title: "Live memory".to_owned(),
        x: axis("layer", Scale::Linear, Values::Numbers),
        y: axis("memory", Scale::Linear, Values::Bytes),
        series: vec![series("live", Mark::Step, &[(0.0, 1e6), (1.0, 3e6), (2.0, 2e6)])],
    }
}

fn bars() -> Chart {
    let mut bars = series("MACs", Mark::Bar, &[(0.0, 1e6), (1.0, 3e6), (2.0, 0.0)]);
    bars.labels = vec!["conv1".to_owned(), "conv2".to_owned(), "pool1".to_owned()];
    Chart {
        title: "MACs by layer".to_owned(),
        x: axis("", Scale::Linear, Values::Numbers),
        y: axis("MACs", Scale::Linear, Values::Counts),
        series: vec![bars],
    }
}

fn picture(caption: &str, boxes: &[(&str, &str, OperatorKind, &[usize])]) -> Picture {
    let boxes = boxes.iter().map(|(title, detail, kind, inputs)| PictureBox {
        title: (*title).to_owned(),
        detail: (*detail).to_owned(),
        kind: *kind,
        inputs: inputs.to_vec(),
    });
    Picture { caption: caption.to_owned(), boxes: boxes.collect(), ..Picture::default() }
}

fn chain() -> Picture {
    picture(
        "one 5x5",
        &[
            ("input", "64×28×28", OperatorKind::Other, &[]),
            ("conv 5x5, 64", "64×28×28", OperatorKind::Convolution, &[0]),
            ("relu", "", OperatorKind::Activation, &[1]),
        ],
    )
}

fn residual() -> Picture {
    picture(
        "a residual block",
        &[
            ("input", "64×28×28", OperatorKind::Other, &[]),
            ("conv 3x3, 64", "64×28×28", OperatorKind::Convolution, &[0]),
            ("relu", "", OperatorKind::Activation, &[1]),
            ("conv 3x3, 64", "64×28×28", OperatorKind::Convolution, &[2]),
            ("add", "64×28×28", OperatorKind::Join, &[3, 0]),
        ],
    )
}
