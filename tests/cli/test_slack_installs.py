"""The Slack app of several workspaces, as whoever runs it meets it: settings, pages, doctor."""

import asyncio
import re
import signal
import socket
from pathlib import Path

import aiohttp
import pytest
from cryptography.fernet import Fernet
from homeroom_command import Homeroom, run, spawn

from bot.config import Settings, platform_problem
from bot.fakes.slack import FakeSlack
from bot.platforms.slack.installs import Installs
from bot.store import schema
from bot.store.database import open_engine

KEY = Fernet.generate_key().decode()


def settings_of(fake: FakeSlack, port: int) -> dict[str, str]:
    return {
        "SLACK_CLIENT_ID": fake.grants.client_id,
        "SLACK_CLIENT_SECRET": fake.grants.client_secret,
        "SLACK_TOKEN_KEYS": KEY,
        "SLACK_APP_TOKEN": fake.app_token,
        "SLACK_API_URL": fake.api_url,
        "PUBLIC_URL": f"http://127.0.0.1:{port}/",
        "WEB_PORT": str(port),
    }


def test_everything_that_is_missing_is_told_at_once(homeroom: Homeroom):
    homeroom.set(SLACK_CLIENT_ID="111.222", DISCORD_TOKEN="x.y.z")
    for command in ("run", "doctor"):
        ran = homeroom(command)
        said = ran.err + ran.out
        for name in ("SLACK_CLIENT_SECRET", "SLACK_TOKEN_KEYS", "PUBLIC_URL", "SLACK_APP_TOKEN", "Fernet.generate_key"):
            assert name in said, (command, name)
        assert "Traceback" not in said
    assert homeroom("run").code == 2
    assert all(re.match("[A-Z_]+ is missing: ", line) for line in homeroom("run").err.strip().split("\n"))


def test_one_workspace_and_several_are_not_mixed(homeroom: Homeroom):
    homeroom.set(SLACK_BOT_TOKEN="xoxb-1", SLACK_CLIENT_ID="1", SLACK_CLIENT_SECRET="s", SLACK_TOKEN_KEYS=KEY)
    homeroom.set(PUBLIC_URL="https://homeroom.example", SLACK_APP_TOKEN="xapp-1")
    ran = homeroom("run")
    assert ran.code == 2
    assert "leave one of them away" in ran.err
    assert "xoxb-1" not in ran.err


@pytest.mark.parametrize("keys", ["short", f"{KEY},short", "é" * 44, ","], ids=["short", "second", "letters", "none"])
def test_a_key_that_is_none_is_told_and_not_shown(homeroom: Homeroom, keys: str):
    homeroom.set(SLACK_TOKEN_KEYS=keys, SLACK_CLIENT_ID="1", SLACK_CLIENT_SECRET="s", PUBLIC_URL="https://h.example")
    homeroom.set(SLACK_APP_TOKEN="xapp-1")
    ran = homeroom("run")
    assert ran.code == 2
    assert "SLACK_TOKEN_KEYS" in ran.err
    assert KEY not in ran.err
    assert "short" not in ran.err


def test_keys_and_secrets_are_among_what_nobody_may_see():
    older = Fernet.generate_key().decode()
    settings = Settings(_env_file=None, slack_token_keys=f"{KEY}, {older}", slack_client_secret="client-secret")
    assert {KEY, older, "client-secret"} <= settings.secrets


def test_a_bot_token_alone_has_no_problem():
    settings = Settings(_env_file=None, slack_bot_token="xoxb-1", slack_app_token="xapp-1")
    assert platform_problem(settings) is None
    assert not settings.has_installs


async def test_the_app_is_installed_on_the_programs_own_pages_and_doctor_sees_it(tmp_path: Path):
    async with FakeSlack(rate=None) as slack:
        settings = settings_of(slack, free_port())
        process = await spawn(tmp_path, "run", **settings)
        try:
            assert "Homeroom is installed" in await installed(settings["PUBLIC_URL"])
            await slack.connected(seconds=20)
        finally:
            process.send_signal(signal.SIGTERM)
            _, logged = await asyncio.wait_for(process.communicate(), 20)
        for secret in (slack.grants.grants[0].token, KEY, slack.grants.client_secret):
            assert secret not in logged.decode()
        looked = await run(tmp_path, "doctor", **settings)
        assert "installed in 1 workspace." in looked.out, looked
        wrong = await run(tmp_path, "run", **{**settings, "SLACK_TOKEN_KEYS": Fernet.generate_key().decode()})
        assert wrong.code == 2
        assert "SLACK_TOKEN_KEYS does not open" in wrong.err
        assert "Traceback" not in wrong.err


async def test_the_role_web_serves_the_pages_and_others_do_not(tmp_path: Path, postgresql_databases):
    url = postgresql_databases.make(None)
    async with FakeSlack(rate=None) as slack:
        assert (await run(tmp_path, "migrate", DATABASE_URL=url)).code == 0
        for role, status, desk in (("web", 200, 403), ("worker", 404, 404)):
            settings = settings_of(slack, free_port()) | {"DATABASE_URL": url}
            process = await spawn(tmp_path, "run", "--role", role, **settings)
            try:
                assert await first_status(f"{settings['PUBLIC_URL']}slack/install") == status, role
                assert await first_status(f"{settings['PUBLIC_URL']}desk/") == desk, "who is not signed in is told so"
            finally:
                process.send_signal(signal.SIGTERM)
                await asyncio.wait_for(process.communicate(), 20)
    engine = open_engine(url)
    schema.check(engine)
    assert await Installs("111.222", engine, (KEY,)).list() == ()
    engine.dispose()
    postgresql_databases.drop(url)


async def installed(public: str) -> str:
    """Click through; the text of the last page."""
    await first_status(f"{public}slack/install")
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
        async with browser.get(f"{public}slack/install") as page:
            link = re.search(r'href="([^"]*)">Add to Slack', await page.text())
        assert link
        async with browser.get(link[1].replace("&amp;", "&")) as done:
            return await done.text()


async def first_status(url: str) -> int:
    """The status of the first answer, once somebody answers."""
    async with asyncio.timeout(30), aiohttp.ClientSession() as browser:
        while True:
            try:
                async with browser.get(url) as answer:
                    return answer.status
            except aiohttp.ClientConnectorError:
                await asyncio.sleep(0.05)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
