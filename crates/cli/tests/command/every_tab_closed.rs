//! Everybody has closed everything, and what was published is still to be had.

use std::time::{Duration, Instant};

use crate::support::{Folder, Person, Running, Server, event, holding_in, text};

const DAY: i64 = 86_400;

/// What nobody but members may read.
const TITLES: [&str; 3] = ["Harvest in the north", "The bridge is closed", "A recipe for winter"];
const NAME: &str = "Adelheid Plain";

fn body(title: &str) -> String {
    format!("All that there is to say about: {title}. {}\n", "Word for word. ".repeat(40))
}

/// A publisher with a group, and a keeper that is invited.
struct Stage {
    folder: Folder,
    server: Server,
    publisher: Person,
    keeper: Person,
    for_keeper: String,
}

impl Stage {
    fn new(name: &str) -> Self {
        let folder = Folder::new(name);
        let server = Server::start();
        let publisher = Person::new(&folder, "publisher", &server.url);
        let keeper = Person::new(&folder, "keeper", &server.url);
        publisher.done(&["identity", "new", "--name", NAME]);
        publisher.done(&["group", "create", "News", "--app", "letter"]);
        let for_keeper = invite(&publisher, &keeper, "keeper");
        Self { folder, server, publisher, keeper, for_keeper }
    }

    fn publish(&self, title: &str) {
        let file = self.folder.write("issue.md", &format!("# {title}\n\n{}", body(title)));
        let said = self.publisher.done(&["publish", &file]);
        assert!(event(&said, "published")["handed"].as_u64() >= Some(1), "{said:?}");
    }
}

/// An invitation for one identity.
fn invite(by: &Person, whom: &Person, role: &str) -> String {
    let said = by.done(&["group", "invite", "--for", &whom.id(), "--role", role]);
    text(event(&said, "invitation"), "text").to_owned()
}

#[test]
fn a_keeper_gives_what_its_publisher_left_and_holds_no_plaintext() {
    let stage = Stage::new("closed");
    let readers = [("tomorrow", DAY), ("yesterday", -DAY)].map(|(name, offset)| {
        let reader = Person::new(&stage.folder, name, &stage.server.url).clock_offset(offset);
        let invitation = invite(&stage.publisher, &reader, "member");
        (reader, invitation)
    });
    let mut kept = stage.keeper.start(&["keep", &stage.for_keeper]);
    kept.event("joined");
    TITLES.iter().for_each(|title| stage.publish(title));
    let published = stage.publisher.holding();
    kept.says("that all is stored", |object| {
        object["event"] == "stored" && holding_in(object) == published
    });
    kept.kill();

    let mut kept = stage.keeper.start(&["keep"]);
    assert_eq!(holding_in(&kept.event("open")), published);
    let [tomorrow, (yesterday, for_yesterday)] = &readers;
    tomorrow.0.done(&["group", "join", &tomorrow.1]);
    reads_all(&stage, &tomorrow.0, &["read"], &mut kept);

    // To a clock that is behind, what others wrote is in the future.
    yesterday.done(&["group", "join", for_yesterday]);
    let (said, code) = yesterday.run(&["read"]);
    assert_eq!((text(event(&said, "failed"), "code"), code), ("clock", 1), "{said:?}");
    assert!(text(event(&said, "failed"), "text").contains("is 86"), "{said:?}");
    reads_all(&stage, yesterday, &["read", "--clock-offset", "0"], &mut kept);
    let (said, code) = kept.terminate();
    assert_eq!(code, 0, "{said:?}");
    event(&said, "closed");
    holds_no_plaintext(&stage);
}

/// Reads, and gets everything from the keeper.
fn reads_all(stage: &Stage, reader: &Person, words: &[&str], kept: &mut Running) {
    let began = Instant::now();
    let said = reader.done(words);
    println!("a reader has all after {:?}", began.elapsed());
    let issues: Vec<_> = said.iter().filter(|object| object["event"] == "issue").collect();
    assert_eq!(issues.len(), TITLES.len(), "{said:?}");
    for (issue, title) in issues.into_iter().zip(TITLES) {
        assert_eq!((text(issue, "title"), text(issue, "text")), (title, &body(title)[..]));
        assert_eq!(text(issue, "author"), stage.publisher.id());
    }
    let read = holding_in(event(&said, "read"));
    kept.says("that it holds the same", |object| {
        object["event"] == "stored" && holding_in(object) == read
    });
    let said = reader.done(&["group", "members"]);
    assert!(said.iter().any(|member| member["name"] == NAME), "{said:?}");
}

/// Looks at all that the keeper has on its disk.
fn holds_no_plaintext(stage: &Stage) {
    let mut bytes = 0;
    let bodies = TITLES.map(body);
    let secrets = TITLES.iter().copied().chain(["Word for word", NAME, "app\":"]);
    let secrets: Vec<&str> = secrets.chain(bodies.iter().map(String::as_str)).collect();
    let has = |data: &[u8], secret: &str| {
        data.windows(secret.len()).any(|window| window == secret.as_bytes())
    };
    for entry in std::fs::read_dir(stage.keeper.data()).unwrap() {
        let path = entry.unwrap().path();
        let data = std::fs::read(&path).unwrap();
        bytes += data.len();
        for secret in &secrets {
            assert!(!has(&data, secret), "{secret:?} is in {}", path.display());
        }
    }
    println!("{bytes} bytes of the keeper hold none of {} texts", secrets.len());
    // The search would find it: whoever may read has the name of the type in clear, and so has the
    // keeper, and a publisher's folder holds the name.
    let store = std::fs::read(stage.keeper.data().join("groups.lacis")).unwrap();
    assert!(has(&store, "letter.issue"));
    let name = std::fs::read(stage.publisher.data().join("name")).unwrap();
    assert!(has(&name, NAME));
}

#[test]
fn whoever_has_a_link_is_told_that_nobody_lets_in_and_comes_in_later() {
    let stage = Stage::new("link");
    let mut kept = stage.keeper.start(&["keep", &stage.for_keeper]);
    kept.event("joined");
    stage.publish(TITLES[0]);
    let said = stage.publisher.done(&["group", "invite", "--uses", "2", "--no-wait"]);
    let link = text(event(&said, "invitation"), "text").to_owned();
    let held = stage.publisher.holding();
    kept.says("that it knows the link", |object| {
        object["event"] == "stored" && holding_in(object) == held
    });

    let comer = Person::new(&stage.folder, "comer", &stage.server.url);
    let began = Instant::now();
    let (said, code) = comer.run(&["group", "join", &link]);
    let took = began.elapsed();
    assert_eq!((text(event(&said, "failed"), "code"), code), ("no-issuer", 3), "{said:?}");
    assert!(took < Duration::from_secs(10), "{took:?}");
    println!("no-issuer after {took:?}");

    let mut waiting = comer.start(&["group", "join", &link, "--wait", "--timeout", "2"]);
    assert_eq!(text(&waiting.event("waiting"), "code"), "no-issuer");
    let mut issuer = stage.publisher.start(&["read", "--follow"]);
    issuer.event("ready");
    let began = Instant::now();
    waiting.event("joined");
    println!("in {:?} after an issuer was back", began.elapsed());
    assert_eq!(waiting.ended().1, 0);
    assert_eq!(issuer.terminate().1, 0);
    let said = comer.done(&["read"]);
    assert_eq!(text(event(&said, "issue"), "title"), TITLES[0]);
    assert_eq!(kept.terminate().1, 0);
}
