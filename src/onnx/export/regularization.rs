//! What acts in training alone.

use super::Export;
use super::graph::Layer;
use crate::ops::{DropPath, Dropout, OpError};

impl Export for Dropout {
    fn export(&self, layer: &mut Layer<'_>) -> Result<(), OpError> {
        layer.result("Identity", &[layer.operand()], []);
        Ok(())
    }
}

impl Export for DropPath {
    fn export(&self, layer: &mut Layer<'_>) -> Result<(), OpError> {
        layer.result("Identity", &[layer.operand()], []);
        Ok(())
    }
}
