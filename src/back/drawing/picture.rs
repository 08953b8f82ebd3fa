//! A picture of a small network.

use std::collections::HashSet;
use std::fmt::Write;
use std::ops::Range;

use super::layout::{Item, Layout, layout};
use super::shapes::{Area, Text, number, rounded, tag};
use super::{Drawing, Error, text_width};
use crate::back::text::{cut, one_line};
use crate::report::document::{Picture, PictureBox, PictureGroup};

/// More boxes than this are not drawn.
const MOST_BOXES: usize = 120;
/// Longer texts are cut.
const LONGEST: usize = 44;
/// How much wider the bold letters of titles are.
const BOLD: f64 = 1.07;
/// Font sizes, as in the style sheet.
const TITLE_SIZE: f64 = 12.5;
const DETAIL_SIZE: f64 = 11.0;
/// Free at the edges of the picture.
const MARGIN: f64 = 4.0;
/// Corners of boxes.
const RADIUS: f64 = 7.0;
/// Height of an arrow's head.
const HEAD: f64 = 6.0;
/// Room between a frame and what lies in it, boxes or frames.
const FRAME: f64 = 8.0;
/// Room between a frame and its name.
const BESIDE: f64 = 7.0;

/// The picture, without its caption.
///
/// # Errors
/// Where there are too many boxes.
pub(crate) fn picture(picture: &Picture) -> Result<Drawing, Error> {
    Error::beyond(&picture.caption, "boxes", picture.boxes.len(), MOST_BOXES)?;
    let boxes: Vec<Shown> =
        picture.boxes.iter().map(|shown| Shown::new(shown, !picture.is_abridged)).collect();
    let items: Vec<Item> =
        boxes.iter().enumerate().map(|(place, shown)| shown.item(place)).collect();
    let layout = layout(&items);
    let frames = frames(&picture.groups, &layout);
    let mut body: String = frames.iter().rev().map(Frame::drawn).collect();
    let mut drawn = HashSet::new();
    for line in &layout.lines {
        body += &arrow(line, &mut drawn);
    }
    for (place, shown) in boxes.iter().enumerate() {
        body += &shown.drawn(place, &items, &layout);
    }
    let left = frames.iter().map(|frame| frame.area.x).fold(0.0, f64::min);
    let right = frames.iter().map(Frame::right).fold(layout.width, f64::max);
    let bottom = frames.iter().map(|frame| frame.area.bottom()).fold(layout.height, f64::max);
    let moved = format!(
        "<g transform=\"translate({} {})\">{body}</g>",
        number(MARGIN - left),
        number(MARGIN)
    );
    Ok(Drawing {
        width: right - left + 2.0 * MARGIN,
        height: bottom + 2.0 * MARGIN,
        body: moved,
        label: format!("{}: {}", picture.caption, in_words(picture)),
    })
}

/// A frame around boxes.
struct Frame {
    area: Area,
    name: String,
    boxes: Range<usize>,
}

/// The frames of groups, each around its boxes, the lines to them, and the frames within. What is not repeated has none where other
/// boxes are in its way.
fn frames(groups: &[PictureGroup], layout: &Layout) -> Vec<Frame> {
    let mut frames: Vec<Frame> = Vec::with_capacity(groups.len());
    for group in groups {
        let boxes = group.boxes.clone();
        let areas = layout.areas.get(boxes.clone()).unwrap_or_default();
        let is_inner =
            |frame: &&Frame| boxes.start <= frame.boxes.start && frame.boxes.end <= boxes.end;
        let inner: Vec<Area> = frames.iter().filter(is_inner).map(Frame::with_name).collect();
        let areas = areas.iter().chain(&inner).copied();
        let Some(around) = areas.reduce(|one, other| one.around(&other)) else { continue };
        let lines = layout.lines.iter().zip(&layout.targets);
        let points = lines.filter(|(_, target)| boxes.contains(target)).flat_map(|(line, _)| line);
        let across = points.filter(|(_, y)| (around.y..=around.bottom()).contains(y));
        let around = across.fold(around, |around, (x, _)| {
            around.around(&Area { x: *x, y: around.y, width: 0.0, height: 0.0 })
        });
        let area = Area {
            x: around.x - FRAME,
            y: around.y - FRAME,
            width: around.width + 2.0 * FRAME,
            height: around.height + 2.0 * FRAME,
        };
        let frame = Frame { area, name: group_name(group), boxes };
        let room = frame.with_name();
        let mut others = layout.areas.iter().enumerate();
        let is_blocked =
            others.any(|(place, other)| !frame.boxes.contains(&place) && other.overlaps(&room));
        if group.times > 1 || !is_blocked {
            frames.push(frame);
        }
    }
    frames
}

/// What stands beside a frame.
fn group_name(group: &PictureGroup) -> String {
    let name = cut(&one_line(&group.name), LONGEST);
    match (group.times, name.is_empty()) {
        (0..=1, _) => name,
        (times, true) => format!("×{times}"),
        (times, false) => format!("{name} ×{times}"),
    }
}

impl Frame {
    /// Where it ends with its name.
    fn right(&self) -> f64 {
        self.area.right() + BESIDE + text_width(&self.name, TITLE_SIZE) * BOLD
    }

    fn with_name(&self) -> Area {
        Area { width: self.right() - self.area.x, ..self.area }
    }

    fn drawn(&self) -> String {
        let path = format!("d=\"{}\"", rounded(self.area, RADIUS + 3.0, RADIUS + 3.0));
        let at = (self.area.right() + BESIDE, self.area.y + self.area.height / 2.0 + 4.5);
        let name = Text { class: "name", at, anchor: "start", text: &self.name };
        tag("path", "frame", &path) + &name.element()
    }
}

/// The boxes in execution order; where one does not take the one before, what it takes.
fn in_words(picture: &Picture) -> String {
    let mut words = String::new();
    for (place, shown) in picture.boxes.iter().enumerate() {
        if place > 0 {
            words += ", ";
        }
        for group in picture.groups.iter().filter(|group| group.boxes.start == place) {
            let _ = write!(words, "{} [", group_name(group));
        }
        words += &shown.title;
        let before = place.checked_sub(1);
        let follows = shown.inputs.iter().copied().eq(before);
        if !follows && !shown.inputs.is_empty() {
            let names = shown.inputs.iter().filter_map(|input| picture.boxes.get(*input));
            let names: Vec<&str> = names.map(|input| input.title.as_str()).collect();
            let _ = write!(words, " (from {})", names.join(" and "));
        }
        for _ in picture.groups.iter().filter(|group| group.boxes.end == place + 1) {
            words += "]";
        }
    }
    words
}

/// A box with its texts as they are shown.
struct Shown<'picture> {
    of: &'picture PictureBox,
    title: String,
    detail: String,
    /// Whether it may stand with what it follows.
    may_hang: bool,
}

impl<'picture> Shown<'picture> {
    fn new(of: &'picture PictureBox, may_hang: bool) -> Self {
        let text = |text: &str| cut(&one_line(text), LONGEST);
        Self { of, title: text(&of.title), detail: text(&of.detail), may_hang }
    }

    /// Whether it has one line only and stands with what it follows.
    fn is_slim(&self) -> bool {
        self.may_hang && self.detail.is_empty() && self.of.inputs.len() == 1
    }

    fn item(&self, place: usize) -> Item {
        let size = if self.is_slim() { DETAIL_SIZE } else { TITLE_SIZE };
        let widest =
            (text_width(&self.title, size) * BOLD).max(text_width(&self.detail, DETAIL_SIZE));
        let height = match (self.is_slim(), self.detail.is_empty()) {
            (true, _) => 20.0,
            (false, true) => 30.0,
            (false, false) => 44.0,
        };
        let inputs = self.of.inputs.iter().copied().filter(|input| *input < place);
        Item {
            width: (widest + 24.0).max(96.0).ceil(),
            height,
            hangs: self.is_slim(),
            inputs: inputs.collect(),
        }
    }

    fn drawn(&self, place: usize, items: &[Item], layout: &Layout) -> String {
        let Some((area, item)) = layout.areas.get(place).zip(items.get(place)) else {
            return String::new();
        };
        let is_hung = |place: usize| layout.hung.get(place) == Some(&true);
        let hangs = item.hangs && item.inputs.first().is_some_and(|input| is_hung(*input));
        let upper = if hangs { 0.0 } else { RADIUS };
        let lower = if is_hung(place) { 0.0 } else { RADIUS };
        let path = format!("d=\"{}\"", rounded(*area, upper, lower));
        let middle = area.x + area.width / 2.0;
        let text = |class, y: f64, text| {
            Text { class, at: (middle, area.y + y), anchor: "middle", text }.element()
        };
        let class = format!("box d-{}", self.of.kind.key());
        let mut drawn = tag("path", &class, &path);
        match (self.is_slim(), self.detail.is_empty()) {
            (true, _) => drawn += &text("detail", 14.0, &self.title),
            (false, true) => drawn += &text("name", 19.5, &self.title),
            (false, false) => {
                drawn += &text("name", 18.5, &self.title);
                drawn += &text("detail", 34.5, &self.detail);
            }
        }
        drawn
    }
}

/// A line through the points with a head at its end, from where it leaves what is drawn already.
fn arrow(points: &[(f64, f64)], drawn: &mut HashSet<String>) -> String {
    let key = |pair: &[(f64, f64)]| format!("{pair:?}");
    let shared = points.windows(2).take_while(|pair| drawn.contains(&key(pair))).count();
    drawn.extend(points.windows(2).map(key));
    let Some((end, rest)) = points.get(shared..).and_then(<[_]>::split_last) else {
        return String::new();
    };
    let mut path = String::new();
    let mut before = (0.0, 0.0);
    let shaft = rest.iter().copied().chain([(end.0, end.1 - HEAD + 1.0)]);
    for (place, (x, y)) in shaft.enumerate() {
        let _ = match place {
            0 => write!(path, "M{} {}", number(x), number(y)),
            _ if x == before.0 => write!(path, "V{}", number(y)),
            _ => {
                let middle = f64::midpoint(before.1, y);
                write!(
                    path,
                    "C{} {} {} {} {} {}",
                    number(before.0),
                    number(middle),
                    number(x),
                    number(middle),
                    number(x),
                    number(y)
                )
            }
        };
        before = (x, y);
    }
    let head = format!("M{} {}l-4 -{HEAD}h8z", number(end.0), number(end.1));
    tag("path", "edge", &format!("d=\"{path}\"")) + &tag("path", "head", &format!("d=\"{head}\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn frames_are_around_their_boxes_alone() {
        let [plain, residual] = ["plain34", "resnet34"].map(sample::bundled);
        let dense = sample::deep();
        let networks = [(&plain, ""), (&residual, ""), (&dense, "")];
        for shown in Picture::side_by_side(&networks) {
            let boxes: Vec<Shown> =
                shown.boxes.iter().map(|shown| Shown::new(shown, false)).collect();
            let items: Vec<Item> =
                boxes.iter().enumerate().map(|(place, shown)| shown.item(place)).collect();
            let layout = layout(&items);
            let frames = frames(&shown.groups, &layout);
            assert_eq!(frames.len(), shown.groups.len());
            for (frame, group) in frames.iter().zip(&shown.groups) {
                for (place, area) in layout.areas.iter().enumerate() {
                    assert_eq!(frame.area.holds(area), group.boxes.contains(&place), "{place}");
                    assert_eq!(frame.area.overlaps(area), group.boxes.contains(&place), "{place}");
                }
            }
            let drawing = picture(&shown).unwrap();
            assert!(frames.iter().all(|frame| frame.right() <= drawing.width));
            assert_eq!(drawing.body.matches("class=\"frame\"").count(), frames.len());
        }
    }
}
