//! onnx-tool 1.0.1: `model_profile`, of what PyTorch exports for inference.
//!
//! The exporter folds a batch norm that alone takes a convolution's result into the convolution, which then has a bias
//! (`torch/csrc/jit/passes/onnx/eval_peephole.cpp`, `fuseConvBatchNorm`), drops what acts in training alone, and writes some layers as
//! several nodes. onnx-tool counts nodes (`onnx_tool/node.py`, the `profile` of each class): a multiplication, addition or comparison is
//! one, a division 4, a square root 24, an exponential 32, a logarithm 43.

use super::Category::{
    Activation, AdaptivePooling, BatchNormalization, Bias, Elementwise, LayerNormalization,
    LocalResponseNormalization, MaxPooling, Softmax, TransposedConvolution, Upsampling,
};
use super::layer::Folding;
use super::{Counts, Layer, Rule, Tool, words};
use crate::figure::Figure;
use crate::network::Shape;
use crate::ops::{
    AdaptiveAvgPool, Conv, Function, LayerNorm, Op, OpError, Upsample, UpsampleMode, product,
};

const DIVISION: u64 = 4;
const EXPONENTIAL: u64 = 32;
const LOGARITHM: u64 = 43;
const SQUARE_ROOT: u64 = 24;

pub(super) static TOOL: Tool = Tool {
    name: "onnx-tool",
    version: "1.0.1",
    assumptions: &[
        "The file is PyTorch's export for inference, its batch norms folded where they can be.",
        "No two tensors of the file are equal: in a network that was never trained, vectors of zeros or ones of the same size \
         are stored once, and Params are less by them. Constants of arithmetic and of shapes are no Params here.",
    ],
    rules: &[
        Rule::new(
            "Forward_MACs",
            Figure::Macs,
            macs,
            &[
                words::CONVOLUTION,
                (TransposedConvolution, "n · out/groups · taps"),
                words::LINEAR,
                words::MATRIX_PRODUCT,
                (Bias, "n, that of a folded batch norm too"),
                (BatchNormalization, "31n where it cannot be folded"),
                (LayerNormalization, "7n, and 29 a row"),
                (LocalResponseNormalization, "n · (size + 37)"),
                (Activation, "n and more: relu n, sigmoid 32n"),
                (Softmax, "36n, its logarithm 80n"),
                (MaxPooling, "n · taps"),
                words::AVERAGE_POOLING,
                (AdaptivePooling, "global: input elements and 4n; else n · taps"),
                (Elementwise, "n an operation, a division 4n"),
                (Upsampling, "4n bilinear, 0 nearest"),
            ],
        ),
        Rule::new("Params", Figure::Params, params, &[]),
    ],
};

fn macs(layer: &Layer<'_>) -> Result<Counts, OpError> {
    match layer.op {
        // `ConvNode`, `GemmNode`, `MatMulNode`
        Op::Conv(_) if layer.folding == Folding::TakesIn => {
            layer.own(layer.macs()?)?.with(Bias, layer.outputs())
        }
        Op::Conv(_) | Op::Linear(_) | Op::MatMul(_) => layer.macs_and_bias(),
        // `ConvTransposeNode` takes the weight's second axis, the outputs of a group, for the inputs.
        Op::ConvTranspose(conv) => {
            let filters = conv.out.checked_div(conv.groups).ok_or(OpError::Overflow)?;
            let counts = layer.own(product(&[layer.outputs(), filters, conv.window.taps()?])?)?;
            if conv.bias { counts.with(Bias, layer.outputs()) } else { Ok(counts) }
        }
        // `BatchNormalizationNode`
        Op::BatchNorm(_) if layer.folding == Folding::Vanishes => Ok(Counts::NONE),
        Op::BatchNorm(_) => layer.each_output(3 + SQUARE_ROOT + DIVISION),
        Op::LayerNorm(norm) => layer.own(layer_norm(layer, norm)?),
        // `LRNNode`
        Op::Lrn(lrn) => {
            let rest = DIVISION + EXPONENTIAL + 1;
            layer.each_output(lrn.size.checked_add(rest).ok_or(OpError::Overflow)?)
        }
        Op::Activation(activation) => layer.each_output(function(activation.function)),
        Op::PRelu(_) => layer.each_output(2),
        // `SoftmaxNode`, `LogSoftmaxNode`
        Op::Softmax(_) => layer.each_output(EXPONENTIAL + DIVISION),
        Op::LogSoftmax(_) => layer.each_output(EXPONENTIAL + DIVISION + 1 + LOGARITHM),
        // `PoolBase`
        Op::MaxPool(pool) => layer.each_output(pool.window.taps()?),
        Op::AvgPool(pool) => layer.each_output(pool.window.taps()?),
        Op::AdaptiveAvgPool(pool) => layer.own(adaptive_pool(layer, pool)?),
        // `GlobalAveragePoolNode`
        Op::GlobalAvgPool(_) => layer.own(global_pool(layer)?),
        Op::Add(_) | Op::Sub(_) | Op::Mul(_) => layer.each_output(joins(layer)?),
        Op::Div(_) => layer.each_output(DIVISION),
        Op::Mean(_) => layer.each_output(joins(layer)?.saturating_add(DIVISION)),
        Op::Affine(_) => layer.each_output(2),
        // `ResizeNode`
        Op::Upsample(Upsample { mode: UpsampleMode::Bilinear { .. }, .. }) => layer.each_output(4),
        _ => Ok(Counts::NONE),
    }
}

/// Operations between neighbouring operands.
fn joins(layer: &Layer<'_>) -> Result<u64, OpError> {
    let operands = u64::try_from(layer.operands.len()).map_err(|_| OpError::Overflow)?;
    Ok(operands.saturating_sub(1))
}

/// `ReluNode`, `ClipNode`, `LeakyReluNode`, …
fn function(function: Function) -> u64 {
    match function {
        Function::Relu => 1,
        Function::Relu6 | Function::LeakyRelu { .. } => 2,
        Function::Elu { .. } => EXPONENTIAL + 3,
        Function::Gelu => EXPONENTIAL + 2,
        Function::Sigmoid => EXPONENTIAL,
        Function::Silu => EXPONENTIAL + 1,
        // `TanhNode` counts itself twice.
        Function::Tanh => 2 * (EXPONENTIAL + 2 + DIVISION),
        Function::HardSigmoid => 4,
        Function::HardSwish => 5,
    }
}

/// `LayerNormalizationNode`, which takes one axis for all that are normalized over.
fn layer_norm(layer: &Layer<'_>, norm: &LayerNorm) -> Result<u64, OpError> {
    let axis = usize::try_from(norm.axis).map_err(|_| OpError::Overflow)?;
    let size = layer.output.sizes().get(axis).copied().unwrap_or(1);
    let rows = product(&[layer.outputs() / size, 1 + SQUARE_ROOT + DIVISION])?;
    product(&[7, layer.outputs()])?.checked_add(rows).ok_or(OpError::Overflow)
}

fn global_pool(layer: &Layer<'_>) -> Result<u64, OpError> {
    let division = product(&[DIVISION, layer.outputs()])?;
    layer.inputs().checked_add(division).ok_or(OpError::Overflow)
}

/// An adaptive pool is exported as a global one, or as one whose windows do not overlap; if neither will do, it is not.
fn adaptive_pool(layer: &Layer<'_>, pool: &AdaptiveAvgPool) -> Result<u64, OpError> {
    let [rows, columns] = pool.output_size;
    let map = layer.operands.first().and_then(Shape::map).ok_or(OpError::Overflow)?;
    if pool.output_size == [1, 1] {
        return global_pool(layer);
    }
    if map[0] % rows.max(1) != 0 || map[1] % columns.max(1) != 0 {
        let [height, width] = map;
        return Err(OpError::Rule(format!(
            "PyTorch does not export a pool of {height}x{width} to {rows}x{columns} to ONNX, so onnx-tool counts nothing"
        )));
    }
    // The windows cut the map: every element is in one.
    Ok(layer.inputs())
}

/// `Graph.profile` counts the elements of all tensors that the file holds, those of running statistics too.
fn params(layer: &Layer<'_>) -> Result<Counts, OpError> {
    match layer.op {
        Op::BatchNorm(_) if layer.folding == Folding::Vanishes => Ok(Counts::NONE),
        // Scale, shift, mean and variance, also of one that is not affine.
        Op::BatchNorm(_) => layer.own(product(&[4, layer.output.channels().unwrap_or(1)])?),
        Op::Conv(Conv { bias: false, out, .. }) if layer.folding == Folding::TakesIn => {
            layer.trained()?.with(Bias, *out)
        }
        _ => layer.trained(),
    }
}
