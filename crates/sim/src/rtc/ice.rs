//! Finding a path, watching it, losing it; and the handshake on it.

use std::time::Duration;

use lacis_core::{LinkInput, LinkState};
use lacis_wire::link::Channel;

use super::connection::{Connection, Dtls, IceState, LOOK, Selected};
use super::{Rtc, tell};
use crate::fabric::Fabric;
use crate::happening::Happening;
use crate::happening::rtc::{ConnectionId, Step};

impl Rtc {
    /// The other end of the present generation, if a path to it can be found.
    fn findable(&self, fabric: &Fabric, id: ConnectionId) -> Option<Selected> {
        let own = self.connections.get(&id)?;
        let (local, remote) = (own.local.as_ref()?, own.remote.as_ref()?);
        let other = self.connections.get(self.users.get(&remote.credentials.ufrag)?)?;
        let theirs = other.remote.as_ref()?;
        if other.local.as_ref()? != &remote.credentials || &theirs.credentials != local {
            return None;
        }
        let (here, there) = (id.tab, other.id.tab);
        let straight = fabric.net.is_direct(here, there) && !own.relay_only && !other.relay_only;
        let direct = straight && (remote.knows_direct || theirs.knows_direct);
        let relayed = fabric.net.joins(here, there) && (remote.knows_relay || theirs.knows_relay);
        (direct || relayed).then_some(Selected {
            other: other.id,
            generation: own.ice.generation,
            relayed: !direct,
        })
    }

    /// Whether the other end answers checks though it has not been told of this one yet: browsers
    /// do, so an answer may wait long for being carried.
    fn is_awaited(&self, fabric: &Fabric, id: ConnectionId) -> bool {
        let remote = self.connections.get(&id).and_then(|own| own.remote.as_ref());
        let Some(remote) = remote else { return false };
        let other = self.users.get(&remote.credentials.ufrag);
        other.and_then(|other| self.connections.get(other)).is_some_and(|other| {
            let current = other.local.as_ref().or(other.pending.as_ref());
            other.remote.is_none()
                && current == Some(&remote.credentials)
                && fabric.net.joins(id.tab, other.id.tab)
        })
    }

    /// Whether packets pass on the path in use.
    fn works(&self, fabric: &Fabric, id: ConnectionId) -> bool {
        let selected = self.connections.get(&id).and_then(|own| own.ice.selected);
        selected.is_some_and(|selected| {
            self.connections.contains_key(&selected.other)
                && fabric.net.joins(id.tab, selected.other.tab)
        })
    }

    pub(super) fn tick(&mut self, fabric: &mut Fabric, id: ConnectionId, number: u32) {
        if self.connections.get(&id).is_none_or(|own| own.ice.tick != number) {
            return;
        }
        let found = self.findable(fabric, id);
        let works = self.works(fabric, id);
        let awaited = self.is_awaited(fabric, id);
        let Some(own) = self.connections.get_mut(&id) else { return };
        let now = fabric.now;
        let ice = &mut own.ice;
        let is_new = ice.selected.is_none_or(|selected| selected.generation != ice.generation);
        ice.found_since = found.map(|_| ice.found_since.unwrap_or(now));
        let rtt = found.map_or(Duration::ZERO, |f| fabric.net.latency(id.tab, f.other.tab) * 2);
        let ready = is_new && ice.found_since.is_some_and(|since| now >= since + rtt);
        if works || ready {
            ice.last_ok = now;
        }
        if awaited {
            ice.since = now;
        }
        let silent = now.saturating_sub(ice.last_ok);
        let was = ice.state;
        if ready {
            ice.selected = found;
            ice.state = IceState::Connected;
        } else {
            ice.state = match was {
                IceState::Checking if now >= ice.since + ice.fails_after => IceState::Failed,
                IceState::Connected if silent >= ice.disconnects_after => IceState::Disconnected,
                IceState::Disconnected if works => IceState::Connected,
                IceState::Disconnected if silent >= ice.fails_after => IceState::Failed,
                same => same,
            };
        }
        let pause = pause(ice.state);
        let (is, encrypted) = (ice.state, own.dtls == Dtls::Connected);
        let is_settled = !is_new && is == IceState::Connected && encrypted;
        if is_settled && works && own.line.held.is_empty() {
            own.ice.rests_since = Some(now);
        } else {
            own.arm_tick(fabric, pause);
        }
        if is != was {
            match is {
                IceState::Connected if encrypted => state(fabric, id, LinkState::Connected),
                IceState::Disconnected => state(fabric, id, LinkState::Disconnected),
                IceState::Failed => state(fabric, id, LinkState::Failed),
                _ => {}
            }
        }
        if is == IceState::Connected {
            self.begin_handshake(fabric, id);
        }
        if works {
            self.send_again(fabric, id);
        }
    }

    /// Packets may pass where they did not, or not any more: all paths are looked at again.
    pub(crate) fn wake_all(&mut self, fabric: &mut Fabric) {
        self.connections.values_mut().for_each(|connection| connection.wake(fabric));
    }

    /// Those at the other end of one that is gone look at their paths again.
    pub(super) fn wake_others(&mut self, fabric: &mut Fabric, gone: &Connection) {
        let remote = gone.remote.as_ref();
        let named = remote.and_then(|remote| self.users.get(&remote.credentials.ufrag).copied());
        let selected = gone.ice.selected.map(|selected| selected.other);
        for other in [named, selected, gone.associate].into_iter().flatten() {
            if let Some(connection) = self.connections.get_mut(&other) {
                connection.wake(fabric);
            }
        }
    }

    /// The handshake begins once both ends have the path.
    fn begin_handshake(&mut self, fabric: &mut Fabric, id: ConnectionId) {
        let Some(own) = self.connections.get(&id) else { return };
        let Some(selected) = own.ice.selected else { return };
        let ready = |connection: &Connection| {
            connection.dtls == Dtls::New && connection.ice.state == IceState::Connected
        };
        let Some(other) = self.connections.get(&selected.other) else { return };
        if !ready(own) || !ready(other) {
            return;
        }
        for end in [id, selected.other] {
            if let Some(connection) = self.connections.get_mut(&end) {
                connection.dtls = Dtls::Handshaking;
            }
        }
        let rtt = fabric.flight(id.tab, selected.other.tab, selected.relayed) * 2;
        let mut time = rtt * 2 + fabric.random.millis(2, 10);
        let loss = fabric.net.loss_between(id.tab, selected.other.tab);
        for _ in 0..4 {
            if fabric.random.chance(loss) {
                time += fabric.random.millis(50, 1000);
            }
        }
        fabric.after(time, Happening::Rtc(id, Step::Handshake));
    }

    /// The handshake ends: each end looks whether the certificate is the one it was told of.
    pub(super) fn handshake(&mut self, fabric: &mut Fabric, id: ConnectionId) {
        let Some(own) = self.connections.get(&id) else { return };
        let Some(selected) = own.ice.selected else { return };
        let Some(other) = self.connections.get(&selected.other) else { return };
        if !fabric.net.joins(id.tab, selected.other.tab) {
            fabric.after(Duration::from_secs(1), Happening::Rtc(id, Step::Handshake));
            return;
        }
        let trusts = |one: &Connection, two: &Connection| {
            one.remote.as_ref().is_some_and(|remote| remote.fingerprint == two.certificate)
        };
        let agreed = trusts(own, other) && trusts(other, own);
        let flight = fabric.flight(id.tab, selected.other.tab, selected.relayed);
        for (end, far, delay) in
            [(id, selected.other, Duration::ZERO), (selected.other, id, flight)]
        {
            let Some(connection) = self.connections.get_mut(&end) else { continue };
            if agreed {
                connection.dtls = Dtls::Connected;
                connection.associate = Some(far);
                fabric.tell(end.tab, delay, input(end, LinkState::Connected));
                for channel in Channel::ALL {
                    let open = delay + flight + flight + fabric.random.millis(0, 6);
                    fabric.after(open, Happening::Rtc(end, Step::Open(channel)));
                }
            } else {
                connection.dtls = Dtls::Failed;
                // The alert may get lost; then only the deadline of the node tells.
                if end == id || fabric.random.chance(700) {
                    fabric.tell(end.tab, delay, input(end, LinkState::DtlsFailed));
                }
            }
        }
    }
}

fn input(id: ConnectionId, state: LinkState) -> lacis_core::Input<'static> {
    lacis_core::Input::Link(id.link, LinkInput::State(state))
}

fn state(fabric: &mut Fabric, id: ConnectionId, state: LinkState) {
    tell(fabric, id, LinkInput::State(state));
}

/// How long until a path is looked at again.
const fn pause(state: IceState) -> Duration {
    match state {
        IceState::New | IceState::Checking => Duration::from_millis(20),
        IceState::Connected => LOOK,
        IceState::Disconnected | IceState::Failed => Duration::from_millis(250),
    }
}
