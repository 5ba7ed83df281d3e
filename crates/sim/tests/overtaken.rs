//! Keys that come before the revocations for which they were made: whom they keep out is not given
//! them, and nothing is sealed anew under one that is not the last.

use std::time::Duration;

use lacis_core::{Event, GroupEvent, RoomId};
use lacis_sim::insider::{Insider, changes_group_frames, peer};
use lacis_sim::{TabId, World};
use lacis_wire::codec::decode;
use lacis_wire::group::GroupFrame;
use lacis_wire::keys::EpochKey;
use lacis_wire::{PeerId, Roles, system};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// A founder and two who came in by her, linked.
fn three(seed: u64, roles: Roles) -> (World, [(TabId, RoomId); 3]) {
    let mut world = World::scenario(seed);
    let server = world.add_server();
    let [ada, bob, eve] = [1, 2, 3].map(|identity| {
        let setup = world.stored(server, identity);
        world.open(setup)
    });
    let group = world.found(ada, "Board");
    let at_bob = world.bring_in(ada, group, bob, Roles::MEMBER);
    let at_eve = world.bring_in(ada, group, eve, roles);
    world.write(ada, group, "first").expect("she may write");
    for (tab, group) in [(bob, at_bob), (eve, at_eve)] {
        world.expect_texts(tab, group, &["first"]);
    }
    (world, [(ada, group), (bob, at_bob), (eve, at_eve)])
}

/// An admin may cover an end that it could not make, so the key proves nothing; it says enough to
/// wait for the rest, and not for ever, or it could be kept from anybody.
#[cfg_attr(test, test)]
pub(crate) fn whom_a_key_names_waits_for_it_as_long_as_its_end_may_be_on_its_way() {
    let (mut world, [(ada, group), (bob, at_bob), (eve, at_eve)]) = three(1, Roles::ADMIN);
    let text = world.invite(ada, group, peer(9), Roles::ADMIN, None);
    let admin = Insider::invited(9, &text);
    world.isolate(&[bob, eve], 1);
    world.run_for(SECOND * 40);
    world.revoke(ada, group, world.peer_id(eve));
    let ends = world.replica(ada, group).expect("it is open").members().ends();
    let ends: Vec<_> = ends.into_iter().map(|it| (it.subject, it.end)).collect();
    let now = world.wall_now();
    let readers: [PeerId; 1] = [world.peer_id(bob)];
    let (name, part) = admin.makes_key(&EpochKey([0x66; 32]), now, &ends, &readers);
    for part in [admin.introduces_itself(), part] {
        assert_eq!(world.import(bob, at_bob, &part), Ok(true));
    }
    world.expect(SECOND * 20, "the record comes to her", |world| {
        world.replica(eve, at_eve).is_some_and(|it| it.keys().get(&name).is_some())
    });
    assert!(world.holds_key(bob, at_bob, &name));
    world.run_for(SECOND * 30);
    assert!(!world.holds_key(eve, at_eve, &name), "her end may be on its way to him");
    world.expect(MINUTE, "he does not wait for ever", |world| world.holds_key(eve, at_eve, &name));
}

/// What a tab holds of keys, as an export has it.
fn keys(world: &mut World, tab: TabId, group: RoomId) -> Vec<Vec<u8>> {
    let ticket = world.plain_ticket(tab);
    let asked = world.command(tab, |node, now| node.export_group(now, ticket, group));
    assert_eq!(asked, Some(Ok(())));
    world.done(tab, ticket, "it is exported");
    let parts = world.seen(tab).log.iter().filter_map(|event| match event {
        Event::Group { event, .. } => match &**event {
            GroupEvent::Exported { ticket: known, part } if *known == ticket => Some(part.clone()),
            _ => None,
        },
        _ => None,
    });
    let is_key = |part: &Vec<u8>| {
        let frame = decode::<GroupFrame>(part);
        frame.is_ok_and(|frame| is_record(&frame, Some(system::KEY)))
    };
    parts.filter(is_key).collect()
}

fn is_record(frame: &GroupFrame, kind: Option<&str>) -> bool {
    let GroupFrame::Record { header, .. } = frame else { return false };
    kind.is_none_or(|kind| header.kind.as_str() == kind)
}

/// From now on a tab gives no records of a type, or none at all.
fn withholds(world: &mut World, tab: TabId, kind: Option<&'static str>) {
    let nothing = GroupFrame::Missing { names: Vec::new() };
    let change =
        move |_, frame| vec![if is_record(&frame, kind) { nothing.clone() } else { frame }];
    world.sabotage(tab, changes_group_frames(change));
}

/// There may be a further end among what he was told of and does not have yet.
#[cfg_attr(test, test)]
pub(crate) fn nothing_is_sealed_anew_before_others_have_told_what_they_hold() {
    let (mut world, [(ada, group), (bob, at_bob), (eve, at_eve)]) = three(2, Roles::MEMBER);
    world.command(eve, |node, now| node.disconnect_group(now, at_eve));
    withholds(&mut world, ada, Some(system::KEY));
    world.revoke(ada, group, world.peer_id(eve));
    world.expect(MINUTE * 2, "he seals under an old key", |world| {
        world.told(bob, |event| matches!(event, GroupEvent::KeyOld)) > 0
    });
    let (id, _) = world.write(bob, at_bob, "second").expect("he may write");
    let old = world.seal_of(bob, at_bob, &id);
    world.command(bob, |node, now| node.disconnect_group(now, at_bob));
    world.run_for(SECOND * 10);
    withholds(&mut world, ada, None);
    world.write(ada, group, "third").expect("she may write");
    world.connect(bob, at_bob);
    world.run_for(SECOND * 5);
    for part in keys(&mut world, ada, group) {
        let _ = world.import(bob, at_bob, &part);
    }
    let renewed = |event: &GroupEvent| matches!(event, GroupEvent::KeyRenewed);
    assert_eq!(world.told(bob, renewed), 1, "there is a key");
    world.run_for(SECOND * 10);
    assert_eq!(world.seal_of(bob, at_bob, &id), old, "there may be a better one");
    world.expect(MINUTE, "it is sealed anew", |world| world.seal_of(bob, at_bob, &id) != old);
}
