//! Documents in GitHub's Markdown.

use super::words::in_words;
use super::{is_told_in_text, own_title, with_notes_once};
use crate::back::markdown::{escaped, untitled};
use crate::report::document::{Document, FormulaLine, Part, Picture, Section};

/// The document under a heading; sections are headings of the second level, titles of tables of the third. Charts are left out:
/// what they draw stands in a table beside them.
pub fn markdown(document: &Document) -> String {
    let document = with_notes_once(document);
    let mut blocks = Vec::new();
    if !document.title.is_empty() {
        blocks.push(format!("# {}\n", escaped(&document.title)));
    }
    blocks.extend(document.lead.iter().map(|paragraph| escaped(paragraph) + "\n"));
    for section in document.sections.iter().filter(|section| is_told_in_text(section)) {
        if !section.title.is_empty() && section.title != document.title {
            blocks.push(format!("## {}\n", escaped(&section.title)));
        }
        let parts = section.parts.iter().filter_map(|part| written(part, section, &document));
        blocks.extend(parts);
    }
    blocks.join("\n")
}

fn written(part: &Part, section: &Section, document: &Document) -> Option<String> {
    match part {
        Part::Text(text) | Part::Legend { told: text, .. } => Some(escaped(text) + "\n"),
        Part::Table(table) => Some(match own_title(table, section, document) {
            Some(title) => format!("### {}\n\n{}", escaped(title), untitled(table)),
            None => untitled(table),
        }),
        Part::Formulas(lines) if lines.is_empty() => None,
        Part::Formulas(lines) => Some(lines.iter().map(formula).collect()),
        Part::Pictures(pictures) if pictures.is_empty() => None,
        Part::Pictures(pictures) => Some(pictures.iter().map(picture).collect()),
        Part::Chart(_) => None,
    }
}

fn formula(line: &FormulaLine) -> String {
    format!("- {}: {}\n", escaped(&line.label), escaped(&line.pretty))
}

fn picture(picture: &Picture) -> String {
    format!("- {}: {}\n", escaped(&picture.caption), escaped(&in_words(picture)))
}
