//! Enlarging maps.

use super::cost::{each, product};
use super::error::maps;
use super::signature::{ArgumentError, Kind, Role, Signature, absent, boolean, word};
use super::{Cost, Kept, OpError, Operator, OperatorKind};
use crate::network::Shape;

/// Enlarges maps.
#[derive(Debug, Clone, PartialEq)]
pub struct Upsample {
    /// To which size.
    pub to: UpsampleSize,
    /// How values between pixels are found.
    pub mode: UpsampleMode,
}

/// The size of an upsampled map: height, width.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpsampleSize {
    /// So many times the input's.
    Scale([u64; 2]),
    /// This size.
    Fixed([u64; 2]),
}

/// How values between pixels are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpsampleMode {
    /// The nearest pixel's.
    Nearest,
    /// Between the four neighbours, linearly along each axis.
    Bilinear {
        /// Whether the outermost pixels' centres are mapped on each other, instead of their outer edges.
        align_corners: bool,
    },
}

pub(super) static SIGNATURES: &[Signature] = &[Signature {
    name: "upsample",
    summary: "enlarges maps",
    role: Role::Layer,
    arguments: &[
        absent("scale", Kind::Pair, "how many times larger"),
        absent("output_size", Kind::Pair, "the size of the result, in place of `scale`"),
        word("mode", &["nearest", "bilinear"], "how values between pixels are found"),
        boolean("align_corners", false, "whether the corners' centres are kept (bilinear)"),
    ],
    main: Some("scale"),
    build: |arguments, _| {
        let to = match (arguments.optional_pair("scale"), arguments.optional_pair("output_size")) {
            (Some(scale), None) => UpsampleSize::Scale(scale),
            (None, Some(size)) => UpsampleSize::Fixed(size),
            _ => {
                return Err(ArgumentError::whole(
                    "`upsample` needs either `scale` or `output_size`",
                ));
            }
        };
        let align_corners = arguments.boolean("align_corners")?;
        let mode = match (arguments.word("mode")?, align_corners) {
            ("bilinear", align_corners) => UpsampleMode::Bilinear { align_corners },
            (_, false) => UpsampleMode::Nearest,
            (_, true) => {
                let message = "only a bilinear `upsample` can align the corners";
                return Err(ArgumentError::of("align_corners", message));
            }
        };
        Ok(Upsample { to, mode }.into())
    },
}];

impl Operator for Upsample {
    fn name(&self) -> &'static str {
        "upsample"
    }

    fn kind(&self, _: &[Shape]) -> OperatorKind {
        OperatorKind::Other
    }

    fn infer(&self, operands: &[Shape]) -> Result<Shape, OpError> {
        let [batch, channels, old_height, old_width] = maps(operands)?;
        let [height, width] = match self.to {
            UpsampleSize::Scale([y, x]) => [product(&[old_height, y])?, product(&[old_width, x])?],
            UpsampleSize::Fixed(size) => size,
        };
        if height < old_height || width < old_width {
            return Err(OpError::rule("an `upsample` does not make maps smaller"));
        }
        Ok(Shape::new(&[batch, channels, height, width])?)
    }

    /// The nearest pixel costs nothing; between four neighbours, four multiplications and three additions for every element,
    /// the weights being made once for all channels.
    fn cost(&self, _: &[Shape], output: &Shape) -> Result<Cost, OpError> {
        match self.mode {
            UpsampleMode::Nearest => Ok(Cost::default()),
            UpsampleMode::Bilinear { .. } => Ok(Cost::elementwise(each(output, 7)?)),
        }
    }

    fn detail(&self) -> String {
        let size = match self.to {
            UpsampleSize::Scale([y, x]) if y == x => format!("{y} times"),
            UpsampleSize::Scale([y, x]) => format!("{y}x{x} times"),
            UpsampleSize::Fixed([height, width]) => format!("to {height}x{width}"),
        };
        match self.mode {
            UpsampleMode::Nearest => format!("{size}, nearest"),
            UpsampleMode::Bilinear { .. } => format!("{size}, bilinear"),
        }
    }

    fn keeps(&self, _: &[Shape], _: &Shape) -> Result<Kept, OpError> {
        Ok(Kept::NOTHING)
    }
}
