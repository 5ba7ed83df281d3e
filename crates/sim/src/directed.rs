//! Scenarios that are directed at one rule each, for what chance does not meet within a few seeds:
//! the tests of a replica, which run here without a network, and nodes in small worlds.

#[path = "../../core/tests/replica/budgets.rs"]
mod budgets;
#[path = "../../core/tests/replica/keys.rs"]
mod keys;
mod nodes;
#[path = "../../core/tests/replica/people.rs"]
#[allow(dead_code, reason = "those who share it use a part each")]
mod people;
#[path = "../../core/tests/replica/revocations.rs"]
mod revocations;
#[path = "../../core/tests/replica/rules.rs"]
mod rules;

/// A scenario, by its name. It panics when something is wrong.
pub type Scenario = (&'static str, fn());

/// All of them.
pub const SCENARIOS: &[Scenario] = &[
    ("a_member_writes_and_an_admin_corrects", rules::a_member_writes_and_an_admin_corrects),
    ("what_breaks_a_rule_is_refused_by_its_name", rules::what_breaks_a_rule_is_refused_by_its_name),
    (
        "nobody_counts_up_to_where_no_version_has_a_number",
        rules::nobody_counts_up_to_where_no_version_has_a_number,
    ),
    (
        "only_the_root_key_says_what_the_group_is_called",
        rules::only_the_root_key_says_what_the_group_is_called,
    ),
    (
        "an_open_invitation_promises_no_more_than_its_author_may_give",
        rules::an_open_invitation_promises_no_more_than_its_author_may_give,
    ),
    ("a_record_waits_for_its_authors_credential", rules::a_record_waits_for_its_authors_credential),
    (
        "what_waits_is_signed_and_bounded_and_one_author_has_a_share_of_it",
        rules::what_waits_is_signed_and_bounded_and_one_author_has_a_share_of_it,
    ),
    (
        "what_is_dated_ahead_waits_for_its_time_and_is_in_no_summary",
        rules::what_is_dated_ahead_waits_for_its_time_and_is_in_no_summary,
    ),
    (
        "a_record_does_not_outlast_its_authors_credential_and_none_is_written_after_it",
        rules::a_record_does_not_outlast_its_authors_credential_and_none_is_written_after_it,
    ),
    (
        "nothing_that_was_deleted_or_has_ended_comes_back",
        rules::nothing_that_was_deleted_or_has_ended_comes_back,
    ),
    (
        "a_record_in_place_of_another_drops_it_at_any_date",
        rules::a_record_in_place_of_another_drops_it_at_any_date,
    ),
    (
        "nothing_stands_in_the_place_of_what_is_said_of_members",
        rules::nothing_stands_in_the_place_of_what_is_said_of_members,
    ),
    (
        "only_what_is_live_and_came_before_stands_in_the_place_of_another",
        rules::only_what_is_live_and_came_before_stands_in_the_place_of_another,
    ),
    (
        "another_format_is_kept_by_its_envelope_and_not_applied",
        rules::another_format_is_kept_by_its_envelope_and_not_applied,
    ),
    ("what_ends_is_told", rules::what_ends_is_told),
    (
        "a_clock_that_was_ahead_for_a_while_erases_nothing",
        rules::a_clock_that_was_ahead_for_a_while_erases_nothing,
    ),
    (
        "a_revoked_member_is_none_at_once_and_what_is_named_stays",
        revocations::a_revoked_member_is_none_at_once_and_what_is_named_stays,
    ),
    (
        "an_admin_lets_somebody_in_again_and_can_shut_it_out_again",
        revocations::an_admin_lets_somebody_in_again_and_can_shut_it_out_again,
    ),
    (
        "whom_a_revoked_inviter_brought_in_stays_only_if_named",
        revocations::whom_a_revoked_inviter_brought_in_stays_only_if_named,
    ),
    ("a_revoked_admin_cannot_strike_back", revocations::a_revoked_admin_cannot_strike_back),
    (
        "an_admin_is_shut_out_only_by_one_who_is_nearer_to_the_founder",
        revocations::an_admin_is_shut_out_only_by_one_who_is_nearer_to_the_founder,
    ),
    ("fewer_rights_leave_what_took_none", revocations::fewer_rights_leave_what_took_none),
    (
        "an_admin_who_overwrote_everything_leaves_what_it_beat",
        revocations::an_admin_who_overwrote_everything_leaves_what_it_beat,
    ),
    (
        "what_no_list_names_comes_back_once_an_admin_names_it",
        revocations::what_no_list_names_comes_back_once_an_admin_names_it,
    ),
    (
        "of_two_lists_that_of_the_nearer_author_counts",
        revocations::of_two_lists_that_of_the_nearer_author_counts,
    ),
    ("the_newest_covers_most_ends_then_is_later", keys::the_newest_covers_most_ends_then_is_later),
    (
        "a_key_record_holds_once_all_parts_are_here",
        keys::a_key_record_holds_once_all_parts_are_here,
    ),
    (
        "a_key_that_overtakes_a_revocation_proves_it",
        keys::a_key_that_overtakes_a_revocation_proves_it,
    ),
    (
        "a_key_record_shuts_nobody_out_whom_its_author_may_not",
        keys::a_key_record_shuts_nobody_out_whom_its_author_may_not,
    ),
    (
        "the_key_of_an_admin_who_was_shut_out_falls_with_it",
        keys::the_key_of_an_admin_who_was_shut_out_falls_with_it,
    ),
    (
        "whoever_writes_too_much_pushes_out_its_own",
        budgets::whoever_writes_too_much_pushes_out_its_own,
    ),
    (
        "bytes_count_as_records_do_and_deleting_is_always_possible",
        budgets::bytes_count_as_records_do_and_deleting_is_always_possible,
    ),
    ("an_admin_gives_one_member_more", budgets::an_admin_gives_one_member_more),
    (
        "nobody_is_pushed_out_by_many_credentials_of_another_issuer",
        budgets::nobody_is_pushed_out_by_many_credentials_of_another_issuer,
    ),
    ("a_body_belongs_to_its_header", nodes::a_body_belongs_to_its_header),
    ("what_is_over_is_not_taken", nodes::what_is_over_is_not_taken),
    ("revocations_are_for_ever", nodes::revocations_are_for_ever),
    ("invitations_are_their_authors", nodes::invitations_are_their_authors),
    ("nobody_ends_itself", nodes::nobody_ends_itself),
    ("an_end_above_counts", nodes::an_end_above_counts),
    ("a_revocation_counts_whatever_its_date", nodes::a_revocation_counts_whatever_its_date),
    ("who_is_shut_out_hears_nothing", nodes::who_is_shut_out_hears_nothing),
    ("an_invitation_is_used_as_it_says", nodes::an_invitation_is_used_as_it_says),
    ("an_invitation_ends", nodes::an_invitation_ends),
    ("a_true_name_is_not_spoilt", nodes::a_true_name_is_not_spoilt),
    ("who_is_shut_out_stays_out", nodes::who_is_shut_out_stays_out),
    ("an_invitation_ends_with_whoever_came", nodes::an_invitation_ends_with_whoever_came_by_it),
    ("a_keeper_opens_nothing", nodes::a_keeper_opens_nothing),
    // It takes longest.
    (
        "an_inviter_mints_members_in_its_own_places_only",
        budgets::an_inviter_mints_members_in_its_own_places_only,
    ),
];
