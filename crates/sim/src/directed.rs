//! Scenarios that are directed at one rule each, for what chance does not meet within a few seeds:
//! the tests of a replica, which run here without a network, and nodes in small worlds.

#[path = "../../core/tests/replica/budgets.rs"]
mod budgets;
#[path = "../tests/insiders_clocks.rs"]
#[allow(dead_code, unused_imports, reason = "some of its tests are no scenarios")]
mod insiders_clocks;
#[path = "../tests/insiders_exclusion.rs"]
#[allow(dead_code, unused_imports, reason = "some of its tests are no scenarios")]
mod insiders_exclusion;
#[path = "../tests/insiders_frames.rs"]
#[allow(dead_code, unused_imports, reason = "some of its tests are no scenarios")]
mod insiders_frames;
#[path = "../tests/insiders_invitations.rs"]
#[allow(dead_code, unused_imports, reason = "some of its tests are no scenarios")]
mod insiders_invitations;
#[path = "../tests/insiders_keys.rs"]
#[allow(dead_code, unused_imports, reason = "some of its tests are no scenarios")]
mod insiders_keys;
#[path = "../../core/tests/replica/keys.rs"]
mod keys;
mod nodes;
#[path = "../tests/overtaken.rs"]
#[allow(dead_code, unused_imports, reason = "some of its tests are no scenarios")]
mod overtaken;
#[path = "../../core/tests/replica/people.rs"]
#[allow(dead_code, reason = "those who share it use a part each")]
mod people;
#[path = "../../core/tests/replica/revocations.rs"]
mod revocations;
#[path = "../../core/tests/replica/rules.rs"]
mod rules;
#[path = "../tests/strangers.rs"]
#[allow(dead_code, unused_imports, reason = "some of its tests are no scenarios")]
mod strangers;
#[path = "../tests/written_anew.rs"]
#[allow(dead_code, unused_imports, reason = "some of its tests are no scenarios")]
mod written_anew;

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
        "an_admin_has_one_word_about_where_the_group_meets",
        rules::an_admin_has_one_word_about_where_the_group_meets,
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
    (
        "a_smaller_budget_holds_for_what_is_there_already",
        budgets::a_smaller_budget_holds_for_what_is_there_already,
    ),
    ("an_admin_gives_one_member_more", budgets::an_admin_gives_one_member_more),
    (
        "nobody_is_pushed_out_by_many_credentials_of_another_issuer",
        budgets::nobody_is_pushed_out_by_many_credentials_of_another_issuer,
    ),
    (
        "of_keys_that_cover_as_much_the_latest_counts",
        keys::of_keys_that_cover_as_much_the_latest_counts,
    ),
    (
        "what_was_deleted_takes_no_place_of_what_lives",
        budgets::what_was_deleted_takes_no_place_of_what_lives,
    ),
    (
        "an_admin_who_has_written_all_it_may_still_shuts_out",
        budgets::an_admin_who_has_written_all_it_may_still_shuts_out,
    ),
    (
        "one_issuer_gives_one_subject_a_few_credentials",
        budgets::one_issuer_gives_one_subject_a_few_credentials,
    ),
    (
        "who_had_revoked_itself_can_be_let_in_again",
        revocations::who_had_revoked_itself_can_be_let_in_again,
    ),
    ("whose_issuer_was_ended_ends_nobody", revocations::whose_issuer_was_ended_ends_nobody),
    (
        "who_may_not_invite_ends_no_invitation_either",
        rules::who_may_not_invite_ends_no_invitation_either,
    ),
    (
        "what_waits_is_bounded_however_many_wrote_it",
        rules::what_waits_is_bounded_however_many_wrote_it,
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
    (
        "members_of_one_group_set_the_clock_of_no_other",
        insiders_clocks::members_of_one_group_set_the_clock_of_no_other,
    ),
    (
        "two_whose_clocks_differ_hear_each_other_and_are_told",
        insiders_clocks::two_whose_clocks_differ_hear_each_other_and_are_told,
    ),
    (
        "what_was_written_by_a_clock_that_was_ahead_is_written_anew",
        insiders_clocks::what_was_written_by_a_clock_that_was_ahead_is_written_anew,
    ),
    (
        "erasing_takes_our_clock_and_those_of_others_past_the_end_and_a_day_more",
        insiders_clocks::erasing_takes_our_clock_and_those_of_others_past_the_end_and_a_day_more,
    ),
    (
        "nothing_is_born_over_by_the_clock_of_a_neighbor",
        insiders_clocks::nothing_is_born_over_by_the_clock_of_a_neighbor,
    ),
    ("an_invitation_for_one_lets_in_one", insiders_invitations::an_invitation_for_one_lets_in_one),
    (
        "an_invitation_is_worth_what_its_author_may_give",
        insiders_invitations::an_invitation_is_worth_what_its_author_may_give,
    ),
    (
        "any_inviter_lets_in_but_by_an_exact_invitation",
        insiders_invitations::any_inviter_lets_in_but_by_an_exact_invitation,
    ),
    (
        "who_is_given_false_keys_seals_nothing_under_them",
        insiders_keys::who_is_given_false_keys_seals_nothing_under_them,
    ),
    (
        "a_clock_that_is_set_back_lets_nobody_in_again",
        insiders_exclusion::a_clock_that_is_set_back_lets_nobody_in_again,
    ),
    (
        "who_tells_two_times_is_shut_out_all_the_same",
        insiders_exclusion::who_tells_two_times_is_shut_out_all_the_same,
    ),
    (
        "a_key_that_overtakes_its_revocation_is_not_given_to_whom_it_shuts_out",
        insiders_exclusion::a_key_that_overtakes_its_revocation_is_not_given_to_whom_it_shuts_out,
    ),
    ("few_frames_of_a_stranger_are_looked_at", strangers::few_frames_of_a_stranger_are_looked_at),
    (
        "chains_that_nobody_knows_are_verified_within_bounds",
        insiders_frames::chains_that_nobody_knows_are_verified_within_bounds,
    ),
    (
        "what_broke_a_rule_is_not_asked_for_again",
        insiders_frames::what_broke_a_rule_is_not_asked_for_again,
    ),
    (
        "who_asks_faster_than_it_listens_gets_no_answers",
        insiders_frames::who_asks_faster_than_it_listens_gets_no_answers,
    ),
    (
        "a_member_with_many_devices_has_one_clock",
        insiders_clocks::a_member_with_many_devices_has_one_clock,
    ),
    (
        "an_invitation_ends_by_what_it_says_whatever_the_end_of_its_record",
        insiders_invitations::an_invitation_ends_by_what_it_says_whatever_the_end_of_its_record,
    ),
    ("so_many_are_admitted_in_a_minute", insiders_invitations::so_many_are_admitted_in_a_minute),
    (
        "who_shows_the_chain_of_another_is_served_nothing",
        insiders_exclusion::who_shows_the_chain_of_another_is_served_nothing,
    ),
    (
        "a_new_key_is_sealed_to_members_alone",
        insiders_exclusion::a_new_key_is_sealed_to_members_alone,
    ),
    ("who_may_not_invite_shows_nobody", rules::who_may_not_invite_shows_nobody),
    (
        "a_clock_that_was_ahead_for_a_moment_ends_no_rights",
        insiders_exclusion::a_clock_that_was_ahead_for_a_moment_ends_no_rights,
    ),
    (
        "whom_a_key_names_waits_for_it_as_long_as_its_end_may_be_on_its_way",
        overtaken::whom_a_key_names_waits_for_it_as_long_as_its_end_may_be_on_its_way,
    ),
    (
        "nothing_is_sealed_anew_before_others_have_told_what_they_hold",
        overtaken::nothing_is_sealed_anew_before_others_have_told_what_they_hold,
    ),
    (
        "what_was_written_unheard_is_written_anew_by_who_is_let_in_again",
        written_anew::what_was_written_unheard_is_written_anew_by_who_is_let_in_again,
    ),
    (
        "who_was_away_is_told_of_an_end_that_came_meanwhile",
        written_anew::who_was_away_is_told_of_an_end_that_came_meanwhile,
    ),
    (
        "what_was_beaten_is_back_when_its_winner_has_no_place",
        budgets::what_was_beaten_is_back_when_its_winner_has_no_place,
    ),
    // It takes longest.
    (
        "an_inviter_mints_members_in_its_own_places_only",
        budgets::an_inviter_mints_members_in_its_own_places_only,
    ),
];
