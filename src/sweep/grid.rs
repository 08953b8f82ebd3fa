//! All combinations of the values of some dimensions.

use thiserror::Error;

use super::{Choices, Dimension};
use crate::front::yaml::Settings;

/// The most variants of a sweep.
pub const MOST_VARIANTS: u64 = 10_000_000;

/// All combinations of the values of its dimensions. The last dimension runs fastest.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    dimensions: Vec<Dimension>,
    variants: u64,
}

/// Why dimensions are no grid.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum GridError {
    /// Two dimensions for one parameter.
    #[error("`{0}` is set twice; write its values in one list")]
    Repeated(String),
    /// A dimension without values.
    #[error("`{0}` has no values")]
    Empty(String),
    /// More variants than a sweep takes.
    #[error("the values have {0} combinations, the most are {MOST_VARIANTS}")]
    TooMany(u128),
}

impl Grid {
    /// The grid of some dimensions; without any it is the network alone.
    ///
    /// # Errors
    /// Where two dimensions are of one parameter, one has no values, or there are more than [`MOST_VARIANTS`] combinations.
    pub fn new(dimensions: Vec<Dimension>) -> Result<Self, GridError> {
        let mut variants = 1_u128;
        for (position, dimension) in dimensions.iter().enumerate() {
            let earlier = dimensions.iter().take(position);
            if earlier.into_iter().any(|other| is_same(other, dimension)) {
                return Err(GridError::Repeated(dimension.name.clone()));
            }
            if dimension.choices.is_empty() {
                return Err(GridError::Empty(dimension.name.clone()));
            }
            variants = variants
                .saturating_mul(u128::try_from(dimension.choices.len()).unwrap_or(u128::MAX));
        }
        let bounded = u64::try_from(variants).ok().filter(|variants| *variants <= MOST_VARIANTS);
        Ok(Self { dimensions, variants: bounded.ok_or(GridError::TooMany(variants))? })
    }

    /// The dimensions.
    #[must_use]
    pub fn dimensions(&self) -> &[Dimension] {
        &self.dimensions
    }

    /// How many variants there are.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.variants
    }

    /// Whether there are none, which no grid is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.variants == 0
    }

    /// The position of a variant's value on every dimension.
    fn positions(&self, variant: u64) -> Vec<usize> {
        let mut rest = usize::try_from(variant).unwrap_or(usize::MAX);
        let positions = self.dimensions.iter().rev().map(|dimension| {
            let length = dimension.choices.len().max(1);
            let position = rest % length;
            rest /= length;
            position
        });
        let mut positions: Vec<_> = positions.collect();
        positions.reverse();
        positions
    }

    /// What a variant sets.
    #[must_use]
    pub fn settings(&self, variant: u64) -> Settings {
        let mut settings = Settings::default();
        for (dimension, position) in self.dimensions.iter().zip(self.positions(variant)) {
            match &dimension.choices {
                Choices::Parameter(values) => {
                    let value = values.get(position).cloned();
                    settings.parameters.extend(value.map(|value| (dimension.name.clone(), value)));
                }
                Choices::Input(sizes) => settings.input = sizes.get(position).cloned(),
                Choices::Batch(batches) => {
                    settings.batch = batches.get(position).copied().unwrap_or(settings.batch);
                }
            }
        }
        settings
    }
}

/// Whether two dimensions vary the same. A parameter may be called `input` or `batch`.
fn is_same(one: &Dimension, other: &Dimension) -> bool {
    let kind = std::mem::discriminant(&one.choices) == std::mem::discriminant(&other.choices);
    kind && one.name == other.name
}
