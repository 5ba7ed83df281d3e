//! How the server ends.

use std::time::Duration;

use lacis_signaling::Config;
use lacis_wire::signal::ByeReason;
use tokio::net::TcpStream;

use crate::client::{Client, Server, within};

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
