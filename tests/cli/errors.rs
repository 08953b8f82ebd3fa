//! Calls that are refused, and what is said about them.

use serde_json::Value;

use crate::SMALL;
use crate::support::{Call, Desk};

/// As many layers as its parameter says.
const DEEP: &str = "
input: [3, 8, 8]
params: {depth: 1}
layers: [repeat: {times: depth, layers: [relu]}]
";

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
        .with("deep.yaml", DEEP)
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
        ("summary mine.yaml --set wide=3+", vec!["setting wide:1:3", "a value is expected"]),
        ("summary mine.yaml --set wide=many", vec!["unknown name `many`"]),
        ("summary mine.yaml --set wide=1.5", vec!["whole number", "`1.5`"]),
        ("summary mine.yaml --set wide=[", vec!["setting wide"]),
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
        ("formula mine.yaml --over h --figures mcas", vec!["did you mean `macs`?"]),
        ("sweep mine.yaml --figures mcas", vec!["did you mean `macs`?"]),
        ("sweep deep.yaml --set depth=1..100000", vec!["100000 variants", "200000000 steps"]),
        ("sweep mine.yaml --pareto mcas", vec!["did you mean `macs`?"]),
        ("sweep mine.yaml --front", vec!["--pareto"]),
        ("sweep mine.yaml --input 3x0x8", vec!["whole numbers of at least 1"]),
        ("sweep mine.yaml --batch 0", vec!["whole numbers of at least 1"]),
        ("sweep mine.yaml -o sweep.pdf", vec!["what to write to", "csv"]),
        ("sweep mine.yaml -o missing/sweep.csv", vec!["there is no folder `missing`"]),
        // Conventions
        ("explain mine.yaml", vec!["--convention"]),
        ("explain mine.yaml --convention fvcor", vec!["fvcor", "onnx-tool"]),
        ("explain mine.yaml --convention thop --figures flop", vec!["did you mean `flops`?"]),
        (
            "explain mine.yaml --convention thop --figures params,macs",
            vec!["write `--figures params`"],
        ),
        ("report mine.yaml --weights seeded:1", vec!["are for `--verify`"]),
        ("report mine.yaml --threads 1", vec!["are for `--verify`"]),
        ("man sumary", vec!["there is no command `sumary`"]),
        (
            "explain mine.yaml --convention torch --figure params",
            vec!["`torch` has no figure `params`", "`flops`"],
        ),
        (
            "explain mine.yaml --convention fvcore --figure activations --against thop",
            vec!["`thop` has no figure `activations`", "`macs`, `params`"],
        ),
        (
            "explain mine.yaml --convention fvcore --figures flops --against calflops",
            vec![
                "`macs` (in its words flops), `activations`",
                "`--convention calflops --against fvcore --figures flops`",
            ],
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

/// Whatever is wrong with the call: what a terminal would obey is written out, with colors too.
#[test]
fn arguments_are_shown_and_never_obeyed() {
    let desk = Desk::new().with("mine.yaml", SMALL);
    let hostile = "m\u{1b}]0;title\u{7}\u{202e}";
    for arguments in [
        &[hostile][..],
        &["summary", hostile],
        &["summary", "mine.yaml", hostile],
        &["summary", "mine.yaml", "--input", hostile],
        &["summary", "mine.yaml", "--format", hostile],
        &["summary", "mine.yaml", "--set", hostile],
        &["sweep", "mine.yaml", "--figures", hostile],
        &["sweep", "mine.yaml", "--max", hostile],
        &["sweep", "mine.yaml", "--batch", hostile],
        &["explain", "mine.yaml", "--convention", hostile],
        &["study", "small-kernels", "--sweep", hostile],
        &["roofline", "mine.yaml", "--peak-flops", hostile, "--bandwidth", "1G"],
        &["report", "mine.yaml", "-o", hostile, "--depth"],
        &["man", hostile],
    ] {
        for color in ["never", "always"] {
            let mut command = desk.command_of(arguments.iter().copied());
            // What the parser of arguments says is colored by the environment.
            command.args(["--color", color]).env("CLICOLOR_FORCE", "1");
            let call: Call = command.output().unwrap().into();
            assert_eq!(call.code, Some(2), "{arguments:?}: {call:?}");
            let raw = ["\u{1b}]", "\u{7}", "\u{202e}"];
            assert!(!raw.iter().any(|raw| call.err.contains(raw)), "{arguments:?}: {:?}", call.err);
            let is_shown = call.err.contains("\\u{1b}]0;title\\u{7}\\u{202e}");
            assert!(is_shown || call.err.contains("--depth"), "{arguments:?}: {:?}", call.err);
        }
    }
}
