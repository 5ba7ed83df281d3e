//! A signaling server that cheats. It stands between pages and the real server, passes everything
//! on, and changes what its mode says. With the room's link it knows the key, as somebody who was
//! invited does; without it, it can only damage what it cannot read.

use std::io::{self, Write};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use clap::{Parser, ValueEnum};
use futures_util::{SinkExt, StreamExt};
use lacis_wire::description::Description;
use lacis_wire::room::{RoomKeys, RoomLink};
use lacis_wire::seal::{self, NONCE_BYTES};
use lacis_wire::setup::Setup;
use lacis_wire::signal::ClientFrame;
use lacis_wire::{NodeId, codec};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{accept_async, connect_async};

/// Passes frames on to a real signaling server and lies about some of them.
#[derive(Debug, Parser)]
struct Arguments {
    /// The real server, as a ws:// address
    #[arg(long)]
    upstream: String,
    /// The lie
    #[arg(long, value_enum)]
    mode: Mode,
    /// The room whose messages to open
    #[arg(long)]
    link: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Mode {
    /// Another fingerprint in every offer
    SwapOffer,
    /// Another fingerprint in every answer
    SwapAnswer,
    /// As swap-answer, and whoever refuses is not heard by the other side
    SwapAnswerAndHush,
    /// One bit of every sealed payload is changed, without the key
    Garble,
    /// Every payload comes three times, and all earlier ones of its sender once more
    Replay,
}

/// What one connection needs to lie.
struct Liar {
    mode: Mode,
    keys: Option<Arc<RoomKeys>>,
    /// Who is connected here, once it has said so.
    node: Option<NodeId>,
    earlier: Vec<Vec<u8>>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let keys = match &arguments.link {
        Some(link) => Some(Arc::new(RoomLink::parse(link).context("the link")?.keys())),
        None => None,
    };
    let needs_key = !matches!(arguments.mode, Mode::Garble | Mode::Replay);
    if needs_key && keys.is_none() {
        bail!("this mode needs --link");
    }
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    say(&format!("listening on ws://{}/ws", listener.local_addr()?));
    loop {
        let (stream, _) = listener.accept().await?;
        let liar =
            Liar { mode: arguments.mode, keys: keys.clone(), node: None, earlier: Vec::new() };
        let upstream = arguments.upstream.clone();
        tokio::spawn(async move {
            // One client's broken connection is no reason to end.
            if let Err(reason) = pass_on(stream, &upstream, liar).await {
                say(&format!("a connection ended: {reason:#}"));
            }
        });
    }
}

/// Carries frames both ways until one side ends.
async fn pass_on(stream: TcpStream, upstream: &str, mut liar: Liar) -> Result<()> {
    let (mut to_client, mut from_client) = accept_async(stream).await?.split();
    let (server, _) = connect_async(upstream).await?;
    let (mut to_server, mut from_server) = server.split();
    let up = async {
        while let Some(message) = from_client.next().await {
            match message? {
                Message::Binary(frame) => {
                    for frame in liar.tell(&frame) {
                        to_server.send(Message::binary(frame)).await?;
                    }
                }
                message @ Message::Close(_) => to_server.send(message).await?,
                _ => {}
            }
        }
        anyhow::Ok(())
    };
    let down = async {
        while let Some(message) = from_server.next().await {
            let message = message?;
            if message.is_binary() || message.is_close() {
                to_client.send(message).await?;
            }
        }
        anyhow::Ok(())
    };
    tokio::select! {
        ended = up => ended,
        ended = down => ended,
    }
}

impl Liar {
    /// What to pass on instead of a frame.
    fn tell(&mut self, bytes: &[u8]) -> Vec<Vec<u8>> {
        match codec::decode::<ClientFrame<'_>>(bytes) {
            Ok(ClientFrame::Hello { node, .. }) => self.node = Some(node),
            Ok(ClientFrame::Send { to, seq, payload }) => {
                return self.tell_sent(bytes, to, seq, payload);
            }
            _ => {}
        }
        vec![bytes.to_vec()]
    }

    fn tell_sent(&mut self, bytes: &[u8], to: NodeId, seq: u32, payload: &[u8]) -> Vec<Vec<u8>> {
        let changed = match self.mode {
            Mode::Replay => {
                let mut all = self.earlier.clone();
                all.extend([bytes.to_vec(), bytes.to_vec(), bytes.to_vec()]);
                self.earlier.push(bytes.to_vec());
                say("replayed");
                return all;
            }
            Mode::Garble => {
                let mut garbled = payload.to_vec();
                if let Some(last) = garbled.last_mut() {
                    *last ^= 1;
                }
                say("garbled");
                Some(garbled)
            }
            Mode::SwapOffer | Mode::SwapAnswer | Mode::SwapAnswerAndHush => {
                match self.reseal(to, payload) {
                    Lie::Changed(payload) => Some(payload),
                    Lie::Unchanged => None,
                    Lie::Dropped => return Vec::new(),
                }
            }
        };
        match changed {
            Some(payload) => {
                vec![codec::encode(&ClientFrame::Send { to, seq, payload: &payload })]
            }
            None => vec![bytes.to_vec()],
        }
    }

    /// Opens a payload, swaps the fingerprint in it and seals it again.
    fn reseal(&self, to: NodeId, payload: &[u8]) -> Lie {
        let (Some(keys), Some(from)) = (&self.keys, self.node) else { return Lie::Unchanged };
        let Ok(plain) = seal::open(keys, from, to, payload) else { return Lie::Unchanged };
        let Ok(mut setup) = codec::decode::<Setup>(&plain) else { return Lie::Unchanged };
        match (self.mode, &mut setup) {
            (Mode::SwapOffer, Setup::Offer { description, .. })
            | (Mode::SwapAnswer | Mode::SwapAnswerAndHush, Setup::Answer { description, .. }) => {
                swap(description);
            }
            (Mode::SwapAnswerAndHush, Setup::Refuse { .. }) => {
                say("hushed");
                return Lie::Dropped;
            }
            _ => return Lie::Unchanged,
        }
        say("swapped");
        // Its secrecy is of no concern to a liar.
        let nonce = [7; NONCE_BYTES];
        Lie::Changed(seal::seal(keys, from, to, nonce, &codec::encode(&setup)))
    }
}

enum Lie {
    Changed(Vec<u8>),
    Unchanged,
    Dropped,
}

fn swap(description: &mut Description) {
    for byte in &mut description.fingerprint {
        *byte = !*byte;
    }
}

/// Tests read along.
fn say(text: &str) {
    // Nobody may be reading any more, which is no reason to end.
    let _ = writeln!(io::stdout(), "{text}");
}
