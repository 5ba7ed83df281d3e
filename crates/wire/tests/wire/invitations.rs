//! Texts that bring somebody into a group or name an identity, and what ends a membership.

use lacis_wire::card::{Card, CardError};
use lacis_wire::codec::{decode, encode};
use lacis_wire::credential::Chain;
use lacis_wire::invitation::{Invitation, InvitationError, InvitationLink};
use lacis_wire::proof::peer_id;
use lacis_wire::record::Header;
use lacis_wire::room::MeetingKey;
use lacis_wire::system::Revocation;
use lacis_wire::{EndId, GroupId, Millis, limits};

use crate::group_samples::{
    self as sample, FOUNDER, INVITER, KEEPER, MEMBER, NOW, by_founder, founder, group, key, peer,
};

fn invitation() -> Invitation {
    sample::invitations().remove(0).1
}

fn link() -> InvitationLink {
    sample::invitation_links().remove(0).1
}

#[test]
fn invitations_say_what_is_wrong_with_them() {
    let good = invitation();
    let parse = |invitation: &Invitation| Invitation::parse(&invitation.to_text());
    assert_eq!(parse(&good).as_ref(), Ok(&good));
    assert_eq!(good.group(), Some(group()));
    assert_eq!(good.credential().ok(), good.chain.leaf());
    assert_eq!(good.for_subject(&peer(MEMBER)), Ok(()));
    assert_eq!(good.for_subject(&peer(KEEPER)), Err(InvitationError::NotForYou));
    let mut forged = good.clone();
    forged.chain.0[2].subject = peer(KEEPER);
    assert_eq!(parse(&forged.signed(&key(INVITER))), Err(InvitationError::NotTrusted));

    let text = good.to_text();
    assert_eq!(Invitation::parse(&format!("https://a.example/#{text} ")), Ok(good));
    for (text, error) in [
        (sample::cards()[0].1.to_text(), InvitationError::Unknown),
        (link().to_text(), InvitationError::Unknown),
        (text.replacen("li1", "li2", 1), InvitationError::Version),
        (text[..text.len() - 1].to_owned(), InvitationError::Damaged),
        (format!("li1{}", "a".repeat(limits::INVITATION_CHARS + 1)), InvitationError::Damaged),
    ] {
        assert_eq!(Invitation::parse(&text), Err(error));
    }
}

#[test]
fn an_invitation_is_good_while_its_credential_is() {
    let dated = by_founder(|it| {
        (it.not_before, it.not_after) = (NOW, Millis(NOW.0 + 100));
    });
    let dated = Invitation { chain: Chain(vec![founder(), dated]), ..invitation() };
    let time = |at| dated.check_time(Millis(at));
    assert_eq!(time(NOW.0 - 1), Err(InvitationError::NotYetValid));
    assert_eq!((time(NOW.0), time(NOW.0 + 99)), (Ok(()), Ok(())));
    assert_eq!(time(NOW.0 + 100), Err(InvitationError::Expired));
    assert_eq!(invitation().check_time(Millis(0)), Ok(()));
    assert_eq!(invitation().check_time(Millis::MAX), Ok(()));
}

#[test]
fn an_invitation_is_signed_whole_by_who_gave_the_credential() {
    let changes: [fn(&mut Invitation); 6] = [
        |it| it.name = "Bored".into(),
        |it| it.door = MeetingKey([7; 16]),
        |it| it.servers = vec!["wss://elsewhere.example".into()],
        |it| it.servers.clear(),
        |it| it.signature[0] ^= 1,
        // Another chain of the same invitee, as good by itself.
        |it| it.chain = Chain(vec![founder(), by_founder(|_| ())]),
    ];
    for change in changes {
        let mut changed = invitation();
        change(&mut changed);
        let read = Invitation::parse(&changed.to_text());
        assert_eq!(read, Err(InvitationError::NotTrusted), "{changed:?}");
        assert_eq!(changed.credential(), Err(InvitationError::NotTrusted));
    }
    for seed in [FOUNDER, MEMBER] {
        let by_another = invitation().signed(&key(seed));
        let read = Invitation::parse(&by_another.to_text());
        assert_eq!(read, Err(InvitationError::NotTrusted));
    }
}

#[test]
fn the_link_of_an_open_invitation_is_short_enough_for_every_messenger() {
    let text = link().to_text();
    assert_eq!(text.len(), 122);
    let address = format!("http://127.0.0.1:8080/#/join/chat/{text}");
    assert!(address.len() <= 180, "{} characters", address.len());
}

#[test]
fn links_say_what_is_wrong_with_them() {
    for (_, good) in sample::invitation_links() {
        let text = good.to_text();
        assert_eq!(InvitationLink::parse(&text).as_ref(), Ok(&good));
        assert_eq!(InvitationLink::parse(&text.to_uppercase()).as_ref(), Ok(&good));
        assert_eq!(InvitationLink::parse(&format!("https://a.example/#{text} ")), Ok(good));
    }
    let text = link().to_text();
    for (text, error) in [
        (invitation().to_text(), InvitationError::Unknown),
        (text.replacen("lo1", "lo2", 1), InvitationError::Version),
        (text[..text.len() - 1].to_owned(), InvitationError::Damaged),
        (format!("lo1{}", "a".repeat(limits::INVITATION_LINK_CHARS + 1)), InvitationError::Damaged),
    ] {
        assert_eq!(InvitationLink::parse(&text), Err(error));
    }
    for at in 3..text.len() {
        let mut changed = text.clone().into_bytes();
        changed[at] = if changed[at] == b'a' { b'b' } else { b'a' };
        let changed = String::from_utf8(changed).expect("ASCII");
        assert_eq!(InvitationLink::parse(&changed), Err(InvitationError::Damaged), "{changed}");
    }
}

#[test]
fn the_key_of_an_open_invitation_follows_from_its_seed_alone() {
    let elsewhere = InvitationLink {
        group: GroupId([7; 32]),
        door: MeetingKey([7; 16]),
        servers: vec!["ws://a".into()],
        ..link()
    };
    assert_eq!(peer_id(&elsewhere.key()), peer_id(&link().key()));
    let other = InvitationLink { seed: [7; 16], ..link() };
    assert_ne!(peer_id(&other.key()), peer_id(&link().key()));
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

#[test]
fn the_records_of_one_author_subject_and_number_make_one_end() {
    let of = |at: usize| sample::revocations().remove(at).1;
    let (one, more, author) = (of(0), of(1), peer(FOUNDER));
    let end = one.end(&group(), &author);
    assert_eq!(more.end(&group(), &author), end);
    assert_eq!(end, EndId::derive(&group(), &author, &one.subject, &one.nonce));
    assert_ne!(one.end(&group(), &peer(INVITER)), end, "by another author");
    assert_ne!(one.end(&GroupId([7; 32]), &author), end, "in another group");
    let subject = Revocation { subject: peer(MEMBER), ..one.clone() };
    assert_ne!(subject.end(&group(), &author), end, "of another subject");
    let number = Revocation { nonce: [7; 16], ..one };
    assert_ne!(number.end(&group(), &author), end, "with another number");
    // Whoever adds to the list of another makes no end of its own.
    let adds = of(3);
    assert_eq!(Some(adds.end(&group(), &author)), adds.adds);
    assert_eq!(adds.end(&group(), &author), adds.end(&group(), &peer(INVITER)));
}

#[test]
fn a_revocation_names_what_stands_in_it_and_nothing_else() {
    let named = sample::revocations().remove(1).1;
    assert!(named.names(&sample::member().id().0));
    assert!(named.names(&sample::headers()[0].1.name().digest));
    assert!(!named.names(&[7; 16]));
    let nothing = sample::revocations().remove(0).1;
    assert!(!nothing.names(&sample::member().id().0));
}

#[test]
fn one_flipped_bit_never_verifies() {
    let chain = sample::chains().remove(3).1;
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
    flip(&encode(&invitation()), |bytes| {
        decode::<Invitation>(bytes).is_ok_and(|invitation| invitation.credential().is_ok())
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
