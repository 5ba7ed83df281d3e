//! A keeper of more groups than its nodes have room for, and than it has room for words.

use std::cell::RefCell;
use std::collections::BTreeSet;

use lacis_native::{
    Content, Group, GroupOptions, Identity, Options, Peer, PeerId, Roles, Search, WatchUpdate,
    limits,
};
use serde_json::Value;
use tokio::runtime::Runtime;
use tokio::time::timeout;

use crate::support::{Folder, Person, Running, SOON, Server, get, holding_in, text};

/// More than what waits to be said, which is 64 events.
const GROUPS: usize = 80;

/// Those who founded the groups, in this process: each as many as a node has room for.
struct Founders {
    peers: Vec<Peer>,
    groups: Vec<Group>,
}

fn options(server: &str) -> Options {
    let identity = Identity::generate().unwrap();
    Options::new(identity).signaling(server).listen("127.0.0.1:0".parse().unwrap()).loopback(true)
}

impl Founders {
    async fn start(server: &str) -> Self {
        let mut peers = vec![Peer::start(options(server)).await.unwrap()];
        while peers.len() * limits::GROUPS_MAX < GROUPS {
            peers.push(peers[0].start_beside(options(server)).await.unwrap());
        }
        let mut groups = Vec::new();
        for number in 0..GROUPS {
            let founder = &peers[number / limits::GROUPS_MAX];
            let name = GroupOptions::new(format!("Group {number}"));
            let group = founder.create_group(name).await.unwrap();
            let data = format!("note {number}").into_bytes();
            group.add("note", Content { data, ..Content::default() }).await.unwrap();
            groups.push(group);
        }
        Self { peers, groups }
    }

    /// An invitation to each group.
    async fn invite(&self, keeper: PeerId) -> Vec<String> {
        let mut invitations = Vec::new();
        for group in &self.groups {
            invitations.push(group.invite(keeper, Roles::KEEPER, None).await.unwrap());
        }
        invitations
    }

    /// Whether that is what there is of a group, as its keeper says it.
    async fn have_the_same(&self, said: &Value) -> bool {
        let Some(group) = self.groups.iter().find(|it| it.id().to_text() == text(said, "group"))
        else {
            return false;
        };
        let held = group.holding().await.unwrap();
        let print = data_encoding::HEXLOWER.encode(&held.fingerprint);
        holding_in(said) == (held.records as u64, print)
    }
}

/// Waits until a keeper has said that of so many groups, and it is true.
fn says_of_all(kept: &mut Running, event: &str, is_true: impl Fn(&Value) -> bool) {
    let told = RefCell::new(BTreeSet::new());
    kept.says(&format!("{event} of every group"), |said| {
        if said["event"] == event && is_true(said) {
            told.borrow_mut().insert(text(said, "group").to_owned());
        }
        told.borrow().len() == GROUPS
    });
}

/// Somebody who has never been there finds out what the keeper has of a group.
async fn read(server: &str, identity: Identity, invitation: &str) -> Vec<u8> {
    let reader = Peer::start(Options::new(identity).signaling(server).loopback(true));
    let group = reader.await.unwrap().join_group(invitation, SOON).await.unwrap();
    let mut watch = group.watch(Search::default()).await.unwrap();
    match timeout(SOON, watch.next()).await.expect("it comes") {
        Some(WatchUpdate::Record(record)) => record.body.as_ref().expect("it is read").data.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_keeper_of_eighty_groups_starts_says_so_serves_and_ends() {
    let (folder, server) = (Folder::new("eighty"), Server::start());
    let runtime = Runtime::new().unwrap();
    let keeper = Person::new(&folder, "keeper", &server.url);
    let id = PeerId::parse(&keeper.id()).unwrap();
    let reader = Identity::generate().unwrap();
    let founders = runtime.block_on(Founders::start(&server.url));
    let invitations = runtime.block_on(founders.invite(id));
    let last = founders.groups.last().unwrap();
    let invited = last.invite(reader.peer_id(), Roles::MEMBER, None);
    let for_reader = runtime.block_on(invited).unwrap();

    let words: Vec<&str> =
        std::iter::once("keep").chain(invitations.iter().map(|it| &it[..])).collect();
    let mut kept = keeper.start(&words);
    says_of_all(&mut kept, "stored", |it| runtime.block_on(founders.have_the_same(it)));
    assert_eq!(kept.terminate().1, 0);
    for founder in &founders.peers {
        runtime.block_on(founder.close()).unwrap();
    }

    let mut kept = keeper.start(&["keep", "--status", "127.0.0.1:0"]);
    let keeping = kept.event("keeping");
    assert_eq!(keeping["groups"], GROUPS);
    assert_eq!(keeping["links"].as_array().map(Vec::len), Some(1), "{keeping}");
    says_of_all(&mut kept, "open", |it| it["records"].as_u64() > Some(1));
    let health = get(text(&keeping, "status"), "/health");
    assert!(health.contains("\"status\":\"ok\"") && health.contains("\"groups\":80"), "{health}");
    let note = runtime.block_on(read(&server.url, reader, &for_reader));
    assert_eq!(note, b"note 79");
    let (said, code) = kept.terminate();
    assert_eq!((code, said.last().map(|it| text(it, "event"))), (0, Some("closed")), "{said:?}");
}
