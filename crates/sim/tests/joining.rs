//! Coming in by a link: when it is done, and what calls beside it notice of that.

use std::time::Duration;

use lacis_core::{Event, GroupEvent, InviteOptions};
use lacis_sim::{ServerId, TabId, TabSetup, World, invitation_for};
use lacis_wire::{Code, Roles};

const PATIENCE: Duration = Duration::from_secs(20);

fn stored(world: &mut World, server: ServerId, identity: u8) -> TabId {
    let disk = Some(world.add_disk());
    world.open(TabSetup { disk, identity: Some([identity; 32]), ..TabSetup::at(&[server]) })
}

/// A founder, its link for members, and somebody who has it.
fn with_link(seed: u64, uses: u32) -> (World, TabId, TabId, lacis_core::RoomId, String) {
    with_link_for(seed, invitation_for(Roles::MEMBER, uses))
}

fn with_link_for(
    seed: u64,
    options: InviteOptions,
) -> (World, TabId, TabId, lacis_core::RoomId, String) {
    let mut world = World::scenario(seed);
    let server = world.add_server();
    let [ada, bob] = [1, 2].map(|identity| stored(&mut world, server, identity));
    let group = world.found(ada, "Board");
    let link = world.command(ada, |node, now| node.invite_anybody(now, group, options));
    let link = link.expect("the tab is there").expect("she may invite");
    (world, ada, bob, group, link)
}

fn join(world: &mut World, tab: TabId, link: &str) -> (lacis_core::RoomId, lacis_core::Ticket) {
    let ticket = world.plain_ticket(tab);
    let joined = world
        .open_group(tab, |node, now, number| node.join_group(now, ticket, number, link, PATIENCE));
    (joined.expect("the tab is there").expect("the invitation is good"), ticket)
}

#[test]
fn whoever_was_let_in_by_a_link_can_write_at_once() {
    for seed in 0..20 {
        let (mut world, ada, bob, at_ada, link) = with_link(seed, 1);
        let (at_bob, ticket) = join(&mut world, bob, &link);
        world.connect(bob, at_bob);
        world.done(bob, ticket, "he is let in");
        world.write(bob, at_bob, "bonjour").expect("he has the key");
        world.run_for(Duration::from_secs(5));
        assert_eq!(world.texts(ada, at_ada), ["bonjour"], "she reads it");
    }
}

#[test]
fn who_came_by_a_link_stays_when_the_link_has_ended() {
    let hour = Duration::from_secs(3_600);
    let options = InviteOptions { expires: Some(hour), ..invitation_for(Roles::MEMBER, 5) };
    let (mut world, ada, bob, at_ada, link) = with_link_for(5, options);
    let (at_bob, ticket) = join(&mut world, bob, &link);
    world.connect(bob, at_bob);
    world.done(bob, ticket, "he is let in");
    // While he is away nobody gives him more time.
    world.command(bob, |node, now| node.disconnect_group(now, at_bob));
    world.run_for(hour * 2);
    let peer = world.peer_id(bob);
    for (tab, group) in [(ada, at_ada), (bob, at_bob)] {
        assert_eq!(world.roles(tab, group, peer), Some(Roles::MEMBER));
    }
    world.connect(bob, at_bob);
    world.write(bob, at_bob, "still here").expect("he is a member");
    world.run_for(Duration::from_secs(5));
    assert_eq!(world.texts(ada, at_ada), ["still here"]);
}

#[test]
fn who_may_bring_in_others_may_also_write() {
    let (mut world, ada, bob, at_ada, link) = with_link_for(6, invitation_for(Roles::INVITER, 1));
    let (at_bob, ticket) = join(&mut world, bob, &link);
    world.connect(bob, at_bob);
    world.done(bob, ticket, "he is let in");
    world.write(bob, at_bob, "bonjour").expect("he may write");
    let options = invitation_for(Roles::MEMBER, 1);
    let invited = world.command(bob, |node, now| node.invite_anybody(now, at_bob, options));
    invited.expect("the tab is there").expect("he may invite");
    world.run_for(Duration::from_secs(5));
    assert_eq!(world.texts(ada, at_ada), ["bonjour"]);
}

#[test]
fn of_two_calls_that_take_one_link_both_are_answered() {
    let (mut world, _, bob, _, link) = with_link(1, 1);
    let (first, one) = join(&mut world, bob, &link);
    let (second, other) = join(&mut world, bob, &link);
    assert_eq!(first, second, "it is one group");
    world.connect(bob, first);
    world.done(bob, one, "the first is answered");
    world.done(bob, other, "and the second");
}

#[test]
fn a_call_that_gives_up_leaves_the_other_one_waiting() {
    let (mut world, _, bob, _, link) = with_link(2, 1);
    let (group, one) = join(&mut world, bob, &link);
    let (_, other) = join(&mut world, bob, &link);
    world.command(bob, |node, now| node.cancel(now, one));
    assert_eq!(world.settled(bob, one), Some(Err(Code::Aborted)));
    world.connect(bob, group);
    world.done(bob, other, "it is let in");
}

#[test]
fn the_page_is_told_when_somebody_comes_by_an_invitation_and_when_it_ends() {
    let (mut world, ada, bob, at_ada, link) = with_link(3, 5);
    let told = |world: &World| {
        let is_told = |event: &&Event| match event {
            Event::Group { event, .. } => matches!(**event, GroupEvent::Invitations),
            _ => false,
        };
        world.seen(ada).log.iter().filter(is_told).count()
    };
    world.run_for(Duration::from_millis(10));
    assert_eq!(told(&world), 1, "it was made");
    let (at_bob, ticket) = join(&mut world, bob, &link);
    world.connect(bob, at_bob);
    world.done(bob, ticket, "he is let in");
    world.run_for(Duration::from_secs(1));
    assert_eq!(told(&world), 2, "he came");
    let open = world.command(ada, |node, _| node.group_invitations(at_ada));
    let open = open.expect("the tab is there").expect("the group is open");
    let [only] = &open[..] else { panic!("{open:?}") };
    assert_eq!(only.used_by, [world.peer_id(bob)]);
    let ended = world.plain_ticket(ada);
    let id = only.id;
    let asked = world.command(ada, |node, now| node.end_invitation(now, ended, at_ada, id));
    asked.expect("the tab is there").expect("she may end it");
    world.done(ada, ended, "it is ended");
    assert_eq!(told(&world), 3, "it ended");
    let again = world.plain_ticket(ada);
    let asked = world.command(ada, |node, now| node.end_invitation(now, again, at_ada, id));
    assert_eq!(asked, Some(Err(Code::RecordUnknown)));
}

#[test]
fn whoever_is_shut_out_holds_the_proof_of_it_at_once_or_when_it_comes_back() {
    for is_away in [false, true] {
        let (mut world, ada, bob, at_ada, link) = with_link(4, 1);
        let (at_bob, ticket) = join(&mut world, bob, &link);
        world.connect(bob, at_bob);
        world.done(bob, ticket, "he is let in");
        if is_away {
            world.command(bob, |node, now| node.disconnect_group(now, at_bob));
        }
        let (peer, revoked) = (world.peer_id(bob), world.plain_ticket(ada));
        let options = lacis_core::RevokeOptions::default();
        let asked =
            world.command(ada, |node, now| node.revoke(now, revoked, at_ada, peer, options));
        asked.expect("the tab is there").expect("she may");
        world.done(ada, revoked, "it is written");
        if is_away {
            world.connect(bob, at_bob);
        }
        world.run_for(Duration::from_secs(10));
        let members = world.command(bob, |node, _| node.group_members(at_bob));
        let members = members.expect("the tab is there").expect("the group is open");
        let own = members.iter().find(|member| member.peer == peer).expect("he knows himself");
        assert_eq!(own.roles, None, "away: {is_away}");
    }
}
