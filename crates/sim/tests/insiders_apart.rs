//! What is revoked in two halves that do not see each other, or by somebody who then is gone.

use std::time::Duration;

use lacis_core::{GroupEvent, RoomId};
use lacis_sim::insider::peer;
use lacis_sim::{ServerId, TabId, TabSetup, World};
use lacis_wire::system::{KEY, REVOCATION};
use lacis_wire::{KeyName, Roles};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// A founder, an admin and members, all of whom have met.
struct Board<const N: usize> {
    world: World,
    setups: [TabSetup; N],
    people: [(TabId, RoomId); N],
}

fn board<const N: usize>(seed: u64) -> Board<N> {
    let mut world = World::scenario(seed);
    let server: ServerId = world.add_server();
    let mut identity = 0;
    let setups = [(); N].map(|()| {
        identity += 1;
        world.stored(server, identity)
    });
    let tabs = setups.clone().map(|setup| world.open(setup));
    let group = world.found(tabs[0], "Board");
    world.write(tabs[0], group, "together").expect("she may write");
    let people = tabs.map(|tab| {
        if tab == tabs[0] {
            return (tab, group);
        }
        let roles = if tab == tabs[1] { Roles::ADMIN } else { Roles::MEMBER };
        (tab, world.bring_in(tabs[0], group, tab, roles))
    });
    for (tab, group) in people {
        world.expect_texts(tab, group, &["together"]);
    }
    world.run_for(SECOND * 5);
    Board { world, setups, people }
}

fn newest(world: &World, (tab, group): (TabId, RoomId)) -> Option<KeyName> {
    let replica = world.replica(tab, group)?;
    replica.keys().newest_first(replica.members()).first().copied()
}

fn count(world: &World, (tab, group): (TabId, RoomId), kind: &str) -> usize {
    world.replica(tab, group).expect("it is open").system_of(kind).count()
}

#[test]
fn two_who_were_shut_out_apart_are_out_and_one_key_covers_both() {
    for seed in 0..4 {
        let Board { mut world, people, .. } = board::<6>(seed);
        let [ada, bob, cleo, dan, eve, finn] = people;
        // Ada, Cleo and Eve here, Bob, Dan and Finn there.
        world.isolate(&[bob.0, dan.0, finn.0], 1);
        world.run_for(MINUTE);
        world.revoke(ada.0, ada.1, peer(6));
        world.revoke(bob.0, bob.1, peer(5));
        world.run_for(MINUTE);
        world.write(cleo.0, cleo.1, "here").expect("she may write");
        world.write(dan.0, dan.1, "there").expect("he may write");
        world.run_for(SECOND * 15);
        world.heal();
        for (tab, group) in [ada, bob, cleo, dan] {
            world.expect_texts(tab, group, &["here", "there", "together"]);
        }
        let is_covered = |world: &World, at: (TabId, RoomId)| {
            let replica = world.replica(at.0, at.1).expect("it is open");
            let name = newest(world, at);
            replica.members().ends().len() == 2
                && replica.keys().uncovered(name.as_ref(), replica.members()).is_empty()
        };
        let here = [ada, bob, cleo, dan];
        world.expect(MINUTE, "one key covers both", |world| {
            here.iter().all(|at| is_covered(world, *at))
        });
        world.run_for(SECOND * 5);
        let name = newest(&world, ada);
        for at in here {
            assert_eq!(newest(&world, at), name, "seed {seed}");
            let roles = [5, 6].map(|identity| world.roles(at.0, at.1, peer(identity)));
            assert_eq!(roles, [None, None]);
        }
        world.write(cleo.0, cleo.1, "secret").expect("she may write");
        world.expect_texts(dan.0, dan.1, &["here", "secret", "there", "together"]);
        world.run_for(MINUTE * 2);
        for (tab, group) in [eve, finn] {
            assert!(!world.texts(tab, group).contains(&"secret".to_owned()));
        }
    }
}

/// Written by somebody who was away with another one, and was shut out meanwhile.
#[test]
fn what_no_list_names_is_set_aside_and_comes_back_when_an_admin_names_it() {
    for seed in 0..3 {
        let Board { mut world, people, .. } = board::<4>(seed);
        let [ada, bob, cleo, dan] = people;
        let ticket = world.plain_ticket(ada.0);
        let roles = (Roles::ADMIN, None);
        let asked =
            world.command(ada.0, |node, now| node.set_roles(now, ticket, ada.1, peer(3), roles));
        assert_eq!(asked, Some(Ok(())));
        world.run_for(SECOND * 5);
        world.isolate(&[cleo.0, dan.0], 1);
        world.run_for(SECOND * 30);
        world.write(dan.0, dan.1, "my work").expect("he may write");
        world.expect_texts(cleo.0, cleo.1, &["my work", "together"]);
        world.revoke(bob.0, bob.1, peer(4));
        world.kill(dan.0, false);
        world.heal();
        world.expect(MINUTE * 3, "she is told", |world| {
            world.told(
                cleo.0,
                |event| matches!(event, GroupEvent::SetAside { author, .. } if *author == peer(4)),
            ) > 0
        });
        world.expect_texts(cleo.0, cleo.1, &["together"]);
        world.run_for(MINUTE * 2);
        assert_eq!(world.texts(ada.0, ada.1), ["together"], "nobody is given it");
        let ticket = world.plain_ticket(cleo.0);
        let asked =
            world.command(cleo.0, |node, now| node.name_actions(now, ticket, cleo.1, peer(4)));
        assert_eq!(asked, Some(Ok(())));
        for (tab, group) in [cleo, ada, bob] {
            world.expect_texts(tab, group, &["my work", "together"]);
            assert_eq!(world.roles(tab, group, peer(4)), None);
        }
    }
}

/// The first half of a revocation is all that its author does.
#[test]
fn a_key_follows_a_revocation_whose_author_is_gone_at_once() {
    for seed in 0..6 {
        let Board { mut world, people, .. } = board::<4>(seed);
        let [ada, bob, cleo, mallory] = people;
        let before = newest(&world, cleo);
        let ticket = world.plain_ticket(ada.0);
        let options = lacis_core::RevokeOptions::default();
        world
            .command(ada.0, |node, now| node.revoke(now, ticket, ada.1, peer(4), options))
            .expect("she is there")
            .expect("she may");
        // It has left, and the key has not.
        world.sabotage(
            ada.0,
            lacis_sim::insider::changes_group_frames(|_, frame| match frame {
                lacis_wire::group::GroupFrame::Record { header, .. }
                    if header.kind.as_str() == KEY =>
                {
                    vec![]
                }
                other => vec![other],
            }),
        );
        world.expect(SECOND * 10, "he knows", |world| count(world, bob, REVOCATION) == 1);
        world.kill(ada.0, true);
        world.expect(SECOND * 30, "he has made a key", |world| {
            let name = newest(world, cleo);
            name != before && name == newest(world, bob)
        });
        world.write(cleo.0, cleo.1, "secret").expect("she may write");
        world.expect_texts(bob.0, bob.1, &["secret", "together"]);
        world.run_for(MINUTE);
        assert_eq!(world.texts(mallory.0, mallory.1), ["together"]);
    }
}

#[test]
fn while_no_admin_is_here_the_old_key_is_used_and_all_are_told() {
    let Board { mut world, setups, people } = board::<4>(3);
    let [ada, bob, cleo, dan] = people;
    let id = world.group_id(ada.0, ada.1);
    world.sabotage(
        ada.0,
        lacis_sim::insider::changes_group_frames(|_, frame| match frame {
            lacis_wire::group::GroupFrame::Record { header, .. } if header.kind.as_str() == KEY => {
                vec![]
            }
            other => vec![other],
        }),
    );
    world.kill(bob.0, false);
    world.run_for(SECOND);
    world.revoke(ada.0, ada.1, peer(4));
    world.expect(SECOND * 10, "she knows", |world| count(world, cleo, REVOCATION) == 1);
    world.kill(ada.0, true);
    let (_, ticket) = world.write(cleo.0, cleo.1, "waits").expect("it is taken");
    world.run_for(SECOND * 20);
    assert_eq!(world.settled(cleo.0, ticket), None, "nothing is sealed yet");
    let old = |world: &World| world.told(cleo.0, |event| *event == GroupEvent::KeyOld);
    assert_eq!(old(&world), 0);
    world.run_for(MINUTE);
    assert_eq!((old(&world), world.settled(cleo.0, ticket)), (1, Some(Ok(()))));
    assert_eq!(world.texts(dan.0, dan.1), ["together"]);
    // The admin comes back.
    let bob = world.open(setups[1].clone());
    let at_bob = world.open_stored(bob, id);
    world.connect(bob, at_bob);
    world.expect(MINUTE * 2, "there is a key", |world| {
        world.told(cleo.0, |event| *event == GroupEvent::KeyRenewed) == 1
    });
    world.expect_texts(bob, at_bob, &["together", "waits"]);
}
