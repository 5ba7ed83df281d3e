//! What scenarios do with memberships: who comes in, who is shut out, and what somebody may.

use std::time::Duration;

use lacis_core::{Event, GroupEvent, InviteOptions, RevokeOptions, RoomId};
use lacis_wire::{Code, PeerId, Roles, export};

use super::World;
use crate::ids::TabId;

impl World {
    /// An invitation for one identity.
    ///
    /// # Panics
    /// If that is refused.
    pub fn invite(
        &mut self,
        from: TabId,
        group: RoomId,
        to: PeerId,
        roles: Roles,
        lasts: Option<Duration>,
    ) -> String {
        let text = self.command(from, |node, now| node.invite(now, group, to, roles, lasts));
        text.expect("the tab is there").expect("it may invite")
    }

    /// The link of an open invitation.
    ///
    /// # Panics
    /// If that is refused.
    pub fn invite_anybody(&mut self, from: TabId, group: RoomId, options: InviteOptions) -> String {
        let text = self.command(from, |node, now| node.invite_anybody(now, group, options));
        text.expect("the tab is there").expect("it may invite")
    }

    /// Takes a membership back, and waits until that is stored.
    ///
    /// # Panics
    /// If that is refused.
    pub fn revoke(&mut self, tab: TabId, group: RoomId, peer: PeerId) {
        self.revoke_with(tab, group, peer, RevokeOptions::default());
    }

    /// The same, with what goes with it.
    ///
    /// # Panics
    /// If that is refused.
    pub fn revoke_with(&mut self, tab: TabId, group: RoomId, peer: PeerId, with: RevokeOptions) {
        let ticket = self.plain_ticket(tab);
        let asked = self.command(tab, |node, now| node.revoke(now, ticket, group, peer, with));
        asked.expect("the tab is there").expect("it may revoke");
        self.done(tab, ticket, "the revocation is stored");
    }

    /// What a tab believes somebody may do now.
    ///
    /// # Panics
    /// If the tab or the group is not there.
    pub fn roles(&mut self, tab: TabId, group: RoomId, peer: PeerId) -> Option<Roles> {
        let members = self.command(tab, |node, _| node.group_members(group));
        let members = members.expect("the tab is there").expect("the group is open");
        members.into_iter().find(|member| member.peer == peer).and_then(|member| member.roles)
    }

    /// Hands a part of a file to a tab, as a file of its own, which judges it as if it had come
    /// over a link; says whether it is new.
    ///
    /// # Errors
    /// What the node says: a rule is broken.
    ///
    /// # Panics
    /// If the tab is not there.
    pub fn import(&mut self, tab: TabId, group: RoomId, part: &[u8]) -> Result<bool, Code> {
        let head = export::head(&self.group_id(tab, group));
        let file = [export::framed(&head), export::framed(part)].concat();
        let taken = self.command(tab, |node, now| node.import_file(now, group, 0, &file, true));
        taken.expect("the tab is there").map(|count| count > 0)
    }

    /// How often a tab was told of something.
    pub fn told(&self, tab: TabId, fits: impl Fn(&GroupEvent) -> bool) -> usize {
        let log = self.seen(tab).log.iter();
        log.filter(|event| matches!(event, Event::Group { event, .. } if fits(event))).count()
    }
}
