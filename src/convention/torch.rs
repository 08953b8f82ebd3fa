//! `torch.utils.flop_counter.FlopCounterMode` of PyTorch 2.15.0.
//!
//! It counts operators as they are dispatched (`torch/utils/flop_counter.py`, `flop_registry`): convolutions and matrix products, two
//! for each multiply–accumulate, and nothing else; a bias is not counted.

use super::Category::Doubling;
use super::{Counts, Rule, Tool, words};
use crate::figure::Figure;
use crate::ops::Op;

pub(super) static TOOL: Tool = Tool {
    name: "torch",
    version: "2.15.0",
    assumptions: &[],
    rules: &[Rule::new(
        "total_flops",
        Figure::Flops,
        |layer| match layer.op {
            // `conv_flop_count`, `addmm_flop`, `mm_flop`, `bmm_flop`
            Op::Conv(_) | Op::ConvTranspose(_) | Op::Linear(_) | Op::MatMul(_) => {
                layer.own(layer.macs()?)?.with(Doubling, layer.macs()?)
            }
            _ => Ok(Counts::NONE),
        },
        &[
            words::CONVOLUTION,
            words::TRANSPOSED_CONVOLUTION,
            words::LINEAR,
            words::MATRIX_PRODUCT,
            words::DOUBLING,
        ],
    )],
};
