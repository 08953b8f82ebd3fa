//! How other tools count: the same network by each tool's own rules, and line by line what makes the difference.
//!
//! A [`Convention`] is a set of rules about operators, shapes and arguments, read from the source of the tool of that name; its
//! file names the functions. The rules hold for any network. [`recount`] gives the figures that the tool prints,
//! [`explain`] sets two conventions side by side.
//!
//! Tools look at a PyTorch module or at an ONNX file, and some of what they look at is not in a network: whether the module
//! computes something by a module of its own or by a function. What the rules assume of that is among the [`Tool::assumptions`].

mod calflops;
mod category;
mod cnnstat;
mod explain;
mod fvcore;
mod layer;
mod onnx_tool;
mod paper;
mod ptflops;
mod table;
mod thop;
mod torch;
mod torchinfo;
mod words;

use serde::{Serialize, Serializer};

pub use category::{Category, Counts};
pub use explain::{ExplainError, Explanation, LayerLine, Line, Side, explain};
pub use table::{layers_table, lines_table};

use crate::analysis::AnalysisError;
use crate::figure::Figure;
use crate::network::Network;
use crate::ops::OpError;
use layer::{Layer, Taken};
use words::Words;

/// Whose rules a network is counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Convention {
    /// Our own: `docs/conventions.md`.
    Cnnstat,
    /// Papers: multiply–adds of convolutions and fully connected layers.
    Paper,
    /// `fvcore.nn.FlopCountAnalysis`.
    Fvcore,
    /// `thop.profile`.
    Thop,
    /// `ptflops.get_model_complexity_info` with the backend `pytorch`.
    Ptflops,
    /// `ptflops.get_model_complexity_info` with the backend `aten`.
    PtflopsAten,
    /// `torchinfo.summary`.
    Torchinfo,
    /// `torch.utils.flop_counter.FlopCounterMode`.
    Torch,
    /// `calflops.calculate_flops`.
    Calflops,
    /// `onnx_tool.model_profile`, of an export whose batch norms are folded.
    OnnxTool,
}

impl Convention {
    /// All conventions, our own first.
    pub const ALL: [Self; 10] = [
        Self::Cnnstat,
        Self::Paper,
        Self::Fvcore,
        Self::Thop,
        Self::Ptflops,
        Self::PtflopsAten,
        Self::Torchinfo,
        Self::Torch,
        Self::Calflops,
        Self::OnnxTool,
    ];

    /// The tool and its rules.
    #[must_use]
    pub fn tool(self) -> &'static Tool {
        match self {
            Self::Cnnstat => &cnnstat::TOOL,
            Self::Paper => &paper::TOOL,
            Self::Fvcore => &fvcore::TOOL,
            Self::Thop => &thop::TOOL,
            Self::Ptflops => &ptflops::PYTORCH,
            Self::PtflopsAten => &ptflops::ATEN,
            Self::Torchinfo => &torchinfo::TOOL,
            Self::Torch => &torch::TOOL,
            Self::Calflops => &calflops::TOOL,
            Self::OnnxTool => &onnx_tool::TOOL,
        }
    }

    /// Its name in arguments and files.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.tool().name
    }

    /// The convention of this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|convention| convention.name() == name)
    }
}

impl Serialize for Convention {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// A tool, and the figures that it prints.
#[derive(Debug)]
pub struct Tool {
    /// The convention's name.
    pub name: &'static str,
    /// The version whose source was read; empty for what has none.
    pub version: &'static str,
    /// What is assumed of what a network does not say, in sentences.
    pub assumptions: &'static [&'static str],
    /// The figures, the most important first.
    rules: &'static [Rule],
}

/// How one figure of a tool is counted.
#[derive(Debug)]
struct Rule {
    /// The figure as the tool names it.
    name: &'static str,
    /// What it is.
    figure: Figure,
    /// Whether it is a part of the first figure, and left out where there is nothing to count.
    part: bool,
    /// What a layer counts.
    count: fn(&Layer<'_>) -> Result<Counts, OpError>,
    /// The rule for people, category by category; `n` is the number of elements.
    words: &'static [Words],
}

impl Rule {
    /// A figure.
    const fn new(
        name: &'static str,
        figure: Figure,
        count: fn(&Layer<'_>) -> Result<Counts, OpError>,
        words: &'static [Words],
    ) -> Self {
        Self { name, figure, part: false, count, words }
    }

    /// The trained values, which tools that print them count alike.
    const fn trained(name: &'static str) -> Self {
        Self::new(name, Figure::Params, trained, &[])
    }

    /// A part of the first figure.
    const fn part(
        name: &'static str,
        figure: Figure,
        count: fn(&Layer<'_>) -> Result<Counts, OpError>,
    ) -> Self {
        Self { name, figure, part: true, count, words: &[] }
    }

    /// The counts of all layers, in execution order, and their sum.
    fn apply(&self, nodes: &[Taken<'_>]) -> Result<RuleCounts, AnalysisError> {
        let mut counted = RuleCounts::default();
        for Taken { node, operands, folding } in nodes {
            let (op, output, folding) = (&node.op, &node.shape, *folding);
            let counts = (self.count)(&Layer { op, operands, output, folding });
            let counts = counts.map_err(|error| AnalysisError::of(node, error))?;
            let sum = counted.sum.checked_add(&counts).filter(|sum| sum.total().is_some());
            counted.sum = sum.ok_or_else(|| AnalysisError::of(node, OpError::TotalOverflow))?;
            counted.layers.push(counts);
        }
        Ok(counted)
    }
}

fn trained(layer: &Layer<'_>) -> Result<Counts, OpError> {
    layer.trained()
}

/// The counts of a network by one rule.
#[derive(Debug, Clone, Default)]
struct RuleCounts {
    /// The whole network's.
    sum: Counts,
    /// Every layer's, in execution order.
    layers: Vec<Counts>,
}

/// The figures of a network as a tool counts them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Recount {
    /// Whose.
    pub convention: Convention,
    /// The version of the tool.
    pub version: &'static str,
    /// Its figures, the most important first.
    pub figures: Vec<Recounted>,
    /// What is assumed of what a network does not say.
    pub assumptions: &'static [&'static str],
}

/// A figure as a tool counts it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Recounted {
    /// The figure as the tool names it.
    pub name: &'static str,
    /// What it is.
    pub figure: Figure,
    /// The count.
    pub value: u64,
    /// The layers' counts, in execution order.
    #[serde(skip)]
    pub layers: Vec<u64>,
}

/// Counts a network as a tool does.
///
/// # Errors
/// Where a count exceeds 64 bits, or the tool counts nothing because it does not take such a layer.
pub fn recount(network: &Network, convention: Convention) -> Result<Recount, AnalysisError> {
    recounted(&layer::taken(network), convention)
}

fn recounted(nodes: &[Taken<'_>], convention: Convention) -> Result<Recount, AnalysisError> {
    let tool = convention.tool();
    let mut figures = Vec::new();
    for rule in tool.rules {
        let counted = rule.apply(nodes)?;
        // That totals fit was checked at every layer.
        let total = |counts: &Counts| counts.total().unwrap_or(u64::MAX);
        let value = total(&counted.sum);
        if value > 0 || !rule.part {
            let layers = counted.layers.iter().map(total).collect();
            figures.push(Recounted { name: rule.name, figure: rule.figure, value, layers });
        }
    }
    Ok(Recount { convention, version: tool.version, figures, assumptions: tool.assumptions })
}
