//! Peers that link over the relays of the real signaling server, with real packets on this machine.

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use lacis_native::{
    Identity, NodeId, Options, Peer, RemoteState, Room, RoomEvent, RoomEvents, SendOptions, Until,
    create_room_link,
};
use lacis_signaling::TurnOptions;
use lacis_signaling::hub::Relays;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};

/// Whatever takes longer has failed.
async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), what).await.expect("it ends in time")
}

/// Starts a server that relays; gives where.
async fn server(lifetime: Duration) -> SocketAddr {
    let turn = TurnOptions {
        address: Ipv4Addr::LOCALHOST.into(),
        host: None,
        ports: 49_152..=65_535,
        allow_private: true,
        lifetime,
    };
    start(lacis_signaling::Config { turn: Some(turn), ..lacis_signaling::Config::default() }).await
}

async fn start(config: lacis_signaling::Config) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(lacis_signaling::run(listener, config, Arc::default(), std::future::pending()));
    at
}

/// How many relays are open at a server.
async fn relays(server: SocketAddr) -> usize {
    let mut stream = TcpStream::connect(server).await.unwrap();
    let request = b"GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let line = answer.lines().find_map(|line| line.strip_prefix("lacis_relays "));
    line.expect("it counts them").parse().unwrap()
}

/// A peer at an address that relays reach, which is not the one of the server.
async fn peer(server: SocketAddr, relay_only: bool) -> Peer {
    let here: IpAddr = [127, 0, 0, 2].into();
    let options = Options::new(Identity::generate().unwrap())
        .signaling(format!("ws://{server}/ws"))
        .listen((here, 0).into())
        .relay_only(relay_only);
    soon(Peer::start(options)).await.unwrap()
}

struct End {
    peer: Peer,
    room: Room,
    events: RoomEvents,
}

async fn end(server: SocketAddr, relay_only: bool, link: &str) -> End {
    let peer = peer(server, relay_only).await;
    let room = soon(peer.join_room(link)).await.unwrap();
    let events = room.events().await.unwrap();
    End { peer, room, events }
}

impl End {
    /// Waits until a link over a relay stands to another node.
    async fn relayed(&mut self, to: NodeId) {
        let is_relayed = |room: &Room| {
            room.remotes().get(&to).is_some_and(|remote| remote.state == RemoteState::Relayed)
        };
        while !is_relayed(&self.room) {
            let event = soon(self.events.next()).await.expect("the room goes on");
            if let RoomEvent::RemoteChanged(remote) = event {
                assert!(remote.state != RemoteState::Direct, "{remote:?}");
            }
        }
    }

    async fn say(&self, to: NodeId, words: &str) {
        let options = SendOptions { until: Until::Delivered, ..SendOptions::default() };
        soon(self.room.send(to, "chat", words, options)).await.unwrap();
    }
}

async fn pair(server: SocketAddr, relay_only: [bool; 2]) -> [End; 2] {
    let link = create_room_link().unwrap();
    let [first, second] = relay_only;
    let mut ends = [end(server, first, &link).await, end(server, second, &link).await];
    talk(&mut ends).await;
    ends
}

/// All are linked over relays, and hear each other.
async fn talk(ends: &mut [End]) {
    let ids: Vec<NodeId> = ends.iter().map(|end| end.peer.node_id()).collect();
    for end in ends {
        let own = end.peer.node_id();
        for id in ids.iter().filter(|id| **id != own) {
            end.relayed(*id).await;
            end.say(*id, "there").await;
        }
    }
}

async fn close(ends: impl IntoIterator<Item = End>, server: SocketAddr) {
    for end in ends {
        soon(end.peer.close()).await.unwrap();
    }
    none_left(server).await;
}

/// Waits until all relays have ended, which they would do by themselves after ten minutes.
async fn none_left(server: SocketAddr) {
    let until = Instant::now() + Duration::from_secs(20);
    let mut clock = tokio::time::interval(Duration::from_millis(100));
    while relays(server).await > 0 {
        assert!(Instant::now() < until, "{} relays", relays(server).await);
        clock.tick().await;
    }
}

#[tokio::test]
async fn two_peers_that_may_only_be_relayed_talk() {
    let server = server(Duration::from_secs(3_600)).await;
    let ends = pair(server, [true, true]).await;
    let large = "x".repeat(3_000_000);
    ends[0].say(ends[1].peer.node_id(), &large).await;
    // One for each, however many connections they have made.
    assert_eq!(relays(server).await, 2);
    close(ends, server).await;
}

#[tokio::test]
async fn one_that_may_only_be_relayed_talks_with_one_that_may_do_anything() {
    let server = server(Duration::from_secs(3_600)).await;
    for relay_only in [[true, false], [false, true]] {
        let ends = pair(server, relay_only).await;
        close(ends, server).await;
    }
}

#[tokio::test]
async fn two_that_reach_each_other_take_no_relay_for_it() {
    let server = server(Duration::from_secs(3_600)).await;
    let link = create_room_link().unwrap();
    let mut ends = [end(server, false, &link).await, end(server, false, &link).await];
    for end in &mut ends {
        let is_direct =
            |room: &Room| room.remotes().values().any(|remote| remote.state == RemoteState::Direct);
        while !is_direct(&end.room) {
            soon(end.events.next()).await.unwrap();
        }
    }
    // They give back what they have asked for.
    none_left(server).await;
    close(ends, server).await;
}

#[tokio::test]
async fn peers_on_one_port_share_a_relay_and_talk_over_it() {
    let server = server(Duration::from_secs(3_600)).await;
    let link = create_room_link().unwrap();
    let first = end(server, true, &link).await;
    let options = Options::new(Identity::generate().unwrap())
        .signaling(format!("ws://{server}/ws"))
        .relay_only(true);
    let peer = soon(first.peer.start_beside(options)).await.unwrap();
    let room = soon(peer.join_room(&link)).await.unwrap();
    let events = room.events().await.unwrap();
    let mut ends = [first, End { peer, room, events }];
    talk(&mut ends).await;
    assert_eq!(relays(server).await, 1);
    close(ends, server).await;
}

#[tokio::test]
async fn a_relay_goes_on_when_its_credentials_end_and_serves_new_links() {
    const GOOD: Duration = Duration::from_secs(3);
    let server = server(GOOD).await;
    let link = create_room_link().unwrap();
    let mut ends = vec![end(server, true, &link).await, end(server, true, &link).await];
    talk(&mut ends).await;
    let began = Instant::now();
    let mut clock = tokio::time::interval(Duration::from_millis(100));
    while began.elapsed() < GOOD + Duration::from_secs(2) {
        clock.tick().await;
        ends[0].say(ends[1].peer.node_id(), "still there").await;
    }
    ends.push(end(server, true, &link).await);
    talk(&mut ends).await;
    assert_eq!(relays(server).await, 3);
    close(ends, server).await;
}

#[tokio::test]
async fn a_server_that_is_silent_holds_nobody_up() {
    let silent = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let mut config = lacis_signaling::Config::default();
    config.hub.relays = Some(Relays {
        stun: Vec::new(),
        turn: vec![format!("turn:{}", silent.local_addr().unwrap())],
        secret: b"north".to_vec(),
        lifetime: Duration::from_secs(3_600),
    });
    let server = start(config).await;
    let link = create_room_link().unwrap();
    let mut ends = [end(server, false, &link).await, end(server, false, &link).await];
    let ids = [ends[0].peer.node_id(), ends[1].peer.node_id()];
    for (end, id) in ends.iter_mut().zip(ids.into_iter().rev()) {
        while !end.room.remotes().get(&id).is_some_and(|remote| remote.is_connected()) {
            soon(end.events.next()).await.unwrap();
        }
        end.say(id, "there").await;
    }
    // It was asked, and who may only be relayed has no link.
    let mut space = [0; 1_500];
    soon(silent.recv_from(&mut space)).await.unwrap();
    let alone = self::end(server, true, &link).await;
    soon(silent.recv_from(&mut space)).await.unwrap();
    let [first, second] = ends;
    for end in [alone, first, second] {
        let began = Instant::now();
        soon(end.peer.close()).await.unwrap();
        assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    }
}
