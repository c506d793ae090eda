"""The reader's pages: what stands on them, what never does, and that no text of the course becomes markup."""

import re
from dataclasses import replace
from functools import lru_cache
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from whole_course import whole_course

from bot.config import HOME
from bot.curriculum.model import Course, CourseFile
from bot.curriculum.reached import course_up_to
from bot.web.reader.pages import cut, missing_page, page_names, page_of, reader_page

COURSE = whole_course()
LAST = COURSE.about.days
MARKED = re.compile(r"zq(?:day|paper|week|part)\d+zq|zqconcept[a-z0-9-]+zq")
VOID = {"meta", "link", "line", "path", "rect", "circle", "br", "hr"}


class Read(HTMLParser):
    """A page as a strict reader sees it: tags with what is open around them, links, headings, ids. Fails on a tag that
    is closed out of turn."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.headings: list[int] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def values(self, tag: str, name: str) -> list[str]:
        return [attrs[name] or "" for each, attrs in self.tags if each == tag and attrs.get(name) is not None]

    @property
    def links(self) -> list[str]:
        return [*self.values("a", "href"), *self.values("link", "href")]


@lru_cache(None)
def marked() -> Course:
    """The course with a word of its own in place of every title, so that a leak cannot hide in ordinary prose."""
    about = COURSE.about
    parts = tuple(
        replace(
            part,
            title=f"zqpart{number}zq",
            weeks=tuple(replace(week, title=f"zqweek{week.number}zq") for week in part.weeks),
        )
        for number, part in enumerate(about.parts)
    )
    return Course(
        about=replace(about, parts=parts),
        lessons={day: replace(lesson, title=f"zqday{day}zq") for day, lesson in COURSE.lessons.items()},
        papers={number: replace(paper, title=f"zqpaper{number}zq") for number, paper in COURSE.papers.items()},
        concepts={id: replace(concept, name=f"zqconcept{id}zq") for id, concept in COURSE.concepts.items()},
        materials=COURSE.materials,
    )


def open_words(day: int) -> set[str]:
    """The marks of all that a cohort on `day` may see, worked out without `course_up_to`."""
    course, per_week = COURSE, COURSE.about.days_per_week
    week = -(-day // per_week)
    parts = {f"zqpart{n}zq" for n, part in enumerate(course.about.parts) if day and part.weeks[0].number <= week}
    return (
        parts
        | {f"zqweek{n}zq" for n in range(1, week + 1)}
        | {f"zqday{n}zq" for n in range(1, day + 1)}
        | {f"zqpaper{p.number}zq" for p in course.papers.values() if not p.days or min(p.days) <= day}
        | {f"zqconcept{c.id}zq" for c in course.concepts.values() if c.day <= day}
    )


@pytest.mark.parametrize("day", range(LAST + 1))
def test_nothing_ahead_of_the_day_is_named_linked_or_drawn(day: int):
    course = cut(marked(), day)
    names, allowed = set(page_names(course)), open_words(day)
    for name in names:
        page = page_of(course, name)
        assert page is not None
        assert set(MARKED.findall(page.text)) <= allowed, name
        if page.media_type == "text/html":
            inside = {link.partition("#")[0] for link in linked(page.text) if not link.startswith("http")}
            assert inside - {""} <= names, name


def linked(html: str) -> list[str]:
    """Where a page of ours leads to: `Read.links`, in a tenth of its time."""
    return [unescape(link) for link in re.findall(r'<(?:a|link)\b[^>]*?\shref="([^"]*)"', html)]


@pytest.mark.parametrize("name", ["index.html", "influence.html", "day-31.html"])
def test_every_link_of_a_page_is_seen(name: str):
    page = reader_page(COURSE, None, name)
    assert page.text.count("href=") > 5
    assert sorted(linked(page.text)) == sorted(Read(page.text).links)


def test_the_property_above_sees_a_leak():
    assert set(MARKED.findall(reader_page(marked(), None, "index.html").text)) - open_words(31)
    assert "zqday33zq" in reader_page(marked(), 33, "index.html").text


@pytest.mark.parametrize("day", [0, 1, 5, 31, 32, 59])
def test_what_is_ahead_is_as_if_it_were_not_there(day: int):
    reached = set(page_names(cut(COURSE, day)))
    for name in page_names(COURSE):
        assert (reader_page(COURSE, day, name) is not None) == (name in reached), name
    later = [name for name in page_names(COURSE) if name not in reached]
    assert f"day-{day + 1}.html" in later


def test_a_cohort_at_the_end_sees_all_of_it_and_authors_see_what_is_unverified_too():
    assert course_up_to(COURSE, LAST) == COURSE
    unverified = next(lesson for lesson in COURSE.lessons.values() if lesson.verify)
    name = f"day-{unverified.day}.html"
    assert "Still to be verified" in reader_page(COURSE, None, name).text
    assert "Still to be verified" not in reader_page(COURSE, LAST, name).text


def test_before_the_first_lesson_nothing_is_open():
    page = reader_page(marked(), 0, "index.html")
    assert not MARKED.search(page.text)
    assert "Nothing is open yet" in page.text
    assert reader_page(COURSE, 0, "part-A.html") is None
    assert reader_page(COURSE, 0, "week-1.html") is None


@lru_cache(None)
def all_pages() -> dict[str, str]:
    pages = ((name, page_of(COURSE, name, authors=True)) for name in page_names(COURSE))
    return {name: page.text for name, page in pages if page is not None and page.media_type == "text/html"}


def test_every_page_is_sound_html_with_one_title_ordered_headings_and_anchors_that_are_there():
    assert len(all_pages()) == 4 + 4 + 12 + 60 + 60 + 207
    for name, text in all_pages().items():
        page = Read(text)
        assert page.headings.count(1) == 1, name
        assert all(after <= before + 1 for before, after in zip(page.headings, page.headings[1:], strict=False)), name
        ids = [attrs["id"] for _, attrs in page.tags if attrs.get("id")]
        assert len(ids) == len(set(ids)), name
        anchors = {link[1:] for link in page.links if link.startswith("#")}
        labels = {id for _, attrs in page.tags for id in (attrs.get("aria-labelledby") or "").split()}
        assert (anchors | labels) <= set(ids), name
        assert page.values("html", "lang") == ["en"]


def test_no_page_asks_for_a_script_a_style_of_its_own_or_anything_from_elsewhere():
    for name, text in all_pages().items():
        for tag, attrs in Read(text).tags:
            assert tag not in ("script", "style", "img", "iframe", "form", "object"), name
            assert not any(key == "style" or key.startswith("on") for key in attrs), name
            if tag == "link" and attrs["rel"] == "stylesheet":
                assert attrs["href"] in ("reader.css", "parts.css")


def test_every_link_has_a_name_and_every_drawing_a_title():
    for name, text in all_pages().items():
        for body in re.findall(r"<a\b[^>]*>(.*?)</a>", text, re.S):
            assert re.sub(r"<[^>]*>", "", body).strip(), name
        for drawing in re.findall(r"<svg\b.*?</svg>", text, re.S):
            assert re.search(r"<title[^>]*>\S", drawing), name
            assert re.search(r"<desc[^>]*>\S", drawing), name


def test_a_lesson_is_whole_on_its_page():
    lesson, page = COURSE.lessons[4], Read(all_pages()["day-4.html"])
    said = " ".join(page.text.split())
    for text in (lesson.title, lesson.subtitle, lesson.meaning.title, *(point.title for point in lesson.theory)):
        assert text in said
    for prompt in lesson.prompts:
        assert prompt.length.text in said
    assert {f"files/{material.file}" for material in lesson.materials} <= set(page.links)
    assert {"day-2.html", "day-18.html", "paper-48.html", "paper-41.html"} <= set(page.links)
    assert {f"concept-{id}.html" for id in (*lesson.introduces, *lesson.uses)} <= set(page.links)
    assert "day-18.html" not in Read(reader_page(COURSE, 4, "day-4.html").text).links


def test_a_sheet_is_a_table_and_what_holds_answers_is_shut():
    text = all_pages()["day-4.html"]
    assert text.count("<table>") == 3
    shut = re.findall(r"<details>.*?</details>", text, re.S)
    assert len(shut) == 2
    assert all("<table>" in each and "download" in each for each in shut)


def test_a_reviews_answers_are_behind_their_questions():
    review = COURSE.lessons[10]
    text = all_pages()["day-10.html"]
    assert text.count("<details>") == len(review.questions) > 5
    open_part = " ".join(Read(re.sub(r"<details>.*?</details>", "", text, flags=re.S)).text.split())
    for question in review.questions:
        assert " ".join(question.ask.split()) in open_part
        assert " ".join(question.answer.split())[:40] not in open_part


def test_a_capstone_shows_how_it_is_judged():
    capstone, said = COURSE.lessons[60], " ".join(Read(all_pages()["day-60.html"]).text.split())
    assert all(each.name in said for each in capstone.rubric)
    assert "With a partner" in said


def test_a_briefings_drawing_holds_its_neighbours_in_the_order_of_years_as_links():
    paper, text = COURSE.papers[11], all_pages()["paper-11.html"]
    drawing = re.search(r"<svg.*?</svg>", text, re.S)[0]
    numbers = [int(each) for each in re.findall(r'href="paper-(\d+)\.html"', drawing)]
    assert set(numbers) == {11, *(e.paper for e in paper.influenced_by), *(e.paper for e in paper.influences)}
    assert [COURSE.papers[n].date for n in numbers] == sorted(COURSE.papers[n].date for n in numbers)
    heights = [int(each) for each in re.findall(r'<circle cx="88" cy="(\d+)"', drawing)]
    assert heights == sorted(set(heights))
    earlier = Read(reader_page(COURSE, 32, "paper-11.html").text)
    assert "paper-22.html" not in earlier.links


HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&<b>"


@pytest.fixture(scope="module")
def hostile() -> Course:
    """A course in which every text is somebody's attempt to be markup; long, and from right to left."""
    line = f"{HOSTILE} מילה {'w' * 150}"
    links = "[x](javascript:alert(3)) ![p](https://evil.example/p.png) [d](day-60.html)"
    block = f"{HOSTILE} \u202eturned round\n\n{links}\n\n{'w' * 5_000}\n\n# t"
    course = COURSE
    lesson = replace(
        course.lessons[4],
        title=line,
        subtitle=line,
        **dict.fromkeys(("question", "thesis", "framing", "study", "interview"), block),
        theory=tuple(replace(point, title=line, text=block) for point in course.lessons[4].theory),
        materials=tuple(replace(each, title=line, note=block) for each in course.lessons[4].materials),
    )
    paper = replace(course.papers[48], title=line, authors=line, headline=block, summary=block, category=line)
    concept = replace(course.concepts["emergent-ability"], name=line, aliases=(line,), definition=block)
    about = replace(
        course.about,
        title=line,
        parts=tuple(
            replace(part, title=line, goal=block, weeks=tuple(replace(week, title=line) for week in part.weeks))
            for part in course.about.parts
        ),
    )
    return Course(
        about=about,
        lessons={**course.lessons, 4: lesson},
        papers={**course.papers, 48: paper},
        concepts={**course.concepts, "emergent-ability": concept},
        materials={
            **course.materials,
            "day-04-sheet.csv": f"{HOSTILE.replace(chr(34), '')},\u202eb\n=1+1,{'w' * 5_000}\n",
            "day-04-definition.md": block,
        },
    )


HOSTILE_PAGES = (
    *("index.html", "papers.html", "concepts.html", "part-A.html", "week-1.html", "day-4.html", "day-3.html"),
    *("paper-48.html", "paper-41.html", "concept-emergent-ability.html"),
)


@pytest.mark.parametrize("name", HOSTILE_PAGES)
def test_no_text_of_the_course_becomes_markup(hostile: Course, name: str):
    text = reader_page(hostile, None, name).text
    page = Read(text)
    assert {tag for tag, _ in page.tags}.isdisjoint({"script", "img", "b"})
    assert not any(key.startswith("on") for _, attrs in page.tags for key in attrs)
    assert not any(link.startswith(("javascript:", "data:")) for link in page.links)
    assert "alert(1)" in page.text
    assert "\u202e" not in re.sub("\u202e[^\n]*\u202c", "", text)


def test_a_text_of_the_course_links_to_no_page_of_ours(hostile: Course):
    page = Read(reader_page(hostile, 4, "day-4.html").text)
    assert "day-60.html" not in page.links
    assert "https://evil.example/p.png" in page.links


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300))
def test_any_text_as_a_concept_makes_a_sound_page(text: str):
    def held(**changes: str) -> Course:
        concept = object.__new__(type(COURSE.concepts["emergent-ability"]))
        vars(concept).update({**vars(COURSE.concepts["emergent-ability"]), **changes})
        return replace_concept(concept)

    page = reader_page(held(name=text, definition=text), None, "concept-emergent-ability.html")
    read = Read(page.text)
    assert {tag for tag, _ in read.tags}.isdisjoint({"script", "iframe", "img", "style"})
    page.text.encode("utf-8", "replace")


def replace_concept(concept: Any) -> Course:
    copy = object.__new__(Course)
    vars(copy).update({**vars(COURSE), "concepts": {**COURSE.concepts, concept.id: concept}})
    return copy


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60), st.integers(0, LAST))
def test_any_name_is_a_page_or_none(name: str, day: int):
    page = reader_page(COURSE, day, name)
    assert page is None or name in set(page_names(cut(COURSE, day)))


@pytest.mark.parametrize(
    "name",
    [
        *(
            "day-04.html",
            "day-0.html",
            "day-61.html",
            "day-４.html",
            "paper-11",
            "part-a.html",
            "concept-.html",
            "files/",
        ),
        *("files/../course.yaml", "files/day-04-sheet.csv\n", "../reader.css", "day-4.html\n", "", "files/nobody.csv"),
    ],
)
def test_what_is_nearly_a_name_is_none(name: str):
    assert reader_page(COURSE, None, name) is None


def test_a_download_is_the_file_as_it_is():
    page = reader_page(COURSE, 4, "files/day-04-sheet.csv")
    assert (page.media_type, page.download) == ("text/csv", "day-04-sheet.csv")
    assert page.text == (HOME / "curriculum/materials/day-04-sheet.csv").read_text(encoding="utf-8-sig")
    assert reader_page(COURSE, 3, "files/day-04-sheet.csv") is None
    unlisted = Course(**{**vars(COURSE), "materials": {**COURSE.materials, "left-over.csv": "a,b\n1,2\n"}})
    assert reader_page(unlisted, None, "files/left-over.csv") is None


def test_the_page_for_what_is_not_there_tells_nothing():
    assert "not come that far" in missing_page(cut(COURSE, 3)).text
    assert not MARKED.search(missing_page(cut(marked(), 3)).text)


def contrast(first: str, second: str) -> float:
    """WCAG 2.2's ratio of two colours like #15171b or #fff."""

    def light(colour: str) -> float:
        digits = colour.lstrip("#")
        digits = digits if len(digits) == 6 else "".join(digit * 2 for digit in digits)
        parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
        red, green, blue = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    brighter, darker = sorted((light(first), light(second)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def schemes() -> dict[str, dict[str, str]]:
    css = (Path(HOME) / "bot/web/reader/reader.css").read_text()
    blocks = re.findall(r":root \{(.*?)\}", css, re.S)
    read = [dict(re.findall(r"--([a-z]+): (#[0-9a-f]{3,6});", block)) for block in blocks]
    light, dark, paper = read
    return {"light": light, "dark": {**light, **dark}, "paper": {**light, **paper}}


@pytest.mark.parametrize("scheme", ["light", "dark", "paper"])
def test_every_text_stands_out_from_what_is_behind_it(scheme: str):
    colours = schemes()[scheme]
    for ground in ("page", "panel"):
        for text in ("text", "soft", "link", "good", "care"):
            assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_parts_colour_can_be_seen_beside_its_word(scheme: str):
    about: CourseFile = COURSE.about
    for part in about.parts:
        assert contrast(part.colour, schemes()[scheme]["page"]) >= 3, part.id
