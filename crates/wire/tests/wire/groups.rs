//! What members of a group must not be able to do to each other, and others to them.

use std::cmp::Ordering;

use lacis_wire::card::{Card, CardError};
use lacis_wire::codec::{self, Frame, decode, encode};
use lacis_wire::credential::{Chain, ChainError, Credential};
use lacis_wire::invitation::{Invitation, InvitationError, OpenInvitation};
use lacis_wire::keys::{EpochKeys, KeyError};
use lacis_wire::record::Header;
use lacis_wire::{DecodeError, GroupId, Millis, PeerId, Roles, limits};
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::group_arbitrary;
use crate::group_samples::{
    self as sample, FOUNDER, INVITER, KEEPER, MEMBER, NOW, ROOT, credential, group, key, peer,
};

pub(crate) fn refused(links: impl Into<Vec<Credential>>) -> ChainError {
    Chain(links.into()).verify(&group()).expect_err("the chain is wrong")
}

/// Founder, and what the founder gives to others, each with a different part of it changed.
pub(crate) fn second(change: impl FnOnce(&mut Credential)) -> Vec<Credential> {
    let mut second = credential(FOUNDER, MEMBER, Roles::MEMBER);
    change(&mut second);
    let second = second.signed(&key(FOUNDER));
    vec![credential(ROOT, FOUNDER, Roles::FOUNDER), second]
}

#[test]
fn each_thing_wrong_with_a_chain_has_its_error() {
    assert_eq!(refused([]), ChainError::Empty);
    let elsewhere = second(|it| it.group = GroupId([9; 32]));
    assert_eq!(refused(elsewhere), ChainError::WrongGroup);
    let founder = || credential(ROOT, FOUNDER, Roles::FOUNDER);
    assert_eq!(refused([credential(FOUNDER, MEMBER, Roles::MEMBER)]), ChainError::BrokenLink);
    let stranger = [founder(), credential(INVITER, MEMBER, Roles::MEMBER)];
    assert_eq!(refused(stranger), ChainError::BrokenLink);
    assert_eq!(refused(second(|it| it.subject = peer(FOUNDER))), ChainError::Circular);
    assert_eq!(refused(second(|it| it.subject = peer(ROOT))), ChainError::Circular);
    let around = [
        founder(),
        credential(FOUNDER, INVITER, Roles::INVITER),
        credential(INVITER, FOUNDER, Roles::MEMBER),
    ];
    assert_eq!(refused(around), ChainError::Circular);
    let earlier = second(|it| it.not_before = Millis(NOW.0 - 1_001));
    assert_eq!(refused(earlier), ChainError::OutlivesIssuer);
    assert_eq!(refused(second(|it| it.not_after = it.not_before)), ChainError::OutlivesIssuer);
    let mut unsigned = second(|_| ());
    unsigned[1].signature[0] ^= 1;
    assert_eq!(refused(unsigned), ChainError::Signature);
    assert!(Chain(second(|_| ())).verify(&group()).is_ok());
}

#[test]
fn nobody_gives_more_than_it_may() {
    for (giver, gives, fine) in [
        (Roles::ADMIN, Roles::FOUNDER, true),
        (Roles::ADMIN, Roles::KEEPER, true),
        (Roles::INVITER, Roles::INVITER.with(Roles::MEMBER), true),
        (Roles::INVITER, Roles::ADMIN, false),
        (Roles::INVITER, Roles::ADMIN.with(Roles::MEMBER), false),
        (Roles::INVITER, Roles::KEEPER, false),
        (Roles::MEMBER, Roles::MEMBER, false),
        (Roles::KEEPER, Roles::KEEPER, false),
        (Roles::KEEPER, Roles::MEMBER, false),
    ] {
        let links = vec![credential(ROOT, INVITER, giver), credential(INVITER, MEMBER, gives)];
        let verified = Chain(links).verify(&group()).map(|leaf| leaf.roles);
        let expected = if fine { Ok(gives) } else { Err(ChainError::NotAllowed) };
        assert_eq!(verified, expected, "{giver:?} gives {gives:?}");
    }
    // Sets of roles that there are not, from somebody who may give all.
    for bits in [0, 9, 15, 16, 255] {
        let odd = codec::read(&minicbor::to_vec(bits).expect("memory")).expect("any bits");
        assert_eq!(refused(second(|it| it.roles = odd)), ChainError::NotAllowed);
    }
}

#[test]
fn nobody_gives_for_longer_than_it_has() {
    let until = |at: u64| {
        let mut founder = credential(ROOT, FOUNDER, Roles::FOUNDER);
        founder.not_after = Millis(NOW.0 + 100);
        let mut member = credential(FOUNDER, MEMBER, Roles::MEMBER);
        member.not_after = Millis(at);
        [founder.signed(&key(ROOT)), member.signed(&key(FOUNDER))]
    };
    assert!(Chain(until(NOW.0 + 100).into()).verify(&group()).is_ok());
    assert_eq!(refused(until(NOW.0 + 101)), ChainError::OutlivesIssuer);
    assert_eq!(refused(until(u64::MAX)), ChainError::OutlivesIssuer);
    let [_, leaf] = until(NOW.0 + 100);
    let valid = |at: u64| leaf.valid_at(Millis(at));
    assert!(valid(NOW.0 - 1_000) && valid(NOW.0 + 99));
    assert!(!valid(NOW.0 - 1_001) && !valid(NOW.0 + 100) && !valid(u64::MAX));
    let endless = credential(ROOT, FOUNDER, Roles::FOUNDER);
    assert!(endless.valid_at(Millis::MAX));
}

#[test]
fn a_chain_of_24_is_good_and_one_of_25_is_not() {
    let mut chain = Chain(vec![credential(ROOT, 0x20, Roles::FOUNDER)]);
    for at in 0x21..0x20 + 24 {
        chain = chain.extended(credential(at - 1, at, Roles::FOUNDER)).expect("room");
    }
    assert_eq!(chain.0.len(), limits::CHAIN_MAX);
    assert_eq!(chain.verify(&group()).ok(), chain.leaf());
    assert_eq!(decode::<Chain>(&encode(&chain)).as_ref(), Ok(&chain));
    let next = credential(0x20 + 23, 0x20 + 24, Roles::FOUNDER);
    assert_eq!(chain.extended(next.clone()), None);
    let mut long = chain;
    long.0.push(next);
    assert_eq!(long.verify(&group()), Err(ChainError::TooLong));
    assert_eq!(decode::<Chain>(&encode(&long)), Err(DecodeError::Limit("chain")));
    assert_eq!(decode::<Chain>(&encode(&Chain(vec![]))), Err(DecodeError::Limit("chain")));
}

#[test]
fn a_chain_from_which_anything_is_taken_or_in_which_anything_is_moved_is_refused() {
    let whole = sample::member_chain().0;
    for at in 0..whole.len() - 1 {
        let mut stripped = whole.clone();
        stripped.remove(at);
        assert_eq!(refused(stripped), ChainError::BrokenLink);
        let mut moved = whole.clone();
        moved.swap(at, at + 1);
        assert_eq!(refused(moved), ChainError::BrokenLink);
        let mut doubled = whole.clone();
        doubled.insert(at, whole[at].clone());
        assert_eq!(refused(doubled), ChainError::BrokenLink);
    }
    // Without its end it is the chain of the one who gave it, and says so.
    let issuer = Chain(whole[..2].to_vec());
    assert_eq!(issuer.verify(&group()).map(|leaf| leaf.subject), Ok(peer(INVITER)));
    assert_eq!(issuer.verify(&GroupId([1; 32])), Err(ChainError::WrongGroup));
}

#[test]
fn one_flipped_bit_never_verifies() {
    let chain = sample::member_chain();
    flip(&encode(&chain), |bytes| {
        decode::<Chain>(bytes).is_ok_and(|chain| chain.verify(&group()).is_ok())
    });
    for header in sample::headers().into_iter().map(|(_, header)| header) {
        assert!(header.verify(&group()) && !header.verify(&GroupId([7; 32])));
        flip(&encode(&header), |bytes| {
            decode::<Header>(bytes).is_ok_and(|header| header.verify(&group()))
        });
    }
    let card = sample::cards().remove(0).1;
    flip(&encode(&card), |bytes| decode::<Card>(bytes).is_ok_and(|card| card.verify()));
    let open = sample::open_invitations().remove(0).1;
    flip(&encode(&open), |bytes| {
        decode::<OpenInvitation>(bytes).is_ok_and(|open| open.verify().is_ok())
    });
    let keys = sample::epoch_keys().remove(0).1;
    flip(&encode(&keys), |bytes| {
        decode::<EpochKeys>(bytes).is_ok_and(|keys| keys.open(&group(), &key(FOUNDER)).is_ok())
    });
}

/// Each bit of some bytes in turn, each of which has to matter.
fn flip(bytes: &[u8], accepted: impl Fn(&[u8]) -> bool) {
    assert!(accepted(bytes));
    for bit in 0..bytes.len() * 8 {
        let mut changed = bytes.to_vec();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(!accepted(&changed), "bit {bit} of {}", bytes.len() * 8);
    }
}

#[test]
fn a_record_is_its_authors_only() {
    let mut header = sample::header(b"body");
    header.sign(&group(), &key(FOUNDER));
    assert!(!header.verify(&group()), "signed by another");
    header.version = 2;
    header.modifier = Some(peer(FOUNDER));
    header.sign(&group(), &key(MEMBER));
    assert!(!header.verify(&group()), "signed by the creator in a modifier's name");
    header.sign(&group(), &key(FOUNDER));
    assert!(header.verify(&group()));
    assert!(header.matches_body(b"body") && !header.matches_body(b"bodY"));
    header.creator = peer(FOUNDER);
    assert_eq!(header.check(), Err(DecodeError::Limit("id")), "taken from its creator");
}

#[test]
fn epoch_keys_open_for_members_of_their_group_and_epoch_only() {
    let (_, keys) = sample::epoch_keys().remove(1);
    assert_eq!(keys.open(&group(), &key(MEMBER)), Ok(sample::epoch_key()));
    assert_eq!(keys.open(&group(), &key(KEEPER)), Err(KeyError::NotForYou));
    assert_eq!(keys.open(&GroupId([0; 32]), &key(MEMBER)), Err(KeyError::Forged));
    let later = EpochKeys { epoch: keys.epoch + 1, ..keys.clone() };
    assert_eq!(later.open(&group(), &key(MEMBER)), Err(KeyError::Forged));
    // Given to another name, and with a point that makes a secret that everybody knows.
    let mut given = keys.clone();
    given.sealed[0].enc = given.sealed[1].enc;
    given.sealed[0].ciphertext = given.sealed[1].ciphertext;
    let owner = |at: usize| {
        [FOUNDER, INVITER, MEMBER].into_iter().find(|it| peer(*it) == keys.sealed[at].subject)
    };
    let first = owner(0).expect("a member");
    assert_eq!(given.open(&group(), &key(first)), Err(KeyError::Forged));
    for enc in [[0; 32], std::array::from_fn(|at| u8::from(at == 0))] {
        given.sealed[0].enc = enc;
        assert_eq!(given.open(&group(), &key(first)), Err(KeyError::Forged));
    }
}

#[test]
fn nothing_is_sealed_to_what_is_no_good_key() {
    let mut rng = ChaCha20Rng::from_seed([1; 32]);
    let mut seal = |members: &[PeerId]| {
        EpochKeys::seal(&group(), 1, &sample::epoch_key(), members, &mut rng).map(|_| ())
    };
    let mut order_2 = [0xff; 32];
    (order_2[0], order_2[31]) = (0xec, 0x7f);
    let identity = std::array::from_fn(|at| u8::from(at == 0));
    // Of order 4, of order 2, of order 1, and no point at all.
    for bytes in [[0; 32], order_2, identity, [2; 32].map(|byte: u8| byte)] {
        let bad = PeerId(bytes);
        assert_eq!(seal(&[peer(MEMBER), bad]), Err(KeyError::BadSubject(bad)));
    }
    assert_eq!(seal(&[]), Err(KeyError::Count));
    assert_eq!(seal(&[peer(MEMBER); 2_000]), Ok(()), "one member, however often it is named");
}

#[test]
fn invitations_say_what_is_wrong_with_them() {
    let (_, good) = sample::invitations().remove(0);
    let parse = |invitation: &Invitation| Invitation::parse(&invitation.to_text());
    assert_eq!(parse(&good).as_ref(), Ok(&good));
    assert_eq!(good.for_subject(&peer(MEMBER)), Ok(()));
    assert_eq!(good.for_subject(&peer(KEEPER)), Err(InvitationError::NotForYou));
    let mut forged = good.clone();
    forged.chain.0[2].subject = peer(KEEPER);
    assert_eq!(parse(&forged), Err(InvitationError::NotTrusted));
    let time = |at| good.check_time(Millis(at));
    assert_eq!(time(NOW.0 - 1_001), Err(InvitationError::NotYetValid));
    assert_eq!(time(NOW.0), Ok(()));
    assert_eq!(time(u64::MAX), Ok(()));

    let text = good.to_text();
    assert_eq!(Invitation::parse(&format!("https://a.example/#{text} ")), Ok(good));
    for (text, error) in [
        (sample::cards()[0].1.to_text(), InvitationError::Unknown),
        (sample::open_invitations()[0].1.to_text(), InvitationError::Unknown),
        (text.replacen("li1", "li2", 1), InvitationError::Version),
        (text[..text.len() - 1].to_owned(), InvitationError::Damaged),
        (format!("li1{}", "a".repeat(limits::INVITATION_CHARS + 1)), InvitationError::Damaged),
    ] {
        assert_eq!(Invitation::parse(&text), Err(error));
    }
}

#[test]
fn open_invitations_hold_only_what_their_issuer_may_promise() {
    let (_, good) = sample::open_invitations().remove(0);
    let parse = |change: &dyn Fn(&mut OpenInvitation), seed| {
        let mut changed = good.clone();
        change(&mut changed);
        let signed = changed.signed(&key(seed));
        OpenInvitation::parse(&signed.to_text()).map(|_| ())
    };
    let untrusted = Err(InvitationError::NotTrusted);
    assert_eq!(parse(&|_| (), INVITER), Ok(()));
    assert_eq!(parse(&|_| (), FOUNDER), untrusted, "signed by another");
    assert_eq!(parse(&|it| it.roles = Roles::ADMIN, INVITER), untrusted);
    assert_eq!(parse(&|it| it.group = GroupId([3; 32]), INVITER), untrusted);
    assert_eq!(parse(&|it| it.chain = sample::member_chain(), MEMBER), untrusted);
    let brief = |it: &mut OpenInvitation| {
        let mut leaf = it.chain.0[1].clone();
        leaf.not_after = Millis(it.not_after.0 - 1);
        it.chain.0[1] = leaf.signed(&key(FOUNDER));
    };
    assert_eq!(parse(&brief, INVITER), untrusted, "ends before the invitation");
    assert_eq!(good.check_time(Millis(NOW.0 - 1_001)), Err(InvitationError::NotYetValid));
    assert_eq!(good.check_time(Millis(good.not_after.0 - 1)), Ok(()));
    assert_eq!(good.check_time(good.not_after), Err(InvitationError::Expired));
}

#[test]
fn a_card_is_its_owners() {
    let mut card = sample::cards().remove(0).1;
    card.name = "Bob".into();
    assert_eq!(Card::parse(&card.to_text()), Err(CardError::NotTrusted));
    assert_eq!(Card::parse("lc2"), Err(CardError::Version));
    assert_eq!(Card::parse("lc1"), Err(CardError::Damaged));
    assert_eq!(Card::parse("lr1"), Err(CardError::Unknown));
}

/// Headers that differ in few ways, so that every step of the order decides sometimes.
fn copy() -> impl Strategy<Value = Header> {
    (1..3_u64, prop::option::of(0..3_u8), 0..3_u64, 0..3_u8).prop_map(
        |(version, modifier, modified, signature)| Header {
            version,
            modifier: modifier.map(|byte| PeerId([byte; 32])),
            modified: Millis(modified),
            signature: [signature; 64],
            ..sample::header(b"")
        },
    )
}

fn ordered_by_the_rule(a: &Header, b: &Header) -> Ordering {
    if a.version != b.version {
        return a.version.cmp(&b.version);
    }
    match (a.modifier, b.modifier) {
        (Some(_), None) => return Ordering::Greater,
        (None, Some(_)) => return Ordering::Less,
        (Some(a), Some(b)) if a != b => return a.0.cmp(&b.0),
        _ => {}
    }
    let digest = |it: &Header| blake3::hash(&encode(it)).as_bytes()[..16].to_vec();
    let rest = |it: &Header| (it.modified.0, digest(it));
    rest(a).cmp(&rest(b))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn which_copy_wins_is_a_total_order(a in copy(), b in copy(), c in copy()) {
        prop_assert_eq!(a.rank().cmp(&b.rank()), ordered_by_the_rule(&a, &b));
        prop_assert_eq!(a.rank() == b.rank(), a == b);
        if a.rank() <= b.rank() && b.rank() <= c.rank() {
            prop_assert!(a.rank() <= c.rank());
        }
    }

}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn noise_is_no_signature(
        chain in group_arbitrary::chain(),
        header in group_arbitrary::header(),
    ) {
        prop_assert!(chain.verify(&chain.0[0].group).is_err());
        prop_assert!(!header.verify(&group()));
    }
}
