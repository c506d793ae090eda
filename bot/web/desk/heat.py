"""The heat map: members by name, lesson days in order, one mark for each lesson that concerns a member. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from bot.chat.markdown import shown
from bot.cohorts.progress import LessonState, Progress, State
from bot.curriculum.model import Course

ROWS = 50
"""Members on a page."""

SAYS = {
    State.DONE: "answered",
    State.LATE: "answered late",
    State.OPEN: "still open",
    State.EXCUSED: "excused",
    State.NOT_YET: "not out yet",
    State.MISSED: "missed",
}
"""What the legend and every cell call a state."""

CLASSES: Mapping[State, str] = {
    State.DONE: "done",
    State.LATE: "late",
    State.OPEN: "open",
    State.EXCUSED: "excused",
    State.NOT_YET: "ahead",
    State.MISSED: "missed",
}

LEGEND = (
    *((CLASSES[state], says) for state, says in SAYS.items() if state is not State.NOT_YET),
    ("missed part", "missed, some of it answered"),
)
"""Every mark of the map, with what it says: a lesson that is not out has no column."""


@dataclass(frozen=True)
class Column:
    """A lesson day. title: "" where the course has it no more."""

    lesson: int
    title: str


@dataclass(frozen=True)
class Week:
    """Neighbouring columns of one week, under one heading. number: 0 where the course does not say."""

    number: int
    columns: int


@dataclass(frozen=True)
class Cell:
    """One lesson of one member. mark: its class, with " part" behind it when some prompts are answered and not all.
    says: the same in words."""

    lesson: int
    mark: str
    says: str


@dataclass(frozen=True)
class Row:
    """One member; cells: one for each column, None where the lesson does not concern them. answered of asked: lessons,
    those apart that are not out or excused."""

    member: int
    name: str
    cells: tuple[Cell | None, ...]
    answered: int
    asked: int


@dataclass(frozen=True)
class HeatMap:
    weeks: tuple[Week, ...]
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


def heat_map(course: Course, lessons: Sequence[int], people: Sequence[Progress]) -> HeatMap:
    """lessons: every lesson day to show, in order; people: those to show, in order. Its cost is the cells it has."""
    columns = tuple(Column(day, _title(course, day)) for day in lessons)
    rows = tuple(_row(each, lessons) for each in people)
    return HeatMap(tuple(_weeks(course, lessons)), columns, rows)


def drawn(row: Row, lessons: str) -> Markup:
    """A row's cells as HTML. lessons: the address that a lesson day's stands behind. Here and not in the template: a
    page has three thousand of them, and a template would look at each of their texts anew."""
    name, behind = escape(shown(row.name)), f"?member={row.member}"
    cells = (
        f'<td class="{each.mark}"><a tabindex="-1" href="{lessons}{each.lesson}{behind}"'
        f' title="{name}, day {each.lesson}: {each.says}"></a></td>'
        if each is not None
        else "<td></td>"
        for each in row.cells
    )
    return Markup("".join(cells))  # noqa: S704 - the name is escaped, and all else is ours


def cell_of(state: LessonState) -> Cell:
    """What stands for a lesson's state."""
    partly = 0 < state.answered < state.asked
    says = SAYS[state.state]
    if partly:
        says = f"{says}, {state.answered} of {state.asked} prompts answered"
    return Cell(state.lesson, CLASSES[state.state] + (" part" if partly else ""), says)


def _row(progress: Progress, lessons: Sequence[int]) -> Row:
    by_lesson = {each.lesson: cell_of(each) for each in progress.lessons}
    answered = progress.count(State.DONE) + progress.count(State.LATE)
    asked = answered + progress.count(State.OPEN) + progress.count(State.MISSED)
    return Row(progress.member, progress.name, tuple(by_lesson.get(day) for day in lessons), answered, asked)


def _weeks(course: Course, lessons: Sequence[int]) -> list[Week]:
    weeks: list[Week] = []
    for day in lessons:
        number = course.lessons[day].week if day in course.lessons else 0
        if weeks and weeks[-1].number == number:
            weeks[-1] = Week(number, weeks[-1].columns + 1)
        else:
            weeks.append(Week(number, 1))
    return weeks


def _title(course: Course, day: int) -> str:
    return course.lessons[day].title if day in course.lessons else ""
