//! Convolutions: padding that follows from the map's size is written in numbers.

use super::Export;
use super::graph::{Attribute, Layer};
use crate::ops::{Conv, ConvTranspose, OpError, Padding};

impl Export for Conv {
    fn export(&self, layer: &mut Layer<'_>) -> Result<(), OpError> {
        let [map, _] = layer.maps();
        let [[top, bottom], [left, right]] = self.window.padding(map)?;
        let attributes = [
            ("kernel_shape", Attribute::counts(&self.window.kernel)?),
            ("strides", Attribute::counts(&self.window.stride)?),
            ("dilations", Attribute::counts(&self.window.dilation)?),
            ("pads", Attribute::counts(&[top, left, bottom, right])?),
            ("group", Attribute::count(self.groups)?),
        ];
        layer.result("Conv", &layer.operand_and_parameters(), attributes);
        Ok(())
    }
}

impl Export for ConvTranspose {
    fn export(&self, layer: &mut Layer<'_>) -> Result<(), OpError> {
        let Padding::Explicit(sides) = self.window.padding else {
            return Err(OpError::rule("a transposed convolution takes explicit padding only"));
        };
        let attributes = [
            ("kernel_shape", Attribute::counts(&self.window.kernel)?),
            ("strides", Attribute::counts(&self.window.stride)?),
            ("dilations", Attribute::counts(&self.window.dilation)?),
            ("pads", Attribute::counts(&sides)?),
            ("output_padding", Attribute::counts(&self.output_padding)?),
            ("group", Attribute::count(self.groups)?),
        ];
        layer.result("ConvTranspose", &layer.operand_and_parameters(), attributes);
        Ok(())
    }
}
