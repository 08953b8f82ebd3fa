//! Bars of a figure over the layers of a report's page.
//!
//! The drawing holds bars and lines alone and is stretched to the room it gets; numbers and names stand around it as text of the page, so
//! that they keep their size on a phone. All bars of a kind of operators are one path, so that hundreds of layers stay small.

use std::fmt::Write;

use super::scale::nice_step;
use super::shapes::tag;
use crate::back::text::markup;
use crate::report::OperatorKind;

/// Width of a layer's slot in units of the drawing.
const SLOT: usize = 100;
/// Height of the drawing in its units.
const HEIGHT: u64 = 1000;
/// Most gridlines above the base line.
const MOST_TICKS: u64 = 4;

/// One layer's bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bar {
    /// Its height.
    pub(crate) value: u64,
    /// What it is colored by.
    pub(crate) kind: OperatorKind,
}

/// The values at which gridlines are drawn: whole multiples of 1, 2 or 5 times a power of ten, at most four above zero.
pub(crate) fn bar_ticks(maximum: u64) -> Vec<u64> {
    let step = nice_step(|step| maximum / step <= MOST_TICKS);
    (1..=MOST_TICKS)
        .filter_map(|count| step.checked_mul(count))
        .take_while(|tick| *tick <= maximum)
        .collect()
}

/// Draws the bars in order; `grid` are the values of gridlines, `boundaries` the positions at which blocks begin or end, `label` says
/// to screen readers what is seen.
pub(crate) fn bars(bars: &[Bar], grid: &[u64], boundaries: &[usize], label: &str) -> String {
    let maximum = bars.iter().map(|bar| bar.value).max().unwrap_or(0).max(1);
    let width = bars.len().max(1).saturating_mul(SLOT);
    let mut lines = String::new();
    for tick in grid {
        let _ = write!(lines, "M0 {}h{width}", HEIGHT - height(*tick, maximum));
    }
    let mut body = tag("path", "grid", &format!("d=\"{lines}\""));
    let mut lines = String::new();
    for position in boundaries {
        let _ = write!(lines, "M{} 0v{HEIGHT}", position.saturating_mul(SLOT));
    }
    body += &tag("path", "boundary", &format!("d=\"{lines}\""));
    let margin = margin(bars.len());
    let inner = SLOT - 2 * margin;
    for kind in OperatorKind::ALL {
        let mut outlines = String::new();
        let of_kind = |(_, bar): &(usize, &Bar)| bar.kind == kind && bar.value > 0;
        for (position, bar) in bars.iter().enumerate().filter(of_kind) {
            let left = position.saturating_mul(SLOT).saturating_add(margin);
            let height = height(bar.value, maximum).max(1);
            let _ = write!(outlines, "M{left} {HEIGHT}v-{height}h{inner}v{height}z");
        }
        if !outlines.is_empty() {
            let class = format!("bar d-{}", kind.key());
            body += &tag("path", &class, &format!("d=\"{outlines}\""));
        }
    }
    format!(
        "<svg viewBox=\"0 0 {width} {HEIGHT}\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{}\" \
         xmlns=\"http://www.w3.org/2000/svg\">{body}</svg>",
        markup(label)
    )
}

/// A value's height in the drawing, rounded.
fn height(value: u64, maximum: u64) -> u64 {
    let (value, maximum) = (u128::from(value.min(maximum)), u128::from(maximum.max(1)));
    let height = (value * u128::from(HEIGHT) + maximum / 2) / maximum;
    u64::try_from(height).unwrap_or(HEIGHT)
}

/// Half the gap between bars: few bars stand apart, many close up.
fn margin(count: usize) -> usize {
    match count {
        0..=16 => 18,
        17..=90 => 10,
        91..=300 => 4,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_few() {
        let cases: &[(u64, &[u64])] = &[
            (0, &[]),
            (1, &[1]),
            (4, &[1, 2, 3, 4]),
            (513_000, &[200_000, 400_000]),
            (167_664_672, &[50_000_000, 100_000_000, 150_000_000]),
            (
                u64::MAX,
                &[
                    5_000_000_000_000_000_000,
                    10_000_000_000_000_000_000,
                    15_000_000_000_000_000_000,
                ],
            ),
        ];
        for (maximum, expected) in cases {
            assert_eq!(bar_ticks(*maximum), *expected, "{maximum}");
        }
    }

    #[test]
    fn a_bar_a_layer_that_has_the_figure() {
        let kinds = [OperatorKind::Convolution, OperatorKind::Pooling, OperatorKind::Convolution];
        let values = [u64::MAX / 4, 0, u64::MAX].into_iter().zip(kinds);
        let shown: Vec<Bar> = values.map(|(value, kind)| Bar { value, kind }).collect();
        let drawn = bars(&shown, &[u64::MAX / 2], &[1], "a <b> \"c\"");
        assert!(drawn.contains("d=\"M18 1000v-250h64v250zM218 1000v-1000h64v1000z\""), "{drawn}");
        assert!(drawn.contains("d=\"M0 500h300\"") && drawn.contains("d=\"M100 0v1000\""));
        assert!(drawn.contains("d-conv") && !drawn.contains("d-pool"));
        assert!(drawn.contains("aria-label=\"a &lt;b&gt; &quot;c&quot;\""));
        for drawn in [drawn, bars(&[], &[], &[], "")] {
            roxmltree::Document::parse(&drawn).unwrap();
        }
    }
}
