//! Peers of one program, with the real signaling server and real packets on this machine.

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use lacis_native::{
    Code, Content, FileInfo, Group, GroupOptions, Identity, IncomingFile, Message, NodeId, Options,
    Peer, Presence, Record, Roles, Room, RoomEvent, RoomEvents, Search, SendOptions, StartError,
    StoreError, Until, WatchUpdate, create_room_link,
};
use tokio::net::TcpListener;

/// Whatever takes longer has failed.
async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), what).await.expect("it ends in time")
}

/// Starts a server; gives its address.
async fn server() -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("ws://{}/ws", listener.local_addr().unwrap());
    let config = lacis_signaling::Config::default();
    tokio::spawn(lacis_signaling::run(listener, config, Arc::default(), std::future::pending()));
    url
}

fn options(server: &str) -> Options {
    let identity = Identity::generate().unwrap();
    Options::new(identity).signaling(server).listen("127.0.0.1:0".parse().unwrap())
}

async fn peer(server: &str) -> Peer {
    soon(Peer::start(options(server))).await.unwrap()
}

/// Reads until a link stands; gives who it is to.
async fn linked(events: &mut RoomEvents) -> NodeId {
    loop {
        match soon(events.next()).await.expect("the room goes on") {
            RoomEvent::RemoteJoined(remote) | RoomEvent::RemoteChanged(remote)
                if remote.is_connected() =>
            {
                return remote.node;
            }
            _ => {}
        }
    }
}

async fn message(events: &mut RoomEvents) -> Message {
    loop {
        if let RoomEvent::Message(message) = soon(events.next()).await.expect("the room goes on") {
            return message;
        }
    }
}

/// Two peers that are linked in a room.
async fn pair(server: &str) -> [(Peer, Room, RoomEvents, NodeId); 2] {
    let link = create_room_link().unwrap();
    let mut ends = Vec::new();
    for _ in 0..2 {
        let peer = peer(server).await;
        let room = soon(peer.join_room(&link)).await.unwrap();
        let events = room.events().await.unwrap();
        ends.push((peer, room, events));
    }
    let mut linked_ends = Vec::new();
    for (peer, room, mut events) in ends {
        let other = linked(&mut events).await;
        linked_ends.push((peer, room, events, other));
    }
    linked_ends.try_into().unwrap_or_else(|_| unreachable!("there are two"))
}

#[tokio::test]
async fn two_peers_talk_in_a_room() {
    let [(a, room_a, mut events_a, id_b), (b, room_b, mut events_b, id_a)] =
        pair(&server().await).await;
    assert_eq!((id_a, id_b), (a.node_id(), b.node_id()));
    let delivered = SendOptions { until: Until::Delivered, ..SendOptions::default() };
    soon(room_a.send(id_b, "chat", "there", delivered)).await.unwrap();
    let came = message(&mut events_b).await;
    assert_eq!((came.from, &came.label[..], &came.data[..]), (id_a, "chat", &b"there"[..]));
    soon(room_b.broadcast("chat", "to all")).await.unwrap();
    assert_eq!(message(&mut events_a).await.data, "to all");
    let large: Vec<u8> = (0..3_000_000_u32).map(|at| u8::try_from(at % 251).unwrap()).collect();
    soon(room_b.send(id_a, "large", large.clone(), delivered)).await.unwrap();
    assert!(message(&mut events_a).await.data == large);
    assert_eq!(room_a.remotes().len(), 1);
    soon(a.close()).await.unwrap();
    let left = loop {
        if let RoomEvent::RemoteLeft { code, .. } = soon(events_b.next()).await.unwrap() {
            break code;
        }
    };
    assert_eq!(left, Code::Left);
    soon(b.close()).await.unwrap();
}

async fn presence(events: &mut RoomEvents) -> Presence {
    loop {
        if let RoomEvent::Presence(said) = soon(events.next()).await.expect("the room goes on") {
            return said;
        }
    }
}

#[tokio::test]
async fn what_a_peer_says_of_itself_is_heard_until_it_goes() {
    let [(a, room_a, mut events_a, _), (b, room_b, mut events_b, id_a)] =
        pair(&server().await).await;
    soon(room_a.set_presence(Some(b"here".to_vec()))).await.unwrap();
    let said = presence(&mut events_b).await;
    assert_eq!((said.node, said.peer), (id_a, a.id()));
    assert_eq!(said.value.as_deref(), Some(&b"here"[..]));
    soon(room_b.set_presence(Some(vec![7; 8_192]))).await.unwrap();
    assert_eq!(presence(&mut events_a).await.value.map(|value| value.len()), Some(8_192));
    soon(room_b.set_presence(None)).await.unwrap();
    assert_eq!(presence(&mut events_a).await.value, None);
    let much = soon(room_b.set_presence(Some(vec![7; 8_193]))).await;
    assert_eq!(much.map_err(|error| error.code()), Err(Code::TooLarge));
    soon(a.close()).await.unwrap();
    assert_eq!(presence(&mut events_b).await.value, None);
    soon(b.close()).await.unwrap();
}

#[tokio::test]
async fn a_request_is_answered_or_refused() {
    let [(_a, room_a, _, id_b), (_b, room_b, mut events_b, _)] = pair(&server().await).await;
    let answering = tokio::spawn(async move {
        let mut left = 2;
        while left > 0 {
            if let RoomEvent::Request(request) = events_b.next().await.unwrap() {
                left -= 1;
                match request.label() {
                    "upper" => {
                        let answer = request.data().to_ascii_uppercase();
                        request.respond(answer);
                    }
                    _ => request.refuse(Code::Rejected),
                }
            }
        }
        room_b
    });
    assert_eq!(soon(room_a.request(id_b, "upper", "abc")).await.unwrap(), b"ABC");
    let refused = soon(room_a.request(id_b, "other", "abc")).await.unwrap_err();
    assert_eq!(refused.code(), Code::Rejected);
    // Nobody reads what happens in the room now.
    let _room_b = soon(answering).await.unwrap();
    let unheard = soon(room_a.request(id_b, "upper", "abc")).await.unwrap_err();
    assert_eq!(unheard.code(), Code::NoHandler);
}

#[tokio::test]
async fn a_file_is_taken_as_fast_as_it_is_read_or_refused() {
    let [(_a, room_a, _, id_b), (_b, room_b, mut events_b, _)] = pair(&server().await).await;
    let info = FileInfo { name: "music".into(), media_type: "audio/ogg".into(), size: 9_000_000 };
    let data: Vec<u8> = (0..9_000_000_u32).map(|at| u8::try_from(at % 251).unwrap()).collect();
    let offered = {
        let info = info.clone();
        let data = data.clone();
        tokio::spawn(async move {
            let mut writer = room_a.send_file(id_b, info).await?;
            writer.write(&data).await?;
            let taken = writer.taken();
            writer.finish().await?;
            Ok::<_, lacis_native::Error>((room_a, taken))
        })
    };
    let offer = file(&mut events_b).await;
    assert_eq!(offer.info(), &info);
    let mut reader = soon(offer.accept()).await.unwrap();
    assert_eq!(soon(offer.accept()).await.unwrap_err().code(), Code::StreamUnknown);
    let mut came = Vec::new();
    while let Some(piece) = soon(reader.next()).await.unwrap() {
        came.extend(piece);
    }
    assert!(came == data);
    let (room_a, taken) = soon(offered).await.unwrap().unwrap();
    // All of it could be written only because much of it had been read.
    assert!(taken > 1_000_000, "{taken}");

    let refused = tokio::spawn({
        let info = info.clone();
        async move { (room_a.send_file(id_b, info).await.map(drop), room_a) }
    });
    drop(file(&mut events_b).await);
    let (refused, room_a) = soon(refused).await.unwrap();
    assert_eq!(refused.unwrap_err().code(), Code::Rejected);
    // One that its reader gives up ends for its writer too.
    let given_up = tokio::spawn(async move {
        let mut writer = room_a.send_file(id_b, info).await?;
        writer.write(&data).await?;
        writer.finish().await.map(|()| room_a)
    });
    drop(soon(file(&mut events_b).await.accept()).await.unwrap());
    assert_eq!(soon(given_up).await.unwrap().unwrap_err().code(), Code::Aborted);
    drop(room_b);
}

async fn file(events: &mut RoomEvents) -> IncomingFile {
    loop {
        if let RoomEvent::File(file) = soon(events.next()).await.expect("the room goes on") {
            return file;
        }
    }
}

#[tokio::test]
async fn what_cannot_be_done_is_said_with_its_code() {
    let server = server().await;
    let one = peer(&server).await;
    let link = create_room_link().unwrap();
    assert_eq!(one.join_room("nonsense").await.unwrap_err().code(), Code::LinkUnknown);
    let room = soon(one.join_room(&link)).await.unwrap();
    assert_eq!(soon(one.join_room(&link)).await.unwrap_err().code(), Code::AlreadyJoined);
    let sent = room.send(one.node_id(), "chat", "x", SendOptions::default());
    assert_eq!(soon(sent).await.unwrap_err().code(), Code::RemoteUnknown);
    // Who leaves can come again.
    drop(room);
    drop(soon(one.join_room(&link)).await.unwrap());
    soon(one.close()).await.unwrap();
    assert_eq!(soon(one.join_room(&link)).await.unwrap_err().code(), Code::Closed);
    soon(one.close()).await.unwrap();
    let alone = soon(Peer::start(options("ws://127.0.0.1:1/ws"))).await.unwrap();
    let unreachable = soon(alone.join_room_within(Duration::from_millis(200), &link));
    let unreachable = unreachable.await.unwrap_err();
    assert_eq!(unreachable.code(), Code::SignalingUnreachable);
    let wrong = soon(Peer::start(options("http://127.0.0.1"))).await.unwrap_err();
    assert!(matches!(wrong, StartError::Config(_)), "{wrong:?}");
}

/// The file of a store, removed at the end.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("lacis-peer-{}-{name}", std::process::id()));
        let _ = std::fs::remove_file(&path);
        Self(path)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn text(record: &Record) -> String {
    let data = record.body.as_ref().map(|body| body.data.clone()).unwrap_or_default();
    String::from_utf8(data).unwrap()
}

fn note(text: &str) -> Content {
    Content { data: text.into(), ..Content::default() }
}

#[tokio::test]
async fn a_limit_holds_from_before_a_group_is_connected_on() {
    let server = server().await;
    let place = Place::new("limited");
    let secret = Identity::generate().unwrap();
    let options = |bytes| {
        let options = Options::new(secret.clone()).signaling(server.as_str()).store(&place.0);
        options.listen("127.0.0.1:0".parse().unwrap()).group_bytes(bytes)
    };
    let founder = peer(&server).await;
    let group = soon(founder.create_group(GroupOptions::new("Notes"))).await.unwrap();
    let keeper = soon(Peer::start(options(0))).await.unwrap();
    let invitation = group.invite(keeper.id(), Roles::KEEPER, None).await.unwrap();
    soon(group.add("note", note("before it came"))).await.unwrap();
    let is_full = async |group: &Group| {
        let mut events = group.events().await.unwrap();
        loop {
            let held = group.holding().await.unwrap();
            if held.is_full {
                break held;
            }
            soon(events.next()).await.expect("the group goes on");
        }
    };
    let theirs = soon(keeper.join_group(&invitation, Duration::from_secs(10))).await.unwrap();
    let held = is_full(&theirs).await;
    soon(keeper.close()).await.unwrap();
    drop((theirs, keeper));
    // The same after another start, next to somebody who has more.
    soon(group.add("note", note("while it was away"))).await.unwrap();
    let again = soon(Peer::start(options(0))).await.unwrap();
    let theirs = soon(again.open_group(group.id())).await.unwrap();
    assert_eq!(is_full(&theirs).await.records, held.records);
}

#[tokio::test]
async fn a_group_is_shared_and_kept() {
    let server = server().await;
    let place = Place::new("kept");
    let secret = Identity::generate().unwrap();
    let founder_options = || {
        Options::new(secret.clone())
            .signaling(server.as_str())
            .store(&place.0)
            .listen("127.0.0.1:0".parse().unwrap())
    };
    let founder = soon(Peer::start(founder_options())).await.unwrap();
    let in_use = soon(Peer::start(founder_options())).await.unwrap_err();
    assert!(matches!(in_use, StartError::Store(StoreError::InUse)), "{in_use:?}");
    let group = soon(founder.create_group(GroupOptions::new("Notes"))).await.unwrap();
    let first = soon(group.add("note", note("one"))).await.unwrap();
    let guest = peer(&server).await;
    let invitation = group.invite(guest.id(), Roles::MEMBER, None).await.unwrap();
    let theirs = soon(guest.join_group(&invitation, Duration::from_secs(10))).await.unwrap();
    assert_eq!(theirs.id(), group.id());
    let mut watch = theirs.watch(Search::default()).await.unwrap();
    let seen = |update| match update {
        Some(WatchUpdate::Record(record)) => record,
        other => panic!("{other:?}"),
    };
    let came = seen(soon(watch.next()).await);
    assert_eq!((came.header.id, text(&came)), (first, "one".into()));
    soon(group.add("note", note("two"))).await.unwrap();
    assert_eq!(text(&seen(soon(watch.next()).await)), "two");
    let mut texts: Vec<String> =
        soon(theirs.query(Search::default())).await.unwrap().iter().map(text).collect();
    texts.sort();
    assert_eq!(texts, ["one", "two"]);
    assert_eq!(theirs.members().await.unwrap().len(), 2);
    soon(founder.close()).await.unwrap();
    drop((group, founder));
    // Another start finds it all in the store.
    let again = soon(Peer::start(founder_options())).await.unwrap();
    let kept = soon(again.groups()).await.unwrap();
    assert_eq!(kept.iter().map(|it| &it.name[..]).collect::<Vec<_>>(), ["Notes"]);
    let group = soon(again.open_group(kept[0].id)).await.unwrap();
    let held = soon(group.get(first)).await.unwrap();
    assert_eq!(text(&held), "one");
    soon(group.update(&held.header, note("uno"))).await.unwrap();
    assert_eq!(text(&seen(soon(watch.next()).await)), "uno");
}

/// The UDP sockets of this process.
#[cfg(target_os = "linux")]
fn udp_sockets() -> usize {
    let table = |name: &str| std::fs::read_to_string(format!("/proc/self/net/{name}")).unwrap();
    let tables = [table("udp"), table("udp6")];
    let fields = tables.iter().flat_map(|table| table.lines().skip(1));
    let inodes: Vec<String> = fields
        .filter_map(|line| line.split_whitespace().nth(9))
        .map(|inode| format!("socket:[{inode}]"))
        .collect();
    let files = std::fs::read_dir("/proc/self/fd").unwrap();
    let targets = files.filter_map(|file| std::fs::read_link(file.ok()?.path()).ok());
    targets.filter(|target| inodes.iter().any(|inode| target.as_os_str() == &inode[..])).count()
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn all_links_of_a_peer_share_one_port() {
    const PEERS: usize = 4;
    let server = server().await;
    let link = create_room_link().unwrap();
    let mut all = Vec::new();
    for _ in 0..PEERS {
        let peer = peer(&server).await;
        let room = soon(peer.join_room(&link)).await.unwrap();
        let events = room.events().await.unwrap();
        all.push((peer, room, events));
    }
    for (_, room, events) in &mut all {
        while room.remotes().values().filter(|remote| remote.is_connected()).count() < PEERS - 1 {
            soon(events.next()).await.unwrap();
        }
    }
    assert_eq!(udp_sockets(), PEERS);
    for (_, room, _) in &all {
        soon(room.broadcast("chat", "to all")).await.unwrap();
    }
    for (_, _, events) in &mut all {
        for _ in 1..PEERS {
            assert_eq!(message(events).await.data, "to all");
        }
    }
}

/// The threads of this process that peers run on.
#[cfg(target_os = "linux")]
fn peer_threads() -> usize {
    let all = std::fs::read_dir("/proc/self/task").unwrap();
    let names = all.filter_map(|it| std::fs::read_to_string(it.ok()?.path().join("comm")).ok());
    names.filter(|name| name.trim() == "lacis-peer").count()
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn peers_that_are_started_beside_one_share_its_port_and_its_thread() {
    let server = server().await;
    let link = create_room_link().unwrap();
    let first = peer(&server).await;
    let second = soon(first.start_beside(options(&server))).await.unwrap();
    let third = soon(second.start_beside(options(&server))).await.unwrap();
    assert_eq!((udp_sockets(), peer_threads()), (1, 1));
    assert_eq!(second.local_addr(), first.local_addr());
    let other = peer(&server).await;
    let mut all = Vec::new();
    for peer in [&first, &second, &third, &other] {
        let room = soon(peer.join_room(&link)).await.unwrap();
        let events = room.events().await.unwrap();
        all.push((room, events));
    }
    for (room, events) in &mut all {
        while room.remotes().values().filter(|remote| remote.is_connected()).count() < 3 {
            soon(events.next()).await.unwrap();
        }
    }
    for (room, _) in &all {
        soon(room.broadcast("chat", "to all")).await.unwrap();
    }
    for (_, events) in &mut all {
        for _ in 1..4 {
            assert_eq!(message(events).await.data, "to all");
        }
    }
    // Whoever came first may go first; the others stay where they are.
    let at = first.local_addr();
    soon(first.close()).await.unwrap();
    let delivered = SendOptions { until: Until::Delivered, ..SendOptions::default() };
    let sent = all[1].0.send(other.node_id(), "chat", "still here", delivered);
    soon(sent).await.unwrap();
    assert_eq!(message(&mut all[3].1).await.data, "still here");
    for peer in [&second, &third] {
        soon(peer.close()).await.unwrap();
    }
    // The port is free again, whatever else is kept of the peers.
    std::net::UdpSocket::bind(at).unwrap();
}
