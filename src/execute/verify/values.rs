//! What the oracle counts and makes.

use num_traits::AsPrimitive;

use super::scale::{Operand, Scale, scale};
use super::{Amount, Layers, Line, NodeVerification, NotFinite, Progress, Stage, Subject, count};
use crate::analysis::{Analysis, BYTES_PER_VALUE};
use crate::execute::oracle::{self, Evaluated};
use crate::execute::{ExecutionError, not_finite, source};
use crate::figure::quantity::write::{shape_text, thousands};
use crate::network::Network;
use crate::ops::{FlopKind, Op, Tally};
use crate::weights::Weights;

/// What the oracle did.
pub(super) struct Oracle {
    /// All arithmetic.
    pub(super) tally: Tally,
    /// Whether all values of a node, and of those below, are finite in 32 bits.
    pub(super) is_finite: Vec<bool>,
    /// The first layer with values that are not.
    pub(super) not_finite: Option<NotFinite>,
    /// Values of parameters that were handed to operators.
    values: u64,
    /// The most values of activations that were stored at once.
    live: u64,
    /// The values of every input, and of every layer that the engine computes.
    pub(super) outputs: Vec<Vec<f32>>,
    /// What the network returns.
    pub(super) returned: Vec<Vec<f32>>,
    /// By what the values of every node are measured.
    pub(super) scales: Vec<Scale>,
}

/// Runs the oracle and compares what it does at every layer.
pub(super) fn oracle(
    network: &Network,
    analysis: &Analysis,
    weights: &Weights,
    inputs: &[Vec<f32>],
    layers: &mut Layers,
    progress: &mut dyn FnMut(Progress),
) -> Result<Oracle, ExecutionError> {
    let arrays = oracle::inputs(network, inputs)?;
    let mut done = Oracle {
        tally: Tally::default(),
        is_finite: vec![true; network.len()],
        not_finite: None,
        values: 0,
        live: 0,
        outputs: vec![Vec::new(); network.len()],
        returned: Vec::new(),
        scales: vec![Scale::default(); network.len()],
    };
    for (input, values) in network.inputs().iter().zip(inputs) {
        let largest = largest(values);
        done.scales[input.index()] = Scale::of_own(largest);
        done.outputs[input.index()].clone_from(values);
    }

    let of = network.len() - network.inputs().len();
    let mut at = 0;
    let returned = oracle::run(network, weights, &arrays, |layer| {
        done.take(network, weights, layer);
        if let Some(found) = layers.get(layer.tensor) {
            compare(found, analysis, layer);
        }
        at += 1;
        progress(Progress { stage: Stage::Oracle, done: at, of });
    })?;
    done.returned = returned.iter().map(|array| narrow(array.elements())).collect();
    Ok(done)
}

/// Values in 32 bits.
fn narrow(values: &[f64]) -> Vec<f32> {
    values.iter().map(|&value| value.as_()).collect()
}

impl Oracle {
    fn take(&mut self, network: &Network, weights: &Weights, layer: &Evaluated<'_>) {
        self.tally += layer.tally;
        self.values = self.values.saturating_add(count(layer.parameters));
        self.live = self.live.max(count(layer.live));
        let elements = layer.output.elements();
        let at = layer.tensor.index();
        let values = narrow(elements);
        let value = values.iter().find_map(|&value| not_finite(value.into()));
        let takes_finite =
            network.operands(layer.tensor).iter().all(|from| self.is_finite[from.index()]);
        self.is_finite[at] = takes_finite && value.is_none();
        if let Some(value) = value.filter(|_| self.not_finite.is_none()) {
            let layer = layer.node.name().to_owned();
            self.not_finite = Some(NotFinite { layer, value, layers: 0 });
        }
        if let Some(first) = self.not_finite.as_mut().filter(|_| !self.is_finite[at]) {
            first.layers += 1;
        }
        if !is_passed_on(&layer.node.op) {
            let operands = network.operands(layer.tensor).iter().map(|&operand| Operand {
                scale: self.scales[operand.index()],
                values: &self.outputs[source(network, operand).index()],
            });
            let operands: Vec<Operand<'_>> = operands.collect();
            let own = largest(&values);
            self.scales[at] = scale(network, weights, (layer.tensor, layer.node), &operands, own);
            self.outputs[at] = values;
        } else if let Some(operand) = network.operands(layer.tensor).first() {
            self.scales[at] = self.scales[operand.index()];
        }
    }

    /// Whether a node whose values the engine computes has any that can be compared.
    pub(super) fn has_finite(&self, at: usize) -> bool {
        self.outputs[at].iter().any(|value| value.is_finite())
    }

    /// The figures of the network that the oracle tells.
    pub(super) fn lines(
        &self,
        network: &Network,
        analysis: &Analysis,
        layers: &Layers,
    ) -> Vec<Line> {
        let compared = count(layers.iter().count());
        let line = |figure, analysis: Amount, run: Amount| Line {
            figure,
            analysis,
            run,
            compared,
            of: compared,
            holds: Some(analysis == run && layers.hold(figure)),
        };
        let counts =
            |figure, analysis, run| line(figure, Amount::Count(analysis), Amount::Count(run));
        let figures = &analysis.totals.figures;
        let cost = self.tally.cost();
        let made = layers.iter().filter(|layer| !layer.output_shape.is_empty());
        let layers_there = count(network.len() - network.inputs().len());
        let held = figures.params.saturating_add(figures.buffers);
        let mut lines = vec![
            counts(Subject::Shapes, layers_there, count(made.count())),
            counts(Subject::Values, held, self.values),
            counts(Subject::Macs, figures.macs, cost.macs),
            counts(Subject::Flops, figures.flops, cost.flops.total().unwrap_or(u64::MAX)),
        ];
        lines.extend(FlopKind::ALL.map(|kind| {
            counts(Subject::of(kind), figures.flops_by_kind.get(kind), cost.flops.get(kind))
        }));
        let stored = self.live.saturating_mul(BYTES_PER_VALUE);
        let peak = analysis.memory.separate.peak_bytes;
        let peak = line(Subject::PeakSeparate, Amount::Bytes(peak), Amount::Bytes(stored));
        lines.push(Line { compared: 1, of: 1, ..peak });
        lines
    }
}

impl Subject {
    /// Operations of a kind.
    fn of(kind: FlopKind) -> Self {
        match kind {
            FlopKind::MultiplyAccumulate => Self::FlopsMultiplyAccumulate,
            FlopKind::Bias => Self::FlopsBias,
            FlopKind::Activation => Self::FlopsActivation,
            FlopKind::Elementwise => Self::FlopsElementwise,
            FlopKind::Normalization => Self::FlopsNormalization,
            FlopKind::Pooling => Self::FlopsPooling,
        }
    }
}

fn compare(found: &mut NodeVerification, analysis: &Analysis, layer: &Evaluated<'_>) {
    let cost = layer.tally.cost();
    found.output_shape = layer.output.shape().sizes().to_vec();
    found.values = count(layer.parameters);
    (found.macs, found.flops_by_kind) = (cost.macs, cost.flops);
    let shape = found.output_shape.clone();
    let expected = layer.node.shape.sizes().to_vec();
    found.compare(Subject::Shapes, [expected, shape], |shape| shape_text(shape));
    let Some(figures) = analysis.figures.get(layer.tensor) else { return };
    let number = |count: &u64| thousands(*count);
    let values = found.values;
    let held = figures.params.saturating_add(figures.buffers);
    found.compare(Subject::Values, [held, values], number);
    found.compare(Subject::Macs, [figures.macs, cost.macs], number);
    let flops = cost.flops.total().unwrap_or(u64::MAX);
    found.compare(Subject::Flops, [figures.flops, flops], number);
    for kind in FlopKind::ALL {
        let counts = [figures.flops_by_kind.get(kind), cost.flops.get(kind)];
        found.compare(Subject::of(kind), counts, number);
    }
}

/// Whether the engine does not compute an operator, its output being its operand.
pub(super) fn is_passed_on(op: &Op) -> bool {
    matches!(op, Op::Input(_)) || op.operator().storage().is_view(false)
}

/// The largest magnitude among the values that are finite.
fn largest(values: &[f32]) -> f64 {
    let finite = values.iter().filter(|value| value.is_finite());
    finite.map(|&value| f64::from(value).abs()).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::analyse;
    use crate::network::{Builder, Output, Place, Shape};
    use crate::ops::{Array, Flatten, Op};

    /// A shape that inference gives and the oracle does not make: no network has one, so a layer is handed the output of another.
    #[test]
    fn a_wrong_shape_is_named() {
        let mut builder = Builder::new();
        let input = builder.input("x", Shape::new(&[2, 3, 4]).unwrap(), Place(0)).unwrap();
        let flat = builder.add("flat", Op::from(Flatten { axis: 1 }), &[input], Place(0)).unwrap();
        let outputs = vec![Output { name: "flat".to_owned(), tensor: flat }];
        let network = builder.finish(outputs).unwrap();
        let analysis = analyse(&network).unwrap();
        let node = network.node(flat).unwrap();
        for (made, is_wrong) in [(&[2, 12][..], false), (&[2, 3, 4], true), (&[12, 2], true)] {
            let shape = Shape::new(made).unwrap();
            let output = Array::new(shape, vec![0.0; 24]).unwrap();
            let tally = Tally::default();
            let layer =
                Evaluated { tensor: flat, node, output: &output, tally, parameters: 0, live: 24 };
            let mut layers = Layers::of(&network);
            compare(layers.get(flat).unwrap(), &analysis, &layer);
            let wrong: Vec<Subject> =
                layers.iter().flat_map(|layer| &layer.wrong).map(|wrong| wrong.figure).collect();
            assert_eq!(wrong, if is_wrong { vec![Subject::Shapes] } else { vec![] }, "{made:?}");
            assert_eq!(layers.hold(Subject::Shapes), !is_wrong);
        }
    }
}
