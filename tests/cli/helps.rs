//! The examples that the helps show.

use crate::support::{Call, Desk};

const NETWORK: &str = "
name: Mine
input: [3, 32, 32]
params: {width: 16}
layers:
  - conv: {out: width, kernel: 3, act: relu}
  - global_avg_pool
  - flatten
  - linear: 10
expect:
  - {activations: 28842, source: counted by hand}
";

const STUDY: &str = "
study: Mine
input: [c, 8, 8]
params: {c: 4}
variants:
  one: [conv: {out: c, kernel: 3}]
  two: [conv: {out: c, kernel: 1}]
";

/// The commands whose examples are called. Left out are those with an example that measures this machine or goes through all there is.
const COMMANDS: [&str; 10] = [
    "compare", "explain", "formula", "list", "memory", "paths", "report", "study", "summary",
    "sweep",
];

/// The examples of a help, without what is said beside them and where they lead.
fn examples(help: &str) -> Vec<&str> {
    let lines = help.lines().filter_map(|line| line.strip_prefix("  cnnstat "));
    let calls = lines.map(|line| line.split("  ").next().unwrap_or(line));
    calls.map(|call| call.split(['|', '>']).next().unwrap_or(call).trim()).collect()
}

#[test]
fn examples_of_the_helps_run() {
    for command in COMMANDS {
        let mine = if command == "study" { STUDY } else { NETWORK };
        let desk = Desk::new().with("mine.yaml", mine).with("squeezenet.yaml", NETWORK);
        let help = desk.call(&format!("help {command}")).out;
        let examples = examples(&help);
        assert!(!examples.is_empty(), "{help}");
        for example in examples {
            let Call { code, err, .. } = desk.call(example);
            assert_eq!(code, Some(0), "{example}: {err}");
        }
    }
}
