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
    Cell, Emphasis, roofline_bounds_table, roofline_kinds_table, roofline_layers_table,
    roofline_table,
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
fn fused_layers_have_the_work_that_is_left() {
    let separate = work_of(MIXED, Execution::Separate);
    let fused = work_of(MIXED, Execution::Fused);
    for (separate, fused) in separate.iter().zip(&fused) {
        let expected = match fused.0.as_str() {
            // The norm is folded into weights and bias, the relu is computed.
            "conv" => (separate.1 + 48, separate.2),
            "conv.batch_norm" | "conv.relu" => (0, 0),
            _ => (separate.1, separate.2),
        };
        assert_eq!((fused.1, fused.2), expected, "{}", fused.0);
    }
    // A result that goes to a sum too, and one that the network returns.
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
    assert_eq!(work_of(text, Execution::Fused), work_of(text, Execution::Separate));
}

/// What a layer takes over from those behind it: FLOPs and values.
#[test]
fn a_layer_takes_over_what_is_left_of_those_behind_it() {
    let conv = "{conv: {out: 3, kernel: 1, bias: false}}";
    let biased = "{conv: {out: 3, kernel: 1}}";
    let linear = "{linear: {out: 5, bias: false}}";
    // Maps of 3 channels and 16 positions.
    for (input, layers, expected) in [
        // A bias of 3 channels is read and added, once.
        ("[2, 4, 4]", vec![conv, "batch_norm"], (48, 3)),
        ("[2, 4, 4]", vec![conv, "batch_norm", "batch_norm"], (48, 3)),
        ("[2, 4, 4]", vec![conv, "batch_norm", "relu"], (48 + 48, 3)),
        ("[2, 4, 4]", vec![biased, "batch_norm"], (0, 0)),
        ("[2, 4, 4]", vec![biased, "relu", "relu"], (48 + 48, 0)),
        // A slope a channel; a comparison and a product.
        ("[2, 4, 4]", vec![biased, "prelu"], (2 * 48, 3)),
        // Behind an activation nothing can be folded: a scale and a shift.
        ("[2, 4, 4]", vec![biased, "relu", "batch_norm"], (48 + 2 * 48, 2 * 3)),
        ("[7]", vec![linear, "batch_norm"], (5, 5)),
        // Here the norm goes by the 6 rows, and not by the layer's outputs.
        ("[6, 7]", vec![linear, "batch_norm"], (2 * 30, 2 * 6)),
    ] {
        let text = |layers: &[&str]| format!("input: {input}\nlayers: [{}]", layers.join(", "));
        let alone = work_of(&text(&layers[..1]), Execution::Separate);
        let fused = work_of(&text(&layers), Execution::Fused);
        let taken = (fused[1].1 - alone[1].1, (fused[1].2 - alone[1].2) / 4);
        assert_eq!(taken, expected, "{input} {layers:?}");
        assert!(fused[2..].iter().all(|(_, flops, bytes)| (*flops, *bytes) == (0, 0)));
    }
}

/// A 7x7 convolution of 1 to 2 channels of 8x8: 64·98 multiply–accumulates, 98 weights. At 1000 FLOP/s and 100 B/s:
///
/// | layer | FLOPs | values | separate |
/// |---|---|---|---|
/// | conv | 12544 | 98 + 64 + 128 | 12.544 s by arithmetic (bytes 11.6 s) |
/// | batch_norm | 256 | 8 + 128 + 128 | 10.56 s by memory |
/// | relu | 128 | 128 + 128 | 10.24 s by memory |
///
/// Fused there are 12544 + 128 + 128 FLOPs and 98 + 2 + 64 + 128 values: 12.8 s by arithmetic (bytes 11.68 s).
#[test]
fn three_layers_on_a_machine() {
    let text = "
input: [1, 8, 8]
layers: [{conv: {out: 2, kernel: 7, padding: 3, bias: false}}, batch_norm, relu]
";
    let description = common::read(text).unwrap();
    let elaborated = description.elaborate(&Settings::default()).unwrap();
    let on = |execution| {
        let metadata = description.metadata(&elaborated);
        let machine = Machine::new("m", 1000.0, 100.0).unwrap();
        Roofline::new(&elaborated.network, metadata, machine, execution).unwrap()
    };
    let (compute, memory) = (Some(BoundBy::Compute), Some(BoundBy::Memory));
    let cases = [
        (
            Execution::Separate,
            vec![(12.544, compute), (10.56, memory), (10.24, memory)],
            12928,
            3240,
        ),
        (Execution::Fused, vec![(12.8, compute), (0.0, None), (0.0, None)], 12800, 1168),
    ];
    for (execution, layers, flops, bytes) in cases {
        let roofline = on(execution);
        assert_eq!(roofline.layers.len(), layers.len());
        for (layer, (seconds, bound)) in roofline.layers.iter().zip(&layers) {
            assert!(close(layer.seconds, *seconds) && layer.bound == *bound, "{layer:?}");
        }
        let seconds = if execution == Execution::Fused { 12.8 } else { 33.344 };
        let by_memory = if execution == Execution::Fused { 0.0 } else { 20.8 / 33.344 };
        let totals = &roofline.totals;
        assert_eq!((totals.flops, totals.bytes), (flops, bytes));
        assert!(close(totals.seconds, seconds), "{}", totals.seconds);
        assert!(close(totals.memory_bound_share.unwrap(), by_memory));
        assert!(close(totals.peak_share.unwrap(), flops as f64 / 1000.0 / seconds));
        assert!(close(totals.intensity.unwrap(), flops as f64 / bytes as f64));
        assert_eq!(RooflineTotals::of(&roofline.layers, &roofline.machine), Some(*totals));
    }
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
        assert!(fused.totals.flops <= totals.flops);
        assert!(fused.totals.bytes <= totals.bytes && fused.totals.seconds <= totals.seconds);
    }
}

/// A side has one name for scripts, whatever people call it.
#[test]
fn the_table_of_sides_has_the_names_of_the_layers() {
    let (_, roofline) = bundled("resnet18", named("v100"), Execution::Separate);
    let key = |cell: &Cell| match cell {
        Cell::Named(_, key) => key.clone(),
        Cell::Text(text) => text.clone(),
        Cell::Empty => String::new(),
        cell => panic!("{cell:?}"),
    };
    let sides = roofline_bounds_table(&roofline);
    let sides = sides.rows.iter().filter(|row| row.emphasis == Emphasis::Plain);
    let sides: HashSet<_> = sides.map(|row| key(&row.cells[0])).collect();
    let layers = roofline_layers_table(&roofline);
    let at = layers.columns.iter().position(|column| column.key == "bound").unwrap();
    let of_layers = layers.rows.iter().map(|row| key(&row.cells[at]));
    let of_layers: HashSet<_> = of_layers.filter(|side| !side.is_empty()).collect();
    assert_eq!((sides.len(), sides), (2, of_layers));
}

/// A figure as the page writes it, and half a unit of its last place.
fn written(text: &str) -> (f64, f64) {
    let (number, unit) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
    let scale = match unit {
        "ms" => 1e-3,
        "µs" => 1e-6,
        "%" => 1e-2,
        "" => 1.0,
        unit => panic!("{unit}"),
    };
    let places = number.split_once('.').map_or(0, |(_, places)| places.len());
    let half = 0.5 * 10_f64.powi(-i32::try_from(places).unwrap());
    (number.parse::<f64>().unwrap() * scale, half * scale * (1.0 + 1e-9))
}

fn assert_written(text: &str, expected: f64) {
    let (value, half) = written(text);
    assert!((value - expected).abs() <= half, "the page says {text}, the program {expected}");
}

/// docs/conventions.md, "Roofline": the table of two networks on three machines, and the sentences below it.
#[test]
fn the_pages_table_is_what_the_program_says() {
    let page = include_str!("../docs/conventions.md");
    let (_, section) = page.split_once("\n## Roofline\n").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let (_, table) = section.split_once("| machine | FLOPs/byte at the ridge |").unwrap();
    let rows: Vec<&str> = table.lines().skip(2).take_while(|line| line.starts_with('|')).collect();
    assert_eq!(rows.len(), 3);
    let totals = |network, machine: &Machine, execution| {
        let totals = bundled(network, machine.clone(), execution).1.totals;
        (totals.seconds, totals.memory_bound_share.unwrap())
    };
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [name, ridge, resnet, resnet_share, dense, dense_share, fused_resnet, fused_dense] =
            cells[..]
        else {
            panic!("{row}")
        };
        let machine = MACHINES.iter().find(|known| known.machine.name().starts_with(name));
        let machine = &machine.unwrap_or_else(|| panic!("no {name}")).machine;
        assert_written(ridge, machine.ridge());
        let cases = [
            ("resnet50", Execution::Separate, resnet, resnet_share),
            ("densenet121", Execution::Separate, dense, dense_share),
        ];
        let of_fused = |cell: &'static str| cell.split_once(", ").unwrap();
        let (fused_resnet, fused_dense) = (of_fused(fused_resnet), of_fused(fused_dense));
        let fused = [("resnet50", fused_resnet), ("densenet121", fused_dense)];
        let fused = fused.map(|(network, (time, share))| (network, Execution::Fused, time, share));
        for (network, execution, time, share) in cases.into_iter().chain(fused) {
            let (seconds, by_memory) = totals(network, machine, execution);
            assert_written(time, seconds);
            assert_written(share, by_memory);
        }
    }
    let sentence = section.split_once("the 1x1 bottlenecks do ").unwrap().1;
    let (least, rest) = sentence.split_once(" to ").unwrap();
    let most = rest.split_once(" FLOPs a byte").unwrap().0;
    let share = section.split_once("where memory bounds ").unwrap().1;
    let share = share.split_once(" of the convolutions").unwrap().0;
    for execution in [Execution::Separate, Execution::Fused] {
        let layers = bundled("densenet121", named("rtx4090"), execution).1.layers;
        let is_bottleneck =
            |name: &str| name.starts_with("dense_block") && name.ends_with("/conv1");
        let bottlenecks = layers.iter().filter(|layer| is_bottleneck(&layer.name));
        let bottlenecks: Vec<f64> = bottlenecks.filter_map(|layer| layer.intensity).collect();
        assert_eq!(bottlenecks.len(), 58);
        assert_written(least, bottlenecks.iter().copied().fold(f64::INFINITY, f64::min));
        assert_written(most, bottlenecks.iter().copied().fold(0.0, f64::max));
        let convolutions = layers.iter().filter(|layer| layer.kind == OperatorKind::Convolution);
        let (mut all, mut by_memory) = (0.0, 0.0);
        for layer in convolutions {
            all += layer.seconds;
            by_memory += if layer.bound == Some(BoundBy::Memory) { layer.seconds } else { 0.0 };
        }
        assert_written(share, by_memory / all);
    }
}

/// Each relu has 2^62 bytes to read and as many to write: two of them are too many, whatever follows.
#[test]
fn sums_that_are_too_large_are_errors_of_the_layer_with_which_they_are() {
    let text = "
input: [1, 1073741824, 1073741824]
layers: [{relu: {name: a}}, {relu: {name: b}}, global_avg_pool, {relu: {name: last}}]
";
    let description =
        common::read(text).unwrap_or_else(|error| panic!("{}", common::plain(&error)));
    let elaborated = description.elaborate(&Settings::default()).unwrap();
    let metadata = description.metadata(&elaborated);
    let machine = named("v100");
    let error = Roofline::new(&elaborated.network, metadata, machine, Execution::Separate);
    let error = error.unwrap_err();
    let said = "`b`: with this layer, the figures of the network exceed 64 bits";
    assert_eq!(error.to_string(), said);
    let (_, node) = elaborated.network.nodes().find(|(_, node)| node.name() == "b").unwrap();
    assert_eq!(error.place, node.place);
}

/// DenseNet's cost beside ResNet's: fewer operations, but more of the time goes to moving bytes, whatever the machine, since its norms and
/// activations stand over wide concatenations, where no convolution can take them in.
#[test]
fn dense_networks_are_bound_by_memory_more_than_residual_ones() {
    for machine in &MACHINES {
        for execution in [Execution::Separate, Execution::Fused] {
            let share = |name| {
                let (_, roofline) = bundled(name, machine.machine.clone(), execution);
                (
                    roofline.report().totals.figures.flops,
                    roofline.totals.memory_bound_share.unwrap(),
                )
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
