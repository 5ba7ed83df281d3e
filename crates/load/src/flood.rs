//! Clients that send far more than they may, and whether the server gets rid of them.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use lacis_wire::codec::encode;
use lacis_wire::signal::ClientFrame;
use lacis_wire::{NodeId, PROTOCOL};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::client::{Client, topic_of};
use crate::crowd::{BINARY, PING, PONG, frame_of, request};

/// Several times what any client may send, after which it stays and says nothing more.
const FRAMES: usize = 5_000;
/// Nobody floods for longer, for a server may read no more.
const FLOOD: Duration = Duration::from_secs(20);
/// So long after the flood no socket may be left.
const AFTER: Duration = Duration::from_secs(10);
const LOOK: Duration = Duration::from_millis(100);
/// Written at once.
const CHUNK_BYTES: usize = 4 * 1024;

/// What a flood consists of.
#[derive(Clone, Copy, Debug)]
enum Flood {
    Pings,
    Pongs,
    /// A message whose parts have no end and no content.
    Fragments,
    /// Payloads for the flooder behind, which has them routed to it while it floods.
    Sends,
    Joins,
}

const FLOODS: [Flood; 5] =
    [Flood::Sends, Flood::Pings, Flood::Pongs, Flood::Fragments, Flood::Joins];

pub(crate) async fn run(server: SocketAddr, flooders: u32) -> Result<Value> {
    let before = sockets_of(server).await?;
    let mut streams = Vec::new();
    for number in 0..flooders {
        streams.push(open(server, number).await.context("a flooder does not get in")?);
    }
    let began = Instant::now();
    let mut flooding = JoinSet::new();
    for (number, stream) in (0..).zip(streams) {
        flooding.spawn(flood(number, flooders, stream));
    }
    let (mut held, mut cut_off) = (Vec::new(), 0);
    while let Some(flooded) = flooding.join_next().await {
        let (stream, is_cut_off) = flooded?;
        cut_off += u32::from(is_cut_off);
        // They stay on their side, so that it is the server that has to end it.
        held.push(stream);
    }
    let flooded_s = seconds(began);
    let ended = Instant::now();
    let left = loop {
        let left = sockets_of(server).await?.saturating_sub(before);
        if left == 0 || ended.elapsed() >= AFTER {
            break left;
        }
        sleep(LOOK).await;
    };
    let gone_s = seconds(ended);
    if left > 0 {
        bail!("{left} sockets of {flooders} flooders are left {AFTER:?} after the flood");
    }
    drop(held);
    // Whoever behaves is still served.
    Client::open(server, flooders).await?.join(topic_of(1)).await?;
    Ok(json!({
        "flooders": flooders,
        "cut_off_at_once": cut_off,
        "flooded_s": flooded_s,
        "gone_after_s": gone_s,
        "sockets_left": left,
    }))
}

/// Floods as long as the server takes it; says whether it was cut off while it did.
async fn flood(number: u32, flooders: u32, stream: TcpStream) -> (TcpStream, bool) {
    let of = usize::try_from(number).unwrap_or(0);
    let (one, mut stream) = (frame_of_flood(FLOODS[of % FLOODS.len()], number, flooders), stream);
    let at_once = CHUNK_BYTES / one.len();
    let chunk = one.repeat(at_once);
    // Every other one never reads.
    let reads = (of / FLOODS.len()).is_multiple_of(2);
    let flooding = async {
        let mut space = vec![0; CHUNK_BYTES];
        for _ in 0..FRAMES.div_ceil(at_once) {
            if stream.write_all(&chunk).await.is_err() {
                return true;
            }
            if reads {
                let _ = stream.try_read(&mut space);
            }
        }
        false
    };
    let is_cut_off = timeout(FLOOD, flooding).await.unwrap_or(false);
    (stream, is_cut_off)
}

fn frame_of_flood(flood: Flood, number: u32, flooders: u32) -> Vec<u8> {
    match flood {
        Flood::Pings => frame_of(PING, &[0; 125]),
        Flood::Pongs => frame_of(PONG, &[0; 125]),
        Flood::Fragments => frame_of(CONTINUED, &[]),
        Flood::Sends => {
            let to = node_of((number + 1) % flooders);
            frame_of(BINARY, &encode(&ClientFrame::Send { to, seq: 1, payload: &[0; 100] }))
        }
        Flood::Joins => {
            frame_of(BINARY, &encode(&ClientFrame::Join { topic: topic_of(number), want: 16 }))
        }
    }
}

/// A part in the middle of a message.
const CONTINUED: u8 = 0x00;
/// The first part of one.
const BEGUN: u8 = 0x02;

/// Connects and greets; what a flooder of fragments says next is the first of them.
async fn open(server: SocketAddr, number: u32) -> Result<TcpStream> {
    let mut stream = TcpStream::connect(server).await?;
    stream.write_all(request(server, number).as_bytes()).await?;
    let mut answer = Vec::new();
    while !answer.windows(4).any(|window| window == b"\r\n\r\n") {
        let read = timeout(AFTER, stream.read_buf(&mut answer)).await.context("no answer")??;
        ensure!(read > 0, "the server closed");
    }
    let answer = String::from_utf8_lossy(&answer);
    ensure!(answer.contains(" 101 "), "the server answered {answer}");
    let node = node_of(number);
    let hello = ClientFrame::Hello { versions: PROTOCOL, node, secret: node.0 };
    stream.write_all(&frame_of(BINARY, &encode(&hello))).await?;
    let of = usize::try_from(number)?;
    if matches!(FLOODS[of % FLOODS.len()], Flood::Fragments) {
        stream.write_all(&frame_of(BEGUN, &[])).await?;
    }
    Ok(stream)
}

fn node_of(number: u32) -> NodeId {
    let mut node = [0xf1; 16];
    node[..4].copy_from_slice(&number.to_be_bytes());
    NodeId(node)
}

/// Sockets that the server has open, with the one that this is asked over.
async fn sockets_of(server: SocketAddr) -> Result<u64> {
    let asking = async {
        let mut stream = TcpStream::connect(server).await?;
        let request =
            format!("GET /metrics HTTP/1.1\r\nHost: {server}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        let sockets = answer.lines().find_map(|line| line.strip_prefix("lacis_sockets "));
        sockets.context("the server names no sockets")?.parse().context("no number of sockets")
    };
    timeout(AFTER, asking).await.context("the server does not answer")?
}

fn seconds(since: Instant) -> f64 {
    (since.elapsed().as_secs_f64() * 10.0).round() / 10.0
}
