//! Groups that are too large for everybody to be linked with everybody.

use std::time::Duration;

use lacis_core::{RemoteState, RoomId};
use lacis_sim::{Mail, ServerId, TabId, World, invitation_for};
use lacis_wire::Roles;
use lacis_wire::limits::{LINKS_MAX, NEIGHBORS_MAX};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// Members of one group, the founder first, and how they name it where rooms are meant.
struct Crowd {
    world: World,
    server: ServerId,
    tabs: Vec<TabId>,
    groups: Vec<RoomId>,
    room: usize,
}

impl Crowd {
    fn new(seed: u64, count: usize) -> Self {
        let mut world = World::scenario(seed);
        let server = world.add_server();
        let setup = world.stored(server, 1);
        let founder = world.open(setup);
        let group = world.found(founder, "Crowd");
        let room = world.room_of_group(founder, group);
        let mut crowd = Self { world, server, tabs: vec![founder], groups: vec![group], room };
        for _ in 1..count {
            crowd.bring_in(Roles::MEMBER);
        }
        crowd
    }

    /// Somebody who holds an invitation comes.
    fn bring_in(&mut self, roles: Roles) -> TabId {
        let identity = u8::try_from(self.tabs.len() + 1).expect("they are few");
        let setup = self.world.stored(self.server, identity);
        let tab = self.world.open(setup);
        let group = self.world.bring_in(self.tabs[0], self.groups[0], tab, roles);
        assert_eq!(self.world.room_of_group(tab, group), self.room);
        self.tabs.push(tab);
        self.groups.push(group);
        tab
    }

    fn expect_all_known(&mut self, limit: Duration) {
        let (room, tabs) = (self.room, self.tabs.clone());
        self.world.expect(limit, "all know all", |w| {
            let knows = |tab: &TabId, other: &TabId| {
                tab == other || w.state_in(*tab, room, *other).is_some()
            };
            tabs.iter().all(|tab| tabs.iter().all(|other| knows(tab, other)))
        });
    }

    /// How many links each of them has.
    fn links(&self) -> Vec<usize> {
        self.tabs.iter().map(|tab| self.world.connections(*tab)).collect()
    }

    fn heard(&self) -> Vec<usize> {
        self.tabs.iter().map(|tab| self.world.seen(*tab).messages.len()).collect()
    }

    /// Everybody tells all something; demands that all of it comes, once.
    fn expect_all_to_all(&mut self, limit: Duration) {
        let before = self.heard();
        for tab in &self.tabs {
            self.world.broadcast(*tab, self.room, 100, true).expect("it may be told");
        }
        let others = self.tabs.len() - 1;
        let expected: Vec<usize> = before.iter().map(|count| count + others).collect();
        let tabs = self.tabs.clone();
        self.world.expect(limit, "everybody hears everybody", |w| {
            let heard = tabs.iter().map(|tab| w.seen(*tab).messages.len());
            heard.zip(&expected).all(|(heard, expected)| heard >= *expected)
        });
        self.world.run_for(SECOND);
        assert_eq!(self.heard(), expected, "some came twice");
    }

    fn expect_texts(&mut self, count: usize) {
        for (tab, group) in self.tabs.iter().zip(&self.groups) {
            let mut held = 0;
            for _ in 0..100 {
                held = self.world.texts(*tab, *group).len();
                if held == count {
                    break;
                }
                self.world.run_for(SECOND / 10);
            }
            assert_eq!(held, count, "{}", self.world.describe());
        }
    }
}

#[test]
fn in_a_group_of_twenty_four_all_hear_and_hold_all_with_few_links() {
    let mut crowd = Crowd::new(1, 24);
    crowd.expect_all_known(10 * SECOND);
    assert!(crowd.links().iter().all(|count| *count <= LINKS_MAX), "{:?}", crowd.links());
    crowd.expect_all_to_all(2 * SECOND);
    for (at, (tab, group)) in crowd.tabs.iter().zip(&crowd.groups).enumerate() {
        crowd.world.write(*tab, *group, &format!("from {at:02}")).expect("it may write");
    }
    crowd.expect_texts(24);
    crowd.world.run_for(MINUTE);
    assert!(crowd.links().iter().all(|count| *count <= NEIGHBORS_MAX), "{:?}", crowd.links());
    crowd.expect_all_to_all(2 * SECOND);
    crowd.world.write(crowd.tabs[5], crowd.groups[5], "later").expect("it may write");
    crowd.expect_texts(25);
}

#[test]
fn a_member_without_a_link_can_be_spoken_to() {
    let mut crowd = Crowd::new(2, 20);
    crowd.expect_all_known(10 * SECOND);
    crowd.world.run_for(MINUTE);
    for tab in crowd.tabs.clone() {
        let (world, room) = (&mut crowd.world, crowd.room);
        let is_far =
            |other: &&TabId| world.state_in(tab, room, **other) == Some(RemoteState::Indirect);
        let far = *crowd.tabs.iter().find(is_far).expect("nobody is linked with all");
        let sent = world.send(tab, room, far, Mail::delivered(50)).expect("it may be sent");
        world.expect_outcome(tab, sent, Ok(()), 3 * SECOND);
    }
    crowd.world.run_for(MINUTE);
    assert!(crowd.links().iter().all(|count| *count <= NEIGHBORS_MAX), "{:?}", crowd.links());
}

#[test]
fn a_newcomer_by_an_open_link_is_let_in_and_heard() {
    let mut crowd = Crowd::new(3, 24);
    crowd.world.run_for(MINUTE);
    let many = invitation_for(Roles::MEMBER, 100);
    let text = crowd.world.invite_anybody(crowd.tabs[0], crowd.groups[0], many);
    for identity in 100..116 {
        let setup = crowd.world.stored(crowd.server, identity);
        let tab = crowd.world.open(setup);
        let ticket = crowd.world.plain_ticket(tab);
        let patience = Duration::from_secs(30);
        let joined = crowd.world.open_group(tab, |node, now, number| {
            node.join_group(now, ticket, number, &text, patience)
        });
        let group = joined.expect("it is there").expect("the invitation is good");
        crowd.world.connect(tab, group);
        crowd.world.expect(5 * SECOND, "it is let in", |w| w.settled(tab, ticket) == Some(Ok(())));
        let room = crowd.world.room_of_group(tab, group);
        let before = crowd.heard();
        crowd.world.broadcast(tab, room, 10, true).expect("it may be told");
        let tabs = crowd.tabs.clone();
        crowd.world.expect(5 * SECOND, "all hear it", |w| {
            let heard = tabs.iter().map(|tab| w.seen(*tab).messages.len());
            heard.zip(&before).all(|(heard, before)| heard > *before)
        });
        crowd.tabs.push(tab);
        crowd.groups.push(group);
        assert!(crowd.links().iter().all(|count| *count <= LINKS_MAX), "{:?}", crowd.links());
    }
    crowd.expect_all_known(10 * SECOND);
    crowd.expect_all_to_all(3 * SECOND);
}

#[test]
fn a_keeper_holds_what_is_written_and_hears_nothing() {
    let mut crowd = Crowd::new(4, 16);
    let keeper = crowd.bring_in(Roles::KEEPER);
    let group = crowd.groups.pop().expect("it is in");
    crowd.tabs.pop();
    crowd.world.run_for(MINUTE);
    crowd.expect_all_to_all(2 * SECOND);
    assert_eq!(crowd.world.seen(keeper).messages.len(), 0);
    let (id, _) =
        crowd.world.write(crowd.tabs[3], crowd.groups[3], "sealed").expect("it may write");
    crowd.world.expect(5 * SECOND, "the keeper holds it", |w| {
        w.replica(keeper, group).is_some_and(|replica| replica.held(&id).is_some())
    });
}

#[test]
fn who_is_shut_out_is_not_heard_by_those_who_know() {
    let mut crowd = Crowd::new(5, 16);
    crowd.expect_all_known(10 * SECOND);
    let (out, room) = (crowd.tabs.pop().expect("it is there"), crowd.room);
    crowd.groups.pop();
    let peer = crowd.world.peer_id(out);
    crowd.world.revoke(crowd.tabs[0], crowd.groups[0], peer);
    let tabs = crowd.tabs.clone();
    crowd.world.expect(10 * SECOND, "nobody knows it any more", |w| {
        tabs.iter().all(|tab| w.state_in(*tab, room, out).is_none())
    });
    let before = crowd.heard();
    let _ = crowd.world.broadcast(out, room, 10, true);
    crowd.world.run_for(5 * SECOND);
    assert_eq!(crowd.heard(), before);
    crowd.expect_all_to_all(2 * SECOND);
}

#[test]
fn who_leaves_is_gone_for_all_at_once() {
    let mut crowd = Crowd::new(8, 20);
    crowd.expect_all_known(10 * SECOND);
    crowd.world.run_for(MINUTE);
    let (gone, _) = (crowd.tabs.remove(7), crowd.groups.remove(7));
    let peer = crowd.world.peer_id(gone);
    crowd.world.close(gone);
    crowd.world.run_for(2 * SECOND);
    for (tab, group) in crowd.tabs.iter().zip(&crowd.groups) {
        assert_eq!(crowd.world.state_in(*tab, crowd.room, gone), None);
        let members = crowd.world.command(*tab, |node, _| node.group_members(*group));
        let members = members.expect("it is there").expect("the group is open");
        let left = members.iter().find(|member| member.peer == peer).expect("it is a member");
        assert!(!left.present);
        let present = members.iter().filter(|member| member.present).count();
        assert_eq!(present, crowd.tabs.len() - 1);
    }
}

#[test]
fn who_dies_is_gone_in_the_end() {
    let mut crowd = Crowd::new(6, 20);
    crowd.expect_all_known(10 * SECOND);
    crowd.world.run_for(MINUTE);
    let dead: Vec<TabId> = crowd.tabs.split_off(14);
    crowd.groups.truncate(14);
    for tab in &dead {
        crowd.world.kill(*tab, true);
    }
    crowd.world.run_for(2 * MINUTE);
    crowd.expect_all_to_all(3 * SECOND);
    crowd.world.run_for(3 * MINUTE);
    for tab in &crowd.tabs {
        let is_known = |who: &&TabId| crowd.world.state_in(*tab, crowd.room, **who).is_some();
        assert_eq!(dead.iter().filter(is_known).count(), 0);
    }
}

#[test]
fn many_who_come_by_one_link_at_once_are_all_let_in() {
    many_come_by_one_link(7);
}

#[test]
fn whoever_is_linked_to_none_who_lets_in_looks_for_others() {
    // Some get all their links before the founder is among them: with members who may not let
    // them in, or (the second) knowing no more names than those whom the server gave at first.
    many_come_by_one_link(11);
    many_come_by_one_link(6);
}

fn many_come_by_one_link(seed: u64) {
    let mut crowd = Crowd::new(seed, 1);
    let many = invitation_for(Roles::MEMBER, 100);
    let text = crowd.world.invite_anybody(crowd.tabs[0], crowd.groups[0], many);
    let mut waiting = Vec::new();
    for identity in 2..=24 {
        let setup = crowd.world.stored(crowd.server, identity);
        let tab = crowd.world.open(setup);
        let ticket = crowd.world.plain_ticket(tab);
        let patience = Duration::from_secs(60);
        let joined = crowd.world.open_group(tab, |node, now, number| {
            node.join_group(now, ticket, number, &text, patience)
        });
        let group = joined.expect("it is there").expect("the invitation is good");
        crowd.world.connect(tab, group);
        crowd.world.room_of_group(tab, group);
        crowd.tabs.push(tab);
        crowd.groups.push(group);
        waiting.push((tab, ticket));
    }
    crowd.world.expect(6 * SECOND, "all are let in", |w| {
        waiting.iter().all(|(tab, ticket)| w.settled(*tab, *ticket) == Some(Ok(())))
    });
    assert!(crowd.links().iter().all(|count| *count <= LINKS_MAX), "{:?}", crowd.links());
    crowd.expect_all_known(10 * SECOND);
    crowd.expect_all_to_all(3 * SECOND);
}
