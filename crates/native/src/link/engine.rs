//! How connections are made.

use std::time::{Duration, Instant};

use lacis_wire::link::Channel;
use rtc::data_channel::{RTCDataChannelId, RTCDataChannelInit};
use rtc::ice::mdns::MulticastDnsMode;
use rtc::peer_connection::configuration::setting_engine::{
    SctpMaxMessageSize, SettingEngineBuilder,
};
use rtc::peer_connection::{RTCPeerConnection, RTCPeerConnectionBuilder};
use rtc::shared::error::Result;

use super::relays::WITHOUT;

/// A path that was lost is given up as late as browsers do.
const FAILED_AFTER: Duration = Duration::from_secs(10);

/// The largest message that is sent or taken. The library keeps a buffer of that size for each
/// connection, which would be most of what one costs; smaller ones would slow files down.
const MESSAGE_BYTES: u32 = 32 * 1024;

/// So often a path is tried, five times a second: the other side uses its relays half a second
/// after the rest, and has to ask for them first.
const CHECKS_MAX: u16 = 25;

/// A connection that waits for nothing before it takes the first path that works: the other side's
/// check often comes before its candidate, and such a path would wait for a second. Paths over
/// relays wait for others, unless there are none.
pub(super) fn connection(now: Instant, relay_only: bool) -> Result<RTCPeerConnection> {
    let relays_wait = if relay_only { Duration::ZERO } else { WITHOUT };
    let settings = SettingEngineBuilder::new()
        .with_multicast_dns_mode(MulticastDnsMode::Disabled)
        .with_include_loopback_candidate(true)
        .with_ice_timeouts(None, Some(FAILED_AFTER), None)
        .with_srflx_acceptance_min_wait(Some(Duration::ZERO))
        .with_prflx_acceptance_min_wait(Some(Duration::ZERO))
        .with_relay_acceptance_min_wait(Some(relays_wait))
        .with_ice_connection_attempts(None, Some(CHECKS_MAX))
        .with_sctp_max_message_size(SctpMaxMessageSize::Bounded(MESSAGE_BYTES))
        .build();
    RTCPeerConnectionBuilder::new().with_setting_engine(settings).build(now)
}

/// Makes one of the channels that both sides agree on.
pub(super) fn channel(rtc: &mut RTCPeerConnection, channel: Channel) -> Result<RTCDataChannelId> {
    let init = RTCDataChannelInit {
        ordered: channel.reliable(),
        max_retransmits: (!channel.reliable()).then_some(0),
        negotiated: Some(channel.id()),
        ..RTCDataChannelInit::default()
    };
    Ok(rtc.create_data_channel(channel.label(), Some(init))?.id())
}
