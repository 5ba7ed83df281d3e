//! The command as people and service managers run it: the real program, a real server, and real
//! packets.

#![cfg(unix)]

mod crash;
mod every_tab_closed;
mod everyday;
mod many_groups;
#[cfg(target_os = "linux")]
mod one_port;
mod support;
