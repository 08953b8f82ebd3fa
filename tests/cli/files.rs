//! What is read, and what is written where.

use serde_json::Value;

use crate::SMALL;
use crate::support::Desk;

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

/// Weights, the mapping of their names, labels and inputs are read as much as the network is, also where a link leads to them.
#[cfg(unix)]
#[test]
fn what_is_read_besides_the_network_is_not_written_over() {
    let labeled = format!("{SMALL}labels: labels.json\n");
    let content = "what was there";
    let mut desk = Desk::new().with("n.yaml", &labeled);
    let files = ["labels.json", "w.npz", "m.html", "m.onnx", "x.npy", "i.npy", "l.json"];
    for file in files {
        desk = desk.with(file, content);
    }
    std::os::unix::fs::symlink("w.npz", desk.path().join("w.onnx")).unwrap();
    std::os::unix::fs::symlink("w.npz", desk.path().join("w.npy")).unwrap();
    for (arguments, file) in [
        ("run n.yaml --weights w.npz --tap conv1=w.npy", "w.npy"),
        ("run n.yaml -o labels.json", "labels.json"),
        ("run n.yaml --labels l.json -o l.json", "l.json"),
        ("run n.yaml --labels l.json -o labels.json", "labels.json"),
        ("run n.yaml --input-data input=x.npy --tap conv1=x.npy", "x.npy"),
        ("run n.yaml --image i.npy -o i.npy", "i.npy"),
        ("run n.yaml --weights w.npz --weight-names l.json -o ./l.json", "./l.json"),
        ("convert n.yaml m.onnx --weights w.npz --weight-names m.onnx", "m.onnx"),
        ("convert n.yaml w.onnx --weights w.npz", "w.onnx"),
        ("report n.yaml -o m.html --verify --weights w.npz --weight-names m.html", "m.html"),
        ("roofline n.yaml --machine v100 -o labels.json", "labels.json"),
        ("sweep n.yaml --set wide=1,2 -o labels.json", "labels.json"),
    ] {
        let call = desk.call(arguments);
        assert_eq!((call.code, call.out.as_str()), (Some(2), ""), "{arguments}: {call:?}");
        let message = format!("would be written over `{file}`, which it is made from");
        assert!(call.err.contains(&message), "{arguments}: {}", call.err);
        for file in files {
            assert_eq!(desk.text(file), content, "{arguments}: {file}");
        }
    }
}

/// Before the work, and where one result cannot be written none is.
#[test]
fn results_that_cannot_be_written_are_told_first() {
    let desk = Desk::new().with("mine.yaml", SMALL);
    // Weights that are not there would be told by whatever comes after.
    for command in [
        "run mine.yaml --weights none.npz -o y.npy -o missing/r.json",
        "run mine.yaml --weights none.npz -o y.json --tap conv1=missing/r.npy",
        "convert mine.yaml missing/n.onnx --weights none.npz",
        "report mine.yaml --verify --weights none.npz -o missing/n.html",
        "study small-kernels -o missing/n.html",
        "roofline mine.yaml --machine this -o missing/n.html",
    ] {
        let call = desk.call(command);
        assert_eq!((call.code, call.out.as_str()), (Some(2), ""), "{command}: {call:?}");
        assert!(call.err.contains("there is no folder `missing`"), "{command}: {}", call.err);
        assert_eq!(desk.files(), ["mine.yaml"], "{command}");
    }
}

/// A sweep of many variants is at work until it is interrupted. Signals that whoever runs the tests ignores would stay ignored: `env` resets them.
#[cfg(target_os = "linux")]
#[test]
fn an_interruption_leaves_no_file() {
    let desk = Desk::new().with("mine.yaml", SMALL);
    let sweep = desk.command("sweep mine.yaml --set wide=1..3000 --batch 1..3000 -o s.csv");
    let mut command = std::process::Command::new("env");
    command.arg("--default-signal=INT,TERM,HUP").arg(sweep.get_program()).args(sweep.get_args());
    let folder = sweep.get_current_dir().unwrap();
    let mut child =
        command.current_dir(folder).stdout(std::process::Stdio::null()).spawn().unwrap();
    let is_begun = || desk.files().iter().any(|file| file.starts_with(".cnnstat-"));
    while !is_begun() {
        assert!(child.try_wait().unwrap().is_none(), "it ended");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let kill = std::process::Command::new("kill").arg(child.id().to_string()).status().unwrap();
    assert!(kill.success());
    assert!(!child.wait().unwrap().success());
    assert_eq!(desk.files(), ["mine.yaml"]);
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

/// `tests/peers/run` has other programs read what is written.
#[test]
fn a_network_is_converted_whole_or_not_at_all() {
    let desk = Desk::new()
        .with("mine.yaml", SMALL)
        .with("source.onnx", SMALL)
        .with("large.yaml", "input: [32768]\nlayers: [linear: 16384]\n")
        .with("wide.yaml", "input: [1, 2, 90000]\nlayers: [adaptive_avg_pool: [2, 70000]]\n");
    let call = desk.call("convert mine.yaml mine.onnx --weights seeded:7 --batch 2");
    assert_eq!(
        (call.code, call.out.as_str(), call.err.as_str()),
        (Some(0), "", "wrote mine.onnx\n")
    );
    let model = std::fs::read(desk.path().join("mine.onnx")).unwrap();
    // 112 values of 4 bytes, and names.
    assert!((112 * 4..1024).contains(&model.len()), "{}", model.len());
    for (arguments, differs) in [("--weights seeded:7 --batch 2", false), ("--batch 2", true)] {
        desk.call(&format!("convert mine.yaml again.onnx {arguments}"));
        let again = std::fs::read(desk.path().join("again.onnx")).unwrap();
        assert_eq!(again != model, differs, "{arguments}");
        std::fs::remove_file(desk.path().join("again.onnx")).unwrap();
    }
    let there = desk.files();
    for (arguments, message) in [
        ("mine.yaml mine.txt", "what to write to `mine.txt`? networks are converted to .onnx"),
        ("mine.yaml missing/mine.onnx", "there is no folder `missing`"),
        ("source.onnx source.onnx", "this version reads YAML files, not ONNX"),
        ("large.yaml large.onnx", "more than the 2 GiB that an ONNX file holds"),
        ("wide.yaml wide.onnx", "`adaptive_avg_pool1`: its constants take more than the 2 GiB"),
        ("mine.yaml mine.onnx --weights seeded", "write `seeded:N`"),
    ] {
        let call = desk.call(&format!("convert {arguments}"));
        assert_eq!((call.code, call.out.as_str()), (Some(2), ""), "{arguments}");
        assert!(call.err.contains(message), "{arguments}: {}", call.err);
        assert_eq!(desk.files(), there, "{arguments}");
    }
    assert_eq!(std::fs::read(desk.path().join("mine.onnx")).unwrap(), model);
}
