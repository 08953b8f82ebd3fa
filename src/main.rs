//! The program `cnnstat`: arguments in, the library called, an exit code out.

mod cli;

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// Trees and reports are many small pieces; the system's allocator takes a fifth more time over them.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    cli::main()
}
