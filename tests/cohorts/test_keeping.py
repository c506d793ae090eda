"""What is kept together ends in the record as if it had come one by one, and is told alike."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from made_cohorts import at, at_once, change, learner, opened, prompt_messages, release
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from bot.chat.inbound import Heard, Person, Reply, ReplyDeleted, ReplyEdited
from bot.cohorts.cohorts import leave
from bot.cohorts.keeping import Kept, keep_together
from bot.cohorts.loose import Loose, keep_heard
from bot.cohorts.receipts import Receipt
from bot.store.database import Database
from bot.store.tables import (
    Cohort,
    Delivery,
    Enrollment,
    LooseReply,
    Member,
    Message,
    Revision,
    Submission,
    Tombstone,
)

PEOPLE = 4


@dataclass(frozen=True)
class World:
    """A cohort whose prompts have their threads and one in a forum, under names that begin alike."""

    name: str
    threads: tuple[str, ...]

    def reply(self, dice: random.Random, message: int) -> Reply:
        person = dice.randrange(PEOPLE)
        thread = dice.choice([*self.threads, f"{self.name} elsewhere", None])
        sent_at = at(1, 10) + timedelta(minutes=message)
        author = Person(f"{self.name} {person}", f"Person {person}")
        return Reply("discord", self.name, thread, f"{self.name} m{message}", author, f"words {message}", sent_at)


@pytest.fixture
def worlds(database: Database) -> tuple[World, World]:
    return made(database, "alone"), made(database, "together")


def made(database: Database, name: str) -> World:
    plain, forum = (opened(database, workspace=name) for _ in range(2))
    for person in range(PEOPLE):
        learner(database, plain, f"{name} {person}", at(-1))
    learner(database, forum, f"{name} 0", at(-1))
    release(database, at(1))
    _leave(database, plain, f"{name} 3")
    threads = []
    for place, cohort in (("plain", plain), ("forum", forum)):
        prompts = sorted(prompt_messages(database, cohort, 2).values(), key=lambda each: each.number)
        for number, message in enumerate(prompts):
            threads.append(f"{name} {place}{'' if place == 'plain' else '/'}{number}")
            change(database, message, thread=threads[-1])
    page = select(Message).join(Delivery).where(Delivery.cohort_id == forum.id, Message.number == 0)
    change(
        database, database.run_now(lambda s: s.scalars(page.where(Delivery.lesson == 2)).one()), thread=f"{name} forum"
    )
    return World(name, (*threads, f"{name} forum"))


def _leave(database: Database, cohort: Cohort, ref: str) -> None:
    def go(session: Session) -> None:
        member = session.scalars(select(Member).where(Member.ref == ref)).one()
        leave(session, session.get_one(Cohort, cohort.id), member, at(0, 20))

    database.run_now(go)


def story(world: World, seed: int) -> list[Heard]:
    """Mostly new replies; some come twice, are edited or deleted, before or after they were written."""
    dice = random.Random(seed)
    replies = [world.reply(dice, number) for number in range(12)]
    more: list[Heard] = []
    for each in replies:
        if dice.random() < 0.2:
            more.append(each)
        if dice.random() < 0.2:
            more.append(ReplyEdited(replace(each, text=f"{each.text} edited", revision=dice.randint(1, 9))))
        if dice.random() < 0.2:
            more.append(ReplyDeleted("discord", world.name, each.thread, each.message, at(2)))
    events: list[Heard] = [*replies, *more]
    dice.shuffle(events)
    return events


def pieces(events: Sequence[Heard], seed: int) -> list[list[Heard]]:
    dice, left = random.Random(seed), [*events]
    cut = []
    while left:
        number = dice.choice([1, 3, 8, 40])
        cut.append(left[:number])
        left = left[number:]
    return cut


def held(database: Database, world: World) -> list[tuple[object, ...]]:
    """All that the record holds of a world, by names instead of numbers."""

    def bare(ref: str | None) -> str | None:
        return ref and ref.replace(f"{world.name} ", "")

    def read(session: Session) -> list[tuple[object, ...]]:
        theirs = select(Submission, Member, Message).join(Member, Member.id == Submission.member_id)
        rows: list[tuple[object, ...]] = []
        for submission, member, message in session.execute(theirs.join(Message, Message.id == Submission.message_id)):
            if member.workspace == world.name:
                versions = select(Revision.revision, Revision.text).where(Revision.submission_id == submission.id)
                said = tuple(map(tuple, session.execute(versions.order_by(Revision.revision))))
                stands = submission.withdrawn_at is None
                written = (submission.text, submission.revision, submission.sent_at, submission.receipted, stands)
                rows.append(("kept", bare(submission.ref), bare(message.thread), bare(member.ref), *written, said))
        for table in (Tombstone, LooseReply):
            refs = session.scalars(select(table.ref).where(table.ref.like(f"{world.name} %")))
            rows += [(table.__tablename__, bare(ref)) for ref in refs]
        enrolled = select(Member.ref, Enrollment.changes).join(Enrollment, Enrollment.member_id == Member.id)
        counted = session.execute(enrolled.where(Member.workspace == world.name))
        rows += [("changes", bare(ref), changes) for ref, changes in counted]
        members = session.execute(select(Member.ref, Member.name).where(Member.workspace == world.name))
        rows += [("member", bare(ref), name.replace(world.name.title(), "")) for ref, name in members]
        return sorted(rows, key=repr)

    return database.run_now(read)


def told(world: World, kept: Kept) -> object:
    """What is told apart from what an answer that came a moment earlier changes about it."""
    match kept:
        case Receipt():
            bare = kept.submission.replace(f"{world.name} ", "")
            return bare, kept.prompt, kept.text, kept.enrolled, kept.quiet, kept.lesson, kept.person.ref[-1]
        case Loose():
            return kept.message.replace(f"{world.name} ", ""), kept.text, kept.asks, kept.kept
        case None:
            return None


@pytest.mark.parametrize("seed", range(12))
def test_events_kept_together_end_as_one_by_one(database: Database, worlds: tuple[World, World], seed: int):
    alone, together = worlds
    one_by_one = [told(alone, database.run_now(keep_heard, each)) for each in story(alone, seed)]
    in_pieces = [
        told(together, kept)
        for piece in pieces(story(together, seed), seed)
        for kept in database.run_now(keep_together, piece)
    ]
    assert held(database, together) == held(database, alone)
    assert in_pieces == one_by_one
    assert any(one_by_one), "something was kept"


def test_new_answers_are_told_as_if_they_had_come_one_by_one(database: Database, worlds: tuple[World, World]):
    """The first under a prompt is the first, the second is not, and each knows what is open when it has come."""
    receipts = []
    for world in worlds:
        replies = [replace(world.reply(random.Random(3), n), thread=world.threads[n // 2 % 2]) for n in range(6)]
        replies = [replace(each, author=Person(f"{world.name} {n % 2}", "A")) for n, each in enumerate(replies)]
        if world.name == "alone":
            kept = [database.run_now(keep_heard, each) for each in replies]
        else:
            kept = database.run_now(keep_together, replies)
        receipts.append([(each.first, each.open_prompts, told(world, each)) for each in kept])
    assert receipts[0] == receipts[1]
    assert [each[0] for each in receipts[0]] == [True, True, True, True, False, False]


def test_a_hundred_new_answers_ask_as_many_questions_as_two(database: Database, worlds: tuple[World, World]):
    world = worlds[1]

    writer = Person("together 0", "Person 0")

    def asked(number: int, first: int) -> int:
        replies = [world.reply(random.Random(1), first + n) for n in range(number)]
        statements.clear()
        database.run_now(keep_together, [replace(each, thread=world.threads[0], author=writer) for each in replies])
        return len(statements)

    statements: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    asked(1, 900)  # the writer is known from now on
    assert asked(2, 0) == asked(100, 100)


def test_processes_that_keep_the_same_events_at_once_keep_each_once(database: Database, worlds: tuple[World, World]):
    alone, together = worlds
    events = [each for each in story(together, 5) if isinstance(each, Reply)]
    backwards = events[::-1]
    at_once([lambda e=e: database.run_now(keep_together, e) for e in (events, backwards, events[5:], backwards[5:])])
    database.run_now(keep_together, [each for each in story(alone, 5) if isinstance(each, Reply)])
    kept = [[row for row in held(database, world) if row[0] == "kept"] for world in (alone, together)]
    assert kept[0] == kept[1]
