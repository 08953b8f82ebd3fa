//! A picture of a network as a line of text.

use std::collections::BTreeSet;

use crate::back::text::one_line;
use crate::report::document::{Picture, PictureBox, PictureGroup};

/// The boxes from the input on: `input → (conv 1x1 | conv 3x3 → relu) → concat`. Where branches do not all meet again as they parted,
/// the boxes in order, each with what it takes if that is not the one before.
///
/// What has a frame is in brackets: `2 × [conv 3x3 → relu]`.
pub(super) fn in_words(picture: &Picture) -> String {
    if let Some(group) = picture.groups.last() {
        return in_words(&with_group_told(picture, group));
    }
    let titles: Vec<String> = picture.boxes.iter().map(|shown| one_line(&shown.title)).collect();
    let flow = Flow::new(picture, &titles);
    let mut written = BTreeSet::new();
    match flow.from(0, None, &mut written) {
        Some(words) if written.len() == titles.len() => words,
        _ => flat(picture, &titles),
    }
}

/// What a group takes is called in the group.
const ENTRY: &str = "what comes in";

/// The picture with a box in place of a group that lies in no other, whose title tells what is in it.
fn with_group_told(picture: &Picture, group: &PictureGroup) -> Picture {
    let range = group.boxes.clone();
    let within = |other: &&PictureGroup| {
        *other != group && range.start <= other.boxes.start && other.boxes.end <= range.end
    };
    let moved = |place: usize| place.checked_sub(range.start).map_or(0, |place| place + 1);
    let entry = PictureBox {
        title: ENTRY.to_owned(),
        detail: String::new(),
        kind: crate::report::OperatorKind::Other,
        inputs: Vec::new(),
    };
    let members = picture.boxes.get(range.clone()).unwrap_or_default();
    let members = members.iter().map(|member| PictureBox {
        inputs: member.inputs.iter().map(|input| moved(*input)).collect(),
        ..member.clone()
    });
    let inner = picture.groups.iter().filter(within).map(|inner| PictureGroup {
        boxes: moved(inner.boxes.start)..moved(inner.boxes.end),
        ..inner.clone()
    });
    let inside = Picture {
        boxes: [entry].into_iter().chain(members).collect(),
        groups: inner.collect(),
        ..Picture::default()
    };
    let words = in_words(&inside);
    let words = words.strip_prefix(ENTRY).unwrap_or(&words).trim_start_matches([' ', '→', ';']);
    let name = match (group.times, group.name.as_str()) {
        (0..=1, name) => one_line(name),
        (times, "") => format!("{times} ×"),
        (times, name) => format!("{times} × {}", one_line(name)),
    };
    // A place among boxes of which the group is one.
    let last = range.len().saturating_sub(1);
    let folded = |place: usize| place.saturating_sub(last).max(place.min(range.start));
    let mut boxes = Vec::with_capacity(picture.boxes.len());
    for (place, shown) in picture.boxes.iter().enumerate() {
        if range.contains(&place) && place != range.start {
            continue;
        }
        let mut shown = shown.clone();
        if place == range.start {
            shown.title = format!("{name} [{words}]");
            let taken = picture.boxes.get(range.clone()).into_iter().flatten();
            let taken: BTreeSet<usize> = taken.flat_map(|member| member.inputs.clone()).collect();
            shown.inputs = taken.into_iter().filter(|input| *input < range.start).collect();
        }
        shown.inputs = shown.inputs.into_iter().map(folded).collect();
        boxes.push(shown);
    }
    let others = picture.groups.iter().filter(|other| *other != group && !within(other));
    let groups = others.map(|other| PictureGroup {
        boxes: folded(other.boxes.start)..folded(other.boxes.end),
        ..other.clone()
    });
    Picture { boxes, groups: groups.collect(), ..Picture::default() }
}

struct Flow<'picture> {
    titles: &'picture [String],
    /// Boxes that take a box's result.
    takers: Vec<Vec<usize>>,
    /// The first box that everything from a box on goes through.
    meets: Vec<Option<usize>>,
}

impl<'picture> Flow<'picture> {
    fn new(picture: &Picture, titles: &'picture [String]) -> Self {
        let count = titles.len();
        let takers = PictureBox::takers(&picture.boxes);
        // What lies on every way from a box to the end, the box itself left out.
        let mut sure: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); count];
        for place in (0..count).rev() {
            let mut common: Option<BTreeSet<usize>> = None;
            for taker in takers.get(place).into_iter().flatten() {
                let mut way = sure.get(*taker).cloned().unwrap_or_default();
                way.insert(*taker);
                common = Some(match common {
                    Some(common) => common.intersection(&way).copied().collect(),
                    None => way,
                });
            }
            if let Some(of_place) = sure.get_mut(place) {
                *of_place = common.unwrap_or_default();
            }
        }
        let meets = sure.iter().map(|sure| sure.first().copied()).collect();
        Self { titles, takers, meets }
    }

    /// The boxes from one up to the end of its branch; `None` where a box would be written twice.
    fn from(
        &self,
        start: usize,
        end: Option<usize>,
        written: &mut BTreeSet<usize>,
    ) -> Option<String> {
        let mut words = Vec::new();
        let mut next = Some(start);
        while let Some(place) = next.filter(|_| next != end) {
            if !written.insert(place) {
                return None;
            }
            words.push(self.titles.get(place)?.clone());
            let takers = self.takers.get(place)?;
            next = *self.meets.get(place)?;
            if takers.len() > 1 {
                let branch = |taker: &usize| match Some(*taker) == next {
                    true => Some("shortcut".to_owned()),
                    false => self.from(*taker, next, written),
                };
                let branches: Vec<String> = takers.iter().map(branch).collect::<Option<_>>()?;
                words.push(format!("({})", branches.join(" | ")));
            }
        }
        Some(words.join(" → "))
    }
}

fn flat(picture: &Picture, titles: &[String]) -> String {
    let boxes = picture.boxes.iter().zip(titles).enumerate().map(|(place, (shown, title))| {
        if shown.inputs.iter().copied().eq(place.checked_sub(1)) {
            return title.clone();
        }
        let taken = shown.inputs.iter().filter_map(|input| titles.get(*input)).cloned();
        let taken: Vec<String> = taken.collect();
        if taken.is_empty() { title.clone() } else { format!("{title} of {}", taken.join(" and ")) }
    });
    boxes.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::OperatorKind;
    use crate::report::document::PictureBox;

    #[test]
    fn what_is_repeated_is_in_brackets() {
        let titles: [(&str, &[usize]); 6] =
            [("input", &[]), ("a", &[0]), ("b", &[1]), ("c", &[2]), ("add", &[1, 3]), ("d", &[4])];
        let boxes = titles.map(|(title, inputs)| PictureBox {
            title: title.to_owned(),
            detail: String::new(),
            kind: OperatorKind::Other,
            inputs: inputs.to_vec(),
        });
        let group = |name: &str, times, boxes| PictureGroup { name: name.to_owned(), times, boxes };
        for (groups, expected) in [
            (vec![group("", 3, 2..5)], "input → a → 3 × [(b → c | shortcut) → add] → d"),
            (vec![group("block", 1, 5..6)], "input → a → (b → c | shortcut) → add → block [d]"),
            (
                vec![group("", 4, 2..4), group("unit", 2, 1..5), group("", 5, 5..6)],
                "input → 2 × unit [a → (4 × [b → c] | shortcut) → add] → 5 × [d]",
            ),
        ] {
            let picture = Picture { boxes: boxes.to_vec(), groups, ..Picture::default() };
            assert_eq!(in_words(&picture), expected);
        }
    }

    #[test]
    fn branches_are_in_parentheses() {
        type Boxes<'test> = &'test [(&'test str, &'test [usize])];
        let cases: &[(Boxes<'_>, &str)] = &[
            (&[], ""),
            (&[("a", &[]), ("b", &[0])], "a → b"),
            (
                &[("a", &[]), ("b", &[0]), ("add", &[0, 1]), ("c", &[2])],
                "a → (b | shortcut) → add → c",
            ),
            (
                &[("a", &[]), ("b", &[0]), ("c", &[0]), ("d", &[2]), ("concat", &[1, 3])],
                "a → (b | c → d) → concat",
            ),
            (&[("a", &[]), ("b", &[0]), ("aux", &[1]), ("c", &[1])], "a → b → (aux | c)"),
            (
                &[("a", &[]), ("b", &[0]), ("c", &[0, 1]), ("d", &[2]), ("e", &[0, 1, 3])],
                "a; b; c of a and b; d; e of a and b and d",
            ),
            (&[("a", &[]), ("b", &[]), ("c", &[0, 1])], "a; b; c of a and b"),
            (&[("a", &[]), ("b", &[0, 0])], "a → b"),
        ];
        for (boxes, expected) in cases {
            let boxes = boxes.iter().map(|(title, inputs)| PictureBox {
                title: (*title).to_owned(),
                detail: String::new(),
                kind: OperatorKind::Other,
                inputs: inputs.to_vec(),
            });
            let picture = Picture { boxes: boxes.collect(), ..Picture::default() };
            assert_eq!(in_words(&picture), *expected);
        }
    }
}
