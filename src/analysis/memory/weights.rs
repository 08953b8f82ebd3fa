//! The bytes of weights, of their gradients and of what optimizers remember.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::BYTES_PER_VALUE;
use crate::analysis::Figures;

/// A type that weights are stored as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DataType {
    /// 32-bit floats (IEEE 754 binary32).
    F32,
    /// 16-bit floats (IEEE 754 binary16).
    F16,
    /// 16-bit floats with the exponent of 32-bit ones.
    Bf16,
    /// 8-bit integers; scales and zero points of the quantization are not counted.
    Int8,
}

impl DataType {
    /// All types, the largest first.
    pub const ALL: [Self; 4] = [Self::F32, Self::F16, Self::Bf16, Self::Int8];

    /// Bytes of a value.
    #[must_use]
    pub fn bytes(self) -> u64 {
        match self {
            Self::F32 => 4,
            Self::F16 | Self::Bf16 => 2,
            Self::Int8 => 1,
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
            Self::Int8 => "int8",
        }
    }
}

/// The bytes of all trained values and buffers, by data type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WeightBytes {
    values: u64,
}

impl WeightBytes {
    pub(super) fn of(figures: &Figures) -> Option<Self> {
        let values = figures.params.checked_add(figures.buffers)?;
        // The largest type fits, so that all do.
        values.checked_mul(DataType::F32.bytes())?;
        Some(Self { values })
    }

    /// The bytes where every value is stored as this type.
    #[must_use]
    pub fn as_type(self, data_type: DataType) -> u64 {
        self.values.saturating_mul(data_type.bytes())
    }
}

impl Serialize for WeightBytes {
    /// A map from the type's name to bytes.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(DataType::ALL.len()))?;
        for data_type in DataType::ALL {
            map.serialize_entry(data_type.name(), &self.as_type(data_type))?;
        }
        map.end()
    }
}

/// A rule by which weights are changed, by what it remembers of every trained value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Optimizer {
    /// Stochastic gradient descent: nothing.
    Sgd,
    /// With momentum: a running mean of the gradient.
    Momentum,
    /// Adam (Kingma & Ba 2015, arXiv:1412.6980): running means of the gradient and of its square.
    Adam,
}

impl Optimizer {
    /// All, by what they remember.
    pub const ALL: [Self; 3] = [Self::Sgd, Self::Momentum, Self::Adam];

    /// 32-bit floats remembered of a trained value.
    #[must_use]
    pub fn values(self) -> u64 {
        match self {
            Self::Sgd => 0,
            Self::Momentum => 1,
            Self::Adam => 2,
        }
    }

    /// Its name for people.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Sgd => "SGD",
            Self::Momentum => "momentum",
            Self::Adam => "Adam",
        }
    }

    /// Its name in JSON and CSV.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Sgd => "sgd",
            Self::Momentum => "momentum",
            Self::Adam => "adam",
        }
    }
}

/// The bytes that optimizers remember.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OptimizerBytes {
    params: u64,
}

impl OptimizerBytes {
    /// The bytes of one of them.
    #[must_use]
    pub fn of(self, optimizer: Optimizer) -> u64 {
        self.params.saturating_mul(optimizer.values()).saturating_mul(BYTES_PER_VALUE)
    }
}

impl Serialize for OptimizerBytes {
    /// A map from the optimizer's name to bytes.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(Optimizer::ALL.len()))?;
        for optimizer in Optimizer::ALL {
            map.serialize_entry(optimizer.key(), &self.of(optimizer))?;
        }
        map.end()
    }
}

/// What training holds for every trained value, whatever the batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Gradients {
    /// Of the gradients, a 32-bit float for every trained value.
    pub gradient_bytes: u64,
    /// Of what the optimizer remembers of earlier steps.
    pub optimizer_bytes: OptimizerBytes,
}

impl Gradients {
    pub(super) fn of(figures: &Figures) -> Option<Self> {
        let params = figures.params;
        let most = Optimizer::ALL.into_iter().map(Optimizer::values).max();
        params.checked_mul(BYTES_PER_VALUE)?.checked_mul(most.unwrap_or(1))?;
        Some(Self {
            gradient_bytes: params.checked_mul(BYTES_PER_VALUE)?,
            optimizer_bytes: OptimizerBytes { params },
        })
    }
}
