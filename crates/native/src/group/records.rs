//! The records of a group.

use lacis_core::{Completion, Content, Record, Search};
use lacis_wire::record::{Header, RecordType};
use lacis_wire::{Code, RecordId};

use super::Group;
use crate::error::Error;
use crate::event::WatchUpdate;
use crate::feed::{Feed, Reader};
use crate::handle::Handle;

impl Group {
    /// Writes a new record, and waits until it is stored, where there is a store.
    ///
    /// # Errors
    /// [`Code::NotAllowed`], [`Code::NoKey`], [`Code::TooLarge`], [`Code::InvalidArgument`],
    /// [`Code::OverBudget`], [`Code::StoreFull`], [`Code::StoreFailed`], [`Code::Closed`].
    pub async fn add(&self, kind: &str, content: Content) -> Result<RecordId, Error> {
        let number = self.number;
        let kind = RecordType::new(kind).map_err(|_| Code::InvalidArgument)?;
        let asked = self
            .handle()
            .ask_node(move |node, now, ticket| node.add_record(now, ticket, number, kind, content));
        let (id, waiting) = asked.await?;
        waiting.settled().await?;
        Ok(id)
    }

    /// Writes a new version of a record, whose present header is given.
    ///
    /// # Errors
    /// As of [`Group::add`], and [`Code::RecordUnknown`] if it has just ended.
    pub async fn update(&self, held: &Header, content: Content) -> Result<(), Error> {
        let (number, held) = (self.number, held.clone());
        let asked = self.handle().ask_node(move |node, now, ticket| {
            node.update_record(now, ticket, number, &held, content)
        });
        asked.await?.1.settled().await.map(drop)
    }

    /// Deletes a record, whose present header is given.
    ///
    /// # Errors
    /// As of [`Group::update`].
    pub async fn delete(&self, held: &Header) -> Result<(), Error> {
        let (number, held) = (self.number, held.clone());
        let asked = self
            .handle()
            .ask_node(move |node, now, ticket| node.delete_record(now, ticket, number, &held));
        asked.await?.1.settled().await.map(drop)
    }

    /// Reads a record.
    ///
    /// # Errors
    /// [`Code::RecordUnknown`], [`Code::StoreFailed`], [`Code::Closed`].
    pub async fn get(&self, id: RecordId) -> Result<Record, Error> {
        let number = self.number;
        let asked = self
            .handle()
            .ask_node(move |node, now, ticket| node.read_record(now, ticket, number, id));
        match asked.await?.1.settled().await?.completion {
            Completion::Record(record) => Ok(*record),
            _ => Err(Code::RecordUnknown.into()),
        }
    }

    /// Finds the records that fit, in the order of their ids.
    ///
    /// # Errors
    /// [`Code::InvalidArgument`] for a search that is too large, [`Code::StoreFailed`],
    /// [`Code::Closed`].
    pub async fn query(&self, search: Search) -> Result<Vec<Record>, Error> {
        let number = self.number;
        let asked = self
            .handle()
            .ask_node(move |node, now, ticket| node.query_records(now, ticket, number, search));
        Ok(asked.await?.1.settled().await?.records)
    }

    /// Watches what fits from now on. Whoever watches first and queries then misses nothing, and
    /// may see a version twice.
    ///
    /// # Errors
    /// [`Code::InvalidArgument`] for a search that is too large, [`Code::Closed`].
    pub async fn watch(&self, search: Search) -> Result<Watch, Error> {
        let group = self.number;
        let begun = self.handle().call(move |machine, desk| {
            let number = desk.watch();
            machine.with(|node, now| node.watch_records(now, group, number, search))?;
            let open = desk.groups.get_mut(&group).ok_or(Code::GroupUnknown)?;
            let reader = open.watches.entry(number).or_insert_with(Feed::default).reader();
            Ok::<_, Code>((number, reader))
        });
        let (number, reader) = begun.await??;
        Ok(Watch { handle: self.handle(), group, number, reader })
    }
}

/// What fits a search, as it comes; it ends when it is dropped.
#[derive(Debug)]
pub struct Watch {
    handle: Handle,
    group: lacis_core::RoomId,
    number: u32,
    reader: Reader<WatchUpdate>,
}

impl Watch {
    /// What came next; `None` once the group is closed.
    pub async fn next(&mut self) -> Option<WatchUpdate> {
        self.reader.next().await
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let Self { group, number, .. } = *self;
        self.handle.post(move |machine, desk| {
            if let Some(open) = desk.groups.get_mut(&group) {
                open.watches.remove(&number);
            }
            // It may have ended with its group.
            let _ = machine.with(|node, now| node.unwatch_records(now, group, number));
        });
    }
}
