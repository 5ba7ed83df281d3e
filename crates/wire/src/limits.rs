//! Every limit of the protocol, with the reason for its number. What others have to
//! keep to stands here, and what a node sets for itself in a part of its own.

mod company;
mod policy;

use core::time::Duration;

pub use self::company::*;
pub use self::policy::*;

/// Largest signaling frame in either direction. A sealed session description is under 1 KiB and a
/// batch of candidates under 4 KiB, so 16 KiB leaves room without letting a client buffer grow.
pub const SIGNAL_FRAME_BYTES: usize = 16 * 1024;

/// Largest sealed payload inside a signaling frame: the frame less its header.
pub const SIGNAL_PAYLOAD_BYTES: usize = SIGNAL_FRAME_BYTES - 256;

/// What sealing adds to a setup message; see [`crate::seal`].
pub(crate) const SEAL_BYTES: usize = 49;

/// Largest setup message: what fits into the payload once it is sealed.
pub const SETUP_BYTES: usize = SIGNAL_PAYLOAD_BYTES - SEAL_BYTES;

/// How often members hand a setup message on after the first has: rooms of thousands are five links
/// wide.
pub const CARRY_HOPS: u8 = 8;

/// Members returned by one join. A node holds at most [`LINKS_MAX`] links, so more are useless.
pub const SAMPLE_MAX: usize = 16;

/// Longest signaling address.
pub const URL_BYTES: usize = 512;

/// Signaling servers that a node is started with: two or three are redundancy, more only cost
/// joins.
pub const SERVERS_MAX: usize = 4;

/// Signaling servers that a node dials, with those that its rooms and groups name.
pub const SESSIONS_MAX: usize = 16;

/// Signaling addresses inside a room link; a QR code has to hold them.
pub const ROOM_LINK_SERVERS_MAX: usize = 4;

/// Largest room link: as many of the longest addresses as there may be, and the secret.
pub const ROOM_LINK_BYTES: usize = ROOM_LINK_SERVERS_MAX * (URL_BYTES + 3) + 20;

/// Longest text of a room link, its first three characters and the page's address not counted.
pub const ROOM_LINK_CHARS: usize = text_chars(ROOM_LINK_BYTES);

/// Characters of a frame as a text: base32 of its bytes and of a checksum of four.
const fn text_chars(bytes: usize) -> usize {
    ((bytes + 4) * 8).div_ceil(5)
}

/// ICE servers a signaling server may hand out.
pub const ICE_SERVERS_MAX: usize = 8;

/// Addresses of one ICE server.
pub const ICE_URLS_MAX: usize = 4;

/// Bytes of a token that renews a session: 32 topics and what a server needs beside them.
pub const RESUME_TOKEN_BYTES: usize = 1_280;

/// Rooms one node may be in at the same time, those of groups among them. A group has two topics at
/// a server, and a server knows a mailbox in 32.
pub const ROOMS_MAX: usize = 16;

/// Longest candidate line: the longest seen from a browser is under 200 bytes.
pub const CANDIDATE_BYTES: usize = 320;

/// Candidates kept for one attempt; browsers with several interfaces gather about 20. As many of
/// the longest fit into one setup message, so a list never has to be split.
pub const CANDIDATES_MAX: usize = 48;

const _: () = assert!(CANDIDATES_MAX * (CANDIDATE_BYTES + 3) + 32 <= SETUP_BYTES);

/// Candidates of one side in a pairing by hand. People scan it or copy it, and no server stands
/// between that would show addresses of its own.
pub const PAIRING_CANDIDATES_MAX: usize = 8;

/// Largest pairing: an offer or answer takes some 300 bytes, and the rest are candidates.
pub const PAIRING_BYTES: usize = 4_096;

/// Longest text of a pairing, counted as [`ROOM_LINK_CHARS`].
pub const PAIRING_CHARS: usize = text_chars(PAIRING_BYTES);

/// Longest session description a driver may hand in.
pub const SDP_BYTES: usize = 32 * 1024;

/// Longest ICE user fragment and password (RFC 8839 allows 256).
pub const ICE_CREDENTIAL_BYTES: usize = 256;

/// Largest data channel message we send, when the other side allows it. Chromium and Firefox
/// negotiate 262,144 between them.
pub const FRAME_BYTES: usize = 256 * 1024;

/// Smallest message size of the other side with which a link is possible. Every browser takes this
/// much: it is the size that RFC 8831 tells senders not to exceed unasked.
pub const FRAME_BYTES_MIN: usize = 16 * 1024;

/// Room that a frame's header needs beside its payload.
pub const FRAME_HEADER_BYTES: usize = 256;

/// Largest payload sent as one interactive message; what is larger travels as a stream.
pub const INTERACTIVE_BYTES: usize = 60 * 1024;

/// Largest message on a link over a neighbor: the largest interactive one and its header, so that
/// none which was sent before on another link is too large for this one.
pub const RELAY_FRAME_BYTES: usize = INTERACTIVE_BYTES + FRAME_HEADER_BYTES;

/// What sealing adds to it: the channel, and a tag.
pub const RELAY_SEAL_BYTES: usize = 17;

/// The same as it is sealed.
pub const RELAY_BYTES: usize = RELAY_FRAME_BYTES + RELAY_SEAL_BYTES;

/// Sealed bytes that one end has sent over a neighbor and the other has not taken: that neighbor
/// holds no more of them. Two of the largest fit, so that one may follow while the other travels.
pub const RELAY_WINDOW_BYTES: u64 = 128 * 1024;

/// Neighbors of whom an offer leaves the choice.
pub const RELAY_CHOICE_MAX: usize = 8;

/// Largest payload of an ephemeral message. Losing one packet loses the message, so it stays small.
pub const EPHEMERAL_BYTES: usize = 15 * 1024;

/// What is added at most to the payload of a message that is passed on: its origin and signature,
/// its label, and how far it came.
pub const GOSSIP_WRAPPING_BYTES: usize = 512;

/// What a node says of itself to everybody in a room: a name, a cursor, what it is doing.
pub const PRESENCE_BYTES: usize = 8 * 1024;

/// Largest message held in memory. What is larger is a file and is streamed.
pub const MESSAGE_BYTES: usize = 16 * 1024 * 1024;

/// Bytes of all messages in reassembly from one link. Two of the largest may overlap.
pub const REASSEMBLY_BYTES: usize = 2 * MESSAGE_BYTES;

/// Largest gossip: it travels as a message.
pub const GOSSIP_BYTES: usize = MESSAGE_BYTES - 256;

/// Largest payload of a message that is passed on: 200 bytes for who tells it and the signature,
/// and room beside.
pub const GOSSIP_PAYLOAD_BYTES: usize = GOSSIP_BYTES - 512;

/// Names of gossip in one frame: the smallest frame that browsers agree on carries them.
pub const GOSSIP_NAMES_MAX: usize = 512;

/// Largest file: the largest integer that a JavaScript number holds exactly is far above it.
pub const FILE_BYTES: u64 = 1 << 40;

/// Streams open at once on a link, in each direction.
pub const STREAMS_MAX: usize = 64;

/// Credit a receiver gives a stream in advance: 4 MiB keeps 100 Mbit/s busy over 300 ms.
pub const STREAM_WINDOW_BYTES: u64 = 4 * 1024 * 1024;

/// Longest label of a message.
pub const LABEL_BYTES: usize = 64;

/// Longest file name.
pub const FILE_NAME_BYTES: usize = 255;

/// Longest media type of a file.
pub const MEDIA_TYPE_BYTES: usize = 127;

/// Largest record as it travels, its header not counted. A record travels in one stream and is held
/// in memory while it is checked; larger content is named by its hash.
pub const RECORD_BYTES: usize = 256 * 1024;

/// What sealing adds to a body; see [`crate::body`].
pub(crate) const BODY_SEAL_BYTES: usize = 40;

/// Largest body before it is sealed.
pub const BODY_BYTES: usize = RECORD_BYTES - BODY_SEAL_BYTES;

/// Largest header of a record: some 370 bytes with the longest of everything, and room for fields
/// of later versions.
pub const HEADER_BYTES: usize = 512;

/// Longest type of a record.
pub const RECORD_TYPE_BYTES: usize = 64;

/// Attributes of one record. A search looks at each of them.
pub const ATTRIBUTES_MAX: usize = 32;

/// Longest name of an attribute.
pub const ATTRIBUTE_NAME_BYTES: usize = 40;

/// Longest text of an attribute: a line or two; what is longer is data.
pub const ATTRIBUTE_TEXT_BYTES: usize = 1024;

/// Ends that one credential may lift: as often somebody is let in again before its credential is
/// given anew.
pub const LIFTS_MAX: usize = 16;

/// Largest credential: the largest of numbers, an invitation, and as many ends as it may lift.
pub const CREDENTIAL_BYTES: usize = 600;

/// Credentials of one chain. Each costs a signature check, some 0.2 ms in a browser, and chains of
/// more than a few come from delegating without need.
pub const CHAIN_MAX: usize = 24;

/// Largest chain.
pub const CHAIN_BYTES: usize = CHAIN_MAX * CREDENTIAL_BYTES;

/// Ends, and members to whom a key is sealed, in one part of a key record: what fits a record.
pub const KEY_PART_ENTRIES: usize = 1_000;

/// Parts of one key record: as many members as a group may have.
pub const KEY_PARTS_MAX: u16 = 20;

/// Ends that one key covers.
pub const KEY_COVERS_MAX: usize = KEY_PART_ENTRIES * KEY_PARTS_MAX as usize;

/// Largest part of a key record: 53 bytes an end and 121 a member.
pub const KEY_PART_BYTES: usize = KEY_PART_ENTRIES * (53 + 121) + 256;

const _: () = assert!(KEY_PART_BYTES <= RECORD_BYTES);
const _: () = assert!(CHAIN_BYTES <= RECORD_BYTES);

/// Longest name of a group or an identity.
pub const NAME_BYTES: usize = 255;

/// Longest comment of a group.
pub const COMMENT_BYTES: usize = 512;

/// Largest properties of a group: name, comment, and room for fields of later versions.
pub const GROUP_PROPERTIES_BYTES: usize = 1024;

/// Actions that one revocation names, 16 bytes each: what fits a record.
/// Of somebody who did more, several records name them.
pub const REVOCATION_ACTIONS: usize = 15_000;

/// Largest revocation.
pub const REVOCATION_BYTES: usize = REVOCATION_ACTIONS * 16 + 128;

const _: () = assert!(REVOCATION_BYTES <= RECORD_BYTES);

/// Largest record of an open invitation or of a budget.
pub const OPEN_INVITATION_BYTES: usize = 128;

/// Largest record in a preview: a header, the properties of a group, and room around them.
pub const PREVIEW_RECORD_BYTES: usize = HEADER_BYTES + GROUP_PROPERTIES_BYTES + 64;

/// Versions of a record cannot be made faster than one in this time: what nobody who works does,
/// and what keeps anybody from counting up to where no number is left.
pub const VERSION_PACE: Duration = Duration::from_millis(10);

/// How long a record lasts at the most, unless its author says so: what is left of a deleted one
/// stays as long, and nothing may stay for ever by itself.
pub const RECORD_LIFETIME: Duration = Duration::from_secs(3_652 * 86_400);

/// Records that one credential may stand for, unless the group says otherwise: more than a person
/// writes in years, and what a page opens in a second.
pub const BUDGET_RECORDS: u32 = 65_536;

/// The most that a group may say.
pub const BUDGET_RECORDS_MAX: u32 = 1_048_576;

/// Bytes of the bodies of one credential's records, unless the group says otherwise.
pub const BUDGET_BYTES: u64 = 256 * 1_048_576;

/// The most that a group may say.
pub const BUDGET_BYTES_MAX: u64 = 64 * 1_073_741_824;

/// Tombstones and what is left of records that ended, for one record that may live: deleting has
/// to remain possible long after the budget of records is used up.
pub const BUDGET_TOMBSTONES: u32 = 10;

/// System records of one credential, for a budget of their own which nothing else touches.
pub const BUDGET_SYSTEM: usize = 16_384;

/// Credentials that one issuer may give one subject: two for each end that one of them may lift, as
/// whoever gives roles and takes them again makes two and an end, and two more.
pub const CREDENTIALS_PER_PAIR: usize = 34;

/// Credentials below that of an inviter, filled in turn over those whom it let in itself.
pub const CREDENTIALS_PER_INVITER: usize = 1_024;

/// Credentials below that of an admin, and those of a whole group.
pub const CREDENTIALS_MAX: usize = 16_384;

/// Largest invitation for one identity: the longest chain, as many of the longest addresses as
/// there may be, the longest name, a key and a signature.
pub const INVITATION_BYTES: usize = CHAIN_BYTES + ROOM_LINK_SERVERS_MAX * (URL_BYTES + 3) + 560;

/// Longest text of an invitation, counted as [`ROOM_LINK_CHARS`]. The usual ones have some 800 and
/// fit a QR code.
pub const INVITATION_CHARS: usize = text_chars(INVITATION_BYTES);

/// Largest link of an open invitation: group, door, seed, and the longest addresses.
pub const INVITATION_LINK_BYTES: usize = ROOM_LINK_SERVERS_MAX * (URL_BYTES + 3) + 76;

/// Longest text of such a link, counted in the same way. The usual ones have 122 characters.
pub const INVITATION_LINK_CHARS: usize = text_chars(INVITATION_LINK_BYTES);

/// Largest word of where a group meets: the longest addresses of now and of before.
pub const GROUP_SERVERS_BYTES: usize = 2 * ROOM_LINK_SERVERS_MAX * (URL_BYTES + 3) + 8;

/// Largest identity card: key, name and signature, and room for fields of later versions.
pub const CARD_BYTES: usize = 512;

/// Longest text of an identity card, counted in the same way.
pub const CARD_CHARS: usize = text_chars(CARD_BYTES);

/// Keep-alive of a link that is otherwise silent.
pub const PING_INTERVAL: Duration = Duration::from_secs(10);

/// Life of a topic membership at the server. Three refreshes, because hidden tabs have slow timers.
pub const TOPIC_TTL: Duration = Duration::from_secs(150);

/// A stream whose other side gives no sign for this long is given up.
pub const STREAM_IDLE: Duration = Duration::from_secs(60);

/// Time a clean leave may take until everything is closed regardless.
pub const CLOSE_DEADLINE: Duration = Duration::from_millis(500);

/// Deadline of a request unless the caller sets one.
pub const REQUEST_DEADLINE: Duration = Duration::from_secs(10);

/// Largest message of a reconciliation of records: one frame of the smallest size that browsers
/// agree on carries it, with its header.
pub const RECONCILE_BYTES: u64 = 60_000;

/// How far ahead of group time a record may claim to have been made: clocks differ, and who is
/// further ahead than this has one that is wrong.
pub const CLOCK_AHEAD: Duration = Duration::from_secs(20 * 60);

/// Largest frame about a group: a record and its header, or a chain and what goes with it.
pub const GROUP_FRAME_BYTES: usize = RECORD_BYTES + 16 * 1024;

/// A part of a group as a file: one record at most, or what begins the file.
pub const EXPORT_PART_BYTES: usize = 1_048_576;

/// Buckets over which the types of applications are spread for reconciliation. More would tell the
/// types of usual groups apart no better, and each costs some 20 bytes of every summary.
pub const BUCKETS: u8 = 32;

/// Symbols of what a member holds that are kept up, and tell some 150 differences: 10 KiB a group.
/// A copy is in some eleven of them. What differs more is listed by ranges.
pub const SYMBOLS_MAX: usize = 256;

/// Symbols that are sent first, which tell some 25 differences, and ten all but for certain.
pub const SYMBOLS_FIRST: usize = 48;

/// Records that are sent unasked to who lacks few: asking for them takes a round trip.
pub const UNASKED_MAX: usize = 32;

/// Bytes of records that are sent unasked: other neighbors may send them too.
pub const UNASKED_BYTES: usize = 32 * 1024;

/// Types that a member may ask for ahead of others.
pub const PRIORITIES_MAX: usize = 16;

/// Names of copies in one frame: 32 KiB, and a third of a second of work for who answers.
pub const NAMES_MAX: usize = 1024;

/// Keys of epochs that one member gives another: a rotation a day for more than a year.
pub const GIVEN_KEYS_MAX: usize = 512;
