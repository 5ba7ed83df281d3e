//! ICE servers that signaling servers name.

use lacis_core::{
    Config, ConfigError, Event, Input, LinkAction, Node, Output, SocketId, Timestamp,
};
use lacis_wire::Code;
use lacis_wire::codec::encode;
use lacis_wire::room::RoomLink;
use lacis_wire::signal::{IceServer, ServerFrame};

fn stun(url: &str) -> IceServer {
    IceServer { urls: vec![url.to_owned()], username: None, credential: None }
}

fn outputs(node: &mut Node) -> Vec<Output> {
    std::iter::from_fn(|| node.poll_output()).collect()
}

/// The ICE servers of the first connection of a node whose servers name these, and whether the
/// application was warned.
fn used(named: &[Vec<IceServer>]) -> (Vec<String>, bool) {
    let servers = (0..named.len()).map(|number| format!("wss://server-{number}/ws")).collect();
    let config = Config { servers, identity: [1; 32], ..Config::default() };
    let now = Timestamp::ZERO;
    let mut node = Node::new(config, [2; 32], now).expect("it is within the limits");
    let mut all = outputs(&mut node);
    let dialled = |output: &Output| match output {
        Output::Dial(socket, _) => Some(*socket),
        _ => None,
    };
    let sockets: Vec<SocketId> = all.iter().filter_map(dialled).collect();
    for (socket, ice_servers) in sockets.into_iter().zip(named) {
        node.handle_input(now, Input::SocketOpened(socket));
        let welcome = ServerFrame::Welcome { version: 1, ice_servers: ice_servers.clone() };
        node.handle_input(now, Input::SocketFrame(socket, encode(&welcome).into()));
        all.extend(outputs(&mut node));
    }
    let link = RoomLink { secret: [3; 16], servers: Vec::new() };
    node.join(now, 1, lacis_core::RoomId(1), &link, std::time::Duration::from_secs(9))
        .expect("it can be joined");
    all.extend(outputs(&mut node));
    let created = all.iter().find_map(|output| match output {
        Output::Link(_, LinkAction::Create { ice_servers, .. }) => Some(ice_servers),
        _ => None,
    });
    let created = created.expect("a connection is made ahead of need");
    let warning = Event::Warning { code: Code::Protocol, node: None };
    let warned = all.iter().any(|it| matches!(it, Output::Event(event) if *event == warning));
    (created.iter().flat_map(|server| server.urls.clone()).collect(), warned)
}

#[test]
fn one_bad_address_costs_no_other_and_is_told() {
    let good = vec![stun("stun:good")];
    assert_eq!(used(std::slice::from_ref(&good)), (vec!["stun:good".to_owned()], false));
    for bad in ["x", "turn:without-credentials", "stun:a?b", "http://a"] {
        let list = vec![stun(bad), stun("stun:other")];
        let (urls, warned) = used(&[list, good.clone()]);
        assert_eq!(urls, ["stun:other", "stun:good"]);
        assert!(warned, "{bad}");
    }
}

#[test]
fn a_server_that_names_many_leaves_place_for_the_others() {
    let many = |name: &str| (0..8).map(|at| stun(&format!("stun:{name}-{at}"))).collect();
    let (urls, _) = used(&[many("a"), many("b"), vec![stun("stun:c-0")]]);
    let expected = ["a-0", "b-0", "c-0", "a-1", "b-1", "a-2", "b-2", "a-3"];
    assert_eq!(urls, expected.map(|name| format!("stun:{name}")));
}

#[test]
fn those_of_the_configuration_must_be_right() {
    let config = Config { ice_servers: Some(vec![stun("stun:")]), ..Config::default() };
    let refused = Node::new(config, [2; 32], Timestamp::ZERO).map(|_| ());
    assert_eq!(refused, Err(ConfigError::IceServer));
}
