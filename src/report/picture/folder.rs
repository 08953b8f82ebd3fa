//! Which of a network's boxes are drawn, and what stands for the others.

use std::collections::HashSet;
use std::ops::Range;

use super::Folding;
use super::boxes::block_box;
use super::sketch::{Part, Sketch};
use crate::report::document::{PictureBox, PictureGroup};

/// A part that is repeated is drawn once where that leaves out at least so many boxes.
const LEAST_SAVED: usize = 2;
/// More neighboring rows than this are not looked at as a part that is repeated.
const LONGEST_PART: usize = 16;

/// Something that is drawn.
pub(super) enum Kept<'sketch> {
    Box(usize),
    Block(&'sketch Part),
}

/// Chooses what is drawn.
pub(super) struct Folder<'sketch> {
    sketch: &'sketch Sketch,
    folding: Folding,
    kept: Vec<Kept<'sketch>>,
    /// For every box of the sketch what stands for it.
    places: Vec<usize>,
    groups: Vec<PictureGroup>,
    /// Ways blocks are wired, of which one is drawn already.
    known: HashSet<String>,
    /// Ways that more than one block is wired.
    shared: HashSet<String>,
}

impl<'sketch> Folder<'sketch> {
    pub(super) fn new(sketch: &'sketch Sketch, folding: Folding) -> Self {
        let mut folder = Self {
            sketch,
            folding,
            kept: Vec::new(),
            places: vec![0; sketch.boxes.len()],
            groups: Vec::new(),
            known: HashSet::new(),
            shared: HashSet::new(),
        };
        if folding == Folding::Alike {
            let mut seen = HashSet::new();
            folder.count(&sketch.parts, &mut seen);
        }
        folder
    }

    fn count(&mut self, parts: &[Part], seen: &mut HashSet<String>) {
        for part in parts.iter().filter(|part| part.boxes.len() > 1) {
            let wiring = self.sketch.wiring(part);
            if !seen.insert(wiring.clone()) {
                self.shared.insert(wiring);
            }
            self.count(&part.parts, seen);
        }
    }

    pub(super) fn keep(&mut self, kept: Kept<'sketch>) {
        let range = match &kept {
            Kept::Box(place) => *place..*place + 1,
            Kept::Block(part) => part.boxes.clone(),
        };
        let place = self.kept.len();
        self.places.get_mut(range).into_iter().flatten().for_each(|stands| *stands = place);
        self.kept.push(kept);
    }

    pub(super) fn walk(&mut self, parts: &'sketch [Part]) {
        let mut rest = parts;
        while let Some((part, following)) = rest.split_first() {
            if let Some((period, times)) = self.repetition(rest) {
                rest = self.once(rest, period, times);
                continue;
            }
            rest = following;
            match part.parts.as_slice() {
                [] => part.boxes.clone().for_each(|place| self.keep(Kept::Box(place))),
                _ if self.folding == Folding::Blocks => self.keep(Kept::Block(part)),
                inside => self.block(part, inside),
            }
        }
    }

    fn block(&mut self, part: &'sketch Part, inside: &'sketch [Part]) {
        let wiring = match self.folding {
            Folding::Alike => self.sketch.wiring(part),
            _ => String::new(),
        };
        if !self.shared.contains(&wiring) {
            self.walk(inside);
        } else if self.known.insert(wiring) {
            let start = self.kept.len();
            self.walk(inside);
            let boxes = start..self.kept.len();
            self.groups.push(PictureGroup { name: part.name.clone(), times: 1, boxes });
        } else {
            self.keep(Kept::Block(part));
        }
    }

    /// How many rows the first part has that is repeated at once, and how often it stands there.
    fn repetition(&self, rest: &[Part]) -> Option<(usize, usize)> {
        if matches!(self.folding, Folding::Layers | Folding::Blocks) {
            return None;
        }
        (1..=LONGEST_PART.min(rest.len() / 2)).find_map(|period| {
            let turns: Vec<Range<usize>> = rest.chunks_exact(period).map_while(boxes_of).collect();
            let pairs = turns.iter().zip(turns.iter().skip(1));
            let more = pairs.take_while(|(one, other)| self.sketch.repeats(one, other)).count();
            let saved = turns.first().map_or(0, Range::len) * more;
            (saved >= LEAST_SAVED).then_some((period, more + 1))
        })
    }

    /// Draws the first turn of a repetition for all of them; gives what follows.
    fn once(&mut self, rest: &'sketch [Part], period: usize, times: usize) -> &'sketch [Part] {
        let (turns, following) = rest.split_at_checked(period * times).unwrap_or((rest, &[]));
        let first = turns.get(..period).unwrap_or_default();
        let start = self.kept.len();
        self.walk(first);
        let boxes = start..self.kept.len();
        if let Some((turn, all)) = boxes_of(first).zip(boxes_of(turns)) {
            for place in turn.end..all.end {
                let stands = self.places.get(turn.start + (place - turn.start) % turn.len());
                let stands = stands.copied().unwrap_or_default();
                if let Some(place) = self.places.get_mut(place) {
                    *place = stands;
                }
            }
        }
        let times = u64::try_from(times).unwrap_or(u64::MAX);
        match self.groups.last_mut() {
            Some(group) if group.boxes == boxes && group.times == 1 => group.times = times,
            _ => self.groups.push(PictureGroup { name: String::new(), times, boxes }),
        }
        following
    }

    pub(super) fn finished(self) -> (Vec<PictureBox>, Vec<PictureGroup>) {
        let boxes = self.kept.iter().enumerate().map(|(place, kept)| {
            let (members, mut shown) = match kept {
                Kept::Box(one) => {
                    let shown = self.sketch.boxes.get(*one).cloned();
                    (*one..*one + 1, shown.unwrap_or_else(|| block_box("", "", &[])))
                }
                Kept::Block(part) => {
                    let members = self.sketch.boxes.get(part.boxes.clone()).unwrap_or_default();
                    (part.boxes.clone(), block_box(&part.name, &part.shape, members))
                }
            };
            let members = self.sketch.boxes.get(members).unwrap_or_default();
            let taken = members.iter().flat_map(|member| &member.inputs);
            let places = taken.filter_map(|input| self.places.get(*input).copied());
            shown.inputs = places.filter(|input| *input < place).collect();
            shown.inputs.sort_unstable();
            shown.inputs.dedup();
            shown
        });
        (boxes.collect(), self.groups)
    }
}

/// The boxes of neighboring parts.
fn boxes_of(parts: &[Part]) -> Option<Range<usize>> {
    let (first, last) = parts.first().zip(parts.last())?;
    Some(first.boxes.start..last.boxes.end)
}
