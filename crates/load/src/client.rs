//! One client of a signaling server, with a whole WebSocket library: for those who break rules.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use lacis_wire::codec::{decode, encode};
use lacis_wire::signal::{ClientFrame, ServerFrame};
use lacis_wire::{NodeId, PROTOCOL, Topic};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use crate::crowd::address_of;

/// Whatever takes longer has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
const READ_BUFFER_BYTES: usize = 4 * 1024;

#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) node: NodeId,
    pub(crate) socket: WebSocketStream<TcpStream>,
}

impl Client {
    /// Connects as one of many; `number` gives its address and its node id.
    pub(crate) async fn open(server: SocketAddr, number: u32) -> Result<Self> {
        timeout(PATIENCE, Self::connect(server, number)).await.context("no answer in time")?
    }

    async fn connect(server: SocketAddr, number: u32) -> Result<Self> {
        let stream = TcpStream::connect(server).await?;
        stream.set_nodelay(true)?;
        let mut request = format!("ws://{server}/ws").into_client_request()?;
        let address = address_of(number).to_string();
        request.headers_mut().insert("x-forwarded-for", address.parse()?);
        let config = WebSocketConfig::default().read_buffer_size(READ_BUFFER_BYTES);
        let (socket, _) = client_async_with_config(request, stream, Some(config)).await?;
        let mut node = [0; 16];
        getrandom::fill(&mut node).context("no randomness")?;
        let mut client = Self { node: NodeId(node), socket };
        let hello = ClientFrame::Hello { versions: PROTOCOL, node: client.node, secret: node };
        client.send(&hello).await?;
        Ok(client)
    }

    pub(crate) async fn send(&mut self, frame: &ClientFrame<'_>) -> Result<()> {
        Ok(self.socket.send(Message::Binary(encode(frame).into())).await?)
    }

    /// The next frame as it came.
    pub(crate) async fn receive(&mut self) -> Result<Bytes> {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Binary(bytes))) => return Ok(bytes),
                Some(Ok(Message::Close(frame))) => bail!("the server closed: {frame:?}"),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error.into()),
                None => bail!("the connection has ended"),
            }
        }
    }

    /// Announces itself, and waits until the server has said so.
    pub(crate) async fn join(&mut self, topic: Topic) -> Result<()> {
        self.send(&ClientFrame::Join { topic, want: 4 }).await?;
        timeout(PATIENCE, self.joined()).await.context("no answer in time")?
    }

    async fn joined(&mut self) -> Result<()> {
        loop {
            let bytes = self.receive().await?;
            match decode::<ServerFrame<'_>>(&bytes)? {
                ServerFrame::Joined { .. } => return Ok(()),
                ServerFrame::Refused { reason, .. } => bail!("the server refused: {reason:?}"),
                _ => {}
            }
        }
    }
}

/// The topic of a small group; four clients meet in each.
pub(crate) fn topic_of(number: u32) -> Topic {
    let mut bytes = [7; 32];
    bytes[..4].copy_from_slice(&(number / 4).to_be_bytes());
    Topic(bytes)
}
