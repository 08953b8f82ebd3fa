//! Where things stand: numbers for ways into a file, looked up in the text when there is something to show.

use std::sync::Arc;

use indexmap::IndexSet;

use super::locate::{Located, Segment, locate};
use crate::diagnostics::{Origin, Source, Span};
use crate::network::Place;

/// Where everything that was read stands: for every [`Place`] the way to it from its file's root. Positions in the text
/// are looked up from there when there is something to show.
#[derive(Debug, Default)]
pub(super) struct Places {
    files: Vec<Arc<Source>>,
    keys: IndexSet<Box<str>>,
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    parent: u32,
    segment: Interned,
}

/// One segment of the way, with files and keys as numbers. Numbers that do not fit stand for the parent itself.
#[derive(Debug, Clone, Copy)]
enum Interned {
    File(u32),
    Value(u32),
    Key(u32),
    Item(u32),
}

impl Places {
    /// The length of all texts.
    pub(super) fn bytes(&self) -> usize {
        self.files.iter().map(|file| file.text.len()).sum()
    }

    /// The root of a further file.
    pub(super) fn file(&mut self, source: Arc<Source>) -> Place {
        let file = u32::try_from(self.files.len()).unwrap_or(u32::MAX);
        self.files.push(source);
        self.push(Place(0), Interned::File(file))
    }

    /// The files of the user's, by their names.
    pub(super) fn files(&self) -> impl Iterator<Item = &str> {
        let own = self.files.iter().filter(|source| source.origin == Origin::User);
        own.map(|source| source.name.as_str())
    }

    /// The value under a key.
    pub(super) fn value(&mut self, parent: Place, key: &str) -> Place {
        let key = self.key_index(key);
        self.push(parent, Interned::Value(key))
    }

    /// A key itself.
    pub(super) fn key(&mut self, parent: Place, key: &str) -> Place {
        let key = self.key_index(key);
        self.push(parent, Interned::Key(key))
    }

    /// An item of a list.
    pub(super) fn item(&mut self, parent: Place, index: usize) -> Place {
        self.push(parent, Interned::Item(u32::try_from(index).unwrap_or(u32::MAX)))
    }

    fn key_index(&mut self, key: &str) -> u32 {
        let index = match self.keys.get_index_of(key) {
            Some(index) => index,
            None => self.keys.insert_full(key.into()).0,
        };
        u32::try_from(index).unwrap_or(u32::MAX)
    }

    fn push(&mut self, parent: Place, segment: Interned) -> Place {
        match u32::try_from(self.entries.len()) {
            Ok(index) => {
                self.entries.push(Entry { parent: parent.0, segment });
                Place(index)
            }
            Err(_) => parent,
        }
    }

    /// The text a place is in, and where.
    pub(super) fn locate(&self, place: Place) -> Option<(Arc<Source>, Located)> {
        let mut segments = Vec::new();
        let mut index = place.0;
        let source = loop {
            let entry = self.entries.get(usize::try_from(index).ok()?)?;
            let key = |key: u32| {
                let key = usize::try_from(key).ok().and_then(|key| self.keys.get_index(key));
                key.map_or("", |key| key)
            };
            match entry.segment {
                Interned::File(file) => break self.files.get(usize::try_from(file).ok()?)?,
                Interned::Value(name) => segments.push(Segment::Key(key(name))),
                Interned::Key(name) => segments.push(Segment::KeyItself(key(name))),
                Interned::Item(item) => segments.push(Segment::Index(usize::try_from(item).ok()?)),
            }
            index = entry.parent;
        };
        segments.reverse();
        let located = locate(&source.text, &segments)?;
        Some((Arc::clone(source), located))
    }

    /// The text a place is in, and the span of it or of a part of its scalar.
    pub(super) fn span(&self, place: Place, part: Option<Span>) -> Option<(Arc<Source>, Span)> {
        let (source, located) = self.locate(place)?;
        let span = part.map_or_else(|| located.span.clone(), |part| located.part(&part));
        Some((source, span))
    }
}
