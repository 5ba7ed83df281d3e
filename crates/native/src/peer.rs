//! A peer.

mod thread;

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use lacis_core::{Completion, KeptGroup, Preview, Report};
use lacis_wire::invitation::{Invitation, InvitationLink};
use lacis_wire::room::RoomLink;
use lacis_wire::{Code, GroupId, Millis, NodeId, PeerId, Roles};

use crate::error::{Error, StartError};
use crate::event::PeerEvent;
use crate::feed::Reader;
use crate::group::{Group, GroupOptions};
use crate::handle::{Handle, Holder, TIMEOUT};
use crate::options::Options;
use crate::room::Room;
use thread::Thread;

/// This program as a peer. One is enough for any number of rooms and groups; its clones are the
/// same peer.
///
/// It runs on a thread of its own unless it was [started beside](Peer::start_beside) another, and
/// leaves when the last clone of it, and the last of its rooms
/// and groups, is dropped. [`Peer::close`] says when that is done.
///
/// ```no_run
/// # async fn example(link: &str) -> Result<(), Box<dyn std::error::Error>> {
/// use lacis_native::{Identity, Options, Peer, RoomEvent};
///
/// let options = Options::new(Identity::generate()?).signaling("wss://example.org/ws");
/// let peer = Peer::start(options).await?;
/// let room = peer.join_room(link).await?;
/// let mut events = room.events().await?;
/// while let Some(event) = events.next().await {
///     if let RoomEvent::Message(message) = event {
///         println!("{}: {:?}", message.from, message.data);
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Peer {
    holder: Holder,
    who: Arc<Who>,
    thread: Thread,
}

/// What never changes of a peer.
#[derive(Debug)]
pub(crate) struct Who {
    pub(crate) id: PeerId,
    pub(crate) node: NodeId,
    pub(crate) bound: SocketAddr,
}

impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Peer").field("who", &self.who).finish_non_exhaustive()
    }
}

impl Peer {
    /// Starts a peer. Its servers are dialled at once, and nobody waits for them.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn start(options: Options) -> Result<Self, StartError> {
        Self::start_on(Thread::start()?, options).await
    }

    /// Starts one more peer on the thread and on the UDP port of this one, for a program that is
    /// many peers: they need one port, and wake the processor together. [`Options::listen`] and
    /// [`Options::loopback`] are those of the first. One that works hard holds the others up.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn start_beside(&self, options: Options) -> Result<Self, StartError> {
        Self::start_on(self.thread.clone(), options).await
    }

    async fn start_on(thread: Thread, options: Options) -> Result<Self, StartError> {
        let (holder, who) = thread.bear(options).await?;
        Ok(Self { holder, who: Arc::new(who), thread })
    }

    /// The identity: a public key.
    #[must_use]
    pub fn id(&self) -> PeerId {
        self.who.id
    }

    /// This running program; it is new each time.
    #[must_use]
    pub fn node_id(&self) -> NodeId {
        self.who.node
    }

    /// Where the UDP port of all links is bound.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.who.bound
    }

    /// What happens to the peer from now on.
    ///
    /// # Errors
    /// [`Code::Closed`].
    pub async fn events(&self) -> Result<PeerEvents, Error> {
        self.handle().call(|_, desk| desk.feed.reader()).await.map(PeerEvents)
    }

    /// Joins the room of a link and waits until a server has answered, for ten seconds at most;
    /// [`Peer::join_room_within`] waits as long as one likes.
    ///
    /// # Errors
    /// What is wrong with the link ([`Code::LinkUnknown`], [`Code::LinkDamaged`],
    /// [`Code::LinkVersion`]), [`Code::AlreadyJoined`], [`Code::TooManyRooms`],
    /// [`Code::SignalingUnreachable`], [`Code::Closed`].
    pub async fn join_room(&self, link: &str) -> Result<Room, Error> {
        self.join_room_within(TIMEOUT, link).await
    }

    /// Joins the room of a link and waits for `timeout` until a server has answered.
    ///
    /// # Errors
    /// As of [`Peer::join_room`].
    pub async fn join_room_within(&self, timeout: Duration, link: &str) -> Result<Room, Error> {
        // An address carries the link after its last #.
        let text = link.rsplit('#').next().unwrap_or(link).trim();
        let link = RoomLink::parse(text)?;
        Room::join(self.holder.clone(), link, timeout).await
    }

    /// Founds a group and connects it.
    ///
    /// # Errors
    /// [`Code::InvalidArgument`], [`Code::TooManyGroups`], [`Code::StoreFull`],
    /// [`Code::StoreFailed`], [`Code::Closed`].
    pub async fn create_group(&self, options: GroupOptions) -> Result<Group, Error> {
        Group::create(self.holder.clone(), options).await
    }

    /// Takes an invitation. By one for this identity it is a member at once, connected or not; by
    /// one for whoever has it, as soon as a member who may admit others is reached, for which
    /// `timeout` is waited.
    ///
    /// # Errors
    /// What is wrong with the invitation, [`Code::NoIssuer`] or [`Code::Timeout`] if nobody
    /// admitted this identity in time, [`Code::Closed`].
    pub async fn join_group(&self, invitation: &str, timeout: Duration) -> Result<Group, Error> {
        let text = invitation.rsplit('#').next().unwrap_or(invitation).trim();
        Group::join(self.holder.clone(), text.to_owned(), timeout).await
    }

    /// Opens a group that is kept in the store, and connects it.
    ///
    /// # Errors
    /// [`Code::GroupUnknown`], [`Code::TooManyGroups`], [`Code::StoreFailed`], [`Code::Closed`].
    pub async fn open_group(&self, id: GroupId) -> Result<Group, Error> {
        Group::open(self.holder.clone(), id, true).await
    }

    /// Opens a group that is kept in the store, and leaves it unconnected; [`Group::connect`]
    /// connects it.
    ///
    /// # Errors
    /// As of [`Peer::open_group`].
    pub async fn open_group_offline(&self, id: GroupId) -> Result<Group, Error> {
        Group::open(self.holder.clone(), id, false).await
    }

    /// Opens the group of a file, with what is stored of it, and leaves it unconnected. A mebibyte
    /// of the file's beginning is enough, or all of it. The whole file follows by
    /// [`Group::import`]; unless it is taken to its end, the group is what it was before.
    ///
    /// # Errors
    /// [`Code::ExportDamaged`], [`Code::NotAllowed`] if another identity exported it,
    /// [`Code::TooManyGroups`], [`Code::Closed`].
    pub async fn import_group(&self, begins: Vec<u8>) -> Result<Group, Error> {
        Group::import_first(self.holder.clone(), begins).await
    }

    /// Looks at an invitation and takes nothing. One for this identity says everything itself; for
    /// one by link a member is asked who may admit others, for which `timeout` is waited.
    ///
    /// # Errors
    /// As of [`Peer::join_group`], and [`Code::AlreadyJoined`] if this identity is a member.
    pub async fn preview(
        &self,
        invitation: &str,
        timeout: Duration,
    ) -> Result<InvitationPreview, Error> {
        let text = invitation.rsplit('#').next().unwrap_or(invitation).trim();
        let told = Group::look(self.holder.clone(), text.to_owned(), timeout).await?;
        if let Some(preview) = told {
            return Ok(InvitationPreview::Link(Box::new(preview)));
        }
        let bound = Invitation::parse(text).map_err(|_| Code::InvitationUnknown)?;
        let leaf = bound.credential().map_err(|_| Code::InvitationNotTrusted)?;
        Ok(InvitationPreview::Bound {
            name: bound.name.clone(),
            roles: leaf.roles,
            until: leaf.not_after,
        })
    }

    /// What this peer knows about itself: servers, rooms and links.
    ///
    /// # Errors
    /// [`Code::Closed`].
    pub async fn report(&self) -> Result<Report, Error> {
        self.handle().call(|machine, _| machine.node().report()).await
    }

    /// The groups that are kept in the store.
    ///
    /// # Errors
    /// [`Code::StoreFailed`], [`Code::Closed`].
    pub async fn groups(&self) -> Result<Vec<KeptGroup>, Error> {
        let asked = self.handle().ask_node(|node, now, ticket| {
            node.stored_groups(now, ticket);
            Ok::<_, Code>(())
        });
        Ok(match asked.await?.1.settled().await?.completion {
            Completion::Groups(groups) => groups,
            _ => Vec::new(),
        })
    }

    /// Leaves every room and group, says goodbye, and ends once all that was written is stored.
    /// Calling it again does nothing.
    ///
    /// # Errors
    /// [`Code::StoreFull`] or [`Code::StoreFailed`] if something could not be stored.
    pub async fn close(&self) -> Result<(), Error> {
        thread::close(&self.handle()).await
    }

    fn handle(&self) -> Handle {
        self.holder.handle()
    }
}

/// What an invitation offers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvitationPreview {
    /// It is for whoever has its link, and a member has answered.
    Link(Box<Preview>),
    /// It is for this identity.
    Bound {
        /// What the group is called.
        name: String,
        /// What its taker becomes.
        roles: Roles,
        /// Until when.
        until: Millis,
    },
}

/// The group of an invitation, or of the address of a page with one; `None` if it is none. It does
/// not say whether the invitation is of use.
#[must_use]
pub fn group_of_invitation(invitation: &str) -> Option<GroupId> {
    let text = invitation.rsplit('#').next().unwrap_or(invitation).trim();
    match Invitation::parse(text) {
        Ok(bound) => bound.group(),
        Err(_) => InvitationLink::parse(text).ok().map(|link| link.group),
    }
}

/// What happens to a peer.
#[derive(Debug)]
pub struct PeerEvents(Reader<PeerEvent>);

impl PeerEvents {
    /// What happened next; `None` once the peer is closed.
    pub async fn next(&mut self) -> Option<PeerEvent> {
        self.0.next().await
    }
}
