"""Texts and times come back as they were meant, whatever was put in and whichever database holds them."""

from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import Session

from bot.store.database import Database
from bot.store.tables import Cohort, Member, Tombstone

ROUND_TRIPS = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
ANY_TEXT = st.text(st.characters(codec=None, categories=None), max_size=60)
NASTY = [
    ("\x00", "␀"),
    ("a\x00b\x00", "a␀b␀"),
    ("a\ud800b", "a\ufffdb"),
    ("a\udc00b", "a\ufffdb"),
    ("\ud83d\ude00", "😀"),
    ("x\ud800", "x\ufffd"),
    ("\ufeffmark first", "\ufeffmark first"),
    ("'; DROP TABLE members; --", "'; DROP TABLE members; --"),
    ("%s %(x)s :x ? $1 \\", "%s %(x)s :x ? $1 \\"),
    ("@everyone <!channel> \u202egnp.exe", "@everyone <!channel> \u202egnp.exe"),
    ("line\r\nline\u2028\t", "line\r\nline\u2028\t"),
    ("", ""),
]


@pytest.mark.parametrize(("written", "kept"), NASTY)
def test_a_text_comes_back_as_it_was_written_but_for_what_no_database_takes(
    database: Database, written: str, kept: str
) -> None:
    assert _round_trip(database, written) == kept


def test_a_text_of_a_megabyte_comes_back_whole(database: Database) -> None:
    text = "é\x00\ud83d" * 350_000
    assert _round_trip(database, text) == "é␀\ufffd" * 350_000


@ROUND_TRIPS
@given(ANY_TEXT)
def test_any_text_is_kept_to_the_character(database: Database, text: str) -> None:
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    assert _round_trip(database, text) == whole.replace("\x00", "␀")


@pytest.mark.parametrize("forged", ["\x00", "\ud800", "C1\x00", "x" * 100_000])
def test_a_forged_reference_finds_nothing_and_does_not_fail(database: Database, forged: str) -> None:
    def look(session: Session) -> list[object]:
        by_ref = select(Member).where(Member.ref == forged, Member.workspace == forged)
        return [session.scalar(by_ref), session.get(Tombstone, ("discord", forged))]

    assert database.run_now(look) == [None, None]


@ROUND_TRIPS
@given(
    st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)),
    st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)
def test_any_moment_comes_back_as_the_same_moment_in_utc(database: Database, naive: datetime, zone: timezone) -> None:
    moment = naive.replace(tzinfo=zone)
    back = database.run_now(_keep_moment, moment)
    assert back == moment
    assert back.tzinfo is UTC


def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="without a zone"):
        database.run_now(_keep_moment, datetime(2026, 9, 1, 9))


def test_moments_are_compared_as_moments_and_not_as_texts(database: Database) -> None:
    def around(session: Session) -> list[int]:
        moment = datetime(2026, 9, 1, 23, 30, tzinfo=timezone(timedelta(hours=-5)))  # 04:30 the next day in UTC
        _keep_moment(session, moment)
        limits = (moment - timedelta(microseconds=1), moment, moment.astimezone(UTC) + timedelta(microseconds=1))
        return [session.scalar(select(func.count()).where(Tombstone.at <= limit)) or 0 for limit in limits]

    assert database.run_now(around) == [0, 1, 1]


def test_dates_and_times_of_day_come_back_as_they_are(database: Database) -> None:
    def keep(session: Session) -> tuple[date, time]:
        session.add(
            Cohort(
                key="k", platform="discord", workspace="w", channel="c", name="n", course="co", zone="UTC",
                post_time=time(23, 59, 59), weekdays=1, start_date=date(2028, 2, 29), state="active",
                created_at=datetime(2026, 1, 1, tzinfo=UTC),
            )
        )  # fmt: skip
        session.flush()
        session.expire_all()
        cohort = session.scalars(select(Cohort)).one()
        return cohort.start_date, cohort.post_time

    assert database.run_now(keep) == (date(2028, 2, 29), time(23, 59, 59))


def _round_trip(database: Database, text: str) -> str:
    def keep(session: Session) -> int:
        member = Member(
            platform="discord", workspace="w", ref=f"{session.scalar(select(func.count(Member.id)))}", name=text
        )
        session.add(member)
        session.flush()
        return member.id

    row = database.run_now(keep)
    return database.run_now(lambda session: session.get_one(Member, row).name)


def _keep_moment(session: Session, moment: datetime) -> datetime:
    session.merge(Tombstone(platform="discord", ref="m", at=moment))
    session.flush()
    session.expire_all()
    return session.get_one(Tombstone, ("discord", "m")).at
