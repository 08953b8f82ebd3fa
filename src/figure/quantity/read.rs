//! Reading amounts and rates.

use thiserror::Error;

use super::{IEC_PREFIXES, RateUnit, SI_PREFIXES};
use crate::figure::Unit;

/// Why a text is no amount.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum QuantityError {
    /// No number with a unit.
    #[error("`{0}` is no amount; write a number as 5000000, 5_000_000, 5M or 4.5G")]
    Malformed(String),
    /// A unit that nothing has.
    #[error("`{0}` is no unit; the prefixes are k, M, G, T, P, and Ki, Mi, Gi for bytes")]
    UnknownUnit(String),
    /// Bytes of what is not counted in bytes.
    #[error("`{0}` is a unit of bytes, which only memory is counted in")]
    NotInBytes(String),
    /// A part of something that cannot be divided.
    #[error("`{0}` is no whole number")]
    Fraction(String),
    /// Nothing a second.
    #[error("`{0}` is no positive number; write a rate as 10T, 900G or 1.5e12")]
    NotPositive(String),
    /// A unit that is not that of the rate.
    #[error("`{0}` is no {1}; write the prefix k, M, G, T or P alone, or before the unit")]
    NotTheUnit(String, &'static str),
    /// More than any figure can be.
    #[error("`{0}` exceeds 64 bits")]
    TooLarge(String),
}

/// Reads an amount of what is counted in `unit`, exactly.
///
/// A number has `_` between its digits or `,` between groups of three, a decimal point, an exponent, and a prefix: `k`, `M`,
/// `G`, `T`, `P` are powers of 1000. Bytes may be written with `B`, and then with `Ki`, `Mi`, `Gi`, which are powers of 1024.
///
/// # Errors
/// Where the text is no amount, its unit does not fit, or it is no whole number of 64 bits.
pub fn parse(text: &str, unit: Unit) -> Result<u64, QuantityError> {
    let text = text.trim();
    let malformed = || QuantityError::Malformed(text.to_owned());
    let (number, exponent, suffix) = split(text).ok_or_else(malformed)?;
    let factor = factor(suffix.trim(), unit)?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let whole = without_separators(whole).ok_or_else(malformed)?;
    let fraction = fraction.trim_end_matches('0');
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) || number.ends_with('.') {
        return Err(malformed());
    }
    let too_large = || QuantityError::TooLarge(text.to_owned());
    let digits = whole + fraction;
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return Ok(0);
    }
    let digits: u128 = digits.parse().map_err(|_| too_large())?;
    let places = i64::try_from(fraction.len()).map_err(|_| too_large())?;
    let amount = digits.checked_mul(factor.into()).ok_or_else(too_large)?;
    let amount = scaled(amount, i64::from(exponent) - places, text)?;
    u64::try_from(amount).map_err(|_| too_large())
}

/// Reads a rate: a positive number as [`parse`] has it, which need not be whole, with a prefix, and with the unit or not: `10T`,
/// `34.1 GB/s`, `4.29TFLOP/s`, `1.5e12`. Bytes may have binary prefixes before their unit.
///
/// # Errors
/// Where the text is no positive number, or its unit is another.
pub fn parse_rate(text: &str, unit: RateUnit) -> Result<f64, QuantityError> {
    let text = text.trim();
    let malformed = || QuantityError::Malformed(text.to_owned());
    let (number, exponent, suffix) = split(text).ok_or_else(malformed)?;
    let factor = rate_factor(suffix.trim(), unit)?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let whole = without_separators(whole).ok_or_else(malformed)?;
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) || number.ends_with('.') {
        return Err(malformed());
    }
    let number: f64 = format!("0{whole}.{fraction}e{exponent}").parse().map_err(|_| malformed())?;
    let rate = number * factor as f64;
    let is_rate = rate.is_finite() && rate > 0.0;
    is_rate.then_some(rate).ok_or_else(|| QuantityError::NotPositive(text.to_owned()))
}

/// What the unit of a rate multiplies a number by.
fn rate_factor(suffix: &str, unit: RateUnit) -> Result<u64, QuantityError> {
    let named = unit.spellings().iter().find_map(|name| suffix.strip_suffix(name));
    let binary = named.filter(|_| unit == RateUnit::Bytes).and_then(binary);
    let factor = decimal(named.unwrap_or(suffix).trim_end()).or(binary);
    factor.ok_or_else(|| QuantityError::NotTheUnit(suffix.to_owned(), unit.name()))
}

/// What an SI prefix stands for; none is 1.
fn decimal(prefix: &str) -> Option<u64> {
    match prefix {
        "" => Some(1),
        // No other prefix is near it.
        "K" => decimal("k"),
        // The letter is that of an exponent.
        "E" => None,
        _ => named(prefix, &SI_PREFIXES),
    }
}

/// What an IEC prefix stands for.
fn binary(prefix: &str) -> Option<u64> {
    named(prefix, &IEC_PREFIXES)
}

fn named(prefix: &str, prefixes: &[(&str, u64)]) -> Option<u64> {
    prefixes.iter().find_map(|(known, factor)| (*known == prefix).then_some(*factor))
}

/// `amount` times ten to the `exponent`.
fn scaled(amount: u128, exponent: i64, text: &str) -> Result<u128, QuantityError> {
    let power = u32::try_from(exponent.unsigned_abs()).ok();
    let power = power.and_then(|power| 10_u128.checked_pow(power));
    let too_large = || QuantityError::TooLarge(text.to_owned());
    if exponent >= 0 {
        return power.and_then(|power| amount.checked_mul(power)).ok_or_else(too_large);
    }
    // A power beyond 128 bits divides none of the amounts, which are above zero and fit them.
    let divided = power.filter(|power| amount.is_multiple_of(*power));
    let divided = divided.and_then(|power| amount.checked_div(power));
    divided.ok_or_else(|| QuantityError::Fraction(text.to_owned()))
}

/// The number, its exponent and its unit.
fn split(text: &str) -> Option<(&str, i32, &str)> {
    let is_number = |character: char| character.is_ascii_digit() || ".,_".contains(character);
    let end = text.find(|character| !is_number(character)).unwrap_or(text.len());
    let (number, rest) = text.split_at_checked(end)?;
    if !number.starts_with(|character: char| character.is_ascii_digit() || character == '.') {
        return None;
    }
    let Some(after) = rest.strip_prefix(['e', 'E']) else { return Some((number, 0, rest)) };
    let digits = after.strip_prefix(['+', '-']).unwrap_or(after);
    let length = digits.find(|character: char| !character.is_ascii_digit());
    let length = after.len() - digits.len() + length.unwrap_or(digits.len());
    let (exponent, suffix) = after.split_at_checked(length)?;
    Some((number, exponent.parse().ok()?, suffix))
}

/// The digits of a whole number without what separates them; `None` where a separator stands wrong.
fn without_separators(whole: &str) -> Option<String> {
    if whole.contains(',') {
        let mut groups = whole.split(',');
        let first = groups.next().is_some_and(|group| (1..=3).contains(&group.len()));
        if !first || groups.any(|group| group.len() != 3) || whole.contains('_') {
            return None;
        }
    }
    let is_digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
    let bytes = whole.as_bytes();
    let stands_right = |(at, byte): (usize, &u8)| {
        byte.is_ascii_digit()
            || (is_digit(at.checked_sub(1).and_then(|at| bytes.get(at)))
                && is_digit(bytes.get(at + 1)))
    };
    let stand_right = bytes.iter().enumerate().all(stands_right);
    stand_right.then(|| whole.replace(['_', ','], ""))
}

/// What a unit multiplies a number by.
fn factor(suffix: &str, unit: Unit) -> Result<u64, QuantityError> {
    let bytes = suffix.strip_suffix('B').and_then(|prefix| decimal(prefix).or(binary(prefix)));
    match (decimal(suffix), bytes) {
        (Some(factor), _) => Ok(factor),
        (None, Some(factor)) if unit == Unit::Bytes => Ok(factor),
        (None, Some(_)) => Err(QuantityError::NotInBytes(suffix.to_owned())),
        (None, None) => Err(QuantityError::UnknownUnit(suffix.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact() {
        for (text, count) in [
            ("0", 0),
            ("5000000", 5_000_000),
            ("5_000_000", 5_000_000),
            ("25,557,032", 25_557_032),
            ("5M", 5_000_000),
            (" 5 M ", 5_000_000),
            ("4.5M", 4_500_000),
            ("0.001k", 1),
            (".5k", 500),
            ("3.8e9", 3_800_000_000),
            ("1e3k", 1_000_000),
            ("12000e-3", 12),
            ("2K", 2_000),
            ("1.5T", 1_500_000_000_000),
            ("18P", 18_000_000_000_000_000),
            ("18446744073709551615", u64::MAX),
            ("0e99", 0),
        ] {
            assert_eq!(parse(text, Unit::Count), Ok(count), "{text}");
        }
        for (text, bytes) in [
            ("8MiB", 8 << 20),
            ("8 MiB", 8 << 20),
            ("0.5KiB", 512),
            ("8MB", 8_000_000),
            ("8M", 8_000_000),
            ("1.5kB", 1_500),
            ("1KB", 1_000),
            ("17B", 17),
            ("17", 17),
            ("2GiB", 2 << 30),
        ] {
            assert_eq!(parse(text, Unit::Bytes), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn rates_have_prefixes_and_their_unit() {
        for (text, unit, rate) in [
            ("10T", RateUnit::Flops, 10e12),
            ("900 GB/s", RateUnit::Bytes, 900e9),
            ("4.29TFLOP/s", RateUnit::Flops, 4.29e12),
            ("19.5 TFLOPS", RateUnit::Flops, 19.5e12),
            ("1.5e12", RateUnit::Flops, 1.5e12),
            ("34.1GB/s", RateUnit::Bytes, 34.1e9),
            ("2 MiB/s", RateUnit::Bytes, 2_097_152.0),
            ("1_000", RateUnit::Bytes, 1e3),
            (".5k", RateUnit::Flops, 500.0),
        ] {
            assert_eq!(parse_rate(text, unit), Ok(rate), "{text}");
        }
        let malformed = |text: &str| QuantityError::Malformed(text.to_owned());
        let not_positive = |text: &str| QuantityError::NotPositive(text.to_owned());
        let other = |text: &str, unit| QuantityError::NotTheUnit(text.to_owned(), unit);
        for (text, unit, error) in [
            ("0", RateUnit::Flops, not_positive("0")),
            ("1e999", RateUnit::Flops, not_positive("1e999")),
            ("1e-999", RateUnit::Flops, not_positive("1e-999")),
            ("-1G", RateUnit::Flops, malformed("-1G")),
            ("inf", RateUnit::Flops, malformed("inf")),
            ("nan", RateUnit::Bytes, malformed("nan")),
            ("T", RateUnit::Flops, malformed("T")),
            ("1.", RateUnit::Flops, malformed("1.")),
            ("1Q", RateUnit::Flops, other("Q", "FLOP/s")),
            ("1 GB/s", RateUnit::Flops, other("GB/s", "FLOP/s")),
            ("1 GFLOP/s", RateUnit::Bytes, other("GFLOP/s", "B/s")),
            ("1 E", RateUnit::Flops, other("E", "FLOP/s")),
            ("1 Gi", RateUnit::Bytes, other("Gi", "B/s")),
            ("1 GiFLOP/s", RateUnit::Flops, other("GiFLOP/s", "FLOP/s")),
        ] {
            assert_eq!(parse_rate(text, unit), Err(error), "{text}");
        }
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        let malformed = |text: &str| QuantityError::Malformed(text.to_owned());
        for text in [
            "",
            "M",
            "-5",
            "+5",
            "five",
            "1__0",
            "_1",
            "1_",
            "1,5",
            "1,0000",
            ",1",
            "1,000_000",
            ".",
            "5.",
            "1.2.3",
            "1.5_0",
            "1e",
            "1e+",
            "1e99999999999",
            "٣",
        ] {
            assert_eq!(parse(text, Unit::Count), Err(malformed(text)), "{text}");
        }
        for (text, unit, error) in [
            ("5m", Unit::Count, QuantityError::UnknownUnit("m".to_owned())),
            ("0x10", Unit::Count, QuantityError::UnknownUnit("x10".to_owned())),
            ("1.5", Unit::Count, QuantityError::Fraction("1.5".to_owned())),
            ("5MM", Unit::Count, QuantityError::UnknownUnit("MM".to_owned())),
            ("5Mi", Unit::Bytes, QuantityError::UnknownUnit("Mi".to_owned())),
            ("8MiB", Unit::Count, QuantityError::NotInBytes("MiB".to_owned())),
            ("8kB", Unit::Pixels, QuantityError::NotInBytes("kB".to_owned())),
            ("1.0000001M", Unit::Count, QuantityError::Fraction("1.0000001M".to_owned())),
            ("0.3B", Unit::Bytes, QuantityError::Fraction("0.3B".to_owned())),
            ("1e-99", Unit::Count, QuantityError::Fraction("1e-99".to_owned())),
            (
                "18446744073709551616",
                Unit::Count,
                QuantityError::TooLarge("18446744073709551616".to_owned()),
            ),
            ("20000P", Unit::Count, QuantityError::TooLarge("20000P".to_owned())),
            ("1e60", Unit::Count, QuantityError::TooLarge("1e60".to_owned())),
        ] {
            assert_eq!(parse(text, unit), Err(error), "{text}");
        }
    }
}
