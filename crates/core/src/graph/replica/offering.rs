//! Versions that are offered, from anywhere or from the store.

use alloc::sync::Arc;

use lacis_wire::record::{CopyName, Header};
use lacis_wire::{Millis, RecordId, limits};

use crate::graph::copy::{Change, Copy, Outcome};
use crate::graph::entry::Entry;
use crate::graph::judge::{Offered, Refusal, Verdict, judge};
use crate::graph::replica::{Aside, Replica};
use crate::graph::waiting::Until;
use crate::meter::{self, Cost};
use crate::rule::Rule;

impl Replica {
    /// Takes a version from anywhere: another member, or the application. Wherever it comes from,
    /// the same rules hold. Of one that is [`Outcome::Taken`], [`Outcome::Beaten`] or
    /// [`Outcome::SetAside`] the caller keeps the body, until [`Change::Erased`].
    pub fn offer(&mut self, now: Millis, copy: &Copy) -> Outcome {
        self.offer_known(now, Offered::new(copy))
    }

    /// The same of a version of which something is known already.
    pub fn offer_known(&mut self, now: Millis, offered: Offered<'_>) -> Outcome {
        let Offered { copy, name, .. } = offered;
        let header = &copy.header;
        self.now = now;
        if self.has(&name) {
            return Outcome::Known;
        }
        if self.is_header_replaced(header) {
            return Outcome::Refused(Refusal::Replaced);
        }
        meter::count(Cost::Judgement, 1);
        self.judgements += 1;
        match judge(&self.group, &self.members, now, &offered) {
            Verdict::Refused(refusal) => Outcome::Refused(refusal),
            Verdict::Over => Outcome::Expired,
            Verdict::Unknown(id) => {
                if Rule::Waits.holds() {
                    self.waiting.push(Until::Known(id), copy);
                }
                Outcome::Deferred
            }
            Verdict::Future => {
                let bound = u64::try_from(limits::CLOCK_AHEAD.as_millis()).unwrap_or(u64::MAX);
                let due = Millis(header.modified.0.saturating_sub(bound));
                self.waiting.push(Until::Time(due), copy);
                Outcome::Ahead
            }
            Verdict::Fine(_) => self.take(copy, name),
            Verdict::Unnamed(_) => self.take_aside(copy, name, true),
        }
    }

    /// Whether [`Replica::offer`] would make a version live now.
    #[must_use]
    pub fn would_take(&self, now: Millis, offered: Offered<'_>) -> bool {
        let header = &offered.copy.header;
        let wins =
            self.held(&header.id).is_none_or(|held| header.rank_as(offered.name) > held.rank());
        let verdict = || judge(&self.group, &self.members, now, &offered);
        wins && matches!(verdict(), Verdict::Fine(_))
    }

    /// Whether [`Replica::offer`] would keep a version now, be it live or aside.
    #[must_use]
    pub fn would_keep(&self, now: Millis, offered: Offered<'_>) -> bool {
        let verdict = judge(&self.group, &self.members, now, &offered);
        matches!(verdict, Verdict::Fine(_) | Verdict::Unnamed(_))
    }

    /// Takes the header of a version of the application back from the store, where it came when it
    /// was accepted. [`Replica::settle_restored`] has to follow.
    pub fn restore(&mut self, header: &Header, name: &CopyName) {
        // A clock that is behind what was accepted is wrong.
        self.now = self.now.max(header.modified);
        let entry = self.register.enter(header, name.digest);
        self.restore_entry(header.id, entry);
        self.replaced.note(header);
    }

    /// Takes a record of the system back from the store.
    pub fn restore_system(&mut self, copy: Copy) {
        let entry = self.register.enter(&copy.header, copy.header.name().digest);
        let id = copy.header.id;
        self.system.insert(entry.name(id), Arc::new(copy));
        self.restore_entry(id, entry);
    }

    pub(in crate::graph) fn restore_entry(&mut self, id: RecordId, entry: Entry) {
        // Which one is live is found when all are here.
        if let Some(other) = self.entries.insert(id, entry) {
            let aside = Aside { entry: other, is_unnamed: false, until: Millis::MAX };
            self.put_aside(aside.entry.name(id), aside);
        }
    }

    /// What changed since this was asked last. Drain it after every call that takes `&mut self`.
    pub fn poll_change(&mut self) -> Option<Change> {
        self.changes.pop_front()
    }

    /// A version that waited and can be judged now: to be offered again.
    pub fn poll_ready(&mut self) -> Option<Copy> {
        self.ready.pop_front()
    }
}
