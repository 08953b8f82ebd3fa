//! The rows of a picture, the ways through them, and an order with few crossings.

use super::stacks::{Stack, mains, skips};

/// Half the room of a line that passes a row.
const WAY: f64 = 5.0;
/// Turns of the passes over the rows.
pub(super) const PASSES: usize = 12;
/// How much a line that has another way around draws the boxes at its ends, where one that has none draws them by 1.
pub(super) const SKIP_WEIGHT: f64 = 0.01;
/// How much a line draws the boxes at its ends that is the only one of both.
pub(super) const CHAIN_WEIGHT: f64 = 8.0;

/// A place in a row: a stack of items, or a way.
pub(super) struct Spot {
    pub(super) row: usize,
    pub(super) half: f64,
    /// Spots of the rows next to it, with how much they draw it.
    pub(super) above: Vec<(usize, f64)>,
    pub(super) below: Vec<(usize, f64)>,
    pub(super) is_way: bool,
}

/// The rows and what stands in them.
pub(super) struct Plan {
    /// The stacks first, in order, then the ways.
    pub(super) spots: Vec<Spot>,
    pub(super) rows: Vec<Vec<usize>>,
    /// For every stack the ways down from it, the nearest first.
    pub(super) ways: Vec<Vec<usize>>,
    pub(super) skips: Vec<Vec<bool>>,
}

impl Plan {
    pub(super) fn new(stacks: &[Stack]) -> Self {
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
    pub(super) fn order(&mut self) {
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
}
