//! The checks of the load, small, against the real server on loopback.

use std::net::SocketAddr;
use std::process::{Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use lacis_signaling::{Config, run};
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::time::timeout;

async fn check(config: Config, words: &[&str]) -> Output {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let server: SocketAddr = listener.local_addr().unwrap();
    let serving = tokio::spawn(run(listener, config, Arc::default(), std::future::pending()));
    let mut load = Command::new(env!("CARGO_BIN_EXE_lacis-load"));
    load.args(["--server", &server.to_string()]).args(words).stdin(Stdio::null());
    let output = timeout(Duration::from_secs(60), load.output()).await;
    serving.abort();
    output.expect("it ends in time").expect("it starts")
}

fn served() -> Config {
    Config { trust_proxy: true, ..Config::default() }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_to_those_who_ping() {
    let output = check(served(), &["--pings", "40"]).await;
    assert!(output.status.success(), "{}", text(&output.stderr));
    let figures = text(&output.stdout);
    assert!(figures.contains("\"frames\":4000") && figures.contains("\"lost\":0"), "{figures}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frames_that_do_not_arrive_fail_the_check() {
    // All count as one address, so that its limit is reached.
    let output = check(Config::default(), &["--pings", "200"]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("not delivered"), "{}", text(&output.stderr));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_socket_of_a_flooder_is_left() {
    let output = check(served(), &["--flood", "10"]).await;
    assert!(output.status.success(), "{}", text(&output.stderr));
    let figures = text(&output.stdout);
    assert!(figures.contains("\"sockets_left\":0"), "{figures}");
}
