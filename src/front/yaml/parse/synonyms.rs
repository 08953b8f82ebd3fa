//! What other tools call things, for suggestions.

/// What other tools call an argument, for suggestions.
pub(super) const ARGUMENT_SYNONYMS: [(&str, &str); 21] = [
    ("kernel_size", "kernel"),
    ("pool_size", "kernel"),
    ("ksize", "kernel"),
    ("out_channels", "out"),
    ("filters", "out"),
    ("features", "out"),
    ("units", "out"),
    ("out_features", "out"),
    ("strides", "stride"),
    ("pad", "padding"),
    ("pads", "padding"),
    ("group", "groups"),
    ("activation", "act"),
    ("normalization", "norm"),
    ("ceil_mode", "ceil"),
    ("p", "rate"),
    ("scale_factor", "scale"),
    ("negative_slope", "slope"),
    ("epsilon", "eps"),
    ("shape", "sizes"),
    ("perm", "axes"),
];

/// What other tools call an operator, for suggestions.
pub(super) const OPERATOR_SYNONYMS: [(&str, &str); 17] = [
    ("conv2d", "conv"),
    ("convolution", "conv"),
    ("deconv", "conv_transpose"),
    ("dense", "linear"),
    ("fc", "linear"),
    ("fully_connected", "linear"),
    ("gemm", "linear"),
    ("bn", "batch_norm"),
    ("batchnorm2d", "batch_norm"),
    ("average_pool", "avg_pool"),
    ("gap", "global_avg_pool"),
    ("swish", "silu"),
    ("concatenate", "concat"),
    ("cat", "concat"),
    ("sum", "add"),
    ("multiply", "mul"),
    ("resize", "upsample"),
];

/// What is called `name` elsewhere.
pub(super) fn synonym(table: &[(&str, &'static str)], name: &str) -> Option<&'static str> {
    let lower = name.to_lowercase();
    table.iter().find(|(foreign, _)| *foreign == lower).map(|(_, own)| *own)
}
