"""What probers and Prometheus are told, over real sockets."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager

import aiohttp
import pytest
from aiohttp import web

from bot.config import Unusable
from bot.health import Health
from bot.web.server import open_server, serve

WELL = Health()
HOST = "127.0.0.1"


async def _metrics() -> bytes:
    return b"homeroom_record_up 1.0\n"


def serving(
    health: Health | Callable[[], Awaitable[Health]] = WELL, routes: Iterable[web.AbstractRouteDef] = ()
) -> AbstractAsyncContextManager[int]:
    async def still() -> Health:
        assert isinstance(health, Health)
        return health

    return open_server(HOST, 0, still if isinstance(health, Health) else health, _metrics, routes)


async def ask(port: int, path: str, method: str = "GET") -> tuple[int, str, dict[str, str]]:
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, f"http://{HOST}:{port}{path}") as response,
    ):
        return response.status, await response.text(), dict(response.headers)


async def test_a_process_that_is_well_says_so_and_is_scraped():
    async with serving() as port:
        assert await _answer(port, "/healthz") == (200, {"alive": True, "stopped": []})
        assert await _answer(port, "/readyz") == (200, {"ready": True, "lacks": []})
        status, text, headers = await ask(port, "/metrics")
        assert (status, text) == (200, "homeroom_record_up 1.0\n")
        assert headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"


async def test_what_is_lacking_makes_it_unready_and_only_a_stopped_loop_makes_it_dead():
    async with serving(Health(lacks=("the database does not answer", "slack is not connected"))) as port:
        assert (await _answer(port, "/healthz"))[0] == 200
        lacks = ["the database does not answer", "slack is not connected"]
        assert await _answer(port, "/readyz") == (503, {"ready": False, "lacks": lacks})
    async with serving(Health(stopped=("post",))) as port:
        assert await _answer(port, "/healthz") == (503, {"alive": False, "stopped": ["post"]})
        assert await _answer(port, "/readyz") == (503, {"ready": False, "lacks": ["post does not ring"]})


async def test_everything_else_is_not_there_and_nothing_can_be_written():
    async with serving() as port:
        for path in ("/", "/metrics/", "/healthz/x", "/../etc/passwd", "/%2e%2e/x", "/favicon.ico"):
            assert (await ask(port, path))[0] == 404, path
        for method in ("POST", "PUT", "DELETE", "OPTIONS", "TRACE"):
            assert (await ask(port, "/readyz", method))[0] == 405, method
        status, text, _ = await ask(port, "/readyz", "HEAD")
        assert (status, text) == (200, "")


async def test_every_answer_carries_the_strict_headers_and_no_banner():
    async def broken(_: web.Request) -> web.Response:
        raise RuntimeError("my own words")

    async def own(_: web.Request) -> web.Response:
        return web.Response(text="page", headers={"Content-Security-Policy": "default-src 'self'"})

    async with serving(routes=[web.get("/broken", broken), web.get("/own", own)]) as port:
        for path, status in (("/healthz", 200), ("/nowhere", 404), ("/broken", 500)):
            found, text, headers = await ask(port, path)
            assert found == status
            assert "Server" not in headers, path
            assert "my own words" not in text
            assert "default-src 'none'" in headers["Content-Security-Policy"]
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["X-Frame-Options"] == "DENY"
        _, _, headers = await ask(port, "/own")
        assert headers["Content-Security-Policy"] == "default-src 'self'"  # a page may say what it needs
        assert headers["X-Content-Type-Options"] == "nosniff"


async def test_a_port_that_is_taken_is_one_clear_sentence():
    async with serving() as port:
        with pytest.raises(Unusable) as refused:
            await asyncio.wait_for(serve(HOST, port, _well, _metrics), 5)
    said = str(refused.value)
    assert f"cannot listen on {HOST}:{port}" in said
    assert "WEB_PORT" in said
    assert "\n" not in said


async def test_it_runs_until_cancelled_and_then_lets_the_port_go():
    async with serving() as port:
        pass
    task = asyncio.create_task(serve(HOST, port, _well, _metrics))
    async with asyncio.timeout(5):
        while not await _answers(port):  # noqa: ASYNC110 - it has no event to wait for
            await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not await _answers(port)


async def test_a_slow_question_holds_up_no_other_answer():
    waiting = asyncio.Event()

    async def slow() -> Health:
        await waiting.wait()
        return WELL

    async with serving(slow) as port:
        asked = asyncio.create_task(ask(port, "/readyz"))
        assert (await ask(port, "/metrics"))[0] == 200
        waiting.set()
        assert (await asked)[0] == 200


async def _well() -> Health:
    return WELL


async def _answer(port: int, path: str) -> tuple[int, object]:
    status, text, headers = await ask(port, path)
    assert headers["Content-Type"].startswith("application/json")
    return status, json.loads(text)


async def _answers(port: int) -> bool:
    try:
        return (await ask(port, "/healthz"))[0] == 200
    except aiohttp.ClientConnectionError:
        return False
