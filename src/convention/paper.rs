//! What papers print: the multiply–adds of convolutions and fully connected layers, and nothing else.
//!
//! He et al. 2015, arXiv:1512.03385, Table 1 ("FLOPs (multiply-adds)") and section 4.1; Huang et al. 2016, arXiv:1608.06993,
//! Figure 3. They print two or three digits. That is our MACs, but for matrix products, which these networks do not have.

use super::{Counts, Rule, Tool, words};
use crate::figure::Figure;
use crate::ops::Op;

pub(super) static TOOL: Tool = Tool {
    name: "paper",
    version: "",
    assumptions: &[],
    rules: &[Rule::new(
        "multiply–adds",
        Figure::Macs,
        |layer| match layer.op {
            Op::Conv(_) | Op::ConvTranspose(_) | Op::Linear(_) => layer.own(layer.macs()?),
            _ => Ok(Counts::NONE),
        },
        &[words::CONVOLUTION, words::TRANSPOSED_CONVOLUTION, words::LINEAR],
    )],
};
