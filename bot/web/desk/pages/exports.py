"""What leaves as a file: tables for facilitators, a picture of the map, a member's portfolio.

What is large, drawn or set is made when the door's own transaction is over, from a reader beside the record: nobody who
answers in the meantime has to wait for it.
"""

from collections.abc import Callable, Iterator
from functools import partial

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from bot.cohorts.audit import Action, write_down
from bot.cohorts.paths import member_path, open_path
from bot.cohorts.progress import cohort_progress
from bot.curriculum.model import Course
from bot.store.reading import open_reader, reading
from bot.store.tables import Enrollment, Member
from bot.talk.drawing.heat_map import Page, heat_map, page_of
from bot.talk.drawing.portfolio import portfolio_pdf
from bot.talk.exports.files import FORMS, file_name
from bot.talk.exports.sheets import answers_export, progress_export
from bot.talk.portfolios import Portfolio, portfolio_markdown, portfolio_of
from bot.web.desk.doors import Answer, Audience, Call, Door, Missing, Moved, Shown, Streamed
from bot.web.desk.numbers import to_number
from bot.web.desk.people import find_member

PATIENCE = 300.0
"""Seconds that the database may take over an export."""

CHOICES = 2_000
"""Members to choose from."""

PAPERS = {"pdf": "application/pdf", "md": "text/markdown; charset=utf-8"}


def page(call: Call) -> Answer:
    people = call.session.execute(
        select(Member.id, Member.name)
        .join(Enrollment, Enrollment.member_id == Member.id)
        .where(Enrollment.cohort_id == call.at.id)
        .order_by(func.lower(Member.name), Member.id)
        .limit(CHOICES)
    ).all()
    drawn = page_of("", cohort_progress(call.session, call.at, call.now), 1, call.at.silent_after)
    return Shown("export.html", {"people": people, "pictures": drawn.pages if drawn else 1, "forms": tuple(FORMS)})


def take(call: Call) -> Answer:
    """A table of the whole cohort, written down."""
    what, form = call.form.get("what", ""), FORMS.get(call.form.get("form", ""))
    if form is None or what not in ("progress", "answers"):
        return Moved(f"/c/{call.at.id}/export", "Choose what to take, and as which kind of file.")
    write_down(call.session, call.at, call.member, Action.EXPORTED, f"{what} as {form.ending}", call.now)
    name = file_name(call.at.name, what, form.ending)
    if what == "progress":
        made = progress_export(call.at, cohort_progress(call.session, call.at, call.now), call.now)
        return Streamed(name, form.content_type, lambda _: form.write(made))
    cohort, now = call.at, call.now
    return Streamed(
        name,
        form.content_type,
        _beside(call.session, lambda session: form.write(answers_export(session, cohort, now))),
    )


def own_portfolio(call: Call) -> Answer:
    one = find_member(call, call.member.id)
    if one is None:
        return Moved(f"/c/{call.at.id}", "You are not a member of this cohort, so that there is no portfolio of yours.")
    return _portfolio(call, one.member, call.args.get("form", ""))


def portfolio(call: Call) -> Answer:
    """Somebody's: as if their path had been opened."""
    one = find_member(call, to_number(call.form.get("member")))
    form = call.form.get("form", "")
    if one is None or form not in PAPERS:
        return Moved(f"/c/{call.at.id}/export", "Choose whose portfolio to take, and as which kind of file.")
    open_path(call.session, call.at, call.member, one.member, call.now)
    write_down(call.session, call.at, call.member, Action.EXPORTED, f"portfolio as {form}", call.now, one.member)
    return _portfolio(call, one.member, form)


def picture(call: Call) -> Answer:
    """One page of the map."""
    everybody = cohort_progress(call.session, call.at, call.now)
    drawn = page_of(call.at.name, everybody, to_number(call.args.get("number")), call.at.silent_after)
    if drawn is None:
        return Missing()
    name = file_name(call.at.name, f"heat-map-{drawn.number}", "png")
    return Streamed(name, "image/png", partial(_drawn, call.course, drawn))


def _portfolio(call: Call, member: Member, form: str) -> Answer:
    path = member_path(call.session, call.course, call.at, member, call.now)
    if path is None or form not in PAPERS:
        return Missing()
    made = portfolio_of(call.course, call.at, path, call.now)
    name = file_name(member.name, "portfolio", form)
    return Streamed(name, PAPERS[form], partial(_set if form == "pdf" else _typed, made))


def _beside(session: Session, write: Callable[[Session], Iterator[bytes]]) -> Callable[[Session], Iterator[bytes]]:
    """`make` of what is read while it is written: by a reader, so that no writer waits for it."""
    engine = session.get_bind()
    assert isinstance(engine, Engine)

    def make(_: Session) -> Iterator[bytes]:
        with reading(open_reader(engine), PATIENCE) as reader:
            yield from write(reader)

    return make


def _drawn(course: Course, drawn: Page, _: Session) -> Iterator[bytes]:
    yield heat_map(course, drawn).png


def _set(made: Portfolio, _: Session) -> Iterator[bytes]:
    yield portfolio_pdf(made)


def _typed(made: Portfolio, _: Session) -> Iterator[bytes]:
    return (f"{line}\n".encode() for line in portfolio_markdown(made))


DOORS = (
    Door("GET", "/c/{cohort}/export", Audience.FACILITATOR, page),
    Door("POST", "/c/{cohort}/export", Audience.FACILITATOR, take, heavy=True),
    Door("POST", "/c/{cohort}/export/portfolio", Audience.FACILITATOR, portfolio, heavy=True),
    Door("GET", "/c/{cohort}/portfolio/{form}", Audience.MEMBER, own_portfolio, heavy=True),
    Door("GET", "/c/{cohort}/heat-map-{number}.png", Audience.OBSERVER, picture, heavy=True),
)
