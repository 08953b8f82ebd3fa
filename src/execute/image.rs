//! Images as inputs: decoded, resized, cut, normalized.

mod jpeg;

use std::io::Cursor;

use image::imageops::{self, FilterType};
use image::{ImageDecoder, ImageFormat, ImageReader, Limits, RgbImage};
use num_traits::AsPrimitive;
use thiserror::Error;

use crate::front::{ChannelOrder, Preprocess};
use crate::network::Shape;

/// The longest side of an image that is read, in pixels.
pub const MAX_SIDE: u32 = 16_384;

/// The most pixels of an image, before and after it is resized.
pub const MAX_PIXELS: u64 = 1 << 26;

/// The largest image file that is read, in bytes.
pub const MAX_BYTES: u64 = 256 << 20;

/// The most bytes of profiles and notes beside an image.
const MAX_METADATA: u64 = 32 << 20;

/// The mean and the standard deviation of ImageNet's red, green and blue, of values up to 1 (torchvision's).
const IMAGENET: [[f64; 3]; 2] = [[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]];

/// The weights of red, green and blue in a gray value (ITU-R BT.601-7, section 2.5.1).
const LUMA: [f64; 3] = [0.299, 0.587, 0.114];

/// Why an image cannot be an input.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ImageError {
    /// It is no image that can be read.
    #[error("it is no PNG or JPEG image that can be read: {0}")]
    Unreadable(String),
    /// It is too large.
    #[error(
        "it is {width} pixels wide and {height} high; sides up to {MAX_SIDE} and {MAX_PIXELS} pixels in all are read"
    )]
    TooLarge {
        /// Its width.
        width: u32,
        /// Its height.
        height: u32,
    },
    /// It is to be made larger than any image is read.
    #[error("`preprocess` resizes the shorter side to {0} pixels; sides up to {MAX_SIDE} are made")]
    Resize(u64),
    /// It would be too large once it is resized.
    #[error("it is too narrow: resized, it would be {width} pixels wide and {height} high")]
    TooNarrow {
        /// Its width then.
        width: u64,
        /// Its height then.
        height: u64,
    },
    /// The network takes no images.
    #[error("the network takes {0:?}, and images are for inputs of 1 or 3 channels of maps")]
    Input(Shape),
    /// The center cannot be cut out.
    #[error(
        "`preprocess` resizes the shorter side to {resize}, and the network takes {height}x{width}"
    )]
    Crop {
        /// The length of the shorter side.
        resize: u64,
        /// The height of the input.
        height: u64,
        /// The width of the input.
        width: u64,
    },
    /// Numbers for other channels than the network's.
    #[error(
        "`preprocess` has {given} numbers under `{key}`, and the network takes {channels} channels"
    )]
    Channels {
        /// Which of them.
        key: &'static str,
        /// How many it has.
        given: usize,
        /// How many are needed.
        channels: usize,
    },
}

/// Decodes a PNG or JPEG file of at most [`MAX_SIDE`] by [`MAX_PIXELS`]; an orientation that its notes ask for is ignored.
///
/// # Errors
/// Where it is no such image, truncated or too large.
pub fn decode(bytes: &[u8]) -> Result<RgbImage, ImageError> {
    let unreadable = |error: image::ImageError| ImageError::Unreadable(error.to_string());
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format();
    let mut reader = reader.map_err(|error| ImageError::Unreadable(error.to_string()))?;
    if reader.format() == Some(ImageFormat::Jpeg) && !jpeg::reaches_its_end(bytes) {
        return Err(ImageError::Unreadable("it ends before its last pixel".to_owned()));
    }
    // What stands before the pixels is unpacked first.
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_METADATA);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(unreadable)?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if width.max(height) > MAX_SIDE || pixels > MAX_PIXELS {
        return Err(ImageError::TooLarge { width, height });
    }
    let mut limits = Limits::default();
    // Up to four channels of two bytes, and what the decoder needs besides.
    limits.max_alloc = Some(pixels.saturating_mul(8).saturating_add(64 << 20));
    decoder.set_limits(limits).map_err(unreadable)?;
    Ok(image::DynamicImage::from_decoder(decoder).map_err(unreadable)?.into_rgb8())
}

/// Makes one sample of an image: `[channels, height, width]` in row-major order.
///
/// # Errors
/// Where the network takes no images, or what is to be done does not fit it.
pub fn prepare(
    image: &RgbImage,
    preprocess: &Preprocess,
    input: &Shape,
) -> Result<Vec<f32>, ImageError> {
    let (channels, [height, width]) = match (input.channels(), input.map()) {
        (Some(1), Some(map)) => (1, map),
        (Some(3), Some(map)) => (3, map),
        _ => return Err(ImageError::Input(*input)),
    };
    let normalization = Normalization::of(preprocess, channels)?;
    let cut = cut(image, preprocess, [height, width])?;
    let length = cut.len() / 3;
    let mut values = Vec::with_capacity(length.saturating_mul(channels));
    for channel in 0..channels {
        let pixels = cut.pixels();
        values.extend(pixels.map(|pixel| normalization.value(channel, pixel.0.map(f64::from))));
    }
    Ok(values)
}

/// Resizes an image and cuts out its center.
fn cut(
    image: &RgbImage,
    preprocess: &Preprocess,
    [height, width]: [u64; 2],
) -> Result<RgbImage, ImageError> {
    let longer = height.max(width);
    let rounded = || longer.saturating_mul(256).saturating_add(112) / 224;
    let resize = preprocess.resize.unwrap_or_else(rounded);
    if resize < longer {
        return Err(ImageError::Crop { resize, height, width });
    }
    if resize > MAX_SIDE.into() {
        return Err(ImageError::Resize(resize));
    }
    let [from_width, from_height] = [image.width(), image.height()].map(u64::from);
    let shorter = from_width.min(from_height).max(1);
    // The longer side is rounded down, as in torchvision.
    let resized = |side: u64| u128::from(side) * u128::from(resize) / u128::from(shorter);
    let sides = [resized(from_width), resized(from_height)];
    let [to_width, to_height] = sides.map(|side| u64::try_from(side).unwrap_or(u64::MAX));
    let narrow = ImageError::TooNarrow { width: to_width, height: to_height };
    let fits = to_width.checked_mul(to_height).is_some_and(|pixels| pixels <= MAX_PIXELS);
    let small = |side: u64| u32::try_from(side).ok().filter(|_| fits);
    let sides = small(to_width).zip(small(to_height)).zip(small(width)).zip(small(height));
    let (((to_width, to_height), width), height) = sides.ok_or(narrow)?;
    let [left, top] = [(to_width, width), (to_height, height)].map(|(of, part)| half(of - part));
    // One axis after the other, so that only those columns are resized that are kept.
    let wide = imageops::resize(image, to_width, image.height(), FilterType::Triangle);
    let columns = imageops::crop_imm(&wide, left, 0, width, image.height()).to_image();
    let high = imageops::resize(&columns, width, to_height, FilterType::Triangle);
    Ok(imageops::crop_imm(&high, 0, top, width, height).to_image())
}

/// Half of a length, to the even number where it lies between two, as Python rounds for torchvision.
fn half(length: u32) -> u32 {
    let down = length / 2;
    if length % 2 == 1 && down % 2 == 1 { down + 1 } else { down }
}

/// What becomes of the values of each channel.
#[derive(Debug)]
struct Normalization {
    /// What red, green and blue are multiplied by in each channel.
    weights: Vec<[f64; 3]>,
    mean: Vec<f64>,
    std: Vec<f64>,
}

impl Normalization {
    fn of(preprocess: &Preprocess, channels: usize) -> Result<Self, ImageError> {
        let maximum = preprocess.maximum.unwrap_or(1.0);
        let is_reversed = preprocess.channel_order == ChannelOrder::Bgr;
        let mut one_each = vec![[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        if is_reversed {
            one_each.reverse();
        }
        let weights = if channels == 1 { vec![LUMA] } else { one_each };
        let usual = |statistic: [f64; 3]| {
            let mut colors = statistic.map(|of| of * maximum).to_vec();
            if is_reversed {
                colors.reverse();
            }
            if channels == 1 { vec![colors.iter().sum::<f64>() / 3.0] } else { colors }
        };
        let given = |key, numbers: &Option<Vec<f64>>, statistic| match numbers.as_deref() {
            None => Ok(usual(statistic)),
            Some([one]) => Ok(vec![*one; channels]),
            Some(numbers) if numbers.len() == channels => Ok(numbers.to_vec()),
            Some(numbers) => Err(ImageError::Channels { key, given: numbers.len(), channels }),
        };
        let [mean, std] = IMAGENET;
        Ok(Self {
            weights: weights
                .into_iter()
                .map(|weights| weights.map(|weight| weight * maximum / 255.0))
                .collect(),
            mean: given("mean", &preprocess.mean, mean)?,
            std: given("std", &preprocess.std, std)?,
        })
    }

    fn value(&self, channel: usize, colors: [f64; 3]) -> f32 {
        let weighted =
            self.weights[channel].iter().zip(colors).map(|(weight, color)| weight * color);
        ((weighted.sum::<f64>() - self.mean[channel]) / self.std[channel]).as_()
    }
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    fn shape(sizes: &[u64]) -> Shape {
        Shape::new(sizes).unwrap()
    }

    #[test]
    fn a_uniform_image_is_normalized_by_the_definition() {
        let image = RgbImage::from_pixel(40, 30, Rgb([255, 51, 0]));
        let prepare = |preprocess: &Preprocess, channels| {
            let values = prepare(&image, preprocess, &shape(&[1, channels, 8, 6])).unwrap();
            assert_eq!(values.len(), usize::try_from(channels * 48).unwrap());
            values.iter().step_by(48).copied().map(f64::from).collect::<Vec<_>>()
        };
        let bytes = Preprocess {
            mean: Some(vec![103.0, 116.0, 123.0]),
            std: Some(vec![1.0]),
            channel_order: ChannelOrder::Bgr,
            maximum: Some(255.0),
            resize: Some(9),
        };
        let gray = 0.299 + 0.587 * 0.2;
        for (preprocess, channels, expected) in [
            (
                Preprocess::default(),
                3,
                vec![(1.0 - 0.485) / 0.229, (0.2 - 0.456) / 0.224, -0.406 / 0.225],
            ),
            (bytes, 3, vec![-103.0, 51.0 - 116.0, 255.0 - 123.0]),
            (Preprocess::default(), 1, vec![(gray - 0.449) / 0.226]),
        ] {
            let values = prepare(&preprocess, channels);
            let near = values.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-4);
            assert!(near && values.len() == expected.len(), "{values:?} {expected:?}");
        }
    }

    /// Columns of an image that is as wide as it is to be are those of its center.
    #[test]
    fn the_center_is_cut_out() {
        let image = RgbImage::from_fn(9, 4, |x, _| Rgb([u8::try_from(x).unwrap(); 3]));
        let preprocess = Preprocess {
            resize: Some(4),
            mean: Some(vec![0.0]),
            std: Some(vec![1.0]),
            maximum: Some(255.0),
            ..Preprocess::default()
        };
        // Half of 9 - 4 is rounded to the even 2.
        let values = prepare(&image, &preprocess, &shape(&[1, 3, 2, 4])).unwrap();
        assert_eq!(&values[..8], [2.0, 3.0, 4.0, 5.0, 2.0, 3.0, 4.0, 5.0]);
        let too_small = Preprocess { resize: Some(3), ..preprocess };
        let error = prepare(&image, &too_small, &shape(&[1, 3, 2, 4])).unwrap_err();
        assert_eq!(error, ImageError::Crop { resize: 3, height: 2, width: 4 });
    }

    #[test]
    fn what_is_no_input_is_refused() {
        let image = RgbImage::new(16_000, 1);
        let narrow = prepare(&image, &Preprocess::default(), &shape(&[1, 3, 224, 224]));
        assert!(matches!(narrow, Err(ImageError::TooNarrow { .. })));
        for sizes in [[1, 4, 8, 8].as_slice(), &[1, 3]] {
            let refused = prepare(&RgbImage::new(8, 8), &Preprocess::default(), &shape(sizes));
            assert_eq!(refused, Err(ImageError::Input(shape(sizes))));
        }
        assert!(matches!(decode(b"no image"), Err(ImageError::Unreadable(_))));
        let enlarging = Preprocess { resize: Some(100_000_000_000), ..Preprocess::default() };
        let refused = prepare(&RgbImage::new(8, 8), &enlarging, &shape(&[1, 3, 8, 8]));
        assert_eq!(refused, Err(ImageError::Resize(100_000_000_000)));
    }

    #[test]
    fn images_that_are_cut_short_are_refused() {
        let image =
            RgbImage::from_fn(40, 30, |x, y| Rgb([x, y, x ^ y].map(|x| x.to_le_bytes()[0])));
        for format in [ImageFormat::Jpeg, ImageFormat::Png] {
            let mut file = Cursor::new(Vec::new());
            image.write_to(&mut file, format).unwrap();
            let file = file.into_inner();
            assert_eq!(decode(&file).unwrap().dimensions(), (40, 30));
            for length in [0, 1, 10, file.len() / 2, file.len() * 9 / 10, file.len() - 1] {
                // PNG's last chunk says nothing of the pixels.
                if format == ImageFormat::Jpeg || length < file.len() - 1 {
                    let refused = matches!(decode(&file[..length]), Err(ImageError::Unreadable(_)));
                    assert!(refused, "{format:?} {length} of {}", file.len());
                }
            }
        }
    }
}
