//! The analysis beside real forward passes: bundled networks, generated ones, and figures that are wrong.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod common;
mod support;

use std::cell::Cell;
use std::collections::BTreeSet;
use std::ops::Range;

use cnnstat::analysis::{
    self, Analysis, AxisField, AxisWindow, ConcatenationPolicy, Figures, NodeTable, ReceptiveField,
};
use cnnstat::execute::verify::{
    Amount, Effort, Instead, Subject, Verification, operations, reduced, verify,
};
use cnnstat::front::yaml::{Description, Settings};
use cnnstat::network::{Network, Tensor};
use cnnstat::report::{Report, VerificationReport, Verified};
use cnnstat::weights::{Held, Source, Weights, WeightsError, seeded, seeded_inputs};
use cnnstat::{back, bundled};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{RngSeed, TestRunner};
use serde_json::{Value, json};

/// A network beside an analysis, which need not be its own.
fn against(network: &Network, analysis: &Analysis, effort: Effort) -> Verification {
    let weights = seeded(network, 7).unwrap();
    let inputs = seeded_inputs(network, 7).unwrap();
    verify(network, analysis, &weights, &inputs, effort, &mut |_| ()).unwrap()
}

/// All that differs, for whoever reads why a test failed.
fn told(found: &Verification) -> String {
    let lines =
        found.lines.iter().filter(|line| line.holds == Some(false)).map(|line| format!("{line:?}"));
    let wrong = found.wrong().take(9).map(|(layer, wrong)| format!("{}: {wrong:?}", layer.name));
    lines.chain(wrong).collect::<Vec<_>>().join("\n")
}

fn verified(text: &str, settings: &Settings) -> Verification {
    let description =
        common::read(text).unwrap_or_else(|error| panic!("{}", common::plain(&error)));
    let elaborated = description.elaborate(settings);
    let network = elaborated.unwrap_or_else(|error| panic!("{}", common::plain(&error))).network;
    let analysis = analysis::analyse(&network).unwrap();
    against(&network, &analysis, Effort { field_operations: None })
}

fn line(found: &Verification, figure: Subject) -> cnnstat::execute::verify::Line {
    *found.lines.iter().find(|line| line.figure == figure).unwrap()
}

// ---- bundled networks -------------------------------------------------------------------------------------------

/// Every bundled network that a test build can run, at an input as small as need be; the program verifies all of them at their own.
#[test]
fn bundled_networks() {
    /// What a small input should cost.
    const OPERATIONS: u64 = 12_000_000;
    /// What a test build does in reasonable time.
    const MOST_MACS: u64 = 130_000_000;
    const MOST_PARAMS: u64 = 35_000_000;
    let mut run = 0;
    for name in bundled::names() {
        let description = common::bundled_description(name);
        let reduced = reduced(&description, &Settings::default(), OPERATIONS);
        let network = reduced.unwrap_or_else(|error| panic!("{}", common::plain(&error))).0.network;
        let analysis = analysis::analyse(&network).unwrap();
        let figures = &analysis.totals.figures;
        if figures.macs > MOST_MACS || figures.params > MOST_PARAMS {
            continue;
        }
        let effort = Effort { field_operations: Some(12 * figures.macs) };
        let found = against(&network, &analysis, effort);
        assert!(found.holds(), "{name}\n{}", told(&found));
        assert!(found.fields.checked > 0, "{name}");
        run += 1;
    }
    assert!(run >= 22, "only {run} networks are small enough");
}

/// A network is run at the next smaller input that it takes: U-Net at every sixteenth, since it halves and crops maps.
#[test]
fn a_smaller_input() {
    let description = common::bundled_description("unet");
    for most in [200_000_000_000, 40_000_000_000] {
        let (elaborated, instead) =
            reduced(&description, &Settings::default(), most).unwrap_or_else(|_| panic!());
        let analysis = analysis::analyse(&elaborated.network).unwrap();
        assert!(analysis.totals.figures.flops <= most);
        let input = elaborated.network.inputs()[0];
        let sizes = elaborated.network.node(input).unwrap().shape.sizes();
        assert_eq!(sizes[..2], [1, 1]);
        assert!(sizes[2] < 572 && sizes[2] % 16 == 572 % 16 && sizes[2] == sizes[3], "{sizes:?}");
        assert_eq!(instead.unwrap().of, [1, 1, 572, 572]);
    }
}

/// What makes many operations but no multiply–accumulates is reduced too, and what cannot be small enough is refused.
#[test]
fn operations_are_bounded() {
    let text = "input: [64, 2000, 2000]\nlayers: [lrn: 5, max_pool: 3]\n";
    let description = common::read(text).unwrap();
    let (elaborated, instead) = reduced(&description, &Settings::default(), 1_000_000).unwrap();
    assert!(operations(&elaborated.network).unwrap() <= 1_000_000);
    assert_eq!(instead.unwrap().of, [1, 64, 2000, 2000]);
    let desk = support::Desk::new()
        .with("wide.yaml", "input: [40000, 2, 2]\nlayers: [lrn: 1000000000000]\n")
        .with("plain.yaml", PLAIN);
    for call in ["verify wide.yaml", "report wide.yaml --verify"] {
        let call = desk.call(call);
        assert_eq!(call.code, Some(2), "{}", call.err);
        assert!(call.err.contains("more than 40 G operations"), "{}", call.err);
        assert_eq!(desk.files(), ["plain.yaml", "wide.yaml"]);
    }
    for call in ["verify plain.yaml --threads 1025", "report plain.yaml --verify --threads 1025"] {
        assert_eq!(desk.call(call).code, Some(2));
    }
    assert_eq!(desk.call("report plain.yaml --full").code, Some(2));
}

/// The page of a network that was reduced says at what it was run.
#[test]
fn a_reduced_page_says_so() {
    let text = "input: [1, 16, 16]\nlayers: [conv: {out: 1, kernel: 3}]\n";
    let of = |found: Verification| {
        Verified::of(&VerificationReport {
            name: "small".to_owned(),
            batch: 1,
            weights: "seeded:0".to_owned(),
            settings: Vec::new(),
            found,
        })
    };
    let found = verified(text, &Settings::default());
    assert_eq!(of(found.clone()).instead_at, None);
    let page = of(Verification { instead: Some(Instead { of: vec![2, 1, 572, 572] }), ..found });
    assert_eq!(page.instead_at, Some(vec![1, 1, 16, 16]));
    assert!(page.notes.iter().any(|note| note.contains("in place of batch 2, input 1×572×572")));
    let description = common::read(text).unwrap();
    let settings = Settings { batch: 2, ..Settings::default() };
    let (_, report) = common::analyse(&description, &settings);
    let report = Report { verified: Some(page), ..report };
    let page = back::html::render(&report).unwrap();
    assert!(page.contains("✓ Verified at 1×16×16, batch 1"));
}

// ---- by hand ----------------------------------------------------------------------------------------------------

/// What a run counts of a small network, by hand.
#[test]
fn a_small_network() {
    let text = "input: [2, 8, 8]\nlayers:\n  - conv: {out: 4, kernel: 3, padding: 1, stride: 2}\n  - relu\n  - global_avg_pool\n  - flatten\n  - linear: 5\n";
    let found = verified(text, &Settings { batch: 3, ..Settings::default() });
    assert!(found.holds(), "{}", told(&found));
    // 4·2·3·3 + 4 and 5·4 + 5 values; 16 units of 4 channels with 18 taps, and 5·4, for 3 samples.
    for (figure, run) in [
        (Subject::Shapes, Amount::Count(5)),
        (Subject::Values, Amount::Count(76 + 25)),
        (Subject::Macs, Amount::Count(3 * (16 * 4 * 18 + 20))),
        (Subject::FlopsBias, Amount::Count(3 * (16 * 4 + 5))),
        (Subject::FlopsActivation, Amount::Count(3 * 16 * 4)),
        // At the convolution: 128 pixels and 64 outputs, for 3 samples of 4 bytes a value.
        (Subject::PeakSeparate, Amount::Bytes(3 * (128 + 64) * 4)),
        (Subject::PeakInPlace, Amount::Bytes(3 * (128 + 64) * 4)),
    ] {
        assert_eq!(line(&found, figure).run, run, "{figure:?}");
    }
    // Rows -1 to 1, 1 to 3, 3 to 5 and 5 to 7 of convolution and activation; every row of the other three: both ends along both axes.
    assert_eq!((found.fields.ends, found.fields.checked), (2 * 4 * 4 + 3 * 4, 2 * 4 * 4 + 3 * 4));
    assert_eq!((found.fields.cut, found.fields.other_layers), (0, 0));
    // Flattening computes nothing.
    let compared: Vec<bool> = found.layers.iter().map(|layer| layer.difference.is_some()).collect();
    assert_eq!(compared, [true, true, true, false, true]);
}

/// What is returned is compared, whatever it is: the input, inner tensors that others would write over, views, and parts of a concatenation.
#[test]
fn what_is_returned_is_compared() {
    let text = "input: [2, 6, 6]\nlayers:\n  - conv: {out: 2, kernel: 3, padding: 1, name: a}\n  - relu: {name: b}\n  - flatten: {name: flat}\n  - reshape: {sizes: [2, 6, 6], name: back}\n  - sigmoid: {name: c}\n  - concat: {name: both, branches: [[conv: {out: 2, kernel: 1, name: left}], [tanh: {name: right}]]}\noutputs: [input, a, b, flat, back, c, left, right, both]\n";
    let found = verified(text, &Settings { batch: 2, ..Settings::default() });
    assert!(found.holds(), "{}", told(&found));
    let names: Vec<&str> = found.outputs.iter().map(|output| output.name.as_str()).collect();
    assert_eq!(names, ["input", "a", "b", "flat", "back", "c", "left", "right", "both"]);
    let outputs = line(&found, Subject::Outputs);
    assert_eq!((outputs.compared, outputs.of, outputs.holds), (9, 9, Some(true)));
    // An input is handed back as it is.
    assert_eq!(found.outputs[0].difference, Some(0.0));
}

/// What is said to have been compared is: layer by layer and summed, or once.
#[test]
fn comparisons_are_counted() {
    let found = verified(PLAIN, &Settings::default());
    // Shapes of 3 layers; parameters, MACs, FLOPs and 6 kinds of 3 layers and of the network; 2 peaks; the ends of fields; values of 3 layers and of 2 steps;
    // an output.
    assert_eq!(found.compared(), 3 + 9 * (3 + 1) + 2 + 48 + 3 + 2 + 1);
    for figure in [Subject::PeakSeparate, Subject::PeakInPlace] {
        let line = line(&found, figure);
        assert_eq!((line.compared, line.of, line.holds), (1, 1, Some(true)));
    }
    // The arena is told, and by itself longer than what it holds.
    let arena = line(&found, Subject::Arena);
    assert_eq!((arena.compared, arena.of, arena.holds), (0, 0, None));
    assert!(matches!(arena.run, Amount::Bytes(bytes) if bytes > 0));
}

// ---- figures that are wrong -------------------------------------------------------------------------------------

const PLAIN: &str = "input: [2, 12, 12]\nlayers:\n  - conv: {out: 4, kernel: 3, padding: 1, name: first}\n  - conv: {out: 4, kernel: 3, stride: 2, padding: 1, name: second}\n  - relu: {name: act}\n";

fn network(text: &str) -> Network {
    let description: Description = common::read(text).unwrap();
    description.elaborate(&Settings::default()).unwrap().network
}

/// Figures with those of one node changed.
fn changed(
    table: &NodeTable<Figures>,
    node: usize,
    change: impl Fn(&mut Figures),
) -> NodeTable<Figures> {
    let figures = table.iter().enumerate().map(|(at, figures)| {
        let mut figures = *figures;
        if at == node {
            change(&mut figures);
        }
        figures
    });
    figures.collect()
}

/// Convolutions whose maps are put beside each other, and what counts every kind of operation.
const EVERY_KIND: &str = "input: [2, 12, 12]\nlayers:\n  - conv: {out: 4, kernel: 3, padding: 1, name: first}\n  - batch_norm: {name: norm}\n  - relu: {name: act}\n  - concat: {name: beside, branches: [[conv: {out: 4, kernel: 1, name: left}], [conv: {out: 4, kernel: 1, name: right}]]}\n  - affine: {scale: 2, name: double}\n  - max_pool: {kernel: 2, name: pool}\n";

/// One figure at a time is changed: it is found, at its layer, and nothing else is blamed.
#[test]
fn a_wrong_figure_is_named() {
    let network = network(EVERY_KIND);
    let right = analysis::analyse(&network).unwrap();
    let at = |name: &str| network.nodes().position(|(_, node)| node.name() == name).unwrap();
    type Change = fn(&mut Figures);
    let figures: [(&str, Subject, Change); 11] = [
        ("first", Subject::Values, |figures| figures.params += 1),
        ("norm", Subject::Values, |figures| figures.buffers -= 1),
        ("right", Subject::Macs, |figures| figures.macs -= 1),
        ("act", Subject::Flops, |figures| figures.flops += 1),
        ("left", Subject::FlopsMultiplyAccumulate, |figures| {
            figures.flops_by_kind.multiply_accumulate += 2;
        }),
        ("first", Subject::FlopsBias, |figures| figures.flops_by_kind.bias = 0),
        ("act", Subject::FlopsActivation, |figures| figures.flops_by_kind.activation -= 1),
        ("double", Subject::FlopsElementwise, |figures| figures.flops_by_kind.elementwise += 1),
        ("norm", Subject::FlopsNormalization, |figures| figures.flops_by_kind.normalization *= 2),
        ("pool", Subject::FlopsPooling, |figures| figures.flops_by_kind.pooling += 1),
        // What is counted where nothing is done.
        ("beside", Subject::Macs, |figures| figures.macs = 1),
    ];
    let mut cases: Vec<(Analysis, Subject, Option<&str>)> = Vec::new();
    for (layer, figure, change) in figures {
        let figures = changed(&right.figures, at(layer), change);
        cases.push((Analysis { figures, ..right.clone() }, figure, Some(layer)));
        let mut of_network = right.clone();
        change(&mut of_network.totals.figures);
        cases.push((of_network, figure, None));
    }
    let mut separate = right.clone();
    separate.memory.separate.peak_bytes -= 4;
    cases.push((separate, Subject::PeakSeparate, None));
    let mut in_place = right.clone();
    for memory in in_place.memory.concatenation.iter_mut().flatten() {
        if memory.policy == ConcatenationPolicy::InPlace {
            memory.peak_activation_bytes += 4;
        }
    }
    cases.push((in_place, Subject::PeakInPlace, None));
    for (wrong, figure, layer) in cases {
        let found = against(&network, &wrong, Effort { field_operations: None });
        assert!(!found.holds(), "{figure:?} {layer:?}");
        let differing: Vec<Subject> = found
            .lines
            .iter()
            .filter(|line| line.holds == Some(false))
            .map(|line| line.figure)
            .collect();
        assert_eq!(differing, [figure], "{layer:?}");
        let layers: Vec<(&str, Subject)> =
            found.wrong().map(|(layer, wrong)| (layer.name.as_str(), wrong.figure)).collect();
        assert_eq!(layers, layer.map(|layer| (layer, figure)).into_iter().collect::<Vec<_>>());
    }
}

/// Size, stride and padding that are said of a window, and are not those of its ends.
#[test]
fn a_misstated_window_is_named() {
    let network = network(PLAIN);
    let right = analysis::analyse(&network).unwrap();
    // Rows: 3 + 2·1 = 5 pixels, 2 a unit, from 1 + 1 before the first.
    let stated = "rows: size 5, stride 2, padding 2";
    type Change = fn(&mut AxisWindow);
    let cases: [(&str, Change); 3] = [
        ("rows: size 6, stride 2, padding 2", |rows| rows.size += 1),
        ("rows: size 5, stride 4, padding 2", |rows| rows.stride *= 2),
        ("rows: size 5, stride 2, padding 1", |rows| rows.padding[0] -= 1),
    ];
    for (misstated, change) in cases {
        let mut wrong = right.clone();
        let fields = right.receptive_fields.nodes.iter().enumerate().map(|(at, field)| {
            let mut field = field.clone();
            if at == 2
                && let ReceptiveField::Window([AxisField::Window(rows), _]) = &mut field
            {
                change(rows);
            }
            field
        });
        wrong.receptive_fields.nodes = fields.collect();
        let found = against(&network, &wrong, Effort { field_operations: None });
        let differing: Vec<Subject> = found
            .lines
            .iter()
            .filter(|line| line.holds == Some(false))
            .map(|line| line.figure)
            .collect();
        assert_eq!(differing, [Subject::Fields], "{misstated}");
        let (layer, first) = found.wrong().next().unwrap();
        assert_eq!(
            [layer.name.as_str(), first.analysis.as_str(), first.run.as_str()],
            ["second", misstated, stated]
        );
        assert_eq!(found.wrong().count(), 1);
    }
}

/// Near 10⁸, 32-bit floats are 8 apart: what is added to that is lost to the engine, and not to the oracle.
const CANCELS: &str = "input: [1, 4, 4]\nlayers:\n  - affine: {shift: 100000000, name: there}\n  - affine: {shift: -100000000, name: back}\n";

#[test]
fn a_wrong_value_of_the_engine_is_named() {
    let found = verified(CANCELS, &Settings::default());
    let (layer, wrong) = found.wrong().next().unwrap();
    assert_eq!((layer.name.as_str(), wrong.figure), ("back", Subject::Engine));
    assert!(line(&found, Subject::Engine).holds == Some(false));
    for figure in [Subject::Flops, Subject::Fields] {
        assert_eq!(line(&found, figure).holds, Some(true));
    }
}

/// Values that cancel are 0, and what is left in 32 bits is no difference; nor is what is made of nothing but that.
#[test]
fn what_cancels_is_measured_by_what_it_is_a_sum_of() {
    for layers in [
        "[layer_norm: {axis: 2, affine: false}, global_avg_pool]",
        "[layer_norm: {axis: 2, affine: false}, global_avg_pool, flatten, linear: {out: 3, bias: false}, relu]",
        "[layer_norm: {axis: 2, affine: false}, adaptive_avg_pool: 1, batch_norm, conv: {out: 3, kernel: 1, bias: false}]",
        "[global_avg_pool, upsample: 5, layer_norm: {axis: 2}]",
        "[global_avg_pool, upsample: 5, layer_norm: {axis: 2, affine: false}, sigmoid, flatten, linear: 3]",
        "[sub: [[conv: {out: 8, kernel: 1, name: a}], [affine: {scale: 1, from: a}]], flatten, linear: 3]",
    ] {
        let text = format!(
            "input: [4, 6, 6]\nlayers: [conv: {{out: 8, kernel: 3, padding: 1}}, {}",
            &layers[1..]
        );
        let found = verified(&text, &Settings::default());
        assert!(found.holds(), "{text}\n{}", told(&found));
    }
}

/// Weights with some values of the first tensor of a node changed.
struct Changed<'a> {
    of: &'a Weights,
    node: Tensor,
    values: Range<usize>,
    value: f32,
}

impl Source for Changed<'_> {
    fn read(&mut self, node: Tensor, held: &mut Held) -> Result<(), WeightsError> {
        let mut of = self.of;
        of.read(node, held)?;
        if node == self.node {
            let weights = held.tensors_mut()[0].iter_mut().enumerate();
            for (_, weight) in weights.filter(|(at, _)| self.values.contains(at)) {
                *weight = self.value;
            }
        }
        Ok(())
    }
}

/// Factors that 32 bits hold one after another, and not multiplied, as layers that are fused have them: the step is named, and what it makes the network
/// return.
#[test]
fn a_wrong_value_of_fused_layers_is_named() {
    let text = "input: [2, 6, 6]\nlayers:\n  - affine: {scale: 1e-20, name: small}\n  - conv: {out: 2, kernel: 1, bias: false, name: large}\n  - batch_norm: {name: larger}\n";
    let network = network(text);
    let analysis = analysis::analyse(&network).unwrap();
    let inputs = seeded_inputs(&network, 7).unwrap();
    let mut weights = seeded(&network, 7).unwrap();
    for name in ["large", "larger"] {
        let node = network.nodes().find(|(_, node)| node.name() == name).unwrap().0;
        let mut changed = Changed { of: &weights, node, values: 0..usize::MAX, value: 1e20 };
        weights = Weights::of_source(&network, &mut changed).unwrap();
    }
    let all = Effort { field_operations: None };
    let found = verify(&network, &analysis, &weights, &inputs, all, &mut |_| ()).unwrap();
    let differing: Vec<Subject> = found
        .lines
        .iter()
        .filter(|line| line.holds == Some(false))
        .map(|line| line.figure)
        .collect();
    assert_eq!(differing, [Subject::Fused, Subject::Outputs]);
    let wrong: Vec<_> =
        found.wrong().map(|(layer, wrong)| (layer.name.as_str(), wrong.figure)).collect();
    assert_eq!(wrong, [("larger", Subject::Fused), ("larger", Subject::Outputs)]);
    assert_eq!(found.outputs[0].fused_difference, Some(f64::INFINITY));
    assert!(found.outputs[0].difference.unwrap() < 1e-6);
}

/// Inputs of other lengths, and too few.
#[test]
fn inputs_of_another_network_are_refused() {
    let network = network(PLAIN);
    let (analysis, weights) = (analysis::analyse(&network).unwrap(), seeded(&network, 7).unwrap());
    for (inputs, message) in [
        (vec![vec![0.0; 287]], "`input` takes 288 values, but is given 287"),
        (vec![vec![0.0; 289]], "`input` takes 288 values, but is given 289"),
        (vec![], "the network takes 1 inputs, but is given 0"),
        (vec![vec![0.0; 288]; 2], "the network takes 1 inputs, but is given 2"),
    ] {
        let effort = Effort { field_operations: None };
        let error = verify(&network, &analysis, &weights, &inputs, effort, &mut |_| ());
        assert_eq!(error.unwrap_err().to_string(), message);
    }
}

/// Parameters with which values stop being finite: nothing can be said of those, and the first layer that gives one is named.
#[test]
fn values_that_are_not_finite_do_not_hold() {
    let text = PLAIN.replace("relu: {name: act}", "softmax: {name: act}");
    let network = network(&text);
    let analysis = analysis::analyse(&network).unwrap();
    let inputs = seeded_inputs(&network, 7).unwrap();
    let all = Effort { field_operations: None };
    // Every layer is a step.
    const FUSED: u64 = 3;
    let node = network.nodes().find(|(_, node)| node.name() == "second").unwrap().0;
    for (value, values, told) in [
        (f32::NAN, 0..usize::MAX, "NaN"),
        // On padding, 0 times infinity.
        (f32::INFINITY, 0..1, "NaN"),
        (f32::NAN, 3..4, "NaN"),
        (3e38, 0..usize::MAX, "infinity"),
    ] {
        let all_are_none = value.is_nan() && values.end == usize::MAX;
        let mut changed = Changed { of: &seeded(&network, 7).unwrap(), node, values, value };
        let weights = Weights::of_source(&network, &mut changed).unwrap();
        let found = verify(&network, &analysis, &weights, &inputs, all, &mut |_| ()).unwrap();
        assert!(!found.holds(), "{value}");
        let first = found.not_finite.as_ref().unwrap();
        assert_eq!((first.layer.as_str(), first.value, first.layers), ("second", told, 2));
        for figure in [Subject::Engine, Subject::Fused, Subject::Outputs] {
            assert_eq!(line(&found, figure).holds, Some(false), "{value}");
        }
        // The first layer alone has numbers to compare where all weights are none.
        let fused = line(&found, Subject::Fused);
        assert_eq!(fused.of, FUSED, "{value}");
        assert!(fused.compared == 1 || !all_are_none, "{value}");
        assert_eq!(line(&found, Subject::Flops).holds, Some(true));
        // The fields of the first layer are looked at all the same.
        assert_eq!((found.fields.not_finite_layers, found.fields.other_layers), (2, 0));
        assert_eq!((found.fields.ends, found.fields.wrong), (4 * 4, 0));
        let (layer, wrong) = found.wrong().next().unwrap();
        assert_eq!((layer.name.as_str(), wrong.run.as_str()), ("second", told));
    }
}

/// What nothing was compared of is not marked as if it held.
#[test]
fn what_is_not_looked_at_is_not_marked() {
    let found = verified("input: [6]\nlayers: [flatten]\n", &Settings::default());
    assert!(found.holds());
    for figure in [Subject::Fields, Subject::Engine, Subject::Fused] {
        let line = line(&found, figure);
        assert_eq!((line.compared, line.run, line.holds), (0, Amount::None, None), "{figure:?}");
    }
    assert_eq!(line(&found, Subject::Shapes).holds, Some(true));
}

/// Fields of other networks of the same shapes: where they differ first, and where the field really ends.
#[test]
fn a_wrong_receptive_field_is_named() {
    let network = network(PLAIN);
    for (from, to, first) in [
        // Of 12 rows the second layer's unit 0 sees -2 to 2, and with a kernel of 5 at the first, -3 to 3.
        ("kernel: 3, padding: 1, name: first", "kernel: 5, padding: 2, name: first", "first"),
        // Rows 1 to 3 of the first in place of 0 to 2.
        ("stride: 2, padding: 1", "stride: 2, padding: [0, 1, 2, 1]", "second"),
        // 3 rows in place of 2·2 + 1.
        (
            "kernel: 3, stride: 2, padding: 1",
            "kernel: 3, stride: 2, padding: 2, dilation: 2",
            "second",
        ),
    ] {
        let other = self::network(&PLAIN.replace(from, to));
        let mut wrong = analysis::analyse(&network).unwrap();
        wrong.receptive_fields = analysis::analyse(&other).unwrap().receptive_fields;
        let found = against(&network, &wrong, Effort { field_operations: None });
        assert_eq!(line(&found, Subject::Fields).holds, Some(false), "{to}");
        let (layer, _) = found.wrong().next().unwrap();
        assert_eq!(layer.name, first, "{to}");
        assert!(found.wrong().all(|(_, wrong)| wrong.figure == Subject::Fields));
    }
    let other = self::network(
        &PLAIN.replace("kernel: 3, padding: 1, name: first", "kernel: 1, name: first"),
    );
    let mut wrong = analysis::analyse(&network).unwrap();
    wrong.receptive_fields = analysis::analyse(&other).unwrap().receptive_fields;
    let found = against(&network, &wrong, Effort { field_operations: None });
    let (_, first) = found.wrong().next().unwrap();
    let ends = (first.analysis.as_str(), first.run.as_str());
    assert_eq!(ends, ("rows, unit 0: to 0", "rows, unit 0: to 1"));
}

/// Where borders, gaps and mirrored rows leave units less than their fields, or other pixels: how many ends are so, and none differs.
#[test]
fn what_borders_leave_of_fields() {
    for (text, cut, mirrored) in [
        // Along either axis the first and the last unit are padding alone, and hold pixel 1 (or 0) and 4 (or 5).
        ("input: [1, 6, 6]\nlayers: [{pad: {padding: 1, mode: reflect}}]", 0, 8),
        ("input: [1, 6, 6]\nlayers: [{pad: {padding: 1, mode: edge}}]", 0, 8),
        ("input: [1, 6, 6]\nlayers: [{pad: 1}]", 0, 0),
        // Of 6 rows only every other is seen, none of those is taken.
        (
            "input: [1, 8, 8]\nlayers:\n  - conv_transpose: {out: 1, kernel: 1, stride: 2}\n  - slice: {axis: 2, start: 1, step: 2}",
            3,
            0,
        ),
        (
            "input: [1, 1, 1]\nlayers:\n  - conv: {out: 1, kernel: 1, stride: 2, padding: [1, 0, 0, 0]}",
            1,
            0,
        ),
        // Units 1 and 2 lie between the taps.
        (
            "input: [1, 2, 2]\nlayers:\n  - conv: {out: 1, kernel: 2}\n  - conv_transpose: {out: 1, kernel: 2, stride: 2, dilation: 3}",
            4,
            0,
        ),
        // What a crop takes away is not there for the padding behind it: 1 to 6 of 8 rows.
        (
            "input: [1, 8, 8]\nlayers:\n  - slice: {axis: 2, start: 1, stop: 7}\n  - conv: {out: 1, kernel: 3, padding: 1}",
            2,
            0,
        ),
        // Beside what looks over all of a map that has every other column stands what looks at padding, too, which the first unit does not.
        (
            "input: [2, 4, 8]\nlayers:\n  - avg_pool: {kernel: 1, stride: [1, 2]}\n  - sub: [[{conv: {out: 2, kernel: 2, padding: same}}], [layer_norm]]\n  - slice: {axis: 3, stop: 1}",
            1,
            0,
        ),
        // Of the channels those that see their neighbors are left out: of units 0, 2, 3 and 4 of 5 6 ends, along both axes of two layers.
        (
            "input: [2, 5, 5]\nlayers:\n  - concat: [[], [{conv: {out: 1, kernel: 3, padding: 1}}]]\n  - slice: {stop: 2}\n  - relu",
            24,
            0,
        ),
    ] {
        let found = verified(text, &Settings::default());
        assert!(found.holds(), "{text}\n{}", told(&found));
        let fields = &found.fields;
        assert_eq!(fields.checked, fields.ends, "{text}");
        assert_eq!((fields.cut, fields.mirrored), (cut, mirrored), "{text}");
    }
}

/// Fields that are too wide are found behind wide padding, too.
#[test]
fn padding_hides_no_field_that_is_too_wide() {
    let text = "input: [1, 24, 24]\nlayers:\n  - conv: {out: 1, kernel: 3, padding: 5, name: wide}\n  - conv: {out: 1, kernel: 3, padding: 1, name: last}\n";
    let network = network(text);
    let other = self::network(
        &text.replace("kernel: 3, padding: 1, name: last", "kernel: 5, padding: 2, name: last"),
    );
    let mut wrong = analysis::analyse(&network).unwrap();
    wrong.receptive_fields = analysis::analyse(&other).unwrap().receptive_fields;
    let found = against(&network, &wrong, Effort { field_operations: None });
    let layers: Vec<&str> = found.wrong().map(|(layer, _)| layer.name.as_str()).collect();
    // Both ends of the middle units along rows and columns; at the corners there is padding alone.
    assert_eq!(layers, ["last"; 2 * 2 * 2]);
}

// ---- generated networks -----------------------------------------------------------------------------------------

/// The same cases every time.
fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(227),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

fn pair(range: std::ops::Range<u32>) -> impl Strategy<Value = Value> {
    prop_oneof![
        range.clone().prop_map(Value::from),
        (range.clone(), range).prop_map(|(a, b)| json!([a, b]))
    ]
}

fn padding() -> impl Strategy<Value = Value> {
    prop_oneof![
        2 => select(vec!["same", "same_lower"]).prop_map(Value::from),
        2 => (0_u32..3).prop_map(Value::from),
        1 => prop::collection::vec(0_u32..3, 4).prop_map(Value::from),
    ]
}

/// A step over maps of a multiple of 4 channels, which makes such maps.
fn layer() -> BoxedStrategy<Value> {
    let leaf = prop_oneof![
        3 => select(vec![
            "relu", "relu6", "sigmoid", "tanh", "hard_swish", "hard_sigmoid", "gelu", "silu", "elu", "leaky_relu",
            "batch_norm", "layer_norm", "prelu", "lrn", "identity",
        ]).prop_map(Value::from),
        4 => (
            (1_u32..4).prop_map(|out| 4 * out), pair(1..4), pair(1..3), pair(1..3), padding(),
            select(vec![1, 1, 2, 4]), any::<bool>(), prop::option::of(select(vec!["batch", "layer"])),
            prop::option::of(select(vec!["relu", "silu"])),
        ).prop_map(|(out, kernel, stride, dilation, padding, groups, bias, norm, act)| {
            let mut conv = json!({
                "out": out, "kernel": kernel, "stride": stride, "dilation": dilation, "padding": padding, "groups": groups, "bias": bias,
            });
            let map = conv.as_object_mut().unwrap();
            map.extend(norm.map(|norm| ("norm".to_owned(), norm.into())));
            map.extend(act.map(|act| ("act".to_owned(), act.into())));
            json!({ "conv": conv })
        }),
        2 => (pair(1..4), pair(1..3), padding()).prop_map(|(kernel, stride, padding)| {
            json!({"depthwise_conv": {"kernel": kernel, "stride": stride, "padding": padding}})
        }),
        2 => (pair(1..4), pair(1..4), padding(), pair(1..3), any::<bool>()).prop_map(|(kernel, stride, padding, dilation, ceil)| {
            let ceil = ceil && !padding.is_string();
            json!({"max_pool": {"kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation, "ceil": ceil}})
        }),
        2 => (pair(1..4), pair(1..4), padding(), any::<bool>(), any::<bool>()).prop_map(|(kernel, stride, padding, ceil, counts)| {
            let ceil = ceil && !padding.is_string();
            json!({"avg_pool": {"kernel": kernel, "stride": stride, "padding": padding, "ceil": ceil, "count_include_pad": counts}})
        }),
        2 => (1_u32..4, 0_u32..2, 1_u32..4, 1_u32..4, 0_u32..3, select(vec![1, 2, 4])).prop_map(
            |(kernel, padding, stride, dilation, more, groups)| json!({"conv_transpose": {
                "out": 4, "kernel": kernel + 2 * padding, "padding": padding, "stride": stride, "dilation": dilation,
                "output_padding": more.min(stride.max(dilation) - 1), "groups": groups,
            }})
        ),
        1 => (prop::collection::vec(0_u32..3, 4), select(vec!["constant", "reflect", "edge"]))
            .prop_map(|(sides, mode)| json!({"pad": {"padding": sides, "mode": mode}})),
        1 => (2_u32..4, 0_u32..3, 1_u32..3)
            .prop_map(|(axis, start, step)| json!({"slice": {"axis": axis, "start": start, "step": step}})),
        1 => Just(json!({"transpose": [0, 1, 3, 2]})),
        1 => select(vec![2, 3]).prop_map(|axis| json!({ "log_softmax": axis })),
        1 => (pair(3..9), select(vec!["nearest", "bilinear", "aligned"])).prop_map(|(size, mode)| match mode {
            "aligned" => json!({"upsample": {"output_size": size, "mode": "bilinear", "align_corners": true}}),
            mode => json!({"upsample": {"output_size": size, "mode": mode}}),
        }),
        1 => (1_u32..4).prop_map(|size| json!({ "adaptive_avg_pool": size })),
        1 => select(vec!["nearest", "bilinear"]).prop_map(|mode| json!({"upsample": {"scale": 2, "mode": mode}})),
        1 => (1_u32..3).prop_map(|groups| json!({ "channel_shuffle": 2 * groups })),
        1 => Just(json!({"affine": {"scale": 0.5, "shift": 1}})),
        1 => Just(json!({"dropout": 0.5})),
    ];
    leaf.boxed()
}

/// A step that keeps the shape of a map.
fn keeping() -> impl Strategy<Value = Value> {
    prop_oneof![
        select(vec!["relu", "sigmoid", "batch_norm", "layer_norm", "identity"])
            .prop_map(Value::from),
        (pair(1..4), select(vec![1, 2, 4])).prop_map(|(kernel, groups)| {
            json!({"conv": {"out": "channels", "kernel": kernel, "padding": "same", "groups": groups, "norm": "batch"}})
        }),
        (1_u32..4).prop_map(|kernel| json!({"max_pool": {"kernel": kernel, "stride": 1, "padding": "same"}})),
    ]
}

fn branches() -> impl Strategy<Value = Value> {
    let branch = || prop::collection::vec(keeping(), 0..4);
    let joined =
        (select(vec!["add", "mul", "mean", "concat"]), prop::collection::vec(branch(), 2..4))
            .prop_map(|(join, branches)| json!({ join: branches }));
    let spread = select(vec!["global_avg_pool", "global_max_pool"]);
    let of_two = (branch(), branch(), spread).prop_flat_map(|(left, right, pool)| {
        // At least 1, so that values stay finite however often they are divided.
        let positive =
            [right.clone(), vec![json!("sigmoid"), json!({"affine": {"shift": 1}})]].concat();
        let transposed = [left.clone(), vec![json!({"transpose": [0, 1, 3, 2]})]].concat();
        let part = [left.clone(), vec![json!({"slice": {"axis": 3, "stop": 1}})]].concat();
        select(vec![
            json!({"sub": [left, right]}),
            json!({"div": [left, positive]}),
            json!({"matmul": [left, transposed]}),
            json!({"mul": [right, [pool, "sigmoid"]]}),
            json!({"add": [[pool], right]}),
            json!({"sub": [right, part]}),
            json!({"concat": {"axis": 2, "branches": [left, right]}}),
        ])
    });
    prop_oneof![joined, of_two]
}

/// A network file.
fn file() -> impl Strategy<Value = String> {
    let steps = prop::collection::vec(prop_oneof![3 => layer(), 1 => branches()], 1..7);
    let flat = select(vec![json!("flatten"), json!({"reshape": [-1]})]);
    let pool = prop::option::of(select(vec!["global_avg_pool", "global_max_pool"]));
    let head = prop::option::of((pool, flat));
    (steps, 4_u32..13, 4_u32..13, head).prop_map(|(mut layers, height, width, head)| {
        layers.push(json!("relu"));
        if let Some((pool, flat)) = head {
            layers.extend(pool.map(Value::from));
            layers.extend([flat, json!({"linear": 3}), json!("softmax")]);
        }
        json!({"input": [4, height, width], "layers": layers}).to_string()
    })
}

/// A network file with outputs: by the draws one of its tensors each, and its last.
fn returning(text: &str, network: &Network, draws: &[usize]) -> String {
    let names: Vec<&str> = network.nodes().map(|(_, node)| node.name()).collect();
    let drawn = draws.iter().map(|draw| draw % names.len());
    let outputs: BTreeSet<usize> = drawn.chain([names.len() - 1]).collect();
    let mut file: Value = serde_json::from_str(text).unwrap();
    file["outputs"] = outputs.into_iter().map(|at| names[at]).collect();
    file.to_string()
}

#[test]
fn generated_networks() {
    const CASES: u32 = 200;
    let (run, several) = (Cell::new(0), Cell::new(0));
    let draws = prop::collection::vec(any::<usize>(), 0..5);
    let tested = TestRunner::new(config(CASES)).run(&(file(), 1_u64..3, draws), |drawn| {
        let (text, batch, draws) = drawn;
        // Windows that do not fit are refused.
        let Ok(description) = common::read(&text) else { return Ok(()) };
        let settings = Settings { batch, ..Settings::default() };
        let Ok(elaborated) = description.elaborate(&settings) else { return Ok(()) };
        let text = returning(&text, &elaborated.network, &draws);
        let elaborated = common::read(&text).unwrap().elaborate(&settings).unwrap();
        let analysis = analysis::analyse(&elaborated.network).unwrap();
        let found = against(&elaborated.network, &analysis, Effort { field_operations: None });
        prop_assert!(found.holds(), "{text}\n{}", told(&found));
        prop_assert_eq!(found.fields.runs, found.fields.all_runs);
        let outputs = line(&found, Subject::Outputs);
        prop_assert_eq!((outputs.compared, outputs.of), (found.outputs.len() as u64, outputs.of));
        run.set(run.get() + 1);
        several.set(several.get() + u32::from(outputs.of > 1));
        Ok(())
    });
    tested.unwrap_or_else(|error| panic!("{error}"));
    assert!(2 * run.get() >= CASES, "only {} of {CASES} networks were run", run.get());
    assert!(2 * several.get() > run.get(), "only {} return several tensors", several.get());
}

// ---- the program ------------------------------------------------------------------------------------------------

#[test]
fn the_program_marks_what_holds() {
    let desk = support::Desk::new().with("plain.yaml", PLAIN);
    let found = desk.json("verify plain.yaml --format json");
    let lines = found["lines"].as_array().unwrap();
    assert_eq!(lines.len(), 17);
    for line in lines {
        let holds = if line["figure"] == "arena" { Value::Null } else { json!(true) };
        assert_eq!(line["holds"], holds, "{line}");
    }
    assert_eq!(found["instead"], Value::Null);
    let table = desk.call("verify plain.yaml");
    assert_eq!(table.code, Some(0), "{}", table.err);
    assert!(table.out.contains("✓") && table.out.contains("Verified by a run"), "{}", table.out);
    let lines = desk.call("verify plain.yaml --format csv").out;
    assert!(lines.starts_with("figure,analysis,run,verdict,compared,of,batch,input\n"), "{lines}");
    assert!(lines.contains("\nfields,48,48,ok,48,48,1,2x12x12\n"), "{lines}");
    let nodes = desk.call("verify plain.yaml --nodes --format csv");
    assert!(nodes.out.lines().any(|line| line.starts_with("ok,second,conv")), "{}", nodes.out);
}

/// What was verified: the network, its parameters, and whose weights.
#[test]
fn the_program_says_what_it_verified() {
    let text = "name: Small\nparams: {width: 3, depth: 1}\ninput: [2, 6, 6]\nlayers: [conv: {out: width, kernel: 3}, repeat: {times: depth, layers: [relu]}]\n";
    let desk = support::Desk::new().with("small.yaml", text);
    let found =
        desk.json("verify small.yaml --set width=5 --batch 2 --weights seeded:4 --format json");
    assert_eq!(found["name"], json!("Small"));
    assert_eq!(found["batch"], json!(2));
    assert_eq!(found["weights"], json!("seeded:4"));
    let settings = json!([{"name": "width", "value": "5"}, {"name": "depth", "value": "1"}]);
    assert_eq!(found["settings"], settings);
    assert_eq!(found["outputs"][0]["name"], json!("relu1"));
    let table = desk.call("verify small.yaml").out;
    assert!(!table.contains("Weights:"), "{table}");
}

/// A value of a bias that is no number: what is said of it agrees with the lines.
#[test]
fn the_program_tells_values_that_are_not_finite() {
    let header = r#"{"a.weight":{"dtype":"F32","shape":[2,1,1,1],"data_offsets":[0,8]},"a.bias":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}"#;
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header.as_bytes());
    for value in [1.0_f32, 1.0, 0.0, f32::NAN] {
        file.extend(value.to_le_bytes());
    }
    let text = "input: [1, 4, 4]\nlayers: [conv: {out: 2, kernel: 1, name: a}, {sigmoid: {name: b}}, {tanh: {name: c}}]\n";
    let desk = support::Desk::new().with("nan.yaml", text).with("nan.safetensors", &file);
    let table = desk.call("verify nan.yaml --weights nan.safetensors");
    assert_eq!(table.code, Some(1), "{}", table.err);
    let said = table.out.split_whitespace().collect::<Vec<_>>().join(" ");
    for sentence in [
        "a is the first layer that gives NaN. 3 layers have such values, or what is made of such: of the engine's values the finite ones alone are compared, and \
         the lines of values do not hold.",
        "Weights: nan.safetensors.",
        "Not looked at: 3 layers with values that are not finite, or behind such.",
    ] {
        assert!(said.contains(sentence), "{}", table.out);
    }
    // The other channel is compared.
    let found = desk.call("verify nan.yaml --weights nan.safetensors --format json");
    let found: Value = serde_json::from_str(&found.out).unwrap();
    let engine = found["lines"].as_array().unwrap().iter().find(|line| line["figure"] == "engine");
    assert_eq!(engine.unwrap()["compared"], json!(3));
    assert_eq!(found["weights"], json!("nan.safetensors"));
}

#[test]
fn the_program_names_what_differs() {
    let desk = support::Desk::new().with("cancels.yaml", CANCELS);
    let table = desk.call("verify cancels.yaml");
    assert_eq!(table.code, Some(1), "{}", table.err);
    let (_, differing) = table.out.split_once("What differs first").unwrap();
    let first = differing.lines().find(|line| line.contains("affine")).unwrap();
    assert!(first.starts_with("back"), "{}", table.out);
    assert!(differing.contains("of layers differ, first at back."), "{}", table.out);
    for format in ["json", "csv", "markdown"] {
        let told = desk.call(&format!("verify cancels.yaml --format {format}"));
        assert_eq!(told.code, Some(1), "{format}: {}", told.err);
    }
    let report = desk.call("report cancels.yaml --verify");
    assert_eq!(report.code, Some(1), "{}", report.err);
    assert!(desk.text("cancels.html").contains("✗ Compared with a run"));
}
