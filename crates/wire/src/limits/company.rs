//! Limits that a node sets itself for large rooms, and for what nodes say of themselves.

use core::time::Duration;

/// Links that a node keeps once things are calm. A room of so many others is linked fully.
pub const NEIGHBORS_MAX: usize = 8;

/// Links that a node looks for in a larger room. Others look for as many, so it has twice that on
/// average; a graph with three of each at random is connected already, but for one in millions.
pub const NEIGHBORS: usize = 4;

/// After the last new link, links above [`NEIGHBORS_MAX`] are kept this long: who comes in between
/// finds everybody at rest sooner.
pub const CALM: Duration = Duration::from_secs(10);

/// One after the other is ended in such intervals: whoever loses one looks for another.
pub const TRIM_INTERVAL: Duration = Duration::from_millis(500);

/// An attempt that takes longer no longer counts as a link to come, and another is made beside it.
/// Half of what a first one may take: where machines are busy, more attempts would not be faster.
pub const ATTEMPT_FRESH: Duration = Duration::from_secs(4);

/// A member of a large room tells this often that it is there.
pub const HERE_INTERVAL: Duration = Duration::from_secs(60);

/// Whoever comes tells this soon for the second time that it is there: when it did for the first
/// time, few may have been linked with it.
pub const HERE_AGAIN: Duration = Duration::from_secs(10);

/// A member of a large room that was not heard of for so long is gone: three times it said nothing.
pub const HERE_LIFE: Duration = Duration::from_secs(190);

/// A member with whom a link was looked for is not sought again for so long.
pub const SEEK_REST: Duration = Duration::from_secs(20);

/// Members of a large room that link with somebody on another island of it whom a server names, on
/// average, if it names that one to all.
pub const BRIDGES: usize = 8;

/// Members of whom a new neighbor is told at once; of others it hears within [`HERE_INTERVAL`].
pub const GREETED_MEMBERS: usize = 64;

/// Members of one large room that a node knows of, three hundred bytes each. Of more it knows some,
/// at random.
pub const COMPANY_MAX: usize = 256;

/// Those members with the lowest node ids tell all that they are there; of others some are told. In
/// a room of no more everybody knows everybody, and how far apart these ids are tells how many are
/// in a larger one.
pub const SHOWN_MAX: usize = 48;

/// Links over which it goes, one after the other, that one of the others is there.
pub const WALK_MAX: u8 = 6;

/// Members of one room of which is known what was heard of them, in rows by chance: 256 KiB.
pub const ORIGINS_MAX: usize = 4096;

/// Of them, nodes of one identity: whoever makes up more pushes out its own.
pub const ORIGINS_PER_PEER: usize = 16;

/// A node that knows more others in a room than this has its words travel over a tree of links.
pub const FLOODED_MAX: usize = 12;

/// One in so many of those who are there is told with its name, so that trees of links are mended
/// while nobody speaks: those whose number is a multiple of it.
pub const NAMED_HERE: u64 = 8;

/// Words told in a room lately that are kept for neighbors who turn out to lack them.
pub const WORDS_KEPT: usize = 2048;

/// Bytes of those.
pub const WORDS_KEPT_BYTES: usize = 512 * 1024;

/// Words of which neighbors told the names, and that are asked for, in one room.
pub const WORDS_WANTED_MAX: usize = 2048;

/// Of them, those whose names one neighbor told first.
pub const WORDS_WANTED_OF_ONE: usize = WORDS_WANTED_MAX / 4;

/// Names of a neighbor that has not sent what it named are not heeded for so long.
pub const NAMES_REST: Duration = Duration::from_secs(60);

/// What a node says of itself is sent no more often: a cursor that moves so looks smooth.
pub const PRESENCE_SPACING: Duration = Duration::from_millis(40);

/// Of newcomers without a link, those who come within this are told together what this node says of
/// itself, and not by everybody at once.
pub const PRESENCE_NEWCOMERS: Duration = Duration::from_secs(1);

/// For how long what a node says of itself holds, where no founder of a group says otherwise. It is
/// said again after a third of that.
pub const PRESENCE_LIFETIME: Duration = Duration::from_secs(30);

/// The shortest time for which it holds, whatever a founder says.
pub const PRESENCE_LIFETIME_MIN: Duration = Duration::from_secs(5);

/// The longest one; nobody is believed for longer.
pub const PRESENCE_LIFETIME_MAX: Duration = Duration::from_secs(600);

/// Over a link that does not carry new versions of records or words, their names follow after this:
/// until then they come over another one, unless that is lost.
pub const ANNOUNCE_AFTER: Duration = Duration::from_millis(250);

/// Who was told that others have no place for it asks a server again who is there, for the first
/// time after this.
pub const ASK_AGAIN_MIN: Duration = Duration::from_secs(1);

/// For how long whoever has found the first member of a group has its words passed on: until then
/// it knows how many are there.
pub const NEWCOMER_TIME: Duration = Duration::from_secs(10);

/// Neighbors to whom a node hands a setup message of its own, where no server takes it.
pub const CARRY_COPIES: usize = 3;

/// Setup messages of others that are taken from one neighbor within [`CARRY_TIME`]: those of two
/// dozen links, each of an offer and some candidates.
pub const CARRY_MAX: u32 = 240;

/// Attempts under way that answer offers which members have handed over: anybody among them can
/// make up as many as they like. Half of these may have come by one neighbor.
pub const CARRIED_ATTEMPTS: usize = 4;

/// See [`CARRY_MAX`].
pub const CARRY_TIME: Duration = Duration::from_secs(60);

/// Nodes of which is remembered through which neighbor they were heard of last.
pub const PATHS_MAX: usize = 256;

/// Words of somebody in a group's room who is not known to be a member yet, that are kept, a
/// quarter of them of one neighbor. As many wait for others before them.
pub const HELD_GOSSIP_MAX: usize = COMPANY_MAX;

/// Bytes of those.
pub const HELD_GOSSIP_BYTES: usize = 256 * 1024;

/// For how long they are kept: what makes somebody a member travels the same ways.
pub const HELD_GOSSIP_LIFE: Duration = Duration::from_secs(20);

/// For how long words wait at most for others of the same origin that were told before: those are
/// asked of two neighbors in that time.
pub const AHEAD_LIFE: Duration = Duration::from_secs(6);

/// How far the time that an origin signs may be from that of whoever hears it from others: clocks
/// of people are wrong by as much, mostly because of time zones. What was said yesterday is not
/// heard as new.
pub const GOSSIP_SPREAD: Duration = Duration::from_secs(6 * 60 * 60);

/// What an origin told earlier than what was heard of it last, and comes so much later, is not
/// heard any more: over no way does it take so long.
pub const GOSSIP_LATE: Duration = Duration::from_secs(10 * 60);

/// That somebody is there holds for so long at least, whatever age others say that it has: until
/// then it has come over a way on which nobody lies.
pub const HERE_LEAST: Duration = Duration::from_secs(10);

/// Pairs of neighbors for whom a node passes on what they say to each other, and links of its own
/// that it has over neighbors. A pair has at most two windows in its buffers: 2 MiB in all.
pub const RELAYS_MAX: usize = 8;

/// After so many attempts that found no path, one over a neighbor is made. A path that is only slow
/// is found beside that: what looks for it goes on, and may take twice the time.
pub const RELAY_AFTER: u32 = 1;

/// A link over a neighbor that nobody needs ends after this.
pub const RELAY_IDLE: Duration = Duration::from_secs(60);

/// A pair that has said nothing for so long gives up its place: its ends ask each other six times
/// in that time whether they are there.
pub const RELAY_SILENCE: Duration = Duration::from_secs(60);

/// The first wait before a direct path is looked for again beside a link over a neighbor; twice as
/// long after each time.
pub const DIRECT_AGAIN_MIN: Duration = Duration::from_secs(5);

/// The longest such wait: paths that open, open when a network changes, and that is noticed.
pub const DIRECT_AGAIN_MAX: Duration = Duration::from_secs(600);
