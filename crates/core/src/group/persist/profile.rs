//! What a node remembers of a group beside its records.

use alloc::string::String;
use alloc::vec::Vec;

use lacis_derive::{Decode, Encode};
use lacis_wire::codec::{DecodeError, Frame};
use lacis_wire::credential::Chain;
use lacis_wire::group::GivenKey;
use lacis_wire::room::MeetingKey;
use lacis_wire::{GroupId, Millis};

/// Kept under the group's id, sealed: there are secrets in it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Profile {
    #[n(0)]
    pub(crate) group: GroupId,
    #[n(1)]
    pub(in crate::group) name: String,
    /// Where its members come in.
    #[n(2)]
    pub(in crate::group) door: MeetingKey,
    #[n(3)]
    pub(in crate::group) servers: Vec<String>,
    /// What makes this identity a member; nothing while it asks to be one.
    #[n(4)]
    pub(in crate::group) chain: Option<Chain>,
    /// The root key, on the founder's devices only.
    #[cbor(n(5), bytes)]
    pub(in crate::group) root: Option<[u8; 32]>,
    /// The seed of the open invitation by which it asks.
    #[cbor(n(6), bytes)]
    pub(in crate::group) invitation: Option<[u8; 16]>,
    /// All keys that open what the group wrote, once held never lost.
    #[n(7)]
    pub(in crate::group) keys: Vec<GivenKey>,
    /// Of a keeper, those that open where members meet.
    #[n(8)]
    pub(in crate::group) meetings: Vec<GivenKey>,
    /// The highest group time on which a member's clock and ours agreed: what ended by then has
    /// ended, whatever a clock says later.
    #[n(9)]
    pub(in crate::group) time: Millis,
    /// The group time at which all that a linked member held was here; 0 for never.
    #[n(10)]
    pub(in crate::group) synced: Millis,
}

impl Frame for Profile {
    /// It comes from our own store, sealed by ourselves.
    const BYTES_MAX: usize = usize::MAX;

    fn check(&self) -> Result<(), DecodeError> {
        self.chain.as_ref().map_or(Ok(()), Frame::check)
    }
}

impl Profile {
    /// Of a group nothing is known but its id, and what the store may say.
    pub(crate) const fn unknown(group: GroupId) -> Self {
        Self {
            group,
            name: String::new(),
            door: MeetingKey([0; 16]),
            servers: Vec::new(),
            chain: None,
            root: None,
            invitation: None,
            keys: Vec::new(),
            meetings: Vec::new(),
            time: Millis(0),
            synced: Millis(0),
        }
    }

    /// Where its members meet, as far as whoever founded it or the invitation said.
    pub(crate) fn servers(&self) -> &[String] {
        &self.servers
    }

    /// What an invitation brings along is left for whoever takes it.
    pub(crate) fn leave_out(&mut self) {
        (self.chain, self.invitation) = (None, None);
        self.keys.clear();
    }

    /// What is known from two sources, the first of which is our store: nothing that was held is
    /// lost, and the store says what both say.
    pub(in crate::group) fn merged(mut self, other: Self) -> Self {
        self.root = self.root.or(other.root);
        self.time = self.time.max(other.time);
        // What another device of this identity held is not what is held here.
        self.chain = self.chain.or(other.chain);
        if self.chain.is_some() {
            self.invitation = None;
        } else {
            self.invitation = other.invitation.or(self.invitation);
        }
        let lists = [(&mut self.keys, other.keys), (&mut self.meetings, other.meetings)];
        for (held, new) in lists {
            for given in new {
                if held.iter().all(|it| it.name != given.name) {
                    held.push(given);
                }
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use lacis_wire::KeyName;
    use lacis_wire::keys::EpochKey;

    use super::*;

    fn profile(root: Option<[u8; 32]>, keys: &[u8]) -> Profile {
        let given = |seed: &u8| GivenKey { name: KeyName([*seed; 16]), key: EpochKey([*seed; 32]) };
        Profile {
            group: GroupId([1; 32]),
            name: "Board".into(),
            door: MeetingKey([2; 16]),
            servers: vec![],
            chain: None,
            root,
            invitation: Some([3; 16]),
            keys: keys.iter().map(given).collect(),
            meetings: vec![],
            time: Millis(0),
            synced: Millis(0),
        }
    }

    #[test]
    fn what_was_held_is_never_lost() {
        let stored = profile(Some([9; 32]), &[1, 2]);
        let merged = stored.merged(profile(None, &[2, 3]));
        assert_eq!(merged.root, Some([9; 32]));
        let names: Vec<u8> = merged.keys.iter().map(|it| it.name.0[0]).collect();
        assert_eq!(names, [1, 2, 3]);
    }
}
