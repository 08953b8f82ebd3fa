//! ptflops 0.7.5: `get_model_complexity_info` with its two backends.
//!
//! - `pytorch` hooks modules (`ptflops/pytorch_ops.py`, `MODULES_MAPPING`) and, since 0.7, also replaces functions (`FUNCTIONAL_MAPPING`,
//!   `TENSOR_OPS_MAPPING`; `ptflops/pytorch_engine.py`, `patch_functional`). A module that calls such a function is counted twice: a
//!   `ReLU` by its hook and by `F.relu`, and so are pools.
//! - `aten` counts operators as they are dispatched (`ptflops/aten_ops.py`, `ATEN_OPS_MAPPING`): convolutions and matrix products with
//!   their biases, and nothing else.

use super::Category::{
    Activation, AdaptivePooling, AveragePooling, LayerNormalization, MaxPooling, Upsampling,
};
use super::words::{self, Words};
use super::{Counts, Layer, Rule, Tool};
use crate::figure::Figure;
use crate::ops::{BatchNorm, Function, Lrn, Op, OpError, product};

const PRODUCTS: [Words; 5] = [
    words::CONVOLUTION,
    words::TRANSPOSED_CONVOLUTION,
    words::LINEAR,
    words::MATRIX_PRODUCT,
    words::BIAS,
];

/// Of all pools.
const TWICE: &str = "2 an input element: the module and its function";

pub(super) static PYTORCH: Tool = Tool {
    name: "ptflops",
    version: "0.7.5",
    assumptions: &[
        "Activation functions, pools and upsampling are modules, which ptflops counts by their hook and once more by the \
         function that they call; a model that calls the function itself is counted once.",
        "Joins are written with operators (`a + b`), which ptflops does not count, matrix products with `torch.matmul`.",
        "A batch is counted as so many samples.",
    ],
    rules: &[
        Rule::new(
            "macs, backend pytorch",
            Figure::Macs,
            pytorch,
            &[
                PRODUCTS[0],
                PRODUCTS[1],
                PRODUCTS[2],
                PRODUCTS[3],
                PRODUCTS[4],
                words::BATCH_NORMALIZATION,
                (LayerNormalization, "n"),
                words::LOCAL_RESPONSE_NORMALIZATION,
                (Activation, "2n: the module and its function; some n or 0"),
                words::SOFTMAX,
                (MaxPooling, TWICE),
                (AveragePooling, TWICE),
                (AdaptivePooling, TWICE),
                (Upsampling, "2n: the module and its function"),
            ],
        ),
        Rule::trained("params, backend pytorch"),
    ],
};

pub(super) static ATEN: Tool = Tool {
    name: "ptflops-aten",
    version: "0.7.5",
    assumptions: &[],
    rules: &[
        Rule::new("macs, backend aten", Figure::Macs, aten, &PRODUCTS),
        Rule::trained("params, backend aten"),
    ],
};

fn aten(layer: &Layer<'_>) -> Result<Counts, OpError> {
    match layer.op {
        // `conv_flop_count`, `addmm_flop`, `bmm_flop`
        Op::Conv(_) | Op::ConvTranspose(_) | Op::Linear(_) | Op::MatMul(_) => layer.macs_and_bias(),
        _ => Ok(Counts::NONE),
    }
}

fn pytorch(layer: &Layer<'_>) -> Result<Counts, OpError> {
    match layer.op {
        // `conv_flops_counter_hook`, `linear_flops_counter_hook`, `_matmul_tensor_flops_hook`
        Op::Conv(_) | Op::ConvTranspose(_) | Op::Linear(_) | Op::MatMul(_) => layer.macs_and_bias(),
        // `bn_flops_counter_hook`; a `LayerNorm` has no attribute `affine`.
        Op::BatchNorm(BatchNorm { affine, .. }) => layer.each_input(if *affine { 2 } else { 1 }),
        Op::LayerNorm(_) => layer.each_input(1),
        Op::Lrn(lrn) => layer.own(local_response_norm(layer, lrn)?),
        // `relu_flops_counter_hook` and `_numel_functional_flops_hook`
        Op::Activation(activation) => layer.each_output(match activation.function {
            Function::Relu | Function::Elu { .. } | Function::Gelu => 2,
            // A `ReLU6` calls `F.hardtanh`, which is not counted, nor is `F.leaky_relu`; `SiLU` has no hook.
            Function::Relu6 | Function::LeakyRelu { .. } | Function::Silu => 1,
            Function::Sigmoid | Function::Tanh | Function::HardSigmoid | Function::HardSwish => 0,
        }),
        Op::PRelu(_) => layer.each_output(2),
        Op::Softmax(_) => layer.each_output(1),
        // `pool_flops_counter_hook` and `_numel_functional_flops_hook`
        Op::MaxPool(_)
        | Op::AvgPool(_)
        | Op::AdaptiveAvgPool(_)
        | Op::GlobalAvgPool(_)
        | Op::GlobalMaxPool(_) => layer.each_input(2),
        // `upsample_flops_counter_hook` and `_interpolate_functional_flops_hook`
        Op::Upsample(_) => layer.each_output(2),
        _ => Ok(Counts::NONE),
    }
}

/// A `LocalResponseNorm` squares, pads the channels, takes means of them by a pool, and multiplies and adds constants:
/// `torch.nn.functional.local_response_norm`. The power and the division are not counted.
pub(super) fn local_response_norm(layer: &Layer<'_>, lrn: &Lrn) -> Result<u64, OpError> {
    let channels = layer.output.channels().unwrap_or(1);
    let padding = lrn.size.saturating_sub(1);
    let padded = channels.checked_add(padding).ok_or(OpError::Overflow)?;
    let padded = product(&[layer.outputs() / channels, padded])?;
    padded.checked_add(product(&[3, layer.outputs()])?).ok_or(OpError::Overflow)
}
