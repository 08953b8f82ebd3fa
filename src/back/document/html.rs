//! Documents as pages that need nothing else.

use super::Error;
use crate::report::document::Document;

/// The document as one self-contained page.
///
/// # Errors
/// Where a chart or a picture has more in it than can be drawn.
pub fn html(document: &Document) -> Result<String, Error> {
    let text = super::terminal(document, None, false);
    Ok(text.replace('&', "&amp;").replace('<', "&lt;"))
}
