//! Exact numbers.
//!
//! `0.1 * 10` is 1, and a channel count computed from a ratio is not off by a rounding error. All arithmetic is checked: an
//! operation that leaves 128 bits gives `None`.

use std::fmt;

use num_rational::Ratio;
use num_traits::{CheckedAdd, CheckedDiv, CheckedMul, CheckedSub};

/// An exact rational number with a numerator and a denominator of 128 bits.
///
/// It is kept in lowest terms with a positive denominator, and the numerator is never `i128::MIN`, so that its
/// negation and its absolute value exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Number(Ratio<i128>);

impl Number {
    /// The number 0.
    pub const ZERO: Self = Self(Ratio::new_raw(0, 1));
    /// The number 1.
    pub const ONE: Self = Self(Ratio::new_raw(1, 1));

    /// The whole number `value`, unless it is the one whose negation does not exist.
    #[must_use]
    pub fn from_integer(value: i128) -> Option<Self> {
        (value != i128::MIN).then(|| Self(Ratio::new_raw(value, 1)))
    }

    /// The fraction `numerator / denominator`; `None` if the denominator is 0 or a part is `i128::MIN`.
    #[must_use]
    pub fn from_fraction(numerator: i128, denominator: i128) -> Option<Self> {
        Self::from_integer(numerator)?.checked_div(Self::from_integer(denominator)?)
    }

    /// The exact value of a decimal or scientific numeral such as `12`, `-0.1`, `.5` or `3.8e9`; `None` if `text` is
    /// not one or its value does not fit.
    #[must_use]
    pub fn from_decimal(text: &str) -> Option<Self> {
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, exponent) = split_exponent(unsigned)?;
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let fraction = fraction.trim_end_matches('0');
        let digits = parse_digits(whole, fraction)?;
        let places = i32::try_from(fraction.len()).ok()?;
        let magnitude = scale_by_ten(digits, exponent.checked_sub(places)?)?;
        Some(if negative { magnitude.negated() } else { magnitude })
    }

    /// The exact value of the shortest decimal that stands for `value`, so that the 64-bit float `0.1` is 1/10.
    /// `None` for what is not finite, or too large or too small.
    #[must_use]
    pub fn from_f64_shortest(value: f64) -> Option<Self> {
        value.is_finite().then(|| format!("{value:e}")).and_then(|text| Self::from_decimal(&text))
    }

    /// The numerator of the fraction in lowest terms; it carries the sign.
    #[must_use]
    pub fn numerator(self) -> i128 {
        *self.0.numer()
    }

    /// The denominator of the fraction in lowest terms, at least 1.
    #[must_use]
    pub fn denominator(self) -> i128 {
        *self.0.denom()
    }

    /// Whether this is a whole number.
    #[must_use]
    pub fn is_integer(self) -> bool {
        self.denominator() == 1
    }

    /// Whether this is 0.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.numerator() == 0
    }

    /// The number as an `i128`, if it is whole.
    #[must_use]
    pub fn as_i128(self) -> Option<i128> {
        self.is_integer().then(|| self.numerator())
    }

    /// The number as a `u64`, if it is whole and fits.
    #[must_use]
    pub fn as_u64(self) -> Option<u64> {
        self.as_i128().and_then(|value| u64::try_from(value).ok())
    }

    /// The number as an `i64`, if it is whole and fits.
    #[must_use]
    pub fn as_i64(self) -> Option<i64> {
        self.as_i128().and_then(|value| i64::try_from(value).ok())
    }

    /// The number as a 64-bit float: the nearest one where both parts are exact as floats, as they are for every
    /// number made by [`from_f64_shortest`](Self::from_f64_shortest) of ordinary size, and next to it elsewhere.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        self.numerator() as f64 / self.denominator() as f64
    }

    /// The sum.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        match self.integers(other) {
            Some((left, right)) => Self::from_integer(left.checked_add(right)?),
            None => Self::guard(self.0.checked_add(&other.0)?),
        }
    }

    /// The difference.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        match self.integers(other) {
            Some((left, right)) => Self::from_integer(left.checked_sub(right)?),
            None => Self::guard(self.0.checked_sub(&other.0)?),
        }
    }

    /// The product.
    #[must_use]
    pub fn checked_mul(self, other: Self) -> Option<Self> {
        match self.integers(other) {
            Some((left, right)) => Self::from_integer(left.checked_mul(right)?),
            None => Self::guard(self.0.checked_mul(&other.0)?),
        }
    }

    /// The quotient; `None` also for a division by 0.
    #[must_use]
    pub fn checked_div(self, other: Self) -> Option<Self> {
        Self::guard(self.0.checked_div(&other.0)?)
    }

    /// The quotient rounded toward minus infinity; `None` also for a division by 0.
    #[must_use]
    pub fn checked_floor_div(self, other: Self) -> Option<Self> {
        self.checked_div(other)?.floor()
    }

    /// What [`checked_floor_div`](Self::checked_floor_div) leaves: it has the sign of the divisor.
    #[must_use]
    pub fn checked_modulo(self, other: Self) -> Option<Self> {
        self.checked_sub(self.checked_floor_div(other)?.checked_mul(other)?)
    }

    /// The power with a whole exponent; `None` also for a negative power of 0.
    #[must_use]
    pub fn checked_pow(self, exponent: i32) -> Option<Self> {
        let base = if exponent < 0 { Self::ONE.checked_div(self)? } else { self };
        let mut result = Self::ONE;
        for bit in (0..u32::BITS).rev().skip_while(|bit| exponent.unsigned_abs() >> bit == 0) {
            result = result.checked_mul(result)?;
            if (exponent.unsigned_abs() >> bit) & 1 == 1 {
                result = result.checked_mul(base)?;
            }
        }
        Some(result)
    }

    /// The number with the other sign.
    #[must_use]
    pub fn negated(self) -> Self {
        Self(Ratio::new_raw(self.numerator().saturating_neg(), self.denominator()))
    }

    /// The number without its sign.
    #[must_use]
    pub fn abs(self) -> Self {
        Self(Ratio::new_raw(self.numerator().saturating_abs(), self.denominator()))
    }

    /// The largest whole number that is not above this one.
    #[must_use]
    pub fn floor(self) -> Option<Self> {
        Self::from_integer(self.numerator().checked_div_euclid(self.denominator())?)
    }

    /// The smallest whole number that is not below this one.
    #[must_use]
    pub fn ceil(self) -> Option<Self> {
        self.negated().floor().map(Self::negated)
    }

    /// Both as integers, if they are: the common case, and a cheaper one.
    fn integers(self, other: Self) -> Option<(i128, i128)> {
        Some((self.as_i128()?, other.as_i128()?))
    }

    /// Keeps `i128::MIN` out of the parts.
    fn guard(ratio: Ratio<i128>) -> Option<Self> {
        (*ratio.numer() != i128::MIN && *ratio.denom() > 0).then_some(Self(ratio))
    }

    /// The digits after the point and their count, if there are finitely many and they fit.
    fn decimal_places(self) -> Option<(u128, usize)> {
        let denominator = self.denominator().unsigned_abs();
        let twos = denominator.trailing_zeros();
        let (mut rest, mut fives) = (denominator.checked_shr(twos)?, 0_u32);
        while rest > 1 && rest.checked_rem(5) == Some(0) {
            rest = rest.checked_div(5)?;
            fives = fives.checked_add(1)?;
        }
        let places = twos.max(fives);
        let scale = 10_u128.checked_pow(places)?;
        let remainder = self.numerator().unsigned_abs().checked_rem(denominator)?;
        let digits = remainder.checked_mul(scale.checked_div(denominator)?)?;
        (rest == 1).then_some((digits, usize::try_from(places).ok()?))
    }
}

impl fmt::Display for Number {
    /// Writes a whole number as such, a finite decimal as `0.5`, and any other as `1/3`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_integer() {
            return write!(formatter, "{}", self.numerator());
        }
        let Some((digits, places)) = self.decimal_places() else {
            return write!(formatter, "{}/{}", self.numerator(), self.denominator());
        };
        let sign = if self.numerator() < 0 { "-" } else { "" };
        let whole = self.abs().numerator().checked_div(self.denominator()).unwrap_or(0);
        write!(formatter, "{sign}{whole}.{digits:0places$}")
    }
}

macro_rules! number_from {
    ($($integer:ty)*) => {$(
        impl From<$integer> for Number {
            fn from(value: $integer) -> Self {
                Self(Ratio::new_raw(i128::from(value), 1))
            }
        }
    )*};
}

number_from!(u8 u16 u32 u64 i8 i16 i32 i64);

/// Splits `3.8e9` into `3.8` and 9.
fn split_exponent(text: &str) -> Option<(&str, i32)> {
    match text.split_once(['e', 'E']) {
        None => Some((text, 0)),
        Some((mantissa, exponent)) => {
            let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            let all_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            let value = exponent.parse::<i32>().ok().filter(|_| all_digits)?;
            Some((mantissa, value))
        }
    }
}

/// The digits of both parts read as one whole number; `None` if there are none.
fn parse_digits(whole: &str, fraction: &str) -> Option<i128> {
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut value = 0_i128;
    for byte in whole.bytes().chain(fraction.bytes()) {
        let digit = char::from(byte).to_digit(10)?;
        value = value.checked_mul(10)?.checked_add(i128::from(digit))?;
    }
    Some(value)
}

/// `digits` times ten to the `exponent`.
fn scale_by_ten(digits: i128, exponent: i32) -> Option<Number> {
    if digits == 0 {
        return Some(Number::ZERO);
    }
    let mut digits = digits;
    let mut exponent = exponent;
    while exponent < 0 && digits.checked_rem(10) == Some(0) {
        digits = digits.checked_div(10)?;
        exponent = exponent.checked_add(1)?;
    }
    let scale = Number::from_integer(10_i128.checked_pow(exponent.unsigned_abs())?)?;
    let digits = Number::from_integer(digits)?;
    if exponent < 0 { digits.checked_div(scale) } else { digits.checked_mul(scale) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn decimals_are_exact() {
        let cases = [
            ("0", Some((0, 1))),
            ("12", Some((12, 1))),
            ("-12", Some((-12, 1))),
            ("0.1", Some((1, 10))),
            (".5", Some((1, 2))),
            ("-0.75", Some((-3, 4))),
            ("3.8e9", Some((3_800_000_000, 1))),
            ("1e-5", Some((1, 100_000))),
            ("1E+3", Some((1000, 1))),
            ("0e999999", Some((0, 1))),
            ("10e-1", Some((1, 1))),
            ("1.00000000000000000000000000000000000000000000000000", Some((1, 1))),
            ("170141183460469231731687303715884105727", Some((i128::MAX, 1))),
            ("170141183460469231731687303715884105728", None),
            ("1e38", Some((10_i128.pow(38), 1))),
            ("1e39", None),
            ("1e-39", None),
            ("1e99999999999", None),
            ("", None),
            (".", None),
            ("-", None),
            ("1e", None),
            ("1e+-3", None),
            ("0x10", None),
            ("1.2.3", None),
            ("١", None),
        ];
        for (text, expected) in cases {
            let found =
                Number::from_decimal(text).map(|number| (number.numerator(), number.denominator()));
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn floats_give_their_shortest_decimal() {
        assert_eq!(Number::from_f64_shortest(0.1), Number::from_fraction(1, 10));
        assert_eq!(Number::from_f64_shortest(-2.5e-3), Number::from_fraction(-1, 400));
        assert_eq!(Number::from_f64_shortest(3.8e9), Number::from_integer(3_800_000_000));
        assert_eq!(Number::from_f64_shortest(-0.0), Some(Number::ZERO));
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300, 1e-300] {
            assert_eq!(Number::from_f64_shortest(value), None, "{value}");
        }
    }

    #[test]
    fn numbers_are_written_as_in_a_file() {
        let cases = [
            ((3, 1), "3"),
            ((-3, 1), "-3"),
            ((1, 2), "0.5"),
            ((-1, 8), "-0.125"),
            ((7, 5), "1.4"),
            ((1, 3), "1/3"),
            ((-22, 7), "-22/7"),
            ((1, 100_000), "0.00001"),
            ((1, 10_i128.pow(38)), "0.00000000000000000000000000000000000001"),
            ((1, 1 << 100), "1/1267650600228229401496703205376"),
        ];
        for ((numerator, denominator), expected) in cases {
            let number = Number::from_fraction(numerator, denominator).unwrap();
            assert_eq!(number.to_string(), expected);
        }
    }

    #[test]
    fn conversions_are_checked() {
        let number = |text: &str| Number::from_decimal(text).unwrap();
        assert_eq!(number("18446744073709551615").as_u64(), Some(u64::MAX));
        assert_eq!(number("18446744073709551616").as_u64(), None);
        assert_eq!(number("-1").as_u64(), None);
        assert_eq!(number("-1").as_i64(), Some(-1));
        assert_eq!(number("0.5").as_i64(), None);
        assert_eq!(number("9223372036854775808").as_i64(), None);
    }

    #[test]
    fn rounding_goes_toward_minus_infinity() {
        let half = |twice: i128| Number::from_fraction(twice, 2).unwrap();
        assert_eq!(half(-3).floor(), Number::from_integer(-2));
        assert_eq!(half(-3).ceil(), Number::from_integer(-1));
        assert_eq!(half(3).floor(), Number::from_integer(1));
        assert_eq!(half(3).ceil(), Number::from_integer(2));
        let modulo = |left: i64, right: i64| {
            Number::from(left).checked_modulo(right.into()).and_then(Number::as_i64)
        };
        assert_eq!(modulo(-7, 2), Some(1));
        assert_eq!(modulo(7, -2), Some(-1));
        assert_eq!(modulo(7, 0), None);
    }

    #[test]
    fn powers_are_exact_and_bounded() {
        let two = Number::from(2_u64);
        assert_eq!(two.checked_pow(126), Number::from_integer(1 << 126));
        assert_eq!(two.checked_pow(127), None);
        assert_eq!(two.checked_pow(-2), Number::from_fraction(1, 4));
        assert_eq!(Number::ZERO.checked_pow(0), Some(Number::ONE));
        assert_eq!(Number::ZERO.checked_pow(-1), None);
        assert_eq!(Number::from(-1_i64).checked_pow(255), Some(Number::from(-1_i64)));
        assert_eq!(Number::ONE.checked_pow(i32::MIN), Some(Number::ONE));
    }

    fn extreme() -> impl Strategy<Value = i128> {
        prop_oneof![
            any::<i128>(),
            Just(i128::MIN),
            Just(i128::MAX),
            Just(i128::MIN + 1),
            -4_i128..4,
            (0_u32..127).prop_map(|bit| -(1_i128 << bit))
        ]
    }

    proptest! {
        #[test]
        fn arithmetic_never_panics(a in extreme(), b in extreme(), c in extreme(), d in extreme(), exponent in any::<i32>()) {
            let (Some(left), Some(right)) = (Number::from_fraction(a, b), Number::from_fraction(c, d)) else {
                return Ok(());
            };
            for result in [
                left.checked_add(right), left.checked_sub(right), left.checked_mul(right), left.checked_div(right),
                left.checked_floor_div(right), left.checked_modulo(right), left.checked_pow(exponent % 300),
                left.floor(), left.ceil(), Some(left.abs()), Some(left.negated()),
            ].into_iter().flatten() {
                prop_assert!(result.numerator() != i128::MIN && result.denominator() > 0);
                let _ = (result.to_string(), result.to_f64(), result.cmp(&left));
            }
        }

        #[test]
        fn short_decimals_survive_a_float(value in -1e9..1e9_f64) {
            let number = Number::from_f64_shortest(value).unwrap();
            prop_assert!((number.to_f64() - value).abs() <= value.abs() * 1e-15);
            if let Some(back) = Number::from_decimal(&number.to_string()) {
                prop_assert_eq!(back, number);
            }
        }

        #[test]
        fn any_text_is_no_trouble_as_decimal(text in "[-+0-9.eE]{0,60}") {
            let _ = Number::from_decimal(&text);
        }
    }
}
