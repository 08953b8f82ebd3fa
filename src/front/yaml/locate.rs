//! Where the values of a YAML file stand in its text.
//!
//! Values are read without positions, since most files have no mistakes. Where a diagnostic needs a place, the text
//! is read again, event by event, along the path of keys and indices that led to the value.

use std::ops::Range;

use granit_parser::{Event, Options, Parser, ScalarStyle, StrInput, StructureStyle};

/// How many aliases are followed for one place.
const MAX_ALIASES: usize = 64;

/// A step from a value to one inside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Segment<'a> {
    /// The value under a key.
    Key(&'a str),
    /// The key itself; nothing can follow it.
    KeyItself(&'a str),
    /// An element of a sequence.
    Index(usize),
}

/// A place in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// The bytes to be pointed at, within one line: a scalar, a key, the start of a collection. Never beyond the text.
    pub span: Range<usize>,
    /// Whether the bytes of the value stand one for one in the text from `content_start` on, as they do for a scalar
    /// on one line that is not quoted, or is quoted but without escapes.
    pub plain: bool,
    /// Where the content of a scalar starts, after its opening quote; elsewhere the start of the span.
    pub content_start: usize,
}

impl Located {
    /// The span of a part of the value, given in bytes of the value, where that can be told, and else of all of it.
    #[must_use]
    pub fn part(&self, within: &Range<usize>) -> Range<usize> {
        if !self.plain {
            return self.span.clone();
        }
        let place = |offset: usize| self.content_start.saturating_add(offset).min(self.span.end);
        place(within.start)..place(within.end.max(within.start))
    }
}

/// Finds the value that `path` leads to from the root of the first document.
///
/// If the path cannot be followed to its end, the result is the deepest value reached; an alias is followed to the
/// value it stands for. `None` if not even the root can be read.
#[must_use]
pub fn locate(text: &str, path: &[Segment<'_>]) -> Option<Located> {
    let mut events = Events::new(text);
    let mut node = events.root()?;
    let mut path = path.iter();
    let mut aliases = 0_usize;
    loop {
        while let Event::Alias(id) = node.event {
            aliases = aliases.saturating_add(1);
            let mut again = Events::new(text);
            match again.anchored(id).filter(|_| aliases <= MAX_ALIASES) {
                Some(target) => (events, node) = (again, target),
                None => return Some(outline(&mut events, &node)),
            }
        }
        let Some(segment) = path.next() else {
            return Some(outline(&mut events, &node));
        };
        match step(&mut events, &node, segment) {
            Some(next) => node = next,
            None => return reread(text, &node),
        }
    }
}

/// The span of the place that a YAML reader names by line and column, both counted from 1 and in characters: one
/// character, or nothing at the end of a line.
#[must_use]
pub fn syntax_span(text: &str, line: usize, column: usize) -> Range<usize> {
    let start = line_start(text, line);
    let rest = text.get(start..).unwrap_or_default();
    let length = rest.find(is_break).unwrap_or(rest.len());
    let content = rest.get(..length).unwrap_or_default();
    let mut letters = content.char_indices().skip(column.saturating_sub(1));
    let (offset, width) =
        letters.next().map_or((length, 0), |(offset, letter)| (offset, letter.len_utf8()));
    let start = start.saturating_add(offset);
    start..start.saturating_add(width)
}

/// Where a line starts, counted from 1; the end of the text if it has fewer lines. A byte-order mark does not count.
fn line_start(text: &str, line: usize) -> usize {
    let mut start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    for _ in 1..line {
        let rest = text.get(start..).unwrap_or_default();
        let Some(found) = rest.find(is_break) else {
            return text.len();
        };
        let from_break = rest.get(found..).unwrap_or_default();
        start = start.saturating_add(found).saturating_add(break_length(from_break));
    }
    start
}

/// Whether YAML readers take a character for a line break.
fn is_break(letter: char) -> bool {
    matches!(letter, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// The number of bytes of the line break that `text` starts with.
fn break_length(text: &str) -> usize {
    if text.starts_with("\r\n") {
        return 2;
    }
    text.chars().next().map_or(0, char::len_utf8)
}

/// The event that starts a node, and where it stands.
struct Node<'t> {
    event: Event<'t>,
    span: Range<usize>,
    /// The number of the event.
    number: usize,
    /// Where the key stands that the node is the value of.
    key: Option<Range<usize>>,
    /// Whether this is itself a key, so that nothing leads on from it.
    is_key: bool,
}

/// The events of a text, with their numbers.
struct Events<'t> {
    text: &'t str,
    parser: Parser<'t, StrInput<'t>>,
    /// The number of the next event.
    number: usize,
}

impl<'t> Events<'t> {
    /// The events of `text` from its start on.
    fn new(text: &'t str) -> Self {
        let mut options: Options = granit_parser::options! { emit_unresolved_aliases: true };
        options.set_emit_comments(false);
        Self { text, parser: Parser::new_from_str_with_options(text, options), number: 0 }
    }

    /// The next event; `None` at the end, and where the text is no YAML.
    fn next(&mut self) -> Option<(Event<'t>, Range<usize>)> {
        let (event, span) = self.parser.next_event()?.ok()?;
        self.number = self.number.saturating_add(1);
        let range = match span.byte_range() {
            Some(range) => range,
            None => byte_of(self.text, span.start.index())..byte_of(self.text, span.end.index()),
        };
        Some((event, range))
    }

    /// The next node; `None` where a collection or the document ends.
    fn node(&mut self) -> Option<Node<'t>> {
        let number = self.number;
        let (event, span) = self.next().filter(|(event, _)| event.is_node())?;
        Some(Node { event, span, number, key: None, is_key: false })
    }

    /// Moves on past the next node.
    fn skip(&mut self) -> Option<()> {
        let node = self.node()?;
        self.skip_rest(&node.event)
    }

    /// Moves on past the node that `first` starts.
    fn skip_rest(&mut self, first: &Event<'t>) -> Option<()> {
        let mut depth = usize::from(is_start(first));
        while depth > 0 {
            let (event, _) = self.next()?;
            if is_start(&event) {
                depth = depth.saturating_add(1);
            } else if matches!(event, Event::SequenceEnd | Event::MappingEnd) {
                depth = depth.saturating_sub(1);
            }
        }
        Some(())
    }

    /// Moves on to the root of the first document.
    fn root(&mut self) -> Option<Node<'t>> {
        loop {
            if let (Event::DocumentStart(..), _) = self.next()? {
                return self.node();
            }
        }
    }

    /// Moves on to the node that an alias stands for.
    fn anchored(&mut self, id: usize) -> Option<Node<'t>> {
        loop {
            let number = self.number;
            let (event, span) = self.next()?;
            if event.is_node() && event.anchor_id() == Some(id) {
                return Some(Node { event, span, number, key: None, is_key: false });
            }
        }
    }
}

/// The byte at which the character with this index starts.
fn byte_of(text: &str, index: usize) -> usize {
    text.char_indices().nth(index).map_or(text.len(), |(offset, _)| offset)
}

/// Whether an event starts a collection.
fn is_start(event: &Event<'_>) -> bool {
    matches!(event, Event::SequenceStart(..) | Event::MappingStart(..))
}

/// Goes one step further from a node that has been started.
fn step<'t>(events: &mut Events<'t>, node: &Node<'t>, segment: &Segment<'_>) -> Option<Node<'t>> {
    match (&node.event, segment) {
        _ if node.is_key => None,
        (Event::MappingStart(..), Segment::Key(name)) => {
            let key = find_key(events, name)?;
            events.node().map(|value| Node { key: Some(key.span), ..value })
        }
        (Event::MappingStart(..), Segment::KeyItself(name)) => find_key(events, name),
        (Event::SequenceStart(..), Segment::Index(index)) => {
            for _ in 0..*index {
                events.skip()?;
            }
            events.node()
        }
        _ => None,
    }
}

/// Moves on to a key of the mapping that has been started.
fn find_key<'t>(events: &mut Events<'t>, name: &str) -> Option<Node<'t>> {
    loop {
        let key = events.node()?;
        if key.event.scalar().is_some_and(|(text, _)| text == name) {
            return Some(Node { is_key: true, ..key });
        }
        events.skip_rest(&key.event)?;
        events.skip()?;
    }
}

/// The place of a node whose inside has been read in vain.
fn reread(text: &str, node: &Node<'_>) -> Option<Located> {
    let mut events = Events::new(text);
    while events.number < node.number {
        events.next()?;
    }
    let again = events.node()?;
    Some(outline(&mut events, &Node { key: node.key.clone(), ..again }))
}

/// The place of a node that has just been started.
fn outline(events: &mut Events<'_>, node: &Node<'_>) -> Located {
    let text = events.text;
    let span = node.span.clone();
    match &node.event {
        Event::Scalar(value, style, ..) if !span.is_empty() => scalar(text, value, *style, &span),
        Event::Scalar(..) => whole(text, &node.key.clone().unwrap_or(span)),
        Event::MappingStart(StructureStyle::Flow, ..)
        | Event::SequenceStart(StructureStyle::Flow, ..) => {
            whole(text, &(span.start..flow_end(events)))
        }
        Event::MappingStart(..) => whole(text, &events.next().map_or(span, |(_, key)| key)),
        Event::SequenceStart(..) => whole(text, &(span.start..text.len())),
        _ => whole(text, &span),
    }
}

/// The first line of something that is no scalar.
fn whole(text: &str, span: &Range<usize>) -> Located {
    let span = first_line(text, span);
    Located { content_start: span.start, plain: false, span }
}

/// The end of the flow collection that has been started.
fn flow_end(events: &mut Events<'_>) -> usize {
    let mut depth = 1_usize;
    while let Some((event, span)) = events.next() {
        if is_start(&event) {
            depth = depth.saturating_add(1);
        } else if matches!(event, Event::SequenceEnd | Event::MappingEnd) {
            depth = depth.saturating_sub(1);
        }
        if depth == 0 {
            return span.end;
        }
    }
    events.text.len()
}

/// The place of a scalar.
fn scalar(text: &str, value: &str, style: ScalarStyle, span: &Range<usize>) -> Located {
    let quoted = matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted);
    let content_start = span.start.saturating_add(usize::from(quoted));
    let content_end = span.end.saturating_sub(usize::from(quoted));
    let content = text.get(content_start..content_end);
    let plain = content == Some(value) && !value.contains(is_break);
    let span = first_line(text, span);
    Located { content_start: content_start.min(span.end), plain, span }
}

/// The part of `span` that lies in its first line, without white space at its end; within the text and on boundaries
/// between characters.
fn first_line(text: &str, span: &Range<usize>) -> Range<usize> {
    let Some(rest) = text.get(span.start..) else {
        return text.len()..text.len();
    };
    let inside = text.get(span.clone()).unwrap_or(rest);
    let line = inside.split(is_break).next().unwrap_or_default().trim_end();
    span.start..span.start.saturating_add(line.len())
}

#[cfg(test)]
mod tests {
    use super::Segment::{Index, Key, KeyItself};
    use super::*;
    use proptest::prelude::*;

    const NETWORK: &str = "\
# ein Kommentar: é
name: Größe 1 # Ü
layers:
  - conv: {out: 64, kernel: 'k + 1', \"näme\": \"a\\tb\"}
  - relu
  # between
  - add:
      - [conv: 3, relu]
      - []
    from: input
  - - one
    - two
\"quoted key\": \"stage{i}\"
shared: &shared
  out: 8
copy: *shared
small: &small 5
also: *small
empty:
text: |
  first
  second
folded: a
  b
flow: [
  1, 2]
";

    #[test]
    fn places_are_found() {
        let cases: &[(&[Segment<'_>], &str, bool)] = &[
            (&[], "name", false),
            (&[Key("name")], "Größe 1", true),
            (&[KeyItself("name")], "name", true),
            (&[Key("layers")], "- conv: {out: 64, kernel: 'k + 1', \"näme\": \"a\\tb\"}", false),
            (&[Key("layers"), Index(0)], "conv", false),
            (&[Key("layers"), Index(0), KeyItself("conv")], "conv", true),
            (
                &[Key("layers"), Index(0), Key("conv")],
                "{out: 64, kernel: 'k + 1', \"näme\": \"a\\tb\"}",
                false,
            ),
            (&[Key("layers"), Index(0), Key("conv"), Key("out")], "64", true),
            (&[Key("layers"), Index(0), Key("conv"), KeyItself("out")], "out", true),
            (&[Key("layers"), Index(0), Key("conv"), Key("kernel")], "'k + 1'", true),
            (&[Key("layers"), Index(0), Key("conv"), Key("näme")], "\"a\\tb\"", false),
            (&[Key("layers"), Index(0), Key("conv"), KeyItself("näme")], "\"näme\"", true),
            (&[Key("layers"), Index(1)], "relu", true),
            (&[Key("layers"), Index(2)], "add", false),
            (&[Key("layers"), Index(2), Key("add"), Index(0)], "[conv: 3, relu]", false),
            (&[Key("layers"), Index(2), Key("add"), Index(0), Index(0), Key("conv")], "3", true),
            (&[Key("layers"), Index(2), Key("add"), Index(0), Index(1)], "relu", true),
            (&[Key("layers"), Index(2), Key("add"), Index(1)], "[]", false),
            (&[Key("layers"), Index(2), Key("from")], "input", true),
            (&[Key("layers"), Index(3), Index(1)], "two", true),
            (&[Key("quoted key")], "\"stage{i}\"", true),
            (&[KeyItself("quoted key")], "\"quoted key\"", true),
            (&[Key("copy"), Key("out")], "8", true),
            (&[Key("copy")], "out", false),
            (&[Key("also")], "5", true),
            (&[Key("empty")], "empty", false),
            (&[Key("text")], "first", false),
            (&[Key("folded")], "a", false),
            (&[Key("flow")], "[", false),
            (&[Key("flow"), Index(1)], "2", true),
            // As far as the path leads.
            (&[Key("nowhere"), Index(1)], "name", false),
            (
                &[Key("layers"), Index(9)],
                "- conv: {out: 64, kernel: 'k + 1', \"näme\": \"a\\tb\"}",
                false,
            ),
            (&[Key("layers"), Index(2), Key("add"), Index(0), Key("x")], "[conv: 3, relu]", false),
            (&[Key("layers"), Index(1), Key("x")], "relu", true),
            (&[Key("name"), KeyItself("x")], "Größe 1", true),
            (&[KeyItself("name"), Key("x")], "name", true),
            (&[Key("copy"), Key("x")], "out", false),
        ];
        for (path, expected, plain) in cases {
            let found = locate(NETWORK, path).unwrap();
            assert_eq!(NETWORK.get(found.span.clone()), Some(*expected), "{path:?}");
            assert_eq!(found.plain, *plain, "{path:?}");
        }
    }

    #[test]
    fn parts_of_scalars_are_found() {
        let part = |path: &[Segment<'_>], within: Range<usize>| {
            let found = locate(NETWORK, path).unwrap();
            NETWORK.get(found.part(&within)).unwrap()
        };
        assert_eq!(part(&[Key("layers"), Index(0), Key("conv"), Key("kernel")], 4..5), "1");
        assert_eq!(part(&[Key("quoted key")], 5..8), "{i}");
        assert_eq!(part(&[Key("name")], 0..7), "Größe");
        assert_eq!(part(&[Key("name")], 8..99), "1");
        assert_eq!(part(&[Key("text")], 0..1), "first");
    }

    #[test]
    fn mistakes_in_the_text_are_no_trouble() {
        let span = |text: &str, path: &[Segment<'_>]| {
            locate(text, path).map(|found| text.get(found.span).unwrap().to_owned())
        };
        assert_eq!(span("", &[]), None);
        assert_eq!(span("a: [1, 2", &[Key("a"), Index(1)]), Some("[1, 2".to_owned()));
        assert_eq!(span("a: [1, }", &[Key("a"), Index(5)]), Some("[1, }".to_owned()));
        assert_eq!(
            span("a: &a [*a]", &[Key("a"), Index(0), Index(0), Index(0)]),
            Some("[*a]".to_owned())
        );
        assert_eq!(span("a: *b", &[Key("a"), Index(0)]), Some("*b".to_owned()));
        assert_eq!(span("\u{feff}a: 1\r\nb: 2\r\n", &[Key("b")]), Some("2".to_owned()));
        assert_eq!(span("? x\n: y\n", &[Key("x")]), Some("y".to_owned()));
        assert_eq!(span("? [1, 2]\n: {a: b}\nc: d\n", &[Key("c")]), Some("d".to_owned()));
        assert_eq!(span("a: 1\n---\nb: 2\n", &[Key("b")]), Some("a".to_owned()));
        let deep = "[".repeat(100_000);
        assert!(locate(&deep, &[Index(0)]).is_none());
    }

    #[test]
    fn syntax_errors_have_a_span() {
        let cases = [
            ("a: b\nc: é}x\n", 2, 5, "}"),
            ("a: b\nc: é}x\n", 2, 7, ""),
            ("a: b\nc: é}x\n", 3, 1, ""),
            ("a: b\nc: é}x\n", 9, 9, ""),
            ("\u{feff}é", 1, 1, "é"),
            ("a\r\nb\rc\u{2028}d", 4, 1, "d"),
            ("abc", 0, 0, "a"),
            ("abc", usize::MAX, usize::MAX, ""),
            ("", 1, 1, ""),
        ];
        for (text, line, column, expected) in cases {
            let span = syntax_span(text, line, column);
            assert_eq!(
                text.get(span.clone()),
                Some(expected),
                "{text:?} {line} {column}: {span:?}"
            );
        }
    }

    fn segment() -> impl Strategy<Value = Segment<'static>> {
        let key = prop::sample::select(vec!["a", "b", "é", "name", "layers"]);
        prop_oneof![
            (0_usize..4).prop_map(Index),
            key.clone().prop_map(Key),
            key.prop_map(KeyItself)
        ]
    }

    proptest! {
        #[test]
        fn any_text_is_no_trouble(
            text in prop_oneof![any::<String>(), "[abé:,&* \n\r\\[\\]{}'\"|>?#!~-]{0,60}"],
            path in prop::collection::vec(segment(), 0..5), line in 0_usize..9, column in 0_usize..20,
        ) {
            if let Some(found) = locate(&text, &path) {
                prop_assert!(text.get(found.span.clone()).is_some(), "{found:?}");
                prop_assert!(text.get(found.content_start..).is_some(), "{found:?}");
            }
            prop_assert!(text.get(syntax_span(&text, line, column)).is_some());
        }
    }
}
