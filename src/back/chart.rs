//! Bar charts of a figure over the layers, as SVG to stand inside a page.
//!
//! The picture holds bars and lines alone and is stretched to the room it gets; numbers and names stand around it as
//! text of the page, so that they keep their size on a phone and their letters come from the reader's own font.
//! The page's style sheet maps the colors written here to those of its theme.

use plotters::prelude::*;
use thiserror::Error;

use super::text::markup;
use crate::report;
use crate::report::OperatorKind;

/// Width of a layer's slot in units of the picture.
const SLOT: u32 = 100;
/// Height of the picture in its units.
const HEIGHT: u32 = 1000;
/// Most gridlines above the base line.
const MOST_TICKS: u64 = 4;

/// Color of gridlines; the style sheet knows it by this value.
const GRID: RGBColor = RGBColor(0xD8, 0xDC, 0xE3);
/// Color of the lines between blocks.
const BOUNDARY: RGBColor = RGBColor(0xB8, 0xBE, 0xC9);

/// A picture that could not be drawn.
#[derive(Debug, Error)]
#[error("the chart cannot be drawn: {0}")]
pub struct Error(String);

/// One layer's bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bar {
    /// Its height.
    pub value: u64,
    /// What it is colored by.
    pub kind: OperatorKind,
}

/// The values at which gridlines are drawn.
///
/// They are whole multiples of 1, 2 or 5 times a power of ten, at most four above zero.
pub fn ticks(maximum: u64) -> Vec<u64> {
    let step = nice_step(maximum);
    (1..=MOST_TICKS)
        .filter_map(|count| step.checked_mul(count))
        .take_while(|tick| *tick <= maximum)
        .collect()
}

fn nice_step(maximum: u64) -> u64 {
    let mut power: u64 = 1;
    loop {
        for factor in [1, 2, 5] {
            match power.checked_mul(factor) {
                Some(step) if maximum / step > MOST_TICKS => {}
                Some(step) => return step,
                None => return u64::MAX,
            }
        }
        match power.checked_mul(10) {
            Some(next) => power = next,
            None => return u64::MAX,
        }
    }
}

/// The color of a kind's bars.
fn color(kind: OperatorKind) -> RGBColor {
    match kind {
        OperatorKind::Convolution => RGBColor(0x2F, 0x66, 0xD0),
        OperatorKind::Depthwise => RGBColor(0x12, 0x93, 0xA8),
        OperatorKind::Linear => RGBColor(0x7C, 0x4D, 0xD0),
        OperatorKind::Normalization => RGBColor(0x8A, 0x94, 0xA6),
        OperatorKind::Activation => RGBColor(0xD9, 0x82, 0x1B),
        OperatorKind::Pooling => RGBColor(0x2E, 0x96, 0x5A),
        OperatorKind::Join => RGBColor(0xCC, 0x3F, 0x73),
        OperatorKind::Other => RGBColor(0x5A, 0x61, 0x70),
    }
}

/// Draws the bars in order; `grid` are the values of gridlines, `boundaries` the positions at which blocks begin or end, `label` says
/// to screen readers what is seen.
///
/// # Errors
///
/// Where there are more layers than a picture has room for.
pub fn bars(bars: &[Bar], grid: &[u64], boundaries: &[u64], label: &str) -> Result<String, Error> {
    let width = picture_width(bars.len())?;
    let mut drawn = String::new();
    draw(&mut drawn, [width, HEIGHT], bars, grid, boundaries)
        .map_err(|error| Error(error.to_string()))?;
    let inside = drawn.split_once('>').map_or("", |(_, inside)| inside);
    Ok(format!(
        "<svg viewBox=\"0 0 {width} {HEIGHT}\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{}\" \
         xmlns=\"http://www.w3.org/2000/svg\">{}",
        markup(label),
        inside.replace(" stroke=\"none\"", "").replace("opacity=\"1\" ", "")
    ))
}

fn picture_width(count: usize) -> Result<u32, Error> {
    u32::try_from(count.max(1))
        .ok()
        .and_then(|count| count.checked_mul(SLOT))
        .filter(|width| i32::try_from(*width).is_ok())
        .ok_or_else(|| Error(format!("{count} layers are too many")))
}

fn draw(
    drawn: &mut String,
    [width, height]: [u32; 2],
    bars: &[Bar],
    grid: &[u64],
    boundaries: &[u64],
) -> Result<(), Box<dyn std::error::Error>> {
    let maximum = bars.iter().map(|bar| bar.value).max().unwrap_or(0).max(1);
    let area = SVGBackend::with_string(drawn, (width, height)).into_drawing_area();
    let slots = u64::from(width / SLOT);
    let mut chart = ChartBuilder::on(&area).build_cartesian_2d(0..slots, 0..maximum)?;
    chart.draw_series(grid.iter().map(|tick| line((0, *tick), (slots, *tick), GRID)))?;
    chart.draw_series(boundaries.iter().map(|at| line((*at, 0), (*at, maximum), BOUNDARY)))?;
    let margin = margin(bars.len());
    chart.draw_series((0..).zip(bars).filter(|(_, bar)| bar.value > 0).map(
        |(position, bar): (u64, &Bar)| {
            let corners = [(position, bar.value), (position + 1, 0)];
            let mut rectangle = Rectangle::new(corners, color(bar.kind).filled());
            rectangle.set_margin(0, 0, margin, margin);
            rectangle
        },
    ))?;
    area.present()?;
    drop(chart);
    Ok(())
}

fn line(from: (u64, u64), to: (u64, u64), color: RGBColor) -> PathElement<(u64, u64)> {
    PathElement::new([from, to], color)
}

/// Half the gap between bars: few bars stand apart, many close up.
fn margin(count: usize) -> u32 {
    match count {
        0..=16 => 18,
        17..=90 => 10,
        91..=300 => 4,
        _ => 0,
    }
}

/// A share as a percentage for a style sheet.
pub(crate) fn percentage(part: u64, whole: u64) -> String {
    let share = report::ratio(part, whole).unwrap_or(0.0);
    format!("{}%", trimmed(share * 100.0))
}

/// A share as a number from 0 to 1 for a style sheet.
pub(crate) fn fraction(part: u64, whole: u64) -> String {
    trimmed(report::ratio(part, whole).unwrap_or(0.0))
}

/// At most three decimals.
fn trimmed(number: f64) -> String {
    let text = format!("{number:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
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
            assert_eq!(ticks(*maximum), *expected, "{maximum}");
        }
    }

    #[test]
    fn a_bar_a_layer_that_has_the_figure() {
        let kind = OperatorKind::Convolution;
        let values = [3, 0, u64::MAX];
        let drawn =
            bars(&values.map(|value| Bar { value, kind }), &[2], &[1], "a <b> \"c\"").unwrap();
        assert_eq!(drawn.matches("<rect").count(), 2);
        assert!(drawn.contains("aria-label=\"a &lt;b&gt; &quot;c&quot;\""));
        assert!(drawn.trim_end().ends_with("</svg>"));
        assert!(bars(&[], &[], &[], "").unwrap().contains("<svg"));
    }

    #[test]
    fn percentages() {
        assert_eq!(percentage(1, 3), "33.333%");
        assert_eq!(percentage(1, 2), "50%");
        assert_eq!(percentage(1, 0), "0%");
    }
}
