//! The classes to which a network says that a sample most likely belongs.

use serde::Serialize;

use super::source;
use crate::network::{Network, Shape, Tensor};
use crate::ops::{Function, Op};

/// A class of a sample.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Class {
    /// The sample's position in the batch.
    pub sample: usize,
    /// The class's position in the output.
    pub class: usize,
    /// What it is called, where that is known.
    pub label: Option<String>,
    /// How likely it is, from 0 to 1.
    pub probability: f64,
}

/// How values become probabilities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scores {
    /// They are.
    Probabilities,
    /// Their logarithms.
    Logarithms,
    /// Up to a softmax.
    Logits,
}

/// An output that is a vector per sample, and tells classes apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Classes {
    /// Its position in the network's outputs.
    pub output: usize,
    /// How many classes there are.
    pub count: usize,
    scores: Scores,
}

impl Classes {
    /// The first output of a network that is a vector per sample; `None` where there is none.
    #[must_use]
    pub fn of(network: &Network) -> Option<Self> {
        network.outputs().iter().enumerate().find_map(|(output, at)| {
            let count = vector(&network.node(at.tensor)?.shape)?;
            Some(Self { output, count, scores: scores(network, at.tensor) })
        })
    }

    /// The most likely classes of each sample, the likeliest first; of two that are as likely the first. A sample with values that are
    /// no numbers has none.
    ///
    /// `values` are those of the output, sample after sample.
    #[must_use]
    pub fn top(&self, values: &[f32], most: usize, labels: Option<&[String]>) -> Vec<Class> {
        let mut classes = Vec::new();
        for (sample, values) in values.chunks(self.count.max(1)).enumerate() {
            let Some(probabilities) = self.probabilities(values) else { continue };
            let mut order: Vec<usize> = (0..probabilities.len()).collect();
            let likelier = |&a: &usize, &b: &usize| {
                probabilities[b].total_cmp(&probabilities[a]).then(a.cmp(&b))
            };
            if most < order.len() {
                order.select_nth_unstable_by(most, likelier);
                order.truncate(most);
            }
            order.sort_unstable_by(likelier);
            classes.extend(order.into_iter().map(|class| Class {
                sample,
                class,
                label: labels.and_then(|labels| labels.get(class)).cloned(),
                probability: probabilities[class],
            }));
        }
        classes
    }

    fn probabilities(&self, values: &[f32]) -> Option<Vec<f64>> {
        let values: Vec<f64> = values.iter().copied().map(f64::from).collect();
        if values.iter().any(|value| value.is_nan()) {
            return None;
        }
        Some(match self.scores {
            Scores::Probabilities => values,
            Scores::Logarithms => values.into_iter().map(libm::exp).collect(),
            Scores::Logits => {
                let largest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                if !largest.is_finite() {
                    return None;
                }
                let powers = values.into_iter().map(|value| libm::exp(value - largest));
                let powers: Vec<f64> = powers.collect();
                let sum: f64 = powers.iter().sum();
                powers.into_iter().map(|power| power / sum).collect()
            }
        })
    }
}

/// The length of a shape that is one vector per sample: of two axes, or of maps of one pixel.
fn vector(shape: &Shape) -> Option<usize> {
    match *shape.sizes() {
        [_, count] | [_, count, 1, 1] if count > 1 => usize::try_from(count).ok(),
        _ => None,
    }
}

fn scores(network: &Network, output: Tensor) -> Scores {
    // A softmax over maps, flattened, gives no probabilities of one choice.
    let softmax =
        network.node(source(network, output)).filter(|node| vector(&node.shape).is_some());
    match softmax.map(|node| &node.op) {
        // Of a sigmoid each is a probability by itself.
        Some(Op::Softmax(_)) => Scores::Probabilities,
        Some(Op::Activation(activation)) if activation.function == Function::Sigmoid => {
            Scores::Probabilities
        }
        Some(Op::LogSoftmax(_)) => Scores::Logarithms,
        _ => Scores::Logits,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_add_up_and_ties_keep_their_order() {
        let classes = Classes { output: 0, count: 3, scores: Scores::Logits };
        let labels = ["a", "b", "c"].map(str::to_owned);
        // exp(ln 2) = 2 of 1 + 2 + 1; then values far beyond what exp can take; then one that is no number.
        let values = [0.0, 2.0_f32.ln(), 0.0, 900.0, -900.0, 900.0, f32::NAN, 0.0, 1.0];
        let top = classes.top(&values, 2, Some(&labels));
        let found: Vec<_> = top.iter().map(|top| (top.sample, top.class)).collect();
        assert_eq!(found, [(0, 1), (0, 0), (1, 0), (1, 2)]);
        assert!(
            (top[0].probability - 0.5).abs() < 1e-7 && (top[1].probability - 0.25).abs() < 1e-7
        );
        assert!((top[2].probability - 0.5).abs() < 1e-12);
        assert_eq!(top[0].label.as_deref(), Some("b"));
    }
}
