//! Documents for terminals.

use super::words::in_words;
use super::{is_told_in_text, own_title, with_notes_once};
use crate::back::formulas::in_columns;
use crate::back::terminal::{BOLD, Painter, untitled, wrapped};
use crate::back::text::one_line;
use crate::report::document::{Document, Part, Section};

/// The document as lines of text that are at most `width` wide where that is possible, if a width is given; `color` allows ANSI
/// styles. Charts are left out: what they draw stands in a table beside them.
pub fn terminal(document: &Document, width: Option<u16>, color: bool) -> String {
    let document = with_notes_once(document);
    let mut page = Page { text: String::new(), width, painter: Painter { color } };
    page.heading(&document.title);
    for paragraph in &document.lead {
        page.paragraph(paragraph);
    }
    for section in document.sections.iter().filter(|section| is_told_in_text(section)) {
        if section.title != document.title {
            page.heading(&section.title);
        }
        for part in &section.parts {
            page.part(part, section, &document);
        }
    }
    page.text
}

/// The text so far; parts of it are a blank line apart.
struct Page {
    text: String,
    width: Option<u16>,
    painter: Painter,
}

impl Page {
    fn push(&mut self, block: &str) {
        if block.is_empty() {
            return;
        }
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text += block;
        if !block.ends_with('\n') {
            self.text.push('\n');
        }
    }

    fn heading(&mut self, title: &str) {
        let lines = wrapped(&one_line(title), self.width);
        let lines: Vec<String> = lines.iter().map(|line| self.painter.paint(line, BOLD)).collect();
        if !title.is_empty() {
            self.push(&lines.join("\n"));
        }
    }

    fn paragraph(&mut self, text: &str) {
        self.push(&wrapped(&one_line(text), self.width).join("\n"));
    }

    fn part(&mut self, part: &Part, section: &Section, document: &Document) {
        match part {
            Part::Text(text) | Part::Legend { told: text, .. } => self.paragraph(text),
            Part::Table(table) => {
                if let Some(title) = own_title(table, section, document) {
                    self.heading(title);
                }
                let table = untitled(table, self.width, self.painter.color);
                self.push(&table);
            }
            Part::Formulas(lines) => {
                let rows =
                    lines.iter().map(|line| (line.label.as_str(), vec![line.pretty.clone()]));
                self.push(&in_columns(&rows.collect::<Vec<_>>(), self.width));
            }
            Part::Chart(_) => {}
            Part::Pictures(pictures) => {
                for picture in pictures {
                    let caption = one_line(&picture.caption);
                    self.paragraph(&format!("{caption}: {}", in_words(picture)));
                }
            }
        }
    }
}
