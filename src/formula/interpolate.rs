//! Interpolation by Newton's forward differences, exact.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Zero};

use super::polynomial::Polynomial;

/// The highest degree in a single variable.
pub(super) const MAX_DEGREE: usize = 8;

/// Values at `start`, `start + step`, …
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Progression {
    pub(super) start: u64,
    pub(super) step: u64,
}

impl Progression {
    /// The value of an index, if it fits.
    pub(super) fn value(self, index: u64) -> Option<u64> {
        self.start.checked_add(index.checked_mul(self.step)?)
    }

    /// The index of the largest value that is not above `value`, if there is one.
    pub(super) fn index_below(self, value: u64) -> Option<u64> {
        value.checked_sub(self.start)?.checked_div(self.step)
    }

    /// The index of a value that is of the progression.
    pub(super) fn index(self, value: u64) -> Option<u64> {
        self.index_below(value).filter(|index| self.value(*index) == Some(value))
    }
}

/// The forward differences of values at consecutive indices, up to the degree of the polynomial through them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Differences(Vec<i128>);

impl Differences {
    /// The differences; `None` where no polynomial of lower degree than there are values goes through them.
    pub(super) fn of(values: &[u64]) -> Option<Self> {
        let mut row: Vec<i128> = values.iter().copied().map(i128::from).collect();
        let mut first = Vec::new();
        while row.iter().any(|value| *value != 0) {
            first.push(*row.first()?);
            // Differences of up to a dozen 64-bit numbers fit 128 bits.
            let pairs = row.iter().zip(row.iter().skip(1));
            row = pairs.map(|(a, b)| b.saturating_sub(*a)).collect();
        }
        (first.len() < values.len()).then_some(Self(first))
    }

    pub(super) fn degree(&self) -> usize {
        self.0.len().saturating_sub(1)
    }

    /// The value at an index.
    pub(super) fn at(&self, index: u64) -> BigInt {
        let mut binomial = BigInt::one();
        let mut sum = BigInt::zero();
        for (order, difference) in (0_u64..).zip(&self.0) {
            sum += &binomial * difference;
            binomial = binomial * (BigInt::from(index) - order) / (order + 1);
        }
        sum
    }

    /// Whether the value at an index is this one.
    pub(super) fn is(&self, index: u64, value: u64) -> bool {
        self.quickly(index).map_or_else(
            || self.at(index) == BigInt::from(value),
            |found| found == i128::from(value),
        )
    }

    /// The value at an index, where all numbers on the way fit 128 bits.
    fn quickly(&self, index: u64) -> Option<i128> {
        let index = i128::from(index);
        let (mut binomial, mut sum) = (1_i128, 0_i128);
        for (order, difference) in (0_i128..).zip(&self.0) {
            sum = sum.checked_add(binomial.checked_mul(*difference)?)?;
            binomial = binomial.checked_mul(index - order)?.checked_div(order + 1)?;
        }
        Some(sum)
    }

    /// The polynomial.
    pub(super) fn polynomial(&self, variable: &str, values: Progression) -> Polynomial {
        let coefficients: Vec<_> = self.0.iter().copied().map(Polynomial::constant).collect();
        newton(&coefficients, variable, values)
    }
}

/// The polynomial through values on a grid, the last axis of which varies fastest; `axes` has the progression and the degree of each.
pub(super) fn through(
    values: &[u64],
    variables: &[String],
    axes: &[(Progression, usize)],
) -> Polynomial {
    let (Some((variable, inner)), Some(((progression, degree), rest))) =
        (variables.split_first(), axes.split_first())
    else {
        return Polynomial::constant(values.first().copied().unwrap_or(0));
    };
    let count = degree.saturating_add(1);
    let size = values.len().checked_div(count).unwrap_or(0).max(1);
    let mut row: Vec<_> = values.chunks(size).map(|part| through(part, inner, rest)).collect();
    let mut differences = Vec::new();
    while let Some(first) = row.first() {
        differences.push(first.clone());
        row = row.iter().zip(row.iter().skip(1)).map(|(a, b)| b - a).collect();
    }
    newton(&differences, variable, *progression)
}

/// `Σ Δⁱ · C(k, i)` with `k = (variable - start) / step`.
fn newton(differences: &[Polynomial], variable: &str, values: Progression) -> Polynomial {
    let step = BigRational::from_integer(values.step.into());
    let from_start = &Polynomial::variable(variable) - &Polynomial::constant(values.start);
    let index = from_start.scaled(&step.recip());
    let mut binomial = Polynomial::constant(1);
    let mut sum = Polynomial::variable(variable).scaled(&BigRational::zero());
    for (order, difference) in (0_u64..).zip(differences) {
        sum = &sum + &(&binomial * difference);
        let next = BigRational::new(BigInt::one(), BigInt::from(order + 1));
        binomial = (&binomial * &(&index - &Polynomial::constant(order))).scaled(&next);
    }
    sum
}
