//! A file, and the chain of files that it extends.

use std::sync::Arc;

use super::locate::{Segment, locate};
use super::parse::{File, KEYS, STUDY};
use super::place::Places;
use super::values::{self, Yaml};
use crate::diagnostics::{Diagnostic, Diagnostics, Source};

/// The largest file that is read, in bytes.
pub const MAX_BYTES: u64 = 16 << 20;

/// How many files may extend one another.
const MAX_CHAIN: usize = 8;

/// Where the files are that others extend.
pub trait Library {
    /// The file that `name` stands for in `by`.
    ///
    /// # Errors
    /// Why there is no such file, in a sentence.
    fn find(&self, name: &str, by: &Source) -> Result<Arc<Source>, String>;
}

/// A file and all that it extends, the outermost base first.
pub(super) fn chain(
    source: &Arc<Source>,
    library: &dyn Library,
    places: &mut Places,
) -> Result<Vec<File>, Diagnostics> {
    let mut files: Vec<File> = Vec::new();
    let mut sources = vec![Arc::clone(source)];
    while let Some(source) = sources.get(files.len()).cloned() {
        let file = read(&source, &KEYS, places)?;
        if file.values.contains_key(STUDY) {
            return Err(study_in_place_of_a_network(&source));
        }
        if let Some(base) = file.values.get("extends") {
            let refuse = |message: String| {
                let located = locate(&source.text, &[Segment::Key("extends")]);
                let span = located.map(|located| located.span).unwrap_or_default();
                Diagnostics(vec![Diagnostic::error(message).label(&source, span, "")])
            };
            let base = base.as_str();
            let base = base.ok_or_else(|| refuse("`extends` is the name of a file".to_owned()))?;
            let found = library.find(base, &source).map_err(refuse)?;
            if sources.iter().any(|known| known.name == found.name) {
                return Err(refuse(format!("`{base}` extends itself")));
            }
            if sources.len() >= MAX_CHAIN {
                return Err(refuse(format!("more than {MAX_CHAIN} files extend one another")));
            }
            sources.push(found);
        }
        files.push(file);
    }
    files.reverse();
    Ok(files)
}

/// The error where a study stands and a network is needed.
fn study_in_place_of_a_network(source: &Arc<Source>) -> Diagnostics {
    let located = locate(&source.text, &[Segment::KeyItself(STUDY)]);
    let span = located.map(|located| located.span).unwrap_or_default();
    let message = "this is a study, and a network is needed here";
    let help = "a network has no key `study`";
    Diagnostic::error(message).label(source, span, "").help(help).into()
}

/// The values of a file, which must be a map of these keys.
pub(super) fn read(
    source: &Arc<Source>,
    keys: &[&str],
    places: &mut Places,
) -> Result<File, Diagnostics> {
    let refuse = |message: &str| {
        let help = format!("its keys are {}", keys.join(", "));
        Diagnostics(vec![Diagnostic::error(message).label(source, 0..0, "").help(help)])
    };
    if u64::try_from(source.text.len()).is_ok_and(|length| length > MAX_BYTES) {
        return Err(refuse(&format!("the file has more than {} MiB", MAX_BYTES >> 20)));
    }
    match values::read(source)? {
        Yaml::Mapping(values) => {
            Ok(File { values: Arc::new(values), root: places.file(Arc::clone(source)) })
        }
        Yaml::Null => Err(refuse("the file is empty")),
        _ => Err(refuse("a network file is a map")),
    }
}
