//! How polynomials are written: for programs, for people, for TeX.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed};

use super::factor::Factored;
use super::polynomial::Polynomial;

/// How the parts of a polynomial are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    Canonical,
    Pretty,
    Latex,
}

impl Style {
    fn times(self) -> &'static str {
        match self {
            Self::Canonical => "*",
            Self::Pretty => "·",
            Self::Latex => " \\, ",
        }
    }

    fn name(self, name: &str) -> String {
        match self {
            Self::Canonical | Self::Pretty => name.to_owned(),
            Self::Latex => latex_name(name),
        }
    }

    fn power(self, base: &str, exponent: u64) -> String {
        match (exponent, self) {
            (1, _) => base.to_owned(),
            (_, Self::Canonical) => format!("{base}**{exponent}"),
            (_, Self::Pretty) => base.to_owned() + &superscript(exponent),
            (_, Self::Latex) => format!("{base}^{{{exponent}}}"),
        }
    }

    fn number(self, number: &BigRational) -> String {
        match self {
            Self::Latex if !number.is_integer() => {
                format!("\\frac{{{}}}{{{}}}", number.numer(), number.denom())
            }
            _ => number.to_string(),
        }
    }

    fn in_parentheses(self, text: &str) -> String {
        match self {
            Self::Canonical | Self::Pretty => format!("({text})"),
            Self::Latex => format!("\\left({text}\\right)"),
        }
    }
}

impl Polynomial {
    /// The spelling for programs, an expression of the network language, of Python and of SymPy: `144*c*h*w + 18432*h*w`.
    ///
    /// Terms stand in the order of [`Polynomial::terms`], variables in their own.
    #[must_use]
    pub fn canonical(&self) -> String {
        sum(self, Style::Canonical)
    }

    /// The spelling for people, factored: `h·w·(144·c + 18432)`, `k·n·(n + 1)/2`.
    #[must_use]
    pub fn pretty(&self) -> String {
        product(self, Style::Pretty)
    }

    /// The spelling for TeX's mathematics, factored: `h \, w \, \left(144 \, c + 18432\right)`.
    #[must_use]
    pub fn latex(&self) -> String {
        product(self, Style::Latex)
    }
}

/// A sum of terms.
fn sum(polynomial: &Polynomial, style: Style) -> String {
    let mut text = String::new();
    for (exponents, coefficient) in polynomial.terms() {
        let size = term(polynomial.variables(), exponents, &coefficient.abs(), style);
        text += match (text.is_empty(), coefficient.is_negative()) {
            (true, true) => "-",
            (true, false) => "",
            (false, true) => " - ",
            (false, false) => " + ",
        };
        text += &size;
    }
    if text.is_empty() { "0".to_owned() } else { text }
}

/// A coefficient with a monomial.
fn term(
    variables: &[String],
    exponents: &[u64],
    coefficient: &BigRational,
    style: Style,
) -> String {
    let mut parts = monomial(variables, exponents, style);
    if parts.is_empty() || !coefficient.is_one() {
        parts.insert(0, style.number(coefficient));
    }
    parts.join(style.times())
}

fn monomial(variables: &[String], exponents: &[u64], style: Style) -> Vec<String> {
    let powers = variables.iter().zip(exponents).filter(|(_, exponent)| **exponent > 0);
    powers.map(|(name, exponent)| style.power(&style.name(name), *exponent)).collect()
}

/// A product of factors over the common denominator.
fn product(polynomial: &Polynomial, style: Style) -> String {
    if polynomial.as_constant().is_some() {
        let text = style.number(&polynomial.as_constant().unwrap_or_default().abs());
        return if polynomial.is_negative() { format!("-{text}") } else { text };
    }
    let Factored { negative, numerator, denominator, monomial: powers, factors } =
        Factored::of(polynomial);
    let mut parts = monomial(polynomial.variables(), &powers, style);
    if !numerator.is_one() {
        parts.insert(0, numerator.to_string());
    }
    let alone =
        parts.is_empty() && factors.len() == 1 && (style == Style::Latex || denominator.is_one());
    for (factor, exponent) in &factors {
        let text = sum(factor, style);
        let bare = alone && *exponent == 1 && !negative;
        parts.push(if bare { text } else { style.power(&style.in_parentheses(&text), *exponent) });
    }
    let text = over(&parts.join(style.times()), &denominator, style);
    if negative { format!("-{text}") } else { text }
}

fn over(numerator: &str, denominator: &BigInt, style: Style) -> String {
    match style {
        _ if denominator.is_one() => numerator.to_owned(),
        Style::Latex => format!("\\frac{{{numerator}}}{{{denominator}}}"),
        Style::Canonical | Style::Pretty => format!("{numerator}/{denominator}"),
    }
}

fn superscript(exponent: u64) -> String {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let digits = exponent.to_string();
    digits.chars().filter_map(|digit| DIGITS.get(digit.to_digit(10)? as usize)).collect()
}

/// A name in TeX: one letter as it is, a longer one upright, the index of an element below.
fn latex_name(name: &str) -> String {
    let (stem, index) = match name.split_once('[') {
        Some((stem, index)) => (stem, Some(index.trim_end_matches(']'))),
        None => (name, None),
    };
    let plain = stem.chars().count() == 1 && stem.chars().all(char::is_alphabetic);
    let stem =
        if plain { stem.to_owned() } else { format!("\\mathrm{{{}}}", stem.replace('_', "\\_")) };
    index.map_or(stem.clone(), |index| format!("{stem}_{{{index}}}"))
}
