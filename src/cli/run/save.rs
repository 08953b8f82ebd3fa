//! Tensors that are written to files.

use std::collections::HashSet;
use std::ops::RangeFrom;
use std::path::{Path, PathBuf};

use clap::Args;
use cnnstat::diagnostics::suggest;
use cnnstat::execute::source;
use cnnstat::figure::quantity::write::counted;
use cnnstat::network::{Network, Node, Tensor};
use cnnstat::tensor_file::npy;

use super::execute::Outcome;
use crate::cli::failure::Failure;
use crate::cli::output::{Target, Whole, is_standard, tell_written};
use crate::cli::read_files::ReadFiles;
use crate::cli::terminal::Terminal;

/// The ending of files with a tensor.
pub(super) const TENSOR: &str = "npy";

/// What is written where.
#[derive(Debug, Args)]
pub(super) struct SaveOptions {
    /// Where to write: to .npy an output, the one that is named, else the first, then the second and so on; besides once the result: .html a
    /// page with the profile, .svg its charts, .md, .json, .csv or .txt; `-` is a page on the standard output
    #[arg(short, long, value_name = "[NAME=]FILE")]
    output: Vec<String>,

    /// Write the tensor that a layer gives to a .npy file, by default of the layer's name with `_` for `/`; may be repeated
    #[arg(long, value_name = "NODE[=FILE]")]
    tap: Vec<String>,
}

/// The files of a run.
pub(super) struct Files {
    files: Vec<File>,
    /// The tensors that the taps watch, views and inputs resolved.
    pub(super) taps: Vec<Tensor>,
}

/// A file for a tensor.
struct File {
    origin: Origin,
    tensor: Tensor,
    /// The path as it was given.
    path: PathBuf,
    target: Target,
}

/// Where the values of a file come from, by position.
#[derive(Debug, Clone, Copy)]
enum Origin {
    Output(usize),
    Tap(usize),
    Input(usize),
}

impl SaveOptions {
    /// The file that gets the result, where there is one.
    pub(super) fn result(&self) -> Result<Option<&Path>, Failure> {
        let mut results = self.output.iter().filter(|text| !is_npy(text));
        let first = results.next().map(|text| Path::new(text.as_str()));
        match results.next() {
            None => Ok(first),
            Some(_) => Err(Failure::message("one file can get the result, apart from .npy files")),
        }
    }

    /// What is to be written of a network, each to a place of its own where it can be written.
    pub(super) fn files(&self, network: &Network, read: &ReadFiles) -> Result<Files, Failure> {
        let mut files = Files { files: Vec::new(), taps: Vec::new() };
        let result = self.result()?.filter(|path| !is_standard(path));
        result.map_or(Ok(()), |path| refuse_named(path, network))?;
        let result = result.map(|path| Target::new(path, read)).transpose()?;
        let mut known: HashSet<PathBuf> = result.iter().map(Target::file).collect();
        let mut push = |files: &mut Files, origin, tensor, path: PathBuf| {
            let target = Target::new(&path, read)?;
            if !known.insert(target.file()) {
                let message = format!("two results would be written to `{}`", path.display());
                return Err(Failure::message(message));
            }
            files.files.push(File { origin, tensor, path, target });
            Ok(())
        };
        let mut unnamed = 0..;
        for text in self.output.iter().filter(|text| is_npy(text)) {
            let (at, path) = output(text, network, &mut unnamed)?;
            if let Some(output) = network.outputs().get(at) {
                push(&mut files, Origin::Output(at), output.tensor, path)?;
            }
        }
        for text in &self.tap {
            let (tensor, path) = tap(text, network)?;
            let origin = files.origin(network, source(network, tensor));
            push(&mut files, origin, tensor, path)?;
        }
        Ok(files)
    }
}

impl Files {
    fn origin(&mut self, network: &Network, of: Tensor) -> Origin {
        if let Some(at) = network.inputs().iter().position(|&input| input == of) {
            return Origin::Input(at);
        }
        let at = self.taps.iter().position(|&tap| tap == of).unwrap_or_else(|| {
            self.taps.push(of);
            self.taps.len() - 1
        });
        Origin::Tap(at)
    }

    /// All files with their content, not yet at their places.
    pub(super) fn begun(
        &self,
        network: &Network,
        inputs: &[Vec<f32>],
        outcome: &Outcome,
    ) -> Result<Vec<Whole>, Failure> {
        let mut begun = Vec::new();
        for File { origin, tensor, target, .. } in &self.files {
            let values = match *origin {
                Origin::Output(at) => outcome.outputs.get(at),
                Origin::Tap(at) => outcome.taps.get(at),
                Origin::Input(at) => inputs.get(at),
            };
            if let Some((node, values)) = network.node(*tensor).zip(values) {
                let mut file = Whole::create(target)?;
                file.write_by(|out| npy::write(out, node.shape.sizes(), values))?;
                begun.push(file);
            }
        }
        Ok(begun)
    }

    /// Says what was written.
    pub(super) fn tell(&self, terminal: &Terminal) {
        for file in &self.files {
            tell_written(&file.path, terminal);
        }
    }
}

fn is_npy(text: &str) -> bool {
    Path::new(text).extension().is_some_and(|ending| ending.eq_ignore_ascii_case(TENSOR))
}

/// The position of the output that is to be written, and where: the one that is named, else the next of those that `unnamed` counts.
fn output(
    text: &str,
    network: &Network,
    unnamed: &mut RangeFrom<usize>,
) -> Result<(usize, PathBuf), Failure> {
    let outputs = network.outputs();
    let Some((name, path)) = text.split_once('=') else {
        let at = unnamed.next().filter(|&at| at < outputs.len());
        return at.map(|at| (at, PathBuf::from(text))).ok_or_else(|| {
            let count = u64::try_from(outputs.len()).unwrap_or(u64::MAX);
            let count = counted(count, ["output", "outputs"]);
            let message = format!("the network has {count}, so that none is left for `{text}`");
            Failure::helped(message, "`-o NAME=FILE.npy` writes the output of that name")
        });
    };
    let at = outputs.iter().position(|output| output.name == name);
    at.map(|at| (at, PathBuf::from(path))).ok_or_else(|| {
        let names: Vec<&str> = outputs.iter().map(|output| output.name.as_str()).collect();
        let help = suggest(name, names.iter().copied()).map_or_else(
            || format!("its outputs are {}", names.join(", ")),
            |near| format!("did you mean `{near}`?"),
        );
        Failure::helped(format!("the network has no output `{name}`"), help)
    })
}

/// Refuses a file for the result that begins with the name of an output.
fn refuse_named(path: &Path, network: &Network) -> Result<(), Failure> {
    let text = path.to_string_lossy();
    let Some((name, file)) = text.split_once('=') else { return Ok(()) };
    if network.outputs().iter().any(|output| output.name == name) {
        let message =
            format!("`{text}`: the values of an output are written to .{TENSOR}, not to `{file}`");
        return Err(Failure::message(message));
    }
    Ok(())
}

/// The last layer of a block or a side.
fn last_within<'a>(path: &str, network: &'a Network) -> Option<&'a str> {
    let is_within = |block: &str| {
        block.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let mut layers = network.nodes().map(|(_, node)| node).rev();
    layers.find(|node| is_within(node.block())).map(Node::name)
}

/// The tensor that is tapped, and where it is written.
fn tap(text: &str, network: &Network) -> Result<(Tensor, PathBuf), Failure> {
    let (name, path) = match text.split_once('=') {
        Some((name, path)) if !path.is_empty() => (name, PathBuf::from(path)),
        _ => (text, PathBuf::from(format!("{}.{TENSOR}", text.replace(['/', '\\'], "_")))),
    };
    if path.extension().is_none_or(|ending| !ending.eq_ignore_ascii_case(TENSOR)) {
        let path = path.display();
        let message = format!("`--tap {name}`: a tensor is written to .{TENSOR}, not to `{path}`");
        return Err(Failure::message(message));
    }
    let found = network.nodes().find(|(_, node)| node.name() == name);
    found.map(|(tensor, _)| (tensor, path)).ok_or_else(|| {
        if let Some(last) = last_within(name, network) {
            let message = format!("`{name}` is no layer, but holds layers");
            return Failure::helped(message, format!("the last of them is `{last}`"));
        }
        let near = suggest(name, network.nodes().map(|(_, node)| node.name()));
        let help = near.map_or_else(
            || "`cnnstat summary` names its layers".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        Failure::helped(format!("the network has no layer `{name}`"), help)
    })
}
