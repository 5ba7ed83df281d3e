//! A group: identities that share signed records.

mod export;
mod holding;
mod members;
mod records;

use std::collections::HashMap;
use std::time::Duration;

use lacis_core::{Completion, OpenError, Preview, RoomId};
use lacis_wire::system::GroupProperties;
use lacis_wire::{Code, GroupId, PeerId, limits};

use crate::desk::{Desk, OpenGroup};
use crate::error::Error;
use crate::event::GroupUpdate;
use crate::feed::{Feed, Reader};
use crate::handle::{Handle, Holder, TIMEOUT, Waiting};
use crate::machine::Machine;
use crate::room::{SendOptions, set_presence};

pub use export::{Export, Import};
pub use holding::GroupHolding;
pub use records::Watch;

/// A group: identities that share signed records. It is read and written whether it is connected or
/// not; [`crate::Peer::create_group`] and its like make it. It is closed when the last of those is
/// dropped that stand for it, and what is stored stays.
#[derive(Debug)]
pub struct Group {
    holder: Holder,
    number: RoomId,
    id: GroupId,
}

/// What a group is founded with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupOptions {
    /// What it is called and how it behaves.
    pub properties: GroupProperties,
    /// Signaling servers to name in invitations; without any, those of whoever opens them.
    pub servers: Vec<String>,
}

/// How long presence holds that is not said again.
const PRESENCE_LIFETIME_MS: u64 = 30_000;

impl GroupOptions {
    /// A group of that name, in which memberships have no end and everything else is as usual.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        let properties = GroupProperties {
            name: name.into(),
            comment: String::new(),
            presence_lifetime: PRESENCE_LIFETIME_MS,
            flags: 0,
            member_lifetime: u64::MAX,
            budget_records: limits::BUDGET_RECORDS,
            budget_bytes: limits::BUDGET_BYTES,
        };
        Self { properties, servers: Vec::new() }
    }
}

/// Has the group among those that are open.
fn enter(desk: &mut Desk, number: RoomId) {
    let open = desk.groups.entry(number).or_insert_with(|| OpenGroup {
        feed: Feed::default(),
        watches: HashMap::new(),
        holders: 0,
    });
    open.holders += 1;
}

fn leave(machine: &mut Machine, desk: &mut Desk, number: RoomId) {
    let Some(open) = desk.groups.get_mut(&number) else { return };
    open.holders -= 1;
    if open.holders == 0 {
        desk.groups.remove(&number);
        machine.with(|node, now| node.close_group(now, number));
    }
}

/// Sets the limit that the peer was started with, but not over what was set since.
fn limit(machine: &mut Machine, desk: &mut Desk, number: RoomId) {
    let is_first = desk.groups.get(&number).is_some_and(|open| open.holders == 1);
    if let Some(bytes) = desk.group_bytes.filter(|_| is_first) {
        // One that is gone needs none, and one that is not open yet is told later.
        let _ = machine.with(|node, now| node.limit_group(now, number, Some(bytes)));
    }
}

impl Group {
    pub(crate) async fn create(holder: Holder, options: GroupOptions) -> Result<Self, Error> {
        let GroupOptions { properties, servers } = options;
        let made = holder.handle().ask(
            move |node, now, ticket, numbers| {
                let number = RoomId(numbers.next());
                let made = node.create_group(now, ticket, number, &properties, servers);
                made.map(|()| number).map_err(Code::from)
            },
            |number, desk| enter(desk, *number),
        );
        let (number, waiting) = made.await?;
        Self::begin(holder, number, waiting, TIMEOUT).await
    }

    pub(crate) async fn join(
        holder: Holder,
        invitation: String,
        timeout: Duration,
    ) -> Result<Self, Error> {
        let taken = holder.handle().ask(
            move |node, now, ticket, numbers| {
                OpenError::resolve(RoomId(numbers.next()), |number| {
                    node.join_group(now, ticket, number, &invitation, timeout)
                })
            },
            |number, desk| enter(desk, *number),
        );
        let (number, waiting) = taken.await?;
        Self::begin(holder, number, waiting, timeout).await
    }

    pub(crate) async fn open(holder: Holder, id: GroupId, connects: bool) -> Result<Self, Error> {
        let opened = holder.handle().ask(
            move |node, now, ticket, numbers| {
                OpenError::resolve(RoomId(numbers.next()), |number| {
                    node.open_group(now, ticket, number, id)
                })
            },
            |number, desk| enter(desk, *number),
        );
        let (number, waiting) = opened.await?;
        // It can be connected once its keys have been read.
        let mut group = Self { holder, number, id };
        waiting.settled().await?;
        group.id = group.look_up().await?;
        if connects {
            group.begin_to_connect(TIMEOUT);
        }
        Ok(group)
    }

    /// Opens the group of a file, by its beginning; it is not connected.
    pub(crate) async fn import_first(holder: Holder, begins: Vec<u8>) -> Result<Self, Error> {
        let opened = holder.handle().ask(
            move |node, now, ticket, numbers| {
                OpenError::resolve(RoomId(numbers.next()), |number| {
                    node.import_group(now, ticket, number, &begins)
                })
            },
            |number, desk| enter(desk, *number),
        );
        let (number, waiting) = opened.await?;
        let mut group = Self { holder, number, id: GroupId([0; 32]) };
        waiting.settled().await?;
        group.id = group.look_up().await?;
        Ok(group)
    }

    /// Looks at an invitation and takes nothing.
    pub(crate) async fn look(
        holder: Holder,
        invitation: String,
        timeout: Duration,
    ) -> Result<Option<Preview>, Error> {
        let asked = holder.handle().ask(
            move |node, now, ticket, numbers| {
                OpenError::resolve(RoomId(numbers.next()), |number| {
                    node.preview_group(now, ticket, number, &invitation, timeout)
                })
            },
            |number, desk| enter(desk, *number),
        );
        let (number, waiting) = asked.await?;
        // It is closed again when this is over, however it ends.
        let group = Self { holder, number, id: GroupId([0; 32]) };
        group.begin_to_connect(timeout);
        Ok(match waiting.settled().await?.completion {
            Completion::Preview(preview) => Some(*preview),
            _ => None,
        })
    }

    /// Connects a group that is new here, since members let in whom they meet.
    async fn begin(
        holder: Holder,
        number: RoomId,
        waiting: Waiting,
        timeout: Duration,
    ) -> Result<Self, Error> {
        // From here on it is closed if that fails, or nobody waits for it.
        let mut group = Self { holder, number, id: GroupId([0; 32]) };
        group.begin_to_connect(timeout);
        waiting.settled().await?;
        group.handle().post(move |machine, desk| limit(machine, desk, number));
        group.id = group.look_up().await?;
        Ok(group)
    }

    async fn look_up(&self) -> Result<GroupId, Error> {
        let number = self.number;
        let found = self
            .handle()
            .call(move |machine, _| machine.node().group_info(number).map(|(id, _)| id));
        Ok(found.await??)
    }

    /// Connects, and nobody waits for that.
    fn begin_to_connect(&self, timeout: Duration) {
        let number = self.number;
        self.handle().post(move |machine, desk| {
            let ticket = desk.ticket();
            // Before anybody can give it anything.
            limit(machine, desk, number);
            // It may be connected already, which is just as well.
            let _ = machine.with(|node, now| node.connect_group(now, ticket, number, timeout));
        });
    }

    /// The group: its public key.
    #[must_use]
    pub const fn id(&self) -> GroupId {
        self.id
    }

    /// What the founder says of the group; `None` until that is known.
    ///
    /// # Errors
    /// [`Code::Closed`].
    pub async fn properties(&self) -> Result<Option<GroupProperties>, Error> {
        let number = self.number;
        let found = self.handle().call(move |machine, _| {
            machine.node().group_properties(number).map(|properties| properties.cloned())
        });
        Ok(found.await??)
    }

    /// The servers at which the members meet, as far as is known here; none means those that each
    /// peer is started with. [`GroupEvent::Servers`](crate::GroupEvent::Servers) tells of changes.
    ///
    /// # Errors
    /// [`Code::Closed`].
    pub async fn servers(&self) -> Result<Vec<String>, Error> {
        let number = self.number;
        let found = self
            .handle()
            .call(move |machine, _| machine.node().group_servers(number).map(<[String]>::to_vec));
        Ok(found.await??)
    }

    /// What happens in the group from now on.
    ///
    /// # Errors
    /// [`Code::Closed`].
    pub async fn events(&self) -> Result<GroupEvents, Error> {
        let number = self.number;
        let reader = self
            .handle()
            .call(move |_, desk| desk.groups.get_mut(&number).map(|group| group.feed.reader()));
        Ok(GroupEvents(reader.await?.ok_or(Code::GroupUnknown)?))
    }

    /// Sends a message to one member, to each of its nodes that is connected.
    ///
    /// # Errors
    /// [`Code::NotConnected`] if there is none, and those of [`crate::Room::send`].
    pub async fn send(
        &self,
        to: PeerId,
        label: &str,
        data: impl Into<Vec<u8>>,
        options: SendOptions,
    ) -> Result<(), Error> {
        let (number, label, data) = (self.number, label.to_owned(), data.into());
        let SendOptions { priority, until } = options;
        let sent = self.handle().ask_node(move |node, now, ticket| {
            node.send_to_peer(now, ticket, number, to, &label, data, priority, until)
        });
        sent.await?.1.settled().await.map(drop)
    }

    /// Says something of this peer to the members who are here or come, until it is changed: others
    /// hear it as [`GroupUpdate::Presence`]. With `None` it says nothing any more.
    ///
    /// # Errors
    /// [`Code::TooLarge`] beyond [`limits::PRESENCE_BYTES`], [`Code::Closed`].
    pub async fn set_presence(&self, value: Option<Vec<u8>>) -> Result<(), Error> {
        set_presence(self.handle(), self.number, value).await
    }

    /// Connects a group that was disconnected, and waits until a server has answered.
    ///
    /// # Errors
    /// [`Code::AlreadyJoined`] if it is connected, [`Code::SignalingUnreachable`],
    /// [`Code::Closed`].
    pub async fn connect(&self, timeout: Duration) -> Result<(), Error> {
        let number = self.number;
        let asked = self
            .handle()
            .ask_node(move |node, now, ticket| node.connect_group(now, ticket, number, timeout));
        asked.await?.1.settled().await.map(drop)
    }

    /// Deletes the group here: what is stored of it goes, and nobody else is concerned.
    ///
    /// # Errors
    /// [`Code::StoreFailed`], [`Code::Closed`].
    pub async fn delete_here(self) -> Result<(), Error> {
        let number = self.number;
        let asked =
            self.handle().ask_node(move |node, now, ticket| node.delete_group(now, ticket, number));
        asked.await?.1.settled().await.map(drop)
    }

    /// Leaves the other members; what they write is fetched after the next [`Group::connect`].
    pub fn disconnect(&self) {
        let number = self.number;
        self.handle().post(move |machine, _| {
            machine.with(|node, now| node.disconnect_group(now, number));
        });
    }

    fn handle(&self) -> Handle {
        self.holder.handle()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let number = self.number;
        self.handle().post(move |machine, desk| leave(machine, desk, number));
    }
}

/// What happens in a group.
#[derive(Debug)]
pub struct GroupEvents(Reader<GroupUpdate>);

impl GroupEvents {
    /// What happened next; `None` once the group is closed.
    pub async fn next(&mut self) -> Option<GroupUpdate> {
        self.0.next().await
    }

    /// What has happened already and was not read yet; `None` if nothing has.
    pub fn try_next(&mut self) -> Option<GroupUpdate> {
        self.0.try_next()
    }
}
