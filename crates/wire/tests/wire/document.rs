//! `docs/protocol.md` says what the code does: limits, codes, variants and derivation contexts.

use std::collections::BTreeMap;
use std::time::Duration;

use lacis_wire::body::Body as RecordBody;
use lacis_wire::card::Card;
use lacis_wire::code::Code;
use lacis_wire::codec::{Frame, encode};
use lacis_wire::credential::{Chain, Credential};
use lacis_wire::group::GroupFrame;
use lacis_wire::invitation::{Invitation, InvitationLink};
use lacis_wire::keys::KeyPart;
use lacis_wire::link::{Channel, LinkFrame};
use lacis_wire::pairing::{Handover, PairingText};
use lacis_wire::record::Header;
use lacis_wire::room::{self, RoomLink};
use lacis_wire::setup::Setup;
use lacis_wire::signal::{ByeReason, ClientFrame, ServerFrame};
use lacis_wire::system::{self, Budget, GroupProperties, OpenInvitation, Revocation, Servers};
use lacis_wire::{PROTOCOL, Roles, limits};

const DOCUMENT: &str = include_str!("../../../../docs/protocol.md");
const LIMITS: &str = concat!(
    include_str!("../../src/limits.rs"),
    include_str!("../../src/limits/company.rs"),
    include_str!("../../src/limits/policy.rs")
);

/// A limit as a number and its unit.
trait Quantity {
    fn quantity(self) -> (u64, &'static str);
}

impl Quantity for usize {
    fn quantity(self) -> (u64, &'static str) {
        (self as u64, "")
    }
}

impl Quantity for u8 {
    fn quantity(self) -> (u64, &'static str) {
        (self.into(), "")
    }
}

impl Quantity for u16 {
    fn quantity(self) -> (u64, &'static str) {
        (self.into(), "")
    }
}

impl Quantity for u32 {
    fn quantity(self) -> (u64, &'static str) {
        (self.into(), "")
    }
}

impl Quantity for u64 {
    fn quantity(self) -> (u64, &'static str) {
        (self, "")
    }
}

impl Quantity for Duration {
    fn quantity(self) -> (u64, &'static str) {
        let millis = u64::try_from(self.as_millis()).expect("short");
        assert_eq!(Self::from_millis(millis), self, "finer than a millisecond");
        (millis, "ms")
    }
}

macro_rules! values {
    ($($name:ident)*) => {
        BTreeMap::from([$((stringify!($name), limits::$name.quantity())),*])
    };
}

#[test]
fn every_limit_is_documented_with_its_value() {
    let values = values! {
        SIGNAL_FRAME_BYTES SIGNAL_PAYLOAD_BYTES SETUP_BYTES SAMPLE_MAX URL_BYTES SERVERS_MAX
        SESSIONS_MAX ROOM_LINK_SERVERS_MAX ROOM_LINK_BYTES ROOM_LINK_CHARS ICE_SERVERS_MAX
        ICE_URLS_MAX RESUME_TOKEN_BYTES ROOMS_MAX LINKS_MAX PAIRING_CANDIDATES_MAX PAIRING_BYTES
        PAIRING_CHARS PAIRING_DEADLINE GATHER_DEADLINE REMOTES_MAX ATTEMPTS_MAX ATTEMPTS_REMEMBERED
        CANDIDATE_BYTES CANDIDATES_MAX SDP_BYTES SCTP_INIT_BYTES ICE_CREDENTIAL_BYTES FRAME_BYTES
        FRAME_BYTES_MIN CHUNK_BYTES CHUNK_BYTES_MIN FRAME_HEADER_BYTES INTERACTIVE_BYTES
        EPHEMERAL_BYTES MESSAGE_BYTES REASSEMBLY_BYTES ORPHAN_BYTES FILE_BYTES STREAMS_MAX
        STREAM_WINDOW_BYTES BUFFERED_HIGH_BYTES BUFFERED_LOW_BYTES UNACKED_BYTES UNACKED_MAX
        OUTBOX_BYTES OUTBOX_MAX BULK_BYTES WRITE_AHEAD_BYTES REQUESTS_MAX LABEL_BYTES
        FILE_NAME_BYTES MEDIA_TYPE_BYTES RECORD_BYTES BODY_BYTES HEADER_BYTES RECORD_TYPE_BYTES
        ATTRIBUTES_MAX ATTRIBUTE_NAME_BYTES ATTRIBUTE_TEXT_BYTES FILTER_PARTS FILTER_DEPTH LIFTS_MAX
        CREDENTIAL_BYTES CHAIN_MAX CHAIN_BYTES KEY_PART_ENTRIES KEY_PARTS_MAX KEY_COVERS_MAX
        KEY_PART_BYTES NAME_BYTES COMMENT_BYTES GROUP_PROPERTIES_BYTES REVOCATION_ACTIONS
        REVOCATION_BYTES OPEN_INVITATION_BYTES PREVIEW_RECORD_BYTES VERSION_PACE ERASE_GRACE
        RECORD_LIFETIME BUDGET_RECORDS BUDGET_RECORDS_MAX BUDGET_BYTES BUDGET_BYTES_MAX
        GOSSIP_WRAPPING_BYTES BUDGET_TOMBSTONES BUDGET_SYSTEM CREDENTIALS_PER_PAIR
        CREDENTIALS_PER_INVITER CREDENTIALS_MAX
        INVITATION_BYTES INVITATION_CHARS INVITATION_LINK_BYTES INVITATION_LINK_CHARS CARD_BYTES
        CARD_CHARS STRANGER_FRAMES STRANGER_DEADLINE STRANGER_GRACE NEIGHBORS_MAX NEIGHBORS CALM
        TRIM_INTERVAL ATTEMPT_FRESH SEEK_REST HERE_INTERVAL HERE_LIFE CARRY_HOPS CARRY_COPIES
        CARRY_MAX CARRY_TIME CARRIED_ATTEMPTS PATHS_MAX GREETED_MEMBERS COMPANY_MAX ASK_AGAIN_MIN
        ANNOUNCE_AFTER
        WANT_PATIENCE SHOWN_MAX WALK_MAX ORIGINS_MAX ORIGINS_PER_PEER FLOODED_MAX HERE_AGAIN
        NAMED_HERE WORDS_KEPT WORDS_KEPT_BYTES WORDS_WANTED_MAX WORDS_WANTED_OF_ONE NAMES_REST
        GOSSIP_NAMES_MAX NEWCOMER_TIME HELD_GOSSIP_MAX HELD_GOSSIP_BYTES HELD_GOSSIP_LIFE AHEAD_LIFE
        GOSSIP_SPREAD GOSSIP_LATE HERE_LEAST
        GOSSIP_BYTES GOSSIP_PAYLOAD_BYTES PRESENCE_BYTES PRESENCE_SPACING PRESENCE_NEWCOMERS
        PRESENCE_LIFETIME PRESENCE_LIFETIME_MIN PRESENCE_LIFETIME_MAX STRANGERS_MAX BRIDGES
        ATTEMPTS_BESIDE_MAX ATTEMPTS_PER_NODE ATTEMPT_DEADLINE ATTEMPT_DEADLINE_MAX OFFER_AGAIN
        PACES_REMEMBERED GREETING_DEADLINE_MAX SPARE_LIFE SPARE_HOLD SPARE_DELAY RECORDS_TOGETHER
        RECORDS_TOGETHER_FOR RECOVERY_DEADLINE ABSENT_DEADLINE DISCONNECTED_GRACE RESTART_DEADLINE
        PING_INTERVAL FIRST_PING BROKEN_PING_INTERVAL LINK_SILENCE STALL STALL_GRACE CHUNK_TURN
        ACK_DELAY DIAL_DEADLINE BROADCAST_ACK_DELAY REDIAL_MIN REDIAL_REFUSED RETRY_AFTER_MAX
        REDIAL_BEFORE_MAX SERVERS_OVERLAP SERVERS_PACE GROUP_SERVERS_BYTES REDIAL_MAX RELINK_MIN
        RELINK_MAX RELINK_STAGGER SERVER_PING_INTERVAL SERVER_PONG_DEADLINE TOPIC_REFRESH TOPIC_TTL
        DOOR_SEATS DOOR_AFTER DOOR_LEAD TOPIC_GRACE OLD_TOPICS_MAX STREAM_IDLE CLOSE_DEADLINE
        REQUEST_DEADLINE DEADLINE_MAX RECONCILE_BYTES CLOCK_AHEAD WAITING_BYTES BEATEN_LIFETIME
        UNNAMED_LIFETIME ASIDE_MAX EXPORT_PART_BYTES GROUP_FRAME_BYTES BUCKETS PRIORITIES_MAX
        NAMES_MAX GIVEN_KEYS_MAX RECONCILE_INTERVAL RECONCILE_INTERVAL_MAX SYMBOLS_MAX
        SYMBOLS_FIRST UNASKED_MAX UNASKED_BYTES WANT_DEADLINE WANTED_MAX BODY_CACHE_BYTES
        UNSAVED_BYTES PAGE_ENTRIES REWRITE_MIN REWRITE_MAX ADMISSIONS_PER_MINUTE GROUPS_MAX
        GROUP_QUEUE_BYTES MISSING_MAX APPROVALS_MAX APPROVAL_DEADLINE REFUSED_MAX DECLINED_MAX
        TURN_LEAST TURN_PACE CLOCK_SPREAD WALL_INTERVAL WALL_JUMP
        RELAY_FRAME_BYTES RELAY_SEAL_BYTES RELAY_BYTES RELAY_WINDOW_BYTES RELAY_CHOICE_MAX
        RELAYS_MAX RELAY_AFTER RELAY_IDLE RELAY_SILENCE DIRECT_AGAIN_MIN DIRECT_AGAIN_MAX
    };
    let defined = LIMITS
        .lines()
        .filter_map(|line| line.strip_prefix("pub const ")?.split_once(':').map(|(name, _)| name));
    let unchecked: Vec<&str> = defined.filter(|name| !values.contains_key(name)).collect();
    assert!(unchecked.is_empty(), "add to the table and to this test: {unchecked:?}");

    let mut documented = BTreeMap::new();
    for row in table("Limit") {
        let [name, value, _meaning] = row[..] else { panic!("three cells: {row:?}") };
        let (number, unit) = value.split_once(' ').unwrap_or((value, ""));
        let number: u64 = number.replace(',', "").parse().expect(value);
        assert!(documented.insert(unquoted(name), (number, unit)).is_none(), "{name} twice");
    }
    assert_eq!(documented, values);
}

#[test]
fn every_code_is_documented_with_its_number() {
    let documented: Vec<(u16, &str)> = table("Code")
        .iter()
        .map(|row| (row[0].parse().expect("a number"), unquoted(row[1])))
        .collect();
    let defined: Vec<_> = Code::ALL.iter().map(|code| (code.number(), code.as_str())).collect();
    assert_eq!(documented, defined);
}

#[test]
fn every_close_code_is_documented() {
    let documented: Vec<(u16, &str)> = table("Close code")
        .iter()
        .map(|row| (row[0].parse().expect("a number"), unquoted(row[1])))
        .collect();
    let names: Vec<String> = ByeReason::ALL.iter().map(|reason| format!("{reason:?}")).collect();
    let codes = ByeReason::ALL.iter().map(|reason| reason.close_code());
    let defined: Vec<(u16, &str)> = codes.zip(names.iter().map(String::as_str)).collect();
    assert_eq!(documented, defined);

    for (reason, (code, _)) in ByeReason::ALL.iter().zip(defined) {
        assert_eq!(ByeReason::from_close_code(code), Some(*reason));
        // The number in the frame is the close code less 4000.
        let bytes = encode(&ServerFrame::Bye { reason: *reason, retry_after_ms: 0 });
        assert_eq!(bytes, [0x82, 5, 0x82, u8::try_from(code - 4000).expect("small"), 0]);
    }
    assert_eq!(ByeReason::from_close_code(1006), None);
}

#[test]
fn every_channel_is_documented() {
    let rows = table("Channel");
    assert_eq!(rows.len(), Channel::ALL.len());
    for (row, channel) in rows.iter().zip(Channel::ALL) {
        assert_eq!(row[0], channel.id().to_string());
        assert_eq!(unquoted(row[1]), channel.label());
        let kind =
            if channel.reliable() { "reliable, ordered" } else { "unordered, no retransmits" };
        assert_eq!(row[2], kind);
    }
}

#[test]
fn frame_sizes_and_versions_are_documented() {
    let sizes: Vec<(&str, usize)> = table("Frame kind")
        .iter()
        .map(|row| (unquoted(row[0]), row[1].replace(',', "").parse().expect("a number")))
        .collect();
    let defined = [
        ("ClientFrame", ClientFrame::BYTES_MAX),
        ("ServerFrame", ServerFrame::BYTES_MAX),
        ("Setup", Setup::BYTES_MAX),
        ("LinkFrame", LinkFrame::BYTES_MAX),
        ("GroupFrame", GroupFrame::BYTES_MAX),
        ("RoomLink", RoomLink::BYTES_MAX),
        ("PairingText", PairingText::BYTES_MAX),
        ("Handover", Handover::BYTES_MAX),
        ("Header", Header::BYTES_MAX),
        ("Body", RecordBody::BYTES_MAX),
        ("Credential", Credential::BYTES_MAX),
        ("Chain", Chain::BYTES_MAX),
        ("KeyPart", KeyPart::BYTES_MAX),
        ("GroupProperties", GroupProperties::BYTES_MAX),
        ("Revocation", Revocation::BYTES_MAX),
        ("OpenInvitation", OpenInvitation::BYTES_MAX),
        ("Budget", Budget::BYTES_MAX),
        ("Servers", Servers::BYTES_MAX),
        ("Invitation", Invitation::BYTES_MAX),
        ("InvitationLink", InvitationLink::BYTES_MAX),
        ("Card", Card::BYTES_MAX),
    ];
    assert_eq!(sizes, defined);
    let version = format!("protocol versions {} to {}", PROTOCOL.min, PROTOCOL.max);
    assert!(DOCUMENT.contains(&version), "{version}");
    let prefix = format!("`{}{}`", room::PREFIX, room::VERSION);
    assert!(DOCUMENT.contains(&prefix), "{prefix}");
}

#[test]
fn every_derivation_context_is_documented() {
    let sources = [
        include_str!("../../src/body.rs"),
        include_str!("../../src/card.rs"),
        include_str!("../../src/credential.rs"),
        include_str!("../../src/ids.rs"),
        include_str!("../../src/invitation.rs"),
        include_str!("../../src/keys.rs"),
        include_str!("../../src/pairing.rs"),
        include_str!("../../src/proof.rs"),
        include_str!("../../src/record.rs"),
        include_str!("../../src/relay.rs"),
        include_str!("../../src/room.rs"),
        include_str!("../../src/seal.rs"),
    ];
    let contexts: Vec<&str> = sources
        .iter()
        .flat_map(|source| source.split('"').filter(|text| text.starts_with("lacis ")))
        .filter(|text| !text.contains('\n'))
        .collect();
    assert_eq!(contexts.len(), 33, "{contexts:?}");
    for context in contexts {
        assert!(DOCUMENT.contains(&format!("`{context}`")), "{context}");
    }
}

#[test]
fn every_role_and_system_type_is_documented() {
    let bits: Vec<String> = table("Bits").iter().map(|row| row[..2].concat()).collect();
    let roles = [Roles::MEMBER, Roles::INVITER, Roles::ADMIN, Roles::KEEPER];
    let names = ["Member", "Inviter", "Admin", "Keeper"];
    let defined = roles.iter().zip(names).map(|(role, name)| format!("{}{name}", role.bits()));
    assert!(defined.eq(bits));
    let types: Vec<&str> = table("System type").iter().map(|row| unquoted(row[0])).collect();
    let defined = [
        system::GROUP,
        system::MEMBER,
        system::KEY,
        system::REVOCATION,
        system::INVITATION,
        system::BUDGET,
        system::SERVERS,
    ];
    assert_eq!(types, defined);
}

/// The rows below the table head that begins with this cell.
fn table(head: &str) -> Vec<Vec<&'static str>> {
    let head = format!("| {head} |");
    let mut lines = DOCUMENT.lines().skip_while(|line| !line.starts_with(&head));
    assert!(lines.next().is_some(), "no table begins with {head}");
    assert!(lines.next().is_some_and(|line| line.starts_with("| ---")), "no rule below {head}");
    let rows = lines.map_while(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    let rows: Vec<_> = rows.map(|row| row.split(" | ").collect()).collect();
    assert!(!rows.is_empty());
    rows
}

fn unquoted(cell: &'static str) -> &'static str {
    cell.trim_matches('`')
}
