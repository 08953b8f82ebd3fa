//! `cnnstat run` as it is called: values in and out, images, classes, the profile, and what is refused.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod common;
mod support;

use std::path::Path;

use cnnstat::tensor_file::npy::{self, NpyArray};
use image::{Rgb, RgbImage};
use serde_json::Value;
use support::{Call, Desk};

/// What is fused, what is written in place, what only views, and two outputs.
const NET: &str = "
name: every kind
input: [3, 9, 8]
layers:
  - conv: {name: first, out: 4, kernel: 3, padding: 1, norm: batch, act: relu}
  - add: {name: sum, branches: [[], conv: {name: inner, out: 4, kernel: 3, padding: 1, norm: batch}]}
  - relu: {name: after}
  - concat: {name: wide, branches: [[], conv: {name: narrow, out: 2, kernel: 1, act: tanh}, max_pool: {name: pool, kernel: 3, stride: 1, padding: 1}]}
  - dropout: {name: drop, rate: 0.5}
  - side: {name: aside, layers: [global_avg_pool: {name: mean}, flatten: {name: means}]}
  - flatten: {name: flat}
  - linear: {name: scores, out: 4, act: relu}
outputs: [scores.relu, {from: aside/means, name: means}]
";

/// An input that is given as it is, whatever the image's colors.
const IMAGES: &str = "
name: images
input: [3, 2, 2]
preprocess: {resize: 2, mean: [1, 2, 3], std: 2, channel_order: bgr, maximum: 255}
labels: [cat, dog, bird]
layers:
  - flatten
  - linear: {name: scores, out: 3}
";

fn array(desk: &Desk, file: &str) -> NpyArray {
    npy::read(std::fs::File::open(desk.path().join(file)).unwrap(), |_| true).unwrap()
}

fn save(desk: &Desk, file: &str, shape: &[u64], values: &[f32]) {
    let out = std::fs::File::create(desk.path().join(file)).unwrap();
    npy::write(out, shape, values).unwrap();
}

fn done(desk: &Desk, arguments: &str) -> Call {
    let call = desk.call(arguments);
    assert_eq!(call.code, Some(0), "{arguments}: {call:?}");
    call
}

/// The largest difference as a part of the largest magnitude.
fn difference(one: &[f32], other: &[f32]) -> f32 {
    assert_eq!(one.len(), other.len());
    let largest = other.iter().fold(f32::MIN_POSITIVE, |largest, value| largest.max(value.abs()));
    let pairs = one.iter().zip(other);
    pairs.map(|(one, other)| (one - other).abs() / largest).fold(0.0, f32::max)
}

#[test]
fn scripts_get_what_they_rely_on() {
    let desk = Desk::new().with("net.yaml", NET);
    let run =
        desk.json("run net.yaml --weights seeded:7 --batch 2 --threads 1 --repeat 3 --format json");
    for (output, (name, shape)) in [("scores.relu", [2, 4]), ("means", [2, 10])].iter().enumerate()
    {
        let output = &run["outputs"][output];
        assert_eq!((&output["name"], &output["shape"]), (&(*name).into(), &(*shape).into()));
        let [min, mean, max] = ["min", "mean", "max"].map(|key| output[key].as_f64().unwrap());
        assert!(min <= mean && mean <= max && min < max, "{output}");
    }
    assert_eq!(run["settings"], serde_json::json!([]));
    assert_eq!((&run["engine"], &run["threads"]), (&"fast".into(), &1.into()));
    let [median, min] = ["median_ms", "min_ms"].map(|key| run[key].as_f64().unwrap());
    assert!(0.0 < min && min <= median);
    let summary = desk.json("summary net.yaml --batch 2 --format json");
    let policies = summary["memory"]["concatenation"].as_array().unwrap();
    let in_place = policies.iter().find(|policy| policy["policy"] == "in_place").unwrap();
    assert_eq!(run["peak_activation_bytes"], in_place["peak_activation_bytes"]);
    assert_eq!(run["not_finite"], Value::Null);
    assert_eq!(run["weights"], "seeded:7");
    let random = serde_json::json!([{"name": "input", "sources": ["random:0"]}]);
    assert_eq!(run["input_data"], random);
    // Four classes of each of two samples; the probabilities of a sample add up, and fall.
    let top = run["top"].as_array().unwrap();
    assert_eq!(top.len(), 8);
    for (at, sample) in top.chunks(4).enumerate() {
        let probabilities: Vec<f64> =
            sample.iter().map(|class| class["probability"].as_f64().unwrap()).collect();
        assert!((probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        assert!(probabilities.is_sorted_by(|one, next| one >= next));
        assert!(sample.iter().all(|class| class["sample"] == at && class["label"].is_null()));
    }
}

/// No row of a figure is called as an output may be, and what was read is named.
#[test]
fn a_run_says_what_it_is_of() {
    let net = NET.replace("aside/means, name: means}", "aside/means, name: threads}");
    let label = "l".repeat(100_000);
    let desk = Desk::new().with("net.yaml", net).with("labels.txt", format!("{label}\nb\nc\nd"));
    save(&desk, "x.npy", &[3, 9, 8], &[0.5; 216]);
    let arguments = "run net.yaml --threads 1 --input-data x.npy --weights seeded:3";
    let csv = done(&desk, &format!("{arguments} --format csv")).out;
    let keys: Vec<&str> = csv.lines().filter_map(|line| line.split(',').next()).collect();
    assert_eq!(keys[..4], ["figure", "weights", "input_data", "median_seconds"]);
    let outputs = ["scores.relu", "threads"]
        .map(|name| ["", " min", " mean", " max"].map(|figure| format!("output {name}{figure}")));
    assert_eq!(keys[keys.len() - 8..], outputs.concat());
    assert!(csv.contains("\nweights,seeded:3\ninput_data,x.npy\n"), "{csv}");
    assert!(!keys.contains(&"min_seconds"));
    let csv = done(&desk, &format!("{arguments} --repeat 2 --format csv")).out;
    assert!(csv.contains("\nmin_seconds,"), "{csv}");
    let table = done(&desk, &format!("{arguments} --labels labels.txt")).out;
    assert!(table.contains("Weights") && table.contains("seeded:3") && table.contains("x.npy"));
    let longest = table.lines().map(|line| line.chars().count()).max();
    assert!(longest < Some(300), "{longest:?}");
    done(&desk, &format!("{arguments} --labels labels.txt -o r.html"));
    assert!(desk.text("r.html").contains("x.npy"));
}

/// Two runs with the same threads write the same bytes, and an input that was written and is read again gives the same output.
#[test]
fn runs_repeat_bit_by_bit() {
    let desk = Desk::new().with("net.yaml", NET);
    done(&desk, "run net.yaml --threads 2 --input-data random:5 --tap input=x.npy --output a.npy");
    done(
        &desk,
        "run net.yaml --threads 2 --input-data x.npy --repeat 3 --output b.npy --output means=m.npy",
    );
    let bytes = |file: &str| std::fs::read(desk.path().join(file)).unwrap();
    assert_eq!(bytes("a.npy"), bytes("b.npy"));
    let input = array(&desk, "x.npy");
    assert_eq!(input.shape, [1, 3, 9, 8]);
    assert_eq!(array(&desk, "m.npy").shape, [1, 10]);
    // Without the batch the same; another seed is another input; it is uniform between ±√3.
    save(&desk, "sample.npy", &[3, 9, 8], &input.values);
    done(&desk, "run net.yaml --threads 2 --input-data input=sample.npy --output c.npy");
    assert_eq!(bytes("a.npy"), bytes("c.npy"));
    done(&desk, "run net.yaml --input-data random:6 --tap input=y.npy");
    assert!(difference(&array(&desk, "y.npy").values, &input.values) > 0.5);
    let square = input.values.iter().map(|value| value * value).sum::<f32>() / 216.0;
    assert!((square - 1.0).abs() < 0.2 && input.values.iter().all(|value| value.abs() < 1.733));
}

/// Every layer's tensor of the engine, all of them in one run and one in a run of its own, is the oracle's.
#[test]
fn taps_are_what_the_oracle_computes() {
    let desk = Desk::new().with("net.yaml", NET);
    let summary = desk.json("summary net.yaml --batch 2 --format json");
    let layers = summary["layers"].as_array().unwrap();
    let names: Vec<&str> = layers.iter().map(|layer| layer["name"].as_str().unwrap()).collect();
    assert!(names.len() > 12);
    let taps = |folder: &str| {
        std::fs::create_dir(desk.path().join(folder)).unwrap();
        let taps = names
            .iter()
            .map(|name| format!(" --tap {name}={folder}/{}.npy", name.replace('/', "_")));
        taps.collect::<String>()
    };
    done(&desk, &format!("run net.yaml --batch 2 --engine oracle{}", taps("oracle")));
    done(&desk, &format!("run net.yaml --batch 2{}", taps("all")));
    for (name, layer) in names.iter().zip(layers) {
        let file = name.replace('/', "_");
        done(&desk, &format!("run net.yaml --batch 2 --tap {name}"));
        let expected = array(&desk, &format!("oracle/{file}.npy"));
        assert_eq!(serde_json::json!(expected.shape), layer["output_shape"], "{name}");
        for found in [format!("all/{file}.npy"), format!("{file}.npy")] {
            let found = array(&desk, &found);
            assert_eq!(found.shape, expected.shape);
            assert!(difference(&found.values, &expected.values) < 1e-5, "{name}");
        }
    }
}

#[test]
fn images_become_inputs_by_the_definition() {
    let desk = Desk::new().with("net.yaml", IMAGES);
    // Columns 0, 70, 140, 210 and as many rows alike, halved: each pixel is the mean of its neighbors under a triangle that is two
    // pixels wide to each side, (3·0 + 3·70 + 140) / 7 = 50 and (70 + 3·140 + 3·210) / 7 = 160.
    let shades = RgbImage::from_fn(4, 4, |x, _| Rgb([u8::try_from(x * 70).unwrap(), 9, 5]));
    shades.save(desk.path().join("shades.png")).unwrap();
    RgbImage::from_pixel(2, 2, Rgb([9, 8, 7])).save(desk.path().join("plain.png")).unwrap();
    let run =
        desk.json("run net.yaml --image shades.png --image plain.png --tap input --format json");
    let input = array(&desk, "input.npy");
    assert_eq!(input.shape, [2, 3, 2, 2]);
    // Blue, green, red, of which the mean is taken and which are halved.
    let expected = [[2.0; 4], [3.5; 4], [23.5, 78.5, 23.5, 78.5], [3.0; 4], [3.0; 4], [3.0; 4]];
    assert!(difference(&input.values, &expected.concat()) < 1e-6, "{:?}", input.values);
    assert_eq!(run["batch"], 2);
    let labels = ["cat", "dog", "bird"];
    for class in run["top"].as_array().unwrap() {
        let at = usize::try_from(class["class"].as_u64().unwrap()).unwrap();
        assert_eq!(class["label"], labels[at]);
    }
}

/// A network has the labels and the preprocessing of the one that it extends; labels are a list, a file beside the network, or an option.
#[test]
fn classes_have_their_labels() {
    let extending = "name: more\nextends: base.yaml\nlabels: sub/names.txt\n";
    let desk = Desk::new()
        .with("net/base.yaml", IMAGES)
        .with(
            "net/softmax.yaml",
            "extends: base.yaml\nlayers: [flatten, {linear: {out: 3}}, softmax]\n",
        )
        .with("net/more.yaml", extending)
        .with("net/sub/names.txt", "one\ntwo\nthree\n\n")
        .with("four.txt", "a\nb\nc\nd")
        .with("three.txt", "\u{feff}a\r\nb\r\nc");
    RgbImage::from_pixel(2, 2, Rgb([9, 8, 7])).save(desk.path().join("x.png")).unwrap();
    for (call, labels) in [
        ("base.yaml", Some(["cat", "dog", "bird"])),
        ("softmax.yaml", Some(["cat", "dog", "bird"])),
        ("more.yaml", Some(["one", "two", "three"])),
        ("more.yaml --labels three.txt", Some(["a", "b", "c"])),
        ("more.yaml --labels four.txt", None),
    ] {
        let call = done(
            &desk,
            &format!("run net/{call} --image x.png --tap input --output y.npy --format json"),
        );
        // As `preprocess` of the base has it: blue (7 - 1) / 2, green (8 - 2) / 2, red (9 - 3) / 2.
        assert_eq!(array(&desk, "input.npy").values, [3.0; 12]);
        assert_eq!(call.err.contains("4 labels for 3 classes"), labels.is_none(), "{}", call.err);
        let run: Value = serde_json::from_str(&call.out).unwrap();
        let output = array(&desk, "y.npy").values;
        for class in run["top"].as_array().unwrap() {
            let at = usize::try_from(class["class"].as_u64().unwrap()).unwrap();
            assert_eq!(class["label"].as_str(), labels.map(|labels| labels[at]));
            if run["outputs"][0]["name"] == "softmax1" {
                let probability = class["probability"].as_f64().unwrap();
                assert!((probability - f64::from(output[at])).abs() < 1e-9);
            }
        }
    }
}

/// The first layer is named, also within a step of several layers.
#[test]
fn values_that_are_not_finite_are_told() {
    let net = "
input: [2, 4, 4]
layers:
  - conv: {name: conv, out: 2, kernel: 3, padding: 1, norm: batch, act: relu}
  - mul: {name: square, branches: [[], []]}
  - sub: {name: nothing, branches: [[], []]}
";
    let desk = Desk::new().with("net.yaml", net);
    save(&desk, "large.npy", &[2, 4, 4], &[1e30; 32]);
    let mut values = [0.0; 64];
    values[37] = f32::NAN;
    save(&desk, "nan.npy", &[2, 2, 4, 4], &values);
    save(&desk, "huge.npy", &[2, 4, 4], &[f32::MAX; 32]);
    for (file, engine, layer, value) in [
        ("large.npy", "fast", "square", "infinity"),
        ("huge.npy", "fast", "conv", "infinity"),
        ("nan.npy", "fast", "conv", "NaN"),
        ("nan.npy", "oracle", "conv", "NaN"),
    ] {
        let call = done(
            &desk,
            &format!(
                "run net.yaml --weights seeded:3 --input-data {file} --engine {engine} --format json"
            ),
        );
        let run: Value = serde_json::from_str(&call.out).unwrap();
        assert_eq!(
            run["not_finite"],
            serde_json::json!({"layer": layer, "value": value}),
            "{file}"
        );
        assert!(
            call.err.contains(&format!("`{layer}` is the first layer that gives {value}")),
            "{}",
            call.err
        );
        let is_input = call.err.contains("`input` has NaN, first in sample 1 at element 5");
        assert_eq!(is_input, file == "nan.npy", "{}", call.err);
    }
}

#[test]
fn the_profile_accounts_for_all_work() {
    let desk = Desk::new().with("net.yaml", NET);
    let flops = desk.json("summary net.yaml --format json")["totals"]["flops"].clone();
    for engine in ["fast", "oracle"] {
        let run = desk.json(&format!(
            "run net.yaml --engine {engine} --profile --repeat 2 --peak-flops 1G --format json"
        ));
        let profile = &run["profile"];
        assert_eq!(profile["flops"], flops, "{engine}");
        let layers = profile["layers"].as_array().unwrap();
        let seconds = |entry: &Value| entry["seconds"].as_f64().unwrap();
        let sum: f64 = layers.iter().map(seconds).sum();
        assert!((sum - seconds(profile)).abs() < 1e-12 && sum > 0.0);
        let kinds: f64 = profile["kinds"].as_array().unwrap().iter().map(seconds).sum();
        assert!((kinds - sum).abs() < 1e-12);
        for layer in layers.iter().filter(|layer| layer["flops"] != 0) {
            let rate = layer["flops"].as_f64().unwrap() / seconds(layer);
            assert!((layer["peak_share"].as_f64().unwrap() / (rate / 1e9) - 1.0).abs() < 1e-9);
        }
        let first = &layers[0]["layers"];
        let fused = serde_json::json!(["first", "first.batch_norm", "first.relu"]);
        assert_eq!(*first == fused, engine == "fast", "{first}");
    }
    done(&desk, "run net.yaml --peak-flops 1G -o p.html");
    done(&desk, "run net.yaml --peak-flops 1G -o p.svg");
    assert!(
        desk.text("p.html").contains("Time of every step") && desk.text("p.html").contains("<svg")
    );
    assert!(roxmltree::Document::parse(&desk.text("p.svg")).is_ok());
    let csv = done(&desk, "run net.yaml --profile --peak-flops 1G --format csv").out;
    assert!(csv.starts_with("layer,step,operators,flops,seconds,time_share,flops_per_second,peak_share\nfirst,1,conv + batch_norm + relu,"), "{csv}");
    assert!(csv.lines().count() > 3);
    // Faster than any machine that is measured, and slower: the note is there, and is not.
    for (peak, is_above) in [("1K", true), ("1000000T", false)] {
        let table = done(&desk, &format!("run net.yaml --profile --peak-flops {peak}")).out;
        assert_eq!(table.contains("A step above the peak"), is_above, "{table}");
    }
    let table = done(&desk, "run net.yaml").out;
    assert!(
        table.contains("every kind, batch 1, input 3×9×8") && table.contains("Likeliest classes")
    );
    let table = done(&desk, "run net.yaml --batch 6").out;
    let cut = "The first 4 samples; JSON (--format json) has those of 2 more.";
    assert!(table.contains(cut), "{table}");
    let six = desk.json("run net.yaml --batch 6 --format json");
    assert_eq!(six["top"].as_array().unwrap().len(), 6 * 4);
}

#[test]
fn what_cannot_be_run_is_told_and_leaves_nothing() {
    let desk = Desk::new()
        .with("net.yaml", NET)
        .with("images.yaml", IMAGES)
        .with("crop.yaml", IMAGES.replace("resize: 2", "resize: 1"))
        .with("four.yaml", IMAGES.replace("[1, 2, 3]", "[1, 2]"))
        .with("text.png", "no image")
        .with("bad.npy", "no numbers");
    save(&desk, "x.npy", &[2, 3, 9, 8], &[0.5; 432]);
    save(&desk, "other.npy", &[3, 8, 9], &[0.5; 216]);
    save(&desk, "none.npy", &[0, 3, 9, 8], &[]);
    let whole = std::fs::read(desk.path().join("x.npy")).unwrap();
    let wide = RgbImage::new(30_000, 1);
    wide.save(desk.path().join("wide.png")).unwrap();
    RgbImage::new(2, 2).save(desk.path().join("x.png")).unwrap();
    let cut = std::fs::read(desk.path().join("x.png")).unwrap();
    let desk = desk.with("short.npy", &whole[..whole.len() - 5]).with("cut.png", &cut[..50]);
    // The batch alone is announced.
    let many = String::from_utf8_lossy(&whole[10..128])
        .replace("(2, 3, 9, 8)", "(99999999999999, 3, 9, 8)");
    let desk = desk.with("many.npy", [&whole[..10], &many.as_bytes()[..118]].concat());
    let before = desk.files();
    for (arguments, messages) in [
        ("net.yaml --batch 0", &["at least 1"][..]),
        ("net.yaml --input-data none.npy", &["has no values", "[0, 3, 9, 8]"]),
        ("net.yaml --input-data other.npy", &["its shape is [3, 8, 9]", "`input` takes [3, 9, 8]"]),
        ("net.yaml --input-data x.npy --batch 3", &["`--batch` is 3", "a batch of 2"]),
        (
            "net.yaml --input-data short.npy",
            &["ends before its last value", "432 are announced, and 430 are there"],
        ),
        ("net.yaml --input-data bad.npy", &["no .npy file"]),
        ("net.yaml --input-data .", &["is a directory"]),
        ("net.yaml --input-data random:many", &["write `random:N`"]),
        ("net.yaml --input-data inputs=x.npy", &["no input `inputs`", "did you mean `input`?"]),
        (
            "net.yaml --input-data x.npy --input-data x.npy",
            &["there is a source for this input already"],
        ),
        ("images.yaml --image text.png", &["no PNG or JPEG image"]),
        ("images.yaml --image cut.png", &["no PNG or JPEG image"]),
        ("images.yaml --image wide.png", &["30000 pixels wide and 1 high", "up to 16384"]),
        ("crop.yaml --image x.png", &["resizes the shorter side to 1", "takes 2x2"]),
        ("four.yaml --image x.png", &["2 numbers under `mean`", "3 channels"]),
        ("net.yaml --tap scored", &["no layer `scored`", "did you mean `scores`?"]),
        ("net.yaml -o a.npy -o b.npy -o c.npy", &["has 2 outputs", "none is left for `c.npy`"]),
        ("net.yaml --output means=y.html", &["`means=y.html`", "are written to .npy"]),
        ("net.yaml --output mean=y.npy", &["no output `mean`", "did you mean `means`?"]),
        ("net.yaml --output nowhere/y.npy", &["there is no folder `nowhere`"]),
        ("net.yaml --output y.npy --tap sum=./y.npy", &["two results would be written"]),
        ("net.yaml --output y.npy --tap sum=nowhere/y.npy", &["there is no folder `nowhere`"]),
        ("net.yaml --input-data x.npy --output x.npy", &["written over `x.npy`"]),
        ("net.yaml --output y.npx", &["what to write to `y.npx`", "did you mean .npy?"]),
        ("net.yaml --output y.pdf", &["the endings are .npy, .html"]),
        ("net.yaml --tap sum=s.txt", &["`--tap sum`: a tensor is written to .npy, not to `s.txt`"]),
        ("net.yaml --tap sum=-", &["a tensor is written to .npy, not to `-`"]),
        ("net.yaml --tap aside", &["`aside` is no layer", "the last of them is `aside/means`"]),
        ("net.yaml --peak-flops 1G", &["`--peak-flops` is for a profile"]),
        ("net.yaml --peak-flops 1G -o r.json", &["`--peak-flops` is for a profile"]),
        ("net.yaml --weights seeded:-1", &["from 0 to 2^64-1"]),
        ("net.yaml --input-data random:-1", &["from 0 to 2^64-1"]),
        ("net.yaml --output a.html --output b.html", &["one file can get the result"]),
        ("net.yaml --labels none.txt", &["cannot read `none.txt`"]),
        ("net.yaml --threads 0", &["from 1 to 1024"]),
        ("net.yaml --repeat 0", &["from 1 to 1000000"]),
        ("net.yaml --batch 4000000000000", &["running the network takes", "are available"]),
        ("net.yaml --batch 4000000000000 --engine oracle", &["are available"]),
        ("net.yaml --input-data many.npy", &["reading `many.npy` takes", "are available"]),
    ] {
        let call = desk.call(&format!("run {arguments}"));
        assert_eq!(call.code, Some(2), "{arguments}: {call:?}");
        assert!(
            messages.iter().all(|message| call.err.contains(message)),
            "{arguments}: {}",
            call.err
        );
        assert!(call.out.is_empty());
        assert_eq!(desk.files(), before, "{arguments}");
    }
    assert!(Path::new(&desk.path().join("x.npy")).exists());
}

#[test]
fn preprocess_and_labels_are_checked() {
    let small = "input: [3, 4, 4]\nlayers: [flatten]\n";
    for (line, message) in [
        ("preprocess: 5", "`preprocess` is a map"),
        ("preprocess: {resize: 0}", "whole number of pixels"),
        ("preprocess: {resize: 2.5}", "whole number of pixels"),
        ("preprocess: {mean: []}", "no number in this list"),
        ("preprocess: {mean: [a]}", "a number is needed"),
        ("preprocess: {std: [1, 0, 1]}", "must be above 0"),
        (
            "preprocess: {std: 1e-300}",
            "this number has too many digits, or is too large or too small",
        ),
        ("preprocess: {maximum: -1}", "must be above 0"),
        ("preprocess: {channel_order: bgrr}", "did you mean `bgr`?"),
        ("preprocess: {resized: 5}", "did you mean `resize`?"),
        ("labels: {a: b}", "a list of names, or the name of a text file"),
        ("labels: []", "a list of names, or the name of a text file"),
        ("labels: [cat, []]", "a text is needed"),
    ] {
        let error = common::plain(&common::read(&format!("{small}{line}\n")).unwrap_err());
        assert!(error.contains(message), "{line}: {error}");
    }
}
