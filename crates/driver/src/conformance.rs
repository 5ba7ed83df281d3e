//! Scenarios that every platform passes, so that a node finds the same whatever it runs on.
//!
//! A scenario has two ends on one platform. It asks each for what a node would ask, through the
//! driver's own loop, and looks at what is told to the node there. Those nodes have nothing to do
//! themselves, and know nothing of the links and sockets of a scenario.
//!
//! A test of a platform implements [`Harness`] and calls [`scenarios!`](crate::scenarios), which
//! names them all.

mod bench;
mod clocks;
mod harness;
mod links;
mod sockets;
mod stores;

pub use clocks::*;
pub use harness::{Harness, Logged, Side};
pub use links::*;
pub use sockets::*;
pub use stores::*;

/// Calls a macro with the name of every scenario, each a function of this module.
#[macro_export]
macro_rules! scenarios {
    ($each:ident) => {
        $each!(a_connection_carries_messages_in_order);
        $each!(operations_of_a_link_are_done_one_after_the_other);
        $each!(a_send_answers_how_much_is_buffered);
        $each!(a_buffer_that_drained_is_told);
        $each!(a_message_at_the_limit_arrives_whole);
        $each!(what_was_sent_just_before_close_arrives);
        $each!(nothing_is_heard_of_a_closed_link);
        $each!(nothing_comes_of_a_link_that_is_closed_at_once);
        $each!(a_connection_that_is_refused_is_told);
        $each!(a_send_on_a_closed_channel_is_told);
        $each!(a_path_is_told);
        $each!(a_dial_that_fails_is_told);
        $each!(an_address_that_is_none_is_told);
        $each!(nothing_is_heard_of_a_socket_that_was_hung_up);
        $each!(a_timer_fires_once_and_not_early);
        $each!(an_earlier_timer_takes_the_place_of_a_later);
        $each!(a_deadline_of_the_node_is_kept);
        $each!(the_clock_on_the_wall_is_read_with_every_input);
        $each!(a_store_that_fails_is_told);
    };
}

/// As [`scenarios!`](crate::scenarios), of what takes a store that works.
#[macro_export]
macro_rules! store_scenarios {
    ($each:ident) => {
        $each!(a_store_answers_each_request_once);
    };
}
