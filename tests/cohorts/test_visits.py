"""Links that let somebody in once, the visits that they begin, and what a visit opens: on both databases."""

from datetime import timedelta

import pytest
from made_cohorts import at, at_once, change, learner, opened
from sqlalchemy import select

from bot.chat.inbound import Person
from bot.cohorts.cohorts import FACILITATOR, LEARNER, OBSERVER, find_enrollment, known_member, leave
from bot.cohorts.rights import Audience, rights_of
from bot.cohorts.visits import (
    IDLE,
    LINK_LASTS,
    MANAGER_LASTS,
    MOST_LINKS,
    VISIT_LASTS,
    end_all,
    end_visit,
    enter,
    find_link,
    find_visit,
    hash_of,
    open_link,
)
from bot.store.database import Database
from bot.store.tables import Cohort, Enrollment, Member, SignInLink, Visit

NOW = at(0)


@pytest.fixture
def cohort(database: Database) -> Cohort:
    return opened(database)


@pytest.fixture
def ada(database: Database, cohort: Cohort) -> Member:
    return learner(database, cohort, "ada", NOW)


def link(database: Database, cohort: Cohort, member: Member, now=NOW, *, manages: bool = False) -> str:
    return database.run_now(open_link, cohort, member, manages, now)


def come_in(database: Database, cohort: Cohort, member: Member, now=NOW, *, manages: bool = False) -> str:
    entered = database.run_now(enter, link(database, cohort, member, now, manages=manages), None, now)
    assert entered is not None
    return entered.secret


def visits(database: Database, table: type = Visit) -> list:
    return database.run_now(lambda session: list(session.scalars(select(table))))


def test_a_link_lets_in_once_and_looking_spends_nothing(database: Database, cohort: Cohort, ada: Member):
    token = link(database, cohort, ada)
    for _ in range(3):
        member, where = database.run_now(find_link, token, NOW)
        assert (member.id, where.id) == (ada.id, cohort.id)
    entered = database.run_now(enter, token, None, NOW)
    assert entered is not None
    assert (entered.cohort, entered.lasts) == (cohort.id, VISIT_LASTS)
    assert database.run_now(enter, token, None, NOW) is None
    assert database.run_now(find_link, token, NOW) is None


def test_of_many_who_use_a_link_at_once_one_comes_in(database: Database, cohort: Cohort, ada: Member):
    token = link(database, cohort, ada)
    entered = at_once([lambda: database.run_now(enter, token, None, NOW)] * 8)
    assert sum(each is not None for each in entered) == 1
    assert len(visits(database)) == 1


def test_a_link_is_good_for_ten_minutes(database: Database, cohort: Cohort, ada: Member):
    for waits, lets_in in ((LINK_LASTS - timedelta(seconds=1), True), (LINK_LASTS, False)):
        token = link(database, cohort, ada)
        assert (database.run_now(find_link, token, NOW + waits) is not None) is lets_in
        assert (database.run_now(enter, token, None, NOW + waits) is not None) is lets_in


@pytest.mark.parametrize("token", ["", "x", "\x00", "\ud800", "x" * 100_000], ids=["empty", "x", "nul", "half", "long"])
def test_an_invented_link_opens_nothing(database: Database, cohort: Cohort, ada: Member, token: str):
    link(database, cohort, ada)
    assert database.run_now(find_link, token, NOW) is None
    assert database.run_now(enter, token, None, NOW) is None
    assert database.run_now(find_visit, token, NOW) is None


def test_the_record_holds_no_secret(database: Database, cohort: Cohort, ada: Member):
    token = link(database, cohort, ada)
    secret = come_in(database, cohort, ada)
    held = {each.hash for each in (*visits(database), *visits(database, SignInLink))}
    assert held >= {hash_of(token), hash_of(secret)}
    assert not held & {token, secret}
    for stolen in held:  # a hash is no key
        assert database.run_now(enter, stolen, None, NOW) is None
        assert database.run_now(find_visit, stolen, NOW) is None


def test_a_member_has_so_many_open_links_and_older_ones_close(database: Database, cohort: Cohort, ada: Member):
    ben = learner(database, cohort, "ben", NOW)
    his = link(database, cohort, ben)
    tokens = [link(database, cohort, ada, NOW + timedelta(seconds=number)) for number in range(MOST_LINKS + 3)]
    late = NOW + timedelta(seconds=30)
    opens = [database.run_now(find_link, token, late) is not None for token in tokens]
    assert opens == [False] * 3 + [True] * MOST_LINKS
    assert database.run_now(find_link, his, late) is not None


def test_many_links_asked_for_at_once_are_still_bounded(database: Database, cohort: Cohort, ada: Member):
    at_once([lambda: link(database, cohort, ada)] * (MOST_LINKS + 3))
    assert len(visits(database, SignInLink)) == MOST_LINKS


def test_a_visit_ends_after_its_time_and_when_nobody_uses_it(database: Database, cohort: Cohort, ada: Member):
    def is_open(secret: str, now) -> bool:
        return database.run_now(find_visit, secret, now) is not None

    idle = come_in(database, cohort, ada)
    assert is_open(idle, NOW + IDLE - timedelta(seconds=1))
    used = come_in(database, cohort, ada)
    step = IDLE - timedelta(minutes=1)
    now = NOW
    while now + step < NOW + VISIT_LASTS:
        now += step
        assert is_open(used, now)
    assert not is_open(used, NOW + VISIT_LASTS)
    left = come_in(database, cohort, ada)
    assert not is_open(left, NOW + IDLE)


def test_who_comes_in_because_they_manage_the_channel_stays_for_less(database: Database, cohort: Cohort, ada: Member):
    secret = come_in(database, cohort, ada, manages=True)
    assert database.run_now(find_visit, secret, NOW + MANAGER_LASTS - timedelta(minutes=61)) is not None
    assert database.run_now(find_visit, secret, NOW + MANAGER_LASTS) is None


def test_seen_at_moves_to_the_minute(database: Database, cohort: Cohort, ada: Member):
    secret = come_in(database, cohort, ada)
    database.run_now(find_visit, secret, NOW + timedelta(seconds=59))
    assert [each.seen_at for each in visits(database)] == [NOW]
    database.run_now(find_visit, secret, NOW + timedelta(seconds=61))
    assert [each.seen_at for each in visits(database)] == [NOW + timedelta(seconds=61)]


def test_signing_in_again_ends_the_visit_of_this_browser(database: Database, cohort: Cohort, ada: Member):
    earlier, elsewhere = come_in(database, cohort, ada), come_in(database, cohort, ada)
    entered = database.run_now(enter, link(database, cohort, ada), earlier, NOW)
    assert entered is not None
    assert entered.secret not in (earlier, elsewhere)
    assert database.run_now(find_visit, earlier, NOW) is None
    assert database.run_now(find_visit, elsewhere, NOW) is not None


def test_a_link_that_fails_leaves_the_visit_of_this_browser_alone(database: Database, cohort: Cohort, ada: Member):
    earlier = come_in(database, cohort, ada)
    assert database.run_now(enter, "invented", earlier, NOW) is None
    assert database.run_now(find_visit, earlier, NOW) is not None


def test_signing_out_ends_one_visit_and_everywhere_all_with_the_links(database: Database, cohort: Cohort, ada: Member):
    ben = learner(database, cohort, "ben", NOW)
    his, token = come_in(database, cohort, ben), link(database, cohort, ada)
    one, two, three = (come_in(database, cohort, ada) for _ in range(3))
    database.run_now(lambda session: end_visit(session, session.get_one(Visit, hash_of(one))))
    assert database.run_now(find_visit, one, NOW) is None
    assert database.run_now(find_visit, two, NOW) is not None
    assert database.run_now(end_all, ada) == 2
    assert [database.run_now(find_visit, each, NOW) for each in (two, three)] == [None, None]
    assert database.run_now(find_link, token, NOW) is None
    assert database.run_now(find_visit, his, NOW) is not None


def test_what_is_over_is_swept_when_somebody_asks_for_a_link(database: Database, cohort: Cohort, ada: Member):
    come_in(database, cohort, ada)
    link(database, cohort, ada)
    later = NOW + VISIT_LASTS
    token = link(database, cohort, ada, later)
    assert [each.hash for each in visits(database, SignInLink)] == [hash_of(token)]
    assert visits(database) == []


def found(database: Database, secret: str, cohort: Cohort, now=NOW) -> Audience | None:
    def look(session) -> Audience | None:
        visit = find_visit(session, secret, now)
        assert visit is not None
        return next((each.audience for each in rights_of(session, visit) if each.cohort.id == cohort.id), None)

    return database.run_now(look)


def test_a_role_counts_as_it_is_now(database: Database, cohort: Cohort, ada: Member):
    secret = come_in(database, cohort, ada)
    roles = {LEARNER: Audience.MEMBER, OBSERVER: Audience.OBSERVER, FACILITATOR: Audience.FACILITATOR}
    for role, audience in roles.items():
        change(database, database.run_now(find_enrollment, cohort, ada), role=role)
        assert found(database, secret, cohort) is audience
    database.run_now(leave, cohort, ada, NOW)
    assert found(database, secret, cohort) is None


def test_managing_opens_the_cohort_of_the_link_and_no_other(database: Database, cohort: Cohort):
    other, running = opened(database), opened(database)
    person = database.run_now(known_member, "discord", "W", Person("may", "May"))
    secret = come_in(database, cohort, person, manages=True)
    assert found(database, secret, cohort) is Audience.FACILITATOR
    assert found(database, secret, other) is None
    learner(database, running, "may", NOW)
    assert found(database, secret, running) is Audience.MEMBER
    assert found(database, secret, cohort) is Audience.FACILITATOR


def test_somebody_of_the_same_name_elsewhere_is_somebody_else(database: Database, cohort: Cohort, ada: Member):
    secret = come_in(database, cohort, ada)
    for place in ({"workspace": "W2"}, {"platform": "slack"}):
        twin = opened(database, **place)
        learner(database, twin, "ada", NOW, FACILITATOR)
        assert found(database, secret, twin) is None


def test_an_enrollment_that_crosses_workspaces_opens_nothing(database: Database, cohort: Cohort, ada: Member):
    """None is ever made; one that an operator writes by hand is not believed."""
    foreign = opened(database, workspace="W2")
    row = Enrollment(cohort_id=foreign.id, member_id=ada.id, role=FACILITATOR, joined_on=NOW.date(), left_on=None)
    database.run_now(lambda session: session.add(row))
    assert found(database, come_in(database, cohort, ada), foreign) is None


def test_nobody_comes_in_for_whom_nothing_is_open_any_more(database: Database, cohort: Cohort, ada: Member):
    token = link(database, cohort, ada)
    database.run_now(leave, cohort, ada, NOW)
    assert database.run_now(enter, token, None, NOW) is None
    assert visits(database) == []


def test_running_cohorts_come_first_and_archived_ones_last(database: Database, cohort: Cohort, ada: Member):
    finished, archived, newest = (opened(database) for _ in range(3))
    for each in (finished, archived, newest):
        learner(database, each, "ada", NOW)
    change(database, finished, state="finished")
    change(database, archived, state="finished", archived_at=NOW)
    secret = come_in(database, cohort, ada)

    def look(session) -> list[int]:
        return [right.cohort.id for right in rights_of(session, session.get_one(Visit, hash_of(secret)))]

    assert database.run_now(look) == [newest.id, cohort.id, finished.id, archived.id]
