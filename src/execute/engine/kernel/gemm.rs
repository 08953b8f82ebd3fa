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

/// The matrix whose columns are what the windows of a convolution see: never made, but read from the map where it is needed.
pub(super) struct Windows {
    rows: [Vec<i32>; 3],
    columns: [Vec<i32>; 2],
    size: [usize; 2],
    map: [usize; 3],
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
        let offset = |value: usize| i32::try_from(value).map_err(|_| OpError::Overflow);
        let [channels, height, width] = map;
        offset(
            channels
                .checked_mul(height)
                .and_then(|size| size.checked_mul(width))
                .ok_or(OpError::Overflow)?,
        )?;
        let [kernel_rows, kernel_columns] = sliding.kernel;
        let taps = kernel_rows * kernel_columns;
        let size = [channels * taps, sliding.output[0] * sliding.output[1]];
        // What fills up the last step lies on no map.
        let steps = [self.0.im2col_row_count_step(), self.0.im2col_col_count_step()];
        let padded: [usize; 2] =
            std::array::from_fn(|axis| size[axis].next_multiple_of(steps[axis].max(1)));
        let mut rows: [Vec<i32>; 3] = std::array::from_fn(|_| Vec::with_capacity(padded[0]));
        for row in 0..size[0] {
            let (channel, tap) = (row / taps, row % taps);
            rows[0].push(offset(channel * height * width)?);
            rows[1].push(offset(tap / kernel_columns * sliding.dilation[0] * width)?);
            rows[2].push(offset(tap % kernel_columns * sliding.dilation[1])?);
        }
        let mut columns: [Vec<i32>; 2] = std::array::from_fn(|_| Vec::with_capacity(padded[1]));
        for column in 0..size[1] {
            let (y, x) = (column / sliding.output[1], column % sliding.output[1]);
            let place = |at: usize, axis: usize| {
                Ok::<i32, OpError>(
                    offset(at * sliding.stride[axis])? - offset(sliding.before[axis])?,
                )
            };
            let y = place(y, 0)?.checked_mul(offset(width)?).ok_or(OpError::Overflow)?;
            columns[0].push(y);
            columns[1].push(place(x, 1)?);
        }
        rows.iter_mut().for_each(|row| row.resize(padded[0], i32::MAX));
        columns.iter_mut().for_each(|column| column.resize(padded[1], i32::MAX));
        let last = [offset((height - 1) * width)?, offset(width - 1)?];
        Ok(Windows { rows, columns, size, map, last })
    }
}

impl Windows {
    /// The windows over a map.
    pub(super) fn over<'a>(&self, map: &'a [f32]) -> Result<WindowsOver<'a>, OpError> {
        let [chan, y, x] = self.rows.clone();
        let [column_y, column_x] = self.columns.clone();
        Ok(WindowsOver(Im2Col {
            image: self.image(map)?,
            row_offsets: RowOffsets { chan, y, x },
            col_offsets: ColOffsets { y: column_y, x: column_x },
            n_cols: self.size[1],
            n_rows: self.size[0],
            max_y_offset: self.last[0],
            max_x_offset: self.last[1],
        }))
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
