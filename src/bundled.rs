//! The networks and studies that are part of the program: everything in `architectures/`.

use std::sync::Arc;

use include_dir::{Dir, include_dir};

use crate::diagnostics::{Origin, Source};
use crate::front::yaml::Library;

/// Begin of the names under which bundled files are shown.
const BUNDLED: &str = "bundled:";

/// The folder of the studies.
const STUDIES: &str = "studies";

static ARCHITECTURES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/architectures");

/// The names of the bundled networks, in alphabetical order.
#[must_use]
pub fn names() -> Vec<&'static str> {
    let files = ARCHITECTURES.files().filter_map(|file| file.path().to_str());
    let mut names: Vec<_> = files.filter_map(|path| path.strip_suffix(".yaml")).collect();
    names.sort_unstable();
    names
}

/// The names of the bundled studies, in alphabetical order.
#[must_use]
pub fn studies() -> Vec<&'static str> {
    let folder = ARCHITECTURES.get_dir(STUDIES);
    let files = folder.into_iter().flat_map(Dir::files).filter_map(|file| file.path().file_name());
    let names = files.filter_map(|name| name.to_str()?.strip_suffix(".yaml"));
    let mut names: Vec<_> = names.collect();
    names.sort_unstable();
    names
}

/// The file of a bundled study, by its name (`small-kernels`) or its file's.
#[must_use]
pub fn study(name: &str) -> Option<Arc<Source>> {
    source(&format!("{STUDIES}/{name}"))
}

/// The file of a bundled network, by its name (`resnet50`), its file's (`resnet50.yaml`) or its path among the bundled
/// files (`families/resnet.yaml`).
#[must_use]
pub fn source(name: &str) -> Option<Arc<Source>> {
    let path = name.strip_suffix(".yaml").unwrap_or(name);
    let path = format!("{path}.yaml");
    let text = ARCHITECTURES.get_file(&path)?.contents_utf8()?;
    Some(Source::bundled(format!("{BUNDLED}{path}"), text))
}

/// The name by which a bundled source is called, such as `resnet50`.
#[must_use]
pub fn stem(source: &Source) -> &str {
    let path = source.name.strip_prefix(BUNDLED).unwrap_or(&source.name);
    let path = path.strip_prefix(STUDIES).map_or(path, |name| name.trim_start_matches('/'));
    path.strip_suffix(".yaml").unwrap_or(path)
}

/// The bundled files as the place where others find what they extend.
#[derive(Debug, Clone, Copy, Default)]
pub struct Bundled;

impl Library for Bundled {
    fn find(&self, name: &str, by: &Source) -> Result<Arc<Source>, String> {
        let folder = by.name.strip_prefix(BUNDLED).and_then(|path| path.rsplit_once('/'));
        let beside = folder
            .filter(|_| by.origin == Origin::Bundled)
            .map(|(folder, _)| format!("{folder}/{name}"));
        let found = beside.and_then(|path| source(&path)).or_else(|| source(name));
        found.ok_or_else(|| format!("there is no bundled network `{name}`"))
    }
}
