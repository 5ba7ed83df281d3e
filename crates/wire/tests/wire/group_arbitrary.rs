//! Strategies for valid values of the formats of groups and records. Signatures are noise: a frame
//! is decoded before anybody asks who signed it.

use lacis_wire::body::{Attribute, Body, Value};
use lacis_wire::card::Card;
use lacis_wire::credential::{Chain, Credential};
use lacis_wire::invitation::{Invitation, OpenInvitation};
use lacis_wire::keys::{EpochKeys, SealedKey};
use lacis_wire::proof::{peer_id, signing_key};
use lacis_wire::record::{Header, RecordType};
use lacis_wire::room::RendezvousKey;
use lacis_wire::system::{GroupProperties, Kept, Revocation, Scope};
use lacis_wire::{GroupId, Millis, PeerId, RecordId, Roles, limits};
use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;

use crate::arbitrary::payload;

fn peer() -> impl Strategy<Value = PeerId> {
    any::<[u8; 32]>().prop_map(PeerId)
}

fn group() -> impl Strategy<Value = GroupId> {
    any::<[u8; 32]>().prop_map(GroupId)
}

fn millis() -> impl Strategy<Value = Millis> {
    prop_oneof![3 => any::<u64>().prop_map(Millis), 1 => Just(Millis::MAX)]
}

fn roles() -> impl Strategy<Value = Roles> {
    (1_u8..=8).prop_map(|bits| Roles::from_bits(bits).expect("valid"))
}

fn name() -> impl Strategy<Value = String> {
    "\\PC{0,60}".prop_filter("control characters", |name| !name.chars().any(char::is_control))
}

fn servers() -> impl Strategy<Value = Vec<String>> {
    vec("wss?://[!-~]{1,120}", 0..=limits::ROOM_LINK_SERVERS_MAX)
}

pub(crate) fn credential() -> impl Strategy<Value = Credential> {
    let times = (0..u64::MAX).prop_flat_map(|from| (Just(from), from + 1..=u64::MAX));
    (group(), peer(), roles(), times, any::<u64>(), peer(), any::<[u8; 64]>()).prop_map(
        |(group, subject, roles, (from, until), serial, issuer, signature)| Credential {
            group,
            subject,
            roles,
            not_before: Millis(from),
            not_after: Millis(until),
            serial,
            issuer,
            signature,
        },
    )
}

pub(crate) fn chain() -> impl Strategy<Value = Chain> {
    vec(credential(), 1..=limits::CHAIN_MAX).prop_map(Chain)
}

pub(crate) fn header() -> impl Strategy<Value = Header> {
    let times = vec(any::<u64>(), 3).prop_map(|mut times| {
        times.sort_unstable();
        times
    });
    let kind = prop_oneof!["(lacis\\.)?[a-z0-9.-]{1,58}"];
    let most = u32::try_from(limits::RECORD_BYTES).expect("small");
    let body = (option::weighted(0.8, (1_u32.., 0..=most)), any::<[u8; 32]>());
    let version = prop_oneof![Just((1, None)), (2_u64.., peer()).prop_map(|(n, p)| (n, Some(p)))];
    (kind, peer(), any::<[u8; 8]>(), version, times, body, any::<[u8; 64]>()).prop_map(
        |(kind, creator, salt, (version, modifier), times, (body, hash), signature)| {
            let kind = RecordType::new(&kind).expect("a type");
            let clear = kind.is_system() || body.is_none();
            let (epoch, length) = body.unwrap_or_default();
            let mut header = Header {
                id: RecordId::derive(&creator, kind.as_str(), times[0], &salt),
                salt,
                kind,
                version,
                flags: if body.is_none() { Header::DELETED } else { 0 },
                creator,
                modifier,
                created: Millis(times[0]),
                modified: Millis(times[1]),
                expires: Millis(times[2]),
                epoch: if clear { 0 } else { epoch },
                length,
                hash,
                signature,
            };
            if body.is_none() {
                header.set_body(&[]);
            }
            header
        },
    )
}

pub(crate) fn body() -> impl Strategy<Value = Body> {
    let value = prop_oneof![
        any::<i64>().prop_map(Value::Int),
        (-300_i64..300).prop_map(Value::Int),
        millis().prop_map(Value::Date),
        "\\PC{0,200}".prop_map(Value::Text),
    ];
    let attribute =
        ("[a-zA-Z0-9]{1,40}", value).prop_map(|(name, value)| Attribute { name, value });
    let data = payload(limits::BODY_BYTES / 2).prop_map(<[u8]>::to_vec);
    (vec(attribute, 0..=limits::ATTRIBUTES_MAX), data)
        .prop_map(|(attributes, data)| Body { attributes, data })
}

pub(crate) fn epoch_keys() -> impl Strategy<Value = EpochKeys> {
    let subjects = btree_set(any::<[u8; 32]>(), 1..40);
    (1_u32.., subjects, any::<[u8; 32]>(), any::<[u8; 16]>()).prop_map(
        |(epoch, subjects, enc, third)| {
            let ciphertext = [third; 3].concat().try_into().expect("48 bytes");
            let seal = |subject| SealedKey { subject: PeerId(subject), enc, ciphertext };
            EpochKeys {
                epoch,
                sealed: subjects.into_iter().map(seal).collect(),
                commitment: [7; 32],
            }
        },
    )
}

pub(crate) fn properties() -> impl Strategy<Value = GroupProperties> {
    (name(), "[ -~\n]{0,512}", 1_u64.., any::<u32>(), 1_u64..).prop_map(
        |(name, comment, presence_lifetime, flags, member_lifetime)| GroupProperties {
            name,
            comment,
            presence_lifetime,
            flags,
            member_lifetime,
        },
    )
}

pub(crate) fn revocation() -> impl Strategy<Value = Revocation> {
    let kept = (any::<bool>(), vec(any::<[u8; 16]>(), 0..40), 0..9_u32).prop_map(
        |(is_all, mut deeds, elsewhere)| {
            deeds.sort_unstable();
            deeds.dedup();
            let scope = if is_all { Scope::All } else { Scope::Rights };
            let total = u32::try_from(deeds.len()).expect("few") + elsewhere;
            Kept { scope, total, deeds: deeds.concat() }
        },
    );
    let subject = any::<[u8; 32]>().prop_map(|seed| peer_id(&signing_key(&seed)));
    (subject, millis(), chain(), option::of(kept))
        .prop_map(|(subject, from, chain, kept)| Revocation { subject, from, chain, kept })
}

pub(crate) fn invitation() -> impl Strategy<Value = Invitation> {
    (chain(), name(), any::<[u8; 32]>(), servers()).prop_map(|(chain, name, key, servers)| {
        Invitation { chain, name, rendezvous: RendezvousKey(key), servers, keys: None }
    })
}

pub(crate) fn open_invitation() -> impl Strategy<Value = OpenInvitation> {
    let inside = (group(), any::<[u8; 32]>(), roles(), millis(), 1_u32..);
    (invitation(), inside, any::<[u8; 64]>()).prop_map(
        |(bound, (group, secret, roles, not_after, uses), signature)| OpenInvitation {
            group,
            name: bound.name,
            secret,
            chain: bound.chain,
            roles,
            not_after,
            uses,
            rendezvous: bound.rendezvous,
            servers: bound.servers,
            signature,
        },
    )
}

pub(crate) fn card() -> impl Strategy<Value = Card> {
    (peer(), name(), any::<[u8; 64]>()).prop_map(|(peer, name, signature)| Card {
        peer,
        name,
        signature,
    })
}
