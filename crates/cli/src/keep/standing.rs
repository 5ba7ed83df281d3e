//! Where a keeper stands, for those who ask.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lacis_native::GroupId;

/// What is held of one group.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Figures {
    pub(super) records: usize,
    pub(super) bytes: u64,
    pub(super) is_full: bool,
    pub(super) fingerprint: [u8; 16],
}

/// One group, as it stands.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct GroupStanding {
    /// As of when it was stored last.
    pub(super) figures: Figures,
    /// Whether what came cannot be stored.
    pub(super) is_failing: bool,
    /// How many nodes of members are linked.
    pub(super) present: usize,
}

/// Where a keeper stands.
#[derive(Debug, Default)]
pub(super) struct Standing(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    groups: BTreeMap<GroupId, GroupStanding>,
    /// Whether all that is stored has been opened.
    is_open: bool,
    is_ending: bool,
}

/// The place of one group in it.
#[derive(Debug)]
pub(super) struct GroupPlace {
    standing: Arc<Standing>,
    id: GroupId,
}

impl Standing {
    /// A place for a group; nothing if it has one.
    pub(super) fn enter(self: &Arc<Self>, id: GroupId) -> Option<GroupPlace> {
        let mut inner = self.lock();
        if inner.groups.contains_key(&id) {
            return None;
        }
        inner.groups.insert(id, GroupStanding::default());
        Some(GroupPlace { standing: Arc::clone(self), id })
    }

    pub(super) fn groups(&self) -> usize {
        self.lock().groups.len()
    }

    pub(super) fn all(&self) -> Vec<(GroupId, GroupStanding)> {
        self.lock().groups.iter().map(|(id, standing)| (*id, *standing)).collect()
    }

    pub(super) fn opened(&self) {
        self.lock().is_open = true;
    }

    pub(super) fn is_open(&self) -> bool {
        self.lock().is_open
    }

    pub(super) fn begin_to_end(&self) {
        self.lock().is_ending = true;
    }

    /// In one word.
    pub(super) fn word(&self) -> &'static str {
        let inner = self.lock();
        match inner.groups.values().any(|it| it.is_failing) {
            _ if inner.is_ending => "ending",
            _ if !inner.is_open => "opening",
            true => "failing",
            false => "ok",
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing in here is left half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl GroupPlace {
    pub(super) fn set(&self, figures: Figures) {
        self.with(|it| it.figures = figures);
    }

    pub(super) fn set_failing(&self, is_failing: bool) {
        self.with(|it| it.is_failing = is_failing);
    }

    pub(super) fn set_present(&self, present: usize) {
        self.with(|it| it.present = present);
    }

    fn with(&self, change: impl FnOnce(&mut GroupStanding)) {
        if let Some(standing) = self.standing.lock().groups.get_mut(&self.id) {
            change(standing);
        }
    }
}
