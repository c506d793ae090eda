"""The two cookies of the desk: the visit's secret, and a sentence that is shown once."""

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from aiohttp import web

SAID_LASTS = 60
"""Seconds in which a browser that was sent to a page asks for it."""


@dataclass(frozen=True)
class Cookies:
    """As the desk's address asks for. root: the path at which the desk begins, as browsers see it.

    Over https the secret's name begins with `__Host-`: browsers then take it only over https and only from this very
    host, so that no neighbouring host can put one of its own in its place.

    SameSite is Lax and not Strict: the bot's posts lead to pages of the desk, and a browser in which the chat is open
    would send a strict cookie with none of these links, so that people who are signed in would be asked to sign in.
    What Lax lets through from elsewhere is a plain GET, and a GET changes nothing; a POST needs a mark that only our
    own pages have, and comes from our own origin.
    """

    secure: bool
    root: str

    @property
    def visit(self) -> str:
        return "__Host-homeroom-visit" if self.secure else "homeroom-visit"

    @property
    def said(self) -> str:
        return "__Host-homeroom-said" if self.secure else "homeroom-said"

    def secret(self, request: web.Request) -> str | None:
        """The secret of the visit that the browser is on."""
        return request.cookies.get(self.visit) or None

    def keep(self, response: web.StreamResponse, secret: str, lasts: timedelta) -> None:
        self._set(response, self.visit, secret, int(lasts.total_seconds()))

    def say(self, response: web.StreamResponse, sealed: str) -> None:
        self._set(response, self.said, sealed, SAID_LASTS)

    def drop(self, response: web.StreamResponse, name: str) -> None:
        """In the same words as it was set: browsers refuse to overwrite a `__Host-` cookie in others."""
        self._set(response, name, "", 0)

    def _set(self, response: web.StreamResponse, name: str, value: str, seconds: int) -> None:
        path = "/" if self.secure else self.root
        response.set_cookie(name, value, max_age=seconds, path=path, httponly=True, secure=self.secure, samesite="Lax")


def cookies_for(address: str, root: str) -> Cookies:
    return Cookies(urlsplit(address).scheme == "https", root)
