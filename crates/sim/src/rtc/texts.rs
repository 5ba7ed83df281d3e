//! The texts that browsers exchange: session descriptions and candidates.

use lacis_wire::description::{Description, DtlsRole};

use crate::happening::rtc::CandidateKind;
use crate::ids::TabId;
use crate::random::Random;

/// ICE credentials of one generation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Credentials {
    pub(super) ufrag: String,
    pub(super) pwd: String,
}

impl Credentials {
    pub(super) fn new(random: &mut Random) -> Self {
        Self { ufrag: letters(random, 8), pwd: letters(random, 24) }
    }

    pub(super) fn of(description: &Description) -> Self {
        Self { ufrag: description.ufrag.clone(), pwd: description.pwd.clone() }
    }
}

fn letters(random: &mut Random, count: usize) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bytes = (0..count).filter_map(|_| random.pick(LETTERS).copied());
    bytes.map(char::from).collect()
}

/// What `localDescription.sdp` reads like: lines that nobody needs among those that matter.
pub(super) fn sdp(description: &Description, revision: u32) -> String {
    let text = description.to_sdp(revision);
    text.replacen(
        "m=application",
        "a=extmap-allow-mixed\r\na=msid-semantic: WMS\r\nm=application",
        1,
    )
}

/// A description that belongs to nothing.
pub(super) fn stray_sdp(random: &mut Random) -> String {
    let credentials = Credentials::new(random);
    let description = Description {
        ufrag: credentials.ufrag,
        pwd: credentials.pwd,
        fingerprint: random.bytes(),
        dtls_role: DtlsRole::ActPass,
        message_bytes_max: 262_144,
        sctp_init: None,
        through: None,
    };
    sdp(&description, 1)
}

/// A candidate line.
pub(super) fn candidate(
    tab: TabId,
    kind: CandidateKind,
    ufrag: &str,
    random: &mut Random,
) -> String {
    let (foundation, port) = (random.below(1 << 32), random.between(1024, 65_535));
    let (address, rest) = match kind {
        CandidateKind::Host => (format!("host-{}.local", tab.0), "typ host"),
        CandidateKind::Reflexive => {
            (format!("192.0.2.{}", tab.0 % 256), "typ srflx raddr 0.0.0.0 rport 0")
        }
        CandidateKind::Relay => {
            (format!("203.0.113.{}", tab.0 % 256), "typ relay raddr 0.0.0.0 rport 0")
        }
    };
    format!(
        "candidate:{foundation} 1 udp 2113937151 {address} {port} {rest} generation 0 \
         ufrag {ufrag} network-cost 999"
    )
}

/// The generation, if it is named, and the kind of a candidate line.
pub(super) fn read_candidate(line: &str) -> Option<(Option<&str>, CandidateKind)> {
    let after = |word: &str| {
        let mut words = line.split(' ');
        words.find(|known| *known == word)?;
        words.next()
    };
    let kind = match after("typ")? {
        "host" => CandidateKind::Host,
        "srflx" => CandidateKind::Reflexive,
        "relay" => CandidateKind::Relay,
        _ => return None,
    };
    Some((after("ufrag"), kind))
}
