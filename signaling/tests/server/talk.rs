//! What the server is for.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use lacis_signaling::hub::HubConfig;
use lacis_wire::codec::encode;
use lacis_wire::limits::SIGNAL_PAYLOAD_BYTES;
use lacis_wire::signal::{ByeReason, ClientFrame, ServerFrame, Undelivered};
use lacis_wire::{NodeId, Topic};
use tokio::io::AsyncWriteExt;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;

use crate::client::{Client, Server, frame, hello, node, within};

#[tokio::test]
async fn members_find_each_other_and_exchange_payloads() {
    let server = Server::start().await;
    let mut anna = Client::greet(&server, 1).await;
    let mut ben = Client::greet(&server, 2).await;
    assert_eq!(anna.join(7).await, []);
    assert_eq!(ben.join(7).await, [node(1)]);
    assert_eq!(ben.join(8).await, []);

    let largest = vec![5; SIGNAL_PAYLOAD_BYTES];
    ben.send(1, &largest).await;
    let bytes = anna.next().await;
    assert_eq!(frame(&bytes), ServerFrame::Deliver { from: node(2), payload: &largest });

    anna.say(&ClientFrame::Leave { topic: Topic([7; 32]) }).await;
    anna.say(&ClientFrame::Ping { nonce: 9 }).await;
    assert_eq!(frame(&anna.next().await), ServerFrame::Pong { nonce: 9 });
    assert_eq!(ben.join(7).await, []);
}

#[tokio::test]
async fn who_is_gone_is_no_longer_named_and_cannot_be_reached() {
    let server = Server::start().await;
    let mut anna = Client::greet(&server, 1).await;
    let mut ben = Client::greet(&server, 2).await;
    ben.join(7).await;
    within(ben.socket.close(None)).await.unwrap();
    // The answer to a close frame comes when the server has let go.
    while within(ben.socket.next()).await.is_some() {}
    anna.send(2, b"are you there").await;
    let lost = ServerFrame::Undelivered { to: node(2), seq: 1, reason: Undelivered::Unknown };
    assert_eq!(frame(&anna.next().await), lost);
    assert_eq!(anna.join(7).await, []);
}

#[tokio::test]
async fn a_sample_is_bounded_and_of_others() {
    let server = Server::start().await;
    let mut clients = Vec::new();
    for name in 1..=20 {
        let mut client = Client::greet(&server, name).await;
        let members: Vec<NodeId> = client.join(7).await;
        assert_eq!(members.len(), usize::from(name - 1).min(16));
        assert!(members.iter().all(|member| (1..name).contains(&member.0[0])));
        clients.push(client);
    }
}

#[tokio::test]
async fn a_burst_arrives_whole_and_in_order() {
    let server = Server::start().await;
    let mut anna = Client::greet(&server, 1).await;
    let mut ben = Client::greet(&server, 2).await;
    for number in 0..590_u32 {
        let payload = number.to_be_bytes();
        let send = ClientFrame::Send { to: node(2), seq: number, payload: &payload };
        within(anna.socket.feed(Message::binary(encode(&send)))).await.unwrap();
    }
    within(anna.socket.flush()).await.unwrap();
    for number in 0..590_u32 {
        let bytes = ben.next().await;
        let payload = &number.to_be_bytes();
        assert_eq!(frame(&bytes), ServerFrame::Deliver { from: node(1), payload });
    }
}

#[tokio::test]
async fn who_answers_pings_stays_and_who_does_not_is_given_up() {
    let hub = HubConfig {
        ping_interval: Duration::from_millis(50),
        silence_max: Duration::from_secs(1),
        ..HubConfig::default()
    };
    let server = Server::with_hub(hub).await;
    let dead = Client::greet(&server, 1).await;
    let mut alive = Client::greet(&server, 2).await;
    let mut pings = 0;
    // Reading is what answers pings; the dead one is not read from meanwhile.
    while server.metric("lacis_connections").await == 2 {
        let message = within(alive.socket.next()).await.unwrap().unwrap();
        assert!(matches!(message, Message::Ping(_)), "{message:?}");
        pings += 1;
    }
    assert!(pings >= 5, "given up after {pings} pings");
    dead.ends_with(ByeReason::Timeout).await;
    alive.say(&ClientFrame::Ping { nonce: 4 }).await;
    assert_eq!(frame(&alive.next().await), ServerFrame::Pong { nonce: 4 });
}

#[tokio::test]
async fn honest_clients_are_served_while_another_floods() {
    let server = Server::start().await;
    let mut anna = Client::greet(&server, 1).await;
    let mut ben = Client::greet(&server, 2).await;
    let address = server.address;
    let flood = tokio::spawn(async move {
        let frame = encode(&ClientFrame::Send { to: node(1), seq: 1, payload: &[0; 2_000] });
        let greeting = encode(&hello(9, 9));
        // Cut off, it comes back at once, whatever it was told.
        loop {
            let stream = tokio::net::TcpStream::connect(address).await.unwrap();
            let Ok(mut client) = Client::open_on(stream, &[]).await else { continue };
            let mut result = client.socket.feed(Message::binary(greeting.clone())).await;
            while result.is_ok() {
                result = client.socket.send(Message::binary(frame.clone())).await;
            }
        }
    });
    let mut times = Vec::new();
    for number in 0..200_u32 {
        let start = Instant::now();
        ben.send(1, &number.to_be_bytes()).await;
        // Between what the flood got through there is the honest payload.
        loop {
            let bytes = anna.next().await;
            match frame(&bytes) {
                ServerFrame::Deliver { from, payload } if from == node(2) => {
                    assert_eq!(payload, number.to_be_bytes());
                    break;
                }
                ServerFrame::Deliver { from, .. } => assert_eq!(from, node(9)),
                other => panic!("{other:?} for an honest client"),
            }
        }
        times.push(start.elapsed());
    }
    assert!(!flood.is_finished(), "the flood ended by itself");
    flood.abort();
    let cut_off = server.metric("lacis_connections_closed_total{reason=\"rate-limited\"}").await;
    assert!(cut_off > 0, "nobody stopped the flood");
    times.sort_unstable();
    assert!(times[100] < Duration::from_millis(100), "half of the payloads took {:?}", times[100]);
    assert!(times[199] < Duration::from_secs(2), "an honest payload took {:?}", times[199]);
}

#[tokio::test]
async fn what_is_said_right_before_the_goodbye_still_arrives() {
    let server = Server::start().await;
    let mut anna = Client::greet(&server, 1).await;
    for with_close in [true, false] {
        let bert = Client::greet(&server, 2).await;
        let send = encode(&ClientFrame::Send { to: node(1), seq: 1, payload: b"last word" });
        // In one piece: a frame, and behind it the goodbye or the end of the connection.
        let length = u8::try_from(send.len()).unwrap();
        assert!(length < 126);
        let mut bytes = [&[0x82, 0x80 | length, 0, 0, 0, 0][..], &send].concat();
        if with_close {
            bytes.extend([0x88, 0x80, 0, 0, 0, 0]);
        }
        let mut stream = bert.socket.into_inner();
        stream.write_all(&bytes).await.unwrap();
        stream.shutdown().await.unwrap();
        let expected = ServerFrame::Deliver { from: node(2), payload: b"last word" };
        assert_eq!(frame(&anna.next().await), expected);
    }
}
