//! Networks as ONNX models, which other programs run: <https://onnx.ai>.
//!
//! `proto` is the part of the format that is used, as messages of protobuf. A [`Model`] is a network translated to the operators of
//! [opset 17](https://github.com/onnx/onnx/blob/v1.17.0/docs/Operators.md); `docs/onnx.md` tells what becomes what.

mod export;
mod proto;

pub use export::{ExportError, Model};
