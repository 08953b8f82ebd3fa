//! How counts, bytes and ratios are written for people, in whole-number arithmetic.

/// SI prefixes and the powers of ten they stand for, largest first.
const PREFIXES: [(u64, &str); 6] = [
    (1_000_000_000_000_000_000, "E"),
    (1_000_000_000_000_000, "P"),
    (1_000_000_000_000, "T"),
    (1_000_000_000, "G"),
    (1_000_000, "M"),
    (1_000, "k"),
];

/// Bytes in a MiB.
const MEBIBYTE: u128 = 1 << 20;

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
    for (position, (power, prefix)) in PREFIXES.iter().enumerate() {
        if count < *power {
            continue;
        }
        let number = four_digits(u128::from(count), u128::from(*power));
        // Rounding may reach the next prefix: 999,999 is 1.000 M.
        return match position.checked_sub(1).and_then(|next| PREFIXES.get(next)) {
            Some((_, larger)) if number == "1000" => format!("1.000 {larger}"),
            _ => format!("{number} {prefix}"),
        };
    }
    count.to_string()
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
    let bytes = u128::from(bytes);
    if bytes == 0 {
        return "0 MiB".to_owned();
    }
    let decimals = if bytes >= MEBIBYTE { 2 } else { 4 };
    let scaled = rounded_quotient(bytes * 10_u128.pow(decimals), MEBIBYTE);
    if scaled == 0 {
        return "<0.0001 MiB".to_owned();
    }
    let number = with_decimals(scaled, decimals);
    let (whole, rest) = number.split_once('.').unwrap_or((&number, ""));
    let whole = whole.parse().map_or_else(|_| whole.to_owned(), thousands);
    format!("{whole}.{rest} MiB")
}

/// A factor between two figures: `×0.51`, `×12.3`, `×1,200`.
pub fn ratio(ratio: f64) -> String {
    if ratio == 0.0 {
        "×0".to_owned()
    } else if ratio < 0.001 {
        "<×0.001".to_owned()
    } else if ratio < 0.1 {
        format!("×{ratio:.3}")
    } else if ratio < 10.0 {
        format!("×{ratio:.2}")
    } else if ratio < 100.0 {
        format!("×{ratio:.1}")
    } else {
        format!("×{ratio:.0}")
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
    let size = number.abs();
    if !number.is_finite() {
        number.to_string()
    } else if size >= 1000.0 {
        let text = grouped(rounded(size));
        if number < 0.0 { format!("−{text}") } else { text }
    } else if size >= 100.0 {
        format!("{number:.1}")
    } else if size >= 10.0 {
        format!("{number:.2}")
    } else if size >= 1.0 || number == 0.0 {
        format!("{number:.3}")
    } else if size >= 0.001 {
        format!("{number:.5}")
    } else {
        format!("{number:.3e}")
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

/// A share of a whole: `12.3 %`.
pub fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent > 0.0 && percent < 0.05 { "<0.1 %".to_owned() } else { format!("{percent:.1} %") }
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
    fn ratios_and_shares() {
        let ratios = [
            (0.0, "×0"),
            (0.0001, "<×0.001"),
            (0.0513, "×0.051"),
            (1.0, "×1.00"),
            (12.34, "×12.3"),
            (1234.0, "×1234"),
        ];
        for (value, expected) in ratios {
            assert_eq!(ratio(value), expected);
        }
        assert_eq!(percent(0.0), "0.0 %");
        assert_eq!(percent(0.0001), "<0.1 %");
        assert_eq!(percent(0.1234), "12.3 %");
    }
}
