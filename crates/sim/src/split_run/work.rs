//! What people do while they are apart.

use std::time::Duration;

use lacis_core::{Content, RevokeOptions};
use lacis_wire::record::Header;
use lacis_wire::{Code, Roles};

use super::{Person, SplitRun};
use crate::world::kind;

impl SplitRun {
    /// Life goes on in each island.
    pub(super) fn live_apart(&mut self) -> Result<(), String> {
        let until = self.world.now() + self.plan.lasts;
        let (mut revoked, mut revokes) = (Vec::new(), self.plan.revokes);
        while self.world.now() < until {
            let pause = self.random.millis(500, 6_000).min(until - self.world.now());
            self.world.run_for(pause);
            self.sound()?;
            if self.plan.writes {
                self.act()?;
            }
            if revokes > 0 && self.random.chance(300) {
                revokes -= 1;
                self.revoke(&mut revoked);
            }
        }
        Ok(())
    }

    /// Between two stages.
    pub(super) fn live_on(&mut self) -> Result<(), String> {
        let time = self.random.millis(1_000, 90_000);
        self.world.run_for(time);
        if self.plan.writes {
            self.write_some(3)?;
        }
        self.sound()
    }

    /// Some write something new.
    pub(super) fn write_some(&mut self, count: usize) -> Result<(), String> {
        for _ in 0..count {
            if let Some(person) = self.somebody() {
                self.write(&person)?;
            }
        }
        Ok(())
    }

    fn somebody(&mut self) -> Option<Person> {
        let speakers = self.speakers();
        self.random.pick(&speakers).cloned()
    }

    fn act(&mut self) -> Result<(), String> {
        let Some(person) = self.somebody() else { return Ok(()) };
        match self.random.below(100) {
            0..40 => self.write(&person),
            40..70 => self.change(&person),
            70..80 => self.delete(&person),
            _ => {
                for room in self.rooms.clone() {
                    let told = self.world.broadcast(person.tab, room, 60, true);
                    // What nobody could pass on at once comes late rather than never, also after
                    // what was told later.
                    let number = self.world.truth.last_number();
                    let letter = self.world.truth.messages.get_mut(&number);
                    if let (Ok(_), Some(letter)) = (told, letter) {
                        letter.ordered = false;
                    }
                }
                Ok(())
            }
        }
    }

    fn content(&mut self) -> Content {
        let size = if self.random.chance(50) { 20_000 } else { 60 };
        let data = (0..self.random.index(size)).map(|at| at as u8).collect();
        Content { data, ..Content::default() }
    }

    fn write(&mut self, person: &Person) -> Result<(), String> {
        let (content, tab, group) = (self.content(), person.tab, person.group);
        let ticket = self.world.plain_ticket(tab);
        let written = self
            .world
            .command(tab, |node, now| node.add_record(now, ticket, group, kind("note"), content));
        may_fail(person, "write", written.map(|done| done.map(|_| ())))
    }

    /// A record that somebody holds, whoever wrote it.
    fn some_record(&mut self, person: &Person) -> Option<Header> {
        let records = self.world.read_now(person.tab, person.group)?;
        let at = self.random.index(records.len().max(1));
        records.into_iter().nth(at).map(|record| record.header)
    }

    fn change(&mut self, person: &Person) -> Result<(), String> {
        let Some(held) = self.some_record(person) else { return Ok(()) };
        let (content, tab, group) = (self.content(), person.tab, person.group);
        let ticket = self.world.plain_ticket(tab);
        let done = self
            .world
            .command(tab, |node, now| node.update_record(now, ticket, group, &held, content));
        may_fail(person, "update", done)
    }

    fn delete(&mut self, person: &Person) -> Result<(), String> {
        let Some(held) = self.some_record(person) else { return Ok(()) };
        let (tab, group) = (person.tab, person.group);
        let ticket = self.world.plain_ticket(tab);
        let done =
            self.world.command(tab, |node, now| node.delete_record(now, ticket, group, &held));
        may_fail(person, "delete", done)
    }

    /// Somebody who may shuts somebody out, each time in another island.
    fn revoke(&mut self, done: &mut Vec<u8>) {
        let may = |it: &Person| it.roles == Roles::ADMIN || it.tab == self.people[0].tab;
        let mut members = self.members();
        members.retain(|it| may(it) && !done.contains(&it.island));
        let Some(by) = self.random.pick(&members).cloned() else { return };
        let out: Vec<usize> = (10..self.people.len())
            .filter(|at| !self.people[*at].is_out && self.people[*at].roles == Roles::MEMBER)
            .collect();
        let Some(&out) = self.random.pick(&out) else { return };
        let peer = self.world.peer_id(self.people[out].tab);
        let ticket = self.world.plain_ticket(by.tab);
        let with = RevokeOptions::default();
        let asked =
            self.world.command(by.tab, |node, now| node.revoke(now, ticket, by.group, peer, with));
        if asked == Some(Ok(())) {
            self.people[out].is_out = true;
            done.push(by.island);
        }
        self.world.run_for(Duration::from_millis(10));
    }
}

/// What one may be refused.
fn may_fail(person: &Person, what: &str, done: Option<Result<(), Code>>) -> Result<(), String> {
    match done {
        None | Some(Ok(())) => Ok(()),
        // Records of others, and records that have just ended; a key that is on its way.
        Some(Err(Code::NotAllowed | Code::RecordUnknown)) if what != "write" => Ok(()),
        Some(Err(Code::NoKey)) => Ok(()),
        Some(Err(code)) => Err(format!("tab {} cannot {what}: {code}", person.tab.0)),
    }
}
