//! The program `cnnstat`: arguments in, the library called, an exit code out.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
