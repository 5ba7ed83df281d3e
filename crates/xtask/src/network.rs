//! A network that ends at this machine, for tests in browsers.
//!
//! A browser gathers no usable address where there is no default route, and asks the local network
//! by multicast where there is one. In a namespace with a pair of virtual interfaces it finds an
//! address, and nothing it sends is heard elsewhere.

use std::ffi::OsStr;

use crate::shell::Run;
use crate::workspace;

/// The program, in a network of its own where that is allowed.
pub(crate) fn isolated(program: impl AsRef<OsStr>) -> Run {
    let Some(user) = namespace_flags() else {
        eprintln!("No network namespaces here: the browser uses the network of this machine.");
        return Run::new(program);
    };
    Run::new("unshare").words(user).words("--net sh -c").args([INTERFACES, "sh"]).arg(program)
}

/// How this user gets a namespace, if at all: an administrator just so, another one as the
/// administrator of a namespace of users.
fn namespace_flags() -> Option<&'static str> {
    workspace::find_program("ip")?;
    let is_allowed = |flags: &&str| {
        let probe = Run::new("unshare").words(flags).words("--net true").quietly();
        probe.is_ok_and(|(succeeded, _)| succeeded)
    };
    ["", "--map-root-user"].into_iter().find(is_allowed)
}

const INTERFACES: &str = "PATH=$PATH:/usr/sbin:/sbin \
    && ip link set lo up \
    && ip link add lacis0 type veth peer name lacis1 \
    && ip address add 10.77.0.1/24 dev lacis0 \
    && ip link set lacis0 up && ip link set lacis1 up \
    && ip route add default via 10.77.0.2 \
    && exec \"$@\"";
