//! Addresses of STUN and TURN servers. A browser that is handed one that it does not understand
//! makes no connection at all, so each is looked at first.

use alloc::string::String;
use alloc::vec::Vec;

use lacis_derive::{Decode, Encode};

use crate::codec::{DecodeError, demand};
use crate::limits;

/// Longest user name of a TURN server that browsers take (RFC 8489, section 14.3).
const USERNAME_BYTES: usize = 508;

/// An ICE server, in the words of `RTCIceServer`.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(open)]
pub struct IceServer {
    /// `stun:` and `turn:` addresses.
    #[n(0)]
    pub urls: Vec<String>,
    /// User name for TURN.
    #[n(1)]
    pub username: Option<String>,
    /// Password for TURN.
    #[n(2)]
    pub credential: Option<String>,
}

impl IceServer {
    /// What of it a browser takes: the addresses of the right form, and those of TURN only with the
    /// credentials that they need. Nothing if that is nothing.
    #[must_use]
    pub fn usable(&self) -> Option<Self> {
        let named = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
        let short = self.username.as_ref().is_none_or(|name| name.len() <= USERNAME_BYTES);
        let may_relay = named(&self.username) && named(&self.credential) && short;
        let fits = |url: &&String| kind_of(url).is_some_and(|kind| kind == Kind::Stun || may_relay);
        let urls: Vec<String> = self.urls.iter().filter(fits).cloned().collect();
        (!urls.is_empty()).then(|| Self { urls, ..self.clone() })
    }

    /// Whether a list of them is within the limits of a frame.
    pub(crate) fn check_all(servers: &[Self]) -> Result<(), DecodeError> {
        demand(servers.len() <= limits::ICE_SERVERS_MAX, "ice_servers")?;
        servers.iter().try_for_each(Self::check)
    }

    fn check(&self) -> Result<(), DecodeError> {
        let short = |text: &String| text.len() <= limits::URL_BYTES;
        demand((1..=limits::ICE_URLS_MAX).contains(&self.urls.len()), "urls")?;
        demand(self.urls.iter().all(short), "url")?;
        demand(self.username.iter().chain(&self.credential).all(short), "credential")
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Stun,
    Turn,
}

/// What an address is of, if it has the form of RFC 7064 or 7065.
fn kind_of(url: &str) -> Option<Kind> {
    let (scheme, rest) = url.split_once(':')?;
    let (kind, place) = match scheme {
        "stun" | "stuns" => (Kind::Stun, rest),
        "turn" | "turns" => match rest.split_once('?') {
            Some((place, "transport=udp" | "transport=tcp")) => (Kind::Turn, place),
            Some(_) => return None,
            None => (Kind::Turn, rest),
        },
        _ => return None,
    };
    place_ok(place).then_some(kind)
}

fn place_ok(place: &str) -> bool {
    let (host, port) = match place.strip_prefix('[') {
        Some(rest) => {
            let Some((host, port)) = rest.split_once(']') else { return false };
            let port = match port.strip_prefix(':') {
                Some(port) => Some(port),
                None if port.is_empty() => None,
                None => return false,
            };
            return is_ipv6(host) && port.is_none_or(port_ok);
        }
        None => place.split_once(':').map_or((place, None), |(host, port)| (host, Some(port))),
    };
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
    !host.is_empty() && host.bytes().all(letter) && port.is_none_or(port_ok)
}

/// Whether a text is an address of IPv6 (RFC 4291, section 2.2). The parser of the standard library
/// would take 1 % of the module.
fn is_ipv6(text: &str) -> bool {
    let (mut groups, mut empty) = (0, 0);
    for (at, part) in text.split(':').enumerate() {
        let is_hex = part.bytes().all(|byte| byte.is_ascii_hexdigit()) && part.len() <= 4;
        // The last two groups may be an address of IPv4.
        let is_last = at == text.bytes().filter(|byte| *byte == b':').count();
        if part.is_empty() {
            empty += 1;
        } else if is_hex {
            groups += 1;
        } else if is_last && is_ipv4(part) {
            groups += 2;
        } else {
            return false;
        }
    }
    // One gap at the most, which at an end of the text leaves one more part empty.
    let of_gap = 1 + usize::from(text.starts_with(':')) + usize::from(text.ends_with(':'));
    let is_half = |ends: [Option<&u8>; 2]| ends[0] == Some(&b':') && ends[1] != Some(&b':');
    let bytes = text.as_bytes();
    let (mut front, mut back) = (bytes.iter(), bytes.iter().rev());
    let is_cut = is_half([front.next(), front.next()]) || is_half([back.next(), back.next()]);
    match empty {
        0 => groups == 8,
        _ => empty == of_gap && groups < 8 && !is_cut && !text.is_empty(),
    }
}

fn is_ipv4(text: &str) -> bool {
    let is_part = |part: &str| {
        let is_plain = part.len() == 1 || !part.starts_with('0');
        let is_digits = part.bytes().all(|it| it.is_ascii_digit());
        is_plain && is_digits && part.parse::<u16>().is_ok_and(|number| number < 256)
    };
    text.split('.').count() == 4 && text.split('.').all(is_part)
}

fn port_ok(port: &str) -> bool {
    port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port > 0)
}

#[cfg(test)]
mod tests {
    use alloc::string::{String, ToString};
    use alloc::vec::Vec;

    use super::IceServer;

    fn usable(urls: &[&str], credentials: bool) -> Vec<String> {
        let text = || credentials.then(|| "secret".to_string());
        let urls = urls.iter().map(|url| url.to_string()).collect();
        let server = IceServer { urls, username: text(), credential: text() };
        server.usable().map(|server| server.urls).unwrap_or_default()
    }

    #[test]
    fn an_address_of_ipv6_is_what_the_standard_library_takes_for_one() {
        let parts =
            ["", "0", "::", ":", "1", "ab", "fffff", "ffff", "g", "1.2.3.4", "1.2.3", "01.2.3.4"];
        let mut texts: Vec<String> = alloc::vec![String::new()];
        for _ in 0..3 {
            let longer =
                texts.iter().flat_map(|text| parts.map(|part| alloc::format!("{text}{part}")));
            texts = longer.collect();
        }
        let eight = "1:2:3:4:5:6:7:8";
        let more = ["1:2:3:4:5:6:1.2.3.4", "1::2:3:4:5:6:7:8", "::2:3:4:5:6:7:8", "1:2::1.2.3.4:5"];
        let cut = (0..=eight.len()).flat_map(|at| {
            let (head, tail) = eight.split_at(at);
            ["", ":", "::", "0"].map(|between| alloc::format!("{head}{between}{tail}"))
        });
        let all = texts.into_iter().chain(more.map(String::from)).chain(cut);
        for text in all {
            let expected = text.parse::<core::net::Ipv6Addr>().is_ok();
            assert_eq!(super::is_ipv6(&text), expected, "{text}");
        }
    }

    #[test]
    fn addresses_of_the_right_form_are_taken() {
        let good = [
            "stun:stun.example.org",
            "stun:192.0.2.1:3478",
            "stuns:stun.example.org:5349",
            "turn:example.org",
            "turn:[2001:db8::1]:3478?transport=udp",
            "turn:[::1]",
            "turns:turn-1.example.org:443?transport=tcp",
        ];
        assert_eq!(usable(&good, true), good);
        assert_eq!(usable(&good, false), good[..3]);
    }

    #[test]
    fn what_makes_a_browser_refuse_all_is_left_out() {
        let bad = [
            "x",
            "",
            "stun:",
            "http://example.org",
            "stun://example.org",
            "stun:a b",
            "turn:a:0",
            "turn:a:65536",
            "turn:a:+80",
            "turn:a:",
            "stun:a?transport=udp",
            "turn:a?transport=sctp",
            "turn:[::1",
            "turn:[zz]",
            "turn:[::1]x",
            "STUN:a",
            "turn:a/b",
            "turn:a@b",
        ];
        for url in bad {
            assert_eq!(usable(&[url, "stun:a"], true), ["stun:a"], "{url}");
            assert_eq!(usable(&[url], true), Vec::<String>::new(), "{url}");
        }
    }

    #[test]
    fn a_user_name_that_is_too_long_leaves_no_relay() {
        let mut server = IceServer {
            urls: ["turn:a".to_string(), "stun:a".to_string()].into(),
            username: Some("u".repeat(509)),
            credential: Some("c".to_string()),
        };
        assert_eq!(server.usable().map(|it| it.urls), Some(["stun:a".to_string()].into()));
        server.username = Some("u".repeat(508));
        assert_eq!(server.usable().map(|it| it.urls.len()), Some(2));
    }
}
