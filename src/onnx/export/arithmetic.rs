//! Element-wise arithmetic, whose operands both languages spread alike.

use super::Export;
use super::graph::{Layer, Value};
use crate::ops::{Add, Affine, Div, Mean, Mul, OpError, Sub};

/// Two operands at a time; a single one is passed on.
fn chain(layer: &mut Layer<'_>, operator: &str) {
    match layer.operands {
        [first, inner @ .., last] => {
            let mut joined = first.clone();
            for operand in inner {
                joined = layer.step("partial", operator, &[joined, operand.clone()], []);
            }
            layer.result(operator, &[joined, last.clone()], []);
        }
        single => layer.result("Identity", single, []),
    }
}

macro_rules! chained {
    ($($operator:ident),*) => {
        $(impl Export for $operator {
            fn export(&self, layer: &mut Layer<'_>) -> Result<(), OpError> {
                chain(layer, stringify!($operator));
                Ok(())
            }
        })*
    };
}

// ONNX has them under the same names.
chained!(Add, Sub, Mul, Div);

impl Export for Mean {
    fn export(&self, layer: &mut Layer<'_>) -> Result<(), OpError> {
        layer.result("Mean", layer.operands, []);
        Ok(())
    }
}

impl Export for Affine {
    fn export(&self, layer: &mut Layer<'_>) -> Result<(), OpError> {
        let [scale, shift] = [("scale", self.scale), ("shift", self.shift)]
            .map(|(part, value)| layer.number(part, value));
        let scaled: Value = layer.step("scaled", "Mul", &[layer.operand(), scale], []);
        layer.result("Add", &[scaled, shift], []);
        Ok(())
    }
}
