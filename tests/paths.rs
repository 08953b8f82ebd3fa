//! Paths, direct connections and stochastic depth, against enumeration and against what papers say.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use cnnstat::analysis::paths::{BlockConnections, Paths, paths};
use cnnstat::front::yaml::Settings;
use cnnstat::network::{Builder, Network, Output, Place, Shape, Tensor};
use cnnstat::ops::{
    Activation, Add, Conv, DropPath, Function, Identity, MatMul, Mean, Mul, Op, Padding, Window,
};
use num_bigint::BigUint;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::RngSeed;

// ---- networks of the field --------------------------------------------------------------------------------------

fn bundled(name: &str, settings: &[&str]) -> Paths {
    let description = common::bundled_description(name);
    let parameters = settings.iter().map(|text| description.setting(text).unwrap()).collect();
    let settings = Settings { parameters, ..Settings::default() };
    paths(&description.elaborate(&settings).unwrap().network).unwrap()
}

fn written(text: &str) -> Paths {
    let description =
        common::read(text).unwrap_or_else(|error| panic!("{}", common::plain(&error)));
    paths(&description.elaborate(&Settings::default()).unwrap().network).unwrap()
}

/// Every residual block doubles the paths (Veit et al. 2016, arXiv:1605.06431, section 3), whether its shortcut is an identity or a
/// projection; a path takes the block's convolutions or not.
#[test]
fn residual_networks_have_two_paths_a_block() {
    // Blocks, convolutions in each, and shortcuts that are convolutions, of arXiv:1512.03385 Table 1. The first stage of the
    // bottlenecks widens and has a projection too. conv1 and fc are on every path.
    let cases = [
        ("resnet18", 8, 2, 3),
        ("resnet34", 16, 2, 3),
        ("resnet50", 16, 3, 4),
        ("resnet101", 33, 3, 4),
        ("resnet152", 50, 3, 4),
    ];
    for (name, blocks, convolutions, projections) in cases {
        let paths = bundled(name, &[]);
        assert_eq!(paths.count, Some(BigUint::from(2_u32).pow(blocks)), "{name}");
        let blocks = u64::from(blocks);
        assert_eq!(paths.lengths.longest, blocks * convolutions + 2, "{name}");
        assert_eq!(paths.lengths.shortest, projections + 2, "{name}");
        let mean = (blocks - projections) as f64 * convolutions as f64 / 2.0
            + projections as f64 * (convolutions + 1) as f64 / 2.0
            + 2.0;
        assert!((paths.mean_length().unwrap() - mean).abs() < 1e-9, "{name}");
    }
}

/// With identities alone the lengths are binomially distributed (arXiv:1605.06431, section 4.2 and Figure 6a).
#[test]
fn lengths_of_residual_paths_are_binomial() {
    let plain = bundled("plain34", &[]);
    assert_eq!(plain.count, Some(BigUint::from(1_u32)));
    assert_eq!((plain.lengths.shortest, plain.lengths.longest), (34, 34));
    assert_eq!(plain.lengths.median(), Some(34));

    // Of 54 blocks of two convolutions, two have a shortcut of two paths: the map, and the zeros beside it. Their lengths are the
    // exponents of (1 + x)^52 · (2 + x)^2, twice, and conv1 and fc.
    let distribution = bundled("resnet110-stochastic-depth", &[]).lengths.distribution.unwrap();
    let mut polynomial = vec![BigUint::from(1_u32)];
    for block in 0..54 {
        let shortcuts = if block < 2 { 2_u32 } else { 1 };
        let mut product: Vec<BigUint> = polynomial.iter().map(|count| count * shortcuts).collect();
        product.push(BigUint::default());
        for (sum, count) in product.iter_mut().skip(1).zip(&polynomial) {
            *sum += count;
        }
        polynomial = product;
    }
    let lengths: Vec<_> = distribution.iter().map(|paths| paths.length).collect();
    assert_eq!(lengths, (0..=54).map(|chosen| 2 * chosen + 2).collect::<Vec<u64>>());
    let counts: Vec<_> = distribution.into_iter().map(|paths| paths.count).collect();
    assert_eq!(counts, polynomial);

    let text = "name: residual\ninput: [4, 8, 8]\nlayers:\n  - repeat: {times: 9, layers: [add: [[], conv: {out: 4, kernel: 1}]]}\n";
    let lengths = written(text).lengths;
    let mut binomial = 1_u64;
    for (chosen, paths) in (0_u64..=9).zip(lengths.distribution.as_ref().unwrap()) {
        assert_eq!((paths.length, &paths.count), (chosen, &BigUint::from(binomial)));
        binomial = binomial * (9 - chosen) / (chosen + 1);
    }
    assert_eq!(lengths.median(), Some(4));
}

/// A fractal block of C columns has its longest path through 2^(C-1) convolutions and its shortest through one, and f(C) = f(C-1)² + 1
/// paths (arXiv:1605.07648, section 3: the rule of expansion).
#[test]
fn paths_of_fractals() {
    for (columns, of_a_block) in [(1_u32, 1_u32), (2, 2), (3, 5), (4, 26)] {
        let paths = bundled("fractalnet", &[&format!("columns={columns}")]);
        assert_eq!(paths.count, Some(BigUint::from(of_a_block).pow(5)), "{columns}");
        assert_eq!(paths.lengths.shortest, 6);
        assert_eq!(paths.lengths.longest, 5 * 2_u64.pow(columns - 1) + 1);
    }
}

fn connections_of(paths: &Paths, block: &str) -> Option<u64> {
    let mut found = paths.connections.iter().filter(|found| found.block == block);
    found.next().unwrap_or_else(|| panic!("no block `{block}`")).connections
}

/// A dense block of L layers has L(L + 1)/2 direct connections (arXiv:1608.06993, section 1).
#[test]
fn dense_blocks_connect_every_layer_with_all_before() {
    let dense = bundled("densenet121", &[]);
    for (block, connections) in [(1, 21), (2, 78), (3, 300), (4, 136)] {
        assert_eq!(connections_of(&dense, &format!("dense_block{block}")), Some(connections));
    }
    for layers in [1_u64, 2, 7, 40, 300] {
        let inside = [
            "concat: [[], [batch_norm, relu, conv: {out: 2, kernel: 3, padding: 1}]]",
            "concat: [[], [batch_norm, relu, conv: {out: 8, kernel: 1}, batch_norm, relu, conv: {out: 2, kernel: 3, padding: 1}]]",
            "concat: [[conv: {out: 2, kernel: 3, padding: 1}], []]",
        ];
        for layer in inside {
            let text = format!(
                "name: dense\ninput: [3, 4, 4]\nblocks:\n  dense:\n    layers:\n      - repeat: {{times: {layers}, layers: [{layer}]}}\nlayers:\n  - conv: {{out: 4, kernel: 1}}\n  - dense: {{name: dense}}\n  - relu\n"
            );
            assert_eq!(connections_of(&written(&text), "dense"), Some(layers * (layers + 1) / 2));
        }
    }
}

/// The branches of an inception module all take the block's input, and what is summed reaches the next layer with all it sums.
#[test]
fn connections_of_other_blocks() {
    let text = "
name: blocks
input: [4, 8, 8]
blocks:
  inception:
    layers:
      - concat: [conv: {out: 1, kernel: 1}, [conv: {out: 1, kernel: 1}, conv: {out: 1, kernel: 3, padding: 1}], [], conv: {out: 1, kernel: 1}]
  residual:
    layers:
      - add: [[], [conv: {out: 4, kernel: 1}, relu]]
      - relu
      - add: [[], conv: {out: 4, kernel: 1}]
      - relu
layers:
  - residual: {name: residual}
  - inception: {name: inception}
";
    let paths = written(text);
    // Three convolutions take the input of the block; the fourth a tensor that is not joined.
    assert_eq!(connections_of(&paths, "inception"), Some(3));
    // conv 1, relu 2, conv 1, relu 2.
    assert_eq!(connections_of(&paths, "residual"), Some(6));
    assert!(!paths.connections.iter().any(|found| found.joins == 0));
}

/// The expected depth of the paper: with a last survival of 0.5, 40 of 54 blocks (arXiv:1603.09382, section 3.2: "L̃ = 40").
#[test]
fn stochastic_depth_leaves_three_quarters_of_the_blocks() {
    let survival = bundled("resnet110-stochastic-depth", &[]).survival.unwrap();
    assert_eq!(survival.branches.all, 54);
    assert!((survival.branches.expected.unwrap() - 40.25).abs() < 1e-9);
    assert_eq!(survival.weighted_layers.all, 110);
    assert!((survival.weighted_layers.expected.unwrap() - 82.5).abs() < 1e-9);
    assert_eq!(survival.unknown, None);
    assert!(survival.macs.expected.unwrap() < survival.macs.all as f64);
    assert_eq!(bundled("resnet34", &[]).survival, None);
}

/// Two branches that may both be dropped leave what comes before them in use unless both are, which the rule does not cover.
#[test]
fn what_the_rule_does_not_cover_is_unknown() {
    let branches = "[[conv: {out: 4, kernel: 1}, drop_path: 0.5], [conv: {out: 4, kernel: 1}, drop_path: 0.5]]";
    let text = format!(
        "name: shake\ninput: [4, 8, 8]\nlayers:\n  - conv: {{name: stem, out: 4, kernel: 1}}\n  - add: {branches}\n"
    );
    let survival = written(&text).survival.unwrap();
    assert_eq!(survival.branches.expected, Some(1.0));
    assert_eq!(survival.weighted_layers.expected, None);
    assert_eq!(survival.unknown.as_deref(), Some("stem"));
}

/// A rate so near to 1 that a float would lose what it leaves over is refused, however it is written; others are exact to ten digits.
#[test]
fn rates_next_to_one_are_refused() {
    let with = |rate: &str| {
        format!(
            "input: [4, 8, 8]\nlayers: [add: [[], [conv: {{out: 4, kernel: 1}}, drop_path: {rate}]]]\n"
        )
    };
    for rate in
        ["\"0.999999999999999999999\"", "0.9999999", "\"1 - 1 / 10 ** 30\"", "1", "\"-1 / 3\""]
    {
        let refused = common::read(&with(rate)).map(|file| file.elaborate(&Settings::default()));
        assert!(!matches!(refused, Ok(Ok(_))), "{rate}");
    }
    let survival = written(&with("\"1 - 1 / 3000 ** 2 * 27\"")).survival.unwrap();
    assert!((survival.branches.expected.unwrap() - 0.000_003).abs() < 1e-15);
}

// ---- any network ------------------------------------------------------------------------------------------------

/// A node of a generated network: what it does, what it takes, where it lies.
#[derive(Debug, Clone)]
struct Made {
    kind: &'static str,
    rate: f64,
    operands: Vec<Index>,
    block: &'static str,
}

fn made() -> impl Strategy<Value = Made> {
    let kinds = vec![
        "conv",
        "conv",
        "relu",
        "identity",
        "matmul",
        "drop_path",
        "add",
        "add",
        "mul",
        "mean",
    ];
    let blocks = vec!["", "a/", "a/", "a/b/", "a/b/", "c/"];
    let operands = prop::collection::vec(any::<Index>(), 3);
    (select(kinds), select(vec![0.0, 0.25, 0.5]), operands, 1..=3_usize, select(blocks)).prop_map(
        |(kind, rate, mut operands, joined, block)| {
            operands.truncate(match kind {
                "add" | "mul" | "mean" => joined,
                "matmul" => 2,
                _ => 1,
            });
            Made { kind, rate, operands, block }
        },
    )
}

fn op(made: &Made) -> Op {
    let window = Window {
        kernel: [1, 1],
        stride: [1, 1],
        dilation: [1, 1],
        padding: Padding::VALID,
        ceil: false,
    };
    match made.kind {
        "conv" => Conv { out: 2, window, groups: 1, bias: false }.into(),
        "relu" => Activation { function: Function::Relu }.into(),
        "identity" => Identity.into(),
        "matmul" => MatMul.into(),
        "drop_path" => DropPath { rate: made.rate }.into(),
        "add" => Add.into(),
        "mul" => Mul.into(),
        "mean" => Mean.into(),
        kind => panic!("{kind}"),
    }
}

/// A generated network, and the same as lists.
#[derive(Debug)]
struct Case {
    network: Network,
    /// Names, kinds, rates and operands, the inputs first.
    nodes: Vec<(String, &'static str, f64, Vec<usize>)>,
    outputs: Vec<usize>,
}

fn case(inputs: usize, made: &[Made], outputs: &[Index]) -> Case {
    let mut builder = Builder::new();
    let shape = Shape::new(&[1, 2, 3, 3]).unwrap();
    let mut tensors: Vec<Tensor> = Vec::new();
    let mut nodes = Vec::new();
    for input in 0..inputs {
        let name = format!("input{input}");
        tensors.push(builder.input(&name, shape, Place::default()).unwrap());
        nodes.push((name, "input", 0.0, Vec::new()));
    }
    for (number, made) in made.iter().enumerate() {
        let name = format!("{}{}{number}", made.block, made.kind);
        let operands: Vec<usize> =
            made.operands.iter().map(|index| index.index(tensors.len())).collect();
        let taken: Vec<Tensor> = operands.iter().map(|&operand| tensors[operand]).collect();
        tensors.push(builder.add(&name, op(made), &taken, Place::default()).unwrap());
        nodes.push((name, made.kind, made.rate, operands));
    }
    let outputs: Vec<usize> = outputs.iter().map(|index| index.index(tensors.len())).collect();
    let named = outputs.iter().enumerate().map(|(number, &output)| Output {
        name: format!("output{number}"),
        tensor: tensors[output],
    });
    Case { network: builder.finish(named.collect()).unwrap(), nodes, outputs }
}

fn any_case() -> impl Strategy<Value = Case> {
    let made = prop::collection::vec(made(), 1..9);
    (1..=2_usize, made, prop::collection::vec(any::<Index>(), 1..=2))
        .prop_map(|(inputs, made, outputs)| case(inputs, &made, &outputs))
}

impl Case {
    fn is_join(&self, node: usize) -> bool {
        matches!(self.nodes[node].1, "add" | "mul" | "mean")
    }

    fn weight(&self, node: usize) -> u64 {
        u64::from(self.nodes[node].1 == "conv")
    }

    /// Every path from an input to `node`, as the nodes on it.
    fn paths_to(&self, node: usize) -> Vec<Vec<usize>> {
        if self.nodes[node].1 == "input" {
            return vec![vec![node]];
        }
        let mut paths = Vec::new();
        for &operand in &self.nodes[node].3 {
            for mut path in self.paths_to(operand) {
                path.push(node);
                paths.push(path);
            }
        }
        paths
    }

    /// The features that arrive at a consumer of a tensor within a block: names of what is joined, as often as it is.
    fn sources(&self, block: &str, node: usize) -> Vec<usize> {
        let inside =
            |node: usize| self.nodes[node].0.starts_with(block) && self.nodes[node].1 != "input";
        let joined = |node: usize| {
            (0..self.nodes.len()).any(|join| {
                self.is_join(join) && inside(join) && self.nodes[join].3.contains(&node)
            })
        };
        if !inside(node) {
            vec![node]
        } else if self.is_join(node) {
            self.nodes[node]
                .3
                .iter()
                .flat_map(|&operand| self.sources_of_join(block, operand))
                .collect()
        } else if joined(node) {
            vec![node]
        } else {
            Vec::new()
        }
    }

    fn sources_of_join(&self, block: &str, operand: usize) -> Vec<usize> {
        let inside = self.nodes[operand].0.starts_with(block) && self.nodes[operand].1 != "input";
        if inside && self.is_join(operand) {
            self.nodes[operand]
                .3
                .iter()
                .flat_map(|&further| self.sources_of_join(block, further))
                .collect()
        } else {
            vec![operand]
        }
    }

    fn connections(&self, block: &str) -> (u64, u64) {
        let mut joins = 0;
        let mut connections = 0;
        for (node, (name, kind, _, operands)) in self.nodes.iter().enumerate() {
            if !name.starts_with(block) || *kind == "input" {
                continue;
            }
            if self.is_join(node) {
                joins += 1;
            } else {
                let taken =
                    operands.iter().map(|&operand| self.sources(block, operand).len() as u64);
                connections += taken.sum::<u64>();
            }
        }
        (joins, connections)
    }

    fn drops(&self) -> Vec<usize> {
        let drops = |node: &usize| self.nodes[*node].1 == "drop_path" && self.nodes[*node].2 > 0.0;
        (0..self.nodes.len()).filter(drops).collect()
    }

    /// Whether a path from the node to an output meets none of the dropped.
    fn in_use(&self, node: usize, dropped: &[usize]) -> bool {
        !dropped.contains(&node)
            && (self.outputs.contains(&node)
                || (0..self.nodes.len()).any(|taker| {
                    self.nodes[taker].3.contains(&node) && self.in_use(taker, dropped)
                }))
    }

    /// The probability that a node is in use, over all patterns of survival.
    fn probability(&self, node: usize) -> f64 {
        let drops = self.drops();
        let mut probability = 0.0;
        for pattern in 0..1_u32 << drops.len() {
            let is_dropped = |place: usize| pattern >> place & 1 == 1;
            let dropped: Vec<usize> = (0..drops.len())
                .filter(|&place| is_dropped(place))
                .map(|place| drops[place])
                .collect();
            if self.in_use(node, &dropped) {
                probability += drops.iter().fold(1.0, |product, &drop| {
                    let rate = self.nodes[drop].2;
                    product * if dropped.contains(&drop) { rate } else { 1.0 - rate }
                });
            }
        }
        probability
    }

    /// The sets of dropping nodes on the paths from a node to the outputs.
    fn dropping_on_paths(&self, node: usize) -> Vec<BTreeSet<usize>> {
        let mut sets = Vec::new();
        if self.outputs.contains(&node) {
            sets.push(BTreeSet::new());
        }
        for taker in 0..self.nodes.len() {
            if self.nodes[taker].3.contains(&node) {
                sets.extend(self.dropping_on_paths(taker));
            }
        }
        if self.drops().contains(&node) {
            for set in &mut sets {
                set.insert(node);
            }
        }
        sets
    }

    /// Whether some path from the node meets only what all paths meet.
    fn is_covered(&self, node: usize) -> bool {
        let sets = self.dropping_on_paths(node);
        let on_all = sets.iter().cloned().reduce(|a, b| &a & &b);
        on_all.is_none_or(|on_all| sets.contains(&on_all))
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 400,
        rng_seed: RngSeed::Fixed(1605),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn counts_are_those_of_enumeration(case in any_case()) {
        let found = paths(&case.network).unwrap();
        let all = case.paths_to(case.outputs[0]);
        let length = |path: &[usize]| path.iter().map(|&node| case.weight(node)).sum::<u64>();
        prop_assert_eq!(found.count.as_ref(), Some(&BigUint::from(all.len())));

        let mut lengths: Vec<u64> = all.iter().map(|path| length(path)).collect();
        lengths.sort_unstable();
        let mut by_length: BTreeMap<u64, u64> = BTreeMap::new();
        for &length in &lengths {
            *by_length.entry(length).or_default() += 1;
        }
        let distribution = found.lengths.distribution.as_ref().unwrap();
        let counted: Vec<_> =
            distribution.iter().map(|paths| (paths.length, paths.count.clone())).collect();
        let expected: Vec<_> =
            by_length.into_iter().map(|(length, count)| (length, BigUint::from(count))).collect();
        prop_assert_eq!(counted, expected);
        prop_assert_eq!(found.lengths.shortest, lengths[0]);
        prop_assert_eq!(found.lengths.longest, lengths[lengths.len() - 1]);
        prop_assert_eq!(found.lengths.median(), Some(lengths[(lengths.len() - 1) / 2]));
        let mean = lengths.iter().sum::<u64>() as f64 / lengths.len() as f64;
        prop_assert!((found.mean_length().unwrap() - mean).abs() < 1e-9);

        for (node, found) in found.nodes.iter().enumerate() {
            let through: Vec<&Vec<usize>> = all.iter().filter(|path| path.contains(&node)).collect();
            prop_assert_eq!(found.through.as_ref(), Some(&BigUint::from(through.len())));
            let rest = |path: &&Vec<usize>| {
                let place = path.iter().position(|&other| other == node).unwrap();
                length(&path[place + 1..])
            };
            let distances: Vec<u64> = through.iter().map(rest).collect();
            let ends = found.distance.map(|distance| (distance.shortest, distance.longest));
            prop_assert_eq!(ends, distances.iter().min().copied().zip(distances.iter().max().copied()));
        }
    }

    #[test]
    fn connections_are_those_of_expansion(case in any_case()) {
        let found = paths(&case.network).unwrap().connections;
        let mut expected = Vec::new();
        for block in ["", "a/", "a/b/", "c/"] {
            let (joins, connections) = case.connections(block);
            if joins > 0 {
                let block = block.trim_end_matches('/').to_owned();
                expected.push(BlockConnections { block, joins, connections: Some(connections) });
            }
        }
        let mut found = found;
        found.sort_by(|a, b| a.block.cmp(&b.block));
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn expectations_are_those_of_all_patterns(case in any_case()) {
        let found = paths(&case.network).unwrap().survival;
        let is = |kind: &'static str| {
            let nodes = case.nodes.iter().enumerate();
            nodes.filter(move |(_, node)| node.1 == kind).map(|(node, _)| node)
        };
        prop_assert_eq!(found.is_some(), is("drop_path").next().is_some());
        let Some(found) = found else { return Ok(()) };
        for (kind, found) in [("drop_path", found.branches), ("conv", found.weighted_layers)] {
            prop_assert_eq!(found.all, is(kind).count() as u64);
            prop_assert_eq!(found.expected.is_some(), is(kind).all(|node| case.is_covered(node)));
            if let Some(found) = found.expected {
                let expected: f64 = is(kind).map(|node| case.probability(node)).sum();
                prop_assert!((found - expected).abs() < 1e-9, "{} {}", found, expected);
            }
        }
        let params = found.weighted_layers.expected.map(|layers| 4.0 * layers);
        prop_assert_eq!(found.params.expected, params);
        prop_assert_eq!(found.params.all, 4 * found.weighted_layers.all);
    }
}

// ---- large networks ---------------------------------------------------------------------------------------------

fn repeated(times: u32, layer: &str) -> Paths {
    written(&format!(
        "name: large\ninput: [1, 2, 2]\nlayers:\n  - repeat: {{times: {times}, layers: [{layer}]}}\n"
    ))
}

/// Numbers of paths that grow beyond any bound are left out, one figure after the other; those given are exact.
#[test]
fn what_is_too_large_is_not_given() {
    let chain = repeated(20_000, "conv: {out: 1, kernel: 1}");
    assert_eq!(chain.count, Some(BigUint::from(1_u32)));
    assert_eq!(chain.lengths.distribution.as_ref().map(Vec::len), Some(1));
    assert_eq!(chain.lengths.median(), Some(20_000));
    assert!(chain.nodes.iter().all(|node| node.through == chain.count));

    let residual = repeated(20_000, "add: [[], conv: {out: 1, kernel: 1}]");
    assert_eq!(residual.count, Some(BigUint::from(1_u32) << 20_000_u32));
    assert_eq!(residual.mean_length(), Some(10_000.0));
    assert_eq!((residual.lengths.shortest, residual.lengths.longest), (0, 20_000));
    assert_eq!(residual.lengths.distribution, None);

    // Eight times the paths of the one before: three bits more with every step.
    let multiplied = repeated(60_000, "add: [[], [], [], [], [], [], [], []]");
    assert_eq!(multiplied.count, None);
    assert_eq!(multiplied.mean_length(), None);
    assert!(multiplied.nodes.iter().all(|node| node.through.is_none()));
    assert_eq!(multiplied.lengths.longest, 0);
    // 8 sources join 8 times and more often: beyond 64 bits after 21 joins.
    let counted: Vec<_> = repeated(30, "add: [[], [], [], [], [], [], [], []]").connections;
    assert_eq!(counted[0].connections, Some(0));
    let text = "name: large\ninput: [1, 2, 2]\nlayers:\n  - repeat: {times: 30, layers: [add: [[], [], [], [], [], [], [], []]]}\n  - relu\n";
    assert_eq!(written(text).connections[0].connections, None);
}
