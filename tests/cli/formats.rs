//! What commands show, in every format.

use serde_json::Value;

use crate::SMALL;
use crate::support::Desk;

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

    // What the other order sets beside each other, this one tells how to get.
    let other = "--convention calflops --against fvcore";
    let shown = desk.call("explain mine.yaml --convention fvcore --against calflops").out;
    assert!(shown.contains(&format!("`{other}` sets")), "{shown}");
    assert_eq!(
        desk.json(&format!("explain mine.yaml {other} --format json"))["convention"]["figure"],
        "flops"
    );
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
    let machines = machines.as_array().unwrap();
    assert!(machines.iter().all(|machine| machine["source"].is_string()));
    let v100 = machines.iter().find(|machine| machine["name"] == "v100").unwrap();
    assert_eq!(v100["title"], named["machine"]["name"]);
    for rate in ["peak_flops", "bandwidth", "ridge"] {
        assert!(v100[rate].is_f64() && v100[rate] == named["machine"][rate], "{rate}");
    }
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

/// Figures are chosen by one option, whose earlier names are still understood, and by all their names.
#[test]
fn figures_are_chosen_alike() {
    let desk = Desk::new().with("mine.yaml", SMALL);
    let csv = "--format csv";
    for command in ["sweep mine.yaml --set wide=1..3", "formula mine.yaml --over wide"] {
        let shown = desk.call(&format!("{command} --figures macs,weight_memory {csv}"));
        assert_eq!(shown.code, Some(0), "{shown:?}");
        for other in ["--of macs,weight_bytes", "--figure macs,weight_memory,macs"] {
            assert_eq!(desk.call(&format!("{command} {other} {csv}")).out, shown.out, "{other}");
        }
    }
    let command = "explain mine.yaml --convention thop";
    let shown = desk.call(&format!("{command} --figures params {csv}"));
    assert_eq!(desk.call(&format!("{command} --figure params {csv}")).out, shown.out);
    let notes = desk.call(command).out;
    assert!(notes.contains("with `--figures params`"), "{notes}");
}
