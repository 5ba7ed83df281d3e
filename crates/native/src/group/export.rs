//! A group as a file.

use lacis_core::RoomId;
use lacis_wire::Code;
use lacis_wire::export::framed;
use tokio::sync::{mpsc, oneshot};

use super::Group;
use crate::desk::Answer;
use crate::error::Error;
use crate::handle::Handle;

/// The bytes of a group that is being exported.
#[derive(Debug)]
pub struct Export {
    parts: mpsc::UnboundedReceiver<Vec<u8>>,
    end: Option<oneshot::Receiver<Result<Answer, Error>>>,
}

impl Export {
    /// The next bytes of the file, a record or what begins it; `None` after the last.
    ///
    /// # Errors
    /// [`Code::StoreFailed`], [`Code::Closed`].
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, Error> {
        if let Some(part) = self.parts.recv().await {
            return Ok(Some(framed(&part)));
        }
        let Some(end) = self.end.take() else { return Ok(None) };
        end.await.unwrap_or_else(|_| Err(Code::Closed.into())).map(|_| None)
    }
}

/// A file that is being taken into a group. Dropping it gives it up; a group that was opened for it
/// is then what it was before.
#[derive(Debug)]
pub struct Import {
    handle: Handle,
    group: RoomId,
    number: u32,
}

impl Import {
    /// Takes the next bytes of the file, and says how many records in them are new. The last ones
    /// are named so, and may be none.
    ///
    /// # Errors
    /// [`Code::ExportDamaged`], [`Code::Closed`].
    pub async fn take(&mut self, bytes: Vec<u8>, is_last: bool) -> Result<usize, Error> {
        let (group, number) = (self.group, self.number);
        let taken = self.handle.clone().call(move |machine, _| {
            machine.with(|node, now| node.import_file(now, group, number, &bytes, is_last))
        });
        Ok(taken.await??)
    }
}

impl Drop for Import {
    fn drop(&mut self) {
        let (group, number) = (self.group, self.number);
        self.handle.post(move |machine, _| {
            machine.with(|node, now| node.end_import(now, group, number));
        });
    }
}

impl Group {
    /// Gives the group as a file, which [`crate::Peer::import_group`] and [`Group::import`] take:
    /// what this identity is in it, and all that it holds. Only this identity can use the first.
    ///
    /// # Errors
    /// [`Code::GroupUnknown`], [`Code::Closed`].
    pub async fn export(&self) -> Result<Export, Error> {
        let number = self.number;
        let (to, parts) = mpsc::unbounded_channel();
        let (answer, end) = oneshot::channel();
        let begun = self.handle().call(move |machine, desk| {
            let ticket = desk.ticket();
            machine.with(|node, now| node.export_group(now, ticket, number))?;
            desk.export_to(ticket, to);
            desk.expect(ticket, answer);
            Ok::<_, Code>(())
        });
        begun.await??;
        Ok(Export { parts, end: Some(end) })
    }

    /// Takes a file of the group, whoever exported it, from its beginning.
    ///
    /// # Errors
    /// [`Code::Closed`].
    pub async fn import(&self) -> Result<Import, Error> {
        let number = self.handle().call(|_, desk| desk.ticket()).await?;
        Ok(Import { handle: self.handle(), group: self.number, number })
    }
}
