//! Receptive fields: which pixels of the first input a unit of every layer depends on, per axis (height, width) and over all paths.
//!
//! Every operator tells which positions of its operands a unit depends on ([`Operator::reach`](crate::ops::Operator::reach));
//! a propagation in execution order composes that to spans of input pixels, and takes the hull where branches meet. Sizes, strides and padding
//! are those of Araujo, Norris & Sim 2019, "Computing Receptive Fields of Convolutional Neural Networks"
//! (Distill, doi:10.23915/distill.00021), over all layers that move units evenly, those that enlarge maps included.

mod dependence;
mod join;
mod network;
mod region;
mod window;

pub use network::NetworkField;
pub use window::AxisWindow;

use dependence::{Along, Dependence};
use join::join;

use super::{AnalysisError, NodeTable};
use crate::network::{Network, Node, Shape, Tensor};
use crate::ops::{OpError, Reach, SpanQuota};

/// How many spans the pass makes for layers whose units repeat after more than one. Beyond, fields are not known.
const MOST_SPANS: u64 = 1 << 22;

/// What a unit of a tensor depends on of the first input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReceptiveField {
    /// On a window of pixels that moves with the unit.
    Window([AxisField; 2]),
    /// Every unit on every position of a map below, and so on all that the map sees.
    Global,
    /// On pixels that are not known.
    Unknown,
    /// On nothing: the tensor comes from other inputs.
    Independent,
}

/// How much of the input units depend on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldExtent {
    /// A window that moves with the unit.
    Window,
    /// All that a map below sees.
    Global,
    /// Pixels that are not known.
    #[default]
    Unknown,
    /// Nothing of the first input.
    None,
}

/// What a unit depends on along the rows or the columns of the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AxisField {
    /// A part that moves with the unit.
    Window(AxisWindow),
    /// Every position of a map below.
    Global,
}

/// The share of a field that lies outside of the input.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct PaddingShare {
    /// For the unit at the center of the map.
    pub center: f64,
    /// For the unit at the top left corner of the map.
    pub corner: f64,
}

/// Operands whose fields do not lie around the same pixels.
#[derive(Debug, Clone, PartialEq)]
pub struct Unaligned {
    /// The layer in which they meet.
    pub tensor: Tensor,
    /// The operands, with how far the centers of their fields lie beyond the first's along rows and columns, in pixels; `None` where
    /// their fields move at another pace, so that the distance differs from unit to unit.
    pub branches: Vec<(Tensor, [Option<f64>; 2])>,
}

/// The receptive fields of a network.
#[derive(Debug, Clone)]
pub struct ReceptiveFields {
    /// Height and width of the first input; `None` where it is no stack of maps, and then no field is known.
    pub input: Option<[u64; 2]>,
    /// The field of every node.
    pub nodes: NodeTable<ReceptiveField>,
    /// The first layer whose field is larger than the input along an axis.
    pub exceeds_input: Option<Tensor>,
    /// The layers whose operands do not lie around the same pixels, in execution order.
    pub unaligned: Vec<Unaligned>,
    /// The field of the network.
    pub network: Option<NetworkField>,
    /// How much of the input a unit of the first output depends on: global where it is so along an axis.
    pub output_extent: FieldExtent,
}

impl ReceptiveField {
    /// How much of the input that is.
    #[must_use]
    pub fn extent(&self) -> FieldExtent {
        match self {
            Self::Window(_) => FieldExtent::Window,
            Self::Global => FieldExtent::Global,
            Self::Unknown => FieldExtent::Unknown,
            Self::Independent => FieldExtent::None,
        }
    }

    /// Whether a unit depends on every position of a map below along rows or columns.
    #[must_use]
    pub fn is_global_along_an_axis(&self) -> bool {
        match self {
            Self::Window(axes) => axes.contains(&AxisField::Global),
            Self::Global => true,
            Self::Unknown | Self::Independent => false,
        }
    }

    /// Extent in input pixels, of an input of this size: an axis along which the field is global has the input's. `None` unless it is
    /// a window.
    #[must_use]
    pub fn size(&self, input: [u64; 2]) -> Option<[u64; 2]> {
        let Self::Window([rows, columns]) = self else { return None };
        let size = |axis: &AxisField, all| match axis {
            AxisField::Window(window) => window.size,
            AxisField::Global => all,
        };
        Some([size(rows, input[0]), size(columns, input[1])])
    }

    /// Whether it is a window that is larger than an input of this size along an axis.
    #[must_use]
    pub fn exceeds(&self, input: [u64; 2]) -> bool {
        self.size(input).is_some_and(|size| size[0] > input[0] || size[1] > input[1])
    }

    /// The share of it that lies outside of an input of this size; `None` unless it is a window.
    #[must_use]
    pub fn padding_share(&self, input: [u64; 2]) -> Option<PaddingShare> {
        let center = self.share_outside(input, |units| units.saturating_sub(1) / 2)?;
        Some(PaddingShare { center, corner: self.share_outside(input, |_| 0)? })
    }

    fn share_outside(&self, input: [u64; 2], unit: impl Fn(u64) -> u64) -> Option<f64> {
        let Self::Window(axes) = self else { return None };
        let (mut all, mut inside) = (1u128, 1u128);
        for (axis, size) in axes.iter().zip(input) {
            if let AxisField::Window(window) = axis {
                let span = window.span(unit(window.units))?;
                all = all.checked_mul(u128::from(span.len()?))?;
                inside = inside.checked_mul(u128::from(span.inside(size)))?;
            }
        }
        Some(if all == 0 { 0.0 } else { (all - inside) as f64 / all as f64 })
    }
}

/// Finds the receptive field of every node.
///
/// # Errors
/// Where an operator does not know its operands.
pub fn receptive_field(network: &Network) -> Result<ReceptiveFields, AnalysisError> {
    let mut propagation = Propagation {
        states: Vec::with_capacity(network.len()),
        unaligned: Vec::new(),
        quota: SpanQuota::new(MOST_SPANS),
        parts: Vec::new(),
    };
    let input = network.inputs().first().copied();
    for (tensor, node) in network.nodes() {
        let state = if Some(tensor) == input {
            Some(pixels(&node.shape))
        } else {
            let state = propagation.node(network, tensor, node);
            state.map_err(|error| AnalysisError::of(node, error))?
        };
        propagation.states.push(state);
    }
    let nodes: NodeTable<ReceptiveField> = propagation.states.into_iter().map(field).collect();
    let map = input.and_then(|input| network.node(input)?.shape.map());
    let exceeds_input = map.and_then(|input| {
        let mut fields = network.nodes().zip(&nodes);
        fields.find(|(_, field)| field.exceeds(input)).map(|((tensor, _), _)| tensor)
    });
    let whole = map.and_then(|input| NetworkField::of(network, &nodes, input));
    let output = network.outputs().first().and_then(|output| nodes.get(output.tensor));
    let output_extent = output.map_or(FieldExtent::Unknown, network::extent);
    Ok(ReceptiveFields {
        output_extent,
        input: map,
        nodes,
        exceeds_input,
        unaligned: propagation.unaligned,
        network: whole,
    })
}

/// What the units of a tensor depend on along rows and columns; `None` where they do not depend on the first input.
type State = Option<[Dependence; 2]>;

/// The first input: every pixel depends on itself.
fn pixels(shape: &Shape) -> [Dependence; 2] {
    let Some([height, width]) = shape.map() else { return [Dependence::Lost, Dependence::Lost] };
    [(2, height), (3, width)].map(|(at, size)| {
        let window = Some(AxisWindow::pixels(size));
        Dependence::Along(Along { at: Some(at), is_mixed: false, window })
    })
}

fn field(state: State) -> ReceptiveField {
    let Some(axes) = state else { return ReceptiveField::Independent };
    let axis = |axis| match axis {
        Dependence::Along(Along { window: Some(window), .. }) => Some(AxisField::Window(window)),
        Dependence::Global(_) => Some(AxisField::Global),
        _ => None,
    };
    let [rows, columns] = axes.map(axis);
    match (rows, columns) {
        (Some(AxisField::Global), Some(AxisField::Global)) => ReceptiveField::Global,
        (Some(rows), Some(columns)) => ReceptiveField::Window([rows, columns]),
        _ => ReceptiveField::Unknown,
    }
}

/// How much tensors of these shapes take along an axis, one after another.
fn length_before(shapes: &[Shape], axis: usize) -> u64 {
    let sizes = shapes.iter().filter_map(|shape| shape.sizes().get(axis));
    sizes.fold(0, |sum, &size| sum.saturating_add(size))
}

struct Propagation {
    states: Vec<State>,
    unaligned: Vec<Unaligned>,
    quota: SpanQuota,
    /// What a node's units depend on through every operand that depends on the first input.
    parts: Vec<(Tensor, [Dependence; 2])>,
}

impl Propagation {
    fn node(&mut self, network: &Network, tensor: Tensor, node: &Node) -> Result<State, OpError> {
        let shapes = network.operand_shapes(tensor);
        self.parts.clear();
        let mut are_apart = false;
        for (slot, (&operand, shape)) in network.operands(tensor).iter().zip(shapes).enumerate() {
            let reach = self.reach(node, shapes, slot)?;
            let Some(Some(state)) = self.states.get(operand.index()) else { continue };
            let axes = match reach {
                Some(reach) => {
                    let stacked = reach.stacked_axis();
                    are_apart |= stacked.is_some();
                    let before = stacked.map_or(0, |axis| length_before(&shapes[..slot], axis));
                    [0, 1].map(|axis: usize| {
                        let sizes = [shape, &node.shape];
                        state[axis].through(&reach, sizes, before, &mut self.quota)
                    })
                }
                None => [Dependence::Lost, Dependence::Lost],
            };
            self.parts.push((operand, axes));
        }
        if self.parts.len() <= 1 {
            return Ok(self.parts.pop().map(|(_, axes)| axes));
        }
        let [rows, columns] = [0, 1].map(|axis: usize| {
            let axes = self.parts.iter().map(|(_, axes)| &axes[axis]);
            join(&axes, &node.shape, are_apart, &mut self.quota)
        });
        if rows.offsets.is_some() || columns.offsets.is_some() {
            let offset = |offsets: &Option<Vec<Option<f64>>>, part: usize| {
                offsets.as_ref().map_or(Some(0.0), |offsets| *offsets.get(part)?)
            };
            let parts = self.parts.iter().enumerate();
            let branches = parts.map(|(part, (operand, _))| {
                (*operand, [offset(&rows.offsets, part), offset(&columns.offsets, part)])
            });
            self.unaligned.push(Unaligned { tensor, branches: branches.collect() });
        }
        Ok(Some([rows.axis, columns.axis]))
    }

    /// What a node reaches of an operand; `None` where that is too much to follow.
    fn reach(
        &mut self,
        node: &Node,
        operands: &[Shape],
        slot: usize,
    ) -> Result<Option<Reach>, OpError> {
        if self.quota.is_spent() {
            return Ok(None);
        }
        match node.op.operator().reach(operands, slot, &node.shape) {
            Ok(reach) => {
                let spans = reach.spans_made();
                Ok(if spans > 0 { self.quota.take(spans).map(|()| reach) } else { Some(reach) })
            }
            Err(OpError::Overflow) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
