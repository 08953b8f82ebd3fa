//! The files that a command reads, over none of which a result is written.

use std::path::{Path, PathBuf};

use cnnstat::back::text::visible;
use cnnstat::front::Labels;
use cnnstat::front::yaml::{Description, Study};

use super::failure::Failure;

/// The files that the result of a command is made from.
#[derive(Debug, Default)]
pub(super) struct ReadFiles(Vec<PathBuf>);

impl ReadFiles {
    /// Those of a network: its file, those that it extends, and that of its labels.
    pub(super) fn of(description: &Description) -> Self {
        Self::default().and(description.files()).and(labels_file(description))
    }

    /// Those of all variants of a study.
    pub(super) fn of_study(study: &Study) -> Self {
        let labels = study.variants.iter().filter_map(|one| labels_file(&one.description));
        Self::default().and(study.files()).and(labels)
    }

    /// Others besides.
    pub(super) fn and<P: Into<PathBuf>>(mut self, paths: impl IntoIterator<Item = P>) -> Self {
        self.0.extend(paths.into_iter().map(Into::into));
        self
    }

    /// Refuses a result that would be written over one of them, by whatever name it goes.
    pub(super) fn refuse(&self, output: &Path) -> Result<(), Failure> {
        let Ok(output_file) = output.canonicalize() else { return Ok(()) };
        let is_same = |path: &PathBuf| path.canonicalize().is_ok_and(|path| path == output_file);
        if !self.0.iter().any(is_same) {
            return Ok(());
        }
        let name = output.display().to_string();
        Err(Failure::message(format!(
            "the result would be written over `{}`, which it is made from",
            visible(&name)
        )))
    }
}

/// The file of a network's labels, where they are in one.
pub(super) fn labels_file(description: &Description) -> Option<PathBuf> {
    let Labels::File { path, beside } = description.labels()? else { return None };
    let folder = Path::new(beside).parent().map(PathBuf::from).unwrap_or_default();
    Some(folder.join(path))
}
