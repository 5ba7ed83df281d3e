//! Clients that break the rules on purpose.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use lacis_signaling::Config;
use lacis_signaling::hub::HubConfig;
use lacis_wire::Topic;
use lacis_wire::codec::encode;
use lacis_wire::limits::SIGNAL_FRAME_BYTES;
use lacis_wire::signal::{ByeReason, ClientFrame, Refusal, ServerFrame, Undelivered};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;
use tokio_tungstenite::tungstenite::Message;

use crate::client::{Client, Server, frame, node, unlimited, within};

/// A server that does not wait long for clients that do not close.
async fn impatient() -> Server {
    let close_deadline = Duration::from_millis(500);
    Server::with(Config { close_deadline, ..Config::default() }).await
}

/// Whatever one client did, the next is served.
async fn still_serves(server: &Server) {
    let mut client = Client::greet(server, 200).await;
    client.say(&ClientFrame::Ping { nonce: 3 }).await;
    assert_eq!(frame(&client.next().await), ServerFrame::Pong { nonce: 3 });
}

#[tokio::test]
async fn what_is_no_frame_ends_the_session() {
    let server = Server::start().await;
    let garbage: [&[u8]; 5] = [b"", b"\0", b"{\"type\":\"hello\"}", &[0xff; 300], &[0x9f; 5_000]];
    for bytes in garbage {
        let mut client = Client::greet(&server, 1).await;
        client.socket.send(Message::binary(bytes.to_vec())).await.unwrap();
        client.ends_with(ByeReason::Protocol).await;
    }
    let mut long = encode(&ClientFrame::Ping { nonce: 1 });
    long.push(0);
    let mut client = Client::greet(&server, 1).await;
    client.socket.send(Message::binary(long)).await.unwrap();
    client.ends_with(ByeReason::Protocol).await;
    still_serves(&server).await;
}

#[tokio::test]
async fn text_ends_the_session() {
    let server = Server::start().await;
    let mut client = Client::greet(&server, 1).await;
    client.socket.send(Message::text("{}")).await.unwrap();
    client.ends_with(ByeReason::Protocol).await;
    still_serves(&server).await;
}

#[tokio::test]
async fn what_is_too_large_is_not_even_read() {
    let server = impatient().await;
    for size in [SIGNAL_FRAME_BYTES + 1, 8 << 20] {
        let client = Client::greet(&server, 1).await;
        // The server stops reading, so this may fail half way; what counts is what it says.
        let (mut sink, mut stream) = client.socket.split();
        let sending = tokio::spawn(async move {
            let _ = sink.send(Message::binary(vec![0; size])).await;
        });
        let mut told = None;
        while let Some(Ok(message)) = within(stream.next()).await {
            if let Message::Binary(bytes) = message {
                told = Some(bytes);
            }
        }
        let bytes = told.expect("a good-bye");
        let ServerFrame::Bye { reason, .. } = frame(&bytes) else { panic!("no good-bye") };
        assert_eq!(reason, ByeReason::Protocol);
        sending.abort();
    }
    assert!(server.metric("lacis_received_bytes_total").await < 1_000);
    still_serves(&server).await;
}

#[tokio::test]
async fn a_message_in_endless_pieces_is_cut_off() {
    let server = impatient().await;
    let client = Client::greet(&server, 1).await;
    let mut stream = client.socket.into_inner();
    // A binary message that goes on and on: first piece, then continuations, masked with zeros.
    let piece = |opcode: u8| {
        let mut bytes = vec![opcode, 0x80 | 126, 0x10, 0x00, 0, 0, 0, 0];
        bytes.extend([0; 0x1000]);
        bytes
    };
    stream.write_all(&piece(0x02)).await.unwrap();
    for _ in 0..4 {
        let _ = stream.write_all(&piece(0x00)).await;
    }
    let mut answer = Vec::new();
    let _ = within(stream.read_to_end(&mut answer)).await;
    let bye = encode(&ServerFrame::Bye { reason: ByeReason::Protocol, retry_after_ms: 0 });
    // All but the time to wait, which is the last field.
    let start = &bye[..bye.len() - 1];
    assert!(answer.windows(start.len()).any(|window| window == start), "{answer:?}");
    still_serves(&server).await;
}

#[tokio::test]
async fn empty_pieces_of_a_message_are_limited_too() {
    let server = impatient().await;
    let mut stream = Client::greet(&server, 1).await.socket.into_inner();
    let first = [0x02, 0x80, 0, 0, 0, 0];
    let flood = [0x00, 0x80, 0, 0, 0, 0].repeat(1_000);
    stream.write_all(&first).await.unwrap();
    let (mut from, mut to) = stream.into_split();
    let flooding = tokio::spawn(async move { while to.write_all(&flood).await.is_ok() {} });
    let mut answer = Vec::new();
    let _ = within(from.read_to_end(&mut answer)).await;
    let bye = encode(&ServerFrame::Bye { reason: ByeReason::RateLimited, retry_after_ms: 0 });
    let start = &bye[..bye.len() - 1];
    assert!(answer.windows(start.len()).any(|window| window == start), "{answer:?}");
    within(flooding).await.unwrap();
    still_serves(&server).await;
}

#[tokio::test]
async fn broken_websocket_framing_ends_the_connection() {
    let server = impatient().await;
    let long_ping = [&[0x89, 0xfe, 0x00, 0x80, 0, 0, 0, 0][..], &[0; 0x80]].concat();
    // Not masked; unknown opcode; reserved bit; control frame too long; a length beyond reason.
    let broken: [&[u8]; 5] = [
        &[0x82, 0x01, 0x00],
        &[0x8b, 0x80, 0, 0, 0, 0],
        &[0xf2, 0x80, 0, 0, 0, 0],
        &long_ping,
        &[0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0],
    ];
    let mut streams = Vec::new();
    for (name, bytes) in (1..).zip(broken) {
        let mut stream = Client::greet(&server, name).await.socket.into_inner();
        stream.write_all(bytes).await.unwrap();
        streams.push(stream);
    }
    for (mut stream, bytes) in streams.into_iter().zip(broken) {
        let mut answer = Vec::new();
        let _ = within(stream.read_to_end(&mut answer)).await;
        assert!(!answer.is_empty(), "no good-bye after {bytes:x?}");
    }
    assert_eq!(server.metric("lacis_received_frames_total{kind=\"malformed\"}").await, 5);
    still_serves(&server).await;
}

#[tokio::test]
async fn a_flood_is_answered_for_a_while_and_then_cut_off() {
    let server = Server::start().await;
    let mut friend = Client::greet(&server, 2).await;
    let client = Client::greet(&server, 1).await;
    let (mut sink, mut stream) = client.socket.split();
    let flood = tokio::spawn(async move {
        let send = encode(&ClientFrame::Send { to: node(2), seq: 1, payload: b"flood" });
        while sink.send(Message::binary(send.clone())).await.is_ok() {}
    });
    let (mut refused, mut last) = (0, None);
    while let Some(Ok(message)) = within(stream.next()).await {
        let Message::Binary(bytes) = message else { continue };
        match frame(&bytes) {
            ServerFrame::Undelivered { reason: Undelivered::RateLimited, .. } => refused += 1,
            ServerFrame::Bye { reason, .. } => last = Some(reason),
            other => panic!("{other:?} for a flood"),
        }
    }
    assert_eq!(last, Some(ByeReason::RateLimited));
    assert!(refused >= 600, "cut off after {refused} warnings");
    within(flood).await.unwrap();
    friend.say(&ClientFrame::Ping { nonce: 1 }).await;
    let mut delivered = 0;
    while matches!(frame(&friend.next().await), ServerFrame::Deliver { .. }) {
        delivered += 1;
    }
    assert!((590..5_000).contains(&delivered), "{delivered} frames of the flood were passed on");
}

#[tokio::test]
async fn a_thousand_topics_are_too_many() {
    let server = Server::start().await;
    let mut client = Client::greet(&server, 1).await;
    for number in 0..1_000_u32 {
        let mut topic = [0; 32];
        topic[..4].copy_from_slice(&number.to_be_bytes());
        let join = ClientFrame::Join { topic: Topic(topic), want: 16 };
        if client.socket.feed(Message::binary(encode(&join))).await.is_err() {
            break;
        }
    }
    let _ = client.socket.flush().await;
    let (mut joined, mut refused, mut limited) = (0, 0, 0);
    let reason = loop {
        match frame(&client.next().await) {
            ServerFrame::Joined { .. } => joined += 1,
            ServerFrame::Refused { reason: Refusal::TooManyTopics, .. } => refused += 1,
            ServerFrame::Refused { reason: Refusal::RateLimited, .. } => limited += 1,
            ServerFrame::Bye { reason, .. } => break reason,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!((joined, reason), (32, ByeReason::RateLimited));
    assert!(refused >= 32 && limited >= 600, "{refused} refused, {limited} limited");
    assert_eq!(server.metric("lacis_topics").await, 0);
}

#[tokio::test]
async fn a_storm_of_joins_and_leaves_ends_and_leaves_nothing() {
    let server = Server::start().await;
    let mut bystander = Client::greet(&server, 99).await;
    bystander.join(7).await;
    let topic = Topic([7; 32]);
    let storm = async |name: u8| {
        let client = Client::greet(&server, name).await;
        let (mut sink, mut stream) = client.socket.split();
        let sending = tokio::spawn(async move {
            let join = encode(&ClientFrame::Join { topic, want: 16 });
            let leave = encode(&ClientFrame::Leave { topic });
            while sink.send(Message::binary(join.clone())).await.is_ok()
                && sink.send(Message::binary(leave.clone())).await.is_ok()
            {}
        });
        let (mut joined, mut last) = (0, None);
        while let Some(Ok(message)) = within(stream.next()).await {
            let Message::Binary(bytes) = message else { continue };
            match frame(&bytes) {
                ServerFrame::Joined { .. } => joined += 1,
                ServerFrame::Refused { reason: Refusal::RateLimited, .. } => {}
                ServerFrame::Bye { reason, .. } => last = Some(reason),
                other => panic!("{other:?} in a storm"),
            }
        }
        within(sending).await.unwrap();
        (joined, last)
    };
    for name in 1..=8 {
        let (joined, last) = storm(name).await;
        assert_eq!(last, Some(ByeReason::RateLimited));
        assert!((64..1_000).contains(&joined), "{joined} joins of a storm were carried out");
    }
    // Whoever comes in masses, joins and is gone leaves nothing either.
    for number in 0..200 {
        let mut client = Client::greet(&server, number % 90).await;
        client.say(&ClientFrame::Join { topic, want: 0 }).await;
    }
    within(async { while server.metric("lacis_connections").await > 1 {} }).await;
    assert_eq!(server.metric("lacis_members").await, 1);
    assert!(bystander.join(7).await.is_empty());
}

#[tokio::test]
async fn who_never_reads_is_dropped_and_the_sender_is_told() {
    let stall_max = Duration::from_secs(1);
    let hub = HubConfig { queue_bytes_max: 128 * 1024, stall_max, ..unlimited() };
    let close_deadline = Duration::from_millis(100);
    let server = Server::with(Config { hub, close_deadline, ..Config::default() }).await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4 * 1024).unwrap();
    let stream = socket.connect(server.address).await.unwrap();
    let mut deaf = Client::open_on(stream, &[]).await.unwrap();
    deaf.hello(2).await;

    let mut sender = Client::greet(&server, 1).await;
    let told = within(async {
        loop {
            sender.send(2, &[0; 12_000]).await;
            sender.say(&ClientFrame::Ping { nonce: 0 }).await;
            let bytes = sender.next().await;
            if let ServerFrame::Undelivered { reason, .. } = frame(&bytes) {
                break reason;
            }
            assert!(server.metric("lacis_queued_bytes").await <= 2 * 128 * 1024);
        }
    })
    .await;
    assert_eq!(told, Undelivered::Full);
    let dropped = "lacis_connections_closed_total{reason=\"slow-reader\"}";
    within(async { while server.metric(dropped).await == 0 {} }).await;
    assert_eq!(server.metric("lacis_queued_bytes").await, 0);
    // It has its chance to take the good-bye; then its socket is gone too.
    within(async { while server.metric("lacis_sockets").await > 2 {} }).await;
    still_serves(&server).await;
}

#[tokio::test]
async fn who_is_flooded_keeps_its_place_and_its_mailbox() {
    let server = Server::with_hub(unlimited()).await;
    let mut victim = Client::greet(&server, 2).await;
    let mut flood = Vec::new();
    for name in 3..7 {
        flood.push(Client::greet(&server, name).await);
    }
    // Until each of them has been told that there is no room; nothing is read meanwhile.
    for sender in &mut flood {
        within(async {
            loop {
                sender.send(2, &[0; 12_000]).await;
                sender.say(&ClientFrame::Ping { nonce: 0 }).await;
                if let ServerFrame::Undelivered { reason, .. } = frame(&sender.next().await) {
                    break assert_eq!(reason, Undelivered::Full);
                }
            }
        })
        .await;
    }
    victim.say(&ClientFrame::Ping { nonce: 7 }).await;
    within(async { while frame(&victim.next().await) != (ServerFrame::Pong { nonce: 7 }) {} })
        .await;
    // Also when its connection is lost, nobody else becomes it.
    drop(victim);
    within(async { while server.metric("lacis_nodes").await > 4 {} }).await;
    let mut thief = Client::open(&server).await;
    thief.say(&crate::client::hello(2, 9)).await;
    thief.ends_with(ByeReason::NodeTaken).await;
    Client::greet(&server, 2).await;
}

#[tokio::test]
async fn after_a_goodbye_nothing_more_is_heard() {
    let close_deadline = Duration::from_secs(3_600);
    let server = Server::with(Config { close_deadline, ..Config::default() }).await;
    let mut friend = Client::greet(&server, 2).await;
    let heard = async || server.metric("lacis_received_frames_total{kind=\"send\"}").await;
    let masked = |opcode: u8, payload: &[u8]| {
        let length = 0x80 | u8::try_from(payload.len()).unwrap();
        [&[opcode, length, 0, 0, 0, 0], payload].concat()
    };
    let send = encode(&ClientFrame::Send { to: node(2), seq: 1, payload: b"late" });
    // The goodbye is the client's, then the server's, for a frame that is none.
    for goodbye in [masked(0x88, &[]), masked(0x82, b"?")] {
        let mut stream = Client::greet(&server, 1).await.socket.into_inner();
        stream.write_all(&[goodbye, masked(0x82, &send)].concat()).await.unwrap();
        // The server ends without waiting for the client to do so.
        let mut answer = Vec::new();
        let _ = within(stream.read_to_end(&mut answer)).await;
        assert!(!answer.is_empty(), "no word to that");
        let _ = stream.write_all(&masked(0x82, &send)).await;
        drop(stream);
    }
    friend.say(&ClientFrame::Ping { nonce: 5 }).await;
    assert_eq!(frame(&friend.next().await), ServerFrame::Pong { nonce: 5 });
    assert_eq!(heard().await, 0);
    within(async { while server.metric("lacis_sockets").await > 2 {} }).await;
}

#[tokio::test]
async fn pings_and_pongs_of_the_transport_are_limited_too() {
    let server = Server::start().await;
    let client = Client::greet(&server, 1).await;
    let (mut sink, mut stream) = client.socket.split();
    let flood =
        tokio::spawn(async move { while sink.send(Message::Pong("x".into())).await.is_ok() {} });
    let mut last = None;
    while let Some(Ok(message)) = within(stream.next()).await {
        if let Message::Binary(bytes) = message {
            last = Some(bytes);
        }
    }
    let bytes = last.expect("a good-bye");
    assert!(matches!(frame(&bytes), ServerFrame::Bye { reason: ByeReason::RateLimited, .. }));
    within(flood).await.unwrap();
}

#[tokio::test]
async fn a_request_that_never_ends_is_not_waited_for() {
    let request_deadline = Duration::from_millis(500);
    let server = Server::with(Config { request_deadline, ..Config::default() }).await;
    let mut streams = Vec::new();
    for start in ["", "GET /ws HT", "GET /ws HTTP/1.1\r\nhost: x\r\nupgrade: web"] {
        let mut stream = server.tcp().await;
        stream.write_all(start.as_bytes()).await.unwrap();
        streams.push(stream);
    }
    for mut stream in streams {
        // The end of the connection is what this waits for; an answer is not owed.
        let _ = within(stream.read_to_end(&mut Vec::new())).await;
    }
    still_serves(&server).await;
}

#[tokio::test]
async fn a_page_that_is_not_read_is_given_up() {
    let folder = std::env::temp_dir().join(format!("lacis-unread-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("index.html"), "start").unwrap();
    std::fs::write(folder.join("large"), vec![0; 32 << 20]).unwrap();
    let pages = Some(folder.clone());
    let http_deadline = Duration::from_secs(1);
    let server = Server::with(Config { pages, http_deadline, ..Config::default() }).await;
    let mut stream = server.tcp().await;
    stream.write_all(b"GET /large HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    // This request's own connection is the only one left at the end.
    within(async { while server.metric("lacis_sockets").await > 1 {} }).await;
    std::fs::remove_dir_all(folder).unwrap();
    drop(stream);
}

#[tokio::test]
async fn a_huge_head_is_refused() {
    let server = Server::start().await;
    let cookie = "a".repeat(100_000);
    let many = "x-field: y\r\n".repeat(500);
    for fields in [format!("cookie: {cookie}\r\n"), many] {
        let mut stream = server.tcp().await;
        let request = format!("GET /ws HTTP/1.1\r\nhost: x\r\n{fields}\r\n");
        // The server stops reading, so writing may fail.
        let _ = stream.write_all(request.as_bytes()).await;
        let mut answer = Vec::new();
        let _ = within(stream.read_to_end(&mut answer)).await;
        assert!(!answer.starts_with(b"HTTP/1.1 101"), "it was let in");
    }
    still_serves(&server).await;
}

#[tokio::test]
async fn only_a_plain_get_becomes_a_websocket() {
    let server = Server::start().await;
    let fields = "host: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
        sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    for (line, more) in [
        ("POST /ws HTTP/1.1", ""),
        ("GET /ws HTTP/1.0", ""),
        ("GET /ws HTTP/1.1", "content-length: 6\r\n"),
        ("GET /ws HTTP/1.1", "transfer-encoding: chunked\r\n"),
        ("GET /ws HTTP/1.1", "content-length: 6\r\ntransfer-encoding: chunked\r\n"),
    ] {
        let mut stream = server.tcp().await;
        let request = format!("{line}\r\n{fields}{more}\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        stream.write_all(&[0x88, 0x80, 0, 0, 0, 0]).await.unwrap();
        let _ = stream.shutdown().await;
        let mut answer = Vec::new();
        let _ = within(stream.read_to_end(&mut answer)).await;
        assert!(!answer.starts_with(b"HTTP/1.1 101"), "{line} {more}");
        assert!(!answer.starts_with(b"HTTP/1.0 101"), "{line} {more}");
    }
    let mut stream = server.tcp().await;
    let request = format!("GET /ws HTTP/1.1\r\n{fields}content-length: 0\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    within(stream.read_exact(&mut answer)).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 101");
}

#[tokio::test]
async fn what_is_no_http_at_all_is_refused() {
    let server = Server::start().await;
    for bytes in
        [&b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..], &[0; 4_096], b"SSH-2.0-x\r\n"]
    {
        let mut stream = server.tcp().await;
        let _ = stream.write_all(bytes).await;
        let _ = stream.shutdown().await;
        let mut answer = Vec::new();
        let _ = within(stream.read_to_end(&mut answer)).await;
        assert!(!answer.starts_with(b"HTTP/1.1 2"), "{answer:?}");
    }
    still_serves(&server).await;
}
