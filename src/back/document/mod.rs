//! [`Document`]s in every output: terminals and Markdown get the text and the tables, a page everything, and a picture file the
//! charts and the pictures of networks.
//!
//! Tables of one page often say the same under them; what the next table says too is written once, under the last of them.

mod formula;
mod html;
mod markdown;
mod svg;
mod terminal;
mod words;

use thiserror::Error;

use super::drawing;
use crate::report::document::{Document, Part, Section};
use crate::report::table::Table;

pub(super) use html::PageTable;
pub use html::html;
pub use markdown::markdown;
pub use svg::svg;
pub use terminal::terminal;

/// A document that could not be written.
#[derive(Debug, Error)]
pub enum Error {
    /// A chart or a picture could not be drawn.
    #[error(transparent)]
    Drawing(#[from] drawing::Error),
    /// There is nothing in the document that a picture could show.
    #[error("there is no chart and no picture in `{0}`: ask for a table or a page instead")]
    NothingToDraw(String),
    /// The template could not be filled in.
    #[error("the page cannot be written: {0}")]
    Template(#[from] tera::Error),
}

/// The document with every note that the next table repeats left to that table.
fn with_notes_once(document: &Document) -> Document {
    let mut document = document.clone();
    let mut following: Vec<String> = Vec::new();
    let parts =
        document.sections.iter_mut().rev().flat_map(|section| section.parts.iter_mut().rev());
    for part in parts {
        if let Part::Table(table) = part {
            let said = table.notes.clone();
            table.notes.retain(|note| !following.contains(note));
            following = said;
        }
    }
    document
}

/// The title of a table, unless the section or the page says it already.
fn own_title<'table>(
    table: &'table Table,
    section: &Section,
    document: &Document,
) -> Option<&'table str> {
    let title = table.title.as_str();
    (!title.is_empty() && title != section.title && title != document.title).then_some(title)
}

/// Whether anything of a section is seen where there are no charts.
fn is_told_in_text(section: &Section) -> bool {
    section.parts.is_empty() || section.parts.iter().any(|part| !matches!(part, Part::Chart(_)))
}
