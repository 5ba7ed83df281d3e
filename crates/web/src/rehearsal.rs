//! Two nodes that link up with no browser and no network between them.
//!
//! Engines compile a function when it is called first, which for the way to a link takes as long as
//! the way itself. So it is walked once while nobody waits.

use std::collections::VecDeque;

use lacis_core::{
    Config, Event, Input, LinkAction, LinkId, LinkInput, LinkState, Node, Output, Path, Priority,
    RoomId, SocketId, Timestamp, Until,
};
use lacis_wire::description::{Description, DtlsRole};
use lacis_wire::link::Channel;
use lacis_wire::room::RoomLink;

/// What the server says, of which the nodes are told who they are and whom they meet.
const WELCOME: &[u8] = &[0x82, 0, 0x82, 1, 0x80];
const DELIVER: &[u8] = &[0x82, 2, 0x82, 0x50];
/// The kind of a client's frame follows its first byte.
const KIND: usize = 1;
const HELLO: u8 = 0;
const JOIN: u8 = 1;
const SEND: u8 = 3;
/// A `Join` begins as its answer does: up to the end of the topic.
const TOPIC_END: usize = 37;
/// Where a `Send` goes on behind the id of the receiver.
const ID_END: usize = 20;
const START: Timestamp = Timestamp::ZERO;
const ROOM: RoomId = RoomId(1);

struct Stage {
    nodes: [Node; 2],
    links: [LinkId; 2],
    happening: VecDeque<(usize, Input<'static>)>,
    /// Whether what was said has come.
    is_heard: bool,
}

/// Walks the way to a link, and says something on it. Whether that has come.
pub(crate) fn rehearse() -> bool {
    let url = "wss://rehearsal.invalid";
    let link = RoomLink { secret: [0; 16], servers: Vec::new() };
    let node = |seed| {
        let config =
            Config { servers: vec![url.into()], identity: [seed; 32], ..Config::default() };
        Node::new(config, [seed; 32], START)
    };
    let (Ok(first), Ok(second)) = (node(1), node(2)) else { return false };
    let (nodes, links) = ([first, second], [LinkId(0); 2]);
    let mut stage = Stage { nodes, links, happening: VecDeque::new(), is_heard: false };
    for who in 0..2 {
        // Refused, nothing is heard.
        let _ = stage.nodes[who].join(START, 1, ROOM, &link, core::time::Duration::ZERO);
        stage.run();
        if who == 1 {
            stage.speak();
        }
    }
    stage.is_heard
}

impl Stage {
    fn speak(&mut self) {
        let [first, second] = &mut self.nodes;
        let to = first.node_id();
        let (how, until) = (Priority::Automatic, Until::Accepted);
        let _ = second.send(START, 2, ROOM, to, "rehearsal", vec![0; 64], how, until);
        self.run();
    }

    fn run(&mut self) {
        loop {
            for who in 0..2 {
                while let Some(output) = self.nodes[who].poll_output() {
                    self.act(who, output);
                }
                self.nodes[who].poll_timeout();
            }
            let Some((who, input)) = self.happening.pop_front() else { break };
            self.nodes[who].handle_input(START, input);
        }
    }

    fn act(&mut self, who: usize, output: Output) {
        match output {
            Output::Dial(socket, _) => self.tell(who, Input::SocketOpened(socket)),
            Output::Transmit(socket, bytes) => self.serve(who, socket, &bytes),
            Output::Link(link, action) => self.connect(who, link, action),
            Output::Event(Event::Message { .. }) => self.is_heard = true,
            _ => {}
        }
    }

    /// The server's part.
    fn serve(&mut self, who: usize, socket: SocketId, bytes: &[u8]) {
        let mine = self.nodes[who].node_id();
        match bytes.get(KIND) {
            Some(&HELLO) => self.tell(who, Input::SocketFrame(socket, WELCOME.into())),
            Some(&JOIN) => {
                let mut frame = bytes.get(..TOPIC_END).unwrap_or_default().to_vec();
                // Whoever comes second meets the first.
                frame.push(if who == 0 { 0x80 } else { 0x81 });
                if who != 0 {
                    frame.push(0x50);
                    frame.extend(self.nodes[0].node_id().0);
                }
                self.tell(who, Input::SocketFrame(socket, frame.into()));
            }
            Some(&SEND) => {
                let rest = bytes.get(ID_END..).unwrap_or_default();
                let number = if rest.first().is_some_and(|byte| *byte < 24) { 1 } else { 2 };
                let frame = [DELIVER, &mine.0, rest.get(number..).unwrap_or_default()].concat();
                // Each has dialled once.
                self.tell(1 - who, Input::SocketFrame(SocketId(1), frame.into()));
            }
            _ => {}
        }
    }

    /// The browser's part.
    fn connect(&mut self, who: usize, link: LinkId, action: LinkAction) {
        let input = match action {
            LinkAction::Offer { op, .. } => {
                self.links[who] = link;
                LinkInput::Described(op, describe(who, DtlsRole::ActPass))
            }
            LinkAction::Accept { op, .. } => {
                self.links[who] = link;
                LinkInput::Described(op, describe(who, DtlsRole::Active))
            }
            LinkAction::SetAnswer { op, .. } => {
                self.hear(who, LinkInput::Done(op));
                for end in [1 - who, who] {
                    self.hear(end, LinkInput::State(LinkState::Connected));
                    for channel in Channel::ALL {
                        self.hear(end, LinkInput::ChannelOpened(channel));
                    }
                }
                return;
            }
            LinkAction::Inspect(op) => LinkInput::Path(op, Path { local: None, remote: None }),
            LinkAction::Send(channel, bytes) => {
                self.hear(1 - who, LinkInput::Data(channel, bytes.into()));
                LinkInput::Buffered(channel, 0)
            }
            _ => return,
        };
        self.tell(who, Input::Link(link, input));
    }

    fn hear(&mut self, who: usize, input: LinkInput<'static>) {
        self.tell(who, Input::Link(self.links[who], input));
    }

    fn tell(&mut self, who: usize, input: Input<'static>) {
        self.happening.push_back((who, input));
    }
}

fn describe(who: usize, dtls_role: DtlsRole) -> String {
    let description = Description {
        ufrag: "rehearsal".into(),
        pwd: "rehearsal-of-two-nodes".into(),
        fingerprint: [u8::from(who == 0); 32],
        dtls_role,
        message_bytes_max: 262_144,
        sctp_init: None,
        through: None,
    };
    description.to_sdp(1)
}

#[cfg(test)]
mod tests {
    use super::rehearse;

    #[test]
    fn the_rehearsal_comes_to_its_end() {
        assert!(rehearse());
    }
}
