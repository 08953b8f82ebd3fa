//! Convolutions.

use super::Export;
use super::graph::{Attribute, Layer, integer};
use super::window::padding;
use crate::ops::{Conv, ConvTranspose, OpError, Padding};

impl Export for Conv {
    fn export(&self, layer: &mut Layer<'_>) -> Result<(), OpError> {
        let attributes = [
            ("kernel_shape", Attribute::counts(&self.window.kernel)?),
            ("strides", Attribute::counts(&self.window.stride)?),
            ("dilations", Attribute::counts(&self.window.dilation)?),
            padding(&self.window, layer)?,
            ("group", Attribute::count(self.groups)?),
        ];
        layer.result("Conv", &layer.operand_and_parameters(), attributes);
        Ok(())
    }
}

impl Export for ConvTranspose {
    /// ONNX Runtime takes an `output_padding` below the stride alone, and no padding that cuts off all there is before it. Where dilation lets
    /// the first be more, what it adds and the padding cuts off is left out; what then remains beyond all taps is 0 before the bias,
    /// which a `Pad` adds, and which cuts off where the padding cannot.
    fn export(&self, layer: &mut Layer<'_>) -> Result<(), OpError> {
        let Padding::Explicit(mut sides) = self.window.padding else {
            return Err(OpError::rule("a transposed convolution takes explicit padding only"));
        };
        let ([_, output], mut added) = (layer.maps(), self.output_padding);
        let mut beyond = [[0; 2]; 2];
        for axis in [0, 1] {
            // What the taps reach before anything is cut off.
            let sum = [integer(output[axis])?, integer(sides[axis])?, integer(sides[axis + 2])?];
            let whole = sum.into_iter().try_fold(0, i64::checked_add).ok_or(OpError::Overflow)?;
            let whole = whole - integer(added[axis])?;
            if added[axis] >= self.window.stride[axis] {
                let both = added[axis].min(sides[axis + 2]);
                sides[axis + 2] -= both;
                beyond[axis][1] = integer(added[axis] - both)?;
                added[axis] = 0;
            }
            let [before, after] = [integer(sides[axis])?, integer(sides[axis + 2])?];
            if whole <= before + after {
                beyond[axis] = [-before, integer(output[axis])? + before - whole];
                (sides[axis], sides[axis + 2], added[axis]) = (0, 0, 0);
            }
        }
        let attributes = [
            ("kernel_shape", Attribute::counts(&self.window.kernel)?),
            ("strides", Attribute::counts(&self.window.stride)?),
            ("dilations", Attribute::counts(&self.window.dilation)?),
            ("pads", Attribute::counts(&sides)?),
            ("output_padding", Attribute::counts(&added)?),
            ("group", Attribute::count(self.groups)?),
        ];
        let mut inputs = layer.operand_and_parameters();
        if beyond == [[0; 2]; 2] {
            layer.result("ConvTranspose", &inputs, attributes);
            return Ok(());
        }
        let bias = inputs.split_off(2);
        let product = layer.step("product", "ConvTranspose", &inputs, attributes);
        let [[top, bottom], [left, right]] = beyond;
        let padding = [product, layer.integers("sides", &[0, 0, top, left, 0, 0, bottom, right])?];
        if bias.is_empty() {
            layer.result("Pad", &padding, []);
            return Ok(());
        }
        let padded = layer.step("padded", "Pad", &padding, []);
        let sizes = layer.integers("sizes", &[-1, 1, 1])?;
        let bias = layer.step("spread", "Reshape", &[bias, vec![sizes]].concat(), []);
        layer.result("Add", &[padded, bias], []);
        Ok(())
    }
}
