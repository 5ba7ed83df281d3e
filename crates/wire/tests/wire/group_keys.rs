//! Keys of groups: who can open them, what promises them, and what they are called.

use lacis_wire::codec::Frame;
use lacis_wire::keys::{EpochKey, KeyError, KeyPart, Meeting, SealedKey};
use lacis_wire::room::MeetingKey;
use lacis_wire::{GroupId, KeyName, NodeId, PeerId};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::group_samples::{self as sample, FOUNDER, INVITER, KEEPER, MEMBER, group, key, peer};

/// The first part, with keys for the founder, the inviter and the keeper.
fn part() -> KeyPart {
    sample::key_parts().remove(0).1
}

#[test]
fn a_key_opens_for_those_to_whom_it_is_sealed_in_its_group_and_of_its_author_only() {
    let (part, author) = (part(), peer(FOUNDER));
    for seed in [FOUNDER, INVITER] {
        assert_eq!(part.open(&group(), &author, &key(seed)), Ok(sample::epoch_key()));
    }
    for seed in [MEMBER, KEEPER] {
        assert_eq!(part.open(&group(), &author, &key(seed)), Err(KeyError::NotForYou));
    }
    let elsewhere = part.open(&GroupId([0; 32]), &author, &key(INVITER));
    assert_eq!(elsewhere, Err(KeyError::Forged));
    // Published by another in its own name.
    let copied = part.open(&group(), &peer(MEMBER), &key(INVITER));
    assert_eq!(copied, Err(KeyError::Forged));
    let second = sample::key_parts().remove(1).1;
    assert_eq!(second.open(&group(), &author, &key(MEMBER)), Ok(sample::epoch_key()));
}

#[test]
fn a_keeper_opens_where_members_meet_and_nothing_else() {
    let (part, author) = (part(), peer(FOUNDER));
    let opened = part.open_meeting(&group(), &author, &key(KEEPER)).expect("sealed to it");
    assert_eq!(opened, sample::epoch_key().meeting_key());
    assert_ne!(opened, sample::epoch_key());
    assert!(!part.promises(&group(), &opened), "it is not the key of the bodies");
    assert_eq!(Meeting::open(&opened, &part.meeting), Some(sample::meeting()));
    assert_eq!(part.open_meeting(&group(), &author, &key(INVITER)), Err(KeyError::NotForYou));
    // Who has the key of the bodies has that of the meeting too.
    let key = part.open(&group(), &author, &key(INVITER)).expect("sealed to it");
    assert_eq!(Meeting::open(&key.meeting_key(), &part.meeting), Some(sample::meeting()));
}

#[test]
fn an_author_that_seals_different_keys_is_found_out() {
    let (mut part, author) = (part(), peer(FOUNDER));
    let name = part.name(&group(), &author);
    let mut rng = ChaCha20Rng::from_seed([1; 32]);
    let mut seal = |subject, key: &EpochKey| {
        SealedKey::seal(&group(), &name, key, peer(subject), &mut rng).expect("a member")
    };
    let other = EpochKey([9; 32]);
    let at = |sealed: &[SealedKey], seed| {
        sealed.iter().position(|it| it.subject == peer(seed)).expect("sealed to it")
    };
    let inviter = at(&part.sealed, INVITER);
    part.sealed[inviter] = seal(INVITER, &other);
    part.keepers[0] = seal(KEEPER, &other.meeting_key());
    assert_eq!(part.open(&group(), &author, &key(INVITER)), Err(KeyError::Forged));
    assert_eq!(part.open_meeting(&group(), &author, &key(KEEPER)), Err(KeyError::Forged));
    assert_eq!(part.open(&group(), &author, &key(FOUNDER)), Ok(sample::epoch_key()));
}

#[test]
fn a_commitment_is_to_one_key_in_one_group_and_record() {
    let (key, nonce) = (sample::epoch_key(), [7; 16]);
    let commitment = key.commitment(&group(), &nonce);
    assert_ne!(EpochKey([0; 32]).commitment(&group(), &nonce), commitment);
    assert_ne!(key.commitment(&GroupId([0; 32]), &nonce), commitment);
    assert_ne!(key.commitment(&group(), &[8; 16]), commitment);
    let part = part();
    assert!(part.promises(&group(), &key));
    assert!(!part.promises(&group(), &EpochKey([0; 32])));
    assert!(!part.promises(&GroupId([0; 32]), &key));
    let changed = KeyPart { nonce: [8; 16], ..part };
    assert!(!changed.promises(&group(), &key));
}

#[test]
fn all_parts_have_one_name_and_nothing_else_has_it() {
    let author = peer(FOUNDER);
    let name = |part: &KeyPart| part.name(&group(), &author);
    let [first, second] = [part(), sample::key_parts().remove(1).1];
    assert_eq!(name(&first), name(&second));
    let changes: [fn(&mut KeyPart); 4] = [
        |it| it.nonce[0] ^= 1,
        |it| it.commitment[0] ^= 1,
        |it| it.meeting[0] ^= 1,
        |it| it.parts += 1,
    ];
    for change in changes {
        let mut changed = first.clone();
        change(&mut changed);
        assert_ne!(name(&changed), name(&first), "{changed:?}");
    }
    assert_ne!(first.name(&GroupId([0; 32]), &author), name(&first));
    assert_ne!(first.name(&group(), &peer(MEMBER)), name(&first));
}

#[test]
fn where_members_meet_opens_unchanged_and_with_its_key_only() {
    let key = sample::epoch_key().meeting_key();
    let sealed = sample::meeting().seal(&key, [5; 24]);
    assert_eq!(Meeting::open(&key, &sealed), Some(sample::meeting()));
    assert_eq!(Meeting::open(&sample::epoch_key(), &sealed), None);
    for at in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        assert_eq!(Meeting::open(&key, &changed), None, "{at}");
        assert_eq!(Meeting::open(&key, &sealed[..at]), None, "cut at {at}");
    }
}

#[test]
fn topic_and_door_have_nothing_in_common() {
    let Meeting { topic, door } = sample::meeting();
    assert_ne!(topic.keys(), door.keys());
    assert_ne!(topic.keys().topic, door.keys().topic);
    let (transcript, node) = ([0; 32], NodeId([1; 16]));
    assert_ne!(topic.keys().tag(&transcript, node), door.keys().tag(&transcript, node));
    // Nor with a room of the same secret.
    let room = lacis_wire::room::RoomLink { secret: [3; 16], servers: vec![] };
    assert_ne!(room.keys().topic, MeetingKey([3; 16]).keys().topic);
}

#[test]
fn a_sealed_key_is_no_good_for_another_member_or_key_or_with_a_point_that_everybody_knows() {
    let (part, author) = (part(), peer(FOUNDER));
    let owner = |at: usize| {
        let seeds = [FOUNDER, INVITER];
        seeds.into_iter().find(|it| peer(*it) == part.sealed[at].subject).expect("a member")
    };
    // Given to another name.
    let mut given = part.clone();
    given.sealed[0].enc = given.sealed[1].enc;
    given.sealed[0].ciphertext = given.sealed[1].ciphertext;
    assert_eq!(given.open(&group(), &author, &key(owner(0))), Err(KeyError::Forged));
    for enc in [[0; 32], std::array::from_fn(|at| u8::from(at == 0))] {
        given.sealed[0].enc = enc;
        assert_eq!(given.open(&group(), &author, &key(owner(0))), Err(KeyError::Forged));
    }
    let another = KeyName([7; 16]);
    let opened = part.sealed[0].open(&group(), &another, &key(owner(0)));
    assert_eq!(opened, Err(KeyError::Forged));
}

#[test]
fn nothing_is_sealed_to_what_is_no_good_key() {
    let mut rng = ChaCha20Rng::from_seed([1; 32]);
    let name = sample::key_name();
    let mut order_2 = [0xff; 32];
    (order_2[0], order_2[31]) = (0xec, 0x7f);
    let identity = std::array::from_fn(|at| u8::from(at == 0));
    // Of order 4, of order 2, of order 1, and no point at all.
    for bytes in [[0; 32], order_2, identity, [2; 32].map(|byte: u8| byte)] {
        let bad = PeerId(bytes);
        let sealed = SealedKey::seal(&group(), &name, &sample::epoch_key(), bad, &mut rng);
        assert_eq!(sealed, Err(KeyError::BadSubject(bad)));
    }
}

#[test]
fn no_bit_of_a_sealed_key_can_be_changed() {
    let part = sample::key_parts().remove(1).1;
    let opens = |part: &KeyPart| part.open(&group(), &peer(FOUNDER), &key(MEMBER)).is_ok();
    assert!(opens(&part) && part.check().is_ok());
    for bit in 0..(32 + 48) * 8_usize {
        let mut changed = part.clone();
        let (byte, mask) = (bit / 8, 1 << (bit % 8));
        match byte.checked_sub(32) {
            None => changed.sealed[0].enc[byte] ^= mask,
            Some(byte) => changed.sealed[0].ciphertext[byte] ^= mask,
        }
        assert!(!opens(&changed), "bit {bit}");
    }
}
