//! Writing counts, bytes, ratios and rates for people, counts in whole-number arithmetic.

use num_bigint::BigUint;
use num_traits::ToPrimitive;

use super::{MEBIBYTE, RateUnit, SI_PREFIXES};

/// The exact count with separators: `25,557,032`.
pub fn thousands(count: u64) -> String {
    grouped(count.into())
}

fn grouped(count: u128) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The count to four digits with an SI prefix: `25.56 M`; exact below a thousand.
pub fn short(count: u64) -> String {
    let mut larger = None;
    for (prefix, power) in SI_PREFIXES.into_iter().rev() {
        if count >= power {
            let number = four_digits(u128::from(count), u128::from(power));
            // Rounding may reach the next prefix: 999,999 is 1.000 M.
            return match larger {
                Some(larger) if number == "1000" => format!("1.000 {larger}"),
                _ => format!("{number} {prefix}"),
            };
        }
        larger = Some(prefix);
    }
    count.to_string()
}

/// The largest SI prefix of which a number of this size has at least one, with the power of ten that it stands for.
pub(crate) fn prefix(size: f64) -> Option<(&'static str, f64)> {
    let prefixes = SI_PREFIXES.into_iter().rev().map(|(prefix, power)| (prefix, power as f64));
    prefixes.into_iter().find(|(_, power)| size >= *power)
}

/// `count / power` to four digits, at most three of them decimals.
fn four_digits(count: u128, power: u128) -> String {
    for decimals in [3, 2, 1] {
        let scale = 10_u128.pow(decimals);
        let rounded = rounded_quotient(count * scale, power);
        if rounded < 10_000 {
            return with_decimals(rounded, decimals);
        }
    }
    rounded_quotient(count, power).to_string()
}

/// The quotient, halves rounded up.
fn rounded_quotient(count: u128, divisor: u128) -> u128 {
    (count + divisor / 2) / divisor
}

/// `scaled / 10^decimals` written out.
fn with_decimals(scaled: u128, decimals: u32) -> String {
    let scale = 10_u128.pow(decimals);
    let width = usize::try_from(decimals).unwrap_or(0);
    format!("{}.{:0width$}", scaled / scale, scaled % scale)
}

/// The amount in MiB: `97.49 MiB`, with more decimals below one MiB.
pub fn mebibytes(bytes: u64) -> String {
    if bytes == 0 {
        return "0 MiB".to_owned();
    }
    let decimals = if bytes >= MEBIBYTE { 2 } else { 4 };
    let scaled = rounded_quotient(u128::from(bytes) * 10_u128.pow(decimals), MEBIBYTE.into());
    if scaled == 0 {
        return "<0.0001 MiB".to_owned();
    }
    let number = with_decimals(scaled, decimals);
    let (whole, rest) = number.split_once('.').unwrap_or((&number, ""));
    let whole = whole.parse().map_or_else(|_| whole.to_owned(), thousands);
    format!("{whole}.{rest} MiB")
}

/// A factor between two figures: `×0.51`, `×12.3`, `×1,200`; `×1` is exactly that. Near one it has as many digits as it takes to
/// tell it from one, `×1.0004`, at most six of them decimals.
pub fn ratio(ratio: f64) -> String {
    if ratio == 0.0 {
        return "×0".to_owned();
    }
    if ratio == 1.0 {
        return "×1".to_owned();
    }
    if ratio < 0.001 {
        return "<×0.001".to_owned();
    }
    if ratio >= 99.95 {
        return format!("×{}", grouped(rounded(ratio)));
    }
    let least = match ratio {
        _ if ratio < 0.1 => 3,
        _ if ratio < 9.995 => 2,
        _ => 1,
    };
    let is_one = |text: &String| text.trim_end_matches('0') == "1.";
    let mut texts = (least..=6).map(|decimals| format!("{ratio:.decimals$}"));
    match texts.find(|text| !is_one(text)) {
        Some(text) => format!("×{text}"),
        None if ratio < 1.0 => "<×1".to_owned(),
        None => ">×1".to_owned(),
    }
}

/// A difference with its sign and separators: `+1,024`, `−3`.
pub fn signed(difference: i128) -> String {
    let digits = grouped(difference.unsigned_abs());
    match difference {
        0 => digits,
        1.. => format!("+{digits}"),
        _ => format!("−{digits}"),
    }
}

/// A number to four digits: `4.290`, `0.01234`, `31,250`; an SI prefix is the caller's affair.
pub fn number(number: f64) -> String {
    if !number.is_finite() {
        return number.to_string();
    }
    // The power of ten that it begins with once it is rounded to four digits: that of 999.96 is three.
    let scientific = format!("{number:.3e}");
    let exponent = scientific.split_once('e').and_then(|(_, power)| power.parse::<i32>().ok());
    match exponent.unwrap_or(0) {
        3.. => {
            let text = grouped(rounded(number.abs()));
            if number < 0.0 { format!("−{text}") } else { text }
        }
        power @ -3..3 => {
            let decimals = usize::try_from(3_i32.saturating_sub(power)).unwrap_or(3);
            format!("{number:.decimals$}")
        }
        _ => scientific,
    }
}

/// The whole number nearest to one that is not negative.
fn rounded(number: f64) -> u128 {
    // Whole by its rounding; beyond 128 bits the digits say nothing any more.
    format!("{number:.0}").parse().unwrap_or(u128::MAX)
}

/// A duration with its unit: `1.234 ms`.
pub fn seconds(seconds: f64) -> String {
    let units = [(1.0, "s"), (1e-3, "ms"), (1e-6, "µs")];
    let unit = units.into_iter().find(|(scale, _)| seconds >= *scale);
    let (scale, name) = unit.unwrap_or((1e-9, "ns"));
    format!("{} {name}", number(seconds / scale))
}

/// A share of a whole: `12.3 %`. What is not nothing is never `0.0 %`, and what is not everything never `100.0 %`.
pub fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent > 0.0 && percent < 0.05 {
        "<0.1 %".to_owned()
    } else if (99.95..100.0).contains(&percent) {
        ">99.9 %".to_owned()
    } else {
        let text = format!("{percent:.1}");
        let (whole, rest) = text.split_once('.').unwrap_or((&text, "0"));
        let whole = whole.parse().map_or_else(|_| whole.to_owned(), grouped);
        format!("{whole}.{rest} %")
    }
}

/// A rate with an SI prefix and its unit, to four digits: `15.7 TFLOP/s`, `900 GB/s`.
pub fn rate(rate: f64, unit: RateUnit) -> String {
    let (prefix, power) = prefix(rate).unwrap_or(("", 1.0));
    let text = number(rate / power);
    let text =
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text} {prefix}{}", unit.name())
}

/// A number that may be beyond 64 bits: with separators as long as it has at most 15 digits, and then as `1.847 × 10¹⁵`, powers of
/// two as `2⁵⁰ ≈ 1.126 × 10¹⁵`.
pub fn large(count: &BigUint) -> String {
    const LONGEST: u64 = 1_000_000_000_000_000;
    if let Some(count) = count.to_u64().filter(|count| *count < LONGEST) {
        return thousands(count);
    }
    let digits = count.to_string();
    let exponent = digits.len().saturating_sub(1);
    // Two digits more than are shown decide the rounding.
    let leading: String = digits.chars().take(6).collect();
    let leading = leading.parse::<f64>().unwrap_or(0.0) / 1e5;
    let (leading, exponent) =
        if leading >= 9.9995 { (1.0, exponent.saturating_add(1)) } else { (leading, exponent) };
    let text = format!("{leading:.3} × 10{}", raised(&exponent.to_string()));
    if count.count_ones() != 1 {
        return text;
    }
    let power = count.bits().saturating_sub(1);
    format!("2{} ≈ {text}", raised(&power.to_string()))
}

/// A number that is known in floating point only: `≈ 40.25`, `≈ 1.234 × 10⁹`.
pub fn approximate(approximate: f64) -> String {
    if approximate.abs() < 1e6 || !approximate.is_finite() {
        return format!("≈ {}", number(approximate));
    }
    let text = format!("{approximate:.3e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    format!("≈ {digits} × 10{}", raised(exponent))
}

/// Digits as an exponent.
fn raised(digits: &str) -> String {
    const RAISED: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let raised = |digit: char| {
        let place = digit.to_digit(10).and_then(|digit| usize::try_from(digit).ok());
        place.and_then(|place| RAISED.get(place)).copied().unwrap_or('⁻')
    };
    digits.chars().map(raised).collect()
}

/// A bar of a length between 0 and 1, drawn in eighths of at most 40 characters.
pub fn bar(length: f64) -> String {
    const LONGEST: f64 = 40.0;
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let mut rest = length.clamp(0.0, 1.0) * LONGEST;
    let mut text = String::new();
    while rest >= 1.0 {
        text.push('█');
        rest -= 1.0;
    }
    let part = (1_u8..8).rev().find(|part| rest * 8.0 >= f64::from(*part)).unwrap_or(0);
    text + EIGHTHS.get(usize::from(part)).copied().unwrap_or_default()
}

/// The noun of a number of things, in the singular for exactly one; or the verb.
pub fn noun<T: Copy + PartialEq + From<u8>>(number: T, [one, many]: [&str; 2]) -> &str {
    if number == T::from(1) { one } else { many }
}

/// A count with what is counted, in the singular for exactly one: `1 layer`, `1,234 layers`.
#[must_use]
pub fn counted(count: u64, [one, many]: [&str; 2]) -> String {
    format!("{} {}", thousands(count), noun(count, [one, many]))
}

/// A shape as it is written for people: `64×56×56`.
#[must_use]
pub fn shape_text(shape: &[u64]) -> String {
    let sizes: Vec<String> = shape.iter().map(u64::to_string).collect();
    sizes.join("×")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_separators() {
        let cases = [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (25_557_032, "25,557,032"),
            (u64::MAX, "18,446,744,073,709,551,615"),
        ];
        for (count, expected) in cases {
            assert_eq!(thousands(count), expected);
        }
    }

    #[test]
    fn short_counts_have_four_digits() {
        let cases = [
            (0, "0"),
            (999, "999"),
            (1_000, "1.000 k"),
            (9_999, "9.999 k"),
            (99_999, "100.0 k"),
            (999_949, "999.9 k"),
            (999_950, "1.000 M"),
            (1_248_424, "1.248 M"),
            (25_557_032, "25.56 M"),
            (4_089_184_256, "4.089 G"),
            (u64::MAX, "18.45 E"),
        ];
        for (count, expected) in cases {
            assert_eq!(short(count), expected, "{count}");
        }
    }

    #[test]
    fn bytes_are_mebibytes() {
        let cases = [
            (0, "0 MiB"),
            (4, "<0.0001 MiB"),
            (1024, "0.0010 MiB"),
            (1 << 20, "1.00 MiB"),
            (102_228_128, "97.49 MiB"),
            (5_000_000_000, "4,768.37 MiB"),
            (u64::MAX, "17,592,186,044,416.00 MiB"),
        ];
        for (bytes, expected) in cases {
            assert_eq!(mebibytes(bytes), expected, "{bytes}");
        }
    }

    #[test]
    fn ratios_tell_one_from_what_is_near_it() {
        let ratios = [
            (0.0, "×0"),
            (0.0001, "<×0.001"),
            (0.0513, "×0.051"),
            (0.9949, "×0.99"),
            (0.996, "×0.996"),
            (0.9996, "×0.9996"),
            (1.0 - 1e-9, "<×1"),
            (1.0, "×1"),
            (1.0 + 1e-9, ">×1"),
            (1.000_001, "×1.000001"),
            (1.0004, "×1.0004"),
            (1.005_1, "×1.01"),
            (9.999, "×10.0"),
            (12.34, "×12.3"),
            (99.96, "×100"),
            (1234.0, "×1,234"),
        ];
        for (value, expected) in ratios {
            assert_eq!(ratio(value), expected, "{value}");
        }
    }

    #[test]
    fn shares_tell_nothing_and_everything_from_what_is_near_them() {
        let shares = [
            (0.0, "0.0 %"),
            (0.0001, "<0.1 %"),
            (0.1234, "12.3 %"),
            (24.557, "2,455.7 %"),
            (0.9994, "99.9 %"),
            (0.9996, ">99.9 %"),
            (1.0, "100.0 %"),
            (1.5, "150.0 %"),
        ];
        for (share, expected) in shares {
            assert_eq!(percent(share), expected, "{share}");
        }
    }

    #[test]
    fn numbers_have_four_digits() {
        let numbers = [
            (0.0, "0.000"),
            (0.000_123_4, "1.234e-4"),
            (0.012_344, "0.01234"),
            (0.25, "0.2500"),
            (0.999_96, "1.000"),
            (4.29, "4.290"),
            (99.996, "100.0"),
            (999.96, "1,000"),
            (-31_250.4, "−31,250"),
        ];
        for (value, expected) in numbers {
            assert_eq!(number(value), expected, "{value}");
        }
        assert_eq!(seconds(0.000_793_1), "793.1 µs");
    }

    #[test]
    fn rates_have_prefix_and_unit() {
        for (value, unit, expected) in [
            (15.7e12, RateUnit::Flops, "15.7 TFLOP/s"),
            (900e9, RateUnit::Bytes, "900 GB/s"),
            (512e9, RateUnit::Flops, "512 GFLOP/s"),
            (246.553e6, RateUnit::Flops, "246.6 MFLOP/s"),
            (1.0, RateUnit::Bytes, "1 B/s"),
        ] {
            assert_eq!(rate(value, unit), expected);
        }
    }

    #[test]
    fn long_numbers_are_shortened() {
        let cases = [
            (BigUint::from(999_999_999_999_999_u64), "999,999,999,999,999"),
            (BigUint::from(2_u32).pow(50), "2⁵⁰ ≈ 1.126 × 10¹⁵"),
            (BigUint::from(10_u32).pow(20) - 1_u32, "1.000 × 10²⁰"),
            (BigUint::from(3_174_600_000_000_000_u64), "3.175 × 10¹⁵"),
        ];
        for (count, expected) in cases {
            assert_eq!(large(&count), expected);
        }
        for (number, expected) in
            [(40.25, "≈ 40.25"), (12_345.6, "≈ 12,346"), (12_345_678.0, "≈ 1.235 × 10⁷")]
        {
            assert_eq!(approximate(number), expected);
        }
    }

    #[test]
    fn bars_are_drawn_in_eighths() {
        for (length, expected) in [(0.0, ""), (0.5 / 40.0, "▌"), (2.25 / 40.0, "██▎")] {
            assert_eq!(bar(length), expected);
        }
        assert_eq!(bar(1.0).chars().count(), 40);
    }

    #[test]
    fn one_is_singular() {
        let layers = |count| counted(count, ["layer", "layers"]);
        assert_eq!([layers(0), layers(1), layers(1234)], ["0 layers", "1 layer", "1,234 layers"]);
    }
}
