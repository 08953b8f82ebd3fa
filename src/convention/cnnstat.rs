//! Our own figures, divided into the same lines: `docs/conventions.md`.

use super::Category::{
    Activation, AdaptivePooling, BatchNormalization, Bias, Doubling, Elementwise,
    LayerNormalization, LocalResponseNormalization, MaxPooling, Softmax, Upsampling,
};
use super::words::{self, Words};
use super::{Counts, Layer, Rule, Tool};
use crate::analysis::BYTES_PER_VALUE;
use crate::figure::Figure;
use crate::ops::{FlopKind, OpError};

const PRODUCTS: [Words; 4] =
    [words::CONVOLUTION, words::TRANSPOSED_CONVOLUTION, words::LINEAR, words::MATRIX_PRODUCT];

pub(super) static TOOL: Tool = Tool {
    name: "cnnstat",
    version: env!("CARGO_PKG_VERSION"),
    assumptions: &[],
    rules: &[
        Rule::new("MACs", Figure::Macs, |layer| layer.own(layer.macs()?), &PRODUCTS),
        Rule::new(
            "FLOPs",
            Figure::Flops,
            flops,
            &[
                PRODUCTS[0],
                PRODUCTS[1],
                PRODUCTS[2],
                PRODUCTS[3],
                words::DOUBLING,
                words::BIAS,
                (BatchNormalization, "2n"),
                (LayerNormalization, "5n or 7n, 3 a group"),
                (LocalResponseNormalization, "n · (size + 4)"),
                (Activation, "n to 5n"),
                (Softmax, "5n − 2 a row"),
                (MaxPooling, "n · (taps − 1)"),
                words::AVERAGE_POOLING,
                (AdaptivePooling, "every element of every region"),
                (Elementwise, "n an operation"),
                (Upsampling, "7n bilinear, 0 nearest"),
            ],
        ),
        Rule::trained("Params"),
        Rule::new("Activations", Figure::Activations, |layer| layer.each_output(1), &[]),
        Rule::new(
            "Activation bytes",
            Figure::ActivationMemory,
            |layer| layer.each_output(BYTES_PER_VALUE),
            &[],
        ),
    ],
};

fn flops(layer: &Layer<'_>) -> Result<Counts, OpError> {
    let cost = layer.op.operator().cost(layer.operands, layer.output)?;
    let mut counts = layer.own(cost.macs)?.with(Doubling, cost.macs)?;
    for kind in FlopKind::ALL {
        let category = match kind {
            FlopKind::MultiplyAccumulate => continue,
            FlopKind::Bias => Bias,
            _ => layer.category(),
        };
        counts = counts.with(category, cost.flops.get(kind))?;
    }
    Ok(counts)
}
