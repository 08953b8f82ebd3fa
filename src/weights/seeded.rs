//! Weights made from a seed: the same on every machine, and such that values neither vanish nor explode.
//!
//! Value i of a tensor is made from a 64-bit key and i alone, so that any value can be made without those before it:
//! `mix(key + (i + 1)·φ)`, where φ = 0x9e3779b97f4a7c15 and `mix` is the finalizer of SplitMix64 (Steele, Lea & Flood 2014, "Fast
//! splittable pseudorandom number generators", doi:10.1145/2660193.2660195). The key is `mix(seed + h)`, h being the 64-bit FNV-1a hash of the
//! tensor's full name. The upper 24 bits, taken as a whole number u, give `(2u + 1)/2²⁴ - 1`, which is exact in 32 bits, lies between -1 and 1
//! and is uniform; it is multiplied by half the width of the tensor's range, in 32 bits, and then the middle of the range is added.
//!
//! The range of a kernel follows from what it is expected to take. Where values have the mean square m, a kernel of n summands and of
//! uniform values between `±√(3/(n·m))` makes values of mean square 1 (He et al. 2015, arXiv:1502.01852, section 2.2). m is what
//! [moments](super::moments) expects. `docs/weights.md` lists the ranges. Nothing but additions, multiplications, divisions and square roots of IEEE 754
//! and the exponentials of the crate libm is used, none of which depends on the platform.

use num_traits::AsPrimitive;
use rayon::prelude::*;

use super::moments::{Moments, to_f64};
use super::{Held, NamedParameter, Source, Weights, WeightsError, parameters};
use crate::analysis::AnalysisError;
use crate::network::{Network, Shape, Tensor};
use crate::ops::Op;

/// The step of the generator: 2⁶⁴ divided by the golden ratio, and odd.
const PHI: u64 = 0x9e37_79b9_7f4a_7c15;

/// Fills every parameter of a network.
///
/// # Errors
/// Where a size exceeds 64 bits, or there is no memory for the values.
pub fn seeded(network: &Network, seed: u64) -> Result<Weights, AnalysisError> {
    let source = Seeded::new(network, seed)?;
    let nodes = network.nodes().map(|(tensor, _)| {
        let mut held = Held::default();
        source.make(tensor, &mut held)?;
        Ok(held.into_tensors())
    });
    Ok(Weights { nodes: nodes.collect::<Result<_, AnalysisError>>()? })
}

/// The values that a seed gives a network, made layer by layer.
#[derive(Debug)]
pub struct Seeded<'a> {
    network: &'a Network,
    seed: u64,
    /// For every node what it holds, and in which range.
    nodes: Vec<Vec<(NamedParameter, Range)>>,
}

impl<'a> Seeded<'a> {
    /// Finds the ranges of all parameters.
    ///
    /// # Errors
    /// Where a size exceeds 64 bits.
    pub fn new(network: &'a Network, seed: u64) -> Result<Self, AnalysisError> {
        let mut nodes = Vec::with_capacity(network.len());
        let mut expected: Vec<Moments> = Vec::with_capacity(network.len());
        let mut held = parameters(network)?.into_iter().peekable();
        for (tensor, node) in network.nodes() {
            let operands: Vec<Moments> =
                network.operands(tensor).iter().map(|operand| expected[operand.index()]).collect();
            let taken = operands.first().map_or(1.0, |moments| moments.square);
            let mut ranges = Vec::new();
            while let Some(parameter) = held.next_if(|parameter| parameter.node == tensor) {
                let range = Range::of(&parameter, &node.op, taken);
                ranges.push((parameter, range));
            }
            nodes.push(ranges);
            expected.push(Moments::of(network, tensor, node, &operands));
        }
        Ok(Self { network, seed, nodes })
    }

    fn make(&self, tensor: Tensor, held: &mut Held) -> Result<(), AnalysisError> {
        held.clear();
        let Some(node) = self.network.node(tensor) else { return Ok(()) };
        for (parameter, range) in self.nodes.get(tensor.index()).into_iter().flatten() {
            let shape = &parameter.parameter.shape;
            let made = range.fill(key(self.seed, &parameter.name), shape, held.add());
            made.ok_or_else(|| AnalysisError::memory(node, shape))?;
        }
        Ok(())
    }
}

impl Source for Seeded<'_> {
    fn read(&mut self, node: Tensor, held: &mut Held) -> Result<(), WeightsError> {
        Ok(self.make(node, held)?)
    }
}

/// Fills an input of a network, all samples one after another, from the same generator: uniform between -√3 and √3, so that the mean
/// is 0 and the mean square 1, as the ranges of seeded kernels expect. The values are those of a tensor named `NAME.input`.
///
/// # Errors
/// Where there is no memory for the values.
pub fn seeded_input(
    network: &Network,
    input: Tensor,
    seed: u64,
) -> Result<Vec<f32>, AnalysisError> {
    let Some(node) = network.node(input) else { return Ok(Vec::new()) };
    let range = Range { middle: 0.0, half: 3.0_f64.sqrt() };
    let mut values = Vec::new();
    let made = range.fill(key(seed, &format!("{}.input", node.name())), &node.shape, &mut values);
    made.ok_or_else(|| AnalysisError::memory(node, &node.shape))?;
    Ok(values)
}

/// Fills every input of a network.
///
/// # Errors
/// Where there is no memory for the values.
pub fn seeded_inputs(network: &Network, seed: u64) -> Result<Vec<Vec<f32>>, AnalysisError> {
    network.inputs().iter().map(|&input| seeded_input(network, input, seed)).collect()
}

/// Uniform values `middle ± half`.
#[derive(Debug, Clone, Copy)]
struct Range {
    middle: f64,
    half: f64,
}

impl Range {
    /// The range of a parameter of an operator that takes values of a mean square.
    fn of(held: &NamedParameter, op: &Op, taken: f64) -> Self {
        let deviation = taken.sqrt();
        let around = |middle: f64, half: f64| Self { middle, half };
        match (held.parameter.name, op) {
            ("weight", Op::Conv(_) | Op::Linear(_) | Op::ConvTranspose(_)) => {
                around(0.0, (3.0 / (summands(op, &held.parameter.shape) * taken)).sqrt())
            }
            ("weight", Op::PRelu(_)) => around(0.25, 0.25),
            ("weight", _) => around(1.0, 0.25),
            ("running_mean", _) => around(0.0, 0.25 * deviation),
            ("running_variance", _) => around(taken, 0.5 * taken),
            _ => around(0.0, 0.1),
        }
    }

    /// Makes the values of a tensor; `None` where there is no memory for them.
    fn fill(self, key: u64, shape: &Shape, values: &mut Vec<f32>) -> Option<()> {
        /// So many values are made at a time.
        const CHUNK: usize = 1 << 16;
        let count = usize::try_from(shape.elements()).ok()?;
        values.clear();
        values.try_reserve_exact(count).ok()?;
        values.resize(count, 0.0);
        let [middle, half]: [f32; 2] = [self.middle, self.half].map(AsPrimitive::as_);
        values.par_chunks_mut(CHUNK).enumerate().for_each(|(chunk, values)| {
            let first = u64::try_from(chunk * CHUNK).unwrap_or(u64::MAX);
            for (value, i) in values.iter_mut().zip(first..) {
                *value = half * unit(key, i) + middle;
            }
        });
        Some(())
    }
}

/// How many products one output of a weighted operator is the sum of; of a transposed convolution on average.
fn summands(op: &Op, weight: &Shape) -> f64 {
    let size = |axis: usize| weight.sizes().get(axis).map_or(1.0, |&size| to_f64(size));
    let taps = size(2) * size(3);
    match op {
        Op::ConvTranspose(conv) => {
            let [rows, columns] = conv.window.stride.map(to_f64);
            (size(0) / to_f64(conv.groups) * taps / (rows * columns)).max(1.0)
        }
        _ => size(1) * taps,
    }
}

/// The key of a tensor's values.
fn key(seed: u64, name: &str) -> u64 {
    /// Offset basis and prime of the 64-bit FNV-1a hash.
    const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    let hash = name.bytes().fold(BASIS, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME));
    mix(seed.wrapping_add(hash))
}

/// Value i of a stream: uniform between -1 and 1, exact in 32 bits.
fn unit(key: u64, i: u64) -> f32 {
    let bits = mix(key.wrapping_add(i.wrapping_add(1).wrapping_mul(PHI)));
    let upper = u32::try_from(bits >> 40).unwrap_or(0);
    ((2.0 * f64::from(upper) + 1.0) / f64::from(1u32 << 24) - 1.0).as_()
}

/// The finalizer of SplitMix64.
fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}
