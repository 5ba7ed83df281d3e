//! Versions that cannot be judged yet: nothing is known of their credential, or they are dated
//! further ahead than clocks differ. They are kept whole, in memory only, since whoever gave them
//! has them; bounded by bytes, and by what one author may have here.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;

use lacis_wire::record::CopyName;
use lacis_wire::{CredentialId, Millis, PeerId, limits};

use super::copy::Copy;
use crate::many::Many;
use crate::rule::Rule;

#[derive(Clone, Debug, Default)]
pub(super) struct Waiting {
    /// The oldest first.
    copies: VecDeque<Waiter>,
    /// Their names: whatever a neighbor names is looked up here.
    names: Many<CopyName, ()>,
    bytes: usize,
    /// Bytes of each author.
    by_author: Many<PeerId, usize>,
}

#[derive(Clone, Debug)]
struct Waiter {
    until: Until,
    name: CopyName,
    author: PeerId,
    /// Apart: those of one author are looked for among all.
    copy: Box<Copy>,
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
        self.names.contains_key(name)
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
            let own = self.copies.iter().position(|it| it.author == author);
            let Some(own) = own else { break };
            self.remove(own);
        }
        while Rule::WaitingBytes.holds() && self.bytes + cost(copy) > limits::WAITING_BYTES {
            if self.copies.is_empty() {
                return;
            }
            self.remove(0);
        }
        self.set_bytes(author, self.bytes_of(&author) + cost(copy));
        self.bytes += cost(copy);
        self.names.insert(name, ());
        let copy = Box::new(copy.clone());
        self.copies.push_back(Waiter { until, name, author, copy });
    }

    fn bytes_of(&self, author: &PeerId) -> usize {
        self.by_author.get(author).copied().unwrap_or_default()
    }

    fn set_bytes(&mut self, author: PeerId, bytes: usize) {
        if bytes == 0 {
            self.by_author.remove(&author);
        } else {
            self.by_author.insert(author, bytes);
        }
    }

    fn remove(&mut self, at: usize) -> Option<Copy> {
        let gone = self.copies.remove(at)?;
        let cost = cost(&gone.copy);
        self.bytes -= cost;
        self.set_bytes(gone.author, self.bytes_of(&gone.author).saturating_sub(cost));
        self.names.remove(&gone.name);
        Some(*gone.copy)
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
        ahead.map(|it| &*it.copy)
    }
}

/// What a version costs in memory.
fn cost(copy: &Copy) -> usize {
    copy.body.len() + limits::HEADER_BYTES
}

#[cfg(test)]
mod tests {
    use lacis_wire::record::{Header, RecordType};
    use lacis_wire::{CredentialId, Millis, PeerId, RecordId, limits};

    use super::{Until, Waiting, cost};
    use crate::graph::copy::Copy;

    fn copy(author: u8, number: u32, bytes: usize) -> Copy {
        let mut salt = [0; 8];
        salt[..4].copy_from_slice(&number.to_le_bytes());
        let header = Header {
            format: 1,
            kind: RecordType::new("note").expect("it is one"),
            id: RecordId([author; 16]),
            salt,
            version: 1,
            flags: 0,
            creator: PeerId([author; 32]),
            modifier: None,
            credential: None,
            created: Millis(0),
            modified: Millis(0),
            expires: Millis::MAX,
            latest: Millis::MAX,
            replaces: None,
            key: None,
            length: 0,
            hash: [0; 32],
            signature: [0; 64],
        };
        Copy { header, body: alloc::vec![0; bytes] }
    }

    #[test]
    fn the_bytes_of_each_author_are_those_of_what_waits_of_it() {
        let mut waiting = Waiting::default();
        for number in 0..400_u32 {
            let author = u8::try_from(number % 7).expect("few");
            let until = if number % 3 == 0 {
                Until::Time(Millis(number.into()))
            } else {
                Until::Known(CredentialId([author; 16]))
            };
            let bytes = usize::try_from(number).expect("few") * 997 % 90_000;
            waiting.push(until, &copy(author, number, bytes));
            if number % 50 == 0 {
                waiting.take_due(Millis(u64::from(number) / 2));
            }
            for author in 0..7 {
                let author = PeerId([author; 32]);
                let own = waiting.copies.iter().filter(|it| it.author == author);
                let bytes: usize = own.map(|it| cost(&it.copy)).sum();
                assert_eq!(waiting.bytes_of(&author), bytes);
                assert!(bytes <= limits::WAITING_BYTES / 4);
            }
        }
        assert!(waiting.bytes() <= limits::WAITING_BYTES && waiting.len() > 20);
        waiting.take_due(Millis::MAX);
        waiting.take_known(|_| true);
        assert_eq!((waiting.len(), waiting.bytes(), waiting.by_author.len()), (0, 0, 0));
    }
}
