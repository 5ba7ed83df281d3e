//! Beginnings that many tests share.

use std::time::Duration;

use lacis_core::{RoomId, SendError, Ticket};
use lacis_wire::{Code, Roles};

use super::{Mail, World};
use crate::ids::{ServerId, TabId};
use crate::tab::TabSetup;

/// A test's world with one server, one room, and tabs that have joined it.
#[derive(Debug)]
pub struct Scene<const N: usize> {
    /// The world.
    pub world: World,
    /// Its server.
    pub server: ServerId,
    /// Its room.
    pub room: usize,
    /// Its tabs.
    pub tabs: [TabId; N],
}

impl<const N: usize> Scene<N> {
    /// Tabs that have joined and know nobody yet.
    #[must_use]
    pub fn joined(seed: u64) -> Self {
        Self::joined_as(seed, |_| {})
    }

    /// The same, with tabs that are set up otherwise than usual.
    #[must_use]
    pub fn joined_as(seed: u64, mut change: impl FnMut(&mut TabSetup)) -> Self {
        let mut world = World::scenario(seed);
        let server = world.add_server();
        let room = world.add_room(&[server]);
        let tabs = [(); N].map(|()| {
            let mut setup = TabSetup::at(&[server]);
            change(&mut setup);
            world.open(setup)
        });
        for tab in tabs {
            world.join(tab, room);
        }
        Self { world, server, room, tabs }
    }

    /// Tabs that are all linked to each other and have nothing left to do.
    #[must_use]
    pub fn linked(seed: u64) -> Self {
        Self::linked_as(seed, |_| {})
    }

    /// The same, with tabs that are set up otherwise than usual.
    #[must_use]
    pub fn linked_as(seed: u64, change: impl FnMut(&mut TabSetup)) -> Self {
        let mut scene = Self::joined_as(seed, change);
        let tabs = scene.tabs;
        scene.world.expect(Duration::from_secs(8), "all are linked", |w| w.all_linked(&tabs));
        scene.world.run_for(Duration::from_secs(2));
        scene
    }
}

impl World {
    /// A group with a founder and members, who were brought in one after the other.
    #[must_use]
    pub fn group_of(seed: u64, count: usize) -> (Self, Vec<(TabId, RoomId)>) {
        let mut world = Self::scenario(seed);
        let server = world.add_server();
        let setup = world.stored(server, 1);
        let founder = world.open(setup);
        let group = world.found(founder, "Board");
        let mut members = vec![(founder, group)];
        for identity in (2..).take(count - 1) {
            let setup = world.stored(server, identity);
            let tab = world.open(setup);
            members.push((tab, world.bring_in(founder, group, tab, Roles::MEMBER)));
        }
        (world, members)
    }

    /// Whether all of these tabs are linked to each other.
    #[must_use]
    pub fn all_linked(&self, tabs: &[TabId]) -> bool {
        let pairs = tabs.iter().enumerate();
        pairs
            .flat_map(|(at, one)| tabs[at + 1..].iter().map(move |two| (one, two)))
            .all(|(one, two)| self.are_linked(*one, *two))
    }

    /// Sends a message and demands that it arrives within some time.
    ///
    /// # Panics
    /// If it does not.
    pub fn expect_delivery(&mut self, from: TabId, room: usize, to: TabId, limit: Duration) {
        let ticket = self.send(from, room, to, Mail::delivered(32)).expect("it may be sent");
        self.expect_outcome(from, ticket, Ok(()), limit);
    }

    /// Demands that a ticket is settled in that way within some time.
    ///
    /// # Panics
    /// If it is not.
    pub fn expect_outcome(
        &mut self,
        tab: TabId,
        ticket: Ticket,
        wanted: Result<(), Code>,
        limit: Duration,
    ) {
        self.run_until(limit, |world| world.outcome(tab, ticket).is_some());
        let outcome = self.outcome(tab, ticket);
        assert_eq!(outcome, Some(wanted), "within {limit:?}\n{}", self.describe());
    }

    /// Sends messages that count as sent when they were delivered.
    ///
    /// # Errors
    /// What the node says to the first that it refuses.
    pub fn send_many(
        &mut self,
        from: TabId,
        room: usize,
        to: TabId,
        count: usize,
    ) -> Result<Vec<Ticket>, SendError> {
        (0..count).map(|size| self.send(from, room, to, Mail::delivered(size))).collect()
    }
}
