//! A group as it is before anything of it was read.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use lacis_wire::limits;

use super::Group;
use super::keys::door::Door;
use super::keys::keyring::Keyring;
use super::keys::rotation::Rotation;
use super::membership::arrival::Arrival;
use super::membership::people::Telling;
use super::membership::servers::Places;
use super::persist::body_cache::Bodies;
use super::persist::profile::Profile;
use super::persist::write_queue::Saves;
use super::queries::watches::Watches;
use super::sync::incoming::Incoming;
use super::sync::progress::SyncState;
use super::sync::queue::Queue;
use super::sync::upkeep::Turn;
use super::writing::approval::Approvals;
use crate::clock::Clocks;
use crate::graph::Replica;
use crate::ids::RoomId;
use crate::many::Many;
use crate::table::Table;

impl Group {
    /// A group of which that is known. Nothing of it is read yet.
    pub(crate) fn from_profile(number: RoomId, profile: Profile) -> Self {
        let mut keyring = Keyring::new(profile.group);
        for given in &profile.keys {
            keyring.restore(given.clone());
        }
        Self {
            number,
            root: profile.root.as_ref().map(lacis_wire::proof::signing_key),
            replica: Replica::new(profile.group),
            profile,
            properties: None,
            places: Places::default(),
            keyring,
            rotation: Rotation::default(),
            door: Door::default(),
            drafts: Vec::new(),
            sealed_last: None,
            clocks: Clocks::default(),
            clock_differs: false,
            bodies: Bodies::default(),
            saves: Saves::default(),
            neighbours: Table::new(),
            hidden: VecDeque::new(),
            turn: Turn::default(),
            approvals: Approvals::default(),
            rejected: Queue::new(limits::REFUSED_MAX),
            first: Vec::new(),
            ops: Many::new(),
            queries: Vec::new(),
            imports: Vec::new(),
            half: None,
            watches: Watches::default(),
            sync: SyncState::default(),
            joining: None,
            looking: None,
            admitted: Vec::new(),
            arrival: Arrival::default(),
            incoming: Incoming::default(),
            came_by: None,
            early: Vec::new(),
            opening: Vec::new(),
            is_open: false,
            is_unreadable: false,
            damaged: 0,
            members_changed: false,
            telling: Telling::NONE,
            rewrites_due: false,
            changed: Many::new(),
            is_erased: false,
            told: Many::new(),
            told_invitations: Vec::new(),
            admissions: Vec::new(),
            visible: Vec::new(),
            far: Table::new(),
            keeps_changed: true,
            waited: false,
        }
    }
}
