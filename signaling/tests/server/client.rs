//! A server of its own for each test, and a client that notices everything.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use lacis_signaling::hub::{HubConfig, RateLimit, Rates};
use lacis_signaling::{Config, RunError, run};
use lacis_wire::codec::{decode, encode};
use lacis_wire::signal::{ByeReason, ClientFrame, ServerFrame};
use lacis_wire::{NodeId, PROTOCOL, Topic};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Bytes, Error, Message, http};
use tokio_tungstenite::{WebSocketStream, client_async};

/// Longer than anything here takes; a test that waits this long has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// Waits for what must happen.
pub(crate) async fn within<T>(future: impl Future<Output = T>) -> T {
    timeout(PATIENCE, future).await.expect("it did not happen in time")
}

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), RunError>>,
    /// Has it read its files again.
    pub(crate) reload: Arc<Notify>,
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::with(Config::default()).await
    }

    pub(crate) async fn with(config: Config) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let reload = Arc::new(Notify::new());
        let task = tokio::spawn(run(listener, config, Arc::clone(&reload), async {
            let _ = stopped.await;
        }));
        Self { address, stop, task, reload }
    }

    pub(crate) async fn with_hub(hub: HubConfig) -> Self {
        Self::with(Config { hub, ..Config::default() }).await
    }

    /// Asks the server to end; what comes back is ready when it has.
    pub(crate) fn stop(self) -> JoinHandle<Result<(), RunError>> {
        self.stop.send(()).unwrap();
        self.task
    }

    /// Ends the server without a word to anybody, as a crash does.
    pub(crate) async fn kill(self) {
        self.task.abort();
        let _ = self.task.await;
    }

    /// How it ended, for one that ends by itself.
    pub(crate) async fn ended(self) -> Result<(), RunError> {
        self.task.await.unwrap()
    }

    pub(crate) async fn tcp(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).await.unwrap();
        // Two small writes in a row would otherwise wait for an acknowledgement.
        stream.set_nodelay(true).unwrap();
        stream
    }

    /// Sends a request and reads the answer to its end.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.request(&format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")).await
    }

    pub(crate) async fn request(&self, request: &str) -> Answer {
        let mut stream = self.tcp().await;
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut bytes = Vec::new();
        within(stream.read_to_end(&mut bytes)).await.unwrap();
        Answer::parse(&bytes)
    }

    /// One figure of `/metrics`.
    pub(crate) async fn metric(&self, name: &str) -> u64 {
        let body = self.get("/metrics").await.body;
        let line = body.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("no {name} in {body}")).parse().unwrap()
    }
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
    /// The body as it came.
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    fn parse(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let end = bytes.windows(4).position(|end| end == b"\r\n\r\n").map(|at| at + 4);
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        Self {
            status: status.unwrap_or_else(|| panic!("no answer: {text:?}")),
            head: head.to_owned(),
            body: body.to_owned(),
            bytes: end.map_or_else(Vec::new, |end| bytes[end..].to_vec()),
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

pub(crate) struct Client<S = TcpStream> {
    pub(crate) socket: WebSocketStream<S>,
}

impl Client {
    /// Connected, and nothing more.
    pub(crate) async fn open(server: &Server) -> Self {
        Self::open_with(server, &[]).await.expect("the server takes connections")
    }

    pub(crate) async fn open_with(
        server: &Server,
        headers: &[(&'static str, &str)],
    ) -> Result<Self, Error> {
        Self::open_on(server.tcp().await, headers).await
    }

    pub(crate) async fn open_on(
        stream: TcpStream,
        headers: &[(&'static str, &str)],
    ) -> Result<Self, Error> {
        Self::ask(stream, "/ws", headers).await
    }

    /// Connected, at an address with more in it.
    pub(crate) async fn open_at(server: &Server, path: &str) -> Result<Self, Error> {
        Self::ask(server.tcp().await, path, &[]).await
    }

    async fn ask(
        stream: TcpStream,
        path: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<Self, Error> {
        let mut request = format!("ws://server{path}").into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, http::HeaderValue::from_str(value).unwrap());
        }
        let (socket, _) = within(client_async(request, stream)).await?;
        Ok(Self { socket })
    }

    /// Connected and past its greeting.
    pub(crate) async fn greet(server: &Server, name: u8) -> Self {
        let mut client = Self::open(server).await;
        client.hello(name).await;
        client
    }

    pub(crate) async fn hello(&mut self, name: u8) {
        self.try_hello(name).await;
        let bytes = self.next().await;
        assert!(matches!(frame(&bytes), ServerFrame::Welcome { .. }), "{:?}", frame(&bytes));
    }

    /// Whether the next frame is a welcome.
    pub(crate) async fn is_welcome(&mut self) -> bool {
        matches!(frame(&self.next().await), ServerFrame::Welcome { .. })
    }

    pub(crate) async fn send(&mut self, to: u8, payload: &[u8]) {
        self.say(&ClientFrame::Send { to: node(to), seq: 1, payload }).await;
    }

    pub(crate) async fn join(&mut self, topic: u8) -> Vec<NodeId> {
        let topic = Topic([topic; 32]);
        self.say(&ClientFrame::Join { topic, want: 16 }).await;
        match frame(&self.next().await) {
            ServerFrame::Joined { topic: joined, members } if joined == topic => members,
            other => panic!("{other:?} instead of members"),
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    /// Connected over something that is open already.
    pub(crate) async fn over(stream: S) -> Self {
        let (socket, _) = within(client_async("ws://server/ws", stream)).await.unwrap();
        Self { socket }
    }

    /// Says who it is; the answer is still to come.
    pub(crate) async fn try_hello(&mut self, name: u8) {
        // The server may have closed already.
        let _ = within(self.socket.send(Message::binary(encode(&hello(name, 1))))).await;
    }

    pub(crate) async fn say(&mut self, frame: &ClientFrame<'_>) {
        within(self.socket.send(Message::binary(encode(frame)))).await.unwrap();
    }

    /// The next frame from the server.
    pub(crate) async fn next(&mut self) -> Bytes {
        within(async {
            loop {
                match self.socket.next().await {
                    Some(Ok(Message::Binary(bytes))) => return bytes,
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                    other => panic!("{other:?} instead of a frame"),
                }
            }
        })
        .await
    }

    /// Reads on to the end, which must come with this reason, in its frame and its close code.
    /// Gives back the time to wait.
    pub(crate) async fn ends_with(mut self, reason: ByeReason) -> u32 {
        let ending = async {
            let mut last = None;
            loop {
                match self.socket.next().await {
                    Some(Ok(Message::Binary(bytes))) => last = Some(bytes),
                    Some(Ok(Message::Close(Some(close)))) => return (last, u16::from(close.code)),
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                    other => panic!("{other:?} instead of a close frame"),
                }
            }
        };
        let (last, code) = within(ending).await;
        assert_eq!(ByeReason::from_close_code(code), Some(reason));
        match last.as_ref().map(frame) {
            Some(ServerFrame::Bye { reason: told, retry_after_ms }) => {
                assert_eq!(told, reason);
                retry_after_ms
            }
            other => panic!("{other:?} instead of a good-bye"),
        }
    }
}

pub(crate) fn frame(bytes: &Bytes) -> ServerFrame<'_> {
    decode(bytes).expect("the server sends frames")
}

pub(crate) fn node(name: u8) -> NodeId {
    NodeId([name; 16])
}

pub(crate) fn hello(name: u8, secret: u8) -> ClientFrame<'static> {
    ClientFrame::Hello { versions: PROTOCOL, node: node(name), secret: [secret; 16] }
}

/// Limits on sending that nobody reaches, for tests about something else.
pub(crate) fn unlimited() -> HubConfig {
    let rates = Rates { frames: RateLimit::NONE, bytes: RateLimit::NONE, joins: RateLimit::NONE };
    HubConfig {
        connection_rates: rates,
        address_rates: rates,
        connection_refusals: RateLimit::NONE,
        address_opens: RateLimit::NONE,
        ..HubConfig::default()
    }
}
