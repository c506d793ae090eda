"""A roster takes people in and changes roles, all of it or nothing, and never removes anybody."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from time import sleep

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_cohorts import at, at_once, learner, opened
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from bot.chat.inbound import Person
from bot.cohorts import cohorts
from bot.cohorts.cohorts import FACILITATOR, LEARNER, OBSERVER, find_enrollment, join, known_member, leave
from bot.cohorts.roles import change_role
from bot.cohorts.roster_files import MOST_BYTES, MOST_ROWS, Problem, Row, Sheet, read_roster
from bot.cohorts.rosters import Change, RosterPlan, apply, dry_run
from bot.store.database import Database
from bot.store.tables import Absence, AuditEntry, Cohort, Enrollment, Member

ADA, BEN, CAT = "100000000000000001", "100000000000000002", "100000000000000003"


def read(text: str, platform: str = "discord") -> Sheet:
    return read_roster(text.encode("utf-8", "surrogatepass"), platform)


def problems(text: str, platform: str = "discord") -> list[tuple[int, str]]:
    return [(each.line, each.says) for each in read(text, platform).problems]


# the file


def test_a_file_is_read_whatever_its_separator_quotes_order_and_mark():
    rows = (Row(2, ADA, "Ada, Countess", FACILITATOR, None), Row(4, BEN, "Ben", LEARNER, date(2026, 9, 1)))
    for parted in ",;\t":
        lines = (
            parted.join(("Name", "ID ", "role", "joined")),
            parted.join(('"Ada, Countess"', ADA, "Facilitator", "")),
            "",
            parted.join(("Ben", f"<@{BEN}>", "", "2026-09-01")),
        )
        for mark in ("", "\ufeff"):
            for end in ("\n", "\r\n"):
                assert read(mark + end.join(lines)) == Sheet(rows)


@pytest.mark.parametrize("typed", [f"<@{ADA}>", f"<@!{ADA}>", f"@{ADA}", f" {ADA} ", f'"{ADA}"'])
def test_an_id_may_be_a_mention(typed: str):
    assert [row.ref for row in read(f"id\n{typed}\n").rows] == [ADA]


def test_a_slack_id_is_one_of_a_person():
    assert [row.ref for row in read("id\nU012AB3CD\n<@W012|ada>\n", "slack").rows] == ["U012AB3CD", "W012"]
    assert problems("id\nC012AB3CD\n", "slack") == [
        (2, "“C012AB3CD” is no id: write the member ID, which begins with U or W.")
    ]
    assert [row.ref for row in read("id\nada\n", "simulator").rows] == ["ada"]


def test_every_problem_is_told_at_once_with_its_line_and_cure():
    text = (
        f"id,name,role,joined,team\n{ADA},Ada\nada,Ada\n,Ben\n{ADA},Ada again\n{BEN},{'x' * 201}\n"
        f"{BEN},Ben,boss,soon\n{CAT},Smith, Jo,learner,,,x\n"
    )
    assert problems(text) == [
        (3, "“ada” is no id: write the member's id, a number of 17 to 20 digits."),
        (4, "The id is missing: write the member's id, a number of 17 to 20 digits."),
        (5, f"{ADA} stands in line 2 already: leave one out."),
        (6, "The name is longer than 200 characters: shorten it."),
        (7, f"{BEN} stands in line 6 already: leave one out."),
        (7, "“boss” is no role: write learner, facilitator or observer."),
        (7, "“soon” is no date to join on: write it like 2026-09-01."),
        (8, "More cells than columns: put quotes around a name with a comma in it."),
    ]
    assert read(text).ignored == ("team",)


@pytest.mark.parametrize(
    ("raw", "line", "says"),
    [
        (b"", 1, "The first line has to name the columns"),
        (b"\n\n  \n", 1, "The first line has to name the columns"),
        (b"name,role\nAda,learner\n", 1, "one of them `id`"),
        (b"id,id\n1,2\n", 1, "The column id stands there twice"),
        (b"id\n", 1, "Nobody stands below"),
        (b"id,name\n1,A\xe9\n", 2, "not UTF-8"),
        ("id\n1".encode("utf-16"), 1, "not UTF-8"),
        (f'id,name\n{ADA},"Ada\n{BEN},Ben\n'.encode(), 2, "no CSV"),
        (f"id,name\n{ADA},{'x' * 200_000}\n".encode(), 2, "no CSV"),
        (b"id\n" + b"1" * MOST_BYTES, 1, "larger than 1 MB"),
        (b"PK\x03\x04" + bytes(range(256)) * 40, 2, "not UTF-8"),
        (b"id\n" + b"\0" * 100, 2, "is no id"),
    ],
)
def test_what_is_no_roster_is_one_sentence(raw: bytes, line: int, says: str):
    [problem] = read_roster(raw, "discord").problems
    assert problem.line == line
    assert says in problem.says
    assert len(problem.says) < 200


def test_more_people_than_a_roster_takes_are_refused():
    ids = "\n".join(str(10**17 + number) for number in range(MOST_ROWS + 1))
    assert problems(f"id\n{ids}") == [(MOST_ROWS + 2, "More than 5,000 people: part the file into several.")]


def test_a_file_of_another_kind_is_not_told_line_by_line_for_ever():
    assert len(read("id\n" + "x\n" * 4_000).problems) == 200


@given(st.binary(max_size=300))
def test_no_bytes_raise(raw: bytes):
    sheet = read_roster(raw, "discord")
    assert sheet.problems or sheet.rows


@given(st.text(max_size=200))
def test_no_text_raises(text: str):
    sheet = read(f"id,name\n{ADA},{text}")
    assert sheet.problems or sheet.rows


# what it does


@pytest.fixture
def cohort(database: Database) -> Cohort:
    """Fay facilitates, Ada learns, Ben has left."""
    cohort = opened(database)
    learner(database, cohort, "1" * 18, at(-1, 21), FACILITATOR)
    learner(database, cohort, ADA, at(-1, 21))
    ben = learner(database, cohort, BEN, at(-1, 21))
    database.run_now(leave, cohort, ben, at(0))
    return cohort


def done(database: Database, cohort: Cohort, text: str, now=None) -> RosterPlan:
    def run(session):
        return apply(session, session.get_one(Cohort, cohort.id), read(text), None, now or at(2))

    return database.run_now(run)


def tried(database: Database, cohort: Cohort, text: str) -> RosterPlan:
    return database.run_now(lambda session: dry_run(session, session.get_one(Cohort, cohort.id), read(text)))


def roster(database: Database, cohort: Cohort) -> dict[str, tuple[str, str, date, bool]]:
    """Reference → name, role, since when, still there."""
    rows = database.run_now(
        lambda session: session.execute(
            select(Member, Enrollment)
            .join(Enrollment, Enrollment.member_id == Member.id)
            .where(Enrollment.cohort_id == cohort.id)
        ).all()
    )
    return {member.ref: (member.name, place.role, place.joined_on, place.left_on is None) for member, place in rows}


def audit(database: Database) -> list[str]:
    return [each.says for each in database.run_now(lambda session: session.scalars(select(AuditEntry)).all())]


FILE = f"""id,name,role,joined
{ADA},Ada L,observer,2026-01-01
{BEN},Ben,,
{CAT},=HYPERLINK("http://evil.example"),,2026-09-08
{"2" * 18},,facilitator,
"""


def test_a_dry_run_tells_what_would_happen_and_changes_nothing(database: Database, cohort: Cohort):
    before = roster(database, cohort)
    plan = tried(database, cohort, FILE)
    assert [row.ref for row in plan.added] == [CAT, "2" * 18]
    assert [(change.row.ref, change.before, change.row.role) for change in plan.changed] == [(ADA, LEARNER, OBSERVER)]
    assert [row.ref for row in plan.back] == [BEN]
    assert (plan.unchanged, plan.problems) == ((), ())
    assert (roster(database, cohort), audit(database)) == (before, [])


def test_applying_does_what_the_dry_run_told_and_writes_it_down(database: Database, cohort: Cohort):
    assert done(database, cohort, FILE) == tried_before(FILE)
    found = roster(database, cohort)
    assert found["1" * 18][1:] == (FACILITATOR, date(2026, 9, 6), True), "who is not in the file stays"
    assert found[ADA][1:] == (OBSERVER, date(2026, 9, 6), True), "nobody's first day is moved"
    assert found[BEN][1:] == (LEARNER, date(2026, 9, 6), True)
    assert found[CAT] == ('=HYPERLINK("http://evil.example")', LEARNER, date(2026, 9, 8), True)
    assert found["2" * 18] == ("2" * 18, FACILITATOR, date(2026, 9, 9), True)
    assert audit(database) == [
        "role: learner to observer, by a roster",
        "roster: 2 added, 1 with a new role, 1 came back",
    ]


def tried_before(text: str) -> RosterPlan:
    rows = {row.ref: row for row in read(text).rows}
    return RosterPlan(
        added=(rows[CAT], rows["2" * 18]),
        changed=(Change(rows[ADA], ADA.title(), LEARNER),),
        back=(rows[BEN],),
    )


def test_applying_twice_is_applying_once(database: Database, cohort: Cohort):
    done(database, cohort, FILE)
    before, entries = roster(database, cohort), audit(database)
    plan = done(database, cohort, FILE)
    assert (plan.added, plan.changed, plan.back, len(plan.unchanged)) == ((), (), (), 4)
    assert (roster(database, cohort), audit(database)) == (before, entries)


def test_who_comes_back_is_not_asked_for_what_came_meanwhile(database: Database, cohort: Cohort):
    done(database, cohort, f"id,role\n{BEN},observer\n")
    place = database.run_now(_place, cohort, BEN)
    assert (place.role, place.left_on) == (OBSERVER, None)
    assert database.run_now(lambda session: session.query(Absence).count()) == 1


def test_with_a_problem_nothing_is_done(database: Database, cohort: Cohort):
    before = roster(database, cohort)
    plan = done(database, cohort, FILE + "nobody,,,\n")
    assert len(plan.problems) == 1
    assert (roster(database, cohort), audit(database)) == (before, [])


def test_the_last_facilitator_stays_one(database: Database, cohort: Cohort):
    fay = "1" * 18
    plan = done(database, cohort, f"id,role\n{fay},learner\n{ADA},observer\n")
    assert plan.problems == (
        Problem(2, f"{fay} is the last facilitator: make somebody else one, here or in the cohort."),
    )
    assert roster(database, cohort)[ADA][1] == LEARNER
    assert done(database, cohort, f"id,role\n{fay},learner\n{ADA},facilitator\n").problems == ()
    assert (roster(database, cohort)[fay][1], roster(database, cohort)[ADA][1]) == (LEARNER, FACILITATOR)


def test_two_who_make_each_other_learners_leave_one(database: Database, cohort: Cohort):
    second = learner(database, cohort, CAT, at(0), FACILITATOR)

    def step_down(ref: str):
        def change(session) -> bool:
            place = _place(session, cohort, ref)
            return change_role(session, session.get_one(Cohort, cohort.id), place, LEARNER, second, at(1))

        return lambda: database.run_now(change)

    assert sorted(at_once([step_down("1" * 18), step_down(CAT)])) == [False, True]
    assert [each[1] for each in roster(database, cohort).values()].count(FACILITATOR) == 1


def test_somebody_of_another_workspace_is_somebody_else(database: Database, cohort: Cohort):
    other = opened(database, workspace="other")
    learner(database, other, CAT, at(0))
    done(database, cohort, f"id,name\n{CAT},Cat\n")
    assert roster(database, cohort)[CAT][0] == "Cat"
    members = database.run_now(lambda session: session.query(Member).filter_by(ref=CAT).count())
    assert members == 2


def test_people_who_join_by_themselves_meanwhile_are_no_harm(database: Database, cohort: Cohort):
    refs = [str(3 * 10**17 + number) for number in range(20)]
    text = "id\n" + "\n".join(refs)

    def joins(ref: str):
        def run(session) -> bool:
            here = session.get_one(Cohort, cohort.id)
            member = known_member(session, here.platform, here.workspace, Person(ref, ref))
            return join(session, here, member, LEARNER, at(1))

        return lambda: database.run_now(run)

    at_once([lambda: done(database, cohort, text), *map(joins, refs[:6])])
    found = roster(database, cohort)
    assert all(found[ref][1:] == (LEARNER, found[ref][2], True) for ref in refs)


def test_who_joins_at_the_very_moment_is_found_by_looking_again(database: Database, cohort: Cohort):
    """Their row is there but not yet committed when the roster looks, and committed when it writes. On SQLite the
    second transaction begins when the first has ended."""
    if database.engine.dialect.name == "sqlite":
        return
    with ThreadPoolExecutor(1) as pool, Session(database.engine) as other, other.begin():
        here = other.get_one(Cohort, cohort.id)
        member = known_member(other, here.platform, here.workspace, Person(CAT, "Cat"))
        join(other, here, member, LEARNER, at(1))
        other.flush()
        applying = pool.submit(done, database, cohort, f"id,role\n{CAT},observer\n{'2' * 18},\n")
        _wait_until_one_waits(database)
        other.commit()
        plan = applying.result(timeout=30)
    assert ([row.ref for row in plan.added], [each.row.ref for each in plan.changed]) == (["2" * 18], [CAT])
    assert roster(database, cohort)[CAT][1] == OBSERVER


def _wait_until_one_waits(database: Database) -> None:
    ours = "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
    waiting = text(f"SELECT count(*) FROM pg_locks WHERE NOT granted AND pid IN ({ours})")
    for _ in range(1_000):
        with database.engine.connect() as connection:
            if connection.scalar(waiting):
                return
        sleep(0.01)
    raise AssertionError("nobody waits")


def test_a_roster_of_a_thousand_is_applied_as_one(database: Database, cohort: Cohort):
    text = "id,name\n" + "\n".join(f"{4 * 10**17 + number},Member {number}" for number in range(1_000))
    assert len(done(database, cohort, text).added) == 1_000
    assert len(tried(database, cohort, text).unchanged) == 1_000


def _place(session, cohort: Cohort, ref: str) -> Enrollment:
    member = cohorts.find_member(session, cohort.platform, cohort.workspace, ref)
    return find_enrollment(session, cohort, member)
