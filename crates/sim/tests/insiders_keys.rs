//! Keys: whoever is shut out reads nothing that is sealed afterwards, nobody prevents new ones, and
//! whoever is given a false one seals nothing under it.

use std::time::Duration;

use lacis_core::{Event, GroupEvent, RevokeOptions, RoomId};
use lacis_sim::insider::{Insider, changes_group_frames, peer};
use lacis_sim::{ServerId, TabId, World, invitation_for};
use lacis_wire::body::{Body, Place};
use lacis_wire::codec::decode;
use lacis_wire::group::{GivenKey, GroupFrame};
use lacis_wire::keys::EpochKey;
use lacis_wire::proof::{peer_id, signing_key};
use lacis_wire::record::Header;
use lacis_wire::system::KEY;
use lacis_wire::{KeyName, Millis, PeerId, Roles};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

fn world(seed: u64) -> (World, ServerId) {
    let mut world = World::scenario(seed);
    let server = world.add_server();
    (world, server)
}

fn stored(world: &mut World, server: ServerId, identity: u8) -> TabId {
    let setup = world.stored(server, identity);
    world.open(setup)
}

/// What a tab gives of its records, as it travels.
fn sealed(world: &mut World, tab: TabId, group: RoomId) -> Vec<(Header, Vec<u8>)> {
    let ticket = world.plain_ticket(tab);
    let asked = world.command(tab, |node, now| node.export_group(now, ticket, group));
    assert_eq!(asked, Some(Ok(())));
    world.done(tab, ticket, "it is exported");
    let log = world.seen(tab).log.iter();
    log.filter_map(|event| match event {
        Event::Group { event, .. } => match &**event {
            GroupEvent::Exported { ticket: known, part } if *known == ticket => {
                match decode::<GroupFrame>(part) {
                    Ok(GroupFrame::Record { header, body }) => Some((header, body)),
                    _ => None,
                }
            }
            _ => None,
        },
        _ => None,
    })
    .filter(|(header, _)| !header.kind.is_system())
    .collect()
}

#[test]
fn an_admin_who_was_shut_out_reads_nothing_under_a_key_of_its_own() {
    for (seed, undo) in [(1, false), (2, true)] {
        for at in [0, u64::MAX - 1] {
            let (mut world, server) = world(seed);
            let ada = stored(&mut world, server, 1);
            let group = world.found(ada, "Board");
            let id = world.group_id(ada, group);
            let text = world.invite(ada, group, peer(9), Roles::ADMIN, None);
            let mallory = Insider::invited(9, &text);
            let now = world.wall_now();
            assert_eq!(world.import(ada, group, &mallory.introduces_itself()), Ok(true));
            let key = EpochKey([0x66; 32]);
            let readers = [peer(1), peer(9)];
            let (name, part) = mallory.makes_key(&key, now.max(Millis(at)), &[], &readers);
            assert_eq!(world.import(ada, group, &part), Ok(true));
            world.write(ada, group, "before").expect("she may write");
            world.run_for(SECOND);
            let keys: Vec<_> = sealed(&mut world, ada, group).iter().map(|it| it.0.key).collect();
            assert_eq!(keys, [Some(name)], "it is the newest");
            let with = RevokeOptions { undo, ..RevokeOptions::default() };
            world.revoke_with(ada, group, mallory.peer(), with);
            world.write(ada, group, "secret").expect("she may write");
            world.run_for(SECOND * 10);
            let all = sealed(&mut world, ada, group);
            assert_eq!(all.len(), 2);
            let opened = all.iter().filter(|(header, body)| {
                let (record, version) = (header.id, header.version);
                let of = Place { group: id, id: record, version, key: name };
                Body::open(&key, &of, body).is_ok()
            });
            assert_eq!(opened.count(), 1, "what was written before");
            assert_eq!(world.texts(ada, group), ["before", "secret"], "she reads both");
        }
    }
}

#[test]
fn nobody_is_brought_in_who_is_no_key() {
    let (mut world, server) = world(3);
    let [ada, bob] = [1, 2].map(|identity| stored(&mut world, server, identity));
    let group = world.found(ada, "Board");
    let at_bob = world.bring_in(ada, group, bob, Roles::MEMBER);
    let text = world.invite(ada, group, peer(9), Roles::INVITER, None);
    let mallory = Insider::invited(9, &text);
    assert_eq!(world.import(ada, group, &mallory.introduces_itself()), Ok(true));
    let mut one = [0; 32];
    one[0] = 1;
    for subject in [PeerId([0; 32]), PeerId(one), PeerId([0xff; 32])] {
        let nobody = mallory.gives(subject, Roles::MEMBER, Millis::MAX, 1);
        assert!(world.import(ada, group, &mallory.shows(&nobody)).is_err());
        assert_eq!(world.roles(ada, group, subject), None);
    }
    let before = keys(&world, bob, at_bob);
    world.revoke(ada, group, mallory.peer());
    world.expect(MINUTE, "there is a new key", |world| keys(world, bob, at_bob) > before);
}

fn keys(world: &World, tab: TabId, group: RoomId) -> usize {
    world.replica(tab, group).expect("it is open").system_of(KEY).count()
}

/// More members than one part of a key has places, and than are sealed to at once.
#[test]
fn a_key_is_made_for_all_however_many_an_inviter_minted() {
    let (mut world, server) = world(4);
    let [ada, bob] = [1, 2].map(|identity| stored(&mut world, server, identity));
    let group = world.found(ada, "Board");
    let at_bob = world.bring_in(ada, group, bob, Roles::MEMBER);
    let text = world.invite(ada, group, peer(9), Roles::INVITER, None);
    let mallory = Insider::invited(9, &text);
    let victim = world.invite(ada, group, peer(8), Roles::MEMBER, None);
    let victim = Insider::invited(8, &victim);
    for part in [mallory.introduces_itself(), victim.introduces_itself()] {
        assert_eq!(world.import(ada, group, &part), Ok(true));
    }
    for number in 0..1_000_u64 {
        let mut seed = [1; 32];
        seed[..8].copy_from_slice(&number.to_le_bytes());
        let subject = peer_id(&signing_key(&seed));
        let one = mallory.gives(subject, Roles::MEMBER, Millis::MAX, number);
        assert_eq!(world.import(ada, group, &mallory.shows(&one)), Ok(true));
    }
    world.run_for(SECOND * 15);
    let before = keys(&world, bob, at_bob);
    // Somebody else is shut out while she stays.
    world.revoke(ada, group, peer(8));
    // A part at a time: a page would stand still meanwhile.
    let until = world.now() + MINUTE;
    let mut held = keys(&world, ada, group);
    assert_eq!(held, before, "none is there yet");
    while world.step(until) {
        let now = keys(&world, ada, group);
        assert!(now <= held + 1, "one at a time");
        held = now;
    }
    assert_eq!(keys(&world, bob, at_bob), before + 2, "both parts are there");
    world.write(bob, at_bob, "for all").expect("he has the new key");
    world.expect_texts(ada, group, &["for all"]);
    // All whom she brought in go with her, and of all of them it is told.
    let undo = RevokeOptions { undo: true, ..RevokeOptions::default() };
    world.revoke_with(ada, group, mallory.peer(), undo);
    world.run_for(SECOND * 10);
    let is_out = |it: &GroupEvent| matches!(it, GroupEvent::Member(one) if one.roles.is_none());
    for tab in [ada, bob] {
        assert_eq!(world.told(tab, is_out), 1_002);
    }
}

/// A newcomer who knows nobody but an inviter who lies.
#[cfg_attr(test, test)]
pub(crate) fn who_is_given_false_keys_seals_nothing_under_them() {
    for seed in 0..3 {
        let (mut world, server) = world(seed);
        let [ada, bob, mallory] = [1, 2, 3].map(|identity| stored(&mut world, server, identity));
        let group = world.found(ada, "Board");
        let at_mallory = world.bring_in(ada, group, mallory, Roles::INVITER);
        world.write(ada, group, "before").expect("she may write");
        world.expect_texts(mallory, at_mallory, &["before"]);
        let link = world.invite_anybody(ada, group, invitation_for(Roles::MEMBER, 5));
        world.run_for(SECOND * 5);
        world.sabotage(
            mallory,
            changes_group_frames(move |_, frame| match frame {
                // The true names with another key, and names of her own.
                GroupFrame::Keys { keys, meetings } => {
                    let key = EpochKey([0x77; 32]);
                    let own = |number| GivenKey { name: KeyName([number; 16]), key: key.clone() };
                    let mut all: Vec<_> = (0..100).map(own).collect();
                    all.extend(keys.iter().map(|it| GivenKey { name: it.name, key: key.clone() }));
                    vec![GroupFrame::Keys { keys: all, meetings }]
                }
                other => vec![other],
            }),
        );
        world.isolate(&[bob, mallory], 1);
        let ticket = world.plain_ticket(bob);
        let joined = world
            .open_group(bob, |node, now, number| {
                node.join_group(now, ticket, number, &link, MINUTE * 10)
            })
            .expect("he is there")
            .expect("the link is good");
        world.connect(bob, joined);
        world.run_for(MINUTE * 2);
        assert_eq!(world.roles(bob, joined, peer(2)), Some(Roles::MEMBER));
        let _ = world.write(bob, joined, "early");
        world.run_for(SECOND * 10);
        let mut all = sealed(&mut world, bob, joined);
        all.retain(|(header, _)| header.creator == peer(2));
        assert_eq!(all, [], "what he wrote waits");
        assert_eq!(world.settled(bob, ticket), None, "he cannot write yet");
        world.heal();
        world.expect(MINUTE * 3, "he has the key", |world| {
            world.settled(bob, ticket) == Some(Ok(()))
        });
        world.write(bob, joined, "sealed").expect("he has the key");
        world.expect_texts(ada, group, &["before", "early", "sealed"]);
    }
}
