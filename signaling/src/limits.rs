//! Every limit of the server, with the reason for its number. Limits of the protocol itself are in
//! [`lacis_wire::limits`].

use core::ops::RangeInclusive;
use core::time::Duration;

use crate::rate_limit::RateLimit;

/// Connections in all. A process may often hold 20,000 open files only, and some are needed for
/// pages, handshakes and logs.
pub const CONNECTIONS_MAX: usize = 16_384;

/// Connections from one address. A school or an office shares one; still, nobody should be able to
/// fill the server from fewer than 32 addresses.
pub const CONNECTIONS_PER_ADDRESS_MAX: usize = 512;

/// Addresses' worth of connections from one IPv6 /48 network, which one subscriber may have. Four
/// of these at least fill the server.
pub const ADDRESSES_PER_NETWORK_MAX: usize = 8;

/// Topics in all. Most rooms are small: four for each connection.
pub const TOPICS_MAX: usize = 65_536;

/// Topics that count for one address: four for each of its connections. A topic counts for the
/// address of one of its members; so nobody fills the table from fewer than 32 addresses, or four
/// wide networks.
pub const TOPICS_PER_ADDRESS_MAX: usize = CONNECTIONS_PER_ADDRESS_MAX * TOPICS_PER_PLACE;

/// Topics for each connection that an address may have.
pub const TOPICS_PER_PLACE: usize = 4;

/// Topics of one connection: twice the rooms a node may be in, because a topic that changes with
/// time is announced under its old and its new name for a while.
pub const TOPICS_PER_CONNECTION_MAX: usize = 32;

/// Members of one topic: an audience larger than this is served through members already linked.
pub const MEMBERS_PER_TOPIC_MAX: usize = 4_096;

/// Bytes waiting for one connection. That is a hundred frames of a large room at once, and seconds
/// of silence on a slow line; who needs more does not read. Allocators round frames up by as much
/// as a fourth, so that this is under 1 MiB of memory.
pub const QUEUE_BYTES_MAX: usize = 720 * 1024;

/// Fourths of a queue that payloads may take; more are refused. The rest is for the server's own
/// words, and only who lets these pile up is closed: nobody is for what others send. 600 refusals,
/// which is the most at once, take a little over half of it.
pub const QUEUE_FOURTHS_OF_PAYLOADS: usize = 3;

/// Fourths that the payloads of one address, wide network or other server may take, so that one
/// alone keeps nobody from being reached: three times what a newcomer sends to one member.
pub const QUEUE_FOURTHS_OF_SENDER: usize = 2;

/// Bytes waiting for all connections together: what a small machine can spare. At this point
/// payloads are refused, and [`STALL_MAX`] takes the space back from those who do not read.
pub const QUEUES_BYTES_MAX: usize = 256 * 1024 * 1024;

/// The part of that which may wait for connections of one address, before payloads for these are
/// refused: nobody takes the space of all from fewer than 16.
pub const QUEUES_PART_OF_ADDRESS: usize = 16;

/// The same of a wide network: four at least take it all.
pub const QUEUES_PART_OF_NETWORK: usize = 4;

/// Time for which a mailbox stays its owner's after its connection ended: nodes come back within a
/// minute or two, unless their machine sleeps.
pub const MAILBOX_KEPT: Duration = Duration::from_secs(300);

/// Mailboxes that are kept so, of one address as many as its connections. One takes about 250
/// bytes, so these are 4 MiB at the most.
pub const MAILBOXES_KEPT_MAX: usize = CONNECTIONS_MAX;

/// What a waiting frame costs beside its bytes: the handle, who is told if it never leaves, and
/// what allocator and growing lists take. Without it, a queue of tiny frames would take many times
/// its limit.
pub const QUEUE_FRAME_BYTES: usize = 128;

/// Addresses remembered after their last connection closed, until their allowances are full again.
/// A record takes about 200 bytes, so these are under 1 MiB.
pub const ADDRESSES_LINGERING_MAX: usize = 4_096;

/// Time from the connection to its `Hello`. A client sends it at once; on a bad line one lost
/// packet costs 1 to 3 s.
pub const HELLO_DEADLINE: Duration = Duration::from_secs(10);

/// Silence after which a client is asked for a sign of life. Two of these fit into
/// [`SILENCE_MAX`], and middle boxes forget a silent connection after 30 s at the earliest.
pub const PING_INTERVAL: Duration = Duration::from_secs(25);

/// Silence after which a connection is taken for dead. The browser itself answers pings, so this
/// holds for a tab whose timers are stopped too.
pub const SILENCE_MAX: Duration = Duration::from_secs(60);

/// Time after which a connection is closed if nothing of what waits for it gets away. TCP doubles
/// its pauses; a line that comes back within 15 s has been tried again by then.
pub const STALL_MAX: Duration = Duration::from_secs(20);

/// Questions to other servers that wait for an answer. Whoever joins beyond them is answered with
/// what this server knows.
pub const CLUSTER_LOOKUPS_MAX: usize = 4_096;

/// Time the other servers have to answer. A client waits for its first link meanwhile, and Redis
/// takes less than a millisecond.
pub const CLUSTER_LOOKUP_DEADLINE: Duration = Duration::from_secs(1);

/// Bytes that may wait for the backplane. Payloads beyond them are refused.
pub const CLUSTER_QUEUE_BYTES: usize = 16 * 1024 * 1024;

/// At this many everything is dropped, and said anew over a new link: all that full servers have to
/// say at once, with every client in every topic it may have, takes half of it.
pub const CLUSTER_COMMANDS_BYTES: usize = 128 * 1024 * 1024;

/// Time the backplane has to answer anything before it is taken for gone.
pub const CLUSTER_DEADLINE: Duration = Duration::from_secs(2);

/// The backplane is asked for a sign of life this often.
pub const CLUSTER_PING_INTERVAL: Duration = Duration::from_secs(5);

/// First wait before a backplane that is gone is tried again.
pub const CLUSTER_RELINK_MIN: Duration = Duration::from_millis(100);

/// Longest wait before that.
pub const CLUSTER_RELINK_MAX: Duration = Duration::from_secs(3);

/// Frames of one connection. A newcomer to a room of 12 sends 11 offers and up to 20 candidates
/// each, and again if an attempt fails: some 500 within a second. After that it is quiet.
pub const CONNECTION_FRAMES: RateLimit = RateLimit { burst: 600, per_second: 100 };

/// Bytes of one connection: the burst above at 3 KiB a frame, and its steady rate at the same.
pub const CONNECTION_BYTES: RateLimit = RateLimit { burst: 2 * 1024 * 1024, per_second: 300_000 };

/// Joins of one connection. All its topics may be announced twice in a row, then the refreshes
/// (32 in 40 s) with room for as many searches by a member who is alone.
pub const CONNECTION_JOINS: RateLimit = RateLimit { burst: 64, per_second: 4 };

/// Frames beyond the limits that are answered with a refusal before the connection is closed. Who
/// sends twice what is allowed hears of each frame lost; a flood is over after 600.
pub const CONNECTION_REFUSALS: RateLimit = RateLimit { burst: 600, per_second: 100 };

/// Frames of one address: what 20 newcomers at once need, or 20 busy connections.
pub const ADDRESS_FRAMES: RateLimit = RateLimit { burst: 12_000, per_second: 2_000 };

/// Bytes of one address, in the same proportion.
pub const ADDRESS_BYTES: RateLimit = RateLimit { burst: 40 * 1024 * 1024, per_second: 6_000_000 };

/// Joins of one address: all its connections come back after a restart with four topics each, and
/// refresh them every 40 s.
pub const ADDRESS_JOINS: RateLimit = RateLimit { burst: 2_048, per_second: 128 };

/// Connections opened from one address: all of them at once after a restart, then one in 60 ms.
pub const ADDRESS_OPENS: RateLimit = RateLimit { burst: 512, per_second: 16 };

/// At a shutdown the clients are told to come back after this much...
pub const SHUTDOWN_RETRY: Duration = Duration::from_secs(1);

/// ...and up to this much later, each at a time of its own, so that they do not come all at once.
pub const SHUTDOWN_RETRY_SPREAD: Duration = Duration::from_secs(4);

/// Connections that are not WebSockets (yet): pages being loaded and handshakes. Together with
/// [`CONNECTIONS_MAX`] they stay under 20,000 open files.
pub const HTTP_MAX: usize = 2_048;

/// The same, from one address: a browser opens six, and a class opens its browsers at once.
pub const HTTP_PER_ADDRESS_MAX: usize = 256;

/// Addresses' worth of those from one IPv6 /48 network. Four of these at least fill the server.
pub const HTTP_ADDRESSES_PER_NETWORK_MAX: usize = 2;

/// WebSockets of one address beside those of its clients: of those that are told why they are not
/// let in, and of those that are being closed. They are gone within [`CLOSE_DEADLINE`].
pub const CLOSING_PER_ADDRESS_MAX: usize = 64;

/// Time for the head of a request to come in, and for a kept connection to send another.
pub const REQUEST_DEADLINE: Duration = Duration::from_secs(10);

/// Life of a connection that does not become a WebSocket: 1 MiB at 10 KiB/s.
pub const HTTP_DEADLINE: Duration = Duration::from_secs(120);

/// Largest head of a request; browsers send under 2 KiB, with large cookies 8 KiB.
pub const REQUEST_HEAD_BYTES: usize = 16 * 1024;

/// Header fields of a request; browsers send about 20.
pub const REQUEST_HEADERS_MAX: usize = 64;

/// Time for a client to take its `Bye` and to close: two round trips and a lost packet.
pub const CLOSE_DEADLINE: Duration = Duration::from_secs(2);

/// What a client that was told `Bye` may still have on its way; it is thrown away unread. The
/// buffers of both sides hold about as much.
pub const CLOSE_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Time for all clients to be gone at a shutdown. Service managers kill after 10 s or more.
pub const SHUTDOWN_DEADLINE: Duration = Duration::from_secs(5);

/// Bytes read from a WebSocket at once: some ten frames. They are on the stack of whoever reads.
pub const READ_BYTES: usize = 16 * 1024;

/// Frames taken from one client before others get their turn.
pub const READ_BATCH_FRAMES: usize = 32;

/// Bytes written to one client before the hub is told that they are gone.
pub const WRITE_BATCH_BYTES: usize = 64 * 1024;

/// Relays in all. Each is a socket and a task; with [`CONNECTIONS_MAX`] and [`HTTP_MAX`] they stay
/// under 20,000 open files.
pub const TURN_ALLOCATIONS_MAX: usize = 1_024;

/// Relays of one client: a link needs one for each way to the server, and 12 links are kept.
pub const TURN_ALLOCATIONS_PER_CLIENT_MAX: usize = 36;

/// Relays of one address: a class behind one, with a few links each.
pub const TURN_ALLOCATIONS_PER_ADDRESS_MAX: usize = 256;

/// Relays of one IPv6 /48 network: half of all, so that no subscriber takes every one.
pub const TURN_ALLOCATIONS_PER_NETWORK_MAX: usize = 512;

/// Peers that one relay talks with at a time: an agent tries every candidate of the other side.
pub const TURN_PERMISSIONS_MAX: usize = 64;

/// Peers that one request names. Browsers name one; each takes a look at the addresses of this
/// machine and at the permissions there are.
pub const TURN_PEERS_PER_REQUEST_MAX: usize = 8;

/// Attributes of one message: the peers, what signs a request, and as much again. Anybody may send
/// one, so more are not even read.
pub const TURN_ATTRIBUTES_MAX: usize = 24;

/// How often the addresses of this machine are listed: one that is added is no secret, and few are.
pub const TURN_ADDRESSES_LISTED: Duration = Duration::from_secs(60);

/// Bytes that one relay passes on, both directions together: a fast line for a while, then what a
/// small server can give to each of some dozens.
pub const TURN_RELAY_BYTES: RateLimit =
    RateLimit { burst: 16 * 1024 * 1024, per_second: 4 * 1024 * 1024 };

/// Bytes that all relays pass on: half of a line of 1 Gbit/s.
pub const TURN_RELAYS_BYTES: RateLimit =
    RateLimit { burst: 128 * 1024 * 1024, per_second: 64 * 1024 * 1024 };

/// Answers for those who have no relay; as many again for those of them who have shown a nonce,
/// which nobody does from a forged address. A page that loads asks twice; an answer is five times
/// as long as its question, so forgers get 5 Mbit/s out of it at most.
pub const TURN_STRANGERS: RateLimit = RateLimit { burst: 20_000, per_second: 5_000 };

/// The same, for one address: a class behind one, all of whose pages load at once.
pub const TURN_STRANGERS_OF_ADDRESS: RateLimit = RateLimit { burst: 2_000, per_second: 500 };

/// The same, for one IPv6 /48 network: four of these at least take it all.
pub const TURN_STRANGERS_OF_NETWORK: RateLimit = RateLimit { burst: 5_000, per_second: 1_250 };

/// Places of each table that counts them. Who floods takes some allowance from one address in as
/// many, and a table is under 100 KiB.
pub const TURN_STRANGER_PLACES: usize = 4_096;

/// Requests of the client of one relay: an agent asks once for every candidate of the other side,
/// and then for all of them again every few minutes.
pub const TURN_REQUESTS: RateLimit = RateLimit { burst: 256, per_second: 32 };

/// What a packet counts at least, however few bytes it has: to send one costs as much.
pub const TURN_PACKET_COST: usize = 256;

/// The longest packet that is relayed or read: browsers send 1,200 bytes and a little.
pub const TURN_PACKET_BYTES: usize = 2_048;

/// Packets that wait for one client over TCP; more are dropped, as a network would.
pub const TURN_STREAM_PACKETS: usize = 256;

/// Silence of a client over TCP after which it is gone. It refreshes its relay every 10 minutes.
pub const TURN_STREAM_IDLE: Duration = Duration::from_secs(900);

/// How exactly relays end.
pub const TURN_CLOCK: Duration = Duration::from_secs(2);

/// Ports that are tried for a relay.
pub const TURN_PORT_TRIES: usize = 32;

/// How long credentials for relays are good, unless the operator says otherwise.
pub const TURN_LIFETIME: Duration = Duration::from_secs(3_600);

/// Sizes of files of pages that are compressed in memory. A smaller one fits into a packet as it
/// is; for a larger one its first reader would wait some 6 s.
pub const PACKED_FILE_BYTES: RangeInclusive<u64> = 1_024..=8 * 1024 * 1024;

/// Bytes of compressed pages that are kept: those of a hundred applications of the size of ours.
pub const PACKED_BYTES_MAX: usize = 32 * 1024 * 1024;
