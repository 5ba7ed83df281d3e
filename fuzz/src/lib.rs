//! What the fuzz targets share.

use std::fmt::Debug;

use lacis_wire::codec::{Frame, decode, encode};
use lacis_wire::reader::Decode;
use lacis_wire::writer::Encode;

/// Bytes that decode as a frame which is hashed, signed or stored are its encoding.
pub fn one_form<'b, T>(bytes: &'b [u8])
where
    T: Frame + Decode<'b> + Encode,
{
    if let Ok(frame) = decode::<T>(bytes) {
        assert_eq!(encode(&frame), bytes, "a frame has two forms");
    }
}

/// Bytes that decode as a frame which may grow encode to bytes that decode as the same frame.
pub fn round_trip<'b, T>(bytes: &'b [u8], again: &'b mut Vec<u8>)
where
    T: Frame + Decode<'b> + Encode + PartialEq + Debug,
{
    let Ok(frame) = decode::<T>(bytes) else { return };
    *again = encode(&frame);
    assert!(again.len() <= T::BYTES_MAX, "a frame grew beyond its limit by being read");
    assert_eq!(decode::<T>(again).as_ref(), Ok(&frame));
}
