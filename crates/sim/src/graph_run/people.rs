//! Who takes part, and how they come, go and come back.

use std::fmt;
use std::time::Duration;

use lacis_core::RoomId;
use lacis_core::graph::Replica;
use lacis_wire::proof::{peer_id, signing_key};
use lacis_wire::system::GroupProperties;
use lacis_wire::{Code, GroupId, Millis, PeerId, Roles};

use super::GraphRun;
use crate::disk::DiskId;
use crate::ids::TabId;
use crate::network::Access;
use crate::tab::TabSetup;
use crate::world::{World, group_properties, invitation_for};

/// One who takes part, with one device.
#[derive(Debug)]
pub(super) struct Person {
    setup: TabSetup,
    pub(super) tab: Option<TabId>,
    pub(super) group: Option<RoomId>,
    /// What it was last invited by.
    invitation: Option<String>,
    pub(super) id: Option<GroupId>,
    pub(super) is_connected: bool,
    pub(super) was_revoked: bool,
    /// Whether its rights were cut at some time, and with them perhaps what it wrote then.
    pub(super) is_uncertain: bool,
    /// Whether it says what its node would not.
    pub(super) is_liar: bool,
}

impl fmt::Display for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { setup, tab, group, is_connected, was_revoked, is_uncertain, .. } = self;
        let error = setup.wall_error / 1_000;
        write!(f, "{tab:?} {group:?}, clock {error:+} s, connected {is_connected}, ")?;
        write!(f, "revoked {was_revoked}, uncertain {is_uncertain}")
    }
}

impl Person {
    /// What its clock shows.
    pub(super) const fn wall(&self, wall: Millis) -> Millis {
        Millis(wall.0.saturating_add_signed(self.setup.wall_error))
    }

    /// How far its clock is off, in milliseconds.
    pub(super) const fn error(&self) -> i64 {
        self.setup.wall_error
    }

    pub(super) const fn set_error(&mut self, error: i64) {
        self.setup.wall_error = error;
    }

    /// Where it stores.
    pub(super) const fn disk(&self) -> Option<DiskId> {
        self.setup.disk
    }

    pub(super) fn peer(&self) -> PeerId {
        peer_id(&signing_key(&self.setup.identity.unwrap_or_default()))
    }
}

impl GraphRun {
    pub(super) fn new_person(&mut self, number: usize) -> Person {
        let random = &mut self.random;
        let latency = random.millis(1, 80);
        let access = Access {
            latency,
            jitter: random.upto(latency),
            loss: if random.chance(500) { 0 } else { u32::try_from(random.below(50)).unwrap_or(0) },
            bandwidth: random.between(100_000, 10_000_000),
            ..Access::default()
        };
        // All are near enough for each other that everybody's clock counts.
        let wall_error = i64::try_from(random.below(9 * 60_000)).unwrap_or(0) - 270_000;
        let seed = u8::try_from(number + 1).unwrap_or(u8::MAX);
        let setup = TabSetup {
            disk: Some(self.world.add_disk()),
            identity: Some([seed; 32]),
            access,
            wall_error,
            clock: self.random.upto(Duration::from_secs(1_000_000)),
            ..TabSetup::at(&[self.server])
        };
        Person {
            setup,
            tab: None,
            group: None,
            invitation: None,
            id: None,
            is_connected: false,
            was_revoked: false,
            is_uncertain: false,
            is_liar: false,
        }
    }

    pub(super) fn found(&mut self) -> Result<(), String> {
        self.found_with(&group_properties("Board"))
    }

    pub(super) fn found_with(&mut self, properties: &GroupProperties) -> Result<(), String> {
        let tab = self.world.open(self.people[0].setup.clone());
        let group = self.world.found_with(tab, properties);
        let id = self.world.group_id(tab, group);
        let founder = &mut self.people[0];
        (founder.tab, founder.group) = (Some(tab), Some(group));
        (founder.id, founder.is_connected) = (Some(id), true);
        Ok(())
    }

    /// Those who are here and hold the group.
    pub(super) fn present(&self) -> Vec<usize> {
        let people = self.people.iter().enumerate();
        people.filter(|(_, it)| it.tab.is_some() && it.group.is_some()).map(|(at, _)| at).collect()
    }

    pub(super) fn place(&self, person: usize) -> Option<(TabId, RoomId)> {
        let person = self.people.get(person)?;
        Some((person.tab?, person.group?))
    }

    /// What somebody who is here holds.
    pub(super) fn replica(&self, person: usize) -> Option<&Replica> {
        let (tab, group) = self.place(person)?;
        self.world.replica(tab, group)
    }

    /// Somebody invites somebody, who need not be here.
    pub(super) fn invite(
        &mut self,
        from: usize,
        to: usize,
        roles: Roles,
        lasts: Option<Duration>,
    ) -> Result<(), String> {
        let Some((tab, group)) = self.place(from) else { return Ok(()) };
        let peer = self.peer(to);
        let invited =
            self.world.command(tab, |node, now| node.invite(now, group, peer, roles, lasts));
        match invited {
            Some(Ok(text)) => self.people[to].invitation = Some(text),
            // It may have been revoked, or not know yet that it is a member.
            Some(Err(Code::NotAllowed | Code::NoKey)) | None => {}
            Some(Err(code)) => return Err(format!("person {from} cannot invite: {code}")),
        }
        Ok(())
    }

    /// Somebody gets an invitation for whoever has it, which another has used up.
    pub(super) fn invite_in_vain(&mut self, to: usize) -> Result<(), String> {
        let Some((tab, group)) = self.place(0) else { return Ok(()) };
        let once = invitation_for(Roles::MEMBER, 1);
        let text = self.world.command(tab, |node, now| node.invite_anybody(now, group, once));
        let text = text.transpose().map_err(|code| format!("cannot invite anybody: {code}"))?;
        self.people[to].invitation = text.clone();
        let first = self.world.open(TabSetup::at(&[self.server]));
        let Some(text) = text else { return Ok(()) };
        let joined = self.world.take_invitation(first, &text);
        self.world.connect(first, joined);
        // Who may admit somebody counts what it has heard of.
        let honest = self.present().into_iter().filter(|at| !self.people[*at].is_liar);
        let all: Vec<_> = honest.filter_map(|at| self.place(at)).collect();
        let is_in = |world: &World| {
            all.iter().all(|&(tab, group)| {
                let replica = world.replica(tab, group);
                replica.is_some_and(|it| it.members().knows(&world.peer_id(first)))
            })
        };
        // An insider who may let others in can refuse it instead: then nobody has used it.
        let came = self.world.run_until(Duration::from_secs(30), is_in);
        let may_refuse = self.people.iter().any(|it| it.is_liar);
        self.world.kill(first, false);
        let sentence = "the first one who was invited did not get in";
        if came || may_refuse { Ok(()) } else { Err(sentence.into()) }
    }

    /// Comes back after whatever happened: opens the tab, then the group as it is stored or by the
    /// invitation, then connects.
    pub(super) fn bring_back(&mut self, person: usize) -> Result<(), String> {
        let tab = match self.people[person].tab {
            Some(tab) => tab,
            None => {
                let setup = self.people[person].setup.clone();
                let tab = self.world.open(setup);
                self.people[person].tab = Some(tab);
                tab
            }
        };
        if self.people[person].group.is_none() {
            self.open_group(person, tab)?;
        }
        if self.people[person].group.is_none() {
            self.take_invitation(person, tab)?;
        }
        if let (Some(group), false) = (self.people[person].group, self.people[person].is_connected)
        {
            self.world.connect(tab, group);
            self.people[person].is_connected = true;
        }
        Ok(())
    }

    fn open_group(&mut self, person: usize, tab: TabId) -> Result<(), String> {
        let Some(id) = self.people[person].id else { return Ok(()) };
        let ticket = self.world.plain_ticket(tab);
        let opened = self
            .world
            .open_group(tab, |node, now, number| node.open_group(now, ticket, number, id));
        let Some(Ok(group)) = opened else {
            return Err(format!("person {person} cannot open: {opened:?}"));
        };
        let limit = Duration::from_secs(30);
        self.world.run_until(limit, |world| world.settled(tab, ticket).is_some());
        match self.world.settled(tab, ticket) {
            Some(Ok(())) => {
                self.people[person].group = Some(group);
                self.survived(person)
            }
            // It crashed before the group was stored for the first time.
            Some(Err(Code::GroupUnknown)) if self.is_stored(person).is_none() => Ok(()),
            other => Err(format!("person {person} opens its group: {other:?}")),
        }
    }

    fn take_invitation(&mut self, person: usize, tab: TabId) -> Result<(), String> {
        let Some(text) = self.people[person].invitation.clone() else { return Ok(()) };
        let ticket = self.world.plain_ticket(tab);
        let patience = Duration::from_secs(60);
        let joined = self.world.open_group(tab, |node, now, number| {
            node.join_group(now, ticket, number, &text, patience)
        });
        match joined {
            Some(Ok(group)) => {
                if !self.world.is_opened(tab, group) {
                    return Err(format!("person {person} cannot open what it joins"));
                }
                self.people[person].group = Some(group);
                self.people[person].id = Some(self.world.group_id(tab, group));
                Ok(())
            }
            // By its own clock the inviter's is ahead.
            Some(Err(Code::InvitationNotYetValid)) => Ok(()),
            other => Err(format!("person {person} cannot join: {other:?}")),
        }
    }

    /// Goes without a word, and with what it had not stored.
    pub(super) fn crash(&mut self, person: usize) {
        if let Some(tab) = self.people[person].tab.take() {
            self.world.kill(tab, true);
        }
        self.people[person].group = None;
        self.people[person].is_connected = false;
    }
}
