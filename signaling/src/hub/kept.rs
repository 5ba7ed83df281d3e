//! Mailboxes whose connection ended a moment ago: they stay their owner's for a while, because
//! whoever was told of a node must not become it while it is away.

use alloc::collections::{BTreeMap, BTreeSet};
use core::time::Duration;

use lacis_wire::NodeId;

use super::ids::AddressKey;
use super::session::Mailbox;
use crate::limits;

/// Mailboxes without a connection, and by which secret they are had back.
///
/// When there are too many, the oldest is nobody's again; of one address so many are kept as it may
/// have connections, so that no few addresses push out those of all others.
#[derive(Debug, Default)]
pub(super) struct Kept {
    mailboxes: BTreeMap<NodeId, Entry>,
    ends: BTreeSet<(Duration, NodeId)>,
    counts: BTreeMap<AddressKey, usize>,
}

#[derive(Debug)]
struct Entry {
    mailbox: Mailbox,
    ends: Duration,
    address: AddressKey,
}

impl Kept {
    /// Keeps a mailbox for its owner, who was at that address.
    pub(super) fn keep(
        &mut self,
        now: Duration,
        mailbox: Mailbox,
        address: AddressKey,
        of_address_max: usize,
    ) {
        self.give(mailbox.node);
        let count = self.counts.entry(address).or_default();
        if *count >= of_address_max {
            return;
        }
        *count += 1;
        let ends = now.saturating_add(limits::MAILBOX_KEPT);
        self.ends.insert((ends, mailbox.node));
        self.mailboxes.insert(mailbox.node, Entry { mailbox, ends, address });
        if self.mailboxes.len() > limits::MAILBOXES_KEPT_MAX
            && let Some(&(_, oldest)) = self.ends.first()
        {
            self.give(oldest);
        }
    }

    /// Whether a mailbox is kept for somebody else than who wants it.
    pub(super) fn is_anothers(&self, wanted: &Mailbox) -> bool {
        let kept = self.mailboxes.get(&wanted.node);
        kept.is_some_and(|kept| kept.mailbox.secret_hash != wanted.secret_hash)
    }

    /// Keeps it no more.
    pub(super) fn give(&mut self, node: NodeId) {
        let Some(entry) = self.mailboxes.remove(&node) else { return };
        self.ends.remove(&(entry.ends, node));
        if let Some(count) = self.counts.get_mut(&entry.address) {
            *count -= 1;
            if *count == 0 {
                self.counts.remove(&entry.address);
            }
        }
    }

    pub(super) fn expire(&mut self, now: Duration) {
        while let Some(&(ends, node)) = self.ends.first()
            && ends <= now
        {
            self.give(node);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{AddressKey, Duration, Kept, Mailbox, NodeId, limits};

    fn mailbox(number: usize, secret: u8) -> Mailbox {
        let mut node = [0; 16];
        node[..8].copy_from_slice(&(number as u64).to_be_bytes());
        Mailbox::new(NodeId(node), &[secret; 16])
    }

    #[test]
    fn few_addresses_do_not_push_out_the_mailboxes_of_others() {
        let mut kept = Kept::default();
        let (most, now) = (limits::CONNECTIONS_PER_ADDRESS_MAX, Duration::ZERO);
        kept.keep(now, mailbox(0, 1), AddressKey(1), most);
        for number in 1..=8 * most {
            kept.keep(now, mailbox(number, 1), AddressKey(2 + number as u64 % 4), most);
        }
        assert!(kept.is_anothers(&mailbox(0, 2)) && !kept.is_anothers(&mailbox(0, 1)));
        assert_eq!(kept.mailboxes.len(), 1 + 4 * most);
        kept.expire(limits::MAILBOX_KEPT);
        assert!(kept.mailboxes.is_empty() && kept.ends.is_empty() && kept.counts.is_empty());
    }

    #[test]
    fn the_table_has_an_end() {
        let mut kept = Kept::default();
        for number in 0..=limits::MAILBOXES_KEPT_MAX {
            let now = Duration::from_millis(number as u64);
            kept.keep(now, mailbox(number, 1), AddressKey(number as u64), 1);
        }
        assert_eq!(kept.mailboxes.len(), limits::MAILBOXES_KEPT_MAX);
        assert!(!kept.is_anothers(&mailbox(0, 2)) && kept.is_anothers(&mailbox(1, 2)));
        // The same one again takes no second place.
        kept.keep(Duration::MAX, mailbox(1, 1), AddressKey(1), 1);
        assert_eq!(kept.ends.len(), limits::MAILBOXES_KEPT_MAX);
        assert_eq!(kept.counts.len(), limits::MAILBOXES_KEPT_MAX);
    }
}
