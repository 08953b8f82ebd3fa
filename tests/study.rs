//! Studies: what is read, the closed forms and ratios that come out, and the command.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod common;
mod support;

use std::path::Path;
use std::sync::{Arc, OnceLock};

use cnnstat::back;
use cnnstat::bundled::{self, Bundled};
use cnnstat::diagnostics::{Diagnostics, Source};
use cnnstat::figure::{Figure, Measure, PathFigure};
use cnnstat::front::yaml::{Library, Settings, Study};
use cnnstat::report::document::Part;
use cnnstat::study::{StudiedVariant, StudyReport, evaluate};
use num_rational::BigRational;
use support::{Call, Desk};

fn read(text: &str) -> Result<Study, Diagnostics> {
    Study::read(&Source::new("test.yaml", text), &Bundled)
}

fn said(text: &str) -> String {
    match read(text) {
        Ok(study) => match evaluate(&study, &Settings::default(), None) {
            Ok(_) => String::new(),
            Err(diagnostics) => common::plain(&diagnostics),
        },
        Err(diagnostics) => common::plain(&diagnostics),
    }
}

fn bundled_study(name: &str) -> Study {
    let source = bundled::study(name).unwrap_or_else(|| panic!("no study `{name}`"));
    Study::read(&source, &Bundled).unwrap_or_else(|error| panic!("{}", common::plain(&error)))
}

/// The report of a bundled study; all of them are made once.
fn report(name: &str) -> &'static StudyReport {
    static REPORTS: OnceLock<Vec<(&str, StudyReport)>> = OnceLock::new();
    let reports = REPORTS.get_or_init(|| {
        let evaluated = bundled::studies().into_iter().map(|name| {
            let evaluated = evaluate(&bundled_study(name), &Settings::default(), None);
            let (report, warnings) = evaluated.unwrap();
            assert!(warnings.is_empty(), "{name}: {}", common::plain(&warnings));
            (name, report)
        });
        evaluated.collect()
    });
    let (_, report) = reports.iter().find(|(known, _)| *known == name).unwrap();
    report
}

fn variant<'r>(report: &'r StudyReport, name: &str) -> &'r StudiedVariant {
    report.variants.iter().find(|variant| variant.name == name).unwrap()
}

fn form(report: &StudyReport, of: &str, figure: Figure) -> String {
    let form = variant(report, of).formulas.get(Measure::Figure(figure)).unwrap();
    form.canonical.clone().unwrap_or_else(|| panic!("{form:?}"))
}

fn ratio(report: &StudyReport, of: &str, figure: Figure) -> String {
    variant(report, of).formula_ratios.get(Measure::Figure(figure)).unwrap().canonical.clone()
}

fn limit(report: &StudyReport, of: &str, figure: Figure, variable: &str) -> String {
    let ratio = variant(report, of).formula_ratios.get(Measure::Figure(figure)).unwrap();
    ratio.limits.iter().find(|limit| limit.variable == variable).unwrap().canonical.clone()
}

fn value(report: &StudyReport, of: &str, measure: Measure) -> u64 {
    variant(report, of).figures.get(measure).unwrap().unwrap()
}

#[test]
fn stacks_of_small_kernels() {
    // 25c² and 49c² against 18c² and 27c²: arXiv:1409.1556, section 2.3.
    let report = report("small-kernels");
    for (of, params, field) in [
        ("one 5x5", "25*c**2", "5"),
        ("two 3x3", "18*c**2", "5"),
        ("one 7x7", "49*c**2", "7"),
        ("three 3x3", "27*c**2", "7"),
    ] {
        assert_eq!(form(report, of, Figure::Params), params, "{of}");
        assert_eq!(form(report, of, Figure::Macs), format!("{params}*h*w"), "{of}");
        assert_eq!(form(report, of, Figure::ReceptiveField), field, "{of}");
    }
    assert_eq!(ratio(report, "two 3x3", Figure::Params), "18/25");
    assert_eq!(ratio(report, "three 3x3", Figure::Macs), "27/49");
    assert_eq!(limit(report, "two 3x3", Figure::Params, "c"), "18/25");
    assert_eq!(variant(report, "one 7x7").against, None);
    assert_eq!(ratio(report, "two 3x3", Figure::Activations), "2");
}

#[test]
fn fire_against_plain() {
    // The worked example: 18432 + 144C against 10240 + 16C, and H·W times as many multiplications.
    let report = report("fire-against-plain");
    assert_eq!(form(report, "plain", Figure::Params), "144*C + 18432");
    assert_eq!(form(report, "fire", Figure::Params), "16*C + 10240");
    assert_eq!(form(report, "plain", Figure::Macs), "144*C*H*W + 18432*H*W");
    assert_eq!(form(report, "fire", Figure::Macs), "16*C*H*W + 10240*H*W");
    assert_eq!(ratio(report, "fire", Figure::Macs), "(C + 640)/(9*C + 1152)");
    assert_eq!(limit(report, "fire", Figure::Params, "C"), "1/9");
    assert_eq!(limit(report, "fire", Figure::Params, "H"), "(C + 640)/(9*C + 1152)");
}

#[test]
fn what_other_studies_find() {
    // 1/N + 1/9: arXiv:1704.04861, section 3.1.
    let separable = report("depthwise-separable");
    assert_eq!(ratio(separable, "separable", Figure::Macs), "(out + 9)/(9*out)");
    assert_eq!(limit(separable, "separable", Figure::Macs, "out"), "1/9");
    assert_eq!(limit(separable, "separable", Figure::Activations, "in"), "infinity");
    assert_eq!(limit(separable, "separable", Figure::Activations, "out"), "1");

    // (1·4 + 9 + 4·1)/(2·9·16): three kernels at widths 4-1-1-4 against two 3x3 at 4-4.
    let bottleneck = report("bottleneck-against-basic");
    assert_eq!(ratio(bottleneck, "bottleneck", Figure::Macs), "17/288");
    assert_eq!(limit(bottleneck, "bottleneck", Figure::Params, "inner"), "17/288");

    // Concatenations of 2k, 3k … (n + 1)k maps: n(n + 1)/2 of the layers' and n of the input's.
    let dense = report("dense-against-residual");
    let maps = form(dense, "dense", Figure::ConcatActivations);
    assert_eq!(maps, "1/2*n**2*k*h*w + 3/2*n*k*h*w");
    assert_eq!(form(dense, "residual", Figure::ConcatActivations), "0");
    let output = |of| variant(dense, of).output.clone();
    assert_eq!(output("dense"), output("residual"));

    // Table 1 of arXiv:1409.4842 gives 73 M operations for inception (4a).
    let reduced = report("one-by-one-reduction");
    let macs = value(reduced, "reduced", Measure::Figure(Figure::Macs));
    assert!((72_500_000..=73_999_999).contains(&macs), "{macs}");

    // VGG's head by hand: 25088·4096 + 4096 + 4096·4096 + 4096 + 4096·1000 + 1000.
    let pooled = report("global-average-pooling");
    let params = Measure::Figure(Figure::Params);
    assert_eq!(value(pooled, "fully connected", params), 123_642_856);
    assert_eq!(value(pooled, "pooled", params), 513_000);
    assert_eq!(limit(pooled, "pooled", Figure::Macs, "s"), "0");
}

#[test]
fn shortcuts_make_paths_short() {
    let report = report("short-paths");
    let path = |of, figure| value(report, of, Measure::Path(figure));
    assert_eq!(path("Plain-34", PathFigure::Paths), 1);
    assert_eq!(path("Plain-34", PathFigure::ShortestPath), 34);
    // Sixteen residual blocks, each passed or not: arXiv:1605.06431. Around all of them remain the first and the last layer, and three
    // projections.
    assert_eq!(path("ResNet-34", PathFigure::Paths), 1 << 16);
    assert_eq!(path("ResNet-34", PathFigure::ShortestPath), 5);
    assert_eq!(path("ResNet-34", PathFigure::LongestPath), 34);
    // 6 + 12 + 24 + 16 dense layers.
    assert_eq!(path("DenseNet-121", PathFigure::Paths), 1 << 58);
    assert_eq!(path("DenseNet-121", PathFigure::LongestPath), 121);
}

#[test]
fn forms_agree_with_every_figure_of_every_bundled_study() {
    let names = bundled::studies();
    assert_eq!(names.len(), 8);
    for name in names {
        let (study, report) = (bundled_study(name), report(name));
        assert!(report.source.is_some() && report.question.is_some(), "{name}");
        for (at, variant) in report.variants.iter().enumerate().filter(|_| !study.over.is_empty()) {
            let defaults: Vec<(&str, u64)> = report
                .settings
                .iter()
                .map(|setting| (setting.name.as_str(), setting.value.parse().unwrap()))
                .collect();
            let swept = report.sweep.as_ref().unwrap();
            let points = swept.points.iter().map(|point| {
                let mut values = defaults.clone();
                values.retain(|(name, _)| *name != swept.parameter);
                values.push((&swept.parameter, point.value));
                (values, &point.variants[at])
            });
            for (values, figures) in points.chain([(defaults.clone(), &variant.figures)]) {
                for figure in study.of.iter().map(|figure| Measure::Figure(*figure)) {
                    let form = variant.formulas.get(figure).unwrap().polynomial.as_ref();
                    let form = form.unwrap_or_else(|| panic!("{name}: no form of {figure:?}"));
                    let found = form.evaluate(|name| {
                        let (_, value) = values.iter().find(|(known, _)| *known == name)?;
                        Some(BigRational::from_integer((*value).into()))
                    });
                    let known = figures.get(figure).copied().flatten();
                    let known = known.map(|known| BigRational::from_integer(known.into()));
                    assert_eq!(found, known, "{name}, {}, {figure:?}", variant.name);
                }
            }
        }
    }
}

#[test]
fn a_variant_of_a_whole_network_takes_the_study_s_parameters() {
    let text = "
study: Heads
params: {classes: 10, width: 12}
variants:
  small: {extends: squeezenet, input: [3, 64, 64]}
  large: {extends: densenet121, params: {growth: 2 * width}}
figures: [params]
sweep: {width: 8..16*2}
";
    let study = read(text).unwrap();
    let (report, _) = evaluate(&study, &Settings::default(), None).unwrap();
    // The networks' own defaults are 1000 classes and a growth of 32.
    assert_eq!(report.variants[0].output, [1, 10]);
    assert_eq!(report.variants[0].input, [1, 3, 64, 64]);
    let swept = report.sweep.unwrap();
    let params: Vec<u64> = swept
        .points
        .iter()
        .map(|point| point.variants[1].get(Measure::Figure(Figure::Params)).unwrap().unwrap())
        .collect();
    let with = |growth: &str| {
        let description = common::bundled_description("densenet121");
        let parameters = [growth, "classes=10"].map(|one| description.setting(one).unwrap());
        let settings = Settings { parameters: parameters.to_vec(), ..Settings::default() };
        common::analyse(&description, &settings).1.totals.figures.params
    };
    assert_eq!(params, [with("growth=16"), with("growth=32")]);

    // What only one of the networks has can be set too.
    let setting = study.setting("growth=4").unwrap();
    let settings = Settings { parameters: vec![setting], ..Settings::default() };
    let (set, _) = evaluate(&study, &settings, None).unwrap();
    let params = |report: &StudyReport| value(report, "large", Measure::Figure(Figure::Params));
    assert!(params(&set) < with("growth=16"));
}

#[test]
fn names_are_shown_and_never_obeyed() {
    let text = "
study: <script>alert(1)</script>
input: [3, 4, 4]
params: {c: 2}
variants:
  \"<b>bold</b> | _x_ \\e[31m\": [conv: {out: c, kernel: 1}]
  plain: [conv: {out: c, kernel: 3}]
formulas: {over: [c]}
sweep: {c: [1, 2]}
";
    let (report, _) = evaluate(&read(text).unwrap(), &Settings::default(), None).unwrap();
    let document = report.document();
    let page = back::document::html(&document).unwrap();
    assert!(!page.contains("<script") && !page.contains("<b>"), "{page}");
    assert!(page.contains("&lt;b&gt;"));
    let svg = back::document::svg(&document).unwrap();
    roxmltree::Document::parse(&svg).unwrap();
    for text in [
        back::document::terminal(&document, Some(80), false),
        back::document::markdown(&document),
        page,
        svg,
    ] {
        assert!(!text.contains('\u{1b}'));
    }
}

#[test]
fn everything_is_bounded() {
    let variants = |count: usize| -> String {
        let lines = (0..count).map(|at| format!("  v{at}: [relu]\n"));
        format!("study: Many\ninput: [3, 4, 4]\nvariants:\n{}", lines.collect::<String>())
    };
    assert_eq!(said(&variants(100)), "");
    assert!(said(&variants(101)).contains("there are 101 variants, the most are 100"));
    assert!(said(&variants(1_000_000)).contains("a study has at most 1 MiB"));
    let entries: Vec<String> = (0..101).map(|at| format!("w{at}: v0")).collect();
    let baselines = format!("{}baseline: {{{}}}\n", variants(2), entries.join(", "));
    assert!(said(&baselines).contains("there are 101 baselines, the most are 100"));
    let one = "study: One\ninput: [3, 4, 4]\nparams: {c: 2}\nvariants: {v: [conv: {out: c, kernel: 1}]}\n";
    for (sweep, expected) in [
        ("1..10000", ""),
        ("1..10001", "there are more than 10000 values"),
        ("[]", "a list of whole numbers is needed here"),
        ("[-1]", "a list of whole numbers is needed here"),
        ("[0]", "with c=0"),
        ("[18446744073709551615]", "with c=18446744073709551615"),
    ] {
        let said = said(&format!("{one}sweep: {{c: {sweep}}}\n"));
        let holds = if expected.is_empty() { said.is_empty() } else { said.contains(expected) };
        assert!(holds, "{sweep}: {said}");
    }
    let long = "study: Long\ninput: [3, 4, 4]\nparams: {c: 2}\nvariants: {v: [repeat: {times: 6000 * c, layers: [relu]}]}\nsweep: {c: 1..9000}\n";
    assert!(said(long).contains("steps to build, all together"), "{}", said(long));
    let one = long.replace("1..9000", "[2000000]");
    assert!(said(&one).contains("takes more than 1000000 steps to build"), "{}", said(&one));
}

/// At 9 taps, no kernel fits the 8 pixels: the variant is unknown there, and the others are shown.
#[test]
fn what_does_not_fit_a_sweep_is_unknown() {
    let text = "study: Some\ninput: [3, 8, 8]\nparams: {k: 3}\nfigures: [params]\nvariants:\n  \
        wide: [conv: {out: 1, kernel: k, bias: false}]\n  \
        other: [conv: {out: 1, kernel: 1, bias: false}]\nsweep: {k: [1, 3, 9]}\n";
    let study = read(text).unwrap();
    let (report, _) = evaluate(&study, &Settings::default(), None).unwrap();
    let json = serde_json::to_value(&report).unwrap();
    let params = |point: usize| json["sweep"]["points"][point]["variants"].clone();
    assert_eq!(params(1), serde_json::json!([{"params": 27}, {"params": 3}]));
    assert_eq!(params(2), serde_json::json!([{"params": null}, {"params": 3}]));
    let misfits = json["sweep"]["misfits"].as_array().unwrap();
    assert_eq!(misfits.len(), 1);
    assert_eq!((&misfits[0]["value"], &misfits[0]["variant"]), (&9.into(), &"wide".into()));
    let why = "`conv`: the kernel spans 9 pixels of height";
    assert!(misfits[0]["error"].as_str().unwrap().contains(why), "{misfits:?}");
    let page = back::document::terminal(&report.document(), Some(80), false);
    assert!(page.contains("1 of 6 variants does not fit: `conv`: the kernel spans 9"), "{page}");
    assert!(page.contains("(`wide` with k=9)"), "{page}");
    let csv = back::csv::render(&report.flat_table()).unwrap();
    let row = csv.lines().find(|line| line.starts_with("wide,,9,")).unwrap();
    assert!(row.contains(why), "{csv}");
    assert!(csv.lines().next().unwrap().ends_with(",error"), "{csv}");
    // Where nothing fits, the call is wrong.
    let sweep = study.sweep_of("k=9,10").unwrap();
    let only = read(&text.replace("kernel: 1,", "kernel: k,")).unwrap();
    assert!(evaluate(&only, &Settings::default(), Some(&sweep)).is_err());
}

/// The sentence is for what is known twice or more; of a single value that fits, or was asked for, a table tells.
#[test]
fn what_is_known_once_is_not_called_constant() {
    let text = "study: Some\ninput: [3, 8, H]\nparams: {H: 8}\nfigures: [params, macs, paths]\nvariants:\n  \
        large: [conv: {out: 1, kernel: [1, 7], bias: false}]\n  \
        mixed: [conv: {out: 2, kernel: [1, 7], bias: false}]\nsweep: {H: [3, 5, 8]}\n";
    let over = |text: &str, sweep: Option<&str>| {
        let study = read(text).unwrap();
        let sweep = sweep.map(|sweep| study.sweep_of(sweep).unwrap());
        let (report, _) = evaluate(&study, &Settings::default(), sweep.as_ref()).unwrap();
        let document = report.document();
        let section = document.sections.iter().find(|section| section.title == "Over H").unwrap();
        let tables = section.parts.iter().filter_map(|part| match part {
            Part::Table(table) => Some(table.title.clone()),
            _ => None,
        });
        let mut texts = section.parts.iter().filter_map(|part| match part {
            Part::Text(text) if text.starts_with("Whatever") => Some(text.clone()),
            _ => None,
        });
        (tables.collect::<Vec<_>>(), texts.next())
    };
    let three = ["Params over H", "MACs over H", "Paths over H"].map(str::to_owned);
    // A kernel of 7 columns fits 8 columns alone.
    assert_eq!(over(text, None), (three.to_vec(), None));
    assert_eq!(over(text, Some("H=9")), (three.to_vec(), None));
    let same = "Whatever H is, the params and paths of every variant are the same.";
    let macs = vec![three[1].clone()];
    assert_eq!(over(text, Some("H=5,8,9")), (macs, Some(same.to_owned())));
    // Known twice of one variant and once of the other is not known to be the same of both.
    let wider = text.replace("out: 2, kernel: [1, 7]", "out: 2, kernel: [1, 9]");
    let wider = wider.replace("{H: 8}", "{H: 9}");
    let (tables, text) = over(&wider, Some("H=7,8,9"));
    assert_eq!((tables, text), (three.to_vec(), None));
    // What is never known is not shown: the field of what sees everything from the first layer on.
    let global = "study: Some\ninput: [3, 8, H]\nparams: {H: 8}\nfigures: [receptive_field, params, macs]\nvariants:\n  \
        all: [global_avg_pool, conv: {out: 1, kernel: 1}]\nsweep: {H: [3, 5]}\n";
    let same = "Whatever H is, the params and macs of every variant are the same.";
    assert_eq!(over(global, None), (Vec::new(), Some(same.to_owned())));
}

/// The studies of `tests/in`, and the bundled networks.
struct Files;

impl Library for Files {
    fn find(&self, name: &str, by: &Source) -> Result<Arc<Source>, String> {
        source(name).map_or_else(|_| Bundled.find(name, by), Ok)
    }
}

fn source(name: &str) -> std::io::Result<Arc<Source>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/in/studies").join(name);
    Ok(Source::new(name, std::fs::read_to_string(path)?))
}

#[test]
fn mistakes() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("out/studies");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        insta::glob!("in/studies", "*.yaml", |path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            let told = match Study::read(&source(name).unwrap(), &Files) {
                Ok(study) => match evaluate(&study, &Settings::default(), None) {
                    Err(diagnostics) => common::plain(&diagnostics),
                    other => panic!("{name}: {:?}", other.map(|(_, warnings)| warnings)),
                },
                Err(diagnostics) => common::plain(&diagnostics),
            };
            insta::assert_snapshot!(told);
        });
    });
}

#[test]
fn a_file_that_was_cut_short_is_refused_or_read() {
    for name in ["small-kernels", "short-paths"] {
        let source = bundled::study(name).unwrap();
        for (at, _) in source.text.char_indices().step_by(7) {
            let _ = read(&source.text[..at]);
        }
    }
}

#[test]
fn the_command() {
    let desk = Desk::new();
    let path = desk.path();
    let texts = |arguments: &str| {
        let Call { code, out, err } = desk.call(arguments);
        (code, out, err)
    };
    let (code, out, err) = texts("study fire-against-plain --format json");
    assert_eq!((code, err.as_str()), (Some(0), ""));
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    let fire = &json["variants"][1];
    assert_eq!(fire["formulas"]["params"]["canonical"], "16*C + 10240");
    assert_eq!(fire["formula_ratios"]["macs"]["limits"]["C"]["canonical"], "1/9");
    assert_eq!(fire["ratios"]["params"]["exact"], "1/3");
    assert_eq!(fire["figures"]["params"], 12_288);
    assert_eq!(json["sweep"]["points"][0]["variants"][0]["params"], 20_736);

    // At 512 channels: 16·512 + 10240.
    let (code, out, _) = texts(
        "study fire-against-plain.yaml --set C=512 --sweep C=1..4*2 --format csv -o fire.json",
    );
    assert_eq!(code, Some(0));
    let rows: Vec<&str> = out.lines().collect();
    assert_eq!(rows.len(), 1 + 3 * 2, "{out}");
    assert!(rows[2].starts_with("fire,plain,1,10256,"), "{out}");
    let json: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(path.join("fire.json")).unwrap()).unwrap();
    assert_eq!(json["variants"][1]["figures"]["params"], 18_432);

    for (name, begin) in [("a.html", "<!DOCTYPE html>"), ("a.SVG", "<svg"), ("a.md", "# Small")] {
        let (code, out, err) = texts(&format!("study small-kernels -o {name}"));
        assert_eq!((code, out.as_str()), (Some(0), ""), "{err}");
        assert_eq!(err, format!("wrote {name}\n"));
        let text = std::fs::read_to_string(path.join(name)).unwrap();
        assert!(text.starts_with(begin), "{name}: {}", text.get(..80).unwrap_or_default());
    }

    std::fs::write(path.join("mine.yaml"), bundled::study("small-kernels").unwrap().text.as_ref())
        .unwrap();
    std::fs::write(path.join("network.yaml"), bundled::source("alexnet").unwrap().text.as_ref())
        .unwrap();
    for (arguments, said) in [
        ("study small-kernel", "did you mean `small-kernels`?"),
        ("study resnet34", "that is a network: `cnnstat summary resnet34` shows it"),
        ("summary small-kernels", "that is a study: `cnnstat study small-kernels` shows it"),
        ("summary mine.yaml", "this is a study, and a network is needed here"),
        ("summary mine.yaml", "`cnnstat study` shows it"),
        ("study network.yaml", "`cnnstat summary` and the like show it"),
        ("study small-kernels -o a.pdf", "the endings are .html"),
        ("study small-kernels -o nowhere/a.html", "there is no folder"),
        ("study small-kernels --set d=3", "Small kernels has no parameter `d`"),
        ("study small-kernels --set c=0", "this is in the variant `one 5x5`"),
        ("study small-kernels --sweep d=1..3", "Small kernels has no parameter `d`"),
        ("study small-kernels --sweep c=3..1", "from the smaller number to the larger"),
        ("study --set c=3", "name a study"),
    ] {
        let (code, out, err) = texts(arguments);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{arguments}: {err}");
        assert!(err.contains(said), "{arguments}: {err}");
    }
    let over = texts("study mine.yaml -o ./mine.yaml");
    assert!(over.2.contains("the endings are"), "{}", over.2);
    let mut files: Vec<_> =
        std::fs::read_dir(path).unwrap().map(|f| f.unwrap().file_name()).collect();
    files.sort();
    assert_eq!(files, ["a.SVG", "a.html", "a.md", "fire.json", "mine.yaml", "network.yaml"]);

    let (_, _, note) = texts("study x/small-kernels.yaml -o b.md");
    assert!(
        note.contains("there is no file `x/small-kernels.yaml`; this is the bundled small-kernels")
    );
    let (_, listed, _) = texts("study");
    assert_eq!(listed, texts("list --studies").1);
    for name in bundled::studies() {
        assert!(listed.contains(name), "{listed}");
    }
}

#[test]
fn pages_fit_eighty_columns() {
    for name in bundled::studies() {
        let page = back::document::terminal(&report(name).document(), Some(80), false);
        for line in page.lines() {
            // Formulas are never broken.
            let is_formula = line.contains(" / ") || line.contains('·');
            assert!(line.chars().count() <= 80 || is_formula, "{name}: {line}");
        }
    }
}
