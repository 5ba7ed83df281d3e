//! Values of options, as people write them.

use std::ops::RangeInclusive;

use lacis_signaling::MetricsAt;
use lacis_wire::signal::IceServer;

/// An origin as a browser writes it: scheme and host, the port unless it is the usual one.
pub(super) fn parse_origin(text: &str) -> Result<String, String> {
    let origin = text.trim_end_matches('/');
    match origin.split_once("://") {
        Some((scheme, host)) if !scheme.is_empty() && !host.is_empty() && !host.contains('/') => {
            Ok(origin.to_ascii_lowercase())
        }
        _ => Err("an origin looks like https://example.org".into()),
    }
}

/// `stun:host:port`, or `turn:host:port,user,credential`.
pub(super) fn parse_ice_server(text: &str) -> Result<IceServer, String> {
    let mut parts = text.splitn(3, ',');
    let url = parts.next().unwrap_or_default();
    let (username, credential) = (parts.next(), parts.next());
    let has_scheme =
        |names: &[&str]| url.split_once(':').is_some_and(|(scheme, _)| names.contains(&scheme));
    if has_scheme(&["turn", "turns"]) && credential.is_none() {
        return Err("a TURN server needs a user and a credential: turn:HOST,USER,CREDENTIAL".into());
    }
    if !has_scheme(&["stun", "stuns", "turn", "turns"]) {
        return Err("an ICE server looks like stun:example.org:3478".into());
    }
    Ok(IceServer {
        urls: vec![url.to_owned()],
        username: username.map(str::to_owned),
        credential: credential.map(str::to_owned),
    })
}

pub(super) fn parse_threads(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(threads @ 1..=1024) => Ok(threads),
        _ => Err("a number from 1 to 1024".into()),
    }
}

/// The address of a STUN or TURN server alone.
pub(super) fn parse_ice_url(text: &str) -> Result<String, String> {
    match text.split_once(':') {
        Some(("stun" | "stuns" | "turn" | "turns", host)) if !host.is_empty() => Ok(text.into()),
        _ => Err("such a server looks like turn:example.org:3478".into()),
    }
}

pub(super) fn parse_ports(text: &str) -> Result<RangeInclusive<u16>, String> {
    let ports = text.split_once('-').and_then(|(first, last)| {
        let (first, last) = (first.parse().ok()?, last.parse().ok()?);
        (1024 <= first && first <= last).then_some(first..=last)
    });
    ports.ok_or_else(|| "ports look like 49152-65535, and begin at 1024 or above".into())
}

pub(super) fn parse_metrics(text: &str) -> Result<MetricsAt, String> {
    match text {
        "here" => Ok(MetricsAt::Here),
        "off" => Ok(MetricsAt::Off),
        text => text
            .parse()
            .map(MetricsAt::Address)
            .map_err(|_| "here, off, or an address and port such as 127.0.0.1:9090".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::{parse_ice_server, parse_ice_url, parse_origin, parse_ports};

    #[test]
    fn origins_are_taken_as_browsers_write_them() {
        assert_eq!(parse_origin("https://Example.org/"), Ok("https://example.org".into()));
        assert_eq!(parse_origin("http://localhost:8080"), Ok("http://localhost:8080".into()));
        for text in ["example.org", "https://", "://x", "https://example.org/chat", ""] {
            assert!(parse_origin(text).is_err(), "{text}");
        }
    }

    #[test]
    fn ice_servers_have_a_scheme_and_turn_servers_credentials() {
        let turn = parse_ice_server("turn:example.org:3478,anna,pass,word").unwrap();
        assert_eq!(turn.urls, ["turn:example.org:3478"]);
        assert_eq!(turn.username.as_deref(), Some("anna"));
        assert_eq!(turn.credential.as_deref(), Some("pass,word"));
        assert!(parse_ice_server("stun:example.org").is_ok());
        for text in ["example.org", "turn:example.org", "turn:example.org,anna", "http://x", ""] {
            assert!(parse_ice_server(text).is_err(), "{text}");
        }
    }

    #[test]
    fn ports_are_a_range_of_free_ones() {
        assert_eq!(parse_ports("49152-65535"), Ok(49152..=65535));
        assert_eq!(parse_ports("5000-5000"), Ok(5000..=5000));
        for text in ["", "5000", "5001-5000", "80-90", "1-70000", "a-b"] {
            assert!(parse_ports(text).is_err(), "{text}");
        }
        assert!(parse_ice_url("turns:relay.example.org").is_ok());
        assert!(parse_ice_url("relay.example.org").is_err() && parse_ice_url("turn:").is_err());
    }
}
