//! The addresses of this machine: how others reach it, and which a relay must not lead to.

use std::collections::HashSet;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The address by which this machine reaches others, if it has one.
#[must_use]
pub fn own_address() -> Option<IpAddr> {
    // Addresses kept for documentation, of the family that more can reach first.
    let outside =
        [Ipv4Addr::new(192, 0, 2, 1).into(), Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).into()];
    let ours = outside.into_iter().filter_map(beginning_of_way_to);
    ours.into_iter().find(|address| !address.is_unspecified() && !address.is_loopback())
}

/// Which of its addresses this machine would send from. Nothing is sent, because a socket of UDP
/// only looks up the way.
fn beginning_of_way_to(address: IpAddr) -> Option<IpAddr> {
    let any: IpAddr = match address {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = std::net::UdpSocket::bind((any, 0)).ok()?;
    socket.connect((address, 9)).ok()?;
    Some(socket.local_addr().ok()?.ip())
}

/// All addresses of this machine now.
///
/// # Errors
/// What the system says.
#[cfg(unix)]
pub(super) fn list() -> io::Result<HashSet<IpAddr>> {
    let of = |it: nix::ifaddrs::InterfaceAddress| {
        let address = it.address?;
        let v4 = address.as_sockaddr_in().map(|it| it.ip().into());
        v4.or_else(|| address.as_sockaddr_in6().map(|it| it.ip().to_canonical()))
    };
    Ok(nix::ifaddrs::getifaddrs()?.filter_map(of).collect())
}

/// The address by which this machine reaches others; where addresses cannot be listed, relays have
/// to be kept from others by a firewall.
///
/// # Errors
/// None.
#[cfg(not(unix))]
pub(super) fn list() -> io::Result<HashSet<IpAddr>> {
    Ok(own_address().into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::{IpAddr, list, own_address};

    #[test]
    fn the_addresses_of_this_machine_are_known() {
        let own = list().unwrap();
        assert!(own_address().is_none_or(|address| own.contains(&address)));
        assert!(!own.contains(&IpAddr::from([192, 0, 2, 1])));
        #[cfg(unix)]
        assert!(own.contains(&IpAddr::from([127, 0, 0, 1])));
    }
}
