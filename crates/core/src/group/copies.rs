//! A copy as bytes: it is stored as it travels.

use alloc::vec::Vec;

use lacis_wire::GroupId;
use lacis_wire::codec::decode;
use lacis_wire::group::GroupFrame;
use lacis_wire::record::CopyName;

use crate::graph::Copy;
use crate::meter::{self, Cost};

/// A copy as it is stored, which is as it travels.
pub(super) fn bytes_of(copy: &Copy) -> Vec<u8> {
    meter::count(Cost::Byte, copy.body.len());
    GroupFrame::record_bytes(&copy.header, &copy.body)
}

/// The copy that was stored, or came.
pub(super) fn copy_of(value: &[u8]) -> Option<Copy> {
    match decode::<GroupFrame>(value) {
        Ok(GroupFrame::Record { header, body }) => Some(Copy { header, body }),
        _ => None,
    }
}

/// What a version is stored under.
pub(super) fn key_of(group: &GroupId, name: &CopyName) -> Vec<u8> {
    [&group.as_bytes()[..], &name.to_bytes()[..]].concat()
}
