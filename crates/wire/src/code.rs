//! Reasons, as stable codes. They travel between peers as numbers and reach applications as text.

use core::fmt;

use crate::codec::DecodeError;
use crate::reader::{Decode, Reader};
use crate::writer::{Bytes, Encode};

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $text:literal;)*) => {
        /// Why something did not work or ended. The numbers and texts never change their meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[$doc])* $name,)*
        }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The number that travels.
            #[must_use]
            pub const fn number(self) -> u16 {
                match self { $(Self::$name => $number,)* }
            }

            /// The text that applications see.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// Reads a number; one that this version does not know is [`Code::Internal`].
            #[must_use]
            pub const fn from_number(number: u16) -> Self {
                match number { $($number => Self::$name,)* _ => Self::Internal }
            }
        }
    };
}

codes! {
    /// A fault of ours, or of a version that knows more codes.
    Internal = 0, "internal";
    /// The text is not a room link.
    LinkUnknown = 1, "link-unknown";
    /// The text was a room link, but characters are missing or changed.
    LinkDamaged = 2, "link-damaged";
    /// The room link needs a newer version.
    LinkVersion = 3, "link-version";
    /// The room is joined already, or the group of an invitation that is looked at.
    AlreadyJoined = 4, "already-joined";
    /// The node is in as many rooms as it may be.
    TooManyRooms = 5, "too-many-rooms";
    /// The node is not in that room.
    NotInRoom = 6, "not-in-room";
    /// No such node is in the room.
    RemoteUnknown = 7, "remote-unknown";
    /// The node left before it was done.
    RemoteLeft = 8, "remote-left";
    /// The message exceeds its limit.
    TooLarge = 9, "too-large";
    /// The label is empty or too long.
    LabelInvalid = 10, "label-invalid";
    /// Too much is waiting to be sent.
    WouldBlock = 11, "would-block";
    /// No signaling server answers.
    SignalingUnreachable = 12, "signaling-unreachable";
    /// The signaling server refuses this client.
    SignalingRefused = 13, "signaling-refused";
    /// The connection to the signaling server broke.
    SignalingLost = 14, "signaling-lost";
    /// Another connection uses this node id.
    NodeTaken = 15, "node-taken";
    /// The signaling server is full.
    ServerFull = 16, "server-full";
    /// The signaling server wants fewer requests.
    RateLimited = 17, "rate-limited";
    /// The two sides speak no common version.
    VersionMismatch = 18, "version-mismatch";
    /// No path between the two nodes was found.
    IceFailed = 19, "ice-failed";
    /// The encrypted transport was not established.
    DtlsFailed = 20, "dtls-failed";
    /// A certificate fingerprint was changed on its way: somebody is in the middle.
    FingerprintMismatch = 21, "fingerprint-mismatch";
    /// The other side did not prove the identity it claims.
    IdentityMismatch = 22, "identity-mismatch";
    /// A sealed signaling message was changed on its way.
    SignalTampered = 23, "signal-tampered";
    /// The browser or a setting blocks WebRTC.
    WebrtcBlocked = 24, "webrtc-blocked";
    /// One of the two sides has as many links as it may have.
    Busy = 25, "busy";
    /// The other side did not answer.
    NoAnswer = 26, "no-answer";
    /// The link broke before it was done.
    LinkLost = 27, "link-lost";
    /// The deadline passed.
    Timeout = 28, "timeout";
    /// The application gave up.
    Aborted = 29, "aborted";
    /// The other side's application refused.
    Rejected = 30, "rejected";
    /// The other side's application has no handler for the request.
    NoHandler = 31, "no-handler";
    /// The other side's handler failed.
    HandlerFailed = 32, "handler-failed";
    /// The other side left.
    Left = 33, "left";
    /// This side was closed.
    Closed = 34, "closed";
    /// An argument is not of its form.
    InvalidArgument = 35, "invalid-argument";
    /// No such stream is open.
    StreamUnknown = 36, "stream-unknown";
    /// A newer link to the same node took over.
    Replaced = 37, "replaced";
    /// The other side broke the protocol.
    Protocol = 38, "protocol";
    /// The store has no place left.
    StoreFull = 39, "store-full";
    /// The store did not do what it was asked.
    StoreFailed = 40, "store-failed";
    /// The store was closed.
    StoreClosed = 41, "store-closed";
    /// There is no store here, or it cannot be opened.
    StoreUnavailable = 42, "store-unavailable";
    /// Another page owns the store.
    StoreInUse = 43, "store-in-use";
    /// The store was written by a newer version.
    StoreVersion = 44, "store-version";
    /// The text is not an invitation.
    InvitationUnknown = 60, "invitation-unknown";
    /// The text was an invitation, but characters are missing or changed.
    InvitationDamaged = 61, "invitation-damaged";
    /// The invitation needs a newer version.
    InvitationVersion = 62, "invitation-version";
    /// The invitation was valid until a time that has passed.
    InvitationExpired = 63, "invitation-expired";
    /// The invitation will be valid later.
    InvitationNotYetValid = 64, "invitation-not-yet-valid";
    /// Who invites may not do so.
    InvitationNotTrusted = 65, "invitation-not-trusted";
    /// The invitation is for another identity.
    InvitationNotForYou = 66, "invitation-not-for-you";
    /// As many have come in by the invitation as it says.
    InvitationUsedUp = 67, "invitation-used-up";
    /// No member who may admit anybody was reached.
    NoIssuer = 68, "no-issuer";
    /// The group is not open here, or is not known at all.
    GroupUnknown = 69, "group-unknown";
    /// The group is open already.
    GroupOpen = 70, "group-open";
    /// As many groups are open as there may be.
    TooManyGroups = 71, "too-many-groups";
    /// The group is not connected.
    NotConnected = 72, "not-connected";
    /// This identity's roles do not allow it.
    NotAllowed = 73, "not-allowed";
    /// The other side is no member of the group.
    NotMember = 74, "not-member";
    /// The membership was taken back.
    Revoked = 75, "revoked";
    /// The record is not held here.
    RecordUnknown = 76, "record-unknown";
    /// The key that opens it is not known here.
    NoKey = 77, "no-key";
    /// A chain of credentials would be longer than it may be.
    ChainTooLong = 78, "chain-too-long";
    /// What the store gave back is not what was written.
    StoreDamaged = 79, "store-damaged";
    /// A text is not an identity card.
    CardUnknown = 80, "card-unknown";
    /// Characters of an identity card are missing, added or changed.
    CardDamaged = 81, "card-damaged";
    /// An identity card was made by a newer version.
    CardVersion = 82, "card-version";
    /// An identity card is not signed by its identity.
    CardNotTrusted = 83, "card-not-trusted";
    /// A file is not an exported group, or was changed.
    ExportDamaged = 84, "export-damaged";
    /// The text is not a pairing.
    PairingUnknown = 85, "pairing-unknown";
    /// Characters of a pairing are missing, added or changed.
    PairingDamaged = 86, "pairing-damaged";
    /// The pairing was made by a newer version.
    PairingVersion = 87, "pairing-version";
    /// The pairing is for somebody else, for another room, or was used already.
    PairingMismatch = 88, "pairing-mismatch";
    /// The page was put aside, and what was under way on its connections ended.
    Suspended = 95, "suspended";
    /// The budget of this identity in the group is used up.
    OverBudget = 100, "over-budget";
    /// Somebody else was faster: there is a version that wins.
    Superseded = 101, "superseded";
    /// The invitation was ended, or whoever is asked does not know it yet.
    InvitationEnded = 102, "invitation-ended";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Encode for Code {
    fn encode(&self, out: &mut Bytes) {
        self.number().encode(out);
    }
}

impl<'b> Decode<'b> for Code {
    fn decode(r: &mut Reader<'b>) -> Self {
        let number = u16::decode(r);
        let code = Self::from_number(number);
        if code.number() != number && !r.is_open() {
            r.fail(DecodeError::Unknown);
        }
        code
    }
}

#[cfg(test)]
mod tests {
    use super::Code;

    #[test]
    fn numbers_and_texts_are_unique_and_round_trip() {
        let mut numbers = alloc::collections::BTreeSet::new();
        let mut texts = alloc::collections::BTreeSet::new();
        for &code in Code::ALL {
            assert!(numbers.insert(code.number()), "{code} has a number twice");
            assert!(texts.insert(code.as_str()), "{code} has a text twice");
            assert_eq!(Code::from_number(code.number()), code);
        }
        assert_eq!(Code::from_number(60_000), Code::Internal);
    }
}
