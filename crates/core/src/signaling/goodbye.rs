//! Why a server ended a session: what that is called, and how long it is left alone for it.

use core::time::Duration;

use lacis_wire::signal::ByeReason;
use lacis_wire::{Code, limits};

/// What is different only once somebody has changed a program, a list or a token is not asked for
/// again soon, whatever the server says, or if it had no time to say it. Who was replaced by a copy
/// of itself must not fight with it for the mailbox; but it may be a late word of its own that did
/// that, so it does come back.
pub(super) const fn least_wait(reason: ByeReason) -> Duration {
    match reason {
        ByeReason::Version | ByeReason::Origin | ByeReason::Unauthorized | ByeReason::Replaced => {
            limits::REDIAL_REFUSED
        }
        ByeReason::Shutdown
        | ByeReason::Protocol
        | ByeReason::NodeTaken
        | ByeReason::RateLimited
        | ByeReason::SlowReader
        | ByeReason::Timeout
        | ByeReason::Full => Duration::ZERO,
    }
}

/// What a node says of it.
pub(super) const fn bye_code(reason: ByeReason) -> Code {
    match reason {
        ByeReason::Shutdown | ByeReason::Timeout | ByeReason::SlowReader | ByeReason::Replaced => {
            Code::SignalingLost
        }
        ByeReason::Protocol | ByeReason::Origin | ByeReason::Unauthorized => Code::SignalingRefused,
        ByeReason::Version => Code::VersionMismatch,
        ByeReason::NodeTaken => Code::NodeTaken,
        ByeReason::RateLimited => Code::RateLimited,
        ByeReason::Full => Code::ServerFull,
    }
}
