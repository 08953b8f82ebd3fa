//! `cnnstat completions`.

use std::process::ExitCode;

use clap::{Args, Command};
use clap_complete::Shell;

use super::failure::Failure;
use super::terminal::Terminal;

/// Print completions of commands, options and their values for a shell
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cnnstat completions bash > ~/.local/share/bash-completion/completions/cnnstat
  cnnstat completions fish > ~/.config/fish/completions/cnnstat.fish")]
pub(super) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    /// Prints what the shell reads about `command`.
    pub(super) fn run(
        &self,
        command: &mut Command,
        terminal: &Terminal,
    ) -> Result<ExitCode, Failure> {
        let mut text = Vec::new();
        clap_complete::generate(self.shell, command, "cnnstat", &mut text);
        terminal.print(&String::from_utf8_lossy(&text))?;
        Ok(ExitCode::SUCCESS)
    }
}
