//! Published figures, and figures counted by hand, against the analysis of network files.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod common;

use cnnstat::bundled;
use cnnstat::check::{Outcome, Verdict, check};
use cnnstat::front::yaml::Settings;
use cnnstat::report::{Layer, Report};

/// A bundled network at an input, with values for its parameters.
fn bundled(name: &str, input: [u64; 3], settings: &[&str]) -> Report {
    let description = common::bundled_description(name);
    let parameters = settings.iter().map(|text| description.setting(text).unwrap()).collect();
    let settings = Settings { parameters, input: Some(input.to_vec()), batch: 1 };
    common::analyse(&description, &settings).1
}

/// The layers of this name, of what `act:` adds to it, or in the block of this name.
fn part<'report>(report: &'report Report, path: &str) -> Vec<&'report Layer> {
    let of = |layer: &&Layer| {
        let rest = layer.name.strip_prefix(path);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '.']))
    };
    let layers: Vec<_> = report.layers.iter().filter(of).collect();
    assert!(!layers.is_empty(), "{} has no `{path}`", report.name);
    layers
}

fn shape<'report>(report: &'report Report, path: &str) -> &'report [u64] {
    &part(report, path).last().unwrap().output_shape
}

#[test]
fn whole_networks() {
    const SIDE: u64 = 224;
    for (network, settings, side, params, macs, source) in [
        // Counted by hand from the listing: SAME for the first convolution, VALID for the pools.
        ("squeezenet-listing", vec![], SIDE, 1_248_424, Some(835_814_912), "by hand"),
        // Counted by hand from https://github.com/taki0112/Densenet-Tensorflow, with biases.
        ("densenet-listing", vec![], SIDE, 2_021_860, Some(443_379_456), "by hand, pools VALID"),
        (
            "densenet-listing",
            vec!["pool_padding=same"],
            SIDE,
            2_021_860,
            Some(485_989_920),
            "by hand, pools SAME",
        ),
        ("googlenet", vec!["auxiliary=false"], SIDE, 6_998_552, None, "Caffe, bvlc_googlenet"),
        ("alexnet", vec![], 227, 60_965_224, Some(724_406_816), "Caffe, bvlc_alexnet"),
        ("squeezenet", vec![], 227, 1_248_424, None, "arXiv:1602.07360 Table 1"),
    ] {
        let report = bundled(network, [3, side, side], &settings);
        let context = format!("{network} {settings:?}, {source}");
        assert_eq!(report.totals.figures.params, params, "{context}");
        if let Some(macs) = macs {
            assert_eq!(report.totals.figures.macs, macs, "{context}");
        }
    }
}

/// Sides of the square maps in the listings, counted by hand.
#[test]
fn maps_of_the_listings() {
    let blocks = ["dense_1", "dense_2", "dense_3", "dense_final"];
    for (network, settings, layers, sides) in [
        (
            "squeezenet-listing",
            vec![],
            ["conv1", "maxpool1", "maxpool4", "maxpool8"],
            [112, 55, 27, 13],
        ),
        ("densenet-listing", vec![], blocks, [55, 27, 13, 6]),
        ("densenet-listing", vec!["pool_padding=same"], blocks, [56, 28, 14, 7]),
    ] {
        let report = bundled(network, [3, 224, 224], &settings);
        for (layer, side) in layers.into_iter().zip(sides) {
            assert_eq!(shape(&report, layer)[2..], [side; 2], "{network} {settings:?} {layer}");
        }
    }
    // 12 from the last transition and 12 from each of 32 layers.
    let report = bundled("densenet-listing", [3, 224, 224], &[]);
    assert_eq!(part(&report, "linear")[0].input_shapes, [[1, 396]]);
}

/// arXiv:1602.07360, Table 1. The map sizes are those of a 227x227 input, although the table says 224x224; where it
/// has 13x12 after maxpool8 its next row has 13x13. The parameters are those before pruning.
#[test]
fn squeezenet_table_1() {
    let report = bundled("squeezenet", [3, 227, 227], &[]);
    for (layer, output, params) in [
        ("conv1", [96, 111, 111], 14_208),
        ("maxpool1", [96, 55, 55], 0),
        ("fire2", [128, 55, 55], 11_920),
        ("fire3", [128, 55, 55], 12_432),
        ("fire4", [256, 55, 55], 45_344),
        ("maxpool4", [256, 27, 27], 0),
        ("fire5", [256, 27, 27], 49_440),
        ("fire6", [384, 27, 27], 104_880),
        ("fire7", [384, 27, 27], 111_024),
        ("fire8", [512, 27, 27], 188_992),
        ("maxpool8", [512, 13, 13], 0),
        ("fire9", [512, 13, 13], 197_184),
        ("conv10", [1000, 13, 13], 513_000),
        ("avgpool10", [1000, 1, 1], 0),
    ] {
        assert_eq!(shape(&report, layer)[1..], output, "{layer}");
        let found: u64 = part(&report, layer).iter().map(|layer| layer.figures.params).sum();
        assert_eq!(found, params, "{layer}");
    }
}

/// Small kernels in place of large ones of the same reach: arXiv:1409.1556, section 2.3, gives 27c² against 49c².
#[test]
fn small_kernels() {
    for channels in [1, 3, 64, 512] {
        for (stack, taps) in [(vec![5], 25), (vec![3, 3], 18), (vec![7], 49), (vec![3, 3, 3], 27)] {
            let layers: String = stack.iter().map(|kernel| convolution("c", *kernel)).collect();
            let (height, width) = (11, 14);
            let report = common::report(&format!(
                "input: [{channels}, {height}, {width}]\nparams: {{c: {channels}}}\nlayers:\n{layers}"
            ));
            let square = channels * channels;
            assert_eq!(report.totals.figures.params, taps * square, "{stack:?} of {channels}");
            assert_eq!(report.totals.figures.macs, taps * square * height * width, "{stack:?}");
            assert_eq!(report.outputs[0].shape, [1, channels, height, width]);
        }
    }
}

fn convolution(out: &str, kernel: u64) -> String {
    let padding = kernel / 2;
    format!("  - conv: {{out: {out}, kernel: {kernel}, padding: {padding}, bias: false}}\n")
}

/// A Fire module of 16, 64 and 64 maps against plain 3x3 convolutions to 16 and 128, without biases: by hand,
/// 9·16·C + 9·16·128 weights against 16·C + 16·64 + 9·16·64.
#[test]
fn fire_against_plain() {
    let plain = convolution("16", 3) + &convolution("128", 3);
    let fire = format!(
        "{}  - concat:\n    {}    {}",
        convolution("16", 1),
        convolution("64", 1),
        convolution("64", 3)
    );
    for (channels, height, width) in
        [(1, 1, 1), (3, 32, 32), (96, 55, 55), (128, 7, 30), (512, 13, 12)]
    {
        for (layers, params) in [(&plain, 18_432 + 144 * channels), (&fire, 10_240 + 16 * channels)]
        {
            let report = common::report(&format!(
                "input: [{channels}, {height}, {width}]\nlayers:\n{layers}"
            ));
            assert_eq!(report.totals.figures.params, params, "{layers}");
            assert_eq!(report.totals.figures.macs, params * height * width, "{layers}");
            assert_eq!(report.outputs[0].shape, [1, 128, height, width]);
        }
    }
}

#[test]
fn what_the_bundled_networks_expect_holds() {
    for name in bundled::names() {
        let description = common::bundled_description(name);
        assert!(!description.expectations().is_empty(), "{name} expects nothing");
        for outcome in check(&description, &Settings::default()).unwrap().0 {
            assert!(outcome.verdict.passes(), "{name}: {outcome:#?}");
            assert!(outcome.source.is_some(), "{name}: {outcome:#?}");
        }
    }
}

/// A convolution of 3·4·9 + 4 = 112 parameters at 8x8 places, then a block of 4·5 + 5 = 25 at as many.
const SMALL: &str = "
input: [3, 8, 8]
params: {out: 4}
blocks:
  last: {layers: [{conv: {out: 5, kernel: 1}}]}
layers:
  - conv: {name: first, out: out, kernel: 3, padding: 1, act: relu}
  - last: {name: second}
";

fn outcomes(expectation: &str) -> Vec<Outcome> {
    let text = format!("{SMALL}expect:\n  - {expectation}\n");
    let description =
        common::read(&text).unwrap_or_else(|error| panic!("{}", common::plain(&error)));
    let (outcomes, _) = check(&description, &Settings::default()).unwrap();
    assert!(!outcomes.is_empty(), "{expectation}");
    outcomes
}

#[test]
fn verdicts() {
    use Verdict::{Differs, Fails, Holds, HoldsAfterAll};
    for (expectation, verdict) in [
        ("{params: 137}", Holds),
        ("{params: 138}", Fails),
        ("{params: 138, within: 1}", Holds),
        ("{params: 139, within: 1}", Fails),
        ("{params: 136, within: 1}", Holds),
        ("{params: 100, within: 37%}", Holds),
        ("{params: 100, within: 36.9%}", Fails),
        ("{params: 1.37e2}", Holds),
        ("{params: 138, differs: an extra one is published}", Differs),
        ("{params: 137, differs: it does not}", HoldsAfterAll),
        ("{params: 138, within: 1, differs: it does not}", HoldsAfterAll),
        ("{macs: 108 * 64 + 20 * 64}", Holds),
        // With the bias, an activation at every place, and the bias of the block.
        ("{flops: 2 * 8192 + (4 + 4 + 5) * 64}", Holds),
        ("{activations: (4 + 4 + 5) * 64}", Holds),
        ("{conv_activations: (4 + 5) * 64}", Holds),
        ("{output: [5, 8, 8]}", Holds),
        ("{output: [5, 8, 9]}", Fails),
        ("{output: [5, 8]}", Fails),
        ("{of: first, params: 112}", Holds),
        ("{of: first, activations: 512}", Holds),
        ("{of: second, params: 25, output: [5, 8, 8]}", Holds),
        ("{of: second/conv1, params: 25}", Holds),
        ("{of: second, params: 137}", Fails),
        ("{params: 80, with: {out: 2}}", Fails),
        ("{params: 71, with: {out: 2}}", Holds),
        ("{of: first, macs: 108 * 5 * 6, input: [3, 5, 6]}", Holds),
        ("{of: first, macs: 54 * 5 * 6, input: [3, 5, 6], with: {out: 2}}", Holds),
    ] {
        for outcome in outcomes(expectation) {
            assert_eq!(outcome.verdict, verdict, "{expectation}: {outcome:#?}");
            assert_eq!(verdict.passes(), matches!(verdict, Holds | Differs));
        }
    }
}

#[test]
fn an_entry_of_several_figures_has_as_many_outcomes() {
    let outcomes = outcomes("{params: 137, macs: 1, output: [5, 8, 8]}");
    let verdicts: Vec<_> = outcomes.iter().map(|outcome| outcome.verdict).collect();
    assert_eq!(verdicts, [Verdict::Holds, Verdict::Fails, Verdict::Holds]);
}

#[test]
fn an_expectation_of_what_is_not_there_is_an_error() {
    for (expectation, message) in [
        ("{of: third, params: 1}", "there is no layer or block `third`"),
        // `firs` begins a name, but is none.
        ("{of: firs, params: 112}", "there is no layer or block `firs`"),
        ("{params: 1, input: [3, 0, 8]}", "whole numbers of at least 1"),
        ("{params: 1, with: {out: 1/2}}", "needs a whole number"),
    ] {
        let text = format!("{SMALL}expect:\n  - {expectation}\n");
        let checked = common::read(&text).map(|description| {
            check(&description, &Settings::default()).map_err(|error| error.to_string())
        });
        let error = match checked {
            Ok(outcomes) => outcomes.unwrap_err(),
            Err(diagnostics) => common::plain(&diagnostics),
        };
        assert!(error.contains(message), "{expectation}: {error}");
    }
}

#[test]
fn a_block_gives_what_it_passes_on() {
    let description = common::read(
        "input: [3, 4, 4]
blocks:
  two_ways:
    params: {width: , middle: width * 2}
    layers:
      - conv: {out: middle, kernel: 1}
      - conv: {out: width, kernel: 1, act: relu}
      - side: {name: head, layers: [global_avg_pool, flatten]}
layers:
  - two_ways: {name: block, width: 8}
  - relu
outputs: [relu1, block/head]
expect:
  - {of: block, output: [8, 4, 4]}
  - {of: block/head, output: [8]}
  - {of: block/conv2, output: [8, 4, 4]}
  - {of: block/conv1, output: [16, 4, 4]}
",
    )
    .unwrap();
    let (outcomes, warnings) = check(&description, &Settings::default()).unwrap();
    assert!(warnings.is_empty());
    for outcome in outcomes {
        assert!(outcome.verdict.passes(), "{outcome:#?}");
    }
}
