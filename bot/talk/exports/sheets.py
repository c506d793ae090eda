"""What is exported: sheets of rows under a header, in words that whoever opens the file understands."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from bot.cohorts.exports import Remark, SubmissionRow, count_submissions, submission_rows
from bot.cohorts.progress import Progress
from bot.cohorts.states import State
from bot.store.tables import Cohort

Cell = str | int | date | datetime | tuple[str, ...] | None
Row = tuple[Cell, ...]


@dataclass(frozen=True)
class Sheet:
    """A table. header: "_at" ends the names of moments, which are in UTC. total: how many rows there will be."""

    name: str
    header: tuple[str, ...]
    rows: Iterable[Row]
    total: int


@dataclass(frozen=True)
class Export:
    """what: as people call it, "progress" or "answers"."""

    what: str
    cohort: str
    made_at: datetime
    sheets: tuple[Sheet, ...]

    @property
    def total(self) -> int:
        return sum(each.total for each in self.sheets)


def progress_export(cohort: Cohort, everybody: Sequence[Progress], now: datetime) -> Export:
    """A row for each member, and a row for each member's lesson; by name, and by date."""
    return Export("progress", cohort.name, now, (_members(everybody), _lessons(everybody)))


def answers_export(session: Session, cohort: Cohort, now: datetime) -> Export:
    """A row for each submission. The session is read from while the rows are."""
    header = (
        "member",
        "ref",
        "lesson",
        "lesson_date",
        "prompt",
        "answer",
        "sent_at",
        "revisions",
        "revised_at",
        "withdrawn_at",
        "feedback",
        "submission",
    )
    rows = (_submission(each) for each in submission_rows(session, cohort))
    return Export("answers", cohort.name, now, (Sheet("answers", header, rows, count_submissions(session, cohort)),))


def counted(export: Export, tell: Callable[[int], object]) -> Export:
    """The same export, which tells how many rows have been read, every hundred and at each sheet's end."""
    done = 0

    def through(rows: Iterable[Row]) -> Iterator[Row]:
        nonlocal done
        for row in rows:
            yield row
            done += 1
            if done % 100 == 0:
                tell(done)
        tell(done)

    sheets = tuple(Sheet(each.name, each.header, through(each.rows), each.total) for each in export.sheets)
    return Export(export.what, export.cohort, export.made_at, sheets)


def _members(everybody: Sequence[Progress]) -> Sheet:
    header = ("member", "ref", "joined_on", *(_column(state) for state in State), "streak", "last_answer_at")
    rows = (
        (
            each.name,
            each.ref,
            each.membership.joined_on,
            *(each.count(state) for state in State),
            each.streak,
            each.last_answer,
        )
        for each in everybody
    )
    return Sheet("members", header, rows, len(everybody))


def _lessons(everybody: Sequence[Progress]) -> Sheet:
    header = (
        "member",
        "ref",
        "lesson",
        "lesson_date",
        "state",
        "prompts_answered",
        "prompts_asked",
        "on_time_until_at",
    )
    dates = {each.lesson: each.local_date for each in everybody[0].ledger.lessons} if everybody else {}
    rows = (
        (
            each.name,
            each.ref,
            lesson.lesson,
            dates[lesson.lesson],
            lesson.state.value,
            lesson.answered,
            lesson.asked,
            lesson.closes_at,
        )
        for each in everybody
        for lesson in each.lessons
    )
    return Sheet("lessons", header, rows, sum(each.count(state) for each in everybody for state in State))


def _submission(row: SubmissionRow) -> Row:
    return (
        row.member,
        row.ref,
        row.lesson,
        row.local_date,
        row.prompt,
        row.text,
        row.sent_at,
        row.revisions,
        row.revised_at,
        row.withdrawn_at,
        tuple(_remark(each) for each in row.remarks),
        row.submission,
    )


def _remark(remark: Remark) -> str:
    where = "" if remark.shared else ", privately"
    said = f": {remark.text}" if remark.text else f": {remark.kind}"
    return f"{remark.by} on {remark.at:%Y-%m-%d}{where}{said}"


def _column(state: State) -> str:
    return state.value.replace(" ", "_")
