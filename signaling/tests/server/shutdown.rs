//! How the server ends.

use std::time::Duration;

use lacis_signaling::hub::HubConfig;
use lacis_signaling::{Config, TurnOptions};
use lacis_wire::Topic;
use lacis_wire::signal::{ByeReason, ClientFrame, ServerFrame};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::{Client, Server, frame, node, within};

#[tokio::test]
async fn every_client_is_told_and_the_server_ends() {
    let server = Server::start().await;
    let address = server.address;
    let mut clients = Vec::new();
    for name in 1..=5 {
        clients.push(Client::greet(&server, name).await);
    }
    // This one has not even greeted.
    clients.push(Client::open(&server).await);
    within(async { while server.metric("lacis_connections").await < 6 {} }).await;
    let ended = server.stop();
    for client in clients {
        let retry_after_ms = client.ends_with(ByeReason::Shutdown).await;
        assert!((1_000..=5_000).contains(&retry_after_ms), "{retry_after_ms}");
    }
    within(ended).await.unwrap().unwrap();
    assert!(TcpStream::connect(address).await.is_err(), "the port is still open");
}

#[tokio::test]
async fn who_does_not_close_is_not_waited_for_long() {
    let shutdown_deadline = Duration::from_millis(200);
    let server = Server::with(Config { shutdown_deadline, ..Config::default() }).await;
    let _deaf = Client::greet(&server, 1).await;
    let _half_open = server.tcp().await;
    within(server.stop()).await.unwrap().unwrap();
}

#[tokio::test]
async fn who_has_said_nothing_or_is_answered_keeps_no_server_from_ending() {
    let turn = TurnOptions {
        address: [127, 0, 0, 1].into(),
        host: None,
        ports: 49_152..=65_535,
        allow_private: true,
        lifetime: Duration::from_secs(600),
    };
    let long = Duration::from_secs(3_600);
    let server = Server::with(Config {
        turn: Some(turn),
        request_deadline: long,
        http_deadline: long,
        shutdown_deadline: long,
        close_deadline: Duration::from_millis(100),
        ..Config::default()
    })
    .await;
    let _silent = server.tcp().await;
    let mut half = server.tcp().await;
    half.write_all(b"GET /health HT").await.unwrap();
    let mut answered = server.tcp().await;
    let binding = [0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
    answered.write_all(&binding).await.unwrap();
    within(answered.read_exact(&mut [0; 32])).await.unwrap();
    let mut kept = server.tcp().await;
    kept.write_all(b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    within(kept.read_exact(&mut [0; 32])).await.unwrap();
    within(server.stop()).await.unwrap().unwrap();
}

/// A server that knows a secret, and what a client of it is told at its end.
async fn token_of(secret: &[u8]) -> Vec<u8> {
    let server = with_secret(secret).await;
    let mut client = Client::greet(&server, 1).await;
    for topic in [1, 2] {
        client.join(topic).await;
    }
    let ended = server.stop();
    let bytes = client.next().await;
    let ServerFrame::Resume { token } = frame(&bytes) else {
        panic!("{:?} instead of a token", frame(&bytes));
    };
    client.ends_with(ByeReason::Shutdown).await;
    within(ended).await.unwrap().unwrap();
    token.to_vec()
}

async fn with_secret(secret: &[u8]) -> Server {
    Server::with_hub(HubConfig { secret: Some(secret.to_vec()), ..HubConfig::default() }).await
}

#[tokio::test]
async fn a_session_goes_on_at_the_next_server_with_the_same_secret() {
    let token = token_of(&[1; 32]).await;
    let next = with_secret(&[1; 32]).await;
    let mut client = Client::greet(&next, 1).await;
    client.say(&ClientFrame::Resume { token: &token }).await;
    for topic in [1, 2] {
        let (topic, members) = (Topic([topic; 32]), Vec::new());
        assert_eq!(frame(&client.next().await), ServerFrame::Joined { topic, members });
    }
    let mut other = Client::greet(&next, 2).await;
    for topic in [1, 2] {
        assert_eq!(other.join(topic).await, [node(1)]);
    }
    assert_eq!(next.metric("lacis_resumed_total").await, 1);
    // It is good for its mailbox alone, and only where its secret is known.
    other.say(&ClientFrame::Resume { token: &token }).await;
    assert_eq!(frame(&other.next().await), ServerFrame::NotResumed {});
    for stranger in [with_secret(&[2; 32]).await, Server::start().await] {
        let mut client = Client::greet(&stranger, 1).await;
        client.say(&ClientFrame::Resume { token: &token }).await;
        assert_eq!(frame(&client.next().await), ServerFrame::NotResumed {});
        assert!(client.join(1).await.is_empty());
    }
}

#[tokio::test]
async fn a_token_shown_again_and_again_is_no_way_around_the_limits() {
    let token = token_of(&[1; 32]).await;
    let next = with_secret(&[1; 32]).await;
    let mut client = Client::greet(&next, 1).await;
    for _ in 0..100 {
        client.say(&ClientFrame::Resume { token: &token }).await;
    }
    client.say(&ClientFrame::Ping { nonce: 1 }).await;
    let (mut joined, mut not_resumed) = (0, 0);
    loop {
        match frame(&client.next().await) {
            ServerFrame::Joined { .. } => joined += 1,
            ServerFrame::NotResumed {} => not_resumed += 1,
            ServerFrame::Pong { .. } => break,
            other => panic!("{other:?}"),
        }
    }
    // Two topics each, out of 64 joins at once.
    assert!((64..90).contains(&joined), "{joined} joins");
    assert!(not_resumed > 50, "{not_resumed}");
}
