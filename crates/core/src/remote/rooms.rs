//! Which rooms are shared with a remote node, and what the application hears of that.

use alloc::vec::Vec;

use lacis_wire::gossip::NamedGossip;
use lacis_wire::link::LinkFrame;
use lacis_wire::{Code, RoomTag, limits};

use super::{Heard, Remote};
use crate::connect::Env;
use crate::cx::Cx;
use crate::event::{Event, RemoteState};
use crate::ids::RoomId;
use crate::session::{RoomProof, Tags};

impl Remote {
    /// Tells the application how the remote is reached, in every room where it is known.
    pub(crate) fn tell(&mut self, env: &mut Env<'_>) {
        let unlinked = !self.connection.is_linked();
        let known = self.rooms.iter().filter(|(_, it)| unlinked || *it == RoomProof::Proven);
        for room in known.map(|(room, _)| room).collect::<Vec<_>>() {
            self.tell_in(env, room);
        }
    }

    /// The remote is no longer in a room: the application is told, if it knows that it was.
    pub(crate) fn tell_left(&mut self, room: RoomId, code: Code) {
        if let Some(place) = self.told.iter().position(|told| *told == room) {
            self.told.swap_remove(place);
            self.heard.push_back(Heard::Parted(room, code));
        }
    }

    /// The application is told by others that it left a room.
    pub(crate) fn untell(&mut self, room: RoomId) {
        self.told.retain(|told| *told != room);
    }

    /// Tells the application how the remote is reached, in a room.
    pub(crate) fn tell_in(&mut self, env: &mut Env<'_>, room: RoomId) {
        if !env.signaling.lets_in(room, self.node()) {
            return;
        }
        if !self.told.contains(&room) {
            self.told.push(room);
        }
        let connection = &self.connection;
        let state = match connection.state() {
            // It is reached through others until there is a link.
            RemoteState::Connecting if self.present.contains(&room) => RemoteState::Indirect,
            state => state,
        };
        env.cx.event(Event::Remote {
            room,
            node: connection.node,
            peer: connection.peer,
            state,
            rtt: connection.link().and_then(|link| link.rtt),
        });
    }

    /// Computes how rooms are named on the present link, and tells the other side which we are in.
    pub(crate) fn name_rooms(&mut self, env: &mut Env<'_>) {
        let (ours, theirs) = (env.cx.me.node, self.node());
        let peer = self.connection.peer;
        let Some(link) = self.connection.link_mut() else { return };
        let set_up_in = link.room();
        let mut tags = Vec::new();
        for (room, known) in env.signaling.main_rooms() {
            if room == set_up_in || peer.is_none_or(|peer| !known.barred.contains(&peer)) {
                tags.push(Tags {
                    room,
                    ours: known.keys.tag(&link.transcript, ours),
                    theirs: known.keys.tag(&link.transcript, theirs),
                    is_held: known.admitted.is_some(),
                    since: env.cx.now,
                });
            }
        }
        let shown = self.rooms.set_tags(tags);
        let tags = self.rooms.our_tags();
        link.on_named(env.cx, &tags);
        link.control(env.cx, &LinkFrame::Rooms { tags });
        if let Some(shown) = shown {
            self.on_rooms(env, shown);
        }
    }

    /// The other side says which rooms it is in.
    pub(super) fn on_rooms(&mut self, env: &mut Env<'_>, shown: Vec<RoomTag>) {
        for (room, is_in) in self.rooms.show(shown) {
            match (is_in, self.rooms.proof(room)) {
                (true, None | Some(RoomProof::Claimed | RoomProof::Previous)) => {
                    self.rooms.set(room, RoomProof::Proven);
                    self.tell_in(env, room);
                }
                (false, Some(_)) => {
                    self.rooms.remove(room);
                    self.leave_room(env, room, Code::Left);
                }
                (true, Some(RoomProof::Proven)) | (false, None) => {}
            }
        }
        if self.rooms.is_empty() {
            self.connection.close(env, Code::Left);
        }
        self.take_early_parts(env);
    }

    /// Tells names of gossip in a room, of what this node lacks or has.
    pub(crate) fn say_names(
        &mut self,
        cx: &mut Cx,
        room: RoomId,
        lacks: bool,
        names: &[NamedGossip],
    ) {
        let Some(room) = self.rooms.word_tag(room) else { return };
        let Some(link) = self.connection.link_mut() else { return };
        let mut rest = names;
        loop {
            let (part, others) = rest.split_at(rest.len().min(limits::GOSSIP_NAMES_MAX));
            link.control(cx, &LinkFrame::Names { room, lacks, names: part.to_vec() });
            rest = others;
            if rest.is_empty() {
                break;
            }
        }
    }

    /// The room is no longer shared: nothing of it may stay behind.
    pub(crate) fn leave_room(&mut self, env: &mut Env<'_>, room: RoomId, code: Code) {
        self.session.on_room_left(env.cx, self.connection.link_mut(), room, code);
        self.tell_left(room, code);
        let proven = self.rooms.first_proven();
        self.connection.on_room_left(env, room, proven, self.rooms.is_empty());
    }

    /// Others tell that it has left a room, while there is no link over which it could say so.
    pub(crate) fn on_gone(&mut self, env: &mut Env<'_>, room: RoomId) {
        self.present.retain(|present| *present != room);
        if self.rooms.remove(room) {
            self.leave_room(env, room, Code::Left);
        }
        if self.rooms.is_empty() {
            self.connection.close(env, Code::Left);
        }
    }

    /// The room that the other side names so. The tag itself proves that it is in the room.
    pub(super) fn room_of(&mut self, env: &mut Env<'_>, tag: RoomTag) -> Option<RoomId> {
        let (room, is_news) = self.rooms.room_of(tag)?;
        if is_news {
            self.tell_in(env, room);
        }
        Some(room)
    }

    /// The room that the other side names so, if what it says there is of any concern.
    pub(super) fn open_room(&mut self, env: &mut Env<'_>, tag: RoomTag) -> Option<RoomId> {
        let room = self.room_of(env, tag)?;
        env.signaling.lets_in(room, self.node()).then_some(room)
    }
}
