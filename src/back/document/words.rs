//! A picture of a network as a line of text.

use std::collections::BTreeSet;

use crate::back::text::one_line;
use crate::report::document::Picture;

/// The boxes from the input on: `input → (conv 1x1 | conv 3x3 → relu) → concat`. Where branches do not all meet again as they parted,
/// the boxes in order, each with what it takes if that is not the one before.
pub(super) fn in_words(picture: &Picture) -> String {
    let titles: Vec<String> = picture.boxes.iter().map(|shown| one_line(&shown.title)).collect();
    let flow = Flow::new(picture, &titles);
    let mut written = BTreeSet::new();
    match flow.from(0, None, &mut written) {
        Some(words) if written.len() == titles.len() => words,
        _ => flat(picture, &titles),
    }
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
        let mut takers: Vec<Vec<usize>> = vec![Vec::new(); count];
        for (place, shown) in picture.boxes.iter().enumerate() {
            let inputs: BTreeSet<usize> = shown.inputs.iter().copied().collect();
            for input in inputs {
                if let Some(takers) = takers.get_mut(input).filter(|_| input < place) {
                    takers.push(place);
                }
            }
        }
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
            let picture = Picture { caption: String::new(), boxes: boxes.collect() };
            assert_eq!(in_words(&picture), *expected);
        }
    }
}
