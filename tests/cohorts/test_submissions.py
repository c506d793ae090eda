"""What a member writes is kept once and whole, in whatever order it is heard."""

from dataclasses import replace
from itertools import permutations

import pytest
from heard_events import Event, counts, form, gone, heard, member_of, standing
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_cohorts import at, at_once, change, reply
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from bot.chat.inbound import Person, Reply
from bot.cohorts.cohorts import leave
from bot.cohorts.receipts import Receipt
from bot.cohorts.submissions import record, withdraw
from bot.store.database import Database
from bot.store.tables import Cohort, Member, Message, Revision, Submission, Tombstone

STORY: tuple[Event, ...] = (  # a create, two edits and the delete of one message
    reply("THREAD", "ada", "m", "first", at(0, 10)),
    reply("THREAD", "ada", "m", "second", at(0, 10), 1_000),
    reply("THREAD", "ada", "m", "third", at(0, 10), 2_000),
    gone("m", at(0, 11)),
)


def test_a_reply_is_kept_and_its_writer_is_told_what_is_still_open(
    database: Database, cohort: Cohort, claim: Message
) -> None:
    receipt = heard(database, reply(claim.thread, "ada", "m1", "It is shown.", at(0, 10)))
    assert receipt == Receipt(
        submission="m1",
        ref="m1",
        workspace="W",
        person=Person("ada", "Ada"),
        thread=claim.thread,
        lesson=1,
        prompt="claim",
        text="It is shown.",
        open_prompts=("doubt",),
        first=True,
        enrolled=True,
    )
    assert standing(database, claim) == "It is shown."


@pytest.mark.parametrize("thread", [None, "another", "", "thread 1/0", "\x00", "x" * 10_000])
def test_what_is_written_elsewhere_is_not_kept(database: Database, cohort: Cohort, thread: str | None) -> None:
    assert heard(database, reply(thread, "ada", "m1", "hello", at(0, 10))) is None
    assert counts(database) == (0, 0, 0)


def test_the_thread_of_another_platform_is_another_thread(database: Database, claim: Message) -> None:
    other = replace(reply(claim.thread, "ada", "m1", "hello", at(0, 10)), platform="slack")
    assert heard(database, other) is None


def test_a_writer_who_has_not_joined_is_kept_and_told_so(database: Database, claim: Message) -> None:
    receipt = heard(database, reply(claim.thread, "eve", "m1", "hello", at(0, 10)))
    assert (receipt.enrolled, receipt.first) == (False, True)
    assert standing(database, claim, "eve") == "hello"


def test_who_has_left_is_kept_and_not_counted_as_enrolled(database: Database, cohort: Cohort, claim: Message) -> None:
    member = member_of(database, "ada")
    database.run_now(lambda s: leave(s, s.get_one(Cohort, cohort.id), member, at(0, 9)))
    assert not heard(database, reply(claim.thread, "ada", "m1", "hello", at(0, 10))).enrolled


def test_several_messages_are_one_answer_in_the_order_they_were_written(database: Database, claim: Message) -> None:
    receipts = [
        heard(database, reply(claim.thread, "ada", ref, text, at(0, 10, minute)))
        for ref, text, minute in (("m3", "third", 3), ("m1", "first", 1), ("m2", "second", 2))
    ]
    assert standing(database, claim) == "first\n\nsecond\n\nthird"
    assert [receipt.first for receipt in receipts] == [True, False, False]
    assert [receipt.text for receipt in receipts] == ["third", "first", "second"]


def test_answers_of_two_members_do_not_mix(database: Database, claim: Message, doubt: Message) -> None:
    heard(
        database,
        reply(claim.thread, "ada", "m1", "Ada's", at(0, 10)),
        reply(claim.thread, "ben", "m2", "Ben's", at(0, 10)),
    )
    heard(database, reply(doubt.thread, "ada", "m3", "doubt", at(0, 10)))
    assert (standing(database, claim), standing(database, claim, "ben")) == ("Ada's", "Ben's")
    assert standing(database, doubt) == "doubt"


@pytest.mark.parametrize("told", [1, 2, 3])
def test_events_in_any_order_end_in_the_same_record(database: Database, claim: Message, told: int) -> None:
    records = set()
    for order in permutations(STORY[:told]):
        heard(database, *(_in_thread(event, claim) for event in order))
        records.add(_record(database, "m"))
        _forget(database)
    newest, revisions = ("first", "second", "third")[told - 1], (0, 1_000, 2_000)[:told]
    assert records == {(newest, revisions[-1], False, revisions)}


@pytest.mark.parametrize("place", range(4))
def test_wherever_a_deletion_comes_between_them_nothing_stands(database: Database, claim: Message, place: int) -> None:
    for order in permutations(STORY[:3]):
        events = [*order[:place], STORY[3], *order[place:]]
        assert heard(database, *(_in_thread(event, claim) for event in events)) is None
        assert standing(database, claim) == ""
        _forget(database)


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 3), min_size=1, max_size=9))
def test_duplicates_in_any_order_change_nothing(database: Database, claim: Message, numbers: list[int]) -> None:
    heard(database, *(_in_thread(STORY[number], claim) for number in numbers))
    kept = _record(database, "m")
    newest = max((number for number in numbers if number < 3), default=None)
    if 3 in numbers:
        assert kept[2] or kept[0] is None
        assert standing(database, claim) == ""
    else:
        assert kept[:3] == (("first", "second", "third")[newest], (0, 1_000, 2_000)[newest], False)
        assert kept[3] == tuple(sorted({(0, 1_000, 2_000)[number] for number in numbers}))
    _forget(database)


def test_every_version_is_a_revision(database: Database, claim: Message) -> None:
    heard(database, *(_in_thread(event, claim) for event in STORY[:3]))
    rows = database.run_now(
        lambda s: s.execute(select(Revision.revision, Revision.text).order_by(Revision.revision)).all()
    )
    assert [tuple(row) for row in rows] == [(0, "first"), (1_000, "second"), (2_000, "third")]


def test_the_same_revision_twice_keeps_what_came_first(database: Database, claim: Message) -> None:
    edit = reply(claim.thread, "ada", "m", "an edit", at(0, 10), 1_000)
    heard(database, edit, replace(edit, text="something else"))
    assert standing(database, claim) == "an edit"


def test_an_edit_keeps_the_time_at_which_it_was_first_written(database: Database, claim: Message) -> None:
    heard(
        database,
        reply(claim.thread, "ada", "m", "first", at(0, 10)),
        reply(claim.thread, "ada", "m", "later", at(9), 1_000),
    )
    assert database.run_now(lambda s: s.scalars(select(Submission.sent_at)).one()) == at(0, 10)


def test_a_delete_before_its_create_wins(database: Database, claim: Message) -> None:
    assert heard(database, gone("m", at(0, 11)), _in_thread(STORY[0], claim)) is None
    assert (
        heard(database, gone("m2", at(0, 11), claim.thread), reply(claim.thread, "ada", "m2", "x", at(0, 10))) is None
    )
    assert counts(database)[0] == 0


def test_a_deletion_in_a_thread_of_somebody_elses_is_not_written_down(database: Database, claim: Message) -> None:
    heard(database, gone("m", at(0, 11), "their thread"), gone("m", at(0, 11), None), gone("m2", at(0, 11), "theirs"))
    assert counts(database) == (0, 0, 1)  # where the thread is not known it is, to be safe


def test_a_delete_before_its_thread_is_written_down_wins(database: Database, claim: Message) -> None:
    thread = claim.thread
    change(database, claim, thread=None)  # the prompt is out, and we stopped before its thread was noted
    heard(database, gone("m", at(0, 11), thread))
    change(database, claim, thread=thread)
    assert heard(database, reply(thread, "ada", "m", "taken back", at(0, 10))) is None
    assert standing(database, claim) == ""


def test_a_second_deletion_keeps_the_time_of_the_first(database: Database, claim: Message) -> None:
    heard(database, _in_thread(STORY[0], claim), gone("m", at(0, 11)), gone("m", at(0, 12)))
    assert database.run_now(lambda s: s.scalars(select(Submission.withdrawn_at)).one()) == at(0, 11)


def test_a_message_stays_under_its_prompt_and_its_writers(database: Database, claim: Message, doubt: Message) -> None:
    heard(database, _in_thread(STORY[0], claim))
    heard(database, reply(doubt.thread, "ada", "m", "heard elsewhere", at(0, 10), 5))
    assert heard(database, reply(claim.thread, "eve", "m", "forged", at(0, 10), 6)) is None
    assert standing(database, claim) == "heard elsewhere"
    assert (standing(database, doubt), standing(database, claim, "eve")) == ("", "")


@pytest.mark.parametrize(
    "text", ["", "\x00", "\ud800 half", "é😀" * 400_000, "'; DROP TABLE submissions; --", "%s :x \\"]
)
def test_any_text_is_kept(database: Database, claim: Message, text: str) -> None:
    kept = text.replace("\x00", "␀").replace("\ud800", "\ufffd")
    receipt = heard(database, reply(claim.thread, "ada", "m", text, at(0, 10)))
    assert standing(database, claim) == kept
    assert receipt is not None
    form(database, claim, "ben", text, at(0, 10))
    assert standing(database, claim, "ben") == kept


def test_a_hostile_name_is_kept_and_shortened(database: Database, claim: Message) -> None:
    person = Person("ada", "\x00\ud800" + "n" * 1_000_000)
    for message in ("m1", "m2"):
        assert heard(database, replace(reply(claim.thread, "ada", message, "x", at(0, 10)), author=person)) is not None
    assert member_of(database, "ada").name == "␀\ufffd" + "n" * 198


def test_a_changed_name_is_taken_over_and_an_empty_one_is_not(database: Database, claim: Message) -> None:
    for message, name in (("m1", "Ada L."), ("m2", "")):
        heard(database, replace(reply(claim.thread, "ada", message, "x", at(0, 10)), author=Person("ada", name)))
    assert member_of(database, "ada").name == "Ada L."


def test_the_same_event_many_times_at_once_is_one_row(database: Database, claim: Message) -> None:
    event = reply(claim.thread, "somebody new", "m", "once", at(0, 10))
    at_once([lambda: database.run_now(record, event) for _ in range(6)])
    assert counts(database) == (1, 1, 0)
    assert database.run_now(lambda s: s.scalar(select(func.count(Member.id)))) == 2


def test_edits_heard_at_once_leave_the_newest(database: Database, claim: Message) -> None:
    for round_ in range(6):
        edits = [reply(claim.thread, "ada", f"m{round_}", str(n), at(0, 10), n) for n in (5, 3, 6, 1, 4, 2)]
        at_once([lambda edit=edit: database.run_now(record, edit) for edit in edits])
        assert _record(database, f"m{round_}")[:2] == ("6", 6)


def test_a_create_and_its_delete_heard_at_once_leave_nothing_standing(database: Database, claim: Message) -> None:
    for round_ in range(12):
        create = reply(claim.thread, "ada", f"m{round_}", "gone", at(0, 10))
        deleted = gone(f"m{round_}", at(0, 11))
        at_once([lambda c=create: database.run_now(record, c), lambda d=deleted: database.run_now(withdraw, d)])
    assert standing(database, claim) == ""


def _in_thread(event: Event, message: Message) -> Event:
    return replace(event, thread=message.thread) if isinstance(event, Reply) else event


def _record(database: Database, ref: str) -> tuple[str | None, int | None, bool, tuple[int, ...]]:
    """Text, revision, withdrawn?, revisions; of nothing kept: None, None, tombstone?, ()."""

    def read(session: Session) -> tuple[str | None, int | None, bool, tuple[int, ...]]:
        kept = session.scalar(select(Submission).where(Submission.ref == ref))
        if kept is None:
            return None, None, session.get(Tombstone, ("discord", ref)) is not None, ()
        revisions = session.scalars(select(Revision.revision).where(Revision.submission_id == kept.id))
        return kept.text, kept.revision, kept.withdrawn_at is not None, tuple(sorted(revisions))

    return database.run_now(read)


def _forget(database: Database) -> None:
    def clean(session: Session) -> None:
        session.execute(delete(Submission))
        session.execute(delete(Tombstone))

    database.run_now(clean)
