//! The commands of the README and of the pages about commands print what these show.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::path::Path;
use std::process::Command;

/// The fenced blocks of a language, without their fences.
fn blocks<'text>(text: &'text str, language: &str) -> Vec<&'text str> {
    let opening = format!("```{language}\n");
    let blocks = text.split(opening.as_str()).skip(1);
    blocks.map(|block| block.split("```").next().unwrap()).collect()
}

/// What a command prints, messages and all, in the order in which it does.
fn printed(command: &str, folder: &Path) -> String {
    let arguments = command.strip_prefix("cnnstat ").unwrap();
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(format!("exec \"$0\" {arguments} 2>&1")).arg(env!("CARGO_BIN_EXE_cnnstat"));
    String::from_utf8(shell.current_dir(folder).output().unwrap().stdout).unwrap()
}

/// Runs the commands of a page in a folder; gives how many there are.
fn run(page: &str, folder: &Path) -> usize {
    let sessions = blocks(page, "console");
    for session in &sessions {
        let (command, shown) = session.strip_prefix("$ ").unwrap().split_once('\n').unwrap();
        assert_eq!(printed(command, folder), *shown, "{command}");
    }
    sessions.len()
}

#[test]
fn shows_what_the_commands_print() {
    let readme = include_str!("../README.md");
    let folder = tempfile::tempdir().unwrap();
    let networks = blocks(readme, "yaml");
    for (name, network) in ["mine.yaml", "wrong.yaml"].into_iter().zip(&networks) {
        std::fs::write(folder.path().join(name), network).unwrap();
    }
    assert!(run(readme, folder.path()) > 5, "the README shows its commands");
    assert!(folder.path().join("squeezenet.html").is_file());
}

#[test]
fn so_do_the_pages_of_commands() {
    let folder = tempfile::tempdir().unwrap();
    for page in [
        include_str!("../docs/formulas.md"),
        include_str!("../docs/studies.md"),
        include_str!("../docs/sweep.md"),
    ] {
        assert!(run(page, folder.path()) > 0, "the page shows a command");
    }
}
