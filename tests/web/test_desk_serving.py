"""What holds for every page of the desk: shown by doors of the test's own."""

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator
from io import BytesIO

import aiohttp
import pytest
from desk_stage import SCRIPT, Browser, Tenant, everything, opened_desk, tenant, visit
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from bot.store.database import Database
from bot.store.tables import Cohort
from bot.web.desk.doors import Answer, Audience, Call, Door, Missing, Moved, Sent, Shown, Streamed
from bot.web.desk.rendering import Shell
from bot.web.desk.responses import disposition

HOSTILE_NAMES = (
    'a"b.csv',
    "a\r\nSet-Cookie: x=1.csv",
    "../../etc/passwd",
    "C:\\x.csv",
    "ü – ☃ \u202egnp.csv",
    "\ud800.csv",
    "x" * 5_000,
    "",
    "...",
    "a;b=c.csv",
    "%0d%0a.csv",
)


@pytest.fixture
def spring(database: Database) -> Tenant:
    return tenant(database, "discord", "W1", "C1", "spring")


def door(answer: Callable[[Call], Answer], verb="GET", path="/try", audience=Audience.MEMBER, **given) -> Door:
    return Door(verb, path, audience, answer, **given)


def shown(status: int = 200) -> Shown:
    """A page that needs no values."""
    return Shown("refusal.html", {"kind": "missing", "wrote": ()}, status)


class Served:
    """A desk of the test's own doors, with a facilitator in it."""

    def __init__(self, database: Database, spring: Tenant, *doors: Door, **given) -> None:
        self._opening = opened_desk(database, doors=doors, **given)
        self._secret = visit(database, spring.people["facilitator"], spring.cohort)

    async def __aenter__(self) -> Browser:
        return (await self._opening.__aenter__()).browser(self._secret)

    async def __aexit__(self, *error) -> None:
        await self._opening.__aexit__(*error)


async def test_every_answer_carries_the_policy(database: Database, spring: Tenant):
    doors = (
        door(lambda _: shown()),
        door(lambda _: Moved("/try"), path="/moved"),
        door(lambda _: Sent("x.csv", "text/csv", b"x"), path="/sent"),
        door(lambda _: Streamed("x.csv", "text/csv", lambda _: iter([b"x"])), path="/streamed"),
        door(lambda _: 1 / 0, path="/broken"),
    )
    async with Served(database, spring, *doors) as browser:
        paths = [f"/desk{each.path}" for each in doors]
        for path in (*paths, "/desk", "/desk/nothing", "/desk/enter/x", "/desk/static/x.css"):
            for verb in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"):
                headers = (await browser.ask(verb, path)).headers
                policy = headers["Content-Security-Policy"].split("; ")
                assert "default-src 'none'" in policy, path
                assert {"frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"} <= set(policy), path
                assert not [each for each in policy if "unsafe" in each or "*" in each or "http" in each]
                assert headers["X-Content-Type-Options"] == "nosniff"
                assert headers["Referrer-Policy"] == "same-origin"
                assert headers["Cache-Control"] == "no-store", path
                assert headers["Cross-Origin-Resource-Policy"] == headers["Cross-Origin-Opener-Policy"] == "same-origin"
                assert "Permissions-Policy" in headers
                assert "Server" not in headers


async def test_our_own_files_are_kept_for_ever_and_change_their_name(database: Database, spring: Tenant):
    address = Shell("/desk").file("desk.css")
    async with Served(database, spring) as browser:
        file = await browser.ask("GET", address)
        assert (file.status, file.headers["Content-Type"]) == (200, "text/css")
        assert file.headers["Cache-Control"] == "private, max-age=31536000, immutable"
        stale = address.replace(".css", "0.css")
        for path in (stale, "/desk/static/desk.css", "/desk/static/..%2Fserving.py", "/desk/static/%00"):
            assert (await browser.get(path)).status == 404, path


async def test_no_page_of_ours_has_a_script_or_a_style_in_it(database: Database, spring: Tenant):
    async with opened_desk(database) as desk:
        browser = desk.browser(visit(database, spring.people["facilitator"], spring.cohort))
        for path in ("/desk/", f"/desk/c/{spring.cohort}", "/desk/nothing"):
            text = (await browser.get(path)).text
            assert " style=" not in text
            assert "<style" not in text
            assert " on" + "click=" not in text
            assert "<script>" not in text


async def test_an_address_with_a_path_of_its_own_is_kept_to(database: Database, spring: Tenant):
    """A proxy takes it off, and a browser does not know."""
    doors = (door(lambda _: Moved("/there?x=1#y", "Done & dusted."), "POST"), door(lambda _: shown(), path="/there"))
    async with Served(database, spring, *doors, address="https://study.example/bot") as browser:
        moved = await browser.send("/desk/try")
        assert moved.headers["Location"] == "/bot/desk/there?x=1#y"
        assert (await browser.get("/desk")).headers["Location"] == "/bot/desk/"
        page = (await browser.get("/desk/there")).text
        assert "Done &amp; dusted." in page
        assert "/bot/desk/static/" in page


async def test_what_was_done_is_said_once_on_the_page_that_follows(database: Database, spring: Tenant):
    says = f"{SCRIPT} “ü” \ud800 " + "long " * 2_000
    doors = (
        door(lambda _: Moved("/there", says), "POST"),
        door(lambda _: shown(), path="/there"),
        door(lambda _: shown(), path="/elsewhere"),
    )
    async with Served(database, spring, *doors) as browser:
        assert (await browser.send("/desk/try")).status == 303
        assert "“ü”" not in (await browser.get("/desk/elsewhere")).text
        page = (await browser.get("/desk/there")).text
        assert "&lt;script&gt;" in page
        assert SCRIPT not in page
        assert "“ü”" not in (await browser.get("/desk/there")).text


async def test_nobody_else_puts_a_sentence_on_our_page(database: Database, spring: Tenant):
    doors = (door(lambda _: Moved("/there", "Well done."), "POST"), door(lambda _: shown(), path="/there"))
    async with opened_desk(database, doors=doors) as desk:
        one, two = (desk.browser(visit(database, spring.people[who], spring.cohort)) for who in ("learner", "pal"))
        await one.send("/desk/try")
        sealed = one.cookies["__Host-homeroom-said"]
        for planted in (sealed, "x", "x.y", ".", f"{'0' * 64}.V2VsbCBkb25lLg==", "\udc80.é", "a" * 4_000):
            two.cookies["__Host-homeroom-said"] = planted.encode("utf-8", "surrogateescape").decode("latin-1")
            page = await two.get("/desk/there")
            assert page.status == 200
            assert "Well done" not in page.text


async def test_a_page_moves_nobody_to_another_site(database: Database, spring: Tenant):
    to = ["//evil.example", "/\\evil.example", "/x\r\nSet-Cookie: a=b", "/../../evil", "/@evil.example"]
    async with Served(database, spring, door(lambda call: Moved(to[int(call.query["n"])]))) as browser:
        for number in range(len(to)):
            moved = await browser.get(f"/desk/try?n={number}")
            assert moved.status == 303
            assert (
                aiohttp.client.URL("https://study.example").join(aiohttp.client.URL(moved.headers["Location"])).host
                == "study.example"
            )
            assert "Set-Cookie" not in moved.headers


@pytest.mark.parametrize("name", HOSTILE_NAMES, ids=range(len(HOSTILE_NAMES)))
async def test_a_file_has_one_name_whatever_it_is_called(database: Database, spring: Tenant, name: str):
    doors = (
        door(lambda _: Sent(name, "text/csv; charset=utf-8", b"a,b")),
        door(lambda _: Streamed(name, "text/csv", lambda _: iter([b"a", b"b"])), path="/streamed"),
    )
    async with Served(database, spring, *doors) as browser:
        for path in ("/desk/try", "/desk/streamed"):
            sent = await browser.get(path)
            said = sent.headers["Content-Disposition"]
            assert sent.status == 200
            assert "Set-Cookie" not in sent.headers
            assert said.startswith('attachment; filename="')
            assert said.count('"') == 2
            assert said.isascii()
            _, plain, marked = said.split("; ", 2) if said.count("; ") == 2 else said.partition("; ")
            assert "/" not in plain + marked.replace("UTF-8''", "")
            assert "\\" not in said
            assert len(said) < 2_000


def test_a_picture_is_shown_and_not_kept():
    assert disposition("heat.png", attached=False) == "inline; filename=\"heat.png\"; filename*=UTF-8''heat.png"
    assert disposition("a b–ü.csv", attached=True) == (
        "attachment; filename=\"a b__.csv\"; filename*=UTF-8''a%20b%E2%80%93%C3%BC.csv"
    )


async def test_a_stream_is_whole_and_has_its_length(database: Database, spring: Tenant):
    pieces = [bytes([number]) * 70_000 for number in range(30)]
    streamed = Streamed("x.bin", "application/octet-stream", lambda _: iter(pieces))
    async with Served(database, spring, door(lambda _: streamed)) as browser:
        sent = await browser.get("/desk/try")
        assert sent.body == b"".join(pieces)
        assert sent.headers["Content-Length"] == str(len(sent.body))
        head = await browser.ask("HEAD", "/desk/try")
        assert (head.status, head.body) == (200, b"")


async def test_a_stream_reads_the_record_and_fails_as_a_page(database: Database, spring: Tenant):
    def reading(session: Session) -> Iterator[bytes]:
        yield session.get_one(Cohort, spring.cohort).name.encode()

    def failing(session: Session) -> Iterator[bytes]:
        yield b"half of it"
        raise ValueError("secret words")

    doors = (
        door(lambda _: Streamed("x", "text/plain", reading)),
        door(lambda _: Streamed("x", "x/y", failing), path="/f"),
    )
    async with Served(database, spring, *doors) as browser:
        assert b"spring" in (await browser.get("/desk/try")).body
        failed = await browser.get("/desk/f")
        assert failed.status == 500
        assert b"half of it" not in failed.body


async def test_a_slow_browser_keeps_nobody_from_the_record(database: Database, spring: Tenant):
    """On SQLite there is one writer: a transaction that lasts as long as a download would stop everything."""
    big = Streamed("x.bin", "application/octet-stream", lambda _: iter([b"x" * 1_000_000] * 30))
    async with Served(database, spring, door(lambda _: big)) as browser:
        headers = {"Cookie": f"__Host-homeroom-visit={browser.secret}"}
        async with browser.http.get("/desk/try", headers=headers) as slow:
            assert (await slow.content.readexactly(10)) == b"x" * 10  # and takes no more of it
            await asyncio.wait_for(database.run(lambda session: session.get_one(Cohort, spring.cohort)), 10)
            slow.close()


async def test_what_nobody_foresaw_is_a_page_and_one_line_without_words(
    database: Database, spring: Tenant, logged: Callable[[], list[logging.LogRecord]]
):
    def broken(call: Call) -> Answer:
        call.session.get_one(Cohort, spring.cohort).name = "changed"
        call.session.flush()
        raise ValueError(f"the words of {call.member.name}")

    before = everything(database)
    async with Served(database, spring, door(broken, path="/try/{word}")) as browser:
        before = everything(database)
        answer = await browser.get("/desk/try/secret-word")
    assert answer.status == 500
    assert "spring" not in answer.text.replace("Cohort spring", "")
    assert everything(database) == before
    lines = [record.getMessage() for record in logged() if record.levelno >= logging.ERROR]
    assert len(lines) == 1
    assert lines[0].startswith("desk door=/try/{word} outcome=unforeseen error=ValueError at=desk/checking.py:")
    assert "secret-word" not in lines[0]


async def test_a_template_that_fails_is_a_page_too(database: Database, spring: Tenant):
    async with Served(database, spring, door(lambda _: Shown("refusal.html", {}))) as browser:
        assert (await browser.get("/desk/try")).status == 500


async def test_a_record_that_is_away_is_a_page_that_says_when_to_come_back(
    database: Database, spring: Tenant, logged: Callable[[], list[logging.LogRecord]]
):
    def away(_: Call) -> Answer:
        raise OperationalError("SELECT secret", {}, Exception("gone"))

    async with Served(database, spring, door(away)) as browser:
        answer = await browser.get("/desk/try")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "30")
    assert [record.getMessage() for record in logged() if record.levelno >= logging.ERROR] == [
        "desk door=/try outcome=no-database error=OperationalError"
    ]


async def test_a_door_that_finds_nothing_has_done_nothing(database: Database, spring: Tenant):
    def act(call: Call) -> Answer:
        call.session.get_one(Cohort, spring.cohort).name = "changed"
        call.session.flush()
        return Missing()

    async with Served(database, spring, door(act, "POST")) as browser:
        before = everything(database)
        assert (await browser.send("/desk/try")).status == 404
        assert everything(database) == before


async def test_a_door_is_answered_in_a_thread(database: Database, spring: Tenant):
    threads: list[threading.Thread] = []

    def note(_: Call) -> Answer:
        threads.append(threading.current_thread())
        return shown()

    async with Served(database, spring, door(note)) as browser:
        await browser.get("/desk/try")
    assert threads
    assert threading.main_thread() not in threads


class Forms:
    """What came along."""

    def __init__(self) -> None:
        self.calls: list[Call] = []

    def __call__(self, call: Call) -> Answer:
        self.calls.append(call)
        return shown()


async def test_every_text_is_clean(database: Database, spring: Tenant):
    forms = Forms()
    doors = (door(forms, "POST", "/try/{word}"), door(forms, "GET", "/try/{word}"))
    async with Served(database, spring, *doors) as browser:
        dirty = b"a%00b%0D%0Ac%ED%A0%80%85%C2%85%1B%7F"
        ours = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"}
        path = aiohttp.client.URL("/desk/try/%00x%1B?q=%00%ED%A0%80y%0D", encoded=True)
        body = f"csrf={browser.mark}&text=".encode() + dirty
        assert (await browser.ask("POST", path, headers=ours, data=body)).status == 200
        assert (await browser.get(path)).status == 200
    texts = [text for call in forms.calls for each in (call.args, call.query, call.form) for text in each.values()]
    assert texts
    for text in texts:
        assert not [
            letter for letter in text if (ord(letter) < 32 and letter not in "\n\t") or 0x7F <= ord(letter) < 0xA0
        ]
        text.encode()
    assert forms.calls[0].form["text"].startswith("ab\nc")
    assert forms.calls[0].args["word"] == "x"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"csrf={mark}&" + b"&".join(b"f%d=x" % number for number in range(600)), "application/x-www-form-urlencoded"),
        (b"\xff\xfe\x00csrf={mark}", "application/x-www-form-urlencoded"),
        (b"csrf={mark}", "application/x-www-form-urlencoded; charset=klingon"),
        (b'{"csrf": "{mark}"}', "application/json"),
        (b"csrf={mark}", "text/plain"),
        (b"no parts", "multipart/form-data; boundary=x"),
        (b"--x\r\n\r\nhalf", "multipart/form-data; boundary=x"),
        (b"no boundary", "multipart/form-data"),
        (b"", "application/x-www-form-urlencoded"),
    ],
    ids=["many", "no utf-8", "charset", "json", "plain", "no parts", "half", "no boundary", "empty"],
)
async def test_what_is_no_form_changes_nothing(database: Database, spring: Tenant, body: bytes, kind: str):
    forms = Forms()
    doors = (door(forms, "POST"), door(forms, "POST", "/file", files=True))
    async with Served(database, spring, *doors) as browser:
        for path in ("/desk/try", "/desk/file"):
            sent = {"Sec-Fetch-Site": "same-origin", "Content-Type": kind}
            answer = await browser.ask("POST", path, headers=sent, data=body.replace(b"{mark}", browser.mark.encode()))
            assert answer.status in (400, 403, 413), answer.status
    assert not forms.calls


async def test_a_form_is_bounded_and_a_file_is_taken_only_where_one_is_asked_for(database: Database, spring: Tenant):
    forms = Forms()
    doors = (door(forms, "POST"), door(forms, "POST", "/file", files=True))

    def with_file(mark: str, size: int) -> aiohttp.FormData:
        data = aiohttp.FormData({"csrf": mark})
        data.add_field("roster", BytesIO(b"x" * size), filename="roster.csv", content_type="text/csv")
        return data

    ours = {"Sec-Fetch-Site": "same-origin"}
    async with Served(database, spring, *doors) as browser:
        assert (await browser.send("/desk/try", {"text": "x" * 60_000})).status == 200
        assert (await browser.send("/desk/try", {"text": "x" * 70_000})).status == 413
        assert (await browser.send("/desk/file", {"text": "x" * 70_000})).status == 413
        for path, size, status in (
            ("/desk/try", 10, 400),
            ("/desk/file", 10, 200),
            ("/desk/file", 1_000_000, 200),
            ("/desk/file", 1_100_000, 413),
        ):
            answer = await browser.ask("POST", path, headers=ours, data=with_file(browser.mark, size))
            assert answer.status == status, (path, size)
        upload = forms.calls[-1].uploads["roster"]
        assert (upload.name, len(upload.content)) == ("roster.csv", 1_000_000)


async def test_of_what_a_stranger_sends_nothing_is_read(database: Database, spring: Tenant):
    """Who may not come in is told so before the body has come: it never ends here."""
    started = asyncio.Event()

    async def endless():
        yield b"text="
        started.set()
        await asyncio.Event().wait()

    async with opened_desk(database, doors=(door(lambda _: shown(), "POST"),)) as desk:
        browser = desk.browser()
        answer = await asyncio.wait_for(browser.ask("POST", "/desk/try", data=endless()), 10)
        assert answer.status == 403


async def test_a_get_door_takes_no_post_and_the_other_way_round(database: Database, spring: Tenant):
    doors = (door(lambda _: shown()), door(lambda _: shown(), "POST", "/act"))
    async with Served(database, spring, *doors) as browser:
        nothing = await browser.get("/desk/nothing")
        for verb, path in (("POST", "/desk/try"), ("PUT", "/desk/try"), ("GET", "/desk/act"), ("DELETE", "/desk/act")):
            answer = await browser.ask(verb, path, headers={"Sec-Fetch-Site": "same-origin"})
            assert (answer.status, answer.body) == (404, nothing.body), (verb, path)


WORDS = f"{SCRIPT} A long and careful word about an answer, with its reasons."


@pytest.mark.parametrize("why", ["not signed in any more", "signed in anew", "too often", "a fault", "no record"])
async def test_nobodys_words_are_lost_when_a_form_is_refused(database: Database, spring: Tenant, why: str):
    def act(_: Call) -> Answer:
        raise OperationalError("x", {}, Exception("gone")) if why == "no record" else ValueError

    async with Served(
        database, spring, door(act if why in ("a fault", "no record") else lambda _: shown(), "POST")
    ) as one:
        form = {"text": WORDS, "csrf": one.mark, "short": "no"}
        if why == "not signed in any more":
            one.cookies.clear()
        if why == "signed in anew":
            form["csrf"] = "of an earlier visit"
        while (answer := await one.send("/desk/try", form)).status == 200:
            assert why == "too often"
        assert answer.status in (403, 429, 500, 503)
        assert "A long and careful word" in answer.text
        assert SCRIPT not in answer.text
        elsewhere = await one.send("/desk/try", {**form, "csrf": "x"}, site="cross-site")
        assert "A long and careful word" not in elsewhere.text, "another site's page puts no words on ours"
