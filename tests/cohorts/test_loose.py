"""What was written outside every thread is kept until its writer says what it answers, and is then an answer like any
other, whatever happens to its message."""

from dataclasses import replace
from datetime import timedelta

import pytest
from heard_events import gone, standing
from made_cohorts import at, at_once, learner, opened, prompt_messages, release, reply
from sqlalchemy import event, func, select, update

from bot.chat.inbound import Person, Reply, ReplyEdited
from bot.cohorts.cohorts import find_member, leave
from bot.cohorts.loose import (
    Loose,
    Unfiled,
    file_loose,
    find_kept,
    forget_loose,
    keep_heard,
    keep_loose,
    loose_of,
    slip_of,
)
from bot.cohorts.progress import State, member_progress
from bot.cohorts.prompts import Asked
from bot.cohorts.receipts import Receipt, unreceipted
from bot.cohorts.submissions import known_replies, record
from bot.cohorts.sweeps import finish, take_threads
from bot.cohorts.writers import Writer, open_prompts_for
from bot.store.database import Database
from bot.store.tables import Cohort, DeadLetter, LooseReply, Message, Revision, Submission, Tombstone


def dm(message: str, text: str, minute: int = 0, revision: int = 0, author: str = "ada") -> Reply:
    """To us directly; the platform does not say from which workspace."""
    plain = reply(None, author, message, text, at(0, 10, minute), revision)
    return Reply(plain.platform, "", None, message, plain.author, text, plain.sent_at, revision)


def writer(person: str = "ada", workspace: str = "") -> Writer:
    return Writer("discord", workspace, Person(person, person.title()))


def hear(database: Database, *events):
    kept = None
    for each in events:
        kept = database.run_now(keep_heard, each)
    return kept


def file(database: Database, slips: str, message: Message, who: Writer | None = None) -> Receipt | Unfiled:
    return database.run_now(file_loose, who or writer(), slips, message.key)


def loose(database: Database, who: Writer | None = None) -> list[str]:
    return [each.text for each in database.run_now(loose_of, who or writer())]


def test_a_direct_message_is_kept_once_and_its_newest_text_stands(database: Database, claim: Message) -> None:
    kept = hear(database, dm("d", "first"))
    assert isinstance(kept, Loose)
    assert (kept.asks, kept.kept, kept.slip) == (True, True, slip_of("d"))
    hear(
        database,
        dm("d", "first"),
        ReplyEdited(dm("d", "third", revision=9)),
        ReplyEdited(dm("d", "second", revision=5)),
    )
    assert loose(database) == ["third"]
    assert standing(database, claim) == ""


def test_an_edit_that_comes_before_its_message_is_kept_and_asked_about(database: Database, claim: Message) -> None:
    assert hear(database, ReplyEdited(dm("d", "edited", revision=5))).asks
    assert loose(database) == ["edited"]
    assert not hear(database, ReplyEdited(dm("d", "again", revision=6))).asks
    hear(database, dm("d", "as written"))
    assert loose(database) == ["again"]


def test_a_deleted_direct_message_is_gone_with_its_words_in_whatever_order(database: Database, claim: Message) -> None:
    hear(database, dm("d", "slip"), gone("d", at(0, 11)), dm("d", "slip"), ReplyEdited(dm("d", "late", revision=4)))
    assert hear(database, gone("e", at(0, 11)), dm("e", "never seen")) is None
    assert loose(database) == []
    assert file(database, slip_of("d"), claim) is Unfiled.GONE


def test_nothing_is_kept_of_somebody_who_is_in_no_cohort(database: Database, claim: Message, cohort: Cohort) -> None:
    kept = hear(database, dm("d", "who am I", author="eve"))
    assert (kept.kept, kept.asks) == (False, True)
    ada = database.run_now(find_member, "discord", "W", "ada")
    database.run_now(lambda s: leave(s, s.get_one(Cohort, cohort.id), s.merge(ada), at(0, 11)))
    assert hear(database, dm("e", "I have left")).kept is False
    assert database.run_now(lambda s: s.scalar(select(func.count()).select_from(LooseReply))) == 0


def test_a_message_without_words_is_not_kept(database: Database, claim: Message) -> None:
    assert hear(database, dm("d", " \n")) is None
    assert loose(database) == []


def test_a_filed_message_is_an_answer_written_when_it_was_written(
    database: Database, cohort: Cohort, claim: Message, doubt: Message
) -> None:
    hear(database, dm("d", "my claim"), dm("e", "my doubt", 1))
    receipt = file(database, slip_of("d"), claim)
    assert (receipt.text, receipt.ref, receipt.first, receipt.open_prompts) == ("my claim", "d", True, ("doubt",))
    assert file(database, slip_of("e"), doubt).open_prompts == ()
    assert (standing(database, claim), standing(database, doubt), loose(database)) == ("my claim", "my doubt", [])
    assert database.run_now(unreceipted, "discord") == []
    ada = database.run_now(find_member, "discord", "W", "ada")
    seen = database.run_now(lambda s: member_progress(s, s.get_one(Cohort, cohort.id), ada, at(30)))
    assert [each.state for each in seen.lessons] == [State.DONE]


def test_what_was_written_late_is_late_however_it_comes_in(database: Database, cohort: Cohort, claim, doubt) -> None:
    late = dm("d", "late")
    late = Reply(late.platform, "", None, "d", late.author, late.text, late.sent_at + timedelta(days=9))
    hear(database, late, dm("e", "in time"))
    file(database, slip_of("d"), claim)
    file(database, slip_of("e"), doubt)
    ada = database.run_now(find_member, "discord", "W", "ada")
    seen = database.run_now(lambda s: member_progress(s, s.get_one(Cohort, cohort.id), ada, at(30)))
    assert [each.state for each in seen.lessons] == [State.LATE]


def test_later_edits_and_deletes_of_a_filed_message_reach_the_submission(database: Database, claim: Message) -> None:
    hear(database, dm("d", "first"))
    file(database, slip_of("d"), claim)
    assert hear(database, dm("d", "first"), ReplyEdited(dm("d", "second", revision=7))) is None
    assert standing(database, claim) == "second"
    assert loose(database) == []
    assert database.run_now(lambda s: sorted(s.scalars(select(Revision.revision)))) == [0, 7]
    hear(database, gone("d", at(0, 12)), ReplyEdited(dm("d", "third", revision=8)))
    assert standing(database, claim) == ""
    assert file(database, slip_of("d"), claim) is Unfiled.GONE


def test_a_filed_message_is_moved_and_its_versions_go_with_it(database: Database, claim, doubt) -> None:
    hear(database, dm("d", "first"))
    file(database, slip_of("d"), claim)
    hear(database, ReplyEdited(dm("d", "second", revision=7)))
    assert file(database, slip_of("d"), doubt).prompt == "doubt"
    assert file(database, slip_of("d"), doubt).prompt == "doubt"
    hear(database, ReplyEdited(dm("d", "third", revision=8)))
    assert (standing(database, claim), standing(database, doubt)) == ("", "third")


def test_a_thread_reply_is_moved_and_not_looked_for_in_the_other_thread(database: Database, claim, doubt) -> None:
    """A reading of the other prompt's thread, where it does not stand, must not take it for deleted."""
    written = reply(claim.thread, "ada", "m", "in the wrong thread", at(0, 10))
    hear(database, written)
    assert file(database, slip_of("m"), doubt).prompt == "doubt"
    for _ in range(2):
        for due in database.run_now(_all_threads):
            shown = {"m"} if due.message == claim.id else set()
            for _message in shown:
                hear(database, written)
            database.run_now(finish, due, shown, at(1), timedelta(0))
    assert (standing(database, claim), standing(database, doubt)) == ("", "in the wrong thread")
    file(database, slip_of("m"), claim)
    hear(database, written)
    assert database.run_now(known_replies, claim.id) == {"m": 0}
    due = next(each for each in database.run_now(_all_threads) if each.message == claim.id)
    database.run_now(finish, due, set(), at(1), timedelta(0))
    assert standing(database, claim) == ""


def test_a_filed_message_is_not_looked_for_in_the_prompts_thread(database: Database, claim: Message) -> None:
    hear(database, dm("d", "direct"), reply(claim.thread, "ada", "m", "threaded", at(0, 11)))
    file(database, slip_of("d"), claim)
    due = next(each for each in database.run_now(_all_threads) if each.message == claim.id)
    assert due.known == {"m": 0}
    database.run_now(finish, due, {"m"}, at(1), timedelta(0))
    assert standing(database, claim) == "direct\n\nthreaded"


def test_several_messages_in_a_row_are_filed_together(database: Database, claim: Message) -> None:
    hear(database, *(dm(f"d{n}", f"part {n}", n) for n in range(5)))
    receipt = file(database, f"{slip_of('d1')}-{slip_of('d3')}", claim)
    assert receipt.text == "part 1\n\npart 2\n\npart 3"
    assert standing(database, claim) == receipt.text
    assert loose(database) == ["part 4", "part 0"]
    assert file(database, f"{slip_of('d0')}-{slip_of('d3')}", claim).text == "part 3", "what is filed already stays"


@pytest.mark.parametrize("who", [writer("ben"), writer("ada", "another"), Writer("slack", "", Person("ada", "Ada"))])
def test_nobody_else_may_file_or_forget_a_message(database: Database, cohort: Cohort, claim, who: Writer) -> None:
    learner(database, cohort, "ben", at(-1))
    here = Reply("discord", "W", None, "d", Person("ada", "Ada"), "Ada's own", at(0, 10))
    hear(database, here, reply(claim.thread, "ada", "m", "in the thread", at(0, 11)))
    for message in ("d", "m"):
        assert isinstance(file(database, slip_of(message), claim, who), Unfiled)
        assert database.run_now(forget_loose, who, slip_of(message)) is False
        assert database.run_now(find_kept, who, slip_of(message)) is None
    assert loose(database) == ["Ada's own"]
    assert standing(database, claim) == "in the thread"


def test_a_prompt_of_a_cohort_that_one_is_not_in_takes_nothing(database: Database, cohort: Cohort) -> None:
    other, abroad = opened(database), opened(database, workspace="V")
    learner(database, abroad, "ada", at(-1))
    release(database, at(0))
    hear(database, Reply("discord", "W", None, "d", Person("ada", "Ada"), "mine", at(0, 10)))
    for cohort_, who in ((other, writer()), (abroad, writer()), (abroad, writer(workspace="W"))):
        message = prompt_messages(database, cohort_, 1)["claim"]
        assert file(database, slip_of("d"), message, who) is Unfiled.NO_PROMPT
    for key in ("", "x" * 24, "\x00", "\ud800", "%"):
        assert database.run_now(file_loose, writer(), slip_of("d"), key) is Unfiled.NO_PROMPT
    assert loose(database) == ["mine"]
    hear(database, dm("e", "to either"))
    there = prompt_messages(database, abroad, 1)["claim"]
    assert file(database, slip_of("e"), there, writer(workspace="W")) is Unfiled.NO_PROMPT
    assert isinstance(file(database, slip_of("e"), prompt_messages(database, abroad, 1)["claim"]), Receipt)


@pytest.mark.parametrize(
    "slips", ["", "-", "x", "a-b", "\x00", "\ud800-\ud800", "form:1:1", "-" * 60, slip_of("form:1:1")]
)
def test_a_forged_slip_finds_nothing(database: Database, claim: Message, slips: str) -> None:
    hear(database, dm("d", "mine"))
    assert database.run_now(file_loose, writer(), slips, claim.key) is Unfiled.GONE
    assert database.run_now(forget_loose, writer(), slips) is False
    assert loose(database) == ["mine"]


def test_the_prompts_offered_are_the_unanswered_ones_of_the_newest_lesson_first(
    database: Database, cohort, claim
) -> None:
    release(database, at(1))
    hear(database, reply(claim.thread, "ada", "m", "answered", at(0, 10)))
    offered = database.run_now(open_prompts_for, writer())
    assert [(each.lesson, each.prompt, each.answered) for each in offered] == [
        (2, "claim", False),
        (2, "doubt", False),
        (1, "doubt", False),
        (1, "claim", True),
    ]
    assert database.run_now(open_prompts_for, writer("eve")) == []
    assert database.run_now(open_prompts_for, writer(workspace="another")) == []
    for day in range(2, 14):
        release(database, at(day))
    assert len(database.run_now(open_prompts_for, writer(), 25)) <= 25


def test_a_message_that_is_counted_in_a_prompts_thread_is_kept_there(database: Database, claim: Message) -> None:
    written = reply(claim.thread, "ada", "m", "counted", at(0, 10))
    database.run_now(record, written)
    assert isinstance(database.run_now(find_kept, writer(), slip_of("m")), Asked)
    assert database.run_now(keep_loose, written, claim.thread) is None
    assert loose(database) == []


def test_a_message_whose_thread_turns_out_to_be_ours_is_kept_there_once(database: Database, claim: Message) -> None:
    written = reply("not yet known", "ada", "m", "counted", at(0, 10), 5)
    database.run_now(keep_loose, written, "not yet known")
    assert loose(database) == ["counted"]
    hear(database, reply(claim.thread, "ada", "m", "as written", at(0, 10)))
    assert (loose(database), standing(database, claim)) == ([], "counted")


def test_edits_and_deletes_of_a_counted_message_in_a_channel_reach_it(database: Database, claim: Message) -> None:
    for message in ("m", "n"):
        database.run_now(keep_loose, reply(None, "ada", message, "counted", at(0, 10)), "C")
        hear(database, ReplyEdited(reply("C", "ada", message, "edited", at(0, 10), 5)))
    assert loose(database) == ["edited", "edited"]
    file(database, slip_of("m"), claim)
    hear(database, ReplyEdited(reply("C", "ada", "m", "edited again", at(0, 10), 6)))
    assert standing(database, claim) == "edited again"
    hear(database, gone("m", at(0, 12), "C"), gone("n", at(0, 12), "C"), gone("unknown", at(0, 12), "C"))
    assert (loose(database), standing(database, claim)) == ([], "")


def test_what_becomes_of_messages_that_are_none_of_ours_leaves_nothing(database: Database, cohort, claim) -> None:
    """Not even while a prompt's thread is being opened, where the platform knows that they stand in none."""
    database.run_now(lambda s: s.execute(update(Message).where(Message.id == claim.id).values(thread=None)))
    now = at(0, 9, 5)
    for text in ("plain", "x" * 1_000_000, "\x00", "\ud800"):
        hear(database, ReplyEdited(reply("elsewhere", "ada", "x", text, at(0, 10), 5)))
    hear(database, replace(gone("x", now, "elsewhere"), outside=True), gone("y", at(9), "elsewhere"))
    hear(database, replace(gone("z", now, "elsewhere"), workspace="V"))
    rows = (Submission, LooseReply, Tombstone, DeadLetter)
    assert [database.run_now(lambda s, t=t: s.scalar(select(func.count()).select_from(t))) for t in rows] == [0] * 4
    hear(database, gone("t", now, "perhaps the thread"))
    assert database.run_now(lambda s: list(s.scalars(select(Tombstone.ref)))) == ["t"]


def test_what_becomes_of_other_messages_is_asked_once_and_nothing_is_written(database: Database, claim) -> None:
    asked: list[str] = []

    def note(_connection, _cursor, statement: str, *_) -> None:
        asked.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    for heard in (
        ReplyEdited(reply("elsewhere", "ada", "x", "theirs", at(0, 10), 5)),
        replace(gone("x", at(0, 10), "elsewhere"), outside=True),
    ):
        asked.clear()
        hear(database, heard)
        assert len([each for each in asked if "advisory" not in each and "BEGIN" not in each]) == 1, asked
    event.remove(database.engine, "before_cursor_execute", note)


def test_a_deletion_in_a_cohorts_channel_that_overtakes_its_count_is_not_forgotten(
    database: Database, cohort: Cohort, claim: Message
) -> None:
    hear(database, replace(gone("m", at(0, 10), cohort.channel), outside=True))
    written = reply(None, "ada", "m", "deleted meanwhile", at(0, 10))
    assert database.run_now(keep_loose, written, cohort.channel) is None
    assert loose(database) == []


def test_an_edit_in_a_channel_brings_no_name_and_takes_none_away(database: Database, claim: Message) -> None:
    database.run_now(keep_loose, reply(None, "ada", "m", "counted", at(0, 10)), "C")
    file(database, slip_of("m"), claim)
    edited = reply("C", "ada", "m", "edited", at(0, 10), 5)
    hear(database, ReplyEdited(replace(edited, author=Person("ada", ""))))
    assert standing(database, claim) == "edited"
    assert database.run_now(find_member, "discord", "W", "ada").name == "Ada"


def test_an_edit_of_somebody_elses_changes_nothing(database: Database, cohort: Cohort, claim: Message) -> None:
    learner(database, cohort, "ben", at(-1))
    hear(database, dm("d", "Ada's"), ReplyEdited(dm("d", "forged", revision=9, author="ben")))
    assert loose(database) == ["Ada's"]
    file(database, slip_of("d"), claim)
    hear(database, ReplyEdited(dm("d", "forged", revision=9, author="ben")))
    assert standing(database, claim) == "Ada's"


def test_filing_editing_and_deleting_at_once_lose_nothing(database: Database, claim, doubt) -> None:
    hear(database, *(dm(f"d{n}", "first", n) for n in range(4)))
    calls = []
    for n in range(4):
        calls += [
            lambda n=n: file(database, slip_of(f"d{n}"), claim),
            lambda n=n: file(database, slip_of(f"d{n}"), doubt),
            lambda n=n: hear(database, ReplyEdited(dm(f"d{n}", "second", n, revision=3))),
        ]
    at_once(calls)
    rows = database.run_now(lambda s: s.execute(select(Submission.text, Submission.ref)).all())
    assert sorted(rows) == [("second", f"filed:d{n}") for n in range(4)]
    assert loose(database) == []


@pytest.mark.parametrize(
    "text", ["\x00", "\ud800 half", "é😀" * 400_000, "'; DROP TABLE loose_replies; --", "%s :x \\"]
)
def test_any_text_is_kept_and_filed(database: Database, claim: Message, text: str) -> None:
    hear(database, dm("d", text))
    assert isinstance(file(database, slip_of("d"), claim), Receipt)
    assert standing(database, claim) == text.replace("\x00", "␀").replace("\ud800", "�")


def _all_threads(session):
    for message in session.scalars(select(Message).where(Message.thread.is_not(None))):
        message.unread = True
    session.flush()
    return take_threads(session, "discord", at(1))
