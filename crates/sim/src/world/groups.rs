//! What scenarios do with groups.

use std::time::Duration;

use lacis_core::graph::Replica;
use lacis_core::{
    Content, Event, GroupEvent, GroupLoad, InviteOptions, Record, RoomId, Search, Ticket,
};
use lacis_wire::record::RecordType;
use lacis_wire::system::GroupProperties;
use lacis_wire::{Code, GroupId, KeyName, Millis, RecordId, Roles, limits};

use super::World;
use super::reactions::done;
use crate::disk::{Disk, DiskId};
use crate::ids::{ServerId, TabId};
use crate::tab::TabSetup;
use crate::truth::Purpose;

/// The numbers by which the truth knows the rooms of groups begin here.
const GROUP_ROOMS: usize = 1_000_000;

/// A text that is a record type.
///
/// # Panics
/// If it is none.
#[must_use]
pub fn kind(text: &str) -> RecordType {
    RecordType::new(text).expect("a record type")
}

/// The properties of a usual group.
#[must_use]
pub fn group_properties(name: &str) -> GroupProperties {
    GroupProperties {
        name: name.into(),
        comment: String::new(),
        presence_lifetime: 60_000,
        flags: 0,
        member_lifetime: u64::MAX,
        budget_records: limits::BUDGET_RECORDS,
        budget_bytes: limits::BUDGET_BYTES,
    }
}

/// An open invitation that so many may use, without further terms.
#[must_use]
pub fn invitation_for(roles: Roles, uses: u32) -> InviteOptions {
    InviteOptions { roles, expires: None, member_for: None, uses, exact: false }
}

impl World {
    /// A fresh store.
    pub fn add_disk(&mut self) -> DiskId {
        self.disks.push(Disk::default());
        DiskId(self.disks.len() - 1)
    }

    /// A store, to be looked at or harmed.
    pub fn disk(&mut self, disk: DiskId) -> &mut Disk {
        &mut self.disks[disk.0]
    }

    /// How a tab is opened that stores what it has, with an identity by a number.
    pub fn stored(&mut self, server: ServerId, identity: u8) -> TabSetup {
        let disk = Some(self.add_disk());
        TabSetup { disk, identity: Some([identity; 32]), ..TabSetup::at(&[server]) }
    }

    /// A ticket that the scenario itself watches.
    pub fn plain_ticket(&mut self, tab: TabId) -> Ticket {
        self.ticket(tab, Purpose::Group, None)
    }

    /// How a ticket was settled.
    #[must_use]
    pub fn settled(&self, tab: TabId, ticket: Ticket) -> Option<Result<(), Code>> {
        self.seen(tab).log.iter().find_map(|event| match event {
            Event::Completed { ticket: known, result } if *known == ticket => Some(done(result)),
            _ => None,
        })
    }

    /// Waits until a ticket is settled well.
    pub fn done(&mut self, tab: TabId, ticket: Ticket, what: &str) {
        self.expect(Duration::from_secs(30), what, |world| {
            world.settled(tab, ticket).is_some_and(|result| {
                assert_eq!(result, Ok(()), "{what}");
                true
            })
        });
    }

    /// Founds a group and connects it.
    ///
    /// # Panics
    /// If that is refused.
    pub fn found(&mut self, tab: TabId, name: &str) -> RoomId {
        self.found_with(tab, &group_properties(name))
    }

    /// Founds a group that behaves in a certain way, and connects it.
    ///
    /// # Panics
    /// If that is refused.
    pub fn found_with(&mut self, tab: TabId, properties: &GroupProperties) -> RoomId {
        let ticket = self.plain_ticket(tab);
        let made = self.open_group(tab, |node, now, number| {
            node.create_group(now, ticket, number, properties, Vec::new())
        });
        let group = made.expect("the tab is there").expect("the group is made");
        self.done(tab, ticket, "the group is stored");
        self.connect(tab, group);
        group
    }

    /// Connects a group.
    ///
    /// # Panics
    /// If that is refused.
    pub fn connect(&mut self, tab: TabId, group: RoomId) {
        let ticket = self.plain_ticket(tab);
        let patience = Duration::from_secs(30);
        // To the checkers a group is a room of its own; ordinary rooms have small numbers.
        let id = self.group_id(tab, group);
        let number = id.as_bytes().first_chunk().copied().map_or(0, u32::from_le_bytes);
        self.truth.rooms.insert((tab, group), GROUP_ROOMS + number as usize);
        let asked = self.command(tab, |node, now| node.connect_group(now, ticket, group, patience));
        asked.expect("the tab is there").expect("the group is connected");
    }

    /// The number by which a group that is connected is named where rooms are meant.
    pub fn room_of_group(&mut self, tab: TabId, group: RoomId) -> usize {
        let number = self.truth.rooms.get(&(tab, group)).copied().unwrap_or_default();
        self.tabs[tab.0].rooms.insert(number, group);
        number
    }

    /// Invites one tab's identity and lets it join and connect.
    ///
    /// # Panics
    /// If either is refused.
    pub fn bring_in(&mut self, from: TabId, group: RoomId, to: TabId, roles: Roles) -> RoomId {
        let peer = self.peer_id(to);
        let text = self.command(from, |node, now| node.invite(now, group, peer, roles, None));
        let text = text.expect("the tab is there").expect("it may invite");
        let joined = self.take_invitation(to, &text);
        self.connect(to, joined);
        joined
    }

    /// Takes an invitation, without connecting.
    ///
    /// # Panics
    /// If it is refused.
    pub fn take_invitation(&mut self, tab: TabId, text: &str) -> RoomId {
        let ticket = self.plain_ticket(tab);
        let patience = Duration::from_secs(60);
        let joined = self.open_group(tab, |node, now, number| {
            node.join_group(now, ticket, number, text, patience)
        });
        let group = joined.expect("the tab is there").expect("the invitation is good");
        assert!(self.is_opened(tab, group), "what is stored of it is read");
        group
    }

    /// Waits until what is stored of a group is read, so that it can be used; says whether it is.
    pub fn is_opened(&mut self, tab: TabId, group: RoomId) -> bool {
        for _ in 0..100 {
            // Nothing is looked for by this number: the question alone says whether it is open.
            let asked = self.command(tab, |node, now| node.unwatch_records(now, group, u32::MAX));
            if asked == Some(Ok(())) {
                return true;
            }
            self.run_for(Duration::from_millis(10));
        }
        false
    }

    /// Opens a stored group and waits until it can be used.
    ///
    /// # Panics
    /// If it cannot.
    pub fn open_stored(&mut self, tab: TabId, id: GroupId) -> RoomId {
        let ticket = self.plain_ticket(tab);
        let opened =
            self.open_group(tab, |node, now, number| node.open_group(now, ticket, number, id));
        let group = opened.expect("the tab is there").expect("it is asked for");
        self.done(tab, ticket, "the group is open");
        group
    }

    /// The id of an open group.
    ///
    /// # Panics
    /// If it is not open.
    pub fn group_id(&mut self, tab: TabId, group: RoomId) -> GroupId {
        let known = self.command(tab, |node, _| node.group_info(group).map(|(id, _)| id));
        known.expect("the tab is there").expect("the group is open")
    }

    /// Writes a record; gives its id and the ticket that says when it is stored.
    ///
    /// # Panics
    /// If the tab is gone.
    pub fn write(
        &mut self,
        tab: TabId,
        group: RoomId,
        text: &str,
    ) -> Result<(RecordId, Ticket), Code> {
        let ticket = self.plain_ticket(tab);
        let content = Content { data: text.into(), ..Content::default() };
        let written = self
            .command(tab, |node, now| node.add_record(now, ticket, group, kind("note"), content));
        written.expect("the tab is there").map(|id| (id, ticket))
    }

    /// Writes a record that lasts so long by the clock of its tab.
    ///
    /// # Panics
    /// If that is refused.
    pub fn write_for(&mut self, tab: TabId, group: RoomId, text: &str, time: Duration) -> RecordId {
        let ticket = self.plain_ticket(tab);
        let written = self.command(tab, |node, now| {
            let content = lasting(node.group_time(now, group)?, text, time);
            node.add_record(now, ticket, group, kind("note"), content)
        });
        let id = written.expect("the tab is there").expect("it may write");
        self.done(tab, ticket, "the record is stored");
        id
    }

    /// Gives a record another text and more time.
    ///
    /// # Panics
    /// If the record is not there, or that is refused.
    pub fn renew(
        &mut self,
        tab: TabId,
        group: RoomId,
        id: RecordId,
        (text, time): (&str, Duration),
    ) {
        let held = self.read_all(tab, group).into_iter().find(|record| record.header.id == id);
        let held = held.expect("the record is there").header;
        let ticket = self.plain_ticket(tab);
        let written = self.command(tab, |node, now| {
            let content = lasting(node.group_time(now, group)?, text, time);
            node.update_record(now, ticket, group, &held, content)
        });
        written.expect("the tab is there").expect("it may write");
        self.done(tab, ticket, "the record is stored");
    }

    /// All records of the application that a tab holds now, by reading them.
    ///
    /// # Panics
    /// If they cannot be read.
    pub fn read_all(&mut self, tab: TabId, group: RoomId) -> Vec<Record> {
        let ticket = self.plain_ticket(tab);
        let all = Search::default();
        let asked = self.command(tab, |node, now| node.query_records(now, ticket, group, all));
        asked.expect("the tab is there").expect("the group is open");
        self.done(tab, ticket, "the records are read");
        self.found_by(tab, ticket)
    }

    fn found_by(&self, tab: TabId, ticket: Ticket) -> Vec<Record> {
        let found = self.seen(tab).log.iter().filter_map(|event| match event {
            Event::Group { event, .. } => match &**event {
                GroupEvent::Found { ticket: known, records } if *known == ticket => {
                    Some(records.clone())
                }
                _ => None,
            },
            _ => None,
        });
        found.flatten().collect()
    }

    /// What a tab holds of a group, if both are there.
    #[must_use]
    pub fn replica(&self, tab: TabId, group: RoomId) -> Option<&Replica> {
        self.tabs.get(tab.0)?.driver.as_ref()?.node().replica(group)
    }

    /// Whether the node of a tab holds a key of a group.
    #[must_use]
    pub fn holds_key(&self, tab: TabId, group: RoomId, name: &KeyName) -> bool {
        let driver = self.tabs.get(tab.0).and_then(|tab| tab.driver.as_ref());
        driver.is_some_and(|driver| driver.node().holds_key(group, name))
    }

    /// The key that seals a record, by the last event in which its application saw it.
    pub fn seal_of(&self, tab: TabId, group: RoomId, id: &RecordId) -> Option<KeyName> {
        let mut seen = self.seen(tab).log.iter().rev().filter_map(|event| match event {
            Event::Group { group: of, event } if *of == group => match &**event {
                GroupEvent::Record { record, .. } if record.header.id == *id => {
                    Some(record.header.key)
                }
                _ => None,
            },
            _ => None,
        });
        seen.next().flatten()
    }

    /// What the node of a tab has in memory for a group, beside its records.
    #[must_use]
    pub fn group_load(&self, tab: TabId, group: RoomId) -> Option<GroupLoad> {
        self.tabs.get(tab.0)?.driver.as_ref()?.node().group_load(group)
    }

    /// The records of the application that are not deleted, read while the world goes on for a
    /// moment; nothing if the tab or the group goes away.
    pub fn read_now(&mut self, tab: TabId, group: RoomId) -> Option<Vec<Record>> {
        let ticket = self.plain_ticket(tab);
        let all = Search::default();
        let asked = self.command(tab, |node, now| node.query_records(now, ticket, group, all));
        asked?.ok()?;
        self.run_until(Duration::from_secs(5), |world| world.settled(tab, ticket).is_some());
        self.settled(tab, ticket)?.ok()?;
        let mut records = self.found_by(tab, ticket);
        records.retain(|it| !it.header.is_deleted() && !it.header.kind.is_system());
        Some(records)
    }

    /// The texts of the records that a tab holds and can read, sorted.
    pub fn texts(&mut self, tab: TabId, group: RoomId) -> Vec<String> {
        let records = self.read_all(tab, group).into_iter();
        let text = |record: Record| {
            record.body.map(|body| String::from_utf8_lossy(&body.data).into_owned())
        };
        let mut texts: Vec<String> = records.filter_map(text).collect();
        texts.sort();
        texts
    }

    /// Waits until these are the texts that a tab reads.
    ///
    /// # Panics
    /// If they are not within two and a half minutes.
    pub fn expect_texts(&mut self, tab: TabId, group: RoomId, texts: &[&str]) {
        let mut last = Vec::new();
        for _ in 0..300 {
            last = self.texts(tab, group);
            if last == texts {
                return;
            }
            self.run_for(Duration::from_millis(500));
        }
        panic!("{last:?} instead of {texts:?}\n{}", self.describe());
    }
}

/// A text that ceases to be after some time.
fn lasting(now: Millis, text: &str, time: Duration) -> Content {
    let span = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    let expires = Some(Millis(now.0.saturating_add(span)));
    Content { data: text.into(), expires, ..Content::default() }
}
