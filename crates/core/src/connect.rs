//! Connections to other nodes: how they are set up, proven, kept, and got back.
//!
//! A remote node is not a link, and a link is not an attempt: [`Connection`] says where a node
//! stands, [`Attempt`] is a connection until it has proven itself, [`Link`] is one that has.

mod attempt;
mod channels;
mod connection;
mod link;
mod negotiation;
mod patience;
mod seen;
mod spare;
mod speech;
mod turn;

use lacis_wire::limits;
use lacis_wire::proof::Role;

use crate::cx::Cx;
use crate::ids::LinkId;
use crate::io::LinkAction;
use crate::relays::Relays;
use crate::signaling::Signaling;
use crate::time::Timestamp;

pub(crate) use attempt::{Answer, Attempt};
pub(crate) use connection::offers::Offer;
pub(crate) use connection::{Connection, News};
pub(crate) use link::Link;
use patience::{Pathless, Patience};
pub(crate) use seen::{Print, Seen};
use spare::{Offering, Spares};

/// What the connections of a node share.
#[derive(Debug)]
pub(crate) struct Pool {
    pub(crate) seen: Seen,
    patience: Patience,
    pub(crate) pathless: Pathless,
    pub(crate) spares: Spares,
    pub(crate) relays: Relays,
    /// Links and attempts that there may be.
    pub(crate) links_max: usize,
    /// When a link last made place for the first one of a room.
    pub(crate) turned_at: Option<Timestamp>,
}

impl Default for Pool {
    fn default() -> Self {
        Self {
            seen: Seen::default(),
            patience: Patience::default(),
            pathless: Pathless::default(),
            spares: Spares::default(),
            relays: Relays::default(),
            links_max: limits::LINKS_MAX,
            turned_at: None,
        }
    }
}

/// What a connection uses beside its own state.
#[derive(Debug)]
pub(crate) struct Env<'a> {
    pub(crate) cx: &'a mut Cx,
    pub(crate) signaling: &'a mut Signaling,
    pub(crate) pool: &'a mut Pool,
}

impl Env<'_> {
    /// A connection to be used in a role: the one made ahead of need, with the offer that it is
    /// making already, or a new one.
    fn connection_for(&mut self, role: Role) -> (LinkId, Option<Offering>) {
        let Self { cx, signaling, pool } = self;
        let ice_servers = signaling.ice_servers(cx);
        if let Some(spare) = pool.spares.take(cx, &ice_servers, role) {
            return spare;
        }
        let id = cx.link_id();
        let relay_only = cx.config.relay_only;
        cx.link(id, LinkAction::Create { ice_servers, relay_only });
        (id, None)
    }
}
