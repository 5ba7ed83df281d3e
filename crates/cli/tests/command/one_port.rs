//! A keeper behind a firewall that lets one UDP port in, in network namespaces that end with the
//! test.

use std::process::Command;

use lacis_native::limits;

use crate::support::{Folder, Person, event, holding_in, text};

const OUTSIDE: &str = "10.91.7.1";
const INSIDE: &str = "10.91.7.2";
const PORT: u16 = 4433;

/// What comes in: that port, and answers of the server over TCP. No UDP is let in because something
/// went out before.
const RULES: &str = "table inet lacis {
  chain in {
    type filter hook input priority 0; policy drop;
    iif lo accept
    udp dport 4433 accept
    meta l4proto tcp ct state established accept
  }
}";

/// The same without that port, but for what comes from the port of the server: a network that lets
/// answers in to whoever asked, and nobody else.
const ANSWERS: &str = "table inet lacis {
  chain in {
    type filter hook input priority 0; policy drop;
    iif lo accept
    udp sport 8080 accept
    meta l4proto tcp ct state established accept
  }
}";

/// Two hosts on one wire, the second one behind the firewall.
struct Hosts([String; 2]);

impl Hosts {
    /// Makes them; says why where that is not permitted.
    fn new(test: &str, rules: &str) -> Result<Self, String> {
        let name = format!("{test}-{}", std::process::id());
        let hosts = Self(["outside", "inside"].map(|side| format!("lacis-{side}-{name}")));
        let [outside, inside] = &hosts.0;
        run(&["ip", "netns", "add", outside])?;
        run(&["ip", "netns", "add", inside])?;
        let wire = ["ip", "-n", outside, "link", "add", "wire", "type", "veth", "peer", "name"];
        run(&[&wire[..], &["wire", "netns", inside]].concat())?;
        for (host, address) in [(outside, OUTSIDE), (inside, INSIDE)] {
            run(&["ip", "-n", host, "addr", "add", &format!("{address}/24"), "dev", "wire"])?;
            run(&["ip", "-n", host, "link", "set", "wire", "up"])?;
            run(&["ip", "-n", host, "link", "set", "lo", "up"])?;
        }
        run(&["ip", "netns", "exec", inside, "nft", rules])?;
        Ok(hosts)
    }

    fn outside(&self, folder: &Folder, name: &str, server: &str) -> Person {
        let links = format!("{OUTSIDE}:0");
        Person::new(folder, name, server).through(&["ip", "netns", "exec", &self.0[0]], &links)
    }

    fn inside(&self, folder: &Folder, name: &str, server: &str, port: u16) -> Person {
        let links = format!("{INSIDE}:{port}");
        Person::new(folder, name, server).through(&["ip", "netns", "exec", &self.0[1]], &links)
    }
}

impl Drop for Hosts {
    fn drop(&mut self) {
        for host in &self.0 {
            let _ = run(&["ip", "netns", "del", host]);
        }
    }
}

fn run(words: &[&str]) -> Result<(), String> {
    let (first, rest) = words.split_first().unwrap();
    let output = Command::new(first).args(rest).output();
    let output = output.map_err(|error| format!("{words:?}: {error}"))?;
    let complaints = String::from_utf8_lossy(&output.stderr);
    output.status.success().then_some(()).ok_or_else(|| format!("{words:?}: {complaints}"))
}

#[test]
fn a_keeper_serves_through_one_open_port() {
    let hosts = match Hosts::new("port", RULES) {
        Ok(hosts) => hosts,
        Err(reason) => return eprintln!("SKIPPED, no network namespaces: {reason}"),
    };
    let folder = Folder::new("port");
    let mut serving = hosts.outside(&folder, "server", "").start(&[
        "serve",
        "--listen",
        &format!("{OUTSIDE}:8080"),
    ]);
    let server = format!("ws://{}/ws", text(&serving.event("listening"), "address"));
    let publisher = hosts.outside(&folder, "publisher", &server);
    let reader = hosts.outside(&folder, "reader", &server);
    let keeper = hosts.inside(&folder, "keeper", &server, PORT);
    publisher.done(&["group", "create", "News", "--app", "letter"]);
    let invite = |whom: &Person, role| {
        let words = ["group", "invite", "--for", &whom.id(), "--role", role];
        text(event(&publisher.done(&words), "invitation"), "text").to_owned()
    };
    let (for_keeper, for_reader) = (invite(&keeper, "keeper"), invite(&reader, "member"));
    let issue = folder.write("news.md", "Through the wall.\n");

    // By another port nobody gets in, whatever goes out.
    let walled = hosts.inside(&folder, "keeper", &server, PORT + 1);
    let mut kept = walled.start(&["keep", &for_keeper]);
    kept.event("joined");
    let (said, code) = publisher.run(&["publish", &issue, "--timeout", "5"]);
    assert_eq!(code, 3, "the firewall keeps nobody out: {said:?}");
    assert_eq!(kept.terminate().1, 0);

    let mut kept = keeper.start(&["keep"]);
    kept.event("open");
    publisher.done(&["publish", &issue, "--title", "Again", "--timeout", "30"]);
    let published = publisher.holding();
    kept.says("that it has it", |it| it["event"] == "stored" && holding_in(it) == published);
    reader.done(&["group", "join", &for_reader]);
    let said = reader.done(&["read", "--timeout", "30"]);
    let issues = said.iter().filter(|it| it["event"] == "issue");
    assert_eq!(issues.map(|it| text(it, "title")).collect::<Vec<_>>(), ["news", "Again"]);
    assert_eq!(kept.terminate().1, 0);
    assert_eq!(serving.terminate().1, 0);
}

#[test]
fn a_keeper_that_nobody_reaches_serves_over_a_relay() {
    let hosts = match Hosts::new("relay", ANSWERS) {
        Ok(hosts) => hosts,
        Err(reason) => return eprintln!("SKIPPED, no network namespaces: {reason}"),
    };
    let folder = Folder::new("relay");
    let address = format!("{OUTSIDE}:8080");
    let mut serving = hosts.outside(&folder, "server", "").start(&["serve", "--listen", &address]);
    let server = format!("ws://{}/ws", text(&serving.event("listening"), "address"));
    let publisher = hosts.outside(&folder, "publisher", &server);
    let keeper = hosts.inside(&folder, "keeper", &server, PORT);
    publisher.done(&["group", "create", "News", "--app", "letter"]);
    let words = ["group", "invite", "--for", &keeper.id(), "--role", "keeper"];
    let invitation = text(event(&publisher.done(&words), "invitation"), "text").to_owned();
    let mut kept = keeper.start(&["keep", &invitation]);
    kept.event("joined");
    let issue = folder.write("news.md", "Through the wall.\n");
    publisher.done(&["publish", &issue, "--timeout", "30"]);
    let published = publisher.holding();
    kept.says("that it has it", |it| it["event"] == "stored" && holding_in(it) == published);
    assert_eq!(kept.terminate().1, 0);
    assert_eq!(serving.terminate().1, 0);
}

#[test]
fn a_keeper_of_two_nodes_serves_through_one_open_port() {
    let hosts = match Hosts::new("nodes", RULES) {
        Ok(hosts) => hosts,
        Err(reason) => return eprintln!("SKIPPED, no network namespaces: {reason}"),
    };
    let folder = Folder::new("nodes");
    let address = format!("{OUTSIDE}:8080");
    let mut serving = hosts.outside(&folder, "server", "").start(&["serve", "--listen", &address]);
    let server = format!("ws://{}/ws", text(&serving.event("listening"), "address"));
    let publisher = hosts.outside(&folder, "publisher", &server);
    let another = hosts.outside(&folder, "another", &server);
    let keeper = hosts.inside(&folder, "keeper", &server, PORT);
    let id = keeper.id();
    let mut invitations = Vec::new();
    for number in 0..=limits::GROUPS_MAX {
        let name = format!("News {number}");
        // A node of the publisher has no room for the last, either.
        let publisher = if number < limits::GROUPS_MAX { &publisher } else { &another };
        publisher.done(&["group", "create", &name, "--app", "letter"]);
        let words = ["group", "invite", "--group", &name, "--for", &id, "--role", "keeper"];
        invitations.push(text(event(&publisher.done(&words), "invitation"), "text").to_owned());
    }
    let words: Vec<&str> =
        std::iter::once("keep").chain(invitations.iter().map(|it| &it[..])).collect();
    let mut kept = keeper.start(&words);
    for _ in &invitations {
        kept.event("joined");
    }
    let issue = folder.write("news.md", "Through the wall.\n");
    let first = ["publish", &issue, "--group", "News 0", "--timeout", "30"];
    for said in [publisher.done(&first), another.done(&["publish", &issue, "--timeout", "30"])] {
        assert_eq!(event(&said, "published")["handed"], 1, "{said:?}");
    }
    assert_eq!(kept.terminate().1, 0);
    assert_eq!(serving.terminate().1, 0);
}
