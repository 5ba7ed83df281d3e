//! Why a command is refused at once. What fails later settles its ticket with a
//! [`Code`].

use lacis_wire::Code;

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
        /// A file's name, type or size is not of its form.
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
