//! A keeper that is killed in the middle of writes.

use crate::support::{Folder, Person, Running, Server, event, holding_in, text};

/// As many lines go on their way before each crash.
const LINES: usize = 60;

/// How often it is killed: a few times, or as often as the variable says.
fn crashes() -> usize {
    std::env::var("LACIS_CRASHES").map_or(5, |count| count.parse().expect("a number"))
}

/// The most that any of these says to be stored.
fn most(said: &[serde_json::Value]) -> u64 {
    let stored = said.iter().filter(|object| object["event"] == "stored");
    stored.map(|object| holding_in(object).0).max().unwrap_or_default()
}

fn open(kept: &mut Running, durable: u64) -> u64 {
    let (records, _) = holding_in(&kept.event("open"));
    assert!(records >= durable, "{durable} were reported to be stored, and {records} are there");
    records
}

#[test]
fn what_was_reported_to_be_stored_outlasts_every_crash() {
    let folder = Folder::new("crash");
    let server = Server::start();
    let writer = Person::new(&folder, "writer", &server.url);
    let keeper = Person::new(&folder, "keeper", &server.url);
    writer.done(&["group", "create", "Talk"]);
    let said = writer.done(&["group", "invite", "--for", &keeper.id(), "--role", "keeper"]);
    let invitation = text(event(&said, "invitation"), "text").to_owned();

    let mut talk = writer.start(&["chat"]);
    talk.event("ready");
    let mut kept = keeper.start(&["keep", &invitation]);
    kept.event("joined");
    let mut durable = 0;
    for crash in 0..crashes() {
        let before = open(&mut kept, durable);
        for line in 0..LINES {
            talk.type_line(&format!("line {line} before crash {crash}"));
        }
        // Another place in the midst of what comes, each time.
        let more = 1 + u64::try_from(crash * 11 % 40).unwrap();
        let last = kept.says("that more is stored", |object| {
            object["event"] == "stored" && holding_in(object).0 >= before + more
        });
        // What it had reported before it died counts, whether it was read by then or not.
        let unread = kept.kill();
        durable = durable.max(holding_in(&last).0).max(most(&unread));
        talk.unread();
        kept = keeper.start(&["keep"]);
    }
    let there = open(&mut kept, durable);
    let (_, code) = talk.ended();
    assert_eq!(code, 0, "somebody has all that was said");
    let written = writer.holding();
    kept.says("that it holds the same", |object| {
        object["event"] == "stored" && holding_in(object) == written
    });
    let (count, end) = (crashes(), written.0);
    println!(
        "{count} crashes: {durable} reported before the last, {there} after it, {end} at the end"
    );
    assert!(written.0 >= u64::try_from(crashes() * LINES).unwrap());
    assert_eq!(kept.terminate().1, 0);
}
