//! Activation functions and softmax.

use std::f64::consts::SQRT_2;

use super::Export;
use super::graph::{Attribute, Layer};
use crate::ops::{Activation, Function, LogSoftmax, OpError, PRelu, Softmax};

impl Export for Activation {
    fn export(&self, layer: &mut Layer<'_>) -> Result<(), OpError> {
        let x = layer.operand();
        match self.function {
            Function::Relu => layer.result("Relu", &[x], []),
            Function::Sigmoid => layer.result("Sigmoid", &[x], []),
            Function::Tanh => layer.result("Tanh", &[x], []),
            Function::HardSwish => layer.result("HardSwish", &[x], []),
            Function::HardSigmoid => {
                let slope =
                    [("alpha", Attribute::Float(1.0 / 6.0)), ("beta", Attribute::Float(0.5))];
                layer.result("HardSigmoid", &[x], slope);
            }
            Function::LeakyRelu { slope } => {
                layer.result("LeakyRelu", &[x], [("alpha", Attribute::Float(slope))]);
            }
            Function::Elu { alpha } => {
                layer.result("Elu", &[x], [("alpha", Attribute::Float(alpha))]);
            }
            Function::Relu6 => {
                let [least, most] =
                    [("least", 0.0), ("most", 6.0)].map(|(part, value)| layer.number(part, value));
                layer.result("Clip", &[x, least, most], []);
            }
            Function::Silu => {
                let sigmoid = layer.step("sigmoid", "Sigmoid", std::slice::from_ref(&x), []);
                layer.result("Mul", &[x, sigmoid], []);
            }
            Function::Gelu => gelu(layer),
        }
        Ok(())
    }
}

/// `x/2·(1 + erf(x/√2))`, which has an operator of its own from opset 20 on.
fn gelu(layer: &mut Layer<'_>) {
    let x = layer.operand();
    let [root, one, half] = [("root", SQRT_2), ("one", 1.0), ("half", 0.5)]
        .map(|(part, value)| layer.number(part, value));
    let scaled = layer.step("scaled", "Div", &[x.clone(), root], []);
    let error = layer.step("error", "Erf", &[scaled], []);
    let sum = layer.step("sum", "Add", &[error, one], []);
    let product = layer.step("product", "Mul", &[x, sum], []);
    layer.result("Mul", &[product, half], []);
}

impl Export for PRelu {
    /// ONNX spreads slopes from the last axis on, so that those of channels need an axis of size 1 for each axis behind.
    fn export(&self, layer: &mut Layer<'_>) -> Result<(), OpError> {
        let behind = layer.operand_shape().rank().saturating_sub(2);
        let mut inputs = layer.operand_and_parameters();
        if self.per_channel && behind > 0 {
            let sizes: Vec<i64> = [-1].into_iter().chain(std::iter::repeat_n(1, behind)).collect();
            let sizes = layer.integers("sizes", &sizes)?;
            let slopes = inputs.split_off(1);
            inputs.push(layer.step("slopes", "Reshape", &[slopes, vec![sizes]].concat(), []));
        }
        layer.result("PRelu", &inputs, []);
        Ok(())
    }
}

impl Export for Softmax {
    fn export(&self, layer: &mut Layer<'_>) -> Result<(), OpError> {
        layer.result("Softmax", &[layer.operand()], [("axis", Attribute::count(self.axis)?)]);
        Ok(())
    }
}

impl Export for LogSoftmax {
    fn export(&self, layer: &mut Layer<'_>) -> Result<(), OpError> {
        layer.result("LogSoftmax", &[layer.operand()], [("axis", Attribute::count(self.axis)?)]);
        Ok(())
    }
}
