//! Operators that move elements. Shapes leave the batch to the operand, which 0 stands for.

use super::Export;
use super::graph::{Attribute, Layer, Value, integer, integers};
use crate::network::Shape;
use crate::ops::{
    ChannelShuffle, Concat, Flatten, Identity, OpError, Pad, PadMode, Reshape, Slice, Transpose,
};

/// The sizes of a shape as a constant, the batch being the operand's.
fn sizes(layer: &mut Layer<'_>, shape: &Shape) -> Result<Value, OpError> {
    let sizes = integers(shape.sizes().get(1..).unwrap_or_default())?;
    layer.integers("sizes", &[&[0], sizes.as_slice()].concat())
}

/// The operand under the output's shape.
fn reshape(layer: &mut Layer<'_>) -> Result<(), OpError> {
    let sizes = sizes(layer, layer.output_shape)?;
    layer.result("Reshape", &[layer.operand(), sizes], []);
    Ok(())
}

impl Export for Flatten {
    /// A `Flatten` joins the axes before as well, so that it is one only from axis 1 on.
    fn export(&self, layer: &mut Layer<'_>) -> Result<(), OpError> {
        if self.axis != 1 {
            return reshape(layer);
        }
        layer.result("Flatten", &[layer.operand()], [("axis", Attribute::Int(1))]);
        Ok(())
    }
}

impl Export for Reshape {
    fn export(&self, layer: &mut Layer<'_>) -> Result<(), OpError> {
        reshape(layer)
    }
}

impl Export for Transpose {
    fn export(&self, layer: &mut Layer<'_>) -> Result<(), OpError> {
        let order = Attribute::Ints(self.axes.to_vec());
        layer.result("Transpose", &[layer.operand()], [("perm", order)]);
        Ok(())
    }
}

impl Export for Concat {
    fn export(&self, layer: &mut Layer<'_>) -> Result<(), OpError> {
        layer.result("Concat", layer.operands, [("axis", Attribute::count(self.axis)?)]);
        Ok(())
    }
}

impl Export for Pad {
    fn export(&self, layer: &mut Layer<'_>) -> Result<(), OpError> {
        let [top, left, bottom, right] = self.sides;
        let sides = integers(&[0, 0, top, left, 0, 0, bottom, right])?;
        let mut inputs = vec![layer.operand(), layer.integers("sides", &sides)?];
        let mode = match self.mode {
            PadMode::Constant(value) => {
                inputs.push(layer.number("value", value));
                "constant"
            }
            PadMode::Reflect => "reflect",
            PadMode::Edge => "edge",
        };
        layer.result("Pad", &inputs, [("mode", Attribute::Word(mode))]);
        Ok(())
    }
}

impl Export for Slice {
    fn export(&self, layer: &mut Layer<'_>) -> Result<(), OpError> {
        let axis = usize::try_from(self.axis).unwrap_or(usize::MAX);
        let size = layer.operand_shape().sizes().get(axis).copied().unwrap_or(1);
        let mut inputs = vec![layer.operand()];
        for (part, value) in [
            ("start", self.start),
            ("stop", self.stop.unwrap_or(size)),
            ("axis", self.axis),
            ("step", self.step),
        ] {
            inputs.push(layer.integers(part, &[integer(value)?])?);
        }
        layer.result("Slice", &inputs, []);
        Ok(())
    }
}

impl Export for ChannelShuffle {
    /// The axis of channels is split into groups and channels of a group, these are swapped, and joined again.
    fn export(&self, layer: &mut Layer<'_>) -> Result<(), OpError> {
        let [_, [height, width]] = layer.maps();
        let channels = layer.operand_shape().channels().unwrap_or(1);
        let in_group = channels.checked_div(self.groups).unwrap_or(channels);
        let split = integers(&[0, self.groups, in_group, height, width])?;
        let split = layer.integers("groups", &split)?;
        let grouped = layer.step("grouped", "Reshape", &[layer.operand(), split], []);
        let order = [("perm", Attribute::Ints(vec![0, 2, 1, 3, 4]))];
        let swapped = layer.step("swapped", "Transpose", &[grouped], order);
        let sizes = sizes(layer, layer.output_shape)?;
        layer.result("Reshape", &[swapped, sizes], []);
        Ok(())
    }
}

impl Export for Identity {
    fn export(&self, layer: &mut Layer<'_>) -> Result<(), OpError> {
        layer.result("Identity", &[layer.operand()], []);
        Ok(())
    }
}
