//! What a liar says of records that are not its own to change.

use super::Liar;
use super::drafts::lasting_for_ever;
use lacis_wire::codec::encode;
use lacis_wire::group::GroupFrame;
use lacis_wire::proof::peer_id;
use lacis_wire::record::{Header, RecordType};
use lacis_wire::system::{GROUP, GroupProperties, KEY, MEMBER, REVOCATION};
use lacis_wire::{Millis, PeerId};

impl Liar {
    /// A record of another with something changed, under the old signature or our own.
    pub(super) fn with_another_header(&mut self) -> Vec<GroupFrame> {
        let Some((mut header, mut body)) = self.some_record() else { return Vec::new() };
        let true_name = header.name();
        let what = self.random.below(7);
        match what {
            0 => header.expires = Millis(header.expires.0.saturating_sub(1_000)),
            1 => header.version += 1 + self.random.below(1_000),
            2 => {
                header.flags |= Header::DELETED;
                header.key = None;
                header.expires = header.latest;
                body.clear();
                header.set_body(&body);
            }
            3 => header.kind = RecordType::new("other").expect("a type"),
            4 => header.modified = Millis(header.modified.0.saturating_sub(5_000)),
            5 => header.creator = peer_id(&self.key),
            _ => {
                body = b"mine".to_vec();
                header.set_body(&body);
            }
        }
        let me = peer_id(&self.key);
        let is_own = header.creator == me || header.kind.as_str() == MEMBER;
        if self.random.chance(500) && !is_own {
            header.modifier = Some(me);
            header.version = header.version.max(2);
            header.modified =
                header.modified.max(Header::modified_min(header.created, header.version));
            header.credential = Some(self.own_credential());
            header.sign(&self.group, &self.key.clone());
            if self.standing.borrow().is_admin() && ![3, 5].contains(&what) {
                // An admin may change what others wrote.
                return vec![GroupFrame::Record { header, body }];
            }
        }
        if header.name() != true_name {
            self.note(&header);
        }
        vec![GroupFrame::Record { header, body }]
    }

    /// The signed header of a record with something else, or nothing, in it.
    pub(super) fn with_another_body(&mut self) -> Vec<GroupFrame> {
        let Some((header, mut body)) = self.some_record() else { return Vec::new() };
        match body.first_mut() {
            Some(byte) if self.random.chance(600) => *byte ^= 1,
            _ => body.clear(),
        }
        vec![GroupFrame::Record { header, body }]
    }

    pub(super) fn out_of_time(&mut self) -> GroupFrame {
        let me = peer_id(&self.key);
        let mut header = self.draft("note", me, b"sealed");
        // From tomorrow, and from the end of time.
        let tomorrow = self.now().0 + 86_400_000;
        let at = if self.random.chance(500) { tomorrow } else { u64::MAX - 10 };
        (header.created, header.modified) = (Millis(at), Millis(at));
        header.expires = Millis(at.saturating_add(3_600_000)).max(header.expires);
        header.latest = header.expires;
        header.id = header.born_as();
        let key = self.key.clone();
        self.forged(header, b"sealed".to_vec(), &key)
    }

    pub(super) fn beyond_its_credential(&mut self) -> GroupFrame {
        let me = peer_id(&self.key);
        let mut header = self.draft("note", me, b"sealed");
        lasting_for_ever(&mut header);
        let key = self.key.clone();
        if self.standing.borrow().is_admin() {
            header.version = u64::MAX;
            header.modifier = Some(me);
        }
        self.forged(header, b"sealed".to_vec(), &key)
    }

    pub(super) fn what_only_admins_say(&mut self) -> GroupFrame {
        let (me, victim) = (peer_id(&self.key), self.victim());
        let (kind, body) = match self.random.below(4) {
            0 => (REVOCATION, encode(&self.revocation(victim))),
            1 => (REVOCATION, encode(&self.revocation(me))),
            2 => (KEY, encode(&self.key_part())),
            _ => {
                let properties = GroupProperties {
                    name: "Mine".into(),
                    comment: String::new(),
                    presence_lifetime: 1,
                    flags: 0,
                    member_lifetime: 1,
                    budget_records: 1,
                    budget_bytes: 1,
                };
                (GROUP, encode(&properties))
            }
        };
        let creator = if self.random.chance(500) { me } else { PeerId(*self.group.as_bytes()) };
        let mut header = self.draft(kind, creator, &body);
        if kind != GROUP || self.random.chance(500) {
            lasting_for_ever(&mut header);
        }
        let key = self.key.clone();
        self.forged(header, body, &key)
    }
}
