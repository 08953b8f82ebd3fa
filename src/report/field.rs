//! Receptive fields as a report holds them.

use num_rational::Ratio;
use serde::{Serialize, Serializer};

use crate::analysis::{self, AxisField, PaddingShare};

/// The region of the input that one unit depends on, per axis (height, width). An axis along which every unit depends on everything
/// has the input's size, and neither stride nor padding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReceptiveField {
    /// Extent in input pixels.
    pub size: [u64; 2],
    /// Distance in input pixels between the fields of neighbouring units.
    pub stride: [Stride; 2],
    /// Overhang of the first and last field: `[[top, bottom], [left, right]]`.
    pub padding: [[i64; 2]; 2],
}

/// An effective stride: in JSON a whole number where it is one, otherwise a decimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stride(pub Ratio<u64>);

impl Stride {
    /// The nearest decimal.
    #[must_use]
    pub fn value(self) -> f64 {
        *self.0.numer() as f64 / *self.0.denom() as f64
    }
}

/// Exactly: a decimal where it ends, otherwise a fraction, such as 96/7.
impl std::fmt::Display for Stride {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut rest = *self.0.denom();
        for factor in [2, 5] {
            while rest.is_multiple_of(factor) {
                rest /= factor;
            }
        }
        if rest == 1 { write!(f, "{}", self.value()) } else { write!(f, "{}", self.0) }
    }
}

impl Serialize for Stride {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_integer() {
            serializer.serialize_u64(*self.0.numer())
        } else {
            serializer.serialize_f64(self.value())
        }
    }
}

/// The receptive field that stands for a network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NetworkField {
    /// The field.
    #[serde(flatten)]
    pub field: ReceptiveField,
    /// The layer it is of where the first output depends on everything: the last before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layer: Option<String>,
}

/// The receptive field of a layer's units.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LayerField {
    /// The field.
    #[serde(flatten)]
    pub field: ReceptiveField,
    /// Whether it is larger than the input along an axis.
    pub exceeds_input: bool,
    /// The share of it that lies outside of the input.
    pub padding_share: Option<PaddingShare>,
}

/// A layer whose operands do not lie around the same pixels.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Unaligned {
    /// The layer.
    pub layer: String,
    /// The layers whose results meet in it.
    pub branches: Vec<String>,
    /// For each of these how far the centers of its fields lie below and right of the first's, in input pixels; `None` where its
    /// stride is another, so that the distance differs from unit to unit.
    pub offsets: Vec<[Option<f64>; 2]>,
}

impl ReceptiveField {
    /// The field of an analysis over an input of this size; `None` unless it is a window.
    pub(super) fn of(field: &analysis::ReceptiveField, input: [u64; 2]) -> Option<Self> {
        let analysis::ReceptiveField::Window([rows, columns]) = field else { return None };
        let stride = |axis: &AxisField| match axis {
            AxisField::Window(window) => Stride(window.stride),
            AxisField::Global => Stride(Ratio::from_integer(0)),
        };
        let padding = |axis: &AxisField| match axis {
            AxisField::Window(window) => window.padding,
            AxisField::Global => [0; 2],
        };
        Some(Self {
            size: field.size(input)?,
            stride: [stride(rows), stride(columns)],
            padding: [padding(rows), padding(columns)],
        })
    }
}

impl ReceptiveField {
    /// The extent along the axis where it is larger.
    #[must_use]
    pub fn extent(&self) -> u64 {
        self.size[0].max(self.size[1])
    }
}

impl LayerField {
    /// The field of an analysis over an input of this size; `None` unless it is a window.
    pub(super) fn of(field: &analysis::ReceptiveField, input: [u64; 2]) -> Option<Self> {
        Some(Self {
            exceeds_input: field.exceeds(input),
            padding_share: field.padding_share(input),
            field: ReceptiveField::of(field, input)?,
        })
    }
}
