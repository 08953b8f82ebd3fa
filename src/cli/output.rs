//! Formats, and files written whole or not at all.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use cnnstat::back;
use cnnstat::report::table::Table;
use serde::Serialize;

use super::failure::Failure;
use super::terminal::Terminal;

/// How a result is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For the terminal
    Table,
    /// For scripts, with exact figures
    Json,
    /// For spreadsheets, with exact figures
    Csv,
    /// For documents
    Markdown,
}

/// A result in a format: `value` as JSON, or the table made for the others.
pub(super) fn render<T: Serialize + ?Sized>(
    format: Format,
    terminal: &Terminal,
    value: &T,
    table: impl FnOnce() -> Result<Table, Failure>,
) -> Result<String, Failure> {
    Ok(match format {
        Format::Json => back::json::render(value)?,
        Format::Csv => back::csv::render(&table()?)?,
        Format::Markdown => back::markdown::render(&table()?),
        Format::Table => back::terminal::render(&table()?, terminal.width(), terminal.color()),
    })
}

/// Writes a file whole or not at all.
pub(super) fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let mut file = Whole::create(path)?;
    file.write(text)?;
    file.finish()
}

/// A file that is written piece by piece, and is there whole or not at all.
pub(super) struct Whole {
    out: BufWriter<Out>,
    path: PathBuf,
}

enum Out {
    /// To be renamed.
    Temporary(tempfile::NamedTempFile),
    /// What is there and no file, such as a device, cannot be replaced.
    Device(File),
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Temporary(file) => file.write(bytes),
            Self::Device(device) => device.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Temporary(file) => file.flush(),
            Self::Device(device) => device.flush(),
        }
    }
}

impl Whole {
    /// Begins a file, without any of it at its place yet.
    pub(super) fn create(path: &Path) -> Result<Self, Failure> {
        if path.is_dir() {
            return Err(Failure::message(format!("`{}` is a directory", path.display())));
        }
        if path.exists() && !path.is_file() {
            let device = File::options().write(true).open(path);
            let device = device.map_err(|error| failed(path, &error))?;
            return Ok(Self::new(Out::Device(device), path));
        }
        // A link is written through, to the file it leads to.
        let path = &path.canonicalize().unwrap_or_else(|_| path.to_owned());
        if std::fs::metadata(path).is_ok_and(|metadata| metadata.permissions().readonly()) {
            return Err(Failure::message(format!("`{}` is not to be written", path.display())));
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        if let Some(folder) = folder.filter(|folder| !folder.exists()) {
            return Err(Failure::message(format!("there is no folder `{}`", folder.display())));
        }
        let file = builder(path).tempfile_in(folder.unwrap_or(Path::new(".")));
        let file = file.map_err(|error| failed(path, &error))?;
        Ok(Self::new(Out::Temporary(file), path))
    }

    fn new(out: Out, path: &Path) -> Self {
        Self { out: BufWriter::new(out), path: path.to_owned() }
    }

    /// Adds to the file.
    pub(super) fn write(&mut self, text: &str) -> Result<(), Failure> {
        self.out.write_all(text.as_bytes()).map_err(|error| failed(&self.path, &error))
    }

    /// Puts the file at its place.
    pub(super) fn finish(self) -> Result<(), Failure> {
        let Self { out, path } = self;
        match out.into_inner().map_err(|error| failed(&path, error.error()))? {
            Out::Temporary(file) => {
                file.persist(&path).map_err(|error| failed(&path, &error.error))?;
            }
            Out::Device(_) => {}
        }
        Ok(())
    }
}

/// The errors of temporary files name these, which nobody asked for: what kind they are says enough.
fn failed(path: &Path, error: &io::Error) -> Failure {
    Failure::writing(&format!("`{}`", path.display()), &io::Error::from(error.kind()))
}

/// Whether what is read and what is to be written are the same file.
pub(super) fn is_same_file(input: &Path, output: &Path) -> bool {
    let known = |path: &Path| path.canonicalize().ok();
    known(input).is_some_and(|input| Some(input) == known(output))
}

/// A temporary file with the permissions of the file that is replaced, or those of a new file.
#[cfg(unix)]
fn builder(path: &Path) -> tempfile::Builder<'static, 'static> {
    use std::fs::{Permissions, metadata};
    use std::os::unix::fs::PermissionsExt;
    let usual = || Permissions::from_mode(0o666);
    let permissions = metadata(path).map_or_else(|_| usual(), |metadata| metadata.permissions());
    let mut builder = tempfile::Builder::new();
    builder.prefix(".cnnstat-").permissions(permissions);
    builder
}

#[cfg(not(unix))]
fn builder(_: &Path) -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".cnnstat-");
    builder
}
