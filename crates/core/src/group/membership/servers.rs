//! At which servers the members of a group meet: those that an admin named last, else those that
//! stand in the invitation.
//!
//! Who was away does not know that they were changed. So members stay at those of before for a
//! while, and the word of the admin names them, for those who came later.

use alloc::string::String;
use alloc::vec::Vec;

use lacis_wire::codec::{Frame, decode, encode};
use lacis_wire::record::{Header, RecordType};
use lacis_wire::room::group_server_ok;
use lacis_wire::system::{self, Servers};
use lacis_wire::{Code, Millis, Roles, limits};

use crate::cx::Cx;
use crate::group::{Group, GroupEvent};
use crate::ids::Ticket;

/// What is known of where the members meet, beside what the invitation said.
#[derive(Debug, Default)]
pub(in crate::group) struct Places {
    /// What an admin said last, and when.
    moved: Option<(Millis, Servers)>,
    /// What an invitation says that was taken while the group was known.
    also: Vec<String>,
}

impl Group {
    /// The servers at which its members meet; none means those that each node is started with.
    pub(crate) fn servers(&self) -> &[String] {
        self.places.moved.as_ref().map_or_else(|| self.profile.servers(), |(_, said)| &said.servers)
    }

    /// The servers at which to be announced, and how many of them are not those of before.
    pub(crate) fn meeting_servers(&self, cx: &Cx) -> (Vec<String>, usize) {
        self.known_servers(cx, &self.places.also)
    }

    fn known_servers(&self, cx: &Cx, also: &[String]) -> (Vec<String>, usize) {
        let mut all = named(cx, self.servers()).to_vec();
        all.extend_from_slice(also);
        let mut count = usize::MAX;
        if let Some(before) = self.servers_before(cx) {
            count = all.len();
            all.extend_from_slice(before);
            all.extend_from_slice(named(cx, self.profile.servers()));
        }
        (all, count)
    }

    /// Where members met before, as long as some may not know better.
    fn servers_before(&self, cx: &Cx) -> Option<&[String]> {
        let (at, said) = self.places.moved.as_ref()?;
        let age = self.now(cx).0.saturating_sub(at.0);
        (u128::from(age) < limits::SERVERS_OVERLAP.as_millis()).then_some(&said.before)
    }

    /// An invitation names servers of a group that is known. It may be newer than what is known
    /// here, or wrong: they are tried too.
    pub(crate) fn meet_also(&mut self, servers: &[String]) {
        if !servers.is_empty() {
            self.places.also = servers.to_vec();
            self.door.look_again();
        }
    }

    /// Another word of an admin may count than before.
    pub(in crate::group) fn servers_changed(&mut self, cx: &mut Cx) {
        let said = self
            .replica
            .servers()
            .and_then(|copy| decode(&copy.body).ok().map(|said| (copy.header.modified, said)));
        if self.places.moved == said {
            return;
        }
        let now = said.as_ref().map_or_else(|| self.profile.servers(), |(_, said)| &said.servers);
        if self.is_open && now != self.servers() {
            self.event(cx, GroupEvent::Servers);
        }
        self.places.moved = said;
        self.door.look_again();
    }

    /// Says at which servers the group meets from now on. The ticket settles when it is stored.
    pub(crate) fn set_servers(
        &mut self,
        cx: &mut Cx,
        ticket: Ticket,
        servers: Vec<String>,
    ) -> Result<(), Code> {
        // The latest come first, so what stands there twice goes before what does not.
        let mut before = self.known_servers(cx, &[]).0;
        before.retain(|url| !servers.contains(url) && group_server_ok(url));
        before.truncate(limits::ROOM_LINK_SERVERS_MAX);
        let said = Servers { servers, before };
        said.check().map_err(|_| Code::InvalidArgument)?;
        let right = self.writing_right(cx, Roles::may_change_others, Millis::MAX)?;
        let kind = RecordType::new(system::SERVERS).map_err(|_| Code::Internal)?;
        let mut header = self.birth(cx, cx.me.peer, kind, Some(right.0));
        (header.created, header.salt) = (Millis(0), [0; 8]);
        header.id = header.born_as();
        // It comes after what any admin has said so far.
        let last = self.places.moved.as_ref().map_or(0, |(at, _)| at.0.saturating_add(1));
        let mut follows = header.modified.max(Millis(last));
        if let Some(held) = self.replica.held(&header.id) {
            header.version = held.version.checked_add(1).ok_or(Code::InvalidArgument)?;
            header.modifier = Some(cx.me.peer);
            follows = follows.max(Header::modified_min(header.created, header.version));
        }
        header.modified = self.writing_time(cx, follows);
        self.publish(cx, Some(ticket), header, encode(&said), None)
    }
}

/// The servers in a list, or those that this node is started with if there are none.
fn named<'a>(cx: &'a Cx, servers: &'a [String]) -> &'a [String] {
    if servers.is_empty() { &cx.config.servers } else { servers }
}
