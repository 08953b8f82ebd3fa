//! From values to positions, and the values at which an axis is marked.

use crate::back::quantity;
use crate::figure::quantity::MEBIBYTE;
use crate::report::document::{Scale as Kind, Values};

/// Numbers beyond this, or below its inverse on a logarithmic axis, are not drawn.
const LARGEST: f64 = 1e100;
/// Part of an axis that stays free at an end, so that no dot is cut.
const MARGIN: f64 = 0.04;

/// A marked value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tick {
    /// The value in the axis' unit.
    pub(super) value: f64,
    /// How it is written; empty where there is a faint line alone.
    pub(super) label: String,
}

/// How far the values of an axis reach, and what is marked.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scale {
    kind: Kind,
    values: Values,
    from: f64,
    to: f64,
    pub(super) ticks: Vec<Tick>,
}

/// Whether a value can be shown on such an axis.
pub(super) fn can_show(value: f64, kind: Kind) -> bool {
    match kind {
        Kind::Linear => value.abs() <= LARGEST,
        Kind::Logarithmic => (1.0 / LARGEST..=LARGEST).contains(&value),
    }
}

impl Scale {
    /// A scale over values that can all be shown, with about `most` labels.
    pub(super) fn new(kind: Kind, values: Values, shown: &[f64], most: usize) -> Self {
        let unit = unit(values);
        let least = shown.iter().copied().fold(f64::INFINITY, f64::min) / unit;
        let largest = shown.iter().copied().fold(f64::NEG_INFINITY, f64::max) / unit;
        let (least, largest) = match (least <= largest, kind) {
            (true, _) => (least, largest),
            (false, Kind::Linear) => (0.0, 1.0),
            (false, Kind::Logarithmic) => (1.0, 10.0),
        };
        match kind {
            Kind::Linear => Self::linear(values, least, largest, most),
            Kind::Logarithmic => {
                let doubled: Vec<f64> = shown.iter().map(|value| value / unit).collect();
                Self::logarithmic(values, (least, largest), powers_of_two(&doubled), most)
            }
        }
    }

    fn linear(values: Values, least: f64, largest: f64, most: usize) -> Self {
        let low = least.min(0.0);
        let high = if largest > low { largest.max(0.0) } else { low + 1.0 };
        let step = nice_step_from((high - low) / count(most));
        let from = if low < 0.0 { (low / step).floor() * step } else { 0.0 };
        let to = (high / step).ceil() * step;
        // Where the last line would leave much room unused, the axis ends beyond the last value.
        let close = high + (high - low) * MARGIN;
        let to = if to > close { close } else { to };
        let ticks = multiples(from, to, step)
            .map(|value| Tick { value, label: written(value, values) })
            .collect();
        Self { kind: Kind::Linear, values, from, to, ticks }
    }

    fn logarithmic(
        values: Values,
        (least, largest): (f64, f64),
        powers: Option<Vec<f64>>,
        most: usize,
    ) -> Self {
        let span = (largest.log10() - least.log10()).max(0.3);
        let middle = f64::midpoint(largest.log10(), least.log10());
        let reach = span * (0.5 + MARGIN);
        let (from, to) = (10_f64.powf(middle - reach), 10_f64.powf(middle + reach));
        let marks = match powers {
            Some(powers) => every(&powers, most).into_iter().map(|value| (value, true)).collect(),
            None => logarithmic_marks(from, to, most),
        };
        let ticks = marks.into_iter().map(|(value, labelled)| Tick {
            value,
            label: if labelled { written(value, values) } else { String::new() },
        });
        Self { kind: Kind::Logarithmic, values, from, to, ticks: ticks.collect() }
    }

    /// Where a value lies, 0 at the axis' begin and 1 at its end.
    pub(super) fn share(&self, value: f64) -> f64 {
        self.share_of_unit(value / unit(self.values))
    }

    /// Where a tick lies.
    pub(super) fn share_of_unit(&self, value: f64) -> f64 {
        match self.kind {
            Kind::Linear => (value - self.from) / (self.to - self.from),
            Kind::Logarithmic => {
                let from = self.from.log10();
                (value.log10() - from) / (self.to.log10() - from)
            }
        }
    }

    /// Where bars begin.
    pub(super) fn base(&self) -> f64 {
        match self.kind {
            Kind::Linear => self.share_of_unit(0.0).clamp(0.0, 1.0),
            Kind::Logarithmic => 0.0,
        }
    }
}

fn unit(values: Values) -> f64 {
    match values {
        Values::Bytes => MEBIBYTE as f64,
        Values::Counts | Values::Numbers => 1.0,
    }
}

fn count(most: usize) -> f64 {
    u32::try_from(most.max(1)).map_or(1.0, f64::from)
}

/// The least of 1, 2 and 5 times a power of ten that is wide enough; the largest number where none is.
pub(super) fn nice_step(is_wide: impl Fn(u64) -> bool) -> u64 {
    let mut power: u64 = 1;
    loop {
        for factor in [1, 2, 5] {
            match power.checked_mul(factor) {
                Some(step) if !is_wide(step) => {}
                step => return step.unwrap_or(u64::MAX),
            }
        }
        power = power.saturating_mul(10);
    }
}

/// The least such step that is not below `least`, whatever the power.
fn nice_step_from(least: f64) -> f64 {
    let power = 10_f64.powf(least.log10().floor());
    let step = nice_step(|step| step as f64 * power >= least * (1.0 - 1e-9));
    step as f64 * power
}

/// The multiples of a step from one to another, at most a hundred.
fn multiples(from: f64, to: f64, step: f64) -> impl Iterator<Item = f64> {
    let first = (from / step).ceil();
    let values = (0..100).map(move |turn| (first + f64::from(turn)) * step);
    values.take_while(move |value| *value <= to + step * 1e-9)
}

/// The distinct values, if there are a few and all of them are powers of two.
fn powers_of_two(values: &[f64]) -> Option<Vec<f64>> {
    let mut distinct = Vec::new();
    for value in values {
        let exponent = value.log2().round();
        if *value < 1.0 || exponent.exp2() != *value {
            return None;
        }
        if !distinct.contains(value) {
            distinct.push(*value);
        }
        if distinct.len() > 16 {
            return None;
        }
    }
    distinct.sort_by(f64::total_cmp);
    (distinct.len() > 2).then_some(distinct)
}

/// Every value, every second, … so that at most `most` are left.
fn every(values: &[f64], most: usize) -> Vec<f64> {
    let step = values.len().div_ceil(most.max(1)).max(1);
    values.iter().copied().step_by(step).collect()
}

/// Marks from one value to another, and whether they are labelled.
fn logarithmic_marks(from: f64, to: f64, most: usize) -> Vec<(f64, bool)> {
    let decades = to.log10() - from.log10();
    if decades < 0.8 {
        let step = nice_step_from((to - from) / count(most));
        return multiples(from, to, step).map(|value| (value, true)).collect();
    }
    let fits = |marks: f64| marks * decades <= count(most);
    let labelled: &[i32] = if fits(3.0) { &[1, 2, 5] } else { &[1] };
    let stride = [1, 2, 3, 5, 10, 20, 50].into_iter().find(|stride| fits(1.0 / f64::from(*stride)));
    let stride = stride.unwrap_or(100);
    let (first, last) = (exponent(from), exponent(to));
    let mut marks = Vec::new();
    for power in first..=last {
        for factor in 1..10 {
            let value = f64::from(factor) * 10_f64.powi(power);
            let has_label = labelled.contains(&factor) && power % stride == 0;
            let is_shown = has_label || (factor == 1 || stride == 1) && decades < 8.0;
            if is_shown && (from..=to).contains(&value) {
                marks.push((value, has_label));
            }
        }
    }
    marks
}

/// The power of ten that a value begins with.
fn exponent(value: f64) -> i32 {
    // Whole by its rounding, and small since values are bounded.
    format!("{:.0}", value.log10().floor()).parse().unwrap_or(0)
}

/// A mark's label.
fn written(value: f64, values: Values) -> String {
    let size = value.abs();
    let prefix = quantity::prefix(size).filter(|_| values == Values::Counts && size < 1e21);
    if let Some((prefix, power)) = prefix {
        let number = trimmed(value / power);
        // Powers of two among others are known by all of their digits.
        let is_known = number.len() > 4 && size < 1e6;
        return if is_known { quantity::number(value) } else { format!("{number} {prefix}") };
    }
    if size != 0.0 && !(1e-4..1e15).contains(&size) {
        return format!("{value:.0e}").replace('-', "−");
    }
    if size >= 1000.0 { quantity::number(value) } else { trimmed(value) }
}

/// The digits that say something.
fn trimmed(value: f64) -> String {
    let text = format!("{value:.4}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    text.strip_prefix('-').map_or_else(|| text.to_owned(), |size| format!("−{size}"))
}

/// A value as it is told where somebody points, as exactly as it is known.
pub(super) fn told(value: f64, values: Values) -> String {
    let whole = value >= 0.0 && value.fract() == 0.0 && value < 9e15;
    let count = format!("{value:.0}").parse::<u64>().ok();
    match (values, count) {
        _ if value.abs() >= 1e18 => format!("{value:.3e}"),
        (Values::Counts | Values::Numbers, Some(count)) if whole => quantity::thousands(count),
        (Values::Bytes, Some(count)) if value >= 0.0 => quantity::mebibytes(count),
        _ => quantity::number(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(kind: Kind, values: Values, shown: &[f64], most: usize) -> Vec<String> {
        let scale = Scale::new(kind, values, shown, most);
        let labels = scale.ticks.into_iter().map(|tick| tick.label);
        labels.filter(|label| !label.is_empty()).collect()
    }

    #[test]
    fn linear_marks_are_round() {
        let cases: &[(&[f64], Values, &[&str])] = &[
            (&[], Values::Numbers, &["0", "0.2", "0.4", "0.6", "0.8", "1"]),
            (&[0.0], Values::Numbers, &["0", "0.2", "0.4", "0.6", "0.8", "1"]),
            (&[1.0, 9.5], Values::Numbers, &["0", "2", "4", "6", "8"]),
            (&[64.0, 1000.0], Values::Counts, &["0", "200", "400", "600", "800", "1 k"]),
            (&[3e6, 2.4e7], Values::Counts, &["0", "5 M", "10 M", "15 M", "20 M"]),
            (&[-4.0, 4.0], Values::Numbers, &["−4", "−2", "0", "2", "4"]),
            (&[-4.0, -3.0], Values::Numbers, &["−4", "−3", "−2", "−1", "0"]),
            (&[MEBIBYTE as f64 * 3.0], Values::Bytes, &["0", "1", "2", "3"]),
            (&[0.9e100], Values::Numbers, &["0", "2e99", "4e99", "6e99", "8e99"]),
        ];
        for (shown, values, expected) in cases {
            assert_eq!(labels(Kind::Linear, *values, shown, 5), *expected, "{shown:?}");
        }
    }

    #[test]
    fn logarithmic_marks_are_round() {
        let cases: &[(&[f64], usize, &[&str])] = &[
            (&[16.0, 32.0, 64.0, 128.0], 8, &["16", "32", "64", "128"]),
            (&[16.0, 32.0, 64.0, 128.0], 2, &["16", "64"]),
            (&[10.0, 300.0], 8, &["10", "20", "50", "100", "200"]),
            (&[1.0, 1e6], 8, &["1", "10", "100", "1 k", "10 k", "100 k", "1 M"]),
            (&[1.0, 1e12], 5, &["1", "1 k", "1 M", "1 G", "1 T"]),
            (&[100.0, 130.0], 5, &["80", "100", "120", "140", "160"]),
            (&[7.0], 4, &["6", "8", "10"]),
            (&[1e-100, 1e100], 5, &["1e−100", "1e−50", "1", "1e50", "1e100"]),
        ];
        for (shown, most, expected) in cases {
            let labels = labels(Kind::Logarithmic, Values::Counts, shown, *most);
            assert_eq!(labels, *expected, "{shown:?}");
        }
    }

    #[test]
    fn values_lie_within_the_axis() {
        for kind in [Kind::Linear, Kind::Logarithmic] {
            for shown in [[1.0, 2.0], [5.0, 5.0], [1e-90, 1e90]] {
                let scale = Scale::new(kind, Values::Counts, &shown, 5);
                for value in shown {
                    assert!((0.0..=1.0).contains(&scale.share(value)), "{kind:?} {value}");
                }
                let ticks = scale.ticks.iter().map(|tick| scale.share_of_unit(tick.value));
                assert!(ticks.clone().count() > 0);
                assert!(ticks.is_sorted());
            }
        }
        for (value, linear, logarithmic) in [
            (f64::NAN, false, false),
            (f64::INFINITY, false, false),
            (-1.0, true, false),
            (0.0, true, false),
            (1e-300, true, false),
            (2.0, true, true),
        ] {
            assert_eq!(can_show(value, Kind::Linear), linear, "{value}");
            assert_eq!(can_show(value, Kind::Logarithmic), logarithmic, "{value}");
        }
    }
}
