//! Where the boxes of a picture stand, and how the lines between them run.
//!
//! A layered layout (Sugiyama et al. 1981): rows by the longest path, a way through every row that a line passes, an order within
//! rows with few crossings, and positions that keep what belongs together in line. Lines from one box share their way, so that a
//! result that many boxes take is one line down the side. Boxes with a single line of text that follow their only input hang on it.

use super::shapes::Area;
use super::spread::{Wish, spread};

/// Between neighbors in a row.
const COLUMN_GAP: f64 = 22.0;
/// Half the room of a line that passes a row.
const WAY: f64 = 5.0;
/// Between rows.
const ROW_GAP: f64 = 32.0;
/// Turns of the passes over the rows.
const PASSES: usize = 12;
/// How much a line that has another way around draws the boxes at its ends, where one that has none draws them by 1.
const SKIP_WEIGHT: f64 = 0.01;
/// How much a line draws the boxes at its ends that is the only one of both.
const CHAIN_WEIGHT: f64 = 8.0;

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

/// A place in a row: a stack of items, or a way.
struct Spot {
    row: usize,
    half: f64,
    /// Spots of the rows next to it, with how much they draw it.
    above: Vec<(usize, f64)>,
    below: Vec<(usize, f64)>,
    is_way: bool,
}

/// Items that hang together.
struct Stack {
    items: Vec<usize>,
    width: f64,
    height: f64,
    /// Stacks whose results it takes.
    inputs: Vec<usize>,
}

pub(super) fn layout(items: &[Item]) -> Layout {
    let stacks = stacks(items);
    let mut plan = Plan::new(&stacks);
    plan.order();
    let positions = plan.positions();
    draw(items, &stacks, &plan, &positions)
}

/// Puts items that hang together into stacks.
fn stacks(items: &[Item]) -> Vec<Stack> {
    let mut takers = vec![0_usize; items.len()];
    for input in items.iter().flat_map(|item| &item.inputs) {
        takers[*input] += 1;
    }
    let mut stacks: Vec<Stack> = Vec::new();
    let mut stack_of: Vec<usize> = Vec::with_capacity(items.len());
    for (place, item) in items.iter().enumerate() {
        let held = match item.inputs.as_slice() {
            [input] if item.hangs && takers[*input] == 1 => Some(stack_of[*input]),
            _ => None,
        };
        let index = held.unwrap_or(stacks.len());
        if held.is_none() {
            let mut inputs: Vec<usize> = item.inputs.iter().map(|input| stack_of[*input]).collect();
            inputs.sort_unstable();
            inputs.dedup();
            stacks.push(Stack { items: Vec::new(), width: 0.0, height: 0.0, inputs });
        }
        let stack = &mut stacks[index];
        stack.items.push(place);
        stack.width = stack.width.max(item.width);
        stack.height += item.height;
        stack_of.push(index);
    }
    stacks
}

/// Which stacks have another way to a stack than the line itself, by stack and input.
fn skips(stacks: &[Stack]) -> Vec<Vec<bool>> {
    // Whether a stack's result has a part in another's, by the other.
    let mut parts: Vec<Vec<bool>> = Vec::with_capacity(stacks.len());
    let mut skips = Vec::with_capacity(stacks.len());
    for stack in stacks {
        let has_way = |from: usize| stack.inputs.iter().any(|input| parts[*input][from]);
        skips.push(stack.inputs.iter().map(|input| has_way(*input)).collect());
        let mut part: Vec<bool> = (0..stacks.len()).map(has_way).collect();
        for input in &stack.inputs {
            part[*input] = true;
        }
        parts.push(part);
    }
    skips
}

/// Which stacks lead to the last one; others are side branches that end by themselves.
fn mains(stacks: &[Stack]) -> Vec<bool> {
    let mut mains = vec![false; stacks.len()];
    if let Some(last) = mains.last_mut() {
        *last = true;
    }
    for (place, stack) in stacks.iter().enumerate().rev() {
        for input in &stack.inputs {
            mains[*input] |= mains[place];
        }
    }
    mains
}

/// The rows and what stands in them.
struct Plan {
    /// The stacks first, in order, then the ways.
    spots: Vec<Spot>,
    rows: Vec<Vec<usize>>,
    /// For every stack the ways down from it, the nearest first.
    ways: Vec<Vec<usize>>,
    skips: Vec<Vec<bool>>,
}

impl Plan {
    fn new(stacks: &[Stack]) -> Self {
        let skips = skips(stacks);
        let mut spots: Vec<Spot> = Vec::with_capacity(stacks.len());
        for stack in stacks {
            let rows = stack.inputs.iter().map(|input| spots[*input].row + 1);
            let row = rows.max().unwrap_or(0);
            let half = stack.width / 2.0;
            spots.push(Spot { row, half, above: Vec::new(), below: Vec::new(), is_way: false });
        }
        let mut plan =
            Self { spots, rows: Vec::new(), ways: vec![Vec::new(); stacks.len()], skips };
        let mains = mains(stacks);
        for (target, stack) in stacks.iter().enumerate() {
            for (place, input) in stack.inputs.iter().enumerate() {
                let is_aside = plan.skips[target][place] || mains[*input] && !mains[target];
                let weight = if is_aside { SKIP_WEIGHT } else { 1.0 };
                plan.connect(*input, target, weight);
            }
        }
        plan.straighten();
        let count = plan.spots.iter().map(|spot| spot.row + 1).max().unwrap_or(0);
        plan.rows = vec![Vec::new(); count];
        plan
    }

    /// Leads a line down to a stack, on the way that others from its begin have already.
    fn connect(&mut self, from: usize, to: usize, weight: f64) {
        let (first, last) = (self.spots[from].row + 1, self.spots[to].row);
        let mut end = from;
        for row in first..last {
            let taken = self.ways[from].get(row - first).copied();
            let next = taken.unwrap_or(self.spots.len());
            if taken.is_none() {
                self.spots.push(Spot {
                    row,
                    half: WAY,
                    above: Vec::new(),
                    below: Vec::new(),
                    is_way: true,
                });
                self.ways[from].push(next);
            }
            self.join(end, next, weight);
            end = next;
        }
        self.join(end, to, weight);
    }

    /// Lets a line hold its ends together where it is the only one of both.
    fn straighten(&mut self) {
        for upper in 0..self.spots.len() {
            let only = |lines: &[(usize, f64)]| {
                let mut strong = lines.iter().filter(|(_, strength)| *strength > SKIP_WEIGHT);
                strong.next().map(|(spot, _)| *spot).filter(|_| strong.next().is_none())
            };
            let Some(lower) = only(&self.spots[upper].below) else { continue };
            let is_way = self.spots[upper].is_way || self.spots[lower].is_way;
            if is_way || only(&self.spots[lower].above) != Some(upper) {
                continue;
            }
            for (spot, strength) in &mut self.spots[upper].below {
                if *spot == lower {
                    *strength = CHAIN_WEIGHT;
                }
            }
            for (spot, strength) in &mut self.spots[lower].above {
                if *spot == upper {
                    *strength = CHAIN_WEIGHT;
                }
            }
        }
    }

    fn join(&mut self, upper: usize, lower: usize, weight: f64) {
        // Ways want to be straight more than anything.
        let weight =
            if self.spots[upper].is_way && self.spots[lower].is_way { 4.0 } else { weight };
        if let Some(known) = self.spots[upper].below.iter_mut().find(|(spot, _)| *spot == lower) {
            known.1 = known.1.max(weight);
            if let Some(known) = self.spots[lower].above.iter_mut().find(|(spot, _)| *spot == upper)
            {
                known.1 = known.1.max(weight);
            }
            return;
        }
        self.spots[upper].below.push((lower, weight));
        self.spots[lower].above.push((upper, weight));
    }

    /// Orders the rows: first as a walk from the inputs finds the spots, then by the middle of their neighbors while that leaves
    /// fewer crossings.
    fn order(&mut self) {
        self.walk();
        let mut best = (self.crossings(), self.rows.clone());
        for pass in 0..PASSES {
            if best.0 == 0 {
                break;
            }
            self.sort_by_neighbors(pass % 2 == 0);
            let crossings = self.crossings();
            if crossings < best.0 {
                best = (crossings, self.rows.clone());
            }
        }
        self.rows = best.1;
    }

    /// Depth first, lines that draw strongly before those that skip something.
    fn walk(&mut self) {
        let mut seen = vec![false; self.spots.len()];
        let starts = (0..self.spots.len()).filter(|spot| self.spots[*spot].above.is_empty());
        let mut waiting: Vec<usize> = starts.collect();
        waiting.reverse();
        while let Some(spot) = waiting.pop() {
            if std::mem::replace(&mut seen[spot], true) {
                continue;
            }
            self.rows[self.spots[spot].row].push(spot);
            let mut below = self.spots[spot].below.clone();
            below.sort_by(|one, other| one.1.total_cmp(&other.1).then(other.0.cmp(&one.0)));
            waiting.extend(below.iter().map(|(spot, _)| *spot));
        }
    }

    /// Positions within the rows.
    fn places(&self) -> Vec<usize> {
        let mut places = vec![0; self.spots.len()];
        for row in &self.rows {
            for (place, spot) in row.iter().enumerate() {
                places[*spot] = place;
            }
        }
        places
    }

    fn crossings(&self) -> usize {
        let places = self.places();
        let mut crossings = 0;
        for row in &self.rows {
            let lines: Vec<(usize, usize)> = row
                .iter()
                .flat_map(|spot| {
                    let from = places[*spot];
                    self.spots[*spot].below.iter().map(move |(to, _)| (from, *to))
                })
                .map(|(from, to)| (from, places[to]))
                .collect();
            for (index, one) in lines.iter().enumerate() {
                let others = lines.iter().skip(index + 1);
                crossings += others.filter(|other| one.0 < other.0 && one.1 > other.1).count();
            }
        }
        crossings
    }

    fn sort_by_neighbors(&mut self, downwards: bool) {
        let count = self.rows.len();
        for turn in 0..count {
            let row = if downwards { turn } else { count - 1 - turn };
            let places = self.places();
            let middle = |spot: usize| {
                let spot_of = &self.spots[spot];
                let neighbors = if downwards { &spot_of.above } else { &spot_of.below };
                let sum: usize = neighbors.iter().map(|(neighbor, _)| places[*neighbor]).sum();
                if neighbors.is_empty() {
                    places[spot] as f64
                } else {
                    sum as f64 / neighbors.len() as f64
                }
            };
            let mut sorted: Vec<(f64, usize)> =
                self.rows[row].iter().map(|spot| (middle(*spot), *spot)).collect();
            sorted.sort_by(|one, other| one.0.total_cmp(&other.0));
            self.rows[row] = sorted.into_iter().map(|(_, spot)| spot).collect();
        }
    }

    /// The horizontal middle of every spot: each row is drawn to its neighbors in turn, and keeps its distances.
    fn positions(&self) -> Vec<f64> {
        let mut positions = vec![0.0; self.spots.len()];
        for pass in 0..PASSES * 2 {
            let count = self.rows.len();
            for turn in 0..count {
                let row = if pass % 2 == 0 { turn } else { count - 1 - turn };
                let is_last = pass + 2 >= PASSES * 2;
                let wishes: Vec<Wish> = self.rows[row]
                    .iter()
                    .map(|spot| self.wish(*spot, pass % 2 == 0, is_last, &positions))
                    .collect();
                let places = spread(&wishes, &self.gaps(&self.rows[row]));
                for (spot, place) in self.rows[row].iter().zip(places) {
                    positions[*spot] = place;
                }
            }
        }
        let lefts = positions.iter().zip(&self.spots).map(|(middle, spot)| middle - spot.half);
        let left = lefts.fold(f64::INFINITY, f64::min);
        positions.iter().map(|middle| middle - left).collect()
    }

    fn gaps(&self, row: &[usize]) -> Vec<f64> {
        let pairs = row.iter().zip(row.iter().skip(1));
        let gap = |(one, other): (&usize, &usize)| {
            let (one, other) = (&self.spots[*one], &self.spots[*other]);
            let between = if one.is_way || other.is_way { COLUMN_GAP / 2.0 } else { COLUMN_GAP };
            one.half + between + other.half
        };
        pairs.map(gap).collect()
    }

    /// Where the neighbors above or below, or both, want a spot to be.
    fn wish(&self, spot: usize, downwards: bool, both: bool, positions: &[f64]) -> Wish {
        let spot_of = &self.spots[spot];
        let above = spot_of.above.iter().filter(|_| downwards || both);
        let below = spot_of.below.iter().filter(|_| !downwards || both);
        let neighbors: Vec<&(usize, f64)> = above.chain(below).collect();
        let strongest = neighbors.iter().map(|(_, strength)| *strength).fold(0.0, f64::max);
        // What may go around does not bend what is straight, and in the end nothing bends a chain.
        let least = match (both, strongest >= CHAIN_WEIGHT) {
            (true, true) => CHAIN_WEIGHT,
            _ if strongest > SKIP_WEIGHT => SKIP_WEIGHT * 2.0,
            _ => 0.0,
        };
        let (mut sum, mut weight) = (0.0, 0.0);
        for (neighbor, strength) in neighbors {
            if *strength >= least || spot_of.is_way {
                sum += positions[*neighbor] * strength;
                weight += strength;
            }
        }
        let middle = sum / weight;
        if weight == 0.0 {
            return Wish { at: positions[spot], weight: 0.1 };
        }
        let weight = match (both && least < CHAIN_WEIGHT, spot_of.is_way) {
            (true, _) => weight * SKIP_WEIGHT,
            (false, true) => weight.min(1.0),
            (false, false) => weight,
        };
        Wish { at: middle, weight }
    }
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
