//! Who is in a group, who lets whom in, and who shuts whom out, as JavaScript asks for it.

use lacis_core::{InviteOptions, RevokeOptions, RoomId};
use lacis_wire::{Code, Roles};
use wasm_bindgen::prelude::*;

use super::WebNode;
use crate::error;
use crate::group_event::{invitation, member};
use crate::number::{lifetime, millis_of};
use crate::object::list;
use crate::parse::{peer_id, record_id, roles_of};

#[wasm_bindgen]
impl WebNode {
    /// Invites one identity.
    ///
    /// # Errors
    /// `not-allowed`, `chain-too-long`, `invalid-argument` or `group-unknown`.
    pub fn invite(
        &self,
        group: u32,
        peer: &str,
        roles: u8,
        member_for_ms: Option<f64>,
    ) -> Result<String, JsValue> {
        let (peer, roles) = (peer_id(peer)?, roles_of(roles)?);
        let member_for = member_for_ms.map(lifetime);
        let made =
            self.browser.with(|node, now| node.invite(now, RoomId(group), peer, roles, member_for));
        made.map_err(error::coded)
    }

    /// Invites whoever has the link.
    ///
    /// # Errors
    /// `not-allowed`, `invalid-argument`, `over-budget` or `group-unknown`.
    pub fn invite_anybody(
        &self,
        group: u32,
        roles: u8,
        expires_ms: Option<f64>,
        member_for_ms: Option<f64>,
        uses: u32,
        exact: bool,
    ) -> Result<String, JsValue> {
        let options = InviteOptions {
            roles: roles_of(roles)?,
            expires: expires_ms.map(lifetime),
            member_for: member_for_ms.map(lifetime),
            uses,
            exact,
        };
        let made = self.browser.with(|node, now| node.invite_anybody(now, RoomId(group), options));
        made.map_err(error::coded)
    }

    /// The open invitations of a group.
    ///
    /// # Errors
    /// `group-unknown`.
    pub fn group_invitations(&self, group: u32) -> Result<JsValue, JsValue> {
        let open = self.browser.look(|node| node.group_invitations(RoomId(group)));
        let open = open.map_err(error::coded)?;
        Ok(list(open.into_iter().map(invitation)))
    }

    /// Ends an open invitation.
    ///
    /// # Errors
    /// `record-unknown`, `not-allowed` or `group-unknown`.
    pub fn end_invitation(&self, ticket: u32, group: u32, id: &str) -> Result<(), JsValue> {
        let id = record_id(id)?;
        let group = RoomId(group);
        let done = self.browser.with(|node, now| node.end_invitation(now, ticket, group, id));
        done.map_err(error::coded)
    }

    /// Gives a member other roles or more time.
    ///
    /// # Errors
    /// `not-allowed`, `not-member`, `invalid-argument` or `group-unknown`.
    pub fn set_roles(
        &self,
        ticket: u32,
        group: u32,
        peer: &str,
        roles: u8,
        member_for_ms: Option<f64>,
    ) -> Result<(), JsValue> {
        let (peer, roles) = (peer_id(peer)?, roles_of(roles)?);
        let given = (roles, member_for_ms.map(lifetime));
        let group = RoomId(group);
        let set = self.browser.with(|node, now| node.set_roles(now, ticket, group, peer, given));
        set.map_err(error::coded)
    }

    /// Takes a membership back.
    ///
    /// # Errors
    /// `not-allowed` or `group-unknown`.
    pub fn revoke(
        &self,
        ticket: u32,
        group: u32,
        peer: &str,
        keep_invitations: bool,
        undo: bool,
    ) -> Result<(), JsValue> {
        let peer = peer_id(peer)?;
        let options = RevokeOptions { keep_invitations, undo };
        let group = RoomId(group);
        let done = self.browser.with(|node, now| node.revoke(now, ticket, group, peer, options));
        done.map_err(error::coded)
    }

    /// Lets stand what somebody did who was shut out.
    ///
    /// # Errors
    /// `not-allowed` or `group-unknown`.
    pub fn name_actions(&self, ticket: u32, group: u32, peer: &str) -> Result<(), JsValue> {
        let peer = peer_id(peer)?;
        let group = RoomId(group);
        let done = self.browser.with(|node, now| node.name_actions(now, ticket, group, peer));
        done.map_err(error::coded)
    }

    /// The members of a group.
    ///
    /// # Errors
    /// `group-unknown`.
    pub fn group_members(&self, group: u32) -> Result<JsValue, JsValue> {
        let members = self.browser.look(|node| node.group_members(RoomId(group)));
        let members = members.map_err(error::coded)?;
        Ok(list(members.into_iter().map(member)))
    }

    /// What a member might do at that time, in milliseconds since 1970.
    ///
    /// # Errors
    /// `invalid-argument` or `group-unknown`.
    pub fn roles_at(&self, group: u32, peer: &str, at: f64) -> Result<u8, JsValue> {
        let peer = peer_id(peer)?;
        let at = millis_of(at).ok_or_else(|| error::coded(Code::InvalidArgument))?;
        let roles = self.browser.look(|node| node.roles_at(RoomId(group), &peer, at));
        Ok(roles.map_err(error::coded)?.map_or(0, Roles::bits))
    }
}
