//! Why a command is refused at once. What fails later settles its ticket with a
//! [`Code`].

use lacis_wire::Code;

use crate::ids::RoomId;

macro_rules! errors {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident => $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$vdoc])* #[error($text)] $variant,)*
        }

        impl From<$name> for Code {
            fn from(error: $name) -> Self {
                match error { $($name::$variant => Self::$variant,)* }
            }
        }
    };
}

errors! {
    /// Why a room is not joined.
    JoinError {
        /// The room is joined already.
        AlreadyJoined => "the room is joined already",
        /// [`lacis_wire::limits::ROOMS_MAX`] is reached.
        TooManyRooms => "the node is in as many rooms as it may be",
        /// The number of the room is not a new one.
        InvalidArgument => "the number is not a new one",
        /// The node was closed.
        Closed => "the node is closed",
    }
}
errors! {
    /// Why a message, request or file is not taken.
    SendError {
        /// The node is not in that room.
        NotInRoom => "the node is not in that room",
        /// Nobody of that id is in the room.
        RemoteUnknown => "no such node is in the room",
        /// No node of that identity can be reached in the room.
        NotConnected => "no node of that identity can be reached",
        /// The payload exceeds its limit.
        TooLarge => "the payload exceeds its limit",
        /// The label is empty, too long, holds control characters, or is that of presence.
        LabelInvalid => "the label is empty, too long or holds control characters",
        /// Too much is waiting for this member.
        WouldBlock => "too much is waiting to be sent",
        /// A file's name or type is not of its form, or its number is not a new one.
        InvalidArgument => "an argument is not of its form",
        /// The node was closed.
        Closed => "the node is closed",
    }
}
errors! {
    /// Why a call on a stream is refused.
    StreamError {
        /// The stream is not open, or is not of that direction.
        StreamUnknown => "no such stream is open",
        /// More bytes than announced.
        TooLarge => "more bytes than announced",
        /// The call does not fit the state of the stream.
        InvalidArgument => "the call does not fit the state of the stream",
    }
}
errors! {
    /// Why a pairing by hand is refused.
    PairError {
        /// The text is not a pairing.
        PairingUnknown => "the text is not a pairing",
        /// Characters of the text are missing, added or changed.
        PairingDamaged => "the pairing is damaged",
        /// The text was made by a newer version.
        PairingVersion => "the pairing needs a newer version",
        /// The text is for another room, another pairing or somebody else, or was used already.
        PairingMismatch => "the text belongs to another pairing",
        /// The node is not in that room.
        NotInRoom => "the node is not in that room",
        /// The node has as many links as it may have.
        Busy => "the node has as many links as it may have",
        /// The node was closed.
        Closed => "the node is closed",
    }
}

/// Why a group is not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The group is open already under this number: the call may be made again with it.
    #[error("the group is open already")]
    Open(RoomId),
    /// Something else is wrong.
    #[error("{}", .0.as_str())]
    Refused(Code),
}

impl OpenError {
    /// Makes a call that opens a group, with a new number, and once more if the group is open under
    /// another one; gives the number that it has.
    ///
    /// # Errors
    /// That of the call.
    pub fn resolve(
        number: RoomId,
        mut open: impl FnMut(RoomId) -> Result<(), Self>,
    ) -> Result<RoomId, Code> {
        match open(number) {
            Err(Self::Open(known)) => open(known).map(|()| known),
            opened => opened.map(|()| number),
        }
        .map_err(Code::from)
    }
}

impl From<Code> for OpenError {
    fn from(code: Code) -> Self {
        Self::Refused(code)
    }
}

impl From<OpenError> for Code {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Open(_) => Self::GroupOpen,
            OpenError::Refused(code) => code,
        }
    }
}
