//! torchinfo 1.8.0: `summary`.
//!
//! It counts the parameters of leaf modules (`torchinfo/layer_info.py`, `LayerInfo.calculate_macs`): those of a convolution once for
//! every position of the output, all others, a batch norm's among them, once for every sample. What has no parameters counts nothing.

use super::Category::{
    Activation, BatchNormalization, Bias, Convolution, LayerNormalization, Linear,
    TransposedConvolution,
};
use super::{Counts, Layer, Rule, Tool};
use crate::figure::Figure;
use crate::ops::{Op, OpError, product};

/// Bytes of a value in the forward and in the backward pass: `torchinfo/model_statistics.py`, "x2 for gradients".
const BYTES: u64 = 8;

/// Of batch and layer normalization.
const SCALE_AND_SHIFT: &str = "scale and shift, a sample";

/// Of convolutions, transposed ones too.
const AT_POSITIONS: &str = "weights · positions of the output";

pub(super) static TOOL: Tool = Tool {
    name: "torchinfo",
    version: "1.8.0",
    assumptions: &[],
    rules: &[
        Rule::new(
            "total_mult_adds",
            Figure::Macs,
            mult_adds,
            &[
                (Convolution, AT_POSITIONS),
                (TransposedConvolution, AT_POSITIONS),
                (Linear, "weights, a sample"),
                (Bias, "values · positions of the output; linear: values, a sample"),
                (BatchNormalization, SCALE_AND_SHIFT),
                (LayerNormalization, SCALE_AND_SHIFT),
                (Activation, "slopes of prelu, a sample"),
            ],
        ),
        Rule::trained("total_params"),
        Rule::new(
            "total_output_bytes",
            Figure::ActivationMemory,
            |layer| {
                let has_parameters = layer.trained()? != Counts::NONE;
                if has_parameters { layer.each_output(BYTES) } else { Ok(Counts::NONE) }
            },
            &[],
        ),
    ],
};

fn mult_adds(layer: &Layer<'_>) -> Result<Counts, OpError> {
    let times = match (layer.op, layer.output.map()) {
        (Op::Conv(_) | Op::ConvTranspose(_), Some([height, width])) => {
            product(&[layer.output.batch(), height, width])?
        }
        _ => layer.output.batch(),
    };
    let mut counts = Counts::NONE;
    for (category, values) in layer.trained()?.by_category() {
        counts = counts.with(category, product(&[values, times])?)?;
    }
    Ok(counts)
}
