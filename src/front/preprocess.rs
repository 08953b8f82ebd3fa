//! What a network file says of images before they are given to the network, and of the classes that it tells apart.

/// How an image becomes an input; what is not said is as ImageNet's networks have it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Preprocess {
    /// The length of the shorter side, in pixels, to which an image is resized before its center is cut out.
    pub resize: Option<u64>,
    /// What is subtracted from each channel.
    pub mean: Option<Vec<f64>>,
    /// What each channel is divided by afterwards; no number is 0.
    pub std: Option<Vec<f64>>,
    /// The order of the channels.
    pub channel_order: ChannelOrder,
    /// What the brightest value of a channel is before the mean is subtracted: 1 if not said.
    pub maximum: Option<f64>,
}

/// The order of the channels of an input with colors.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ChannelOrder {
    /// Red, green, blue.
    #[default]
    Rgb,
    /// Blue, green, red.
    Bgr,
}

impl ChannelOrder {
    /// The orders by their names in the network language.
    pub const NAMED: [(&'static str, Self); 2] = [("rgb", Self::Rgb), ("bgr", Self::Bgr)];
}

/// The names of the classes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Labels {
    /// These, in order.
    List(Vec<String>),
    /// Those of a text file, one a line.
    File {
        /// The path of the file, relative to the folder of the network file.
        path: String,
        /// The name of the network file.
        beside: String,
    },
}
