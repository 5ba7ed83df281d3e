//! Clients that break the rules, each in a way of its own.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Result;
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use lacis_wire::signal::ClientFrame;
use serde_json::{Map, Value, json};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

use crate::client::{Client, topic_of};

/// Longer than any deadline that a server has for those who break the rules at once.
const WATCHED: Duration = Duration::from_secs(5);
/// More than any client may send.
const FLOOD: u32 = 5_000;

pub(crate) async fn run(server: SocketAddr) -> Result<Value> {
    let mut ends = Map::new();
    let ways: [(&str, Vec<Message>); 4] = [
        ("text", vec![Message::text("hello")]),
        ("garbage", vec![Message::Binary(Bytes::from(vec![0xff; 100]))]),
        ("oversized", vec![Message::Binary(Bytes::from(vec![0; 100_000]))]),
        ("empty", vec![Message::Binary(Bytes::new())]),
    ];
    for (number, (name, messages)) in (0..).zip(ways) {
        let mut client = Client::open(server, number).await?;
        for message in messages {
            // The server may have closed already, which the end tells.
            let _ = client.socket.send(message).await;
        }
        ends.insert(name.into(), json!(end_of(client).await));
    }
    let mut flooding = Client::open(server, 100).await?;
    for number in 0..FLOOD {
        let join = ClientFrame::Join { topic: topic_of(4 * number), want: 16 };
        if flooding.send(&join).await.is_err() {
            break;
        }
    }
    ends.insert("flood".into(), json!(end_of(flooding).await));
    // Whoever behaves is still served.
    let mut good = Client::open(server, 200).await?;
    good.join(topic_of(1)).await?;
    ends.insert("others".into(), json!("served"));
    Ok(Value::Object(ends))
}

/// How a connection ends: the code and reason of the server, or that it does not end.
async fn end_of(mut client: Client) -> String {
    let ending = async {
        loop {
            match client.socket.next().await {
                Some(Ok(Message::Close(Some(frame)))) => {
                    return format!("{} {}", u16::from(frame.code), frame.reason);
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => return format!("{error}"),
                None => return "closed".into(),
            }
        }
    };
    timeout(WATCHED, ending).await.unwrap_or_else(|_| "still open".into())
}
