"""Say something to the people who look after a cohort: in its alerts channel, or else to each of them privately."""

import logging
import secrets
from base64 import b32encode
from collections.abc import Callable, Collection

from sqlalchemy.orm import Session

from bot.chat.port import PlatformError, Reason
from bot.chat.post import Post
from bot.cohorts.places import Place, Roster, find_rosters
from bot.engine.metrics import ALERTS
from bot.engine.shop import Shop
from bot.store.tables import Cohort

log = logging.getLogger(__name__)


async def tell_facilitators(shop: Shop, cohort: int, to_post: Callable[[str], Post]) -> bool:
    """Tell of one cohort, once; to_post makes the post from its name. True when somebody was told."""
    name, roster = await shop.database.run(_whom, cohort)
    return await tell_first(shop, roster.first, roster.people, to_post(name))


async def tell_first(shop: Shop, places: Collection[Place], instead: Collection[Place], post: Post) -> bool:
    """Tell all of the places, or when none of them can be told, those instead. True when somebody was told."""
    told = [await tell(shop, place, post) for place in places]
    if not any(told):
        told = [await tell(shop, place, post) for place in instead if place not in places]
    return any(told)


async def tell(shop: Shop, place: Place, post: Post) -> bool:
    """Tell one place; False when it was surely not told."""
    platform = shop.platforms.get(place.platform)
    if platform is None:
        return False
    posted = 0
    try:
        if place.person is not None:
            if not await platform.note(place.workspace, place.person, None, post):
                log.error("alert platform=%s outcome=untold reason=no-direct-messages", place.platform)
                return False
        elif place.channel is not None:
            for body in platform.render(post, _key()):
                await platform.post(place.channel, body)
                posted += 1
    except PlatformError as error:
        told = error.reason is Reason.UNCLEAR or posted > 0  # rather not at all, or in part, than twice
        level = logging.WARNING if told else logging.ERROR
        log.log(level, "alert platform=%s outcome=untold reason=%s", place.platform, error.reason)
        return told
    ALERTS.inc()
    return True


def _key() -> str:
    """A marker that no lesson has. A platform that tries again by itself posts nothing twice with it."""
    return b32encode(secrets.token_bytes(15)).decode().lower()


def _whom(session: Session, cohort: int) -> tuple[str, Roster]:
    return session.get_one(Cohort, cohort).name, find_rosters(session, [cohort])[cohort]
