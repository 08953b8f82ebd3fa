//! `docs/conventions.md` case by case: networks of one layer, their sizes and figures counted by hand from the definitions.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]
#![allow(clippy::identity_op, clippy::eq_op, reason = "a hand count names every factor")]

mod common;

use std::collections::BTreeMap;

use cnnstat::front::yaml::Settings;
use cnnstat::ops::{self, Op};
use serde_json::{Value, json};

/// One layer, and what it should come to.
#[derive(Debug, Clone)]
struct Case {
    input: Vec<u64>,
    batch: u64,
    /// Steps before the layer that only give its operand another shape.
    before: Vec<&'static str>,
    step: &'static str,
    output: Vec<u64>,
    params: u64,
    buffers: u64,
    macs: u64,
    /// All operations but the multiply–accumulates', by kind.
    operations: BTreeMap<&'static str, u64>,
}

/// A layer at an input without its batch, and the shape of its output with it.
fn case<const I: usize, const O: usize>(
    input: [u64; I],
    step: &'static str,
    output: [u64; O],
) -> Case {
    Case {
        input: input.to_vec(),
        batch: 1,
        before: vec![],
        step,
        output: output.to_vec(),
        params: 0,
        buffers: 0,
        macs: 0,
        operations: BTreeMap::new(),
    }
}

impl Case {
    fn batch(self, batch: u64) -> Self {
        Self { batch, ..self }
    }

    fn before(self, step: &'static str) -> Self {
        Self { before: [self.before, vec![step]].concat(), ..self }
    }

    fn params(self, params: u64) -> Self {
        Self { params, ..self }
    }

    fn buffers(self, buffers: u64) -> Self {
        Self { buffers, ..self }
    }

    fn macs(self, macs: u64) -> Self {
        Self { macs, ..self }
    }

    /// Operations of a kind, of which there are some.
    fn operations(mut self, kind: &'static str, operations: u64) -> Self {
        assert_ne!(operations, 0, "{}", self.step);
        self.operations.insert(kind, operations);
        self
    }

    /// The operator's name as it is called.
    fn operator(&self) -> &'static str {
        self.step.split(':').next().unwrap()
    }

    /// The report as scripts see it.
    fn report(&self) -> Value {
        let steps: String =
            self.before.iter().chain([&self.step]).map(|step| format!("  - {step}\n")).collect();
        let text = format!("input: {:?}\nlayers:\n{steps}", self.input);
        let description =
            common::read(&text).unwrap_or_else(|error| panic!("{}\n{text}", common::plain(&error)));
        let settings = Settings { batch: self.batch, ..Settings::default() };
        serde_json::to_value(common::analyse(&description, &settings).1).unwrap()
    }

    /// Compares the layer with its hand count, and the network with its layer.
    fn check(&self) {
        let report = self.report();
        let layers = report["layers"].as_array().unwrap();
        let layer = layers.last().unwrap();
        let name = match self.operator() {
            "depthwise_conv" => "conv",
            operator => operator,
        };
        let mut kinds: BTreeMap<&str, u64> = BTreeMap::from([
            ("multiply_accumulate", 2 * self.macs),
            ("bias", 0),
            ("activation", 0),
            ("elementwise", 0),
            ("normalization", 0),
            ("pooling", 0),
        ]);
        for (kind, operations) in &self.operations {
            assert_eq!(kinds.insert(kind, *operations), Some(0), "there is no kind {kind}");
        }
        let elements: u64 = self.output.iter().product();
        let counted = json!({
            "op": name,
            "output_shape": self.output,
            "params": self.params,
            "buffers": self.buffers,
            "macs": self.macs,
            "flops": 2 * self.macs + self.operations.values().sum::<u64>(),
            "flops_by_kind": kinds,
            "activations": elements,
        });
        for (key, counted) in counted.as_object().unwrap() {
            assert_eq!(layer[key], *counted, "{key} of {self:#?}");
        }

        // Steps before the layer, and on the branches of a join, compute nothing: its figures are the network's.
        let totals = &report["totals"];
        for key in ["params", "buffers", "macs", "flops", "flops_by_kind"] {
            assert_eq!(totals[key], layer[key], "{key} in all of {self:#?}");
        }
        let activations: u64 =
            layers.iter().map(|layer| layer["activations"].as_u64().unwrap()).sum();
        let is_convolution = ["conv", "conv_transpose"].contains(&name);
        let sums = json!({
            "layers": layers.len(),
            "activations": activations,
            "conv_activations": if is_convolution { elements } else { 0 },
            "weight_bytes": 4 * (self.params + self.buffers),
            "activation_bytes": 4 * activations,
        });
        for (key, sum) in sums.as_object().unwrap() {
            assert_eq!(totals[key], *sum, "{key} in all of {self:#?}");
        }
    }
}

// ---- the cases, row by row --------------------------------------------------------------------------------------

/// Taps on padding are multiplied as any others; a grouped kernel sees the channels of its group alone.
fn convolutions() -> Vec<Case> {
    vec![
        case([3, 8, 8], "conv: {out: 4, kernel: 3}", [1, 4, 6, 6])
            .params(4 * 3 * 3 * 3 + 4)
            .macs((4 * 6 * 6) * 3 * (3 * 3))
            .operations("bias", 4 * 6 * 6),
        case([3, 8, 8], "conv: {out: 4, kernel: 3, padding: valid, bias: false}", [1, 4, 6, 6])
            .params(4 * 3 * 3 * 3)
            .macs((4 * 6 * 6) * 3 * (3 * 3)),
        case([5, 1, 1], "conv: {out: 2, kernel: 1}", [1, 2, 1, 1])
            .params(2 * 5 * 1 * 1 + 2)
            .macs((2 * 1 * 1) * 5 * (1 * 1))
            .operations("bias", 2),
        // Rows (9 + 2 - 3) / 2 + 1, columns (10 + 2 - 5) / 1 + 1.
        case(
            [3, 9, 10],
            "conv: {out: 4, kernel: [3, 5], stride: [2, 1], padding: 1, bias: false}",
            [1, 4, 5, 8],
        )
        .params(4 * 3 * 3 * 5)
        .macs((4 * 5 * 8) * 3 * (3 * 5)),
        // A stride that leaves pixels over: (8 - 3) / 3 is 1 and a rest.
        case([1, 8, 8], "conv: {out: 1, kernel: 3, stride: 3}", [1, 1, 2, 2])
            .params(1 * 1 * 3 * 3 + 1)
            .macs((1 * 2 * 2) * 1 * (3 * 3))
            .operations("bias", 1 * 2 * 2),
        case([6, 7, 7], "conv: {out: 9, kernel: 3, padding: 1, groups: 3}", [1, 9, 7, 7])
            .params(9 * (6 / 3) * 3 * 3 + 9)
            .macs((9 * 7 * 7) * (6 / 3) * (3 * 3))
            .operations("bias", 9 * 7 * 7),
        // A kernel of 3 spans 5 pixels at dilation 2.
        case([2, 11, 11], "conv: {out: 3, kernel: 3, dilation: 2}", [1, 3, 7, 7])
            .params(3 * 2 * 3 * 3 + 3)
            .macs((3 * 7 * 7) * 2 * (3 * 3))
            .operations("bias", 3 * 7 * 7),
        // Rows 11 - 3 + 1; columns span 9, (11 - 9) / 2 + 1.
        case(
            [2, 11, 11],
            "conv: {out: 4, kernel: 3, dilation: [1, 4], stride: [1, 2], groups: 2, bias: false}",
            [1, 4, 9, 2],
        )
        .params(4 * (2 / 2) * 3 * 3)
        .macs((4 * 9 * 2) * (2 / 2) * (3 * 3)),
        // Rows 2·2 more, columns none.
        case([2, 6, 6], "conv: {out: 3, kernel: 3, padding: [2, 0], bias: false}", [1, 3, 8, 4])
            .params(3 * 2 * 3 * 3)
            .macs((3 * 8 * 4) * 2 * (3 * 3)),
        // Top, left, bottom, right: rows (6 + 0 + 2 - 3) / 2 + 1, columns (6 + 1 + 3 - 3) / 2 + 1.
        case(
            [2, 6, 6],
            "conv: {out: 3, kernel: 3, stride: 2, padding: [0, 1, 2, 3]}",
            [1, 3, 3, 4],
        )
        .params(3 * 2 * 3 * 3 + 3)
        .macs((3 * 3 * 4) * 2 * (3 * 3))
        .operations("bias", 3 * 3 * 4),
        // An output at every second pixel of 7 and of 8, with all taps.
        case([3, 7, 8], "conv: {out: 4, kernel: 3, stride: 2, padding: same}", [1, 4, 4, 4])
            .params(4 * 3 * 3 * 3 + 4)
            .macs((4 * 4 * 4) * 3 * (3 * 3))
            .operations("bias", 4 * 4 * 4),
        case(
            [3, 7, 8],
            "conv: {out: 4, kernel: [2, 5], stride: [3, 1], padding: same_lower, bias: false}",
            [1, 4, 3, 8],
        )
        .params(4 * 3 * 2 * 5)
        .macs((4 * 3 * 8) * 3 * (2 * 5)),
        // A kernel that leaves pixels between its windows needs no padding, and has none.
        case([1, 7, 7], "conv: {out: 1, kernel: 1, stride: 3, padding: same}", [1, 1, 3, 3])
            .params(1 * 1 * 1 * 1 + 1)
            .macs((1 * 3 * 3) * 1 * (1 * 1))
            .operations("bias", 1 * 3 * 3),
        case(
            [2, 5, 4],
            "conv: {out: 3, kernel: 3, padding: same, dilation: 3, bias: false}",
            [1, 3, 5, 4],
        )
        .params(3 * 2 * 3 * 3)
        .macs((3 * 5 * 4) * 2 * (3 * 3)),
        case([3, 8, 8], "conv: {out: 4, kernel: 3}", [3, 4, 6, 6])
            .batch(3)
            .params(4 * 3 * 3 * 3 + 4)
            .macs(3 * (4 * 6 * 6) * 3 * (3 * 3))
            .operations("bias", 3 * 4 * 6 * 6),
        case([4, 6, 6], "depthwise_conv: 3", [1, 4, 4, 4])
            .params(4 * 1 * 3 * 3 + 4)
            .macs((4 * 4 * 4) * 1 * (3 * 3))
            .operations("bias", 4 * 4 * 4),
        // Two kernels for every channel.
        case(
            [4, 6, 6],
            "depthwise_conv: {kernel: [3, 5], out: 8, stride: 2, padding: same, bias: false}",
            [1, 8, 3, 3],
        )
        .params(8 * 1 * 3 * 5)
        .macs((8 * 3 * 3) * 1 * (3 * 5)),
        case([4, 9, 9], "depthwise_conv: {kernel: 3, dilation: 3, padding: 3}", [3, 4, 9, 9])
            .batch(3)
            .params(4 * 1 * 3 * 3 + 4)
            .macs(3 * (4 * 9 * 9) * 1 * (3 * 3))
            .operations("bias", 3 * 4 * 9 * 9),
    ]
}

/// Every input element is multiplied by the kernel of every output channel of its group, whatever is cut off after.
fn transposed_convolutions() -> Vec<Case> {
    vec![
        // The first window covers 3, and each of 3 more steps 1.
        case([3, 4, 4], "conv_transpose: {out: 5, kernel: 3}", [1, 5, 6, 6])
            .params(3 * 5 * 3 * 3 + 5)
            .macs((3 * 4 * 4) * 5 * (3 * 3))
            .operations("bias", 5 * 6 * 6),
        // 3 + 3·2 - 2.
        case(
            [3, 4, 4],
            "conv_transpose: {out: 5, kernel: 3, stride: 2, padding: 1, bias: false}",
            [1, 5, 7, 7],
        )
        .params(3 * 5 * 3 * 3)
        .macs((3 * 4 * 4) * 5 * (3 * 3)),
        // The same and a row and column of which only the bias is made.
        case(
            [3, 4, 4],
            "conv_transpose: {out: 5, kernel: 3, stride: 2, padding: 1, output_padding: 1}",
            [1, 5, 8, 8],
        )
        .params(3 * 5 * 3 * 3 + 5)
        .macs((3 * 4 * 4) * 5 * (3 * 3))
        .operations("bias", 5 * 8 * 8),
        // Rows 2 + 2·2, columns 3 + 4·1.
        case(
            [4, 3, 5],
            "conv_transpose: {out: 6, kernel: [2, 3], stride: [2, 1], groups: 2}",
            [1, 6, 6, 7],
        )
        .params(4 * (6 / 2) * 2 * 3 + 6)
        .macs((4 * 3 * 5) * (6 / 2) * (2 * 3))
        .operations("bias", 6 * 6 * 7),
        // 4 + 4·2 = 12 rows and columns; 0 + 2 rows and 1 + 3 columns are cut off.
        case(
            [2, 5, 5],
            "conv_transpose: {out: 3, kernel: 4, stride: 2, padding: [0, 1, 2, 3]}",
            [1, 3, 10, 8],
        )
        .params(2 * 3 * 4 * 4 + 3)
        .macs((2 * 5 * 5) * 3 * (4 * 4))
        .operations("bias", 3 * 10 * 8),
        // A kernel of 2 spans 4 at dilation 3: 4 + 3·1 and 0 or 2 more.
        case(
            [2, 4, 4],
            "conv_transpose: {out: 1, kernel: 2, dilation: 3, output_padding: [0, 2], bias: false}",
            [1, 1, 7, 9],
        )
        .params(2 * 1 * 2 * 2)
        .macs((2 * 4 * 4) * 1 * (2 * 2)),
        case([3, 4, 4], "conv_transpose: {out: 5, kernel: 2, stride: 2}", [3, 5, 8, 8])
            .batch(3)
            .params(3 * 5 * 2 * 2 + 5)
            .macs(3 * (3 * 4 * 4) * 5 * (2 * 2))
            .operations("bias", 3 * 5 * 8 * 8),
    ]
}

fn products() -> Vec<Case> {
    vec![
        case([7], "linear: 5", [1, 5]).params(7 * 5 + 5).macs(5 * 7).operations("bias", 5),
        case([7], "linear: {out: 5, bias: false}", [3, 5]).batch(3).params(7 * 5).macs(3 * 5 * 7),
        // The same weights for each of 4 tokens.
        case([24], "linear: 3", [1, 4, 3])
            .before("reshape: [4, 6]")
            .params(6 * 3 + 3)
            .macs((4 * 3) * 6)
            .operations("bias", 4 * 3),
        case([24], "linear: 3", [3, 4, 3])
            .before("reshape: [4, 6]")
            .batch(3)
            .params(6 * 3 + 3)
            .macs(3 * (4 * 3) * 6)
            .operations("bias", 3 * 4 * 3),
        // 4x6 by 6x4.
        case([24], "matmul: [[], [transpose: [0, 2, 1]]]", [1, 4, 4])
            .before("reshape: [4, 6]")
            .macs((4 * 4) * 6),
        // Twice 3x5 by 5x4.
        case(
            [2, 4, 5],
            "matmul: [[slice: {axis: 2, stop: 3}], [transpose: [0, 1, 3, 2]]]",
            [1, 2, 3, 4],
        )
        .macs(2 * (3 * 4) * 5),
        case(
            [2, 4, 5],
            "matmul: [[slice: {axis: 2, stop: 3}], [transpose: [0, 1, 3, 2]]]",
            [3, 2, 3, 4],
        )
        .batch(3)
        .macs(3 * 2 * (3 * 4) * 5),
    ]
}

fn normalizations() -> Vec<Case> {
    let kind = "normalization";
    vec![
        // A factor and a summand for every channel, made once.
        case([6, 5, 4], "batch_norm", [1, 6, 5, 4])
            .params(6 + 6)
            .buffers(6 + 6)
            .operations(kind, (1 + 1) * 6 * 5 * 4),
        case([6, 5, 4], "batch_norm: {affine: false}", [1, 6, 5, 4])
            .buffers(6 + 6)
            .operations(kind, (1 + 1) * 6 * 5 * 4),
        case([6, 5, 4], "batch_norm: {eps: 0.001}", [3, 6, 5, 4])
            .batch(3)
            .params(6 + 6)
            .buffers(6 + 6)
            .operations(kind, 3 * (1 + 1) * 6 * 5 * 4),
        case([10], "batch_norm", [1, 10])
            .params(10 + 10)
            .buffers(10 + 10)
            .operations(kind, (1 + 1) * 10),
        // The mean, 59 additions and a division; 60 differences; the variance, 60 squares, 59 additions and a division;
        // eps, root and reciprocal; 60 products; then scale and shift.
        case([3, 4, 5], "layer_norm", [1, 3, 4, 5])
            .params(60 + 60)
            .operations(kind, (59 + 1) + 60 + (60 + 59 + 1) + (1 + 1 + 1) + 60 + (60 + 60)),
        case([3, 4, 5], "layer_norm: {affine: false}", [1, 3, 4, 5])
            .operations(kind, (59 + 1) + 60 + (60 + 59 + 1) + (1 + 1 + 1) + 60),
        // 3 groups of 20.
        case([3, 4, 5], "layer_norm: {axis: 2}", [1, 3, 4, 5])
            .params(20 + 20)
            .operations(kind, 3 * ((19 + 1) + 20 + (20 + 19 + 1) + (1 + 1 + 1) + 20 + (20 + 20))),
        case([3, 4, 5], "layer_norm: {axis: 2, affine: false}", [1, 3, 4, 5])
            .operations(kind, 3 * ((19 + 1) + 20 + (20 + 19 + 1) + (1 + 1 + 1) + 20)),
        // 12 groups of 5 in each of 3 samples.
        case([3, 4, 5], "layer_norm: {axis: 3, eps: 1e-6}", [3, 3, 4, 5])
            .batch(3)
            .params(5 + 5)
            .operations(kind, 3 * 12 * ((4 + 1) + 5 + (5 + 4 + 1) + (1 + 1 + 1) + 5 + (5 + 5))),
        // A square, additions, then a product, an addition, a power and a division.
        case([8, 3, 3], "lrn", [1, 8, 3, 3])
            .operations(kind, (8 * 3 * 3) * (1 + 4 + 1 + 1 + 1 + 1)),
        case([8, 3, 3], "lrn: 3", [1, 8, 3, 3])
            .operations(kind, (8 * 3 * 3) * (1 + 2 + 1 + 1 + 1 + 1)),
        case([8, 3, 3], "lrn: {size: 1, alpha: 2, beta: 0.5, k: 2}", [1, 8, 3, 3])
            .operations(kind, (8 * 3 * 3) * (1 + 0 + 1 + 1 + 1 + 1)),
        // A sum that reaches beyond the channels there are.
        case([2, 3, 3], "lrn: 9", [3, 2, 3, 3])
            .batch(3)
            .operations(kind, 3 * (2 * 3 * 3) * (1 + 8 + 1 + 1 + 1 + 1)),
    ]
}

fn activations() -> Vec<Case> {
    let kind = "activation";
    let of_an_element = [
        // max(x, 0); tanh itself.
        ("relu", 1),
        ("tanh", 1),
        // Two comparisons; a comparison and a product.
        ("relu6", 1 + 1),
        ("leaky_relu", 1 + 1),
        ("leaky_relu: 0.2", 1 + 1),
        // A comparison, exponential, difference and product.
        ("elu", 1 + 1 + 1 + 1),
        ("elu: 0.5", 1 + 1 + 1 + 1),
        // A sign, exponential, addition and division.
        ("sigmoid", 1 + 1 + 1 + 1),
        // An addition, two comparisons and a division; with a product more.
        ("hard_sigmoid", 1 + 2 + 1),
        ("hard_swish", 1 + 2 + 1 + 1),
        // x/√2, the error function, an addition, x/2 and a product.
        ("gelu", 1 + 1 + 1 + 1 + 1),
        // The sigmoid and a product.
        ("silu", (1 + 1 + 1 + 1) + 1),
    ];
    let of_an_element = of_an_element.into_iter().flat_map(|(step, operations)| {
        [
            case([3, 4, 5], step, [1, 3, 4, 5]).operations(kind, operations * (3 * 4 * 5)),
            case([10], step, [3, 10]).batch(3).operations(kind, operations * 3 * 10),
        ]
    });
    let others = vec![
        case([3, 4, 5], "prelu", [1, 3, 4, 5]).params(3).operations(kind, (1 + 1) * (3 * 4 * 5)),
        case([3, 4, 5], "prelu: false", [1, 3, 4, 5])
            .params(1)
            .operations(kind, (1 + 1) * (3 * 4 * 5)),
        case([10], "prelu", [3, 10]).batch(3).params(10).operations(kind, (1 + 1) * 3 * 10),
        // A row: comparisons for the largest, differences, exponentials, additions, divisions.
        case([10], "softmax", [1, 10]).operations(kind, 9 + 10 + 10 + 9 + 10),
        case([10], "softmax", [3, 10]).batch(3).operations(kind, 3 * (9 + 10 + 10 + 9 + 10)),
        case([3, 4, 5], "softmax", [1, 3, 4, 5]).operations(kind, (4 * 5) * (2 + 3 + 3 + 2 + 3)),
        case([3, 4, 5], "softmax: 2", [1, 3, 4, 5]).operations(kind, (3 * 5) * (3 + 4 + 4 + 3 + 4)),
        case([3, 4, 5], "softmax: {axis: 3}", [1, 3, 4, 5])
            .operations(kind, (3 * 4) * (4 + 5 + 5 + 4 + 5)),
        // Differences from the sum's logarithm in place of the divisions.
        case([10], "log_softmax", [1, 10]).operations(kind, 9 + 10 + 10 + 9 + 1 + 10),
        case([3, 4, 5], "log_softmax", [3, 3, 4, 5])
            .batch(3)
            .operations(kind, 3 * (4 * 5) * (2 + 3 + 3 + 2 + 1 + 3)),
        case([3, 4, 5], "log_softmax: 2", [1, 3, 4, 5])
            .operations(kind, (3 * 5) * (3 + 4 + 4 + 3 + 1 + 4)),
        case([3, 4, 5], "log_softmax: 3", [1, 3, 4, 5])
            .operations(kind, (3 * 4) * (4 + 5 + 5 + 4 + 1 + 5)),
    ];
    of_an_element.chain(others).collect()
}

/// A maximum of k elements takes k - 1 comparisons, a mean k - 1 additions and a division; a window's elements are its taps,
/// wherever they lie.
fn pools() -> Vec<Case> {
    let kind = "pooling";
    vec![
        case([2, 8, 8], "max_pool: 2", [1, 2, 4, 4]).operations(kind, (2 * 4 * 4) * 3),
        case([2, 8, 8], "max_pool: {kernel: 3, stride: 2}", [1, 2, 3, 3])
            .operations(kind, (2 * 3 * 3) * 8),
        // (8 - 3) / 2 = 2.5 steps: a fourth window starts at 6, in the map.
        case([2, 8, 8], "max_pool: {kernel: 3, stride: 2, ceil: true}", [1, 2, 4, 4])
            .operations(kind, (2 * 4 * 4) * 8),
        // Nothing to round.
        case([2, 9, 9], "max_pool: {kernel: 3, stride: 2, ceil: true}", [1, 2, 4, 4])
            .operations(kind, (2 * 4 * 4) * 8),
        // A second window has the last row and column alone.
        case([1, 4, 4], "max_pool: {kernel: 3, ceil: true}", [1, 1, 2, 2])
            .operations(kind, (1 * 2 * 2) * 8),
        // (3 + 2 - 2) / 2 = 1.5 steps, but a third window would start at row 4, just beyond 1 + 3.
        case([1, 3, 3], "max_pool: {kernel: 2, stride: 2, padding: 1, ceil: true}", [1, 1, 2, 2])
            .operations(kind, (1 * 2 * 2) * 3),
        // One row more, and it starts at the last of the map.
        case([1, 4, 3], "max_pool: {kernel: 2, stride: 2, padding: 1, ceil: true}", [1, 1, 3, 2])
            .operations(kind, (1 * 3 * 2) * 3),
        // Rows: (3 + 4 - 3) / 3 = 1.3 steps, but a third window would start at 6, beyond 2 + 3. Columns: (3 + 2 - 3) / 3 = 0.7
        // steps, but a second would start at 3, just beyond the map.
        case(
            [1, 3, 3],
            "max_pool: {kernel: 3, stride: 3, padding: [2, 0, 2, 2], ceil: true}",
            [1, 1, 2, 1],
        )
        .operations(kind, (1 * 2 * 1) * 8),
        // The kernel spans 5: rows (7 - 5) / 1 + 1, columns (9 + 2 - 5) / 1 + 1.
        case(
            [2, 7, 9],
            "max_pool: {kernel: 3, stride: 1, dilation: 2, padding: [0, 1]}",
            [1, 2, 3, 7],
        )
        .operations(kind, (2 * 3 * 7) * 8),
        case([2, 7, 8], "max_pool: {kernel: [2, 3], stride: 2, padding: same}", [1, 2, 4, 4])
            .operations(kind, (2 * 4 * 4) * 5),
        case([2, 7, 8], "max_pool: {kernel: 3, stride: 3, padding: same_lower}", [3, 2, 3, 3])
            .batch(3)
            .operations(kind, 3 * (2 * 3 * 3) * 8),
        // Rows (6 + 0 + 1 - 2) / 2 + 1, columns (6 + 1 + 0 - 2) / 2 + 1.
        case([1, 6, 7], "max_pool: {kernel: 2, padding: [0, 1, 1, 0]}", [1, 1, 3, 4])
            .operations(kind, (1 * 3 * 4) * 3),
        // Nothing to compare.
        case([2, 5, 5], "max_pool: {kernel: 1, stride: 2}", [1, 2, 3, 3]),
        case([2, 8, 8], "avg_pool: 2", [1, 2, 4, 4]).operations(kind, (2 * 4 * 4) * (3 + 1)),
        case([2, 8, 9], "avg_pool: [2, 3]", [3, 2, 4, 3])
            .batch(3)
            .operations(kind, 3 * (2 * 4 * 3) * (5 + 1)),
        case([2, 8, 8], "avg_pool: {kernel: 3, stride: 2, padding: 1}", [1, 2, 4, 4])
            .operations(kind, (2 * 4 * 4) * (8 + 1)),
        case(
            [2, 8, 8],
            "avg_pool: {kernel: 3, stride: 2, padding: 1, count_include_pad: false}",
            [1, 2, 4, 4],
        )
        .operations(kind, (2 * 4 * 4) * (8 + 1)),
        case([2, 8, 8], "avg_pool: {kernel: 3, stride: 2, ceil: true}", [1, 2, 4, 4])
            .operations(kind, (2 * 4 * 4) * (8 + 1)),
        case([1, 3, 3], "avg_pool: {kernel: 2, stride: 2, padding: 1, ceil: true}", [1, 1, 2, 2])
            .operations(kind, (1 * 2 * 2) * (3 + 1)),
        case([2, 7, 8], "avg_pool: {kernel: 3, stride: 2, padding: same}", [1, 2, 4, 4])
            .operations(kind, (2 * 4 * 4) * (8 + 1)),
        case([5, 6, 7], "global_avg_pool", [1, 5, 1, 1]).operations(kind, 5 * (41 + 1)),
        case([5, 6, 7], "global_avg_pool", [3, 5, 1, 1])
            .batch(3)
            .operations(kind, 3 * 5 * (41 + 1)),
        case([5, 6, 7], "global_max_pool", [1, 5, 1, 1]).operations(kind, 5 * 41),
        case([5, 6, 7], "global_max_pool", [3, 5, 1, 1]).batch(3).operations(kind, 3 * 5 * 41),
        case([5, 1, 1], "global_max_pool", [1, 5, 1, 1]),
        // Rows 0–2 and 2–4 of 5; columns 0–2, 2–4 and 4–6 of 7.
        case([2, 5, 7], "adaptive_avg_pool: [2, 3]", [1, 2, 2, 3])
            .operations(kind, 2 * (3 + 3) * (3 + 3 + 3)),
        case([2, 5, 7], "adaptive_avg_pool: [2, 3]", [3, 2, 2, 3])
            .batch(3)
            .operations(kind, 3 * 2 * elements_of_regions([5, 7], [2, 3])),
        case([1, 7, 7], "adaptive_avg_pool: 1", [1, 1, 1, 1]).operations(kind, 7 * 7),
        case([1, 7, 7], "adaptive_avg_pool: 7", [1, 1, 7, 7]).operations(kind, 7 * 7),
        case([4, 6, 4], "adaptive_avg_pool: [4, 6]", [1, 4, 4, 6])
            .operations(kind, 4 * elements_of_regions([6, 4], [4, 6])),
        case([1, 13, 10], "adaptive_avg_pool: {output_size: [6, 4]}", [1, 1, 6, 4])
            .operations(kind, elements_of_regions([13, 10], [6, 4])),
        // More regions than rows and columns.
        case([3, 2, 3], "adaptive_avg_pool: [5, 7]", [1, 3, 5, 7])
            .operations(kind, 3 * elements_of_regions([2, 3], [5, 7])),
    ]
}

/// The elements of all regions of an adaptive pool, one by one: `row` is in region `i` where some of it lies between the exact
/// borders i·h/n and (i + 1)·h/n.
fn elements_of_regions(map: [u64; 2], output: [u64; 2]) -> u64 {
    let is_in = |at: u64, region: u64, axis: usize| {
        let (size, regions) = (map[axis], output[axis]);
        (at + 1) * regions > region * size && at * regions < (region + 1) * size
    };
    let mut elements = 0;
    for (region_row, region_column) in
        (0..output[0]).flat_map(|row| (0..output[1]).map(move |column| (row, column)))
    {
        for row in 0..map[0] {
            for column in 0..map[1] {
                elements += u64::from(is_in(row, region_row, 0) && is_in(column, region_column, 1));
            }
        }
    }
    elements
}

/// Between k operands there are k - 1 operations; a mean also divides.
fn arithmetic() -> Vec<Case> {
    let kind = "elementwise";
    vec![
        case([3, 4, 5], "add: [[], []]", [1, 3, 4, 5]).operations(kind, 1 * (3 * 4 * 5)),
        case([3, 4, 5], "add: [[], [identity], []]", [1, 3, 4, 5])
            .operations(kind, 2 * (3 * 4 * 5)),
        case([3, 4, 5], "add: [[], []]", [3, 3, 4, 5]).batch(3).operations(kind, 3 * (3 * 4 * 5)),
        case([3, 4, 5], "add: [[]]", [1, 3, 4, 5]),
        // [3, 4, 5] with [3, 1, 1].
        case(
            [3, 4, 5],
            "add: [[], [slice: {axis: 2, stop: 1}, slice: {axis: 3, stop: 1}]]",
            [1, 3, 4, 5],
        )
        .operations(kind, 1 * (3 * 4 * 5)),
        case([3, 4, 5], "sub: [[], []]", [1, 3, 4, 5]).operations(kind, 1 * (3 * 4 * 5)),
        case([3, 4, 5], "sub: [[], [slice: {axis: 1, stop: 1}]]", [1, 3, 4, 5])
            .operations(kind, 1 * (3 * 4 * 5)),
        case([10], "mul: [[], []]", [1, 10]).operations(kind, 1 * 10),
        case([3, 4, 5], "mul: [[], [], []]", [1, 3, 4, 5]).operations(kind, 2 * (3 * 4 * 5)),
        case(
            [3, 4, 5],
            "mul: [[slice: {axis: 2, stop: 1}, slice: {axis: 3, stop: 1}], []]",
            [3, 3, 4, 5],
        )
        .batch(3)
        .operations(kind, 3 * (3 * 4 * 5)),
        // [3, 1, 5] with [3, 4, 1].
        case(
            [3, 4, 5],
            "mul: [[slice: {axis: 2, stop: 1}], [slice: {axis: 3, stop: 1}]]",
            [1, 3, 4, 5],
        )
        .operations(kind, 1 * (3 * 4 * 5)),
        case([3, 4, 5], "div: [[], []]", [1, 3, 4, 5]).operations(kind, 1 * (3 * 4 * 5)),
        case(
            [3, 4, 5],
            "div: [[], [slice: {axis: 2, stop: 1}, slice: {axis: 3, stop: 1}]]",
            [1, 3, 4, 5],
        )
        .operations(kind, 1 * (3 * 4 * 5)),
        case([3, 4, 5], "mean: [[], []]", [1, 3, 4, 5]).operations(kind, (1 + 1) * (3 * 4 * 5)),
        case([3, 4, 5], "mean: [[], [], []]", [1, 3, 4, 5]).operations(kind, (2 + 1) * (3 * 4 * 5)),
        case(
            [3, 4, 5],
            "mean: [[], [slice: {axis: 2, stop: 1}, slice: {axis: 3, stop: 1}]]",
            [3, 3, 4, 5],
        )
        .batch(3)
        .operations(kind, 3 * (1 + 1) * (3 * 4 * 5)),
        case([3, 4, 5], "affine: {scale: 2, shift: 1}", [1, 3, 4, 5])
            .operations(kind, (1 + 1) * (3 * 4 * 5)),
        case([10], "affine: {shift: 1}", [3, 10]).batch(3).operations(kind, 3 * (1 + 1) * 10),
        case([3, 4, 5], "upsample: 2", [1, 3, 8, 10]),
        case([3, 4, 5], "upsample: {output_size: [7, 5]}", [3, 3, 7, 5]).batch(3),
        // Four products and three additions.
        case([3, 4, 5], "upsample: {scale: [2, 3], mode: bilinear}", [1, 3, 8, 15])
            .operations(kind, (4 + 3) * (3 * 8 * 15)),
        case(
            [3, 4, 5],
            "upsample: {output_size: [7, 6], mode: bilinear, align_corners: true}",
            [3, 3, 7, 6],
        )
        .batch(3)
        .operations(kind, (4 + 3) * 3 * (3 * 7 * 6)),
    ]
}

/// What moves elements or passes them on.
fn layout() -> Vec<Case> {
    vec![
        case([2, 4, 5], "pad: 1", [1, 2, 4 + 1 + 1, 5 + 1 + 1]),
        case([2, 4, 5], "pad: [2, 0]", [1, 2, 4 + 2 + 2, 5]),
        case([2, 4, 5], "pad: {padding: [0, 1, 2, 3], value: 1}", [1, 2, 4 + 0 + 2, 5 + 1 + 3]),
        case([2, 4, 5], "pad: {padding: 3, mode: reflect}", [3, 2, 4 + 6, 5 + 6]).batch(3),
        case([2, 4, 5], "pad: {padding: 5, mode: edge}", [1, 2, 4 + 10, 5 + 10]),
        // Channels 1, 3 and 5; then 1, 4 and 7.
        case([8, 4, 5], "slice: {start: 1, stop: 6, step: 2}", [1, 3, 4, 5]),
        case([8, 4, 5], "slice: {start: 1, step: 3}", [3, 3, 4, 5]).batch(3),
        case([8, 4, 5], "slice: {axis: 3, start: 4}", [1, 8, 4, 1]),
        case([3, 4, 5], "concat: [[], []]", [1, 3 + 3, 4, 5]),
        case([3, 4, 5], "concat: [[], [slice: {stop: 1}], []]", [3, 3 + 1 + 3, 4, 5]).batch(3),
        case(
            [3, 4, 5],
            "concat: {axis: 2, branches: [[], [slice: {axis: 2, start: 1}]]}",
            [1, 3, 4 + 3, 5],
        ),
        case([3, 4, 5], "flatten", [1, 3 * 4 * 5]),
        case([3, 4, 5], "flatten: 2", [3, 3, 4 * 5]).batch(3),
        case([3, 4, 5], "flatten: 3", [1, 3, 4, 5]),
        case([3, 4, 5], "reshape: [5, 12]", [1, 5, 12]),
        case([3, 4, 5], "reshape: [2, -1, 3]", [3, 2, 60 / (2 * 3), 3]).batch(3),
        case([3, 4, 5], "reshape: [-1]", [1, 60]),
        case([3, 4, 5], "transpose: [0, 2, 3, 1]", [1, 4, 5, 3]),
        case([20], "transpose: [0, 2, 1]", [3, 5, 4]).before("reshape: [4, 5]").batch(3),
        case([6, 4, 5], "channel_shuffle: 3", [1, 6, 4, 5]),
        case([3, 4, 5], "dropout: 0.5", [1, 3, 4, 5]),
        case([3, 4, 5], "drop_path: 0.1", [3, 3, 4, 5]).batch(3),
        case([3, 4, 5], "identity", [1, 3, 4, 5]),
        case([10], "identity", [3, 10]).batch(3),
    ]
}

fn cases() -> Vec<Case> {
    [
        convolutions(),
        transposed_convolutions(),
        products(),
        normalizations(),
        activations(),
        pools(),
        arithmetic(),
        layout(),
    ]
    .concat()
}

#[test]
fn figures_are_the_hand_counts() {
    for case in cases() {
        case.check();
    }
}

/// PyTorch rounds the steps up also where there is less than nothing to step over: a kernel that is larger than the padded map by
/// less than the stride has one window.
#[test]
fn a_kernel_larger_than_the_map_has_one_window_with_ceil() {
    let kind = "pooling";
    for case in [
        case([2, 2, 2], "max_pool: {kernel: 3, stride: 2, ceil: true}", [1, 2, 1, 1])
            .operations(kind, 2 * 8),
        case([2, 1, 4], "avg_pool: {kernel: 3, ceil: true}", [1, 2, 1, 2])
            .operations(kind, (2 * 1 * 2) * (8 + 1)),
        // It spans 7, of which 1 + 3 are there, and 7.
        case(
            [1, 3, 7],
            "max_pool: {kernel: 3, stride: 4, dilation: 3, padding: [1, 0], ceil: true}",
            [3, 1, 1, 1],
        )
        .batch(3)
        .operations(kind, 3 * 8),
    ] {
        case.check();
    }
    for (step, why) in [
        ("max_pool: {kernel: 4, stride: 2, ceil: true}", "larger by the stride"),
        ("max_pool: {kernel: 3, stride: 1, ceil: true}", "larger by the stride"),
        ("avg_pool: {kernel: 6, stride: 3, ceil: true}", "larger by more than the stride"),
        ("max_pool: {kernel: 3, stride: 2}", "not rounded up"),
    ] {
        let text = format!("input: [2, 2, 2]\nlayers:\n  - {step}\n");
        let refused = common::read(&text).unwrap().elaborate(&Settings::default());
        assert!(refused.is_err(), "{step}: {why}");
    }
}

/// The padding of `same` and `same_lower`, of which no figure depends on the side.
#[test]
fn the_odd_row_of_same_is_at_one_side() {
    for (step, rows, columns) in [
        // 224 pixels at stride 2: the last window starts at 222 and ends at 224, one beyond the map.
        ("conv: {out: 1, kernel: 3, stride: 2, padding: same}", [0, 1], [1, 1]),
        ("conv: {out: 1, kernel: 3, stride: 2, padding: same_lower}", [1, 0], [1, 1]),
        ("avg_pool: {kernel: 4, stride: 1, padding: same}", [1, 2], [1, 2]),
        ("max_pool: {kernel: 4, stride: 1, padding: same_lower}", [2, 1], [2, 1]),
        ("conv: {out: 1, kernel: 1, stride: 2, padding: same}", [0, 0], [0, 0]),
    ] {
        let text = format!("input: [1, 224, 225]\nlayers:\n  - {step}\n");
        let (elaborated, _) = common::analyse(&common::read(&text).unwrap(), &Settings::default());
        let (_, node) = elaborated.network.layers().next().unwrap();
        let window = match &node.op {
            Op::Conv(conv) => &conv.window,
            Op::MaxPool(pool) => &pool.window,
            Op::AvgPool(pool) => &pool.window,
            other => panic!("{other:?} has no window"),
        };
        assert_eq!(window.padding([224, 225]).unwrap(), [rows, columns], "{step}");
    }
}

// ---- the page ---------------------------------------------------------------------------------------------------

/// A row of the counting table.
#[derive(Debug)]
struct Row<'page> {
    operators: Vec<&'page str>,
    has_macs: bool,
    kind: Option<&'page str>,
}

/// What stands between backquotes.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// The rows that name operators.
fn rows(page: &'static str) -> Vec<Row<'static>> {
    let section = page.split("## Counting").nth(1).unwrap().split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let rows = rows.map(|line| {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [operators, macs, _, kind] = cells[..] else { panic!("not four cells: {line}") };
        let kind = quoted(kind).first().copied();
        Row { operators: quoted(operators), has_macs: macs != "–", kind }
    });
    rows.collect()
}

#[test]
fn the_page_counts_every_operator() {
    let page = include_str!("../docs/conventions.md");
    let cases = cases();
    let rows = rows(page);
    assert!(rows.len() > 10, "{rows:?}");
    let others = page.lines().filter(|line| line.starts_with("| all others |"));
    assert_eq!(others.collect::<Vec<_>>(), ["| all others | – | 0: they move or pass on | |"]);

    let known: Vec<_> = ops::signatures().map(|signature| signature.name).collect();
    let named: Vec<_> = rows.iter().flat_map(|row| row.operators.iter().copied()).collect();
    for name in &named {
        assert!(known.contains(name), "there is no operator `{name}`");
        assert_eq!(named.iter().filter(|other| *other == name).count(), 1, "`{name}` in two rows");
    }

    let macs = page.lines().find(|line| line.starts_with("| **MACs** |")).unwrap();
    let with_macs = rows.iter().filter(|row| row.has_macs).flat_map(|row| &row.operators);
    assert_eq!(quoted(macs)[1..], with_macs.copied().collect::<Vec<_>>(), "{macs}");

    for name in known {
        let cases: Vec<_> = cases.iter().filter(|case| case.operator() == name).collect();
        assert!(!cases.is_empty(), "`{name}` has no case");
        let row = rows.iter().find(|row| row.operators.contains(&name));
        let has_macs = row.is_some_and(|row| row.has_macs);
        let kind = row.and_then(|row| row.kind);
        for case in &cases {
            assert_eq!(case.macs > 0, has_macs, "{case:#?} of {row:?}");
            for found in case.operations.keys() {
                assert_eq!(Some(*found), kind, "{case:#?} of {row:?}");
            }
        }
        let has_operations = cases.iter().any(|case| !case.operations.is_empty());
        assert_eq!(has_operations, kind.is_some(), "`{name}` of {row:?}");
    }
}

/// What operators keep for the backward pass, beside the trained values: each that the page's table names keeps something, no other does.
#[test]
fn the_page_names_every_operator_that_keeps_something() {
    let page = include_str!("../docs/conventions.md");
    let table = page.split("| operator | keeps |").nth(1).unwrap().split("\n\n").next().unwrap();
    let first_cells = table.lines().filter_map(|line| line.split('|').nth(1));
    let named: Vec<_> = first_cells.flat_map(quoted).collect();
    for name in &named {
        assert_eq!(named.iter().filter(|other| *other == name).count(), 1, "`{name}` in two rows");
    }
    for signature in ops::signatures() {
        let mut sum = 0;
        for case in cases().iter().filter(|case| case.operator() == signature.name) {
            // A trained value before the layer, so that there is a backward pass; what it needs itself is taken off again.
            let before = [vec!["batch_norm"], case.before.clone()].concat();
            let totals = Case { before, ..case.clone() }.report()["totals"].clone();
            let of_batch_norm =
                4 * case.batch * case.input.iter().product::<u64>() + 8 * case.input[0];
            sum += totals["training_bytes"].as_u64().unwrap() - of_batch_norm;
        }
        assert_eq!(sum > 0, named.contains(&signature.name), "{}: {sum}", signature.name);
    }
}
