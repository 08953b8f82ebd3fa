//! [`PathsReport`]: all that is shown of a network's paths. Its serialized form is the JSON of `cnnstat paths`; numbers of paths are
//! strings in it, since they need not fit what readers of JSON take for a number.

use num_bigint::BigUint;
use serde::{Serialize, Serializer};

use crate::analysis::AnalysisError;
use crate::analysis::paths::paths;
pub use crate::analysis::paths::{BlockConnections, Expectation, PathsOfLength, Survival};
use crate::front::Metadata;
use crate::network::Network;
use crate::ops::Op;

/// What is shown of the paths of one network.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PathsReport {
    /// What the network is called.
    pub name: String,
    /// The number of samples, on which the expected MACs hang.
    pub batch: u64,
    /// The shape of the first input, batch first.
    pub input: Vec<u64>,
    /// The output to which the paths lead: the first.
    pub output: String,
    /// How many paths there are; `None` where the number is too large.
    pub paths: Option<PathCount>,
    /// How long they are, in weighted layers.
    pub lengths: LengthsReport,
    /// The direct connections of the network, whose block is empty, and of its blocks.
    pub connections: Vec<BlockConnections>,
    /// What is in use on average under `drop_path`; `None` where the network has none.
    pub drop_path: Option<Survival>,
    /// Every operator, in execution order.
    pub layers: Vec<LayerPaths>,
}

/// A number of paths, a string of digits in JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathCount(pub BigUint);

impl Serialize for PathCount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// How long paths are.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LengthsReport {
    /// The shortest.
    pub shortest: u64,
    /// The mean; `None` where the numbers are too large.
    pub mean: Option<f64>,
    /// The smallest length such that half of the paths are no longer; `None` where the distribution is not known.
    pub median: Option<u64>,
    /// The longest.
    pub longest: u64,
    /// How many have which length, the shortest first; `None` where that is too much work.
    pub distribution: Option<Vec<PathsOfLength>>,
}

/// How a layer stands on the paths.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LayerPaths {
    /// Full path.
    pub name: String,
    /// The operator's name in the network language.
    pub op: String,
    /// Whether it counts for the length of paths.
    pub weighted: bool,
    /// The fewest weighted layers between it and the output; `None` where no path leads there.
    pub shortest_distance: Option<u64>,
    /// The most.
    pub longest_distance: Option<u64>,
    /// How many paths lead through it; `None` where the number is too large.
    pub paths: Option<PathCount>,
}

impl PathsReport {
    /// Counts the paths of a network and puts them into a report.
    ///
    /// # Errors
    /// Where a layer's parameters or arithmetic exceed 64 bits.
    pub fn new(network: &Network, metadata: Metadata) -> Result<Self, AnalysisError> {
        let paths = paths(network)?;
        let input = network.inputs().iter().filter_map(|input| network.node(*input)).next();
        let mean = paths.mean_length();
        let median = paths.lengths.median();
        let layers = network.nodes().zip(&paths.nodes);
        let layers = layers.filter(|((_, node), _)| !matches!(node.op, Op::Input(_)));
        let layers = layers.map(|((_, node), paths)| LayerPaths {
            name: node.name().to_owned(),
            op: node.op.operator().name().to_owned(),
            weighted: node.op.is_weighted(),
            shortest_distance: paths.distance.map(|distance| distance.shortest),
            longest_distance: paths.distance.map(|distance| distance.longest),
            paths: paths.through.clone().map(PathCount),
        });
        Ok(Self {
            name: metadata.name,
            batch: input.map_or(0, |node| node.shape.batch()),
            input: input.map_or_else(Vec::new, |node| node.shape.sizes().to_vec()),
            output: network
                .outputs()
                .first()
                .map_or_else(String::new, |output| output.name.clone()),
            lengths: LengthsReport {
                shortest: paths.lengths.shortest,
                mean,
                median,
                longest: paths.lengths.longest,
                distribution: paths.lengths.distribution,
            },
            layers: layers.collect(),
            connections: paths.connections,
            drop_path: paths.survival,
            paths: paths.count.map(PathCount),
        })
    }
}
