//! Formats, and files written whole or not at all.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use cnnstat::back::{self, text::visible};
use cnnstat::diagnostics::suggest;
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
    rendered(format, (terminal.width(), terminal.color()), value, table)
}

/// A result in a format, for a width, where there is one, and with color or not.
pub(super) fn rendered<T: Serialize + ?Sized>(
    format: Format,
    (width, color): (Option<u16>, bool),
    value: &T,
    table: impl FnOnce() -> Result<Table, Failure>,
) -> Result<String, Failure> {
    Ok(match format {
        Format::Json => back::json::render(value)?,
        Format::Csv => back::csv::render(&table()?)?,
        Format::Markdown => back::markdown::render(&table()?),
        Format::Table => back::terminal::render(&table()?, width, color),
    })
}

/// Writes a result to a file, or to the standard output where that is `-`, and says so.
pub(super) fn write_result(path: &Path, text: &str, terminal: &Terminal) -> Result<(), Failure> {
    if path == Path::new("-") {
        return terminal.print(text);
    }
    write(path, text)?;
    terminal.tell(&format!("wrote {}", visible(&path.display().to_string())));
    Ok(())
}

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A page.
    Page,
    /// Its charts and pictures alone.
    Drawing,
    /// A result in a format.
    Text(Format),
}

/// The endings of files and what they hold.
const ENDINGS: [(&str, Kind); 8] = [
    ("html", Kind::Page),
    ("htm", Kind::Page),
    ("svg", Kind::Drawing),
    ("md", Kind::Text(Format::Markdown)),
    ("markdown", Kind::Text(Format::Markdown)),
    ("json", Kind::Text(Format::Json)),
    ("csv", Kind::Text(Format::Csv)),
    ("txt", Kind::Text(Format::Table)),
];

/// What to write to a path, by its ending; to the standard output, `-`, a page.
pub(super) fn kind(path: &Path) -> Result<Kind, Failure> {
    if path == Path::new("-") { Ok(Kind::Page) } else { by_ending(path, &ENDINGS) }
}

/// What the ending of a path stands for.
pub(super) fn by_ending<T: Copy>(path: &Path, endings: &[(&str, T)]) -> Result<T, Failure> {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let lower = ending.to_ascii_lowercase();
    let known = endings.iter().find(|(known, _)| *known == lower);
    known.map(|(_, meaning)| *meaning).ok_or_else(|| {
        let name = path.display().to_string();
        let name = visible(&name);
        let endings: Vec<&str> = endings.iter().map(|(ending, _)| *ending).collect();
        let help = match suggest(&lower, endings.iter().copied()) {
            Some(near) => format!("did you mean .{near}?"),
            None => format!("the endings are .{}", endings.join(", .")),
        };
        Failure::message(format!("what to write to `{name}`? {help}"))
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
