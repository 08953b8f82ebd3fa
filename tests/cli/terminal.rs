//! What reaches a terminal: colors, help, and nothing where nobody looks.

use std::io::Read;
use std::process::Stdio;

use crate::SMALL;
use crate::support::{Call, Desk};

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
    }
}

/// Every command, as the help lists them: it has help with examples that fits eighty columns, a manual page, and completions.
#[test]
fn every_command_is_described() {
    let desk = Desk::new();
    let help = desk.call("--help").out;
    let listed = help.split_once("Commands:\n").unwrap().1.split_once("\n\n").unwrap().0;
    // What a line goes on with stands further in.
    let commands = listed.lines().filter_map(|line| line.strip_prefix("  "));
    let commands = commands.filter(|line| !line.starts_with(' '));
    let commands: Vec<_> = commands.map(|line| line.split_whitespace().next().unwrap()).collect();
    assert!(commands.len() > 10 && commands[0] == "summary", "{commands:?}");
    let bash = desk.call("completions bash").out;
    for command in commands.into_iter().filter(|command| *command != "help") {
        let help = desk.call(&format!("help {command}"));
        assert_eq!((help.code, help.err.as_str()), (Some(0), ""), "{command}");
        assert_eq!(desk.call(&format!("{command} --help")).out, help.out, "{command}");
        assert!(help.out.contains("\nExample"), "{command}: {}", help.out);
        let wide: Vec<_> = help.out.lines().filter(|line| line.chars().count() > 80).collect();
        assert!(wide.is_empty(), "{command}: {wide:?}");
        let page = desk.call(&format!("man {command}")).out;
        assert!(page.contains(&format!(".TH cnnstat-{command} 1")), "{command}: {page}");
        assert!(bash.contains(&format!("cnnstat__subcmd__{command}")), "{command}");
    }
    assert!(help.lines().all(|line| line.chars().count() <= 80), "{help}");
    assert!(desk.call("man").out.contains("cnnstat\\-sweep(1)"));
    // PowerShell completes no values.
    for (shell, known) in
        [("zsh", "receptive_field"), ("fish", "receptive_field"), ("powershell", "--figures")]
    {
        let call = desk.call(&format!("completions {shell}"));
        assert!(call.code == Some(0) && call.out.contains(known), "{shell}");
    }
}
