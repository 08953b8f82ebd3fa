//! The conventions against what the tools really print. `tests/reference/peers` says where the figures are from.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod common;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use cnnstat::bundled;
use cnnstat::convention::{Convention, Recount, explain, recount};
use cnnstat::figure::Figure;
use cnnstat::front::yaml::{Description, Elaborated, Settings};
use cnnstat::network::Network;
use cnnstat::ops::Op;
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use serde::Deserialize;

/// A line of a table of prints.
#[derive(Debug, Clone, Deserialize)]
struct Print {
    network: String,
    tool: String,
    version: String,
    figure: String,
    value: u64,
}

/// torchvision's names where ours differ.
const NAMES: [(&str, &str); 3] = [
    ("alexnet", "alexnet-torchvision"),
    ("googlenet", "googlenet-torchvision"),
    ("squeezenet1_0", "squeezenet"),
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/peers")
}

fn prints() -> Vec<Print> {
    let files = ["torchvision.csv", "further.csv"];
    let rows = files.iter().flat_map(|file| {
        csv::Reader::from_path(folder().join(file)).unwrap().into_deserialize().map(Result::unwrap)
    });
    rows.collect()
}

fn network(name: &str) -> Elaborated {
    let own = folder().join(format!("{name}.yaml"));
    let description: Description = if own.exists() {
        common::read(&std::fs::read_to_string(own).unwrap()).unwrap()
    } else {
        let ours = NAMES.iter().find(|(theirs, _)| *theirs == name).map_or(name, |(_, ours)| ours);
        common::bundled_description(ours)
    };
    description.elaborate(&Settings::default()).unwrap()
}

/// The convention that a print is of.
fn convention(print: &Print) -> Convention {
    match print.tool.split(' ').next().unwrap() {
        "ptflops" if print.figure.ends_with("aten") => Convention::PtflopsAten,
        "torch.utils.flop_counter" => Convention::Torch,
        tool => Convention::of_name(tool).unwrap(),
    }
}

fn value(recount: &Recount, name: &str) -> Option<u64> {
    recount.figures.iter().find(|figure| figure.name == name).map(|figure| figure.value)
}

#[test]
fn prints_are_met_to_the_unit() {
    let mut failures = Vec::new();
    let mut networks = HashMap::new();
    let mut recounts = HashMap::new();
    for print in prints() {
        let name = print.network.clone();
        let elaborated = networks.entry(name.clone()).or_insert_with(|| network(&name));
        let convention = convention(&print);
        let recount = recounts
            .entry((name, convention))
            .or_insert_with(|| recount(&elaborated.network, convention).unwrap());
        assert!(print.version.starts_with(recount.version), "{print:?}");
        // The note of the table on what fvcore calls flops.
        let name = print.figure.trim_end_matches(" (its name for MACs)");
        let found = value(recount, name);
        let difference = found.map(|found| i128::from(found) - i128::from(print.value));
        let explained = known(&print, &elaborated.network);
        if difference != Some(explained) {
            failures.push(format!("{print:?}: {found:?}, {difference:?}, explained {explained}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Why a print is not met, and how much more the rules count for that reason.
struct Reason {
    tool: &'static str,
    figure: &'static str,
    is_of: fn(&str) -> bool,
    more: fn(&Network) -> u64,
}

/// What the rules cannot know of a model. Each is computed from the network.
const REASONS: [Reason; 5] = [
    // torchvision's GoogLeNet calls `F.relu` itself, which ptflops counts once: the module's hook is missing.
    Reason {
        tool: "ptflops",
        figure: "macs, backend pytorch",
        is_of: |network| network == "googlenet",
        more: |network| sum(network, |op, _, output| is_relu(op).then_some(output)),
    },
    // torchvision's DenseNet computes its last ReLU and its pool by functions.
    Reason {
        tool: "ptflops",
        figure: "macs, backend pytorch",
        is_of: |network| network.starts_with("densenet"),
        more: |network| {
            let pool = |op: &Op, input, _| matches!(op, Op::GlobalAvgPool(_)).then_some(input);
            // The pool takes what the last ReLU gives, so both are of one size.
            2 * sum(network, pool)
        },
    },
    Reason {
        tool: "thop",
        figure: "macs",
        is_of: |network| network.starts_with("densenet"),
        more: |network| {
            let pool = |op: &Op, input: u64, output: u64| {
                matches!(op, Op::GlobalAvgPool(_)).then_some(input + output)
            };
            sum(network, pool)
        },
    },
    // Networks that were never trained: the exporter stores equal tensors once.
    Reason {
        tool: "onnx-tool",
        figure: "Params",
        is_of: |network| network.starts_with("vgg") || network.starts_with("squeezenet"),
        more: |network| stored_once(network, true),
    },
    Reason {
        tool: "onnx-tool",
        figure: "Params",
        is_of: |network| !network.starts_with("vgg") && !network.starts_with("squeezenet"),
        more: |network| stored_once(network, false),
    },
];

fn known(print: &Print, network: &Network) -> i128 {
    let holds = |reason: &&Reason| {
        print.tool.split(' ').next() == Some(reason.tool)
            && print.figure == reason.figure
            && (reason.is_of)(&print.network)
    };
    REASONS.iter().find(holds).map_or(0, |reason| i128::from((reason.more)(network)))
}

fn is_relu(op: &Op) -> bool {
    op.operator().name() == "relu"
}

/// A sum over layers of a function of the operator and the numbers of elements that it takes first and gives.
fn sum(network: &Network, count: impl Fn(&Op, u64, u64) -> Option<u64>) -> u64 {
    let counts = network.layers().filter_map(|(tensor, node)| {
        let input = network.operand_shapes(tensor)[0].elements();
        count(&node.op, input, node.shape.elements())
    });
    counts.sum()
}

/// The values that a freshly made network's file does not hold because they are those of another of its tensors: biases that begin at
/// zero, and a batch norm's scale and variance of one, shift and mean of zero. One that is folded leaves a bias of zero, unless the
/// convolution's own does not begin there.
fn stored_once(network: &Network, biases_begin_at_zero: bool) -> u64 {
    let mut vectors: Vec<(&str, u64)> = Vec::new();
    for (tensor, node) in network.layers() {
        let channels = node.shape.channels().unwrap();
        let before = network.operands(tensor)[0];
        match (&node.op, &network.node(before).unwrap().op) {
            (Op::BatchNorm(_), Op::Conv(conv)) if network.consumers(before).len() == 1 => {
                vectors.extend((!conv.bias).then_some(("zeros", channels)));
            }
            (Op::BatchNorm(_), _) => {
                vectors.extend(["zeros", "zeros", "ones", "ones"].map(|of| (of, channels)));
            }
            (Op::Conv(conv), _) if conv.bias && biases_begin_at_zero => {
                vectors.push(("zeros", channels));
            }
            (Op::Linear(linear), _) if linear.bias && biases_begin_at_zero => {
                vectors.push(("zeros", channels));
            }
            _ => {}
        }
    }
    let all: u64 = vectors.iter().map(|(_, size)| size).sum();
    vectors.sort_unstable();
    vectors.dedup();
    all - vectors.iter().map(|(_, size)| size).sum::<u64>()
}

#[test]
fn our_own_convention_has_the_figures_of_the_analysis() {
    for name in bundled::names() {
        let description = common::bundled_description(name);
        let (elaborated, report) = common::analyse(&description, &Settings::default());
        let recount = recount(&elaborated.network, Convention::Cnnstat).unwrap();
        for figure in &recount.figures {
            assert_eq!(Some(figure.value), report.totals.get(figure.figure), "{name} {figure:?}");
        }
    }
}

#[test]
fn lines_and_layers_sum_to_both_figures() {
    bundled::names().into_par_iter().for_each(|name| {
        let elaborated = common::bundled_description(name).elaborate(&Settings::default()).unwrap();
        // Every pair on networks of moderate size; on the others all against our own, to save time.
        let all = elaborated.network.len() < 200;
        for (index, against) in
            Convention::ALL.into_iter().enumerate().filter(|(index, _)| all || *index == 0)
        {
            for convention in Convention::ALL.into_iter().skip(index) {
                check_sums(&elaborated.network, convention, against, None);
            }
        }
        for figure in [Figure::Params, Figure::Activations, Figure::ActivationMemory] {
            let all = Convention::ALL.into_iter();
            let with =
                all.filter(|one| explain(&elaborated.network, *one, *one, Some(figure)).is_ok());
            for convention in with {
                check_sums(&elaborated.network, convention, Convention::Cnnstat, Some(figure));
            }
        }
    });
}

fn check_sums(network: &Network, one: Convention, other: Convention, figure: Option<Figure>) {
    let explanation = explain(network, one, other, figure).unwrap();
    let (value, against) = (explanation.convention.value, explanation.against.value);
    let figures = &explanation.convention.recount.figures;
    assert!(figures.iter().any(|figure| figure.value == value), "{one:?}");
    let lines = &explanation.lines;
    assert_eq!(lines.iter().map(|line| line.convention).sum::<u64>(), value);
    assert_eq!(lines.iter().map(|line| line.against).sum::<u64>(), against);
    let difference = i128::from(value) - i128::from(against);
    assert_eq!(lines.iter().map(|line| line.difference).sum::<i128>(), difference);
    let layers = &explanation.layers;
    assert_eq!(layers.iter().map(|layer| layer.convention).sum::<u64>(), value);
    assert_eq!(layers.iter().map(|layer| layer.against).sum::<u64>(), against);
    assert_eq!(layers.iter().map(|layer| layer.difference).sum::<i128>(), difference);
    assert_eq!(explanation.difference, difference);
}

/// A batch counts as so many samples, and every count of layers follows it.
#[test]
fn a_batch_counts_as_so_many_samples() {
    for name in ["resnet18", "mobile", "decoder", "tokens", "response"] {
        let own = folder().join(format!("{name}.yaml"));
        let description = match std::fs::read_to_string(own) {
            Ok(text) => common::read(&text).unwrap(),
            Err(_) => common::bundled_description(name),
        };
        let settings = |batch| Settings { batch, ..Settings::default() };
        let [one, three] = [1, 3].map(|batch| description.elaborate(&settings(batch)).unwrap());
        for convention in Convention::ALL {
            let [one, three] = [&one, &three].map(|of| recount(&of.network, convention).unwrap());
            for (one, three) in one.figures.iter().zip(&three.figures) {
                let samples = if one.figure == Figure::Params { 1 } else { 3 };
                assert_eq!(three.value, samples * one.value, "{name} {convention:?} {}", one.name);
            }
        }
    }
}

/// A pool that PyTorch does not export is an error with the reason, not a count.
#[test]
fn what_a_tool_does_not_take_is_not_counted() {
    let elaborated = network("adaptive");
    let error = recount(&elaborated.network, Convention::OnnxTool).unwrap_err();
    assert!(error.to_string().contains("13x13 to 7x7"), "{error}");
}
