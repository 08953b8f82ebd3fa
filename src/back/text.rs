//! Making text from networks safe to show: nothing that a terminal or a browser would obey rather than print.

use std::borrow::Cow;

use crate::report::table::Cell;
pub(crate) use crate::text::cut;
use crate::text::is_hidden;

use super::quantity;

/// The text with control characters and invisible direction marks written out as `\u{1b}`.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if is_hidden(character) {
            shown.extend(character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

/// The text on one line: line breaks and tabs become spaces, everything else is made [`visible`].
pub fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    visible(&words.join(" ")).into_owned()
}

/// The text on one line as XML and HTML hold it, between tags or in an attribute's double quotes.
pub(crate) fn markup(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in one_line(text).chars() {
        match character {
            '&' => safe += "&amp;",
            '<' => safe += "&lt;",
            '>' => safe += "&gt;",
            '"' => safe += "&quot;",
            '\'' => safe += "&#39;",
            // No XML document may have these, escaped or not.
            '\u{fffe}' | '\u{ffff}' => safe.extend(character.escape_unicode()),
            _ => safe.push(character),
        }
    }
    safe
}

/// A cell as people read it; text is not escaped for the format at hand.
pub(crate) fn for_people(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) | Cell::Named(text, _) => one_line(text),
        Cell::Count(count) => quantity::thousands(*count),
        Cell::Short(count) => quantity::short(*count),
        Cell::Bytes(bytes) => quantity::mebibytes(*bytes),
        Cell::Shape(shape) => crate::report::table::shape_text(shape),
        Cell::BeforeGlobal(pixels) => {
            format!("{}, global", crate::report::table::shape_text(pixels))
        }
        Cell::Ratio(ratio) => quantity::ratio(*ratio),
        Cell::Difference(difference) => quantity::signed(*difference),
        Cell::Share(share) => quantity::percent(*share),
        Cell::Large(count) => quantity::large(count),
        Cell::Range(first, last) => format!("{first}–{last}"),
        Cell::Number(number) => quantity::number(*number),
        Cell::Approximate(number) => quantity::approximate(*number),
        Cell::Rate(rate, unit) => quantity::rate(*rate, *unit),
        Cell::Bar(length) => quantity::bar(*length),
        Cell::Seconds(seconds) => quantity::seconds(*seconds),
        Cell::Unknown => "?".to_owned(),
        Cell::Empty => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_are_written_out() {
        let cases = [
            ("fire2/expand3x3", "fire2/expand3x3"),
            ("naïve×∑", "naïve×∑"),
            ("\u{1b}[31mred", "\\u{1b}[31mred"),
            ("a\u{202e}b", "a\\u{202e}b"),
            ("a\u{9b}2J", "a\\u{9b}2J"),
        ];
        for (text, expected) in cases {
            assert_eq!(visible(text), expected);
        }
        assert_eq!(one_line(" a\r\nb\tc "), "a b c");
    }
}
