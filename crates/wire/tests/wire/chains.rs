//! What makes somebody a member, and what does not.

use lacis_wire::codec::{self, decode, encode};
use lacis_wire::credential::{Chain, ChainError, Credential, InvitationUse};
use lacis_wire::{CredentialId, DecodeError, EndId, GroupId, Millis, Roles, limits};
use proptest::prelude::*;

use crate::group_arbitrary;
use crate::group_samples::{
    self as sample, FOUNDER, INVITER, KEEPER, MEMBER, NOW, ROOT, by_founder, credential, founder,
    group, key, peer,
};

pub(crate) fn refused(links: impl Into<Vec<Credential>>) -> ChainError {
    Chain(links.into()).verify(&group()).expect_err("the chain is wrong")
}

/// Founder, and what the founder gives to the member with one thing changed.
pub(crate) fn second(change: impl FnOnce(&mut Credential)) -> [Credential; 2] {
    [founder(), by_founder(change)]
}

/// The chain of somebody with these roles that gives those to the member.
fn pair(giver: Roles, gives: Roles) -> [Credential; 3] {
    let giver = credential(Some(&founder()), FOUNDER, INVITER, giver);
    let given = credential(Some(&giver), INVITER, MEMBER, gives);
    [founder(), giver, given]
}

#[test]
fn each_thing_wrong_with_a_chain_has_its_error() {
    assert_eq!(refused([]), ChainError::Empty);
    assert_eq!(refused(second(|it| it.group = GroupId([9; 32]))), ChainError::WrongGroup);
    let first = credential(None, FOUNDER, MEMBER, Roles::MEMBER);
    assert_eq!(refused([first]), ChainError::BrokenLink);
    let stranger = credential(Some(&founder()), INVITER, MEMBER, Roles::MEMBER);
    assert_eq!(refused([founder(), stranger]), ChainError::BrokenLink);
    assert_eq!(refused(second(|it| it.subject = peer(FOUNDER))), ChainError::Circular);
    assert_eq!(refused(second(|it| it.subject = peer(ROOT))), ChainError::Circular);
    let inviter = credential(Some(&founder()), FOUNDER, INVITER, Roles::INVITER);
    let around = credential(Some(&inviter), INVITER, FOUNDER, Roles::MEMBER);
    assert_eq!(refused([founder(), inviter, around]), ChainError::Circular);
    let gives = pair(Roles::MEMBER, Roles::MEMBER);
    assert_eq!(refused(gives), ChainError::NotAllowed);
    let never = second(|it| (it.not_before, it.not_after) = (NOW, NOW));
    assert_eq!(refused(never), ChainError::OutlivesIssuer);
    let mut unsigned = second(|_| ());
    unsigned[1].signature[0] ^= 1;
    assert_eq!(refused(unsigned), ChainError::Signature);
    assert!(Chain(second(|_| ()).into()).verify(&group()).is_ok());
}

#[test]
fn a_credential_names_the_one_by_which_it_was_given() {
    assert_eq!(refused(second(|it| it.parent = None)), ChainError::BrokenLink);
    let other = second(|it| it.parent = Some(CredentialId([7; 16])));
    assert_eq!(refused(other), ChainError::BrokenLink);
    // The issuer has two: what it gave by one does not hold by the other.
    let older = Credential { serial: 7, ..founder() }.signed(&key(ROOT));
    assert_ne!(older.id(), founder().id());
    let mut moved = second(|_| ());
    moved[0] = older.clone();
    assert_eq!(refused(moved), ChainError::BrokenLink);
    let by_older = credential(Some(&older), FOUNDER, MEMBER, Roles::MEMBER);
    assert!(Chain(vec![older, by_older]).verify(&group()).is_ok());
    // The root key gives by nothing.
    let odd = Credential { parent: Some(founder().id()), ..founder() }.signed(&key(ROOT));
    assert_eq!(refused([odd]), ChainError::BrokenLink);
}

#[test]
fn a_credential_is_named_by_all_of_it() {
    let member = sample::member();
    let digest = blake3::hash(&encode(&member));
    assert_eq!(member.id().0[..], digest.as_bytes()[..16]);
    let mut changed = member.clone();
    changed.signature[63] ^= 1;
    assert_ne!(changed.id(), member.id());
}

#[test]
fn nobody_gives_more_than_it_may() {
    for giver in Roles::ALL {
        for gives in Roles::ALL {
            let fine = giver == Roles::ADMIN
                || giver == Roles::INVITER && [Roles::INVITER, Roles::MEMBER].contains(&gives);
            let verified = Chain(pair(giver, gives).into()).verify(&group()).map(|leaf| leaf.roles);
            let expected = if fine { Ok(gives) } else { Err(ChainError::NotAllowed) };
            assert_eq!(verified, expected, "{giver:?} gives {gives:?}");
        }
    }
    // What is no step of the ladder, from somebody who may give all.
    for bits in [0_u8, 2, 4, 5, 6, 9, 11, 15, 16, 255] {
        let odd = codec::read(&encode(&bits)).expect("any bits");
        assert_eq!(refused(second(|it| it.roles = odd)), ChainError::NotAllowed, "{bits}");
    }
}

#[test]
fn nobody_gives_for_longer_than_it_has() {
    let spans = |from: u64, until: u64| {
        let mut inviter = credential(Some(&founder()), FOUNDER, INVITER, Roles::INVITER);
        (inviter.not_before, inviter.not_after) = (NOW, Millis(NOW.0 + 100));
        let inviter = inviter.signed(&key(FOUNDER));
        let mut member = credential(Some(&inviter), INVITER, MEMBER, Roles::MEMBER);
        (member.not_before, member.not_after) = (Millis(from), Millis(until));
        [founder(), inviter, member.signed(&key(INVITER))]
    };
    let whole = spans(NOW.0, NOW.0 + 100);
    assert!(Chain(whole.clone().into()).verify(&group()).is_ok());
    assert_eq!(refused(spans(NOW.0 - 1, NOW.0 + 100)), ChainError::OutlivesIssuer);
    assert_eq!(refused(spans(NOW.0, NOW.0 + 101)), ChainError::OutlivesIssuer);
    assert_eq!(refused(spans(NOW.0, u64::MAX)), ChainError::OutlivesIssuer);
    let valid = |at: u64| whole[2].valid_at(Millis(at));
    assert!(valid(NOW.0) && valid(NOW.0 + 99));
    assert!(!valid(NOW.0 - 1) && !valid(NOW.0 + 100) && !valid(u64::MAX));
    assert!(founder().valid_at(Millis(0)) && founder().valid_at(Millis::MAX));
}

#[test]
fn an_admin_has_no_dates() {
    let admin = |from: u64, until: u64| {
        second(|it| {
            it.roles = Roles::ADMIN;
            (it.not_before, it.not_after) = (Millis(from), Millis(until));
        })
    };
    assert!(Chain(admin(0, u64::MAX).into()).verify(&group()).is_ok());
    for (from, until) in [(1, u64::MAX), (0, u64::MAX - 1), (NOW.0, NOW.0 + 1)] {
        assert_eq!(refused(admin(from, until)), ChainError::OutlivesIssuer);
        let bytes = encode(&admin(from, until)[1]);
        assert_eq!(decode::<Credential>(&bytes), Err(DecodeError::Limit("not_after")));
    }
    // Of the first one too, which the root key gives.
    let dated = Credential { not_before: Millis(1), ..founder() }.signed(&key(ROOT));
    assert_eq!(refused([dated]), ChainError::OutlivesIssuer);
}

#[test]
fn only_admins_let_in_again() {
    let ends = sample::ends();
    let again = by_founder(|it| it.lifts.clone_from(&ends));
    assert!(ends.iter().all(|end| again.lifts(end)) && !again.lifts(&EndId([7; 16])));
    assert!(Chain(vec![founder(), again]).verify(&group()).is_ok());
    let by = |roles| {
        let [founder, giver, mut given] = pair(roles, Roles::MEMBER);
        given.lifts.clone_from(&ends);
        [founder, giver, given.signed(&key(INVITER))]
    };
    assert_eq!(refused(by(Roles::INVITER)), ChainError::NotAllowed);
    assert!(Chain(by(Roles::ADMIN).into()).verify(&group()).is_ok());
    // The root key may all.
    let first = Credential { lifts: ends, ..founder() }.signed(&key(ROOT));
    assert!(Chain(vec![first]).verify(&group()).is_ok());
}

#[test]
fn an_invitation_is_named_by_those_who_had_it() {
    let link = &sample::invitation_links()[0].1;
    let came_by = |used| second(|it| it.invitation = Some(used));
    let used = sample::invitation_use();
    assert_eq!(used.key, sample::open_invitations()[0].1.key);
    assert!(used.verify(&group(), &peer(MEMBER)));
    assert!(Chain(came_by(used.clone()).into()).verify(&group()).is_ok());
    // Proven of somebody else, or for another group, or with another key.
    for other in [
        InvitationUse::prove(&link.key(), &group(), &peer(KEEPER)),
        InvitationUse::prove(&link.key(), &GroupId([7; 32]), &peer(MEMBER)),
        InvitationUse { key: peer(KEEPER), ..used.clone() },
        InvitationUse { proof: [7; 64], ..used },
    ] {
        assert!(!other.verify(&group(), &peer(MEMBER)));
        assert_eq!(refused(came_by(other)), ChainError::Signature);
    }
}

#[test]
fn signatures_of_credentials_that_are_known_are_not_asked_for_again() {
    let mut chain = sample::member_chain();
    let ids: Vec<CredentialId> = chain.0.iter().map(Credential::id).collect();
    assert!(chain.verify_but(&group(), |id| ids.contains(id)).is_ok());
    // What names a credential covers its signature: a changed one is not known.
    chain.0[2].signature[0] ^= 1;
    let changed = chain.verify_but(&group(), |id| ids.contains(id));
    assert_eq!(changed, Err(ChainError::Signature));
    assert!(chain.verify_but(&group(), |_| true).is_ok());
    // What is known is still judged in every other way.
    let gives = Chain(pair(Roles::MEMBER, Roles::MEMBER).into());
    assert_eq!(gives.verify_but(&group(), |_| true), Err(ChainError::NotAllowed));
}

#[test]
fn a_chain_of_24_is_good_and_one_of_25_is_not() {
    let mut chain = Chain(vec![credential(None, ROOT, 0x20, Roles::ADMIN)]);
    for at in 0x21..0x20 + 24 {
        let next = credential(chain.leaf(), at - 1, at, Roles::ADMIN);
        chain = chain.extended(next).expect("room");
    }
    assert_eq!(chain.0.len(), limits::CHAIN_MAX);
    assert_eq!(chain.verify(&group()).ok(), chain.leaf());
    assert_eq!(decode::<Chain>(&encode(&chain)).as_ref(), Ok(&chain));
    let next = credential(chain.leaf(), 0x20 + 23, 0x20 + 24, Roles::ADMIN);
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
