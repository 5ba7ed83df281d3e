//! The node: it owns servers, rooms and remotes, routes what comes in, and says what it wants done.

mod carrying;
mod changes;
mod closing;
mod connections;
mod deadlines;
mod files;
mod gossip;
mod group_commands;
mod group_files;
mod group_members;
mod group_reading;
mod group_records;
mod groups;
mod hearing;
mod invitation_commands;
mod joining;
mod mesh;
mod messaging;
mod offers;
mod pairing;
mod places;
mod presence;
mod relaying;
mod report;
mod server_frames;
mod sharing;
mod starts;
mod strangers;
mod suspension;
mod timers;
mod turns;
mod waiting;
mod words;

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;

use lacis_wire::gossip::NamedGossip;
use lacis_wire::link::Channel;
use lacis_wire::{Code, Millis, NodeId, PeerId, limits};

use crate::broadcast::Broadcast;
use crate::config::{Config, ConfigError};
use crate::connect::{Env, Pool};
use crate::cx::Cx;
use crate::ids::{LinkId, RoomId};
use crate::io::{Input, LinkAction, LinkInput, Output};
use crate::many::Many;
use crate::meter::{self, Cost};
use crate::paths::Paths;
use crate::presence::Presence;
use crate::relays::Pairs;
use crate::remote::{Heard, Remote};
use crate::signaling::Signaling;
use crate::table::{Table, TableExt};
use crate::time::{Timer, Timestamp};
use carrying::Carried;
use changes::Changes;
use closing::Closing;
use connections::Tally;
pub use group_records::Content;
use groups::Groups;
pub use report::{LinkReport, RemoteReport, Report, RoomReport, ServerReport};
use starts::Starting;
use timers::Timers;

/// One running instance of a peer.
#[derive(Debug)]
pub struct Node {
    cx: Cx,
    signaling: Signaling,
    pool: Pool,
    /// At most [`limits::REMOTES_MAX`].
    remotes: Table<NodeId, Remote>,
    groups: Groups,
    starting: Starting,
    closing: Option<Closing>,
    /// The rooms by secret link, large ones too; at most [`limits::ROOMS_MAX`].
    broadcasts: Table<RoomId, Broadcast>,
    /// What is said in rooms and open groups, each of which are at most [`limits::ROOMS_MAX`].
    presences: Vec<Presence>,
    /// What nodes said of themselves, and was not looked at.
    said: VecDeque<(RoomId, NodeId, Vec<u8>)>,
    /// Gossip that came, and by whom it was passed on.
    gossip: VecDeque<(RoomId, NodeId, Vec<u8>)>,
    /// Setup messages that came, and by whom they were handed on.
    carried: VecDeque<(NodeId, Carried)>,
    paths: Paths,
    /// Neighbors for whom what they say to each other is passed on.
    pairs: Pairs,
    /// Names of gossip, and whether whoever told them lacks it.
    names: Vec<(RoomId, NodeId, (bool, Vec<NamedGossip>))>,
    /// From then on links may end that are not needed.
    calm_at: Timestamp,
    /// Frames about groups that came and wait for their group.
    group_frames: VecDeque<(RoomId, NodeId, Vec<u8>)>,
    /// Nodes that have just said which start of which store they are.
    started: Vec<NodeId>,
    /// Whether a link was lost since the bounds of such remotes were looked at.
    link_lost: bool,
    /// Whose connection that is.
    by_link: Many<LinkId, NodeId>,
    tally: Tally,
    changes: Changes,
    timers: Timers,
    /// When everything was last looked at, and when it is to be again, if something was due since.
    looked_at: Timestamp,
    look_due: Option<Timestamp>,
    /// When the driver was last asked to call, to notice that it came late.
    promised: Option<Timestamp>,
}

impl Node {
    /// Makes a node and begins to dial its servers. `seed` is its only randomness and must be fresh
    /// and secret; `now` is its only time.
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub fn new(config: Config, seed: [u8; 32], now: Timestamp) -> Result<Self, ConfigError> {
        config.check()?;
        let has_store = config.store;
        let mut cx = Cx::new(config, seed, now);
        let signaling = Signaling::new(&mut cx);
        let mut changes = Changes::default();
        changes.everything();
        let starting = if has_store { Starting::begin(&mut cx) } else { Starting::Unknown };
        Ok(Self {
            cx,
            signaling,
            pool: Pool::default(),
            remotes: Table::new(),
            groups: Groups::default(),
            starting,
            closing: None,
            broadcasts: Table::new(),
            presences: Vec::new(),
            said: VecDeque::new(),
            gossip: VecDeque::new(),
            carried: VecDeque::new(),
            paths: Paths::default(),
            pairs: Pairs::default(),
            names: Vec::new(),
            calm_at: now,
            group_frames: VecDeque::new(),
            started: Vec::new(),
            link_lost: false,
            by_link: Many::new(),
            tally: Tally::default(),
            changes,
            timers: Timers::default(),
            looked_at: now,
            look_due: None,
            promised: None,
        })
    }

    /// The identity.
    #[must_use]
    pub const fn peer_id(&self) -> PeerId {
        self.cx.me.peer
    }

    /// This running instance.
    #[must_use]
    pub const fn node_id(&self) -> NodeId {
        self.cx.me.node
    }

    /// The time of day, counted on from when it was read last.
    #[must_use]
    pub fn wall(&self) -> Millis {
        self.cx.wall()
    }

    /// Takes what happened. Never fails: hostile bytes end as an [`Output`].
    pub fn handle_input(&mut self, now: Timestamp, input: Input<'_>) {
        self.set_time(now);
        match input {
            Input::SocketOpened(socket) => self.on_socket_opened(socket),
            Input::SocketFrame(socket, bytes) => self.on_socket_frame(socket, &bytes),
            Input::SocketClosed(socket, code) => {
                if let Some(index) = self.signaling.server_of(socket) {
                    self.lose_server(index, code);
                }
            }
            Input::Link(id, input) => self.on_link(id, input),
            Input::Store(op, reply) => self.on_store(op, reply),
            // Most readings are what was expected, and cost next to nothing.
            Input::Wall(reading) if !self.on_wall(reading) => return,
            Input::Wall(_) => self.changes.everything(),
        }
        self.carry_on();
        self.closing_progress();
    }

    /// Takes the answer to [`LinkAction::Send`]: the bytes that the channel buffers now, or `None`
    /// if it is closed. Most answers cost next to nothing: only where what waits falls below
    /// [`limits::BUFFERED_LOW_BYTES`] with them is there room for more.
    pub fn handle_sent(
        &mut self,
        now: Timestamp,
        id: LinkId,
        channel: Channel,
        buffered: Option<usize>,
    ) {
        self.cx.now = self.cx.now.max(now);
        let input = match buffered {
            Some(bytes) => {
                let owner = self.by_link.get(&id).and_then(|node| self.remotes.get_mut(node));
                let channels = owner.and_then(|remote| remote.connection.channels(id));
                if !channels.is_some_and(|it| it.on_sent(channel, bytes)) {
                    return self.closing_progress();
                }
                LinkInput::Buffered(channel, bytes)
            }
            None if channel.reliable() => LinkInput::ChannelClosed(channel),
            None => return,
        };
        self.handle_input(now, Input::Link(id, input));
    }

    /// Does what follows from what has changed.
    fn carry_on(&mut self) {
        self.signaling.tell_online(&mut self.cx);
        self.hear_relayed();
        self.hear_gossip();
        self.hear_carried();
        self.hear_presence();
        self.bound_orphans();
        if self.changes.take_connections() {
            self.dial_remotes();
        }
        self.drive_groups();
        if self.changes.take_signaling() {
            self.signaling.write_pairings(&mut self.cx);
        }
        self.hand_over();
        self.pool.spares.renew(&mut self.cx, &self.signaling);
        self.act_relayed();
    }

    /// The next thing to do. Drain this to `None` after every call that takes `&mut self`.
    pub fn poll_output(&mut self) -> Option<Output> {
        // What is only made when all else is out goes over links that take it now.
        if self.cx.outputs.is_empty() {
            self.pump_links(&[]);
        }
        if !self.cx.relayed.is_empty() || self.pool.relays.has_input() {
            self.carry_on();
        }
        let output = self.cx.outputs.pop_front()?;
        if let Output::Link(id, LinkAction::Send(channel, bytes)) = &output {
            let owner = self.by_link.get(id).and_then(|node| self.remotes.get_mut(node));
            if let Some(channels) = owner.and_then(|remote| remote.connection.channels(*id)) {
                channels.on_taken(*channel, bytes.len());
            }
        }
        Some(output)
    }

    /// When to call [`Node::handle_timeout`] next, and why.
    pub fn poll_timeout(&mut self) -> Option<(Timestamp, Timer)> {
        self.set_timers();
        let mut earliest = self.timers.earliest();
        earliest.see(self.look_due, Timer::Look);
        earliest.see(self.pool.spares.deadline(), Timer::Spare);
        match &self.closing {
            Some(closing) => earliest.see(Some(closing.deadline), Timer::Close),
            None => earliest.see(Some(self.cx.clock.due()), Timer::Wall),
        }
        self.promised = earliest.get().map(|(at, _)| at);
        earliest.get()
    }

    /// An input or a command begins.
    pub(crate) fn set_time(&mut self, now: Timestamp) {
        meter::begin(false);
        self.cx.now = self.cx.now.max(now);
    }

    /// Takes a reading of the clock on the wall; says whether it is a jump.
    fn on_wall(&mut self, reading: Millis) -> bool {
        let jump = self.cx.clock.read(self.cx.now, reading);
        if let Some(expected) = jump {
            self.on_wall_jump(expected, reading);
        }
        jump.is_some()
    }

    /// The time of day is not what it should be by the monotonic clock: the machine slept, or
    /// somebody set its clock. Everything that waits for a time of day is looked at anew.
    fn on_wall_jump(&mut self, expected: Millis, reading: Millis) {
        let slept = Duration::from_millis(reading.0.saturating_sub(expected.0));
        if slept > limits::STALL {
            // After a sleep nothing that was open can be believed to be so.
            self.cx.stalled_until = self.cx.now + limits::STALL_GRACE;
            self.check_all();
        }
        self.broadcasts.values_mut().for_each(|it| it.wall_jumped());
        self.groups.open.values_mut().for_each(|group| group.wall_jumped(&mut self.cx));
        self.groups_timeout();
    }

    /// Lets a remote act, follows what comes of that, and forgets it if it is gone after that.
    fn with_remote<T>(
        &mut self,
        node: NodeId,
        act: impl FnOnce(&mut Remote, &mut Env<'_>) -> T,
    ) -> Option<T> {
        meter::count(Cost::Remote, 1);
        let remote = self.remotes.get_mut(&node)?;
        let Self { cx, signaling, pool, .. } = self;
        let mut env = Env { cx, signaling, pool };
        let result = act(remote, &mut env);
        self.follow(node);
        Some(result)
    }

    /// Follows what has happened to a remote.
    fn follow(&mut self, node: NodeId) {
        let Self { cx, signaling, pool, remotes, .. } = self;
        let Some(remote) = remotes.get_mut(&node) else { return };
        let mut env = Env { cx, signaling, pool };
        remote.follow(&mut env);
        let peer = remote.connection.peer;
        let (mut parted, mut told) = (Vec::new(), Vec::new());
        let heard: Vec<Heard> = core::iter::from_fn(|| remote.poll()).collect();
        self.changes.signaling |= !env.signaling.pairings().is_empty();
        self.changes.remote(node);
        let is_changed = remote.connection.take_changed();
        if is_changed {
            self.changes.connections = true;
            let before = self.by_link.iter().filter(|(_, owner)| **owner == node);
            for id in before.map(|(id, _)| *id).collect::<Vec<_>>() {
                self.by_link.remove(&id);
            }
            for id in remote.connection.ids() {
                self.by_link.insert(id, node);
            }
        }
        if let Some(code) = remote.connection.closed()
            && let Some(mut remote) = remotes.remove(&node)
        {
            for (room, _) in remote.rooms.iter() {
                // Those who may let a newcomer in may be others than a server has named.
                let serves = code != Code::NotMember || !env.signaling.is_newcomer(room);
                if let Some(room) = env.signaling.rooms.get_mut(&room)
                    && (code == Code::Busy || !serves)
                {
                    room.ask_again(env.cx);
                }
            }
            let left = remote.dissolve(&mut env, code).into_iter();
            told.extend(left.map(|(room, was_linked)| (room, was_linked, code)));
            self.changes.connections = true;
            self.changes.neighbours = true;
            self.changes.signaling = true;
        }
        for heard in heard {
            self.note(node, heard, &mut parted);
        }
        if self.changes.connections {
            self.count();
        }
        parted.extend(told);
        self.on_parted((node, peer), parted);
        self.act_relayed();
    }

    fn on_link(&mut self, id: LinkId, input: LinkInput<'_>) {
        if self.pool.spares.on_input(&mut self.cx, id, &input) {
            return;
        }
        if let Some(node) = self.by_link.get(&id).copied() {
            self.with_remote(node, |remote, env| remote.on_link_input(env, id, input));
            self.end_earlier_starts();
        }
    }
}
