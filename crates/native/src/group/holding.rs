//! What is held of a group here, and how that compares with what others hold.

use lacis_core::GroupSync;
use lacis_wire::Code;

use super::Group;
use crate::error::Error;

/// What is held of a group here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupHolding {
    /// How many records, those of the system among them.
    pub records: usize,
    /// Bytes of their bodies, as they travel.
    pub bytes: u64,
    /// Equal at two peers only if what is live at both is the same.
    pub fingerprint: [u8; 16],
    /// Whether something was refused for the limit of [`Group::limit`] since there was room last.
    pub is_full: bool,
    /// Why the last write failed, if nothing was stored since.
    pub unsaved: Option<Code>,
}

impl Group {
    /// What is held of the group here. It costs time in proportion to how much that is.
    ///
    /// # Errors
    /// [`Code::Closed`].
    pub async fn holding(&self) -> Result<GroupHolding, Error> {
        let number = self.number;
        let found = self.handle().call(move |machine, _| {
            let node = machine.node();
            let replica = node.replica(number).ok_or(Code::GroupUnknown)?;
            let held = replica.ids_where(|_| true).filter_map(|id| replica.held(&id));
            Ok::<_, Code>(GroupHolding {
                records: replica.len(),
                bytes: held.map(|held| u64::from(held.length)).sum(),
                fingerprint: replica.compared().fingerprint,
                is_full: node.is_group_at_limit(number)?,
                unsaved: node.group_unsaved(number)?,
            })
        });
        Ok(found.await??)
    }

    /// Sets how many bytes of bodies may be held of the group here; `None` if there is no limit.
    ///
    /// What goes beyond it is not taken from others, but records of the system and the ends of
    /// records are. What is held already stays.
    ///
    /// # Errors
    /// [`Code::Closed`].
    pub async fn limit(&self, bytes: Option<u64>) -> Result<(), Error> {
        let number = self.number;
        let set = self
            .handle()
            .call(move |machine, _| machine.with(|node, now| node.limit_group(now, number, bytes)));
        Ok(set.await??)
    }

    /// How many nodes of members are linked to this one, and how many of those have been given all
    /// that is here. What one was told of and has not asked for yet is not seen: whoever is to be
    /// sure looks again after a round trip.
    ///
    /// # Errors
    /// [`Code::Closed`].
    pub async fn handed(&self) -> Result<(usize, usize), Error> {
        let number = self.number;
        let found = self.handle().call(move |machine, _| machine.node().group_handed(number));
        Ok(found.await??)
    }

    /// Where this peer stands with what others hold.
    ///
    /// # Errors
    /// [`Code::Closed`].
    pub async fn sync(&self) -> Result<GroupSync, Error> {
        let number = self.number;
        let found = self.handle().call(move |machine, _| machine.node().group_sync(number, None));
        Ok(found.await??)
    }

    /// Waits until all that is held now is stored, so that it outlasts a crash.
    ///
    /// # Errors
    /// [`Code::StoreFull`], [`Code::StoreFailed`], [`Code::Closed`].
    pub async fn stored(&self) -> Result<(), Error> {
        let number = self.number;
        let asked =
            self.handle().ask_node(move |node, now, ticket| node.group_stored(now, ticket, number));
        asked.await?.1.settled().await.map(drop)
    }
}
