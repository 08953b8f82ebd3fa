//! The roofline: work by hand, bounds, sums, and the machines.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod common;

use std::collections::HashSet;

use cnnstat::analysis::roofline::{
    BoundBy, Execution, MACHINES, Machine, NamedMachine, Work, work,
};
use cnnstat::front::yaml::Settings;
use cnnstat::report::document::{Mark, Part};
use cnnstat::report::roofline::{Roofline, RooflineTotals};
use cnnstat::report::table::{
    Cell, Emphasis, roofline_kinds_table, roofline_layers_table, roofline_table,
};
use cnnstat::report::{OperatorKind, Report};

const MIXED: &str = "
name: mixed
input: [2, 4, 4]
layers:
  - conv: {name: conv, out: 3, kernel: 3, padding: 1, norm: batch, act: relu}
  - add: {name: twice, branches: [[], []]}
  - relu: {name: relu}
  - concat: {name: concat, branches: [[], conv: {name: narrow, out: 1, kernel: 1, bias: false}]}
  - batch_norm: {name: norm}
  - prelu: {name: prelu}
  - dropout: {name: dropout, rate: 0.5}
  - flatten: {name: flatten}
  - linear: {name: linear, out: 10}
";

fn work_of(text: &str, execution: Execution) -> Vec<(String, u64, u64)> {
    let description =
        common::read(text).unwrap_or_else(|error| panic!("{}", common::plain(&error)));
    let network = description.elaborate(&Settings::default()).unwrap().network;
    let work = work(&network, execution).unwrap();
    let nodes = network.nodes().zip(&work);
    nodes.map(|((_, node), work)| (node.name().to_owned(), work.flops, work.bytes)).collect()
}

/// Counted by hand: values are weights + distinct operands + output, 4 bytes each.
#[test]
fn every_tensor_is_moved_once() {
    let expected = [
        ("input", 0, 0),
        // 3·2·9 + 3 weights, 32 in, 48 out; 864 multiply–adds and 48 biases.
        ("conv", 2 * 864 + 48, 57 + 32 + 48),
        // Scale, shift, mean and variance of 3 channels.
        ("conv.batch_norm", 2 * 48, 12 + 48 + 48),
        ("conv.relu", 48, 48 + 48),
        // The same tensor twice.
        ("twice", 48, 48 + 48),
        ("relu", 48, 48 + 48),
        ("narrow", 2 * 48, 3 + 48 + 16),
        // Moves its operands into one.
        ("concat", 0, 48 + 16 + 64),
        ("norm", 2 * 64, 16 + 64 + 64),
        ("prelu", 2 * 64, 4 + 64 + 64),
        ("dropout", 0, 0),
        ("flatten", 0, 0),
        ("linear", 2 * 640 + 10, 650 + 64 + 10),
    ];
    let found = work_of(MIXED, Execution::Separate);
    let expected = expected.map(|(name, flops, values)| (name.to_owned(), flops, 4 * values));
    assert_eq!(found, expected);
}

/// What follows a convolution alone is done in it; what follows a join, or a tensor that somebody else takes too, is not.
#[test]
fn fusion_moves_less_and_computes_the_same() {
    let separate = work_of(MIXED, Execution::Separate);
    let fused = work_of(MIXED, Execution::Fused);
    for (separate, fused) in separate.iter().zip(&fused) {
        let is_fused = ["conv.batch_norm", "conv.relu"].contains(&fused.0.as_str());
        assert_eq!(fused.1, separate.1);
        assert_eq!(fused.2, if is_fused { 0 } else { separate.2 }, "{}", fused.0);
    }
    // A result that goes to a sum too, one that the network returns, and a prelu with its weights.
    let text = "
name: taken
input: [4, 4, 4]
layers:
  - conv: {name: first, out: 4, kernel: 1}
  - add: {name: sum, branches: [[], relu: {name: shared}]}
  - conv: {name: second, out: 4, kernel: 1}
  - prelu: {name: behind}
outputs: [second, behind]
";
    let fused = work_of(text, Execution::Fused);
    assert_eq!(fused, work_of(text, Execution::Separate));
    let alone = text.replace("[second, behind]", "[behind]");
    let behind = work_of(&alone, Execution::Fused);
    assert_eq!(behind.last().unwrap().2, 4 * 4);
}

#[test]
fn the_slower_side_bounds() {
    let machine = Machine::new("machine", 1000.0, 100.0).unwrap();
    assert_eq!((machine.ridge(), machine.roof(5.0), machine.roof(50.0)), (10.0, 500.0, 1000.0));
    let cases = [
        (4000, 100, 4.0, Some(BoundBy::Compute)),
        (100, 200, 2.0, Some(BoundBy::Memory)),
        (1000, 100, 1.0, Some(BoundBy::Compute)),
        (0, 50, 0.5, Some(BoundBy::Memory)),
        (500, 0, 0.5, Some(BoundBy::Compute)),
        (0, 0, 0.0, None),
    ];
    for (flops, bytes, seconds, side) in cases {
        let bound = machine.bound(&Work { flops, bytes });
        assert_eq!((bound.seconds, bound.by), (seconds, side), "{flops} {bytes}");
    }
    for wrong in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(Machine::new("", wrong, 1.0).is_err() && Machine::new("", 1.0, wrong).is_err());
    }
}

fn bundled(name: &str, machine: Machine, execution: Execution) -> (Report, Roofline) {
    let description = common::bundled_description(name);
    let (elaborated, report) = common::analyse(&description, &Settings::default());
    let metadata = description.metadata(&elaborated);
    let roofline = Roofline::new(&elaborated.network, metadata, machine, execution).unwrap();
    assert_eq!(roofline.report(), &report);
    (report, roofline)
}

fn named(name: &str) -> Machine {
    NamedMachine::find(name).unwrap().machine.clone()
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs())
}

#[test]
fn parts_add_up_to_the_whole() {
    for name in ["resnet18", "densenet121", "googlenet", "unet", "squeezenet"] {
        let machine = named("v100");
        let (report, roofline) = bundled(name, machine.clone(), Execution::Separate);
        let totals = &roofline.totals;
        assert_eq!(totals.flops, report.totals.figures.flops, "{name}");
        assert_eq!(totals.bytes, roofline.layers.iter().map(|layer| layer.bytes).sum::<u64>());
        let seconds: f64 = roofline.layers.iter().map(|layer| layer.seconds).sum();
        assert!(close(totals.seconds, seconds));
        // No order of layers is faster than all of its arithmetic, or all of its bytes.
        let whole = machine.bound(&Work { flops: totals.flops, bytes: totals.bytes });
        assert!(totals.seconds >= whole.seconds * (1.0 - 1e-9));
        let peak = totals.flops as f64 / machine.peak_flops() / seconds;
        assert!(close(totals.peak_share.unwrap(), peak));
        let by_memory = roofline.layers.iter().filter(|layer| layer.bound == Some(BoundBy::Memory));
        let memory: f64 = by_memory.map(|layer| layer.seconds).sum();
        assert!(close(totals.memory_bound_share.unwrap(), memory / seconds));

        for depth in [Some(1), Some(2), None] {
            let table = roofline_table(&roofline, depth).unwrap();
            let rows = table.rows.iter().filter(|row| row.level == 0);
            let (mut bytes, mut total) = (0, 0);
            for row in rows {
                assert_eq!(row.cells.len(), table.columns.len());
                let Cell::Bytes(of_row) = row.cells[3] else { panic!("{:?}", row.cells) };
                match row.emphasis {
                    Emphasis::Total => total = of_row,
                    _ => bytes += of_row,
                }
            }
            assert_eq!((bytes, total), (totals.bytes, totals.bytes), "{name} {depth:?}");
        }
        let kinds = roofline_kinds_table(&roofline);
        let times = kinds.rows.iter().filter_map(|row| match row.cells[5] {
            Cell::Seconds(seconds) => Some(seconds),
            _ => None,
        });
        assert!(close(times.sum(), seconds));
        assert_eq!(roofline_layers_table(&roofline).rows.len(), report.layers.len());

        let (_, fused) = bundled(name, machine, Execution::Fused);
        assert_eq!(fused.totals.flops, totals.flops);
        assert!(fused.totals.bytes <= totals.bytes && fused.totals.seconds <= totals.seconds);
    }
}

/// DenseNet's cost beside ResNet's: fewer operations, but more of the time goes to moving bytes, whatever the machine, since its norms and
/// activations stand over wide concatenations, where no convolution can take them in.
#[test]
fn dense_networks_are_bound_by_memory_more_than_residual_ones() {
    for machine in &MACHINES {
        for execution in [Execution::Separate, Execution::Fused] {
            let share = |name| {
                let (_, roofline) = bundled(name, machine.machine.clone(), execution);
                (roofline.totals.flops, roofline.totals.memory_bound_share.unwrap())
            };
            let (dense, residual) = (share("densenet121"), share("resnet50"));
            assert!(dense.0 < residual.0);
            assert!(dense.1 > residual.1, "{}: {dense:?} {residual:?}", machine.name);
        }
    }
}

#[test]
fn the_page_has_a_roof_and_a_point_for_every_layer_under_it() {
    let machine = named("a100");
    let (_, roofline) = bundled("googlenet", machine.clone(), Execution::Separate);
    let page = roofline.document(Some(1)).unwrap();
    let charts =
        page.sections.iter().flat_map(|section| &section.parts).filter_map(|part| match part {
            Part::Chart(chart) => Some(chart),
            _ => None,
        });
    let [chart, along] = charts.collect::<Vec<_>>()[..] else { panic!("two charts") };
    let (roofs, clouds): (Vec<_>, Vec<_>) =
        chart.series.iter().partition(|series| series.mark == Mark::Guide);
    let [roof] = roofs[..] else { panic!("one roof") };
    let expected =
        [machine.bandwidth() * roof.points[0].0, machine.peak_flops(), machine.peak_flops()];
    assert!(roof.points.iter().zip(expected).all(|((_, y), expected)| close(*y, expected)));
    let computing = roofline.layers.iter().filter(|layer| layer.flops > 0 && layer.bytes > 0);
    let computing = computing.count();
    assert_eq!(clouds.iter().map(|cloud| cloud.points.len()).sum::<usize>(), computing);
    for cloud in clouds {
        assert_eq!(cloud.points.len(), cloud.labels.len());
        for (x, y) in &cloud.points {
            assert!(close(*y, machine.peak_flops().min(x * machine.bandwidth())));
            assert!(roof.points[0].0 < *x && *x < roof.points[2].0);
        }
    }
    // From the first layer to the last, each with its intensity.
    let clouds = along.series.iter().filter(|series| series.mark != Mark::Guide);
    let points: Vec<_> = clouds.flat_map(|cloud| cloud.points.iter().zip(&cloud.labels)).collect();
    assert_eq!(points.len(), computing);
    for ((x, y), label) in points {
        let place = roofline.layers.iter().position(|layer| layer.name == *label).unwrap();
        assert_eq!((*x, Some(*y)), (place as f64 + 1.0, roofline.layers[place].intensity));
    }
    assert_eq!(RooflineTotals::of(&roofline.layers, &machine), Some(roofline.totals));
    assert!(roofline.layers.iter().any(|layer| layer.kind == OperatorKind::Pooling));
}

/// The figures of a machine stand in its source, or follow from what stands there.
#[test]
fn machines_have_sources() {
    let names: HashSet<_> = MACHINES.iter().map(|machine| machine.name).collect();
    assert_eq!(names.len(), MACHINES.len());
    for NamedMachine { name, machine, source } in &MACHINES {
        assert_ne!(*name, "this");
        let figures = source.split_once(": ").unwrap().1;
        let tera = format!("{} TFLOP/s", machine.peak_flops() / 1e12);
        if !figures.contains(&tera) {
            // cores × clock × operations a cycle
            let factors: f64 = match *name {
                "k40" => 2880.0 * 745e6 * 2.0,
                "i7-6700k" => 4.0 * 4.0e9 * 32.0,
                "epyc-7742" => 64.0 * 2.25e9 * 32.0,
                name => panic!("{name}: {figures}"),
            };
            assert!((machine.peak_flops() / factors - 1.0).abs() < 0.001, "{name}");
        }
        let giga = machine.bandwidth() / 1e9;
        let spelled = [format!("{giga} GB/s"), format!("{} TB/s", giga / 1e3)];
        let with_separator = figures.replace(',', "");
        if !spelled.iter().any(|spelled| with_separator.contains(spelled)) {
            // channels × transfers a second × 8 bytes
            let factors: f64 = match *name {
                "i7-6700k" => 2.0 * 2133.33e6 * 8.0,
                "epyc-7742" => 8.0 * 3200e6 * 8.0,
                name => panic!("{name}: {figures}"),
            };
            assert!((machine.bandwidth() / factors - 1.0).abs() < 0.001, "{name}");
        }
        assert!(machine.ridge() > 1.0);
        assert_eq!(NamedMachine::find(name).map(|found| &found.machine), Some(machine));
    }
}
