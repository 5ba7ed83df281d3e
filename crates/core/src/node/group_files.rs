//! A group as a file, as the application asks for it.

use lacis_wire::Code;

use super::Node;
use crate::error::OpenError;
use crate::group::{Group, Opening, Undo};
use crate::ids::{RoomId, Ticket};
use crate::time::Timestamp;

impl Node {
    /// Gives a group as the parts of a file, by [`GroupEvent::Exported`]; then the ticket settles.
    ///
    /// # Errors
    /// [`Code::GroupUnknown`].
    ///
    /// [`GroupEvent::Exported`]: crate::GroupEvent::Exported
    pub fn export_group(
        &mut self,
        now: Timestamp,
        ticket: Ticket,
        group: RoomId,
    ) -> Result<(), Code> {
        self.on_group(now, group, |group, cx| {
            group.export(cx, ticket);
            Ok(())
        })
    }

    /// Opens the group of a file, with what is stored of it, by the beginning of the file, in which
    /// its first part must be whole. Once the ticket has settled all of the file follows by
    /// [`Node::import_file`]; if that fails, the group is as it was before: closed again, or gone
    /// if nothing was stored of it.
    ///
    /// # Errors
    /// [`Code::ExportDamaged`], [`Code::NotAllowed`] when another identity exported it, and as of
    /// [`Node::open_group`].
    pub fn import_group(
        &mut self,
        now: Timestamp,
        ticket: Ticket,
        number: RoomId,
        begins: &[u8],
    ) -> Result<(), OpenError> {
        self.set_time(now);
        let profile = Group::profile_in_file(&self.cx, begins)?;
        self.open_with(number, profile, Opening::Import(ticket))
    }

    /// Takes the next bytes of a file of a group that is open, whoever exported it; says how many
    /// records in them are new. The application chooses the number, for each file another one.
    ///
    /// # Errors
    /// [`Code::GroupUnknown`], [`Code::ExportDamaged`], also for the file of another
    /// group. The file is not taken any further then.
    pub fn import_file(
        &mut self,
        now: Timestamp,
        group: RoomId,
        number: u32,
        bytes: &[u8],
        is_last: bool,
    ) -> Result<usize, Code> {
        let taken = self.on_group(now, group, |group, cx| group.import(cx, number, bytes, is_last));
        if let Err(code) = taken {
            self.undo_import(group, code);
        }
        taken
    }

    /// Gives up a file that was not taken whole yet. One that has ended is ignored.
    pub fn end_import(&mut self, now: Timestamp, group: RoomId, number: u32) {
        self.set_time(now);
        let open = self.groups.open.get_mut(&group);
        if open.is_some_and(|open| open.end_import(number)) {
            self.undo_import(group, Code::Aborted);
        }
    }

    /// A group that was opened for a file is what it was before.
    fn undo_import(&mut self, group: RoomId, code: Code) {
        let now = self.cx.now;
        let Some(open) = self.groups.open.get_mut(&group) else { return };
        let Some(undo) = open.undo_import(&mut self.cx, code) else { return };
        match undo {
            Undo::Close => self.close_group(now, group),
            Undo::Erase => self.erase_group(now, group, None),
        }
    }

    /// The ticket settles once all that is held of a group now is stored.
    ///
    /// # Errors
    /// [`Code::GroupUnknown`].
    pub fn group_stored(
        &mut self,
        now: Timestamp,
        ticket: Ticket,
        group: RoomId,
    ) -> Result<(), Code> {
        self.on_group(now, group, |group, cx| {
            group.when_stored(cx, ticket);
            Ok(())
        })
    }
}
