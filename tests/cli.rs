//! The program as it is called: files, formats, messages and exit codes.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A fresh directory in which the program is called.
struct Desk(TempDir);

/// What a call gave.
#[derive(Debug)]
struct Call {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn with(self, file: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        self
    }

    fn text(&self, file: &str) -> String {
        std::fs::read_to_string(self.path().join(file)).unwrap()
    }

    /// The names of all that is there.
    fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.path()).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cnnstat"));
        command.current_dir(self.path()).args(arguments.split_whitespace());
        for variable in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "FORCE_COLOR"] {
            command.env_remove(variable);
        }
        command
    }

    fn call(&self, arguments: &str) -> Call {
        self.command(arguments).stdin(Stdio::null()).output().unwrap().into()
    }

    fn call_with_input(&self, arguments: &str, input: &str) -> Call {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap().into()
    }

    fn json(&self, arguments: &str) -> Value {
        let call = self.call(arguments);
        assert_eq!(call.code, Some(0), "{arguments}: {call:?}");
        serde_json::from_str(&call.out).unwrap()
    }
}

impl From<Output> for Call {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

/// 3·4·9 + 4 = 112 parameters, 108 multiply-accumulates at 6x6 places.
const SMALL: &str = "
name: Small
input: [3, 8, 8]
params: {wide: 4}
layers:
  - conv: {out: wide, kernel: 3, act: relu}
expect:
  - {params: 112, macs: 3888, source: counted by hand}
";

#[test]
fn a_report_is_a_page_in_the_working_directory() {
    let desk = Desk::new();
    let call = desk.call("report squeezenet.yaml");
    assert_eq!(call.code, Some(0), "{call:?}");
    assert_eq!(desk.files(), ["squeezenet.html"]);
    assert!(
        call.err.contains("there is no file `squeezenet.yaml`; this is the bundled squeezenet")
    );
    assert!(call.err.contains("wrote squeezenet.html"));
    assert!(call.out.contains("1,248,424"), "{}", call.out);
    let page = desk.text("squeezenet.html");
    assert!(
        page.to_lowercase().starts_with("<!doctype html>") && page.trim_end().ends_with("</html>")
    );

    // The same bytes again, and by the bare name there is nothing to note.
    let again = desk.call("report squeezenet");
    assert_eq!(again.err, "wrote squeezenet.html\n");
    assert_eq!(desk.text("squeezenet.html"), page);
}

#[test]
fn a_report_goes_where_it_is_sent() {
    let desk = Desk::new().with("nets/mine.yaml", SMALL).with("out/old.html", "old");
    for (arguments, file) in [
        ("report nets/mine.yaml", "mine.html"),
        ("report nets/mine.yaml -o out/old.html", "out/old.html"),
        ("report nets/mine.yaml --output other", "other"),
    ] {
        let call = desk.call(arguments);
        assert_eq!(call.code, Some(0), "{arguments}: {call:?}");
        assert!(desk.text(file).contains("Small"), "{arguments}");
    }
    assert_eq!(desk.files(), ["mine.html", "nets", "other", "out"]);

    let call = desk.call("report nets/mine.yaml -o -");
    assert_eq!((call.code, call.err.as_str()), (Some(0), ""));
    assert_eq!(call.out, desk.text("mine.html"));
    assert_eq!(desk.files(), ["mine.html", "nets", "other", "out"]);
}

#[test]
fn a_report_that_cannot_be_written_leaves_nothing() {
    let desk =
        Desk::new().with("mine.yaml", SMALL).with("bad.yaml", "layers: [").with("bad.html", "old");
    std::fs::create_dir(desk.path().join("folder")).unwrap();
    for (arguments, message) in [
        ("report mine.yaml -o missing/page.html", "there is no folder `missing`"),
        ("report mine.yaml -o folder", "`folder` is a directory"),
        ("report mine.yaml -o mine.yaml/page.html", "cannot write `mine.yaml/page.html`"),
        ("report bad.yaml", "this is no YAML"),
        ("report bad.yaml -o new.html", "this is no YAML"),
    ] {
        let call = desk.call(arguments);
        assert_eq!((call.code, call.out.as_str()), (Some(2), ""), "{arguments}");
        assert!(call.err.contains(message), "{arguments}: {}", call.err);
        assert_eq!(desk.files(), ["bad.html", "bad.yaml", "folder", "mine.yaml"], "{arguments}");
    }
    assert_eq!(desk.text("bad.html"), "old");
}

/// A call that is refused, and what is said about it.
#[test]
fn refused() {
    let desk = Desk::new()
        .with("mine.yaml", SMALL)
        .with("bytes.yaml", b"name: \xff\xfe\n")
        .with("large.yaml", vec![b'#'; 17 << 20])
        .with("bad.yaml", SMALL.replace("kernel: 3", "kernel_size: 3"))
        .with("far.yaml", "extends: missing.yaml\n")
        .with("absolute.yaml", "extends: /etc/base.yaml\n")
        .with("huge.yaml", SMALL.replace("[3, 8, 8]", "[4000000000, 4, 4]"))
        .with("network.onnx", b"\x08\x07")
        .with("of.yaml", SMALL.replace("{params", "{of: conv9, params"));
    std::fs::create_dir(desk.path().join("folder")).unwrap();
    let mut wrong = Vec::new();
    for (arguments, messages) in [
        // The network
        ("summary folder", vec!["cannot read `folder`", "directory"]),
        ("summary bytes.yaml", vec!["cannot read `bytes.yaml`", "UTF-8", "byte 6"]),
        ("summary large.yaml", vec!["cannot read `large.yaml`", "16 MiB"]),
        ("summary missing.yaml", vec!["there is no file `missing.yaml`", "cnnstat list"]),
        ("summary sqeezenet", vec!["there is no file `sqeezenet`", "did you mean `squeezenet`?"]),
        ("report resnet5.yaml", vec!["did you mean `resnet50`?"]),
        ("summary network.onnx", vec!["`network.onnx`", "YAML"]),
        (
            "summary bad.yaml",
            vec!["unknown key `kernel_size`", "bad.yaml:6:23", "did you mean `kernel`?"],
        ),
        ("summary far.yaml", vec!["there is no file `missing.yaml`", "far.yaml:1:10"]),
        ("summary absolute.yaml", vec!["relative to the file", "absolute.yaml:1:10"]),
        ("summary huge.yaml --batch 4000000000", vec!["64 bits"]),
        // What is set
        ("summary mine.yaml --set wide", vec!["`wide` sets nothing", "name=value"]),
        ("summary mine.yaml --set wdie=3", vec!["no parameter `wdie`", "did you mean `wide`?"]),
        (
            "summary mine.yaml --set other=3",
            vec!["no parameter `other`", "its parameters are wide"],
        ),
        ("summary mine.yaml --set wide=", vec!["`wide=` sets nothing", "name=value"]),
        ("summary mine.yaml --set wide=3+", vec!["--set wide:1:3", "a value is expected"]),
        ("summary mine.yaml --set wide=many", vec!["unknown name `many`"]),
        ("summary mine.yaml --set wide=1.5", vec!["whole number", "`1.5`"]),
        ("summary mine.yaml --set wide=[", vec!["--set wide"]),
        (
            "summary resnet50 --set stride_on=third",
            vec!["`stride_on` is one of `first`, `second`, not `third`"],
        ),
        ("summary mine.yaml --input 3x", vec!["3x224x224"]),
        ("summary mine.yaml --input 3,8,8", vec!["sizes are separated by `x`: write 3x8x8"]),
        ("summary mine.yaml --input 3x0x8", vec!["one to three sizes", "this is with input 3×0×8"]),
        ("summary mine.yaml --input 3x8x8x8", vec!["one to three sizes"]),
        ("summary mine.yaml --input=-3x8x8", vec!["3x224x224"]),
        (
            "summary mine.yaml --input 3x2x2",
            vec!["kernel spans 3 pixels of height", "mine.yaml:6:31", "this is with input 3×2×2"],
        ),
        ("summary mine.yaml --input 12", vec!["maps of [channels, height, width]"]),
        ("summary mine.yaml --batch 0", vec!["--batch"]),
        ("summary mine.yaml --batch x", vec!["--batch"]),
        ("summary mine.yaml --depth -1", vec!["-1"]),
        ("summary mine.yaml --format xml", vec!["xml", "markdown"]),
        // JSON has everything
        ("summary mine.yaml --depth 1 --format json", vec!["`--depth` is for tables"]),
        ("paths mine.yaml --layers --format json", vec!["`--layers` is for tables"]),
        ("paths mine.yaml --lengths --format json", vec!["`--lengths` is for tables"]),
        ("memory mine.yaml --show layers --format json", vec!["`--show` is for tables"]),
        (
            "explain mine.yaml --convention thop --layers --format json",
            vec!["`--layers` is for tables"],
        ),
        (
            "roofline mine.yaml --machine v100 --kinds --format json",
            vec!["`--kinds` is for tables"],
        ),
        (
            "roofline mine.yaml --machine v100 --depth 1 -o roofline.json",
            vec!["`--depth` is for tables"],
        ),
        // The call
        ("", vec!["Usage"]),
        ("summary", vec!["<NETWORK>"]),
        ("sumary mine.yaml", vec!["sumary", "summary"]),
        ("summary mine.yaml --colour always", vec!["--colour", "--color"]),
        ("compare", vec!["<NETWORK>"]),
        ("compare mine.yaml missing.yaml", vec!["there is no file `missing.yaml`"]),
        ("check of.yaml", vec!["there is no layer or block `conv9`", "of.yaml:8:"]),
        ("check missing.yaml", vec!["there is no file `missing.yaml`"]),
        ("check mine.yaml --batch 2", vec!["published figures are for a batch of 1"]),
        // Budgets
        ("check mine.yaml --max params", vec!["`params` limits nothing", "params=5M"]),
        ("check mine.yaml --max prams=5M", vec!["no figure `prams`", "did you mean `params`?"]),
        ("check mine.yaml --max speed=5M", vec!["no figure `speed`", "the figures are layers"]),
        ("check mine.yaml --max params=", vec!["is no amount"]),
        ("check mine.yaml --max params=5MiB", vec!["unit of bytes"]),
        ("check mine.yaml --max macs=5m", vec!["`m` is no unit"]),
        ("check mine.yaml --max params=1.5", vec!["no whole number"]),
        ("check mine.yaml --max weight_memory=0.3B", vec!["no whole number"]),
        ("check mine.yaml --max params=-5", vec!["is no amount"]),
        // Sweeps
        ("sweep missing.yaml", vec!["there is no file `missing.yaml`"]),
        ("sweep mine.yaml --set wdie=3..4", vec!["no parameter `wdie`", "did you mean `wide`?"]),
        ("sweep mine.yaml --set wide=1..10**18", vec!["the factor of a range is a number"]),
        ("sweep mine.yaml --set wide=1..", vec!["the end of a range is a number"]),
        ("sweep mine.yaml --set wide=1..9/0", vec!["a step is above 0"]),
        ("sweep mine.yaml --set wide=1..9 --set wide=10", vec!["`wide` is set twice"]),
        ("sweep mine.yaml --set wide=1..99999999999", vec!["more than 10000000 values"]),
        (
            "sweep mine.yaml --set wide=1..10000 --batch 1..10000",
            vec!["100000000 combinations, the most are 10000000"],
        ),
        ("sweep mine.yaml --set wide=1..200000", vec!["the most here are 100000", "--format csv"]),
        (
            "sweep mine.yaml --set wide=1..2000000 --format csv --sort macs",
            vec!["2000000 variants", "leave `--sort` and `--pareto` out"],
        ),
        ("formula mine.yaml --over h --of mcas", vec!["did you mean `macs`?"]),
        ("sweep mine.yaml --figures mcas", vec!["did you mean `macs`?"]),
        ("sweep mine.yaml --pareto mcas", vec!["did you mean `macs`?"]),
        ("sweep mine.yaml --front", vec!["--pareto"]),
        ("sweep mine.yaml --input 3x0x8", vec!["whole numbers of at least 1"]),
        ("sweep mine.yaml --batch 0", vec!["whole numbers of at least 1"]),
        ("sweep mine.yaml -o sweep.pdf", vec!["what to write to", "csv"]),
        ("sweep mine.yaml -o missing/sweep.csv", vec!["there is no folder `missing`"]),
        // Conventions
        ("explain mine.yaml", vec!["--convention"]),
        ("explain mine.yaml --convention fvcor", vec!["fvcor", "onnx-tool"]),
        ("explain mine.yaml --convention thop --figure flop", vec!["did you mean `flops`?"]),
        (
            "explain mine.yaml --convention torch --figure params",
            vec!["`torch` has no figure `params`", "`flops`"],
        ),
        (
            "explain mine.yaml --convention fvcore --figure activations --against thop",
            vec!["`thop` has no figure `activations`", "`macs`, `params`"],
        ),
    ] {
        let call = desk.call(arguments);
        let is_refused =
            call.code == Some(2) && call.out.is_empty() && !call.err.contains("panicked");
        if !is_refused || !messages.iter().all(|message| call.err.contains(message)) {
            let Call { code, out, err } = call;
            wrong.push(format!("{arguments}: no {messages:?} in\n{code:?} {out}{err}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(desk.files().iter().filter(|file| file.ends_with("html")).count(), 0);
}

#[test]
fn no_colours_where_nobody_looks() {
    let desk = Desk::new().with("mine.yaml", SMALL).with("bad.yaml", "layers: [");
    for arguments in [
        "summary mine.yaml",
        "summary bad.yaml",
        "check mine.yaml",
        "compare mine.yaml vgg16",
        "list",
        "--help",
        "report mine.yaml",
        "summary mine.yaml --format markdown",
        "summary --help",
        "nonsense",
    ] {
        let call = desk.call(arguments);
        assert!(
            !call.out.contains('\u{1b}') && !call.err.contains('\u{1b}'),
            "{arguments}: {call:?}"
        );
        assert!(!call.out.is_empty() || !call.err.is_empty());
    }
    assert!(desk.call("summary mine.yaml --color always").out.contains('\u{1b}'));
    assert!(desk.call("--color always summary bad.yaml").err.contains('\u{1b}'));
    let mut command = desk.command("summary mine.yaml --color never");
    let call: Call = command.env("CLICOLOR_FORCE", "1").output().unwrap().into();
    assert!(!call.out.contains('\u{1b}'));
}

/// The keys on which scripts rely; others may be added.
#[test]
fn json_has_the_keys_that_scripts_rely_on() {
    let desk = Desk::new().with("mine.yaml", SMALL);
    let report = desk.json("summary mine.yaml --format json --batch 2");
    let has = |value: &Value, keys: &[&str]| {
        for key in keys {
            assert!(value.get(key).is_some(), "no `{key}` in {value:#}");
        }
    };
    has(&report, &["name", "batch", "input", "totals", "receptive_field", "outputs", "layers"]);
    has(&report, &["exceeds_input", "unaligned"]);
    assert_eq!(report["receptive_field"]["stride"], serde_json::json!([1, 1]));
    has(
        &report["totals"],
        &[
            "params",
            "macs",
            "flops",
            "activations",
            "weight_bytes",
            "peak_activation_bytes",
            "training_bytes",
        ],
    );
    has(&report["outputs"][0], &["name", "shape"]);
    for layer in report["layers"].as_array().unwrap() {
        has(
            layer,
            &[
                "name",
                "op",
                "block",
                "inputs",
                "input_shapes",
                "output_shape",
                "params",
                "macs",
                "flops",
                "receptive_field",
                "receptive_field_extent",
            ],
        );
        if !layer["receptive_field"].is_null() {
            has(&layer["receptive_field"], &["size", "stride", "padding"]);
            has(&layer["receptive_field"], &["exceeds_input", "padding_share"]);
        }
    }
    let expected = serde_json::json!({
        "name": "Small", "batch": 2, "input": [2, 3, 8, 8],
        "outputs": [{"name": "conv1.relu", "shape": [2, 4, 6, 6]}],
    });
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(&report[key], value, "{key}");
    }
    for (key, value) in
        [("params", 112), ("macs", 7776), ("activations", 576), ("weight_bytes", 448)]
    {
        assert_eq!(report["totals"][key], value, "{key}");
    }
    let conv = &report["layers"][0];
    let layer =
        [&conv["name"], &conv["op"], &conv["block"], &conv["inputs"]].map(ToString::to_string);
    assert_eq!(layer, ["\"conv1\"", "\"conv\"", "\"\"", "[\"input\"]"]);
    assert_eq!(conv["input_shapes"], serde_json::json!([[2, 3, 8, 8]]));
    assert_eq!(report["layers"][1]["inputs"], serde_json::json!(["conv1"]));

    // Colors do not touch it, and what a page is written from is the same.
    assert_eq!(desk.json("summary mine.yaml --format json --batch 2 --color always"), report);
    assert_eq!(desk.json("report mine.yaml --format json --batch 2"), report);
}

#[test]
fn csv_has_every_layer_with_exact_figures() {
    let desk = Desk::new();
    let call = desk.call("summary squeezenet --format csv");
    let mut reader = csv::Reader::from_reader(call.out.as_bytes());
    let headers: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let column = |name: &str| {
        headers.iter().position(|header| header == name).unwrap_or_else(|| panic!("{headers:?}"))
    };
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let sum =
        |name: &str| rows.iter().map(|row| row[column(name)].parse::<u64>().unwrap()).sum::<u64>();
    // torchvision 0.29.2, squeezenet1_0
    assert_eq!((sum("params"), sum("macs")), (1_248_424, 818_924_576));
    let report = desk.json("summary squeezenet --format json");
    assert_eq!(rows.len(), report["layers"].as_array().unwrap().len());
}

#[test]
fn tables_for_documents_and_terminals() {
    let desk = Desk::new().with("mine.yaml", SMALL);
    let call = desk.call("summary mine.yaml --format markdown");
    let table: Vec<_> = call.out.lines().filter(|line| line.starts_with('|')).collect();
    let columns = |line: &str| line.matches('|').count();
    assert!(
        table.len() >= 4 && table.iter().all(|line| columns(line) == columns(table[0])),
        "{}",
        call.out
    );

    // Where the output is no terminal, the width is the content's.
    let call = desk.call("summary densenet121 --depth 1");
    assert!(call.out.contains("dense_block1") && !call.out.contains("layer1 "), "{}", call.out);
    assert!(call.out.contains("2,834,161,664"), "{}", call.out);
    let call = desk.call("compare mine.yaml alexnet-torchvision");
    assert!(call.out.contains("Small") && call.out.contains("61,100,840"), "{}", call.out);
    let names: Vec<Value> = desk.json("list --format json").as_array().unwrap().clone();
    let names: Vec<_> = names.iter().map(|entry| entry["name"].as_str().unwrap()).collect();
    assert_eq!(names, cnnstat::bundled::names());
}

#[test]
fn what_is_set_applies_to_every_command() {
    let desk = Desk::new().with("mine.yaml", SMALL);
    for (options, params, macs) in [
        ("", 112, 108 * 36),
        ("--set wide=8", 224, 216 * 36),
        ("--set wide=3+5", 224, 216 * 36),
        ("--set wide=2 --set wide=8", 224, 216 * 36),
        ("--input 3x4x5", 112, 108 * 6),
        ("--input 3×4×5", 112, 108 * 6),
        ("--input 1x8x8 --set wide=1 --batch 3", 10, 9 * 36 * 3),
    ] {
        let report = desk.json(&format!("summary mine.yaml --format json {options}"));
        assert_eq!(
            (&report["totals"]["params"], &report["totals"]["macs"]),
            (&params.into(), &macs.into()),
            "{options}"
        );
        let compared = desk.json(&format!("compare mine.yaml mine.yaml --format json {options}"));
        assert_eq!(compared, serde_json::json!([report, report]), "{options}");
        let page = desk.call(&format!("report mine.yaml -o - {options}")).out;
        assert!(page.contains(&format!("{params}")), "{options}");
    }
}

#[test]
fn the_standard_input_is_a_network() {
    let desk = Desk::new();
    let call = desk.call_with_input("summary - --format json", SMALL);
    let report: Value = serde_json::from_str(&call.out).unwrap();
    assert_eq!(report["totals"]["params"], 112);
    let call = desk.call_with_input("report -", SMALL);
    assert_eq!((call.code, desk.files()), (Some(0), vec!["network.html".to_owned()]));
    let call = desk.call_with_input("summary -", "layers: [relu]");
    assert_eq!(call.code, Some(2));
    assert!(call.err.contains("<stdin>:1:1") && call.err.contains("no `input`"), "{}", call.err);
}

#[test]
fn files_that_extend_others() {
    let desk = Desk::new()
        .with("nets/base.yaml", SMALL)
        .with("nets/wide.yaml", "extends: base.yaml\nname: Wide\nparams: {wide: 8}\n")
        .with("nets/deeper/wider.yaml", "extends: ../wide.yaml\nparams: {wide: 16}\n")
        .with("ten.yaml", "extends: resnet18\nname: Ten\nparams: {classes: 10}\n")
        .with("family.yaml", "extends: families/vgg.yaml\nname: Mine\nparams: {convs: [1]}\n");
    for (file, params) in [
        ("nets/wide.yaml", 224),
        ("nets/deeper/wider.yaml", 448),
        // torchvision 0.29.2's resnet18, less 990 of 1000 classes over 512 features.
        ("ten.yaml", 11_689_512 - 990 * 513),
    ] {
        let report = desk.json(&format!("summary {file} --format json"));
        assert_eq!(report["totals"]["params"], params, "{file}");
    }
    assert_eq!(desk.call("summary family.yaml").code, Some(0));
}

#[test]
fn a_file_is_preferred_to_a_bundled_network() {
    let desk = Desk::new().with("squeezenet.yaml", SMALL).with("vgg16/readme", "a folder");
    assert_eq!(desk.json("summary squeezenet.yaml --format json")["name"], "Small");
    let call = desk.call("summary squeezenet");
    assert!(call.out.contains("SqueezeNet 1.0") && call.err.is_empty(), "{call:?}");
    let call = desk.call("summary vgg16");
    assert!(call.code == Some(0) && call.out.contains("VGG-16"), "{call:?}");
    let call = desk.call("summary nowhere/alexnet.yaml");
    assert!(call.err.contains("there is no file `nowhere/alexnet.yaml`"), "{call:?}");
    assert_eq!(call.code, Some(0));
}

#[test]
fn a_check_that_fails_exits_with_1() {
    let desk = Desk::new()
        .with("right.yaml", SMALL)
        .with("wrong.yaml", SMALL.replace("params: 112", "params: 113"))
        .with(
            "differs.yaml",
            SMALL
                .replace("params: 112", "params: 113")
                .replace("source:", "differs: a slip, source:"),
        )
        .with("after_all.yaml", SMALL.replace("source:", "differs: a slip, source:"))
        .with("silent.yaml", "input: [1]\nlayers: [relu]\n");
    for (arguments, code, shown) in [
        ("check right.yaml", 0, vec!["3,888", "counted by hand"]),
        ("check wrong.yaml", 1, vec!["113", "112"]),
        ("check right.yaml wrong.yaml", 1, vec!["113"]),
        ("check wrong.yaml --failing", 1, vec!["113"]),
        // The multiply-accumulates of this file are right, and so do not differ.
        ("check differs.yaml", 1, vec!["a slip"]),
        ("check after_all.yaml", 1, vec!["a slip"]),
        ("check right.yaml --set wide=8", 1, vec!["224"]),
        ("check silent.yaml", 0, vec![]),
        ("check alexnet googlenet densenet-listing", 0, vec!["724,406,816"]),
    ] {
        let call = desk.call(arguments);
        assert_eq!(call.code, Some(code), "{arguments}: {call:?}");
        for text in shown {
            assert!(call.out.contains(text), "{arguments}: no {text:?} in\n{}", call.out);
        }
        let json = desk.call(&format!("{arguments} --format json"));
        assert_eq!(json.code, Some(code), "{arguments}");
        serde_json::from_str::<Value>(&json.out).unwrap();
    }
    let failing = desk.call("check wrong.yaml --failing").out;
    assert!(!failing.contains("3,888"), "{failing}");
    assert_eq!(desk.call("check").code, Some(0));
}

/// SMALL has 112 parameters, 448 bytes of them, and 3,888 multiply-accumulates.
#[test]
fn budgets() {
    let budget = |budget: &str| SMALL.replace("expect:", &format!("budget: {budget}\nexpect:"));
    let silent = |budget: &str| {
        let end = SMALL.find("expect:").unwrap();
        format!("{}budget: {budget}\n", &SMALL[..end])
    };
    let desk = Desk::new()
        .with("mine.yaml", SMALL)
        .with("within.yaml", budget("{params: 112, macs: 3.888k, weight_memory: 448B}"))
        .with("above.yaml", budget("{params: 111, macs: 1G}"))
        .with("alone.yaml", silent("{activations: 0.288k}"))
        .with(
            "keyed.yaml",
            budget("{activation_bytes: 1152, peak_activation_bytes: 1344}")
                .replace("params: 112", "weight_bytes: 448"),
        )
        .with("base.yaml", budget("{params: 1}"))
        .with("derived.yaml", "extends: base.yaml\nname: Derived\n");
    for (arguments, code, shown, hidden) in [
        // The boundary is within.
        (
            "check mine.yaml --max params=112 --max macs=3888",
            0,
            vec!["2 hold, 0 exceed"],
            "EXCEEDS",
        ),
        ("check mine.yaml --max params=111", 1, vec!["EXCEEDS", "0 hold, 1 exceed", "0.9 %"], ""),
        ("check mine.yaml --max params=0", 1, vec!["EXCEEDS"], ""),
        ("check mine.yaml --max weight_memory=448B", 0, vec!["448"], "EXCEEDS"),
        ("check mine.yaml --max weight_memory=0.4375KiB", 0, vec!["448"], "EXCEEDS"),
        ("check mine.yaml --max weight_memory=0.447kB", 1, vec!["447"], ""),
        ("check within.yaml", 0, vec!["3 hold, 0 exceed"], "EXCEEDS"),
        // A limit of the call does not loosen the file's.
        ("check above.yaml --max params=1k", 1, vec!["2 hold, 1 exceed"], ""),
        ("check above.yaml --failing", 1, vec!["EXCEEDS"], "3,888"),
        ("check alone.yaml", 0, vec!["1 hold"], "FAILS"),
        // The keys of JSON are names too, in files as in calls.
        ("check keyed.yaml --max weight_bytes=448", 0, vec!["3 hold", "Published figures: 2"], ""),
        ("check alone.yaml --set wide=5", 1, vec!["72", "25.0 %"], ""),
        ("check derived.yaml", 0, vec!["Published figures: 0"], "EXCEEDS"),
        // What is published is for a batch of 1, what is allowed is for the call's.
        ("check above.yaml --batch 2", 1, vec!["batch 2", "7,776"], "counted by hand"),
        ("check mine.yaml --batch 2 --max macs=7776", 0, vec!["batch 2"], "counted by hand"),
        ("check mine.yaml --input 3x4x4 --max macs=432", 1, vec!["FAILS", "1 hold, 0 exceed"], ""),
        ("check mine.yaml squeezenet --max params=1M", 1, vec!["248,424", "24.8 %"], ""),
    ] {
        let call = desk.call(arguments);
        assert_eq!(call.code, Some(code), "{arguments}: {call:?}");
        for text in shown {
            assert!(call.out.contains(text), "{arguments}: no {text:?} in\n{}", call.out);
        }
        assert!(hidden.is_empty() || !call.out.contains(hidden), "{arguments}: {}", call.out);
        for format in ["csv", "markdown"] {
            assert_eq!(desk.call(&format!("{arguments} --format {format}")).code, Some(code));
        }
    }
    assert!(desk.call("check mine.yaml --batch 2 --max macs=1G").err.contains("only the budget"));
    assert!(!desk.call("check alone.yaml").err.contains("warning"));
    let json = desk.call("check mine.yaml --max params=100 --format json");
    let json: Value = serde_json::from_str(&json.out).unwrap();
    let expected = serde_json::json!([
        {"figure": "params", "most": 100, "analysed": 112, "excess": 12, "source": "call"}
    ]);
    assert_eq!(json[0]["budget"], expected);
    assert_eq!(json[0]["outcomes"][0]["verdict"], "holds");
}

#[test]
fn sweeps_in_every_format() {
    let desk = Desk::new().with("mine.yaml", SMALL);
    let sweep = "sweep mine.yaml --set wide=2..6/2 --input 3x2x2,3x8x8 --figures params,macs";
    let expected = "wide,input,params,macs,error\n\
        2,3x2x2,,,\"`conv`: the kernel spans 3 pixels of height, but there are only 2\"\n\
        2,3x8x8,56,1944,\n\
        4,3x2x2,,,\"`conv`: the kernel spans 3 pixels of height, but there are only 2\"\n\
        4,3x8x8,112,3888,\n\
        6,3x2x2,,,\"`conv`: the kernel spans 3 pixels of height, but there are only 2\"\n\
        6,3x8x8,168,5832,\n";
    let without_text = |text: &str| {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let records = reader
            .records()
            .map(|record| record.unwrap().iter().take(4).map(str::to_owned).collect::<Vec<_>>());
        records.collect::<Vec<_>>()
    };
    let call = desk.call(&format!("{sweep} --format csv"));
    assert_eq!(call.code, Some(0), "{call:?}");
    assert_eq!(without_text(&call.out), without_text(expected));
    assert!(call.out.contains("kernel spans 3 pixels"), "{}", call.out);
    let note = "note: 3 of 6 variants do not fit: `conv`: the kernel spans 3 pixels of height";
    assert!(call.err.starts_with(note), "{}", call.err);
    assert!(call.err.ends_with("(wide=2, input 3×2×2).\n"), "{}", call.err);
    assert_eq!(desk.call(&format!("{sweep} --strict")).code, Some(1));

    // Streamed or not, the variants are the same.
    let sorted = desk.call(&format!("{sweep} --format csv --sort wide")).err;
    assert!(sorted.contains("no figure `wide`"), "{sorted}");
    let json = desk.json(&format!("{sweep} --format json"));
    let lines = desk.call(&format!("{sweep} --format jsonl")).out;
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(json["variants"], Value::from(lines.clone()));
    assert_eq!(json["name"], "Small");
    assert_eq!(
        lines[3],
        serde_json::json!({
            "settings": {"wide": 4}, "input": [3, 8, 8], "figures": {"params": 112, "macs": 3888}
        })
    );
    assert!(lines[0]["error"].is_string());

    // The ending of a file tells its format.
    for (file, format) in [
        ("a.csv", "csv"),
        ("a.jsonl", "jsonl"),
        ("a.json", "json"),
        ("a.md", "markdown"),
        ("a.txt", "table"),
    ] {
        let call = desk.call(&format!("{sweep} -o {file}"));
        assert_eq!((call.code, call.out.as_str()), (Some(0), ""), "{file}: {call:?}");
        let printed = desk.call(&format!("{sweep} --format {format}")).out;
        assert_eq!(desk.text(file).trim_end(), printed.trim_end(), "{file}");
    }
    // Where no variant fits, the call is wrong, and no file is left.
    let call = desk.call("sweep mine.yaml --set wide=1,2 --input 3x2x2 -o none.csv");
    assert_eq!(call.code, Some(2), "{call:?}");
    assert!(call.err.contains("this is with wide=1, input 3×2×2"), "{}", call.err);
    assert!(!desk.files().contains(&"none.csv".to_owned()));
    // What was printed before that is known is whole.
    let call = desk.call("sweep mine.yaml --set wide=1,2 --input 3x2x2 --format json");
    assert_eq!(call.code, Some(2), "{call:?}");
    let printed: Value = serde_json::from_str(&call.out).unwrap();
    assert_eq!(printed["variants"].as_array().unwrap().len(), 2);
    // Where all are needed first, nothing is.
    let call = desk.call("sweep mine.yaml --set wide=1,2 --input 3x2x2");
    assert_eq!((call.code, call.out.as_str()), (Some(2), ""), "{call:?}");
}

/// The file that a result is made from is never replaced, by whatever name it goes.
#[test]
fn what_is_read_is_not_written_over() {
    let study = cnnstat::bundled::study("small-kernels").unwrap();
    let desk = Desk::new();
    for file in ["net.json", "net.csv", "net.html"] {
        std::fs::write(desk.path().join(file), SMALL).unwrap();
    }
    let desk = desk
        .with("study.md", study.text.as_ref())
        .with("derived.yaml", "extends: net.html\nname: Derived\n")
        .with("comparison.yaml", "study: One\nvariants: {one: {extends: net.csv}}\n");
    for (arguments, file) in [
        ("report net.html -o ./net.html", "./net.html"),
        ("roofline net.json --machine v100 -o net.json", "net.json"),
        ("sweep net.csv --set wide=1,2 -o net.csv", "net.csv"),
        ("sweep net.json --set wide=1,2 --format csv -o ./net.json", "./net.json"),
        ("study study.md -o study.md", "study.md"),
        // What is extended is read too.
        ("report derived.yaml -o net.html", "net.html"),
        ("roofline derived.yaml --machine v100 -o net.html", "net.html"),
        ("sweep derived.yaml --set wide=1,2 -o net.html", "net.html"),
        ("study comparison.yaml -o net.csv", "net.csv"),
    ] {
        let call = desk.call(arguments);
        assert_eq!((call.code, call.out.as_str()), (Some(2), ""), "{arguments}: {call:?}");
        let message = format!("would be written over `{file}`, which it is made from");
        assert!(call.err.contains(&message), "{arguments}: {}", call.err);
    }
    for file in ["net.json", "net.csv", "net.html"] {
        assert_eq!(desk.text(file), SMALL, "{file}");
    }
    assert_eq!(desk.text("study.md"), study.text.as_ref());
}

/// To `-` a page, or what `--format` asks for, once; beside a file it is said that it is there.
#[test]
fn what_goes_where() {
    let desk = Desk::new().with("mine.yaml", SMALL);
    for command in [
        "report mine.yaml",
        "roofline mine.yaml --machine v100",
        "study global-average-pooling",
        "sweep mine.yaml --set wide=1..3",
    ] {
        let page = desk.call(&format!("{command} -o -"));
        assert_eq!((page.code, page.err.as_str()), (Some(0), ""), "{command}");
        let lower = page.out.to_lowercase();
        assert!(lower.starts_with("<!doctype html>"), "{command}: {}", page.out);
        assert_eq!(lower.matches("</html>").count(), 1, "{command}");
        desk.json(&format!("{command} -o - --format json"));
        let call = desk.call(&format!("{command} -o page.html"));
        assert_eq!((call.code, call.err.as_str()), (Some(0), "wrote page.html\n"), "{command}");
        assert_eq!(desk.text("page.html").trim_end(), page.out.trim_end(), "{command}");
    }
    for command in ["roofline mine.yaml --machine v100", "study global-average-pooling"] {
        let call = desk.call(&format!("{command} -o lines.jsonl"));
        assert!(call.err.contains("did you mean .json?"), "{command}: {}", call.err);
    }
}

#[test]
fn sweeps_are_sorted_bounded_and_marked() {
    let desk = Desk::new().with("mine.yaml", SMALL);
    let widths = |arguments: &str| -> Vec<u64> {
        let json = desk.json(&format!("sweep mine.yaml --format json {arguments}"));
        let variants = json["variants"].as_array().unwrap().iter();
        variants.map(|variant| variant["settings"]["wide"].as_u64().unwrap()).collect()
    };
    for (arguments, expected) in [
        ("--set wide=3,1,2", vec![3, 1, 2]),
        ("--set wide=3,1,2 --sort macs", vec![1, 2, 3]),
        ("--set wide=3,1,2 --sort +macs", vec![3, 2, 1]),
        // Of equal ones, the first of the grid.
        ("--set wide=3,1,2 --sort layers", vec![3, 1, 2]),
        ("--set wide=1..9 --max params=112", vec![1, 2, 3, 4]),
        ("--set wide=1..9 --max params=111", vec![1, 2, 3]),
        ("--set wide=1..9 --max params=1k --max macs=1944", vec![1, 2]),
        ("--set wide=1..9 --pareto macs,params --front", vec![1]),
        ("--set wide=1..3 --pareto macs,+params --front --sort +macs", vec![3, 2, 1]),
        ("--set wide=1..3 --pareto +macs,max:params --front", vec![3]),
    ] {
        assert_eq!(widths(arguments), expected, "{arguments}");
    }
    let marked =
        desk.call("sweep mine.yaml --set wide=1,2 --figures macs --pareto macs --format csv").out;
    assert_eq!(marked, "wide,macs,front,error\n1,972,true,\n2,1944,false,\n");
    let table = desk.call("sweep mine.yaml --set wide=1..3 --max macs=2k").out;
    assert!(table.contains("1 of 3 variants exceed a limit and are left out."), "{table}");
    assert!(table.contains("Small: 3 variants, batch 1, input 3×8×8"), "{table}");
}

/// The count of another tool, worked by hand: 3·3·3 taps, 4 filters of 6x6 outputs, a ReLU counted twice, a bias once.
#[test]
fn counts_of_other_tools() {
    let desk = Desk::new().with("mine.yaml", SMALL);
    let (macs, outputs) = (3 * 3 * 3 * 4 * 6 * 6, 4 * 6 * 6);
    let explained = desk.json("explain mine.yaml --convention ptflops --format json");
    assert_eq!(explained["convention"]["convention"], "ptflops");
    assert_eq!(explained["convention"]["value"], macs + 3 * outputs);
    assert_eq!(explained["against"]["convention"], "cnnstat");
    assert_eq!(explained["against"]["value"], macs);
    assert_eq!(explained["difference"], 3 * outputs);
    let lines = explained["lines"].as_array().unwrap();
    let lines: Vec<_> = lines
        .iter()
        .map(|line| (line["of"].as_str().unwrap(), line["difference"].as_i64().unwrap()))
        .collect();
    assert_eq!(lines, [("convolution", 0), ("bias", outputs), ("activation", 2 * outputs)]);

    let csv = desk.call("explain mine.yaml --convention torch --layers --format csv").out;
    let rows: Vec<&str> = csv.lines().collect();
    let [conv, relu] = [(2 * macs, 2 * macs + outputs), (0, outputs)]
        .map(|(torch, ours)| (torch, ours, torch - ours));
    assert_eq!(
        rows,
        [
            "layer,operator,convention,against,difference".to_owned(),
            format!("conv1,conv,{},{},{}", conv.0, conv.1, conv.2),
            format!("conv1.relu,relu,{},{},{}", relu.0, relu.1, relu.2),
        ]
    );

    let report = desk.json("summary mine.yaml --convention fvcore --format json");
    assert_eq!(report["convention"]["figures"][0]["value"], macs);
    assert_eq!(report["totals"]["macs"], macs);
    // Beside the MACs of every layer and block, and of the whole.
    let blocks = "input: [3, 8, 8]\nblocks: {two: {layers: [batch_norm, relu]}}\nlayers: [two, {conv: {out: 4, kernel: 3}}]";
    let desk = desk.with("blocks.yaml", blocks);
    let batch_norm = 4 * 3 * 8 * 8;
    let column = |arguments: &str| -> Vec<i64> {
        let csv = desk
            .call(&format!("summary blocks.yaml --convention thop --format csv {arguments}"))
            .out;
        let mut rows = csv::Reader::from_reader(csv.as_bytes());
        let column = rows.headers().unwrap().iter().position(|key| key == "convention").unwrap();
        rows.records().map(|row| row.unwrap()[column].parse().unwrap()).collect()
    };
    assert_eq!(column(""), [batch_norm, 0, macs]);
    assert_eq!(column("--depth 1"), [batch_norm, macs, batch_norm + macs]);
    assert_eq!(column("--depth 2"), [batch_norm, batch_norm, 0, macs, batch_norm + macs]);
    let whole = desk.call("summary blocks.yaml --convention thop --depth 0 --format csv").out;
    assert!(whole.contains(&format!("\nconvention,{},", batch_norm + macs)), "{whole}");
}

#[test]
fn warnings_do_not_stop_the_work() {
    let desk = Desk::new().with(
        "loose.yaml",
        SMALL.replace("layers:", "layers:\n  - side: {name: aux, layers: [relu]}"),
    );
    let call = desk.call("summary loose.yaml --format json");
    assert_eq!(call.code, Some(0));
    assert!(call.err.starts_with("warning: nothing takes the result of"), "{}", call.err);
    serde_json::from_str::<Value>(&call.out).unwrap();
}

#[test]
fn whoever_stops_reading_is_left_in_peace() {
    let desk = Desk::new();
    for arguments in
        ["summary densenet201 --format json", "report densenet201 -o -", "list --format json"]
    {
        let mut command = desk.command(arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut out = child.stdout.take().unwrap();
        out.read_exact(&mut [0; 10]).unwrap();
        drop(out);
        let call: Call = child.wait_with_output().unwrap().into();
        assert_eq!((call.code, call.err.as_str()), (Some(0), ""), "{arguments}");
    }
}

#[test]
fn help_and_version() {
    let desk = Desk::new();
    for (arguments, shown) in [
        ("--help", "Exit codes"),
        ("help summary", "--depth"),
        ("report -h", "--output"),
        ("--version", concat!("cnnstat ", env!("CARGO_PKG_VERSION"))),
    ] {
        let call = desk.call(arguments);
        assert_eq!((call.code, call.err.as_str()), (Some(0), ""), "{arguments}");
        assert!(call.out.contains(shown), "{arguments}: {}", call.out);
        assert!(
            call.out.lines().all(|line| line.chars().count() <= 100),
            "{arguments}: {}",
            call.out
        );
    }
}

/// The parts of memory in every format; policies only where there are concatenations. Small has 192 inputs, and 4·6·6 outputs of each layer.
#[test]
fn memory_is_shown_part_by_part() {
    let desk = Desk::new().with("mine.yaml", SMALL);
    let memory = desk.json("memory mine.yaml --format json");
    let [input, output] = [4 * 3 * 8 * 8, 4 * 4 * 6 * 6];
    let parts = serde_json::json!({
        "weights": {"f32": 448, "f16": 224, "bf16": 224, "int8": 112},
        "input_bytes": input,
        "activation_bytes": 2 * output,
        "in_place": {"peak_bytes": input + output, "peak_layer": 0, "alive_bytes": [input + output, output]},
        "separate": {"peak_bytes": input + output, "peak_layer": 0, "alive_bytes": [input + output, 2 * output]},
        "training": {
            "training_bytes": input + output, "kept_input_bytes": input, "kept_output_bytes": output, "kept_further_bytes": 0,
        },
        "gradient_bytes": 448,
        "optimizer_bytes": {"sgd": 0, "momentum": 448, "adam": 896},
        "concatenation": null,
    });
    assert_eq!(memory["memory"], parts);
    assert_eq!(memory["layers"][1]["kept_bytes"], output);
    let layers = desk.call("memory mine.yaml --show layers --format csv").out;
    let rows = format!("conv1.relu,relu,4x6x6,{output},{output},{},{output}\n", 2 * output);
    assert!(layers.ends_with(&rows), "{layers}");
    let call = desk.call("memory mine.yaml --show concatenations");
    assert_eq!((call.code, call.out.as_str()), (Some(2), ""));
    for arguments in ["memory squeezenet", "memory squeezenet --show concatenations"] {
        assert!(desk.call(arguments).out.contains("shared buffer"), "{arguments}");
    }
}

#[test]
fn paths_in_every_format() {
    let desk = Desk::new();
    let shown = desk.call("paths resnet152");
    assert_eq!(shown.code, Some(0), "{shown:?}");
    assert!(shown.out.contains("2⁵⁰ ≈ 1.126 × 10¹⁵") && shown.out.contains("Lengths of paths"));
    let value = desk.json("paths resnet152 --format json");
    assert_eq!(value["paths"], "1125899906842624");
    assert_eq!(value["lengths"]["longest"], 152);
    assert_eq!(value["lengths"]["distribution"][0], serde_json::json!({"length": 6, "paths": "1"}));
    assert_eq!(value["layers"][0]["paths"], value["paths"]);
    assert_eq!(value["drop_path"], Value::Null);
    let csv = desk.call("paths resnet152 --format csv").out;
    assert!(csv.starts_with("figure,value,of\npaths,1125899906842624,\n"), "{csv}");
    let layers = desk.call("paths densenet121 --layers --format csv").out;
    let heading = "layer,operator,shortest_distance,longest_distance,paths\nconv0,conv,4,120,";
    assert!(layers.starts_with(heading), "{layers}");
    let lengths = desk.call("paths plain34 --lengths --format csv").out;
    assert_eq!(lengths, "length,paths,share\n34,1,1\n");
    let dropped = desk.json("paths resnet110-stochastic-depth --set survival=1 --format json");
    assert_eq!(dropped["drop_path"]["branches"], serde_json::json!({"expected": 54.0, "all": 54}));
    assert_eq!(desk.call("paths vgg16 --layers --format json").code, Some(2));
}

#[test]
fn rooflines_of_named_and_given_machines() {
    let desk = Desk::new();
    let named = desk.json("roofline densenet121 --machine v100 --format json");
    assert_eq!(named["machine"]["peak_flops"], 15.7e12);
    assert_eq!(named["layers"][0]["bound"], "compute");
    let given = "roofline densenet121 --peak-flops 15.7TFLOP/s --bandwidth 900GB/s --format json";
    assert_eq!(desk.json(given)["totals"], named["totals"]);
    let fused = desk.json(&format!("{given} --fused"));
    assert!(fused["totals"]["bytes"].as_u64() < named["totals"]["bytes"].as_u64());
    let csv = desk.call("roofline vgg16 --machine a100 --format csv").out;
    assert!(
        csv.starts_with(
            "layer,operator,kind,flops,bytes,intensity,seconds,bound\nblock1/conv1_1,conv,conv,"
        ),
        "{csv}"
    );
    let machines = desk.json("roofline --machines --format json");
    assert!(machines.as_array().unwrap().iter().all(|machine| machine["source"].is_string()));
    for (arguments, reason) in [
        ("roofline vgg16", "say which machine"),
        ("roofline vgg16 --machine v10", "did you mean `v100`?"),
        ("roofline vgg16 --peak-flops 10T", "--bandwidth"),
        ("roofline vgg16 --peak-flops 0 --bandwidth 1G", "no positive number"),
        ("roofline vgg16 --peak-flops 1T --bandwidth 1GFLOP/s", "`GFLOP/s` is no B/s"),
        ("roofline vgg16 --machine v100 --peak-flops 1T --bandwidth 1G", "cannot be used with"),
        ("roofline --machine v100", "NETWORK"),
    ] {
        let call = desk.call(arguments);
        assert_eq!(call.code, Some(2), "{arguments}: {call:?}");
        assert!(call.err.contains(reason), "{arguments}: {}", call.err);
    }
}
