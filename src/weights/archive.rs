//! A file of named tensors against what a network holds.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::io;

use thiserror::Error;

use super::{Held, NamedParameter, Names, Source, Weights, parameters};
use crate::analysis::AnalysisError;
use crate::diagnostics::{MAX_SHOWN, suggest};
use crate::network::{Network, Shape, Tensor};
use crate::tensor_file::Encoding;
use crate::text::{shortened, sizes};

/// So many names are looked through for one that is meant.
const MAX_CANDIDATES: usize = 1000;

/// What a file says of a tensor.
#[derive(Debug, Clone)]
pub(super) struct Header {
    /// How its values are stored, or the name of a type that is not read.
    pub(super) encoding: Result<Encoding, String>,
    pub(super) sizes: Vec<u64>,
}

/// A file of named tensors, whose names are all different.
pub(super) trait Archive: Send {
    /// The names of all tensors.
    fn names(&self) -> Vec<&str>;

    /// Type and shape of a tensor, or why they cannot be read.
    fn header(&mut self, name: &str) -> Result<Header, String>;

    /// Puts the values of a tensor into `values`, in row-major order, or says why they cannot be read; encoding and sizes are those of its header.
    fn values(
        &mut self,
        name: &str,
        encoding: Encoding,
        sizes: &[u64],
        values: &mut Vec<f32>,
    ) -> Result<(), String>;
}

/// A file that fits a network: it has all tensors that the network holds, in their shapes, and no others.
pub struct Archived<'a> {
    archive: Box<dyn Archive + 'a>,
    /// For every node what it holds.
    nodes: Vec<Vec<Stored>>,
    not_finite: Vec<NotFinite>,
}

/// A tensor of a file that the network takes.
#[derive(Debug)]
struct Stored {
    /// Its name in the network.
    name: String,
    /// Its name in the file.
    theirs: String,
    encoding: Encoding,
    shape: Shape,
}

impl<'a> Archived<'a> {
    /// Compares a file with a network.
    pub(super) fn of(
        mut archive: impl Archive + 'a,
        network: &Network,
        names: &Names,
    ) -> Result<Self, WeightsError> {
        let held = parameters(network)?;
        let theirs: Vec<Cow<'_, str>> = held.iter().map(|held| names.theirs(&held.name)).collect();
        let encodings = fitting(&mut archive, &held, &theirs, names);
        let encodings = encodings.map_err(WeightsError::Misfits)?;
        let theirs: Vec<String> = theirs.into_iter().map(Cow::into_owned).collect();
        let mut nodes: Vec<Vec<Stored>> = Vec::new();
        nodes.resize_with(network.len(), Vec::new);
        for ((held, theirs), encoding) in held.into_iter().zip(theirs).zip(encodings) {
            let NamedParameter { name, node, parameter } = held;
            if let Some(node) = nodes.get_mut(node.index()) {
                node.push(Stored { name, theirs, encoding, shape: parameter.shape });
            }
        }
        Ok(Self { archive: Box::new(archive), nodes, not_finite: Vec::new() })
    }

    /// Reads all values of the network.
    ///
    /// # Errors
    /// Where values cannot be read.
    pub fn load(mut self, network: &Network) -> Result<Loaded, WeightsError> {
        let weights = Weights::of_source(network, &mut self)?;
        Ok(Loaded { weights, warnings: self.not_finite })
    }
}

impl fmt::Debug for Archived<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Archived").field("nodes", &self.nodes).finish_non_exhaustive()
    }
}

impl Source for Archived<'_> {
    fn read(&mut self, node: Tensor, held: &mut Held) -> Result<(), WeightsError> {
        held.clear();
        let stored = self.nodes.get(node.index()).map(Vec::as_slice).unwrap_or_default();
        for Stored { name, theirs, encoding, shape } in stored {
            let values = held.add();
            let read = self.archive.values(theirs, *encoding, shape.sizes(), values);
            read.map_err(|why| WeightsError::Tensor { name: theirs.clone(), why })?;
            self.not_finite.extend(not_finite(name, shape, values));
        }
        Ok(())
    }

    fn not_finite(&self) -> &[NotFinite] {
        &self.not_finite
    }
}

/// The values that a file gave a network.
#[derive(Debug)]
pub struct Loaded {
    /// The values.
    pub weights: Weights,
    /// The tensors that hold values with which nothing sensible can be computed.
    pub warnings: Vec<NotFinite>,
}

/// A tensor some of whose values are infinite or no numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotFinite {
    /// The tensor's name in the network.
    pub name: String,
    /// How many there are.
    pub count: usize,
    /// The position of the first, axis by axis.
    pub first: Vec<u64>,
}

impl fmt::Display for NotFinite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, count, first } = self;
        match count {
            1 => write!(f, "`{name}`: the value at {first:?} is not finite in 32 bits"),
            _ => write!(
                f,
                "`{name}`: {count} values are not finite in 32 bits, the first at {first:?}"
            ),
        }
    }
}

/// Why a file does not give a network its values.
#[derive(Debug, Error)]
pub enum WeightsError {
    /// The file as a whole cannot be read.
    #[error("{0}")]
    File(String),
    /// A tensor that is as it should be, but whose values cannot be read.
    #[error("tensor `{}`: {why}", shortened(name))]
    Tensor {
        /// Its name in the file.
        name: String,
        /// What went wrong.
        why: String,
    },
    /// All that does not fit.
    #[error("it does not fit the network: {}", listed(.0))]
    Misfits(Vec<Misfit>),
    /// Weights that are not of the network.
    #[error("`{0}`: the weights are not of this network")]
    Foreign(String),
    /// A file that cannot be written.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// What the network holds cannot be said.
    #[error(transparent)]
    Analysis(#[from] AnalysisError),
}

/// The first of what does not fit, and how much more there is.
fn listed(misfits: &[Misfit]) -> String {
    let mut shown: Vec<String> = misfits.iter().take(MAX_SHOWN).map(Misfit::to_string).collect();
    if misfits.len() > MAX_SHOWN {
        shown.push(format!("and {} more", misfits.len() - MAX_SHOWN));
    }
    shown.join("; ")
}

/// Something in which a file and a network do not fit each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Misfit {
    /// The file lacks a tensor of the network.
    Missing {
        /// Its name in the network.
        name: String,
        /// The name it was looked for under.
        theirs: String,
        /// Its shape.
        shape: Vec<u64>,
        /// What of the file may be it.
        near: Option<String>,
    },
    /// The file has a tensor that the network does not take.
    Surplus {
        /// Its name in the file.
        name: String,
        /// Its shape, where that was looked up.
        shape: Option<Vec<u64>>,
    },
    /// A tensor of another shape.
    Shape {
        /// Its name in the file.
        name: String,
        /// What the network takes.
        expected: Vec<u64>,
        /// What the file has.
        given: Vec<u64>,
    },
    /// A tensor of a type that is not read.
    Type {
        /// Its name in the file.
        name: String,
        /// The type.
        given: String,
    },
    /// A tensor of which the file does not say clearly what it is.
    Header {
        /// Its name in the file.
        name: String,
        /// What is wrong.
        why: String,
    },
    /// The mapping names a tensor that the network does not have.
    Unknown {
        /// The name.
        name: String,
        /// What it may be meant for.
        near: Option<String>,
    },
    /// An entry of the mapping that is applied to no tensor of the network.
    Unfit {
        /// Its left side.
        entry: String,
    },
    /// An entry of what is to be ignored that no tensor of the file fits.
    Idle {
        /// The entry.
        entry: String,
    },
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { name, theirs, shape, near } => {
                write!(f, "`{}` {shape:?} is missing", shortened(theirs))?;
                if name != theirs {
                    write!(f, ", which is to give `{name}`")?;
                }
                is_it(near.as_deref(), f)
            }
            Self::Surplus { name, shape } => {
                write!(f, "`{}`", shortened(name))?;
                shape.iter().try_for_each(|shape| write!(f, " {}", sizes(shape)))?;
                f.write_str(" is in the file, but not in the network")
            }
            Self::Shape { name, expected, given } => {
                let (name, given) = (shortened(name), sizes(given));
                write!(f, "`{name}` has shape {given}, but the network takes {expected:?}")
            }
            Self::Type { name, given } => {
                let (name, given) = (shortened(name), shortened(given));
                write!(f, "`{name}` is of type {given}; f16, bf16, f32 and f64 are read")
            }
            Self::Header { name, why } => write!(f, "`{}`: {why}", shortened(name)),
            Self::Unknown { name, near } => {
                let name = shortened(name);
                write!(f, "the mapping names `{name}`, which the network does not have")?;
                is_it(near.as_deref(), f)
            }
            Self::Unfit { entry } => write!(
                f,
                "the mapping's `{}` fits no tensor of the network, or none as the entries before it leave it",
                shortened(entry)
            ),
            Self::Idle { entry } => {
                write!(
                    f,
                    "the mapping ignores `{}`, and nothing in the file is called so",
                    shortened(entry)
                )
            }
        }
    }
}

/// What may be meant, where something may.
fn is_it(near: Option<&str>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    near.iter().try_for_each(|near| write!(f, "; is it `{}`?", shortened(near)))
}

/// How all tensors that a network holds are stored, or all that does not fit.
fn fitting(
    archive: &mut impl Archive,
    held: &[NamedParameter],
    theirs: &[Cow<'_, str>],
    names: &Names,
) -> Result<Vec<Encoding>, Vec<Misfit>> {
    let ours: HashSet<&str> = held.iter().map(|held| held.name.as_str()).collect();
    let unknown = names.named().filter(|name| !ours.contains(name));
    let mut misfits: Vec<Misfit> =
        unknown.map(|name| Misfit::Unknown { name: name.to_owned(), near: None }).collect();
    let unfit = names.unfit(ours.iter().copied());
    misfits.extend(unfit.into_iter().map(|entry| Misfit::Unfit { entry }));
    let wanted: HashSet<&str> = theirs.iter().map(Cow::as_ref).collect();
    let given: HashSet<&str> = archive.names().into_iter().collect();
    let missing = wanted.iter().copied().filter(|name| !given.contains(name));
    let missing: HashSet<&str> = missing.collect();
    let surplus = given.difference(&wanted).filter(|name| !names.ignores(name));
    let mut surplus: Vec<String> = surplus.map(|&name| name.to_owned()).collect();
    surplus.sort_unstable();
    let idle = names.idle(&given);
    let mut encodings = Vec::with_capacity(held.len());
    for (held, name) in held.iter().zip(theirs) {
        let shape = held.parameter.shape;
        let found = if missing.contains(name.as_ref()) {
            let (name, theirs) = (held.name.clone(), name.clone().into_owned());
            Err(Misfit::Missing { name, theirs, shape: shape.sizes().to_vec(), near: None })
        } else {
            encoding(archive, name, shape)
        };
        match found {
            Ok(encoding) => encodings.push(encoding),
            Err(misfit) => misfits.push(misfit),
        }
    }
    misfits.extend(idle.into_iter().map(|entry| Misfit::Idle { entry }));
    // Where much is missing, what the file has instead is shown beside it.
    let of_surplus = surplus.iter().map(|name| Misfit::Surplus { name: name.clone(), shape: None });
    let shown = MAX_SHOWN.saturating_sub(surplus.len().min(MAX_SHOWN / 2)).min(misfits.len());
    misfits.splice(shown..shown, of_surplus);
    if misfits.is_empty() {
        return Ok(encodings);
    }
    // Only those that are shown: it takes time.
    for misfit in misfits.iter_mut().take(MAX_SHOWN) {
        misfit.suggest(&surplus, &ours);
        if let Misfit::Surplus { name, shape } = misfit {
            *shape = archive.header(name).ok().map(|header| header.sizes);
        }
    }
    Err(misfits)
}

/// How a tensor that the network takes in this shape is stored.
fn encoding(archive: &mut impl Archive, name: &str, expected: Shape) -> Result<Encoding, Misfit> {
    let header = archive.header(name);
    let header = header.map_err(|why| Misfit::Header { name: name.to_owned(), why })?;
    if header.sizes != expected.sizes() {
        let (name, expected) = (name.to_owned(), expected.sizes().to_vec());
        return Err(Misfit::Shape { name, expected, given: header.sizes });
    }
    header.encoding.map_err(|given| Misfit::Type { name: name.to_owned(), given })
}

impl Misfit {
    /// Adds what may be meant: something of the file that the network does not take, or a tensor of the network.
    fn suggest(&mut self, surplus: &[String], ours: &HashSet<&str>) {
        match self {
            Self::Missing { theirs, near, .. } => {
                let candidates = surplus.iter().take(MAX_CANDIDATES).map(String::as_str);
                *near = suggest(theirs, candidates).map(str::to_owned);
            }
            Self::Unknown { name, near } => {
                *near = suggest(name, ours.iter().copied()).map(str::to_owned);
            }
            _ => {}
        }
    }
}

/// The values of a tensor that are not finite, where there are any.
fn not_finite(name: &str, shape: &Shape, values: &[f32]) -> Option<NotFinite> {
    let first = values.iter().position(|value| !value.is_finite())?;
    let count = values.iter().skip(first).filter(|value| !value.is_finite()).count();
    let mut left = u64::try_from(first).unwrap_or(u64::MAX);
    let mut first = vec![0; shape.rank()];
    for (position, &size) in first.iter_mut().zip(shape.sizes()).rev() {
        *position = left % size;
        left /= size;
    }
    Some(NotFinite { name: name.to_owned(), count, first })
}
