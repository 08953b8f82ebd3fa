//! Pages that need nothing else: style and script stand inside, and nothing is asked of any server.

use serde::Serialize;
use tera::{Context, Tera};

/// What all pages begin with.
const HEAD: (&str, &str) = ("head.html", include_str!("../../templates/head.html"));

/// The template of a page; the ending of its name, `.html`, turns escaping on.
pub(super) struct Template {
    pub(super) name: &'static str,
    pub(super) text: &'static str,
    pub(super) style: &'static str,
    /// None where it is empty.
    pub(super) script: &'static str,
}

impl Template {
    /// The template filled in with a title and `page`.
    pub(super) fn render<T: Serialize>(&self, title: &str, page: &T) -> tera::TeraResult<String> {
        let mut tera = Tera::default();
        tera.add_raw_templates([HEAD, (self.name, self.text)])?;
        let mut context = Context::new();
        context.insert("title", title);
        context.insert("style", self.style);
        context.insert("script", self.script);
        context.insert("page", page);
        tera.render(self.name, &context)
    }
}
