"""Signing in: a page with one button, and what the button does.

Chat programs fetch every address that is posted, to preview it: so a GET spends nothing, and only the button lets
somebody in. Who has a link that is too old, used, or none of ours sees one and the same page.
"""

from collections.abc import Awaitable, Callable

from aiohttp import hdrs, web

from bot.clock import Clock
from bot.cohorts.visits import enter, find_link, hash_of
from bot.store.database import Database
from bot.web.desk.checking import is_ours
from bot.web.desk.cookies import Cookies
from bot.web.desk.limiting import Limits
from bot.web.desk.rendering import Shell, rendered
from bot.web.desk.responses import HEADERS, page_response, refusal

PATH = "/enter/{token}"

Handler = Callable[[web.Request], Awaitable[web.Response]]


class Entrance:
    """The two handlers."""

    def __init__(
        self, database: Database, clock: Clock, address: str, cookies: Cookies, limits: Limits, root: str
    ) -> None:
        self._database, self._clock, self._address = database, clock, address
        self._cookies, self._limits, self._root = cookies, limits, root

    def routes(self) -> list[tuple[str, str, Handler]]:
        """Verb, path, handler."""
        return [("GET", PATH, self.show), ("POST", PATH, self.enter)]

    async def show(self, request: web.Request) -> web.Response:
        """Whom the link lets in, and a button. Somebody may have been sent another's link: then they see its name."""
        token = self._tried(request)
        found = await self._database.run(find_link, token, self._clock())
        if found is None:
            return self._stale(request)
        member, cohort = found
        html = rendered("enter.html", Shell(self._root), call=None, member=member, cohort=cohort)
        return page_response(html)

    async def enter(self, request: web.Request) -> web.Response:
        """Only from our own page: no other one signs somebody in as somebody else."""
        token = self._tried(request)
        if not is_ours(request, self._address):
            return refusal("forged", 403, Shell(self._root))
        entered = await self._database.run(enter, token, self._cookies.secret(request), self._clock())
        if entered is None:
            return self._stale(request)
        to = f"{self._root}/c/{entered.cohort}"
        response = web.Response(status=303, headers={**HEADERS, hdrs.LOCATION: to})
        self._cookies.keep(response, entered.secret, entered.lasts)
        return response

    def _tried(self, request: web.Request) -> str:
        token = request.match_info["token"]
        self._limits.try_link(hash_of(token), request.remote)
        return token

    def _stale(self, request: web.Request) -> web.Response:
        self._limits.note_strange(request.remote)
        return refusal("stale", 403, Shell(self._root))
