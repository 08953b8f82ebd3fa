//! Ratios of polynomials, and what they tend to.

use std::fmt;

use num_rational::BigRational;
use num_traits::{One, Zero};

use super::factor::common_divisor;
use super::polynomial::Polynomial;

/// A ratio of two polynomials in lowest terms.
///
/// Both have whole coefficients without a common divisor, and the denominator's first one is positive. Of polynomials whose greatest
/// common divisor would take too much work, only numbers and monomials are canceled: the ratio is exact, but two such ratios may be the
/// same and differ in form, and it has no value where a divisor that was left in is zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ratio {
    numerator: Polynomial,
    denominator: Polynomial,
}

/// What a ratio tends to as one variable grows beyond all bounds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RatioLimit {
    /// To zero.
    Zero,
    /// To a number other than zero.
    Number(BigRational),
    /// To an expression in the other variables.
    Expression(Ratio),
    /// It grows beyond all bounds itself.
    Infinity,
}

impl Ratio {
    /// The ratio, as far as the work allows in lowest terms; `None` where the denominator is zero.
    #[must_use]
    pub fn new(numerator: &Polynomial, denominator: &Polynomial) -> Option<Self> {
        if denominator.is_zero() {
            return None;
        }
        let (mut numerator, mut denominator) = numerator.in_common_variables(denominator);
        let divisor = common_divisor(&numerator, &denominator);
        numerator = numerator.divide_exactly(&divisor)?;
        denominator = denominator.divide_exactly(&divisor)?;
        // One factor makes all coefficients whole, and the denominator's first one positive.
        let content = &numerator.content() / &denominator.content();
        let sign = if denominator.is_negative() { -BigRational::one() } else { BigRational::one() };
        let of_denominator = denominator.content();
        denominator = denominator.scaled(
            &(&sign / &of_denominator * BigRational::from_integer(content.denom().clone())),
        );
        if !numerator.is_zero() {
            let of_numerator = numerator.content();
            numerator = numerator.scaled(
                &(&sign / &of_numerator * BigRational::from_integer(content.numer().clone())),
            );
        }
        Some(Self { numerator, denominator })
    }

    /// What is divided.
    #[must_use]
    pub fn numerator(&self) -> &Polynomial {
        &self.numerator
    }

    /// By what it is divided.
    #[must_use]
    pub fn denominator(&self) -> &Polynomial {
        &self.denominator
    }

    /// The number, if it depends on no variable.
    #[must_use]
    pub fn as_constant(&self) -> Option<BigRational> {
        Some(self.numerator.as_constant()? / self.denominator.as_constant()?)
    }

    /// The value where `value` gives those of the variables; `None` where it lacks one, or the denominator is zero.
    pub fn evaluate(&self, value: impl Fn(&str) -> Option<BigRational>) -> Option<BigRational> {
        let denominator = self.denominator.evaluate(&value)?;
        if denominator.is_zero() {
            return None;
        }
        Some(self.numerator.evaluate(&value)? / denominator)
    }

    /// What it tends to as a variable grows beyond all bounds and the others stay.
    #[must_use]
    pub fn limit(&self, variable: &str) -> RatioLimit {
        if self.numerator.is_zero() {
            return RatioLimit::Zero;
        }
        let degrees = (self.numerator.degree(variable), self.denominator.degree(variable));
        match degrees.0.cmp(&degrees.1) {
            std::cmp::Ordering::Less => return RatioLimit::Zero,
            std::cmp::Ordering::Greater => return RatioLimit::Infinity,
            std::cmp::Ordering::Equal => {}
        }
        let leading = Self::new(
            &self.numerator.leading_coefficient(variable),
            &self.denominator.leading_coefficient(variable),
        );
        match leading {
            Some(ratio) => {
                ratio.as_constant().map_or(RatioLimit::Expression(ratio), RatioLimit::Number)
            }
            None => RatioLimit::Infinity,
        }
    }

    /// The spelling for programs: `(144*c + 18432)/(16*c + 10240)`.
    #[must_use]
    pub fn canonical(&self) -> String {
        self.spelled(Polynomial::canonical, "/")
    }

    /// The spelling for people: `(144·c + 18432) / (16·c + 10240)`.
    #[must_use]
    pub fn pretty(&self) -> String {
        self.spelled(Polynomial::pretty, " / ")
    }

    /// The spelling for TeX's mathematics.
    #[must_use]
    pub fn latex(&self) -> String {
        if self.denominator == Polynomial::constant(1) {
            return self.numerator.latex();
        }
        format!("\\frac{{{}}}{{{}}}", self.numerator.latex(), self.denominator.latex())
    }

    fn spelled(&self, spell: impl Fn(&Polynomial) -> String, by: &str) -> String {
        let numerator = spell(&self.numerator);
        if self.denominator == Polynomial::constant(1) {
            return numerator;
        }
        if let Some(number) = self.as_constant() {
            return number.to_string();
        }
        let closed = |text: String, open: &[char]| {
            if text.contains(open) { format!("({text})") } else { text }
        };
        let numerator = closed(numerator, &[' ']);
        let denominator = closed(spell(&self.denominator), &[' ', '·', '*', '/']);
        format!("{numerator}{by}{denominator}")
    }
}

impl fmt::Display for Ratio {
    /// The canonical spelling.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.canonical())
    }
}

impl fmt::Display for RatioLimit {
    /// For people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Zero => f.write_str("0"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Expression(ratio) => f.write_str(&ratio.pretty()),
            Self::Infinity => f.write_str("∞"),
        }
    }
}
