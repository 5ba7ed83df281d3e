//! What is counted where there are tabs by the thousand.

use std::collections::BTreeSet;

use lacis_core::RemoteState;

use super::World;
use crate::ids::TabId;
use crate::tally::Word;

impl World {
    /// Has a tab tell everybody something, and counts what comes of it.
    pub(crate) fn tell_all(&mut self, tab: TabId, room: usize, size: usize) {
        let told = self.broadcast(tab, room, size, true);
        let (number, tabs) = (self.truth.last_number(), self.tabs.len());
        if let (Some(tally), Ok(_)) = (&mut self.rtc.tally, told) {
            tally.begin(number, tab, tabs);
        }
    }

    /// What these hear does not count any more.
    pub(crate) fn leave_out(&mut self, tabs: &[TabId]) {
        if let Some(tally) = &mut self.rtc.tally {
            tally.left_out.extend(tabs);
        }
    }

    /// How many have heard of what was told so since it was looked at last, all together.
    pub(crate) fn heard_in_all(&self) -> u64 {
        self.rtc.tally.as_ref().map_or(0, |tally| tally.delivered())
    }

    /// What came of all that was told so since it was looked at last.
    pub(crate) fn words_told(&mut self) -> Vec<Word> {
        self.rtc.tally.as_mut().map(|tally| tally.take()).unwrap_or_default()
    }

    /// Those with whom an encrypted connection of a tab stands.
    pub(crate) fn linked_with(&self, tab: TabId) -> impl Iterator<Item = TabId> {
        self.rtc.others(tab)
    }

    /// How many islands some tabs are on: of those on one everybody reaches everybody, over others.
    pub(crate) fn islands(&self, tabs: &[TabId]) -> usize {
        let mut left: BTreeSet<TabId> = tabs.iter().copied().collect();
        let mut islands = 0;
        while let Some(first) = left.pop_first() {
            islands += 1;
            let mut reached = vec![first];
            while let Some(tab) = reached.pop() {
                reached.extend(self.linked_with(tab).filter(|other| left.remove(other)));
            }
        }
        islands
    }

    /// Whether an application was told last that somebody is linked.
    pub(crate) fn takes_somebody_for_linked(&self, tab: TabId) -> bool {
        let linked = [RemoteState::Direct, RemoteState::Relayed];
        self.seen(tab).members.values().any(|state| linked.contains(state))
    }

    /// Bytes of all frames so far, over links and to and from servers.
    pub(crate) fn bytes_on_lines(&self) -> u64 {
        self.rtc.tally.as_ref().map_or(0, |tally| tally.bytes) + self.signaling.bytes
    }
}
