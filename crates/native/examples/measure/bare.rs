//! The yardstick: connections of `rtc` and nothing beside, each with a UDP port of its own and one
//! data channel. Both ends are processes of this program; they meet by TCP on this machine.

use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use bytes::BytesMut;
use rtc::data_channel::RTCDataChannelInit;
use rtc::ice::mdns::MulticastDnsMode;
use rtc::peer_connection::configuration::setting_engine::SettingEngineBuilder;
use rtc::peer_connection::event::{RTCDataChannelEvent, RTCPeerConnectionEvent};
use rtc::peer_connection::sdp::RTCSessionDescription;
use rtc::peer_connection::transport::RTCIceCandidateInit;
use rtc::peer_connection::{RTCPeerConnection, RTCPeerConnectionBuilder};
use rtc::sansio::Protocol;
use rtc::shared::{TaggedBytesMut, TransportContext, TransportProtocol};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::mpsc;
use tokio::task::spawn_local;
use tokio::time::{sleep_until, timeout};

use super::{Done, PATIENCE, until_asked};

/// The largest packet, which is as large as those of browsers.
const PACKET_BYTES: usize = 2_048;

/// As in the package: a connection that is due at once again is called a little later.
const SOON: Duration = Duration::from_millis(1);

/// Bytes of what one side says to the other.
const SAID_MAX: u64 = 64 * 1024;

const CONNECTIONS_MAX: usize = 1_024;

struct Bare {
    rtc: RTCPeerConnection,
    socket: UdpSocket,
    local: SocketAddr,
}

impl Bare {
    async fn make() -> Result<Self, Box<dyn Error>> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let local = socket.local_addr()?;
        let settings = SettingEngineBuilder::new()
            .with_multicast_dns_mode(MulticastDnsMode::Disabled)
            .with_include_loopback_candidate(true)
            .build();
        let builder = RTCPeerConnectionBuilder::new().with_setting_engine(settings);
        let mut rtc = builder.build(Instant::now())?;
        let negotiated =
            RTCDataChannelInit { negotiated: Some(0), ..RTCDataChannelInit::default() };
        rtc.create_data_channel("bare", Some(negotiated))?;
        rtc.add_local_candidate(candidate(&line(local)))?;
        Ok(Self { rtc, socket, local })
    }

    /// What the other side has to know: where this one is, and its description.
    fn say(&self, description: &RTCSessionDescription) -> String {
        format!("{}\n{}", line(self.local), description.sdp)
    }

    fn offer(&mut self) -> Result<String, Box<dyn Error>> {
        let offer = self.rtc.create_offer(None)?;
        let said = self.say(&offer);
        self.rtc.set_local_description(Instant::now(), offer)?;
        Ok(said)
    }

    fn accept(&mut self, said: &str) -> Result<String, Box<dyn Error>> {
        let (at, offer) = said.split_once('\n').ok_or("an offer has two parts")?;
        let offer = RTCSessionDescription::offer(offer.to_owned())?;
        self.rtc.set_remote_description(Instant::now(), offer)?;
        self.rtc.add_remote_candidate(candidate(at))?;
        let answer = self.rtc.create_answer(None)?;
        let said = self.say(&answer);
        self.rtc.set_local_description(Instant::now(), answer)?;
        Ok(said)
    }

    fn finish(&mut self, said: &str) -> Done {
        let (at, answer) = said.split_once('\n').ok_or("an answer has two parts")?;
        let answer = RTCSessionDescription::answer(answer.to_owned())?;
        self.rtc.set_remote_description(Instant::now(), answer)?;
        self.rtc.add_remote_candidate(candidate(at))?;
        Ok(())
    }

    /// Goes on until this process ends; says once that the channel is open.
    async fn drive(mut self, opened: mpsc::UnboundedSender<()>) {
        loop {
            while let Some(message) = self.rtc.poll_write() {
                // What the system does not take now is lost, as on a busy wire.
                let _ = self.socket.try_send_to(&message.message, message.transport.peer_addr);
            }
            while let Some(event) = self.rtc.poll_event() {
                if let RTCPeerConnectionEvent::OnDataChannel(RTCDataChannelEvent::OnOpen(_)) = event
                {
                    let _ = opened.send(());
                }
            }
            while self.rtc.poll_read().is_some() {}
            let now = Instant::now();
            let due = self.rtc.poll_timeout().map_or(now + PATIENCE, |at| at.max(now + SOON));
            tokio::select! {
                _ = self.socket.readable() => self.read(),
                () = sleep_until(due.into()) => {
                    let _ = self.rtc.handle_timeout(Instant::now());
                }
            }
        }
    }

    fn read(&mut self) {
        let mut space = [0; PACKET_BYTES];
        while let Ok((length, peer)) = self.socket.try_recv_from(&mut space) {
            let transport = TransportContext {
                local_addr: self.local,
                peer_addr: peer,
                transport_protocol: TransportProtocol::UDP,
                ecn: None,
            };
            let message = BytesMut::from(space.get(..length).unwrap_or_default());
            let now = Instant::now();
            let _ = self.rtc.handle_read(TaggedBytesMut { now, transport, message });
        }
    }
}

fn line(at: SocketAddr) -> String {
    let (ip, port) = (at.ip(), at.port());
    format!("candidate:1 1 udp 2130706431 {ip} {port} typ host")
}

fn candidate(line: &str) -> RTCIceCandidateInit {
    RTCIceCandidateInit {
        candidate: line.to_owned(),
        sdp_mline_index: Some(0),
        ..RTCIceCandidateInit::default()
    }
}

async fn read(from: &mut TcpStream) -> Result<String, Box<dyn Error>> {
    let mut said = String::new();
    timeout(PATIENCE, from.take(SAID_MAX).read_to_string(&mut said)).await??;
    Ok(said)
}

/// Waits until all channels are open, and then until it is asked to end.
async fn settle(count: usize, mut opened: mpsc::UnboundedReceiver<()>) -> Done {
    for _ in 0..count {
        timeout(PATIENCE, opened.recv()).await?;
    }
    println!("{{\"open\":{count}}}");
    until_asked().await
}

/// Takes so many connections.
pub(super) async fn listen(count: usize) -> Done {
    let count = count.min(CONNECTIONS_MAX);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    println!("{{\"port\":{}}}", listener.local_addr()?.port());
    let (told, opened) = mpsc::unbounded_channel();
    for _ in 0..count {
        let (mut stream, _) = timeout(PATIENCE, listener.accept()).await??;
        let mut bare = Bare::make().await?;
        let answer = bare.accept(&read(&mut stream).await?)?;
        stream.write_all(answer.as_bytes()).await?;
        spawn_local(bare.drive(told.clone()));
    }
    settle(count, opened).await
}

/// Makes so many connections, one after the other.
pub(super) async fn dial(port: u16, count: usize) -> Done {
    let count = count.min(CONNECTIONS_MAX);
    let (told, opened) = mpsc::unbounded_channel();
    for _ in 0..count {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
        let mut bare = Bare::make().await?;
        stream.write_all(bare.offer()?.as_bytes()).await?;
        stream.shutdown().await?;
        bare.finish(&read(&mut stream).await?)?;
        spawn_local(bare.drive(told.clone()));
    }
    settle(count, opened).await
}
