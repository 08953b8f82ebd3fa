//! Factors of polynomials: those that are found at little cost, and exactly.

use num_bigint::BigInt;
use num_integer::Integer;
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero, pow};

use super::polynomial::Polynomial;

/// Roots that are tried are fractions of numbers up to this.
const LARGEST_NUMERATOR: i64 = 128;
const LARGEST_DENOMINATOR: i64 = 16;

/// More terms than this are not factored: reading the factors would be no easier.
const MOST_TERMS: usize = 64;

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
        let divisor =
            Polynomial::from_terms(whole.variables(), [(monomial.clone(), BigRational::one())]);
        let mut rest = whole.divide_exactly(&divisor).unwrap_or(whole);
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
    let apart = |exponents: &[u64]| exponents.iter().sum::<u64>();
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
    if rest.terms().count() > MOST_TERMS {
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
    let coefficients: Vec<BigInt> = image
        .coefficients(variable)
        .iter()
        .filter_map(|value| value.as_constant().map(|value| value.to_integer()))
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

/// The greatest common divisor, with whole coefficients that have no common divisor; its first one is positive.
pub(super) fn common_divisor(left: &Polynomial, right: &Polynomial) -> Polynomial {
    let (left, right) = left.in_common_variables(right);
    if left.is_zero() {
        return primitive(&right);
    }
    if right.is_zero() {
        return primitive(&left);
    }
    let depends = |variable: &&String| left.degree(variable) > 0 || right.degree(variable) > 0;
    let Some(variable) = left.variables().iter().find(depends) else {
        return Polynomial::constant(1);
    };
    let (left_content, right_content) = (content_in(&left, variable), content_in(&right, variable));
    let content = common_divisor(&left_content, &right_content);
    let whole = |of: &Polynomial, by: &Polynomial| of.divide_exactly(by).unwrap_or(of.clone());
    let (mut larger, mut smaller) = (whole(&left, &left_content), whole(&right, &right_content));
    if larger.degree(variable) < smaller.degree(variable) {
        std::mem::swap(&mut larger, &mut smaller);
    }
    while !smaller.is_zero() {
        let remainder = pseudo_remainder(&larger, &smaller, variable);
        larger = smaller;
        let content = content_in(&remainder, variable);
        smaller = primitive(&whole(&remainder, &content));
    }
    if larger.degree(variable) == 0 {
        return primitive(&content);
    }
    primitive(&(&content * &larger))
}

/// The greatest common divisor of the coefficients of a variable's powers.
fn content_in(polynomial: &Polynomial, variable: &str) -> Polynomial {
    let zero = Polynomial::zero(polynomial.variables());
    polynomial
        .coefficients(variable)
        .iter()
        .fold(zero, |divisor, coefficient| common_divisor(&divisor, coefficient))
}

/// The remainder of `leading(by)ᵏ · of` divided by `by` as polynomials in a variable.
fn pseudo_remainder(of: &Polynomial, by: &Polynomial, variable: &str) -> Polynomial {
    let degree = by.degree(variable);
    let leading = by.leading_coefficient(variable);
    let mut rest = of.clone();
    while !rest.is_zero() && rest.degree(variable) >= degree {
        let mut factor = rest.leading_coefficient(variable);
        let power = (rest.degree(variable) - degree).to_usize().unwrap_or(0);
        for _ in 0..power {
            factor = &factor * &Polynomial::variable(variable);
        }
        rest = &(&leading * &rest) - &(&factor * by);
    }
    rest
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
