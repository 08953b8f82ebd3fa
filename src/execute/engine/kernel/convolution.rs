//! Convolutions as products of matrices, the kernels, one a row, with what the windows see, one a column; where that is not faster, [directly](Direct).

use super::direct::Direct;
use super::gemm::{Packed, Sliding, View, Windows};
use super::{Context, Kernel, Layer, add, index, indices, map_sizes, only};
use crate::ops::{Conv, OpError};

/// A convolution by groups, each a product of matrices.
#[derive(Debug)]
struct Product {
    groups: Vec<Packed>,
    /// What windows see of the channels of a group; `None` where each sees one pixel, all in their order.
    windows: Option<Windows>,
    /// Channels, rows and columns of one group's part of the operand.
    map: [usize; 3],
    bias: Option<Vec<f32>>,
}

/// Where a group has more output channels than this, a product takes less time, although it gathers what every window sees: with windows that
/// lie next to each other, and with those that lie further apart.
const FEW_CHANNELS: [usize; 2] = [128, 64];

pub(super) fn compile(
    context: &Context,
    conv: &Conv,
    layer: &mut Layer<'_>,
) -> Result<Box<dyn Kernel>, OpError> {
    let [operand] = layer.operands else {
        return Err(OpError::Operands { expected: "one tensor", given: layer.operands.len() });
    };
    let [channels, height, width] = map_sizes(operand)?;
    let [out, rows, columns] = map_sizes(layer.output)?;
    let groups = index(conv.groups)?;
    let [[top, _], [left, _]] = conv.window.padding(operand.map().unwrap_or([1; 2]))?;
    let sliding = Sliding {
        kernel: indices(conv.window.kernel)?,
        stride: indices(conv.window.stride)?,
        dilation: indices(conv.window.dilation)?,
        before: indices([top, left])?,
        output: [rows, columns],
    };
    let [kernels, rest @ ..] = &mut *layer.parameters else {
        return Err(OpError::rule("a convolution holds its kernels"));
    };
    let mut bias = rest.first().cloned();
    if let Some(affine) = &layer.affine {
        bias = Some(affine.fold(kernels, bias.as_deref()));
    }
    let map = [channels / groups, height, width];
    let sees_pixels = sliding.kernel == [1, 1]
        && sliding.stride == [1, 1]
        && sliding.output == [height, width]
        && sliding.before == [0, 0];
    let few = FEW_CHANNELS[usize::from(sliding.stride != [1, 1])];
    if !sees_pixels
        && out / groups <= few
        && let Some(direct) = Direct::of(kernels, bias.as_deref(), sliding, map, out / groups)
    {
        return Ok(Box::new(direct));
    }
    let windows = if sees_pixels { None } else { Some(context.gemm.windows(map, &sliding)?) };
    let size = [out / groups, map[0] * sliding.kernel[0] * sliding.kernel[1]];
    let kernels = kernels.chunks(size[0] * size[1]);
    let packed = kernels.map(|kernels| context.gemm.pack(View::row_major(kernels, size)));
    Ok(Box::new(Product { groups: packed.collect::<Result<_, _>>()?, windows, map, bias }))
}

impl Kernel for Product {
    fn run(
        &self,
        context: &Context,
        operands: &[Option<&[f32]>],
        output: &mut [f32],
    ) -> Result<(), OpError> {
        let [channels, height, width] = self.map;
        // What is added stands in the output already, or elsewhere.
        let residual = operands.get(1).copied();
        let adds = residual == Some(None);
        let length = output.len() / self.groups.len();
        let maps = only(operands).chunks(channels * height * width);
        let first = &only(operands)[..channels * height * width];
        let mut windows = match &self.windows {
            Some(windows) => Some((windows, windows.over(first)?)),
            None => None,
        };
        for (group, ((packed, output), map)) in
            self.groups.iter().zip(output.chunks_mut(length)).zip(maps).enumerate()
        {
            let bias = self.bias.as_ref().map(|bias| {
                let rows = bias.len() / self.groups.len();
                &bias[group * rows..][..rows]
            });
            match &mut windows {
                None => {
                    let pixels = View::row_major(map, [channels, height * width]);
                    context.gemm.multiply_packed(output, packed, pixels, bias, adds)?;
                }
                Some((windows, over)) => {
                    windows.move_to(over, map)?;
                    context.gemm.multiply_windows(output, packed, over, bias, adds)?;
                }
            }
        }
        if let Some(Some(residual)) = residual {
            add(output, residual);
        }
        Ok(())
    }
}
