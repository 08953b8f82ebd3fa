//! Errors and warnings about files, and how they are shown.
//!
//! A [`Diagnostic`] says one thing, points at the places in [`Source`]s it is about, and may tell what to do. It is
//! rendered with the quoted lines. Files and their names may hold anything: whatever could confuse a terminal is
//! shown escaped, and long lines are cut around the place in question.

mod render;
mod suggest;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::{Group, Level};

pub use suggest::suggest;

use render::{escape, excerpts, fill_in_origins, place_holder, renderer, shortened};

/// A range of bytes in a source.
pub type Span = Range<usize>;

/// How many diagnostics are shown in full; the others are counted.
pub const MAX_SHOWN: usize = 20;

/// The width used where none is given.
const DEFAULT_WIDTH: usize = 100;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// There is no result.
    Error,
    /// There is a result, which may not be what was meant.
    Warning,
}

/// A file that diagnostics point into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The name it is shown under.
    pub name: String,
    /// Its text.
    pub text: Arc<str>,
    /// Where it is from.
    pub origin: Origin,
}

/// Where a source is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A file or another text of the user's.
    User,
    /// A part of the program.
    Bundled,
}

impl Source {
    /// A text of the user's, to be shared by all that point into it.
    #[must_use]
    pub fn new(name: impl Into<String>, text: impl Into<Arc<str>>) -> Arc<Self> {
        Arc::new(Self { name: name.into(), text: text.into(), origin: Origin::User })
    }

    /// A text that is part of the program.
    #[must_use]
    pub fn bundled(name: impl Into<String>, text: impl Into<Arc<str>>) -> Arc<Self> {
        Arc::new(Self { name: name.into(), text: text.into(), origin: Origin::Bundled })
    }
}

/// A place in a source and what is to be said about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The source.
    pub source: Arc<Source>,
    /// The place.
    pub span: Span,
    /// What is to be said; may be empty.
    pub text: String,
}

/// One error or warning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in one sentence that starts in lower case.
    pub message: String,
    /// The places it is about; the first is where it is.
    pub labels: Vec<Label>,
    /// What could be done about it.
    pub help: Vec<String>,
    /// What else there is to know.
    pub notes: Vec<String>,
}

impl Diagnostic {
    /// An error.
    #[must_use]
    pub fn error(message: impl Into<String>) -> Self {
        Self::new(Severity::Error, message.into())
    }

    /// A warning.
    #[must_use]
    pub fn warning(message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, message.into())
    }

    fn new(severity: Severity, message: String) -> Self {
        Self { severity, message, labels: Vec::new(), help: Vec::new(), notes: Vec::new() }
    }

    /// Points at a place; the first one is the primary one.
    #[must_use]
    pub fn label(mut self, source: &Arc<Source>, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { source: Arc::clone(source), span, text: text.into() });
        self
    }

    /// Adds what else there is to know.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Adds what could be done about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// Adds what could be done about it, where that is known.
    #[must_use]
    pub fn maybe_help(mut self, help: Option<impl Into<String>>) -> Self {
        self.help.extend(help.map(Into::into));
        self
    }

    /// The diagnostic with the quoted lines, without a line break at the end.
    #[must_use]
    pub fn render(&self, color: bool, width: usize) -> String {
        let excerpts = excerpts(&self.labels);
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let mut group = Group::with_title(level.primary_title(escape(&shortened(&self.message))));
        for (index, excerpt) in excerpts.iter().enumerate() {
            group = group.element(excerpt.snippet().path(place_holder(index)));
        }
        for note in &self.notes {
            group = group.element(Level::NOTE.message(escape(note)));
        }
        for help in &self.help {
            group = group.element(Level::HELP.message(escape(help)));
        }
        fill_in_origins(&renderer(color, width).render(&[group]), &excerpts)
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.render(false, DEFAULT_WIDTH))
    }
}

impl std::error::Error for Diagnostic {}

/// Errors and warnings, in the order they are shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diagnostics(pub Vec<Diagnostic>);

impl Diagnostics {
    /// No diagnostics.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a diagnostic.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether any is an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// The diagnostics in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }

    /// All diagnostics with the quoted lines, a blank line between them, without a line break at the end. At most
    /// [`MAX_SHOWN`] are shown, and the others counted.
    #[must_use]
    pub fn render(&self, color: bool, width: usize) -> String {
        let mut shown: Vec<String> =
            self.iter().take(MAX_SHOWN).map(|diagnostic| diagnostic.render(color, width)).collect();
        let left = self.len().saturating_sub(MAX_SHOWN);
        if left > 0 {
            shown.push(format!("and {left} more"));
        }
        shown.join("\n\n")
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.render(false, DEFAULT_WIDTH))
    }
}

impl std::error::Error for Diagnostics {}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self(vec![diagnostic])
    }
}

impl From<Vec<Diagnostic>> for Diagnostics {
    fn from(diagnostics: Vec<Diagnostic>) -> Self {
        Self(diagnostics)
    }
}

impl FromIterator<Diagnostic> for Diagnostics {
    fn from_iter<I: IntoIterator<Item = Diagnostic>>(diagnostics: I) -> Self {
        Self(diagnostics.into_iter().collect())
    }
}

impl Extend<Diagnostic> for Diagnostics {
    fn extend<I: IntoIterator<Item = Diagnostic>>(&mut self, diagnostics: I) {
        self.0.extend(diagnostics);
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::render::is_hostile;
    use super::*;
    use proptest::prelude::*;

    fn show(text: &str) -> Arc<Source> {
        Source::new("net.yaml", text)
    }

    #[test]
    fn a_diagnostic_quotes_its_lines() {
        let source = show("name: x\nlayers:\n  - cnv: {out: 64}\n");
        let diagnostic = Diagnostic::error("unknown operator `cnv`")
            .label(&source, 20..23, "no operator has this name")
            .label(&source, 0..4, "")
            .note("blocks are operators too")
            .help("did you mean `conv`?");
        insta::assert_snapshot!(diagnostic, @r#"
        error: unknown operator `cnv`
         --> net.yaml:3:5
          |
        1 | name: x
          | ----
        2 | layers:
        3 |   - cnv: {out: 64}
          |     ^^^ no operator has this name
          |
          = note: blocks are operators too
          = help: did you mean `conv`?
        "#);
    }

    #[test]
    fn labels_in_two_files() {
        let base = Source::new("base.yaml", "params: {a: 1}\n");
        let source = show("extends: base.yaml\nparams: {b: 2}\n");
        let diagnostic = Diagnostic::warning("the base has no parameter `b`")
            .label(&source, 28..29, "given here")
            .label(&base, 9..10, "the base has this one");
        insta::assert_snapshot!(diagnostic, @r#"
        warning: the base has no parameter `b`
         --> net.yaml:2:10
          |
        2 | params: {b: 2}
          |          ^ given here
          |
         ::: base.yaml:1:10
          |
        1 | params: {a: 1}
          |          - the base has this one
        "#);
    }

    #[test]
    fn without_a_place() {
        let diagnostic = Diagnostic::error("cannot read `x.yaml`").note("no such file");
        insta::assert_snapshot!(diagnostic, @r#"
        error: cannot read `x.yaml`
         |
         = note: no such file
        "#);
    }

    #[test]
    fn places_far_apart_are_quoted_apart() {
        let text = format!("first: 1\n{}last: 2\n", "x: 1\n".repeat(20_000));
        let last = text.len() - 8;
        let diagnostic = Diagnostic::error("twice")
            .label(&show(&text), last..last + 4, "here")
            .label(&show(&text), 0..5, "");
        let source = show(&text);
        let same = Diagnostic::error("twice").label(&source, last..last + 4, "here").label(
            &source,
            0..5,
            "there",
        );
        insta::assert_snapshot!(same, @r#"
        error: twice
             --> net.yaml:20002:1
              |
        20002 | last: 2
              | ^^^^ here
              |
             ::: net.yaml:1:1
              |
            1 | first: 1
              | ----- there
        "#);
        assert!(diagnostic.render(false, 80).contains("net.yaml:20002:1"));
    }

    #[test]
    fn only_so_many_are_shown() {
        let diagnostics: Diagnostics =
            (0..25).map(|index| Diagnostic::error(format!("mistake {index}"))).collect();
        let text = diagnostics.to_string();
        assert!(text.contains("mistake 19") && !text.contains("mistake 20"));
        assert!(text.ends_with("\n\nand 5 more"), "{text}");
        assert!(diagnostics.has_errors());
        assert!(!Diagnostics::from(Diagnostic::warning("w")).has_errors());
        assert_eq!(Diagnostics::new().to_string(), "");
    }

    #[test]
    fn hostile_text_is_escaped() {
        let source = Source::new("a\u{1b}[2J.yaml", "na\u{1b}[31mme\u{202e}: \u{9b}x\tö\r\n");
        let diagnostic = Diagnostic::error("bad \u{1b}[31m\nname")
            .label(&source, 0..40, "la\u{7}bel")
            .note("no\u{9b}te")
            .help("he\u{1b}lp");
        let text = diagnostic.render(false, 80);
        insta::assert_snapshot!(text, @r#"
        error: bad \u{1b}[31m\nname
         --> a\u{1b}[2J.yaml:1:1
          |
        1 | na␛[31mme�: �x    ö
          | ^^^^^^^^^^^^^^^^^^^ la\u{7}bel
          |
          = note: no\u{9b}te
          = help: he\u{1b}lp
        "#);
        let colored = diagnostic.render(true, 80);
        assert!(
            colored.contains("\u{1b}[")
                && !colored.contains("\u{1b}[31m\n")
                && !colored.contains("[2J.yaml\u{1b}[2J")
        );
        assert!(!text.chars().any(|letter| letter != '\n' && is_hostile(letter)));
    }

    #[test]
    fn long_lines_are_cut() {
        let text = format!("a: [{}, oops, {}]", "é, ".repeat(300_000), "1, ".repeat(300_000));
        let start = text.find("oops").unwrap();
        let rendered = Diagnostic::error("no number")
            .label(&show(&text), start..start + 4, "here")
            .render(false, 80);
        assert!(rendered.contains("oops") && rendered.contains("^^^^ here"), "{rendered}");
        assert!(rendered.contains("net.yaml:1:900007"), "{rendered}");
        assert!(rendered.len() < 1000, "{}", rendered.len());
        let whole = Diagnostic::error("no list")
            .label(&show(&text), 3..text.len(), "here")
            .render(false, 80);
        assert!(whole.len() < 6000, "{}", whole.len());
    }

    #[test]
    fn large_sources_are_no_trouble() {
        let text = "a: 1\n".repeat(16 * 1024 * 1024 / 5);
        let end = text.len();
        let source = show(&text);
        let rendered = Diagnostic::error("end")
            .label(&source, end..end, "")
            .label(&source, 0..end, "")
            .render(false, 80);
        assert!(rendered.contains("net.yaml:3355444:1"), "{rendered}");
    }

    #[test]
    fn any_span_is_put_right() {
        for text in ["", "\n", "é", "aé\r\nb", "\r\r\n", "x"] {
            let source = show(text);
            for start in 0..8 {
                for end in [0, 1, 2, 3, 4, 5, 6, 7, usize::MAX] {
                    let rendered =
                        Diagnostic::error("e").label(&source, start..end, "l").render(false, 80);
                    assert!(rendered.contains("net.yaml:"), "{text:?} {start} {end}: {rendered}");
                }
            }
            let _ = Diagnostic::error("e")
                .label(&source, Range { start: usize::MAX, end: 0 }, "l")
                .render(true, 0);
        }
    }

    proptest! {
        #[test]
        fn rendering_never_panics(
            text in any::<String>(), other in "[a\n\r\té\u{1b}]{0,30}", message in any::<String>(),
            spans in prop::collection::vec((0_usize..60, 0_usize..60, any::<bool>()), 0..5), width in 0_usize..200,
        ) {
            let sources = [show(&text), show(&other)];
            let diagnostic = spans.iter().fold(Diagnostic::error(message.clone()), |diagnostic, (start, end, which)| {
                diagnostic.label(&sources[usize::from(*which)], *start..*end, message.clone())
            });
            let rendered = diagnostic.note(message.clone()).render(false, width);
            prop_assert!(!rendered.chars().any(|letter| letter != '\n' && is_hostile(letter)));
        }
    }
}
