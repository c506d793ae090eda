"""One app in several workspaces: who has installed it, and with which tokens. oauth.v2.access and auth.revoke."""

import base64
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.fakes.slack.calls import Refusal
from bot.fakes.slack.world import Json, World


@dataclass
class Grant:
    """One installation, in one workspace or, `org_wide`, in all of an organisation. error: what its token is refused
    with. ends_at: seconds of the clock; None: never."""

    worlds: list[World]
    token: str
    org_wide: bool = False
    refresh: str | None = None
    ends_at: float | None = None
    error: str | None = None

    def problem(self) -> str | None:
        """Why its token is refused now."""
        if self.error is not None:
            return self.error
        over = self.ends_at is not None and self.worlds[0].clock().timestamp() >= self.ends_at
        return "token_expired" if over else None

    def world(self, channel: str) -> World:
        """Where a call acts: in an organisation the channel tells."""
        return next((world for world in self.worlds if channel in world.channels), self.worlds[0])


@dataclass
class Grants:
    """lasts: seconds that a new token is good for; None: token rotation is off. allows: who is asked next to allow the
    app, (workspaces, for the whole organisation). spent: every refresh token that has been used, in order."""

    client_id: str = "111.222"
    client_secret: str = "fake-client-secret"  # noqa: S105 - a fake has no secrets
    lasts: int | None = None
    allows: tuple[list[World], bool] = field(default_factory=lambda: ([], False))
    grants: list[Grant] = field(default_factory=list)
    spent: list[str] = field(default_factory=list)
    _codes: dict[str, tuple[list[World], bool]] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def approve(self) -> str:
        """Somebody allows the app: the code that comes back."""
        code = f"code-{next(self._numbers)}"
        self._codes[code] = self.allows
        return code

    def find(self, token: str) -> Grant | None:
        """The grant of a token, one of an earlier pair included: that one is good to its end."""
        return next((grant for grant in reversed(self.grants) if grant.token == token), None)

    def access(self, arguments: Mapping[str, Any], authorization: str) -> Json:
        """oauth.v2.access, for a code or a refresh token; each works once."""
        if not self._is_ours(arguments, authorization):
            raise Refusal("bad_client_secret")
        if arguments.get("grant_type") == "refresh_token":
            return self._refreshed(str(arguments.get("refresh_token")))
        worlds, org_wide = self._codes.pop(str(arguments.get("code")), ([], False))
        if not worlds:
            raise Refusal("invalid_code")
        return self._told(self._new(worlds, org_wide))

    def revoke(self, token: str) -> Json:
        """auth.revoke."""
        grant = self.find(token)
        if grant is None:
            raise Refusal("invalid_auth")
        grant.error = "token_revoked"
        return {"ok": True, "revoked": True}

    def of(self, world: World) -> list[Grant]:
        """The grants that reach a workspace, oldest first."""
        return [grant for grant in self.grants if world in grant.worlds]

    def _refreshed(self, refresh: str) -> Json:
        old = next((grant for grant in self.grants if grant.refresh == refresh), None)
        used = refresh in self.spent
        self.spent.append(refresh)
        if old is None or used or old.error is not None:
            raise Refusal("invalid_refresh_token")
        return self._told(self._new(old.worlds, old.org_wide))

    def _new(self, worlds: list[World], org_wide: bool) -> Grant:
        number, now = next(self._numbers), worlds[0].clock().timestamp()
        token = f"{'xoxe.' if self.lasts else ''}xoxb-{worlds[0].team}-{number}"
        refresh = f"xoxe-1-{worlds[0].team}-{number}" if self.lasts else None
        grant = Grant(list(worlds), token, org_wide, refresh, now + self.lasts if self.lasts else None)
        self.grants.append(grant)
        return grant

    def _told(self, grant: Grant) -> Json:
        world = grant.worlds[0]
        org = {"id": world.enterprise, "name": f"Org {world.enterprise}"} if world.enterprise else None
        told: Json = {
            "ok": True,
            "access_token": grant.token,
            "token_type": "bot",
            "scope": ",".join(world.scopes),
            "bot_user_id": world.bot_user,
            "app_id": world.app_id,
            "team": None if grant.org_wide else {"id": world.team, "name": f"Team {world.team}"},
            "enterprise": org,
            "is_enterprise_install": grant.org_wide,
            "authed_user": {"id": "U0INSTALLER"},
        }
        return told | ({"refresh_token": grant.refresh, "expires_in": self.lasts} if grant.refresh else {})

    def _is_ours(self, arguments: Mapping[str, Any], authorization: str) -> bool:
        basic = base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
        named = arguments.get("client_id") == self.client_id and arguments.get("client_secret") == self.client_secret
        return named or authorization == f"Basic {basic}"
