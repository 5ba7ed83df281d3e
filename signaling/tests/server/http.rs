//! What the server answers to requests that are no WebSockets.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use lacis_signaling::hub::HubConfig;
use lacis_signaling::{Config, RunError};
use lacis_wire::signal::IceServer;
use tokio::net::TcpListener;

use crate::client::{Client, Server};

#[tokio::test]
async fn health_is_one_json_object() {
    let server = Server::start().await;
    let _client = Client::greet(&server, 1).await;
    let answer = server.get("/health").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    let version = env!("CARGO_PKG_VERSION");
    let expected = format!("{{\"status\":\"ok\",\"version\":\"{version}\",\"connections\":1}}");
    assert_eq!(answer.body.trim_end(), expected);
}

#[tokio::test]
async fn metrics_are_the_documented_ones() {
    let server = Server::start().await;
    let mut client = Client::greet(&server, 1).await;
    client.join(7).await;
    let body = server.get("/metrics").await.body;
    assert!(body.ends_with("# EOF\n"));
    assert_eq!(server.metric("lacis_members").await, 1);
    assert_eq!(server.metric("lacis_received_frames_total{kind=\"join\"}").await, 1);

    let manual = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/operating.md"));
    let manual = manual.unwrap();
    let types = body.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let mut names: Vec<String> = types
        .map(|line| match line.split_once(' ') {
            Some((name, "counter")) => format!("{name}_total"),
            Some((name, _)) => name.to_owned(),
            None => panic!("{line}"),
        })
        .collect();
    let rows = manual.lines().filter_map(|line| line.strip_prefix("| `lacis_"));
    let mut documented: Vec<String> =
        rows.filter_map(|row| Some(format!("lacis_{}", row.split_once('`')?.0))).collect();
    // Those of a keeper come from another program, whose own test asks for them.
    documented.retain(|name| !name.starts_with("lacis_keeper_"));
    names.sort();
    documented.sort();
    assert_eq!(names, documented);
}

#[tokio::test]
async fn without_pages_the_root_says_what_this_is() {
    let server = Server::start().await;
    let answer = server.get("/").await;
    assert_eq!(answer.status, 200);
    assert!(answer.header("content-type").unwrap().starts_with("text/plain"));
    assert!(answer.body.contains("/ws"));
    assert_eq!(server.get("/nowhere").await.status, 404);
}

#[tokio::test]
async fn what_cannot_work_is_said_before_the_start() {
    let start = async |config: Config| {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let forever = std::future::pending();
        let run = lacis_signaling::run(listener, config, Arc::default(), forever);
        tokio::time::timeout(Duration::from_secs(20), run).await.unwrap()
    };
    let pages = Some("/nowhere/at/all".into());
    let result = start(Config { pages, ..Config::default() }).await;
    assert!(matches!(result, Err(RunError::Pages { .. })), "{result:?}");
    let pages = Some(concat!(env!("CARGO_MANIFEST_DIR"), "/src").into());
    let result = start(Config { pages, ..Config::default() }).await;
    assert!(result.is_err_and(|error| error.to_string().contains("no index.html in it")));
    let server = IceServer { urls: vec!["stun:x".into()], username: None, credential: None };
    let hub = HubConfig { ice_servers: vec![server; 9], ..HubConfig::default() };
    let result = start(Config { hub, ..Config::default() }).await;
    assert!(matches!(result, Err(RunError::IceServers(_))), "{result:?}");
}
