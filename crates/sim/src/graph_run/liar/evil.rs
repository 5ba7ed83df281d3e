//! More that insiders say: what their rights allow and nobody wants, and what no right allows.

use lacis_wire::codec::encode;
use lacis_wire::credential::{Credential, InvitationUse};
use lacis_wire::group::GroupFrame;
use lacis_wire::keys::Cover;
use lacis_wire::proof::{peer_id, signing_key};
use lacis_wire::record::Header;
use lacis_wire::system::{BUDGET, Budget, INVITATION, KEY, OpenInvitation, REVOCATION};
use lacis_wire::{Code, EndId, Millis, PeerId, Roles};

use super::Liar;
use super::drafts::lasting_for_ever;

/// Records in one flood.
const FLOOD: usize = 40;

impl Liar {
    /// One deed of those below, or several that belong together.
    pub(super) fn evil(&mut self) -> Vec<GroupFrame> {
        match self.random.below(12) {
            0 => vec![self.huge()],
            1 => vec![self.at_the_limit()],
            2 => self.sock_puppets(),
            3 => self.lifted(),
            4 => vec![self.more_for_oneself()],
            5 => vec![self.generous_invitation()],
            6 => self.key_that_overtakes(),
            7 => self.in_place_of_another(),
            8 => self.quota_flood(),
            9 => self.strike(),
            10 => vec![self.refusal()],
            _ => vec![self.join_without_proof()],
        }
    }

    fn roles(&self) -> Option<Roles> {
        self.standing.borrow().now()
    }

    /// Something that its rights allow, if it has them now; else a forgery.
    fn said_by(&mut self, mut header: Header, body: Vec<u8>, may: bool) -> GroupFrame {
        let key = self.key.clone();
        if may {
            header.sign(&self.group, &key);
            return GroupFrame::Record { header, body };
        }
        self.forged(header, body, &key)
    }

    /// A version that nobody can have counted up to.
    fn huge(&mut self) -> GroupFrame {
        let me = peer_id(&self.key);
        let mut header = self.draft("note", me, b"sealed");
        header.version = if self.random.chance(500) { u64::MAX } else { 1 << 40 };
        header.modifier = Some(me);
        let key = self.key.clone();
        self.forged(header, b"sealed".to_vec(), &key)
    }

    /// The greatest numbers that there are.
    fn at_the_limit(&mut self) -> GroupFrame {
        let me = peer_id(&self.key);
        let mut header = self.draft("note", me, b"sealed");
        let (most, some) = (Millis(u64::MAX), Millis(self.random.number()));
        match self.random.below(3) {
            0 => (header.created, header.modified) = (most, most),
            1 => header.modified = most,
            _ => header.created = header.modified.max(some),
        }
        header.latest = most;
        header.expires = most;
        header.id = header.born_as();
        let key = self.key.clone();
        self.forged(header, b"sealed".to_vec(), &key)
    }

    /// People who do not exist, with what they write: whoever may invite may do that.
    fn sock_puppets(&mut self) -> Vec<GroupFrame> {
        let gives = self.roles().is_some_and(Roles::may_invite);
        let gave = self.standing.borrow().roles.is_some_and(Roles::may_invite);
        let Some(mut above) = self.chain.clone() else { return Vec::new() };
        let mut issuer = self.key.clone();
        let mut frames = Vec::new();
        for _ in 0..=self.random.index(6) {
            let sock = signing_key(&self.random.bytes());
            let mut chain = above.clone();
            let end = above.leaf().map_or(Millis::MAX, |leaf| leaf.not_after);
            self.lengthen(&mut chain, &issuer, peer_id(&sock), Roles::INVITER);
            if let Some(leaf) = chain.0.last_mut() {
                leaf.not_after = end;
                leaf.serial = if self.random.chance(200) { u64::MAX } else { leaf.serial };
                *leaf = leaf.clone().signed(&issuer);
            }
            // That somebody gave it is true whatever became of whoever did: it makes nobody a
            // member.
            let (mut header, body) = self.shown(&chain, peer_id(&issuer));
            if gave {
                header.sign(&self.group, &issuer);
                frames.push(GroupFrame::Record { header, body });
            } else {
                frames.push(self.forged(header, body, &issuer.clone()));
            }
            let mut note = self.draft("note", peer_id(&sock), b"sealed");
            note.credential = chain.leaf().map(Credential::id);
            if gives {
                note.sign(&self.group, &sock);
                frames.push(GroupFrame::Record { header: note, body: b"sealed".to_vec() });
            } else {
                frames.push(self.forged(note, b"sealed".to_vec(), &sock));
            }
            if self.random.chance(300) && chain.0.len() < 12 {
                (above, issuer) = (chain, sock);
            }
        }
        // Writing comes before being known, sometimes.
        if self.random.chance(400) {
            frames.reverse();
        }
        frames
    }

    /// A credential that lifts ends, by somebody who is no admin or is shut out.
    fn lifted(&mut self) -> Vec<GroupFrame> {
        let Some(chain) = self.chain.clone() else { return Vec::new() };
        if self.standing.borrow().is_admin() {
            return Vec::new();
        }
        let sock = signing_key(&self.random.bytes());
        let mut longer = chain;
        self.lengthen(&mut longer, &self.key, peer_id(&sock), Roles::MEMBER);
        let mut ends: Vec<EndId> = (0..4).map(|_| EndId(self.random.bytes())).collect();
        ends.sort_unstable();
        if let Some(leaf) = longer.0.last_mut() {
            leaf.lifts = ends;
            *leaf = leaf.clone().signed(&self.key);
        }
        let (header, body) = self.shown(&longer, peer_id(&self.key));
        let mut note = self.draft("note", peer_id(&sock), b"sealed");
        note.credential = longer.leaf().map(Credential::id);
        // Whoever was shut out may have had the right to show it: nobody becomes a member by that.
        let was_admin = self.standing.borrow().roles.is_some_and(Roles::may_change_others);
        let shown = self.said_by(header, body, was_admin);
        vec![shown, self.forged(note, b"sealed".to_vec(), &sock)]
    }

    /// A budget for oneself.
    fn more_for_oneself(&mut self) -> GroupFrame {
        let me = peer_id(&self.key);
        let body = encode(&Budget { subject: me, records: 1_000_000, bytes: 1 << 36 });
        let mut header = self.draft(BUDGET, me, &body);
        if self.standing.borrow().is_admin() {
            // An admin may; it is said by somebody who is none.
            header.creator = self.victim();
            header.id = header.born_as();
        }
        let key = self.key.clone();
        self.forged(header, body, &key)
    }

    /// An open invitation that promises more than its author may give.
    fn generous_invitation(&mut self) -> GroupFrame {
        let me = peer_id(&self.key);
        let link = signing_key(&self.random.bytes());
        let body = encode(&OpenInvitation {
            key: peer_id(&link),
            roles: Roles::ADMIN,
            not_after: Millis::MAX,
            member_for: u64::MAX,
            uses: u32::MAX,
            flags: 0,
        });
        let mut header = self.draft(INVITATION, me, &body);
        lasting_for_ever(&mut header);
        let may = self.standing.borrow().is_admin();
        self.said_by(header, body, may)
    }

    /// A key record that names an end of which nobody has heard: of an admin it shuts out whom it
    /// may shut out, of anybody else nobody.
    fn key_that_overtakes(&mut self) -> Vec<GroupFrame> {
        let (me, victim) = (peer_id(&self.key), self.victim());
        let mut part = self.key_part();
        part.covers = vec![Cover { subject: victim, end: EndId(self.random.bytes()) }];
        let body = encode(&part);
        let mut header = self.draft(KEY, me, &body);
        lasting_for_ever(&mut header);
        let may = self.standing.borrow().is_admin();
        vec![self.said_by(header, body, may)]
    }

    /// The same with a date from when it had the right to.
    pub(super) fn covers_dated_back(&mut self, at: Millis) -> Vec<GroupFrame> {
        let (me, victim) = (peer_id(&self.key), self.victim());
        let mut part = self.key_part();
        part.covers = vec![Cover { subject: victim, end: EndId(self.random.bytes()) }];
        let body = encode(&part);
        let mut header = self.draft(KEY, me, &body);
        (header.created, header.modified) = (at, at);
        lasting_for_ever(&mut header);
        let key = self.key.clone();
        vec![self.forged(header, body, &key)]
    }

    /// A record that claims to stand in the place of another one, of whomever and of any type.
    fn in_place_of_another(&mut self) -> Vec<GroupFrame> {
        let Some((old, _)) = self.some_record() else { return Vec::new() };
        let me = peer_id(&self.key);
        let mut header = self.draft("note", me, b"sealed");
        header.replaces = Some(old.id);
        header.id = header.born_as();
        let may = self.roles().is_some_and(Roles::may_write);
        vec![self.said_by(header, b"sealed".to_vec(), may)]
    }

    /// More than a budget has place for, some of it with early dates.
    fn quota_flood(&mut self) -> Vec<GroupFrame> {
        let may = self.roles().is_some_and(Roles::may_write);
        let me = peer_id(&self.key);
        let early = self.random.below(30_000);
        let mut frames = Vec::new();
        for _ in 0..FLOOD {
            let size = if self.random.chance(50) { 30_000 } else { 20 };
            let body = vec![9; size];
            let mut header = self.draft("note", me, &body);
            let at = Millis(header.created.0.saturating_sub(early));
            (header.created, header.modified) = (at, at);
            header.id = header.born_as();
            frames.push(self.said_by(header, body, may));
        }
        frames
    }

    /// Takes the membership of others back, of an admin with effect.
    fn strike(&mut self) -> Vec<GroupFrame> {
        let (me, victim) = (peer_id(&self.key), self.victim());
        let body = encode(&self.revocation(victim));
        let mut header = self.draft(REVOCATION, me, &body);
        lasting_for_ever(&mut header);
        let may = self.standing.borrow().is_admin();
        // Rare, or nothing else would happen any more.
        if may && !self.random.chance(150) {
            return Vec::new();
        }
        vec![self.said_by(header, body, may)]
    }

    fn refusal(&mut self) -> GroupFrame {
        let code = if self.random.chance(500) { Code::Revoked } else { Code::NotMember };
        GroupFrame::Refuse { code }
    }

    /// Asks to be let in by an invitation that it does not have.
    fn join_without_proof(&mut self) -> GroupFrame {
        let open = self.some_invitation();
        let key = open.unwrap_or_else(|| PeerId(self.random.bytes()));
        let mut proof = [0; 64];
        proof[..32].copy_from_slice(&self.random.bytes::<32>());
        GroupFrame::JoinRequest { invitation: InvitationUse { key, proof } }
    }

    /// The public key of an open invitation of which it has heard.
    fn some_invitation(&mut self) -> Option<PeerId> {
        let (header, body) = self.some_record()?;
        let is_one = header.kind.as_str() == INVITATION;
        let says = is_one.then(|| lacis_wire::codec::decode::<OpenInvitation>(&body).ok());
        says.flatten().map(|it| it.key)
    }
}
