//! What a connection has to say, to the network and to the node.

use std::time::Instant;

use bytes::BytesMut;
use lacis_core::{LinkInput, LinkState};
use lacis_wire::limits;
use rtc::data_channel::RTCDataChannelId;
use rtc::peer_connection::RTCPeerConnection;
use rtc::peer_connection::event::{RTCDataChannelEvent, RTCPeerConnectionEvent};
use rtc::peer_connection::message::RTCMessage;
use rtc::peer_connection::state::{RTCIceConnectionState, RTCPeerConnectionState};
use rtc::sansio::Protocol;
use rtc::shared::TaggedBytesMut;
use rtc::shared::error::{Error, Result};

use super::{Lane, LaneState, Link};
use crate::demux::{self, Sort};
use crate::udp::Datagram;

impl Link {
    /// Goes on as far as nothing new comes: packets are handed to `send`, and what is to be told
    /// waits for [`Link::poll_told`].
    pub(crate) fn pump(&mut self, now: Instant, send: &mut impl FnMut(Datagram)) {
        loop {
            self.write(now, send);
            let events = self.hear(now);
            let read = self.read(now);
            let gone_on = self.go_on(now);
            if !events && !read && !gone_on && !self.catch_up() {
                break;
            }
        }
        self.tell_drained();
        if let Some(end) = self.lingers {
            self.told.clear();
            if !self.is_closed && (now >= end || self.has_sent_all()) {
                self.is_closed = true;
                let _ = self.rtc.close();
                self.write(now, send);
            }
        }
    }

    /// When it wants [`Link::on_time`].
    pub(crate) fn deadline(&mut self) -> Option<Instant> {
        if self.is_closed {
            return None;
        }
        let relays = self.relays.deadline();
        self.rtc.poll_timeout().into_iter().chain(self.lingers).chain(relays).min()
    }

    /// Its time has come.
    pub(crate) fn on_time(&mut self, now: Instant) {
        // What cannot be done in time is told by an event, if it matters.
        let _ = self.rtc.handle_timeout(now);
        if self.relays.on_time(now, self.has_path) {
            self.use_relays();
        }
    }

    fn write(&mut self, now: Instant, send: &mut impl FnMut(Datagram)) {
        let tag = self.other.as_deref().filter(|_| self.is_shared).and_then(demux::tag_of);
        while let Some(message) = self.rtc.poll_write() {
            let (local, peer) = (message.transport.local_addr, message.transport.peer_addr);
            let is_relayed = self.relays.carry(local);
            if self.relays.are_only() && !is_relayed {
                continue;
            }
            let mut bytes = message.message;
            if demux::is_request(&bytes) {
                self.asked = now;
            }
            if let Some(tag) = tag.filter(|_| Sort::of(&bytes) != Some(Sort::Stun)) {
                let mut tagged = BytesMut::with_capacity(tag.len() + bytes.len());
                tagged.extend_from_slice(&tag);
                tagged.extend_from_slice(&bytes);
                bytes = tagged;
            }
            send(Datagram { local, peer, bytes, is_relayed });
        }
    }

    /// Hears what happened to the connection; says whether anything did.
    fn hear(&mut self, now: Instant) -> bool {
        let mut any = false;
        let mut closed = Vec::new();
        while let Some(event) = self.rtc.poll_event() {
            any = true;
            match event {
                RTCPeerConnectionEvent::OnIceConnectionStateChangeEvent(state) => {
                    let stands = matches!(
                        state,
                        RTCIceConnectionState::Connected | RTCIceConnectionState::Completed
                    );
                    let looks = matches!(state, RTCIceConnectionState::Checking);
                    if stands && !self.has_path {
                        self.lanes.iter_mut().for_each(|lane| lane.flow.start_over());
                    }
                    self.has_path = stands || (self.has_path && !looks);
                }
                RTCPeerConnectionEvent::OnConnectionStateChangeEvent(state) => self.state(state),
                RTCPeerConnectionEvent::OnDataChannel(RTCDataChannelEvent::OnOpen(id)) => {
                    self.opened(id);
                }
                RTCPeerConnectionEvent::OnDataChannel(RTCDataChannelEvent::OnClose(id)) => {
                    closed.push(id);
                }
                _ => {}
            }
        }
        if !closed.is_empty() {
            // What came before the end is told before it.
            self.read(now);
            for id in closed {
                self.closed(id);
            }
        }
        any
    }

    fn state(&mut self, state: RTCPeerConnectionState) {
        self.is_connected = state == RTCPeerConnectionState::Connected;
        self.is_secure |= self.is_connected;
        let state = match state {
            RTCPeerConnectionState::Connected => LinkState::Connected,
            RTCPeerConnectionState::Disconnected => LinkState::Disconnected,
            // The path works, so what failed is the encryption on it.
            RTCPeerConnectionState::Failed if self.has_path && !self.is_secure => {
                LinkState::DtlsFailed
            }
            RTCPeerConnectionState::Failed => LinkState::Failed,
            _ => return,
        };
        self.told.push_back(LinkInput::State(state));
    }

    fn opened(&mut self, id: RTCDataChannelId) {
        let lane = self.lanes.iter_mut().find(|lane| lane.id == id);
        if let Some(lane) = lane.filter(|lane| lane.state == LaneState::Opening) {
            lane.state = LaneState::Open;
            self.told.push_back(LinkInput::ChannelOpened(lane.channel));
        }
    }

    fn closed(&mut self, id: RTCDataChannelId) {
        let lane = self.lanes.iter_mut().find(|lane| lane.id == id);
        if let Some(lane) = lane.filter(|lane| lane.state != LaneState::Closed) {
            lane.state = LaneState::Closed;
            lane.flow.clear();
            self.told.push_back(LinkInput::ChannelClosed(lane.channel));
        }
    }

    /// Takes the messages that came; says whether any did.
    fn read(&mut self, now: Instant) -> bool {
        let mut any = false;
        while let Some(tagged) = self.rtc.poll_read() {
            any = true;
            let RTCMessage::DataChannelMessage(id, message) = tagged.message else { continue };
            self.used = now;
            self.opened(id);
            if let Some(lane) = self.lanes.iter().find(|lane| lane.id == id) {
                // Text is nothing that anybody sends to a node; the core treats an empty frame so.
                let bytes = if message.is_string { Vec::new() } else { message.data.into() };
                self.told.push_back(LinkInput::Data(lane.channel, bytes.into()));
            }
        }
        any
    }

    /// Reads what came before there was a path; says whether anything did.
    fn catch_up(&mut self) -> bool {
        if !self.has_path || self.early.is_empty() {
            return false;
        }
        for message in std::mem::take(&mut self.early) {
            self.take(message);
        }
        true
    }

    /// Has the connection read a packet.
    pub(super) fn take(&mut self, message: TaggedBytesMut) {
        let now = message.now;
        // What it cannot use it says in its log.
        let _ = self.rtc.handle_read(message);
        // A channel takes messages only once its opening was heard of, and drops what the next
        // packet brings before that.
        if self.lanes.iter().any(|lane| lane.state == LaneState::Opening) {
            self.hear(now);
        }
    }

    /// Has the channels send what waits and may go now; says whether any did.
    fn go_on(&mut self, now: Instant) -> bool {
        let mut any = false;
        for at in 0..self.lanes.len() {
            let Self { lanes, rtc, .. } = self;
            let lane = lanes.get_mut(at).filter(|lane| lane.flow.is_in_use());
            match lane.map(|lane| (lane.id, lane.go_on(now, rtc))) {
                Some((_, Ok(sent))) => any |= sent,
                // What is sent on such a one is lost, and so would be all that follows.
                Some((id, Err(_))) => self.closed(id),
                None => {}
            }
        }
        any
    }

    /// Tells which channels buffer little again.
    fn tell_drained(&mut self) {
        for lane in &mut self.lanes {
            let buffered = lane.flow.waiting();
            if lane.above && buffered <= limits::BUFFERED_LOW_BYTES {
                lane.above = false;
                self.told.push_back(LinkInput::Buffered(lane.channel, buffered));
            }
        }
    }

    /// Whether the other side has all that was sent, or there is nobody to have it.
    pub(super) fn has_sent_all(&mut self) -> bool {
        let Self { lanes, rtc, .. } = self;
        lanes.iter().all(|lane| lane.state != LaneState::Open || lane.unsent(rtc) == 0)
    }
}

impl Lane {
    /// Bytes that the other side may lack.
    pub(super) fn unsent(&self, rtc: &mut RTCPeerConnection) -> usize {
        let under_way = rtc.data_channel(self.id).map_or(0, |it| it.outstanding_bytes());
        under_way + self.flow.waiting()
    }

    /// Sends what waits and may go now; says whether anything did.
    pub(super) fn go_on(&mut self, now: Instant, rtc: &mut RTCPeerConnection) -> Result<bool> {
        let mut channel = rtc.data_channel(self.id).ok_or(Error::ErrDataChannelClosed)?;
        self.flow.on_under_way(now, channel.outstanding_bytes());
        let mut any = false;
        while let Some(bytes) = self.flow.next(now, channel.outstanding_bytes()) {
            channel.send(now, bytes)?;
            any = true;
        }
        Ok(any)
    }
}
