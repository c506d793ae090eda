"""The author's runs of text as Discord markdown, and their parting within a budget."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from bot.chat.markdown import Run, Runs, part_runs, words
from bot.platforms.discord.inert import GAP, code, escaped
from bot.platforms.discord.limits import PART_LIMIT, size

_LINK_LIMIT = 1_000
_HOSTILE_IN_URL = re.compile(r"[\s<>()\\*\"|`\[\]]|@(?=everyone|here)", re.IGNORECASE)
_PAIRED_BRACKETS = re.compile(r"[^\[\]]*(?:\[[^\[\]]*\][^\[\]]*)*")


def to_markdown(runs: Runs) -> str:
    """Discord markdown with the runs' marks and links. Marks are opened and closed on every line, and neighbours are
    kept apart by a zero-width space, because Discord would read `**a***b*` in its own way."""
    pieces: list[str] = []
    for run in runs:
        if not (run.strong or run.emphasis or run.code or run.link):
            pieces.append(escaped(run.text))
            continue
        for number, line in enumerate(run.text.split("\n")):
            marked = _marked(run, line)
            before = pieces[-1][-1:] if pieces else ""
            apart = before in ("*", "`") and marked[:1] in ("*", "`") and not number
            pieces.append(("\n" if number else GAP if before and apart else "") + marked)
    return "".join(pieces)


def readable(runs: Runs) -> Runs:
    """Links that Discord cannot mask (not http, too long) are written out behind their text."""
    return tuple(part for run in runs for part in _written_out(run))


def parted(runs: Runs, dress: Callable[[str], str]) -> list[str]:
    """Runs as dressed Discord markdown, in parts that each fit beside a heading on one page. Nothing is lost."""

    def length(part: Runs) -> int:
        bare = len(words(part))
        return bare if bare > PART_LIMIT else size(dress(to_markdown(part)))

    runs = readable(runs)
    bare = words(runs)
    if len(bare) <= PART_LIMIT and not bare.endswith("\n") and size(whole := dress(to_markdown(runs))) <= PART_LIMIT:
        return [whole] if bare.strip() else []
    parts = part_runs(runs, PART_LIMIT, length)
    return [dress(to_markdown(_trimmed(part))) for part in parts if words(part).strip()]


def _marked(run: Run, line: str) -> str:
    """One line of a run; blanks stay outside of the marks, where Discord wants them."""
    bare = line.strip()
    if not bare:
        return line
    before, after = line[: line.index(bare[0])], line[len(line.rstrip()) :]
    core = code(bare) if run.code else escaped(bare)
    if run.link:
        core = _linked(bare, core, run.link)
    core = f"*{core}*" if run.emphasis else core
    return before + (f"**{core}**" if run.strong else core) + after


def _linked(bare: str, core: str, link: str) -> str:
    if bare == link:
        return f"<{_url(link)}>"
    if not _PAIRED_BRACKETS.fullmatch(bare):  # Discord does not see that a bracket in a link's text is escaped
        return f"{core} (<{_url(link)}>)"
    return f"[{core}]({_url(link)})"


def _written_out(run: Run) -> Iterator[Run]:
    link = run.link
    if link is None:
        yield run
    elif re.match(r"https?://", link, re.IGNORECASE) and len(link) <= _LINK_LIMIT:
        yield run if run.text.strip() else replace(run, text=link)
    else:
        yield replace(run, link=None)
        if link.removeprefix("mailto:") != run.text:
            yield Run(f" ({link})")


def _url(url: str) -> str:
    return _HOSTILE_IN_URL.sub(lambda match: "".join(f"%{byte:02X}" for byte in match[0].encode()), url)


def _trimmed(part: Runs) -> Runs:
    """A part ends on its last word: the line break behind it is the page's."""
    return (*part[:-1], replace(part[-1], text=part[-1].text.rstrip("\n")))
