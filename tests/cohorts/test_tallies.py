"""Progress from tallies is progress from the submissions: after whatever happened, and whoever read meanwhile."""

import random
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from heard_events import form, gone, heard, member_of
from made_cohorts import at, at_once, change, learner, opened, prompt_messages, release, reply
from sqlalchemy import Engine, delete, event, func, select, text, update
from sqlalchemy.orm import Session

from bot.chat.inbound import Person
from bot.cohorts.cohorts import LEARNER, join, leave
from bot.cohorts.loose import file_loose, keep_heard, slip_of
from bot.cohorts.progress import Progress, cohort_progress, member_progress
from bot.cohorts.submissions import record, settle_reading
from bot.cohorts.writers import Writer
from bot.store.database import Database
from bot.store.tables import Cohort, Enrollment, Member, Message, Submission, Tally

BOT = Path(__file__).parents[2] / "bot"
NOW = at(5)
PATIENCE = 10.0
ON_POSTGRESQL = pytest.mark.parametrize("databases", ["postgresql"], indirect=True)


def progress(database: Database, cohort: Cohort, now: datetime = NOW) -> tuple[Progress, ...]:
    return database.run_now(cohort_progress, cohort, now)


def afresh(database: Database, cohort: Cohort, now: datetime = NOW) -> tuple[Progress, ...]:
    """As it is without any tally; those that there are stay."""
    with Session(database.engine) as session, session.begin() as transaction:
        session.execute(delete(Tally))
        found = cohort_progress(session, cohort, now)
        transaction.rollback()
    return found


def answered(database: Database, cohort: Cohort) -> dict[str, list[int]]:
    return {each.ref: [lesson.answered for lesson in each.lessons] for each in progress(database, cohort)}


def tallied(database: Database) -> dict[str, tuple[int, int]]:
    """Member → the number that their tally is marked with, and that of their enrollment."""
    query = (
        select(Member.ref, Tally.changes, Enrollment.changes)
        .join(Enrollment, Enrollment.member_id == Member.id)
        .join(Tally, Tally.enrollment_id == Enrollment.id)
    )
    return {ref: (marked, changes) for ref, marked, changes in database.run_now(lambda s: s.execute(query).all())}


@pytest.fixture
def two(database: Database) -> tuple[Cohort, Cohort]:
    """Two cohorts of one workspace that Ada, Ben and Cem learn in, with two lessons out; the first one's first lesson
    is a post of its own, in whose thread both prompts lie."""
    cohorts = (opened(database), opened(database))
    for cohort in cohorts:
        for ref in ("ada", "ben", "cem"):
            learner(database, cohort, ref, at(-1, 21))
    release(database, at(0))
    release(database, at(1))
    claim = prompt_messages(database, cohorts[0], 1)["claim"]
    page = select(Message).where(Message.delivery_id == claim.delivery_id, Message.number == 0)
    change(database, database.run_now(lambda s: s.scalars(page).one()), thread="post")
    return cohorts


def prompts_in(database: Database, cohorts: tuple[Cohort, Cohort]) -> list[Message]:
    return [found for each in cohorts for day in (1, 2) for found in prompt_messages(database, each, day).values()]


class Life:
    """What may happen in two cohorts, by dice."""

    def __init__(self, database: Database, cohorts: tuple[Cohort, Cohort], seed: int) -> None:
        self.database, self.cohorts, self.dice = database, cohorts, random.Random(seed)
        self.prompts = [
            message
            for each in cohorts
            for lesson in (1, 2)
            for message in prompt_messages(database, each, lesson).values()
        ]
        self.written: list[tuple[str, str]] = []
        self.acts = [
            self.answer, self.answer, self.guess, self.edit, self.withdraw, self.withdraw, self.file, self.file,
            self.send_form, self.read_thread, self.come_and_go, self.delete,
        ]  # fmt: skip

    def step(self) -> None:
        self.dice.choice(self.acts)()

    def answer(self, thread: str | None = None) -> None:
        ref, name = self.someone(), f"m{len(self.written)}"
        self.written.append((ref, name))
        where = thread or self.dice.choice(self.prompts).thread
        heard(self.database, reply(where, ref, name, "words", self.moment()))

    def guess(self) -> None:
        self.answer("post")

    def edit(self) -> None:
        for ref, name in self.one():
            where = self.dice.choice([self.dice.choice(self.prompts).thread, "post"])
            edited = reply(where, ref, name, "other words", self.moment(), self.dice.randint(1, 99))
            self.database.run_now(keep_heard, edited)

    def withdraw(self) -> None:
        for _, name in self.one():
            heard(self.database, gone(name, NOW))

    def file(self) -> None:
        for ref, name in self.one():
            writer = Writer("discord", "", Person(ref, ref.title()))
            self.database.run_now(file_loose, writer, slip_of(name), self.dice.choice(self.prompts).key)

    def send_form(self) -> None:
        form(self.database, self.dice.choice(self.prompts), self.someone(), "by form", self.moment())

    def read_thread(self) -> None:
        """Some are not found any more, and one that was not found is there again."""
        prompt = self.dice.choice(self.prompts)
        names = [name for _, name in self.written]
        there = [name for name in names if self.dice.random() < 0.7]
        self.database.run_now(settle_reading, prompt.id, names, there, self.dice.choice([at(0), NOW]), NOW)

    def come_and_go(self) -> None:
        cohort, ref = self.dice.choice(self.cohorts), self.dice.choice(["ada", "ben", "cem"])
        member = member_of(self.database, ref)

        def turn(session: Session) -> None:
            here = session.get_one(Cohort, cohort.id)
            if not leave(session, here, member, at(2)):
                join(session, here, member, LEARNER, at(3))

        self.database.run_now(turn)

    def delete(self) -> None:
        def forget(session: Session) -> None:
            kept = session.scalars(select(Submission).order_by(Submission.id)).all()
            if kept:
                session.delete(self.dice.choice(kept))

        self.database.run_now(forget)

    def someone(self) -> str:
        return self.dice.choice(["ada", "ben", "cem", "eve"])  # Eve has joined neither

    def one(self) -> list[tuple[str, str]]:
        return self.dice.choices(self.written) if self.written else []

    def moment(self) -> datetime:
        return at(0, 10) + timedelta(minutes=self.dice.randint(0, 5_000), microseconds=self.dice.randint(0, 999_999))


@pytest.mark.parametrize("seed", range(3))
def test_whatever_happens_the_tallies_say_what_the_submissions_say(
    database: Database, two: tuple[Cohort, Cohort], seed: int
) -> None:
    life = Life(database, two, seed)
    for step in range(90):
        life.step()
        if step % 3 == 2:
            for cohort in two:
                assert progress(database, cohort) == afresh(database, cohort), (step, cohort.id)
    assert database.run_now(lambda s: s.scalar(select(func.count()).where(Submission.withdrawn_at.is_(None)))) > 5
    eve = learner(database, two[0], "eve", at(-1))  # what she wrote before she joined is hers
    assert database.run_now(member_progress, two[0], eve, NOW) in afresh(database, two[0])


def test_only_whose_answers_changed_is_added_up_again(database: Database, two: tuple[Cohort, Cohort]) -> None:
    progress(database, two[0])
    before = dict(tallied(database))
    assert before == {"ada": (0, 0), "ben": (0, 0), "cem": (0, 0)}
    claim = prompt_messages(database, two[0], 2)["claim"]
    heard(database, reply(claim.thread, "ada", "a", "words", at(1, 10)))
    assert tallied(database)["ada"] == (0, 1)
    with asked(database.engine) as statements:
        progress(database, two[0])
    [added_up] = [each for each in statements if "min(submissions.sent_at)" in each]
    assert tallied(database) == {"ada": (1, 1), "ben": (0, 0), "cem": (0, 0)}
    with asked(database.engine) as statements:
        progress(database, two[0])
    assert added_up not in statements
    assert not [each for each in statements if "FROM submissions" in each or each.startswith("INSERT")]


def test_an_edit_changes_no_tally(database: Database, cohort: Cohort, claim: Message) -> None:
    heard(database, reply(claim.thread, "ada", "a", "words", at(0, 10)))
    progress(database, cohort)
    heard(database, reply(claim.thread, "ada", "a", "other words", at(0, 10), 7))
    assert tallied(database) == {"ada": (1, 1)}


def test_what_is_written_is_seen_within_the_same_transaction(
    database: Database, cohort: Cohort, claim: Message
) -> None:
    progress(database, cohort)

    def write(session: Session) -> list[int]:
        record(session, reply(claim.thread, "ada", "a", "words", at(0, 10)))
        [ada] = cohort_progress(session, session.get_one(Cohort, cohort.id), NOW)
        return [each.answered for each in ada.lessons]

    assert database.run_now(write) == [1]


def test_what_was_rolled_back_is_in_no_tally(database: Database, cohort: Cohort, claim: Message) -> None:
    with Session(database.engine) as session, session.begin() as transaction:
        record(session, reply(claim.thread, "ada", "a", "words", at(0, 10)))
        cohort_progress(session, cohort, NOW)
        transaction.rollback()
    assert answered(database, cohort) == {"ada": [0]}


def test_more_members_than_one_statement_takes(database: Database, cohort: Cohort, claim: Message) -> None:
    def enroll(session: Session) -> None:
        people = [Member(platform="discord", workspace="W", ref=f"u{n}", name=f"U{n}") for n in range(1_050)]
        session.add_all(people)
        session.flush()
        session.add_all(
            Enrollment(cohort_id=cohort.id, member_id=each.id, role=LEARNER, joined_on=claim_day) for each in people
        )
        session.add_all(
            Submission(
                message_id=claim.id, member_id=each.id, platform="discord", ref=each.ref, text="words", revision=0,
                sent_at=at(0, 10),
            )
            for each in people[::2]
        )  # fmt: skip

    claim_day = at(0).date()
    database.run_now(enroll)
    for _ in range(2):
        found = answered(database, cohort)
        assert (len(found), list(found.values()).count([1])) == (1_051, 525)
    assert len(tallied(database)) == 1_051


def test_a_record_that_is_only_read_gives_its_report_all_the_same(
    database: Database, cohort: Cohort, claim: Message, caplog: pytest.LogCaptureFixture
) -> None:
    heard(database, reply(claim.thread, "ada", "a", "words", at(0, 10)))
    on_sqlite = database.engine.dialect.name == "sqlite"
    with Session(database.engine) as session, session.begin():
        session.execute(text("PRAGMA query_only=ON" if on_sqlite else "SET TRANSACTION READ ONLY"))
        [ada] = cohort_progress(session, cohort, NOW)
        if on_sqlite:
            session.execute(text("PRAGMA query_only=OFF"))
    assert [each.answered for each in ada.lessons] == [1]
    assert [each.message.split(" error=")[0] for each in caplog.records] == ["tallies not kept members=1"]
    assert tallied(database) == {}
    assert answered(database, cohort) == {"ada": [1]}


def test_nothing_writes_submissions_past_the_count() -> None:
    """A statement over many rows would not be seen. `keeping` writes such a one and counts it itself; that it does is
    proven where all that it keeps is compared with what is kept one by one."""
    past = re.compile(r"\b(?:insert|update|delete)\(\s*Submission\b|\.bulk_|(?:UPDATE|DELETE FROM|INTO) submissions\b")
    assert [path.name for path in BOT.rglob("*.py") if past.search(path.read_text())] == ["keeping.py"]


def test_a_statement_over_many_rows_would_not_be_counted(database: Database, cohort: Cohort, claim: Message) -> None:
    """The control: why the test above stands."""
    heard(database, reply(claim.thread, "ada", "a", "words", at(0, 10)))
    progress(database, cohort)
    database.run_now(lambda session: session.execute(update(Submission).values(withdrawn_at=at(1))) and None)
    assert answered(database, cohort) == {"ada": [1]}
    assert progress(database, cohort) != afresh(database, cohort)


# Who reads while somebody writes. On SQLite there is one writer, and whoever reads has waited for its turn.


@ON_POSTGRESQL
def test_whenever_an_answer_comes_or_goes_during_a_reading_it_is_not_lost(
    database: Database, cohort: Cohort, claim: Message
) -> None:
    """Before the first statement of the reading, before the second, and so on to the last."""
    for number in range(1, 50):
        database.run_now(lambda session: session.execute(delete(Tally)) and None)
        name, happened = f"a{number}", []
        acts = [reply(claim.thread, "ada", name, "words", at(0, 10)), gone(name, at(1))]
        for act in acts:
            with meanwhile(database.engine, lambda act=act, told=happened: told.append(heard(database, act)), number):
                progress(database, cohort)
            if happened:
                assert progress(database, cohort) == afresh(database, cohort), (number, act)
        if not happened:
            break
    assert 5 < number < 49


@ON_POSTGRESQL
def test_an_answer_that_is_being_kept_while_everything_is_read_is_seen_afterwards(
    database: Database, cohort: Cohort, claim: Message
) -> None:
    with Session(database.engine) as session, session.begin():
        record(session, reply(claim.thread, "ada", "a", "words", at(0, 10)))
        session.flush()
        assert answered(database, cohort) == {"ada": [0]}
    assert answered(database, cohort) == {"ada": [1]}


@ON_POSTGRESQL
def test_who_adds_up_slowly_does_not_take_a_newer_tallys_place(
    database: Database, cohort: Cohort, claim: Message
) -> None:
    def write_and_read() -> None:
        heard(database, reply(claim.thread, "ada", "a", "words", at(0, 10)))
        progress(database, cohort)

    with meanwhile(database.engine, write_and_read, 1, "INSERT INTO tallies"):
        progress(database, cohort)
    assert tallied(database) == {"ada": (1, 1)}
    assert answered(database, cohort) == {"ada": [1]}


@ON_POSTGRESQL
def test_who_joins_while_an_answer_of_theirs_is_being_kept_has_it(
    database: Database, cohort: Cohort, claim: Message
) -> None:
    eve = learner(database, opened(database), "eve", at(-1))
    joined = threading.Event()

    def come() -> None:
        learner(database, cohort, "eve", at(-1))
        joined.set()

    with Session(database.engine) as session:
        record(session, reply(claim.thread, "eve", "e", "words", at(0, 10)))
        session.flush()
        joining = threading.Thread(target=come)
        joining.start()
        wait_until(lambda: joined.is_set() or somebody_waits(database))
        progress(database, cohort)  # which would be marked as up to date if Eve were there already
        session.commit()
    joining.join(PATIENCE)
    found = database.run_now(member_progress, cohort, eve, NOW)
    assert [each.answered for each in found.lessons] == [1]


@ON_POSTGRESQL
def test_many_who_read_and_write_at_once_end_with_the_truth(database: Database, two: tuple[Cohort, Cohort]) -> None:
    prompts = prompts_in(database, two)

    def write(writer: int) -> None:
        dice = random.Random(writer)
        for number in range(15):
            ref, name = dice.choice(["ada", "ben", "cem"]), f"{writer}/{number}"
            heard(database, reply(dice.choice(prompts).thread, ref, name, "words", at(1, 10)))
            if dice.random() < 0.5:
                heard(database, gone(name, at(2)))

    def read(_: int) -> None:
        for _ in range(15):
            for cohort in two:
                progress(database, cohort)

    at_once([*(lambda n=n: write(n) for n in range(3)), *(lambda n=n: read(n) for n in range(3))])
    for cohort in two:
        assert progress(database, cohort) == afresh(database, cohort)


@contextmanager
def asked(engine: Engine) -> Iterator[list[str]]:
    """Every statement that is executed meanwhile."""
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


@contextmanager
def meanwhile(engine: Engine, act: Callable[[], object], number: int, begins: str = "") -> Iterator[None]:
    """Let something happen, in a thread of its own and to its end, before the reader's statement of this number; only
    statements that begin so are counted."""
    seen: list[str] = []

    def look(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if threading.current_thread() is threading.main_thread() and statement.startswith(begins):
            seen.append(statement)
            if len(seen) == number:
                at_once([act])

    event.listen(engine, "before_cursor_execute", look)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", look)


def somebody_waits(database: Database) -> bool:
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    with database.engine.connect() as connection:
        return bool(connection.scalar(waiting))


def wait_until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < until, "it did not come to that"
        time.sleep(0.01)
