//! How connections are made.

use std::time::{Duration, Instant};

use lacis_wire::limits;
use lacis_wire::link::Channel;
use rtc::data_channel::{RTCDataChannelId, RTCDataChannelInit};
use rtc::ice::mdns::MulticastDnsMode;
use rtc::peer_connection::configuration::setting_engine::{
    SctpMaxMessageSize, SettingEngineBuilder,
};
use rtc::peer_connection::{RTCPeerConnection, RTCPeerConnectionBuilder};
use rtc::shared::error::Result;

/// A path that was lost is given up as late as browsers do.
const FAILED_AFTER: Duration = Duration::from_secs(10);

/// A connection that waits for nothing before it takes the first path that works: the other side's
/// check often comes before its candidate, and such a path would wait for a second.
pub(super) fn connection(now: Instant) -> Result<RTCPeerConnection> {
    let message_bytes = u32::try_from(limits::FRAME_BYTES).unwrap_or(u32::MAX);
    let settings = SettingEngineBuilder::new()
        .with_multicast_dns_mode(MulticastDnsMode::Disabled)
        .with_include_loopback_candidate(true)
        .with_ice_timeouts(None, Some(FAILED_AFTER), None)
        .with_srflx_acceptance_min_wait(Some(Duration::ZERO))
        .with_prflx_acceptance_min_wait(Some(Duration::ZERO))
        .with_relay_acceptance_min_wait(Some(Duration::ZERO))
        .with_sctp_max_message_size(SctpMaxMessageSize::Bounded(message_bytes))
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
