"""Settings: read once from the environment, checked as a whole, frozen."""

from base64 import urlsafe_b64decode
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import unquote, urlsplit

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

HOME = Path(__file__).resolve().parents[1]

MAKE_KEY = "this makes one: python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'"


class Unusable(Exception):
    """The settings cannot be used; str() names every one that is wrong, and what to write."""


class Settings(BaseSettings):
    """Every setting, by its name in the environment (or in a file `.env` beside the program).

    The URL settings point the client libraries elsewhere: a proxy, GovSlack, a local server.
    """

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True, env_ignore_empty=True)

    database_url: str = "sqlite:///homeroom.db"
    discord_token: str | None = None
    discord_api_url: str | None = None
    discord_gateway_url: str | None = None
    slack_bot_token: str | None = None
    slack_app_token: str | None = None
    slack_signing_secret: str | None = None
    slack_api_url: str | None = None
    slack_client_id: str | None = None
    slack_client_secret: str | None = None
    slack_token_keys: str | None = None
    public_url: str | None = None
    reader_url: str | None = None
    curriculum_dir: Path = HOME / "curriculum"
    web_host: str = "127.0.0.1"
    web_port: Annotated[int, Field(ge=0, le=65_535)] = 8080
    worker_concurrency: Annotated[int, Field(ge=1, le=100)] = 8
    discord_shards: Annotated[int, Field(ge=1)] | None = None
    log_format: Literal["text", "json"] = "text"
    pg_bin: Path | None = None

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, url: str) -> str:
        try:
            known = urlsplit(url).scheme in ("sqlite", "postgresql", "postgresql+psycopg")
        except ValueError:
            known = False
        if not known:
            raise ValueError("write sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME")
        return url

    @field_validator("slack_token_keys")
    @classmethod
    def _fernet_keys(cls, keys: str | None) -> str | None:
        if keys is not None and not all(map(_is_key, _listed(keys))):
            raise ValueError(f"write keys, the newest first, with commas between them; {MAKE_KEY}")
        return keys

    @field_validator("discord_api_url", "slack_api_url", "public_url", "reader_url")
    @classmethod
    def _http(cls, url: str | None) -> str | None:
        if url is not None and not url.startswith(("http://", "https://")):
            raise ValueError("write a URL that begins with http:// or https://")
        return url

    @field_validator("discord_gateway_url")
    @classmethod
    def _websocket(cls, url: str | None) -> str | None:
        if url is not None and not url.startswith(("ws://", "wss://")):
            raise ValueError("write a URL that begins with ws:// or wss://")
        return url

    @property
    def secrets(self) -> frozenset[str]:
        """Every value that nobody may see: what a field called token, secret or password holds, and the database's."""
        named = (name for name in type(self).model_fields if name.endswith(("_token", "_secret", "_password", "_key")))
        values = {str(getattr(self, name)) for name in named if getattr(self, name)}
        values |= set(self.token_keys)
        database = urlsplit(self.database_url)
        if database.password and database.password not in (database.username, database.path.strip("/")):
            values |= {database.password, unquote(database.password)}
        return frozenset(values)

    @property
    def has_slack(self) -> bool:
        """A bot token or an app that workspaces install, and one of the two ways to hear: Socket Mode's token or HTTP
        mode's secret."""
        hears = self.slack_app_token or self.slack_signing_secret
        return bool((self.slack_bot_token or self.has_installs) and hears)

    @property
    def has_installs(self) -> bool:
        """All that it takes for several workspaces to install the app."""
        return bool(self.slack_client_id and self.slack_client_secret and self.token_keys and self.public_url)

    @property
    def token_keys(self) -> tuple[str, ...]:
        """The keys that seal the workspaces' tokens, the newest first."""
        return tuple(_listed(self.slack_token_keys or ""))


def load_settings() -> Settings:
    """Read the environment. Raises Unusable with one line for each setting that is wrong, and with no value in it: a
    value may be a secret."""
    try:
        return Settings()
    except ValidationError as error:
        lines = [f"{str(e['loc'][0]).upper()}: {e['msg'].removeprefix('Value error, ')}" for e in error.errors()]
        raise Unusable("\n".join(lines)) from None


def platform_problem(settings: Settings) -> str | None:
    """Why no platform can be run with these settings, one sentence a line; None when one can."""
    if problems := _install_problems(settings):
        return "\n".join(problems)
    if settings.discord_token or settings.has_slack:
        return None
    if settings.slack_bot_token:
        return (
            "SLACK_BOT_TOKEN is set, but Slack cannot reach the bot: set SLACK_APP_TOKEN (Socket Mode) or"
            " SLACK_SIGNING_SECRET (HTTP mode); both are under api.slack.com/apps, your app, Basic Information."
        )
    return (
        "No platform is set: set DISCORD_TOKEN (discord.com/developers/applications, your app, Bot) or SLACK_BOT_TOKEN"
        " with SLACK_APP_TOKEN (api.slack.com/apps, your app); or run `homeroom demo`, which needs neither."
    )


def _install_problems(settings: Settings) -> list[str]:
    """What is missing for several workspaces to install the Slack app, when anything of it is set."""
    if not (settings.slack_client_id or settings.slack_client_secret or settings.slack_token_keys):
        return []
    app = "api.slack.com/apps, your app, Basic Information"
    wanted = {
        "SLACK_CLIENT_ID": (settings.slack_client_id, f"copy it from {app}."),
        "SLACK_CLIENT_SECRET": (settings.slack_client_secret, f"copy it from {app}."),
        "SLACK_TOKEN_KEYS": (settings.token_keys, f"set the key that seals the workspaces' tokens; {MAKE_KEY}."),
        "PUBLIC_URL": (settings.public_url, "set the address at which browsers reach this web server, with https://."),
        "SLACK_APP_TOKEN": (
            settings.slack_app_token or settings.slack_signing_secret,
            f"set it for Socket Mode, or SLACK_SIGNING_SECRET for HTTP mode; both are under {app}.",
        ),
    }
    problems = [f"{name} is missing: {cure}" for name, (value, cure) in wanted.items() if not value]
    if settings.slack_bot_token:
        problems.append(
            "SLACK_BOT_TOKEN is for one workspace and SLACK_CLIENT_ID for several: leave one of them away, and keep to"
            " it, because cohorts are found again by the names that go with it."
        )
    return problems


def _listed(keys: str) -> list[str]:
    return [key.strip() for key in keys.split(",") if key.strip()]


def _is_key(key: str) -> bool:
    """Whether it is 32 bytes in URL-safe base64."""
    try:
        return len(urlsafe_b64decode(key)) == 32
    except ValueError:
        return False
