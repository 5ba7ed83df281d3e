//! Clients that ping on the level of WebSockets while frames are routed to them.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use lacis_wire::NodeId;
use lacis_wire::signal::{ClientFrame, ServerFrame};
use serde_json::{Value, json};

use crate::crowd::{Client, Crowd, Seen};
use crate::route::gather;

/// Frames that each client sends. With its pings they are fewer than a client may send at once.
const FRAMES: u32 = 100;
/// Pings with each frame: before it and behind it.
const PINGS: (u32, u32) = (2, 1);
/// The longest payload of a ping.
const PING_BYTES: usize = 125;
/// So long without anything that arrives means that something is lost.
const STALL: Duration = Duration::from_secs(10);

/// A ring: each client sends its next frame to the one behind it when the one before has sent it
/// one, so that as many frames are on their way as there are clients.
struct Ring {
    nodes: Vec<NodeId>,
    /// How many frames each has got, and has sent.
    got: Vec<u32>,
    sent: Vec<u32>,
    /// Answers to the last ping, which each client is owed.
    answered: Vec<bool>,
    pings: u64,
    pongs: u64,
    last: Instant,
}

pub(crate) fn run(server: SocketAddr, clients: u32) -> Result<Value> {
    let mut crowd = Crowd::new(server)?;
    let count = usize::try_from(clients)?;
    let nodes = gather(&mut crowd, count)?;
    let began = Instant::now();
    let mut ring = Ring {
        nodes,
        got: vec![0; count],
        sent: vec![0; count],
        answered: vec![false; count],
        pings: 0,
        pongs: 0,
        last: began,
    };
    for number in 0..count {
        let Some(client) = crowd.client(number) else { bail!("a client is gone at once") };
        ring.send(number, client);
        client.flush()?;
    }
    while !ring.is_done() {
        crowd.turn(STALL, |number, client, seen| ring.see(number, client, seen))?;
        if ring.last.elapsed() >= STALL {
            let lost: u32 = ring.got.iter().map(|got| FRAMES - got).sum();
            let unanswered = ring.answered.iter().filter(|answered| !**answered).count();
            bail!("{lost} frames never came, and {unanswered} clients have no answer to a ping");
        }
    }
    let seconds = began.elapsed().as_secs_f64();
    Ok(json!({
        "clients": clients,
        "frames": u64::from(FRAMES) * u64::from(clients),
        "pings": ring.pings,
        "pongs": ring.pongs,
        "lost": 0,
        "seconds": (seconds * 10.0).round() / 10.0,
    }))
}

impl Ring {
    fn send(&mut self, number: usize, client: &mut Client) {
        let seq = self.sent[number];
        let is_last = seq + 1 == FRAMES;
        let to = self.nodes[(number + 1) % self.nodes.len()];
        let (before, behind) = PINGS;
        for _ in 0..before {
            client.ping(&[0; PING_BYTES]);
        }
        client.send(&ClientFrame::Send { to, seq, payload: &seq.to_be_bytes() });
        for _ in 0..behind {
            client.ping(&[u8::from(is_last); PING_BYTES]);
        }
        self.pings += u64::from(before + behind);
        self.sent[number] += 1;
    }

    fn see(&mut self, number: usize, client: &mut Client, seen: Seen<'_>) -> Result<()> {
        self.last = Instant::now();
        match seen {
            Seen::Frame(ServerFrame::Deliver { from, payload }) => {
                let count = self.nodes.len();
                let sender = self.nodes[(number + count - 1) % count];
                let expected = self.got[number];
                ensure!(from == sender, "a frame of somebody else");
                ensure!(payload == expected.to_be_bytes(), "frame {expected} did not come");
                self.got[number] += 1;
                if self.sent[number] < FRAMES {
                    self.send(number, client);
                }
            }
            // Of several pings a server may answer the last alone.
            Seen::Pong(payload) => {
                self.pongs += 1;
                self.answered[number] |= payload == [1; PING_BYTES];
            }
            Seen::Frame(ServerFrame::Undelivered { reason, .. }) => {
                bail!("a frame was not delivered ({reason:?}): is it a server with --trust-proxy?");
            }
            Seen::Frame(_) | Seen::Greeting | Seen::Welcome => {}
            Seen::Gone(reason) => bail!("a client is gone: {reason:#}"),
        }
        Ok(())
    }

    fn is_done(&self) -> bool {
        self.got.iter().all(|got| *got == FRAMES) && self.answered.iter().all(|it| *it)
    }
}
