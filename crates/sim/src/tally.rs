//! What it costs to tell many something, counted where it arrives: how often words are carried, how
//! many hops they take, and all bytes.

use std::collections::{BTreeMap, BTreeSet};

use lacis_wire::codec;
use lacis_wire::gossip::{Gossip, News, Passed};
use lacis_wire::link::{Kind, LinkFrame};

use crate::content;
use crate::ids::TabId;

/// What arrived over links.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    words: BTreeMap<u64, Word>,
    /// Bytes of all frames.
    pub(crate) bytes: u64,
    /// Those of whom it does not count what they hear.
    pub(crate) left_out: BTreeSet<TabId>,
}

/// Something that was told to all.
#[derive(Debug, Default)]
pub(crate) struct Word {
    /// How many hops from its origin each tab is over which it came first, and one more; zero where
    /// it did not come.
    hops: Vec<u16>,
    /// How often it was carried over a link.
    pub(crate) payloads: u64,
    /// How many applications heard it.
    pub(crate) delivered: u64,
}

impl Word {
    /// How many hops from its origin it came last.
    pub(crate) fn last_hop(&self) -> u16 {
        self.hops.iter().max().map_or(0, |hops| hops.saturating_sub(1))
    }
}

impl Tally {
    /// Somebody tells all something.
    pub(crate) fn begin(&mut self, number: u64, origin: TabId, tabs: usize) {
        let mut word = Word { hops: vec![0; tabs], ..Word::default() };
        if let Some(hops) = word.hops.get_mut(origin.0) {
            *hops = 1;
        }
        self.words.insert(number, word);
    }

    /// What became of all that was told since this was asked last.
    pub(crate) fn take(&mut self) -> Vec<Word> {
        std::mem::take(&mut self.words).into_values().collect()
    }

    /// How many applications heard of it, all together.
    pub(crate) fn delivered(&self) -> u64 {
        self.words.values().map(|word| word.delivered).sum()
    }

    pub(crate) fn on_delivered(&mut self, number: u64, tab: TabId) {
        if let Some(word) = self.words.get_mut(&number).filter(|_| !self.left_out.contains(&tab)) {
            word.delivered += 1;
        }
    }

    /// A frame arrives.
    pub(crate) fn on_arrived(&mut self, (from, to): (TabId, TabId), bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        let Some(word) = number_in(bytes).and_then(|number| self.words.get_mut(&number)) else {
            return;
        };
        word.payloads += 1;
        let before = word.hops.get(from.0).copied().unwrap_or_default();
        if let Some(hops) = word.hops.get_mut(to.0)
            && *hops == 0
        {
            *hops = before + 1;
        }
    }
}

/// The number of the message to all that a frame carries.
fn number_in(bytes: &[u8]) -> Option<u64> {
    let (envelope, payload) = match codec::decode::<LinkFrame<'_>>(bytes).ok()? {
        LinkFrame::Message { envelope, payload, .. }
        | LinkFrame::Ephemeral { envelope, payload } => (envelope, payload),
        _ => return None,
    };
    if envelope.kind == Kind::Broadcast {
        return content::number(envelope.label);
    }
    if envelope.kind != Kind::Gossip {
        return None;
    }
    let passed = codec::decode::<Passed<'_>>(payload).ok()?;
    match codec::decode::<Gossip<'_>>(passed.gossip).ok()?.news {
        News::Message { label, .. } | News::Ephemeral { label, .. } => content::number(label),
        News::Here | News::Alone | News::Gone => None,
    }
}
