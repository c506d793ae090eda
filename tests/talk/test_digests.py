"""What facilitators say about the digest and about silence, and what is written down of it."""

from datetime import UTC, datetime, time, timedelta

import pytest
from talk_room import FAY, HOSTILE, TalkRoom, links, read

from bot.chat.commands import from_line
from bot.chat.inbound import Command
from bot.store.tables import AuditEntry, Cohort
from bot.talk.commands import answer

UNCLEAR = ("monday-friday", "someday", "mon,tue", "8", "mondayish 08:00", "x" * 2**20, *HOSTILE)


def cohort_row(room: TalkRoom) -> Cohort:
    return room.database.run_now(lambda session: session.query(Cohort).one())


def audit(room: TalkRoom) -> list[str]:
    """What was changed here, oldest first."""
    all_of_it = room.database.run_now(lambda s: [each.says for each in s.query(AuditEntry).order_by(AuditEntry.id)])
    return [says for says in all_of_it if says.startswith(("weekly digest:", "silent after:"))]


def say(room: TalkRoom, line: str) -> str:
    """As it is typed behind a slash."""
    name, options = from_line(line)
    command = Command("chat", "school", "room", FAY, name, options)
    return read(room.database.run_now(answer, room.course, room.lookup, command, room.now, room.platform))


@pytest.mark.parametrize(
    ("line", "day", "clock", "following"),
    [
        ("cohort digest monday 08:00", 0, time(8), datetime(2026, 9, 14, 6, tzinfo=UTC)),
        ("cohort digest day:Tue time:18:30", 1, time(18, 30), datetime(2026, 9, 8, 16, 30, tzinfo=UTC)),
        ("cohort digest friday", 4, time(8), datetime(2026, 9, 11, 6, tzinfo=UTC)),
        ("/cohort digest sunday at 7", 6, time(7), datetime(2026, 9, 13, 5, tzinfo=UTC)),
        ("cohort digest wed, 9:05", 2, time(9, 5), datetime(2026, 9, 9, 7, 5, tzinfo=UTC)),
    ],
)
def test_a_day_and_a_time_are_understood_however_they_are_typed(
    cohort: TalkRoom, line: str, day: int, clock: time, following: datetime
) -> None:
    said = say(cohort, line)
    assert f"at {clock:%H:%M} (Europe/Zurich), to each facilitator privately" in said
    assert f"Next {following:%Y-%m-%d %H:%M} UTC" in said
    row = cohort_row(cohort)
    assert (row.digest_day, row.digest_time, row.next_digest_at) == (day, clock, following)


def test_what_is_left_out_stays_and_off_ends_it(cohort: TalkRoom) -> None:
    assert say(cohort, "cohort digest").endswith("get no weekly digest. /cohort digest monday 08:00 sends one.")
    assert say(cohort, "cohort digest time:10:00").startswith("On which day?")
    say(cohort, "cohort digest friday 17:00")
    assert "Friday at 10:00" in say(cohort, "cohort digest time:10:00")
    assert "Monday at 10:00" in say(cohort, "cohort digest monday")
    assert "Monday at 10:00" in say(cohort, "cohort digest")
    assert "no weekly digest" in say(cohort, "cohort digest off")
    row = cohort_row(cohort)
    assert (row.digest_day, row.digest_time, row.next_digest_at) == (None, None, None)
    assert audit(cohort) == [
        "weekly digest: off → Friday at 17:00",
        "weekly digest: Friday at 17:00 → Friday at 10:00",
        "weekly digest: Friday at 10:00 → Monday at 10:00",
        "weekly digest: Monday at 10:00 → off",
    ]


def test_what_is_unclear_changes_nothing_and_is_said_in_a_sentence(cohort: TalkRoom) -> None:
    for typed in UNCLEAR:
        said = cohort.ask(FAY, "cohort digest", day=typed)
        assert "no weekday" in read(said), typed[:40]
        assert len(read(said)) < 200
        assert links(said) == set()
    assert "is not a time of day" in cohort.read(FAY, "cohort digest", day="monday", time="25:00")
    assert cohort_row(cohort).digest_day is None
    assert audit(cohort) == []


def test_where_it_goes_is_said(cohort: TalkRoom) -> None:
    say(cohort, "cohort digest friday")
    say(cohort, "cohort alerts staff")
    assert "in channel staff, where trouble is told as well" in say(cohort, "cohort digest")
    say(cohort, "cohort alerts here")
    said = say(cohort, "cohort digest")
    assert "to each facilitator privately" in said
    assert "it never goes into the cohort's own channel" in said


@pytest.mark.parametrize("number", ["1", "3", "60"])
def test_silence_is_as_many_missed_lessons_as_they_say(cohort: TalkRoom, number: str) -> None:
    said = say(cohort, f"cohort silent {number}")
    assert ("one missed lesson" if number == "1" else f"{number} missed lessons in a row") in said
    assert cohort_row(cohort).silent_after == int(number)
    say(cohort, f"cohort silent {number}")
    assert audit(cohort) == [f"silent after: 2 → {number} missed lessons"]


@pytest.mark.parametrize("number", ["0", "61", "-1", "2.5", "²", "many", "9" * 5_000])
def test_another_number_changes_nothing(cohort: TalkRoom, number: str) -> None:
    assert "Write a number from 1 to 60" in cohort.read(FAY, "cohort silent", lessons=number)
    assert cohort_row(cohort).silent_after == 2
    assert audit(cohort) == []


def test_the_report_goes_by_it(cohort: TalkRoom) -> None:
    cohort.now += timedelta(days=4)
    assert "Ada: missed the last 2 lessons" in cohort.read(FAY, "report")
    say(cohort, "cohort silent 3")
    assert "Gone silent" not in cohort.read(FAY, "report")


def test_a_cohort_that_stands_still_promises_none(cohort: TalkRoom) -> None:
    say(cohort, "cohort digest monday")
    say(cohort, "cohort pause")
    assert "None comes while the cohort is paused." in say(cohort, "cohort digest")
