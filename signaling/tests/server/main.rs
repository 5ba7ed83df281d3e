//! The real server on loopback, against clients that behave and clients that do not.

mod check;
mod client;
mod cluster;
mod greeting;
mod hostile;
mod http;
mod limits;
mod pages;
mod pings;
mod program;
mod relays;
mod shutdown;
mod talk;
mod tls;
mod tokens;
