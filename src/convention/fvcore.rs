//! fvcore 0.1.5.post20221221: `FlopCountAnalysis` and `ActivationCountAnalysis`.
//!
//! It traces the model and counts operators of the trace (`fvcore/nn/flop_count.py`, `_DEFAULT_SUPPORTED_OPS`;
//! `fvcore/nn/activation_count.py`; the rules are in `fvcore/nn/jit_handles.py`), so that it makes no difference whether a model
//! is written with modules or functions. What it calls flops are multiply–accumulates.

use super::Category::{AdaptivePooling, Upsampling};
use super::{Counts, Layer, Rule, Tool, words};
use crate::figure::Figure;
use crate::ops::{BatchNorm, LayerNorm, Op, OpError, Upsample, UpsampleMode};

pub(super) static TOOL: Tool = Tool {
    name: "fvcore",
    version: "0.1.5.post20221221",
    assumptions: &[],
    rules: &[
        Rule::new(
            "flops",
            Figure::Macs,
            flops,
            &[
                words::CONVOLUTION,
                words::TRANSPOSED_CONVOLUTION,
                words::LINEAR,
                words::MATRIX_PRODUCT,
                words::BATCH_NORMALIZATION,
                words::LAYER_NORMALIZATION,
                (AdaptivePooling, "input elements; maxima 0"),
                (Upsampling, "4n bilinear, n nearest"),
            ],
        ),
        Rule::part("flops by operator: adaptive_avg_pool2d", Figure::Macs, |layer| {
            by_operator(layer, matches!(layer.op, Op::AdaptiveAvgPool(_) | Op::GlobalAvgPool(_)))
        }),
        Rule::part("flops by operator: batch_norm", Figure::Macs, |layer| {
            by_operator(layer, matches!(layer.op, Op::BatchNorm(_)))
        }),
        Rule::part("flops by operator: conv", Figure::Macs, |layer| {
            by_operator(layer, matches!(layer.op, Op::Conv(_) | Op::ConvTranspose(_)))
        }),
        Rule::part("flops by operator: layer_norm", Figure::Macs, |layer| {
            by_operator(layer, matches!(layer.op, Op::LayerNorm(_)))
        }),
        Rule::part("flops by operator: linear", Figure::Macs, |layer| {
            by_operator(layer, matches!(layer.op, Op::Linear(_)))
        }),
        Rule::part("flops by operator: matmul", Figure::Macs, |layer| {
            by_operator(layer, matches!(layer.op, Op::MatMul(_)))
        }),
        Rule::part("flops by operator: upsample_bilinear2d", Figure::Macs, |layer| {
            let mode = mode(layer);
            by_operator(layer, matches!(mode, Some(UpsampleMode::Bilinear { .. })))
        }),
        Rule::part("flops by operator: upsample_nearest2d", Figure::Macs, |layer| {
            by_operator(layer, matches!(mode(layer), Some(UpsampleMode::Nearest)))
        }),
        Rule::new(
            "activations",
            Figure::Activations,
            |layer| match layer.op {
                Op::Conv(_) | Op::ConvTranspose(_) | Op::Linear(_) | Op::MatMul(_) => {
                    layer.each_output(1)
                }
                _ => Ok(Counts::NONE),
            },
            &[],
        ),
    ],
};

fn flops(layer: &Layer<'_>) -> Result<Counts, OpError> {
    match layer.op {
        // `conv_flop_count`, `linear_flop_jit`, `matmul_flop_jit`
        Op::Conv(_) | Op::ConvTranspose(_) | Op::Linear(_) | Op::MatMul(_) => {
            layer.own(layer.macs()?)
        }
        // `batchnorm_flop_jit`
        Op::BatchNorm(BatchNorm { affine, .. }) => layer.each_input(if *affine { 2 } else { 1 }),
        // `norm_flop_counter`
        Op::LayerNorm(LayerNorm { affine, .. }) => layer.each_input(if *affine { 5 } else { 4 }),
        // `elementwise_flop_counter`
        Op::AdaptiveAvgPool(_) | Op::GlobalAvgPool(_) => layer.each_input(1),
        Op::Upsample(Upsample { mode: UpsampleMode::Nearest, .. }) => layer.each_output(1),
        Op::Upsample(Upsample { mode: UpsampleMode::Bilinear { .. }, .. }) => layer.each_output(4),
        _ => Ok(Counts::NONE),
    }
}

fn by_operator(layer: &Layer<'_>, is_it: bool) -> Result<Counts, OpError> {
    if is_it { flops(layer) } else { Ok(Counts::NONE) }
}

fn mode(layer: &Layer<'_>) -> Option<UpsampleMode> {
    match layer.op {
        Op::Upsample(upsample) => Some(upsample.mode),
        _ => None,
    }
}
