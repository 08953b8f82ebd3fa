//! Receptive fields by brute force: from the definitions of the operators, with plain loops, position by position.
//!
//! What a unit depends on is the set of input positions that are found by walking from it to the input. Maps go on beyond their
//! ends in both directions, which is what padding stands for; fields are counted with it.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use cnnstat::network::{Network, Node, Shape, Tensor};
use cnnstat::ops::{Conv, ConvTranspose, Op, Padding, UpsampleMode, Window};

/// A judge of one network, whose maps have rows and columns on two axes, in any order.
pub(crate) struct Judge<'network> {
    network: &'network Network,
    known: RefCell<HashMap<Unit, Rc<BTreeSet<i64>>>>,
}

/// A node, an axis of its tensor and a position on it.
type Unit = (usize, usize, i64);

/// Positions along one axis of one operand.
struct Taken {
    operand: Tensor,
    axis: usize,
    positions: Vec<i64>,
}

impl<'network> Judge<'network> {
    pub(crate) fn new(network: &'network Network) -> Self {
        Self { network, known: RefCell::default() }
    }

    fn node(&self, tensor: Tensor) -> &Node {
        self.network.node(tensor).unwrap()
    }

    pub(crate) fn size(&self, tensor: Tensor, axis: usize) -> i64 {
        i64::try_from(self.node(tensor).shape.sizes()[axis]).unwrap()
    }

    /// The axes of a tensor on which the rows and the columns of the input lie.
    pub(crate) fn axes(&self, tensor: Tensor) -> [usize; 2] {
        let node = self.node(tensor);
        let Some(&operand) = self.network.operands(tensor).first() else { return [2, 3] };
        let axes = self.axes(operand);
        match &node.op {
            Op::Transpose(transpose) => axes.map(|axis| {
                let axis = i64::try_from(axis).unwrap();
                transpose.axes.iter().position(|&from| from == axis).unwrap()
            }),
            _ => axes,
        }
    }

    /// The input positions that a unit depends on, along an axis of a tensor.
    pub(crate) fn seen(&self, tensor: Tensor, axis: usize, unit: i64) -> Rc<BTreeSet<i64>> {
        let key = (tensor.index(), axis, unit);
        if let Some(seen) = self.known.borrow().get(&key) {
            return Rc::clone(seen);
        }
        let mut seen = BTreeSet::new();
        if matches!(self.node(tensor).op, Op::Input(_)) {
            seen.insert(unit);
        }
        for taken in self.taken(tensor, axis, unit) {
            for position in taken.positions {
                seen.extend(self.seen(taken.operand, taken.axis, position).iter());
            }
        }
        let seen = Rc::new(seen);
        self.known.borrow_mut().insert(key, Rc::clone(&seen));
        seen
    }

    /// The first and the last position that a unit depends on.
    pub(crate) fn hull(&self, tensor: Tensor, axis: usize, unit: i64) -> Option<(i64, i64)> {
        let seen = self.seen(tensor, axis, unit);
        Some((*seen.first()?, *seen.last()?))
    }

    fn taken(&self, tensor: Tensor, axis: usize, unit: i64) -> Vec<Taken> {
        let node = self.node(tensor);
        let operands = self.network.operands(tensor);
        let Some(&first) = operands.first() else { return Vec::new() };
        let one = |positions| vec![Taken { operand: first, axis, positions }];
        let sizes = || [self.size(first, axis), self.size(tensor, axis)];
        match &node.op {
            Op::Transpose(transpose) => {
                let axis = usize::try_from(transpose.axes[axis]).unwrap();
                vec![Taken { operand: first, axis, positions: vec![unit] }]
            }
            Op::Conv(Conv { window, .. }) => one(under(window, axis, unit, sizes()[0])),
            Op::MaxPool(pool) => one(under(&pool.window, axis, unit, sizes()[0])),
            Op::AvgPool(pool) => one(under(&pool.window, axis, unit, sizes()[0])),
            Op::ConvTranspose(ConvTranspose { window, .. }) => {
                let [kernel, stride, dilation] = numbers(window, axis);
                let cut = explicit(window.padding)[axis - 2][0];
                let mut positions = Vec::new();
                for tap in 0..kernel {
                    let reach = unit + cut - tap * dilation;
                    if reach % stride == 0 {
                        positions.push(reach / stride);
                    }
                }
                one(positions)
            }
            Op::Upsample(upsample) => one(interpolated(upsample.mode, unit, sizes())),
            Op::AdaptiveAvgPool(_) => {
                let [input, output] = sizes();
                let start = (unit * input).div_euclid(output);
                let mut positions = vec![start];
                while (positions.last().unwrap() + 1) * output < (unit + 1) * input {
                    positions.push(positions.last().unwrap() + 1);
                }
                one(positions)
            }
            Op::Pad(pad) => one(vec![unit - i64::try_from(pad.sides[axis - 2]).unwrap()]),
            Op::Slice(slice) if slice.axis == axis as u64 => {
                let [start, step] = [slice.start, slice.step].map(|n| i64::try_from(n).unwrap());
                one(vec![start + unit * step])
            }
            Op::Slice(_) | Op::Activation(_) | Op::BatchNorm(_) | Op::LayerNorm(_) | Op::Lrn(_) => {
                one(vec![unit])
            }
            Op::Concat(_) | Op::Add(_) | Op::Mul(_) | Op::Mean(_) | Op::Sub(_) => {
                let same = |&operand| Taken { operand, axis, positions: vec![unit] };
                operands.iter().map(same).collect()
            }
            other => panic!("no judgement of {other:?}"),
        }
    }

    /// A number of units after which everything repeats.
    pub(crate) fn period(&self, tensor: Tensor, axis: usize) -> i64 {
        let operands = self.taken(tensor, axis, 0);
        let below = operands
            .iter()
            .map(|taken| self.period(taken.operand, taken.axis))
            .fold(1, num_integer::lcm);
        below * self.own_period(tensor, axis)
    }

    fn own_period(&self, tensor: Tensor, axis: usize) -> i64 {
        match &self.node(tensor).op {
            Op::ConvTranspose(transposed) => numbers(&transposed.window, axis)[1],
            Op::AdaptiveAvgPool(_) => self.size(tensor, axis),
            Op::Upsample(upsample) => match upsample.mode {
                UpsampleMode::Bilinear { align_corners: true } => {
                    (self.size(tensor, axis) - 1).max(1)
                }
                _ => self.size(tensor, axis),
            },
            _ => 1,
        }
    }

    /// How many input positions so many units advance, where they depend on anything.
    pub(crate) fn advance(&self, tensor: Tensor, axis: usize, units: i64) -> Option<i64> {
        let found = (0..units).find_map(|unit| Some((unit, self.hull(tensor, axis, unit)?)));
        let (unit, (start, _)) = found?;
        Some(self.hull(tensor, axis, unit + units)?.0 - start)
    }

    /// The last input position on which a unit up to this one depends.
    fn end(&self, tensor: Tensor, axis: usize, unit: i64) -> Option<i64> {
        let period = self.period(tensor, axis);
        (unit - period + 1..=unit).filter_map(|unit| Some(self.hull(tensor, axis, unit)?.1)).max()
    }

    /// Effective padding after the last position: over all paths the largest sum of what every operator looks beyond its operand.
    pub(crate) fn after(&self, tensor: Tensor, axis: usize) -> i64 {
        let paths = self.taken(tensor, axis, 0).into_iter().map(|taken| {
            let last = self.size(taken.operand, taken.axis) - 1;
            let beyond = last + self.own_after(tensor, axis, last);
            let ends = [last, beyond].map(|unit| self.end(taken.operand, taken.axis, unit));
            let further = match ends {
                [Some(inside), Some(outside)] => outside - inside,
                _ => 0,
            };
            self.after(taken.operand, taken.axis) + further
        });
        paths.max().unwrap_or(0)
    }

    /// How far an operator looks beyond the last position of its operand.
    fn own_after(&self, tensor: Tensor, axis: usize, last: i64) -> i64 {
        let size = self.size(tensor, axis);
        let units = size - self.own_period(tensor, axis)..size;
        let looked = units.flat_map(|unit| self.taken(tensor, axis, unit));
        let furthest = looked.flat_map(|taken| taken.positions).max();
        let needed = furthest.map_or(0, |furthest| furthest - last);
        match &self.node(tensor).op {
            Op::Conv(Conv { window, .. }) => needed.max(sides(window, axis, last + 1)[1]),
            Op::MaxPool(pool) => needed.max(sides(&pool.window, axis, last + 1)[1]),
            Op::AvgPool(pool) => needed.max(sides(&pool.window, axis, last + 1)[1]),
            Op::Slice(slice) if slice.axis == axis as u64 => {
                slice.stop.map_or(0, |stop| i64::try_from(stop).unwrap() - last - 1)
            }
            _ => needed,
        }
    }

    /// The mean distance of the centers of the fields of two tensors, `None` where they advance unequally.
    pub(crate) fn distance(&self, from: Tensor, to: Tensor, axis: usize) -> Option<f64> {
        let period = num_integer::lcm(self.period(from, axis), self.period(to, axis));
        let advances = [from, to].map(|tensor| self.advance(tensor, axis, period));
        if let [Some(one), Some(other)] = advances
            && one != other
        {
            return None;
        }
        let (mut sum, mut count) = (0, 0);
        for unit in 0..period {
            let hulls = [from, to].map(|tensor| self.hull(tensor, axis, unit));
            if let [Some(one), Some(other)] = hulls {
                sum += other.0 + other.1 - one.0 - one.1;
                count += 2;
            }
        }
        Some(if count == 0 { 0.0 } else { sum as f64 / f64::from(count) })
    }

    /// Whether branches that advance unequally met on the way to a tensor.
    pub(crate) fn is_irregular(&self, tensor: Tensor, axis: usize) -> bool {
        let taken = self.taken(tensor, axis, 0);
        let meets = taken.len() > 1
            && taken
                .iter()
                .any(|other| self.distance(taken[0].operand, other.operand, axis).is_none());
        meets
            || self
                .network
                .operands(tensor)
                .iter()
                .any(|&operand| self.is_irregular(operand, self.axis_of(tensor, axis)))
    }

    /// The operand's axis that lies along an axis.
    fn axis_of(&self, tensor: Tensor, axis: usize) -> usize {
        match &self.node(tensor).op {
            Op::Transpose(transpose) => usize::try_from(transpose.axes[axis]).unwrap(),
            _ => axis,
        }
    }
}

fn numbers(window: &Window, axis: usize) -> [i64; 3] {
    [window.kernel, window.stride, window.dilation]
        .map(|pair| i64::try_from(pair[axis - 2]).unwrap())
}

fn explicit(padding: Padding) -> [[i64; 2]; 2] {
    let Padding::Explicit(sides) = padding else { panic!("not in numbers") };
    let [top, left, bottom, right] = sides.map(|side| i64::try_from(side).unwrap());
    [[top, bottom], [left, right]]
}

/// The padding before and after; `same` as TensorFlow has it.
fn sides(window: &Window, axis: usize, size: i64) -> [i64; 2] {
    let [kernel, stride, dilation] = numbers(window, axis);
    if let Padding::Explicit(_) = window.padding {
        return explicit(window.padding)[axis - 2];
    }
    let output = (size + stride - 1) / stride;
    let total = ((output - 1) * stride + (kernel - 1) * dilation + 1 - size).max(0);
    let (less, more) = (total / 2, total - total / 2);
    if window.padding == Padding::Same { [less, more] } else { [more, less] }
}

fn under(window: &Window, axis: usize, unit: i64, size: i64) -> Vec<i64> {
    let [kernel, stride, dilation] = numbers(window, axis);
    let start = unit * stride - sides(window, axis, size)[0];
    (0..kernel).map(|tap| start + tap * dilation).collect()
}

/// The pixel or pixels from which a pixel of an enlarged map is found.
fn interpolated(mode: UpsampleMode, unit: i64, [input, output]: [i64; 2]) -> Vec<i64> {
    if input == output {
        return vec![unit];
    }
    if input == 1 {
        return vec![0];
    }
    let (numerator, denominator) = match mode {
        UpsampleMode::Nearest => return vec![(unit * input).div_euclid(output)],
        UpsampleMode::Bilinear { align_corners: false } => {
            ((2 * unit + 1) * input - output, 2 * output)
        }
        UpsampleMode::Bilinear { align_corners: true } => (unit * (input - 1), output - 1),
    };
    let pixel = numerator.div_euclid(denominator);
    if numerator.rem_euclid(denominator) == 0 { vec![pixel] } else { vec![pixel, pixel + 1] }
}

/// A stack of maps.
pub(crate) fn maps(channels: u64, [height, width]: [u64; 2]) -> Shape {
    Shape::new(&[1, channels, height, width]).unwrap()
}
