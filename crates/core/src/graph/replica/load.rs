//! What a replica costs: the bytes that it holds, and the judgements that it has made.

use core::mem::size_of;

use lacis_wire::record::CopyName;
use lacis_wire::{Millis, RecordId, limits};

use crate::graph::entry::Entry;
use crate::graph::index::CopyKey;
use crate::graph::replica::{Aside, Replica};

impl Replica {
    /// Bytes in memory, as far as they grow with what others send: an estimate from below, by what
    /// is held and not by what was reserved.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let system = self.system.values();
        let system: usize = system.map(|copy| copy.body.len() + limits::HEADER_BYTES).sum();
        let (count, waiting) = self.waiting();
        let entries = self.entries.len() * (size_of::<Entry>() + size_of::<RecordId>());
        let aside = self.aside.len() * (size_of::<Aside>() + size_of::<CopyName>());
        let indices = self.len() * size_of::<CopyKey>();
        let due = (self.due.len() + self.hidden.len()) * size_of::<(Millis, RecordId)>();
        let aside_due = self.aside_due.len() * size_of::<(Millis, CopyName)>();
        let replaced = self.replaced.len() * 4 * size_of::<RecordId>();
        system
            + waiting
            + count * size_of::<CopyName>()
            + entries
            + aside
            + indices
            + due
            + aside_due
            + replaced
            + self.register.bytes()
            + self.members().bytes()
    }

    /// How often a version was judged, and the right to one that is held looked at anew.
    #[must_use]
    pub const fn judgements(&self) -> u64 {
        self.judgements
    }
}
