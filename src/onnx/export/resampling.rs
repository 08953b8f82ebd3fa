//! Enlarging maps.

use super::Export;
use super::graph::{Attribute, Layer, Value, integer, integers};
use crate::ops::{OpError, Upsample, UpsampleMode};

impl Export for Upsample {
    /// A `Resize`; but the nearest pixels where a size is no multiple are looked up, since the place of a unit is rounded in a `Resize`, which may
    /// then find the pixel before.
    fn export(&self, layer: &mut Layer<'_>) -> Result<(), OpError> {
        let [[height, width], [rows, columns]] = layer.maps();
        let is_multiple = rows % height == 0 && columns % width == 0;
        let (mode, places) = match self.mode {
            UpsampleMode::Nearest if !is_multiple => return look_up(self.mode, layer),
            UpsampleMode::Nearest => ("nearest", "asymmetric"),
            UpsampleMode::Bilinear { align_corners: false } => ("linear", "half_pixel"),
            UpsampleMode::Bilinear { align_corners: true } => ("linear", "align_corners"),
        };
        let sizes = layer.integers("sizes", &integers(layer.output_shape.sizes())?)?;
        let inputs = [layer.operand(), Value::absent(), Value::absent(), sizes];
        let attributes = [
            ("mode", Attribute::Word(mode)),
            ("coordinate_transformation_mode", Attribute::Word(places)),
            ("nearest_mode", Attribute::Word("floor")),
        ];
        layer.result("Resize", &inputs, attributes);
        Ok(())
    }
}

/// Rows and columns are looked up, one axis after the other.
fn look_up(mode: UpsampleMode, layer: &mut Layer<'_>) -> Result<(), OpError> {
    let [[height, width], [rows, columns]] = layer.maps();
    layer.check(rows.saturating_add(columns), 8)?;
    let mut pixels = |part: &str, input: u64, output: u64| {
        let pixels = mode.pixels(input, output).into_iter().map(integer);
        layer.integers(part, &pixels.collect::<Result<Vec<i64>, _>>()?)
    };
    let (rows, columns) = (pixels("rows", height, rows)?, pixels("columns", width, columns)?);
    let inputs = [layer.operand(), rows];
    let tall = layer.step("tall", "Gather", &inputs, [("axis", Attribute::Int(2))]);
    layer.result("Gather", &[tall, columns], [("axis", Attribute::Int(3))]);
    Ok(())
}
