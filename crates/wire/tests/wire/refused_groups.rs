//! Frames of groups with a field outside its limits, and chains that do not hold.

use lacis_wire::body::{Attribute, Body, Value};
use lacis_wire::codec::encode;
use lacis_wire::credential::{Chain, Credential};
use lacis_wire::group::GroupFrame;
use lacis_wire::record::Header;
use lacis_wire::system::{GroupProperties, Kept, Revocation};
use lacis_wire::writer::Encode;
use lacis_wire::{GroupId, Millis, PeerId, Roles, limits};

use crate::group_samples::{self as sample, FOUNDER, INVITER, MEMBER, ROOT, credential, key, peer};
use crate::groups;
use crate::keys::{no_keys, with_larger_scalar};
use crate::refused_vectors::{Given, Refused};

pub(crate) fn all() -> Vec<Refused> {
    [of_records(), of_system_records(), of_frames(), chains()].into_iter().flatten().collect()
}

fn case(name: &str, kind: &'static str, frame: &impl Encode, field: &str) -> Refused {
    Refused::frame(name, kind, encode(frame), &format!("limit of {field}"))
}

fn of_records() -> Vec<Refused> {
    let header = |change: fn(&mut Header)| {
        let mut header = sample::headers().remove(0).1;
        change(&mut header);
        header
    };
    let later = |it: &mut Header| {
        it.created = Millis(it.modified.0 + 1);
        it.id = it.born_as();
    };
    let past = |it: &mut Header| it.expires = Millis(it.modified.0 - 1);
    let second = header(|it| it.version = 2);
    let attribute = Attribute { name: "a-b".into(), value: Value::Int(1) };
    let body = |attributes| Body { attributes, data: vec![] };
    let many = body(vec![Attribute { name: "a".into(), ..attribute.clone() }; 65]);
    let mut unnamed = encode(&header(|_| ()));
    unnamed[2] = b'C';
    vec![
        Refused::frame("type-in-capitals", "Header", unnamed, "limit of type"),
        case("version-0", "Header", &header(|it| it.version = 0), "version"),
        case("second-version-without-modifier", "Header", &second, "modifier"),
        case("unknown-flag", "Header", &header(|it| it.flags = 2), "flags"),
        case("id-of-another", "Header", &header(|it| it.creator = peer(FOUNDER)), "id"),
        case("modified-before-it-was-created", "Header", &header(later), "modified"),
        case("expired-before-it-was-modified", "Header", &header(past), "expires"),
        case("body-in-clear", "Header", &header(|it| it.epoch = 0), "epoch"),
        case("attribute-with-a-dash", "Body", &body(vec![attribute]), "attribute"),
        case("65-attributes", "Body", &many, "attributes"),
    ]
}

fn of_system_records() -> Vec<Refused> {
    let named = |name: &str, comment: &str| GroupProperties {
        name: name.into(),
        comment: comment.into(),
        ..sample::properties()
    };
    let endless = GroupProperties { member_lifetime: 0, ..sample::properties() };
    let mut keys = sample::epoch_keys().remove(1).1;
    keys.sealed.reverse();
    let revocation = |change: &dyn Fn(&mut Revocation)| {
        let mut revocation = sample::revocations().remove(0).1;
        change(&mut revocation);
        revocation
    };
    let unsorted = revocation(&|it| {
        let deeds = [[2; 16], [1; 16]].concat();
        it.kept = it.kept.take().map(|kept| Kept { deeds, ..kept });
    });
    let roles = |bits: u8| {
        let mut bytes = encode(&credential(ROOT, FOUNDER, Roles::ADMIN));
        // An array of eight, and two ids of 32 bytes.
        bytes[1 + 2 * 34] = bits;
        bytes
    };
    let empty = Credential {
        not_after: Millis(5),
        not_before: Millis(5),
        ..credential(ROOT, FOUNDER, Roles::ADMIN)
    };
    let mut all = vec![
        case("name-of-two-lines", "GroupProperties", &named("a\nb", ""), "name"),
        case(
            "name-with-a-control-character-beyond-ascii",
            "GroupProperties",
            &named("a\u{85}b", ""),
            "name",
        ),
        case("name-that-runs-backwards", "GroupProperties", &named("a\u{202e}b", ""), "name"),
        case(
            "comment-with-a-mark-of-direction",
            "GroupProperties",
            &named("a", "\u{200f}b"),
            "comment",
        ),
        case("no-lifetime", "GroupProperties", &endless, "member_lifetime"),
        case("keys-out-of-order", "EpochKeys", &keys, "subject"),
        case("deeds-out-of-order", "Revocation", &unsorted, "deeds"),
        Refused::frame("keeper-who-writes", "Credential", roles(9), "limit of roles"),
        Refused::frame("no-role", "Credential", roles(0), "limit of roles"),
        case("time-of-no-length", "Credential", &empty, "not_after"),
    ];
    for (what, id) in no_keys() {
        let name = format!("revocation-of-{}", what.replace(' ', "-"));
        all.push(case(&name, "Revocation", &revocation(&|it| it.subject = id), "subject"));
    }
    all
}

fn of_frames() -> Vec<Refused> {
    let sample = |name: &str, change: fn(&mut GroupFrame)| {
        let mut all = sample::frames().into_iter();
        let mut frame = all.find(|(it, _)| *it == name).expect("a sample").1;
        change(&mut frame);
        frame
    };
    let short = sample("have", |it| {
        if let GroupFrame::Have { names } = it {
            names.pop();
        }
    });
    let shelves = sample("summary", |it| {
        if let GroupFrame::Summary { shelves } = it {
            shelves.reverse();
        }
    });
    vec![
        case("names-of-31-bytes", "GroupFrame", &short, "names"),
        case("no-names", "GroupFrame", &GroupFrame::Want { names: vec![] }, "names"),
        case("unknown-shelf", "GroupFrame", &GroupFrame::Done { shelf: 33 }, "shelf"),
        case("shelves-out-of-order", "GroupFrame", &shelves, "shelves"),
    ]
}

fn second(change: impl FnOnce(&mut Credential)) -> Chain {
    Chain(groups::second(change))
}

fn chains() -> Vec<Refused> {
    let founder = || credential(ROOT, FOUNDER, Roles::FOUNDER);
    let case = |name: &str, chain: &Chain, reason: &str| {
        Refused::new(name, "Chain", Given::Chain(encode(chain)), reason)
    };
    let long = Chain(vec![founder(); limits::CHAIN_MAX + 1]);
    let around = Chain(vec![
        founder(),
        credential(FOUNDER, INVITER, Roles::INVITER),
        credential(INVITER, FOUNDER, Roles::MEMBER),
    ]);
    let (admin, more) = (Roles::ADMIN, credential(INVITER, MEMBER, Roles::ADMIN));
    let more = Chain(vec![credential(ROOT, INVITER, Roles::INVITER), more]);
    let month = second(|it| it.not_after = Millis(sample::NOW.0));
    let mut longer = month.0;
    longer[0] = Credential { not_after: Millis(sample::NOW.0 - 1), ..founder() }.signed(&key(ROOT));
    let mut unsigned = second(|_| ());
    unsigned.0[1].serial += 1;
    let mut second_form = second(|_| ());
    second_form.0[1].signature = with_larger_scalar(second_form.0[1].signature);
    let mut all = vec![
        case("chain-of-nothing", &Chain(vec![]), "empty"),
        case("chain-of-25", &long, "too long"),
        case("chain-of-another-group", &second(|it| it.group = GroupId([9; 32])), "wrong group"),
        case(
            "chain-without-its-beginning",
            &Chain(vec![credential(FOUNDER, MEMBER, admin)]),
            "broken link",
        ),
        case(
            "chain-by-a-stranger",
            &Chain(vec![founder(), credential(INVITER, MEMBER, Roles::MEMBER)]),
            "broken link",
        ),
        case("chain-in-a-circle", &around, "circular"),
        case("chain-to-the-root", &second(|it| it.subject = peer(ROOT)), "circular"),
        case("chain-of-an-inviter-to-an-admin", &more, "not allowed"),
        case(
            "chain-that-begins-too-early",
            &second(|it| it.not_before = Millis(1)),
            "outlives its issuer",
        ),
        case("chain-that-ends-too-late", &Chain(longer), "outlives its issuer"),
        case("chain-that-was-changed", &unsigned, "signature"),
        case("chain-signed-in-another-form", &second_form, "signature"),
    ];
    for (what, id) in no_keys() {
        let name = format!("chain-to-{}", what.replace(' ', "-"));
        all.push(case(&name, &second(|it| it.subject = id), "not a key"));
    }
    let nobody = PeerId([0; 32]);
    all.push(case("chain-through-no-key", &through(nobody), "not a key"));
    all
}

/// By an inviter that is no key.
fn through(inviter: PeerId) -> Chain {
    let mut chain = second(|it| {
        it.subject = inviter;
        it.roles = Roles::INVITER;
    });
    let mut last = credential(INVITER, MEMBER, Roles::MEMBER);
    (last.issuer, last.signature) = (inviter, [0; 64]);
    chain.0.push(last);
    chain
}
