//! Closed forms: those of the literature, those of bundled networks against their analysis, and what must be refused.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod common;
mod support;

use std::collections::BTreeMap;

use cnnstat::analysis::{Totals, analyse};
use cnnstat::figure::Figure;
use cnnstat::formula::{
    FormulaError, Formulas, Polynomial, Quantity, Ratio, RatioLimit, Variable, find,
};
use cnnstat::front::yaml::expression::Expression;
use cnnstat::front::yaml::value::{Number, Value};
use cnnstat::front::yaml::{Description, Settings};
use num_bigint::BigInt;
use num_rational::BigRational;
use proptest::prelude::*;
use rayon::prelude::*;

fn read(text: &str) -> Description {
    common::read(text).unwrap_or_else(|error| panic!("{}\n{text}", common::plain(&error)))
}

fn formulas(description: &Description, over: &str, figures: &[Figure]) -> Formulas {
    let settings = Settings::default();
    let over = Variable::parse_list(over, description, &settings).unwrap();
    find(description, &settings, &over, figures).unwrap()
}

fn form(formulas: &Formulas, figure: Figure) -> &Polynomial {
    let (_, form) = formulas.figures.iter().find(|(known, _)| *known == figure).unwrap();
    &form.as_ref().unwrap_or_else(|why| panic!("{}: {why}", figure.name())).polynomial
}

/// The canonical form of a figure.
fn canonical(text: &str, over: &str, figure: Figure) -> String {
    form(&formulas(&read(text), over, &[figure]), figure).canonical()
}

fn convolutions(layers: &str) -> String {
    format!("input: [c, 8, 8]\nparams: {{c: 16}}\nlayers:\n{layers}")
}

/// One line of a stack of equal convolutions without biases.
fn stack(kernel: u64, times: usize) -> String {
    let layer =
        format!("  - conv: {{out: c, kernel: {kernel}, padding: {}, bias: false}}\n", kernel / 2);
    convolutions(&layer.repeat(times))
}

const FIRE: &str = "input: [16, 14, 14]
layers:
  - conv: {out: 16, kernel: 1, bias: false}
  - concat:
      - conv: {out: 64, kernel: 1, bias: false}
      - conv: {out: 64, kernel: 3, padding: 1, bias: false}
";

const PLAIN: &str = "input: [16, 14, 14]
layers:
  - conv: {out: 16, kernel: 3, padding: 1, bias: false}
  - conv: {out: 128, kernel: 3, padding: 1, bias: false}
";

const DENSE: &str = "input: [c, 4, 4]
params: {c: 24, k: 12, n: 6}
layers:
  - repeat:
      times: n
      index: i
      layers:
        - concat: [[], [batch_norm, relu, conv: {out: k, kernel: 3, padding: 1, bias: false}]]
";

/// The worked examples of the literature: Simonyan & Zisserman 2014, section 2.3; Iandola et al. 2016 against plain
/// convolutions; Huang et al. 2016 on the memory of concatenations.
#[test]
fn forms_of_the_literature() {
    let cases = [
        (stack(5, 1), "c", Figure::Params, "25*c**2", "25·c²"),
        (stack(3, 2), "c", Figure::Params, "18*c**2", "18·c²"),
        (stack(7, 1), "c", Figure::Params, "49*c**2", "49·c²"),
        (stack(3, 3), "c", Figure::Params, "27*c**2", "27·c²"),
        (FIRE.to_owned(), "C,H,W", Figure::Params, "16*C + 10240", "16·C + 10240"),
        (FIRE.to_owned(), "C,H,W", Figure::Macs, "16*C*H*W + 10240*H*W", "H·W·(16·C + 10240)"),
        (PLAIN.to_owned(), "c,h,w", Figure::Params, "144*c + 18432", "144·c + 18432"),
        (PLAIN.to_owned(), "c,h,w", Figure::Macs, "144*c*h*w + 18432*h*w", "h·w·(144·c + 18432)"),
        (
            DENSE.to_owned(),
            "c,k,n",
            Figure::ConcatActivations,
            "8*k*n**2 + 16*c*n + 8*k*n",
            "n·(8·k·n + 16·c + 8·k)",
        ),
        (DENSE.to_owned(), "n,batch", Figure::Layers, "4*n", "4·n"),
    ];
    for (text, over, figure, expected, pretty) in cases {
        let formulas = formulas(&read(&text), over, &[figure]);
        let found = form(&formulas, figure);
        assert_eq!((found.canonical().as_str(), found.pretty().as_str()), (expected, pretty));
        assert!(
            formulas
                .get(figure)
                .unwrap()
                .domain
                .iter()
                .all(|domain| domain.step == 1 && domain.start <= 1)
        );
    }
}

/// What n dense layers add to the c maps they start from are k·n(n + 1)/2 maps.
#[test]
fn the_memory_of_naive_concatenation() {
    let text = DENSE.replace("[c, 4, 4]", "[c, 1, 1]");
    let all = formulas(&read(&text), "c,k,n", &[Figure::ConcatActivations, Figure::ConcatMemory]);
    let start = &Polynomial::variable("c") * &Polynomial::variable("n");
    let law = form(&all, Figure::ConcatActivations) - &start;
    assert_eq!(law.canonical(), "1/2*k*n**2 + 1/2*k*n");
    assert_eq!(law.pretty(), "k·n·(n + 1)/2");
    assert_eq!(law.latex(), "\\frac{k \\, n \\, \\left(n + 1\\right)}{2}");
    let bytes = form(&all, Figure::ConcatMemory);
    assert_eq!(
        bytes,
        &form(&all, Figure::ConcatActivations).scaled(&BigRational::from_integer(4.into()))
    );
}

#[test]
fn the_depths_of_a_residual_network() {
    let description = common::bundled_description("resnet50");
    let all = formulas(&description, "depths[2]", &[Figure::Params, Figure::Macs]);
    for figure in [Figure::Params, Figure::Macs] {
        let form = form(&all, figure);
        assert_eq!(form.total_degree(), 1);
        let value = form.at(&[6]);
        let expected: u64 = if figure == Figure::Params { 25_557_032 } else { 4_089_184_256 };
        assert_eq!(value, BigRational::from_integer(expected.into()));
    }
}

/// Every bundled form against the analysis at values that have nothing to do with those of the search.
#[test]
fn forms_hold_far_away() {
    let figures = [Figure::Params, Figure::Macs, Figure::Flops, Figure::Activations];
    let cases = [
        ("squeezenet", "c,h,w"),
        ("resnet50", "c,h"),
        ("densenet121", "growth,h"),
        ("vgg16", "h,w"),
        ("alexnet", "h,w"),
        ("resnet18", "depths[1],depths[3],classes"),
    ];
    cases.par_iter().for_each(|(name, over)| {
        let description = common::bundled_description(name);
        let all = formulas(&description, over, &figures);
        let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(16));
        let forms =
            figures.map(|figure| all.get(figure).unwrap_or_else(|| panic!("{name}: {all:?}")));
        // A point of all domains: the widest of them has all others in it.
        let widest = |axis: usize| {
            forms.iter().map(|form| &form.domain[axis]).max_by_key(|domain| domain.step)
        };
        let domains: Vec<_> = (0..all.over.len()).filter_map(widest).collect();
        let points = proptest::collection::vec(1_u64..40, all.over.len());
        runner
            .run(&points, |turns| {
                let domains = domains.iter().zip(&turns);
                let point: Vec<u64> =
                    domains.map(|(domain, turn)| domain.start + domain.step * turn).collect();
                let totals = at(&description, &all.over, &point).unwrap();
                for (figure, form) in figures.iter().zip(&forms) {
                    let value = BigInt::from(totals.get(*figure).unwrap());
                    prop_assert_eq!(form.polynomial.at(&point), BigRational::from_integer(value));
                }
                Ok(())
            })
            .unwrap();
    });
}

/// The figures by elaboration and analysis alone.
fn at(description: &Description, over: &[Variable], point: &[u64]) -> Option<Totals> {
    let mut settings = Settings::default();
    let (own, _) = common::analyse(description, &settings);
    let tensor = own.network.inputs()[0];
    let mut input = own.network.node(tensor).unwrap().shape.sizes()[1..].to_vec();
    let mut lists: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for (variable, value) in over.iter().zip(point) {
        match &variable.quantity {
            Quantity::Parameter(name) => {
                settings.parameters.push((name.clone(), Value::from(*value)));
            }
            Quantity::Element(name, index) => {
                let own = own.parameters.iter().find(|(known, _)| known == name).unwrap();
                let list = lists.entry(name.clone());
                let list = list.or_insert_with(|| own.1.as_list().unwrap().to_vec());
                list[*index] = Value::from(*value);
            }
            Quantity::Channels => input[0] = *value,
            Quantity::Height => input[1] = *value,
            Quantity::Width => input[2] = *value,
            Quantity::Batch => settings.batch = *value,
        }
    }
    settings.parameters.extend(lists.into_iter().map(|(name, items)| (name, Value::list(items))));
    settings.input = over
        .iter()
        .any(|variable| {
            matches!(variable.quantity, Quantity::Channels | Quantity::Height | Quantity::Width)
        })
        .then_some(input);
    let network = description.elaborate(&settings).ok()?.network;
    Some(analyse(&network).ok()?.totals)
}

/// Where a form holds only for a class of sizes, it says so.
#[test]
fn classes_of_sizes() {
    let conv = |layers: &str| format!("input: [3, 224, 224]\nlayers: [{layers}]\n");
    let cases = [
        (conv("max_pool: 2"), "h", "h a multiple of 2"),
        (
            conv("max_pool: {kernel: 3, stride: 2}, conv: {out: 1, kernel: 1, stride: 3}"),
            "h",
            "h ≡ 2 (mod 6), h ≥ 8",
        ),
        (
            "input: [1]\nparams: {c: 64}\nlayers: [linear: c // 4]".to_owned(),
            "c",
            "c a multiple of 4",
        ),
        (
            "input: [64, 2, 2]\nlayers: [conv: {out: 32, kernel: 1, groups: 32}]".to_owned(),
            "c",
            "c a multiple of 32",
        ),
    ];
    for (text, over, expected) in cases {
        let all = formulas(&read(&text), over, &[Figure::Activations]);
        let domain =
            &all.get(Figure::Activations).unwrap_or_else(|| panic!("{text}: {all:?}")).domain[0];
        assert_eq!(domain.to_string(), expected, "{text}");
    }
}

/// What is no polynomial, or only up to a point, has no form, however far that point is.
#[test]
fn no_form_of_what_is_no_polynomial() {
    let width = |expression: &str, value: u64| {
        format!(
            "input: [1]\nparams: {{c: {value}}}\nlayers:\n  - linear: {{out: \"{expression}\"}}\n"
        )
    };
    let mut cases = Vec::new();
    for expression in [
        "max(c, 64)",
        "max(8, c // 8)",
        "min(16, c // 4) + 1",
        "min(c, 1000003)",
        "c // 100 + 1",
        "c // 4999 + 1",
        "ceil(c / 97)",
        "c % 131 + 1",
        "abs(c - 50) + 1",
        "2 if c > 256 else c",
        "c + 1 if c == 77 else c",
        "c if c % 97 == 0 else c + 1",
        "c if 4 * c < 3000 else 2 * c",
        "c if c < 1000 * 1000 * 100 else 2 * c",
        "2 ** min(c, 12)",
        "c + max(0, c - 100) * max(0, c - 200)",
    ] {
        for value in [3, 64, 300, 776] {
            cases.push((width(expression, value), "c"));
        }
    }
    cases.push((width("c ** 9 + 1", 3), "c"));
    let two = |expression: &str| {
        format!(
            "input: [1]\nparams: {{c: 12, k: 20}}\nlayers:\n  - linear: {{out: \"{expression}\"}}\n"
        )
    };
    for expression in [
        "max(c, k)",
        "c + k + 1 if c == k else c + k",
        "c * k if c > 500 and k > 500 else c * k + 1",
        "c + k if c * k < 100000 else c",
        "c + k // 333 + 1",
        "c * k // 17 + 1",
    ] {
        cases.push((two(expression), "c,k"));
    }
    cases.push(("input: [3, 224, 224]\nlayers: [adaptive_avg_pool: 101]".to_owned(), "h"));
    cases.push((
        "input: [3, 224, 224]\nlayers: [conv: {out: 1, kernel: 1, stride: 100}]".to_owned(),
        "h",
    ));
    for (text, over) in cases {
        let all = formulas(&read(&text), over, &[Figure::Params, Figure::Flops]);
        let found = all.get(Figure::Params).filter(|_| !text.contains("224"));
        let found = found.or(all.get(Figure::Flops));
        assert!(found.is_none(), "{text}: {}", found.unwrap().polynomial);
    }
    let fractal = common::bundled_description("fractalnet");
    assert!(formulas(&fractal, "columns", &[Figure::Params]).get(Figure::Params).is_none());
}

#[test]
fn refusals_name_the_variable_and_the_layer() {
    let text = "input: [3, 224, 224]
params: {width: 16}
layers:
  - conv: {name: stem, out: width, kernel: 3, padding: 1}
  - conv: {name: narrow, out: \"max(width // 2, 24)\", kernel: 1}
  - conv: {name: strided, out: 8, kernel: 1, stride: 100}
";
    let description = read(text);
    let all = formulas(&description, "width,h", &[Figure::Params, Figure::Activations]);
    let refusal = |figure| {
        let (_, form) = all.figures.iter().find(|(known, _)| *known == figure).unwrap();
        form.as_ref().unwrap_err().clone()
    };
    let params = refusal(Figure::Params);
    assert_eq!(
        (params.variable.as_deref(), params.layer.as_deref()),
        (Some("width"), Some("narrow"))
    );
    let all = formulas(&description, "h", &[Figure::Activations]);
    let activations = all.figures[0].1.as_ref().unwrap_err();
    assert_eq!(
        (activations.variable.as_deref(), activations.layer.as_deref()),
        (Some("h"), Some("strided"))
    );
    assert!(activations.message.contains("the height of its output"), "{activations}");
}

/// Refusals call figures as tables do, and blame a layer only for what is summed over layers.
#[test]
fn refusals_are_sentences() {
    let both = "c > 500 and k > 500";
    let text = format!(
        "input: [1, 64, 64]
params: {{c: 12, k: 20}}
layers:
  - conv: {{out: \"2 if {both} else 1\", kernel: \"3 if {both} else 1\", padding: same, bias: false}}
"
    );
    let refused = |text: &str, over: &str, figure| {
        let all = formulas(&read(text), over, &[figure]);
        all.figures[0].1.as_ref().unwrap_err().clone()
    };
    // Between the last point that has the form and the figure.
    for (figure, said) in [
        (Figure::ReceptiveField, " the receptive field is 3"),
        // A kernel of 9 taps, two channels, 64x64.
        (Figure::Macs, " the MACs are 73728"),
        (Figure::WeightMemory, " the weight bytes are 72"),
        (Figure::ConvActivations, " the activations of convolutions are 8192"),
    ] {
        let refusal = refused(&text, "c,k", figure);
        assert!(refusal.message.ends_with(said), "{figure:?}: {refusal}");
    }
    // The first convolution rounds, but the field grows at the second.
    let text = "input: [1, n, 64]
params: {n: 64}
layers:
  - conv: {name: first, out: 1, kernel: 3, stride: 2, padding: 1}
  - conv: {name: second, out: 1, kernel: \"1 + 2 * (n // 50)\", padding: same}
";
    let refusal = refused(text, "n", Figure::ReceptiveField);
    assert_eq!((refusal.variable.as_deref(), refusal.layer.as_deref()), (Some("n"), None));
    assert!(!refusal.message.contains("first"), "{refusal}");
    let refusal = refused(&text.replace("input: [1, n,", "input: [1, 64,"), "n", Figure::Macs);
    assert_eq!(refusal.layer.as_deref(), Some("second"));
    assert!(
        refusal.message.ends_with("it begins at `second`: its MACs are none either"),
        "{refusal}"
    );
}

#[test]
fn variables_are_parameters_first() {
    let text = "input: [c, 8, 8]
params: {c: 4, sizes: [1, 2], w: 3, flag: false}
layers:
  - conv: {out: w, kernel: \"sizes[0]\", if: not flag}
  - conv: {out: w, kernel: \"sizes[1]\"}
";
    let description = read(text);
    let settings = Settings::default();
    let parse = |text: &str| Variable::parse_list(text, &description, &settings);
    let quantities = |text: &str| -> Vec<Quantity> {
        parse(text).unwrap().into_iter().map(|variable| variable.quantity).collect()
    };
    let parameter = |name: &str| Quantity::Parameter(name.to_owned());
    let size = |index| Quantity::Element("sizes".to_owned(), index);
    assert_eq!(
        quantities("c, H ,w,batch"),
        [parameter("c"), Quantity::Height, parameter("w"), Quantity::Batch]
    );
    assert_eq!(quantities("sizes"), [size(0), size(1)]);
    assert_eq!(quantities("sizes[1],W"), [size(1), Quantity::Width]);
    for (text, says) in [
        ("wdth", "did you mean `width`?"),
        ("frobnicate", "there are c, sizes, w, c, h, w, n"),
        ("flag", "no number"),
        ("sizes[2]", "has 2 elements"),
        ("h,height", "twice"),
        ("", "needs something"),
    ] {
        let Err(FormulaError::Description(error)) = parse(text) else { panic!("{text}") };
        assert!(common::plain(&error).contains(says), "{text}: {}", common::plain(&error));
    }
    // The most are told before a long list is looked at.
    let long = format!(
        "input: [1]\nparams: {{all: [{}]}}\nlayers:\n  - linear: {{out: \"all[0]\"}}\n",
        vec!["1"; 9_000].join(", ")
    );
    let Err(FormulaError::Description(error)) =
        Variable::parse_list("all", &read(&long), &settings)
    else {
        panic!("12 at most")
    };
    assert!(common::plain(&error).contains("at most 12 variables"));
    // With the file's input following a parameter, another size of it may vary too.
    assert_eq!(canonical(text, "c,h", Figure::Macs), "24*c*h + 252*h - 252");
}

#[test]
fn ratios_and_their_limits() {
    let all = [stack(3, 2), stack(5, 1)].map(|text| formulas(&read(&text), "c", &[Figure::Params]));
    let [stacked, single] = all.each_ref().map(|all| form(all, Figure::Params));
    let ratio = Ratio::new(stacked, single).unwrap();
    assert_eq!(ratio.canonical(), "18/25");
    assert_eq!(ratio.limit("c"), RatioLimit::Number(BigRational::new(18.into(), 25.into())));
    let [fire, plain] = [FIRE, PLAIN].map(|text| formulas(&read(text), "c,h,w", &[Figure::Macs]));
    let ratio = Ratio::new(form(&plain, Figure::Macs), form(&fire, Figure::Macs)).unwrap();
    assert_eq!(ratio.pretty(), "(9·c + 1152) / (c + 640)");
    assert_eq!(ratio.limit("c"), RatioLimit::Number(BigRational::from_integer(9.into())));
    let [n, k] = ["n", "k"].map(Polynomial::variable);
    let of = |a: &Polynomial, b: &Polynomial| Ratio::new(a, b).unwrap();
    assert_eq!(of(&(&n * &k), &n).limit("n").to_string(), "k");
    assert_eq!(of(&k, &n).limit("n"), RatioLimit::Zero);
    assert_eq!(of(&(&n * &n), &(&n + &k)).limit("n"), RatioLimit::Infinity);
    // (n² - k²) / (n² + 2·n·k + k²)
    let (sum, difference) = (&n + &k, &n - &k);
    assert_eq!(of(&(&sum * &difference), &(&sum * &sum)).canonical(), "(n - k)/(n + k)");
    assert!(Ratio::new(&n, &(&k - &k)).is_none());
}

/// Where a variable is the largest number there is, no larger one is looked at.
#[test]
fn the_largest_numbers() {
    let text = "input: [c, 1, 1]\nparams: {c: 18446744073709551615}\nlayers:\n  - identity\n";
    let all = formulas(&read(text), "c", &[Figure::Params]);
    assert_eq!(all.input, ["18446744073709551615", "1", "1"]);
    assert!(all.figures[0].1.as_ref().is_ok_and(|form| form.polynomial.is_zero()));
}

/// What would take too long to cancel stays in; the ratio is the same.
#[test]
fn ratios_of_large_polynomials_are_exact() {
    let names: Vec<String> = (0..12).map(|index| format!("x{index}")).collect();
    let sum = |variables: usize, constant: u64| {
        let sum = Polynomial::constant(constant);
        names.iter().take(variables).zip(1_u64..).fold(sum, |sum, (name, factor)| {
            &sum + &(&Polynomial::variable(name) * &Polynomial::constant(factor))
        })
    };
    let power = |base: &Polynomial, exponent: usize| {
        std::iter::repeat_n(base, exponent).fold(Polynomial::constant(1), |all, one| &all * one)
    };
    // All 2048 products of 11 variables, and two sums of 126 and 210 terms that have no divisor in common.
    let dense = names.iter().skip(1).fold(Polynomial::constant(1), |all, name| {
        &all * &(&Polynomial::variable(name) + &Polynomial::constant(3))
    });
    let cases = [
        (dense, sum(12, 5)),
        (&power(&sum(4, 5), 5) + &Polynomial::variable("x2"), &power(&sum(4, 7), 6) + &sum(3, 1)),
    ];
    let common = &Polynomial::variable("x0") * &Polynomial::constant(6);
    for (left, right) in cases {
        let start = std::time::Instant::now();
        let ratio = Ratio::new(&(&left * &common), &(&right * &common)).unwrap();
        assert!(start.elapsed().as_secs() < 20);
        assert_eq!((ratio.numerator(), ratio.denominator()), (&left, &right));
        assert_eq!(ratio.limit("x11"), Ratio::new(&left, &right).unwrap().limit("x11"));
    }
}

#[test]
fn spellings() {
    let [n, k] = ["n", "k"].map(Polynomial::variable);
    let number = |value: i64| Polynomial::constant(value);
    let half = BigRational::new(1.into(), 2.into());
    let cases = [
        (number(0), "0", "0"),
        (number(-7), "-7", "-7"),
        (Polynomial::rational(half.clone()), "1/2", "1/2"),
        ((&n * &(&n + &number(1))).scaled(&half), "1/2*n**2 + 1/2*n", "n·(n + 1)/2"),
        (-&(&n * &(&n - &number(1))), "-n**2 + n", "-n·(n - 1)"),
        (&(&n + &number(1)) * &(&n + &number(1)), "n**2 + 2*n + 1", "(n + 1)²"),
        (
            &(&(&n + &number(1)) * &(&(&n + &n) + &number(1))) * &n,
            "2*n**3 + 3*n**2 + n",
            "n·(n + 1)·(2·n + 1)",
        ),
        (&(&n * &number(8)) * &(&n + &number(1)), "8*n**2 + 8*n", "8·n·(n + 1)"),
        (&(&n + &k) * &number(64), "64*n + 64*k", "64·n + 64·k"),
        (&number(5) - &n, "-n + 5", "-(n - 5)"),
        ((&n + &number(5)).scaled(&half), "1/2*n + 5/2", "(n + 5)/2"),
    ];
    for (polynomial, canonical, pretty) in cases {
        assert_eq!(
            (polynomial.canonical().as_str(), polynomial.pretty().as_str()),
            (canonical, pretty)
        );
    }
    assert_eq!(Polynomial::variable("depths[0]").latex(), "\\mathrm{depths}_{0}");
}

/// The value of a spelling as an expression of the network language.
fn value_of(text: &str, point: &[(&str, i64)]) -> BigRational {
    let mut plain = text.replace('·', "*");
    for (digit, power) in ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'].iter().zip(0..)
    {
        plain = plain.replace(*digit, &format!("**{power}"));
    }
    let lookup = |name: &str| {
        let (_, value) = point.iter().find(|(known, _)| *known == name)?;
        Some(Value::from(*value))
    };
    let value = Expression::parse(&plain).unwrap().evaluate(&lookup).unwrap();
    let number: Number = value.as_number().unwrap();
    BigRational::new(number.numerator().into(), number.denominator().into())
}

fn polynomial() -> impl Strategy<Value = Polynomial> {
    let term = (0_u64..4, 0_u64..3, -40_i64..40, 1_i64..7);
    proptest::collection::vec(term, 0..5).prop_map(|terms| {
        sum_of(terms.into_iter().map(|(n, k, numerator, denominator)| {
            ([n, k], BigRational::new(numerator.into(), denominator.into()))
        }))
    })
}

/// The sum of terms: the exponents of n and k, and a coefficient.
fn sum_of(terms: impl IntoIterator<Item = ([u64; 2], BigRational)>) -> Polynomial {
    terms.into_iter().fold(Polynomial::constant(0), |sum, ([n, k], coefficient)| {
        let factors = (0..n).map(|_| "n").chain((0..k).map(|_| "k")).map(Polynomial::variable);
        let term = factors.fold(Polynomial::rational(coefficient), |term, factor| &term * &factor);
        &sum + &term
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Both spellings are expressions of the same value; sums times sums have something to factor.
    #[test]
    fn spellings_have_the_same_value(
        left in polynomial(), right in polynomial(), n in -50_i64..50, k in -50_i64..50,
    ) {
        for polynomial in [&left * &right, left] {
            let number = |value: i64| BigRational::from_integer(BigInt::from(value));
            let value = |name: &str| Some(number(if name == "n" { n } else { k }));
            let expected = polynomial.evaluate(value).unwrap();
            let point = [("n", n), ("k", k)];
            prop_assert_eq!(&value_of(&polynomial.canonical(), &point), &expected);
            prop_assert_eq!(&value_of(&polynomial.pretty(), &point), &expected, "{}", polynomial.pretty());
        }
    }

    /// A ratio keeps its value, and a common factor goes.
    #[test]
    fn ratios_are_in_lowest_terms(
        left in polynomial(), right in polynomial(), common in polynomial(),
    ) {
        prop_assume!(!right.is_zero() && !common.is_zero());
        let ratio = Ratio::new(&left, &right).unwrap();
        prop_assert_eq!(&left * ratio.denominator(), &right * ratio.numerator());
        prop_assert_eq!(Ratio::new(&(&left * &common), &(&right * &common)).unwrap(), ratio);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// A network whose parameters are a polynomial has that polynomial as its form.
    #[test]
    fn interpolation_gives_the_polynomial_back(
        terms in proptest::collection::vec((0_u64..4, 0_u64..3, 1_u64..200), 1..5),
        triangle in any::<bool>(),
    ) {
        let mut text: Vec<String> =
            terms.iter().map(|(n, k, by)| format!("{by} * n ** {n} * k ** {k}")).collect();
        let mut expected: Vec<_> = terms
            .iter()
            .map(|(n, k, by)| ([*n, *k], BigRational::from_integer((*by).into())))
            .collect();
        if triangle {
            text.push("n * (n + 1) / 2".to_owned());
            let half = BigRational::new(1.into(), 2.into());
            expected.extend([([2, 0], half.clone()), ([1, 0], half)]);
        }
        let file = format!(
            "input: [1]\nparams: {{n: 5, k: 7, b: 0}}\nlayers:\n  - linear: {{out: n + k + b, bias: false}}\n  - linear: {{out: {}, bias: false}}\n  - identity\n",
            text.join(" + "),
        );
        let all = formulas(&read(&file), "n,k", &[Figure::Activations]);
        // The outputs of the linear layers, and the last one's again.
        let expected = sum_of(expected);
        let both = &(&expected + &expected) + &(&Polynomial::variable("n") + &Polynomial::variable("k"));
        prop_assert_eq!(form(&all, Figure::Activations), &both);
    }
}

fn program(arguments: &[&str]) -> (Option<i32>, String) {
    let call = support::Desk::new().call(&format!("formula {}", arguments.join(" ")));
    (call.code, call.out)
}

/// What scripts rely on.
#[test]
fn the_command_gives_canonical_forms() {
    let arguments = ["alexnet", "--over", "H", "--of", "params,peak_memory", "--format", "json"];
    let (code, text) = program(&arguments);
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(code, Some(0));
    assert_eq!(json["params"], "196608*H + 16335208");
    assert_eq!(json["pretty"]["params"], "196608·H + 16335208");
    assert_eq!(json["over"], serde_json::json!(["H"]));
    assert_eq!(json["assumptions"]["params"], serde_json::json!(["H ≡ 3 (mod 32), H ≥ 67"]));
    assert!(json["domains"]["params"][0]["confirmed"].as_u64() > Some(1_000_000));
    // A refusal alone is a failure, in every format.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("doubling.yaml");
    std::fs::write(&file, "input: [1]\nparams: {n: 3}\nlayers: [linear: 2 ** n]\n").unwrap();
    for format in ["table", "json", "csv", "markdown", "latex"] {
        let file = file.to_str().unwrap();
        let (code, text) = program(&[file, "--over", "n", "--of", "params", "--format", format]);
        assert_eq!(code, Some(2), "{format}");
        assert!(text.contains("4, 8, 16"), "{format}: {text}");
    }
    let (_, text) = program(&["resnet18", "--over", "depths[0],h,w", "--of", "params,macs"]);
    assert!(
        text.lines().all(|line| line.chars().count() <= 80 || line.starts_with("ResNet")),
        "{text}"
    );
}

/// Rules that set in between all values that a look at their size would try: conditions on two variables, thresholds that follow from
/// several numbers, remainders by a product. None of them may be given a form.
#[test]
fn a_rule_that_hides_between_the_values_is_found() {
    for rule in [
        "a == 300 and b == 200",
        "a > 300 and b < 5",
        "a > 300 and a < 310 and b > 300",
        "a == b + 100",
        "a + 2 * b == 1000",
        "3 * a + 5 > 9000 and 3 * a + 5 < 9010",
        "a // 64 == 100",
        "abs(a - 7 * 111) < 3",
        "min(a, 77 * 99) == 7623 and a < 7630",
        "a % (7 * 11 * 13) == 0",
        "(a + 5) % (7 * 11 * 13) == 0",
    ] {
        let text = format!(
            "input: [2, 4, 4]\nparams: {{a: 64, b: 32}}\nlayers:\n  - conv: {{out: \"a + b + (1 if {rule} else 0)\", kernel: 1, bias: false}}\n"
        );
        let all = formulas(&common::read(&text).unwrap(), "a,b", &[Figure::Params]);
        assert!(all.get(Figure::Params).is_none(), "{rule}: {all:?}");
    }
}

/// Whatever hangs on a remainder: a form is for numbers that all leave the same, or there is none. At the points here another rule is
/// followed than at small numbers, round ones and those that the descriptions name.
#[test]
fn a_form_is_for_numbers_with_the_same_remainders() {
    const MAPS: &str = "input: [3, 8, 8]\nparams: {a: 7}\nlayers:\n";
    let out = |out: &str| format!("{MAPS}  - conv: {{out: \"{out}\", kernel: 1, bias: false}}\n");
    let hangs_on = |out: &str, condition: &str| {
        format!(
            "{MAPS}  - conv: {{out: {out}, kernel: 1, bias: false}}\n  - conv: {{out: 4, kernel: 1, bias: false, if: {condition}}}\n"
        )
    };
    let one_more = |condition: &str| out(&format!("a + (1 if {condition} else 0)"));
    // The class of the parameters, or the divisors that the refusal names.
    type Expected<'e> = Result<&'e str, &'e str>;
    let cases: [(String, &str, &[u64], Expected<'_>); 18] = [
        (hangs_on("5 * a", "channels % 64 == 1"), "a", &[13], Ok("a ≡ 7 (mod 64)")),
        (hangs_on("5 * a + 3", "channels % 64 == 0"), "a", &[25], Ok("a ≡ 7 (mod 64)")),
        (hangs_on("32 * a", "channels % 64 == 0"), "a", &[1002], Ok("a ≡ 1 (mod 2)")),
        (hangs_on("64 * a", "channels % 64 == 0"), "a", &[1002], Ok("a ≥ 1")),
        (one_more("(3 * a) % 100 == 4"), "a", &[68], Err("by 100,")),
        (one_more("(3 * a) % 128 == 1"), "a", &[43], Ok("a ≡ 7 (mod 128)")),
        (one_more("(3 * a) % 224 == 1"), "a", &[75], Ok("a ≡ 7 (mod 224)")),
        (one_more("(3 * a) % 229 == 4"), "a", &[154], Err("by 229,")),
        (one_more("a % 16 == 0 and a % 15 == 0"), "a", &[240], Ok("a ≡ 7 (mod 16)")),
        (one_more("a % 16 == 7 and a % 15 == 8"), "a", &[23], Err("by 16 and by 15,")),
        (one_more("a % 31 == 5 and a % 37 == 2"), "a", &[594], Err("by 31,")),
        (one_more("a % 229 == 4"), "a", &[462], Err("by 229,")),
        (one_more("a % 256 == 4"), "a", &[516], Err("by 256,")),
        (one_more("floor(a / 229) * 229 == a - 4"), "a", &[462], Err("by 1,")),
        (out("a + min(1, (a - 3) % 500)"), "a", &[1003], Err("by 500,")),
        (one_more("(a * a) % 229 == 4"), "a", &[227], Err("by 229,")),
        (one_more("a % 97 == 4 and b % 89 == 3"), "a,b", &[4, 181], Err("by 97,")),
        (one_more("(a * b) % 16 == 4"), "a,b", &[2, 34], Ok("a ≡ 7 (mod 16); b ≡ 5 (mod 16)")),
    ];
    for (text, over, point, expected) in cases {
        let text = if over == "a" { text } else { text.replace("{a: 7}", "{a: 7, b: 5}") };
        let description = read(&text);
        let all = formulas(&description, over, &[Figure::Params, Figure::PeakMemory]);
        let params = all.figures[0].1.as_ref();
        match (params, expected) {
            (Ok(form), Ok(class)) => {
                let found: Vec<String> = form.domain.iter().map(ToString::to_string).collect();
                assert_eq!(found.join("; "), class, "{text}");
            }
            (Err(refusal), Err(divisors)) => {
                assert!(refusal.message.contains(divisors), "{text}: {refusal}");
            }
            (found, _) => panic!("{text}: {found:?}"),
        }
        // Another value leaves something else where the own ones follow no other rule.
        let own: Vec<u64> = if over == "a" { vec![7] } else { vec![7, 5] };
        for point in [point, own.as_slice()] {
            let totals = at(&description, &all.over, point).unwrap();
            for (figure, form) in &all.figures {
                let Ok(form) = form else { continue };
                let mut values = form.domain.iter().zip(point);
                if values.all(|(domain, value)| domain.contains(*value)) {
                    let value = BigRational::from_integer(totals.get(*figure).unwrap().into());
                    assert_eq!(form.polynomial.at(point), value, "{text} at {point:?}: {figure:?}");
                }
            }
        }
    }
    // Where the input's size is what is divided.
    for condition in ["height % 16 == 0 and height % 15 == 0", "height % 229 == 4"] {
        let text = format!(
            "input: [3, 7, 8]\nlayers: [conv: {{out: 4, kernel: 1}}, conv: {{out: 4, kernel: 1, if: {condition}}}]\n"
        );
        let all = formulas(&read(&text), "h", &[Figure::Params]);
        let form = all.get(Figure::Params);
        let holds = |height| form.is_some_and(|form| form.domain[0].contains(height));
        assert!(!holds(240) && !holds(233), "{text}: {form:?}");
    }
}

/// The layer with the peak of memory is proven to be that for all values of the class, and where another one takes over, the form begins
/// behind that place or there is none. Bytes are those of a layer's operands and its result, 4 a value; every layer ends its operand.
#[test]
fn the_peak_of_memory_is_proven() {
    let maps = |layers: &str| {
        let b = if layers.contains("b\"") { ", b: 10" } else { "" };
        format!("input: [3, 8, 8]\nparams: {{a: 40{b}}}\nlayers: [{layers}]\n")
    };
    let conv = |out: &str| format!("conv: {{out: \"{out}\", kernel: 1, bias: false}}");
    let all =
        |layers: &[&str]| maps(&layers.iter().map(|out| conv(out)).collect::<Vec<_>>().join(", "));
    // The form, the smallest value for which it holds; or what the refusal speaks of.
    type Expected<'e> = Result<(&'e str, &'e [u64]), &'e str>;
    let cases: [(String, &str, Expected<'_>); 8] = [
        (all(&["a", "a"]), "a", Ok(("512*a", &[3]))),
        // 256·(a + 30) at the second, 256·(30 + 5) at the third.
        (all(&["a", "30", "5"]), "a", Ok(("256*a + 7680", &[5]))),
        (all(&["30", "30", "a", "1"]), "a", Ok(("256*a + 7680", &[30]))),
        (all(&["a * a", "90 * a", "a"]), "a", Ok(("256*a**2 + 23040*a", &[1]))),
        (all(&["a * a", "1", "100 * a", "1"]), "a", Err("conv3")),
        (all(&["a", "a", "1", "b", "b"]), "a,b", Err("at `conv5` at a = 40, b = 101")),
        (all(&["a + b", "a + b", "1", "b", "b"]), "a,b", Ok(("512*a + 512*b", &[1, 2]))),
        (maps("repeat: {times: a, layers: [relu]}"), "a", Err("other layers")),
    ];
    for (text, over, expected) in cases {
        let all = formulas(&read(&text), over, &[Figure::PeakMemory]);
        match (&all.figures[0].1, expected) {
            (Ok(form), Ok((canonical, starts))) => {
                let found: Vec<u64> = form.domain.iter().map(|domain| domain.start).collect();
                assert_eq!(form.polynomial.canonical(), canonical, "{text}");
                assert_eq!(found, starts, "{text}");
            }
            (Err(refusal), Err(part)) => {
                assert!(refusal.message.contains(part), "{text}: {refusal}");
            }
            (found, _) => panic!("{text}: {found:?}"),
        }
    }
}

/// Layers behind strides have the class of all strides, the one with the peak another; in every part of its class it has to be the largest.
#[test]
fn the_peak_of_memory_has_the_coarsest_class() {
    let maps = |layers: &str| format!("input: [8, 64, 64]\nlayers: [{layers}]\n");
    let cases = [
        ("conv: {out: 8, kernel: 1}, max_pool: 4, max_pool: 4", "4096*h", "h ≥ 16"),
        // What the last pool drops is in no peak, what the first drops is.
        (
            "max_pool: 2, conv: {out: 64, kernel: 1}, max_pool: 4",
            "4608*h",
            "h a multiple of 2, h ≥ 8",
        ),
    ];
    for (layers, canonical, holds) in cases {
        let all = formulas(&read(&maps(layers)), "h", &[Figure::PeakMemory]);
        let form = all.get(Figure::PeakMemory).unwrap_or_else(|| panic!("{layers}: {all:?}"));
        assert_eq!(form.polynomial.canonical(), canonical, "{layers}");
        assert_eq!(form.domain[0].to_string(), holds, "{layers}");
    }
}
