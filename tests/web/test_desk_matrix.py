"""Role × tenant × object × verb, for every door of the table: nobody reads or changes another cohort's or another
workspace's anything. A new door is tried by itself; what it needs is told in `desk_examples`."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import product
from typing import TypeVar

import pytest
from desk_examples import FORMS, QUERIES, examples
from desk_stage import (
    NOW,
    SCRIPT,
    Browser,
    Clock,
    Said,
    Tenant,
    enrolled,
    everything,
    opened_desk,
    tenant,
    to_data,
    visit,
)
from long_runs import LONG

from bot.cohorts.visits import IDLE
from bot.store.database import Database, open_engine
from bot.web.desk.doors import Audience, Door
from bot.web.desk.lending import PATH as READER
from bot.web.desk.lending import READING
from bot.web.desk.table import DOORS

LENT = tuple(replace(READING, path=f"{READER}/{page}") for page in ("", "{page}", "files/{file}"))
"""The reader's pages, which stand in a table of its own."""
EVERY = (*DOORS, *LENT)
COHORT = "/c/{cohort}"

INSIDE = {
    "learner": Audience.MEMBER,
    "observer": Audience.OBSERVER,
    "facilitator": Audience.FACILITATOR,
    "manager": Audience.FACILITATOR,
}
"""Who is somebody in the cohort, and what."""
ELSEWHERE = ("neighbour", "stranger", "double", "manager next door", "left", "demoted")
"""Who is signed in, and nobody in the cohort: facilitators of another cohort of the same workspace, of another
workspace, of the same channel id on another platform; who manages another channel; who left, and whose role was taken
away, after signing in, and who learn next door."""
NOBODY = ("nobody", "forger", "late", "idle", "gone")
"""Who is not signed in (any more): no cookie, an invented one, a visit that is too old or was not used for too long,
one that opens nothing any more."""
COUNTS: Counter[str] = Counter()
T = TypeVar("T")


def every(which: Callable[[Door], bool] = lambda _: True) -> pytest.MarkDecorator:
    """Once for each of these doors, by its name."""
    doors = [door for door in EVERY if which(door)]
    return pytest.mark.parametrize("door", doors, ids=[f"{door.verb} {door.path}" for door in doors])


@dataclass(frozen=True)
class World:
    """own: the cohort that is tried. others: those whose anything nobody of it may see. callers: name → secret."""

    database: Database
    own: Tenant
    others: tuple[Tenant, ...]
    callers: Mapping[str, str]
    before: Mapping[str, list[str]] = field(default_factory=dict)


def built(database: Database) -> World:
    own = tenant(database, "discord", "W1", "C1", "spring")
    next_door = tenant(database, "discord", "W1", "C2", "summer")
    elsewhere = tenant(database, "discord", "W2", "C3", "autumn")
    double = tenant(database, "slack", "W1", "C1", "winter")
    callers = {name: visit(database, own.people[name], own.cohort) for name in ("learner", "observer", "facilitator")}
    callers |= {
        "neighbour": visit(database, next_door.people["facilitator"], next_door.cohort),
        "stranger": visit(database, elsewhere.people["facilitator"], elsewhere.cohort),
        "double": visit(database, double.people["facilitator"], double.cohort),
        "manager": visit(database, next_door.people["pal"], own.cohort, manages=True),
        "manager next door": visit(database, double.people["pal"], double.cohort, manages=True),
        "nobody": "",
        "forger": "x" * 43,
    }
    for name, member in (("left", "pal"), ("demoted", "facilitator")):
        extra = tenant(database, "discord", "W1", f"C-{name}", name)  # somebody who is also at home in a third cohort
        enrolled(database, own.cohort, extra.people[member], "facilitator")
        callers[name] = visit(database, extra.people[member], own.cohort)
        enrolled(database, own.cohort, extra.people[member], "")
    gone = tenant(database, "discord", "W1", "C-gone", "gone")
    callers["gone"] = visit(database, gone.people["facilitator"], gone.cohort)
    enrolled(database, gone.cohort, gone.people["facilitator"], "")
    for name, ago in (("late", timedelta(hours=13)), ("idle", IDLE + timedelta(minutes=1))):
        callers[name] = visit(database, own.people["facilitator"], own.cohort, NOW - ago)
    others = (next_door, elsewhere, double)
    return World(database, own, others, callers, everything(database))


@pytest.fixture(scope="module")
def world(databases, migrated_template: str) -> Iterator[World]:
    """What no refused request changes, so that all of them can share it."""
    url = databases.make(migrated_template)
    database = Database(open_engine(url))
    yield built(database)
    database.close()
    databases.drop(url)


@pytest.fixture(scope="module", autouse=True)
def told() -> Iterator[None]:
    yield
    print(f"\nmatrix: {sum(COUNTS.values())} requests,", ", ".join(f"{n} {what}" for what, n in COUNTS.items()))


def test_every_door_can_be_tried():
    """A door that nobody has given examples for would be left out unseen."""
    known = examples(Tenant("x", 1, dict.fromkeys(("learner", "pal"), 1), dict.fromkeys(("learner", "pal"), 1), 1))
    unknown = {name for door in EVERY for name in re.findall(r"{(\w+)}", door.path)} - known.keys()
    assert not unknown, f"tell `desk_examples.examples` what these are: {unknown}"
    without = {door.path for door in DOORS if door.verb == "POST"} - FORMS.keys()
    assert not without, f"tell `desk_examples.FORMS` what these forms hold: {without}"
    gone = (FORMS.keys() | QUERIES.keys()) - {door.path for door in DOORS}
    assert not gone, f"`desk_examples` names doors that are not there: {gone}"


def test_no_two_doors_are_the_same():
    assert len({(door.verb, re.sub(r"{\w+}", "{}", door.path)) for door in DOORS}) == len(DOORS)


@every()
async def test_nobody_without_a_right_learns_anything(world: World, door: Door):
    """Whoever they are, it is the very page that stands where nothing is; and nothing changes."""
    async with opened_desk(world.database) as desk:
        callers = (*ELSEWHERE, *NOBODY, *_less(door)) if door.path.startswith(COHORT) else NOBODY
        for name in _some(world, door, callers):
            browser = desk.browser(world.callers[name] or None)
            nothing = await _nothing(browser, world)
            for answer in await _tried(browser, door, examples(world.own, name), world.own):
                COUNTS["refused"] += 1
                assert _same(answer, nothing), (name, answer.status)
            assert nothing.status == (403 if name in NOBODY else 404)
    _unchanged(world)


@every(lambda door: door.verb == "GET")
async def test_whoever_has_the_right_comes_in_and_sees_nothing_of_others(world: World, door: Door):
    """Without this one, a door that never opens would pass all the others. Acts are tried on a record of their own."""
    async with opened_desk(world.database) as desk:
        for name in (name for name, audience in INSIDE.items() if audience >= door.audience):
            answers = await _tried(desk.browser(world.callers[name]), door, examples(world.own, name), world.own)
            for answer in answers:
                COUNTS["let in"] += 1
                expected = (200, 303, 404) if "{file}" in door.path or door.path == f"{READER}/" else (200, 303)
                assert answer.status in expected, (name, answer.status, answer.text[:500])
                _shows_only(answer, world, name)
    _unchanged(world)


@every()
async def test_what_belongs_to_others_is_not_found_under_ones_own_cohort(world: World, door: Door):
    """An id of another cohort, in every place where an id may stand: alone, and with all the others."""
    async with opened_desk(world.database) as desk:
        inside = [name for name in ("facilitator", "learner") if INSIDE[name] >= door.audience]
        pairs = [*product(inside, world.others)] if door.path.startswith(COHORT) else []
        for name, other in _some(world, door, pairs):
            browser = desk.browser(world.callers[name])
            own, foreign = examples(world.own, name), examples(other, name)
            nothing = await _nothing(browser, world)
            for mixed in _mixed(door, own, foreign):
                for answer in await _tried(browser, door, mixed, world.own):
                    COUNTS["mixed"] += 1
                    assert _same(answer, nothing), (name, mixed, answer.status)
            form = FORMS.get(door.path, _empty)
            if form(other) != form(world.own):
                answer = await browser.send(_path(door, own), form(other))
                COUNTS["mixed"] += 1
                assert answer.status < 500
                _shows_only(answer, world, name)
    _unchanged(world)


@every(lambda door: door.audience is Audience.MEMBER and door.path.startswith(COHORT))
async def test_what_learners_wrote_is_not_for_other_learners(world: World, door: Door):
    async with opened_desk(world.database) as desk:
        learner = desk.browser(world.callers["learner"])
        for answer in await _tried(learner, door, examples(world.own, "facilitator"), world.own):
            COUNTS["fellow"] += 1
            if re.search(r"{(member|submission)}", door.path):
                assert _same(answer, await _nothing(learner, world))
            assert world.own.private not in answer.text


@every(lambda door: door.verb == "POST")
async def test_an_act_wants_our_own_form(world: World, door: Door):
    """No mark, an invented one, another visit's, one of the same visit but from another site's page."""
    async with opened_desk(world.database) as desk:
        browser, other = (desk.browser(world.callers[name]) for name in ("facilitator", "observer"))
        path, form = _path(door, examples(world.own)), FORMS[door.path](world.own)
        marks = ("", "x", f"{'0' * 16}.{'0' * 64}", other.mark, browser.mark[:-1], browser.mark.replace(".", ""))
        for mark in marks:
            COUNTS["forged"] += 1
            assert (await browser.send(path, {**form, "csrf": mark})).status == 403, mark
        for headers in (
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Sec-Fetch-Site": "none"},
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Origin": "https://study.example.evil.example"},
            {"Origin": "http://study.example"},
        ):
            COUNTS["forged"] += 1
            answer = await browser.ask("POST", path, headers=headers, data=to_data({**form, "csrf": browser.mark}))
            assert answer.status == 403, headers
        texts = {name: value for name, value in form.items() if isinstance(value, str)}
        for query in ({"csrf": browser.mark}, {**texts, "csrf": browser.mark}):
            COUNTS["forged"] += 1
            answer = await browser.ask("POST", path, headers={"Sec-Fetch-Site": "same-origin"}, params=query)
            assert answer.status == 403
    _unchanged(world)


@every()
async def test_no_door_breaks_by_what_stands_in_its_path(world: World, door: Door):
    names = re.findall(r"{(\w+)}", door.path)
    numbers = ("0", "-1", "1.0", "9" * 18, "9" * 19, "9" * 400, "٣")
    strange = (*numbers, "%00", "%ED%A0%80", "%F0%9F", "1%27", "..%2F1", "%20")
    async with opened_desk(world.database) as desk:
        browser = desk.browser(world.callers["facilitator"])
        for name, value in product(names, strange):
            path = _path(door, {**examples(world.own), name: value})
            form = FORMS[door.path](world.own) if door.verb == "POST" else None
            answer = await browser.get(path) if form is None else await browser.send(path, form)
            COUNTS["strange"] += 1
            assert answer.status < 500, (name, value, answer.status)
            _shows_only(answer, world, "facilitator")


@every(lambda door: door.verb == "POST")
async def test_an_act_is_carried_out_for_who_may_and_survives_any_text(database: Database, door: Door):
    own = tenant(database, "discord", "W1", "C1", "spring")
    other = tenant(database, "discord", "W1", "C2", "summer")
    who = {Audience.MEMBER: "learner", Audience.OBSERVER: "observer"}.get(door.audience, "facilitator")
    form, path = FORMS[door.path](own), _path(door, examples(own, who))
    before = everything(database)
    async with opened_desk(database, Clock()) as desk:
        browser = desk.browser(visit(database, own.people[who], own.cohort))
        done = await browser.send(path, form)
        COUNTS["carried out"] += 1
        assert done.status in (200, 303), done.text[:800]
        assert everything(database) != before, "the example changes nothing: it shows nothing, then"
        after = everything(database)
        for name, text in product(form, ("", "\x00", "\ud800", SCRIPT, "9" * 30, "-1", "‮x", "y" * 40_000)):
            if isinstance(form[name], str):
                fresh = desk.browser(visit(database, own.people[who], own.cohort))
                answer = await fresh.send(path, {**form, name: text.encode("utf-8", "surrogatepass").decode("latin-1")})
                COUNTS["hostile"] += 1
                assert answer.status < 500, (name, text[:20])
        assert _of(everything(database), other.marker) == _of(before, other.marker)
        assert after is not before


async def test_an_archived_cohort_is_still_read(database: Database):
    own = tenant(database, "discord", "W1", "C1", "spring", state="finished")
    async with opened_desk(database) as desk:
        browser = desk.browser(visit(database, own.people["facilitator"], own.cohort))
        for door in (door for door in DOORS if door.verb == "GET"):
            path = _path(door, examples(own))
            assert (await browser.get(path, params=QUERIES.get(door.path))).status in (200, 303), path


def _empty(_: Tenant) -> dict[str, str]:
    return {}


def _some(world: World, door: Door, each: Sequence[T]) -> Sequence[T]:
    """All of them on SQLite. On PostgreSQL, which is asked the same in the same words, three for each door, others for
    the next, so that everybody tries many doors; `make faults` tries all."""
    if LONG or world.database.engine.dialect.name == "sqlite" or len(each) <= 3:
        return each
    first = 3 * EVERY.index(door)
    return [each[number % len(each)] for number in range(first, first + 3)]


def _less(door: Door) -> list[str]:
    return [name for name, audience in INSIDE.items() if audience < door.audience]


async def _tried(browser: Browser, door: Door, args: Mapping[str, str], own: Tenant) -> list[Said]:
    """The door in every way in which its verb is asked; a form with its right mark."""
    path = _path(door, args)
    if door.verb == "POST":
        return [await browser.send(path, FORMS[door.path](own))]
    shown = await browser.get(path, params=QUERIES.get(door.path))
    head = await browser.ask("HEAD", path, params=QUERIES.get(door.path))
    COUNTS["heads"] += 1
    assert head.status == shown.status
    assert head.body == b""
    return [shown]


async def _nothing(browser: Browser, world: World) -> Said:
    """What stands where nothing is."""
    return await browser.get(f"/desk/c/{world.own.cohort}0000/nothing")


def _same(one: Said, other: Said) -> bool:
    """To the letter, headers included."""
    return (one.status, one.headers, one.body) == (other.status, other.headers, other.body)


def _path(door: Door, args: Mapping[str, str]) -> str:
    return "/desk" + re.sub(r"{(\w+)}", lambda found: args[found[1]], door.path)


def _mixed(door: Door, own: Mapping[str, str], foreign: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Each of the arguments foreign, alone; then all but the cohort."""
    names = [name for name in re.findall(r"{(\w+)}", door.path) if own[name] != foreign[name]]
    for name in names:
        yield {**own, name: foreign[name]}
    inner = {name: foreign[name] for name in names if name != "cohort"}
    if len(inner) > 1:
        yield {**own, **inner}


def _shows_only(answer: Said, world: World, who: str) -> None:
    """Nothing of another tenant, and nobody's script."""
    # the manager is at home next door, and so may see that
    foreign = [other.marker for other in world.others if not (who == "manager" and other.marker == "summer")]
    found = [marker for marker in foreign if marker in answer.text]
    assert not found, (who, found)
    if "text/html" in answer.headers.get("Content-Type", ""):
        assert SCRIPT not in answer.text


def _unchanged(world: World) -> None:
    after = everything(world.database, ("tallies", "visits"))
    assert after == {name: rows for name, rows in world.before.items() if name != "visits"}


def _of(rows: Mapping[str, list[str]], marker: str) -> list[str]:
    return [row for table in rows.values() for row in table if marker in row]
