//! What the founder says of a group, and who its members are.

use std::time::Duration;

use lacis_core::{Event, GroupEvent, GroupMember, InviteOptions, RoomId};
use lacis_sim::{TabId, TabSetup, World, group_properties, invitation_for};
use lacis_wire::system::GroupProperties;
use lacis_wire::{Code, Millis, PeerId, Roles};

const SOON: Duration = Duration::from_secs(15);
const DAY: u64 = 86_400_000;
const HOUR: u64 = 3_600_000;

fn world(seed: u64) -> (World, [TabId; 2]) {
    let mut world = World::scenario(seed);
    let server = world.add_server();
    let tabs = [1, 2].map(|identity| {
        let disk = Some(world.add_disk());
        world.open(TabSetup { disk, identity: Some([identity; 32]), ..TabSetup::at(&[server]) })
    });
    (world, tabs)
}

/// What a tab heard of the properties, in order.
fn told(world: &World, tab: TabId) -> Vec<GroupProperties> {
    let heard = world.seen(tab).log.iter().filter_map(|event| match event {
        Event::Group { event, .. } => match &**event {
            GroupEvent::Properties(properties) => Some(properties.clone()),
            _ => None,
        },
        _ => None,
    });
    heard.collect()
}

/// What a tab heard of a member, in order.
fn told_of(world: &World, tab: TabId, peer: PeerId) -> Vec<(Option<Roles>, Millis, bool)> {
    let heard = world.seen(tab).log.iter().filter_map(|event| match event {
        Event::Group { event, .. } => match &**event {
            GroupEvent::Member(it) if it.peer == peer => Some((it.roles, it.until, it.present)),
            _ => None,
        },
        _ => None,
    });
    heard.collect()
}

fn set(world: &mut World, tab: TabId, group: RoomId, to: &GroupProperties) -> Result<(), Code> {
    let ticket = world.plain_ticket(tab);
    let set = world.command(tab, |node, now| node.set_properties(now, ticket, group, to));
    set.expect("the tab is there")
}

fn known(world: &mut World, tab: TabId, group: RoomId) -> Option<GroupProperties> {
    let known = world.command(tab, |node, _| node.group_properties(group).map(|it| it.cloned()));
    known.expect("the tab is there").expect("the group is open")
}

fn members(world: &mut World, tab: TabId, group: RoomId) -> Vec<GroupMember> {
    let members = world.command(tab, |node, _| node.group_members(group));
    members.expect("the tab is there").expect("the group is open")
}

#[test]
fn every_member_hears_what_the_founder_says_and_nobody_else_can_say_it() {
    let (mut world, [ada, bob]) = world(1);
    let first = GroupProperties { comment: "Minutes".into(), ..group_properties("Board") };
    let group = world.found_with(ada, &first);
    let joined = world.bring_in(ada, group, bob, Roles::ADMIN);
    world.expect(SOON, "he hears", |world| told(world, bob) == [first.clone()]);
    assert_eq!(known(&mut world, bob, joined), Some(first.clone()));
    let second = GroupProperties { flags: GroupProperties::DEFER_EXPIRATION, ..first.clone() };
    assert_eq!(set(&mut world, bob, joined, &second), Err(Code::NotAllowed));
    assert_eq!(set(&mut world, ada, group, &second), Ok(()));
    world.expect(SOON, "he hears", |world| told(world, bob).last() == Some(&second));
    assert_eq!(told(&world, ada), [first, second]);
    let founder = world.peer_id(ada);
    for (tab, group) in [(ada, group), (bob, joined)] {
        let known = world.command(tab, |node, _| node.group_founder(group));
        assert_eq!(known, Some(Ok(Some(founder))));
    }
}

#[test]
fn a_new_name_leaves_everything_else_as_it_is() {
    let (mut world, [ada, bob]) = world(4);
    let flags = GroupProperties::DEFER_EXPIRATION;
    let first = GroupProperties { flags, comment: "Minutes".into(), ..group_properties("Board") };
    let group = world.found_with(ada, &first);
    let joined = world.bring_in(ada, group, bob, Roles::ADMIN);
    let rename = |world: &mut World, tab, group, name: &str, comment: Option<&str>| {
        let ticket = world.plain_ticket(tab);
        let comment = comment.map(str::to_owned);
        let done =
            world.command(tab, |node, now| node.rename_group(now, ticket, group, name, comment));
        done.expect("the tab is there")
    };
    assert_eq!(rename(&mut world, ada, group, "Plans", None), Ok(()));
    let second = GroupProperties { name: "Plans".into(), ..first };
    world.expect(SOON, "he hears", |world| told(world, bob).last() == Some(&second));
    assert_eq!(rename(&mut world, ada, group, "Plans", Some("")), Ok(()));
    let third = GroupProperties { comment: String::new(), ..second };
    world.expect(SOON, "he hears", |world| told(world, bob).last() == Some(&third));
    assert_eq!(rename(&mut world, bob, joined, "Mine", None), Err(Code::NotAllowed));
    let long = "x".repeat(256);
    assert_eq!(rename(&mut world, ada, group, &long, None), Err(Code::InvalidArgument));
    assert_eq!(known(&mut world, ada, group), Some(third));
}

#[test]
fn what_is_given_without_a_time_lasts_as_long_as_the_group_says() {
    let (mut world, [ada, bob]) = world(1);
    let properties = GroupProperties { member_lifetime: DAY, ..group_properties("Board") };
    let group = world.found_with(ada, &properties);
    world.bring_in(ada, group, bob, Roles::MEMBER);
    let peer = world.peer_id(bob);
    world.expect(SOON, "she knows him", |world| !told_of(world, ada, peer).is_empty());
    let until = |world: &mut World| {
        let found = members(world, ada, group).into_iter().find(|it| it.peer == peer);
        found.expect("he is a member").until
    };
    let now = world.command(ada, |node, now| node.group_time(now, group));
    let now = now.expect("she is there").expect("the group is open");
    let end = until(&mut world);
    assert!(end.0 > now.0 + DAY - 60_000 && end.0 <= now.0 + DAY, "{end:?} at {now:?}");
    let ticket = world.plain_ticket(ada);
    let longer = (Roles::MEMBER, Some(Duration::MAX));
    let given = world.command(ada, |node, now| node.set_roles(now, ticket, group, peer, longer));
    assert_eq!(given, Some(Ok(())));
    assert_eq!(until(&mut world), Millis::MAX);
}

/// Whoever is let in for a day is there for a day, whoever is linked to it.
#[test]
fn a_term_that_somebody_named_is_over_when_it_is_over_and_one_of_the_group_goes_on() {
    let hour = Duration::from_secs(3_600);
    for (given, stays) in [(Some(hour), false), (None, true)] {
        for by_link in [false, true] {
            let (mut world, [ada, bob]) = world(3);
            let properties = GroupProperties { member_lifetime: HOUR, ..group_properties("Board") };
            let group = world.found_with(ada, &properties);
            let peer = world.peer_id(bob);
            let joined = if by_link {
                let options =
                    InviteOptions { member_for: given, ..invitation_for(Roles::MEMBER, 1) };
                let link = world.invite_anybody(ada, group, options);
                world.take_invitation(bob, &link)
            } else {
                let text = world.invite(ada, group, peer, Roles::MEMBER, given);
                world.take_invitation(bob, &text)
            };
            world.connect(bob, joined);
            world.expect(SOON, "he is in", |world| !told_of(world, ada, peer).is_empty());
            world.run_for(hour * 3);
            let here = [(ada, group), (bob, joined)].map(|(tab, at)| world.roles(tab, at, peer));
            assert_eq!(here, [Some(Roles::MEMBER).filter(|_| stays); 2], "{given:?} {by_link}");
        }
    }
}

#[test]
fn members_are_told_when_they_join_come_go_and_change_and_oneself_is_first() {
    let (mut world, [ada, bob]) = world(2);
    let group = world.found(ada, "Board");
    let joined = world.bring_in(ada, group, bob, Roles::MEMBER);
    let (founder, peer) = (world.peer_id(ada), world.peer_id(bob));
    let member = (Some(Roles::MEMBER), Millis::MAX, true);
    world.expect(SOON, "he comes", |world| told_of(world, ada, peer).last() == Some(&member));
    world.run_for(SOON);
    for (tab, group, own) in [(ada, group, founder), (bob, joined, peer)] {
        let members = members(&mut world, tab, group);
        assert_eq!(members.len(), 2);
        // Neither has another page.
        assert!(members[0].peer == own && !members[0].present);
        assert!(members[1].present);
    }
    let ticket = world.plain_ticket(ada);
    let roles = (Roles::INVITER, None);
    let given = world.command(ada, |node, now| node.set_roles(now, ticket, group, peer, roles));
    assert_eq!(given, Some(Ok(())));
    world.command(bob, |node, now| node.disconnect_group(now, joined));
    world.expect(SOON, "he goes", |world| {
        told_of(world, ada, peer).last().is_some_and(|(_, _, present)| !present)
    });
    let heard = told_of(&world, ada, peer);
    let inviter = (Some(roles.0), Millis::MAX, true);
    let gone = (Some(roles.0), Millis::MAX, false);
    assert!(heard.ends_with(&[member, inviter, gone]), "{heard:?}");
    let absent = members(&mut world, ada, group).into_iter().find(|it| it.peer == peer);
    assert!(absent.is_some_and(|it| it.roles == Some(roles.0) && !it.present));
}
