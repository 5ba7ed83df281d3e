//! Callbacks of connections and sockets that are gone change nothing.

use std::time::Duration;

use lacis_core::{CandidateKind, Input, LinkInput, LinkState, OpId, Path, SocketId};
use lacis_sim::{Scene, TabId, World};
use lacis_wire::Code;
use lacis_wire::codec::encode;
use lacis_wire::link::{Channel, LinkFrame};

/// Everything that a browser may say about a connection.
fn callbacks() -> Vec<LinkInput<'static>> {
    let mut inputs = vec![
        LinkInput::Candidate("candidate:1 1 udp 1 192.0.2.1 5000 typ host".into()),
        LinkInput::State(LinkState::Connected),
        LinkInput::State(LinkState::Disconnected),
        LinkInput::State(LinkState::Failed),
        LinkInput::State(LinkState::DtlsFailed),
    ];
    for op in (0..60).map(OpId) {
        inputs.push(LinkInput::Described(op, "v=0".into()));
        inputs.push(LinkInput::Done(op));
        inputs.push(LinkInput::Failed(op, Code::Internal));
        inputs.push(LinkInput::Path(op, Path { local: Some(CandidateKind::Relay), remote: None }));
    }
    for channel in Channel::ALL {
        inputs.push(LinkInput::ChannelOpened(channel));
        inputs.push(LinkInput::Data(channel, encode(&LinkFrame::Bye { code: Code::Left }).into()));
        inputs.push(LinkInput::Data(channel, vec![0xff].into()));
        inputs.push(LinkInput::Buffered(channel, usize::MAX));
        inputs.push(LinkInput::ChannelClosed(channel));
    }
    inputs
}

fn replaced_link() -> (World, usize, [TabId; 2]) {
    let Scene { mut world, room, tabs: [ada, bob], .. } = Scene::linked(1);
    world.isolate(&[ada], 1);
    world.run_for(Duration::from_secs(30));
    world.isolate(&[ada], 0);
    world.expect(Duration::from_secs(12), "they are linked again", |w| w.are_linked(ada, bob));
    world.run_for(Duration::from_secs(12));
    (world, room, [ada, bob])
}

#[test]
fn whatever_a_dead_connection_says_is_ignored() {
    let (mut world, room, [ada, bob]) = replaced_link();
    let dead = world.links(ada).into_iter().filter(|(_, open)| !open);
    let dead: Vec<_> = dead.map(|(link, _)| link).collect();
    assert!(!dead.is_empty());
    let before = world.hash();
    for link in dead {
        for input in callbacks() {
            world.tell(ada, Input::Link(link, input));
        }
    }
    assert_eq!(world.hash(), before, "the node put something out");
    world.expect_delivery(ada, room, bob, Duration::from_secs(1));
}

#[test]
fn whatever_a_dead_socket_says_is_ignored() {
    let Scene { mut world, room, server, tabs: [ada, bob] } = Scene::linked(1);
    world.stop_server(server, true);
    world.start_server(server);
    world.run_for(Duration::from_secs(10));
    let before = world.hash();
    world.tell(ada, Input::SocketOpened(SocketId(1)));
    world.tell(ada, Input::SocketFrame(SocketId(1), vec![0xff].into()));
    world.tell(ada, Input::SocketClosed(SocketId(1), Some(4001)));
    assert_eq!(world.hash(), before, "the node put something out");
    world.expect_delivery(ada, room, bob, Duration::from_secs(1));
}

#[test]
fn a_closed_node_ignores_everything() {
    let Scene { mut world, tabs: [ada, _], .. } = Scene::linked(1);
    world.close(ada);
    world.run_for(Duration::from_secs(1));
    let before = world.hash();
    for (link, _) in world.links(ada) {
        for input in callbacks() {
            world.tell(ada, Input::Link(link, input));
        }
    }
    world.tell(ada, Input::SocketOpened(SocketId(1)));
    world.command(ada, |node, now| node.wake(now));
    assert_eq!(world.hash(), before, "the node put something out");
}
