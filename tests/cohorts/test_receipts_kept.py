"""Who wrote something learns that it is kept; and a thread that may hold something unheard is read."""

from dataclasses import replace

from heard_events import form, gone, heard, standing
from made_cohorts import at, at_once, claimed, drafts, opened, planned, release, reply

from bot.cohorts.deliveries import keep_messages, mark_sent, mark_thread, message_key
from bot.cohorts.prompts import (
    find_by_thread,
    find_prompt,
    mark_all_unread,
    mark_unread,
    released_on,
    take_unread,
)
from bot.cohorts.receipts import mark_receipted, unreceipted
from bot.cohorts.submissions import known_replies, withdraw_absent
from bot.store.database import Database
from bot.store.tables import Cohort, Message


def test_a_prompt_is_found_by_the_key_of_any_of_its_messages(database: Database) -> None:
    cohort = opened(database, platform="slack")
    planned(database, at(0))
    [claim] = claimed(database, at(0), "slack")
    key = message_key(claim.key, "prompt:claim")
    [_, asked, _] = drafts(claim)
    kept = database.run_now(keep_messages, claim, [replace(asked, key=key, prompt=None), replace(asked, key=f"{key}b")])
    for each in (key, f"{key}b"):
        found, of = database.run_now(find_prompt, "slack", each)
        assert (found.message, found.prompt, of.id) == (kept[1].id, "claim", cohort.id)
    assert database.run_now(find_prompt, "discord", key) is None


def test_replies_that_were_known_before_a_reading_and_are_gone_after_it_are_withdrawn_and_nothing_else(
    database: Database, claim: Message, doubt: Message
) -> None:
    for ref, minute in (("old", 0), ("present", 1)):
        heard(database, reply(claim.thread, "ada", ref, ref, at(0, 10, minute)))
    heard(database, reply(doubt.thread, "ada", "elsewhere", "elsewhere", at(0, 10)))
    form(database, claim, "ada", "form", at(0, 9, 30))
    known = database.run_now(known_replies, claim.id)
    assert known == {"old", "present"}
    heard(database, reply(claim.thread, "ada", "meanwhile", "meanwhile", at(0, 9, 45)))
    args = (claim.id, known - {"present"} | {"elsewhere"}, at(0, 10, 12))
    assert database.run_now(withdraw_absent, *args) == 1
    assert standing(database, claim) == "form\n\nmeanwhile\n\npresent"
    assert standing(database, doubt) == "elsewhere"
    assert database.run_now(withdraw_absent, *args) == 0
    assert heard(database, reply(claim.thread, "ada", "old", "heard late", at(0, 10), 7)) is None
    assert "heard late" not in standing(database, claim)


def test_a_receipt_that_was_not_given_is_found_until_it_is(database: Database, claim: Message, doubt: Message) -> None:
    events = [reply(thread, "ada", ref, ref, at(0, 10)) for ref, thread in (("m1", claim.thread), ("m2", doubt.thread))]
    given_at_once = [heard(database, event) for event in events]
    assert given_at_once[0].open_prompts == ("doubt",)
    waiting = database.run_now(unreceipted, "discord")
    assert [each.submission for each in waiting] == ["m1", "m2"]
    assert waiting[1] == given_at_once[1]
    assert [each.submission for each in database.run_now(unreceipted, "discord", 1)] == ["m1"]
    assert database.run_now(unreceipted, "slack") == []
    assert heard(database, events[0]) is not None  # heard twice, told not yet
    database.run_now(mark_receipted, "discord", ["m1", "unknown"])
    database.run_now(mark_receipted, "slack", ["m2"])
    assert heard(database, events[0]) is None
    assert [each.submission for each in database.run_now(unreceipted, "discord")] == ["m2"]


def test_what_was_withdrawn_needs_no_receipt_and_opens_its_prompt_again(
    database: Database, claim: Message, doubt: Message
) -> None:
    heard(database, reply(claim.thread, "ada", "m1", "x", at(0, 10)), gone("m1", at(0, 11)))
    assert database.run_now(unreceipted, "discord") == []
    assert heard(database, reply(doubt.thread, "ada", "m2", "y", at(0, 12))).open_prompts == ("claim",)


def test_an_edit_of_what_is_receipted_is_kept_without_another_receipt(database: Database, claim: Message) -> None:
    heard(database, reply(claim.thread, "ada", "m", "first", at(0, 10)))
    database.run_now(mark_receipted, "discord", ["m"])
    assert heard(database, reply(claim.thread, "ada", "m", "second", at(0, 10), 1_000)) is None
    assert standing(database, claim) == "second"


def test_a_form_sent_again_gets_its_receipt_again(database: Database, claim: Message) -> None:
    receipt = form(database, claim, "ada", "first", at(0, 10))
    database.run_now(mark_receipted, "discord", [receipt.submission])
    assert form(database, claim, "ada", "second", at(0, 11)) is not None
    assert [each.text for each in database.run_now(unreceipted, "discord")] == ["second"]


def test_threads_are_read_newest_first_once_and_again_when_marked(
    database: Database, claim: Message, doubt: Message
) -> None:
    assert [each.message for each in database.run_now(take_unread, "discord", 1)] == [doubt.id]
    assert [each.thread for each in database.run_now(take_unread, "discord")] == [claim.thread]
    assert database.run_now(take_unread, "discord") == []
    database.run_now(mark_unread, claim.id)
    assert database.run_now(take_unread, "slack") == []
    assert [each.message for each in database.run_now(take_unread, "discord")] == [claim.id]
    assert database.run_now(mark_all_unread, "discord", at(0)) == 0  # posted at that moment, not after it
    assert database.run_now(mark_all_unread, "slack", at(-1)) == 0
    assert database.run_now(mark_all_unread, "discord", at(0, 8, 59)) == 2
    assert len(database.run_now(take_unread, "discord")) == 2


def test_two_readers_at_once_do_not_take_the_same_thread(database: Database) -> None:
    for _ in range(4):
        opened(database)
    release(database, at(0))
    taken = [
        each.message
        for batch in at_once([lambda: database.run_now(take_unread, "discord", 3) for _ in range(4)])
        for each in batch
    ]
    assert len(taken) == len(set(taken))


def test_a_prompt_whose_thread_is_not_open_yet_is_not_to_be_read(database: Database) -> None:
    opened(database)
    planned(database, at(0))
    [claim] = claimed(database, at(0))
    _, prompt, _ = database.run_now(keep_messages, claim, drafts(claim))
    database.run_now(mark_sent, claim, prompt, "m1", at(0), found=True)
    assert database.run_now(take_unread, "discord") == []
    database.run_now(mark_thread, prompt, "t1", at(0))
    assert [each.thread for each in database.run_now(take_unread, "discord")] == ["t1"]


def test_a_prompt_knows_its_lesson_date_and_its_thread(database: Database, cohort: Cohort, claim: Message) -> None:
    assert database.run_now(released_on, claim.id) == at(0).date()
    asked, of = database.run_now(find_by_thread, "discord", claim.thread)
    assert (asked.message, asked.prompt, asked.lesson, asked.cohort, of.id) == (
        claim.id,
        "claim",
        1,
        cohort.id,
        cohort.id,
    )
    assert database.run_now(find_by_thread, "discord", None) is None
