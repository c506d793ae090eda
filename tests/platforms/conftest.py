"""`pytest tests/platforms --discord-url … --discord-gateway … --slack-url …`: the contract, asked of another server.

Tokens come from the environment (DISCORD_TOKEN, SLACK_BOT_TOKEN, SLACK_APP_TOKEN), the channel to post in by option.
Without a URL the contract is asked of our own fakes and of the rehearsal room.
"""

import pytest
from contract_ground import BY_URL, PLATFORMS, Server, server_of

NEEDS_STAGE = "needs_stage"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("homeroom", "the platforms' contract")
    group.addoption("--discord-url", help="the REST API, with its version: http://127.0.0.1:8080/api/v10")
    group.addoption("--discord-gateway", help="the gateway: ws://127.0.0.1:8080/gateway")
    group.addoption("--discord-channel", help="the id of a text channel that the bot may post in")
    group.addoption("--slack-url", help="the Web API, with a slash at its end: http://127.0.0.1:8081/api/")
    group.addoption("--slack-channel", help="the id of a channel that the app is in")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", f"{NEEDS_STAGE}: somebody must act as a member, or look at what members see")
    config.stash[_not_asked] = []


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "server" in metafunc.fixturenames:
        given = [server_of(name, metafunc.config) for name in BY_URL]
        servers = [each for each in given if each] or [Server(name) for name in PLATFORMS]
        metafunc.parametrize("server", servers, ids=lambda server: server.title)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where nobody can act as a member, what needs one is not asked, and that is said."""
    unasked = [each for each in items if each.get_closest_marker(NEEDS_STAGE) and _is_foreign(each)]
    if unasked:
        config.hook.pytest_deselected(items=unasked)
        items[:] = [each for each in items if each not in unasked]
        config.stash[_not_asked] += [each.name for each in unasked]


def pytest_report_collectionfinish(config: pytest.Config) -> list[str]:
    unasked = config.stash[_not_asked]
    why = "not asked, because nobody can act as a member of that server:"
    return [why, *(f"  {each}" for each in unasked)] if unasked else []


def _is_foreign(item: pytest.Item) -> bool:
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    return any(isinstance(each, Server) and each.url for each in parameters.values())


_not_asked = pytest.StashKey[list[str]]()
