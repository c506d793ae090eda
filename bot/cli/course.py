"""What authors use: check the course, see what would be sent, look something up."""

import json
from collections.abc import Iterator
from pathlib import Path
from time import sleep
from typing import Annotated, Any

import typer

from bot.chat.port import Body
from bot.cli.prose import prose_line, prose_rows, prose_table
from bot.cli.saying import out, problem, say_json
from bot.cli.showing import rendering, to_dress
from bot.config import HOME, load_settings
from bot.curriculum.lint import checked, lint_course, unverified, warn_course
from bot.curriculum.load import load_course, load_with_places
from bot.curriculum.lookup import Hit, Lookup
from bot.curriculum.model import Course
from bot.curriculum.problems import CourseErrors, Problem
from bot.curriculum.schema import schemas
from bot.curriculum.whole import whole_problems
from bot.engine.shelf import fingerprint
from bot.talk.drafts import lesson_drafts

AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable output on stdout.")]
PREVIEW_CHANNEL = "1"


def check(
    folder: Annotated[Path | None, typer.Argument(help="The course's folder; CURRICULUM_DIR when left out.")] = None,
    as_json: AsJson = False,
    verify: Annotated[bool, typer.Option("--verify", help="List what still has to be checked by a person.")] = False,
    prose: Annotated[bool, typer.Option("--prose", help="How every lesson and paper reads, in numbers.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Check again at every change, until Ctrl-C.")] = False,
) -> None:
    """Check the course: every error with its place, all at once. Exit code 1 when there is any."""
    where = folder or load_settings().curriculum_dir
    if watch:
        _watch(where, verify, prose)
    raise typer.Exit(_check(where, as_json, verify, prose))


def _watch(where: Path, verify: bool, prose: bool) -> None:
    """Look every second; a check takes a fraction of one."""
    seen = None
    while True:
        now = fingerprint(where)
        if now != seen:
            seen = now
            out.clear()
            _check(where, as_json=False, verify=verify, prose=prose)
            out.print("watching: Ctrl-C ends it")
        sleep(1)


def _check(where: Path, as_json: bool, verify: bool, prose: bool) -> int:
    try:
        loaded = load_with_places(where)
        with rendering(loaded.course) as rendered:
            amiss, doubtful = {*lint_course(loaded), *whole_problems(loaded)}, warn_course(loaded)
            reads = prose_line(loaded.course)
            refused, many = rendered()
        errors = tuple(sorted({*amiss, *checked(loaded, [refused])}))
        warnings = tuple(sorted({*doubtful, *checked(loaded, [many])}))
        open_points = unverified(loaded)
    except CourseErrors as broken:
        loaded, errors, warnings, open_points, reads = None, broken.problems, (), (), ""
    if as_json:
        told: dict[str, Any] = {
            "errors": [_json(each) for each in errors],
            "warnings": [_json(each) for each in warnings],
            "verify": [_json(each) for each in open_points],
        }
        say_json(told | ({"prose": prose_rows(loaded.course)} if prose and loaded else {}))
    else:
        for each in errors:
            problem(str(each))
        for each in warnings:
            out.print(f"{each} (warning)", soft_wrap=True)
        for each in open_points if verify else ():
            out.print(f"{each} (verify)", soft_wrap=True)
        if loaded is not None:
            if prose:
                out.print(prose_table(loaded.course), width=min(out.width, 110))
            out.print(reads, soft_wrap=True)
            out.print(_tally(loaded.course, len(errors), len(warnings), len(open_points)))
    return 1 if errors else 0


def preview(
    day: Annotated[int, typer.Argument(help="The lesson's day.")],
    platform: Annotated[str, typer.Option(help="discord, slack or simulator.")] = "simulator",
    as_json: AsJson = False,
) -> None:
    """Show the messages that a lesson becomes, exactly as they would be sent, in order.

    With --json: a list of {"method", "path", "body"}. The marker in them is a preview's own.
    """
    course = load_course(load_settings().curriculum_dir)
    if day not in course.lessons:
        problem(f"the course has no lesson for day {day}: it has {_days(course)}")
        raise typer.Exit(2)
    bot = to_dress(platform)
    bodies = [json.loads(draft.body) for draft in lesson_drafts(course, bot, day, f"preview|lesson|{day}")]
    requests = [_request(bot.name, body) for body in bodies]
    if as_json:
        say_json(requests)
        return
    for number, request in enumerate(requests, 1):
        out.rule(f"message {number} of {len(requests)} · {request['method']} {request['path']}")
        for text in _texts(request["body"]):
            out.print(text, soft_wrap=False)


def lookup(
    query: Annotated[str | None, typer.Argument(help="What to look for.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=50, help="How many results at most.")] = 5,
    as_json: AsJson = False,
    batch: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="A file, one query a line; a JSON list a line comes out."),
    ] = None,
) -> None:
    """Look up a concept, a paper or a lesson, the way members do."""
    index = Lookup(load_course(load_settings().curriculum_dir))
    if batch is not None:
        with batch.open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                say_json([_hit(hit) for hit in index.find(line, limit=limit)])
        return
    if query is None:
        problem("what shall be looked up? Write it behind the command, or name a file with --batch")
        raise typer.Exit(2)
    hits = index.find(query, limit=limit)
    if as_json:
        say_json([_hit(hit) for hit in hits])
        return
    for hit in hits:
        out.print(f"{hit.score:4.2f}  {hit.kind:<8} {hit.name}  (day {hit.day})")
    if not hits:
        out.print("nothing found")


def schema(
    folder: Annotated[Path, typer.Argument(help="Where to write the schemas.")] = HOME / "curriculum" / "schemas",
) -> None:
    """Write the JSON Schemas of the course's files, for editors."""
    folder.mkdir(parents=True, exist_ok=True)
    for kind, content in schemas().items():
        (folder / f"{kind}.schema.json").write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")
        out.print(f"wrote {folder / f'{kind}.schema.json'}")


def _request(platform: str, body: Body) -> dict[str, Any]:
    if platform == "slack":
        return {"method": "POST", "path": "chat.postMessage", "body": {"channel": PREVIEW_CHANNEL, **body}}
    return {"method": "POST", "path": f"/channels/{PREVIEW_CHANNEL}/messages", "body": dict(body)}


def _texts(value: Any) -> Iterator[str]:
    """Every passage that a reader of the message would see, in order; runs with their own marks are one passage."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in ("content", "text", "label") and isinstance(inner, str):
                yield inner
            elif key != "metadata":
                yield from _texts(inner)
    elif isinstance(value, list) and value and all(_is_run(inner) for inner in value):
        yield "".join(inner["text"] for inner in value)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _is_run(value: Any) -> bool:
    """A stretch of text inside a passage, on Slack or in the rehearsal room."""
    inside = isinstance(value, dict) and isinstance(value.get("text"), str)
    return inside and ("type" not in value or value["type"] in ("text", "link"))


def _hit(hit: Hit) -> dict[str, Any]:
    return {"kind": hit.kind, "id": hit.id, "name": hit.name, "day": hit.day, "score": round(hit.score, 4)}


def _json(each: Problem) -> dict[str, Any]:
    return {"file": each.file, "line": each.line, "column": each.column, "field": each.field, "says": each.says}


def _tally(course: Course, errors: int, warnings: int, verify: int) -> str:
    holds = f"{len(course.lessons)} lessons, {len(course.papers)} papers, {len(course.concepts)} concepts"
    return f"{holds}: {errors} errors, {warnings} warnings, {verify} marked verify"


def _days(course: Course) -> str:
    return f"days {min(course.lessons)} to {max(course.lessons)}"
