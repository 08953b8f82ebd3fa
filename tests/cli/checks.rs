//! Published figures and budgets.

use serde_json::Value;

use crate::SMALL;
use crate::support::Desk;

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
        ("check mine.yaml --max params=111", 1, vec!["EXCEEDS", "0 hold, 1 exceeds", "0.9 %"], ""),
        ("check mine.yaml --max params=0", 1, vec!["EXCEEDS"], ""),
        ("check mine.yaml --max weight_memory=448B", 0, vec!["448"], "EXCEEDS"),
        ("check mine.yaml --max weight_memory=0.4375KiB", 0, vec!["448"], "EXCEEDS"),
        ("check mine.yaml --max weight_memory=0.447kB", 1, vec!["447"], ""),
        ("check within.yaml", 0, vec!["3 hold, 0 exceed"], "EXCEEDS"),
        // A limit of the call does not loosen the file's.
        ("check above.yaml --max params=1k", 1, vec!["2 hold, 1 exceeds"], ""),
        ("check above.yaml --failing", 1, vec!["EXCEEDS"], "3,888"),
        ("check alone.yaml", 0, vec!["1 holds"], "FAILS"),
        // The keys of JSON are names too, in files as in calls.
        ("check keyed.yaml --max weight_bytes=448", 0, vec!["3 hold", "Published figures: 2"], ""),
        ("check alone.yaml --set wide=5", 1, vec!["72", "25.0 %"], ""),
        ("check derived.yaml", 0, vec!["Published figures: 0"], "EXCEEDS"),
        // What is published is for a batch of 1, what is allowed is for the call's.
        ("check above.yaml --batch 2", 1, vec!["batch 2", "7,776"], "counted by hand"),
        ("check mine.yaml --batch 2 --max macs=7776", 0, vec!["batch 2"], "counted by hand"),
        ("check mine.yaml --input 3x4x4 --max macs=432", 1, vec!["FAILS", "1 holds, 0 exceed"], ""),
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

/// A 3x3 convolution sees 3 pixels; behind a global pool everything is seen, and nothing else where the pool comes first.
#[test]
fn what_sees_everything_is_global() {
    let network = |layers: &str| {
        format!("name: mine\ninput: [3, 8, 8]\nparams: {{c: 4}}\nlayers: [{layers}]\n")
    };
    let conv = "conv: {out: c, kernel: 3}";
    let study = format!(
        "study: Pools\ninput: [3, 8, 8]\nparams: {{c: 4}}\nfigures: [receptive_field]\nvariants:\n  \
        none: [{conv}]\n  last: [{conv}, global_avg_pool]\n  first: [global_avg_pool, conv: {{out: c, kernel: 1}}]\n"
    );
    let desk = Desk::new()
        .with("window.yaml", network(conv))
        .with("pooled.yaml", network(&format!("{conv}, global_avg_pool")))
        .with("global.yaml", network("global_avg_pool, conv: {out: c, kernel: 1}"))
        .with("study.yaml", study);
    let line = |call: &str, begin: &str| {
        let page = desk.call(call).out;
        let line = page.lines().find(|line| line.starts_with(begin)).map(str::to_owned);
        line.unwrap_or_else(|| panic!("{call}: {page}"))
    };
    let compared = line("compare window.yaml pooled.yaml global.yaml", "Receptive field");
    let compared: Vec<&str> = compared.split("  ").filter(|cell| !cell.is_empty()).collect();
    assert_eq!(compared.len(), 4, "{compared:?}");
    for (cell, expected) in compared.iter().zip(["Receptive field", "3×3", "3×3, global", "global"])
    {
        assert_eq!(cell.trim(), expected);
    }
    let cases =
        [("window", "3", Some(3)), ("pooled", "3, global", Some(3)), ("global", "global", None)];
    for (name, cell, pixels) in cases {
        let extent = if name == "window" { "window" } else { "global" };
        let sweep = format!("sweep {name}.yaml --set c=4 --figures receptive_field");
        assert!(line(&sweep, "4  ").ends_with(&format!("  {cell}")), "{sweep}");
        let json = &desk.json(&format!("{sweep} --format json"))["variants"][0];
        assert_eq!(json["figures"]["receptive_field"], serde_json::json!(pixels));
        assert_eq!(json["receptive_field_extent"], extent);
        let summary = desk.json(&format!("summary {name}.yaml --format json"));
        assert_eq!(summary["receptive_field_extent"], extent);
        assert_eq!(summary["receptive_field"].is_null(), pixels.is_none());
    }
    for (name, cell) in [("├ none", "3"), ("├ last", "3, global"), ("└ first", "global")] {
        let row = line("study study.yaml", name);
        assert!(row.split("  ").any(|shown| shown.trim() == cell), "{row}");
    }
    let (within, above) = ("--max receptive_field=3", "--max receptive_field=2");
    assert!(desk.call(&format!("check pooled.yaml {within}")).out.contains("3, global"));
    assert_eq!(desk.call(&format!("check pooled.yaml {above}")).code, Some(1));
    let refused = desk.call(&format!("check global.yaml {within}"));
    assert_eq!(refused.code, Some(2));
    assert!(refused.err.contains("global from the first layer on"), "{}", refused.err);
}

#[test]
fn what_nobody_published_has_no_columns() {
    let file = "input: [3, 8, 8]\nlayers: [conv: {out: 4, kernel: 3}]\n";
    let desk = Desk::new().with("mine.yaml", file);
    let call = desk.call("check mine.yaml --max params=1 --max peak_memory=1KiB");
    // 112 parameters; (3·8·8 + 4·6·6)·4 = 1344 bytes.
    for shown in ["11,100.0 %", "peak_memory, bytes", "1,344", "1,024"] {
        assert!(call.out.contains(shown), "{shown}: {}", call.out);
    }
    for shown in ["Published  ", "Within", "Published figures:", "MACs", "MiB"] {
        assert!(!call.out.contains(shown), "{shown}: {}", call.out);
    }
    let csv = desk.call("check mine.yaml --max params=1 --format csv").out;
    assert!(csv.starts_with("verdict,of,figure,published,analysed,most,"), "{csv}");
}
