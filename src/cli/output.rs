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
use super::read_files::ReadFiles;
use super::temporary::Temporary;
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

/// Refuses the options, those that are given, which choose what a table shows: JSON always has everything.
pub(super) fn refuse_with_json(options: &[(&str, bool)]) -> Result<(), Failure> {
    match options.iter().find(|(_, is_given)| *is_given) {
        None => Ok(()),
        Some((name, _)) => {
            Err(Failure::message(format!("`{name}` is for tables; JSON always has everything")))
        }
    }
}

/// What a file, or what is printed, holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A page.
    Page,
    /// Its charts and pictures alone.
    Drawing,
    /// A result in a format.
    Text(Format),
}

/// What the ending of a file stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// What every command that writes files has.
    Kind(Kind),
    /// JSON with a record a line.
    Lines,
}

/// The endings of files.
const ENDINGS: [(&str, Ending); 9] = [
    ("html", Ending::Kind(Kind::Page)),
    ("htm", Ending::Kind(Kind::Page)),
    ("svg", Ending::Kind(Kind::Drawing)),
    ("md", Ending::Kind(Kind::Text(Format::Markdown))),
    ("markdown", Ending::Kind(Kind::Text(Format::Markdown))),
    ("json", Ending::Kind(Kind::Text(Format::Json))),
    ("jsonl", Ending::Lines),
    ("csv", Ending::Kind(Kind::Text(Format::Csv))),
    ("txt", Ending::Kind(Kind::Text(Format::Table))),
];

/// Whether a path stands for the standard output.
pub(super) fn is_standard(path: &Path) -> bool {
    path == Path::new("-")
}

/// What a command makes of the ending of a path, where it has a meaning for that; the standard output is for a page.
pub(super) fn by_ending<T>(
    path: &Path,
    meaning: impl Fn(Ending) -> Option<T>,
) -> Result<T, Failure> {
    by_ending_beside(path, &[], meaning)
}

/// As [`by_ending`], where files with `other` endings are told apart before.
fn by_ending_beside<T>(
    path: &Path,
    other: &[&'static str],
    meaning: impl Fn(Ending) -> Option<T>,
) -> Result<T, Failure> {
    if is_standard(path)
        && let Some(page) = meaning(Ending::Kind(Kind::Page))
    {
        return Ok(page);
    }
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let lower = ending.to_ascii_lowercase();
    let known = || ENDINGS.iter().filter_map(|(name, ending)| Some((*name, meaning(*ending)?)));
    let meant = known().find(|(known, _)| *known == lower);
    meant.map(|(_, meaning)| meaning).ok_or_else(|| {
        let name = path.display().to_string();
        let name = visible(&name);
        let known = known().map(|(ending, _)| ending);
        let endings: Vec<&str> = other.iter().copied().chain(known).collect();
        let help = match suggest(&lower, endings.iter().copied()) {
            Some(near) => format!("did you mean .{near}?"),
            None => format!("the endings are .{}", endings.join(", .")),
        };
        Failure::message(format!("what to write to `{name}`? {help}"))
    })
}

/// Where a result goes: into a file, to the standard output, or both.
#[derive(Debug)]
pub(super) struct Destination<'a> {
    file: Option<(&'a Path, Kind)>,
    printed: Option<Kind>,
}

impl<'a> Destination<'a> {
    /// A file gets what its ending tells, and the format is that of what is printed. Without a file a table is printed where there is
    /// no format; to `-` a page.
    pub(super) fn new(output: Option<&'a Path>, format: Option<Format>) -> Result<Self, Failure> {
        Self::beside(&[], output, format)
    }

    /// As [`new`](Self::new), where files with `other` endings get something else.
    pub(super) fn beside(
        other: &[&'static str],
        output: Option<&'a Path>,
        format: Option<Format>,
    ) -> Result<Self, Failure> {
        let format = format.map(Kind::Text);
        let Some(path) = output else {
            return Ok(Self { file: None, printed: format.or(Some(Kind::Text(Format::Table))) });
        };
        let kind = by_ending_beside(path, other, |ending| match ending {
            Ending::Kind(kind) => Some(kind),
            Ending::Lines => None,
        })?;
        Ok(Self::of_kind(path, kind, format))
    }

    /// A page, whatever the ending, with a text that is printed beside a file.
    pub(super) fn page(path: &'a Path, format: Option<Format>) -> Self {
        let beside = format.or((!is_standard(path)).then_some(Format::Table));
        Self::of_kind(path, Kind::Page, beside.map(Kind::Text))
    }

    fn of_kind(path: &'a Path, kind: Kind, format: Option<Kind>) -> Self {
        if is_standard(path) {
            return Self { file: None, printed: format.or(Some(kind)) };
        }
        Self { file: Some((path, kind)), printed: format }
    }

    /// Whether any of it is JSON.
    pub(super) fn has_json(&self) -> bool {
        let json = Kind::Text(Format::Json);
        self.printed == Some(json) || self.file.is_some_and(|(_, kind)| kind == json)
    }

    /// Refuses what could not be written, before the work is done.
    pub(super) fn check(&self, read: &ReadFiles) -> Result<(), Failure> {
        self.file.map_or(Ok(()), |(path, _)| Target::new(path, read).map(drop))
    }

    /// Writes and prints what `text` gives for a kind, a width, where there is one, and with color or not.
    pub(super) fn deliver(
        &self,
        read: &ReadFiles,
        terminal: &Terminal,
        text: impl Fn(Kind, Option<u16>, bool) -> Result<String, Failure>,
    ) -> Result<(), Failure> {
        self.begun(read, &text)?.map_or(Ok(()), Whole::finish)?;
        self.print(terminal, text)
    }

    /// The file with all that it is to hold, not yet at its place.
    pub(super) fn begun(
        &self,
        read: &ReadFiles,
        text: impl Fn(Kind, Option<u16>, bool) -> Result<String, Failure>,
    ) -> Result<Option<Whole>, Failure> {
        let Some((path, kind)) = self.file else { return Ok(None) };
        let text = text(kind, None, false)?;
        let mut file = Whole::create(&Target::new(path, read)?)?;
        file.write(&text)?;
        Ok(Some(file))
    }

    /// Prints what is to be printed, and says that the file is there.
    pub(super) fn print(
        &self,
        terminal: &Terminal,
        text: impl Fn(Kind, Option<u16>, bool) -> Result<String, Failure>,
    ) -> Result<(), Failure> {
        if let Some(kind) = self.printed {
            terminal.print(&text(kind, terminal.width(), terminal.color())?)?;
        }
        if let Some((path, _)) = self.file {
            tell_written(path, terminal);
        }
        Ok(())
    }
}

/// Says that a file is there.
pub(super) fn tell_written(path: &Path, terminal: &Terminal) {
    terminal.tell(&format!("wrote {}", visible(&path.display().to_string())));
}

/// A place where a result can be written, over none of the files that it is made from.
#[derive(Debug)]
pub(super) struct Target {
    path: PathBuf,
    /// Whether it is there and no file, such as a device, and so cannot be replaced.
    is_device: bool,
}

impl Target {
    /// Refuses a place where nothing can be written, and those of the files that were `read`.
    pub(super) fn new(path: &Path, read: &ReadFiles) -> Result<Self, Failure> {
        read.refuse(path)?;
        if path.is_dir() {
            return Err(Failure::message(format!("`{}` is a directory", path.display())));
        }
        if path.exists() && !path.is_file() {
            return Ok(Self { path: path.to_owned(), is_device: true });
        }
        // A link is written through, to the file it leads to.
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        if std::fs::metadata(&path).is_ok_and(|metadata| metadata.permissions().readonly()) {
            return Err(Failure::message(format!("`{}` is not to be written", path.display())));
        }
        let target = Self { path, is_device: false };
        let folder = target.folder();
        if !folder.exists() {
            return Err(Failure::message(format!("there is no folder `{}`", folder.display())));
        }
        // Whether the folder takes files, only a file tells.
        target.temporary()?;
        Ok(target)
    }

    fn temporary(&self) -> Result<Temporary, Failure> {
        let file = Temporary::create(&builder(&self.path), self.folder());
        file.map_err(|error| failed(&self.path, &error))
    }

    fn folder(&self) -> &Path {
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        folder.unwrap_or(Path::new("."))
    }

    /// The path in the one spelling that a file has.
    pub(super) fn file(&self) -> PathBuf {
        let folder = self.folder().canonicalize().unwrap_or_default();
        folder.join(self.path.file_name().unwrap_or_default())
    }
}

/// A file that is written piece by piece, and is there whole or not at all.
pub(super) struct Whole {
    out: BufWriter<Out>,
    path: PathBuf,
}

enum Out {
    /// To be renamed.
    Temporary(Temporary),
    Device(File),
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Temporary(temporary) => temporary.file().write(bytes),
            Self::Device(device) => device.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Temporary(temporary) => temporary.file().flush(),
            Self::Device(device) => device.flush(),
        }
    }
}

impl Whole {
    /// Begins a file, without any of it at its place yet.
    pub(super) fn create(target: &Target) -> Result<Self, Failure> {
        let path = target.path.clone();
        let out = if target.is_device {
            let device = File::options().write(true).open(&path);
            Out::Device(device.map_err(|error| failed(&path, &error))?)
        } else {
            Out::Temporary(target.temporary()?)
        };
        Ok(Self { out: BufWriter::new(out), path })
    }

    /// Adds to the file.
    pub(super) fn write(&mut self, text: &str) -> Result<(), Failure> {
        self.write_by(|out| out.write_all(text.as_bytes()))
    }

    /// Adds what is written by `write`.
    pub(super) fn write_by(
        &mut self,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Failure> {
        write(&mut self.out).map_err(|error| self.failure(&error))
    }

    /// What its content is written to.
    pub(super) fn out(&mut self) -> &mut dyn Write {
        &mut self.out
    }

    /// Why it cannot be written.
    pub(super) fn failure(&self, error: &io::Error) -> Failure {
        failed(&self.path, error)
    }

    /// Puts the file at its place.
    pub(super) fn finish(self) -> Result<(), Failure> {
        let Self { out, path } = self;
        match out.into_inner().map_err(|error| failed(&path, error.error()))? {
            Out::Temporary(temporary) => {
                temporary.persist(&path).map_err(|error| failed(&path, &error))?;
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
