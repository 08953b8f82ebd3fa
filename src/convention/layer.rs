//! What the rules of a convention are asked about: a layer, and what several of them need of it.

use super::{Category, Counts};
use crate::network::{Network, Node, Shape};
use crate::ops::{Conv, ConvTranspose, Linear, Op, OpError, product};

/// A layer under the rules of a convention.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layer<'network> {
    /// Its operator.
    pub(super) op: &'network Op,
    /// The shapes of what it takes.
    pub(super) operands: &'network [Shape],
    /// The shape of its result.
    pub(super) output: &'network Shape,
    /// What becomes of it where batch norms are folded.
    pub(super) folding: Folding,
}

/// What becomes of a layer where a batch norm that is the only taker of a convolution's result is folded into the convolution.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Folding {
    /// Nothing.
    #[default]
    None,
    /// It is a batch norm that vanishes.
    Vanishes,
    /// It is a convolution that takes a batch norm in, and so has a bias.
    TakesIn,
}

/// A node with what it takes.
pub(super) struct Taken<'network> {
    /// The node.
    pub(super) node: &'network Node,
    /// The shapes of what it takes.
    pub(super) operands: &'network [Shape],
    /// What becomes of it where batch norms are folded.
    pub(super) folding: Folding,
}

/// All layers with what they take, in execution order.
pub(super) fn taken(network: &Network) -> Vec<Taken<'_>> {
    let foldings = foldings(network);
    let layers = network.layers().map(|(tensor, node)| Taken {
        node,
        operands: network.operand_shapes(tensor),
        folding: foldings.get(tensor.index()).copied().unwrap_or_default(),
    });
    layers.collect()
}

/// What becomes of every node where batch norms are folded.
fn foldings(network: &Network) -> Vec<Folding> {
    let mut foldings = vec![Folding::None; network.len()];
    for (tensor, node) in network.nodes() {
        let Some(consumer) = network.sole_consumer(tensor) else { continue };
        let Some(next) = network.node(consumer.tensor) else { continue };
        if matches!((&node.op, &next.op), (Op::Conv(_), Op::BatchNorm(_))) {
            for (tensor, folding) in
                [(tensor, Folding::TakesIn), (consumer.tensor, Folding::Vanishes)]
            {
                if let Some(slot) = foldings.get_mut(tensor.index()) {
                    *slot = folding;
                }
            }
        }
    }
    foldings
}

impl Layer<'_> {
    /// The category of its own work.
    pub(super) fn category(&self) -> Category {
        Category::of(self.op)
    }

    /// So many in the layer's category.
    pub(super) fn own(&self, count: u64) -> Result<Counts, OpError> {
        Counts::NONE.with(self.category(), count)
    }

    /// So many in the layer's category for each element that it takes first.
    pub(super) fn each_input(&self, count: u64) -> Result<Counts, OpError> {
        self.own(product(&[self.inputs(), count])?)
    }

    /// So many in the layer's category for each element of its result.
    pub(super) fn each_output(&self, count: u64) -> Result<Counts, OpError> {
        self.own(product(&[self.outputs(), count])?)
    }

    /// Elements of the first tensor that it takes.
    pub(super) fn inputs(&self) -> u64 {
        self.operands.first().map_or(0, Shape::elements)
    }

    /// Elements of its result.
    pub(super) fn outputs(&self) -> u64 {
        self.output.elements()
    }

    /// Its multiply–accumulates, as [`Cost::macs`](crate::ops::Cost::macs) has them.
    pub(super) fn macs(&self) -> Result<u64, OpError> {
        Ok(self.op.operator().cost(self.operands, self.output)?.macs)
    }

    /// Whether it adds a bias.
    pub(super) fn has_bias(&self) -> bool {
        match self.op {
            Op::Conv(Conv { bias, .. })
            | Op::ConvTranspose(ConvTranspose { bias, .. })
            | Op::Linear(Linear { bias, .. }) => *bias,
            _ => false,
        }
    }

    /// Its multiply–accumulates, and an addition of its bias for each element of its result.
    pub(super) fn macs_and_bias(&self) -> Result<Counts, OpError> {
        let counts = self.own(self.macs()?)?;
        if self.has_bias() { counts.with(Category::Bias, self.outputs()) } else { Ok(counts) }
    }

    /// Its trained values: those of a bias that is added to a product, and all others.
    pub(super) fn trained(&self) -> Result<Counts, OpError> {
        let mut counts = Counts::NONE;
        for parameter in self.op.operator().parameters(self.operands)? {
            if parameter.trained {
                let bias = self.has_bias() && parameter.name == "bias";
                let category = if bias { Category::Bias } else { self.category() };
                counts = counts.with(category, parameter.shape.elements())?;
            }
        }
        Ok(counts)
    }
}
