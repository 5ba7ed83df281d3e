//! A keeper behind a firewall that lets one UDP port in.
