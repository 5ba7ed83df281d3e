//! Rules that take one version, or two nodes, to show.

use std::time::Duration;

use lacis_core::graph::{Copy, Outcome};
use lacis_core::{InviteOptions, RevokeOptions, RoomId};
use lacis_wire::codec::encode;
use lacis_wire::keys::{Cover, EpochKey, KeyPart, MEETING_BYTES};
use lacis_wire::system::{INVITATION, KEY, OpenInvitation};
use lacis_wire::{Code, Millis, Roles};

use super::people::*;
use crate::ids::TabId;
use crate::tab::TabSetup;
use crate::world::{World, invitation_for};

pub(super) fn a_body_belongs_to_its_header() {
    let mut replica = populated();
    let copy = Draft::new("chat", 4, 1, b"x").sign();
    for body in [b"y".to_vec(), Vec::new()] {
        let other = Copy { body, ..copy.clone() };
        assert!(matches!(replica.offer(NOW, &other), Outcome::Refused(_)));
    }
    assert_eq!(replica.offer(NOW, &copy), Outcome::Taken);
}

pub(super) fn what_is_over_is_not_taken() {
    let mut replica = populated();
    let copy = Draft::new("chat", 4, 1, b"x").sign();
    assert_eq!(replica.offer(Millis(LATEST), &copy), Outcome::Expired);
}

pub(super) fn revocations_are_for_ever() {
    let mut replica = populated();
    let short = revocation(2, 9, 4, &[]);
    let mut draft = Draft { header: short.header, body: short.body, author: 2 };
    draft.header.expires = Millis(NOW.0 + 10);
    assert!(matches!(replica.offer(NOW, &draft.sign()), Outcome::Refused(_)));
    assert!(roles(&replica, 4).is_some());
}

pub(super) fn invitations_are_their_authors() {
    let mut replica = populated();
    let says = OpenInvitation {
        key: peer(60),
        roles: Roles::MEMBER,
        not_after: Millis::MAX,
        member_for: u64::MAX,
        uses: 1,
        flags: 0,
    };
    let draft = Draft::new(INVITATION, 1, 1, &encode(&says));
    assert_eq!(replica.offer(NOW, &draft.clone().sign()), Outcome::Taken);
    let changed = draft.version(2, 3).at(600_000).sign();
    assert!(matches!(replica.offer(NOW, &changed), Outcome::Refused(_)));
    let by_member = Draft::new(INVITATION, 4, 1, &encode(&says)).sign();
    assert!(matches!(replica.offer(NOW, &by_member), Outcome::Refused(_)));
    let by_inviter = OpenInvitation { roles: Roles::ADMIN, ..says };
    let by_inviter = Draft::new(INVITATION, 3, 1, &encode(&by_inviter)).sign();
    assert!(matches!(replica.offer(NOW, &by_inviter), Outcome::Refused(_)));
}

pub(super) fn nobody_ends_itself() {
    let mut replica = populated();
    // By the credential of an admin further from the founder, against its own nearer one.
    let far = place(2).gives(8, Roles::MEMBER);
    replica.offer(NOW, &member(&far));
    let near = place(1).gives(8, Roles::ADMIN);
    replica.offer(NOW, &member(&near));
    let own = place(7).gives_until(8, Roles::ADMIN, u64::MAX, 1, &[]);
    replica.offer(NOW, &member(&own));
    replica.offer(NOW, &revocation_under(&near, 9, 8, &[]));
    assert!(roles(&replica, 8).is_some());
    let alone = place(2).gives(9, Roles::MEMBER);
    let admin = place(1).gives(9, Roles::ADMIN);
    let mut replica = populated();
    replica.offer(NOW, &member(&alone));
    replica.offer(NOW, &member(&admin));
    replica.offer(NOW, &revocation_under(&admin, 9, 9, &[]));
    assert!(roles(&replica, 9).is_some());
}

pub(super) fn an_end_above_counts() {
    let mut replica = populated();
    let cover = Cover { subject: peer(3), end: end(2, 9, 3) };
    let key = EpochKey([3; 32]);
    let part = KeyPart {
        nonce: [3; 16],
        commitment: key.commitment(&group(), &[3; 16]),
        meeting: vec![7; MEETING_BYTES],
        part: 0,
        parts: 1,
        covers: vec![cover],
        sealed: vec![],
        keepers: vec![],
    };
    replica.offer(NOW, &Draft::new(KEY, 2, 1, &encode(&part)).sign());
    assert!(roles(&replica, 3).is_none());
    assert!(roles(&replica, 4).is_none(), "whom it brought in waits for the list");
}

pub(super) fn a_revocation_counts_whatever_its_date() {
    let mut replica = populated();
    let ahead = revocation(2, 9, 4, &[]);
    let draft = Draft { header: ahead.header, body: ahead.body, author: 2 };
    let draft = draft.created(NOW.0 + 86_400_000).sign();
    assert_eq!(replica.offer(NOW, &draft), Outcome::Taken);
    assert!(roles(&replica, 4).is_none());
}

fn two(seed: u64) -> (World, (TabId, RoomId), (TabId, RoomId)) {
    let mut world = World::scenario(seed);
    let server = world.add_server();
    let ada = world.open(TabSetup::at(&[server]));
    let bob = world.open(TabSetup::at(&[server]));
    let group = world.found(ada, "Board");
    let joined = world.bring_in(ada, group, bob, Roles::MEMBER);
    world.write(ada, group, "before").expect("she may write");
    world.expect(Duration::from_secs(30), "he has it", |world| {
        world.replica(bob, joined).is_some_and(|it| it.len() >= 4)
    });
    (world, (ada, group), (bob, joined))
}

pub(super) fn who_is_shut_out_hears_nothing() {
    let (mut world, (ada, group), (bob, joined)) = two(1);
    let (peer, ticket) = (world.peer_id(bob), world.plain_ticket(ada));
    let options = RevokeOptions::default();
    let done = world.command(ada, |node, now| node.revoke(now, ticket, group, peer, options));
    assert_eq!(done, Some(Ok(())));
    let (after, _) = world.write(ada, group, "after").expect("she may write");
    world.run_for(Duration::from_secs(90));
    let replica = world.replica(bob, joined).expect("he is there");
    assert!(replica.held(&after).is_none(), "he was given what came after");
    assert!(!replica.members().ends_of(&peer).is_empty(), "he was given the proof");
    let key = world.seal_of(ada, group, &after).expect("it is sealed");
    assert!(!world.holds_key(bob, joined, &key), "he was given the key");
}

fn ask(world: &mut World, text: &str) -> Option<Result<(), Code>> {
    let server = crate::ids::ServerId(0);
    let tab = world.open(TabSetup::at(&[server]));
    let ticket = world.plain_ticket(tab);
    let patience = Duration::from_secs(20);
    let joined = world
        .open_group(tab, |node, now, number| node.join_group(now, ticket, number, text, patience));
    let group = joined?.ok()?;
    world.connect(tab, group);
    world.run_until(Duration::from_secs(30), |world| world.settled(tab, ticket).is_some());
    world.settled(tab, ticket)
}

fn open(world: &mut World, (tab, group): (TabId, RoomId), options: InviteOptions) -> String {
    let text = world.command(tab, |node, now| node.invite_anybody(now, group, options));
    text.expect("the tab is there").expect("it may invite")
}

pub(super) fn an_invitation_is_used_as_it_says() {
    let (mut world, ada, _) = two(2);
    let text = open(&mut world, ada, invitation_for(Roles::MEMBER, 1));
    assert_eq!(ask(&mut world, &text), Some(Ok(())));
    assert_ne!(ask(&mut world, &text), Some(Ok(())));
}

pub(super) fn an_invitation_ends() {
    let (mut world, ada, _) = two(3);
    let short = Some(Duration::from_secs(5));
    let options = InviteOptions { expires: short, ..invitation_for(Roles::MEMBER, 9) };
    let text = open(&mut world, ada, options);
    world.run_for(Duration::from_secs(10));
    assert_ne!(ask(&mut world, &text), Some(Ok(())));
}

/// A true header that comes with a wrong body does not keep the true record away.
pub(super) fn a_true_name_is_not_spoilt() {
    let mut replica = populated();
    let copy = Draft::new("chat", 4, 1, b"x").sign();
    let spoilt = Copy { body: b"y".to_vec(), ..copy.clone() };
    replica.offer(NOW, &spoilt);
    assert_eq!(replica.offer(NOW, &copy), Outcome::Taken);
}

fn comer(world: &mut World, identity: u8, text: &str) -> (TabId, Option<Result<(), Code>>) {
    let server = crate::ids::ServerId(0);
    let setup = TabSetup { identity: Some([identity; 32]), ..TabSetup::at(&[server]) };
    let tab = world.open(setup);
    let ticket = world.plain_ticket(tab);
    let patience = Duration::from_secs(20);
    let joined = world
        .open_group(tab, |node, now, number| node.join_group(now, ticket, number, text, patience));
    let Some(Ok(group)) = joined else { return (tab, None) };
    world.connect(tab, group);
    world.run_until(Duration::from_secs(30), |world| world.settled(tab, ticket).is_some());
    (tab, world.settled(tab, ticket))
}

/// Somebody comes by an open invitation and is shut out; who asks by it then, and what is said.
fn shut_out_and_ask(identity: u8, keep_invitations: bool) -> Option<Result<(), Code>> {
    let (mut world, ada, _) = two(4);
    let text = open(&mut world, ada, invitation_for(Roles::MEMBER, 9));
    let (carol, answer) = comer(&mut world, 77, &text);
    assert_eq!(answer, Some(Ok(())));
    let (peer, ticket) = (world.peer_id(carol), world.plain_ticket(ada.0));
    let options = RevokeOptions { keep_invitations, undo: false };
    let done = world.command(ada.0, |node, now| node.revoke(now, ticket, ada.1, peer, options));
    assert_eq!(done, Some(Ok(())));
    world.kill(carol, false);
    world.run_for(Duration::from_secs(20));
    comer(&mut world, identity, &text).1
}

pub(super) fn who_is_shut_out_stays_out() {
    assert_eq!(shut_out_and_ask(78, true), Some(Ok(())), "the invitation is open");
    assert_ne!(shut_out_and_ask(77, true), Some(Ok(())));
}

pub(super) fn an_invitation_ends_with_whoever_came_by_it() {
    assert_ne!(shut_out_and_ask(78, false), Some(Ok(())));
}

pub(super) fn a_keeper_opens_nothing() {
    let (mut world, ada, _) = two(5);
    let server = crate::ids::ServerId(0);
    let keeper = world.open(TabSetup::at(&[server]));
    let joined = world.bring_in(ada.0, ada.1, keeper, Roles::KEEPER);
    let (id, _) = world.write(ada.0, ada.1, "sealed").expect("she may write");
    world.expect(Duration::from_secs(60), "the keeper has it", |world| {
        world.replica(keeper, joined).is_some_and(|it| it.held(&id).is_some())
    });
    let key = world.seal_of(ada.0, ada.1, &id).expect("it is sealed");
    assert!(!world.holds_key(keeper, joined, &key));
}
