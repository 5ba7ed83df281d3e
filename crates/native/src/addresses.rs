//! Under which addresses others can reach this machine.

use std::io;
use std::net::{IpAddr, SocketAddr};

/// At most so many addresses of a machine are told; a machine with more has mostly virtual ones.
const HOSTS_MAX: usize = 16;

/// The first name of what all candidates of one relay have in common; those of other candidates are
/// less.
const RELAYED: usize = 1_000;

/// Which of this machine's addresses are told to others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Also those that reach this machine alone.
    pub(crate) loopback: bool,
    /// Also those of version 6: the socket is bound for both.
    pub(crate) v6: bool,
}

/// The addresses of this machine.
pub(crate) fn of_this_machine(wanted: Wanted) -> io::Result<Vec<IpAddr>> {
    let interfaces = if_addrs::get_if_addrs()?;
    let mut hosts: Vec<IpAddr> = interfaces
        .iter()
        .filter(|interface| interface.is_oper_up() || interface.is_loopback())
        .map(if_addrs::Interface::ip)
        .filter(|ip| is_wanted(*ip, wanted))
        .collect();
    // An address of version 4 works with more of those whom it is told to.
    hosts.sort_by_key(|ip| (ip.is_loopback(), ip.is_ipv6(), *ip));
    hosts.dedup();
    hosts.truncate(HOSTS_MAX);
    Ok(hosts)
}

fn is_wanted(ip: IpAddr, wanted: Wanted) -> bool {
    let usable = match ip {
        IpAddr::V4(ip) => !ip.is_unspecified() && !ip.is_link_local(),
        // One of a single wire means nothing without its name.
        IpAddr::V6(ip) => wanted.v6 && !ip.is_unspecified() && !ip.is_unicast_link_local(),
    };
    usable && (wanted.loopback || !ip.is_loopback())
}

/// The line that tells of a candidate, as RFC 8839 has it. Earlier ones are preferred.
pub(crate) fn candidate(place: usize, at: SocketAddr, base: Option<SocketAddr>) -> String {
    let rank = 65_535_u32.saturating_sub(u32::try_from(place).unwrap_or(u32::MAX));
    let kind = if base.is_some() { 100_u32 } else { 126 };
    let priority = (kind << 24) + (rank << 8) + 255;
    let (ip, port, foundation) = (at.ip(), at.port(), place + 1);
    let line = format!("candidate:{foundation} 1 udp {priority} {ip} {port} typ");
    match base {
        None => format!("{line} host"),
        Some(base) => format!("{line} srflx raddr {} rport {}", base.ip(), base.port()),
    }
}

/// The line that tells of a relay. Which address it was asked for from is nobody's business.
pub(crate) fn relayed(place: usize, at: SocketAddr) -> String {
    let rank = 65_535_u32.saturating_sub(u32::try_from(place).unwrap_or(u32::MAX));
    let priority = (rank << 8) + 255;
    let (ip, port, foundation) = (at.ip(), at.port(), RELAYED + place);
    let any = if at.is_ipv4() { "0.0.0.0" } else { "::" };
    format!("candidate:{foundation} 1 udp {priority} {ip} {port} typ relay raddr {any} rport 0")
}

/// Host and port of a STUN or TURN server, by its address with that scheme.
pub(crate) fn server(url: &str, scheme: &str) -> Option<String> {
    let place = url.strip_prefix(scheme)?;
    let has_port = place.rsplit_once(':').is_some_and(|(host, port)| {
        port.bytes().all(|byte| byte.is_ascii_digit())
            && (!host.contains(':') || host.ends_with(']'))
    });
    Some(if has_port { place.to_owned() } else { format!("{place}:3478") })
}

#[cfg(test)]
mod tests {
    use super::{Wanted, candidate, is_wanted, of_this_machine, relayed, server};

    #[test]
    fn a_server_has_a_port() {
        let stun = |url| server(url, "stun:");
        assert_eq!(stun("stun:example.org").as_deref(), Some("example.org:3478"));
        assert_eq!(stun("stun:example.org:7").as_deref(), Some("example.org:7"));
        assert_eq!(stun("stun:[2001:db8::1]").as_deref(), Some("[2001:db8::1]:3478"));
        assert_eq!(stun("stun:[2001:db8::1]:7").as_deref(), Some("[2001:db8::1]:7"));
        assert_eq!(stun("turn:example.org"), None);
    }

    #[test]
    fn loopback_is_told_where_it_is_wanted_alone() {
        let all = of_this_machine(Wanted { loopback: true, v6: false }).unwrap();
        assert!(all.iter().any(std::net::IpAddr::is_loopback), "{all:?}");
        let others = of_this_machine(Wanted::default()).unwrap();
        assert!(!others.iter().any(std::net::IpAddr::is_loopback), "{others:?}");
        assert!(!is_wanted("fe80::1".parse().unwrap(), Wanted { loopback: true, v6: true }));
    }

    #[test]
    fn a_candidate_is_what_the_wire_takes() {
        let host = candidate(0, "10.0.0.1:5000".parse().unwrap(), None);
        assert_eq!(host, "candidate:1 1 udp 2130706431 10.0.0.1 5000 typ host");
        let base = "10.0.0.1:5000".parse().ok();
        let outside = candidate(1, "[2001:db8::1]:7".parse().unwrap(), base);
        assert!(outside.ends_with("2001:db8::1 7 typ srflx raddr 10.0.0.1 rport 5000"));
        assert!(lacis_wire::description::candidate_ok(&host));
        assert!(lacis_wire::description::candidate_ok(&outside));
        let relay = relayed(0, "192.0.2.1:7".parse().unwrap());
        let told = "candidate:1000 1 udp 16777215 192.0.2.1 7 typ relay raddr 0.0.0.0 rport 0";
        assert_eq!(relay, told);
        assert!(lacis_wire::description::candidate_ok(&relay));
    }
}
