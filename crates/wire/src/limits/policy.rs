//! Limits that a node sets itself: how much it keeps, how long it waits, how often it tries.

use core::time::Duration;

use super::{MESSAGE_BYTES, REASSEMBLY_BYTES, ROOMS_MAX};

/// Links one node keeps: a tab gets slow long before browsers refuse (500 connections).
pub const LINKS_MAX: usize = 12;

/// For so long a link for groups stands before it makes place for the first one of another group.
pub const TURN_LEAST: Duration = Duration::from_secs(60);

/// Not more often than this one does.
pub const TURN_PACE: Duration = Duration::from_secs(5);

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

/// Bytes of the first chunks of a stream, until the pace of the link is known.
pub const CHUNK_BYTES: usize = 64 * 1024;

/// Bytes of a chunk on the slowest of links.
pub const CHUNK_BYTES_MIN: usize = 16 * 1024;

/// Time that a chunk should take at the pace of the link: what a chat line may wait behind it,
/// since browsers do not interrupt a message they have begun. Fast links get chunks as large as a
/// frame, which cost less.
pub const CHUNK_TURN: Duration = Duration::from_millis(25);

/// Bytes of messages in reassembly from all members whose link is lost, who may be more than there
/// are links.
pub const ORPHAN_BYTES: usize = 2 * REASSEMBLY_BYTES;

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

/// Parts of a filter, conditions and what joins them: some hundred ids or words to look for, and
/// every one of them is compared with every record that is read.
pub const FILTER_PARTS: usize = 512;

/// How deep a filter may be nested: far deeper than anybody writes, and harmless to a stack.
pub const FILTER_DEPTH: usize = 16;

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

/// A server that is near answers a dial within this: for so long no connection is made, which would
/// hold the answer up. One that is far takes several round trips, and there is time all the same.
pub const SPARE_HOLD: Duration = Duration::from_millis(10);

/// After a room was joined or a link made, the next connection is made ahead of need this much
/// later: by then the page has done what it joined for.
pub const SPARE_DELAY: Duration = Duration::from_secs(1);

/// A member whose link is lost is looked for this long before it counts as gone.
pub const RECOVERY_DEADLINE: Duration = Duration::from_secs(45);

/// `disconnected` often heals by itself within a second or two.
pub const DISCONNECTED_GRACE: Duration = Duration::from_secs(2);

/// An ICE restart that brought nothing after this long gives way to a new attempt.
pub const RESTART_DEADLINE: Duration = Duration::from_secs(6);

/// Silence after which a link is taken for dead, if our own timers ran on time.
pub const LINK_SILENCE: Duration = Duration::from_secs(25);

/// Delay of an acknowledgement that found no message to ride on.
pub const ACK_DELAY: Duration = Duration::from_millis(50);

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

/// The same of one where a group has met before, and nobody may be any more.
pub const REDIAL_BEFORE_MAX: Duration = Duration::from_secs(600);

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

/// Topics are announced again this often; the server forgets them after
/// [`TOPIC_TTL`](super::TOPIC_TTL).
pub const TOPIC_REFRESH: Duration = Duration::from_secs(40);

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

/// Members of a group whose servers were changed wait at those of before for so long: a season, so
/// that who was away for a month or two finds back.
pub const SERVERS_OVERLAP: Duration = Duration::from_secs(90 * 86_400);

/// The servers of a group are changed no more often than this, so that an admin who changes them
/// all the time does not have all members dial all the time.
pub const SERVERS_PACE: Duration = Duration::from_secs(30);

/// Longest deadline a caller may ask for.
pub const DEADLINE_MAX: Duration = Duration::from_secs(600);

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

/// Two members whose copies differ compare them again after this, which heals whatever was lost
/// between them. A member compares with one whose copies are equal, in turn, as often at first.
pub const RECONCILE_INTERVAL: Duration = Duration::from_secs(60);

/// The longest time between two such comparisons with those whose copies are equal: where nothing
/// changes, each waits for twice as long as the one before.
pub const RECONCILE_INTERVAL_MAX: Duration = Duration::from_secs(240);

/// A neighbor that was asked for copies and has given none for so long is not waited for: others
/// who have them are asked too.
pub const WANT_PATIENCE: Duration = Duration::from_secs(3);

/// A copy that was asked for and did not come is asked for elsewhere after this.
pub const WANT_DEADLINE: Duration = Duration::from_secs(15);

/// Copies asked for at once from one member.
pub const WANTED_MAX: usize = 256;

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

/// Names of copies that break a rule and that are not asked for again.
pub const REFUSED_MAX: usize = 4_096;

/// Names of copies that the application has refused, or for which there is no room, and that are
/// not asked for again.
pub const DECLINED_MAX: usize = 65_536;

/// Clocks that differ from the middle of those of a group by more than this are left out of its
/// time.
pub const CLOCK_SPREAD: Duration = Duration::from_secs(10 * 60);

/// How an SCTP association begins, in Base64. Chromium's takes some 60 characters.
pub const SCTP_INIT_BYTES: usize = 256;

/// The same for what was sent to everybody: nobody waits to hear of it.
pub const BROADCAST_ACK_DELAY: Duration = Duration::from_secs(1);

/// Records of one neighbor that are judged together, so that their signatures cost a fraction:
/// beyond this number each takes hardly less, and the page is busy for longer at once.
pub const RECORDS_TOGETHER: usize = 32;

/// How long a record that was asked for waits for the next one, to be judged together with it.
pub const RECORDS_TOGETHER_FOR: Duration = Duration::from_millis(4);
