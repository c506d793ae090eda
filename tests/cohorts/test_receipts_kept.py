"""Who wrote something learns that it is kept."""

from dataclasses import replace

from heard_events import form, gone, heard, standing
from made_cohorts import at, claimed, drafts, opened, planned, reply

from bot.cohorts.claims import message_key
from bot.cohorts.deliveries import keep_messages
from bot.cohorts.prompts import find_by_thread, find_prompt, released_on
from bot.cohorts.receipts import mark_receipted, unreceipted
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


def test_receipts_are_found_past_those_that_cannot_be_given_now(database: Database, claim: Message) -> None:
    for minute in range(5):
        heard(database, reply(claim.thread, "ada", f"m{minute}", "x", at(0, 10, minute)))

    def found(*more: object) -> list[str]:
        return [each.submission for each in database.run_now(unreceipted, "discord", 2, *more)]

    assert found() == ["m0", "m1"]
    assert found({"m0", "m2"}) == ["m1", "m3"]
    assert found((), at(0, 10, 1)) == ["m0"]  # the others are still whoever heard them's to tell
