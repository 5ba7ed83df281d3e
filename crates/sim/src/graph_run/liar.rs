//! What a member who lies, or somebody who is none, says on its links.

mod dated_back;
mod drafts;
mod evil;
mod forgeries;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use lacis_core::LinkId;
use lacis_wire::codec::{decode, encode};
use lacis_wire::credential::Chain;
use lacis_wire::group::{Bucket, GivenKey, GroupFrame};
use lacis_wire::keys::EpochKey;
use lacis_wire::link::Channel;
use lacis_wire::link::LinkFrame;
use lacis_wire::proof::{IdentityKey, peer_id, signing_key};
use lacis_wire::record::{CopyName, Header};
use lacis_wire::{GroupId, KeyName, Millis, PeerId, Roles, RoomTag};

use super::noise;
use crate::random::Random;
use crate::saboteur::{Outgoing, Saboteur};

/// What all liars of a run know and have said.
#[derive(Debug, Default)]
pub(super) struct Lies {
    /// The copies that nobody may take.
    pub(super) forged: BTreeSet<CopyName>,
    pub(super) told: u64,
}

/// What one who lies has the right to now, as the run knows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standing {
    /// What it was given; nothing, if it never was a member.
    pub(super) roles: Option<Roles>,
    /// When its membership was taken back, and by any honest clock that is past.
    pub(super) revoked: Option<Millis>,
    /// When its membership ended by date, and by any honest clock that is past.
    pub(super) expired: Option<Millis>,
    /// Whether it lies at all, yet.
    pub(super) is_quiet: bool,
}

impl Standing {
    /// What it may do now.
    pub(super) fn now(&self) -> Option<Roles> {
        self.roles.filter(|_| self.revoked.is_none() && self.expired.is_none())
    }

    /// Whether it is an admin now.
    pub(super) fn is_admin(&self) -> bool {
        self.now().is_some_and(Roles::may_change_others)
    }
}

/// One who lies.
#[derive(Debug)]
pub(super) struct Liar {
    pub(super) group: GroupId,
    pub(super) key: IdentityKey,
    /// The honest ones.
    pub(super) victims: Vec<PeerId>,
    pub(super) wall: Rc<RefCell<Millis>>,
    pub(super) standing: Rc<RefCell<Standing>>,
    pub(super) random: Random,
    pub(super) lies: Rc<RefCell<Lies>>,
    /// Frames that passed, to be said again.
    heard: Vec<Vec<u8>>,
    /// The records among them.
    records: Vec<(Header, Vec<u8>)>,
    pub(super) chain: Option<Chain>,
    /// What it may still say before the clock moves, and what the clock showed. What its own node
    /// answers passes here too: without a bound a lie would breed lies.
    budget: (u32, Millis),
    parts: BTreeMap<(LinkId, Channel), Vec<u8>>,
}

/// Lies that one tells in one step of a run.
const LIES_MAX: u32 = 40;

/// Frames kept to be said again.
const HEARD_MAX: usize = 200;

impl Liar {
    pub(super) fn new(
        group: GroupId,
        key: IdentityKey,
        victims: Vec<PeerId>,
        random: Random,
        (lies, standing): (Rc<RefCell<Lies>>, Rc<RefCell<Standing>>),
    ) -> Self {
        Self {
            group,
            key,
            victims,
            wall: Rc::new(RefCell::new(Millis(0))),
            standing,
            random,
            lies,
            heard: Vec::new(),
            records: Vec::new(),
            chain: None,
            budget: (LIES_MAX, Millis(0)),
            parts: BTreeMap::new(),
        }
    }

    pub(super) fn saboteur(mut self) -> Saboteur {
        Saboteur::new(move |outgoing| self.change(&outgoing))
    }

    fn change(&mut self, outgoing: &Outgoing<'_>) -> Vec<(Channel, Vec<u8>)> {
        let same = (outgoing.channel, outgoing.bytes.to_vec());
        let Ok(LinkFrame::Group { room, more, data }) = decode::<LinkFrame<'_>>(outgoing.bytes)
        else {
            return vec![same];
        };
        let parts = self.parts.entry((outgoing.link, outgoing.channel)).or_default();
        parts.extend_from_slice(data);
        if more {
            // Between the parts of one frame another would be read as one of them.
            return vec![same];
        }
        let frame = std::mem::take(parts);
        self.hear(frame);
        let mut said = vec![self.own_frame(room, same)];
        if self.budget.1 != self.now() {
            self.budget = (LIES_MAX, self.now());
        }
        let lies = if self.random.chance(400) { 1 + self.random.below(3) as u32 } else { 0 };
        for _ in 0..lies.min(self.budget.0) {
            self.budget.0 -= 1;
            let lies = self.lie();
            said.extend(lies.iter().flat_map(|lie| cut(room, outgoing.channel, lie)));
        }
        said
    }

    fn hear(&mut self, frame: Vec<u8>) {
        match decode::<GroupFrame>(&frame) {
            Ok(GroupFrame::Enter { chain: Some(chain), .. }) => self.chain = Some(chain),
            Ok(GroupFrame::Record { header, body }) => self.records.push((header, body)),
            _ => {}
        }
        if self.heard.len() < HEARD_MAX {
            self.heard.push(frame);
        } else {
            let at = self.random.index(HEARD_MAX);
            self.heard[at] = frame;
        }
    }

    pub(super) fn now(&self) -> Millis {
        *self.wall.borrow()
    }

    /// One lie, or several that belong together.
    fn lie(&mut self) -> Vec<Vec<u8>> {
        let standing = *self.standing.borrow();
        if standing.is_quiet {
            return Vec::new();
        }
        self.lies.borrow_mut().told += 1;
        let frames = match self.random.below(32) {
            _ if standing.revoked.is_some() && self.random.chance(600) => self.dated_back(),
            16..=29 => self.evil(),
            30 | 31 => self.again_frames(),
            0 => vec![self.in_the_name_of_another()],
            1 | 2 => self.with_another_header(),
            3 => self.with_another_body(),
            4 => vec![self.out_of_time()],
            5 => vec![self.beyond_its_credential()],
            6 | 7 if !standing.is_admin() => vec![self.what_only_admins_say()],
            8..=10 => vec![self.false_membership()],
            11 => self.of_strangers(),
            12 => return self.noise(),
            13 => self.flood(),
            14 => self.after_revocation(),
            _ => return self.again(),
        };
        frames.iter().map(encode).collect()
    }

    /// Said once more, in another order.
    fn again(&mut self) -> Vec<Vec<u8>> {
        let count = self.random.index(6);
        (0..count).filter_map(|_| self.random.pick(&self.heard).cloned()).collect()
    }

    /// Records said once more, the newest first.
    fn again_frames(&mut self) -> Vec<GroupFrame> {
        let count = self.random.index(12);
        let mut records: Vec<_> = (0..count).filter_map(|_| self.some_record()).collect();
        records.sort_by_key(|(header, _)| std::cmp::Reverse(header.modified));
        records.into_iter().map(|(header, body)| GroupFrame::Record { header, body }).collect()
    }

    /// What its own node says, or something else in its place: a neighbour that serves what is
    /// old, or nothing.
    fn own_frame(&mut self, room: RoomTag, same: (Channel, Vec<u8>)) -> (Channel, Vec<u8>) {
        let is_quiet = self.standing.borrow().is_quiet;
        if is_quiet || !self.random.chance(120) {
            return same;
        }
        let Some(said) = self.heard.last() else { return same };
        let Ok(GroupFrame::Record { header, .. }) = decode::<GroupFrame>(said) else { return same };
        let older = self.records.iter().find(|(known, _)| known.id == header.id);
        let instead = match older {
            Some((older, body)) if older.version < header.version => {
                GroupFrame::Record { header: older.clone(), body: body.clone() }
            }
            _ => GroupFrame::Missing { names: Vec::new() },
        };
        cut(room, same.0, &encode(&instead)).into_iter().next().unwrap_or(same)
    }

    fn in_the_name_of_another(&mut self) -> GroupFrame {
        let victim = self.victim();
        let header = self.draft("note", victim, b"sealed");
        let key = self.key.clone();
        self.forged(header, b"sealed".to_vec(), &key)
    }

    /// Chains that make nobody a member: of another root, circular, too long, without a link,
    /// beyond the rights of the issuer, expired.
    fn false_membership(&mut self) -> GroupFrame {
        let me = peer_id(&self.key);
        let own = self.chain.clone().unwrap_or(Chain(Vec::new()));
        let other = signing_key(&self.random.bytes());
        let mut chain = own;
        // That it gave something is true whatever became of it since.
        let roles = self.standing.borrow().roles;
        let gives = roles.is_some_and(Roles::may_invite);
        let is_admin = roles.is_some_and(Roles::may_change_others);
        let what = self.random.below(7);
        match what {
            0 => {
                chain.0.clear();
                self.lengthen(&mut chain, &other, me, Roles::ADMIN);
            }
            1 => self.lengthen(&mut chain, &self.key, peer_id(&other), Roles::ADMIN),
            2 => {
                self.lengthen(&mut chain, &self.key, peer_id(&other), Roles::ADMIN);
                self.lengthen(&mut chain, &other, me, Roles::ADMIN);
            }
            3 => {
                let mut issuer = self.key.clone();
                for _ in 0..30 {
                    let next = signing_key(&self.random.bytes());
                    self.lengthen(&mut chain, &issuer, peer_id(&next), Roles::ADMIN);
                    issuer = next;
                }
            }
            4 => chain = Chain(chain.0.into_iter().skip(1).collect()),
            5 => {
                if let Some(leaf) = chain.0.last_mut() {
                    leaf.roles = Roles::ADMIN;
                    leaf.not_after = Millis::MAX;
                }
            }
            _ => {
                self.lengthen(&mut chain, &self.key, peer_id(&other), Roles::MEMBER);
                if let Some(leaf) = chain.0.last_mut() {
                    leaf.not_after = Millis(1);
                    *leaf = leaf.clone().signed(&self.key);
                }
            }
        }
        if self.random.chance(300) {
            return noise::enter(&mut self.random, Some(chain));
        }
        let (mut header, body) = self.shown(&chain, me);
        let key = self.key.clone();
        // Some of these are true of whoever has the right to give them.
        if (is_admin && [1, 5].contains(&what)) || (gives && what == 6) {
            header.sign(&self.group, &key);
            return GroupFrame::Record { header, body };
        }
        self.forged(header, body, &key)
    }

    /// Many records by people of whom nobody has heard.
    fn of_strangers(&mut self) -> Vec<GroupFrame> {
        let count = 1 + self.random.index(30);
        let mut frames = Vec::new();
        for _ in 0..count {
            let key = signing_key(&self.random.bytes());
            let header = self.draft("note", peer_id(&key), b"sealed");
            frames.push(self.forged(header, b"sealed".to_vec(), &key));
        }
        frames
    }

    fn noise(&mut self) -> Vec<Vec<u8>> {
        let length = 1 + self.random.index(3_000);
        let mut bytes: Vec<u8> = (0..length).map(|_| self.random.below(256) as u8).collect();
        if let (Some(heard), true) =
            (self.random.pick(&self.heard).cloned(), self.random.chance(500))
        {
            bytes.clone_from(&heard);
            let at = self.random.index(bytes.len().max(1));
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << self.random.below(8);
            }
        }
        if let Ok(GroupFrame::Record { header, .. }) = decode::<GroupFrame>(&bytes)
            && !header.verify(&self.group)
            && !self.knows(&header)
        {
            self.note(&header);
        }
        vec![bytes]
    }

    /// Whether a true record has the same name.
    fn knows(&self, header: &Header) -> bool {
        self.records.iter().any(|(known, _)| known.id == header.id && known.name() == header.name())
    }

    /// What costs the other side memory or work.
    fn flood(&mut self) -> Vec<GroupFrame> {
        let names: Vec<u8> = (0..32 * 1_024).map(|_| self.random.below(256) as u8).collect();
        let bucket = self.random.below(33) as u8;
        let count = 1 + self.random.index(20);
        let one = match self.random.below(11) {
            0 => GroupFrame::Have { names },
            1 => GroupFrame::Want { names },
            2 => GroupFrame::Missing { names },
            3 => GroupFrame::Query { bucket, message: vec![0x61, 0, 0, 2, 0] },
            4 => GroupFrame::Reply { bucket, message: names },
            5 => {
                let fingerprint = self.random.bytes();
                let buckets = (0..33).map(|number| Bucket { number, count: 9, fingerprint });
                GroupFrame::Summary { buckets: buckets.collect() }
            }
            6 => {
                let any = |random: &mut Random| GivenKey {
                    name: KeyName(random.bytes()),
                    key: EpochKey(random.bytes()),
                };
                let keys = (0..200).map(|_| any(&mut self.random)).collect();
                GroupFrame::Keys { keys, meetings: Vec::new() }
            }
            7 => {
                let names = names[..32 * self.random.index(33)].to_vec();
                GroupFrame::Told { unasked: names }
            }
            8 => noise::sketch(&mut self.random, &self.group, &names),
            9 => {
                let fingerprint = self.random.bytes();
                GroupFrame::More { fingerprint, from: self.random.below(300) as u16 }
            }
            _ => noise::enter(&mut self.random, self.chain.clone()),
        };
        vec![one; count]
    }

    /// Goes on writing as a member although it is none, or none any more.
    fn after_revocation(&mut self) -> Vec<GroupFrame> {
        if self.standing.borrow().now().is_some_and(Roles::may_write) {
            return Vec::new();
        }
        let header = self.draft("note", peer_id(&self.key), b"sealed");
        let key = self.key.clone();
        vec![self.forged(header, b"sealed".to_vec(), &key)]
    }
}

/// A frame in parts that pass every browser.
pub(super) fn cut(room: RoomTag, channel: Channel, frame: &[u8]) -> Vec<(Channel, Vec<u8>)> {
    let pieces = frame.len().div_ceil(8_192);
    let parts = frame.chunks(8_192).enumerate();
    let part = |(at, data)| {
        let frame = LinkFrame::Group { room, more: at + 1 < pieces, data };
        (channel, encode(&frame))
    };
    parts.map(part).collect()
}
