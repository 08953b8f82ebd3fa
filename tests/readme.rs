//! The README's commands print what it shows.

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

#[test]
fn shows_what_the_commands_print() {
    let readme = include_str!("../README.md");
    let folder = tempfile::tempdir().unwrap();
    let networks = blocks(readme, "yaml");
    for (name, network) in ["mine.yaml", "wrong.yaml"].into_iter().zip(&networks) {
        std::fs::write(folder.path().join(name), network).unwrap();
    }
    let sessions = blocks(readme, "console");
    assert!(sessions.len() > 5, "the README shows its commands");
    for session in sessions {
        let (command, shown) = session.strip_prefix("$ ").unwrap().split_once('\n').unwrap();
        assert_eq!(printed(command, folder.path()), shown, "{command}");
    }
    assert!(folder.path().join("squeezenet.html").is_file());
}
