//! calflops 0.3.2: `calculate_flops`.
//!
//! It replaces functions of `torch.nn.functional` and methods of tensors (`calflops/pytorch_ops.py`, `_patch_functionals`,
//! `_patch_tensor_methods`), which modules call too, so that it makes no difference whether a model is written with modules or functions.

use super::Category::{
    Activation, AdaptivePooling, AveragePooling, Bias, Doubling, MaxPooling, TransposedConvolution,
    Upsampling,
};
use super::words::{self, Words};
use super::{Counts, Layer, Rule, Tool, ptflops};
use crate::figure::Figure;
use crate::network::Shape;
use crate::ops::{BatchNorm, ConvTranspose, Function, LayerNorm, Op, OpError, Padding, product};

const PRODUCTS: [Words; 4] = [
    words::CONVOLUTION,
    (TransposedConvolution, "input elements · out/groups² · taps"),
    words::LINEAR,
    words::MATRIX_PRODUCT,
];

/// Of pools and upsampling.
const OF_INPUT: &str = "input elements";

pub(super) static TOOL: Tool = Tool {
    name: "calflops",
    version: "0.3.2",
    assumptions: &[
        "Joins are written with operators (`a + b`), which calflops does not count, matrix products with `torch.matmul`.",
    ],
    rules: &[
        Rule::new(
            "flops",
            Figure::Flops,
            flops,
            &[
                PRODUCTS[0],
                PRODUCTS[1],
                PRODUCTS[2],
                PRODUCTS[3],
                words::DOUBLING,
                (Bias, "n of convolutions, 0 of linear layers"),
                words::BATCH_NORMALIZATION,
                words::LAYER_NORMALIZATION,
                words::LOCAL_RESPONSE_NORMALIZATION,
                (Activation, "n, some 0"),
                words::SOFTMAX,
                (MaxPooling, OF_INPUT),
                (AveragePooling, OF_INPUT),
                (AdaptivePooling, OF_INPUT),
                (Upsampling, OF_INPUT),
            ],
        ),
        Rule::new("macs", Figure::Macs, macs, &PRODUCTS),
        Rule::trained("params"),
    ],
};

fn macs(layer: &Layer<'_>) -> Result<Counts, OpError> {
    match layer.op {
        Op::Conv(_) | Op::Linear(_) | Op::MatMul(_) => layer.own(layer.macs()?),
        // `_conv_trans_flops_compute` takes the outputs of a group for all outputs and divides them by the groups again.
        Op::ConvTranspose(conv) => {
            let filters = conv.out.checked_div(conv.groups).ok_or(OpError::Overflow)?;
            layer.own(product(&[
                layer.inputs(),
                filters / conv.groups.max(1),
                conv.window.taps()?,
            ])?)
        }
        _ => Ok(Counts::NONE),
    }
}

fn flops(layer: &Layer<'_>) -> Result<Counts, OpError> {
    match layer.op {
        Op::Conv(_) | Op::ConvTranspose(_) | Op::Linear(_) | Op::MatMul(_) => {
            let macs = macs(layer)?;
            let counts = macs.with(Doubling, macs.get(layer.category()))?;
            match layer.op {
                Op::Conv(conv) if conv.bias => counts.with(Bias, layer.outputs()),
                Op::ConvTranspose(conv) if conv.bias => {
                    counts.with(Bias, bias_of_transposed(layer, conv)?)
                }
                _ => Ok(counts),
            }
        }
        // `_batch_norm_flops_compute`, `_layer_norm_flops_compute`
        Op::BatchNorm(BatchNorm { affine, .. }) => layer.each_input(if *affine { 2 } else { 1 }),
        Op::LayerNorm(LayerNorm { affine, .. }) => layer.each_input(if *affine { 5 } else { 4 }),
        Op::Lrn(lrn) => layer.own(ptflops::local_response_norm(layer, lrn)?),
        // `_relu_flops_compute` and the like; a `ReLU6` calls `F.hardtanh`, which is not counted.
        Op::Activation(activation) => layer.each_output(match activation.function {
            Function::Relu
            | Function::LeakyRelu { .. }
            | Function::Elu { .. }
            | Function::Gelu
            | Function::Silu => 1,
            Function::Relu6
            | Function::Sigmoid
            | Function::Tanh
            | Function::HardSigmoid
            | Function::HardSwish => 0,
        }),
        Op::PRelu(_) | Op::Softmax(_) => layer.each_output(1),
        // `_pool_flops_compute`; `_upsample_flops_compute` does not multiply by the scale.
        Op::MaxPool(_)
        | Op::AvgPool(_)
        | Op::AdaptiveAvgPool(_)
        | Op::GlobalAvgPool(_)
        | Op::GlobalMaxPool(_)
        | Op::Upsample(_) => layer.each_input(1),
        _ => Ok(Counts::NONE),
    }
}

/// `_conv_trans_flops_compute` counts the bias of a transposed convolution as if it were none: for the outputs of one group, over a
/// map of the size that the convolution it transposes would make of the input.
fn bias_of_transposed(layer: &Layer<'_>, conv: &ConvTranspose) -> Result<u64, OpError> {
    let map = layer.operands.first().and_then(Shape::map).ok_or(OpError::Overflow)?;
    let extent = conv.window.extent()?;
    let padding = match conv.window.padding {
        Padding::Explicit([top, left, ..]) => [top, left],
        Padding::Same | Padding::SameLower => [0, 0],
    };
    let mut positions: i128 = 1;
    for axis in [0, 1] {
        let padded = i128::from(map[axis]) + 2 * i128::from(padding[axis]);
        let slack = padded - i128::from(extent[axis]);
        let size = slack.div_euclid(i128::from(conv.window.stride[axis].max(1))) + 1;
        positions = positions.checked_mul(size).ok_or(OpError::Overflow)?;
    }
    let positions = u64::try_from(positions).map_err(|_| {
        OpError::Rule("calflops counts a negative number of biases of this layer".to_owned())
    })?;
    product(&[conv.out / conv.groups.max(1), layer.output.batch(), positions])
}
