//! Where the spots of ordered rows stand.

use super::plan::{CHAIN_WEIGHT, PASSES, Plan, SKIP_WEIGHT};
use crate::back::drawing::spread::{Wish, spread};

/// Between neighbors in a row.
const COLUMN_GAP: f64 = 22.0;

impl Plan {
    /// The horizontal middle of every spot: each row is drawn to its neighbors in turn, and keeps its distances.
    pub(super) fn positions(&self) -> Vec<f64> {
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
