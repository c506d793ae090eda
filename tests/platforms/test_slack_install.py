"""Installing the app by OAuth: the way out and back, what the record holds of it, and tokens that end."""

import asyncio
import logging
from datetime import timedelta

import pytest
from slack_room import LESSON, KeepingEars, running
from slack_sdk.oauth.installation_store import Installation
from slack_sdk.oauth.installation_store.sqlalchemy import SQLAlchemyInstallationStore
from slack_sdk.oauth.state_store.sqlalchemy import SQLAlchemyOAuthStateStore
from slack_sdk.oauth.token_rotation.async_rotator import AsyncTokenRotator
from slack_tenants import KEY, OLDER_KEY, a_class, lesson, open_tenants
from sqlalchemy import MetaData, Text, inspect, select, text
from sqlalchemy.exc import OperationalError

from bot.chat.port import BadToken, PlatformError, Reason, Seat
from bot.clock import ShiftedClock
from bot.engine.sharing import DatabaseSharing
from bot.fakes.faults import Fault, FaultPlan, Kind
from bot.logs import Lines
from bot.platforms.slack.connection import Connection
from bot.platforms.slack.gate import Gate
from bot.platforms.slack.installs import SECRETS, Installs
from bot.platforms.slack.oauth import to_installation
from bot.platforms.slack.renewing import Renewal, Token
from bot.platforms.slack.scopes import SCOPES
from bot.store.backup import back_up
from bot.store.tables import SLACK_BOTS, SLACK_INSTALLATIONS, SLACK_OAUTH_STATES


@pytest.fixture
async def tenants(database):
    async with open_tenants(database.engine) as opened:
        yield opened


def raw(database):
    """Everything that the record holds, as text."""
    with database.engine.connect() as connection:
        names = inspect(connection).get_table_names()
        return "\n".join(str(row) for name in names for row in connection.execute(text(f'SELECT * FROM "{name}"')))


async def test_the_page_asks_for_the_manifests_scopes_and_the_way_back_installs(tenants):
    async with tenants.browser() as browser:
        question = await tenants.begin(browser)
        assert question.query["scope"].split(",") == list(SCOPES)
        assert question.query["redirect_uri"] == f"{tenants.app.public_url}/slack/oauth_redirect"
        assert (question.query["client_id"], question.query["user_scope"]) == ("111.222", "")
        async with browser.get(question) as done:
            assert "Team T0HOMEROOM" in await done.text()
    (installed,) = await tenants.installs.list()
    assert (installed.workspace, installed.name) == ("T0HOMEROOM", "Team T0HOMEROOM")
    assert (installed.bot.bot_user_id, installed.bot.bot_id) == ("U0HOMEROOM", "B0HOMEROOM")
    assert len(tenants.returned) == 1


async def test_the_pages_run_no_script_and_take_no_markup_from_a_name(tenants):
    tenants.fake.world.team = "<script>alert(1)</script>"[:30]
    async with tenants.browser() as browser, browser.get(tenants.url("/slack/install")) as page:
        policy = page.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'")
        assert "script-src" not in policy
        cookie = page.headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert "Max-Age=600" in cookie
    done = await tenants.install()
    assert "<script" not in done
    assert "&lt;script&gt;" in done


async def redirected(tenants, browser, **query):
    """Our answer to somebody who comes back with this query."""
    async with browser.get(tenants.url("/slack/oauth_redirect").with_query(query)) as answer:
        return answer.status, await answer.text()


async def state_of(tenants, browser):
    return (await tenants.begin(browser)).query["state"]


async def test_a_state_counts_once(tenants):
    async with tenants.browser() as browser:
        state = await state_of(tenants, browser)
        cookie = {"Cookie": f"homeroom-slack-install={state}"}
        asked = tenants.url("/slack/oauth_redirect").with_query(code=tenants.fake.grants.approve(), state=state)

        async def come_back():
            async with tenants.browser() as one, one.get(asked, headers=cookie) as answer:
                return answer.status

        assert sorted(await asyncio.gather(*(come_back() for _ in range(4)))) == [200, 400, 400, 400]


async def test_a_state_counts_only_in_the_browser_that_began(tenants):
    async with tenants.browser() as begun, tenants.browser() as other:
        state = await state_of(tenants, begun)
        await state_of(tenants, other)
        assert (await redirected(tenants, other, code="code-1", state=state))[0] == 400
        async with tenants.browser() as bare:
            assert (await redirected(tenants, bare, code="code-1", state=state))[0] == 400
        for forged in ("", "x", "x" * 100_000):
            assert (await redirected(tenants, begun, code="code-1", state=forged))[0] in (400, 414)
    assert await tenants.installs.list() == ()


async def test_a_state_ends_after_ten_minutes_and_goes(database):
    clock = ShiftedClock()
    async with open_tenants(database.engine, clock=clock) as tenants, tenants.browser() as browser:
        state = await state_of(tenants, browser)
        clock.advance_to(clock() + timedelta(minutes=10, seconds=1))
        assert (await redirected(tenants, browser, code="code-1", state=state))[0] == 400
        await state_of(tenants, browser)
        with database.engine.connect() as connection:
            assert state not in connection.scalars(select(SLACK_OAUTH_STATES.c.state)).all()


async def test_what_goes_wrong_on_the_way_back_is_said_on_a_plain_page(tenants):
    async with tenants.browser() as browser:
        status, page = await redirected(tenants, browser, error="access_denied", state="x")
        assert (status, "declined" in page, "Begin again" in page) == (200, True, True)
        state = await state_of(tenants, browser)
        status, page = await redirected(tenants, browser, code="<b>wrong</b>", state=state)
        assert (status, "invalid_code" in page, "<b>" in page) == (502, True, False)
    assert await tenants.installs.list() == ()


@pytest.mark.parametrize("kind", [Kind.DROP, Kind.ERROR, Kind.ACCEPT_THEN_DROP])
async def test_when_slack_breaks_on_the_way_back_nothing_is_installed_and_it_may_begin_again(database, kind):
    plan = FaultPlan()
    async with open_tenants(database.engine, plan=plan) as tenants:
        plan.next_calls("oauth.v2.access", Fault(kind))
        assert "Begin again" in await tenants.install()
        assert await tenants.installs.list() == ()
        assert "is installed" in await tenants.install()


async def test_a_client_secret_that_is_wrong_is_said(tenants):
    tenants.fake.grants.client_secret = "changed since"
    assert "bad_client_secret" in await tenants.install()


async def test_no_token_is_in_the_record_or_its_backup_or_the_log(database, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    async with open_tenants(database.engine) as tenants:
        tenants.fake.grants.lasts = 43_200
        await tenants.install()
        await tenants.installs.save(
            Installation(
                app_id="A1",
                team_id="T0SECRET",
                user_id="U1",
                bot_token="xoxb-plain-bot",
                bot_refresh_token="xoxe-1-plain-bot",
                user_token="xoxp-plain-user",
                user_refresh_token="xoxe-1-plain-user",
                incoming_webhook_url="https://hooks.example/plain-hook",
                incoming_webhook_configuration_url="https://hooks.example/plain-configuration",
            )
        )
        async with running(tenants.platform(), KeepingEars()):
            pass
        grant = tenants.fake.grants.grants[-1]
        secret = [grant.token, grant.refresh, "plain-", "xoxb-", "xoxe", "xoxp-", KEY, tenants.app.client_secret]
        held = raw(database)
        assert "gAAAA" in held, "nothing is sealed"
        file = tmp_path / "backup"
        if database.engine.dialect.name == "sqlite":
            back_up(database.engine, file, None, lambda done: None)
            held += file.read_bytes().decode("latin-1")
        logged = "\n".join(Lines().format(record) for record in caplog.records)
        for each in secret:
            assert each not in held
            assert each not in logged
        found = await tenants.installs.find("T0SECRET")
        assert (found.token, found.bot.bot_refresh_token) == ("xoxb-plain-bot", "xoxe-1-plain-bot")


@pytest.mark.parametrize(
    ("ours", "theirs", "build"),
    [
        (SLACK_BOTS, "slack_bots", SQLAlchemyInstallationStore.build_bots_table),
        (SLACK_INSTALLATIONS, "slack_installations", SQLAlchemyInstallationStore.build_installations_table),
        (SLACK_OAUTH_STATES, "slack_oauth_states", SQLAlchemyOAuthStateStore.build_oauth_states_table),
    ],
)
def test_our_tables_are_the_sdks_with_room_for_sealed_tokens(ours, theirs, build):
    expected = build(MetaData(), theirs)
    assert [column.name for column in ours.columns] == [column.name for column in expected.columns]
    for column in expected.columns:
        mine = ours.columns[column.name]
        assert mine.nullable == column.nullable, column.name
        assert isinstance(mine.type, Text if column.name in SECRETS else type(column.type)), column.name
        if column.name not in SECRETS:
            assert getattr(mine.type, "length", None) == getattr(column.type, "length", None), column.name


async def test_a_new_key_seals_anew_and_the_old_one_may_go(database):
    async with open_tenants(database.engine, keys=(OLDER_KEY,)) as tenants:
        await tenants.install()
    new = open_tenants(database.engine, keys=(KEY, OLDER_KEY))
    async with new as tenants, running(tenants.platform(), KeepingEars()):
        assert await tenants.installs.find("T0HOMEROOM")
    only_new = Installs("111.222", database.engine, (KEY,))
    assert (await only_new.find("T0HOMEROOM")).token.startswith("xoxb-")
    assert await only_new.reseal() == 0


async def test_a_wrong_key_is_told_in_one_sentence(database):
    async with open_tenants(database.engine, keys=(OLDER_KEY,)) as tenants:
        await tenants.install()
    async with open_tenants(database.engine, keys=(KEY,)) as tenants:
        platform = tenants.platform()
        for attempt in (platform.run(KeepingEars(), lambda: None), platform.speak(lambda: None)):
            with pytest.raises(BadToken, match="SLACK_TOKEN_KEYS does not open"):
                await attempt
        with pytest.raises(PlatformError, match="SLACK_TOKEN_KEYS"):
            await platform.post("T0HOMEROOM:C1", platform.render(LESSON, None)[0])
        findings = await platform.examine([Seat("T0HOMEROOM:C1")])
        assert any("SLACK_TOKEN_KEYS" in each.cure for each in findings)
        await platform.close()


async def test_who_installs_twice_has_one_installation(tenants):
    await tenants.install()
    await tenants.install()
    (held,) = await tenants.installs.list()
    assert held.token == tenants.fake.grants.grants[-1].token
    with tenants.engine.connect() as connection:
        assert len(connection.execute(select(SLACK_INSTALLATIONS)).all()) == 1


@pytest.mark.parametrize("given", [{}, {"token_type": "user"}, {"token_type": "bot", "access_token": "x"}])
def test_an_answer_without_a_bot_token_or_a_workspace_installs_nothing(given):
    assert to_installation(given, {}) is None


async def test_a_token_is_renewed_before_it_ends(tenants):
    tenants.fake.grants.lasts = 3_600
    await tenants.install()
    first = tenants.fake.grants.grants[-1]
    tenants.fake.grants.lasts = 43_200
    platform, place = tenants.platform(), a_class(tenants.fake)
    async with running(platform, KeepingEars()):
        await asyncio.gather(*(lesson(platform, place) for _ in range(5)))
        assert tenants.fake.grants.spent == [first.refresh]
        first.error = "token_expired"
        await lesson(platform, place)
    (held,) = await tenants.installs.list()
    assert held.token == tenants.fake.grants.grants[-1].token != first.token


async def test_two_processes_never_spend_one_refresh_token(database):
    async with open_tenants(database.engine) as tenants:
        tenants.fake.grants.lasts = 3_600
        await tenants.install()
        tenants.fake.grants.lasts = 43_200
        place = a_class(tenants.fake)
        shared = [DatabaseSharing(database, tenants.clock, alone=False) for _ in range(2)]
        platforms = [tenants.platform(sharing=each) for each in shared]
        async with running(platforms[0], None), running(platforms[1], None):
            await asyncio.gather(*(lesson(each, place) for each in platforms for _ in range(3)))
        assert len(tenants.fake.grants.spent) == 1


async def test_who_comes_second_to_a_renewal_finds_what_the_first_has_written(tenants):
    tenants.fake.grants.lasts = 3_600
    await tenants.install()
    tenants.fake.grants.lasts = 43_200
    (old,) = await tenants.installs.list()
    slack = Connection("", tenants.fake.api_url, Gate(None, 0))

    def rotator():
        return AsyncTokenRotator(client_id="111.222", client_secret=tenants.app.client_secret, client=slack.once)

    renewal = Renewal(tenants.installs, rotator, None, tenants.clock, "")
    first, second = (Token("T0HOMEROOM", renewal, old) for _ in range(2))
    assert await first() == await second() == tenants.fake.grants.grants[-1].token
    assert len(tenants.fake.grants.spent) == 1
    await slack.close()


async def test_when_the_token_has_ended_all_wait_for_one_renewal(database):
    clock = ShiftedClock()
    async with open_tenants(database.engine, clock=clock) as tenants:
        tenants.fake.grants.lasts = 3_600
        await tenants.install()
        tenants.fake.grants.lasts = 43_200
        clock.advance_to(clock() + timedelta(hours=2))
        platform, place = tenants.platform(), a_class(tenants.fake)
        async with running(platform, KeepingEars()):
            assert len(set(await asyncio.gather(*(lesson(platform, place) for _ in range(5))))) == 5
        assert len(tenants.fake.grants.spent) == 1


async def test_a_token_that_slack_says_has_ended_is_renewed_and_the_call_may_be_made_again(tenants):
    tenants.fake.grants.lasts = 43_200
    await tenants.install()
    tenants.fake.grants.grants[-1].error = None
    tenants.fake.grants.grants[-1].ends_at = 0
    platform, place = tenants.platform(), a_class(tenants.fake)
    async with running(platform, KeepingEars()):
        with pytest.raises(PlatformError) as ended:
            await lesson(platform, place)
        assert ended.value.reason is Reason.BUSY
        assert await lesson(platform, place)


class Failing(Installs):
    """The record cannot be reached, as often as `fails` says, when renewed tokens are to be written."""

    fails = 0

    async def renew(self, old, bot):
        if self.fails:
            self.fails -= 1
            raise OperationalError("UPDATE", {}, Exception("gone"))
        return await super().renew(old, bot)


async def test_a_renewed_token_that_could_not_be_written_is_used_and_written_later(database):
    async with open_tenants(database.engine) as tenants:
        tenants.fake.grants.lasts = 3_600
        await tenants.install()
        tenants.fake.grants.lasts = 43_200
        failing = Failing("111.222", database.engine, (KEY,))
        failing.fails = 2
        object.__setattr__(tenants.app, "installs", failing)
        platform, place = tenants.platform(), a_class(tenants.fake)
        async with running(platform, KeepingEars()):
            await lesson(platform, place)
            tenants.fake.grants.grants[0].error = "token_revoked"
            assert await lesson(platform, place), "the new token is known here"
            await lesson(platform, place)
        (held,) = await failing.list()
        assert held.token == tenants.fake.grants.grants[-1].token
        assert len(tenants.fake.grants.spent) == 1


async def test_a_renewal_that_fails_keeps_the_old_token_and_is_tried_again(tenants):
    tenants.fake.grants.lasts = 3_600
    await tenants.install()
    old = tenants.fake.grants.grants[-1]
    tenants.fake.grants.lasts = 43_200
    secret, tenants.fake.grants.client_secret = tenants.fake.grants.client_secret, "another"
    platform, place = tenants.platform(), a_class(tenants.fake)
    async with running(platform, KeepingEars()):
        assert await lesson(platform, place)
        (held,) = await tenants.installs.list()
        assert (held.token, held.bot.bot_refresh_token) == (old.token, old.refresh)
        tenants.fake.grants.client_secret = secret
    again = tenants.platform()
    async with running(again, KeepingEars()):
        assert await lesson(again, place)
    assert (await tenants.installs.list())[0].token != old.token


async def test_a_renewed_token_never_takes_the_place_of_a_newer_installation(tenants):
    tenants.fake.grants.lasts = 3_600
    await tenants.install()
    (old,) = await tenants.installs.list()
    await tenants.install()
    (new,) = await tenants.installs.list()
    assert await tenants.installs.renew(old, old.bot) is False
    await tenants.installs.remove(old)
    assert [each.token for each in await tenants.installs.list()] == [new.token]
