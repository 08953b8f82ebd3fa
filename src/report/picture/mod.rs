//! Pictures of reports' networks: a box a layer; where there are many, repeated parts once and blocks in one box.
//!
//! What is left out is what tells least: first layers that change no shape, and all but one of parts that follow one another and are
//! the same; then blocks that are wired as one before them; then the inside of all blocks.

mod boxes;
mod folder;
mod sketch;

use folder::{Folder, Kept};
use sketch::Sketch;

use super::document::{Picture, PictureBox};
use super::{OperatorKind, Report};

/// More boxes than this are no picture that anybody reads.
const MOST_BOXES: usize = 60;

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
