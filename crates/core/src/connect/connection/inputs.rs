//! What the driver tells of the connections to one node.

use lacis_wire::Code;
use lacis_wire::description::Description;
use lacis_wire::link::{Channel, LinkFrame};

use super::{Connection, News};
use crate::connect::Env;
use crate::connect::negotiation::{Negotiation, Step};
use crate::ids::{LinkId, OpId};
use crate::io::{LinkInput, LinkState};

impl Connection {
    /// What is negotiated about the connection of that id.
    pub(super) fn negotiation(&mut self, id: LinkId) -> Option<&mut Negotiation> {
        if self.is_link(id) {
            return self.link_mut().map(|link| &mut link.negotiation);
        }
        self.attempt(id).map(|attempt| &mut attempt.negotiation)
    }

    fn finish(&mut self, id: LinkId, op: OpId) -> Option<Step> {
        self.negotiation(id)?.finish(op)
    }

    /// Something happened to one of our connections; data is for [`Connection::on_data`].
    pub(crate) fn on_input(&mut self, env: &mut Env<'_>, id: LinkId, input: LinkInput<'_>) {
        match input {
            LinkInput::Described(op, sdp) => self.on_sdp(env, id, op, &sdp),
            LinkInput::Done(op) => {
                if self.finish(id, op) == Some(Step::SetAnswer)
                    && let Some(attempt) = self.attempt(id)
                {
                    attempt.on_answer_set(env.cx);
                }
            }
            LinkInput::CreateFailed(code) => self.refuse_attempt(env, id, code),
            LinkInput::Failed(op, code) => self.on_op_failed(env, id, op, code),
            LinkInput::Path(op, path) => {
                if self.finish(id, op) == Some(Step::Inspect) {
                    self.on_path(path);
                }
            }
            LinkInput::Candidate(candidate) => self.on_local_candidate(env, id, candidate),
            LinkInput::Gathered => {
                if self.attempt(id).is_some_and(|attempt| attempt.is_manual()) {
                    env.signaling.on_gathered(self.node);
                }
            }
            LinkInput::State(state) => self.on_state(env, id, state),
            LinkInput::ChannelOpened(channel) => self.on_channel_opened(env, id, channel),
            LinkInput::ChannelClosed(channel) => self.on_channel_closed(env, id, channel),
            LinkInput::Data(..) | LinkInput::Buffered(..) => {}
        }
    }

    fn on_sdp(&mut self, env: &mut Env<'_>, id: LinkId, op: OpId, sdp: &str) {
        let Some(step) = self.finish(id, op) else { return };
        match (step, Description::from_sdp(sdp)) {
            (Step::Offer | Step::Accept, Ok(description)) => {
                self.on_described(env, id, &description);
            }
            (Step::RestartOffer | Step::RestartAccept, Ok(description)) => {
                self.on_restart_described(env, step, description);
            }
            (Step::Offer | Step::Accept, Err(_)) => {
                self.refuse_attempt(env, id, Code::Internal);
            }
            _ => {}
        }
    }

    fn on_op_failed(&mut self, env: &mut Env<'_>, id: LinkId, op: OpId, code: Code) {
        match self.finish(id, op) {
            Some(Step::Offer | Step::Accept | Step::SetAnswer) => {
                self.refuse_attempt(env, id, code);
            }
            // A restart that cannot even begin gives way to a new attempt at its deadline.
            Some(Step::RestartOffer | Step::RestartAccept | Step::RestartSet) => {
                let now = env.cx.now;
                if let Some(link) = self.link_mut() {
                    link.restart.deadline = Some(now);
                }
            }
            Some(Step::Inspect) => self.on_path_unknown(),
            None => {}
        }
    }

    fn on_state(&mut self, env: &mut Env<'_>, id: LinkId, state: LinkState) {
        if let Some(attempt) = self.attempt(id) {
            let by_hand = attempt.is_offered_by_hand();
            match state {
                LinkState::Failed if by_hand => {}
                LinkState::Failed => self.refuse_attempt(env, id, Code::IceFailed),
                LinkState::DtlsFailed => self.refuse_attempt(env, id, Code::DtlsFailed),
                LinkState::Connected | LinkState::Disconnected => {}
            }
        } else if self.is_link(id) {
            match state {
                LinkState::Connected => self.on_path_back(env),
                LinkState::Disconnected => self.on_path_broken(env.cx.now),
                LinkState::Failed | LinkState::DtlsFailed => self.lose_link(env),
            }
        }
    }

    fn on_channel_opened(&mut self, env: &mut Env<'_>, id: LinkId, channel: Channel) {
        let Some(channels) = self.channels(id) else { return };
        channels.set_open(channel, true);
        if self.is_link(id) {
            self.push(News::Writable);
        } else if channel == Channel::Control {
            self.on_attempt_open(env, id);
        }
    }

    fn on_channel_closed(&mut self, env: &mut Env<'_>, id: LinkId, channel: Channel) {
        if let Some(channels) = self.channels(id) {
            channels.set_open(channel, false);
        }
        if self.attempt(id).is_some() {
            self.refuse_attempt(env, id, Code::LinkLost);
        } else if self.is_link(id) {
            self.lose_link(env);
        }
    }

    /// A message came; gives the frame in it if it is for a link that stands.
    pub(crate) fn on_data<'a>(
        &mut self,
        env: &mut Env<'_>,
        id: LinkId,
        channel: Channel,
        bytes: &'a [u8],
    ) -> Option<LinkFrame<'a>> {
        let frame = lacis_wire::codec::decode::<LinkFrame<'_>>(bytes);
        if self.attempt(id).is_some() {
            match (channel, frame) {
                (Channel::Control, Ok(LinkFrame::Proof { signature })) => {
                    self.on_proof(env, id, &signature);
                }
                // What may be lost may also come too early.
                (Channel::Ephemeral, _) => {}
                _ => self.refuse_attempt(env, id, Code::Protocol),
            }
            return None;
        }
        let link = self.link_mut().filter(|link| link.id() == id)?;
        link.on_heard(env.cx.now);
        let is_accepted = channel == Channel::Control && !link.accepted;
        link.accepted |= is_accepted;
        if is_accepted {
            // Now bulk may follow, and no other attempt is needed.
            self.push(News::Writable);
            self.withdraw_attempts(env, Code::Replaced, |_| true);
        }
        match frame {
            Ok(frame) if may_travel(&frame, channel) => Some(frame),
            _ => {
                if channel != Channel::Ephemeral {
                    self.on_broken_protocol(env);
                }
                None
            }
        }
    }

    /// The other side breaks the protocol.
    pub(crate) fn on_broken_protocol(&mut self, env: &mut Env<'_>) {
        env.cx.warn(Code::Protocol, self.node);
        self.lose_link(env);
    }
}

fn may_travel(frame: &LinkFrame<'_>, channel: Channel) -> bool {
    let either = matches!(frame, LinkFrame::Group { .. }) && channel != Channel::Ephemeral;
    either || channel_of(frame) == channel
}

const fn channel_of(frame: &LinkFrame<'_>) -> Channel {
    match frame {
        LinkFrame::Open { .. } | LinkFrame::Chunk { .. } => Channel::Bulk,
        LinkFrame::Ephemeral { .. } => Channel::Ephemeral,
        _ => Channel::Control,
    }
}
