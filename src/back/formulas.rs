//! Closed forms for terminals and for TeX.

use crate::report::formulas::{FormulaEntry, FormulaSheet};

use super::terminal::wrapped;
use super::text::one_line;

/// Lines are broken at this width where none is given.
const WIDTH: u16 = 80;

/// The narrowest that a form is broken to.
const NARROWEST: u16 = 24;

/// The forms for a terminal, one a line, broken between terms at the width; with `canonical`, the spelling for programs below each.
#[must_use]
pub fn render(sheet: &FormulaSheet, width: Option<u16>, canonical: bool) -> String {
    let width = width.unwrap_or(WIDTH);
    let rows = sheet.entries.iter();
    let rows = rows.map(|entry| (entry.label.as_str(), paragraphs(entry, canonical)));
    let mut page = one_line(&sheet.title) + "\n\n";
    page += &in_columns(&rows.collect::<Vec<_>>(), Some(width));
    if !sheet.notes.is_empty() {
        page.push('\n');
    }
    for note in &sheet.notes {
        for line in wrapped(&one_line(note), Some(width.max(NARROWEST))) {
            page += &line;
            page.push('\n');
        }
    }
    page
}

/// Labels and what is said of each, in two columns; where a width is given, broken between words at it, but to no less than
/// [`NARROWEST`].
pub(super) fn in_columns(rows: &[(&str, Vec<String>)], width: Option<u16>) -> String {
    let labels: Vec<String> = rows.iter().map(|(label, _)| one_line(label)).collect();
    let indent = labels.iter().map(|label| label.chars().count()).max().unwrap_or(0) + 2;
    let taken = u16::try_from(indent).unwrap_or(u16::MAX);
    let room = width.map(|width| width.saturating_sub(taken).max(NARROWEST));
    let mut page = String::new();
    for (mut label, (_, texts)) in labels.into_iter().zip(rows) {
        for text in texts.iter().map(|text| one_line(text)) {
            let lines = if room.is_some() { wrapped(&text, room) } else { vec![text] };
            for line in lines {
                let gap = " ".repeat(indent.saturating_sub(label.chars().count()));
                page += &format!("{label}{gap}{line}\n");
                label.clear();
            }
        }
    }
    page
}

fn paragraphs(entry: &FormulaEntry, canonical: bool) -> Vec<String> {
    let line = match &entry.form {
        Ok(line) => line,
        Err(why) => return vec![format!("– {why}")],
    };
    let mut paragraphs = vec![line.pretty.clone()];
    if canonical && line.canonical != line.pretty {
        paragraphs.push(line.canonical.clone());
    }
    paragraphs.push(entry.holds_for());
    paragraphs.retain(|text| !text.is_empty());
    paragraphs
}

/// The forms as a display for LaTeX with `amsmath`; a figure without one is a comment.
#[must_use]
pub fn latex(sheet: &FormulaSheet) -> String {
    let mut page = format!("% {}\n\\begin{{align*}}\n", one_line(&sheet.title));
    let forms = sheet.entries.iter().filter_map(|entry| Some((entry, entry.form.as_ref().ok()?)));
    let forms: Vec<String> = forms
        .map(|(entry, line)| {
            let holds = match entry.holds_for() {
                text if text.is_empty() => String::new(),
                text => format!(" && \\text{{{}}}", escaped(&text)),
            };
            format!("\\text{{{}}} &= {}{holds}", escaped(&entry.label), line.latex)
        })
        .collect();
    page += &forms.join(" \\\\\n");
    page += "\n\\end{align*}\n";
    for entry in &sheet.entries {
        if let Err(why) = &entry.form {
            page += &format!("% {}: {}\n", one_line(&entry.label), one_line(why));
        }
    }
    page
}

/// Text in TeX; names of a description have letters, digits and underscores, and those of elements brackets.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in one_line(text).chars() {
        match character {
            '≥' => safe += "$\\ge$",
            '≡' => safe += "$\\equiv$",
            '\\' => safe += "\\textbackslash{}",
            '_' | '#' | '$' | '%' | '&' | '{' | '}' => {
                safe.push('\\');
                safe.push(character);
            }
            '~' | '^' => safe += &format!("\\{character}{{}}"),
            _ => safe.push(character),
        }
    }
    safe
}
