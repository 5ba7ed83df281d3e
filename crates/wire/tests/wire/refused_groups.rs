//! Frames of groups with a field outside its limits, and chains that do not hold.

use lacis_wire::body::{Attribute, Body, Value};
use lacis_wire::codec::encode;
use lacis_wire::credential::{Chain, Credential};
use lacis_wire::group::GroupFrame;
use lacis_wire::record::Header;
use lacis_wire::system::{GroupProperties, OpenInvitation, Revocation, Servers};
use lacis_wire::writer::Encode;
use lacis_wire::{GroupId, Millis, Roles, limits};

use crate::chains;
use crate::group_frames;
use crate::group_samples::{
    self as sample, FOUNDER, INVITER, MEMBER, ROOT, credential, founder, key, peer,
};
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
    let fast = |it: &mut Header| {
        it.version = 3;
        it.modifier = Some(it.creator);
        it.modified = Millis(it.created.0 + 19);
    };
    let last = |it: &mut Header| {
        (it.modified, it.expires, it.latest) = (Millis::MAX, Millis::MAX, Millis::MAX);
        it.id = it.born_as();
    };
    let past = |it: &mut Header| it.expires = Millis(it.modified.0 - 1);
    let second = header(|it| it.version = 2);
    let attribute = Attribute { name: "a-b".into(), value: Value::Int(1) };
    let body = |attributes| Body { attributes, data: vec![] };
    let many = body(vec![Attribute { name: "a".into(), ..attribute.clone() }; 65]);
    let mut unnamed = encode(&header(|_| ()));
    // After the head of the array and the format comes that of the text.
    unnamed[3] = b'C';
    vec![
        Refused::frame("type-in-capitals", "Header", unnamed, "limit of type"),
        case("version-0", "Header", &header(|it| it.version = 0), "version"),
        case("second-version-without-modifier", "Header", &second, "modifier"),
        case("unknown-flag", "Header", &header(|it| it.flags = 2), "flags"),
        case("id-of-another", "Header", &header(|it| it.creator = peer(FOUNDER)), "id"),
        case("modified-before-it-was-created", "Header", &header(later), "modified"),
        case("modified-at-the-end-of-all-times", "Header", &header(last), "modified"),
        case("expired-before-it-was-modified", "Header", &header(past), "expires"),
        case("body-in-clear", "Header", &header(|it| it.key = None), "key"),
        case("format-0", "Header", &header(|it| it.format = 0), "format"),
        case("version-that-counts-too-fast", "Header", &header(fast), "modified"),
        case("end-beyond-the-latest", "Header", &header(|it| it.expires.0 += 1 << 50), "expires"),
        case("attribute-with-a-dash", "Body", &body(vec![attribute]), "attribute"),
        case("65-attributes", "Body", &many, "attributes"),
    ]
}

fn moved(url: &str) -> Servers {
    Servers { servers: vec![url.into()], before: Vec::new() }
}

fn moved_often() -> Servers {
    let before = vec!["wss://a.example/ws".into(); 5];
    Servers { before, ..moved("wss://a.example/ws") }
}

fn of_system_records() -> Vec<Refused> {
    let named = |name: &str, comment: &str| GroupProperties {
        name: name.into(),
        comment: comment.into(),
        ..sample::properties()
    };
    let endless = GroupProperties { member_lifetime: 0, ..sample::properties() };
    let mut keys = sample::key_parts().remove(0).1;
    keys.sealed.reverse();
    let mut beyond = sample::key_parts().remove(0).1;
    beyond.part = beyond.parts;
    let revocation = |change: &dyn Fn(&mut Revocation)| {
        let mut revocation = sample::revocations().remove(0).1;
        change(&mut revocation);
        revocation
    };
    let unsorted = revocation(&|it| it.actions = [[2; 16], [1; 16]].concat());
    let dated_admin = OpenInvitation {
        roles: Roles::ADMIN,
        member_for: 5,
        ..sample::open_invitations().remove(0).1
    };
    let useless = OpenInvitation { uses: 0, ..sample::open_invitations().remove(0).1 };
    let roles = |bits: u8| {
        let mut bytes = encode(&founder());
        // The head of the array, and two ids of 32 bytes.
        bytes[1 + 2 * 34] = bits;
        bytes
    };
    let empty = Credential { not_after: Millis(5), not_before: Millis(5), ..sample::member() };
    let dated = Credential { not_after: Millis(5), ..founder() };
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
        case("keys-out-of-order", "KeyPart", &keys, "subject"),
        case("part-beyond-the-last", "KeyPart", &beyond, "part"),
        case("actions-out-of-order", "Revocation", &unsorted, "actions"),
        case("server-with-a-password", "Servers", &moved("wss://a:b@c.example/ws"), "server"),
        case("server-that-others-overhear", "Servers", &moved("ws://c.example/ws"), "server"),
        case("server-like-one-of-this-device", "Servers", &moved("ws://127.c.example"), "server"),
        case("server-without-a-host", "Servers", &moved("wss:///ws"), "server"),
        case("server-with-a-part-of-a-page", "Servers", &moved("wss://c.example/ws#a"), "server"),
        case("five-servers-of-before", "Servers", &moved_often(), "before"),
        case("invitation-of-an-admin-for-a-time", "OpenInvitation", &dated_admin, "member_for"),
        case("invitation-for-nobody", "OpenInvitation", &useless, "uses"),
        case("admin-for-a-time", "Credential", &dated, "not_after"),
        Refused::frame("inviter-who-does-not-write", "Credential", roles(2), "limit of roles"),
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
        let mut all = group_frames::samples().into_iter();
        let mut frame = all.find(|(it, _)| *it == name).expect("a sample").1;
        change(&mut frame);
        frame
    };
    let short = sample("have", |it| {
        if let GroupFrame::Have { names } = it {
            names.pop();
        }
    });
    let buckets = sample("summary", |it| {
        if let GroupFrame::Summary { buckets } = it {
            buckets.reverse();
        }
    });
    let half = sample("sketch", |it| {
        if let GroupFrame::Sketch { symbols, .. } = it {
            symbols.pop();
        }
    });
    // The last letter of the last type.
    let mut unnamed = encode(&sample("enter-without-symbols", |_| ()));
    *unnamed.last_mut().expect("a letter") = b'E';
    vec![
        Refused::frame("first-type-in-capitals", "GroupFrame", unnamed, "limit of type"),
        case("names-of-31-bytes", "GroupFrame", &short, "names"),
        case("no-names", "GroupFrame", &GroupFrame::Want { names: vec![] }, "names"),
        case("unknown-bucket", "GroupFrame", &GroupFrame::Done { bucket: 33 }, "bucket"),
        case("buckets-out-of-order", "GroupFrame", &buckets, "buckets"),
        case("symbols-of-79-bytes", "GroupFrame", &half, "symbols"),
        case(
            "a-name-of-31-bytes",
            "GroupFrame",
            &GroupFrame::Told { unasked: vec![7; 31] },
            "unasked",
        ),
    ]
}

fn second(change: impl FnOnce(&mut Credential)) -> Chain {
    Chain(chains::second(change).into())
}

/// The founder, then what each gives the next.
fn through(links: &[(u8, Roles)]) -> Chain {
    let mut chain = vec![founder()];
    let mut issuer = FOUNDER;
    for (subject, roles) in links {
        chain.push(credential(chain.last(), issuer, *subject, *roles));
        issuer = *subject;
    }
    Chain(chain)
}

fn chains() -> Vec<Refused> {
    let case = |name: &str, chain: &Chain, reason: &str| {
        Refused::new(name, "Chain", Given::Chain(encode(chain)), reason)
    };
    let long = Chain(vec![founder(); limits::CHAIN_MAX + 1]);
    let around = through(&[(INVITER, Roles::INVITER), (FOUNDER, Roles::MEMBER)]);
    let more = through(&[(INVITER, Roles::INVITER), (MEMBER, Roles::ADMIN)]);
    let orphan = credential(Some(&founder()), FOUNDER, MEMBER, Roles::MEMBER);
    let stranger = credential(Some(&founder()), INVITER, MEMBER, Roles::MEMBER);
    let other = Credential { serial: 2, ..founder() }.signed(&key(ROOT));
    let mut longer = through(&[(INVITER, Roles::INVITER)]);
    longer.0[1].not_after = Millis(sample::NOW.0);
    longer.0[1] = longer.0[1].clone().signed(&key(FOUNDER));
    longer.0.push(credential(longer.0.last(), INVITER, MEMBER, Roles::MEMBER));
    let mut unsigned = second(|_| ());
    unsigned.0[1].serial += 1;
    let mut second_form = second(|_| ());
    second_form.0[1].signature = with_larger_scalar(second_form.0[1].signature);
    let mut all = vec![
        case("chain-of-nothing", &Chain(vec![]), "empty"),
        case("chain-of-25", &long, "too long"),
        case("chain-of-another-group", &second(|it| it.group = GroupId([9; 32])), "wrong group"),
        case("chain-without-its-beginning", &Chain(vec![orphan]), "broken link"),
        case("chain-by-a-stranger", &Chain(vec![founder(), stranger]), "broken link"),
        case(
            "chain-under-another-parent",
            &second(|it| it.parent = Some(other.id())),
            "broken link",
        ),
        case("chain-in-a-circle", &around, "circular"),
        case("chain-to-the-root", &second(|it| it.subject = peer(ROOT)), "circular"),
        case("chain-of-an-inviter-to-an-admin", &more, "not allowed"),
        case("chain-that-ends-too-late", &longer, "outlives its issuer"),
        case("chain-that-was-changed", &unsigned, "signature"),
        case("chain-signed-in-another-form", &second_form, "signature"),
    ];
    for (what, id) in no_keys() {
        let name = format!("chain-to-{}", what.replace(' ', "-"));
        all.push(case(&name, &second(|it| it.subject = id), "not a key"));
    }
    all
}
