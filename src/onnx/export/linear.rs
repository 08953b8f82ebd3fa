//! Fully connected layers and matrix products.

use super::Export;
use super::graph::{Attribute, Layer};
use crate::ops::{Linear, MatMul, OpError};

impl Export for Linear {
    /// A `Gemm` of the whole batch; over tokens a `MatMul` with the transposed weights, since a `Gemm` takes matrices alone.
    fn export(&self, layer: &mut Layer<'_>) -> Result<(), OpError> {
        if layer.operand_shape().rank() == 2 {
            let inputs = layer.operand_and_parameters();
            layer.result("Gemm", &inputs, [("transB", Attribute::flag(true))]);
            return Ok(());
        }
        let (weight, bias) = match layer.parameters {
            [weight, bias @ ..] => (weight.clone(), bias.first().cloned()),
            [] => return Err(OpError::rule("a `linear` without weights")),
        };
        let order = [("perm", Attribute::Ints(vec![1, 0]))];
        let transposed = layer.step("transposed", "Transpose", &[weight], order);
        match bias {
            None => layer.result("MatMul", &[layer.operand(), transposed], []),
            Some(bias) => {
                let inputs = [layer.operand(), transposed];
                let product = layer.step("product", "MatMul", &inputs, []);
                layer.result("Add", &[product, bias], []);
            }
        }
        Ok(())
    }
}

impl Export for MatMul {
    fn export(&self, layer: &mut Layer<'_>) -> Result<(), OpError> {
        layer.result("MatMul", layer.operands, []);
        Ok(())
    }
}
