//! Normalizations.

use super::Export;
use super::graph::{Attribute, Layer, integers};
use crate::ops::{BatchNorm, LayerNorm, Lrn, OpError};

impl Export for BatchNorm {
    /// The operator takes a scale and a shift in any case: 1 and 0 where nothing is trained.
    fn export(&self, layer: &mut Layer<'_>) -> Result<(), OpError> {
        let mut inputs = vec![layer.operand()];
        if !self.affine {
            let channels = [layer.operand_shape().channels().unwrap_or(1)];
            inputs.push(layer.numbers("scale", &channels, |_| 1.0)?);
            inputs.push(layer.numbers("shift", &channels, |_| 0.0)?);
        }
        inputs.extend_from_slice(layer.parameters);
        layer.result("BatchNormalization", &inputs, [("epsilon", Attribute::Float(self.eps))]);
        Ok(())
    }
}

impl Export for LayerNorm {
    /// The operator takes a scale in any case: 1 where nothing is trained.
    fn export(&self, layer: &mut Layer<'_>) -> Result<(), OpError> {
        let mut inputs = layer.operand_and_parameters();
        if !self.affine {
            let shape = layer.operand_shape();
            let first = usize::try_from(self.axis).unwrap_or(usize::MAX);
            let sizes = shape.sizes().get(first..).unwrap_or_default();
            inputs.push(layer.numbers("scale", sizes, |_| 1.0)?);
        }
        let attributes =
            [("axis", Attribute::count(self.axis)?), ("epsilon", Attribute::Float(self.eps))];
        layer.result("LayerNormalization", &inputs, attributes);
        Ok(())
    }
}

impl Export for Lrn {
    /// An `LRN` sums the same channels where their number is odd; where it is even, its window lies a channel further up, and ONNX
    /// Runtime refuses it, as it does other tensors than maps. There it is composed: the mean of the squares is that of a pool along the channels, over tensors of
    /// the sizes `[n, 1, channels, rest]`.
    fn export(&self, layer: &mut Layer<'_>) -> Result<(), OpError> {
        let shape = layer.operand_shape();
        if self.size % 2 == 1 && shape.rank() == 4 {
            let attributes = [
                ("size", Attribute::count(self.size)?),
                ("alpha", Attribute::Float(self.alpha)),
                ("beta", Attribute::Float(self.beta)),
                ("bias", Attribute::Float(self.k)),
            ];
            layer.result("LRN", &[layer.operand()], attributes);
            return Ok(());
        }
        let [before, after] = self.sides();
        let x = layer.operand();
        let squares = layer.step("squares", "Mul", &[x.clone(), x.clone()], []);
        let channels = integers(&[shape.channels().unwrap_or(1)])?;
        let sizes = layer.integers("sizes", &[&[0, 1], channels.as_slice(), &[-1]].concat())?;
        let stacked = layer.step("stacked", "Reshape", &[squares, sizes], []);
        let attributes = [
            ("kernel_shape", Attribute::counts(&[self.size, 1])?),
            ("pads", Attribute::counts(&[before, 0, after, 0])?),
            ("count_include_pad", Attribute::flag(true)),
        ];
        let means = layer.step("means", "AveragePool", &[stacked], attributes);
        let [alpha, k, beta] = [("alpha", self.alpha), ("k", self.k), ("beta", self.beta)]
            .map(|(part, value)| layer.number(part, value));
        let scaled = layer.step("scaled", "Mul", &[means, alpha], []);
        let base = layer.step("base", "Add", &[scaled, k], []);
        let power = layer.step("power", "Pow", &[base, beta], []);
        let sizes = integers(shape.sizes().get(1..).unwrap_or_default())?;
        let sizes = layer.integers("shape", &[&[0], sizes.as_slice()].concat())?;
        let divisor = layer.step("divisor", "Reshape", &[power, sizes], []);
        layer.result("Div", &[x, divisor], []);
        Ok(())
    }
}
