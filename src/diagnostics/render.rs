//! How diagnostics are drawn: excerpts of their sources, with everything hostile shown escaped.

use std::borrow::Cow;
use std::sync::Arc;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Renderer, Snippet};

use super::{Label, Span};
use crate::text::is_hidden;

/// How many characters a message may have before its middle is left out.
const MAX_MESSAGE: usize = 400;

/// How many bytes a quoted line may have before it is cut.
const MAX_LINE: usize = 1024;

/// How many bytes of a long line are kept before the place in question.
const KEPT_BEFORE: usize = 200;

/// How many bytes may lie between two places in one file for them to be shown in one excerpt.
const MAX_EXCERPT: usize = 32 * 1024;

/// A message without the middle of what is too long in it to be read.
pub(super) fn shortened(message: &str) -> Cow<'_, str> {
    let length = message.chars().count();
    if length <= MAX_MESSAGE {
        return message.into();
    }
    let (start, end) = (MAX_MESSAGE / 4 * 3, MAX_MESSAGE / 4);
    let kept = message.chars().take(start);
    let kept = kept.chain(['…']).chain(message.chars().skip(length.saturating_sub(end)));
    kept.collect::<String>().into()
}

/// What draws the excerpts.
pub(super) fn renderer(color: bool, width: usize) -> Renderer {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    renderer.hyperlink(false).decor_style(DecorStyle::Ascii).term_width(width.max(20))
}

/// The mark around a place holder; text from elsewhere has it escaped.
const PLACE_HOLDER: char = '\u{e000}';

/// What stands for the origin of an excerpt while it is drawn. A long line is cut before it is drawn, so that the
/// column the renderer counts is not that of the file.
pub(super) fn place_holder(index: usize) -> String {
    format!("{PLACE_HOLDER}{index}{PLACE_HOLDER}")
}

/// Puts the origins of excerpts in the places of their place holders, and of the positions that follow those.
pub(super) fn fill_in_origins(rendered: &str, excerpts: &[Excerpt]) -> String {
    let mut filled = String::with_capacity(rendered.len());
    let mut rest = rendered;
    for (index, excerpt) in excerpts.iter().enumerate() {
        let Some((before, after)) = rest.split_once(&place_holder(index)) else {
            continue;
        };
        filled.push_str(before);
        filled.push_str(&excerpt.origin());
        rest = after.trim_start_matches(|letter: char| letter == ':' || letter.is_ascii_digit());
    }
    filled.push_str(rest);
    filled
}

/// Lines of a source that are quoted together.
pub(super) struct Excerpt {
    name: String,
    line: usize,
    column: usize,
    first_line: usize,
    text: String,
    annotations: Vec<Annotation>,
}

/// What is said about a part of an excerpt.
struct Annotation {
    span: Span,
    text: String,
    primary: bool,
}

impl Excerpt {
    /// The name of the file and the place in it.
    fn origin(&self) -> String {
        format!("{}:{}:{}", self.name, self.line, self.column)
    }

    /// The quoted lines.
    pub(super) fn snippet(&self) -> Snippet<'_, annotate_snippets::Annotation<'_>> {
        let annotations = self.annotations.iter().map(|annotation| {
            let kind =
                if annotation.primary { AnnotationKind::Primary } else { AnnotationKind::Context };
            let label = Some(annotation.text.as_str()).filter(|text| !text.is_empty());
            kind.span(annotation.span.clone()).label(label)
        });
        Snippet::source(self.text.as_str()).line_start(self.first_line).annotations(annotations)
    }
}

/// A label whose span is known to lie within one line of its source.
struct Place<'a> {
    label: &'a Label,
    span: Span,
    line: Span,
    primary: bool,
}

impl<'a> Place<'a> {
    /// Puts the span of a label right.
    fn new(label: &'a Label, primary: bool) -> Self {
        let text = &*label.source.text;
        let start = floor_boundary(text, label.span.start);
        let line = line_around(text, start);
        let start = start.min(line.end);
        let end = floor_boundary(text, label.span.end).clamp(start, line.end);
        Self { label, span: start..end, line, primary }
    }

    /// Whether the two are near enough to be quoted together.
    fn is_near(&self, other: &Self) -> bool {
        let distance = self.line.start.abs_diff(other.line.start);
        Arc::ptr_eq(&self.label.source, &other.label.source) && distance <= MAX_EXCERPT
    }
}

/// The excerpts that show all labels, the one with the primary label first.
pub(super) fn excerpts(labels: &[Label]) -> Vec<Excerpt> {
    let mut groups: Vec<Vec<Place<'_>>> = Vec::new();
    for (index, label) in labels.iter().enumerate() {
        let place = Place::new(label, index == 0);
        let near = groups
            .iter_mut()
            .find(|group| group.first().is_some_and(|first| first.is_near(&place)));
        match near {
            Some(group) => group.push(place),
            None => groups.push(vec![place]),
        }
    }
    groups.iter().filter_map(|group| excerpt(group)).collect()
}

/// The excerpt that shows all `places`, which are near each other in one source.
fn excerpt(places: &[Place<'_>]) -> Option<Excerpt> {
    let main = places.first()?;
    let source = &main.label.source;
    let start = places.iter().map(|place| place.line.start).min()?;
    let end = places.iter().map(|place| place.line.end).max()?;
    let mut excerpt = Excerpt {
        name: escape(&source.name),
        line: line_number(&source.text, main.span.start),
        column: source
            .text
            .get(main.line.start..main.span.start)?
            .chars()
            .count()
            .saturating_add(1),
        first_line: line_number(&source.text, start),
        text: String::new(),
        annotations: Vec::new(),
    };
    let mut position = start;
    while position <= end {
        let line = line_around(&source.text, position);
        quote_line(&mut excerpt, &source.text, &line, places);
        position = next_line(&source.text, &line);
    }
    Some(excerpt)
}

/// Adds a line and what is said about it to the excerpt.
fn quote_line(excerpt: &mut Excerpt, text: &str, line: &Span, places: &[Place<'_>]) {
    let on_line = |place: &&Place<'_>| place.line.start == line.start;
    let focus =
        places.iter().filter(on_line).map(|place| place.span.start).next().unwrap_or(line.start);
    let window = window(text, line, focus);
    if window.start > line.start {
        excerpt.text.push('…');
    }
    let base = excerpt.text.len();
    let offset = |position: usize| {
        let before =
            text.get(window.start..position.clamp(window.start, window.end)).unwrap_or_default();
        base.saturating_add(visible(before).len())
    };
    for place in places.iter().filter(on_line) {
        let span = offset(place.span.start)..offset(place.span.end);
        let text = escape(&place.label.text);
        excerpt.annotations.push(Annotation { span, text, primary: place.primary });
    }
    excerpt.text.push_str(&visible(text.get(window.clone()).unwrap_or_default()));
    if window.end < line.end {
        excerpt.text.push('…');
    }
    excerpt.text.push('\n');
}

/// The part of a line that is quoted: all of it, or what is around `focus` if it is long.
fn window(text: &str, line: &Span, focus: usize) -> Span {
    if line.end.saturating_sub(line.start) <= MAX_LINE {
        return line.clone();
    }
    let start = floor_boundary(text, focus.saturating_sub(KEPT_BEFORE)).max(line.start);
    let end = floor_boundary(text, start.saturating_add(MAX_LINE)).min(line.end);
    start..end
}

/// The line that `position` is in, without its line break.
fn line_around(text: &str, position: usize) -> Span {
    let (before, after) = text.split_at_checked(position).unwrap_or((text, ""));
    let start = before.rfind('\n').map_or(0, |found| found.saturating_add(1));
    let length = after.find('\n').unwrap_or(after.len());
    let end = before.len().saturating_add(length);
    let without_return = text.get(start..end).and_then(|line| line.strip_suffix('\r'));
    start..without_return.map_or(end, |line| start.saturating_add(line.len()))
}

/// Where the line after `line` starts.
fn next_line(text: &str, line: &Span) -> usize {
    let rest = text.get(line.end..).unwrap_or_default();
    let to_next = rest.find('\n').map_or(rest.len(), |found| found).saturating_add(1);
    line.end.saturating_add(to_next)
}

/// The number of the line that `position` is in, from 1 on.
fn line_number(text: &str, position: usize) -> usize {
    let before = text.as_bytes().get(..position).unwrap_or_default();
    before.iter().filter(|byte| **byte == b'\n').count().saturating_add(1)
}

/// The nearest boundary between characters that is not after `position`.
fn floor_boundary(text: &str, position: usize) -> usize {
    let position = position.min(text.len());
    (0..=position).rev().find(|candidate| text.is_char_boundary(*candidate)).unwrap_or(0)
}

/// Whether a character could confuse a terminal or a reader: control characters, marks of direction, line separators.
pub(super) fn is_hostile(letter: char) -> bool {
    letter == PLACE_HOLDER || is_hidden(letter)
}

/// Text for a message, with hostile characters escaped.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        if is_hostile(letter) {
            escaped.extend(letter.escape_default());
        } else {
            escaped.push(letter);
        }
    }
    escaped
}

/// A quoted line, with one visible character in place of each hostile one.
fn visible(text: &str) -> String {
    text.chars().map(visible_letter).collect()
}

/// The visible character for `letter`. Tabs are left to the renderer.
fn visible_letter(letter: char) -> char {
    match u32::from(letter) {
        0x09 => letter,
        code @ 0..0x20 => char::from_u32(code.saturating_add(0x2400)).unwrap_or('�'),
        0x7f => '␡',
        _ if is_hostile(letter) => '�',
        _ => letter,
    }
}
