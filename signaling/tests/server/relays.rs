//! STUN and credentials for relays, at the port of the server.

use std::time::Duration;

use lacis_signaling::hub::Relays;
use lacis_signaling::{Config, TurnOptions};
use lacis_wire::signal::{IceServer, ServerFrame};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UdpSocket;

use crate::client::{Client, Server, frame, within};

fn options() -> TurnOptions {
    TurnOptions {
        address: [127, 0, 0, 1].into(),
        host: Some("relay.test".into()),
        ports: 49_152..=65_535,
        allow_private: true,
        lifetime: Duration::from_secs(600),
    }
}

/// A binding request (RFC 8489, 5): kind, length, cookie, transaction.
const BINDING: [u8; 20] =
    [0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];

/// The port in the answer, which is its first attribute.
fn mapped_port(answer: &[u8]) -> u16 {
    assert_eq!((&answer[..2], &answer[8..20]), (&[1, 1][..], &BINDING[8..]));
    assert_eq!(&answer[20..22], &[0, 0x20], "XOR-MAPPED-ADDRESS");
    u16::from_be_bytes([answer[26] ^ 0x21, answer[27] ^ 0x12])
}

#[tokio::test]
async fn stun_is_answered_over_udp_and_tcp_beside_http() {
    let server = Server::with(Config { turn: Some(options()), ..Config::default() }).await;
    let socket = UdpSocket::bind(("127.0.0.1", 0)).await.unwrap();
    socket.send_to(&BINDING, server.address).await.unwrap();
    let mut answer = [0; 200];
    let (length, from) = within(socket.recv_from(&mut answer)).await.unwrap();
    assert_eq!(from, server.address);
    assert_eq!(mapped_port(&answer[..length]), socket.local_addr().unwrap().port());

    let mut stream = server.tcp().await;
    // In pieces, as a network may deliver it.
    stream.write_all(&BINDING[..7]).await.unwrap();
    stream.flush().await.unwrap();
    stream.write_all(&BINDING[7..]).await.unwrap();
    let length = within(stream.read(&mut answer)).await.unwrap();
    assert_eq!(mapped_port(&answer[..length]), stream.local_addr().unwrap().port());
    // A message that is too long to be one ends the connection.
    stream.write_all(&[0, 1, 0xff, 0xff]).await.unwrap();
    assert_eq!(within(stream.read(&mut answer)).await.unwrap_or(0), 0);

    assert_eq!(server.get("/health").await.status, 200);
    Client::greet(&server, 1).await;
    assert_eq!(server.metric("lacis_relays").await, 0);
}

#[tokio::test]
async fn clients_are_handed_credentials_and_new_ones_before_they_end() {
    let server = Server::with(Config { turn: Some(options()), ..Config::default() }).await;
    let mut client = Client::greet(&server, 1).await;
    let bytes = client.next().await;
    let ServerFrame::IceServers { servers, lifetime_ms: 600_000 } = frame(&bytes) else {
        panic!("{:?} instead of relays", frame(&bytes));
    };
    let port = server.address.port();
    let [stun, turn] = &servers[..] else { panic!("{servers:?}") };
    assert_eq!(stun.urls, [format!("stun:relay.test:{port}")]);
    assert_eq!(turn.urls.len(), 2);
    assert!(turn.username.is_some() && turn.credential.is_some());

    let relays = Relays {
        stun: Vec::new(),
        turn: vec!["turn:outside.test".into()],
        secret: b"shared".to_vec(),
        lifetime: Duration::from_secs(2),
    };
    let mut config = Config::default();
    config.hub.relays = Some(relays);
    let server = Server::with(config).await;
    let mut client = Client::greet(&server, 1).await;
    let mut grants: Vec<IceServer> = Vec::new();
    for _ in 0..2 {
        match frame(&client.next().await) {
            ServerFrame::IceServers { servers, .. } => grants.extend(servers),
            other => panic!("{other:?} instead of relays"),
        }
    }
    let [first, second] = &grants[..] else { panic!("{grants:?}") };
    assert_eq!(first.urls, ["turn:outside.test"]);
    assert_ne!(first.credential, second.credential);
    let client_of =
        |it: &IceServer| it.username.as_ref().unwrap().split_once(':').unwrap().1.to_owned();
    assert_eq!(client_of(first), client_of(second), "a relay counts by it");
}

#[tokio::test]
async fn who_never_gets_a_relay_does_not_keep_its_place() {
    let request_deadline = Duration::from_millis(500);
    let turn = Some(options());
    let server = Server::with(Config { turn, request_deadline, ..Config::default() }).await;
    let mut silent = server.tcp().await;
    silent.write_all(&[0]).await.unwrap();
    assert_eq!(within(silent.read(&mut [0; 9])).await.unwrap_or(0), 0);
    // Nor does it by asking again and again what anybody may ask.
    let (mut from, mut to) = server.tcp().await.into_split();
    let asking = tokio::spawn(async move {
        while to.write_all(&BINDING).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    let _ = within(from.read_to_end(&mut Vec::new())).await;
    within(asking).await.unwrap();
}

#[tokio::test]
async fn over_a_socket_for_both_families_ipv4_stays_ipv4() {
    let listener = tokio::net::TcpListener::bind("[::]:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let config = Config { turn: Some(options()), ..Config::default() };
    let run = lacis_signaling::run(listener, config, std::sync::Arc::default(), async {
        let socket = UdpSocket::bind(("127.0.0.1", 0)).await.unwrap();
        let mut answer = [0; 200];
        let length = within(async {
            loop {
                socket.send_to(&BINDING, ("127.0.0.1", port)).await.unwrap();
                let heard = socket.recv_from(&mut answer);
                if let Ok(Ok((length, _))) =
                    tokio::time::timeout(Duration::from_millis(200), heard).await
                {
                    break length;
                }
            }
        })
        .await;
        assert_eq!(mapped_port(&answer[..length]), socket.local_addr().unwrap().port());
        assert_eq!(answer[25], 1, "IPv4");
    });
    within(run).await.unwrap();
}
