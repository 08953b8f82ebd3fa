//! Boxes and what is written in them.

use std::fmt::Write;

use super::Folding;
use crate::report::document::PictureBox;
use crate::report::table::{shape_text, without_batch};
use crate::report::{Layer, OperatorKind, Report};

pub(super) fn input_box(report: &Report) -> PictureBox {
    PictureBox {
        title: "input".to_owned(),
        detail: shape_text(without_batch(&report.input)),
        kind: OperatorKind::Other,
        inputs: Vec::new(),
    }
}

pub(super) fn layer_box(layer: &Layer, folding: Folding) -> PictureBox {
    let has_detail = match folding {
        Folding::Layers => !changes_no_shape(layer),
        _ => resizes(layer),
    };
    PictureBox {
        title: title(layer, channels(layer)),
        detail: if has_detail {
            shape_text(without_batch(&layer.output_shape))
        } else {
            String::new()
        },
        kind: layer.kind,
        inputs: Vec::new(),
    }
}

pub(super) fn changes_no_shape(layer: &Layer) -> bool {
    matches!(layer.kind, OperatorKind::Activation | OperatorKind::Normalization)
        || layer.input_shapes.first() == Some(&layer.output_shape)
            && ["dropout", "drop_path", "identity"].contains(&layer.op.as_str())
}

/// Whether a layer changes the size of maps.
fn resizes(layer: &Layer) -> bool {
    let size = |shape: &[u64]| shape.get(2..).map(<[u64]>::to_vec);
    let before = layer.input_shapes.first().and_then(|shape| size(shape));
    let after = size(&layer.output_shape);
    after.as_ref().is_some_and(|size| !size.is_empty()) && before != after
}

/// The number of channels or features that a layer was given.
fn channels(layer: &Layer) -> Option<u64> {
    let is_given = layer.kind.is_convolution() || layer.op == "linear";
    layer.output_shape.get(1).copied().filter(|_| is_given)
}

/// The operator as papers write it: `conv 7x7, 64, /2`, and what else is not 1.
pub(super) fn title(layer: &Layer, channels: Option<u64>) -> String {
    let mut title = layer.op.replace('_', " ");
    if layer.kind == OperatorKind::Depthwise {
        title = format!("depthwise {title}");
    }
    if let Some(window) = &layer.window {
        let [height, width] = window.kernel;
        let _ = write!(title, " {height}x{width}");
    }
    if let Some(channels) = channels {
        let comma = if layer.window.is_some() { "," } else { "" };
        let _ = write!(title, "{comma} {channels}");
    }
    let pair = |[height, width]: [u64; 2]| match height == width {
        true => height.to_string(),
        false => format!("{height}x{width}"),
    };
    if let Some(window) = &layer.window {
        if window.stride != [1; 2] {
            let _ = write!(title, ", /{}", pair(window.stride));
        }
        if window.dilation != [1; 2] {
            let _ = write!(title, ", dilation {}", pair(window.dilation));
        }
    }
    if layer.groups > 1 && layer.kind != OperatorKind::Depthwise {
        let _ = write!(title, ", groups {}", layer.groups);
    }
    title
}

/// A block, colored as most of what is drawn of it.
pub(super) fn block_box(name: &str, shape: &str, members: &[PictureBox]) -> PictureBox {
    let count = |kind| members.iter().filter(|member| member.kind == kind).count();
    let most = OperatorKind::ALL.into_iter().rev().max_by_key(|kind| count(*kind));
    PictureBox {
        title: name.to_owned(),
        detail: shape.to_owned(),
        kind: most.unwrap_or(OperatorKind::Other),
        inputs: Vec::new(),
    }
}
