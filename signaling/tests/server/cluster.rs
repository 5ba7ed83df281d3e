//! Several servers as one: in one process, and behind a real Redis.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use lacis_signaling::hub::HubConfig;
use lacis_signaling::{BackplaneOptions, Bus, Config};
use lacis_wire::Topic;
use lacis_wire::signal::{ByeReason, ClientFrame, ServerFrame, Undelivered};

use crate::client::{Client, Server, frame, hello, node, unlimited, within};

/// A Redis of its own for a test.
struct Redis {
    child: Child,
    port: u16,
}

impl Redis {
    /// On a port that nobody has: asked for, given back, and taken at once.
    fn start() -> Self {
        let free = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        Self { child: Self::spawn(port, &[]), port }
    }

    fn spawn(port: u16, options: &[&str]) -> Child {
        let mut child = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--port"])
            .arg(port.to_string())
            .args(options)
            .stdout(Stdio::piped())
            .spawn()
            .expect("redis-server is not installed: `cargo xtask setup` does that");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let is_ready = lines.any(|line| line.unwrap().contains("Ready to accept connections"));
        assert!(is_ready, "redis-server has ended");
        // What else it says must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        child
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn back(&mut self) {
        self.child = Self::spawn(self.port, &[]);
    }

    /// Back as one that only follows another, and so takes nothing.
    fn follower(&mut self) {
        self.child = Self::spawn(self.port, &["--replicaof", "127.0.0.1", "1"]);
    }

    fn options(&self) -> BackplaneOptions {
        BackplaneOptions::Redis(format!("redis://127.0.0.1:{}", self.port))
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}

fn in_this_process() -> BackplaneOptions {
    BackplaneOptions::Memory(Arc::new(Bus::default()))
}

/// A server that has found the others.
async fn server(options: &BackplaneOptions, hub: HubConfig) -> Server {
    let backplane = Some(options.clone());
    let server = Server::with(Config { hub, backplane, ..Config::default() }).await;
    is_linked(&server, 1).await;
    server
}

async fn is_linked(server: &Server, linked: u64) {
    within(async { while server.metric("lacis_backplane_linked").await != linked {} }).await;
}

async fn two(options: &BackplaneOptions) -> [Server; 2] {
    [server(options, unlimited()).await, server(options, unlimited()).await]
}

async fn gets(client: &mut Client, from: u8, payload: &[u8]) {
    let bytes = client.next().await;
    assert_eq!(frame(&bytes), ServerFrame::Deliver { from: node(from), payload });
}

async fn is_not_delivered(client: &mut Client, to: u8) {
    let expected = ServerFrame::Undelivered { to: node(to), seq: 1, reason: Undelivered::Unknown };
    assert_eq!(frame(&client.next().await), expected);
}

/// Waits until a topic has these members beside the client.
async fn meets(client: &mut Client, topic: u8, others: &[u8]) {
    let others: Vec<_> = others.iter().map(|name| node(*name)).collect();
    within(async {
        loop {
            let mut found = client.join(topic).await;
            found.sort_unstable();
            if found == others {
                break;
            }
        }
    })
    .await;
}

/// Runs the same story on a bus and on Redis.
macro_rules! on_both {
    ($($story:ident),* $(,)?) => {
        mod in_memory {
            $(#[tokio::test]
            async fn $story() {
                super::$story(&super::in_this_process()).await;
            })*
        }
        mod by_redis {
            $(#[tokio::test]
            async fn $story() {
                let redis = super::Redis::start();
                super::$story(&redis.options()).await;
            })*
        }
    };
}

on_both!(
    clients_of_two_servers_meet_and_talk,
    a_mailbox_has_one_owner_among_all_servers,
    who_is_at_two_servers_gets_everything_at_both,
    whoever_leaves_is_named_no_more,
    a_server_that_dies_leaves_no_ghosts,
);

async fn clients_of_two_servers_meet_and_talk(options: &BackplaneOptions) {
    let [a, b] = two(options).await;
    let (mut anna, mut bert) = (Client::greet(&a, 1).await, Client::greet(&b, 2).await);
    assert!(anna.join(7).await.is_empty());
    assert_eq!(bert.join(7).await, [node(1)]);
    assert_eq!(anna.join(7).await, [node(2)]);
    for round in 0..500_u32 {
        bert.send(1, &round.to_be_bytes()).await;
    }
    for round in 0..500_u32 {
        gets(&mut anna, 2, &round.to_be_bytes()).await;
    }
    anna.send(2, b"back").await;
    gets(&mut bert, 1, b"back").await;
    anna.send(3, b"nobody").await;
    is_not_delivered(&mut anna, 3).await;
    assert_eq!(a.metric("lacis_passed_total").await, 2);
}

async fn a_mailbox_has_one_owner_among_all_servers(options: &BackplaneOptions) {
    let [a, b] = two(options).await;
    let mut anna = Client::greet(&a, 1).await;
    anna.join(7).await;
    let mut thief = Client::open(&b).await;
    thief.say(&hello(1, 9)).await;
    assert!(thief.is_welcome().await);
    thief.ends_with(ByeReason::NodeTaken).await;
    anna.send(1, b"still here").await;
    gets(&mut anna, 1, b"still here").await;
}

async fn who_is_at_two_servers_gets_everything_at_both(options: &BackplaneOptions) {
    let [a, b] = two(options).await;
    let mut cara = Client::greet(&a, 3).await;
    // The line to the first server is dead, and the server has not noticed.
    let mut stale = Client::greet(&a, 1).await;
    stale.join(7).await;
    let mut anna = Client::greet(&b, 1).await;
    anna.join(7).await;
    within(async {
        // Until the first server has heard of it.
        while a.metric("lacis_passed_total").await == 0 {
            cara.send(1, b"where are you").await;
        }
    })
    .await;
    gets(&mut anna, 3, b"where are you").await;
    gets(&mut stale, 3, b"where are you").await;
    // The good-bye of the one is not that of the other.
    drop(stale);
    within(async { while a.metric("lacis_connections").await != 1 {} }).await;
    meets(&mut cara, 7, &[1]).await;
}

async fn whoever_leaves_is_named_no_more(options: &BackplaneOptions) {
    let [a, b] = two(options).await;
    let (mut anna, mut bert) = (Client::greet(&a, 1).await, Client::greet(&b, 2).await);
    let mut cara = Client::greet(&b, 3).await;
    anna.join(7).await;
    bert.join(7).await;
    meets(&mut cara, 7, &[1, 2]).await;
    anna.say(&ClientFrame::Leave { topic: Topic([7; 32]) }).await;
    meets(&mut cara, 7, &[2]).await;
    meets(&mut anna, 7, &[2, 3]).await;
    // A server that is told to end takes its clients with it at once.
    let ended = b.stop();
    for client in [bert, cara] {
        client.ends_with(ByeReason::Shutdown).await;
    }
    within(ended).await.unwrap().unwrap();
    assert!(anna.join(7).await.is_empty());
    anna.send(2, b"gone").await;
    is_not_delivered(&mut anna, 2).await;
}

async fn a_server_that_dies_leaves_no_ghosts(options: &BackplaneOptions) {
    let ttl = Duration::from_millis(1_500);
    let short = || HubConfig { topic_ttl: ttl, ..unlimited() };
    let (a, b) = (server(options, short()).await, server(options, short()).await);
    let (mut anna, mut bert) = (Client::greet(&a, 1).await, Client::greet(&b, 2).await);
    bert.join(7).await;
    assert_eq!(anna.join(7).await, [node(2)]);
    b.kill().await;
    // Nothing is promised that cannot be held, even before its announcements have ended.
    within(async {
        loop {
            anna.send(2, b"are you there").await;
            let bytes = anna.next().await;
            if matches!(frame(&bytes), ServerFrame::Undelivered { .. }) {
                break;
            }
        }
    })
    .await;
    meets(&mut anna, 7, &[]).await;
}

#[tokio::test]
async fn without_redis_servers_go_on_alone_and_find_each_other_again() {
    let mut redis = Redis::start();
    let [a, b] = two(&redis.options()).await;
    let (mut anna, mut bert) = (Client::greet(&a, 1).await, Client::greet(&b, 2).await);
    let mut cara = Client::greet(&a, 3).await;
    for client in [&mut anna, &mut bert] {
        client.join(7).await;
    }
    meets(&mut cara, 7, &[1, 2]).await;

    redis.kill();
    is_linked(&a, 0).await;
    is_linked(&b, 0).await;
    assert_eq!(cara.join(7).await, [node(1)]);
    anna.send(3, b"here").await;
    gets(&mut cara, 1, b"here").await;
    anna.send(2, b"there").await;
    is_not_delivered(&mut anna, 2).await;
    assert_eq!(a.metric("lacis_backplane_lost_total").await, 1);
    assert_eq!(a.get("/health/ready").await.status, 200);

    // Nobody does anything: the servers say again what the new Redis does not know.
    redis.back();
    is_linked(&a, 1).await;
    is_linked(&b, 1).await;
    meets(&mut cara, 7, &[1, 2]).await;
    anna.send(2, b"there").await;
    gets(&mut bert, 1, b"there").await;
}

#[tokio::test]
async fn a_redis_that_hangs_holds_nobody_up() {
    let redis = Redis::start();
    let [a, _b] = two(&redis.options()).await;
    let mut anna = Client::greet(&a, 1).await;
    let pid = nix::unistd::Pid::from_raw(redis.child.id().cast_signed());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGSTOP).unwrap();
    assert!(anna.join(7).await.is_empty());
    anna.send(2, b"lost").await;
    is_not_delivered(&mut anna, 2).await;
    is_linked(&a, 0).await;
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGCONT).unwrap();
    is_linked(&a, 1).await;
}

#[tokio::test]
async fn a_redis_that_takes_nothing_is_told_everything_ever_more_rarely() {
    let mut redis = Redis::start();
    let server = server(&redis.options(), unlimited()).await;
    let mut anna = Client::greet(&server, 1).await;
    anna.join(7).await;
    redis.kill();
    is_linked(&server, 0).await;
    redis.follower();
    let lost = async || server.metric("lacis_backplane_lost_total").await;
    within(async { while lost().await < 2 {} }).await;
    // After 0.1 s the first time, so now after 0.2 s, 0.4 s and 0.8 s at least.
    let since = Instant::now();
    within(async { while lost().await < 5 {} }).await;
    assert!(since.elapsed() > Duration::from_secs(1));
    redis.kill();
    redis.back();
    is_linked(&server, 1).await;
}

#[tokio::test]
async fn a_server_starts_without_redis_and_links_when_it_comes() {
    let mut redis = Redis::start();
    redis.kill();
    let backplane = Some(redis.options());
    let server = Server::with(Config { backplane, ..Config::default() }).await;
    let mut anna = Client::greet(&server, 1).await;
    assert!(anna.join(7).await.is_empty());
    assert_eq!(server.metric("lacis_backplane_linked").await, 0);
    redis.back();
    is_linked(&server, 1).await;
}
