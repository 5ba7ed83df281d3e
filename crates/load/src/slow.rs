//! A client that does not read, and others that send to it.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::Result;
use lacis_wire::codec::decode;
use lacis_wire::signal::{ClientFrame, ServerFrame};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use crate::client::Client;

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How many send
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=200))]
    senders: u32,
    /// For how long at most
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=120))]
    seconds: u64,
}

/// Between two frames of a sender: no faster than a client may.
const PAUSE: Duration = Duration::from_millis(12);

pub(crate) async fn run(server: SocketAddr, options: Options) -> Result<Value> {
    let reader = Client::open(server, 0).await?;
    let to = reader.node;
    let mut senders = Vec::new();
    for number in 0..options.senders {
        senders.push(Client::open(server, 1 + number).await?);
    }
    let began = Instant::now();
    let until = began + Duration::from_secs(options.seconds);
    let (mut sent, mut refused) = (0_u64, 0_u64);
    let payload = vec![1; 2_048];
    // Until the server has told every sender that it delivers no more, some seconds long.
    while Instant::now() < until && refused < 500 {
        for sender in &mut senders {
            sender.send(&ClientFrame::Send { to, seq: 0, payload: &payload }).await?;
            sent += 1;
            while let Ok(Ok(bytes)) = timeout(Duration::from_micros(50), sender.receive()).await {
                let frame = decode::<ServerFrame<'_>>(&bytes)?;
                refused += u64::from(matches!(frame, ServerFrame::Undelivered { .. }));
            }
        }
        sleep(PAUSE).await;
    }
    let seconds = (began.elapsed().as_secs_f64() * 10.0).round() / 10.0;
    drop(reader);
    Ok(json!({ "sent": sent, "undelivered": refused, "seconds": seconds }))
}
