//! thop 0.1.1-2209072238: `profile`.
//!
//! It hooks modules (`thop/profile.py`, `register_hooks`; the rules are in `thop/vision/basic_hooks.py` and `calc_func.py`), and counts
//! nothing where a model computes by a function.

use super::Category::{
    Activation, AdaptivePooling, AveragePooling, BatchNormalization, LayerNormalization, Softmax,
    TransposedConvolution, Upsampling,
};
use super::{Counts, Layer, Rule, Tool, words};
use crate::figure::Figure;
use crate::network::Shape;
use crate::ops::{BatchNorm, LayerNorm, Op, OpError, Upsample, UpsampleMode, product};

/// Of batch and layer normalization.
const NORMALIZATION: &str = "4n, not affine 2n";

pub(super) static TOOL: Tool = Tool {
    name: "thop",
    version: "0.1.1-2209072238",
    assumptions: &[
        "Every layer but joins and matrix products is a module; thop does not count what a model computes by a function.",
    ],
    rules: &[
        Rule::new(
            "macs",
            Figure::Macs,
            macs,
            &[
                words::CONVOLUTION,
                (TransposedConvolution, "n · in/groups · taps"),
                words::LINEAR,
                (BatchNormalization, NORMALIZATION),
                (LayerNormalization, NORMALIZATION),
                (Activation, "prelu n, others 0"),
                (Softmax, "3n − 1 a row"),
                (AveragePooling, "n"),
                (AdaptivePooling, "input and output elements; maxima 0"),
                (Upsampling, "11n bilinear, n nearest"),
            ],
        ),
        Rule::trained("params"),
    ],
};

fn macs(layer: &Layer<'_>) -> Result<Counts, OpError> {
    match layer.op {
        Op::Conv(_) | Op::Linear(_) => layer.own(layer.macs()?),
        // `calculate_conv2d_flops` takes a transposed convolution for one that is not.
        Op::ConvTranspose(conv) => {
            let channels = layer.operands.first().and_then(Shape::channels).unwrap_or(0);
            let channels = channels.checked_div(conv.groups).ok_or(OpError::Overflow)?;
            layer.own(product(&[layer.outputs(), channels, conv.window.taps()?])?)
        }
        // `count_normalization`
        Op::BatchNorm(BatchNorm { affine, .. }) | Op::LayerNorm(LayerNorm { affine, .. }) => {
            layer.each_input(if *affine { 4 } else { 2 })
        }
        // `count_prelu`
        Op::PRelu(_) => layer.each_input(1),
        // `calculate_softmax`
        Op::Softmax(softmax) => {
            let axis = usize::try_from(softmax.axis).map_err(|_| OpError::Overflow)?;
            let row = layer.output.sizes().get(axis).copied().unwrap_or(1);
            let rows = layer.outputs() / row;
            let all = product(&[3, layer.outputs()])?;
            layer.own(all.checked_sub(rows).ok_or(OpError::Overflow)?)
        }
        // `calculate_avgpool`
        Op::AvgPool(_) => layer.each_output(1),
        Op::AdaptiveAvgPool(_) | Op::GlobalAvgPool(_) => layer.own(adaptive(layer)?),
        // `calculate_upsample`
        Op::Upsample(Upsample { mode: UpsampleMode::Nearest, .. }) => layer.each_output(1),
        Op::Upsample(Upsample { mode: UpsampleMode::Bilinear { .. }, .. }) => layer.each_output(11),
        _ => Ok(Counts::NONE),
    }
}

/// `count_adap_avgpool` and `calculate_adaptive_avg`: `int((input / output + 1) · n)`. That is a whole number, but computed in
/// floating point it may come out a little less, and then `int` takes one off.
fn adaptive(layer: &Layer<'_>) -> Result<u64, OpError> {
    let exact = layer.inputs().checked_add(layer.outputs()).ok_or(OpError::Overflow)?;
    let maps = (layer.operands.first().and_then(Shape::map), layer.output.map());
    let (Some([height, width]), Some([rows, columns])) = maps else { return Ok(exact) };
    let kernel = (height as f64 / rows as f64) * (width as f64 / columns as f64);
    let computed = (kernel + 1.0) * layer.outputs() as f64;
    Ok(if computed < exact as f64 { exact.saturating_sub(1) } else { exact })
}
