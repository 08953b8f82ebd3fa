//! Factors of polynomials: those that are found at little cost, and exactly.

use num_bigint::BigInt;
use num_integer::Integer;
use num_rational::BigRational;
use num_traits::{One, Signed, Zero, pow};

use super::polynomial::Polynomial;
use super::quota::ProductQuota;

/// Roots that are tried are fractions of numbers up to this.
const LARGEST_NUMERATOR: i64 = 128;
const LARGEST_DENOMINATOR: i64 = 16;

/// More terms than this are not factored: reading the factors would be no easier.
const MOST_TERMS: usize = 64;

/// Nor are degrees beyond this, whose roots would take large powers.
const HIGHEST_DEGREE: u64 = 64;

/// The most terms of two polynomials together whose greatest common divisor is looked for.
const MOST_TERMS_OF_TWO: usize = 512;

/// What that may take: where it would take more, it is given up.
const MOST_WORK: u64 = 400_000;

/// A polynomial as a product: `±(numerator / denominator) · monomial · Π factorᵉ`.
#[derive(Debug, Clone)]
pub(super) struct Factored {
    pub(super) negative: bool,
    /// At least 1.
    pub(super) numerator: BigInt,
    /// At least 1.
    pub(super) denominator: BigInt,
    /// The exponents of the variables.
    pub(super) monomial: Vec<u64>,
    /// Sums of several terms with their exponents.
    pub(super) factors: Vec<(Polynomial, u64)>,
}

impl Factored {
    /// The factors of a polynomial.
    ///
    /// A number that divides a sum stays in it (`144·c + 18432`): it says where the sum is from. Only in `2·n·(n + 1)`, where the sum is a
    /// neighbor of what it is multiplied with, it stands in front.
    pub(super) fn of(polynomial: &Polynomial) -> Self {
        let negative = polynomial.is_negative();
        let signed = if negative { -polynomial } else { polynomial.clone() };
        let denominator =
            signed.terms().fold(BigInt::one(), |lcm, (_, value)| lcm.lcm(value.denom()));
        let whole = signed.scaled(&BigRational::from_integer(denominator.clone()));
        let monomial = whole.common_exponents();
        let mut rest = whole.divide_exactly(&whole.common_monomial()).unwrap_or(whole);
        let mut factors = linear_factors(&mut rest);
        let mut numerator = BigInt::one();
        if let Some(value) = rest.as_constant() {
            numerator = value.to_integer();
        } else {
            if is_neighbor(&rest, &monomial) {
                let content = rest.content();
                numerator = content.to_integer();
                rest = rest.scaled(&content.recip());
            }
            add_factor(&mut factors, rest);
        }
        Self { negative, numerator, denominator, monomial, factors }
    }
}

/// Whether a sum is a multiple of `x + 1` or `x - 1` for a variable of the monomial.
fn is_neighbor(sum: &Polynomial, monomial: &[u64]) -> bool {
    let terms: Vec<_> = sum.terms().collect();
    let [(highest, first), (lowest, second)] = terms.as_slice() else { return false };
    let apart =
        |exponents: &[u64]| exponents.iter().fold(0_u64, |sum, one| sum.saturating_add(*one));
    let stands_before = highest.iter().zip(monomial).any(|(own, before)| *own == 1 && *before > 0);
    apart(highest) == 1 && apart(lowest) == 0 && stands_before && first.abs() == second.abs()
}

fn add_factor(factors: &mut Vec<(Polynomial, u64)>, factor: Polynomial) {
    match factors.iter_mut().find(|(known, _)| *known == factor) {
        Some((_, exponent)) => *exponent += 1,
        None => factors.push((factor, 1)),
    }
}

/// Takes factors `a·x + b` with small whole numbers a and b out of a polynomial with whole coefficients, until it is linear itself.
fn linear_factors(rest: &mut Polynomial) -> Vec<(Polynomial, u64)> {
    let mut factors = Vec::new();
    if rest.len() > MOST_TERMS || rest.total_degree() > HIGHEST_DEGREE {
        return factors;
    }
    for variable in rest.variables().to_owned() {
        for (numerator, denominator) in roots(rest, &variable) {
            let factor = &Polynomial::variable(&variable)
                .scaled(&BigRational::from_integer(denominator.into()))
                - &Polynomial::constant(numerator);
            while rest.total_degree() > 1
                && let Some(quotient) = rest.divide_exactly(&factor)
            {
                *rest = quotient;
                add_factor(&mut factors, factor.clone());
            }
        }
    }
    factors
}

/// Fractions that may be roots in a variable: they are where the other variables are certain numbers.
fn roots(polynomial: &Polynomial, variable: &str) -> Vec<(i64, i64)> {
    if polynomial.degree(variable) == 0 || polynomial.total_degree() < 2 {
        return Vec::new();
    }
    let mut image = polynomial.clone();
    for (other, prime) in polynomial.variables().iter().zip([101, 103, 107, 109].iter().cycle()) {
        if other != variable {
            image = image.substitute(other, &BigRational::from_integer(BigInt::from(*prime)));
        }
    }
    let of_powers = image.coefficients(variable);
    let coefficients: Vec<BigInt> = (0..=image.degree(variable))
        .map(|power| of_powers.get(&power).and_then(Polynomial::as_constant).unwrap_or_default())
        .map(|value| value.to_integer())
        .collect();
    let (Some(last), Some(first)) = (coefficients.first(), coefficients.last()) else {
        return Vec::new();
    };
    let divides = |number: i64, of: &BigInt| (of % number).is_zero();
    let mut roots = Vec::new();
    for denominator in (1..=LARGEST_DENOMINATOR).filter(|number| divides(*number, first)) {
        for size in (1..=LARGEST_NUMERATOR).filter(|number| divides(*number, last)) {
            for numerator in [-size, size] {
                if numerator.gcd(&denominator) == 1
                    && is_root(&coefficients, numerator, denominator)
                {
                    roots.push((numerator, denominator));
                }
            }
        }
    }
    roots
}

/// Whether `Σ cᵢ·pⁱ·qᵈ⁻ⁱ` is zero.
fn is_root(coefficients: &[BigInt], numerator: i64, denominator: i64) -> bool {
    let degree = coefficients.len().saturating_sub(1);
    let terms = coefficients.iter().enumerate().map(|(power, coefficient)| {
        coefficient
            * pow(BigInt::from(numerator), power)
            * pow(BigInt::from(denominator), degree.saturating_sub(power))
    });
    terms.sum::<BigInt>().is_zero()
}

/// A common divisor, with whole coefficients that have no common divisor; its first one is positive.
///
/// It is the greatest one unless that takes too much work; then it is the monomial that all terms of both have in common.
pub(super) fn common_divisor(left: &Polynomial, right: &Polynomial) -> Polynomial {
    let (left, right) = left.in_common_variables(right);
    let is_affordable = left.len().saturating_add(right.len()) <= MOST_TERMS_OF_TWO;
    let greatest = is_affordable
        .then(|| greatest_common_divisor(&left, &right, &mut ProductQuota::of(MOST_WORK)))
        .flatten();
    greatest.unwrap_or_else(|| {
        let of_both = &left.common_monomial() + &right.common_monomial();
        of_both.common_monomial()
    })
}

/// The greatest common divisor by Euclid's algorithm with remainders without content, variable after variable (Knuth, TAOCP 2, section
/// 4.6.1, algorithm E); `None` where it takes more than `quota`.
fn greatest_common_divisor(
    left: &Polynomial,
    right: &Polynomial,
    quota: &mut ProductQuota,
) -> Option<Polynomial> {
    let (left, right) = left.in_common_variables(right);
    quota.spend(
        left.len().saturating_add(right.len()),
        left.words().saturating_add(right.words()),
    )?;
    if left.is_zero() {
        return Some(primitive(&right));
    }
    if right.is_zero() {
        return Some(primitive(&left));
    }
    let depends = |variable: &&String| left.degree(variable) > 0 || right.degree(variable) > 0;
    let Some(variable) = left.variables().iter().find(depends) else {
        return Some(Polynomial::constant(1));
    };
    let left_content = content_in(&left, variable, quota)?;
    let right_content = content_in(&right, variable, quota)?;
    let content = greatest_common_divisor(&left_content, &right_content, quota)?;
    let mut larger = left.divide_within(&left_content, quota)?;
    let mut smaller = right.divide_within(&right_content, quota)?;
    if larger.degree(variable) < smaller.degree(variable) {
        std::mem::swap(&mut larger, &mut smaller);
    }
    while !smaller.is_zero() {
        let remainder = pseudo_remainder(&larger, &smaller, variable, quota)?;
        larger = smaller;
        smaller = if remainder.is_zero() {
            remainder
        } else {
            let content = content_in(&remainder, variable, quota)?;
            primitive(&remainder.divide_within(&content, quota)?)
        };
    }
    if larger.degree(variable) == 0 {
        return Some(primitive(&content));
    }
    Some(primitive(&product(&content, &larger, quota)?))
}

/// The greatest common divisor of the coefficients of a variable's powers; `None` where it takes more than `quota`.
fn content_in(
    polynomial: &Polynomial,
    variable: &str,
    quota: &mut ProductQuota,
) -> Option<Polynomial> {
    let zero = Polynomial::zero(polynomial.variables());
    polynomial.coefficients(variable).values().try_fold(zero, |divisor, coefficient| {
        greatest_common_divisor(&divisor, coefficient, quota)
    })
}

/// The remainder of `leading(by)ᵏ · of` divided by `by` as polynomials in a variable; `None` where it takes more than `quota`.
fn pseudo_remainder(
    of: &Polynomial,
    by: &Polynomial,
    variable: &str,
    quota: &mut ProductQuota,
) -> Option<Polynomial> {
    let degree = by.degree(variable);
    let leading = by.leading_coefficient(variable);
    let mut rest = of.clone();
    while !rest.is_zero()
        && let Some(power) = rest.degree(variable).checked_sub(degree)
    {
        let shift = Polynomial::from_terms(&[variable], [(vec![power], BigRational::one())]);
        let factor = product(&rest.leading_coefficient(variable), &shift, quota)?;
        rest = &product(&leading, &rest, quota)? - &product(&factor, by, quota)?;
    }
    Some(rest)
}

/// The product; `None` where it takes more than `quota`.
fn product(left: &Polynomial, right: &Polynomial, quota: &mut ProductQuota) -> Option<Polynomial> {
    let words = left.words().saturating_add(right.words());
    quota.spend(left.len().checked_mul(right.len())?, words)?;
    Some(left * right)
}

/// The polynomial without its content; its first coefficient is positive.
fn primitive(polynomial: &Polynomial) -> Polynomial {
    if polynomial.is_zero() {
        return polynomial.clone();
    }
    let content = polynomial.content();
    let sign = if polynomial.is_negative() { -BigRational::one() } else { BigRational::one() };
    polynomial.scaled(&(sign / content))
}
