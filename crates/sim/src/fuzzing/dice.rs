//! Bytes as choices: what happens next to two nodes.

use std::time::Duration;

use lacis_core::{
    Input, LinkId, LinkInput, LinkState, Node, OpId, Priority, RoomId, StreamId, Until,
};
use lacis_wire::link::{Channel, Envelope, Kind, LinkFrame};
use lacis_wire::{Code, Millis, NodeId, RoomTag, codec};

use super::pair::{Pair, Side};

/// Reads choices off the bytes; when they are used up, every choice is the first.
pub(super) struct Dice<'a> {
    bytes: &'a [u8],
}

impl<'a> Dice<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    pub(super) fn byte(&mut self) -> u8 {
        let (first, rest) = self.bytes.split_first().unwrap_or((&0, &[]));
        self.bytes = rest;
        *first
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::from(self.byte()) % bound.max(1)
    }

    fn pick<T: Copy>(&mut self, of: &[T], otherwise: T) -> T {
        let at = self.below(of.len() + 1);
        of.get(at).copied().unwrap_or(otherwise)
    }

    /// One thing happens.
    pub(super) fn act(&mut self, pair: &mut Pair) {
        let side = self.below(2);
        match self.below(32) {
            0..=9 => pair.step(),
            10..=11 => {
                for _ in 0..16 {
                    pair.step();
                }
            }
            12 => pair.pass(Duration::from_millis(u64::from(self.byte()) * 20)),
            13 => pair.pass(Duration::from_secs(u64::from(self.byte() % 32))),
            14 => {
                let (room, number) = (self.byte() % 3, self.number());
                pair.join(side, room, number);
            }
            15..=22 => self.command(pair, side),
            23 => self.meddle(pair),
            24..=26 => self.inject(pair, side),
            27..=28 => self.misreport(pair, side),
            29 => self.trouble(pair, side),
            30 => pair.timeout(),
            _ => self.rare(pair, side),
        }
    }

    /// A number that was used, may be used only by the node, or leaves others unused; seldom one at
    /// all.
    fn number(&mut self) -> Option<u32> {
        match self.byte() {
            byte @ 248.. => Some(u32::from(byte) << 24 | u32::from(self.byte())),
            byte @ 240.. => Some(u32::from(byte - 240)),
            _ => None,
        }
    }

    fn room(&mut self, pair: &Pair, side: Side) -> RoomId {
        let rooms = pair.ends[side].rooms.clone();
        self.pick(&rooms, RoomId(9_999))
    }

    fn to(&mut self, pair: &Pair, side: Side) -> NodeId {
        let known = [pair.ends[1 - side].node.node_id()];
        if self.byte() < 250 { known[0] } else { NodeId([self.byte(); 16]) }
    }

    /// Sizes around every border: empty, one frame, several frames, more than is taken.
    fn payload(&mut self) -> Vec<u8> {
        let size = match self.below(8) {
            0..=4 => self.below(256),
            5 => self.below(256) * 80,
            6 => self.below(256) * 800,
            _ => self.below(256) * 4_000,
        };
        vec![7; size]
    }

    fn stream(&mut self, pair: &Pair, side: Side) -> StreamId {
        let streams = pair.ends[side].streams.clone();
        self.pick(&streams, StreamId(9_999))
    }

    fn command(&mut self, pair: &mut Pair, side: Side) {
        let (room, to) = (self.room(pair, side), self.to(pair, side));
        let payload = self.payload();
        let label = ["chat", "", "cursor"][self.below(3)];
        let patience = Duration::from_secs(u64::from(self.byte()));
        match self.below(8) {
            0..=2 => {
                let priority = [Priority::Automatic, Priority::Interactive, Priority::Bulk];
                let priority = priority[self.below(3)];
                let until = [Until::Accepted, Until::Delivered][self.below(2)];
                pair.ask(side, |node, now, ticket| {
                    node.send(now, ticket, room, to, label, payload, priority, until)
                });
            }
            3 => pair
                .ask(side, |node, now, ticket| node.broadcast(now, ticket, room, label, payload)),
            4 => pair.ask(side, |node, now, ticket| {
                node.broadcast_ephemeral(now, ticket, room, label, &payload)
            }),
            5 => pair.ask(side, |node, now, ticket| {
                node.request(now, ticket, room, to, label, payload, patience)
            }),
            6 => {
                let requests = pair.ends[side].requests.clone();
                let Some(request) = requests.get(self.below(requests.len())) else { return };
                let answer = if self.byte() < 200 { Ok(payload) } else { Err(Code::NoHandler) };
                let request = *request;
                pair.tell_node(side, |node, now| node.respond(now, request, answer));
            }
            _ => self.file(pair, side, room, to, payload),
        }
    }

    fn file(&mut self, pair: &mut Pair, side: Side, room: RoomId, to: NodeId, data: Vec<u8>) {
        let stream = self.stream(pair, side);
        match self.below(7) {
            0..=1 => {
                let size = data.len() as u64;
                let stream =
                    StreamId(self.number().unwrap_or_else(|| pair.ends[side].next()).into());
                pair.ends[side].streams.push(stream);
                pair.ask(side, |node, now, ticket| {
                    node.open_file(now, ticket, stream, room, to, "a.txt", "text/plain", size)
                });
            }
            2 => pair.ask(side, |node, now, ticket| node.write(now, ticket, stream, data)),
            3 => pair.ask(side, |node, now, ticket| node.finish(now, ticket, stream)),
            // Refused when the stream is not one that can be accepted.
            4 => pair.tell_node(side, |node, now| {
                let _ = node.accept_file(now, stream);
            }),
            5 => pair.tell_node(side, |node, now| node.grant(now, stream, data.len() as u64)),
            _ => pair.tell_node(side, |node, now| node.cancel_stream(now, stream, Code::Aborted)),
        }
    }

    /// What is on its way is lost, doubled, changed or overtaken.
    fn meddle(&mut self, pair: &mut Pair) {
        let at = self.below(pair.pending.len());
        let Some(chosen) = pair.pending.get(at).cloned() else { return };
        match self.below(4) {
            0 => drop(pair.pending.remove(at)),
            1 => pair.pending.push_back(chosen),
            2 => {
                pair.pending.remove(at);
                pair.pending.push_front(chosen);
            }
            _ => {
                let bytes = match pair.pending.get_mut(at) {
                    Some((_, Input::SocketFrame(_, bytes))) => bytes.to_mut(),
                    Some((_, Input::Link(_, LinkInput::Data(_, bytes)))) => bytes.to_mut(),
                    _ => return,
                };
                let place = self.below(bytes.len());
                if let Some(byte) = bytes.get_mut(place) {
                    *byte = self.byte();
                }
            }
        }
    }

    fn link(&mut self, pair: &Pair, side: Side) -> LinkId {
        let links: Vec<LinkId> = pair.ends[side].links.keys().copied().collect();
        self.pick(&links, LinkId(9_999))
    }

    /// A frame that nobody sent, on one of the connections.
    fn inject(&mut self, pair: &mut Pair, side: Side) {
        let link = self.link(pair, side);
        let channel = Channel::ALL[self.below(3)];
        let (number, size) = (u32::from(self.byte() % 8), u64::from(self.byte()) * 999);
        let envelope =
            Envelope { room: RoomTag([self.byte(); 16]), kind: Kind::Direct, label: "x" };
        let payload = vec![1; self.below(256)];
        let frame = match self.below(12) {
            0 => LinkFrame::Proof { signature: [self.byte(); 64] },
            1 => LinkFrame::Rooms { tags: vec![RoomTag([self.byte(); 16]); self.below(4)] },
            2 => LinkFrame::Ping { nonce: number },
            3 => LinkFrame::Pong { nonce: number },
            4 => LinkFrame::Message { seq: size + 1, ack: size, envelope, payload: &payload },
            5 => LinkFrame::Ack { upto: size },
            6 => LinkFrame::Chunk { stream: number, data: &payload },
            7 => LinkFrame::Credit {
                stream: number,
                received: size / 2,
                upto: size,
                taken: size / 2,
            },
            8 => LinkFrame::Done { stream: number },
            9 => LinkFrame::Reset { stream: number, code: Code::Aborted },
            10 => LinkFrame::Ephemeral { envelope, payload: &payload },
            _ => LinkFrame::Bye { code: Code::Left },
        };
        let data = LinkInput::Data(channel, codec::encode(&frame).into());
        pair.hand(side, Input::Link(link, data));
    }

    /// The driver says what no browser would.
    fn misreport(&mut self, pair: &mut Pair, side: Side) {
        let link = self.link(pair, side);
        let (op, channel) = (OpId(self.byte().into()), Channel::ALL[self.below(3)]);
        let input = match self.below(9) {
            0 => LinkInput::Described(op, "v=0".into()),
            1 => LinkInput::Done(op),
            2 => LinkInput::Failed(op, Code::Internal),
            3 => LinkInput::Candidate("candidate:nonsense".into()),
            4 => LinkInput::ChannelOpened(channel),
            5 => LinkInput::ChannelClosed(channel),
            6 => LinkInput::Buffered(channel, self.below(256) * 4_096),
            7 => LinkInput::CreateFailed(Code::WebrtcBlocked),
            _ => LinkInput::Data(channel, vec![self.byte(); self.below(256)].into()),
        };
        pair.hand(side, Input::Link(link, input));
    }

    fn trouble(&mut self, pair: &mut Pair, side: Side) {
        let link = self.link(pair, side);
        let states = [
            LinkState::Connected,
            LinkState::Disconnected,
            LinkState::Failed,
            LinkState::DtlsFailed,
        ];
        let state = states[self.below(4)];
        pair.hand(side, Input::Link(link, LinkInput::State(state)));
    }

    /// One of the texts that were written, whole or changed.
    fn text(&mut self, pair: &Pair) -> Option<String> {
        let text = pair.texts.get(self.below(pair.texts.len() + 1))?.clone();
        let changed = if self.byte() < 200 { text } else { text.replacen('a', "b", 1) };
        Some(changed)
    }

    fn pair_by_hand(&mut self, pair: &mut Pair, side: Side) {
        let (room, text) = (self.room(pair, side), self.text(pair));
        pair.pair_by_hand(side, room, text.as_deref());
    }

    fn complete_by_hand(&mut self, pair: &mut Pair, side: Side) {
        let (ticket, text) = (self.byte().into(), self.text(pair).unwrap_or_default());
        // Refused unless ticket and text belong together.
        pair.tell_node(side, |node, now| {
            let _ = node.complete_pairing(now, ticket, &text);
        });
    }

    fn rare(&mut self, pair: &mut Pair, side: Side) {
        match self.below(8) {
            0..=1 => {
                let Some(socket) = pair.ends[side].sockets.pop() else { return };
                pair.hand(side, Input::SocketClosed(socket, Some(4_000 + u16::from(self.byte()))));
            }
            2..=3 => {
                let room = self.room(pair, side);
                pair.tell_node(side, |node, now| node.leave(now, room));
            }
            4 => match self.byte() {
                0..=63 => pair.tell_node(side, Node::suspend),
                64..=191 => pair.tell_node(side, Node::resume),
                192..=223 => {
                    let reading = Millis(u64::from(self.byte()) * 1_000_000_000);
                    pair.hand(side, Input::Wall(reading));
                }
                _ => pair.tell_node(side, Node::wake),
            },
            5..=6 => {
                let ticket = self.byte().into();
                pair.tell_node(side, |node, now| node.cancel(now, ticket));
            }
            _ => match self.byte() {
                0 => pair.tell_node(side, Node::leave_now),
                1..=127 => self.pair_by_hand(pair, side),
                _ => self.complete_by_hand(pair, side),
            },
        }
    }
}
