//! Where the boxes of a picture stand, and how the lines between them run.
//!
//! A layered layout (Sugiyama et al. 1981): rows by the longest path, a way through every row that a line passes, an order within
//! rows with few crossings, and positions that keep what belongs together in line. Lines from one box share their way, so that a
//! result that many boxes take is one line down the side. Boxes with a single line of text that follow their only input hang on it.

mod plan;
mod positions;
mod stacks;

use plan::Plan;
use stacks::{Stack, stacks};

use super::shapes::Area;

/// Between rows.
const ROW_GAP: f64 = 32.0;

/// What is to be placed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Item {
    pub(super) width: f64,
    pub(super) height: f64,
    /// Whether it hangs on its input where it is the only one that takes it.
    pub(super) hangs: bool,
    /// Items before it.
    pub(super) inputs: Vec<usize>,
}

/// Where everything is.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Layout {
    pub(super) width: f64,
    pub(super) height: f64,
    /// One an item, in the same order.
    pub(super) areas: Vec<Area>,
    /// Lines from item to item, each through at least two points; between the second and the third point, the fourth and the fifth,
    /// … it may move sideways.
    pub(super) lines: Vec<Vec<(f64, f64)>>,
    /// For every line the item that it leads to.
    pub(super) targets: Vec<usize>,
    /// Neighbors that hang together: items of which the next hangs on it.
    pub(super) hung: Vec<bool>,
}

pub(super) fn layout(items: &[Item]) -> Layout {
    let stacks = stacks(items);
    let mut plan = Plan::new(&stacks);
    plan.order();
    let positions = plan.positions();
    draw(items, &stacks, &plan, &positions)
}

/// From rows and positions to areas and lines.
fn draw(items: &[Item], stacks: &[Stack], plan: &Plan, positions: &[f64]) -> Layout {
    let mut tops = Vec::with_capacity(plan.rows.len());
    let mut bottoms = Vec::with_capacity(plan.rows.len());
    let mut y = 0.0;
    for row in &plan.rows {
        let heights = row.iter().filter_map(|spot| stacks.get(*spot)).map(|stack| stack.height);
        tops.push(y);
        y += heights.fold(0.0, f64::max);
        bottoms.push(y);
        y += ROW_GAP;
    }
    let mut areas = vec![Area { x: 0.0, y: 0.0, width: 0.0, height: 0.0 }; items.len()];
    let mut hung = vec![false; items.len()];
    for (index, stack) in stacks.iter().enumerate() {
        let mut y = tops[plan.spots[index].row];
        for (place, item) in stack.items.iter().enumerate() {
            let (width, height) = (stack.width, items[*item].height);
            areas[*item] = Area { x: positions[index] - width / 2.0, y, width, height };
            hung[*item] = place + 1 < stack.items.len();
            y += height;
        }
    }
    let (mut lines, mut targets) = (Vec::new(), Vec::new());
    for (target, stack) in stacks.iter().enumerate() {
        for (place, source) in stack.inputs.iter().enumerate() {
            let last = stacks[*source].items.last().map_or(0.0, |item| areas[*item].bottom());
            let (from, to) = (plan.spots[*source].row, plan.spots[target].row);
            let ways = plan.ways[*source].get(..to - from - 1).unwrap_or_default();
            let lines_up = !plan.skips[target][place];
            let port = |stack: usize, toward: Option<&usize>| match toward {
                Some(way) if !lines_up => {
                    let side = positions[*way] - positions[stack];
                    positions[stack] + side.signum() * side.abs().min(stacks[stack].width * 0.3)
                }
                _ => positions[stack],
            };
            let start = port(*source, ways.first());
            let end = port(target, ways.last());
            let mut line = vec![(start, last.min(bottoms[from])), (start, bottoms[from])];
            for (row, way) in (from + 1..to).zip(ways) {
                line.extend([(positions[*way], tops[row]), (positions[*way], bottoms[row])]);
            }
            line.push((end, tops[to]));
            lines.push(line);
            targets.extend(stack.items.first());
        }
    }
    let rights = positions.iter().zip(&plan.spots).map(|(middle, spot)| middle + spot.half);
    Layout {
        width: rights.fold(0.0, f64::max),
        height: bottoms.last().copied().unwrap_or(0.0),
        areas,
        lines,
        targets,
        hung,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn item(inputs: &[usize]) -> Item {
        Item { width: 100.0, height: 40.0, hangs: false, inputs: inputs.to_vec() }
    }

    fn middles(layout: &Layout) -> Vec<f64> {
        layout.areas.iter().map(|area| area.x + area.width / 2.0).collect()
    }

    #[test]
    fn what_belongs_together_is_in_line() {
        // A chain with a shortcut around two of its boxes: the chain stays straight.
        let residual = [item(&[]), item(&[0]), item(&[1]), item(&[2, 0])];
        let middles_of = middles(&layout(&residual));
        assert!(
            middles_of.iter().all(|middle| (middle - middles_of[0]).abs() < 0.1),
            "{middles_of:?}"
        );
        // Branches stand side by side, what they come from and meet in is in their middle.
        let branches = [item(&[]), item(&[0]), item(&[0]), item(&[0]), item(&[1, 2, 3])];
        let [from, left, middle, right, to] = middles(&layout(&branches))[..] else {
            unreachable!()
        };
        assert!(left + 100.0 < middle && middle + 100.0 < right);
        assert!((from - middle).abs() < 1.0 && (to - middle).abs() < 1.0);
        // A side branch that ends does not push the others aside.
        let aside = [item(&[]), item(&[0]), item(&[0]), item(&[2])];
        let [from, side, next, last] = middles(&layout(&aside))[..] else { unreachable!() };
        assert!(
            (from - next).abs() < 0.1 && (next - last).abs() < 0.1 && (side - next).abs() > 100.0
        );
    }

    #[test]
    fn slim_boxes_hang_on_what_only_they_take() {
        let slim = |inputs: &[usize]| Item { hangs: true, ..item(inputs) };
        let placed = layout(&[item(&[]), slim(&[0]), slim(&[1]), item(&[2])]);
        assert_eq!(placed.areas[1].y, placed.areas[0].bottom());
        assert_eq!(placed.areas[2].y, placed.areas[1].bottom());
        assert_eq!(placed.hung, [true, true, false, false]);
        assert_eq!(placed.lines.len(), 1);
        let shared = layout(&[item(&[]), slim(&[0]), item(&[0])]);
        assert!(shared.areas[1].y > shared.areas[0].bottom());
    }

    #[test]
    fn nothing_is_a_layout_too() {
        assert_eq!(layout(&[]).areas, []);
    }

    prop_compose! {
        fn items()(picks in prop::collection::vec((prop::collection::vec(any::<prop::sample::Index>(), 0..4), 40.0..200.0, 20.0..60.0, any::<bool>()), 1..40)) -> Vec<Item> {
            picks.into_iter().enumerate().map(|(place, (inputs, width, height, hangs))| {
                let inputs = inputs.iter().filter(|_| place > 0).map(|input| input.index(place.max(1)));
                Item { width, height, hangs, inputs: inputs.collect() }
            }).collect()
        }
    }

    proptest! {
        #[test]
        fn boxes_keep_apart_and_lines_run_down_beside_them(items in items()) {
            let placed = layout(&items);
            prop_assert_eq!(&placed, &layout(&items));
            let areas = &placed.areas;
            // Less than a rounding apart is no overlap.
            let inner = |area: &Area| Area { x: area.x + 0.01, y: area.y + 0.01, width: area.width - 0.02, height: area.height - 0.02 };
            for (place, area) in areas.iter().enumerate() {
                prop_assert!(area.x >= -0.01 && area.right() <= placed.width + 0.01 && area.bottom() <= placed.height + 0.01);
                for other in areas.iter().skip(place + 1) {
                    prop_assert!(!inner(area).overlaps(&inner(other)), "{:?} {:?}", area, other);
                }
                for input in &items[place].inputs {
                    prop_assert!(areas[*input].bottom() <= area.y + 0.01);
                }
            }
            for line in &placed.lines {
                prop_assert!(line.windows(2).all(|pair| pair[0].1 <= pair[1].1));
                for (part, pair) in line.windows(2).enumerate() {
                    // A line stays between the sides of its ends, whatever its curve.
                    let (left, right) = (pair[0].0.min(pair[1].0), pair[0].0.max(pair[1].0));
                    let run = Area { x: left, y: pair[0].1, width: right - left + 0.001, height: pair[1].1 - pair[0].1 };
                    prop_assert!(areas.iter().all(|area| !inner(area).overlaps(&run)), "{} of {:?}", part, line);
                }
            }
        }
    }
}
