//! Sweeps: grids as they are written, the figures of their variants, and the Pareto front.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod common;

use cnnstat::figure::{Figure, Limit};
use cnnstat::front::yaml::{Description, Settings, StepQuota};
use cnnstat::sweep::{
    Choices, Dimension, Evaluated, Figured, Grid, GridError, MOST_STEPS, Misfits, Objective, Order,
    Sweep, SweepError, Tally, TooMuchWork, Variant, evaluate, foresee, front,
};
use common::{analyse, bundled_description, plain, read};
use proptest::prelude::*;

/// A network of every kind of parameter.
fn description() -> Description {
    read(
        "
input: [3, 32, 32]
params:
  width: 8
  scale: 1
  depths: [1, 1]
  bias: true
  mode: {default: relu, choices: [relu, gelu]}
layers:
  - repeat:
      times: len(depths)
      index: s
      layers:
        - repeat:
            times: depths[s]
            layers: [conv: {out: ceil(width * scale) * (s + 1), kernel: 3, bias: bias, act: mode}]
",
    )
    .unwrap_or_else(|error| panic!("{}", plain(&error)))
}

/// The figures of some variants, within the bound on all work.
fn evaluated(
    description: &Description,
    grid: &Grid,
    figures: &[Figure],
    variants: std::ops::Range<u64>,
) -> Vec<Variant> {
    evaluate(description, grid, figures, variants, &StepQuota::of_at_most(MOST_STEPS)).unwrap()
}

/// The values of a dimension as text.
fn values(dimension: &Dimension) -> Vec<String> {
    match &dimension.choices {
        Choices::Parameter(values) => values.iter().map(ToString::to_string).collect(),
        Choices::Input(sizes) => sizes.iter().map(|sizes| format!("{sizes:?}")).collect(),
        Choices::Batch(batches) => batches.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn values_of_a_parameter() {
    let description = description();
    for (text, expected) in [
        ("width=16", vec!["16"]),
        ("width=16,32, 64", vec!["16", "32", "64"]),
        ("width=8..64/8", vec!["8", "16", "24", "32", "40", "48", "56", "64"]),
        ("width=8..15/3", vec!["8", "11", "14"]),
        ("width=3..5", vec!["3", "4", "5"]),
        ("width=4..4", vec!["4"]),
        ("width=16..512*2", vec!["16", "32", "64", "128", "256", "512"]),
        ("width=16..500*2", vec!["16", "32", "64", "128", "256"]),
        ("width=2..20*1.5", vec!["2", "3", "4.5", "6.75", "10.125", "15.1875"]),
        ("scale=0.25..1/0.25", vec!["0.25", "0.5", "0.75", "1"]),
        ("scale=0.1..0.3/0.1", vec!["0.1", "0.2", "0.3"]),
        ("scale=1/3,2 * 2", vec!["1/3", "4"]),
        ("scale=-1..1", vec!["-1", "0", "1"]),
        // What stands before stands once.
        ("width=8..24/8,16,64,8", vec!["8", "16", "24", "64"]),
        ("width= 1 .. 3 / 2 ", vec!["1", "3"]),
        ("depths=[2, 2, 2, 2],[3,4,6,3]", vec!["[2, 2, 2, 2]", "[3, 4, 6, 3]"]),
        ("depths=[\"max(1, 2)\", 3]", vec!["[2, 3]"]),
        ("width=max(1, 2),min(7, 9)", vec!["2", "7"]),
        ("bias=true,false", vec!["true", "false"]),
        ("mode=gelu,relu", vec!["gelu", "relu"]),
    ] {
        let dimension = Dimension::parameter(&description, text);
        let dimension = dimension.unwrap_or_else(|error| panic!("{text}: {error:?}"));
        assert_eq!(values(&dimension), expected, "{text}");
    }
}

#[test]
fn inputs_and_batches() {
    for (text, expected) in [
        ("3x32x32", vec!["[3, 32, 32]"]),
        ("3x32x32,3×64×64", vec!["[3, 32, 32]", "[3, 64, 64]"]),
        ("3x32..64/32x32..64/32", vec!["[3, 32, 32]", "[3, 64, 64]"]),
        ("3x32..64/32x8..16/8", vec!["[3, 32, 8]", "[3, 64, 16]"]),
        ("3x32..64/32x7", vec!["[3, 32, 7]", "[3, 64, 7]"]),
        ("1..3", vec!["[1]", "[2]", "[3]"]),
    ] {
        assert_eq!(values(&Dimension::input(text).unwrap()), expected, "{text}");
    }
    for (text, expected) in [("1,8", vec!["1", "8"]), ("1..32*4,2", vec!["1", "4", "16", "2"])] {
        assert_eq!(values(&Dimension::batch(text).unwrap()), expected, "{text}");
    }
    for text in ["", "3x", "3x0x4", "3x4.5x4", "axb", "3x-1x4", "3x1..2x1..3", "3,,4"] {
        assert!(Dimension::input(text).is_err(), "{text}");
    }
    for text in ["", "0", "-1", "1.5", "0..3", "1,", "a"] {
        assert!(Dimension::batch(text).is_err(), "{text}");
    }
}

#[test]
fn what_is_no_dimension_is_refused() {
    let description = description();
    for (text, message) in [
        ("width", "sets nothing"),
        ("width=", "sets nothing"),
        ("wdith=3", "no parameter `wdith`"),
        ("wdith=3..4", "no parameter `wdith`"),
        ("width=1,,2", "sets nothing"),
        ("width=1..", "the end of a range is a number"),
        ("width=..4", "the start of a range is a number"),
        ("width=..", "the start of a range is a number"),
        ("width=a..b", "the start of a range is a number"),
        ("width=1..2..3", "the end of a range is a number"),
        ("width=1..4/0", "a step is above 0"),
        ("width=1..4/-1", "a step is above 0"),
        ("width=1..4/", "the step of a range is a number"),
        ("width=1..4/2/2", "the step of a range is a number"),
        ("width=1..4*1", "a factor is above 1"),
        ("width=1..4*0.5", "a factor is above 1"),
        ("width=0..4*2", "starts above 0"),
        ("width=4..1", "from the smaller number to the larger"),
        ("width=1..10**18", "the factor of a range is a number"),
        ("width=1..1000000000000000000", "more than 10000000 values"),
        ("width=1..2/0.00000000000000000000000000000000001", "more than 10000000 values"),
        ("width=1..2*1.000000000000000000000000000000001", "too large to be exact"),
        ("width=1..99999999999999999999999999999999999999999", "the end of a range is a number"),
        ("width=channels", "no tensor here"),
        ("mode=tanh", "`mode` is one of `relu`, `gelu`"),
        ("mode=1..3", "`mode` is one of `relu`, `gelu`"),
    ] {
        let error = match Dimension::parameter(&description, text) {
            Ok(dimension) => panic!("{text} is {dimension:?}"),
            Err(cnnstat::sweep::DimensionError::Setting(diagnostics)) => plain(&diagnostics),
            Err(form) => form.to_string(),
        };
        assert!(error.contains(message), "{text}: {error}");
    }
}

#[test]
fn grids_are_bounded_and_of_different_dimensions() {
    let description = description();
    let dimension = |text: &str| Dimension::parameter(&description, text).unwrap();
    let grid = Grid::new(vec![dimension("width=1..3"), dimension("bias=true,false")]).unwrap();
    let all: Vec<_> = (0..grid.len()).map(|variant| grid.settings(variant).to_string()).collect();
    assert_eq!(
        all,
        [
            "width=1, bias=true",
            "width=1, bias=false",
            "width=2, bias=true",
            "width=2, bias=false",
            "width=3, bias=true",
            "width=3, bias=false"
        ]
    );
    assert_eq!(Grid::new(Vec::new()).unwrap().len(), 1);
    let twice = Grid::new(vec![dimension("width=1"), dimension("width=2")]);
    assert_eq!(twice, Err(GridError::Repeated("width".to_owned())));
    let large = || vec![dimension("width=1..10000"), Dimension::batch("1..1000").unwrap()];
    assert_eq!(Grid::new(large()).unwrap().len(), 10_000_000);
    let mut larger = large();
    larger.push(dimension("bias=true,false"));
    assert_eq!(Grid::new(larger), Err(GridError::TooMany(20_000_000)));
}

/// The figures of every variant are those of a report under the same settings.
#[test]
fn variants_have_the_figures_of_their_settings() {
    let description = bundled_description("resnet18");
    let dimensions = vec![
        Dimension::parameter(&description, "depths=[1,1,1,1],[2,2,2,2],[1,2]").unwrap(),
        Dimension::parameter(&description, "bottleneck=false,true").unwrap(),
        Dimension::parameter(&description, "classes=10,1000").unwrap(),
        Dimension::input("3x64..224/160x64..224/160").unwrap(),
        Dimension::batch("1,3").unwrap(),
    ];
    let grid = Grid::new(dimensions).unwrap();
    let variants = evaluated(&description, &grid, &Figure::ALL, 0..u64::MAX);
    assert_eq!(variants.len(), 48);
    for (position, variant) in (0..).zip(&variants) {
        assert_eq!(variant.position, position);
        let (_, report) = analyse(&description, &grid.settings(position));
        let expected = Figure::ALL.map(|figure| report.totals.get(figure));
        let receptive_field_extent = report.receptive_field_extent;
        let expected = Figured { values: expected.into(), receptive_field_extent };
        assert_eq!(variant.evaluated, Evaluated::Figures(expected));
    }
}

#[test]
fn a_variant_that_does_not_fit_says_why() {
    let description = description();
    let dimensions = vec![Dimension::parameter(&description, "depths=[1,1],[8,8],[1]").unwrap()];
    let grid = Grid::new(dimensions).unwrap();
    let variants = evaluated(&description, &grid, &[Figure::Params], 0..3);
    let fits: Vec<_> = variants.iter().map(cnnstat::sweep::Variant::fits).collect();
    assert_eq!(fits, [true, false, true]);
    let Evaluated::Misfit(message) = &variants[1].evaluated else { panic!() };
    let expected = description.elaborate(&grid.settings(1)).unwrap_err();
    assert!(plain(&expected).contains(&**message), "{message}");
}

#[test]
fn the_order_does_not_hang_on_threads() {
    let description = description();
    let dimensions = vec![
        Dimension::parameter(&description, "width=1..50").unwrap(),
        Dimension::parameter(&description, "depths=[1,1],[8,8],[2,3]").unwrap(),
    ];
    let grid = Grid::new(dimensions).unwrap();
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| evaluated(&description, &grid, &[Figure::Params, Figure::Macs], 0..150))
    };
    let alone = with(1);
    assert_eq!(alone.len(), 150);
    for threads in [2, 3, 8] {
        assert_eq!(with(threads), alone, "{threads} threads");
    }
}

#[test]
fn nothing_set_is_the_network_itself() {
    let description = bundled_description("squeezenet");
    let grid = Grid::new(Vec::new()).unwrap();
    assert_eq!(grid.settings(0), Settings::default());
    let variants = evaluated(&description, &grid, &[Figure::Params], 0..1);
    // Iandola et al. 2016, table 1.
    assert_eq!(variants[0].figure(0), Some(1_248_424));
}

#[test]
fn objectives() {
    for (text, figure, more) in [
        ("macs", Figure::Macs, false),
        ("min:macs", Figure::Macs, false),
        ("+receptive_field", Figure::ReceptiveField, true),
        ("max:params", Figure::Params, true),
    ] {
        let expected = Objective { figure, more_is_better: more };
        assert_eq!(text.parse(), Ok(expected), "{text}");
    }
    let error = "mcas".parse::<Objective>().unwrap_err();
    assert!(error.contains("did you mean `macs`?"), "{error}");
    assert!("".parse::<Objective>().is_err());
}

/// The front as it is defined: nothing is at most as large in all and smaller in one.
fn front_by_definition(points: &[Option<Vec<u64>>]) -> Vec<bool> {
    let beats = |one: &[u64], other: &[u64]| {
        one.iter().zip(other).all(|(one, other)| one <= other) && one != other
    };
    let is_beaten = |point: &[u64]| points.iter().flatten().any(|other| beats(other, point));
    let on_front = |point: &Option<Vec<u64>>| point.as_ref().is_some_and(|point| !is_beaten(point));
    points.iter().map(on_front).collect()
}

proptest! {
    #[test]
    fn a_front_is_what_nothing_beats(
        points in (1..5_usize).prop_flat_map(|coordinates| {
            let point = proptest::collection::vec(0..8_u64, coordinates);
            proptest::collection::vec(proptest::option::weighted(0.9, point), 0..60)
        })
    ) {
        prop_assert_eq!(front(&points).unwrap(), front_by_definition(&points));
    }
}

#[test]
fn a_large_front_of_two_is_found_at_once() {
    let points: Vec<_> = (0..300_000).map(|at| Some(vec![at, 300_000 - at])).collect();
    assert!(front(&points).unwrap().into_iter().all(|on_front| on_front));
}

/// Grids of too much work are refused, foreseen or not; what is allowed does not hang on where in the grid the work is.
#[test]
fn work_is_bounded_in_all() {
    let description = read(
        "
input: [3, 8, 8]
params: {depth: 1, wide: 1}
layers:
  - conv: {out: wide, kernel: 1}
  - repeat: {times: \"depth if wide < 90 else 1000\", layers: [relu]}
",
    )
    .unwrap();
    let grid = |axes: &[&str]| {
        let axes = axes.iter().map(|text| Dimension::parameter(&description, text).unwrap());
        Grid::new(axes.collect()).unwrap()
    };
    let steps = |grid: &Grid| {
        let work = StepQuota::of_at_most(u64::MAX);
        evaluate(&description, grid, &[Figure::Layers], 0..grid.len(), &work).unwrap();
        work.steps()
    };
    // As much as there is, and a step less.
    for axes in [&["depth=1..30"][..], &["depth=30,1,2"], &["wide=80..99"]] {
        let grid = grid(axes);
        let steps = steps(&grid);
        let by = |most| {
            let work = StepQuota::of_at_most(most);
            evaluate(&description, &grid, &[Figure::Layers], 0..grid.len(), &work)
        };
        assert_eq!(by(steps).unwrap().len() as u64, grid.len(), "{axes:?}");
        let refused = TooMuchWork { variants: grid.len(), most: steps - 1 };
        assert_eq!(by(steps - 1), Err(refused), "{axes:?}");
        assert_eq!(by(0).unwrap_err().most, 0, "{axes:?}");
    }
    // Foreseen is what is far too much, of few variants nothing.
    let large = grid(&["depth=1..1000"]);
    let steps = steps(&large);
    assert_eq!(foresee(&description, &large, steps), Ok(()));
    let refused = TooMuchWork { variants: 1000, most: steps / 10 };
    assert_eq!(foresee(&description, &large, steps / 10), Err(refused));
    assert_eq!(foresee(&description, &grid(&["depth=1..64"]), 1), Ok(()));
}

/// All variants of a sweep in parts of one, two, three, …, and what became of them.
fn swept(
    description: &Description,
    grid: &Grid,
    limits: &[Limit],
    order: &Order<'_>,
) -> Result<(Vec<u64>, Tally), SweepError> {
    let mut sweep = Sweep::new(description, grid, &[Figure::Params], limits, order)?;
    let mut stay = Vec::new();
    for length in 0.. {
        match sweep.part(length)? {
            Some(variants) => stay.extend(variants.iter().map(|variant| variant.position)),
            None => break,
        }
    }
    Ok((stay, sweep.tally().clone()))
}

#[test]
fn a_sweep_counts_what_is_left_out_and_refuses_what_it_cannot_decide() {
    let description = description();
    let grid = |axes: &[&str]| {
        let axes = axes.iter().map(|text| Dimension::parameter(&description, text).unwrap());
        Grid::new(axes.collect()).unwrap()
    };
    // With one convolution a stage: 27·w + w parameters, then 18·w² + 2·w.
    let widths = grid(&["width=1..6", "depths=[1,1],[8,8]"]);
    let most = |figure, most| [Limit { figure, most }];
    let none = Order::default();
    let (stay, tally) = swept(&description, &widths, &most(Figure::Params, 252), &none).unwrap();
    // 48, 132, 252, 408, …; with eight convolutions a stage the map is too small for the last.
    assert_eq!(stay, [0, 1, 2, 3, 4, 5, 7, 9, 11]);
    assert_eq!((tally.evaluated, tally.misfits.count(), tally.above), (12, 6, 3));
    let sentences = tally.sentences();
    assert!(sentences[0].starts_with("6 of 12 variants do not fit: "), "{sentences:?}");
    assert_eq!(sentences[1..], ["3 of 12 variants exceed a limit and are left out."]);

    // What decides is among the figures, and known.
    let unknown =
        |limits: &[Limit], order: &Order<'_>| match swept(&description, &widths, limits, order) {
            Err(SweepError::Unknown(figure)) => figure,
            other => panic!("{other:?}"),
        };
    assert_eq!(unknown(&most(Figure::Macs, 1), &none), Figure::Macs);
    let objective = Objective { figure: Figure::Flops, more_is_better: true };
    assert_eq!(unknown(&[], &Order { sort: Some(objective), ..none }), Figure::Flops);
    assert_eq!(unknown(&[], &Order { pareto: &[objective], ..none }), Figure::Flops);
}

/// Where nothing fits the call is wrong, whether there is no such network or its figures are beyond 64 bits.
#[test]
fn a_sweep_of_which_nothing_fits_is_refused() {
    let refused = |description: &Description, axis: &str| {
        let grid = Grid::new(vec![Dimension::parameter(description, axis).unwrap()]).unwrap();
        swept(description, &grid, &[], &Order::default()).map(|(_, tally)| tally.misfits.count())
    };
    let small = description();
    match refused(&small, "depths=[8,8],[9,9]") {
        Err(SweepError::Wrong(diagnostics)) => {
            assert!(plain(&diagnostics).contains("this is with depths=[8, 8]"));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(refused(&small, "depths=[8,8],[1,1]").unwrap(), 1);
    let large = read(
        "input: [4000000000]\nparams: {n: 1}\nlayers: [linear: {name: wide, out: n * 1000000000}]\n",
    );
    let large = large.unwrap_or_else(|error| panic!("{}", plain(&error)));
    match refused(&large, "n=5,6") {
        Err(SweepError::NothingFits(nothing)) => {
            let sentence = nothing.to_string();
            assert!(sentence.starts_with("2 of 2 variants do not fit: `wide`: "), "{sentence}");
            assert!(sentence.ends_with(" (n=5)"), "{sentence}");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(refused(&large, "n=1,5").unwrap(), 1);
}

#[test]
fn reasons_are_told_a_few() {
    let mut misfits = Misfits::default();
    assert_eq!(misfits.sentence(9), None);
    misfits.add("too small", || "a=1".to_owned());
    assert_eq!(misfits.sentence(9).unwrap(), "1 of 9 variants does not fit: too small (a=1).");
    for (at, reason) in ["too small", "odd", "flat", "late", "odd"].into_iter().enumerate() {
        misfits.add(reason, || format!("a={}", at + 2));
    }
    assert_eq!(misfits.count(), 6);
    assert_eq!(
        misfits.sentence(9).unwrap(),
        "6 of 9 variants do not fit: too small (a=1); odd (a=3); flat (a=4); and other reasons."
    );
}
