//! Session descriptions of real browsers, recorded by Chromium 156 and Firefox 153 for each other
//! and for themselves, before and after gathering and with an ICE restart.

use lacis_wire::description::{Description, DtlsRole, SdpError};
use lacis_wire::limits;
use proptest::prelude::*;

use crate::arbitrary;

macro_rules! recorded {
    ($($name:literal)*) => {
        [$(($name, include_str!(concat!("../sdp/", $name, ".sdp")))),*]
    };
}

const RECORDED: [(&str, &str); 14] = recorded! {
    "chromium_offer" "chromium_offer_gathered" "chromium_restart_offer"
    "chromium_answer_to_chromium" "chromium_restart_answer_to_chromium"
    "chromium_answer_to_firefox" "chromium_restart_answer_to_firefox"
    "firefox_offer" "firefox_offer_gathered" "firefox_restart_offer"
    "firefox_answer_to_chromium" "firefox_restart_answer_to_chromium"
    "firefox_answer_to_firefox" "firefox_restart_answer_to_firefox"
};

fn read(name: &str) -> Description {
    let (_, sdp) = RECORDED.iter().find(|(known, _)| *known == name).expect("a recorded name");
    Description::from_sdp(sdp).expect("a browser wrote it")
}

/// The value of an attribute, looked for in the plainest way.
fn attribute<'a>(sdp: &'a str, name: &str) -> Vec<&'a str> {
    let lines = sdp.split("\r\n").filter_map(|line| line.strip_prefix("a=")?.split_once(':'));
    lines.filter(|(key, _)| *key == name).map(|(_, value)| value).collect()
}

#[test]
fn everything_that_matters_in_a_browsers_description_is_kept() {
    for (name, sdp) in RECORDED {
        let description = Description::from_sdp(sdp).expect(name);
        let rebuilt = description.to_sdp(1);
        let kept = ["ice-ufrag", "ice-pwd", "fingerprint", "setup", "mid", "sctp-port"];
        for key in kept.iter().chain(&["max-message-size", "ice-options", "group"]) {
            assert_eq!(attribute(&rebuilt, key), attribute(sdp, key), "{key} of {name}");
        }
        assert!(rebuilt.contains("\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n"));
        assert_eq!(Description::from_sdp(&rebuilt), Ok(description), "{name}");
    }
}

#[test]
fn browsers_offer_either_role_and_answer_with_the_active_one() {
    for (name, _) in RECORDED {
        let expected = if name.contains("offer") { DtlsRole::ActPass } else { DtlsRole::Active };
        assert_eq!(read(name).dtls_role, expected, "{name}");
        assert_eq!(read(name).message_limit(), limits::FRAME_BYTES, "{name}");
    }
}

#[test]
fn a_restart_changes_the_credentials_and_keeps_the_certificate() {
    let pairs = RECORDED.iter().filter(|(name, _)| name.contains("_restart"));
    assert_eq!(pairs.clone().count(), 6);
    for (name, _) in pairs {
        let (before, after) = (read(&name.replace("_restart", "")), read(name));
        assert_eq!(before.fingerprint, after.fingerprint, "{name}");
        assert_ne!(before.ufrag, after.ufrag, "{name}");
        assert_ne!(before.pwd, after.pwd, "{name}");
    }
}

#[test]
fn each_needed_line_is_missed() {
    for (name, sdp) in RECORDED {
        for key in ["ice-ufrag", "ice-pwd", "fingerprint", "setup"] {
            let without: String = sdp
                .split_inclusive("\r\n")
                .filter(|line| !line.starts_with(&format!("a={key}:")))
                .collect();
            assert_eq!(Description::from_sdp(&without), Err(SdpError::Attribute(key)), "{name}");
        }
        let media = sdp.replace("m=application", "m=audio");
        assert_eq!(Description::from_sdp(&media), Err(SdpError::NoDataChannel), "{name}");
    }
}

proptest! {
    #[test]
    fn every_valid_description_survives_its_sdp(
        description in arbitrary::description(),
        revision in any::<u32>(),
    ) {
        let sdp = description.to_sdp(revision);
        prop_assert!(sdp.len() <= limits::SDP_BYTES);
        prop_assert!(sdp.is_ascii());
        prop_assert_eq!(sdp.lines().count(), 15 + usize::from(description.sctp_init.is_some()));
        prop_assert!(sdp.ends_with("\r\n") && !sdp.replace("\r\n", "").contains(['\r', '\n']));
        prop_assert_eq!(Description::from_sdp(&sdp), Ok(description));
    }
}
