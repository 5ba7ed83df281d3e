//! How a session begins, and who may begin one.

use std::time::Duration;

use lacis_signaling::Config;
use lacis_signaling::hub::HubConfig;
use lacis_wire::signal::{ByeReason, ClientFrame, IceServer, ServerFrame};
use lacis_wire::{PROTOCOL, VersionRange};

use crate::client::{Client, Server, frame, hello, node};

#[tokio::test]
async fn a_greeting_is_answered_with_the_ice_servers() {
    let ice_servers = vec![IceServer {
        urls: vec!["turn:example.org".into()],
        username: Some("anna".into()),
        credential: Some("secret".into()),
    }];
    let hub = HubConfig { ice_servers: ice_servers.clone(), ..HubConfig::default() };
    let server = Server::with_hub(hub).await;
    let mut client = Client::open(&server).await;
    client.say(&hello(1, 1)).await;
    let version = PROTOCOL.max;
    assert_eq!(frame(&client.next().await), ServerFrame::Welcome { version, ice_servers });
}

#[tokio::test]
async fn who_says_nothing_is_sent_away() {
    let hello_deadline = Duration::from_millis(100);
    let server = Server::with_hub(HubConfig { hello_deadline, ..HubConfig::default() }).await;
    Client::open(&server).await.ends_with(ByeReason::Timeout).await;
    assert_eq!(server.metric("lacis_connections").await, 0);
}

#[tokio::test]
async fn who_speaks_another_version_is_told_so() {
    let server = Server::start().await;
    let mut client = Client::open(&server).await;
    let versions = VersionRange { min: PROTOCOL.max + 1, max: PROTOCOL.max + 7 };
    client.say(&ClientFrame::Hello { versions, node: node(1), secret: [1; 16] }).await;
    client.ends_with(ByeReason::Version).await;
}

#[tokio::test]
async fn who_does_not_greet_first_breaks_the_protocol() {
    let server = Server::start().await;
    let mut client = Client::open(&server).await;
    client.say(&ClientFrame::Ping { nonce: 1 }).await;
    client.ends_with(ByeReason::Protocol).await;
}

#[tokio::test]
async fn a_mailbox_is_taken_over_with_its_secret_only() {
    let server = Server::start().await;
    let old = Client::greet(&server, 1).await;
    let mut thief = Client::open(&server).await;
    thief.say(&hello(1, 2)).await;
    thief.ends_with(ByeReason::NodeTaken).await;

    let mut new = Client::greet(&server, 1).await;
    old.ends_with(ByeReason::Replaced).await;
    let mut friend = Client::greet(&server, 2).await;
    friend.send(1, b"hello").await;
    let bytes = new.next().await;
    assert_eq!(frame(&bytes), ServerFrame::Deliver { from: node(2), payload: b"hello" });
}

#[tokio::test]
async fn only_pages_of_allowed_origins_connect() {
    let origins = vec!["https://example.org".into(), "http://localhost:1234".into()];
    let server = Server::with(Config { origins, ..Config::default() }).await;
    for origin in ["https://example.org", "http://localhost:1234"] {
        let mut client = Client::open_with(&server, &[("origin", origin)]).await.unwrap();
        client.hello(1).await;
    }
    for origin in ["https://example.org.evil.test", "http://example.org", "null", ""] {
        let client = Client::open_with(&server, &[("origin", origin)]).await.unwrap();
        assert!(client.ends_with(ByeReason::Origin).await >= 60_000, "{origin}");
    }
    // What is no browser names no origin.
    Client::greet(&server, 2).await;
}

#[tokio::test]
async fn any_page_connects_where_no_origins_are_named() {
    let server = Server::start().await;
    let headers = [("origin", "https://somewhere.test")];
    Client::open_with(&server, &headers).await.unwrap().hello(1).await;
}
