//! Whoever knows where a group meets can link to its members, and takes no member's place.

use std::time::Duration;

use lacis_core::{Event, Input, InviteOptions, RoomId, SocketId};
use lacis_sim::{Being, Saboteur, Scene, ServerId, TabId, TabSetup, World};
use lacis_wire::codec::{decode, encode};
use lacis_wire::group::GroupFrame;
use lacis_wire::limits::{LINKS_MAX, REMOTES_MAX, SAMPLE_MAX, STRANGER_DEADLINE, STRANGERS_MAX};
use lacis_wire::link::LinkFrame;
use lacis_wire::signal::ServerFrame;
use lacis_wire::{Code, NodeId, PeerId, Roles};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

fn stored(world: &mut World, server: ServerId) -> TabSetup {
    let disk = Some(world.add_disk());
    TabSetup { disk, ..TabSetup::at(&[server]) }
}

/// It links to whoever is there and says nothing of what could make it a member.
fn silent() -> Saboteur {
    Saboteur::new(|out| {
        let mut bytes = out.bytes.to_vec();
        if let Ok(LinkFrame::Group { room, more: false, data }) = decode(out.bytes)
            && let Ok(GroupFrame::JoinRequest { .. } | GroupFrame::Enter { .. }) = decode(data)
        {
            let data = encode(&GroupFrame::Refuse { code: Code::NotMember });
            bytes = encode(&LinkFrame::Group { room, more: false, data: &data });
        }
        vec![(out.channel, bytes)]
    })
}

struct Board {
    world: World,
    server: ServerId,
    ada: TabId,
    group: RoomId,
    open: String,
}

fn board(seed: u64) -> Board {
    let Scene { mut world, server, .. } = Scene::<0>::joined(seed);
    let setup = stored(&mut world, server);
    let ada = world.open(setup);
    let group = world.found(ada, "Board");
    let options = InviteOptions {
        roles: Roles::MEMBER,
        expires: None,
        member_for: None,
        uses: 100,
        exact: false,
    };
    let invite = |world: &mut World| {
        world.command(ada, |node, now| node.invite_anybody(now, group, options))
    };
    let open = invite(&mut world).expect("it is there").expect("it may invite");
    Board { world, server, ada, group, open }
}

fn stranger(board: &mut Board) -> TabId {
    let setup = stored(&mut board.world, board.server);
    let eve = board.world.open(setup);
    board.world.sabotage(eve, silent());
    let ticket = board.world.plain_ticket(eve);
    let joined = board.world.open_group(eve, |node, now, number| {
        node.join_group(now, ticket, number, &board.open, Duration::from_secs(600))
    });
    let group = joined.expect("it is there").expect("it can be tried");
    board.world.connect(eve, group);
    eve
}

#[test]
fn strangers_who_come_again_and_again_keep_no_member_out() {
    let mut board = board(1);
    // A server names all of them, so that it is links alone that could be missing.
    for _ in 0..SAMPLE_MAX - 2 {
        stranger(&mut board);
        board.world.run_for(SECOND);
    }
    let Board { mut world, server, ada, group, .. } = board;
    let setup = stored(&mut world, server);
    let bob = world.open(setup);
    let bobs = world.bring_in(ada, group, bob, Roles::MEMBER);
    let peer = world.peer_id(bob);
    let present = |world: &mut World| {
        let members = world.command(ada, |node, _| node.group_members(group));
        let members = members.expect("it is there").expect("it is open");
        members.iter().any(|member| member.peer == peer && member.present)
    };
    world.run_for(MINUTE);
    assert!(present(&mut world));
    // And it stays.
    world.run_for(MINUTE);
    assert!(present(&mut world));
    world.write(bob, bobs, "here").expect("it may write");
    world.run_for(SECOND * 5);
    assert_eq!(world.texts(ada, group), ["here"]);
}

#[test]
fn a_link_that_proves_no_membership_ends() {
    let mut board = board(1);
    let eve = stranger(&mut board);
    board.world.expect(SECOND * 5, "they are linked", |w| w.connections(eve) == 1);
    board.world.expect(STRANGER_DEADLINE + SECOND, "it ends", |w| w.connections(eve) == 0);
    assert_eq!(board.world.connections(board.ada), 0);
}

#[test]
fn few_strangers_are_linked_at_a_time() {
    let mut board = board(1);
    for _ in 0..LINKS_MAX - 2 {
        stranger(&mut board);
    }
    board.world.run_for(SECOND * 8);
    let links: Vec<usize> = (0..10)
        .map(|_| {
            board.world.run_for(SECOND);
            board.world.connections(board.ada)
        })
        .collect();
    // Whoever comes again is looked at for a moment.
    assert!(links.iter().all(|count| (1..=2 * STRANGERS_MAX).contains(count)), "{links:?}");
    assert!(links.iter().any(|count| *count <= STRANGERS_MAX), "{links:?}");
}

#[cfg_attr(test, test)]
pub(crate) fn few_frames_of_a_stranger_are_looked_at() {
    let mut board = board(1);
    let eve = stranger(&mut board);
    // Each of her frames comes a hundred times.
    let mut silent = silent();
    board.world.sabotage(
        eve,
        Saboteur::new(move |out| {
            let is_group = matches!(decode(out.bytes), Ok(LinkFrame::Group { .. }));
            let sent = silent.replace(out).pop();
            let count = if is_group { 100 } else { 1 };
            sent.into_iter().flat_map(|it| vec![it; count]).collect()
        }),
    );
    board.world.run_for(SECOND * 10);
    let limited = |event: &&Event| matches!(event, Event::Warning { code: Code::RateLimited, .. });
    let dropped = board.world.seen(board.ada).log.iter().filter(limited).count();
    assert!(dropped > 80, "{dropped} were dropped");
}

#[test]
fn links_of_keepers_and_of_members_without_a_word_to_say_stay() {
    for roles in [Roles::KEEPER, Roles::MEMBER] {
        let Board { mut world, server, ada, group, .. } = board(1);
        let setup = stored(&mut world, server);
        let bob = world.open(setup);
        world.bring_in(ada, group, bob, roles);
        world.expect(SECOND * 5, "they are linked", |w| w.connections(ada) == 1);
        let links = world.links(ada).len();
        world.run_for(MINUTE * 5);
        assert_eq!((world.connections(ada), world.links(ada).len()), (1, links));
    }
}

#[test]
fn nodes_that_a_server_makes_up_push_nobody_out() {
    let Scene { mut world, server, room, tabs: [ada, gone] } = Scene::linked(1);
    world.close(gone);
    world.run_for(SECOND);
    // Nobody is told that they do not exist.
    world.meddle(Box::new(|passing| match decode(passing.bytes) {
        Ok(ServerFrame::Undelivered { .. }) => Vec::new(),
        _ => vec![passing.bytes.to_vec()],
    }));
    let topic = world.room_link(room).keys().topic;
    for round in 0..10_u8 {
        let members: Vec<_> = (0..16).map(|number| NodeId([round * 16 + number; 16])).collect();
        // To the checkers they are others who have left.
        let being = Being { tab: gone, peer: PeerId([0; 32]) };
        world.truth.nodes.extend(members.iter().map(|node| (*node, being)));
        let frame = encode(&ServerFrame::Joined { topic, members });
        world.tell(ada, Input::SocketFrame(SocketId(1), frame.into()));
    }
    assert_eq!(world.report(ada).map(|report| report.remotes.len()), Some(REMOTES_MAX));
    assert!(world.pair(ada, room, None).is_ok(), "people may link by hand all the same");
    let bob = world.open(TabSetup::at(&[server]));
    world.join(bob, room);
    world.expect(SECOND * 2, "they are linked", |w| w.are_linked(ada, bob));
}
