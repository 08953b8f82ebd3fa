//! Numbers of paths by dynamic programming over the network in execution order, in exact integers.

use num_bigint::BigUint;
use num_traits::{One, Zero};

use super::graph::Graph;
use super::quota::{Quota, words};

/// What is known of the paths from the inputs to a node, and adds up where tensors meet.
trait Carried: Clone {
    /// That of an input: the one path that begins there.
    fn source() -> Self;

    /// Takes in other paths to the same node.
    fn join(&mut self, other: &Self);

    /// Leads all paths through a weighted layer.
    fn lengthen(&mut self);

    /// The words it takes.
    fn words(&self) -> u64;
}

/// Carries what is known from the inputs to the output; `None` where it exceeds the quota. What no further node takes is let go.
fn carry<T: Carried>(graph: &Graph<'_>, quota: &mut Quota) -> Option<T> {
    let mut uses = graph.uses();
    let mut values: Vec<Option<T>> = vec![None; graph.nodes.len()];
    for (position, vertex) in graph.nodes.iter().enumerate().filter(|(_, vertex)| vertex.reaches) {
        let mut sum = vertex.is_input.then(T::source);
        for operand in vertex.operands() {
            let left = uses.get_mut(operand)?;
            *left = left.checked_sub(1)?;
            let slot = values.get_mut(operand)?;
            let size = slot.as_ref()?.words();
            quota.spend(size)?;
            let value = if *left == 0 {
                quota.release(size);
                slot.take()?
            } else {
                slot.clone()?
            };
            match &mut sum {
                Some(sum) => sum.join(&value),
                None => sum = Some(value),
            }
        }
        let mut sum = sum?;
        if vertex.is_weighted {
            sum.lengthen();
        }
        quota.hold(sum.words())?;
        *values.get_mut(position)? = Some(sum);
    }
    values.get_mut(graph.output)?.take()
}

/// The number of paths and the sum of their lengths.
#[derive(Debug, Clone)]
pub(super) struct PathTotals {
    /// How many there are.
    pub(super) count: BigUint,
    /// The sum of their lengths.
    pub(super) total: BigUint,
}

impl PathTotals {
    /// The totals of all paths; `None` where it exceeds the quota.
    pub(super) fn of(graph: &Graph<'_>) -> Option<Self> {
        carry(graph, &mut Quota::new())
    }
}

impl Carried for PathTotals {
    fn source() -> Self {
        Self { count: BigUint::one(), total: BigUint::zero() }
    }

    fn join(&mut self, other: &Self) {
        self.count += &other.count;
        self.total += &other.total;
    }

    fn lengthen(&mut self) {
        self.total += &self.count;
    }

    fn words(&self) -> u64 {
        words(&self.count).saturating_add(words(&self.total))
    }
}

/// The number of paths of every length.
#[derive(Debug, Clone)]
pub(super) struct Histogram {
    /// The length of the first entry.
    pub(super) shortest: usize,
    /// The number of paths of that length and each that follows.
    pub(super) counts: Vec<BigUint>,
}

impl Histogram {
    /// The lengths of all paths; `None` where that exceeds the quota.
    pub(super) fn of(graph: &Graph<'_>) -> Option<Self> {
        carry(graph, &mut Quota::new())
    }
}

impl Carried for Histogram {
    fn source() -> Self {
        Self { shortest: 0, counts: vec![BigUint::one()] }
    }

    fn join(&mut self, other: &Self) {
        if let Some(before) = self.shortest.checked_sub(other.shortest) {
            self.counts.splice(0..0, (0..before).map(|_| BigUint::zero()));
            self.shortest = other.shortest;
        }
        let offset = other.shortest.saturating_sub(self.shortest);
        let length = self.counts.len().max(offset.saturating_add(other.counts.len()));
        self.counts.resize(length, BigUint::zero());
        for (sum, count) in self.counts.iter_mut().skip(offset).zip(&other.counts) {
            *sum += count;
        }
    }

    fn lengthen(&mut self) {
        self.shortest = self.shortest.saturating_add(1);
    }

    fn words(&self) -> u64 {
        self.counts.iter().map(words).fold(0, u64::saturating_add)
    }
}

/// For every node the number of paths that lead through it; `None` where that exceeds the quota.
pub(super) fn through(graph: &Graph<'_>) -> Option<Vec<BigUint>> {
    let mut quota = Quota::new();
    let mut through = from_the_inputs(graph, &mut quota)?;
    let mut to_output = vec![BigUint::zero(); graph.nodes.len()];
    for count in &to_output {
        quota.hold(words(count))?;
    }
    *to_output.get_mut(graph.output)? = BigUint::one();
    for (position, vertex) in graph.nodes.iter().enumerate().rev() {
        let to = std::mem::take(to_output.get_mut(position)?);
        quota.release(words(&to));
        if !vertex.reaches {
            continue;
        }
        for operand in vertex.operands() {
            let sum = to_output.get_mut(operand)?;
            quota.release(words(sum));
            *sum += &to;
            quota.hold(words(sum))?;
        }
        let count = through.get_mut(position)?;
        quota.spend(words(count).saturating_mul(words(&to)))?;
        quota.release(words(count));
        *count *= to;
        quota.hold(words(count))?;
    }
    Some(through)
}

/// For every node from which a path leads to the output, the number of paths from the inputs; 0 for the others.
fn from_the_inputs(graph: &Graph<'_>, quota: &mut Quota) -> Option<Vec<BigUint>> {
    let mut counts: Vec<BigUint> = Vec::with_capacity(graph.nodes.len());
    for vertex in &graph.nodes {
        let mut count = if vertex.is_input { BigUint::one() } else { BigUint::zero() };
        for operand in vertex.operands() {
            let operand = counts.get(operand)?;
            quota.spend(words(operand))?;
            count += operand;
        }
        if !vertex.reaches {
            count = BigUint::zero();
        }
        quota.hold(words(&count))?;
        counts.push(count);
    }
    Some(counts)
}
