//! What people do.

use std::time::Duration;

use lacis_core::{Content, RevokeOptions};
use lacis_wire::body::{Attribute, Value};
use lacis_wire::record::Header;
use lacis_wire::{Code, Millis, RecordId, Roles};

use super::{GraphRun, PEOPLE, Written};
use crate::world::kind;

/// Members that are shut out in one run, at most; the founder and two others never are.
const REVOKED_MAX: usize = 2;

impl GraphRun {
    pub(super) fn work(&mut self) -> Result<(), String> {
        let present = self.present();
        let Some(&person) = self.random.pick(&present) else { return Ok(()) };
        match self.random.below(100) {
            0..45 => self.write(person),
            45..70 => self.change(person),
            70..80 => self.delete(person),
            80..84 => self.promote(),
            84..87 => self.revoke(),
            87..90 => {
                // A newcomer, or one who was shut out and may come back.
                let to = 3 + self.random.index(PEOPLE - 3);
                self.invite(0, to, Roles::MEMBER, None)
            }
            90..97 => {
                let absent: Vec<usize> =
                    (0..PEOPLE).filter(|at| self.people[*at].group.is_none()).collect();
                let come = self.random.pick(&absent).copied();
                come.map_or(Ok(()), |come| self.bring_back(come))
            }
            _ => {
                self.toggle(person);
                Ok(())
            }
        }
    }

    /// Connects or disconnects: one works on offline.
    pub(super) fn toggle(&mut self, person: usize) {
        let Some((tab, group)) = self.place(person) else { return };
        if self.people[person].is_connected {
            self.world.command(tab, |node, now| node.disconnect_group(now, group));
            self.people[person].is_connected = false;
        } else {
            self.world.connect(tab, group);
            self.people[person].is_connected = true;
        }
    }

    fn content(&mut self, expires: Option<Millis>) -> Content {
        let size = if self.random.chance(50) { 20_000 } else { 60 };
        let data: Vec<u8> = (0..self.random.index(size)).map(|at| at as u8).collect();
        let value = Value::Int(i64::try_from(self.random.below(1_000)).unwrap_or(0));
        let attributes = vec![Attribute { name: "number".into(), value }];
        Content { attributes, data, expires }
    }

    pub(super) fn write(&mut self, person: usize) -> Result<(), String> {
        self.write_for(person, (5_000, 300_000))
    }

    /// Writes something that may end by itself, after so many milliseconds.
    pub(super) fn write_for(
        &mut self,
        person: usize,
        (least, most): (u64, u64),
    ) -> Result<(), String> {
        let Some((tab, group)) = self.place(person) else { return Ok(()) };
        let is_brief = self.random.chance(150);
        let lasts = self.random.between(least, most);
        let brief = Millis(self.people[person].wall(self.world.wall_now()).0 + lasts);
        let content = self.content(is_brief.then_some(brief));
        let kind = kind(["note", "line", "picture"][self.random.index(3)]);
        let ticket = self.world.plain_ticket(tab);
        let written =
            self.world.command(tab, |node, now| node.add_record(now, ticket, group, kind, content));
        match written {
            Some(Ok(id)) => self.note(person, ticket, id, is_brief),
            // By the group's time its end is past.
            Some(Err(Code::InvalidArgument)) if is_brief => {}
            Some(Err(code)) => self.may_fail(person, "write", code)?,
            None => {}
        }
        Ok(())
    }

    fn note(&mut self, person: usize, ticket: u32, id: RecordId, is_brief: bool) {
        let Some((tab, _)) = self.place(person) else { return };
        let version = self.replica(person).and_then(|it| it.held(&id)).map(|held| held.version);
        if let Some(version) = version {
            let expires = self.replica(person).and_then(|it| it.held(&id)).map(|it| it.expires);
            let expires = expires.filter(|_| is_brief);
            let written = Written { person, tab, ticket, id, version, is_brief, expires };
            self.written.push(written);
        }
    }

    /// A record that somebody holds, with its header as the application has it.
    fn some_record(&mut self, person: usize) -> Option<Header> {
        let (tab, group) = self.place(person)?;
        let records = self.world.read_now(tab, group)?;
        let at = self.random.index(records.len().max(1));
        records.into_iter().nth(at).map(|record| record.header)
    }

    pub(super) fn change(&mut self, person: usize) -> Result<(), String> {
        let Some(held) = self.some_record(person) else { return Ok(()) };
        let Some((tab, group)) = self.place(person) else { return Ok(()) };
        let (ticket, content) = (self.world.plain_ticket(tab), self.content(None));
        let done = self
            .world
            .command(tab, |node, now| node.update_record(now, ticket, group, &held, content));
        match done {
            Some(Ok(())) => self.note(person, ticket, held.id, true),
            Some(Err(code)) => self.may_fail(person, "update", code)?,
            None => {}
        }
        Ok(())
    }

    pub(super) fn delete(&mut self, person: usize) -> Result<(), String> {
        let Some(held) = self.some_record(person) else { return Ok(()) };
        let Some((tab, group)) = self.place(person) else { return Ok(()) };
        let ticket = self.world.plain_ticket(tab);
        let done =
            self.world.command(tab, |node, now| node.delete_record(now, ticket, group, &held));
        match done {
            Some(Ok(())) => self.note(person, ticket, held.id, true),
            Some(Err(code)) => self.may_fail(person, "delete", code)?,
            None => {}
        }
        Ok(())
    }

    /// What one may be refused, being a member with rights of its own.
    fn may_fail(&self, person: usize, what: &str, code: Code) -> Result<(), String> {
        let outside = self.people[person].is_uncertain;
        match code {
            // Records of others, and records that have just ended.
            Code::NotAllowed | Code::RecordUnknown if what != "write" => Ok(()),
            // The record of the newest epoch is here, and its key on the way.
            Code::NoKey => Ok(()),
            // Between a revocation and the credential that follows it.
            Code::NotMember | Code::NotAllowed | Code::Revoked if outside => Ok(()),
            _ => Err(format!("person {person} cannot {what}: {code}")),
        }
    }

    fn promote(&mut self) -> Result<(), String> {
        let to = 3 + self.random.index(PEOPLE - 3);
        let roles = if self.random.chance(500) { Roles::INVITER } else { Roles::MEMBER };
        let Some((tab, group)) = self.place(0) else { return Ok(()) };
        let peer = self.peer(to);
        let ticket = self.world.plain_ticket(tab);
        let day = Some(Duration::from_secs(86_400));
        let done = self
            .world
            .command(tab, |node, now| node.set_roles(now, ticket, group, peer, (roles, day)));
        match done {
            Some(Ok(())) => {
                // What it wrote by a clock ahead of ours may be after the change of its roles.
                self.people[to].is_uncertain = true;
                Ok(())
            }
            Some(Err(Code::NotMember | Code::NotAllowed)) | None => Ok(()),
            Some(Err(code)) => Err(format!("the founder cannot set roles: {code}")),
        }
    }

    fn revoke(&mut self) -> Result<(), String> {
        let revoked = self.people.iter().filter(|it| it.was_revoked).count();
        let (by, of) = (self.random.index(2), 3 + self.random.index(PEOPLE - 3));
        let Some((tab, group)) = self.place(by) else { return Ok(()) };
        if revoked >= REVOKED_MAX || self.people[of].id.is_none() {
            return Ok(());
        }
        let peer = self.peer(of);
        let ticket = self.world.plain_ticket(tab);
        let options = RevokeOptions::default();
        let done =
            self.world.command(tab, |node, now| node.revoke(now, ticket, group, peer, options));
        match done {
            Some(Ok(())) => {
                (self.people[of].was_revoked, self.people[of].is_uncertain) = (true, true);
            }
            Some(Err(code)) if by == 0 => return Err(format!("the founder cannot revoke: {code}")),
            _ => {}
        }
        Ok(())
    }
}
