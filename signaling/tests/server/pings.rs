//! Clients that ping on the level of WebSockets while frames are on their way to them.

use std::time::Duration;

use futures_util::SinkExt;
use lacis_signaling::Config;
use lacis_wire::signal::{ClientFrame, ServerFrame};
use tokio::io::AsyncWriteExt;
use tokio_tungstenite::tungstenite::Message;

use crate::client::{Client, Server, frame, node, unlimited, within};

#[tokio::test]
async fn who_pings_while_frames_come_gets_all_of_them() {
    let server = Server::with_hub(unlimited()).await;
    let mut sender = Client::greet(&server, 1).await;
    let mut reader = Client::greet(&server, 2).await;
    for number in 0..300_u32 {
        let payload = number.to_be_bytes();
        sender.send(2, &payload).await;
        reader.socket.send(Message::Ping(vec![7; 125].into())).await.unwrap();
        let bytes = reader.next().await;
        assert_eq!(frame(&bytes), ServerFrame::Deliver { from: node(1), payload: &payload });
    }
}

#[tokio::test]
async fn who_floods_with_pings_while_frames_come_leaves_no_socket() {
    let close_deadline = Duration::from_millis(500);
    let server = Server::with(Config { close_deadline, ..Config::default() }).await;
    let mut sender = Client::greet(&server, 1).await;
    for round in 0..20 {
        let flooder = Client::greet(&server, 2).await;
        let mut stream = flooder.socket.into_inner();
        // It never reads, and stays.
        let pings = [0x89, 0x80, 0, 0, 0, 0].repeat(100);
        for _ in 0..20 {
            let _ = stream.write_all(&pings).await;
            sender.say(&ClientFrame::Send { to: node(2), seq: round, payload: b"x" }).await;
        }
        within(async { while server.metric("lacis_sockets").await > 2 {} }).await;
        drop(stream);
    }
}
