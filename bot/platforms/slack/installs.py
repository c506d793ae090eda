"""Where the app is installed, by slack_sdk's own store, which never sees a token that is not sealed.

The record's engine is handed in. The store is synchronous, so each call here is one in a thread; none of them waits for
Slack. Everything raises SQLAlchemyError when the record cannot be reached, and Unopened when no key fits.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from slack_sdk.oauth.installation_store import Bot, Installation
from sqlalchemy import ColumnElement, Connection, Engine, RowMapping, Table, and_, or_, select, update

from bot.platforms.slack.tokens import Seal

SECRETS = (
    "bot_token",
    "bot_refresh_token",
    "user_token",
    "user_refresh_token",
    "incoming_webhook_url",
    "incoming_webhook_configuration_url",
)
"""The columns that nobody may read."""

_NAMES = ("enterprise_name", "team_name", "enterprise_url")
_LONGEST_NAME = 200


@dataclass(frozen=True)
class Installed:
    """One installation, opened. workspace: the id of the workspace, or of the organisation where the app is installed
    for all of it. sealed: the bot token as it stands in the record. expires_at: None for a token that does not end."""

    workspace: str
    name: str
    bot: Bot
    sealed: str
    installed_at: float

    @property
    def token(self) -> str:
        return self.bot.bot_token or ""

    @property
    def expires_at(self) -> float | None:
        return self.bot.bot_token_expires_at


class Installs:
    """The installations of one app."""

    def __init__(self, client_id: str, engine: Engine, keys: Sequence[str]) -> None:
        """keys: see `Seal`. Raises ValueError."""
        # Late: it brings SQLAlchemy's asynchronous half with it, which nothing else of ours needs.
        from slack_sdk.oauth.installation_store.sqlalchemy import SQLAlchemyInstallationStore

        self._client_id, self._engine, self._seal = client_id, engine, Seal(keys)
        self._store = SQLAlchemyInstallationStore(client_id, engine)

    async def find(self, workspace: str) -> Installed | None:
        """By the id of a workspace, or of an organisation that has the app for all of it."""
        c = self._store.bots.c
        return await asyncio.to_thread(
            self._find, or_(c.team_id == workspace, and_(c.team_id.is_(None), c.enterprise_id == workspace))
        )

    async def find_heard(self, enterprise: str | None, team: str | None) -> Installed | None:
        """The installation that something from this workspace was sent to: the workspace's own, else that of its
        organisation. What is sent from a shared channel may name the workspace alone."""
        c = self._store.bots.c
        own, of_all = c.team_id == team, and_(c.team_id.is_(None), c.enterprise_id == enterprise)
        tried = [own] if team else []
        for where in [*tried, of_all] if enterprise else tried:
            if found := await asyncio.to_thread(self._find, where):
                return found
        return None

    async def find_exactly(self, enterprise: str | None, team: str | None) -> Installed | None:
        """The workspace's own installation, or, without a workspace, the organisation's; never one for the other."""
        c = self._store.bots.c
        of_all = and_(c.team_id.is_(None), c.enterprise_id == enterprise)
        return await asyncio.to_thread(self._find, c.team_id == team if team else of_all)

    async def list(self) -> tuple[Installed, ...]:
        """All of them."""
        return await asyncio.to_thread(self._list)

    async def save(self, installation: Installation) -> None:
        """Keep it; what an earlier installation of the same workspace has left goes."""
        await asyncio.to_thread(self._save, installation)

    async def renew(self, old: Installed, bot: Bot) -> bool:
        """Put the renewed tokens in the old one's place, in one transaction. False when the old one is not there any
        more: the app has been removed or installed anew meanwhile, and that counts."""
        return await asyncio.to_thread(self._renew, old, bot)

    async def remove(self, old: Installed) -> None:
        """Forget an installation with all its tokens; one that has come after it stays."""
        await asyncio.to_thread(self._remove, old)

    async def reseal(self) -> int:
        """Seal with the newest key what an earlier one has sealed. How many rows."""
        return await asyncio.to_thread(self._reseal)

    def _find(self, where: ColumnElement[bool]) -> Installed | None:
        found = self._rows(where)
        return self._opened(found[0]) if found else None

    def _list(self) -> tuple[Installed, ...]:
        return tuple(self._opened(row) for row in self._rows())

    def _rows(self, *where: ColumnElement[bool]) -> Sequence[RowMapping]:
        """The newest first."""
        bots = self._store.bots
        asked = select(bots).where(bots.c.client_id == self._client_id, bots.c.bot_token.is_not(None), *where)
        with self._engine.connect() as connection:
            return connection.execute(asked.order_by(bots.c.installed_at.desc(), bots.c.id.desc())).mappings().all()

    def _opened(self, row: RowMapping) -> Installed:
        bot = self._store.build_bot_entity(row)
        bot.bot_token = self._seal.open(row["bot_token"]) or ""
        bot.bot_refresh_token = self._seal.open(row["bot_refresh_token"])
        workspace = bot.team_id or bot.enterprise_id or ""
        name = (bot.team_name if bot.team_id else bot.enterprise_name) or workspace
        return Installed(workspace, name, bot, row["bot_token"], bot.installed_at)

    def _save(self, installation: Installation) -> None:
        sealed = Installation(**installation.to_dict_for_copying())
        for name in SECRETS:
            setattr(sealed, name, self._seal.shut(getattr(installation, name)))
        for name in _NAMES:
            named = getattr(installation, name)
            setattr(sealed, name, named and named.replace("\x00", "")[:_LONGEST_NAME])
        self._store.save(sealed)
        with self._engine.begin() as connection:
            for table in (self._store.bots, self._store.installations):
                mine = self._of(table, sealed.enterprise_id, sealed.team_id)
                newest = select(table.c.installed_at).where(mine).order_by(table.c.installed_at.desc()).limit(1)
                connection.execute(table.delete().where(mine, table.c.installed_at < newest.scalar_subquery()))

    def _renew(self, old: Installed, bot: Bot) -> bool:
        bots, installations = self._store.bots, self._store.installations
        new = {
            "bot_token": self._seal.shut(bot.bot_token),
            "bot_refresh_token": self._seal.shut(bot.bot_refresh_token),
            "bot_token_expires_at": bot.to_dict()["bot_token_expires_at"].replace(tzinfo=None),
        }
        with self._engine.begin() as connection:
            held = update(bots).where(self._of(bots, bot.enterprise_id, bot.team_id), bots.c.bot_token == old.sealed)
            if connection.execute(held.values(**new)).rowcount != 1:
                return False
            mine = self._of(installations, bot.enterprise_id, bot.team_id)
            connection.execute(update(installations).where(mine).values(**new))
        return True

    def _remove(self, old: Installed) -> None:
        upto = old.bot.to_dict()["installed_at"].replace(tzinfo=None)
        with self._engine.begin() as connection:
            for table in (self._store.bots, self._store.installations):
                mine = self._of(table, old.bot.enterprise_id, old.bot.team_id)
                connection.execute(table.delete().where(mine, table.c.installed_at <= upto))

    def _reseal(self) -> int:
        with self._engine.begin() as connection:
            return sum(self._resealed(connection, table) for table in (self._store.bots, self._store.installations))

    def _resealed(self, connection: Connection, table: Table) -> int:
        changed = 0
        for row in connection.execute(select(table).where(table.c.client_id == self._client_id)).mappings().all():
            held = {name: row[name] for name in SECRETS if name in row and row[name] is not None}
            old = {name: sealed for name, sealed in held.items() if not self._seal.is_newest(sealed)}
            new = {name: self._seal.shut(self._seal.open(sealed)) for name, sealed in old.items()}
            if new:
                unchanged = (table.c[name] == sealed for name, sealed in held.items())  # not what was renewed meanwhile
                changing = update(table).where(table.c.id == row["id"], *unchanged).values(**new)
                changed += connection.execute(changing).rowcount
        return changed

    def _of(self, table: Table, enterprise: str | None, team: str | None) -> ColumnElement[bool]:
        c = table.c
        return and_(c.client_id == self._client_id, c.enterprise_id == enterprise, c.team_id == team)
