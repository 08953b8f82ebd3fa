//! Products of matrices. This is the only module that knows which crate multiplies them.

use std::fmt;

use rten_gemm::{
    BiasVector, ColOffsets, GemmExecutor, GemmInputA, GemmInputB, GemmOptions, Im2Col,
    PackedAMatrix, PackedBMatrix, RowOffsets,
};
use rten_tensor::{Matrix, NdTensorView};

use crate::ops::OpError;

/// Multiplies matrices with the best instructions of this machine.
pub(in super::super) struct Gemm(GemmExecutor);

/// A left matrix in the order in which it is read.
pub(super) struct Packed(PackedAMatrix<f32>);

/// A right matrix in the order in which it is read.
pub(super) struct PackedRight(PackedBMatrix<f32>);

/// A matrix in row-major or another regular order.
#[derive(Debug, Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) values: &'a [f32],
    /// Rows and columns.
    pub(super) size: [usize; 2],
    /// How far neighbouring rows, and neighbouring columns, lie apart.
    pub(super) strides: [usize; 2],
}

/// The matrix whose columns are what the windows of a convolution see: never made, but read from the map where it is needed. Where that
/// is, is listed for each use, which takes less time than the lists of all layers would take memory.
pub(super) struct Windows {
    /// Channels, rows and columns.
    map: [usize; 3],
    sliding: Sliding,
    size: [usize; 2],
    /// The size that the lists have: what fills up the last step lies on no map.
    padded: [usize; 2],
    last: [i32; 2],
}

/// Windows over a map.
pub(super) struct WindowsOver<'a>(Im2Col<'a, f32>);

impl Gemm {
    pub(in super::super) fn new() -> Self {
        Self(GemmExecutor::new())
    }

    /// Puts a left matrix into the order in which it is read.
    pub(super) fn pack(&self, left: View<'_>) -> Result<Packed, OpError> {
        Ok(Packed(self.0.prepack_a(left.matrix()?)))
    }

    /// Puts a right matrix into the order in which it is read.
    pub(super) fn pack_right(&self, right: View<'_>) -> Result<PackedRight, OpError> {
        Ok(PackedRight(self.0.prepack_b(right.matrix()?)))
    }

    /// `output = left · right + bias`, the bias being one value for every row; with `adds` all of it is added to the output.
    pub(super) fn multiply_packed(
        &self,
        output: &mut [f32],
        left: &Packed,
        right: View<'_>,
        bias: Option<&[f32]>,
        adds: bool,
    ) -> Result<(), OpError> {
        let (left, right) = (GemmInputA::Packed(&left.0), GemmInputB::Unpacked(right.matrix()?));
        self.multiply(output, left, right, bias.map(BiasVector::Column), adds)
    }

    /// As [`multiply_packed`](Self::multiply_packed), with the windows over a map on the right.
    pub(super) fn multiply_windows(
        &self,
        output: &mut [f32],
        left: &Packed,
        right: &WindowsOver<'_>,
        bias: Option<&[f32]>,
        adds: bool,
    ) -> Result<(), OpError> {
        let (left, right) = (GemmInputA::Packed(&left.0), GemmInputB::Im2Col(&right.0));
        self.multiply(output, left, right, bias.map(BiasVector::Column), adds)
    }

    /// `output = left · right + bias`, the bias being one value for every column.
    pub(super) fn multiply_by_packed(
        &self,
        output: &mut [f32],
        left: View<'_>,
        right: &PackedRight,
        bias: Option<&[f32]>,
    ) -> Result<(), OpError> {
        let (left, right) = (GemmInputA::Unpacked(left.matrix()?), GemmInputB::Packed(&right.0));
        self.multiply(output, left, right, bias.map(BiasVector::Row), false)
    }

    /// `output = left · right`.
    pub(super) fn multiply_views(
        &self,
        output: &mut [f32],
        left: View<'_>,
        right: View<'_>,
    ) -> Result<(), OpError> {
        let (left, right) = (left.matrix()?, right.matrix()?);
        let (left, right) = (GemmInputA::Unpacked(left), GemmInputB::Unpacked(right));
        self.multiply(output, left, right, None, false)
    }

    fn multiply(
        &self,
        output: &mut [f32],
        left: GemmInputA<'_, f32>,
        right: GemmInputB<'_, f32>,
        bias: Option<BiasVector<'_, f32>>,
        adds: bool,
    ) -> Result<(), OpError> {
        let beta = if adds { 1.0 } else { 0.0 };
        let options = GemmOptions { bias, beta, ..GemmOptions::default() };
        self.0.gemm(output, left, right, options).map_err(|error| OpError::rule(error.to_string()))
    }

    /// The windows of a convolution over maps of `map` channels, rows and columns.
    pub(super) fn windows(&self, map: [usize; 3], sliding: &Sliding) -> Result<Windows, OpError> {
        let [channels, height, width] = map;
        let taps = sliding.kernel[0] * sliding.kernel[1];
        let size = [channels * taps, sliding.output[0] * sliding.output[1]];
        let steps = [self.0.im2col_row_count_step(), self.0.im2col_col_count_step()];
        let windows = Windows {
            map,
            sliding: *sliding,
            size,
            padded: std::array::from_fn(|axis| size[axis].next_multiple_of(steps[axis].max(1))),
            last: [position((height - 1) * width)?, position(width - 1)?],
        };
        // The largest of all positions: the others fit where these do.
        let elements = channels.checked_mul(height).and_then(|size| size.checked_mul(width));
        position(elements.ok_or_else(too_large)?)?;
        windows.tap(taps - 1)?;
        for row in [0, sliding.output[0] - 1] {
            windows.down(row)?;
        }
        windows.place(sliding.output[1] - 1, 1)?;
        Ok(windows)
    }
}

/// A position in a map as the products take it.
fn position(value: usize) -> Result<i32, OpError> {
    i32::try_from(value).map_err(|_| too_large())
}

fn too_large() -> OpError {
    OpError::rule("the engine finds no more than 2³¹ positions in a map and the padding around it")
}

impl Windows {
    /// The windows over a map.
    pub(super) fn over<'a>(&self, map: &'a [f32]) -> Result<WindowsOver<'a>, OpError> {
        Ok(WindowsOver(Im2Col {
            image: self.image(map)?,
            row_offsets: self.rows()?,
            col_offsets: self.columns()?,
            n_cols: self.size[1],
            n_rows: self.size[0],
            max_y_offset: self.last[0],
            max_x_offset: self.last[1],
        }))
    }

    /// Where the taps lie from the first of their window.
    fn rows(&self) -> Result<RowOffsets, OpError> {
        let [channels, height, width] = self.map;
        let [mut chan, mut y, mut x] =
            [list(self.padded[0])?, list(self.padded[0])?, list(self.padded[0])?];
        let taps = self.sliding.kernel[0] * self.sliding.kernel[1];
        for channel in 0..channels {
            let start = position(channel * height * width)?;
            for tap in 0..taps {
                let [down, across] = self.tap(tap)?;
                chan.push(start);
                y.push(down);
                x.push(across);
            }
        }
        for list in [&mut chan, &mut y, &mut x] {
            list.resize(self.padded[0], i32::MAX);
        }
        Ok(RowOffsets { chan, y, x })
    }

    /// Where the first taps of the windows lie in a map.
    fn columns(&self) -> Result<ColOffsets, OpError> {
        let [mut y, mut x] = [list(self.padded[1])?, list(self.padded[1])?];
        let [rows, columns] = self.sliding.output;
        for row in 0..rows {
            let down = self.down(row)?;
            for column in 0..columns {
                y.push(down);
                x.push(self.place(column, 1)?);
            }
        }
        for list in [&mut y, &mut x] {
            list.resize(self.padded[1], i32::MAX);
        }
        Ok(ColOffsets { y, x })
    }

    /// How far a tap lies from the first of its window: elements down, and elements across.
    fn tap(&self, tap: usize) -> Result<[i32; 2], OpError> {
        let (row, column) = (tap / self.sliding.kernel[1], tap % self.sliding.kernel[1]);
        let down = row.checked_mul(self.sliding.dilation[0]);
        let down = down.and_then(|down| down.checked_mul(self.map[2]));
        let across = column.checked_mul(self.sliding.dilation[1]);
        let [down, across] = [down, across].map(|by| by.ok_or_else(too_large).and_then(position));
        Ok([down?, across?])
    }

    /// How many elements before or behind the first of a channel a row of units begins.
    fn down(&self, row: usize) -> Result<i32, OpError> {
        self.place(row, 0)?.checked_mul(position(self.map[2])?).ok_or_else(too_large)
    }

    /// The row or the column at which the window of a unit begins; before the map it is negative.
    fn place(&self, unit: usize, axis: usize) -> Result<i32, OpError> {
        let start = unit.checked_mul(self.sliding.stride[axis]).ok_or_else(too_large)?;
        Ok(position(start)? - position(self.sliding.before[axis])?)
    }

    /// Moves windows to another map.
    pub(super) fn move_to<'a>(
        &self,
        over: &mut WindowsOver<'a>,
        map: &'a [f32],
    ) -> Result<(), OpError> {
        over.0.image = self.image(map)?;
        Ok(())
    }

    fn image<'a>(&self, map: &'a [f32]) -> Result<NdTensorView<'a, f32, 3>, OpError> {
        NdTensorView::try_from_data(self.map, map).map_err(|_| OpError::Overflow)
    }
}

/// A list that takes so many positions.
fn list(length: usize) -> Result<Vec<i32>, OpError> {
    let mut list = Vec::new();
    let reserved = list.try_reserve_exact(length);
    reserved.map_err(|_| OpError::rule(format!("there is no memory for {length} positions")))?;
    Ok(list)
}

/// How windows slide over a map, rows and columns.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sliding {
    pub(super) kernel: [usize; 2],
    pub(super) stride: [usize; 2],
    pub(super) dilation: [usize; 2],
    /// Rows and columns of padding before the map.
    pub(super) before: [usize; 2],
    /// Rows and columns of the output.
    pub(super) output: [usize; 2],
}

impl<'a> View<'a> {
    pub(super) fn row_major(values: &'a [f32], size: [usize; 2]) -> Self {
        Self { values, size, strides: [size[1], 1] }
    }

    /// Rows as columns.
    pub(super) fn transposed(self) -> Self {
        let ([rows, columns], [down, across]) = (self.size, self.strides);
        Self { values: self.values, size: [columns, rows], strides: [across, down] }
    }

    fn matrix(self) -> Result<Matrix<'a, f32>, OpError> {
        Matrix::from_slice_with_strides(self.size, self.values, self.strides)
            .map_err(|_| OpError::Overflow)
    }
}

impl fmt::Debug for Gemm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Gemm").field(&self.0.kernel_name()).finish()
    }
}

impl fmt::Debug for Packed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Packed")
    }
}

impl fmt::Debug for PackedRight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PackedRight")
    }
}

impl fmt::Debug for Windows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Windows").field("size", &self.size).finish_non_exhaustive()
    }
}
