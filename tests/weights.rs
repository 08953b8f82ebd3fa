//! Where the values of networks come from: seeds, safetensors, npz.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]
#![allow(clippy::excessive_precision, reason = "as Python prints 32-bit values")]

mod common;

use std::io::{Cursor, Write};

use cnnstat::analysis;
use cnnstat::bundled;
use cnnstat::execute::engine::{Engine, Fusion, Observer};
use cnnstat::figure::Figure;
use cnnstat::front::yaml::Settings;
use cnnstat::network::{Network, Tensor};
use cnnstat::ops::Op;
use cnnstat::weights::{
    Loaded, Misfit, Names, Weights, WeightsError, npz, parameters, safetensors, seeded,
};
use half::{bf16, f16};
use rayon::prelude::*;
use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

/// A network with all kinds of parameters; its tensors are those of [`TENSORS`].
const SMALL: &str = "
name: Small
input: [2, 4, 5]
layers:
  - conv: {name: first, out: 3, kernel: [2, 3]}
  - batch_norm: {name: norm}
  - flatten
  - linear: {name: last, out: 2}
";

/// Names and shapes: a kernel is out, in, height, width, a matrix out, in.
const TENSORS: [(&str, &[usize]); 8] = [
    ("first.weight", &[3, 2, 2, 3]),
    ("first.bias", &[3]),
    ("norm.weight", &[3]),
    ("norm.bias", &[3]),
    ("norm.running_mean", &[3]),
    ("norm.running_variance", &[3]),
    ("last.weight", &[2, 27]),
    ("last.bias", &[2]),
];

fn network(text: &str) -> Network {
    common::read(text).unwrap().elaborate(&Settings::default()).unwrap().network
}

fn small() -> Network {
    network(SMALL)
}

/// All values, in the order of [`TENSORS`].
fn values(network: &Network, weights: &Weights) -> Vec<Vec<f32>> {
    let held = parameters(network).unwrap();
    let mut values: Vec<Vec<f32>> = Vec::new();
    for (at, parameter) in held.iter().enumerate() {
        let nth = held[..at].iter().filter(|other| other.node == parameter.node).count();
        values.push(weights.of(parameter.node)[nth].clone());
    }
    values
}

/// The value at position i: exact in all types.
fn ramp(i: usize) -> f32 {
    i as f32 / 4.0 - 2.0
}

/// What the tensors hold where the value at position i is the [`ramp`]'s.
fn ramps() -> Vec<Vec<f32>> {
    let counts = TENSORS.iter().map(|(_, shape)| shape.iter().product());
    counts.map(|count| (0..count).map(ramp).collect()).collect()
}

/// A tensor of a file that is to be made.
#[derive(Debug, Clone)]
struct Stored {
    name: String,
    kind: &'static str,
    shape: Vec<usize>,
    data: Vec<u8>,
}

/// The tensors of the small network, as 32-bit floats.
fn stored() -> Vec<Stored> {
    TENSORS.iter().map(|&(name, shape)| tensor(name, "F32", shape)).collect()
}

/// A tensor that holds the ramp, in a type as safetensors calls it.
fn tensor(name: &str, kind: &'static str, shape: &[usize]) -> Stored {
    let data = (0..shape.iter().product()).map(ramp).flat_map(|value| match kind {
        "F16" => f16::from_f32(value).to_le_bytes().to_vec(),
        "BF16" => bf16::from_f32(value).to_le_bytes().to_vec(),
        "F64" | "I64" => f64::from(value).to_le_bytes().to_vec(),
        _ => value.to_le_bytes().to_vec(),
    });
    Stored { name: name.to_owned(), kind, shape: shape.to_vec(), data: data.collect() }
}

/// A safetensors file, by the description of the format.
fn safetensors_file(tensors: &[Stored]) -> Vec<u8> {
    let mut start = 0;
    let entries = tensors.iter().map(|tensor| {
        let Stored { name, kind, shape, data } = tensor;
        let end = start + data.len();
        let entry = format!(
            r#""{name}":{{"dtype":"{kind}","shape":{shape:?},"data_offsets":[{start},{end}]}}"#
        );
        start = end;
        entry
    });
    let header = format!("{{{}}}", entries.collect::<Vec<_>>().join(","));
    let data = tensors.iter().flat_map(|tensor| tensor.data.clone());
    with_header(&header, &data.collect::<Vec<_>>())
}

fn with_header(header: &str, data: &[u8]) -> Vec<u8> {
    let length = u64::try_from(header.len()).unwrap().to_le_bytes();
    [&length, header.as_bytes(), data].concat()
}

/// A NumPy array, by the description of the format.
fn npy_file(tensor: &Stored) -> Vec<u8> {
    let descr = match tensor.kind {
        "F16" => "<f2",
        "F64" => "<f8",
        "I64" => "<i8",
        _ => "<f4",
    };
    let shape: String = tensor.shape.iter().map(|size| format!("{size},")).collect();
    let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({shape}), }}\n");
    let length = u16::try_from(header.len()).unwrap().to_le_bytes();
    [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), &tensor.data].concat()
}

fn zip_file(files: &[(String, Vec<u8>)], method: CompressionMethod) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(method);
    for (name, data) in files {
        zip.start_file(name.as_str(), options).unwrap();
        zip.write_all(data).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn npz_file(tensors: &[Stored], method: CompressionMethod) -> Vec<u8> {
    let files = tensors.iter().map(|tensor| (format!("{}.npy", tensor.name), npy_file(tensor)));
    zip_file(&files.collect::<Vec<_>>(), method)
}

fn read_safetensors(file: &[u8], names: &Names) -> Result<Loaded, WeightsError> {
    safetensors::open(Cursor::new(file), &small(), names)?.load(&small())
}

fn read_npz(file: &[u8], names: &Names) -> Result<Loaded, WeightsError> {
    npz::open(Cursor::new(file), &small(), names)?.load(&small())
}

/// The values are those of the program in docs/weights.md, run by Python with names, positions and ranges of this network: its kernel sums
/// 12 products of mean square 1, its matrix 27 of mean square 1.145.
#[test]
fn seeds_make_the_documented_values() {
    let network = small();
    let values = values(&network, &seeded(&network, 7).unwrap());
    let expected: [[f32; 3]; 8] = [
        [0.04418483376502991, -0.247068852186203, -0.2295105755329132],
        [0.05226140841841698, -0.03366915509104729, -0.04608578234910965],
        [0.9487358927726746, 1.2470874786376953, 1.2147364616394043],
        [-0.05041823908686638, 0.05000419169664383, -0.043381400406360626],
        [-0.16208510100841522, -0.22688554227352142, -0.2455245703458786],
        [1.469144582748413, 1.461315631866455, 1.09677255153656],
        [-0.13999371230602264, 0.25128963589668274, 0.07154308259487152],
        [-0.03373003751039505, -0.04563790187239647, -0.04563790187239647],
    ];
    for (((name, shape), values), expected) in TENSORS.iter().zip(values).zip(expected) {
        assert_eq!(values.len(), shape.iter().product::<usize>(), "{name}");
        assert_eq!([values[0], values[1], values[values.len() - 1]], expected, "{name}");
    }
}

#[test]
fn seeds_differ_and_threads_do_not_matter() {
    let network = network(&SMALL.replace("out: 2}", "out: 20000}"));
    let run = |threads: usize, seed: u64| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| values(&network, &seeded(&network, seed).unwrap()))
    };
    assert_eq!(run(1, 7), run(3, 7));
    let (seven, eight) = (run(1, 7), run(1, 8));
    assert!(seven.iter().zip(&eight).all(|(seven, eight)| seven != eight));
    // Uniform: the mean of n values between ±a is 0 ± 4·a/√(3·n), their mean square a²/3.
    let (weight, half) = (&seven[6], (3.0 / (27.0 * 1.145_f64)).sqrt());
    let n = weight.len() as f64;
    let mean = weight.iter().map(|&x| f64::from(x)).sum::<f64>() / n;
    let square = weight.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>() / n;
    assert!(mean.abs() < 4.0 * half / (3.0 * n).sqrt(), "{mean}");
    assert!((square / (half * half / 3.0) - 1.0).abs() < 0.01, "{square}");
}

#[test]
fn written_values_are_read_again() {
    let network = small();
    let weights = seeded(&network, 3).unwrap();
    let mut file = Vec::new();
    safetensors::write(&mut file, &network, &weights).unwrap();
    let loaded = read_safetensors(&file, &Names::default()).unwrap();
    assert_eq!(loaded.weights, weights);
    assert_eq!(loaded.warnings, []);
    // As the format's own library reads it.
    let theirs = ::safetensors::SafeTensors::deserialize(&file).unwrap();
    assert_eq!(theirs.len(), TENSORS.len());
    for ((name, shape), values) in TENSORS.iter().zip(values(&network, &weights)) {
        let tensor = theirs.tensor(name).unwrap();
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        assert_eq!((tensor.shape(), tensor.data()), (*shape, &bytes[..]), "{name}");
    }
    let other = self::network(&SMALL.replace("out: 2}", "out: 3}"));
    let error = safetensors::write(Vec::new(), &other, &weights).unwrap_err();
    assert_eq!(error.to_string(), "`last.weight`: the weights are not of this network");
}

#[test]
fn all_types_are_read() {
    let network = small();
    for kind in ["F16", "BF16", "F32", "F64"] {
        let tensors: Vec<_> =
            TENSORS.iter().map(|&(name, shape)| tensor(name, kind, shape)).collect();
        let loaded = read_safetensors(&safetensors_file(&tensors), &Names::default()).unwrap();
        assert_eq!(values(&network, &loaded.weights), ramps(), "{kind}");
    }
    // What NumPy wrote; see tests/reference.
    for file in ["stored", "compressed"] {
        let path = format!("{}/tests/reference/weights/{file}.npz", env!("CARGO_MANIFEST_DIR"));
        let loaded = read_npz(&std::fs::read(path).unwrap(), &Names::default()).unwrap();
        assert_eq!(values(&network, &loaded.weights), ramps(), "{file}");
    }
}

#[test]
fn names_are_mapped_and_ignored() {
    let names = Names::read(
        "first.weight: features.0.weight\n\
         first.bias: features.0.bias\n\
         'norm.*': 'features.1.*'\n\
         '*.running_variance': '*.running_var'\n\
         'last.*': 'classifier.*'\n\
         ignore: ['*.num_batches_tracked']\n",
    )
    .unwrap();
    let theirs = [
        "features.0.weight",
        "features.0.bias",
        "features.1.weight",
        "features.1.bias",
        "features.1.running_mean",
        "features.1.running_var",
        "classifier.weight",
        "classifier.bias",
    ];
    let mut tensors: Vec<_> =
        theirs.iter().zip(TENSORS).map(|(name, (_, shape))| tensor(name, "F32", shape)).collect();
    tensors.push(tensor("features.1.num_batches_tracked", "I64", &[]));
    let network = small();
    let files = [
        read_safetensors(&safetensors_file(&tensors), &names),
        read_npz(&npz_file(&tensors, CompressionMethod::Stored), &names),
    ];
    for loaded in files {
        assert_eq!(values(&network, &loaded.unwrap().weights), ramps());
    }
}

/// What is wrong with the files made of these tensors, in both formats.
fn misfits(tensors: &[Stored], names: &Names) -> Vec<String> {
    let told = |read: Result<Loaded, WeightsError>| match read.unwrap_err() {
        WeightsError::Misfits(misfits) => misfits.iter().map(Misfit::to_string).collect(),
        error => panic!("{error}"),
    };
    let by_safetensors: Vec<String> = told(read_safetensors(&safetensors_file(tensors), names));
    let by_npz: Vec<String> =
        told(read_npz(&npz_file(tensors, CompressionMethod::Deflated), names));
    // The formats call types by different names.
    let plain = |line: &String| line.replace("<i8", "I64");
    assert_eq!(by_safetensors, by_npz.iter().map(plain).collect::<Vec<_>>());
    by_safetensors
}

#[test]
fn all_that_does_not_fit_is_told() {
    let change = |change: fn(&mut Vec<Stored>)| {
        let mut tensors = stored();
        change(&mut tensors);
        misfits(&tensors, &Names::default())
    };
    type Change = fn(&mut Vec<Stored>);
    let cases: [(Change, &[&str]); 6] = [
        (|tensors| drop(tensors.remove(1)), &["`first.bias` [3] is missing"]),
        (
            |tensors| tensors.push(tensor("other", "F32", &[2])),
            &["`other` [2] is in the file, but not in the network"],
        ),
        (
            |tensors| tensors[0] = tensor("first.weight", "F32", &[3, 2, 3, 2]),
            &["`first.weight` has shape [3, 2, 3, 2], but the network takes [3, 2, 2, 3]"],
        ),
        (
            |tensors| tensors[7] = tensor("last.bias", "I64", &[2]),
            &["`last.bias` is of type I64; f16, bf16, f32 and f64 are read"],
        ),
        (
            |tensors| tensors[5].name = "norm.running_var".to_owned(),
            &[
                "`norm.running_variance` [3] is missing; is it `norm.running_var`?",
                "`norm.running_var` [3] is in the file, but not in the network",
            ],
        ),
        (
            |tensors| {
                tensors[0] = tensor("first.weight", "F32", &[]);
                tensors[1] = tensor("first.biases", "F32", &[3]);
                tensors[2] = tensor("norm.weight", "I64", &[3]);
                tensors.push(tensor("zero", "F32", &[0]));
            },
            &[
                "`first.weight` has shape [], but the network takes [3, 2, 2, 3]",
                "`first.bias` [3] is missing; is it `first.biases`?",
                "`norm.weight` is of type I64; f16, bf16, f32 and f64 are read",
                "`first.biases` [3] is in the file, but not in the network",
                "`zero` [0] is in the file, but not in the network",
            ],
        ),
    ];
    for (case, expected) in cases {
        assert_eq!(change(case), expected);
    }
    let names = Names::read("norm.wieght: a\n'last.*': 'lost.*'\n").unwrap();
    assert_eq!(
        misfits(&stored(), &names),
        [
            "the mapping names `norm.wieght`, which the network does not have; is it `norm.weight`?",
            "`lost.weight` [2, 27] is missing, which is to give `last.weight`; is it `last.weight`?",
            "`lost.bias` [2] is missing, which is to give `last.bias`; is it `last.bias`?",
            "`last.bias` [2] is in the file, but not in the network",
            "`last.weight` [2, 27] is in the file, but not in the network",
        ]
    );
}

/// An entry that does nothing is a mistake, as a name is that is not there; a rule that takes all leaves nothing to those after it.
#[test]
fn entries_without_effect_are_told() {
    let fits_none = |entry: &str| {
        format!(
            "the mapping's `{entry}` fits no tensor of the network, or none as the entries before it leave it"
        )
    };
    let misfits = |mapping: &str| misfits(&stored(), &Names::read(mapping).unwrap());
    assert_eq!(misfits("'lats.*': 'last.*'\n"), [fits_none("lats.*")]);
    assert_eq!(
        misfits("'first.*': 'x.*'\n'x.*': 'first.*'\n'first.b*': 'first.b*'\n'x.b*': 'b*'\n"),
        [fits_none("x.b*")]
    );
    assert_eq!(
        misfits("ignore: ['*.num_batches_tracked', 'last.*', x]\n"),
        ["*.num_batches_tracked", "x"].map(|entry| format!(
            "the mapping ignores `{entry}`, and nothing in the file is called so"
        ))
    );
}

/// Names and shapes of a file are shown in part where they are long.
#[test]
fn messages_are_bounded() {
    let long = "n".repeat(1_000_000);
    let mut tensors = stored();
    tensors.push(tensor(&long, "F32", &[1]));
    tensors[0].shape = vec![1; 100_000];
    tensors[0].data.truncate(4);
    let error = read_safetensors(&safetensors_file(&tensors), &Names::default()).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("has shape [1, 1, ") && text.contains("of 100000 axes"), "{text:.300}");
    assert!(text.contains("nnn…` [1] is in the file") && text.len() < 1_000, "{}", text.len());
    let twice = format!(r#"{{"{long}": 1, "{long}": 2}}"#);
    let error = read_safetensors(&with_header(&twice, b""), &Names::default()).unwrap_err();
    assert!(error.to_string().len() < 1_000);
    let error =
        read_safetensors(&with_header(&format!(r#"{{"{long}": 1}}"#), b""), &Names::default());
    assert!(error.unwrap_err().to_string().len() < 1_000);
    for mapping in
        [format!("{long}: 1\n"), format!("'{long}*': b\n"), format!("a: b\n? {long}\n: [\n")]
    {
        assert!(Names::read(&mapping[..]).unwrap_err().to_string().len() < 1_000);
    }
}

/// Where all is called otherwise, names of both sides are shown.
#[test]
fn a_foreign_file_is_told_with_its_names() {
    let layers = (0..30).map(|i| format!("  - conv: {{name: ours{i}, out: 1, kernel: 1}}\n"));
    let text = format!("input: [1, 1, 1]\nlayers:\n{}", layers.collect::<String>());
    let tensors = (0..60).map(|i| tensor(&format!("theirs{i:02}"), "F32", &[1]));
    let file = safetensors_file(&tensors.collect::<Vec<_>>());
    let error = safetensors::open(Cursor::new(file), &network(&text), &Names::default());
    let text = error.map(|_| ()).unwrap_err().to_string();
    assert_eq!(text.matches("is missing").count(), 10, "{text}");
    assert_eq!(text.matches("is in the file").count(), 10, "{text}");
    assert!(text.ends_with("and 100 more"), "{text}");
}

#[test]
fn many_misfits_are_counted() {
    let surplus = (0..3000).map(|i| tensor(&format!("x{i:04}"), "F32", &[1]));
    let tensors: Vec<Stored> = stored().into_iter().chain(surplus).collect();
    let error = read_safetensors(&safetensors_file(&tensors), &Names::default()).unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with("it does not fit the network: `x0000` [1] is in the file"), "{text}");
    assert!(
        text.ends_with("`x0019` [1] is in the file, but not in the network; and 2980 more"),
        "{text}"
    );
}

#[test]
fn values_that_are_not_finite_are_warned_of() {
    let mut tensors = stored();
    // Position [1, 0, 1, 2] of [3, 2, 2, 3] is 1·12 + 0·6 + 1·3 + 2.
    for at in [17, 20] {
        tensors[0].data[4 * at..][..4].copy_from_slice(&f32::NAN.to_le_bytes());
    }
    tensors[7] = tensor("last.bias", "F64", &[2]);
    tensors[7].data[8..].copy_from_slice(&1e300_f64.to_le_bytes());
    for loaded in [
        read_safetensors(&safetensors_file(&tensors), &Names::default()),
        read_npz(&npz_file(&tensors, CompressionMethod::Stored), &Names::default()),
    ] {
        let warnings: Vec<_> = loaded.unwrap().warnings.iter().map(ToString::to_string).collect();
        assert_eq!(
            warnings,
            [
                "`first.weight`: 2 values are not finite in 32 bits, the first at [1, 0, 1, 2]",
                "`last.bias`: the value at [1] is not finite in 32 bits",
            ]
        );
    }
}

/// The error of a file that is no safetensors file.
fn refused_safetensors(file: &[u8]) -> String {
    read_safetensors(file, &Names::default()).unwrap_err().to_string()
}

#[test]
fn broken_safetensors_files_are_refused() {
    let valid = safetensors_file(&stored());
    let one = |text: &str| format!(r#"{{"a":{text}}}"#);
    let cut = &valid[..valid.len() - 1];
    let longer = [&valid[..], &[0]].concat();
    let huge = [&u64::MAX.to_le_bytes()[..], b"{}"].concat();
    let large = [&(17_u64 << 20).to_le_bytes()[..], &vec![b' '; 17 << 20]].concat();
    let overlapping = r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},
        "b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#;
    let twice = r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},
        "a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#;
    let deep = one(&"[".repeat(100_000));
    let lying = one(r#"{"dtype":"F32","shape":[4],"data_offsets":[0,8]}"#);
    let overflowing =
        one(r#"{"dtype":"F32","shape":[4294967296,4294967296,16],"data_offsets":[0,0]}"#);
    let negative = one(r#"{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}"#);
    let unknown = one(r#"{"dtype":"F7","shape":[1],"data_offsets":[0,4]}"#);
    let far = one(r#"{"dtype":"F32","shape":[1099511627776],"data_offsets":[0,4398046511104]}"#);
    for (file, expected) in [
        (&b""[..], "it is too short"),
        (b"PK\x03\x04", "it is too short"),
        (cut, "it ends before its last value"),
        (&longer, "1 bytes follow its last value"),
        (&huge, "its header is longer than the file"),
        (&large, "its header has more than 16 MiB"),
        (&with_header("[]", b""), "an object of tensors"),
        (&with_header("{\"a", b""), "its header cannot be read"),
        (&with_header("\u{0}", b""), "its header cannot be read"),
        (&with_header(&deep, b""), "its header cannot be read"),
        (&with_header(overlapping, &[0; 12]), "invalid offset for tensor `b`"),
        (&with_header(twice, &[0; 4]), "`a` is there twice"),
        (&with_header(&lying, &[0; 8]), "invalid shape, data type, or offset"),
        (&with_header(&overflowing, b""), "overflow"),
        (&with_header(&negative, &[0; 4]), "its header cannot be read"),
        (&with_header(&unknown, &[0; 4]), "unknown variant `F7`"),
        (&with_header(&far, &[0; 4]), "it ends before its last value"),
    ] {
        let error = refused_safetensors(file);
        assert!(error.contains(expected), "{expected}: {error}");
    }
}

#[test]
fn broken_npz_files_are_refused() {
    let valid = npz_file(&stored(), CompressionMethod::Deflated);
    let refused = |file: &[u8]| read_npz(file, &Names::default()).unwrap_err().to_string();
    let array = npy_file(&stored()[0]);
    // The same archive with one array other than it should be.
    let with = |array: Vec<u8>| {
        let mut files: Vec<_> = stored()
            .iter()
            .map(|tensor| (format!("{}.npy", tensor.name), npy_file(tensor)))
            .collect();
        files[0].1 = array;
        refused(&zip_file(&files, CompressionMethod::Deflated))
    };
    let twice = [("a.npy".to_owned(), array.clone()), ("a".to_owned(), array.clone())];
    // Two names of one length, the second of which becomes the first.
    let pair = [("a1.npy".to_owned(), array.clone()), ("a2.npy".to_owned(), array.clone())];
    let mut same = zip_file(&pair, CompressionMethod::Stored);
    for at in 0..same.len() - 2 {
        if &same[at..at + 2] == b"a2" {
            same[at + 1] = b'1';
        }
    }
    // The last entry of the table of contents, which has the place of the data at byte 42, leads to the first one's data.
    let mut shared = zip_file(&pair, CompressionMethod::Stored);
    let entry = shared.windows(4).rposition(|bytes| bytes == b"PK\x01\x02").unwrap();
    shared[entry + 42..entry + 46].fill(0);
    // A stored value other than its checksum says.
    let mut wrong = npz_file(&stored(), CompressionMethod::Stored);
    let last = wrong.windows(4).position(|bytes| bytes == 2.0_f32.to_le_bytes()).unwrap();
    wrong[last + 2] ^= 1;
    let header = |text: &str| {
        let length = u16::try_from(text.len()).unwrap().to_le_bytes();
        [b"\x93NUMPY\x01\x00", &length[..], text.as_bytes()].concat()
    };
    let long = [b"\x93NUMPY\x02\x00", &u32::MAX.to_le_bytes()[..], b"{}"].concat();
    let structured = "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (3, 2, 2, 3)}";
    let object = "{'descr': '|O', 'fortran_order': False, 'shape': (3, 2, 2, 3)}";
    let bomb: Vec<u8> = array.iter().copied().chain(std::iter::repeat_n(0, 1 << 24)).collect();
    for (error, expected) in [
        (refused(b""), "it does not begin as a zip archive"),
        (refused(&safetensors_file(&stored())), "it does not begin as a zip archive"),
        (refused(&array), "it is a single array, of which nobody knows the name"),
        (refused(&valid[..valid.len() / 2]), "it is no npz file"),
        (refused(&valid[..4]), "it is no npz file"),
        (refused(&zip_file(&twice, CompressionMethod::Stored)), "with and without `.npy`"),
        (refused(&same), "a name is there twice"),
        (refused(&[&valid[..], b"more"].concat()), "something follows its end"),
        (refused(&shared), "entries share bytes of the file"),
        (refused(&wrong), "tensor `first.weight`: Invalid checksum"),
        (with(Vec::new()), "`first.weight`: it is no .npy file"),
        (with(b"not an array".to_vec()), "`first.weight`: it is no .npy file"),
        (with(b"\x93NUMPY\x09\x00".to_vec()), "it is of version 9.0"),
        (with(long), "its header cannot be read: it is too long"),
        (with(header("{'descr': ")), "its header cannot be read"),
        (with(header(&"(".repeat(60_000))), "its header cannot be read"),
        (with(header(structured)), "is of type [('a', '<f4')]"),
        (with(header(object)), "is of type |O"),
        (with(array[..array.len() - 1].to_vec()), "tensor `first.weight`: it ends before"),
        (with(bomb), "tensor `first.weight`: something follows its last value"),
    ] {
        assert!(error.contains(expected), "{expected}: {error}");
    }
}

/// Names in an archive are names only: nothing is looked up or made under them.
#[test]
fn names_in_archives_are_no_paths() {
    let mut tensors = stored();
    tensors.push(tensor("../../etc/passwd", "F32", &[1]));
    tensors.push(tensor("/absolute", "F32", &[1]));
    assert_eq!(
        misfits(&tensors, &Names::default()),
        [
            "`../../etc/passwd` [1] is in the file, but not in the network",
            "`/absolute` [1] is in the file, but not in the network",
        ]
    );
}

/// Whatever becomes of a file, it is read or refused.
#[test]
fn files_with_mistakes_never_panic() {
    let files = [
        (safetensors_file(&stored()), true),
        (npz_file(&stored(), CompressionMethod::Stored), false),
        (npz_file(&stored(), CompressionMethod::Deflated), false),
    ];
    let mut state = 1_u64;
    // Knuth's constants of a linear congruential generator, of whose bits the upper are used.
    let mut next = |most: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % most
    };
    let [mut read, mut refused] = [0, 0];
    for (valid, is_safetensors) in &files {
        for _ in 0..1000 {
            let mut file = valid.clone();
            for _ in 0..=next(3) {
                let at = next(file.len());
                match next(6) {
                    0 => file.truncate(at.max(1)),
                    1 => file[at] ^= 1 << next(8),
                    2 => file[at] = [0, 0xff, b'9', b'"', b'['][next(5)],
                    3 => drop(file.remove(at)),
                    4 => file.insert(at, u8::try_from(next(256)).unwrap()),
                    _ => {
                        let end = (at + 8).min(file.len());
                        file[at..end].fill(0xff);
                    }
                }
                if file.is_empty() {
                    break;
                }
            }
            let outcome = match is_safetensors {
                true => read_safetensors(&file, &Names::default()),
                false => read_npz(&file, &Names::default()),
            };
            match outcome {
                Ok(_) => read += 1,
                Err(error) => {
                    assert!(!error.to_string().is_empty());
                    refused += 1;
                }
            }
        }
    }
    // Mistakes among the values of a safetensors file are not to be seen, those of an archive by its checksums.
    assert!(read > 100 && refused > 1000, "{read} {refused}");
}

/// Sums of squares and numbers of the values of every tensor.
struct Squares(Vec<(f64, f64)>);

impl Observer for Squares {
    fn sample(&mut self, tensor: Tensor, _: usize, values: &[f32]) {
        let (sum, count) = &mut self.0[tensor.index()];
        *sum += values.iter().map(|&value| f64::from(value).powi(2)).sum::<f64>();
        *count += values.len() as f64;
    }
}

/// A bundled network at the smallest of a few resolutions that it takes, its own in the end.
fn reduced(name: &str) -> Network {
    let description = common::bundled_description(name);
    let own = description.elaborate(&Settings::default()).unwrap().network;
    let shape = own.node(own.inputs()[0]).unwrap().shape;
    let [_, channels, height, _] = *shape.sizes() else { panic!("{name} takes {shape:?}") };
    let at = |size: u64| {
        let input = Some(vec![channels, size, size]);
        description.elaborate(&Settings { input, ..Settings::default() }).ok()
    };
    let smaller = [32, 64, 96, 188].into_iter().filter(|&size| size < height);
    smaller.filter_map(at).map(|elaborated| elaborated.network).next().unwrap_or(own)
}

/// The root mean square of every layer's output, for an input of uniform values of mean square 1.
fn root_mean_squares(network: &Network) -> Vec<(String, f64)> {
    let weights = seeded(network, 7).unwrap();
    let engine = Engine::compile(network, &mut &weights, Fusion::None).unwrap();
    let mut memory = engine.memory().unwrap();
    // The generator of Park & Miller 1988.
    let mut state = 1_u64;
    let mut next = || {
        state = state * 48_271 % 2_147_483_647;
        (2.0 * state as f32 / 2_147_483_647.0 - 1.0) * 3.0_f32.sqrt()
    };
    let inputs = network.inputs().iter().map(|&input| network.node(input).unwrap().shape);
    let inputs: Vec<Vec<f32>> =
        inputs.map(|shape| (0..shape.elements()).map(|_| next()).collect()).collect();
    let inputs: Vec<&[f32]> = inputs.iter().map(Vec::as_slice).collect();
    let mut squares = Squares(vec![(0.0, 0.0); network.len()]);
    engine.run(&mut memory, &inputs, &mut squares).unwrap();
    let layers = network.layers().filter_map(|(tensor, node)| {
        let (sum, count) = squares.0[tensor.index()];
        // A softmax makes shares of 1, and zeros are meant where a constant factor is zero.
        let is_left_out = match &node.op {
            Op::Softmax(_) | Op::LogSoftmax(_) => true,
            Op::Affine(affine) => affine.scale == 0.0,
            _ => false,
        };
        (count > 0.0 && !is_left_out).then(|| (node.name().to_owned(), (sum / count).sqrt()))
    });
    layers.collect()
}

/// All bundled networks but those that are too large at any resolution that they take.
#[test]
fn values_neither_vanish_nor_explode() {
    const MOST_MACS: u64 = 1_000_000_000;
    let networks = bundled::names().into_iter().map(|name| (name, reduced(name)));
    let small = |network: &Network| {
        let totals = analysis::totals(network, &[Figure::Macs]).unwrap();
        totals.get(Figure::Macs).unwrap() <= MOST_MACS
    };
    let (networks, large): (Vec<_>, Vec<_>) = networks.partition(|(_, network)| small(network));
    assert_eq!(large.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["unet", "vgg16-slim"]);
    let outside = networks.into_par_iter().flat_map_iter(|(name, network)| {
        let layers = root_mean_squares(&network).into_iter();
        let outside = layers.filter(|(_, value)| !(0.01..100.0).contains(value));
        outside.map(move |(layer, value)| format!("{name}, {layer}: {value}"))
    });
    assert_eq!(outside.collect::<Vec<_>>(), Vec::<String>::new());
}
