//! A module that verifies signatures of records and does nothing else, compiled as the package's
//! own: `cargo xtask bench graph` loads it into a page.

use lacis_wire::proof::{IdentityKey, peer_id, signing_key};
use lacis_wire::record::{Header, RecordType};
use lacis_wire::{CredentialId, GroupId, Millis, RecordId, limits};
use wasm_bindgen::prelude::wasm_bindgen;

const GROUP: GroupId = GroupId([7; 32]);

/// Headers that were signed, by several authors in turn.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Signed(Vec<Header>);

#[wasm_bindgen]
impl Signed {
    /// Signs so many.
    #[wasm_bindgen(constructor)]
    pub fn new(count: usize, authors: u8) -> Self {
        let keys: Vec<IdentityKey> = (1..=authors).map(|it| signing_key(&[it; 32])).collect();
        let all = (0_u64..).zip(keys.iter().cycle()).take(count);
        Self(all.map(|(at, key)| signed(at, key)).collect())
    }

    /// Verifies each alone; says how many are fine.
    pub fn one_by_one(&self) -> usize {
        self.0.iter().filter(|header| header.verify(&GROUP)).count()
    }

    /// Verifies as many together as a node does; says how many are fine.
    pub fn together(&self) -> usize {
        let parts = self.0.chunks(limits::RECORDS_TOGETHER);
        let fine = parts.flat_map(|part| Header::verify_all(&GROUP, part));
        fine.filter(|is_fine| *is_fine).count()
    }
}

fn signed(at: u64, key: &IdentityKey) -> Header {
    let mut header = Header {
        format: Header::FORMAT,
        kind: RecordType::new("note").expect("it is a type"),
        id: RecordId([0; 16]),
        salt: at.to_be_bytes(),
        version: 1,
        flags: 0,
        creator: peer_id(key),
        modifier: None,
        credential: Some(CredentialId([3; 16])),
        created: Millis(1_750_000_000_000 + at),
        modified: Millis(1_750_000_000_000 + at),
        expires: Millis(1_850_000_000_000),
        latest: Millis(1_850_000_000_000),
        replaces: None,
        key: None,
        length: 0,
        hash: [0; 32],
        signature: [0; 64],
    };
    header.set_body(&at.to_be_bytes());
    header.id = header.born_as();
    header.sign(&GROUP, key);
    header
}
