//! The peers of a keeper. A node has room for so many groups; a keeper of more is several nodes of
//! one identity, each with a store of its own, on one thread and one port.

use std::collections::BTreeSet;
use std::sync::Arc;

use lacis_native::{Code, Error, Group, GroupId, Peer, group_of_invitation, limits};
use tokio::sync::Mutex;
use tokio::task::JoinSet;

use crate::arguments::Common;
use crate::failure::Failure;
use crate::place::Place;
use crate::session::{options, servers};

/// Links of one node: so many that there is one for each of its groups, and for a few more of each.
const LINKS: usize = 48;

/// A place that was taken for a group that is not there yet.
#[derive(Debug)]
pub(super) struct Taken(Option<GroupId>);

/// The peers of a keeper; clones are the same.
#[derive(Clone, Debug)]
pub(super) struct Shards(Arc<Mutex<Inner>>);

#[derive(Debug)]
struct Inner {
    common: Common,
    place: Place,
    /// The most that is kept of one group.
    budget: u64,
    all: Vec<Shard>,
}

#[derive(Debug)]
struct Shard {
    peer: Peer,
    /// Groups that it has, or that are on their way into it.
    groups: BTreeSet<GroupId>,
}

impl Shards {
    /// Those of that folder, none of which has started.
    pub(super) fn new(common: &Common, budget: u64) -> Result<Self, Failure> {
        let (common, place) = (common.clone(), Place::open(common)?);
        let inner = Inner { common, place, budget, all: Vec::new() };
        Ok(Self(Arc::new(Mutex::new(inner))))
    }

    /// Starts a peer for each store that is there, and one at least. That takes long where a store
    /// is large and has to be repaired after a crash.
    pub(super) async fn start(&self) -> Result<(), Failure> {
        let mut inner = self.0.lock().await;
        for _ in 0..inner.place.shards()? {
            inner.add().await?;
        }
        Ok(())
    }

    pub(super) async fn peers(&self) -> Vec<Peer> {
        self.0.lock().await.all.iter().map(|shard| shard.peer.clone()).collect()
    }

    /// The peer for the group of an invitation: that which has it, or else one with room, where a
    /// place is taken for it.
    pub(super) async fn place_of(&self, invitation: &str) -> Result<(Peer, Taken), Failure> {
        let mut inner = self.0.lock().await;
        let Some(id) = group_of_invitation(invitation) else {
            return Err(Error::from(Code::InvitationUnknown).into());
        };
        if let Some(shard) = inner.all.iter().find(|shard| shard.groups.contains(&id)) {
            return Ok((shard.peer.clone(), Taken(None)));
        }
        let has_room = |shard: &Shard| shard.groups.len() < limits::GROUPS_MAX;
        if !inner.all.iter().any(has_room) {
            inner.add().await?;
        }
        let free = inner.all.iter_mut().find(|shard| has_room(shard));
        let shard = free.ok_or_else(|| Error::from(Code::TooManyGroups))?;
        shard.groups.insert(id);
        Ok((shard.peer.clone(), Taken(Some(id))))
    }

    /// What was to come into that place does not.
    pub(super) async fn give_back(&self, Taken(id): Taken) {
        let Some(id) = id else { return };
        for shard in &mut self.0.lock().await.all {
            // Another invitation may have brought it meanwhile.
            let is_there =
                shard.peer.groups().await.is_ok_and(|all| all.iter().any(|it| it.id == id));
            if !is_there {
                shard.groups.remove(&id);
            }
        }
    }

    /// Opens all groups that are stored.
    pub(super) async fn open_all(&self) -> Result<Vec<Result<Group, (String, Failure)>>, Failure> {
        let mut all = Vec::new();
        for peer in self.peers().await {
            for kept in peer.groups().await? {
                let opened = peer.open_group(kept.id).await;
                all.push(opened.map_err(|error| (kept.name, Failure::from(error))));
            }
        }
        Ok(all)
    }

    /// Ends all of them once everything is stored.
    pub(super) async fn close(&self) -> Result<(), Failure> {
        let mut closing = JoinSet::new();
        for peer in self.peers().await {
            closing.spawn(async move { peer.close().await });
        }
        let mut result = Ok(());
        // One that fails keeps no other from ending well.
        while let Some(closed) = closing.join_next().await {
            if let Ok(Err(error)) = closed {
                result = Err(Failure::from(error));
            }
        }
        result
    }
}

impl Inner {
    async fn add(&mut self) -> Result<(), Failure> {
        let number = self.all.len() + 1;
        let options = options(&self.common, servers(&self.common), self.place.identity()?);
        let options = options.store(self.place.shard(number)).links(LINKS);
        let options = options.group_bytes(self.budget);
        let peer = match self.all.first() {
            Some(first) => first.peer.start_beside(options).await?,
            None => Peer::start(options).await?,
        };
        let groups = peer.groups().await?.into_iter().map(|kept| kept.id).collect();
        self.all.push(Shard { peer, groups });
        Ok(())
    }
}
