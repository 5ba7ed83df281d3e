//! Strategies for valid values of the formats of groups and records. Signatures are noise: a frame
//! is decoded before anybody asks who signed it.

use lacis_wire::body::{Attribute, Body, Value};
use lacis_wire::card::Card;
use lacis_wire::code::Code;
use lacis_wire::credential::{Chain, Credential, InvitationUse};
use lacis_wire::group::{Bucket, GivenKey, GroupFrame, Holding, NAME_BYTES};
use lacis_wire::invitation::{Invitation, InvitationLink};
use lacis_wire::keys::{Cover, EpochKey, KeyPart, MEETING_BYTES, SealedKey};
use lacis_wire::proof::{peer_id, signing_key};
use lacis_wire::record::{Header, RecordType};
use lacis_wire::room::MeetingKey;
use lacis_wire::symbol::SYMBOL_BYTES;
use lacis_wire::system::{Budget, GroupProperties, OpenInvitation, Revocation, Scope, Servers};
use lacis_wire::{CredentialId, EndId, GroupId, KeyName, Millis, PeerId, RecordId, Roles, limits};
use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use crate::arbitrary::payload;

/// An id that is a key.
fn key_id() -> impl Strategy<Value = PeerId> {
    any::<[u8; 32]>().prop_map(|seed| peer_id(&signing_key(&seed)))
}

fn peer() -> impl Strategy<Value = PeerId> {
    any::<[u8; 32]>().prop_map(PeerId)
}

fn group() -> impl Strategy<Value = GroupId> {
    any::<[u8; 32]>().prop_map(GroupId)
}

fn end() -> impl Strategy<Value = EndId> {
    any::<[u8; 16]>().prop_map(EndId)
}

fn key_name() -> impl Strategy<Value = KeyName> {
    any::<[u8; 16]>().prop_map(KeyName)
}

fn meeting_key() -> impl Strategy<Value = MeetingKey> {
    any::<[u8; 16]>().prop_map(MeetingKey)
}

fn millis() -> impl Strategy<Value = Millis> {
    prop_oneof![3 => any::<u64>().prop_map(Millis), 1 => Just(Millis::MAX)]
}

fn roles() -> impl Strategy<Value = Roles> {
    select(&Roles::ALL[..])
}

fn name() -> impl Strategy<Value = String> {
    "\\PC{0,60}".prop_filter("control characters", |name| !name.chars().any(char::is_control))
}

fn servers() -> impl Strategy<Value = Vec<String>> {
    vec("wss?://[!-~]{1,120}", 0..=limits::ROOM_LINK_SERVERS_MAX)
}

fn record_type() -> impl Strategy<Value = RecordType> {
    "(lacis\\.)?[a-z0-9.-]{1,58}".prop_map(|kind| RecordType::new(&kind).expect("a type"))
}

fn invitation_use() -> impl Strategy<Value = InvitationUse> {
    (peer(), any::<[u8; 64]>()).prop_map(|(key, proof)| InvitationUse { key, proof })
}

pub(crate) fn credential() -> impl Strategy<Value = Credential> {
    let times = (0..u64::MAX).prop_flat_map(|from| (Just(from), from + 1..=u64::MAX));
    let lifts = btree_set(end(), 0..=limits::LIFTS_MAX);
    let parent = option::of(any::<[u8; 16]>().prop_map(CredentialId));
    let inside = (parent, option::of(invitation_use()), lifts);
    (group(), peer(), roles(), times, any::<u64>(), inside, peer(), any::<[u8; 64]>()).prop_map(
        |(group, subject, roles, times, serial, inside, issuer, signature)| {
            let (from, until) = if roles.may_change_others() { (0, u64::MAX) } else { times };
            let (parent, invitation, lifts) = inside;
            Credential {
                group,
                subject,
                roles,
                not_before: Millis(from),
                not_after: Millis(until),
                serial,
                parent,
                invitation,
                lifts: lifts.into_iter().collect(),
                issuer,
                signature,
            }
        },
    )
}

pub(crate) fn chain() -> impl Strategy<Value = Chain> {
    vec(credential(), 1..=limits::CHAIN_MAX).prop_map(Chain)
}

/// Times of a record, each no earlier than the one before.
fn times() -> impl Strategy<Value = [u64; 4]> {
    any::<[u64; 4]>().prop_map(|mut times| {
        times.sort_unstable();
        times
    })
}

pub(crate) fn header() -> impl Strategy<Value = Header> {
    let most = u32::try_from(limits::RECORD_BYTES).expect("small");
    let body = (option::weighted(0.8, (key_name(), 0..=most)), any::<[u8; 32]>());
    // No version is of the end of all times.
    let later = (2..=u64::MAX / 20, peer()).prop_map(|(number, by)| (number, Some(by)));
    let version = prop_oneof![Just((1, None)), later];
    let credential = option::of(any::<[u8; 16]>().prop_map(CredentialId));
    let replaces = option::of(any::<[u8; 16]>().prop_map(RecordId));
    let born = (1_u16.., record_type(), peer(), any::<[u8; 8]>(), replaces);
    (born, version, credential, times(), body, any::<[u8; 64]>()).prop_map(
        |(born, (version, modifier), credential, times, (body, hash), signature)| {
            let (format, kind, creator, salt, replaces) = born;
            let clear = kind.is_system() || body.is_none();
            let [created, modified, expires, latest] = times.map(Millis);
            let created = Millis(created.0 / 2);
            let modified = modified.max(Header::modified_min(created, version));
            let modified = modified.min(Millis(u64::MAX - 1));
            let expires = expires.max(modified);
            let (key, length) = body.unzip();
            let mut header = Header {
                format,
                id: RecordId([0; 16]),
                salt,
                kind,
                version,
                flags: if body.is_none() { Header::DELETED } else { 0 },
                creator,
                modifier,
                credential,
                created,
                modified,
                expires,
                latest: if body.is_none() { expires } else { latest.max(expires) },
                replaces,
                key: key.filter(|_| !clear),
                length: length.unwrap_or_default(),
                hash,
                signature,
            };
            header.id = header.born_as();
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

/// Keys for different members, in their order.
fn sealed(most: usize) -> impl Strategy<Value = Vec<SealedKey>> {
    let subjects = btree_set(any::<[u8; 32]>(), 0..most);
    (subjects, any::<[u8; 32]>(), any::<[u8; 16]>()).prop_map(|(subjects, enc, third)| {
        let ciphertext = [third; 3].concat().try_into().expect("48 bytes");
        let seal = |subject| SealedKey { subject: PeerId(subject), enc, ciphertext };
        subjects.into_iter().map(seal).collect()
    })
}

pub(crate) fn key_part() -> impl Strategy<Value = KeyPart> {
    let cover = (peer(), end()).prop_map(|(subject, end)| Cover { subject, end });
    let covers = btree_set(cover, 0..20).prop_map(|covers| covers.into_iter().collect());
    let parts = (1..=limits::KEY_PARTS_MAX).prop_flat_map(|parts| (0..parts, Just(parts)));
    let meeting = vec(any::<u8>(), MEETING_BYTES);
    let keys = (sealed(40), sealed(10));
    (any::<([u8; 16], [u8; 32])>(), meeting, parts, covers, keys).prop_map(
        |((nonce, commitment), meeting, (part, parts), covers, (sealed, keepers))| KeyPart {
            nonce,
            commitment,
            meeting,
            part,
            parts,
            covers,
            sealed,
            keepers,
        },
    )
}

fn budget_sizes() -> impl Strategy<Value = (u32, u64)> {
    (1..=limits::BUDGET_RECORDS_MAX, 1..=limits::BUDGET_BYTES_MAX)
}

pub(crate) fn properties() -> impl Strategy<Value = GroupProperties> {
    (name(), "[ -~\n]{0,512}", 1_u64.., any::<u32>(), 1_u64.., budget_sizes()).prop_map(
        |(name, comment, presence_lifetime, flags, member_lifetime, sizes)| GroupProperties {
            name,
            comment,
            presence_lifetime,
            flags,
            member_lifetime,
            budget_records: sizes.0,
            budget_bytes: sizes.1,
        },
    )
}

pub(crate) fn revocation() -> impl Strategy<Value = Revocation> {
    let scope = select(vec![Scope::Rights, Scope::All]);
    let actions = btree_set(any::<[u8; 16]>(), 0..40)
        .prop_map(|actions| actions.into_iter().collect::<Vec<_>>().concat());
    (key_id(), any::<[u8; 16]>(), option::of(end()), scope, actions).prop_map(
        |(subject, nonce, adds, scope, actions)| Revocation {
            subject,
            nonce,
            adds,
            scope,
            actions,
        },
    )
}

pub(crate) fn open_invitation() -> impl Strategy<Value = OpenInvitation> {
    (key_id(), roles(), millis(), 1_u64.., 1_u32.., 0..=OpenInvitation::EXACT).prop_map(
        |(key, roles, not_after, member_for, uses, flags)| {
            let member_for = if roles.may_change_others() { u64::MAX } else { member_for };
            OpenInvitation { key, roles, not_after, member_for, uses, flags }
        },
    )
}

pub(crate) fn moved() -> impl Strategy<Value = Servers> {
    let lists = (secure_servers(), secure_servers());
    lists.prop_map(|(servers, before)| Servers { servers, before })
}

fn secure_servers() -> impl Strategy<Value = Vec<String>> {
    let address = "wss://[a-z0-9.-]{1,40}(:[0-9]{1,5})?(/[!-~&&[^#\\\\]]{0,40})?";
    vec(address, 0..=limits::ROOM_LINK_SERVERS_MAX)
}

pub(crate) fn budget() -> impl Strategy<Value = Budget> {
    (key_id(), budget_sizes()).prop_map(|(subject, (records, bytes))| Budget {
        subject,
        records,
        bytes,
    })
}

pub(crate) fn invitation() -> impl Strategy<Value = Invitation> {
    (chain(), name(), meeting_key(), servers(), any::<[u8; 64]>()).prop_map(
        |(chain, name, door, servers, signature)| Invitation {
            chain,
            name,
            door,
            servers,
            key: None,
            signature,
        },
    )
}

pub(crate) fn invitation_link() -> impl Strategy<Value = InvitationLink> {
    (group(), meeting_key(), any::<[u8; 16]>(), servers())
        .prop_map(|(group, door, seed, servers)| InvitationLink { group, door, seed, servers })
}

pub(crate) fn card() -> impl Strategy<Value = Card> {
    (peer(), name(), any::<[u8; 64]>()).prop_map(|(peer, name, signature)| Card {
        peer,
        name,
        signature,
    })
}

pub(crate) fn group_frame() -> impl Strategy<Value = GroupFrame> {
    let bucket = || 0..=limits::BUCKETS;
    let holding = || {
        let held = any::<(u32, [u8; 16])>();
        held.prop_map(|(count, fingerprint)| Holding { count, fingerprint })
    };
    let message = || payload(60_000).prop_map(<[u8]>::to_vec);
    let names = || vec(any::<[u8; NAME_BYTES]>(), 1..40).prop_map(|names| names.concat());
    let first = vec(record_type(), 0..=limits::PRIORITIES_MAX);
    let given = || {
        let key = (key_name(), any::<[u8; 32]>());
        vec(key.prop_map(|(name, key)| GivenKey { name, key: EpochKey(key) }), 0..20)
    };
    let summary = btree_set(bucket(), 0..20).prop_flat_map(|numbers| {
        let numbers: Vec<u8> = numbers.into_iter().collect();
        vec(any::<(u32, [u8; 16])>(), numbers.len()).prop_map(move |held| {
            let held = numbers.iter().zip(held);
            held.map(|(&number, (count, fingerprint))| Bucket { number, count, fingerprint })
                .collect()
        })
    });
    let body = payload(limits::RECORD_BYTES).prop_map(<[u8]>::to_vec);
    prop_oneof![
        (millis(), option::of(chain()), first, option::of(holding()), any::<Option<[u8; 8]>>())
            .prop_map(|(clock, chain, first, held, keys)| GroupFrame::Enter {
                clock,
                chain,
                first,
                held,
                keys
            }),
        (holding(), vec(any::<[u8; SYMBOL_BYTES]>(), 0..60), 0..=196_u16).prop_map(
            |(held, symbols, from)| GroupFrame::Sketch { held, from, symbols: symbols.concat() }
        ),
        (any::<[u8; 16]>(), any::<u16>())
            .prop_map(|(fingerprint, from)| GroupFrame::More { fingerprint, from }),
        vec(any::<[u8; NAME_BYTES]>(), 0..=limits::UNASKED_MAX)
            .prop_map(|names| GroupFrame::Told { unasked: names.concat() }),
        select(Code::ALL).prop_map(|code| GroupFrame::Refuse { code }),
        invitation_use().prop_map(|invitation| GroupFrame::JoinRequest { invitation }),
        chain().prop_map(|chain| GroupFrame::JoinAccept { chain }),
        invitation_use().prop_map(|invitation| GroupFrame::PreviewRequest { invitation }),
        (chain(), [message(), message()], any::<u32>()).prop_map(|(chain, mut records, used)| {
            records.iter_mut().for_each(|it| it.truncate(limits::PREVIEW_RECORD_BYTES));
            let [properties, invitation] = records;
            GroupFrame::Preview { chain, properties, invitation, used }
        }),
        (given(), given()).prop_map(|(keys, meetings)| GroupFrame::Keys { keys, meetings }),
        summary.prop_map(|buckets| GroupFrame::Summary { buckets }),
        (bucket(), message()).prop_map(|(bucket, message)| GroupFrame::Query { bucket, message }),
        (bucket(), message()).prop_map(|(bucket, message)| GroupFrame::Reply { bucket, message }),
        names().prop_map(|names| GroupFrame::Have { names }),
        names().prop_map(|names| GroupFrame::Want { names }),
        names().prop_map(|names| GroupFrame::Missing { names }),
        bucket().prop_map(|bucket| GroupFrame::Done { bucket }),
        (header(), body).prop_map(|(header, body)| GroupFrame::Record { header, body }),
    ]
}
