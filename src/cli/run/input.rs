//! What a network is given: random values, files of values, images.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use clap::Args;
use cnnstat::diagnostics::suggest;
use cnnstat::execute::image::{self, ImageError};
use cnnstat::front::Preprocess;
use cnnstat::network::{Network, Node, Shape};
use cnnstat::report::run::InputData;
use cnnstat::tensor_file::npy::{self, NpyError};
use cnnstat::weights;

use crate::cli::failure::Failure;
use crate::cli::load::cannot_read;
use crate::cli::run_memory::refuse_more_than_available;

/// Where the values of inputs come from.
#[derive(Debug, Args)]
pub(super) struct InputOptions {
    /// Values of the input: a .npy file, or `random:N`, made from a number; `NAME=` before it is for one of several inputs
    #[arg(long, value_name = "[NAME=]SOURCE", conflicts_with = "image")]
    input_data: Vec<String>,

    /// A PNG or JPEG image in place of values, resized, cut and normalized as the file's `preprocess` says; several are a batch
    #[arg(long, value_name = "FILE")]
    image: Vec<PathBuf>,
}

/// The seed of inputs that nothing is said of.
const SEED: u64 = 0;

/// Where the values of an input come from.
#[derive(Debug, Clone, PartialEq)]
enum Source {
    Random(u64),
    File(PathBuf),
}

/// What was read for the inputs of a network.
#[derive(Debug)]
pub(super) struct Given {
    /// The batch, where files say it.
    pub(super) batch: Option<u64>,
    /// Where the values of each input come from.
    pub(super) origins: Vec<InputData>,
    inputs: Vec<Values>,
}

#[derive(Debug)]
enum Values {
    /// To be made once the batch is known.
    Random(u64),
    Read(Vec<f32>),
}

impl InputOptions {
    /// The files that are read.
    pub(super) fn files(&self) -> impl Iterator<Item = &Path> {
        // With a name before it too, which is then of a file that is not there.
        let data = self.input_data.iter().flat_map(|text| {
            let named = text.split_once('=').map(|(_, path)| path);
            [Some(text.as_str()), named].into_iter().flatten().map(Path::new)
        });
        data.chain(self.image.iter().map(PathBuf::as_path))
    }

    /// Reads what is given, for the inputs of a network whatever its batch.
    pub(super) fn read(
        &self,
        network: &Network,
        preprocess: &Preprocess,
    ) -> Result<Given, Failure> {
        let nodes: Vec<&Node> =
            network.inputs().iter().filter_map(|&input| network.node(input)).collect();
        if !self.image.is_empty() {
            return images(&self.image, preprocess, &nodes);
        }
        let mut sources = vec![None; nodes.len()];
        for text in &self.input_data {
            let (at, source) = source(text, &nodes)?;
            match sources.get_mut(at) {
                Some(slot @ None) => *slot = Some(source),
                _ => {
                    return Err(Failure::message(format!(
                        "`--input-data {text}`: there is a source for this input already"
                    )));
                }
            }
        }
        let mut given = Given { batch: None, origins: Vec::new(), inputs: Vec::new() };
        for (node, source) in nodes.iter().zip(sources) {
            let source = source.unwrap_or(Source::Random(SEED));
            let origin = match &source {
                Source::Random(seed) => format!("random:{seed}"),
                Source::File(path) => path.display().to_string(),
            };
            given.origins.push(InputData { name: node.name().to_owned(), sources: vec![origin] });
            given.inputs.push(match source {
                Source::Random(seed) => Values::Random(seed),
                Source::File(path) => {
                    let (batch, values) = file(&path, node)?;
                    if given.batch.is_some_and(|known| known != batch) {
                        let message =
                            format!("`{}` has another batch than the input before", path.display());
                        return Err(Failure::message(message));
                    }
                    given.batch = Some(batch);
                    Values::Read(values)
                }
            });
        }
        Ok(given)
    }
}

impl Given {
    /// The values of all inputs of the network, at the batch that it has.
    pub(super) fn values(self, network: &Network) -> Result<Vec<Vec<f32>>, Failure> {
        let inputs = network.inputs().iter().zip(self.inputs);
        let values = inputs.map(|(&input, values)| match values {
            Values::Read(values) => Ok(values),
            Values::Random(seed) => weights::seeded_input(network, input, seed)
                .map_err(|error| Failure::message(error.to_string())),
        });
        values.collect()
    }
}

/// The input for which a source is, and the source.
fn source(text: &str, nodes: &[&Node]) -> Result<(usize, Source), Failure> {
    let named = text.split_once('=');
    let at = |name: &str| nodes.iter().position(|node| node.name() == name);
    let (at, text) = match named {
        Some((name, rest)) if let Some(at) = at(name) => (at, rest),
        Some((name, _)) if !Path::new(text).exists() => {
            let names: Vec<&str> = nodes.iter().map(|node| node.name()).collect();
            let help = suggest(name, names.iter().copied()).map_or_else(
                || format!("its inputs are {}", names.join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            return Err(Failure::helped(format!("the network has no input `{name}`"), help));
        }
        _ => (0, text),
    };
    let Some(seed) = text.strip_prefix("random:") else {
        return Ok((at, Source::File(PathBuf::from(text))));
    };
    let seed = seed.parse().map_err(|_| {
        Failure::message(format!(
            "`{text}`: write `random:N`, N being a whole number from 0 to 2^64-1"
        ))
    })?;
    Ok((at, Source::Random(seed)))
}

/// The batch and the values of a file for an input.
fn file(path: &Path, node: &Node) -> Result<(u64, Vec<f32>), Failure> {
    let name = path.display().to_string();
    let refuse = |why: &str| cannot_read(&format!("`{name}`"), why);
    if path.is_dir() {
        return Err(refuse("it is a directory"));
    }
    let file = File::open(path).map_err(|error| refuse(&error.to_string()))?;
    let sample = node.shape.sizes().get(1..).unwrap_or_default();
    let mut fits_memory = Ok(());
    let takes = |shape: &[u64]| {
        let values = shape.iter().map(|&size| u128::from(size)).fold(1, u128::saturating_mul);
        fits_memory = refuse_more_than_available(values.saturating_mul(4), || {
            (format!("reading `{name}`"), "give fewer samples".to_owned())
        });
        fits_memory.is_ok() && (shape == sample || shape.get(1..) == Some(sample))
    };
    let array = npy::read(BufReader::new(file), takes);
    fits_memory?;
    let array = array.map_err(|error| match error {
        NpyError::Shape(_) => Failure::helped(
            format!("cannot take `{name}`: {error}"),
            format!("`{}` takes {sample:?}, with or without the batch before it", node.name()),
        ),
        error => refuse(&error.to_string()),
    })?;
    let batch = if array.shape == sample { 1 } else { array.shape.first().copied().unwrap_or(1) };
    Ok((batch, array.values))
}

/// Images as a batch for the only input of a network.
fn images(paths: &[PathBuf], preprocess: &Preprocess, nodes: &[&Node]) -> Result<Given, Failure> {
    let [node] = nodes else {
        return Err(Failure::message("`--image` is for networks with one input"));
    };
    let mut values = Vec::new();
    for path in paths {
        values.extend(sample(path, preprocess, &node.shape)?);
    }
    let batch = u64::try_from(paths.len()).ok();
    let sources = paths.iter().map(|path| path.display().to_string()).collect();
    let origins = vec![InputData { name: node.name().to_owned(), sources }];
    Ok(Given { batch, origins, inputs: vec![Values::Read(values)] })
}

fn sample(path: &Path, preprocess: &Preprocess, shape: &Shape) -> Result<Vec<f32>, Failure> {
    let refuse = |why: String| cannot_read(&format!("`{}`", path.display()), &why);
    if path.is_dir() {
        return Err(refuse("it is a directory".to_owned()));
    }
    let file = File::open(path).map_err(|error| refuse(error.to_string()))?;
    let mut bytes = Vec::new();
    let read = file.take(image::MAX_BYTES.saturating_add(1)).read_to_end(&mut bytes);
    read.map_err(|error| refuse(error.to_string()))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > image::MAX_BYTES) {
        return Err(refuse(format!("it has more than {} MiB", image::MAX_BYTES >> 20)));
    }
    let prepared =
        image::decode(&bytes).and_then(|image| image::prepare(&image, preprocess, shape));
    prepared.map_err(|error| match error {
        ImageError::Unreadable(_) | ImageError::TooLarge { .. } | ImageError::TooNarrow { .. } => {
            refuse(error.to_string())
        }
        other => Failure::message(other.to_string()),
    })
}
