//! Somebody with many nodes links with one page, again and again, and keeps its links busy. Others
//! keep links with it nevertheless, and whoever comes is let in.

use std::time::Duration;

use lacis_sim::{Mail, Saboteur, Scene, ServerId, TabId, TabSetup, World, liar};
use lacis_wire::codec::{decode, encode};
use lacis_wire::limits::LINKS_MAX;
use lacis_wire::link::LinkFrame;

const SECOND: Duration = Duration::from_secs(1);

/// Tabs that know nobody but one of those who are there.
fn crowd(
    world: &mut World,
    server: ServerId,
    ada: TabId,
    identity: impl Fn(u8) -> Option<[u8; 32]>,
) -> Vec<TabId> {
    let setups =
        (0..14).map(|number| TabSetup { identity: identity(number), ..TabSetup::at(&[server]) });
    let crowd: Vec<TabId> = setups.map(|setup| world.open(setup)).collect();
    let nodes: Vec<_> = crowd.iter().map(|tab| world.node_id(*tab)).collect();
    let only = world.node_id(ada);
    world.meddle(liar::rewrite_samples(move |node, _, members| match nodes.contains(&node) {
        true => vec![only],
        false => members,
    }));
    crowd
}

#[test]
fn many_nodes_of_one_identity_push_out_each_other() {
    for seed in 0..3 {
        let Scene { mut world, server, room, tabs } = Scene::<24>::joined(seed);
        world.run_for(SECOND * 5);
        let ada = tabs[0];
        let crowd = crowd(&mut world, server, ada, |_| Some([7; 32]));
        for _ in 0..3 {
            for tab in &crowd {
                world.join(*tab, room);
                world.run_for(SECOND);
            }
            world.run_for(SECOND * 5);
            for tab in &crowd {
                world.leave(*tab, room);
            }
        }
        let linked = tabs.iter().filter(|tab| world.are_linked(ada, **tab)).count();
        assert!(linked >= 3, "seed {seed}: {linked} links are left with others");
        let before = world.seen(ada).messages.len();
        world.broadcast(tabs[20], room, 10, true).expect("it may be told");
        world.expect(SECOND * 2, "she hears it", |w| w.seen(ada).messages.len() > before);
    }
}

/// Each of them has begun a message, and does not go on.
#[test]
fn links_that_others_keep_busy_make_place_for_who_comes() {
    for seed in 0..3 {
        let Scene { mut world, server, room, tabs: [ada] } = Scene::<1>::joined(seed);
        let crowd = crowd(&mut world, server, ada, |_| None);
        let (busy, bob) = (&crowd[..LINKS_MAX], crowd[LINKS_MAX]);
        for tab in busy {
            world.sabotage(
                *tab,
                Saboteur::new(|out| match decode(out.bytes) {
                    Ok(LinkFrame::Chunk { stream, data }) if data.len() > 1 => {
                        let data = &data[..1];
                        vec![(out.channel, encode(&LinkFrame::Chunk { stream, data }))]
                    }
                    _ => vec![(out.channel, out.bytes.to_vec())],
                }),
            );
        }
        for tab in busy {
            world.join(*tab, room);
            world.expect(SECOND * 5, "it is linked", |w| w.are_linked(ada, *tab));
            let large = Mail { size: 4_000_000, ..Mail::delivered(0) };
            world.send(*tab, room, ada, large).expect("it may be sent");
        }
        assert_eq!(world.connections(ada), LINKS_MAX);
        world.join(bob, room);
        let limit = SECOND * 40;
        world.expect(limit, "he is let in", |w| w.are_linked(ada, bob));
        assert!(world.connections(ada) <= LINKS_MAX);
    }
}

/// Two devices of one person are linked for a room each: neither is one too many.
#[test]
fn the_only_link_of_a_room_makes_place_for_nobody_whose_ever_it_is() {
    let mut world = World::scenario(1);
    let server = world.add_server();
    let ada = world.open(TabSetup::at(&[server]));
    let meet = |world: &mut World, identity| {
        let room = world.add_room(&[server]);
        let tab = world.open(TabSetup { identity, ..TabSetup::at(&[server]) });
        world.join(ada, room);
        world.join(tab, room);
        world.run_for(SECOND * 2);
        tab
    };
    let bob = [(); 2].map(|()| meet(&mut world, Some([7; 32])));
    for _ in bob.len()..LINKS_MAX {
        meet(&mut world, None);
    }
    meet(&mut world, None);
    for _ in 0..60 {
        world.run_for(SECOND);
        assert!(bob.iter().all(|tab| world.are_linked(ada, *tab)));
    }
}
