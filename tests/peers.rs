//! The conventions against what the tools really print. `tests/reference/peers` says where the figures are from.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod common;

use std::path::{Path, PathBuf};

use cnnstat::bundled;
use cnnstat::convention::{Convention, Recount, explain, recount};
use cnnstat::figure::Figure;
use cnnstat::front::yaml::{Description, Elaborated, Settings};
use cnnstat::network::Network;
use cnnstat::ops::Op;
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
    for print in prints() {
        let elaborated = network(&print.network);
        let convention = convention(&print);
        let recount = recount(&elaborated.network, convention).unwrap();
        assert!(print.version.starts_with(recount.version), "{print:?}");
        // The note of the table on what fvcore calls flops.
        let name = print.figure.trim_end_matches(" (its name for MACs)");
        let found = value(&recount, name);
        let difference = found.map(|found| i128::from(found) - i128::from(print.value));
        let explained = known(&print, &elaborated.network);
        if difference != Some(explained) {
            failures.push(format!("{print:?}: {found:?}, {difference:?}, explained {explained}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn known(_: &Print, _: &Network) -> i128 {
    0
}
