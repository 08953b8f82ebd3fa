//! Sweeps as they are called.

use serde_json::Value;

use crate::SMALL;
use crate::support::Desk;

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
    // So it is where there are networks, but no figures of them.
    let desk = desk.with(
        "huge.yaml",
        "input: [4000000000]\nparams: {n: 5}\nlayers: [linear: {out: n * 1000000000}]\n",
    );
    let call = desk.call("sweep huge.yaml --set n=5,6");
    assert_eq!((call.code, call.out.as_str()), (Some(2), ""), "{call:?}");
    assert!(call.err.contains("2 of 2 variants do not fit: "), "{}", call.err);
    assert_eq!(desk.call("sweep huge.yaml --set n=1,5").code, Some(0));
    // What was printed before that is known is whole.
    let call = desk.call("sweep mine.yaml --set wide=1,2 --input 3x2x2 --format json");
    assert_eq!(call.code, Some(2), "{call:?}");
    let printed: Value = serde_json::from_str(&call.out).unwrap();
    assert_eq!(printed["variants"].as_array().unwrap().len(), 2);
    // Where all are needed first, nothing is.
    let call = desk.call("sweep mine.yaml --set wide=1,2 --input 3x2x2");
    assert_eq!((call.code, call.out.as_str()), (Some(2), ""), "{call:?}");
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
    assert!(table.contains("1 of 3 variants exceeds a limit and is left out."), "{table}");
    assert!(table.contains("Small: 3 variants, batch 1, input 3×8×8"), "{table}");
    // Where no variant is within the limits, that is said, and with `--strict` it fails.
    let none = "sweep mine.yaml --set wide=1..3 --max params=1";
    let said = "No variant is within the limits: 3 of 3 variants exceed a limit and are left out.";
    for (arguments, code) in [("", 0), ("--strict", 1), ("-o none.html", 0)] {
        let call = desk.call(&format!("{none} {arguments}"));
        assert_eq!(call.code, Some(code), "{call:?}");
        assert!(call.out.contains(said) || arguments.starts_with("-o"), "{call:?}");
    }
    let page = desk.text("none.html");
    assert!(page.contains(said) && !page.contains("<svg") && !page.contains("<table"), "{page}");
    let drawn = desk.call(&format!("{none} -o none.svg"));
    assert!(drawn.code == Some(2) && drawn.err.contains(said), "{drawn:?}");
}
