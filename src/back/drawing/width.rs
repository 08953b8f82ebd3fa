//! How wide a text will be, without the font: the reader's own is not known.

/// Widths of the characters from blank to tilde in thousandths of the font's size, those of Helvetica (Adobe Font Metrics).
const WIDTHS: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556,
    556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667,
    611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667,
    667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500,
    222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];
/// Other system fonts are up to this much wider.
const ALLOWANCE: f64 = 1.2;

/// The width of a line of text at a size, a little more rather than less.
pub(crate) fn text_width(text: &str, size: f64) -> f64 {
    let thousandths: u64 = text.chars().map(width).sum();
    thousandths as f64 / 1000.0 * size * ALLOWANCE
}

fn width(character: char) -> u64 {
    let code = u32::from(character);
    let known = code.checked_sub(32).and_then(|place| usize::try_from(place).ok());
    match known.and_then(|place| WIDTHS.get(place)) {
        Some(width) => u64::from(*width),
        None if code < 0x2e80 => 600,
        None => 1000,
    }
}
