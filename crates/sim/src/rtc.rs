//! A model of `RTCPeerConnection`: what a browser does between the calls of a driver and the
//! callbacks to it.
//!
//! Operations are asynchronous and run one after the other; candidates are gathered over time; a
//! path is found when both ends run the same generation of credentials, one of them knows a usable
//! candidate of the other and the network lets packets pass; encryption stands only if both
//! certificates are the ones that each end was told; channels deliver in order, late where packets
//! are lost, as fast as the line allows. Closing is heard at the other end if packets pass, and a
//! connection whose other end vanished fails slowly.

mod channels;
mod connection;
mod ice;
mod operation;
mod operations;
mod table;
mod texts;

use std::collections::BTreeMap;
use std::time::Duration;

use lacis_core::{Input, LinkAction, LinkInput, OpId};
use lacis_wire::Code;
use lacis_wire::signal::IceServer;

use crate::fabric::Fabric;
use crate::happening::Happening;
use crate::happening::rtc::Step;
use crate::ids::TabId;
use crate::tally::Tally;
use connection::Connection;
use operation::Operation;
use table::Connections;

pub(crate) use crate::happening::rtc::ConnectionId;

/// What differs between browsers.
#[derive(Clone, Copy, Debug)]
pub struct Browser {
    /// The largest message it takes, as it says in its descriptions.
    pub message_bytes_max: u32,
    /// Whether a setting forbids connections.
    pub is_blocked: bool,
}

/// Drivers close a connection a moment after they were told to, so that what was just sent leaves
/// first.
const LINGER: Duration = Duration::from_millis(100);

impl Default for Browser {
    fn default() -> Self {
        Self { message_bytes_max: 262_144, is_blocked: false }
    }
}

/// All connections of all tabs.
#[derive(Debug, Default)]
pub(crate) struct Rtc {
    connections: Connections,
    /// Who uses which ICE user name.
    users: BTreeMap<String, ConnectionId>,
    browsers: BTreeMap<TabId, Browser>,
    /// Counts what arrives, where somebody wants to know.
    pub(crate) tally: Option<Tally>,
    /// What no correct node would have asked for.
    pub(crate) faults: Vec<String>,
}

impl Rtc {
    pub(crate) fn add_tab(&mut self, tab: TabId, browser: Browser) {
        self.browsers.insert(tab, browser);
    }

    /// Has a browser refuse to make connections, or make them again.
    #[cfg(test)]
    pub(crate) fn block(&mut self, tab: TabId, is_blocked: bool) {
        self.browsers.entry(tab).or_default().is_blocked = is_blocked;
    }

    /// The connections of a tab.
    fn of(&self, tab: TabId) -> impl Iterator<Item = &Connection> {
        self.connections.of(tab)
    }

    /// Connections that a tab holds.
    pub(crate) fn count(&self, tab: TabId) -> usize {
        self.of(tab).count()
    }

    /// Those of them that have been told of another end.
    pub(crate) fn count_used(&self, tab: TabId) -> usize {
        self.of(tab).filter(|connection| connection.remote.is_some()).count()
    }

    /// Bytes that wait in the browser for one channel, the most of all connections of a tab.
    pub(crate) fn buffered_max(&self, tab: TabId) -> usize {
        self.of(tab).map(Connection::buffered_max).max().unwrap_or(0)
    }

    /// Those with whom the encryption of a connection of a tab stands, and who have not closed it.
    pub(crate) fn others(&self, tab: TabId) -> impl Iterator<Item = TabId> {
        let others = self.of(tab).filter_map(|connection| connection.associate);
        others.filter(|other| self.connections.contains_key(other)).map(|other| other.tab)
    }

    /// Whether the encryption of any connection between two tabs stands.
    pub(crate) fn is_encrypted(&self, a: TabId, b: TabId) -> bool {
        self.of(a).any(|connection| connection.associate.is_some_and(|other| other.tab == b))
    }

    /// Makes a connection, unless a setting forbids it.
    pub(crate) fn create(
        &mut self,
        fabric: &mut Fabric,
        id: ConnectionId,
        ice_servers: &[IceServer],
        relay_only: bool,
    ) -> Result<(), Code> {
        let browser = self.browsers.get(&id.tab).copied().unwrap_or_default();
        if browser.is_blocked {
            return Err(Code::WebrtcBlocked);
        }
        let made = Connection::new(fabric, id, browser, ice_servers, relay_only);
        self.connections.insert(id, made);
        Ok(())
    }

    /// Begins what takes time.
    pub(crate) fn act(&mut self, fabric: &mut Fabric, id: ConnectionId, action: LinkAction) {
        match action {
            LinkAction::Offer { op, restart } => {
                self.chain(fabric, id, Operation::Offer { op, restart });
            }
            LinkAction::Accept { op, sdp } => self.chain(fabric, id, Operation::Accept { op, sdp }),
            LinkAction::SetAnswer { op, sdp } => {
                self.chain(fabric, id, Operation::SetAnswer { op, sdp });
            }
            LinkAction::AddCandidate(line) => self.chain(fabric, id, Operation::AddCandidate(line)),
            LinkAction::Inspect(op) => {
                let delay = fabric.random.millis(1, 10);
                fabric.after(delay, Happening::Rtc(id, Step::Inspected(op)));
            }
            LinkAction::Create { .. } | LinkAction::Send(..) | LinkAction::Close => {
                self.fault(id, "what takes no time");
            }
        }
    }

    pub(crate) fn step(&mut self, fabric: &mut Fabric, id: ConnectionId, step: Step) {
        match step {
            Step::Operate => self.operate(fabric, id),
            Step::Inspected(op) => self.inspected(fabric, id, op),
            Step::Gathered(ufrag, kind) => self.gathered(fabric, id, &ufrag, kind),
            Step::Tick(number) => self.tick(fabric, id, number),
            Step::Handshake => self.handshake(fabric, id),
            Step::Open(channel) => self.open(fabric, id, channel),
            Step::Sent => self.sent(fabric, id),
            Step::Arrive(parcel) => self.arrive(fabric, id, parcel),
            Step::RemoteClosed(from) => self.remote_closed(fabric, id, from),
        }
    }

    /// `close()`: what is not on the line at once is lost; the other end is told, if the packet
    /// comes through. Promises that were pending may still be kept; their callbacks come late.
    pub(crate) fn close(&mut self, fabric: &mut Fabric, id: ConnectionId) {
        self.flush(fabric, id);
        let Some(mut closed) = self.connections.remove(&id) else { return };
        self.wake_others(fabric, &closed);
        for ufrag in std::mem::take(&mut closed.users) {
            self.users.remove(&ufrag);
        }
        for operation in closed.chain.drain(..) {
            if let Some(op) = operation.op()
                && fabric.random.chance(600)
            {
                let late = fabric.random.millis(1, 3000);
                let input = if fabric.random.chance(500) {
                    LinkInput::Described(op, texts::stray_sdp(&mut fabric.random))
                } else {
                    LinkInput::Failed(op, Code::Internal)
                };
                fabric.tell(id.tab, late, Input::Link(id.link, input));
            }
        }
        if let Some(other) = closed.associate
            && self.connections.contains_key(&other)
            && fabric.net.joins(id.tab, other.tab)
            && !fabric.random.chance(fabric.net.loss_between(id.tab, other.tab))
        {
            let flight = fabric.flight(id.tab, other.tab, closed.is_relayed());
            let arrival = fabric.now + LINGER + flight;
            let at = arrival.max(closed.last_arrival());
            fabric.at(at, Happening::Rtc(other, Step::RemoteClosed(id)));
        }
    }

    /// The tab's process is gone, and with it everything, without a word.
    pub(crate) fn forget_tab(&mut self, fabric: &mut Fabric, tab: TabId) {
        for id in self.of(tab).map(|connection| connection.id).collect::<Vec<_>>() {
            let Some(gone) = self.connections.remove(&id) else { continue };
            self.wake_others(fabric, &gone);
            for ufrag in gone.users {
                self.users.remove(&ufrag);
            }
        }
    }

    fn inspected(&mut self, fabric: &mut Fabric, id: ConnectionId, op: OpId) {
        let Some(connection) = self.connections.get(&id) else { return };
        let input = match connection.path() {
            Some(path) => LinkInput::Path(op, path),
            None => LinkInput::Failed(op, Code::Internal),
        };
        tell(fabric, id, input);
    }

    fn fault(&mut self, id: ConnectionId, what: &str) {
        self.faults.push(format!(
            "tab {} did with {:?} what a browser refuses: {what}",
            id.tab.0, id.link
        ));
    }
}

/// A callback of the connection.
fn tell(fabric: &mut Fabric, id: ConnectionId, input: LinkInput<'static>) {
    fabric.tell(id.tab, Duration::ZERO, Input::Link(id.link, input));
}
