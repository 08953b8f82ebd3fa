//! The charts and pictures of a document in one SVG file.

use super::Error;
use crate::report::document::Document;

/// The document's charts and pictures, one below the other, in one self-contained SVG file.
///
/// # Errors
/// Where there is no chart and no picture, or one has more in it than can be drawn.
pub fn svg(document: &Document) -> Result<String, Error> {
    Err(Error::NothingToDraw(document.title.clone()))
}
