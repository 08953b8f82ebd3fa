//! Whether a JPEG file is whole: its decoder fills up what is missing.

/// The marker that ends an image.
const END_OF_IMAGE: u8 = 0xd9;

/// Whether the segments of a file and the data between them lead to the marker that ends an image (ITU-T T.81, annex B).
pub(super) fn reaches_its_end(bytes: &[u8]) -> bool {
    // Behind the marker that starts it.
    let mut at = 2;
    while let Some(marker) = bytes.get(at..).and_then(|rest| rest.iter().position(is_prefix)) {
        at += marker + 1;
        match bytes.get(at..) {
            Some([END_OF_IMAGE, ..]) => return true,
            // A byte of data, one of several prefixes, or a marker that stands alone.
            Some([0x00 | 0x01 | 0xff | 0xd0..=0xd8, ..]) => {}
            Some([_, high, low, ..]) => at += 1 + usize::from(u16::from_be_bytes([*high, *low])),
            _ => return false,
        }
    }
    false
}

/// Whether a byte is the first of a marker.
fn is_prefix(byte: &u8) -> bool {
    *byte == 0xff
}

#[cfg(test)]
mod tests {
    use super::reaches_its_end;

    #[test]
    fn the_end_is_looked_for_between_segments() {
        let start = [0xff, 0xd8];
        // A segment that holds an image of its own, as thumbnails are; then a scan with a stuffed byte and a restart.
        let thumbnail = [0xff, 0xe1, 0, 6, 0xff, 0xd8, 0xff, 0xd9];
        let scan = [0xff, 0xda, 0, 3, 1, 5, 0xff, 0x00, 7, 0xff, 0xd0, 8, 0xff, 0xff];
        let whole = [&start[..], &thumbnail, &scan, &[0xd9]].concat();
        assert!(reaches_its_end(&whole));
        for length in 0..whole.len() {
            assert!(!reaches_its_end(&whole[..length]), "{length}");
        }
    }
}
