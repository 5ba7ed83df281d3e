//! What keys begin with.

use lacis_wire::record::{CopyName, RecordType};
use lacis_wire::{CredentialId, KeyName, Millis, PeerId, RecordId};

use crate::ids::{LinkId, OpId};

/// The first 16 bytes of a key, as numbers: half of them are those of its creator in a record's id.
pub(crate) type Head = (u64, u64);

/// What a [`Many`](super::Many) is searched by.
pub(crate) trait Key: Ord {
    /// How it begins. That of a greater key is greater or the same.
    fn head(&self) -> Head;
}

impl Key for u16 {
    fn head(&self) -> Head {
        ((*self).into(), 0)
    }
}

impl Key for u32 {
    fn head(&self) -> Head {
        ((*self).into(), 0)
    }
}

impl Key for Millis {
    fn head(&self) -> Head {
        (self.0, 0)
    }
}

impl Key for OpId {
    fn head(&self) -> Head {
        (self.0, 0)
    }
}

impl Key for LinkId {
    fn head(&self) -> Head {
        (self.0, 0)
    }
}

impl Key for PeerId {
    fn head(&self) -> Head {
        head_of(&self.0)
    }
}

impl Key for CredentialId {
    fn head(&self) -> Head {
        head_of(&self.0)
    }
}

impl Key for KeyName {
    fn head(&self) -> Head {
        head_of(&self.0)
    }
}

impl Key for RecordId {
    fn head(&self) -> Head {
        head_of(&self.0)
    }
}

impl Key for CopyName {
    fn head(&self) -> Head {
        self.id.head()
    }
}

impl Key for RecordType {
    fn head(&self) -> Head {
        head_of(self.as_str().as_bytes())
    }
}

impl<K: Key> Key for Option<K> {
    fn head(&self) -> Head {
        self.as_ref().map_or((0, 0), |key| (key.head().0 / 2 + (1 << 63), 0))
    }
}

impl<K: Key, T: Ord> Key for (K, T) {
    fn head(&self) -> Head {
        self.0.head()
    }
}

fn head_of(bytes: &[u8]) -> Head {
    let mut head = [0; 16];
    head.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    let head = u128::from_be_bytes(head);
    let half = |number: u128| u64::try_from(number & u128::from(u64::MAX)).unwrap_or_default();
    (half(head >> 64), half(head))
}

#[cfg(test)]
mod tests {
    use alloc::string::String;
    use core::fmt::Debug;

    use lacis_wire::record::{CopyName, RecordType};
    use lacis_wire::{CredentialId, Millis, PeerId, RecordId};
    use proptest::prelude::*;

    use super::Key;
    use crate::graph::CopyKey;

    /// Bytes of which many are alike, so that some keys begin as others do.
    fn bytes<const N: usize>() -> impl Strategy<Value = [u8; N]> {
        (0..N, any::<[u8; 2]>()).prop_map(|(at, end)| {
            let mut bytes = [7; N];
            bytes.iter_mut().skip(at).zip(end).for_each(|(to, from)| *to = from);
            bytes
        })
    }

    fn name() -> impl Strategy<Value = CopyName> {
        (bytes(), bytes()).prop_map(|(id, digest)| CopyName { id: RecordId(id), digest })
    }

    fn kind() -> impl Strategy<Value = RecordType> {
        let name = prop::collection::vec(prop::sample::select(&b"az.-"[..]), 1..20);
        let name = name.prop_map(|it| String::from_utf8(it).expect("ASCII"));
        name.prop_filter_map("it is none", |name| RecordType::new(&name).ok())
    }

    fn assert_order<K: Key + Debug>([one, other]: [K; 2]) {
        let (heads, keys) = (one.head().cmp(&other.head()), one.cmp(&other));
        assert!(heads == keys || (heads.is_eq() && keys.is_ne()), "{one:?} {other:?}");
    }

    proptest! {
        #[test]
        fn heads_come_in_the_order_of_their_keys(
            peers in [bytes::<32>(), bytes::<32>()],
            ids in [prop::option::of(bytes::<16>()), prop::option::of(bytes::<16>())],
            names in [name(), name()],
            kinds in [kind(), kind()],
            numbers in any::<[u32; 2]>(),
            times in any::<[u64; 2]>(),
        ) {
            let peers = peers.map(PeerId);
            let parents = ids.map(|id| id.map(CredentialId));
            assert_order(peers);
            assert_order(parents);
            assert_order([(parents[0], peers[0]), (parents[1], peers[1])]);
            assert_order(names);
            assert_order(kinds);
            assert_order([(numbers[0], peers[0]), (numbers[1], peers[1])]);
            assert_order(times.map(Millis));
            assert_order([0, 1].map(|at| CopyKey { modified: times[at], name: names[at] }));
        }
    }
}
