//! One `RTCPeerConnection` with its three negotiated channels.

use gloo_timers::future::TimeoutFuture;
use js_sys::{Array, Object, Promise, Reflect};
use lacis_core::{Input, LinkAction, LinkId, LinkInput, LinkState, OpId};
use lacis_wire::link::Channel;
use lacis_wire::signal::IceServer;
use lacis_wire::{Code, limits};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    Event, RtcConfiguration, RtcDataChannel, RtcDataChannelInit, RtcDataChannelType,
    RtcIceCandidateInit, RtcIceConnectionState, RtcPeerConnection, RtcPeerConnectionIceEvent,
    RtcPeerConnectionState, RtcSdpType, RtcSessionDescription, RtcSessionDescriptionInit,
};

use crate::handle::Handle;
use crate::listening::Listening;
use crate::path;

/// One connection; closed when dropped.
pub(crate) struct Connection {
    web: RtcPeerConnection,
    channels: [RtcDataChannel; 3],
    /// Dropped with the connection, so nothing more is heard of it.
    listeners: Vec<Listening>,
}

/// Closing a connection throws away what the browser has not sent yet.
const LINGER_MS: u32 = 100;

/// Passes on what happened to one link.
#[derive(Clone)]
struct Reporter {
    node: Handle,
    id: LinkId,
}

impl Reporter {
    fn tell(&self, input: LinkInput<'_>) {
        self.node.input(Input::Link(self.id, input));
    }
}

impl Connection {
    /// Makes a connection and its channels.
    pub(crate) fn create(
        node: &Handle,
        id: LinkId,
        ice_servers: &[IceServer],
        relay_only: bool,
    ) -> Result<Self, JsValue> {
        let web = connect(ice_servers, relay_only)?;
        let reporter = Reporter { node: node.clone(), id };
        let mut listeners = Vec::with_capacity(14);
        let channels = Channel::ALL.map(|channel| open_channel(&web, channel));
        for (web, channel) in channels.iter().zip(Channel::ALL) {
            listen_channel(&mut listeners, &reporter, web, channel);
        }
        let told = reporter.clone();
        let on_candidate = move |event: &Event| {
            let candidate =
                event.dyn_ref::<RtcPeerConnectionIceEvent>().and_then(|e| e.candidate());
            // None, or one that is empty, is the last.
            let line = candidate.map(|c| c.candidate()).filter(|line| !line.is_empty());
            told.tell(line.map_or(LinkInput::Gathered, LinkInput::Candidate));
        };
        listeners.push(Listening::new(&web, "icecandidate", Box::new(on_candidate)));
        let told = web.clone();
        let on_state = move |_: &Event| {
            if let Some(state) = state(&told) {
                reporter.tell(LinkInput::State(state));
            }
        };
        listeners.push(Listening::new(&web, "connectionstatechange", Box::new(on_state)));
        Ok(Self { web, channels, listeners })
    }

    /// Begins what takes time.
    pub(crate) fn operate(&self, node: &Handle, id: LinkId, action: LinkAction) {
        let reporter = Reporter { node: node.clone(), id };
        let web = self.web.clone();
        spawn_local(async move {
            if let Some(result) = perform(&web, action).await {
                reporter.tell(result);
            }
        });
    }

    /// Closes the connection a moment later, so that what was just sent leaves first. Nothing more
    /// is heard of it from now on.
    pub(crate) fn linger(mut self) {
        self.listeners.clear();
        spawn_local(async move {
            TimeoutFuture::new(LINGER_MS).await;
            drop(self);
        });
    }

    /// Sends a message; gives what its channel buffers then, if that is open.
    pub(crate) fn send(&self, channel: Channel, bytes: &[u8]) -> Option<usize> {
        let [control, bulk, ephemeral] = &self.channels;
        let web = match channel {
            Channel::Control => control,
            Channel::Bulk => bulk,
            Channel::Ephemeral => ephemeral,
        };
        // The core respects the limits of the channel, so a refusal means that it has closed.
        web.send_with_u8_array(bytes).ok()?;
        usize::try_from(web.buffered_amount()).ok()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.web.close();
    }
}

/// Carries out what takes time; gives what the core is to hear of it.
async fn perform(web: &RtcPeerConnection, action: LinkAction) -> Option<LinkInput<'static>> {
    let (op, made) = match action {
        LinkAction::Offer { op, restart } => (op, offer(web, restart).await),
        LinkAction::Accept { op, sdp } => (op, accept(web, &sdp).await),
        LinkAction::SetAnswer { op, sdp } => {
            let set = set_remote(web, RtcSdpType::Answer, &sdp).await;
            return Some(set.map_or_else(|_| failed(op), |()| LinkInput::Done(op)));
        }
        LinkAction::AddCandidate(line) => {
            let init = RtcIceCandidateInit::new(&line);
            init.set_sdp_m_line_index(Some(0));
            // A candidate that this browser cannot use is one path fewer, not a failure.
            let promise = web.add_ice_candidate_with_opt_rtc_ice_candidate_init(Some(&init));
            let _ = JsFuture::from(promise).await;
            return None;
        }
        LinkAction::Inspect(op) => {
            let path = path::find(web).await;
            return Some(path.map_or_else(|| failed(op), |path| LinkInput::Path(op, path)));
        }
        LinkAction::Create { .. } | LinkAction::Send(..) | LinkAction::Close => return None,
    };
    Some(made.map_or_else(|_| failed(op), |sdp| LinkInput::Described(op, sdp)))
}

const fn failed(op: OpId) -> LinkInput<'static> {
    LinkInput::Failed(op, Code::Internal)
}

/// A connection with all of the ICE servers that this browser takes. One that it does not
/// understand makes it refuse all of them; only then is each of them tried alone.
fn connect(ice_servers: &[IceServer], relay_only: bool) -> Result<RtcPeerConnection, JsValue> {
    let make = |servers: &[IceServer]| {
        RtcPeerConnection::new_with_configuration(&configuration(servers, relay_only)?)
    };
    make(ice_servers).or_else(|_| {
        let alone = |server: &&IceServer| make(std::slice::from_ref(*server));
        let takes = |server: &&IceServer| alone(server).map(|web| web.close()).is_ok();
        let taken: Vec<IceServer> = ice_servers.iter().filter(takes).cloned().collect();
        make(&taken)
    })
}

fn configuration(ice_servers: &[IceServer], relay_only: bool) -> Result<RtcConfiguration, JsValue> {
    let list = Array::new();
    for server in ice_servers {
        let entry = Object::new();
        let urls: Array = server.urls.iter().map(JsValue::from).collect();
        Reflect::set(&entry, &"urls".into(), &urls)?;
        for (name, value) in [("username", &server.username), ("credential", &server.credential)] {
            if let Some(value) = value {
                Reflect::set(&entry, &name.into(), &value.into())?;
            }
        }
        list.push(&entry);
    }
    let configuration = RtcConfiguration::new();
    configuration.set_ice_servers(&list);
    if relay_only {
        Reflect::set(&configuration, &"iceTransportPolicy".into(), &"relay".into())?;
    }
    Ok(configuration)
}

fn open_channel(web: &RtcPeerConnection, channel: Channel) -> RtcDataChannel {
    let init = RtcDataChannelInit::new();
    init.set_negotiated(true);
    init.set_id(channel.id());
    if !channel.reliable() {
        init.set_ordered(false);
        init.set_max_retransmits(0);
    }
    let opened = web.create_data_channel_with_data_channel_dict(channel.label(), &init);
    opened.set_binary_type(RtcDataChannelType::Arraybuffer);
    let low = u32::try_from(limits::BUFFERED_LOW_BYTES).unwrap_or(u32::MAX);
    opened.set_buffered_amount_low_threshold(low);
    opened
}

/// What an event of a channel leads to. All of them are of one type: listeners of many types would
/// make up a good part of the module.
type React = Box<dyn Fn(&Reporter, &Event)>;

fn listen_channel(
    listeners: &mut Vec<Listening>,
    reporter: &Reporter,
    web: &RtcDataChannel,
    channel: Channel,
) {
    let mut on = |name: &'static str, react: React| {
        let reporter = reporter.clone();
        listeners.push(Listening::new(web, name, Box::new(move |event| react(&reporter, event))));
    };
    on("open", Box::new(move |told, _| told.tell(LinkInput::ChannelOpened(channel))));
    on("close", Box::new(move |told, _| told.tell(LinkInput::ChannelClosed(channel))));
    on(
        "message",
        Box::new(move |told, event| {
            let id = told.id;
            told.node
                .message(event, &|bytes| Input::Link(id, LinkInput::Data(channel, bytes.into())));
        }),
    );
    let drained = web.clone();
    on(
        "bufferedamountlow",
        Box::new(move |told, _| {
            let buffered = usize::try_from(drained.buffered_amount()).unwrap_or(usize::MAX);
            told.tell(LinkInput::Buffered(channel, buffered));
        }),
    );
}

fn state(web: &RtcPeerConnection) -> Option<LinkState> {
    match web.connection_state() {
        RtcPeerConnectionState::Connected => Some(LinkState::Connected),
        RtcPeerConnectionState::Disconnected => Some(LinkState::Disconnected),
        RtcPeerConnectionState::Failed => Some(match web.ice_connection_state() {
            // The path works, so what failed is the encryption on it.
            RtcIceConnectionState::Connected | RtcIceConnectionState::Completed => {
                LinkState::DtlsFailed
            }
            _ => LinkState::Failed,
        }),
        _ => None,
    }
}

#[wasm_bindgen]
extern "C" {
    /// What web-sys does not know of an `RTCPeerConnection`.
    type Modern;

    #[wasm_bindgen(method, js_name = restartIce)]
    fn restart_ice(this: &Modern);

    /// Makes the offer or answer that is due and sets it, in one step instead of two: each is a
    /// trip to the browser's network thread and back on the way to a connection.
    #[wasm_bindgen(method, js_name = setLocalDescription)]
    fn describe(this: &Modern) -> Promise;
}

async fn offer(web: &RtcPeerConnection, restart: bool) -> Result<String, JsValue> {
    if restart {
        web.unchecked_ref::<Modern>().restart_ice();
    }
    set_local(web).await
}

async fn accept(web: &RtcPeerConnection, sdp: &str) -> Result<String, JsValue> {
    set_remote(web, RtcSdpType::Offer, sdp).await?;
    set_local(web).await
}

async fn set_local(web: &RtcPeerConnection) -> Result<String, JsValue> {
    JsFuture::from(web.unchecked_ref::<Modern>().describe()).await?;
    Ok(web.local_description().map(|d: RtcSessionDescription| d.sdp()).unwrap_or_default())
}

async fn set_remote(web: &RtcPeerConnection, kind: RtcSdpType, sdp: &str) -> Result<(), JsValue> {
    let init = RtcSessionDescriptionInit::new(kind);
    init.set_sdp(sdp);
    JsFuture::from(web.set_remote_description(&init)).await.map(|_| ())
}
