//! Temporary files, none of which outlives the program, also where it is interrupted.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use tempfile::{Builder, NamedTempFile, TempPath};

/// What a shell calls the exit of a program that was interrupted: 128, and the signal's number.
const INTERRUPTED: i32 = 130;

/// The temporary files that may be there.
static THERE: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// A temporary file, which is removed where it is not made a result.
pub(super) struct Temporary {
    file: fs::File,
    path: TempPath,
}

impl Temporary {
    pub(super) fn create(builder: &Builder<'_, '_>, folder: &Path) -> io::Result<Self> {
        static WATCHED: Once = Once::new();
        // Signals that whoever calls the program ignores, as `nohup` does, stay ignored; then an interruption leaves a file, which is no
        // reason not to work.
        WATCHED.call_once(|| drop(ctrlc::try_set_handler(interrupted)));
        // Held meanwhile, so that an interruption finds every file in the list.
        let mut there = there();
        let (file, path) = builder.tempfile_in(folder).map(NamedTempFile::into_parts)?;
        there.push(path.to_path_buf());
        Ok(Self { file, path })
    }

    pub(super) fn file(&mut self) -> &mut impl Write {
        &mut self.file
    }

    /// Puts the file at a place, over what is there.
    pub(super) fn persist(self, place: &Path) -> io::Result<()> {
        let mut there = there();
        there.retain(|path| *path != *self.path);
        self.path.persist(place).map_err(|error| error.error)
    }
}

fn there() -> MutexGuard<'static, Vec<PathBuf>> {
    THERE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn interrupted() {
    // Held until the end, so that no file is made any more.
    let there = there();
    for path in &*there {
        // What cannot be removed stays; nobody is left to tell.
        let _ = fs::remove_file(path);
    }
    process::exit(INTERRUPTED);
}
