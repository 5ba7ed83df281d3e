//! A group as the parts of a file.

use lacis_wire::Code;
use tokio::sync::{mpsc, oneshot};

use super::Group;
use crate::desk::Outcome;
use crate::error::Error;

/// The parts of a group that is being exported.
#[derive(Debug)]
pub struct Export {
    parts: mpsc::UnboundedReceiver<Vec<u8>>,
    end: Option<oneshot::Receiver<Result<Outcome, Error>>>,
}

impl Export {
    /// The next part; nothing after the last.
    ///
    /// # Errors
    /// [`Code::StoreFailed`], [`Code::Closed`].
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, Error> {
        if let Some(part) = self.parts.recv().await {
            return Ok(Some(part));
        }
        let Some(end) = self.end.take() else { return Ok(None) };
        end.await.unwrap_or_else(|_| Err(Code::Closed.into())).map(|_| None)
    }
}

impl Group {
    /// Gives the group as the parts of a file, which [`crate::Peer::import_group`] and
    /// [`Group::import`] take: what this identity is in it, and all that it holds. Only this
    /// identity can use it.
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

    /// Takes one further part of a file; says whether it is new.
    ///
    /// # Errors
    /// [`Code::ExportDamaged`], [`Code::Closed`].
    pub async fn import(&self, part: Vec<u8>) -> Result<bool, Error> {
        let number = self.number;
        let taken = self.handle().call(move |machine, _| {
            machine.with(|node, now| node.import_record(now, number, &part))
        });
        Ok(taken.await??)
    }
}
