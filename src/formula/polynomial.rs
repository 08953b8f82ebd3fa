//! Exact polynomials in named variables.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::{Add, Mul, Neg, Sub};

use num_bigint::BigInt;
use num_integer::Integer;
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero, pow};
use serde::{Serialize, Serializer};

use super::quota::ProductQuota;

/// A polynomial with rational coefficients in named variables.
///
/// The order of the variables is that of its spellings. Two polynomials may be combined whatever their variables: the result has those of the
/// left one, then those that only the right one has.
#[derive(Debug, Clone)]
pub struct Polynomial {
    variables: Vec<String>,
    /// Coefficients other than zero by the exponents of the variables.
    terms: BTreeMap<Vec<u64>, BigRational>,
}

impl Polynomial {
    /// Zero, in these variables.
    #[must_use]
    pub fn zero<S: AsRef<str>>(variables: &[S]) -> Self {
        let variables = variables.iter().map(|name| name.as_ref().to_owned()).collect();
        Self { variables, terms: BTreeMap::new() }
    }

    /// A number.
    #[must_use]
    pub fn constant(value: impl Into<BigInt>) -> Self {
        Self::rational(BigRational::from_integer(value.into()))
    }

    /// A rational number.
    #[must_use]
    pub fn rational(value: BigRational) -> Self {
        Self::from_terms(&[] as &[&str], [(Vec::new(), value)])
    }

    /// The polynomial that is a variable.
    #[must_use]
    pub fn variable(name: &str) -> Self {
        Self::from_terms(&[name], [(vec![1], BigRational::one())])
    }

    /// The sum of terms: the exponents of the variables, and a coefficient. Exponents that are left out are zero.
    pub(super) fn from_terms<S: AsRef<str>>(
        variables: &[S],
        terms: impl IntoIterator<Item = (Vec<u64>, BigRational)>,
    ) -> Self {
        let mut sum = Self::zero(variables);
        for (mut exponents, coefficient) in terms {
            exponents.resize(sum.variables.len(), 0);
            sum.add_term(exponents, coefficient);
        }
        sum
    }

    /// The variables, in order, those too on which it does not depend.
    #[must_use]
    pub fn variables(&self) -> &[String] {
        &self.variables
    }

    /// The terms, highest first: by their degree, among equals by the exponents of the variables in order.
    pub fn terms(&self) -> impl Iterator<Item = (&[u64], &BigRational)> {
        let mut terms: Vec<_> = self.terms.iter().collect();
        terms.sort_by_key(|(exponents, _)| std::cmp::Reverse((degree_of(exponents), *exponents)));
        terms.into_iter().map(|(exponents, coefficient)| (exponents.as_slice(), coefficient))
    }

    /// Whether it is zero.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.terms.is_empty()
    }

    /// The number, if it depends on no variable.
    #[must_use]
    pub fn as_constant(&self) -> Option<BigRational> {
        if self.total_degree() > 0 {
            return None;
        }
        Some(self.terms.values().next().cloned().unwrap_or_else(BigRational::zero))
    }

    /// The highest degree of a term, 0 if it is zero.
    #[must_use]
    pub fn total_degree(&self) -> u64 {
        self.terms.keys().map(|exponents| degree_of(exponents)).max().unwrap_or(0)
    }

    /// The highest exponent of a variable, 0 where it has no such variable.
    #[must_use]
    pub fn degree(&self, variable: &str) -> u64 {
        let Some(axis) = self.axis(variable) else { return 0 };
        self.terms.keys().filter_map(|exponents| exponents.get(axis)).copied().max().unwrap_or(0)
    }

    /// The coefficients other than zero of the powers of a variable by exponent, polynomials in the others.
    #[must_use]
    pub fn coefficients(&self, variable: &str) -> BTreeMap<u64, Self> {
        let mut coefficients = BTreeMap::new();
        let axis = self.axis(variable);
        for (exponents, coefficient) in &self.terms {
            let mut exponents = exponents.clone();
            let power = axis.and_then(|axis| exponents.get_mut(axis)).map_or(0, std::mem::take);
            let sum = coefficients.entry(power).or_insert_with(|| Self::zero(&self.variables));
            sum.add_term(exponents, coefficient.clone());
        }
        coefficients
    }

    /// The coefficient of the highest power of a variable, a polynomial in the others.
    #[must_use]
    pub fn leading_coefficient(&self, variable: &str) -> Self {
        let mut coefficients = self.coefficients(variable);
        coefficients.pop_last().map_or_else(|| Self::zero(&self.variables), |(_, leading)| leading)
    }

    /// The value where `value` gives those of the variables; `None` where it lacks one on which the polynomial depends.
    pub fn evaluate(&self, value: impl Fn(&str) -> Option<BigRational>) -> Option<BigRational> {
        let values: Vec<_> = self.variables.iter().map(|name| value(name)).collect();
        let mut sum = BigRational::zero();
        for (exponents, coefficient) in &self.terms {
            let mut term = coefficient.clone();
            for (value, exponent) in values.iter().zip(exponents).filter(|(_, power)| **power > 0) {
                term *= pow(value.clone()?, usize::try_from(*exponent).ok()?);
            }
            sum += term;
        }
        Some(sum)
    }

    /// The value at whole numbers, one for each variable in order; those that are left out are zero.
    #[must_use]
    pub fn at(&self, point: &[u64]) -> BigRational {
        let value = |name: &str| {
            let value = self.axis(name).and_then(|axis| point.get(axis)).copied().unwrap_or(0);
            Some(BigRational::from_integer(value.into()))
        };
        self.evaluate(value).unwrap_or_else(BigRational::zero)
    }

    /// Its value at whole numbers, ready to be compared with many.
    pub(super) fn comparable(&self) -> Comparable<'_> {
        let content = self.content();
        let whole = |value: &BigRational| (value * content.denom()).to_integer().to_i128();
        let terms =
            self.terms.iter().map(|(powers, value)| Some((powers.as_slice(), whole(value)?)));
        Comparable {
            polynomial: self,
            whole: content.denom().to_i128().zip(terms.collect::<Option<_>>()),
        }
    }

    /// The polynomial with a number in the place of a variable.
    #[must_use]
    pub fn substitute(&self, variable: &str, value: &BigRational) -> Self {
        let coefficients = self.coefficients(variable);
        coefficients.iter().fold(Self::zero(&self.variables), |sum, (power, coefficient)| {
            let power = usize::try_from(*power).unwrap_or(usize::MAX);
            &sum + &coefficient.scaled(&pow(value.clone(), power))
        })
    }

    /// The polynomial times a number.
    #[must_use]
    pub fn scaled(&self, factor: &BigRational) -> Self {
        let terms = self.terms.iter().map(|(exponents, value)| (exponents.clone(), value * factor));
        Self::from_terms(&self.variables, terms)
    }

    /// The quotient, if the division leaves nothing; `None` too where the divisor is zero.
    #[must_use]
    pub fn divide_exactly(&self, divisor: &Self) -> Option<Self> {
        self.divide_within(divisor, &mut ProductQuota::of(u64::MAX))
    }

    /// The quotient, if the division leaves nothing and takes no more than `quota`; `None` too where the divisor is zero.
    pub(super) fn divide_within(&self, divisor: &Self, quota: &mut ProductQuota) -> Option<Self> {
        let (mut rest, divisor) = self.in_common_variables(divisor);
        let (highest, leading) = divisor.terms.last_key_value()?;
        let mut quotient = Self::zero(&rest.variables);
        if rest.is_zero() {
            return Some(quotient);
        }
        // The degrees of factors add up, so that a term beyond these is none of the quotient's.
        let most = difference(&rest.degrees(), &divisor.degrees())?;
        let words = divisor.words();
        while let Some((exponents, coefficient)) = rest.terms.last_key_value() {
            let powers = difference(exponents, highest)?;
            if powers.iter().zip(&most).any(|(power, most)| power > most) {
                return None;
            }
            let factor = coefficient / leading;
            quota.spend(divisor.terms.len(), words.saturating_add(words_of(&factor)))?;
            for (exponents, value) in &divisor.terms {
                rest.add_term(sum_of(exponents, &powers), -(value * &factor));
            }
            quotient.add_term(powers, factor);
        }
        Some(quotient)
    }

    /// The lowest exponent of every variable over all terms: the monomial that all have in common.
    #[must_use]
    pub fn common_exponents(&self) -> Vec<u64> {
        let mut terms = self.terms.keys();
        let first = terms.next().cloned().unwrap_or_else(|| vec![0; self.variables.len()]);
        terms.fold(first, |lowest, exponents| {
            lowest.iter().zip(exponents).map(|(a, b)| *a.min(b)).collect()
        })
    }

    /// That monomial, with the coefficient 1.
    pub(super) fn common_monomial(&self) -> Self {
        Self::from_terms(&self.variables, [(self.common_exponents(), BigRational::one())])
    }

    /// The positive rational number by which the coefficients must be divided to become whole numbers without a common divisor; 0 of zero.
    #[must_use]
    pub fn content(&self) -> BigRational {
        let (numerator, denominator) =
            self.terms.values().fold((BigInt::zero(), BigInt::one()), |(gcd, lcm), value| {
                (gcd.gcd(value.numer()), lcm.lcm(value.denom()))
            });
        BigRational::new(numerator.abs(), denominator)
    }

    /// Whether the first term has a negative coefficient.
    #[must_use]
    pub fn is_negative(&self) -> bool {
        self.terms().next().is_some_and(|(_, coefficient)| coefficient.is_negative())
    }

    /// How many terms there are.
    pub(super) fn len(&self) -> usize {
        self.terms.len()
    }

    /// The words of the largest coefficient.
    pub(super) fn words(&self) -> u64 {
        self.terms.values().map(words_of).max().unwrap_or(1)
    }

    /// The highest exponent of every variable.
    fn degrees(&self) -> Vec<u64> {
        self.terms.keys().fold(vec![0; self.variables.len()], |highest, exponents| {
            highest.iter().zip(exponents).map(|(a, b)| *a.max(b)).collect()
        })
    }

    fn axis(&self, variable: &str) -> Option<usize> {
        self.variables.iter().position(|name| name == variable)
    }

    fn add_term(&mut self, exponents: Vec<u64>, coefficient: BigRational) {
        let sum = match self.terms.get(&exponents) {
            Some(value) => value + coefficient,
            None => coefficient,
        };
        if sum.is_zero() {
            self.terms.remove(&exponents);
        } else {
            self.terms.insert(exponents, sum);
        }
    }

    /// Both polynomials in the variables of both.
    pub(super) fn in_common_variables(&self, other: &Self) -> (Self, Self) {
        let mut variables = self.variables.clone();
        variables.extend(other.variables.iter().filter(|name| self.axis(name).is_none()).cloned());
        (self.in_variables(&variables), other.in_variables(&variables))
    }

    /// The polynomial in other variables, all of its own among them.
    pub(super) fn in_variables(&self, variables: &[String]) -> Self {
        if self.variables == variables {
            return self.clone();
        }
        let places: Vec<_> = self
            .variables
            .iter()
            .map(|name| variables.iter().position(|other| other == name))
            .collect();
        let terms = self.terms.iter().map(|(exponents, coefficient)| {
            let mut moved = vec![0; variables.len()];
            for (place, exponent) in places.iter().zip(exponents) {
                if let Some(slot) = place.and_then(|place| moved.get_mut(place)) {
                    *slot = *exponent;
                }
            }
            (moved, coefficient.clone())
        });
        Self::from_terms(variables, terms)
    }
}

/// A polynomial whose values are compared.
pub(super) struct Comparable<'p> {
    polynomial: &'p Polynomial,
    /// The common denominator, and the terms times that; `None` where one does not fit.
    whole: Option<(i128, Vec<WholeTerm<'p>>)>,
}

/// The exponents of a term, and its coefficient.
type WholeTerm<'p> = (&'p [u64], i128);

impl Comparable<'_> {
    /// Whether the value at whole numbers, one for each variable in order, is this one.
    pub(super) fn is(&self, point: &[u64], value: u64) -> bool {
        self.quickly(point, value).unwrap_or_else(|| {
            self.polynomial.at(point) == BigRational::from_integer(BigInt::from(value))
        })
    }

    /// The same, where all numbers on the way fit 128 bits.
    fn quickly(&self, point: &[u64], value: u64) -> Option<bool> {
        let (denominator, terms) = self.whole.as_ref()?;
        let mut sum = 0_i128;
        for (powers, coefficient) in terms {
            let mut term = *coefficient;
            for (value, power) in point.iter().zip(*powers) {
                let power = i128::from(*value).checked_pow(u32::try_from(*power).ok()?)?;
                term = term.checked_mul(power)?;
            }
            sum = sum.checked_add(term)?;
        }
        Some(sum == denominator.checked_mul(i128::from(value))?)
    }
}

fn degree_of(exponents: &[u64]) -> u64 {
    exponents.iter().fold(0, |sum, exponent| sum.saturating_add(*exponent))
}

/// The exponents of a product.
fn sum_of(exponents: &[u64], more: &[u64]) -> Vec<u64> {
    exponents.iter().zip(more).map(|(a, b)| a.saturating_add(*b)).collect()
}

/// The exponents of a quotient; `None` where one is negative.
fn difference(exponents: &[u64], by: &[u64]) -> Option<Vec<u64>> {
    exponents.iter().zip(by).map(|(of, by)| of.checked_sub(*by)).collect()
}

/// The words of 64 bits that a coefficient has.
fn words_of(coefficient: &BigRational) -> u64 {
    let bits = coefficient.numer().bits().saturating_add(coefficient.denom().bits());
    bits.div_ceil(64)
}

impl PartialEq for Polynomial {
    /// Whether both have the same terms, whatever variables they could have.
    fn eq(&self, other: &Self) -> bool {
        let (left, right) = self.in_common_variables(other);
        left.terms == right.terms
    }
}

impl Eq for Polynomial {}

impl Add for &Polynomial {
    type Output = Polynomial;

    fn add(self, other: Self) -> Polynomial {
        let (mut sum, other) = self.in_common_variables(other);
        for (exponents, coefficient) in other.terms {
            sum.add_term(exponents, coefficient);
        }
        sum
    }
}

impl Neg for &Polynomial {
    type Output = Polynomial;

    fn neg(self) -> Polynomial {
        self.scaled(&-BigRational::one())
    }
}

impl Sub for &Polynomial {
    type Output = Polynomial;

    fn sub(self, other: Self) -> Polynomial {
        self + &-other
    }
}

impl Mul for &Polynomial {
    type Output = Polynomial;

    fn mul(self, other: Self) -> Polynomial {
        let (left, right) = self.in_common_variables(other);
        let mut product = Polynomial::zero(&left.variables);
        for (exponents, coefficient) in &left.terms {
            for (more, factor) in &right.terms {
                product.add_term(sum_of(exponents, more), coefficient * factor);
            }
        }
        product
    }
}

impl fmt::Display for Polynomial {
    /// The canonical spelling.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.canonical())
    }
}

impl Serialize for Polynomial {
    /// The canonical spelling.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.canonical())
    }
}
