//! Pictures of reports' networks: a box a layer; where there are many, repeated parts once and blocks in one box.
//!
//! What is left out is what tells least: first layers that change no shape, and all but one of parts that follow one another and are
//! the same; then blocks that are wired as one before them; then the inside of all blocks.

use std::collections::{HashMap, HashSet};
use std::fmt::Write;
use std::ops::Range;

use super::document::{Picture, PictureBox, PictureGroup};
use super::fold::{self, Row};
use super::table::{shape_text, without_batch};
use super::{Layer, OperatorKind, Report};

/// More boxes than this are no picture that anybody reads.
const MOST_BOXES: usize = 60;
/// A part that is repeated is drawn once where that leaves out at least so many boxes.
const LEAST_SAVED: usize = 2;
/// More neighboring rows than this are not looked at as a part that is repeated.
const LONGEST_PART: usize = 16;

/// How much of a network is drawn, from most to least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Folding {
    /// Every layer.
    Layers,
    /// Layers that change the shape or join, parts that follow one another and are the same once.
    Repeats,
    /// The same, and only the first of blocks that are wired alike unfolded.
    Alike,
    /// A box a top-level block.
    Blocks,
}

impl Picture {
    /// A picture of the report's network, with its input as the first box.
    ///
    /// There is a box a layer; where that makes more than 60, layers that change no shape are left out and parts that are repeated are
    /// drawn once; where that is too many still, of blocks that are wired alike all but the first are a box each, then all blocks; where
    /// even these are too many, the last box says how many more there are.
    #[must_use]
    pub fn of(report: &Report, caption: &str) -> Self {
        Self::side_by_side(&[(report, caption)]).pop().unwrap_or_default()
    }

    /// Pictures of networks with their captions, all of them in as much detail as the largest has room for.
    #[must_use]
    pub fn side_by_side(networks: &[(&Report, &str)]) -> Vec<Self> {
        let most_layers = networks.iter().map(|(report, _)| report.layers.len()).max().unwrap_or(0);
        let foldings = [Folding::Layers, Folding::Repeats, Folding::Alike, Folding::Blocks];
        let mut pictures = Vec::new();
        for folding in foldings {
            if folding == Folding::Layers && most_layers >= MOST_BOXES {
                continue;
            }
            let drawn = networks.iter().map(|(report, caption)| drawn(report, caption, folding));
            pictures = drawn.collect();
            if pictures.iter().all(|picture: &Self| picture.boxes.len() <= MOST_BOXES) {
                break;
            }
        }
        for picture in &mut pictures {
            cut(picture);
        }
        pictures
    }
}

/// Leaves at most as many boxes as are read, the last of which says how many are missing.
fn cut(picture: &mut Picture) {
    let boxes = &mut picture.boxes;
    let count = boxes.len();
    if count <= MOST_BOXES {
        return;
    }
    boxes.truncate(MOST_BOXES - 1);
    boxes.push(PictureBox {
        title: format!("… {} more", count - boxes.len()),
        detail: String::new(),
        kind: OperatorKind::Other,
        inputs: vec![boxes.len() - 1],
    });
    picture.groups.retain(|group| group.boxes.end < MOST_BOXES);
}

fn drawn(report: &Report, caption: &str, folding: Folding) -> Picture {
    let sketch = Sketch::new(report, folding);
    let mut folder = Folder::new(&sketch, folding);
    folder.keep(Kept::Box(0));
    folder.walk(&sketch.parts);
    let (boxes, groups) = folder.finished();
    let is_abridged = folding != Folding::Layers;
    Picture { caption: caption.to_owned(), boxes, groups, is_abridged }
}

/// All boxes that might be drawn, the input first, and the blocks that they lie in.
struct Sketch {
    boxes: Vec<PictureBox>,
    /// What a box is, whatever its channels.
    forms: Vec<String>,
    parts: Vec<Part>,
    /// For every box those that take its result.
    takers: Vec<Vec<usize>>,
}

/// A box, or a block with what lies in it.
struct Part {
    boxes: Range<usize>,
    /// Empty where it is a single layer.
    parts: Vec<Part>,
    name: String,
    /// What the block passes on.
    shape: String,
}

impl Sketch {
    fn new(report: &Report, folding: Folding) -> Self {
        let mut boxes = vec![input_box(report)];
        let mut forms = vec![String::new()];
        // The box that holds a layer's result, by the layer's name.
        let mut holders: HashMap<&str, usize> = HashMap::new();
        let mut starts = Vec::with_capacity(report.layers.len() + 1);
        for layer in &report.layers {
            starts.push(boxes.len());
            let taken = layer.inputs.iter().map(|name| holders.get(name.as_str()).copied());
            let mut inputs: Vec<usize> = taken.map(Option::unwrap_or_default).collect();
            inputs.sort_unstable();
            inputs.dedup();
            let holder = match inputs.as_slice() {
                [only] if folding != Folding::Layers && changes_no_shape(layer) => *only,
                _ => {
                    boxes.push(PictureBox { inputs, ..layer_box(layer, folding) });
                    forms.push(title(layer, None));
                    boxes.len() - 1
                }
            };
            holders.insert(&layer.name, holder);
        }
        starts.push(boxes.len());
        let mut takers = vec![Vec::new(); boxes.len()];
        for (place, shown) in boxes.iter().enumerate() {
            for input in &shown.inputs {
                if let Some(takers) = takers.get_mut(*input) {
                    takers.push(place);
                }
            }
        }
        // Where sums of figures are too large there are no blocks, and every layer stands by itself.
        let rows = fold::fold(report, None).unwrap_or_default();
        let mut parts = parts(&rows, &starts);
        if parts.is_empty() {
            parts = (1..boxes.len()).map(|place| Part::layer(place..place + 1)).collect();
        }
        Self { boxes, forms, parts, takers }
    }

    /// Whether a part is what the part before it is, and is chained to it: each takes one result, the second that of the first, which
    /// nothing else takes.
    fn repeats(&self, one: &Range<usize>, other: &Range<usize>) -> bool {
        if one.is_empty() || one.len() != other.len() {
            return false;
        }
        let mut entries = [None; 2];
        for (first, second) in one.clone().zip(other.clone()) {
            let Some((a, b)) = self.boxes.get(first).zip(self.boxes.get(second)) else {
                return false;
            };
            let is_same = (&a.title, &a.detail, a.kind) == (&b.title, &b.detail, b.kind);
            if !is_same || a.inputs.len() != b.inputs.len() {
                return false;
            }
            for (a, b) in a.inputs.iter().zip(&b.inputs) {
                let fits = match (one.contains(a), other.contains(b)) {
                    (true, true) => a - one.start == b - other.start,
                    (false, false) => {
                        let [first, second] = &mut entries;
                        first.get_or_insert(*a) == a && second.get_or_insert(*b) == b
                    }
                    _ => false,
                };
                if !fits {
                    return false;
                }
            }
        }
        let [Some(_), Some(entry)] = entries else { return false };
        let leaves_by_entry = |place: usize| {
            let takers = self.takers.get(place).into_iter().flatten();
            let mut outside = takers.filter(|taker| !one.contains(taker));
            outside.all(|taker| place == entry && other.contains(taker))
        };
        one.contains(&entry) && one.clone().all(leaves_by_entry)
    }

    /// How a block is wired and of what, whatever its channels.
    fn wiring(&self, part: &Part) -> String {
        let mut wiring = String::new();
        for place in part.boxes.clone() {
            let form = self.forms.get(place).map_or("", String::as_str);
            let _ = write!(wiring, "{form:?}");
            for input in self.boxes.get(place).into_iter().flat_map(|shown| &shown.inputs) {
                let _ = match input.checked_sub(part.boxes.start) {
                    Some(inside) => write!(wiring, " {inside}"),
                    None => write!(wiring, " -"),
                };
            }
        }
        wiring
    }
}

impl Part {
    fn layer(boxes: Range<usize>) -> Self {
        Self { boxes, parts: Vec::new(), name: String::new(), shape: String::new() }
    }
}

/// The rows of a folded report that have boxes; `starts` is the first box of every layer.
fn parts(rows: &[Row<'_>], starts: &[usize]) -> Vec<Part> {
    let start = |layer: usize| starts.get(layer).copied().unwrap_or_default();
    let part = |row: &Row<'_>| match row {
        Row::Layer(row) => Part::layer(start(row.index)..start(row.index + 1)),
        Row::Block(block) => {
            let boxes = start(block.layers.start)..start(block.layers.end);
            let mut inside = parts(&block.rows, starts);
            // A block in which there is nothing but a block is one with it.
            if let [only] = inside.as_mut_slice()
                && !only.parts.is_empty()
            {
                inside = std::mem::take(&mut only.parts);
            }
            let shape = shape_text(without_batch(block.output_shape));
            Part { boxes, parts: inside, name: block.name.to_owned(), shape }
        }
    };
    rows.iter().map(part).filter(|part| !part.boxes.is_empty()).collect()
}

/// Something that is drawn.
enum Kept<'sketch> {
    Box(usize),
    Block(&'sketch Part),
}

/// Chooses what is drawn.
struct Folder<'sketch> {
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
    fn new(sketch: &'sketch Sketch, folding: Folding) -> Self {
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

    fn keep(&mut self, kept: Kept<'sketch>) {
        let range = match &kept {
            Kept::Box(place) => *place..*place + 1,
            Kept::Block(part) => part.boxes.clone(),
        };
        let place = self.kept.len();
        self.places.get_mut(range).into_iter().flatten().for_each(|stands| *stands = place);
        self.kept.push(kept);
    }

    fn walk(&mut self, parts: &'sketch [Part]) {
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

    fn finished(self) -> (Vec<PictureBox>, Vec<PictureGroup>) {
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

fn input_box(report: &Report) -> PictureBox {
    PictureBox {
        title: "input".to_owned(),
        detail: shape_text(without_batch(&report.input)),
        kind: OperatorKind::Other,
        inputs: Vec::new(),
    }
}

fn layer_box(layer: &Layer, folding: Folding) -> PictureBox {
    let has_detail = match folding {
        Folding::Layers => !changes_no_shape(layer),
        _ => resizes(layer),
    };
    PictureBox {
        title: title(layer, channels(layer)),
        detail: if has_detail {
            shape_text(without_batch(&layer.output_shape))
        } else {
            String::new()
        },
        kind: layer.kind,
        inputs: Vec::new(),
    }
}

fn changes_no_shape(layer: &Layer) -> bool {
    matches!(layer.kind, OperatorKind::Activation | OperatorKind::Normalization)
        || layer.input_shapes.first() == Some(&layer.output_shape)
            && ["dropout", "drop_path", "identity"].contains(&layer.op.as_str())
}

/// Whether a layer changes the size of maps.
fn resizes(layer: &Layer) -> bool {
    let size = |shape: &[u64]| shape.get(2..).map(<[u64]>::to_vec);
    let before = layer.input_shapes.first().and_then(|shape| size(shape));
    let after = size(&layer.output_shape);
    after.as_ref().is_some_and(|size| !size.is_empty()) && before != after
}

/// The number of channels or features that a layer was given.
fn channels(layer: &Layer) -> Option<u64> {
    let is_given = layer.kind.is_convolution() || layer.op == "linear";
    layer.output_shape.get(1).copied().filter(|_| is_given)
}

/// The operator as papers write it: `conv 7x7, 64, /2`, and what else is not 1.
fn title(layer: &Layer, channels: Option<u64>) -> String {
    let mut title = layer.op.replace('_', " ");
    if layer.kind == OperatorKind::Depthwise {
        title = format!("depthwise {title}");
    }
    if let Some(window) = &layer.window {
        let [height, width] = window.kernel;
        let _ = write!(title, " {height}x{width}");
    }
    if let Some(channels) = channels {
        let comma = if layer.window.is_some() { "," } else { "" };
        let _ = write!(title, "{comma} {channels}");
    }
    let pair = |[height, width]: [u64; 2]| match height == width {
        true => height.to_string(),
        false => format!("{height}x{width}"),
    };
    if let Some(window) = &layer.window {
        if window.stride != [1; 2] {
            let _ = write!(title, ", /{}", pair(window.stride));
        }
        if window.dilation != [1; 2] {
            let _ = write!(title, ", dilation {}", pair(window.dilation));
        }
    }
    if layer.groups > 1 && layer.kind != OperatorKind::Depthwise {
        let _ = write!(title, ", groups {}", layer.groups);
    }
    title
}

/// A block, colored as most of what is drawn of it.
fn block_box(name: &str, shape: &str, members: &[PictureBox]) -> PictureBox {
    let count = |kind| members.iter().filter(|member| member.kind == kind).count();
    let most = OperatorKind::ALL.into_iter().rev().max_by_key(|kind| count(*kind));
    PictureBox {
        title: name.to_owned(),
        detail: shape.to_owned(),
        kind: most.unwrap_or(OperatorKind::Other),
        inputs: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn few_layers_are_a_box_each() {
        let mut report = sample::squeezenet();
        report.layers.truncate(9);
        let picture = Picture::of(&report, "first layers");
        let boxes: Vec<(&str, &str, &[usize])> = picture
            .boxes
            .iter()
            .map(|shown| (shown.title.as_str(), shown.detail.as_str(), shown.inputs.as_slice()))
            .collect();
        let expected: [(&str, &str, &[usize]); 10] = [
            ("input", "3×224×224", &[]),
            ("conv 7x7, 96, /2", "96×109×109", &[0]),
            ("relu", "", &[1]),
            ("max pool 3x3, /2", "96×54×54", &[2]),
            ("conv 1x1, 16", "16×54×54", &[3]),
            ("relu", "", &[4]),
            ("conv 1x1, 64", "64×54×54", &[5]),
            ("relu", "", &[6]),
            ("conv 3x3, 64", "64×54×54", &[5]),
            ("relu", "", &[8]),
        ];
        assert_eq!(boxes, expected);
    }

    fn titles(picture: &Picture) -> Vec<&str> {
        picture.boxes.iter().map(|shown| shown.title.as_str()).collect()
    }

    #[test]
    fn what_is_repeated_is_drawn_once_with_its_shortcuts() {
        // He et al. 2015, Table 1: stages of 3, 4, 6 and 3 blocks, the first of all but the first stage with a projection.
        let [plain, residual] = ["plain34", "resnet34"].map(sample::bundled);
        let pictures = Picture::side_by_side(&[(&plain, "plain"), (&residual, "residual")]);
        let [plain, residual] = pictures.as_slice() else { unreachable!() };
        let times =
            |picture: &Picture| picture.groups.iter().map(|group| group.times).collect::<Vec<_>>();
        assert_eq!(times(plain), [3, 3, 5, 2]);
        assert_eq!(times(residual), [3, 3, 5, 2]);
        assert!(plain.is_abridged && residual.is_abridged);
        let first = residual.groups[0].boxes.clone();
        assert_eq!(titles(residual)[first.clone()], ["conv 3x3, 64", "conv 3x3, 64", "add"]);
        // The last takes what the block takes, and what its convolutions give.
        assert_eq!(residual.boxes[first.end - 1].inputs, [first.start - 1, first.end - 2]);
        assert!(plain.boxes.iter().all(|shown| shown.inputs.len() < 2));
        assert!(residual.boxes.iter().any(|shown| shown.title == "conv 1x1, 128, /2"));
    }

    #[test]
    fn blocks_that_are_wired_alike_are_unfolded_once() {
        let picture = Picture::of(&sample::bundled("googlenet"), "inception");
        let names: Vec<&str> = picture.groups.iter().map(|group| group.name.as_str()).collect();
        assert_eq!(names.first(), Some(&"inception_3a"), "{names:?}");
        assert!(titles(&picture).contains(&"inception_3b") && picture.boxes.len() <= MOST_BOXES);
        let dense = Picture::of(&sample::deep(), "dense");
        // Huang et al. 2016, Table 1: 6, 12, 48 and 32 layers.
        let times: Vec<u64> = dense.groups.iter().map(|group| group.times).collect();
        assert_eq!(times, [6, 12, 48, 32]);
    }

    #[test]
    fn titles_tell_what_is_not_one() {
        let mut report = sample::squeezenet();
        report.layers.truncate(1);
        let layer = &mut report.layers[0];
        let window = layer.window.as_mut().unwrap();
        (window.stride, window.dilation, layer.groups) = ([2, 1], [2, 2], 3);
        let picture = Picture::of(&report, "");
        assert_eq!(titles(&picture)[1], "conv 7x7, 96, /2x1, dilation 2, groups 3");
        report.layers[0].kind = OperatorKind::Depthwise;
        let picture = Picture::of(&report, "");
        assert_eq!(titles(&picture)[1], "depthwise conv 7x7, 96, /2x1, dilation 2");
    }

    #[test]
    fn very_many_boxes_are_cut() {
        let names: Vec<String> = (0..200).map(|number| format!("layer{number}")).collect();
        let names: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
        let mut report = sample::named(&names);
        for (place, layer) in report.layers.iter_mut().enumerate() {
            layer.op = format!("operator{place}");
        }
        let picture = Picture::of(&report, "cut");
        assert_eq!(picture.boxes.len(), MOST_BOXES);
        assert_eq!(picture.boxes.last().unwrap().title, "… 142 more");
    }

    #[test]
    fn inputs_stand_before_what_takes_them() {
        for report in [sample::squeezenet(), sample::deep(), sample::hostile("x")] {
            let picture = Picture::of(&report, "");
            for (place, shown) in picture.boxes.iter().enumerate() {
                assert!(shown.inputs.iter().all(|input| *input < place));
                assert_eq!(shown.inputs.is_empty(), place == 0);
            }
        }
    }
}
