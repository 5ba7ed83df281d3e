//! How many connections there may be, and from where.

use std::time::Duration;

use lacis_signaling::Config;
use lacis_signaling::hub::HubConfig;
use lacis_wire::Topic;
use lacis_wire::signal::{ByeReason, ClientFrame};
use tokio::io::AsyncReadExt;
use tokio_tungstenite::tungstenite::Error;

use crate::client::{Client, Server, unlimited, within};

#[tokio::test]
async fn beyond_the_last_place_the_answer_is_a_reason() {
    let server = Server::with_hub(HubConfig { connections_max: 2, ..HubConfig::default() }).await;
    let _one = Client::greet(&server, 1).await;
    let two = Client::greet(&server, 2).await;
    let retry_after_ms = Client::open(&server).await.ends_with(ByeReason::Full).await;
    assert!(retry_after_ms >= 1_000);
    drop(two);
    within(async { while server.metric("lacis_connections").await > 1 {} }).await;
    Client::greet(&server, 3).await;
}

#[tokio::test]
async fn an_address_has_its_own_limit() {
    let hub = HubConfig { connections_per_address_max: 1, ..HubConfig::default() };
    let server = Server::with_hub(hub).await;
    let _one = Client::greet(&server, 1).await;
    // What a client says of itself is not believed without a proxy.
    let headers = [("x-forwarded-for", "203.0.113.9")];
    let two = Client::open_with(&server, &headers).await.unwrap();
    two.ends_with(ByeReason::Full).await;
}

#[tokio::test]
async fn behind_a_proxy_the_address_is_the_one_it_names() {
    let hub = HubConfig { connections_per_address_max: 1, ..HubConfig::default() };
    let server = Server::with(Config { hub, trust_proxy: true, ..Config::default() }).await;
    let mut clients = Vec::new();
    for (name, address) in [(1, "203.0.113.9"), (2, "198.51.100.7"), (3, "2001:db8::1")] {
        let forwarded = [("x-forwarded-for", address)];
        let mut client = Client::open_with(&server, &forwarded).await.unwrap();
        client.hello(name).await;
        clients.push(client);
    }
    for again in ["203.0.113.9", "10.0.0.1, 198.51.100.7", "2001:db8::2"] {
        let client = Client::open_with(&server, &[("x-forwarded-for", again)]).await.unwrap();
        client.ends_with(ByeReason::Full).await;
    }
}

#[tokio::test]
async fn a_wide_network_of_ipv6_does_not_fill_the_server() {
    let hub = HubConfig { connections_per_address_max: 1, ..HubConfig::default() };
    let server = Server::with(Config { hub, trust_proxy: true, ..Config::default() }).await;
    let open = async |address: String| {
        Client::open_with(&server, &[("x-forwarded-for", &address)]).await.unwrap()
    };
    let mut clients = Vec::new();
    for number in 0..8 {
        let mut client = open(format!("2001:db8:1:{number}::1")).await;
        client.hello(number).await;
        clients.push(client);
    }
    open("2001:db8:1:ffff::1".into()).await.ends_with(ByeReason::Full).await;
    open("2001:db8:2::1".into()).await.hello(20).await;
    clients.pop();
    within(async {
        loop {
            let mut client = open("2001:db8:1:ffff::1".into()).await;
            client.try_hello(21).await;
            if client.is_welcome().await {
                break;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_wide_network_of_ipv6_does_not_fill_the_table_of_topics() {
    let hub = HubConfig { topics_max: 20, topics_per_address_max: 2, ..HubConfig::default() };
    let server = Server::with(Config { hub, trust_proxy: true, ..Config::default() }).await;
    let open = async |address: String, name: u8| {
        let headers = [("x-forwarded-for", address.as_str())];
        let mut client = Client::open_with(&server, &headers).await.unwrap();
        client.hello(name).await;
        client
    };
    let mut clients = Vec::new();
    for name in 0..12 {
        let mut client = open(format!("2001:db8:1:{name}::1"), name).await;
        for topic in 0..3 {
            let topic = Topic([name * 3 + topic; 32]);
            client.say(&ClientFrame::Join { topic, want: 0 }).await;
            client.next().await;
        }
        clients.push(client);
    }
    assert_eq!(server.metric("lacis_topics").await, 16);
    assert!(open("2001:db8:2::1".into(), 100).await.join(100).await.is_empty());
}

#[tokio::test]
async fn connections_that_never_become_websockets_are_limited() {
    let server = Server::with(Config { http_per_address_max: 2, ..Config::default() }).await;
    let _idle = [server.tcp().await, server.tcp().await];
    let mut third = server.tcp().await;
    let mut answer = Vec::new();
    let _ = within(third.read_to_end(&mut answer)).await;
    assert!(answer.is_empty());
    drop(_idle);
    within(async { while Client::open_on(server.tcp().await, &[]).await.is_err() {} }).await;
    assert!(server.metric("lacis_sockets_turned_away_total").await > 0);
}

#[tokio::test]
async fn sockets_of_those_who_are_refused_are_limited_too() {
    let hub = HubConfig { connections_per_address_max: 1, ..unlimited() };
    let close_deadline = Duration::from_secs(3_600);
    let config = Config { hub, close_deadline, trust_proxy: true, ..Config::default() };
    let server = Server::with(config).await;
    let open = async |from: &str| Client::open_with(&server, &[("x-forwarded-for", from)]).await;
    let (mut held, mut refused) = (Vec::new(), 0);
    for _ in 0..200 {
        // Each is told that there is no place for it, and does not go.
        match open("203.0.113.9").await {
            Ok(client) => held.push(client),
            Err(Error::Http(answer)) if answer.status() == 503 => refused += 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!((held.len(), refused), (65, 135));
    assert_eq!(server.metric("lacis_sockets_turned_away_total").await, 135);
    open("198.51.100.7").await.unwrap().hello(1).await;
    drop(held);
    within(async { while open("203.0.113.9").await.is_err() {} }).await;
}

#[tokio::test]
async fn requests_of_a_proxy_are_not_those_of_one_client() {
    let config = Config { http_per_address_max: 2, trust_proxy: true, ..Config::default() };
    let server = Server::with(config).await;
    let mut open = Vec::new();
    for _ in 0..20 {
        open.push(server.tcp().await);
    }
    assert_eq!(server.get("/health").await.status, 200);
    assert_eq!(server.metric("lacis_sockets_turned_away_total").await, 0);
}

#[tokio::test]
async fn a_websocket_gives_its_place_among_requests_back() {
    let server = Server::with(Config { http_per_address_max: 1, ..Config::default() }).await;
    let mut clients = Vec::new();
    for name in 1..=5 {
        let client = within(async {
            loop {
                if let Ok(mut client) = Client::open_with(&server, &[]).await {
                    client.hello(name).await;
                    break client;
                }
            }
        });
        clients.push(client.await);
    }
}
