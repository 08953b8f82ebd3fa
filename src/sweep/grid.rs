//! All combinations of the values of some axes.

use thiserror::Error;

use super::{Axis, Choices};
use crate::front::yaml::Settings;

/// The most variants of a sweep.
pub const MOST_VARIANTS: u64 = 10_000_000;

/// All combinations of the values of its axes. The last axis runs fastest.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    axes: Vec<Axis>,
    variants: u64,
}

/// Why axes are no grid.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum GridError {
    /// Two axes for one parameter.
    #[error("`{0}` is set twice; write its values in one list")]
    Repeated(String),
    /// An axis without values.
    #[error("`{0}` has no values")]
    Empty(String),
    /// More variants than a sweep takes.
    #[error("the values have {0} combinations, the most are {MOST_VARIANTS}")]
    TooMany(u128),
}

impl Grid {
    /// The grid of some axes; without any it is the network alone.
    ///
    /// # Errors
    /// Where two axes are of one parameter, one has no values, or there are more than [`MOST_VARIANTS`] combinations.
    pub fn new(axes: Vec<Axis>) -> Result<Self, GridError> {
        let mut variants = 1_u128;
        for (position, axis) in axes.iter().enumerate() {
            let earlier = axes.iter().take(position);
            if earlier.into_iter().any(|other| is_same(other, axis)) {
                return Err(GridError::Repeated(axis.name.clone()));
            }
            if axis.choices.is_empty() {
                return Err(GridError::Empty(axis.name.clone()));
            }
            variants =
                variants.saturating_mul(u128::try_from(axis.choices.len()).unwrap_or(u128::MAX));
        }
        let bounded = u64::try_from(variants).ok().filter(|variants| *variants <= MOST_VARIANTS);
        Ok(Self { axes, variants: bounded.ok_or(GridError::TooMany(variants))? })
    }

    /// The axes.
    #[must_use]
    pub fn axes(&self) -> &[Axis] {
        &self.axes
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

    /// The position of a variant's value on every axis.
    fn positions(&self, variant: u64) -> Vec<usize> {
        let mut rest = usize::try_from(variant).unwrap_or(usize::MAX);
        let positions = self.axes.iter().rev().map(|axis| {
            let length = axis.choices.len().max(1);
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
        for (axis, position) in self.axes.iter().zip(self.positions(variant)) {
            match &axis.choices {
                Choices::Parameter(values) => {
                    let value = values.get(position).cloned();
                    settings.parameters.extend(value.map(|value| (axis.name.clone(), value)));
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

/// Whether two axes vary the same. A parameter may be called `input` or `batch`.
fn is_same(one: &Axis, other: &Axis) -> bool {
    let kind = std::mem::discriminant(&one.choices) == std::mem::discriminant(&other.choices);
    kind && one.name == other.name
}
