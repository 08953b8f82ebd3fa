//! Paths from the inputs of a network to its output (Veit, Wilber & Belongie 2016, "Residual Networks Behave Like Ensembles of
//! Relatively Shallow Networks", arXiv:1605.06431), direct connections within blocks, and stochastic depth.
//!
//! An edge is an operand: `x + x` is passed on two paths. The length of a path is the number of weighted layers
//! ([`Op::is_weighted`](crate::ops::Op::is_weighted)) on it. This is no part of [`analyse`](super::analyse): it is called where it is
//! asked for.

mod connections;
mod counting;
mod graph;
mod quota;
mod survival;

use num_bigint::BigUint;
use num_traits::{ToPrimitive, Zero};
use serde::{Serialize, Serializer};

pub use connections::BlockConnections;
pub use survival::{Expectation, Survival, survival};

use super::{AnalysisError, NodeTable};
use crate::network::Network;
use counting::{Histogram, PathTotals};
use graph::Graph;

/// What is to be known of the paths from the inputs to the first output.
///
/// The numbers are exact. Some grow exponentially with the network; what would need more than some 10⁸ operations on words, or more than
/// 80 MB, is not given.
#[derive(Debug, Clone, PartialEq)]
pub struct Paths {
    /// How many there are; `None` where the number is too large.
    pub count: Option<BigUint>,
    /// How long they are.
    pub lengths: Lengths,
    /// For every node where it stands on them.
    pub nodes: NodeTable<NodePaths>,
    /// The direct connections of the whole network and of every block that has joins, a block before what it holds.
    pub connections: Vec<BlockConnections>,
    /// What is in use on average under `drop_path`; `None` where the network has none.
    pub survival: Option<Survival>,
}

/// The lengths of paths, in weighted layers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lengths {
    /// That of the shortest path.
    pub shortest: u64,
    /// That of the longest path: the network's depth.
    pub longest: u64,
    /// The sum of the lengths of all paths; `None` where it is too large.
    pub total: Option<BigUint>,
    /// The number of paths of every length that occurs, the shortest first; `None` where these are too much work.
    pub distribution: Option<Vec<PathsOfLength>>,
}

/// The paths of one length.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PathsOfLength {
    /// The length in weighted layers.
    pub length: u64,
    /// How many paths have it; a string of digits in JSON.
    #[serde(rename = "paths", serialize_with = "digits")]
    pub count: BigUint,
}

fn digits<S: Serializer>(count: &BigUint, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(count)
}

/// How a node stands on the paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodePaths {
    /// Its distance to the first output; `None` where no path leads there.
    pub distance: Option<Distance>,
    /// How many paths lead through it; `None` where the number is too large.
    pub through: Option<BigUint>,
}

/// The weighted layers between a node and the output, the output's own layer counted, the node not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Distance {
    /// On the path that has the fewest.
    pub shortest: u64,
    /// On the path that has the most.
    pub longest: u64,
}

impl Paths {
    /// The mean length, to 32 binary places; `None` where the numbers are too large.
    #[must_use]
    pub fn mean_length(&self) -> Option<f64> {
        const PLACES: u32 = 32;
        let (count, total) = (self.count.as_ref()?, self.lengths.total.as_ref()?);
        let scaled = (total << PLACES) / Some(count).filter(|count| !count.is_zero())?;
        Some(scaled.to_f64()? / 2_f64.powi(32))
    }
}

impl Lengths {
    /// The median: the smallest length such that half of the paths are no longer; `None` where the distribution is not known.
    #[must_use]
    pub fn median(&self) -> Option<u64> {
        let distribution = self.distribution.as_ref()?;
        let all: BigUint = distribution.iter().map(|paths| &paths.count).sum();
        let mut sum = BigUint::zero();
        for paths in distribution {
            sum += &paths.count;
            if &sum + &sum >= all {
                return Some(paths.length);
            }
        }
        None
    }
}

/// Counts the paths of a network.
///
/// # Errors
/// Where a layer's parameters or arithmetic exceed 64 bits.
pub fn paths(network: &Network) -> Result<Paths, AnalysisError> {
    let graph = Graph::of(network);
    let distances = distances(&graph);
    let inputs = graph.nodes.iter().zip(&distances).filter(|(vertex, _)| vertex.is_input);
    let ends = inputs.filter_map(|(_, distance)| *distance).reduce(Distance::either);
    let ends = ends.unwrap_or(Distance { shortest: 0, longest: 0 });
    let totals = PathTotals::of(&graph);
    let (count, total) = totals.map(|totals| (totals.count, totals.total)).unzip();
    // Where the paths are too many to count, so are they by length and through each layer.
    let distribution = count.as_ref().and_then(|_| Histogram::of(&graph)).map(distribution);
    let through = count.as_ref().and_then(|_| counting::through(&graph));
    let mut through = through.map(Vec::into_iter);
    let nodes = distances
        .into_iter()
        .map(|distance| NodePaths { distance, through: through.as_mut().and_then(Iterator::next) });
    Ok(Paths {
        nodes: nodes.collect(),
        count,
        lengths: Lengths { shortest: ends.shortest, longest: ends.longest, total, distribution },
        connections: connections::connections(network, &graph),
        survival: survival(network)?,
    })
}

fn distribution(histogram: Histogram) -> Vec<PathsOfLength> {
    let lengths = (0_u64..).skip(histogram.shortest).zip(histogram.counts);
    let paths = lengths.map(|(length, count)| PathsOfLength { length, count });
    paths.filter(|paths| !paths.count.is_zero()).collect()
}

impl Distance {
    /// That of two ways.
    fn either(self, other: Self) -> Self {
        Self {
            shortest: self.shortest.min(other.shortest),
            longest: self.longest.max(other.longest),
        }
    }

    /// That of a way which leads through one more node.
    fn before(self, is_weighted: bool) -> Self {
        let step = u64::from(is_weighted);
        Self {
            shortest: self.shortest.saturating_add(step),
            longest: self.longest.saturating_add(step),
        }
    }
}

fn distances(graph: &Graph<'_>) -> Vec<Option<Distance>> {
    let mut distances: Vec<Option<Distance>> = vec![None; graph.nodes.len()];
    if let Some(output) = distances.get_mut(graph.output) {
        *output = Some(Distance { shortest: 0, longest: 0 });
    }
    for (position, vertex) in graph.nodes.iter().enumerate().rev() {
        let Some(own) = distances.get(position).copied().flatten() else { continue };
        let through = own.before(vertex.is_weighted);
        for operand in vertex.operands() {
            if let Some(distance) = distances.get_mut(operand) {
                *distance = Some(distance.map_or(through, |other| other.either(through)));
            }
        }
    }
    distances
}
