//! A Lacis peer outside of browsers.

mod addresses;
mod clock;
mod demux;
mod error;
mod link;
mod machine;
mod socket;
mod store;
mod udp;

pub use error::{Error, StartError, StoreError};
