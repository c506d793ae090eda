"""Whether this process lives and can do its work, from the loops' pulse and a short look at the record."""

from collections.abc import Awaitable, Callable, Mapping

from sqlalchemy.orm import Session

from bot.clock import monotonic
from bot.engine.metrics import PULSE
from bot.engine.shop import Shop
from bot.health import Health
from bot.store.reading import Question
from bot.store.schema import newest_revision, revision

PERIODS = 3
"""A tick that has not rung for so many of its periods does not ring any more."""

LONGEST_STEP = 3600.0
"""Seconds that a tick under way may take from one sign of life to the next. Generous: a long thread that is read
through a slow platform is one step, and a restart would only begin it anew."""

ANSWERED_WITHIN = 0.8
"""Seconds that the record may take; probers commonly wait for one."""


def open_health(
    shop: Shop, periods: Mapping[str, float], is_clock_trusted: Callable[[], bool]
) -> Callable[[], Awaitable[Health]]:
    """What `/healthz` and `/readyz` answer from.

    periods: tick → seconds, of the ticks that ring in this process. A process in which none does has no loop to stop.
    """
    began = monotonic()
    question = Question(shop.database.engine, _revision, ANSWERED_WITHIN)

    async def health() -> Health:
        stopped = tuple(sorted(tick for tick, period in periods.items() if not _turns(tick, period, began)))
        lacks = [
            *await _record_lacks(question),
            *(f"{name} is not connected" for name in sorted(shop.platforms.keys() - shop.ready)),
        ]
        if not is_clock_trusted():
            lacks.append("this machine's clock is not trusted")
        if not shop.shelf.course.lessons:
            lacks.append("no course is loaded")
        return Health(stopped, tuple(lacks))

    return health


def _turns(tick: str, period: float, began: float) -> bool:
    longest = max(PERIODS * period, LONGEST_STEP) if PULSE.is_under_way(tick) else PERIODS * period
    return PULSE.silent(tick, began) <= longest


async def _record_lacks(question: Question[str]) -> tuple[str, ...]:
    has, wants = await question.answer(), newest_revision()
    if has is None:
        return ("the database does not answer",)
    if has != wants:
        return (f"the database's tables are at {has or 'nothing'} and not at {wants}",)
    return ()


def _revision(session: Session) -> str:
    return revision(session.connection()) or ""
