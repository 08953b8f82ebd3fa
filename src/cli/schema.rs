//! `cnnstat schema`.

use std::process::ExitCode;

use clap::Args;

use super::failure::Failure;
use super::terminal::Terminal;

/// Print the JSON Schema of network and study files, for editors
#[derive(Debug, Args)]
#[command(after_help = "Example:
  cnnstat schema > cnnstat.schema.json

and as the first line of a network or study file:
  # yaml-language-server: $schema=cnnstat.schema.json")]
pub(super) struct Schema {}

impl Schema {
    #[expect(clippy::unused_self, reason = "commands are run alike")]
    pub(super) fn run(&self, terminal: &Terminal) -> Result<ExitCode, Failure> {
        terminal.print(&format!("{:#}", cnnstat::front::yaml::schema()))?;
        Ok(ExitCode::SUCCESS)
    }
}
