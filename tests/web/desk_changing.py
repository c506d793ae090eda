"""What the tests of the desk's pages that change things share."""

import re
from collections.abc import Iterator, Mapping
from html import unescape
from typing import Any

from database_kinds import Databases
from desk_asking import Desk
from desk_stage import Said
from sqlalchemy import select

from bot.store import schema
from bot.store.database import Database, open_engine
from bot.store.tables import AuditEntry, Cohort

UNWRITTEN = ("tallies", "visits", "sign_in_links")
"""What asking for a page writes by itself."""

NOBODY_YET = "id,name,role\n112233445566778899,Nia,learner\n112233445566778888,Obi,observer"


def cohort_of(desk: Desk) -> Cohort:
    return desk.ask(lambda session: session.get_one(Cohort, desk.seeded.cohort))


def audited(desk: Desk) -> list[str]:
    """What was done since the cohort was made, oldest first."""
    made = "path read", "excused", "feedback"
    query = select(AuditEntry).where(AuditEntry.action.not_in(made)).order_by(AuditEntry.id)
    return [f"{each.action}: {each.says}" for each in desk.ask(lambda session: session.scalars(query).all())]


def carried_by(html: str, action: str) -> dict[str, str]:
    """What the form on a page would send, but for its mark."""
    form = re.search(rf'<form [^>]*action="[^"]*{re.escape(action)}">(.*?)</form>', html, re.DOTALL)
    assert form, html
    fields = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', form[1], re.DOTALL)
    return {name: unescape(value) for name, value in fields if name != "csrf"}


async def ask(desk: Desk, path: str, form: Mapping[str, Any] | None = None, who: int | None = None) -> Said:
    """The answer itself, not where it leads."""
    async with desk.browsing(who) as browser:
        url = f"{desk.root}{path}"
        return await (browser.get(url) if form is None else browser.send(url, form))


def calm(sqlite_databases: Databases) -> Iterator[Desk]:
    """For tests after which all is as it was."""
    engine = open_engine(sqlite_databases.make(None))
    schema.migrate(engine)
    database = Database(engine)
    yield Desk(database, people=3)
    database.close()
