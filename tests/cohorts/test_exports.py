"""What is exported of answers is what stands in the record, counted independently."""

from datetime import UTC, datetime, timedelta

import pytest
from made_cohorts import at, change, learner, opened, prompt_messages, release, reply
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from bot.chat.inbound import Person, ReplyDeleted
from bot.cohorts import exports
from bot.cohorts.exports import SubmissionRow, count_submissions, members_called, submission_rows
from bot.cohorts.feedback import find_judged, give
from bot.cohorts.submissions import record, withdraw
from bot.store.database import Database
from bot.store.reading import open_reader, reading
from bot.store.tables import Cohort, Feedback, Message, Revision, Submission


def rows_of(database: Database, cohort: Cohort) -> list[SubmissionRow]:
    return database.run_now(lambda session: list(submission_rows(session, cohort)))


def say(database: Database, message: Message, author: str, ref: str, words: str, moment: datetime) -> None:
    database.run_now(record, reply(message.thread, author, ref, words, moment))


def bulk(database: Database, message: int, member: int, texts: list[str]) -> None:
    def write(session: Session) -> None:
        for number, words in enumerate(texts):
            session.add(
                Submission(
                    message_id=message,
                    member_id=member,
                    platform="discord",
                    ref=f"bulk/{message}/{member}/{number}",
                    text=words,
                    revision=0,
                    sent_at=at(0) + timedelta(seconds=number),
                )
            )

    database.run_now(write)


def test_every_submission_is_a_row_and_none_of_another_cohort(database: Database, cohort: Cohort, claim, doubt) -> None:
    other = opened(database)
    release(database, at(1))
    learner(database, other, "eve", at(1))
    say(database, claim, "ada", "C/1", "first", at(0, 10))
    say(database, claim, "ada", "C/2", "second", at(0, 11))
    say(database, doubt, "ben", "C/3", "third", at(0, 9))
    say(database, prompt_messages(database, other, 1)["claim"], "eve", "C/4", "elsewhere", at(1, 10))
    rows = rows_of(database, cohort)
    assert [(row.lesson, row.prompt, row.member, row.text) for row in rows] == [
        (1, "claim", "Ada", "first"),
        (1, "claim", "Ada", "second"),
        (1, "doubt", "Ben", "third"),
    ]
    assert {(row.ref, row.sent_at, row.withdrawn_at, row.revisions) for row in rows[:1]} == {
        ("ada", at(0, 10).astimezone(UTC), None, 0)
    }
    counted = text(
        "SELECT count(*) FROM submissions s, messages m, deliveries d"
        " WHERE m.id = s.message_id AND d.id = m.delivery_id AND d.cohort_id = :cohort"
    )
    assert database.run_now(lambda s: s.scalar(counted, {"cohort": cohort.id})) == len(rows)
    assert database.run_now(count_submissions, cohort) == len(rows)


@pytest.mark.parametrize(("page", "at_once"), [(1, 1), (2, 10), (3, 10**6), (500, 7)])
def test_rows_come_once_each_in_the_same_order_however_they_are_paged(
    database: Database, cohort: Cohort, claim, doubt, monkeypatch: pytest.MonkeyPatch, page: int, at_once: int
) -> None:
    people = [learner(database, cohort, f"m{number}", at(0)).id for number in range(4)]
    for message in (claim.id, doubt.id):
        for member in people:
            bulk(database, message, member, ["x" * length for length in (1, 12, 3)])
    expected = rows_of(database, cohort)
    monkeypatch.setattr(exports, "PAGE", page)
    monkeypatch.setattr(exports, "AT_ONCE", at_once)
    assert rows_of(database, cohort) == expected
    assert len({row.submission for row in expected}) == len(expected) == 24


def test_no_more_text_is_held_at_once_than_said(
    database: Database, cohort: Cohort, claim, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = learner(database, cohort, "ada", at(0)).id
    bulk(database, claim.id, ada, ["x" * 600] * 20)
    monkeypatch.setattr(exports, "AT_ONCE", 1_500)
    pages = database.run_now(lambda session: list(exports._pages(session, claim.id)))
    assert [len(page) for page in pages] == [2] * 10


def test_a_withdrawn_submission_is_a_row_without_its_words(database: Database, cohort: Cohort, claim) -> None:
    say(database, claim, "ada", "C/1", "never mind", at(0, 10))
    database.run_now(withdraw, ReplyDeleted("discord", "W", claim.thread, "C/1", at(0, 11)))
    (row,) = rows_of(database, cohort)
    assert (row.text, row.withdrawn_at) == ("", at(0, 11).astimezone(UTC))


def test_changes_and_what_was_said_stand_beside_the_words(database: Database, cohort: Cohort, claim) -> None:
    say(database, claim, "ada", "C/1", "first", at(0, 10))
    later = int(at(0, 12).timestamp() * 1_000_000)
    database.run_now(record, reply(claim.thread, "ada", "C/1", "better", at(0, 10), revision=later))

    def judge(session: Session) -> None:
        judged = find_judged(session, "discord", "C/1")
        assert judged is not None
        give(session, judged, Person("fay", "Fay"), "Which number?", "k" * 24, at(0, 13), shared=False)
        session.add(
            Feedback(
                submission_id=judged.submission.id,
                by_id=judged.writer.id,
                platform="discord",
                key="p" * 24,
                text="",
                shared=True,
                kind="praise",
                at=at(0, 14),
            )
        )

    database.run_now(judge)
    (row,) = rows_of(database, cohort)
    assert (row.text, row.revisions, row.revised_at) == ("better", 1, at(0, 12).astimezone(UTC))
    assert [(each.by, each.kind, each.text, each.shared) for each in row.remarks] == [
        ("Fay", "note", "Which number?", False),
        ("Ada", "praise", "", True),
    ]
    versions = database.run_now(lambda s: len(s.scalars(select(Revision.revision)).all()))
    assert versions == 2


def test_rows_are_read_by_a_reader_that_no_writer_waits_for(database: Database, cohort: Cohort, claim) -> None:
    ada = learner(database, cohort, "ada", at(0)).id
    bulk(database, claim.id, ada, ["words"] * 3)
    with reading(open_reader(database.engine), 30) as session:
        rows = submission_rows(session, cohort)
        first = next(rows)
        change(database, cohort, name="written meanwhile")
        assert len([first, *rows]) == 3


def test_members_are_found_by_name_in_any_case_and_by_their_id(database: Database, cohort: Cohort) -> None:
    zoe = learner(database, cohort, "zoë", at(0))
    other = opened(database)
    learner(database, other, "eve", at(0))
    assert [each.id for each in database.run_now(members_called, cohort, " ZOË ")] == [zoe.id]
    assert [each.name for each in database.run_now(members_called, cohort, "ADA")] == ["Ada"]
    assert not database.run_now(members_called, cohort, "eve")
    assert not database.run_now(members_called, cohort, "")
