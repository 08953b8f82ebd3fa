//! Where networks come from: files, the standard input, the program itself.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cnnstat::back::text::visible;
use cnnstat::bundled::{self, Bundled};
use cnnstat::diagnostics::{Diagnostic, Diagnostics, Origin, Source, suggest};
use cnnstat::front::yaml::{Description, Library, MAX_BYTES, Study};

use super::failure::Failure;
use super::terminal::Terminal;

/// The description that an argument names: a file, `-` for the standard input, or a bundled network.
pub(super) fn description(argument: &str, terminal: &Terminal) -> Result<Description, Failure> {
    let source = source(argument, &NETWORKS, terminal)?;
    Description::read(&source, &Files).map_err(|wrong| {
        let is_study = Study::read(&source, &Files).is_ok();
        hinted(wrong, is_study.then_some("`cnnstat study` shows it"))
    })
}

/// The study that an argument names: a file, `-` for the standard input, or a bundled study.
pub(super) fn study(argument: &str, terminal: &Terminal) -> Result<Study, Failure> {
    let source = source(argument, &STUDIES, terminal)?;
    Study::read(&source, &Files).map_err(|wrong| {
        let is_network = Description::read(&source, &Files).is_ok();
        hinted(wrong, is_network.then_some("`cnnstat summary` and the like show it"))
    })
}

/// The names of a text file that has one a line; empty lines at its end are none.
pub(super) fn lines(path: &Path) -> Result<Vec<String>, Failure> {
    let source = open(path).map_err(|why| cannot_read(&format!("`{}`", path.display()), &why))?;
    let text = source.text.strip_prefix('\u{feff}').unwrap_or(&source.text);
    Ok(text.trim_end().lines().map(|line| line.trim().to_owned()).collect())
}

/// What is wrong with a file, with the command that takes it where that is another.
fn hinted(mut wrong: Diagnostics, hint: Option<&str>) -> Failure {
    if let (Some(first), Some(hint)) = (wrong.0.first_mut(), hint) {
        first.help.push(hint.to_owned());
    }
    Failure::Input(wrong)
}

/// What is bundled of a kind, and how to speak of it.
struct Collection {
    noun: &'static str,
    find: fn(&str) -> Option<Arc<Source>>,
    names: fn() -> Vec<&'static str>,
    /// The command that lists them.
    list: &'static str,
    /// What is said of a name that is one of the other kind.
    other: fn(&str) -> Option<String>,
}

const NETWORKS: Collection = Collection {
    noun: "network",
    find: bundled::source,
    names: bundled::names,
    list: "cnnstat list",
    other: |name| {
        let is_study = bundled::studies().contains(&name);
        is_study.then(|| format!("that is a study: `cnnstat study {name}` shows it"))
    },
};

const STUDIES: Collection = Collection {
    noun: "study",
    find: bundled::study,
    names: bundled::studies,
    list: "cnnstat study",
    other: |name| {
        let is_network = bundled::names().contains(&name);
        is_network.then(|| format!("that is a network: `cnnstat summary {name}` shows it"))
    },
};

fn source(
    argument: &str,
    collection: &Collection,
    terminal: &Terminal,
) -> Result<Arc<Source>, Failure> {
    let find = collection.find;
    if argument == "-" {
        let text =
            text(io::stdin().lock()).map_err(|why| cannot_read("the standard input", &why))?;
        return Ok(Source::new("<stdin>", text));
    }
    let path = Path::new(argument);
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if path.is_file() || (path.exists() && (!path.is_dir() || find(name).is_none())) {
        if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("onnx")) {
            let message = format!("`{argument}`: this version reads YAML files, not ONNX");
            return Err(Failure::message(message));
        }
        return open(path).map_err(|why| cannot_read(&format!("`{argument}`"), &why));
    }
    let Some(source) = find(name) else { return Err(missing(argument, name, collection)) };
    if name != argument || name.contains('.') {
        let (argument, bundled) = (visible(argument), bundled::stem(&source));
        terminal
            .tell(&format!("note: there is no file `{argument}`; this is the bundled {bundled}"));
    }
    Ok(source)
}

pub(super) fn cannot_read(what: &str, why: &str) -> Failure {
    Failure::message(format!("cannot read {what}: {why}"))
}

fn missing(argument: &str, name: &str, collection: &Collection) -> Failure {
    let stem = name.strip_suffix(".yaml").unwrap_or(name);
    let diagnostic = Diagnostic::error(format!(
        "there is no file `{argument}`, and no bundled {} of that name",
        collection.noun
    ));
    let names = (collection.names)();
    let near = || {
        let near = suggest(stem, names.iter().copied());
        near.map(|near| format!("did you mean `{near}`?"))
    };
    let help = (collection.other)(stem)
        .or_else(near)
        .unwrap_or_else(|| format!("`{}` names the bundled ones", collection.list));
    Failure::Input(Diagnostics::from(diagnostic.help(help)))
}

fn open(path: &Path) -> Result<Arc<Source>, String> {
    if path.is_dir() {
        return Err("it is a directory".to_owned());
    }
    let file = File::open(path).map_err(|error| error.to_string())?;
    Ok(Source::new(path.display().to_string(), text(file)?))
}

fn text(reader: impl Read) -> Result<String, String> {
    let mut bytes = Vec::new();
    let most = MAX_BYTES.saturating_add(1);
    reader.take(most).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length >= most) {
        return Err(format!("it has more than {} MiB", MAX_BYTES >> 20));
    }
    String::from_utf8(bytes)
        .map_err(|error| format!("it is no UTF-8 text (byte {})", error.utf8_error().valid_up_to()))
}

/// Files on disk, and the bundled ones, as the place where others find what they extend.
struct Files;

impl Library for Files {
    fn find(&self, name: &str, by: &Source) -> Result<Arc<Source>, String> {
        if by.origin == Origin::Bundled {
            return Bundled.find(name, by);
        }
        let path = Path::new(name);
        if path.is_absolute() {
            return Err("`extends` is a path relative to the file, or a bundled network".to_owned());
        }
        let folder = Path::new(&by.name).parent().map(PathBuf::from).unwrap_or_default();
        let beside = folder.join(path);
        if beside.is_file() {
            return open(&beside);
        }
        Bundled.find(name, by).map_err(|_| {
            format!("there is no file `{}`, and no bundled network of that name", beside.display())
        })
    }
}
