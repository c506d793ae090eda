"""The weekly digest: the brief of a cohort, to its facilitators, in the weeks in which it asks them for something."""

import logging
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.chat.post import Post
from bot.cohorts.brief import brief
from bot.cohorts.digests import Due, is_wanted, move_on, put_off, take_digests
from bot.cohorts.nudges import nudged_lately
from bot.cohorts.places import Place, Roster, find_rosters
from bot.cohorts.progress import cohort_progress
from bot.curriculum.model import Course
from bot.engine.alerting import tell_first
from bot.engine.shop import Shop
from bot.store.tables import Cohort
from bot.talk.brief import digest_post

DIGEST_EVERY = 60.0
"""Seconds between two rings."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Digest:
    """What is told, and to whom: to all of `first`, or else to the people."""

    post: Post
    first: tuple[Place, ...]
    people: tuple[Place, ...]


async def digest_tick(shop: Shop) -> None:
    """Send the digests that have come. Raises SQLAlchemyError when the record cannot be reached."""
    for due in await shop.database.run(take_digests, sorted(shop.ready), shop.clock()):
        try:
            await _digest(shop, due)
        except SQLAlchemyError:
            raise
        except Exception as error:  # what nobody foresaw in one cohort keeps no other's digest back
            log.error("digest cohort=%d outcome=unforeseen error=%s", due.cohort, type(error).__name__)


async def _digest(shop: Shop, due: Due) -> None:
    digest = await shop.database.run(_take, shop.shelf.course, due, shop.clock())
    if not isinstance(digest, Digest):
        log.info("digest cohort=%d outcome=%s", due.cohort, digest)
        return
    if await tell_first(shop, digest.first, digest.people, digest.post):
        log.info("digest cohort=%d outcome=told", due.cohort)
        return
    again = await shop.database.run(put_off, due, shop.clock())
    log.warning("digest cohort=%d outcome=untold again=%s", due.cohort, again)


def _take(session: Session, course: Course, due: Due, now: datetime) -> Digest | str:
    """The digest, ours alone from here on; or why there is none."""
    if not move_on(session, due, now):
        return "taken"
    cohort = session.get_one(Cohort, due.cohort)
    if not is_wanted(session, cohort, now):
        return "not-wanted"
    everybody = cohort_progress(session, cohort, now)
    told = brief(session, course, cohort, everybody, now)
    if not told.asks_for_something:
        return "nothing-to-do"
    post = digest_post(course, cohort, told, now, nudged_lately(session, cohort, now))
    return _addressed(cohort, post, find_rosters(session, [cohort.id])[cohort.id])


def _addressed(cohort: Cohort, post: Post, roster: Roster) -> Digest:
    """It names members: what is said in the cohort's own channel, all of them read."""
    first = roster.people if cohort.alerts == cohort.channel else roster.first
    return Digest(post, first, roster.people)
