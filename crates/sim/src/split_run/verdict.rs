//! What must hold when all islands are one again.

use std::time::Duration;

use lacis_core::graph::CopyKey;
use lacis_wire::Roles;

use super::{Person, SplitRun, stranger};
use crate::graph_run::copies;
use crate::ids::TabId;
use crate::world::World;

/// After so long everybody is linked with everybody, over others.
const LINKED: Duration = Duration::from_secs(90);

/// How often it is looked who is linked.
const LOOK: Duration = Duration::from_secs(1);

/// After so long everybody has heard of everybody.
const KNOWN: Duration = Duration::from_secs(120);

/// After so long all hold the same.
const EQUAL: Duration = Duration::from_secs(180);

/// After so long all have heard what anybody tells all.
const TALK: Duration = Duration::from_secs(15);

/// For so long it is seen whether they fall apart again.
const AFTER: Duration = Duration::from_secs(240);

impl SplitRun {
    pub(super) fn verdict(&mut self) -> Result<(), String> {
        let healed = self.world.now();
        self.linked(healed)?;
        // What was only just found is not all that there is to be.
        let left = (healed + LINKED).saturating_sub(self.world.now());
        self.world.run_for(left);
        self.known(healed)?;
        self.talk("at once")?;
        self.equal(healed)?;
        // Links are trimmed, and what was heard before is forgotten.
        self.world.run_for(AFTER);
        self.sound()?;
        self.linked(self.world.now())?;
        self.talk("later")?;
        self.nobody_is_deceived()?;
        self.stores_are_equal()
    }

    /// Waits until something holds, for so long after a time at most; gives how long it took.
    fn within(
        &mut self,
        since: Duration,
        limit: Duration,
        holds: impl FnMut(&World) -> bool,
    ) -> Result<Option<Duration>, String> {
        let left = (since + limit).saturating_sub(self.world.now());
        let held = self.world.run_until(left, holds);
        self.sound()?;
        Ok(held.then(|| self.world.now().saturating_sub(since)))
    }

    /// Waits until everybody reaches everybody over links that both ends take for such.
    fn linked(&mut self, since: Duration) -> Result<(), String> {
        let tabs: Vec<TabId> = self.speakers().iter().map(|person| person.tab).collect();
        let mut islands = self.islands(&tabs).len();
        while islands > 1 && self.world.now() < since + LINKED {
            self.world.run_for(LOOK);
            islands = self.islands(&tabs).len();
        }
        self.sound()?;
        if islands > 1 {
            return Err(format!("{LINKED:?} after the last fault there are {islands} islands"));
        }
        let took = self.world.now().saturating_sub(since);
        self.figures.linked_ms_max = self.figures.linked_ms_max.max(millis(took));
        Ok(())
    }

    fn known(&mut self, since: Duration) -> Result<(), String> {
        let (members, rooms) = (self.members(), self.rooms.clone());
        let unknown = |world: &World| stranger(world, &rooms, &members);
        let Some(took) = self.within(since, KNOWN, |world| unknown(world).is_none())? else {
            let (one, two) = unknown(&self.world).unwrap_or((TabId(0), TabId(0)));
            return Err(format!("{KNOWN:?} later tab {} does not know {}", one.0, two.0));
        };
        self.figures.known_ms_max = self.figures.known_ms_max.max(millis(took));
        Ok(())
    }

    /// Everybody tells all something, and all hear it.
    fn talk(&mut self, when: &str) -> Result<(), String> {
        let members = self.speakers();
        let mut told = Vec::new();
        for &room in &self.rooms {
            for person in &members {
                let tab = person.tab;
                let sent = self.world.broadcast(tab, room, 60, true);
                sent.map_err(|error| format!("tab {} cannot tell all: {error}", tab.0))?;
                told.push((tab, room, self.world.truth.last_number()));
            }
        }
        let unheard = |world: &World| -> Option<(TabId, TabId, usize)> {
            told.iter().find_map(|(from, room, number)| {
                let is_deaf = |it: &&Person| {
                    it.tab != *from && !world.truth.delivered.contains(&(*number, it.tab))
                };
                members.iter().find(is_deaf).map(|it| (*from, it.tab, *room))
            })
        };
        let heard = self.world.run_until(TALK, |world| unheard(world).is_none());
        self.sound()?;
        match unheard(&self.world) {
            Some((from, to, room)) if !heard => {
                Err(format!("what tab {} tells in {room} {when} tab {} misses", from.0, to.0))
            }
            _ => Ok(()),
        }
    }

    fn equal(&mut self, since: Duration) -> Result<(), String> {
        let members = self.members();
        let took = self.within(since, EQUAL, |world| difference(world, &members).is_none())?;
        let Some(took) = took else {
            let what = difference(&self.world, &members).unwrap_or_default();
            return Err(format!("{EQUAL:?} after the last fault {what}"));
        };
        self.figures.equal_ms_max = self.figures.equal_ms_max.max(millis(took));
        for person in members.iter().filter(|it| it.roles != Roles::KEEPER) {
            let records = self.world.read_now(person.tab, person.group).unwrap_or_default();
            if let Some(record) = records.iter().find(|record| record.body.is_none()) {
                let id = record.header.id;
                return Err(format!("tab {} cannot read {id:?}", person.tab.0));
            }
        }
        Ok(())
    }

    /// Nobody takes somebody for linked without being so.
    fn nobody_is_deceived(&self) -> Result<(), String> {
        let is_alone = |tab: &TabId| self.world.linked_with(*tab).next().is_none();
        let deceived = |tab: &TabId| is_alone(tab) && self.world.takes_somebody_for_linked(*tab);
        match self.tabs().into_iter().find(deceived) {
            Some(tab) => Err(format!("tab {} is alone and does not know", tab.0)),
            None => Ok(()),
        }
    }

    /// All crash at once; what they find in their stores is what all held.
    fn stores_are_equal(&mut self) -> Result<(), String> {
        self.world.run_for(Duration::from_secs(5));
        let members = self.members();
        let Some(first) = members.first() else { return Ok(()) };
        let id = self.world.group_id(first.tab, first.group);
        let before = held(&self.world, first);
        members.iter().for_each(|person| self.world.kill(person.tab, true));
        self.world.stop_server(self.server, true);
        for person in &members {
            let tab = self.world.open(person.setup.clone());
            let group = self.world.open_stored(tab, id);
            let again = Person { tab, group, ..person.clone() };
            let after = held(&self.world, &again);
            if before != after {
                let (now, then) = (after.len(), before.len());
                return Err(format!("the store of tab {} has {now}, not {then}", person.tab.0));
            }
            self.world.kill(tab, true);
        }
        self.sound()
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn held(world: &World, person: &Person) -> Vec<CopyKey> {
    world.replica(person.tab, person.group).map(copies).unwrap_or_default()
}

/// What one holds and another does not.
fn difference(world: &World, members: &[Person]) -> Option<String> {
    let first = held(world, members.first()?);
    members.iter().find_map(|person| {
        let theirs = held(world, person);
        (theirs != first).then(|| {
            let lacks = first.iter().filter(|copy| !theirs.contains(copy)).count();
            let has = theirs.iter().filter(|copy| !first.contains(copy)).count();
            format!("tab {} lacks {lacks} and has {has} besides", person.tab.0)
        })
    })
}
