//! `cnnstat man`.

use std::process::ExitCode;

use clap::{Args, Command};
use clap_mangen::Man as Page;

use super::failure::Failure;
use super::terminal::Terminal;

/// Print the manual page of cnnstat, or of one of its commands
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cnnstat man | man -l -
  cnnstat man sweep > cnnstat-sweep.1")]
pub(super) struct Man {
    /// A command; all of them in short if left out
    command: Option<String>,
}

impl Man {
    /// Prints the page of `program`, or of the command of it that is asked for.
    pub(super) fn run(
        &self,
        program: &mut Command,
        terminal: &Terminal,
    ) -> Result<ExitCode, Failure> {
        program.build();
        let command = match &self.command {
            None => &*program,
            Some(name) => program.find_subcommand(name).ok_or_else(|| {
                let message = format!("there is no command `{name}`");
                Failure::helped(message, "`cnnstat --help` has all commands")
            })?,
        };
        let mut text = Vec::new();
        let written = Page::new(command.clone()).render(&mut text);
        written.map_err(|error| Failure::writing("the page", &error))?;
        terminal.print(&String::from_utf8_lossy(&text))?;
        Ok(ExitCode::SUCCESS)
    }
}
