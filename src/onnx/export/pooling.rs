//! Pooling. Sizes are never rounded up by ONNX, whose rule for windows that overhang has changed: what a window overhangs is padding.

use super::Export;
use super::graph::{Attribute, Layer, Value, integers};
use super::window::word;
use crate::ops::{
    AdaptiveAvgPool, AvgPool, GlobalAvgPool, GlobalMaxPool, MaxPool, OpError, Window,
};

/// What windows look at beyond the map, at the top, left, bottom and right. Padding at the far side that no window looks at is left out.
fn seen_padding(window: &Window, layer: &Layer<'_>) -> Result<[u64; 4], OpError> {
    let [map, units] = layer.maps();
    let (padding, extent) = (window.padding(map)?, window.extent()?);
    let after = |axis: usize| -> Result<u64, OpError> {
        let windows = (units[axis] - 1).checked_mul(window.stride[axis]);
        let seen = windows.and_then(|windows| windows.checked_add(extent[axis]));
        let inside = map[axis].checked_add(padding[axis][0]);
        Ok(seen.ok_or(OpError::Overflow)?.saturating_sub(inside.ok_or(OpError::Overflow)?))
    };
    Ok([padding[0][0], padding[1][0], after(0)?, after(1)?])
}

/// What a pool takes, surrounded by a value where there is more padding than ONNX Runtime lets a pool have: as much as the kernel has taps, dilation or not; and
/// the padding that is left to the pool.
fn surrounded(
    window: &Window,
    layer: &mut Layer<'_>,
    value: f64,
) -> Result<(Value, (&'static str, Attribute)), OpError> {
    let [map, _] = layer.maps();
    if let Some(word) = word(window, map) {
        return Ok((layer.operand(), ("auto_pad", Attribute::Word(word))));
    }
    let sides = seen_padding(window, layer)?;
    let [rows, columns] = window.kernel;
    if sides.iter().zip([rows, columns, rows, columns]).all(|(&side, taps)| side < taps) {
        return Ok((layer.operand(), ("pads", Attribute::counts(&sides)?)));
    }
    let [top, left, bottom, right] = sides;
    let sides = integers(&[0, 0, top, left, 0, 0, bottom, right])?;
    let inputs = [layer.operand(), layer.integers("sides", &sides)?, layer.number("value", value)];
    let mode = [("mode", Attribute::Word("constant"))];
    let surrounded = layer.step("surrounded", "Pad", &inputs, mode);
    Ok((surrounded, ("pads", Attribute::counts(&[0; 4])?)))
}

impl Export for MaxPool {
    fn export(&self, layer: &mut Layer<'_>) -> Result<(), OpError> {
        let (x, padding) = surrounded(&self.window, layer, f64::NEG_INFINITY)?;
        let attributes = [
            ("kernel_shape", Attribute::counts(&self.window.kernel)?),
            ("strides", Attribute::counts(&self.window.stride)?),
            ("dilations", Attribute::counts(&self.window.dilation)?),
            padding,
        ];
        layer.result("MaxPool", &[x], attributes);
        Ok(())
    }
}

impl Export for AvgPool {
    /// Where padding counts but what is overhung does not, the mean of all taps is put right by a factor for each row and column.
    fn export(&self, layer: &mut Layer<'_>) -> Result<(), OpError> {
        if self.window.dilation != [1, 1] {
            return Err(OpError::rule("an `AveragePool` of ONNX's opset 17 has no dilation"));
        }
        let [map, units] = layer.maps();
        let padding = self.window.padding(map)?;
        let sides = seen_padding(&self.window, layer)?;
        let overhangs =
            self.count_include_pad && (sides[2] > padding[0][1] || sides[3] > padding[1][1]);
        let padded = match word(&self.window, map) {
            Some(word) => ("auto_pad", Attribute::Word(word)),
            None => ("pads", Attribute::counts(&sides)?),
        };
        let attributes = [
            ("kernel_shape", Attribute::counts(&self.window.kernel)?),
            ("strides", Attribute::counts(&self.window.stride)?),
            padded,
            ("count_include_pad", Attribute::flag(self.count_include_pad)),
        ];
        let x = layer.operand();
        if !overhangs {
            layer.result("AveragePool", &[x], attributes);
            return Ok(());
        }
        let means = layer.step("means", "AveragePool", &[x], attributes);
        let rows = factors(&self.window, layer, 0, "rows", [1, 1, units[0], 1])?;
        let columns = factors(&self.window, layer, 1, "columns", [1, 1, 1, units[1]])?;
        let tall = layer.step("tall", "Mul", &[means, rows], []);
        layer.result("Mul", &[tall, columns], []);
        Ok(())
    }
}

/// What the mean of all taps is multiplied by along an axis, so that it is that of the taps on the map and its padding.
fn factors(
    window: &Window,
    layer: &mut Layer<'_>,
    axis: usize,
    part: &str,
    sizes: [u64; 4],
) -> Result<Value, OpError> {
    let [map, units] = layer.maps();
    layer.check(units[axis], 4)?;
    let taps = window.taps_on(axis, map[axis], units[axis])?;
    let all = small(window.kernel[axis])?;
    let counts: Vec<f64> =
        taps.into_iter().map(|[_, padded]| small(padded)).collect::<Result<_, _>>()?;
    layer.numbers(part, &sizes, |unit| {
        let count = usize::try_from(unit).ok().and_then(|unit| counts.get(unit));
        all / count.copied().unwrap_or(all)
    })
}

/// A count of taps as a number.
fn small(count: u64) -> Result<f64, OpError> {
    u32::try_from(count).map(f64::from).map_err(|_| OpError::Overflow)
}

impl Export for GlobalAvgPool {
    fn export(&self, layer: &mut Layer<'_>) -> Result<(), OpError> {
        layer.result("GlobalAveragePool", &[layer.operand()], []);
        Ok(())
    }
}

impl Export for GlobalMaxPool {
    fn export(&self, layer: &mut Layer<'_>) -> Result<(), OpError> {
        layer.result("GlobalMaxPool", &[layer.operand()], []);
        Ok(())
    }
}

impl Export for AdaptiveAvgPool {
    /// An `AveragePool` where all regions are as long and as far apart; else a product with a matrix of shares for each axis.
    fn export(&self, layer: &mut Layer<'_>) -> Result<(), OpError> {
        let [[height, width], [rows, columns]] = layer.maps();
        let [down, across] =
            [(height, rows), (width, columns)].map(|(size, units)| even(size, units));
        if let (Some([kernel_rows, row_stride]), Some([kernel_columns, column_stride])) =
            (down, across)
        {
            let attributes = [
                ("kernel_shape", Attribute::counts(&[kernel_rows, kernel_columns])?),
                ("strides", Attribute::counts(&[row_stride, column_stride])?),
            ];
            layer.result("AveragePool", &[layer.operand()], attributes);
            return Ok(());
        }
        let share = |pixel: u64, unit: u64, size: u64, units: u64| -> f64 {
            let region = AdaptiveAvgPool::region(unit, units, size);
            if !region.contains(&pixel) {
                return 0.0;
            }
            1.0 / u32::try_from(region.end - region.start).map_or(f64::INFINITY, f64::from)
        };
        let down = layer
            .numbers("rows", &[rows, height], |at| share(at % height, at / height, height, rows))?;
        let across = layer.numbers("columns", &[width, columns], |at| {
            share(at / columns, at % columns, width, columns)
        })?;
        let inputs = [down, layer.operand()];
        let means = layer.step("means", "MatMul", &inputs, []);
        layer.result("MatMul", &[means, across], []);
        Ok(())
    }
}

/// The length of the regions of an axis and how far they lie apart, where that is the same for all: where at most one pixel remains, which
/// neighbours then share.
fn even(size: u64, units: u64) -> Option<[u64; 2]> {
    let (stride, rest) = (size.checked_div(units)?, size.checked_rem(units)?);
    (stride > 0 && rest <= 1).then_some([stride + rest, stride])
}
