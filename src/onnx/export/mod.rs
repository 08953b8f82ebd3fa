//! From a network to a model: every layer by the rule of its operator, which stands in the file of its family.

mod activation;
mod arithmetic;
mod convolution;
mod graph;
mod layout;
mod linear;
mod normalization;
mod pooling;
mod regularization;
mod resampling;
mod window;

use std::io::{self, Write};

use prost::Message;
use prost::encoding::{WireType, encode_key, encode_varint};
use thiserror::Error;

use super::proto::{DataType, GraphProto, ModelProto, OperatorSetIdProto, TensorProto};
use crate::analysis::AnalysisError;
use crate::network::{Network, Tensor};
use crate::ops::{Op, OpError};
use crate::tensor_file::write_values;
use crate::weights::{self, Source, WeightsError};
use graph::{Graph, Layer, Value, described, integers};

/// The set of operators, and the version of the format that came with it.
const OPSET_VERSION: i64 = 17;
const IR_VERSION: i64 = 8;

/// What a message of protobuf may take: 2 GiB less one byte.
const MOST_BYTES: u64 = 0x7fff_ffff;

/// Why a network cannot be written as an ONNX model.
#[derive(Debug, Error)]
pub enum ExportError {
    /// A layer that does not translate.
    #[error(transparent)]
    Layer(#[from] AnalysisError),
    /// A model that is too large for the format.
    #[error("the model takes {bytes} bytes, more than the 2 GiB that an ONNX file holds")]
    TooLarge {
        /// The size of the file.
        bytes: u64,
    },
    /// Weights that cannot be made or read, or are not of this network.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// A file that cannot be written.
    #[error(transparent)]
    Write(#[from] io::Error),
}

/// How an operator is expressed by those of ONNX.
trait Export {
    /// Adds the nodes and constants of a layer.
    fn export(&self, layer: &mut Layer<'_>) -> Result<(), OpError>;
}

macro_rules! exported {
    ($op:expr, $($variant:ident),*) => {
        match $op {
            $(Op::$variant(operator) => Some(operator as &dyn Export),)*
            Op::Input(_) => None,
        }
    };
}

/// The rule of an operator; an input has none.
fn rule(op: &Op) -> Option<&dyn Export> {
    exported!(
        op,
        Conv,
        ConvTranspose,
        Linear,
        MatMul,
        BatchNorm,
        LayerNorm,
        Lrn,
        Activation,
        PRelu,
        Softmax,
        LogSoftmax,
        MaxPool,
        AvgPool,
        GlobalAvgPool,
        GlobalMaxPool,
        AdaptiveAvgPool,
        Flatten,
        Reshape,
        Transpose,
        Concat,
        Pad,
        Slice,
        ChannelShuffle,
        Identity,
        Add,
        Sub,
        Mul,
        Div,
        Mean,
        Affine,
        Upsample,
        Dropout,
        DropPath
    )
}

/// A tensor that the network holds, without its values.
#[derive(Debug)]
struct Held {
    node: Tensor,
    /// Its position among those of the node.
    index: usize,
    elements: u64,
    /// The message but for the values.
    head: TensorProto,
}

/// A network as an ONNX model of opset 17, without the values of its parameters, which are added as it is written.
///
/// Layers, their outputs and their parameters go by the names they have in the network (`fire2/squeeze`, `fire2/squeeze.weight`); what else it
/// takes to express a layer, by the layer's name, a dot and its part in it. Where an output of the network has the name
/// of another layer, that layer's name gets a number.
#[derive(Debug)]
pub struct Model {
    /// All but the graph.
    model: ModelProto,
    /// The graph without the network's parameters.
    graph: GraphProto,
    held: Vec<Held>,
}

impl Model {
    /// The model of a network that is called `name`.
    ///
    /// # Errors
    /// Where a size exceeds what the format holds, or the model 2 GiB.
    pub fn new(network: &Network, name: &str) -> Result<Self, ExportError> {
        let mut graph = Graph::default();
        let (values, outputs) = values(network, &mut graph);
        let (held, parameters) = held(network, &mut graph)?;
        for (tensor, node) in network.nodes() {
            let misfit = |error| AnalysisError::of(node, error);
            let Some(value) = values.get(tensor.index()) else { continue };
            let described = described(value, &node.shape).map_err(misfit)?;
            let Some(rule) = rule(&node.op) else {
                graph.proto.input.push(described);
                continue;
            };
            if !network.is_output(tensor) {
                graph.proto.value_info.push(described);
            }
            let operands = network.operands(tensor).iter();
            let operands: Vec<Value> =
                operands.filter_map(|operand| values.get(operand.index()).cloned()).collect();
            rule.export(&mut Layer {
                graph: &mut graph,
                output: value,
                output_shape: &node.shape,
                operands: &operands,
                operand_shapes: network.operand_shapes(tensor),
                parameters: parameters.get(tensor.index()).map_or(&[], Vec::as_slice),
            })
            .map_err(misfit)?;
        }
        for (output, value) in network.outputs().iter().zip(outputs) {
            let (Some(made), Some(node)) =
                (values.get(output.tensor.index()), network.node(output.tensor))
            else {
                continue;
            };
            if made.name() != value.name() {
                graph.node("Identity", std::slice::from_ref(made), [], &value);
            }
            let described = described(&value, &node.shape);
            graph.proto.output.push(described.map_err(|error| AnalysisError::of(node, error))?);
        }
        graph.proto.name = if name.is_empty() { "network".to_owned() } else { name.to_owned() };
        let model = ModelProto {
            ir_version: IR_VERSION,
            producer_name: env!("CARGO_PKG_NAME").to_owned(),
            producer_version: env!("CARGO_PKG_VERSION").to_owned(),
            graph: None,
            opset_import: vec![OperatorSetIdProto {
                domain: String::new(),
                version: OPSET_VERSION,
            }],
        };
        let model = Self { model, graph: graph.proto, held };
        match model.bytes() {
            bytes if bytes > MOST_BYTES => Err(ExportError::TooLarge { bytes }),
            _ => Ok(model),
        }
    }

    /// The size of the file in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let graph = self.graph_bytes();
        count(self.model.encoded_len())
            .saturating_add(count(opening(ModelProto::GRAPH, graph).len()))
            .saturating_add(graph)
    }

    fn graph_bytes(&self) -> u64 {
        self.held.iter().fold(count(self.graph.encoded_len()), |sum, held| {
            let tensor = held.bytes();
            let opening = count(opening(GraphProto::INITIALIZER, tensor).len());
            sum.saturating_add(opening).saturating_add(tensor)
        })
    }

    /// Writes the model with the values of a network's parameters, which are taken layer by layer.
    ///
    /// # Errors
    /// Where they cannot be read, are not of this network, or writing fails.
    pub fn write(&self, weights: &mut dyn Source, out: &mut dyn Write) -> Result<(), ExportError> {
        out.write_all(&self.model.encode_to_vec())?;
        out.write_all(&opening(ModelProto::GRAPH, self.graph_bytes()))?;
        out.write_all(&self.graph.encode_to_vec())?;
        let (mut node, mut read) = (None, weights::Held::default());
        for held in &self.held {
            if node != Some(held.node) {
                weights.read(held.node, &mut read)?;
                node = Some(held.node);
            }
            let values = read.tensors().get(held.index);
            let values = values.filter(|values| count(values.len()) == held.elements);
            let values = values.ok_or_else(|| WeightsError::Foreign(held.head.name.clone()))?;
            out.write_all(&opening(GraphProto::INITIALIZER, held.bytes()))?;
            out.write_all(&held.head.encode_to_vec())?;
            out.write_all(&opening(TensorProto::RAW_DATA, held.raw_bytes()))?;
            write_values(out, values)?;
        }
        Ok(())
    }
}

impl Held {
    /// The size of the values.
    fn raw_bytes(&self) -> u64 {
        self.elements.saturating_mul(4)
    }

    /// The size of the message with the values.
    fn bytes(&self) -> u64 {
        let opening = count(opening(TensorProto::RAW_DATA, self.raw_bytes()).len());
        let head = count(self.head.encoded_len()).saturating_add(opening);
        head.saturating_add(self.raw_bytes())
    }
}

/// What stands before so many bytes of a field.
fn opening(field: u32, bytes: u64) -> Vec<u8> {
    let mut opening = Vec::new();
    encode_key(field, WireType::LengthDelimited, &mut opening);
    encode_varint(bytes, &mut opening);
    opening
}

/// A length as a count.
fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// The names of what the nodes make, and of what the network returns.
fn values(network: &Network, graph: &mut Graph) -> (Vec<Value>, Vec<Value>) {
    let outputs: Vec<Value> =
        network.outputs().iter().map(|output| graph.fresh(&output.name)).collect();
    let returned = |tensor: Tensor, name: &str| {
        let pairs = network.outputs().iter().zip(&outputs);
        let own = pairs.filter(|(output, value)| output.tensor == tensor && value.name() == name);
        own.map(|(_, value)| value.clone()).next()
    };
    let mut named = Vec::with_capacity(network.len());
    for (tensor, node) in network.nodes() {
        let own = network.is_output(tensor).then(|| returned(tensor, node.name())).flatten();
        named.push(own.or_else(|| graph.claim(node.name())));
    }
    // What is left after all others have their names.
    let pairs = named.into_iter().zip(network.nodes());
    let values =
        pairs.map(|(value, (_, node))| value.unwrap_or_else(|| graph.fresh(node.name()))).collect();
    (values, outputs)
}

/// The tensors that the network holds, and for every node the names of its own.
fn held(
    network: &Network,
    graph: &mut Graph,
) -> Result<(Vec<Held>, Vec<Vec<Value>>), AnalysisError> {
    let mut names = vec![Vec::new(); network.len()];
    let mut list = Vec::new();
    for named in weights::parameters(network)? {
        let Some(own) = names.get_mut(named.node.index()) else { continue };
        let value = graph.fresh(&named.name);
        let shape = named.parameter.shape;
        let dims = integers(shape.sizes()).map_err(|error| match network.node(named.node) {
            Some(node) => AnalysisError::of(node, error),
            None => AnalysisError { name: named.name.clone(), place: Default::default(), error },
        })?;
        let name = value.name().to_owned();
        let head = TensorProto { dims, data_type: DataType::Float.into(), name, raw_data: vec![] };
        list.push(Held { node: named.node, index: own.len(), elements: shape.elements(), head });
        own.push(value);
    }
    Ok((list, names))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::network::{Builder, Output, Place, Shape};
    use crate::ops::{Activation, Affine, Conv, Function, Linear, Padding, Window};
    use crate::weights::seeded;

    /// `input`, a convolution, an `affine` and a function of these names; returned as given.
    fn network(names: [&str; 4], outputs: &[(&str, usize)]) -> Network {
        let mut builder = Builder::new();
        let shape = Shape::new(&[1, 2, 5, 4]).unwrap();
        let [kernel, stride, dilation] = [[3, 2], [1, 1], [1, 1]];
        let window = Window { kernel, stride, dilation, padding: Padding::VALID, ceil: false };
        let mut tensors = vec![builder.input(names[0], shape, Place(0)).unwrap()];
        let conv = Conv { out: 3, window, groups: 1, bias: true };
        let affine = Affine { scale: 2.0, shift: 1.0 };
        let relu = Activation { function: Function::Relu };
        for (name, op) in names[1..].iter().zip([Op::from(conv), affine.into(), relu.into()]) {
            let last = tensors[tensors.len() - 1];
            tensors.push(builder.add(name, op, &[last], Place(0)).unwrap());
        }
        let output =
            |&(name, at): &(&str, usize)| Output { name: name.to_owned(), tensor: tensors[at] };
        builder.finish(outputs.iter().map(output).collect()).unwrap()
    }

    /// The model as a reader sees it.
    fn read_back(network: &Network) -> ModelProto {
        let model = Model::new(network, "").unwrap();
        let mut bytes = Vec::new();
        model.write(&mut &seeded(network, 1).unwrap(), &mut bytes).unwrap();
        assert_eq!(count(bytes.len()), model.bytes());
        ModelProto::decode(bytes.as_slice()).unwrap()
    }

    #[test]
    fn every_value_has_one_name_and_is_there_before_it_is_taken() {
        for (names, outputs) in [
            (["input", "conv", "affine", "relu"], &[("relu", 3)][..]),
            (["input", "conv", "affine", "relu"], &[("conv", 3), ("relu", 1), ("x", 1)]),
            (["input", "conv", "affine", "relu"], &[("input", 3), ("affine", 0)]),
            (["input", "conv", "affine", "relu"], &[("input", 0), ("relu", 3)]),
            (["input", "conv", "conv.weight", "conv.weight_2"], &[("conv.weight_2", 3)]),
            (["a.scale", "a.scaled", "a", ""], &[("a.shift", 3), ("", 2)]),
        ] {
            let network = network(names, outputs);
            let graph = read_back(&network).graph.unwrap();
            let mut there: HashSet<&str> = HashSet::new();
            let made = graph.input.iter().map(|input| &input.name);
            for name in made.chain(graph.initializer.iter().map(|tensor| &tensor.name)) {
                assert!(there.insert(name) && !name.is_empty(), "`{name}` of {names:?}");
            }
            for node in &graph.node {
                for input in &node.input {
                    assert!(there.contains(input.as_str()), "`{input}` of {names:?}");
                }
                let [output] = node.output.as_slice() else { panic!("{node:?}") };
                assert!(there.insert(output) && !output.is_empty(), "`{output}` of {names:?}");
            }
            let returned: Vec<&str> = graph.output.iter().map(|output| &*output.name).collect();
            let wanted: Vec<&str> = outputs.iter().map(|(name, _)| *name).collect();
            if !wanted.contains(&"") {
                assert_eq!(returned, wanted);
            }
            assert!(returned.iter().all(|name| there.contains(name)), "{returned:?}");
        }
    }

    #[test]
    fn parameters_go_by_their_names_with_their_values() {
        let network = network(["input", "conv", "affine", "relu"], &[("relu", 3)]);
        let graph = read_back(&network).graph.unwrap();
        let weights = seeded(&network, 1).unwrap();
        let parameters = weights::parameters(&network).unwrap();
        assert_eq!(parameters.len(), 2);
        for (at, named) in parameters.iter().enumerate() {
            let is_same = |tensor: &&TensorProto| tensor.name == named.name;
            let tensor = graph.initializer.iter().find(is_same).unwrap();
            assert_eq!(tensor.dims, integers(named.parameter.shape.sizes()).unwrap());
            let values: Vec<f32> = tensor
                .raw_data
                .chunks(4)
                .map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap()))
                .collect();
            assert_eq!(values, weights.of(named.node)[at]);
        }
    }

    #[test]
    fn what_no_file_holds_is_refused_before_it_is_made() {
        let mut builder = Builder::new();
        let shape = Shape::new(&[1, 1 << 15]).unwrap();
        let input = builder.input("input", shape, Place(0)).unwrap();
        let linear = Linear { out: 1 << 14, bias: false };
        let linear = builder.add("linear", linear.into(), &[input], Place(0)).unwrap();
        let network =
            builder.finish(vec![Output { name: "linear".to_owned(), tensor: linear }]).unwrap();
        let error = Model::new(&network, "large").unwrap_err();
        assert!(matches!(error, ExportError::TooLarge { bytes } if bytes > 1 << 31), "{error}");
    }

    #[test]
    fn weights_of_another_network_are_refused() {
        /// Has no values.
        struct Nothing;
        impl Source for Nothing {
            fn read(&mut self, _: Tensor, _: &mut weights::Held) -> Result<(), WeightsError> {
                Ok(())
            }
        }
        let network = network(["input", "conv", "affine", "relu"], &[("relu", 3)]);
        let model = Model::new(&network, "n").unwrap();
        let error = model.write(&mut Nothing, &mut Vec::new()).unwrap_err();
        let ExportError::Weights(WeightsError::Foreign(name)) = &error else { panic!("{error}") };
        assert_eq!(name, "conv.weight");
    }
}
