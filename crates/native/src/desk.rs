//! What the application waits for, and hears.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use lacis_core::{Completion, Event, GroupEvent, Record, RequestId, RoomId, StreamId, Ticket};
use lacis_wire::{Code, NodeId};
use tokio::sync::{mpsc, oneshot};

use crate::error::Error;
use crate::event::{GroupUpdate, Message, PeerEvent, Presence, Remote, RoomEvent, WatchUpdate};
use crate::feed::Feed;
use crate::file::{FileInfo, IncomingFile, Part, Steer};
use crate::request::{Request, Respond};

/// What comes of a command, and the records that came for it before.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) completion: Completion,
    pub(crate) records: Vec<Record>,
}

/// Who waits for a ticket, and what has come for it so far.
#[derive(Debug)]
struct Pending {
    answer: oneshot::Sender<Result<Answer, Error>>,
    records: Vec<Record>,
}

/// Everybody else in a room, as it is now.
pub(crate) type Remotes = Arc<Mutex<BTreeMap<NodeId, Remote>>>;

/// One room of the application.
#[derive(Debug, Default)]
pub(crate) struct OpenRoom {
    pub(crate) feed: Feed<RoomEvent>,
    pub(crate) remotes: Remotes,
}

/// One group of the application.
#[derive(Debug)]
pub(crate) struct OpenGroup {
    pub(crate) feed: Feed<GroupUpdate>,
    /// By the numbers that the core knows them by.
    pub(crate) watches: HashMap<u32, Feed<WatchUpdate>>,
    /// How many of the application's objects stand for it.
    pub(crate) holders: usize,
}

/// The numbers of rooms, groups and files of this peer. After the last of 2^32 the node takes no
/// more.
#[derive(Debug, Default)]
pub(crate) struct Numbers(u32);

impl Numbers {
    /// One that nothing else has had.
    pub(crate) const fn next(&mut self) -> u32 {
        self.0 = self.0.saturating_add(1);
        self.0
    }
}

/// What the application waits for, and hears.
pub(crate) struct Desk {
    respond: Respond,
    steer: Steer,
    pending: HashMap<Ticket, Pending>,
    next_ticket: Ticket,
    pub(crate) numbers: Numbers,
    next_watch: u32,
    pub(crate) feed: Feed<PeerEvent>,
    pub(crate) rooms: HashMap<RoomId, OpenRoom>,
    pub(crate) groups: HashMap<RoomId, OpenGroup>,
    /// How many bytes of each group may be held; nothing if there is no limit.
    pub(crate) group_bytes: Option<u64>,
    /// Files in either direction that have not ended.
    pub(crate) streams: HashMap<StreamId, mpsc::UnboundedSender<Part>>,
    /// Where the parts of groups go that are being exported.
    exports: HashMap<Ticket, mpsc::UnboundedSender<Vec<u8>>>,
    /// The ticket of a leave under way.
    closing: Option<Ticket>,
    /// How that went.
    closed: Option<Result<(), Error>>,
    /// Who waits for the end.
    ends: Vec<oneshot::Sender<Result<(), Error>>>,
}

/// What is left to do after an event was told, by whoever holds the node.
#[derive(Debug)]
pub(crate) enum Rest {
    /// Nobody hears it.
    Refuse(RequestId),
    /// Nobody takes files there.
    Decline(StreamId),
}

impl Desk {
    pub(crate) fn new(respond: Respond, steer: Steer, group_bytes: Option<u64>) -> Self {
        Self {
            respond,
            steer,
            pending: HashMap::new(),
            next_ticket: 0,
            numbers: Numbers::default(),
            next_watch: 0,
            feed: Feed::default(),
            rooms: HashMap::new(),
            groups: HashMap::new(),
            group_bytes,
            streams: HashMap::new(),
            exports: HashMap::new(),
            closing: None,
            closed: None,
            ends: Vec::new(),
        }
    }

    /// The peer leaves, unless it does already.
    pub(crate) fn close_with(&mut self, ticket: Ticket) {
        self.closing.get_or_insert(ticket);
    }

    /// Has somebody wait until the peer is gone.
    pub(crate) fn await_end(&mut self, ended: oneshot::Sender<Result<(), Error>>) {
        self.ends.push(ended);
    }

    /// Whether the peer has left.
    pub(crate) const fn is_over(&self) -> bool {
        self.closed.is_some()
    }

    /// Tells that the peer is gone.
    pub(crate) fn end(self) {
        let result = self.closed.unwrap_or(Ok(()));
        for ended in self.ends {
            // Whoever gave up waiting does not hear it.
            let _ = ended.send(result);
        }
    }

    /// A number that no other command of this peer has.
    pub(crate) fn ticket(&mut self) -> Ticket {
        loop {
            self.next_ticket = self.next_ticket.wrapping_add(1);
            // Behind the last come the first again, of which some may still be open.
            if !self.pending.contains_key(&self.next_ticket) {
                return self.next_ticket;
            }
        }
    }

    /// A number that no other watch of this peer has.
    pub(crate) const fn watch(&mut self) -> u32 {
        self.next_watch = self.next_watch.wrapping_add(1);
        self.next_watch
    }

    /// Has somebody wait for a ticket.
    pub(crate) fn expect(
        &mut self,
        ticket: Ticket,
        answer: oneshot::Sender<Result<Answer, Error>>,
    ) {
        self.pending.insert(ticket, Pending { answer, records: Vec::new() });
    }

    /// Has the parts of a group that is exported go there, until the ticket settles.
    pub(crate) fn export_to(&mut self, ticket: Ticket, parts: mpsc::UnboundedSender<Vec<u8>>) {
        self.exports.insert(ticket, parts);
    }

    fn complete(&mut self, ticket: Ticket, result: Result<Completion, Code>) {
        self.exports.remove(&ticket);
        if self.closing == Some(ticket) {
            self.closed = Some(result.as_ref().map(|_| ()).map_err(|code| Error::from(*code)));
        }
        if let Some(Pending { answer, records }) = self.pending.remove(&ticket) {
            // Whoever gave up waiting does not hear it.
            let answered = result.map(|completion| Answer { completion, records });
            let _ = answer.send(answered.map_err(Error::from));
        }
    }

    /// Tells an event to whoever it is for.
    pub(crate) fn tell(&mut self, event: Event) -> Option<Rest> {
        match event {
            Event::Completed { ticket, result } => self.complete(ticket, result),
            Event::Server { url, state, code, retry } => {
                self.feed.tell(&PeerEvent::Server { url, state, code, retry });
            }
            Event::Online { online } => {
                self.feed.tell(&PeerEvent::Online(online));
            }
            Event::Warning { code, node } => {
                self.feed.tell(&PeerEvent::Warning { code, node });
            }
            Event::Group { group, event } => self.tell_group(group, *event),
            Event::Request { request, room, node, label, payload } => {
                let respond = Arc::clone(&self.respond);
                let asked = Request::new(respond, request, node, label, payload.into());
                let told = RoomEvent::Request(asked);
                let heard = self.rooms.get(&room).is_some_and(|room| room.feed.tell(&told));
                return (!heard).then_some(Rest::Refuse(request));
            }
            Event::File { stream, room, node, name, media_type, size } => {
                let info = FileInfo { name, media_type, size };
                return self.offer(stream, room, node, info);
            }
            Event::FileData { stream, data } => self.tell_stream(stream, Part::Data(data)),
            Event::FileEnd { stream } => self.tell_stream(stream, Part::End),
            Event::StreamFailed { stream, code } => self.tell_stream(stream, Part::Failed(code)),
            Event::Progress { stream, taken, .. } => self.tell_stream(stream, Part::Taken(taken)),
            Event::Presence { room, node, peer, value } => {
                self.tell_presence(room, Presence { node, peer, value: value.map(Into::into) });
            }
            event => self.tell_room(event),
        }
        None
    }

    /// Tells of a file that somebody offers.
    fn offer(
        &mut self,
        stream: StreamId,
        room: RoomId,
        from: NodeId,
        info: FileInfo,
    ) -> Option<Rest> {
        let Some(open) = self.rooms.get(&room) else { return Some(Rest::Decline(stream)) };
        let (to, parts) = mpsc::unbounded_channel();
        self.streams.insert(stream, to);
        let file = IncomingFile::new(Arc::clone(&self.steer), stream, from, info, parts);
        let heard = open.feed.tell(&RoomEvent::File(file));
        (!heard).then_some(Rest::Decline(stream))
    }

    fn tell_stream(&mut self, stream: StreamId, part: Part) {
        let is_last = matches!(part, Part::End | Part::Failed(_));
        if let Some(to) = self.streams.get(&stream) {
            // Whoever dropped it has had it cancelled.
            let _ = to.send(part);
        }
        if is_last {
            self.streams.remove(&stream);
        }
    }

    fn tell_room(&mut self, event: Event) {
        let (room, told) = match event {
            Event::Room { room, state } => (room, RoomEvent::State(state)),
            Event::Message { room, node, label, payload, kind } => {
                let message = Message { from: node, label, data: payload.into(), kind };
                (room, RoomEvent::Message(message))
            }
            Event::ConnectFailed { room, node, code } => {
                (room, RoomEvent::ConnectFailed { node, code })
            }
            Event::Remote { room, node, peer, state, rtt } => {
                let Some(open) = self.rooms.get(&room) else { return };
                let remote = Remote { node, peer, state, rtt };
                let mut remotes = open.remotes.lock().unwrap_or_else(PoisonError::into_inner);
                let told = match remotes.insert(node, remote.clone()) {
                    None => RoomEvent::RemoteJoined(remote),
                    Some(_) => RoomEvent::RemoteChanged(remote),
                };
                (room, told)
            }
            Event::RemoteLeft { room, node, code } => {
                let Some(open) = self.rooms.get(&room) else { return };
                let mut remotes = open.remotes.lock().unwrap_or_else(PoisonError::into_inner);
                let Some(remote) = remotes.remove(&node) else { return };
                (room, RoomEvent::RemoteLeft { remote, code })
            }
            _ => return,
        };
        if let Some(open) = self.rooms.get(&room) {
            open.feed.tell(&told);
        }
    }

    /// Tells what somebody says of itself in a room, or in a group.
    fn tell_presence(&self, room: RoomId, presence: Presence) {
        if let Some(open) = self.rooms.get(&room) {
            open.feed.tell(&RoomEvent::Presence(presence));
        } else if let Some(open) = self.groups.get(&room) {
            open.feed.tell(&GroupUpdate::Presence(presence));
        }
    }

    fn tell_group(&mut self, group: RoomId, event: GroupEvent) {
        match event {
            GroupEvent::Found { ticket, records } => {
                if let Some(pending) = self.pending.get_mut(&ticket) {
                    pending.records.extend(records);
                }
            }
            GroupEvent::Exported { ticket, part } => {
                if let Some(parts) = self.exports.get(&ticket) {
                    // Whoever gave up waiting does not want them.
                    let _ = parts.send(part);
                }
            }
            event => {
                let Some(open) = self.groups.get(&group) else { return };
                if let GroupEvent::Record { record, watches, .. } = &event
                    && !watches.is_empty()
                {
                    let told = WatchUpdate::Record(Arc::new(record.clone()));
                    for feed in watches.iter().filter_map(|number| open.watches.get(number)) {
                        feed.tell(&told);
                    }
                }
                open.feed.tell(&GroupUpdate::Event(Arc::new(event)));
            }
        }
    }
}
