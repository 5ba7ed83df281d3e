use super::{Decode, Reader};
use crate::DecodeError;

/// What follows the value that is skipped, if it can be.
fn after(bytes: &[u8]) -> Result<u8, DecodeError> {
    let mut reader = Reader::new(bytes, bytes.len());
    reader.skip();
    let next = u8::decode(&mut reader);
    reader.close().map(|()| next)
}

#[test]
fn any_value_of_the_protocol_is_skipped_whole() {
    for value in [
        &[0x17][..],                           // 23
        &[0x3b, 0x80, 0, 0, 0, 0, 0, 0, 0],    // below what fits 64 bits with a sign
        &[0x42, 0xff, 0xff],                   // bytes
        &[0x60],                               // an empty text
        &[0x62, 0xc3, 0xa9],                   // a text
        &[0x82, 0x80, 0x83, 1, 0x41, 0xff, 2], // arrays in an array
        &[0xf4],                               // false
        &[0xf5],                               // true
        &[0xf6],                               // null
    ] {
        let mut followed = value.to_vec();
        followed.push(7);
        assert_eq!(after(&followed), Ok(7), "{value:02x?}");
        for cut in 0..value.len() {
            assert_eq!(after(&value[..cut]), Err(DecodeError::Malformed), "{value:02x?} {cut}");
        }
    }
}

#[test]
fn what_the_protocol_does_not_write_is_not_skipped() {
    for value in [
        &[0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0][..],
        &[0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0],
        &[0x9f, 0, 0xff, 0],                         // of unknown length
        &[0x5f, 0x41, 0, 0xff, 0],                   // of unknown length
        &[0x1c, 0, 0],                               // a length that is none
        &[0x62, 0xc3, 0x28, 0],                      // no UTF-8
        &[0xa0, 0],                                  // a map
        &[0xc1, 0x1a, 0x51, 0x4b, 0x67, 0xb0, 0],    // a tag
        &[0xfb, 0x3f, 0xf1, 0x99, 0, 0, 0, 0, 0, 0], // a double
        &[0xf7, 0],                                  // undefined
        &[0xf8, 0xff, 0],                            // a simple value
        &[0x81, 0xa0, 0],                            // a map in an array
    ] {
        assert_eq!(after(value), Err(DecodeError::Malformed), "{value:02x?}");
    }
}

#[test]
fn every_number_and_length_has_one_form() {
    for (info, bytes, least) in
        [(24_u8, 1, 24), (25, 2, 256), (26, 4, 65_536), (27, 8, 1_u64 << 32)]
    {
        let head = |kind: u8, value: u64| {
            let mut head = alloc::vec![kind << 5 | info];
            head.extend_from_slice(&value.to_be_bytes()[8 - bytes..]);
            head
        };
        let read = |bytes: &[u8]| {
            let mut reader = Reader::new(bytes, bytes.len());
            let value = u64::decode(&mut reader);
            reader.close().map(|()| value)
        };
        assert_eq!(read(&head(0, least)), Ok(least));
        assert_eq!(read(&head(0, least - 1)), Err(DecodeError::NotCanonical));
        assert_eq!(read(&head(0, 0)), Err(DecodeError::NotCanonical));
        for kind in 0..5 {
            let mut item = head(kind, 1);
            item.extend_from_slice(&[0x41, 7]);
            assert_eq!(after(&item), Err(DecodeError::NotCanonical), "{item:02x?}");
        }
    }
}

#[test]
fn numbers_that_do_not_fit_are_refused() {
    fn read<'b, T: Decode<'b>>(bytes: &'b [u8]) -> Option<T> {
        let mut reader = Reader::new(bytes, bytes.len());
        let value = T::decode(&mut reader);
        reader.close().is_ok().then_some(value)
    }
    assert_eq!(read::<u16>(&[0x19, 0xff, 0xff]), Some(0xffff));
    assert_eq!(read::<u16>(&[0x1a, 0, 1, 0, 0]), None);
    assert_eq!(read::<u16>(&[0x20]), None, "a negative number");
    assert_eq!(read::<u16>(&[]), None);
    let most = [0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
    assert_eq!(read::<i64>(&[&[0x1b][..], &most].concat()), Some(i64::MAX));
    assert_eq!(read::<i64>(&[&[0x3b][..], &most].concat()), Some(i64::MIN));
    assert_eq!(read::<i64>(&[0x38, 0xff]), Some(-256));
    for kind in [0x1b, 0x3b] {
        assert_eq!(read::<i64>(&[kind, 0x80, 0, 0, 0, 0, 0, 0, 0]), None);
    }
    assert_eq!(read::<bool>(&[0xf4]), Some(false));
    assert_eq!(read::<bool>(&[0xf5]), Some(true));
    for other in [0, 1, 0xf6, 0xf7] {
        assert_eq!(read::<bool>(&[other]), None, "{other:#x}");
    }
}
