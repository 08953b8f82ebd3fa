//! Formats, and files written whole or not at all.

use std::fs::Permissions;
use std::io::Write;
use std::path::Path;

use clap::ValueEnum;
use cnnstat::back;
use cnnstat::report::table::Table;

use super::failure::Failure;
use super::terminal::Terminal;

/// How a table is written.
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

/// A table in a format other than JSON.
pub(super) fn table(table: &Table, format: Format, terminal: &Terminal) -> Result<String, Failure> {
    Ok(match format {
        Format::Csv => back::csv::render(table)?,
        Format::Markdown => back::markdown::render(table),
        Format::Table | Format::Json => {
            back::terminal::render(table, terminal.width(), terminal.color())
        }
    })
}

/// Writes a file whole or not at all.
pub(super) fn write(path: &Path, text: &str) -> Result<(), Failure> {
    // The errors of temporary files name these, which nobody asked for: what kind they are says enough.
    let failed = |error: std::io::Error| {
        let error = std::io::Error::from(error.kind());
        Failure::writing(&format!("`{}`", path.display()), &error)
    };
    if path.is_dir() {
        return Err(Failure::message(format!("`{}` is a directory", path.display())));
    }
    // What is there and no file, such as a device, cannot be replaced.
    if path.exists() && !path.is_file() {
        return std::fs::write(path, text).map_err(failed);
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder.filter(|folder| !folder.exists()) {
        return Err(Failure::message(format!("there is no folder `{}`", folder.display())));
    }
    let mut builder = tempfile::Builder::new();
    builder.prefix(".cnnstat-").permissions(permissions(path));
    let mut file = builder.tempfile_in(folder.unwrap_or(Path::new("."))).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

/// Those of the file that is replaced, or the usual ones of a new file.
#[cfg(unix)]
fn permissions(path: &Path) -> Permissions {
    use std::os::unix::fs::PermissionsExt;
    let usual = || Permissions::from_mode(0o666);
    std::fs::metadata(path).map_or_else(|_| usual(), |metadata| metadata.permissions())
}

#[cfg(not(unix))]
fn permissions(path: &Path) -> Permissions {
    use std::fs::metadata;
    metadata(path).or_else(|_| metadata(".")).map(|metadata| metadata.permissions()).unwrap()
}
