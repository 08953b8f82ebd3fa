//! The messages of the format that are used, with the numbers of their fields: `onnx/onnx.proto3` of ONNX 1.17.
//!
//! Alternatives of which one is always chosen (a type is a tensor's, a dimension a number) are fields here, which is the same in
//! bytes. Numbers that may be 0 are optional, so that they are written.

use prost::Message;

/// A model.
#[derive(Clone, PartialEq, Message)]
pub(super) struct ModelProto {
    /// The version of the format.
    #[prost(int64, tag = "1")]
    pub(super) ir_version: i64,
    /// What wrote it.
    #[prost(string, tag = "2")]
    pub(super) producer_name: String,
    /// The version of what wrote it.
    #[prost(string, tag = "3")]
    pub(super) producer_version: String,
    /// What it computes.
    #[prost(message, optional, tag = "7")]
    pub(super) graph: Option<GraphProto>,
    /// The operators' versions.
    #[prost(message, repeated, tag = "8")]
    pub(super) opset_import: Vec<OperatorSetIdProto>,
}

impl ModelProto {
    /// The number of the field `graph`.
    pub(super) const GRAPH: u32 = 7;
}

/// A set of operators.
#[derive(Clone, PartialEq, Message)]
pub(super) struct OperatorSetIdProto {
    /// Whose operators; empty for ONNX's own.
    #[prost(string, tag = "1")]
    pub(super) domain: String,
    /// Their version.
    #[prost(int64, tag = "2")]
    pub(super) version: i64,
}

/// A graph of operators.
#[derive(Clone, PartialEq, Message)]
pub(super) struct GraphProto {
    /// The operators in an order in which they can be computed.
    #[prost(message, repeated, tag = "1")]
    pub(super) node: Vec<NodeProto>,
    /// The graph's name.
    #[prost(string, tag = "2")]
    pub(super) name: String,
    /// Constant tensors.
    #[prost(message, repeated, tag = "5")]
    pub(super) initializer: Vec<TensorProto>,
    /// What it takes.
    #[prost(message, repeated, tag = "11")]
    pub(super) input: Vec<ValueInfoProto>,
    /// What it returns.
    #[prost(message, repeated, tag = "12")]
    pub(super) output: Vec<ValueInfoProto>,
    /// The types of other values.
    #[prost(message, repeated, tag = "13")]
    pub(super) value_info: Vec<ValueInfoProto>,
}

impl GraphProto {
    /// The number of the field `initializer`.
    pub(super) const INITIALIZER: u32 = 5;
}

/// An operator applied to values.
#[derive(Clone, PartialEq, Message)]
pub(super) struct NodeProto {
    /// The names of what it takes; an empty one stands for an operand that is left out.
    #[prost(string, repeated, tag = "1")]
    pub(super) input: Vec<String>,
    /// The names of what it makes.
    #[prost(string, repeated, tag = "2")]
    pub(super) output: Vec<String>,
    /// The node's name.
    #[prost(string, tag = "3")]
    pub(super) name: String,
    /// The operator.
    #[prost(string, tag = "4")]
    pub(super) op_type: String,
    /// Its arguments.
    #[prost(message, repeated, tag = "5")]
    pub(super) attribute: Vec<AttributeProto>,
}

/// An argument of an operator.
#[derive(Clone, PartialEq, Message)]
pub(super) struct AttributeProto {
    /// Its name.
    #[prost(string, tag = "1")]
    pub(super) name: String,
    /// A number.
    #[prost(float, optional, tag = "2")]
    pub(super) f: Option<f32>,
    /// A whole number.
    #[prost(int64, optional, tag = "3")]
    pub(super) i: Option<i64>,
    /// A word.
    #[prost(bytes = "vec", optional, tag = "4")]
    pub(super) s: Option<Vec<u8>>,
    /// Whole numbers.
    #[prost(int64, repeated, tag = "8")]
    pub(super) ints: Vec<i64>,
    /// Which of these it is.
    #[prost(enumeration = "AttributeType", tag = "20")]
    pub(super) r#type: i32,
}

/// What an argument is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub(super) enum AttributeType {
    /// Not said.
    Undefined = 0,
    /// A number.
    Float = 1,
    /// A whole number.
    Int = 2,
    /// A word.
    String = 3,
    /// Whole numbers.
    Ints = 7,
}

/// A constant tensor.
#[derive(Clone, PartialEq, Message)]
pub(super) struct TensorProto {
    /// Its sizes; none for a single value.
    #[prost(int64, repeated, tag = "1")]
    pub(super) dims: Vec<i64>,
    /// The type of its values.
    #[prost(enumeration = "DataType", tag = "2")]
    pub(super) data_type: i32,
    /// Its name.
    #[prost(string, tag = "8")]
    pub(super) name: String,
    /// Its values in row-major order, little-endian.
    #[prost(bytes = "vec", tag = "9")]
    pub(super) raw_data: Vec<u8>,
}

impl TensorProto {
    /// The number of the field `raw_data`.
    pub(super) const RAW_DATA: u32 = 9;
}

/// The types of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub(super) enum DataType {
    /// Not said.
    Undefined = 0,
    /// 32-bit floats.
    Float = 1,
    /// Signed 64-bit integers.
    Int64 = 7,
}

/// A value's name and type.
#[derive(Clone, PartialEq, Message)]
pub(super) struct ValueInfoProto {
    /// Its name.
    #[prost(string, tag = "1")]
    pub(super) name: String,
    /// Its type.
    #[prost(message, optional, tag = "2")]
    pub(super) r#type: Option<TypeProto>,
}

/// The type of a value.
#[derive(Clone, PartialEq, Message)]
pub(super) struct TypeProto {
    /// A tensor's.
    #[prost(message, optional, tag = "1")]
    pub(super) tensor_type: Option<TensorTypeProto>,
}

/// The type of a tensor.
#[derive(Clone, PartialEq, Message)]
pub(super) struct TensorTypeProto {
    /// The type of its values.
    #[prost(enumeration = "DataType", tag = "1")]
    pub(super) elem_type: i32,
    /// Its shape.
    #[prost(message, optional, tag = "2")]
    pub(super) shape: Option<TensorShapeProto>,
}

/// The shape of a tensor.
#[derive(Clone, PartialEq, Message)]
pub(super) struct TensorShapeProto {
    /// Its sizes.
    #[prost(message, repeated, tag = "1")]
    pub(super) dim: Vec<DimensionProto>,
}

/// A size of a tensor.
#[derive(Clone, PartialEq, Message)]
pub(super) struct DimensionProto {
    /// The number.
    #[prost(int64, optional, tag = "1")]
    pub(super) dim_value: Option<i64>,
}
