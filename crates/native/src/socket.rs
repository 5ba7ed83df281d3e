//! WebSockets to signaling servers.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use futures_util::stream::SplitSink;
use futures_util::{SinkExt, StreamExt};
use lacis_core::{Input, SocketId};
use lacis_wire::limits;
use tokio::net::TcpStream;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};
use tokio_tungstenite::tungstenite::error::UrlError;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream};

/// What is told of sockets.
pub(crate) type Told = (SocketId, Input<'static>);

/// A WebSocket to a signaling server; hung up when dropped.
#[derive(Debug)]
pub(crate) struct Socket {
    frames: UnboundedSender<Vec<u8>>,
    task: Option<JoinHandle<()>>,
}

type Stream = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// A server that does not answer is given up by the core, which hangs up; this is for what it does
/// not wait for.
const DIAL_WITHIN: Duration = Duration::from_secs(30);

/// How long a socket that was hung up may take to say so to the server.
const CLOSE_WITHIN: Duration = Duration::from_secs(1);

/// What the library reads at a time; its own choice is most of what an idle socket costs.
const READ_BYTES: usize = 4 * 1024;

impl Socket {
    /// Begins to dial; all else is told to `told`.
    ///
    /// Text that is no address gives an error.
    pub(crate) fn dial(id: SocketId, url: &str, told: mpsc::Sender<Told>) -> Result<Self, ()> {
        use tungstenite::client::IntoClientRequest;
        let request = url.into_client_request().map_err(drop)?;
        let (frames, waiting) = mpsc::unbounded_channel();
        let task = tokio::task::spawn_local(async move {
            let code = converse(id, request, waiting, &told).await;
            // Nobody listens once the peer is gone.
            let _ = told.send((id, Input::SocketClosed(id, code))).await;
        });
        Ok(Self { frames, task: Some(task) })
    }

    /// Sends a binary message.
    pub(crate) fn send(&self, bytes: Vec<u8>) {
        // What a closing socket does not take is lost; its end is told.
        let _ = self.frames.send(bytes);
    }

    /// Closes it; ends when the server has been told, or cannot be.
    pub(crate) fn hang_up(mut self) -> Option<JoinHandle<()>> {
        self.task.take()
    }
}

/// Carries frames until either side ends it; gives the close code of the server, if it said one.
async fn converse(
    id: SocketId,
    request: tungstenite::handshake::client::Request,
    mut waiting: UnboundedReceiver<Vec<u8>>,
    told: &mpsc::Sender<Told>,
) -> Option<u16> {
    let dialled = tokio::select! {
        dialled = timeout(DIAL_WITHIN, dial(request)) => dialled.ok()?,
        () = ended(&mut waiting) => return None,
    };
    let (mut sink, mut stream) = dialled.ok()?.split();
    told.send((id, Input::SocketOpened(id))).await.ok()?;
    loop {
        tokio::select! {
            frame = waiting.recv() => match frame {
                Some(bytes) => sink.send(Message::Binary(bytes.into())).await.ok()?,
                None => {
                    hang_up(sink).await;
                    return None;
                }
            },
            message = stream.next() => {
                let bytes = match message?.ok()? {
                    Message::Binary(bytes) => bytes.into(),
                    // Nothing that a server sends; an empty frame has the core treat it so.
                    Message::Text(_) => Vec::new(),
                    Message::Close(frame) => return frame.map(|frame| frame.code.into()),
                    _ => continue,
                };
                told.send((id, Input::SocketFrame(id, bytes.into()))).await.ok()?;
            }
        }
    }
}

/// Ends when the socket is hung up. What is sent before it is open is lost.
async fn ended(waiting: &mut UnboundedReceiver<Vec<u8>>) {
    while waiting.recv().await.is_some() {}
}

async fn hang_up(mut sink: SplitSink<Stream, Message>) {
    let _ = timeout(CLOSE_WITHIN, sink.send(Message::Close(None))).await;
}

async fn dial(
    request: tungstenite::handshake::client::Request,
) -> Result<Stream, tungstenite::Error> {
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BYTES)
        .max_message_size(Some(limits::SIGNAL_FRAME_BYTES))
        .max_frame_size(Some(limits::SIGNAL_FRAME_BYTES));
    let trust = TRUST.clone().ok_or(UrlError::TlsFeatureNotEnabled)?;
    let (stream, _) = tokio_tungstenite::connect_async_tls_with_config(
        request,
        Some(config),
        true, // Frames are small, and somebody waits for each.
        Some(Connector::Rustls(trust)),
    )
    .await?;
    Ok(stream)
}

/// Whom this machine trusts. Read once: that takes milliseconds.
static TRUST: LazyLock<Option<Arc<ClientConfig>>> = LazyLock::new(|| {
    let mut roots = RootCertStore::empty();
    // Where nothing can be read nobody is trusted, and every dial says so.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider);
    let builder = builder.with_safe_default_protocol_versions().ok()?;
    Some(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()))
});
