//! Pictures of a report's network: a box a layer, or a box a block where there are many.

use std::collections::HashMap;

use super::document::{Picture, PictureBox};
use super::fold::{self, Row};
use super::table::{shape_text, without_batch};
use super::{Layer, OperatorKind, Report};

/// More boxes than this are no picture that anybody reads.
const MOST_BOXES: usize = 60;

impl Picture {
    /// A picture of the report's network, with its input as the first box.
    ///
    /// There is a box a layer; where that makes more than 60, a box a top-level block; where that is too many still, the last box
    /// says how many more there are. Activations and normalizations have no second line, since they change no shape.
    #[must_use]
    pub fn of(report: &Report, caption: &str) -> Self {
        let layers = || {
            report
                .layers
                .iter()
                .enumerate()
                .map(|(index, layer)| (index..index + 1, layer_box(layer)))
        };
        let folded = || match fold::fold(report, Some(1)) {
            Ok(rows) => rows
                .iter()
                .map(|row| match row {
                    Row::Layer(row) => (row.index..row.index + 1, layer_box(row.layer)),
                    Row::Block(block) => (block.layers.clone(), block_box(report, block)),
                })
                .collect(),
            Err(_) => layers().collect::<Vec<_>>(),
        };
        let parts = if report.layers.len() < MOST_BOXES { layers().collect() } else { folded() };
        let mut holders = HashMap::new();
        for (place, (range, _)) in parts.iter().enumerate() {
            for layer in report.layers.get(range.clone()).unwrap_or_default() {
                holders.insert(layer.name.as_str(), place + 1);
            }
        }
        let mut boxes = vec![input_box(report)];
        for (place, (range, mut shown)) in parts.into_iter().enumerate() {
            let layers = report.layers.get(range).unwrap_or_default();
            let taken = layers.iter().flat_map(|layer| &layer.inputs);
            let mut inputs: Vec<usize> = taken
                .map(|name| holders.get(name.as_str()).copied().unwrap_or(0))
                .filter(|holder| *holder <= place)
                .collect();
            inputs.sort_unstable();
            inputs.dedup();
            shown.inputs = inputs;
            boxes.push(shown);
        }
        cut(&mut boxes);
        Self { caption: caption.to_owned(), boxes }
    }
}

/// Leaves at most as many boxes as are read, the last of which says how many are missing.
fn cut(boxes: &mut Vec<PictureBox>) {
    let count = boxes.len();
    if count <= MOST_BOXES {
        return;
    }
    boxes.truncate(MOST_BOXES - 1);
    boxes.push(PictureBox {
        title: format!("… {} more", count - boxes.len()),
        detail: String::new(),
        kind: OperatorKind::Other,
        inputs: vec![boxes.len() - 1],
    });
}

fn input_box(report: &Report) -> PictureBox {
    PictureBox {
        title: "input".to_owned(),
        detail: shape_text(without_batch(&report.input)),
        kind: OperatorKind::Other,
        inputs: Vec::new(),
    }
}

fn layer_box(layer: &Layer) -> PictureBox {
    let changes_no_shape =
        matches!(layer.kind, OperatorKind::Activation | OperatorKind::Normalization)
            || layer.input_shapes.first() == Some(&layer.output_shape) && layer.op == "dropout";
    PictureBox {
        title: title(layer),
        detail: if changes_no_shape {
            String::new()
        } else {
            shape_text(without_batch(&layer.output_shape))
        },
        kind: layer.kind,
        inputs: Vec::new(),
    }
}

/// The operator as papers write it: `conv 7x7, 64, /2`.
fn title(layer: &Layer) -> String {
    let mut words = vec![layer.op.replace('_', " ")];
    let mut rest = Vec::new();
    for part in layer.detail.split(", ") {
        match part.strip_prefix("stride ") {
            Some(stride) => rest.push(format!("/{stride}")),
            None if part.starts_with(|first: char| first.is_ascii_digit()) => {
                words.push(part.to_owned());
            }
            None if part.starts_with("groups ") => rest.push(part.to_owned()),
            None => {}
        }
    }
    let mut title = words.join(" ");
    let channels = layer.output_shape.get(1);
    title += &match channels {
        Some(channels) if layer.kind.is_convolution() => format!(", {channels}"),
        Some(channels) if layer.op == "linear" => format!(" {channels}"),
        _ => String::new(),
    };
    for part in rest {
        title += &format!(", {part}");
    }
    title
}

fn block_box(report: &Report, block: &fold::Block<'_>) -> PictureBox {
    let layers = report.layers.get(block.layers.clone()).unwrap_or_default();
    PictureBox {
        title: block.name.to_owned(),
        detail: shape_text(without_batch(block.output_shape)),
        kind: layers
            .iter()
            .max_by_key(|layer| layer.figures.flops)
            .map_or(OperatorKind::Other, |layer| layer.kind),
        inputs: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn few_layers_are_a_box_each() {
        let mut report = sample::squeezenet();
        report.layers.truncate(9);
        let picture = Picture::of(&report, "first layers");
        let boxes: Vec<(&str, &str, &[usize])> = picture
            .boxes
            .iter()
            .map(|shown| (shown.title.as_str(), shown.detail.as_str(), shown.inputs.as_slice()))
            .collect();
        let expected: [(&str, &str, &[usize]); 10] = [
            ("input", "3×224×224", &[]),
            ("conv 7x7, 96, /2", "96×109×109", &[0]),
            ("relu", "", &[1]),
            ("max pool 3x3, /2", "96×54×54", &[2]),
            ("conv 1x1, 16", "16×54×54", &[3]),
            ("relu", "", &[4]),
            ("conv 1x1, 64", "64×54×54", &[5]),
            ("relu", "", &[6]),
            ("conv 3x3, 64", "64×54×54", &[5]),
            ("relu", "", &[8]),
        ];
        assert_eq!(boxes, expected);
    }

    #[test]
    fn many_layers_are_folded_and_very_many_cut() {
        let picture = Picture::of(&sample::deep(), "deep");
        let titles: Vec<&str> = picture.boxes.iter().map(|shown| shown.title.as_str()).collect();
        assert!(titles.contains(&"dense_block1"), "{titles:?}");
        assert!(picture.boxes.len() <= MOST_BOXES);
        let names: Vec<String> = (0..200).map(|number| format!("layer{number}")).collect();
        let names: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
        let picture = Picture::of(&sample::named(&names), "cut");
        assert_eq!(picture.boxes.len(), MOST_BOXES);
        assert_eq!(picture.boxes.last().unwrap().title, "… 142 more");
    }

    #[test]
    fn inputs_stand_before_what_takes_them() {
        for report in [sample::squeezenet(), sample::deep(), sample::hostile("x")] {
            let picture = Picture::of(&report, "");
            for (place, shown) in picture.boxes.iter().enumerate() {
                assert!(shown.inputs.iter().all(|input| *input < place));
                assert_eq!(shown.inputs.is_empty(), place == 0);
            }
        }
    }
}
