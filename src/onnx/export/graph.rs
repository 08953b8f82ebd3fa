//! The graph of a model while it is made, and the layer that is being translated.

use std::collections::{HashMap, HashSet};

use num_traits::AsPrimitive;

use super::super::proto::{
    AttributeProto, AttributeType, DataType, DimensionProto, GraphProto, NodeProto, TensorProto,
    TensorShapeProto, TensorTypeProto, TypeProto, ValueInfoProto,
};
use super::MOST_BYTES;
use crate::network::Shape;
use crate::ops::OpError;

/// A value of the graph, by its name.
#[derive(Debug, Clone, Default)]
pub(super) struct Value(String);

impl Value {
    /// An operand that is left out.
    pub(super) fn absent() -> Self {
        Self::default()
    }

    pub(super) fn name(&self) -> &str {
        &self.0
    }
}

/// An argument of an operator.
#[derive(Debug, Clone)]
pub(super) enum Attribute {
    Int(i64),
    Ints(Vec<i64>),
    Float(f64),
    Word(&'static str),
}

impl Attribute {
    /// A flag.
    pub(super) fn flag(flag: bool) -> Self {
        Self::Int(flag.into())
    }

    /// A count.
    pub(super) fn count(count: u64) -> Result<Self, OpError> {
        Ok(Self::Int(integer(count)?))
    }

    /// Counts.
    pub(super) fn counts(counts: &[u64]) -> Result<Self, OpError> {
        Ok(Self::Ints(integers(counts)?))
    }

    fn named(self, name: &str) -> AttributeProto {
        let mut attribute = AttributeProto { name: name.to_owned(), ..AttributeProto::default() };
        match self {
            Self::Int(value) => {
                attribute.i = Some(value);
                attribute.set_type(AttributeType::Int);
            }
            Self::Ints(values) => {
                attribute.ints = values;
                attribute.set_type(AttributeType::Ints);
            }
            Self::Float(value) => {
                attribute.f = Some(value.as_());
                attribute.set_type(AttributeType::Float);
            }
            Self::Word(word) => {
                attribute.s = Some(word.as_bytes().to_vec());
                attribute.set_type(AttributeType::String);
            }
        }
        attribute
    }
}

/// A count as the format has it.
pub(super) fn integer(count: u64) -> Result<i64, OpError> {
    i64::try_from(count).map_err(|_| OpError::Overflow)
}

/// Counts as the format has them.
pub(super) fn integers(counts: &[u64]) -> Result<Vec<i64>, OpError> {
    counts.iter().map(|&count| integer(count)).collect()
}

/// A value's name and shape.
pub(super) fn described(value: &Value, shape: &Shape) -> Result<ValueInfoProto, OpError> {
    let dim = integers(shape.sizes())?.into_iter();
    let dim = dim.map(|size| DimensionProto { dim_value: Some(size) }).collect();
    let shape = Some(TensorShapeProto { dim });
    let tensor_type = Some(TensorTypeProto { elem_type: DataType::Float.into(), shape });
    Ok(ValueInfoProto { name: value.0.clone(), r#type: Some(TypeProto { tensor_type }) })
}

/// The graph while it is made. Names of values are unique.
#[derive(Debug, Default)]
pub(super) struct Graph {
    pub(super) proto: GraphProto,
    names: HashSet<String>,
    /// For names that were taken the number last put behind them.
    numbers: HashMap<String, u64>,
    /// The bytes of constants.
    bytes: u64,
}

impl Graph {
    /// A value of this name where nothing has it yet.
    pub(super) fn claim(&mut self, name: &str) -> Option<Value> {
        let is_free = !name.is_empty() && self.names.insert(name.to_owned());
        is_free.then(|| Value(name.to_owned()))
    }

    /// A value of this name, or with a number behind it where that is taken.
    pub(super) fn fresh(&mut self, name: &str) -> Value {
        if let Some(value) = self.claim(name) {
            return value;
        }
        // Numbers below the last given are taken.
        let mut number = self.numbers.get(name).copied().unwrap_or(1);
        loop {
            number += 1;
            if let Some(value) = self.claim(&format!("{name}_{number}")) {
                self.numbers.insert(name.to_owned(), number);
                return value;
            }
        }
    }

    /// Adds a node that makes a value, and goes by its name.
    pub(super) fn node<const N: usize>(
        &mut self,
        operator: &str,
        inputs: &[Value],
        attributes: [(&str, Attribute); N],
        output: &Value,
    ) {
        let attributes = attributes.into_iter();
        self.proto.node.push(NodeProto {
            input: inputs.iter().map(|input| input.0.clone()).collect(),
            output: vec![output.0.clone()],
            name: output.0.clone(),
            op_type: operator.to_owned(),
            attribute: attributes.map(|(name, attribute)| attribute.named(name)).collect(),
        });
    }

    fn constant<const N: usize>(
        &mut self,
        name: &str,
        dims: Vec<i64>,
        data_type: DataType,
        bytes: impl Iterator<Item = [u8; N]>,
    ) -> Value {
        let value = self.fresh(name);
        let raw_data = bytes.flatten().collect();
        let name = value.0.clone();
        let data_type = data_type.into();
        self.proto.initializer.push(TensorProto { dims, data_type, name, raw_data });
        value
    }
}

/// A layer that is being translated: what it takes, and what its output is to be called. Nodes and constants beside the one that makes
/// the output go by the layer's name, a dot, and their part in it.
#[derive(Debug)]
pub(super) struct Layer<'a> {
    pub(super) graph: &'a mut Graph,
    pub(super) output: &'a Value,
    pub(super) output_shape: &'a Shape,
    pub(super) operands: &'a [Value],
    pub(super) operand_shapes: &'a [Shape],
    pub(super) parameters: &'a [Value],
}

impl Layer<'_> {
    /// What it takes, the first of several.
    pub(super) fn operand(&self) -> Value {
        self.operands.first().cloned().unwrap_or_default()
    }

    /// The shape of what it takes, of the first of several.
    pub(super) fn operand_shape(&self) -> Shape {
        self.operand_shapes.first().copied().unwrap_or(*self.output_shape)
    }

    /// The operand, and the parameters after it.
    pub(super) fn operand_and_parameters(&self) -> Vec<Value> {
        [&[self.operand()], self.parameters].concat()
    }

    /// Height and width of the maps it takes and of those it makes.
    pub(super) fn maps(&self) -> [[u64; 2]; 2] {
        [&self.operand_shape(), self.output_shape].map(|shape| shape.map().unwrap_or([1; 2]))
    }

    /// Adds the node that makes the layer's output.
    pub(super) fn result<const N: usize>(
        &mut self,
        operator: &str,
        inputs: &[Value],
        attributes: [(&str, Attribute); N],
    ) {
        self.graph.node(operator, inputs, attributes, self.output);
    }

    /// Adds a node on the way to the layer's output.
    pub(super) fn step<const N: usize>(
        &mut self,
        part: &str,
        operator: &str,
        inputs: &[Value],
        attributes: [(&str, Attribute); N],
    ) -> Value {
        let value = self.graph.fresh(&self.name_of(part));
        self.graph.node(operator, inputs, attributes, &value);
        value
    }

    /// A constant of whole numbers, in a list.
    pub(super) fn integers(&mut self, part: &str, values: &[i64]) -> Result<Value, OpError> {
        let count = u64::try_from(values.len()).map_err(|_| OpError::Overflow)?;
        self.graph.bytes = self.check(count, 8)?;
        let bytes = values.iter().map(|value| value.to_le_bytes());
        let name = self.name_of(part);
        Ok(self.graph.constant(&name, vec![integer(count)?], DataType::Int64, bytes))
    }

    /// A single number.
    pub(super) fn number(&mut self, part: &str, value: f64) -> Value {
        let value: f32 = value.as_();
        let name = self.name_of(part);
        self.graph.constant(&name, Vec::new(), DataType::Float, [value.to_le_bytes()].into_iter())
    }

    /// A constant tensor of these sizes, every element of which is a function of its position in row-major order.
    pub(super) fn numbers(
        &mut self,
        part: &str,
        sizes: &[u64],
        of: impl Fn(u64) -> f64,
    ) -> Result<Value, OpError> {
        let count = Shape::new(sizes)?.elements();
        self.graph.bytes = self.check(count, 4)?;
        let bytes = (0..count).map(|at| {
            let value: f32 = of(at).as_();
            value.to_le_bytes()
        });
        let name = self.name_of(part);
        Ok(self.graph.constant(&name, integers(sizes)?, DataType::Float, bytes))
    }

    /// Refuses constants of so many values, each of so many bytes, beyond what a file can hold; gives the bytes of all.
    pub(super) fn check(&self, values: u64, bytes: u64) -> Result<u64, OpError> {
        let bytes = values.checked_mul(bytes).and_then(|bytes| bytes.checked_add(self.graph.bytes));
        bytes.filter(|&bytes| bytes <= MOST_BYTES).ok_or_else(|| {
            OpError::rule("its constants take more than the 2 GiB that an ONNX file holds")
        })
    }

    fn name_of(&self, part: &str) -> String {
        format!("{}.{part}", self.output.0)
    }
}
