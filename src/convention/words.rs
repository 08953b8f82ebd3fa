//! The words of rules that several tools have: what [`Rule::words`](super::Rule) says of a category, `n` being the number of elements of
//! the result. What one tool alone says stands in its file.

use super::Category;

/// What a rule says of a category.
pub(super) type Words = (Category, &'static str);

/// A multiply–accumulate for every tap of the window over every input channel of the group.
pub(super) const CONVOLUTION: Words = (Category::Convolution, "out · in/groups · taps");
/// Every input element is spread over the window in every output channel of its group.
pub(super) const TRANSPOSED_CONVOLUTION: Words =
    (Category::TransposedConvolution, "input elements · out/groups · taps");
/// Every output element takes all inputs.
pub(super) const LINEAR: Words = (Category::Linear, "out · in");
/// Every output element is a product over the inner size.
pub(super) const MATRIX_PRODUCT: Words = (Category::MatrixProduct, "out · inner");
/// A multiply–accumulate is two operations.
pub(super) const DOUBLING: Words = (Category::Doubling, "2 a multiply–accumulate");
/// An addition for every output element.
pub(super) const BIAS: Words = (Category::Bias, "n");
/// Shift and scale by statistics are one operation, by trained values another.
pub(super) const BATCH_NORMALIZATION: Words = (Category::BatchNormalization, "2n, not affine n");
/// Mean, variance and normalization; scale and shift count one more.
pub(super) const LAYER_NORMALIZATION: Words = (Category::LayerNormalization, "5n, not affine 4n");
/// As PyTorch computes it: squares, a pool of the padded input, constants.
pub(super) const LOCAL_RESPONSE_NORMALIZATION: Words =
    (Category::LocalResponseNormalization, "3n and the padded input");
/// One operation an element; the logarithm of a softmax is not counted.
pub(super) const SOFTMAX: Words = (Category::Softmax, "n, its logarithm 0");
/// Every element of every window.
pub(super) const AVERAGE_POOLING: Words = (Category::AveragePooling, "n · taps");
