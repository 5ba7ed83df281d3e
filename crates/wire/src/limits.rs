//! Every limit of the protocol, with the reason for its number.

use core::time::Duration;

/// Largest signaling frame in either direction. A sealed session description is under 1 KiB and a
/// batch of candidates under 4 KiB, so 16 KiB leaves room without letting a client buffer grow.
pub const SIGNAL_FRAME_BYTES: usize = 16 * 1024;

/// Largest sealed payload inside a signaling frame: the frame less its header.
pub const SIGNAL_PAYLOAD_BYTES: usize = SIGNAL_FRAME_BYTES - 256;

/// Largest setup message: what fits into the payload once it is sealed.
pub const SETUP_BYTES: usize = SIGNAL_PAYLOAD_BYTES - crate::seal::OVERHEAD_BYTES;

/// Members returned by one join. A node holds at most [`LINKS_MAX`] links, so more are useless.
pub const SAMPLE_MAX: usize = 16;

/// Longest signaling address.
pub const URL_BYTES: usize = 512;

/// Signaling servers of one node: two or three are redundancy, more only cost joins.
pub const SERVERS_MAX: usize = 4;

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

/// Links one node keeps: a tab gets slow long before browsers refuse (500 connections).
pub const LINKS_MAX: usize = 12;

/// A link in nothing but groups' rooms whose other side has not shown within this that it is a
/// member is ended: whoever is one shows it in the first frames.
pub const STRANGER_DEADLINE: Duration = Duration::from_secs(15);

/// Group frames of a stranger that are looked at in a row; after that one a second. A newcomer
/// needs three, and each may cost as many signature checks as a chain is long.
pub const STRANGER_FRAMES: u32 = 8;

/// Links with strangers beyond [`STRANGERS_MAX`], and those whose place is wanted, are ended after
/// this: enough for a member's first frames on a slow path.
pub const STRANGER_GRACE: Duration = Duration::from_secs(2);

/// Links with strangers that may stand for longer than [`STRANGER_GRACE`].
pub const STRANGERS_MAX: usize = LINKS_MAX / 3;

/// Members of one room a node keeps track of, linked or not.
pub const REMOTES_MAX: usize = 64;

/// Connection attempts under way at once. Each costs some 5 ms of main thread at both ends.
pub const ATTEMPTS_MAX: usize = 8;

/// Connections that answer offers beside another attempt with the same node. Honest nodes offer
/// both at once when they meet, and that settles within a second.
pub const ATTEMPTS_BESIDE_MAX: usize = LINKS_MAX;

/// Attempt ids remembered, so that a replayed offer is recognised.
pub const ATTEMPTS_REMEMBERED: usize = 256;

/// How an SCTP association begins, in Base64. Chromium's takes some 60 characters.
pub const SCTP_INIT_BYTES: usize = 256;

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

/// Bytes of the first chunks of a stream, until the pace of the link is known.
pub const CHUNK_BYTES: usize = 64 * 1024;

/// Bytes of a chunk on the slowest of links.
pub const CHUNK_BYTES_MIN: usize = 16 * 1024;

/// Time that a chunk should take at the pace of the link: what a chat line may wait behind it,
/// since browsers do not interrupt a message they have begun. Fast links get chunks as large as a
/// frame, which cost less.
pub const CHUNK_TURN: Duration = Duration::from_millis(25);

/// Room that a frame's header needs beside its payload.
pub const FRAME_HEADER_BYTES: usize = 256;

/// Largest payload sent as one interactive message; what is larger travels as a stream.
pub const INTERACTIVE_BYTES: usize = 60 * 1024;

/// Largest payload of an ephemeral message. Losing one packet loses the message, so it stays small.
pub const EPHEMERAL_BYTES: usize = 15 * 1024;

/// Largest message held in memory. What is larger is a file and is streamed.
pub const MESSAGE_BYTES: usize = 16 * 1024 * 1024;

/// Bytes of all messages in reassembly from one link. Two of the largest may overlap.
pub const REASSEMBLY_BYTES: usize = 2 * MESSAGE_BYTES;

/// Bytes of messages in reassembly from all members whose link is lost, who may be more than there
/// are links.
pub const ORPHAN_BYTES: usize = 2 * REASSEMBLY_BYTES;

/// Largest file: the largest integer that a JavaScript number holds exactly is far above it.
pub const FILE_BYTES: u64 = 1 << 40;

/// Streams open at once on a link, in each direction.
pub const STREAMS_MAX: usize = 64;

/// Credit a receiver gives a stream in advance: 4 MiB keeps 100 Mbit/s busy over 300 ms.
pub const STREAM_WINDOW_BYTES: u64 = 4 * 1024 * 1024;

/// Bytes handed to the browser and not yet on the wire, per channel.
pub const BUFFERED_HIGH_BYTES: usize = 256 * 1024;

/// At this level the browser asks for more.
pub const BUFFERED_LOW_BYTES: usize = 128 * 1024;

/// Interactive bytes kept for one member until it acknowledged them, and sent again on a new link.
pub const UNACKED_BYTES: usize = 1024 * 1024;

/// Interactive messages kept for one member until it acknowledged them.
pub const UNACKED_MAX: usize = 1024;

/// Interactive bytes that may wait for one member, acknowledged or not, before a sender is told to
/// wait: four times what may be under way.
pub const OUTBOX_BYTES: usize = 4 * UNACKED_BYTES;

/// Interactive messages that may wait for one member.
pub const OUTBOX_MAX: usize = 4 * UNACKED_MAX;

/// Bytes of messages that wait for one member as streams.
pub const BULK_BYTES: usize = 4 * MESSAGE_BYTES;

/// Bytes of a file that may wait to be sent before its writer is told to wait.
pub const WRITE_AHEAD_BYTES: usize = 1024 * 1024;

/// Requests that wait for an answer from one member.
pub const REQUESTS_MAX: usize = 256;

/// Longest label of a message.
pub const LABEL_BYTES: usize = 64;

/// Longest file name.
pub const FILE_NAME_BYTES: usize = 255;

/// Longest media type of a file.
pub const MEDIA_TYPE_BYTES: usize = 127;

/// Largest record as it travels, its header not counted. A record travels in one stream and is held
/// in memory while it is checked; larger content is named by its hash.
pub const RECORD_BYTES: usize = 256 * 1024;

/// Largest body before it is sealed.
pub const BODY_BYTES: usize = RECORD_BYTES - crate::body::OVERHEAD_BYTES;

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

/// Parts of a filter, conditions and what joins them: some hundred ids or words to look for, and
/// every one of them is compared with every record that is read.
pub const FILTER_PARTS: usize = 512;

/// How deep a filter may be nested: far deeper than anybody writes, and harmless to a stack.
pub const FILTER_DEPTH: usize = 16;

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

/// Credentials that one issuer may give one subject: a renewal overlaps with what it renews.
pub const CREDENTIALS_PER_PAIR: usize = 8;

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

/// Largest identity card: key, name and signature, and room for fields of later versions.
pub const CARD_BYTES: usize = 512;

/// Longest text of an identity card, counted in the same way.
pub const CARD_CHARS: usize = text_chars(CARD_BYTES);

/// Deadline of a first attempt to link, from the offer to the verified proof. Under 10 s, because
/// people take longer for hanging.
pub const ATTEMPT_DEADLINE: Duration = Duration::from_millis(8_000);

/// Longest deadline of an attempt: each that passes doubles the next. A path on which frames take
/// longer than ten seconds is of no use to anybody who waits for it.
pub const ATTEMPT_DEADLINE_MAX: Duration = Duration::from_secs(60);

/// An offer that was not answered is made once more after this. If the other side is gone since it
/// was made the first time, the server says so now.
pub const OFFER_AGAIN: Duration = Duration::from_millis(1_500);

/// Nodes of which is remembered how long attempts to link with them take: as many as members.
pub const PACES_REMEMBERED: usize = REMOTES_MAX;

/// A pairing by hand that nobody completes is given up after this: people carry its texts.
pub const PAIRING_DEADLINE: Duration = Duration::from_secs(600);

/// A pairing is written with the candidates found until then, if the browser does not say that it
/// has found all.
pub const GATHER_DEADLINE: Duration = Duration::from_secs(2);

/// A connection made while a server is dialled waits this long for somebody to link to. A dial and
/// a join take less; candidates much older than this may have ceased to work.
pub const SPARE_LIFE: Duration = Duration::from_secs(10);

/// After a room was joined or a link made, the next connection is made ahead of need this much
/// later: by then the page has done what it joined for.
pub const SPARE_DELAY: Duration = Duration::from_secs(1);

/// A member whose link is lost is looked for this long before it counts as gone.
pub const RECOVERY_DEADLINE: Duration = Duration::from_secs(45);

/// `disconnected` often heals by itself within a second or two.
pub const DISCONNECTED_GRACE: Duration = Duration::from_secs(2);

/// An ICE restart that brought nothing after this long gives way to a new attempt.
pub const RESTART_DEADLINE: Duration = Duration::from_secs(6);

/// Keep-alive of a link that is otherwise silent.
pub const PING_INTERVAL: Duration = Duration::from_secs(10);

/// Silence after which a link is taken for dead, if our own timers ran on time.
pub const LINK_SILENCE: Duration = Duration::from_secs(25);

/// Delay of an acknowledgement that found no message to ride on.
pub const ACK_DELAY: Duration = Duration::from_millis(50);

/// The same for what was sent to everybody: nobody waits to hear of it.
pub const BROADCAST_ACK_DELAY: Duration = Duration::from_secs(1);

/// Time a dial of a signaling server may take, and the answer to a first greeting.
pub const DIAL_DEADLINE: Duration = Duration::from_secs(10);

/// Longest wait for the answer to a greeting: each that passes doubles the next.
pub const GREETING_DEADLINE_MAX: Duration = Duration::from_secs(60);

/// A member whose link is lost and whose mailbox no server knows counts as gone this early.
pub const ABSENT_DEADLINE: Duration = Duration::from_secs(10);

/// Attempts at a node that was never linked, until the next join names it again.
pub const ATTEMPTS_PER_NODE: u32 = 4;

/// How much longer the node with the smaller id waits before it rebuilds a lost link, so that both
/// do not offer at once.
pub const RELINK_STAGGER: Duration = Duration::from_millis(1_500);

/// A node that was called this much too late was asleep, and does not blame others for silence.
pub const STALL: Duration = Duration::from_secs(3);

/// How long silence is forgiven after that.
pub const STALL_GRACE: Duration = Duration::from_secs(6);

/// How often the clock on the wall is looked at: who slept is right again within this, also when
/// nothing tells that the machine woke up.
pub const WALL_INTERVAL: Duration = Duration::from_secs(60);

/// A reading of that clock which is off by more than this is no drift: the machine slept, or its
/// clock was set.
pub const WALL_JUMP: Duration = Duration::from_secs(1);

/// First ping of a new link; its answer tells people the round trip.
pub const FIRST_PING: Duration = Duration::from_secs(1);

/// Ping of a link that seems broken: its answer shows that the path is back.
pub const BROKEN_PING_INTERVAL: Duration = Duration::from_secs(2);

/// First wait before a signaling server is dialled again.
pub const REDIAL_MIN: Duration = Duration::from_millis(500);

/// Longest wait before a signaling server is dialled again.
pub const REDIAL_MAX: Duration = Duration::from_secs(30);

/// Shortest wait before a server is dialled again that refuses this version, origin or token, or
/// has given the mailbox to a newer connection: no sooner will anything be different.
pub const REDIAL_REFUSED: Duration = Duration::from_secs(60);

/// Longest wait that a server may ask for: none of them sends a node away for good.
pub const RETRY_AFTER_MAX: Duration = Duration::from_secs(600);

/// First wait before a failed link is tried again.
pub const RELINK_MIN: Duration = Duration::from_millis(300);

/// Longest wait before a failed link is tried again.
pub const RELINK_MAX: Duration = Duration::from_secs(10);

/// A client asks a silent server for a sign of life this often.
pub const SERVER_PING_INTERVAL: Duration = Duration::from_secs(20);

/// Time a server has to answer that question.
pub const SERVER_PONG_DEADLINE: Duration = Duration::from_secs(10);

/// Topics are announced again this often; the server forgets them after [`TOPIC_TTL`].
pub const TOPIC_REFRESH: Duration = Duration::from_secs(40);

/// Life of a topic membership at the server. Three refreshes, because hidden tabs have slow timers.
pub const TOPIC_TTL: Duration = Duration::from_secs(150);

/// Members of a group who wait at its door.
pub const DOOR_SEATS: usize = 3;

/// Whoever knows the topic of a group waits at its door only once it has had the time to link to
/// others.
pub const DOOR_AFTER: Duration = Duration::from_secs(3);

/// Those who wait at a door in the next hour come so much before those of this hour go.
pub const DOOR_LEAD: Duration = Duration::from_secs(60);

/// How long a topic is heard where members of a group met before their newest key.
pub const TOPIC_GRACE: Duration = Duration::from_secs(300);

/// Such topics of one group.
pub const OLD_TOPICS_MAX: usize = 4;

/// A stream whose other side gives no sign for this long is given up.
pub const STREAM_IDLE: Duration = Duration::from_secs(60);

/// Time a clean leave may take until everything is closed regardless.
pub const CLOSE_DEADLINE: Duration = Duration::from_millis(500);

/// Deadline of a request unless the caller sets one.
pub const REQUEST_DEADLINE: Duration = Duration::from_secs(10);

/// Longest deadline a caller may ask for.
pub const DEADLINE_MAX: Duration = Duration::from_secs(600);

/// Largest message of a reconciliation of records: one frame of the smallest size that browsers
/// agree on carries it, with its header.
pub const RECONCILE_BYTES: u64 = 60_000;

/// How far ahead of group time a record may claim to have been made: clocks differ, and who is
/// further ahead than this has one that is wrong.
pub const CLOCK_AHEAD: Duration = Duration::from_secs(20 * 60);

/// Bytes of versions that cannot be judged yet, in memory: a newcomer hears of members first, so
/// few wait, and not for long.
pub const WAITING_BYTES: usize = 4 * 1_048_576;

/// What was beaten by another signer's version is kept this long, for when that one falls.
pub const BEATEN_LIFETIME: Duration = Duration::from_secs(30 * 86_400);

/// What an end left unnamed is kept this long, for when somebody names it.
pub const UNNAMED_LIFETIME: Duration = Duration::from_secs(90 * 86_400);

/// What has ended is hidden at once and leaves the store this much later, when our own clock and
/// those of the members say so: a clock that was wrong for a while erases nothing.
pub const ERASE_GRACE: Duration = Duration::from_secs(86_400);

/// Versions that one member keeps set aside of one author at the most.
pub const ASIDE_MAX: usize = 65_536;

/// Largest frame about a group: a record and its header, or a chain and what goes with it.
pub const GROUP_FRAME_BYTES: usize = RECORD_BYTES + 16 * 1024;

/// Buckets over which the types of applications are spread for reconciliation. More would tell the
/// types of usual groups apart no better, and each costs some 20 bytes of every summary.
pub const BUCKETS: u8 = 32;

/// Types that a member may ask for ahead of others.
pub const PRIORITIES_MAX: usize = 16;

/// Names of copies in one frame: 32 KiB, and a third of a second of work for who answers.
pub const NAMES_MAX: usize = 1024;

/// Keys of epochs that one member gives another: a rotation a day for more than a year.
pub const GIVEN_KEYS_MAX: usize = 512;

/// Two members compare what they hold again after this, which heals whatever was lost between them.
pub const RECONCILE_INTERVAL: Duration = Duration::from_secs(60);

/// A copy that was asked for and did not come is asked for elsewhere after this.
pub const WANT_DEADLINE: Duration = Duration::from_secs(15);

/// Copies asked for at once from one member.
pub const WANTED_MAX: usize = 256;

/// Records of one neighbor that are judged together, so that their signatures cost a fraction:
/// beyond this number each takes hardly less, and the page is busy for longer at once.
pub const RECORDS_TOGETHER: usize = 32;

/// How long a record that was asked for waits for the next one, to be judged together with it.
pub const RECORDS_TOGETHER_FOR: Duration = Duration::from_millis(4);

/// Bytes of bodies kept at hand for others after they were stored.
pub const BODY_CACHE_BYTES: usize = 4 * 1024 * 1024;

/// Bytes that may wait to be stored before no more are asked for.
pub const UNSAVED_BYTES: usize = 16 * 1024 * 1024;

/// Entries of the store read at once.
pub const PAGE_ENTRIES: usize = 4096;

/// First wait before a write that failed is tried again.
pub const REWRITE_MIN: Duration = Duration::from_secs(1);

/// Longest wait before a write that failed is tried again.
pub const REWRITE_MAX: Duration = Duration::from_secs(60);

/// Newcomers that one member admits by open invitations in a minute.
pub const ADMISSIONS_PER_MINUTE: u32 = 30;

/// Groups open at once: each that is connected is a room.
pub const GROUPS_MAX: usize = ROOMS_MAX;

/// Bytes of group frames that may wait for a member before no more of its questions are answered.
pub const GROUP_QUEUE_BYTES: usize = 4 * 1_048_576;

/// Names of copies that a member has told of and that are still to be asked for; what is beyond is
/// found by the next comparison.
pub const MISSING_MAX: usize = 262_144;

/// Copies of records about which the application is being asked, at most.
pub const APPROVALS_MAX: usize = 256;

/// The application answers within this time, or is asked again when the record is offered again.
pub const APPROVAL_DEADLINE: Duration = Duration::from_secs(30);

/// Names of copies that the application has refused and that are not asked for again.
pub const REFUSED_MAX: usize = 4_096;

/// Clocks that differ from the middle of those of a group by more than this are left out of its
/// time.
pub const CLOCK_SPREAD: Duration = Duration::from_secs(10 * 60);
