//! Versions that cannot be judged yet: nothing is known of their credential, or they are dated
//! further ahead than clocks differ. They are kept whole, in memory only, since whoever gave them
//! has them; bounded by bytes, and by what one author may have here.

use alloc::collections::{BTreeSet, VecDeque};
use alloc::vec::Vec;

use lacis_wire::record::CopyName;
use lacis_wire::{CredentialId, Millis, PeerId, limits};

use super::copy::Copy;
use crate::rule::Rule;

#[derive(Clone, Debug, Default)]
pub(super) struct Waiting {
    /// The oldest first.
    copies: VecDeque<Waiter>,
    /// Their names: whatever a neighbor names is looked up here.
    names: BTreeSet<CopyName>,
    bytes: usize,
}

#[derive(Clone, Debug)]
struct Waiter {
    until: Until,
    name: CopyName,
    copy: Copy,
}

/// What a version waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Until {
    /// A record that shows this credential.
    Known(CredentialId),
    /// A time.
    Time(Millis),
}

impl Waiting {
    pub(super) fn len(&self) -> usize {
        self.copies.len()
    }

    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn has(&self, name: &CopyName) -> bool {
        self.names.contains(name)
    }

    /// Keeps a version whose signature was verified. One author has a quarter of the place at the
    /// most, and its own oldest give way to that; of all, the oldest.
    pub(super) fn push(&mut self, until: Until, copy: &Copy) {
        let name = copy.header.name();
        if self.has(&name) {
            return;
        }
        let author = *copy.header.author();
        let share = limits::WAITING_BYTES / 4;
        while Rule::WaitingShare.holds() && self.bytes_of(&author) + cost(copy) > share {
            let own = self.copies.iter().position(|it| *it.copy.header.author() == author);
            let Some(own) = own else { break };
            self.remove(own);
        }
        while Rule::WaitingBytes.holds() && self.bytes + cost(copy) > limits::WAITING_BYTES {
            if self.copies.is_empty() {
                return;
            }
            self.remove(0);
        }
        self.bytes += cost(copy);
        self.names.insert(name);
        self.copies.push_back(Waiter { until, name, copy: copy.clone() });
    }

    fn bytes_of(&self, author: &PeerId) -> usize {
        let own = self.copies.iter().filter(|it| it.copy.header.author() == author);
        own.map(|it| cost(&it.copy)).sum()
    }

    fn remove(&mut self, at: usize) -> Option<Copy> {
        let gone = self.copies.remove(at)?;
        self.bytes -= cost(&gone.copy);
        self.names.remove(&gone.name);
        Some(gone.copy)
    }

    /// Takes out what waits for one of the credentials that are known now.
    pub(super) fn take_known(&mut self, is_known: impl Fn(&CredentialId) -> bool) -> Vec<Copy> {
        self.take(|until| matches!(until, Until::Known(id) if is_known(id)))
    }

    /// Takes out what is dated no further ahead than clocks differ.
    pub(super) fn take_due(&mut self, now: Millis) -> Vec<Copy> {
        self.take(|until| matches!(until, Until::Time(at) if *at <= now))
    }

    fn take(&mut self, is_over: impl Fn(&Until) -> bool) -> Vec<Copy> {
        let mut taken = Vec::new();
        let mut at = 0;
        while let Some(waiter) = self.copies.get(at) {
            if is_over(&waiter.until) {
                taken.extend(self.remove(at));
            } else {
                at += 1;
            }
        }
        taken
    }

    /// When something is due next.
    pub(super) fn next_due(&self) -> Option<Millis> {
        let times = self.copies.iter().filter_map(|it| match it.until {
            Until::Time(at) => Some(at),
            Until::Known(_) => None,
        });
        times.min()
    }

    /// Those that are dated ahead, by author.
    pub(super) fn ahead(&self) -> impl Iterator<Item = &Copy> {
        let ahead = self.copies.iter().filter(|it| matches!(it.until, Until::Time(_)));
        ahead.map(|it| &it.copy)
    }
}

/// What a version costs in memory.
fn cost(copy: &Copy) -> usize {
    copy.body.len() + limits::HEADER_BYTES
}
