//! A room that this peer has joined.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lacis_core::{Completion, Priority, RoomId, StreamId, Until};
use lacis_wire::codec::Frame;
use lacis_wire::room::RoomLink;
use lacis_wire::{Code, NodeId};
use tokio::sync::mpsc;

use crate::desk::{OpenRoom, Remotes};
use crate::error::Error;
use crate::event::{Remote, RoomEvent};
use crate::feed::Reader;
use crate::file::FileInfo;
use crate::file_writer::FileWriter;
use crate::handle::{Handle, Holder, TIMEOUT};
use crate::identity::random;

/// A room that this peer has joined; [`crate::Peer::join_room`] makes it. It is left when it is
/// dropped.
#[derive(Debug)]
pub struct Room {
    holder: Holder,
    id: RoomId,
    link: String,
    remotes: Remotes,
    /// What has happened since it was joined, until somebody reads it.
    first: Mutex<Option<Reader<RoomEvent>>>,
}

/// Makes the link of a new and secret room. Whoever gets the link can join; nobody else can, the
/// servers included.
///
/// # Errors
/// The system gives no randomness.
pub fn create_room_link() -> io::Result<String> {
    create_room_link_at(Vec::new())
}

/// Makes the link of a new and secret room whose members meet at these servers, whatever their own
/// are.
///
/// # Errors
/// [`io::ErrorKind::InvalidInput`] for more than [`lacis_wire::limits::ROOM_LINK_SERVERS_MAX`]
/// servers, or an address that is none; the system gives no randomness.
pub fn create_room_link_at(servers: Vec<String>) -> io::Result<String> {
    let link = RoomLink { secret: random()?, servers };
    link.check().map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
    Ok(link.to_text())
}

/// How a message is sent to one remote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SendOptions {
    /// What goes first when much is waiting.
    pub priority: Priority,
    /// What the call waits for.
    pub until: Until,
}

impl Room {
    pub(crate) async fn join(
        holder: Holder,
        link: RoomLink,
        timeout: Duration,
    ) -> Result<Self, Error> {
        let text = link.to_text();
        let mut open = OpenRoom::default();
        let first = Mutex::new(Some(open.feed.reader()));
        let remotes = Arc::clone(&open.remotes);
        let joined = holder.handle().ask(
            move |node, now, ticket, numbers| {
                let id = RoomId(numbers.next());
                node.join(now, ticket, id, &link, timeout).map(|()| id)
            },
            move |id, desk| {
                desk.rooms.insert(*id, open);
            },
        );
        let (id, waiting) = joined.await?;
        // From here on it is left if that fails, or nobody waits for it.
        let room = Self { holder, id, link: text, remotes, first };
        waiting.settled().await?;
        Ok(room)
    }

    /// The link, as text. Whoever has it can join.
    #[must_use]
    pub fn link(&self) -> &str {
        &self.link
    }

    /// Everybody else who is here.
    #[must_use]
    pub fn remotes(&self) -> BTreeMap<NodeId, Remote> {
        self.remotes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What happens in the room: for the first who asks since it was joined, for others from now
    /// on.
    ///
    /// # Errors
    /// [`Code::Closed`].
    pub async fn events(&self) -> Result<RoomEvents, Error> {
        let first = self.first.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(reader) = first {
            return Ok(RoomEvents(reader));
        }
        let id = self.id;
        let reader = self
            .handle()
            .call(move |_, desk| desk.rooms.get_mut(&id).map(|room| room.feed.reader()));
        Ok(RoomEvents(reader.await?.ok_or(Code::NotInRoom)?))
    }

    /// Sends a message to one remote, in order with the others of the same priority. It waits until
    /// there is room to send more, or until the other node has it.
    ///
    /// # Errors
    /// [`Code::RemoteUnknown`], [`Code::TooLarge`], [`Code::LabelInvalid`], [`Code::WouldBlock`],
    /// [`Code::RemoteLeft`], [`Code::Closed`].
    pub async fn send(
        &self,
        to: NodeId,
        label: &str,
        data: impl Into<Vec<u8>>,
        options: SendOptions,
    ) -> Result<(), Error> {
        let (id, label, data) = (self.id, label.to_owned(), data.into());
        let SendOptions { priority, until } = options;
        let sent = self.handle().ask_node(move |node, now, ticket| {
            node.send(now, ticket, id, to, &label, data, priority, until)
        });
        sent.await?.1.settled().await.map(drop)
    }

    /// Sends a message to everybody in the room, and waits until it was handed to the network.
    ///
    /// # Errors
    /// As of [`Room::send`]. Whoever has too much waiting does not get it, and if that happens to
    /// all of them the call fails.
    pub async fn broadcast(&self, label: &str, data: impl Into<Vec<u8>>) -> Result<(), Error> {
        let (id, label, data) = (self.id, label.to_owned(), data.into());
        let sent = self
            .handle()
            .ask_node(move |node, now, ticket| node.broadcast(now, ticket, id, &label, data));
        sent.await?.1.settled().await.map(drop)
    }

    /// Sends a message to everybody once, without any promise: right for what is outdated a moment
    /// later.
    ///
    /// # Errors
    /// As of [`Room::send`].
    pub async fn broadcast_ephemeral(
        &self,
        label: &str,
        data: impl Into<Vec<u8>>,
    ) -> Result<(), Error> {
        let (id, label, data) = (self.id, label.to_owned(), data.into());
        let sent = self.handle().ask_node(move |node, now, ticket| {
            node.broadcast_ephemeral(now, ticket, id, &label, &data)
        });
        sent.await?.1.settled().await.map(drop)
    }

    /// Says something of this peer to whoever is in the room or comes, until it is changed: others
    /// hear it as [`RoomEvent::Presence`]. With `None` it says nothing any more.
    ///
    /// # Errors
    /// [`Code::TooLarge`] beyond [`lacis_wire::limits::PRESENCE_BYTES`], [`Code::Closed`].
    pub async fn set_presence(&self, value: Option<Vec<u8>>) -> Result<(), Error> {
        set_presence(self.handle(), self.id, value).await
    }

    /// Offers a file to one remote, and waits until that has accepted it.
    ///
    /// # Errors
    /// As of [`Room::send`]; [`Code::Rejected`] and [`Code::NoHandler`] if it is not wanted,
    /// [`Code::InvalidArgument`] for a name or a media type of another form.
    pub async fn send_file(&self, to: NodeId, info: FileInfo) -> Result<FileWriter, Error> {
        let id = self.id;
        let (entered, parts) = mpsc::unbounded_channel();
        let offered = self.handle().ask(
            move |node, now, ticket, numbers| {
                let FileInfo { name, media_type, size } = &info;
                let stream = StreamId(numbers.next().into());
                let opened = node.open_file(now, ticket, stream, id, to, name, media_type, *size);
                opened.map(|()| stream)
            },
            move |stream, desk| {
                desk.streams.insert(*stream, entered);
            },
        );
        let (stream, waiting) = offered.await?;
        // From here on it is given up if that fails, or nobody waits for it.
        let writer = FileWriter::new(self.handle(), stream, parts);
        waiting.settled().await?;
        Ok(writer)
    }

    /// Asks a remote something and waits ten seconds for its answer; [`Room::request_within`] waits
    /// as long as one likes.
    ///
    /// # Errors
    /// As of [`Room::send`]; [`Code::Timeout`], and the code with which the other side refuses.
    pub async fn request(
        &self,
        to: NodeId,
        label: &str,
        data: impl Into<Vec<u8>>,
    ) -> Result<Vec<u8>, Error> {
        self.request_within(TIMEOUT, to, label, data).await
    }

    /// Asks a remote something and waits for `timeout` for its answer.
    ///
    /// # Errors
    /// As of [`Room::request`].
    pub async fn request_within(
        &self,
        timeout: Duration,
        to: NodeId,
        label: &str,
        data: impl Into<Vec<u8>>,
    ) -> Result<Vec<u8>, Error> {
        let (id, label, data) = (self.id, label.to_owned(), data.into());
        let asked = self.handle().ask_node(move |node, now, ticket| {
            node.request(now, ticket, id, to, &label, data, timeout)
        });
        Ok(match asked.await?.1.settled().await?.completion {
            Completion::Answer(bytes) => bytes,
            _ => Vec::new(),
        })
    }

    fn handle(&self) -> Handle {
        self.holder.handle()
    }
}

/// Says something of this peer in a room or a group.
pub(crate) async fn set_presence(
    handle: Handle,
    room: RoomId,
    value: Option<Vec<u8>>,
) -> Result<(), Error> {
    let said = handle.call(move |machine, _| {
        machine.with(|node, now| node.set_presence(now, room, value)).map_err(Code::from)
    });
    Ok(said.await??)
}

impl Drop for Room {
    fn drop(&mut self) {
        let id = self.id;
        self.handle().post(move |machine, desk| {
            desk.rooms.remove(&id);
            machine.with(|node, now| node.leave(now, id));
        });
    }
}

/// What happens in a room.
#[derive(Debug)]
pub struct RoomEvents(Reader<RoomEvent>);

impl RoomEvents {
    /// What happened next; `None` once the room was left.
    pub async fn next(&mut self) -> Option<RoomEvent> {
        self.0.next().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_names_as_many_servers_as_can_be_read() {
        let servers = |count| vec!["wss://example.org/ws".to_owned(); count];
        assert!(create_room_link_at(servers(4)).is_ok());
        for wrong in [servers(5), vec!["example.org".to_owned()]] {
            let kind = create_room_link_at(wrong).map_err(|error| error.kind());
            assert_eq!(kind, Err(io::ErrorKind::InvalidInput));
        }
    }
}
