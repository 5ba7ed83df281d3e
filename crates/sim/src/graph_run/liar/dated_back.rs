//! What a liar says with a date from before it was shut out.

use lacis_wire::codec::encode;
use lacis_wire::credential::{Chain, Credential};
use lacis_wire::group::GroupFrame;
use lacis_wire::proof::{peer_id, signing_key};
use lacis_wire::record::Header;
use lacis_wire::system::{KEY, REVOCATION};
use lacis_wire::{KeyName, Millis, Roles};

use super::Liar;
use super::drafts::lasting_for_ever;

impl Liar {
    /// What an admin who was shut out says with a date from before, when it had the right to.
    pub(super) fn dated_back(&mut self) -> Vec<GroupFrame> {
        let (key, me, victim) = (self.key.clone(), peer_id(&self.key), self.victim());
        let Some(chain) = self.chain.clone() else { return Vec::new() };
        // Some time since it was let in; all its own clock says is later than it was shut out.
        let at = Millis(self.now().0.saturating_sub(900_000 + self.random.below(600_000)));
        let (kind, body) = match self.random.below(6) {
            0 => ("note", b"sealed".to_vec()),
            1 => (REVOCATION, encode(&self.revocation(victim))),
            2 => (KEY, encode(&self.key_part())),
            3 => return self.changed_and_dated_back(at),
            4 => return self.brought_in_too_late(&chain),
            _ => return self.covers_dated_back(at),
        };
        let mut header = self.draft(kind, me, &body);
        header.created = at;
        header.modified = at;
        if kind != "note" {
            lasting_for_ever(&mut header);
        }
        header.id = header.born_as();
        vec![self.forged(header, body, &key)]
    }

    /// Somebody it brought in, it says, who writes now.
    fn brought_in_too_late(&mut self, chain: &Chain) -> Vec<GroupFrame> {
        let other = signing_key(&self.random.bytes());
        let mut longer = chain.clone();
        self.lengthen(&mut longer, &self.key, peer_id(&other), Roles::ADMIN);
        let (mut shown, body) = self.shown(&longer, peer_id(&other));
        shown.sign(&self.group, &other);
        let mut note = self.draft("note", peer_id(&other), b"sealed");
        note.credential = longer.leaf().map(Credential::id);
        let note = self.forged(note, b"sealed".to_vec(), &other);
        // That it shows its chain is no forgery: it says who gave it, and makes nobody a member.
        vec![GroupFrame::Record { header: shown, body }, note]
    }

    /// A record of another, changed as admins may.
    fn changed_and_dated_back(&mut self, at: Millis) -> Vec<GroupFrame> {
        let Some((mut header, _)) = self.some_record() else { return Vec::new() };
        if header.kind.is_system() || header.created > at {
            return Vec::new();
        }
        header.modifier = Some(peer_id(&self.key));
        header.version += 1_000;
        header.modified = at;
        header.modified = header.modified.max(Header::modified_min(header.created, header.version));
        header.credential = Some(self.own_credential());
        header.flags = 0;
        header.key = Some(KeyName([1; 16]));
        header.expires = header.latest;
        header.set_body(b"mine");
        let key = self.key.clone();
        vec![self.forged(header, b"mine".to_vec(), &key)]
    }
}
