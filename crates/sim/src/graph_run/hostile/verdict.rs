//! What must hold of a group in which some lie, at every step and in the end.

use std::time::Duration;

use lacis_core::GroupLoad;
use lacis_core::graph::CopyKey;
use lacis_wire::{KeyName, limits};

use super::{CALM, HONEST, HostileRun};
use crate::graph_run::Written;
use crate::graph_run::verdict::{copies, holds};

/// Bytes that an honest node may hold for the group of a run, whatever insiders send: what may wait
/// for its author, its time or the store, what waits to be sent to each neighbour, and the budgets
/// of everybody.
pub const HEAP_MAX: u64 = 16 * 1_048_576;

/// Judgements of one version, or of the right to one that is held, to which one input may lead: a
/// revocation has all that is held looked at anew, once for each step of a chain.
pub const JUDGEMENTS_MAX: u64 = 40_000;

impl HostileRun {
    pub(super) fn take_no_forgery(&mut self) -> Result<(), String> {
        let lies = self.lies.borrow();
        // Whom an insider has shut out hears of nothing until it is let in again.
        let members = self.graph.members();
        for person in (0..HONEST).filter(|it| members.contains(it)) {
            let held = self.graph.replica(person).map(copies).unwrap_or_default();
            let is_forged = |copy: &&CopyKey| lies.forged.contains(&copy.name);
            let mut forged = held.iter().filter(is_forged).filter(|copy| !self.was_let_in(copy));
            if let Some(copy) = forged.next() {
                self.figures.forgeries += 1 + forged.count() as u64;
                let what = self.graph.replica(person).and_then(|it| it.held(&copy.name.id));
                return Err(format!("person {person} took a forgery: {what:?}"));
            }
        }
        Ok(())
    }

    /// Whether somebody who thought to be no member, or not to be one who may write, had been let
    /// in by another insider.
    fn was_let_in(&self, copy: &CopyKey) -> bool {
        let Some(founder) = self.graph.replica(0) else { return false };
        let Some(held) = founder.held(&copy.name.id) else { return false };
        let mut outside = self.insiders.iter().filter(|it| !it.may_write());
        let now = self.graph.world.wall_now();
        let is_insider = |peer| self.insiders.iter().any(|it| self.graph.peer(it.person) == peer);
        let may = |id| {
            let credential = founder.members().credential(id).filter(|it| it.roles.may_write());
            // One that an insider gave may have been taken back since, and what it wrote be named.
            let lets_in = |by| is_insider(by) || founder.members().accepts(id, now);
            credential.is_some_and(|it| lets_in(it.issuer))
        };
        outside.any(|it| self.graph.peer(it.person) == *held.author())
            && held.creator == held.author()
            && held.credential.is_some_and(may)
    }

    pub(super) fn keep_within_bounds(&mut self) -> Result<(), String> {
        let people = self.graph.people.len();
        for person in 0..HONEST {
            let Some((tab, group)) = self.graph.place(person) else { continue };
            let Some(load) = self.graph.world.group_load(tab, group) else { continue };
            let held = self.graph.replica(person).map_or(0, lacis_core::graph::Replica::bytes);
            let GroupLoad { waiting, waiting_bytes, aside, frame_bytes, body_bytes, .. } = load;
            let GroupLoad { names, awaited, .. } = load;
            let bytes = held + frame_bytes + body_bytes + names * 32;
            self.figures.heap_bytes_max = self.figures.heap_bytes_max.max(bytes as u64);
            let fine = waiting <= limits::WAITING_BYTES / limits::HEADER_BYTES
                && waiting_bytes <= limits::WAITING_BYTES
                && aside <= people * limits::ASIDE_MAX
                && frame_bytes <= people * (limits::GROUP_QUEUE_BYTES + 1_048_576)
                && awaited <= limits::WANTED_MAX
                && names <= people * (limits::MISSING_MAX + limits::NAMES_MAX)
                && body_bytes <= limits::BODY_CACHE_BYTES + limits::UNSAVED_BYTES;
            if !fine || bytes as u64 > HEAP_MAX {
                return Err(format!("person {person} is beyond all bounds: {bytes}, {load:?}"));
            }
        }
        let judged = self.graph.world.judgements_max();
        if judged > JUDGEMENTS_MAX {
            return Err(format!("one input led to {judged} judgements"));
        }
        Ok(())
    }

    /// The honest ones hold the same and can read it, all the lies notwithstanding.
    pub(super) fn end_well(&mut self) -> Result<(), String> {
        self.put_right()?;
        for _ in 0..10 {
            self.graph.world.run_for(CALM / 20);
            self.graph.sound()?;
            self.keep_within_bounds()?;
        }
        self.name_all()?;
        for _ in 0..10 {
            self.graph.world.run_for(CALM / 20);
            self.graph.sound()?;
        }
        self.take_no_forgery()?;
        self.count_reads()?;
        for at in 0..self.insiders.len() {
            let person = self.insiders[at].person;
            self.graph.crash(person);
        }
        self.count_lost()?;
        self.graph.end_equal()?;
        let told = self.lies.borrow().told;
        if told < 20 || self.graph.world.now() > Duration::from_secs(6_000) {
            return Err(format!("only {told} lies were told"));
        }
        Ok(())
    }

    /// Bodies that somebody who is shut out opened, or could by the keys that it has, although
    /// whoever sealed them knew.
    fn count_reads(&mut self) -> Result<(), String> {
        let mut first = None;
        for at in 0..self.insiders.len() {
            let person = self.insiders[at].person;
            let peer = self.graph.peer(person);
            let Some((tab, group)) = self.graph.place(person) else { continue };
            for (id, excluded) in &self.sealed {
                if !excluded.contains(&peer) {
                    continue;
                }
                // What is set aside or has ended is given to nobody.
                let is_live = |at: &usize| {
                    let held = self.graph.replica(*at).and_then(|it| it.held(id));
                    held.is_some_and(|held| !held.has_ended)
                };
                let holders = (0..HONEST).chain([person]).filter(is_live);
                let keys = holders.filter_map(|it| self.graph.key_of(it, id));
                // Whoever makes a key can give it to anybody.
                let keys: Vec<_> = keys.filter(|it| self.is_made_by_honest(it)).collect();
                if keys.iter().any(|key| self.graph.world.holds_key(tab, group, key)) {
                    self.figures.reads_after_exclusion += 1;
                    first.get_or_insert((person, *id));
                }
            }
        }
        let told = |(person, id)| Err(format!("person {person}, shut out, can read {id:?}"));
        first.map_or(Ok(()), told)
    }

    fn is_made_by_honest(&self, key: &KeyName) -> bool {
        let founder = self.graph.replica(0);
        let author = founder.and_then(|it| it.keys().get(key)).map(|record| record.author);
        author.is_none_or(|author| (0..HONEST).any(|it| self.graph.peer(it) == author))
    }

    /// Whether all that somebody did was taken back, so that it is for its author to say, who was
    /// told, whether this is to be written anew.
    fn was_undone(&self, written: &Written) -> bool {
        let peer = self.graph.peer(written.person);
        let now = self.graph.world.wall_now();
        let Some(replica) = self.graph.replica(written.person) else { return false };
        let names = replica.all_names().into_iter().map(|(name, _)| name);
        let mut aside = names.filter(|it| it.id == written.id && replica.held_aside(it).is_some());
        aside.any(|name| !replica.unseen(&peer, now).contains(&name))
    }

    /// What honest ones were told to be stored and is not there.
    fn count_lost(&mut self) -> Result<(), String> {
        let mut first = None;
        let honest = |it: &&Written| it.person < HONEST;
        let written: Vec<_> = self.graph.durable().filter(honest).copied().collect();
        for person in 0..HONEST {
            let Some(replica) = self.graph.replica(person) else { continue };
            let is_lost = |it: &&Written| !holds(replica, it) && !self.was_undone(it);
            for written in written.iter().filter(is_lost).collect::<Vec<_>>() {
                self.figures.honest_records_lost += 1;
                first.get_or_insert((person, *written));
            }
        }
        let told = |(person, it): (usize, Written)| {
            let aside = |at: usize| {
                let names = self.graph.replica(at).map(|it| it.all_names()).unwrap_or_default();
                names.into_iter().filter(|(name, _)| name.id == it.id).count()
            };
            let kept: Vec<usize> = (0..HONEST).map(aside).collect();
            Err(format!("person {person} lacks {it:?}; versions of it that each keeps: {kept:?}"))
        };
        first.map_or(Ok(()), told)
    }
}
