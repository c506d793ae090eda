"""A member's portfolio, as a paper and as Markdown: all their words, what was said to them, and nothing else."""

import re
from datetime import UTC, date, datetime, timedelta
from io import BytesIO

import pytest
from drawn_people import ledger, progress
from markdown_it import MarkdownIt
from pypdf import PdfReader

from bot.cohorts.paths import Path, Stage, Step
from bot.cohorts.states import State
from bot.cohorts.writing import Said, Written
from bot.config import HOME
from bot.curriculum.load import load_course
from bot.talk.drawing import portfolio as paper
from bot.talk.drawing.letters import BOX
from bot.talk.drawing.portfolio import portfolio_pdf
from bot.talk.portfolios import Portfolio, portfolio_markdown

NOW = datetime(2026, 9, 20, 12, tzinfo=UTC)
AT = datetime(2026, 9, 8, 22, 30, tzinfo=UTC)  # the 9th in Zurich
COURSE = load_course(HOME / "tests" / "week_7")


def written(lesson: int, *texts: str, revisions: int = 0, said: tuple[Said, ...] = ()) -> Written:
    return Written(
        submission=lesson,
        submissions=tuple(range(len(texts))),
        member=1,
        name="Ada",
        lesson=lesson,
        message=lesson,
        prompt="claim",
        key="k",
        ref=None,
        in_thread=False,
        texts=texts,
        at=AT,
        last_at=AT,
        revisions=revisions,
        revised_at=AT + timedelta(days=2) if revisions else None,
        said=said,
        reactions=0,
        left_on=None,
    )


def stage(lesson: int, *answers: Written | None) -> Stage:
    taught = COURSE.lessons.get(lesson)
    prompts = taught.prompts if taught else ()
    asks = [each.ask for each in prompts] + [""] * len(answers)
    steps = tuple(Step("claim", ask, "k", "r", each) for ask, each in zip(asks, answers, strict=False))
    return Stage(lesson, taught.title if taught else "", date(2026, 9, 7), State.DONE, None, False, steps)


def portfolio(*stages: Stage, name: str = "Ada Okafor") -> Portfolio:
    theirs = progress(ledger((31,)), "d")
    path = Path(1, name, "U1", "learner", date(2026, 9, 1), None, (), theirs, stages)
    return Portfolio(COURSE, "Autumn – Zürich", "Europe/Zurich", path, NOW)


def said(kind: str = "note", text: str = "Say the last sentence first.", shared: bool = True) -> Said:
    return Said(2, "Fay", kind, text, shared, AT, AT)


def read(made: Portfolio) -> PdfReader:
    return PdfReader(BytesIO(portfolio_pdf(made)))


def text_of(pdf: PdfReader) -> str:
    return " ".join("\n".join(page.extract_text() for page in pdf.pages).split())


def markdown(made: Portfolio) -> str:
    return "\n".join(portfolio_markdown(made))


@pytest.fixture(scope="module")
def full() -> Portfolio:
    answer = written(31, "My own words.\n\n- a first point\n- a second", revisions=2, said=(said(), said("praise", "")))
    return portfolio(stage(31, answer, None), stage(32, written(32, "Later words.")), stage(33, None))


@pytest.fixture(scope="module")
def full_pdf(full: Portfolio) -> PdfReader:
    return read(full)


def test_the_paper_holds_the_words_the_prompts_the_dates_and_what_was_said(full_pdf: PdfReader) -> None:
    text = text_of(full_pdf)
    for expected in (
        "Ada Okafor",
        "Autumn – Zürich",
        "2 answers to 2 lessons",
        COURSE.lessons[31].title,
        "My own words.",
        "a first point",
        "Later words.",
        "Written on 9 September 2026, revised twice, last on 11 September 2026",
        "Feedback from Fay, 9 September 2026",
        "Say the last sentence first.",
        "Praised by Fay",
    ):
        assert expected in text
    assert COURSE.lessons[33].title not in text, "nothing was answered there"


def test_the_paper_is_made_for_screen_readers_and_can_be_walked_through(full_pdf: PdfReader) -> None:
    catalog = full_pdf.trailer["/Root"]
    assert str(catalog["/Lang"]).startswith("en")
    assert catalog["/MarkInfo"]["/Marked"]
    assert b"pdfuaid" in catalog["/Metadata"].get_data()
    assert full_pdf.metadata is not None
    assert full_pdf.metadata.title == "Ada Okafor: portfolio"
    week, lessons = full_pdf.outline[0], full_pdf.outline[1]
    assert week["/Title"].startswith("Week 7")
    assert [each["/Title"] for each in lessons] == [f"Day {day}: {COURSE.lessons[day].title}" for day in (31, 32)]


def test_the_markdown_holds_the_same(full: Portfolio) -> None:
    text = markdown(full)
    assert "# Ada Okafor: portfolio" in text
    assert "> My own words.\n>\n> - a first point\n> - a second" in text
    assert "*Written on 9 September 2026, revised twice, last on 11 September 2026*" in text
    assert "**Feedback from Fay, 9 September 2026**\n\n> Say the last sentence first." in text
    assert "*Praised by Fay.*" in text
    assert COURSE.lessons[31].prompts[0].ask.splitlines()[0] in text
    assert COURSE.lessons[33].title not in text


@pytest.mark.parametrize(
    "words",
    [
        "# A heading\n\n====\n---\n\n<script>alert(1)</script>\n<!-- \n\n```\n# not closed",
        "</blockquote>\n\n\n1. one\n\n\n> quoted\n\nlazy\r# another\u2028# and another",
        "| a | b |\n|---|---|\n",
    ],
    ids=["headings", "line-ends", "table"],
)
def test_no_words_become_a_part_of_the_markdown_around_them(words: str) -> None:
    def frame(made: Portfolio) -> list[tuple[str, str]]:
        tokens = MarkdownIt("commonmark").parse(markdown(made))
        assert not any(
            token.type in ("html_block", "html_inline") for each in tokens for token in (each, *(each.children or ()))
        )
        return [(token.tag, tokens[at + 1].content) for at, token in enumerate(tokens) if _is_own_heading(token)]

    def _is_own_heading(token) -> bool:
        return token.type == "heading_open" and token.level == 0

    answered = stage(31, written(31, words, said=(said(text=words),))), stage(32, written(32, "x"))
    plain = stage(31, written(31, "x", said=(said(text="x"),))), stage(32, written(32, "x"))
    assert frame(portfolio(*answered, name="*A* <b>")) == frame(portfolio(*plain, name="*A* <b>"))


@pytest.mark.parametrize(
    "words",
    [
        "word " * 200_000,
        "a" * 1_000_000,
        "x\n" * 5_000 + "\n" * 10_000,
        "\x00\ud800\u202e turned \x07",
        "שלום עולם\n\nمرحبا بالعالم",
        "漢字" * 10_000,
        '#panic("x") $ \\ #read("/etc/passwd") [ ] { } " `',
        "👩\u200d💻\u0301" * 1_000,
        "1\ufe0f\u20e3 a\u20e3 \u0628\u20dd",
        "",
        "\n- \n1. \n",
    ],
    ids=[
        "long",
        "unbroken",
        "lines",
        "controls",
        "rtl",
        "cjk",
        "markup",
        "emoji",
        "no-font-together",
        "empty",
        "bare-markers",
    ],
)
def test_any_words_can_be_set(words: str) -> None:
    pdf = read(portfolio(stage(31, written(31, words), written(31, "the end of it"))))
    assert "the end of it" in pdf.pages[-1].extract_text()


def test_words_of_markup_stand_on_the_paper_as_they_were_typed() -> None:
    words = '#panic("x") $y$ *b* _i_ \\ [z]'
    assert words in text_of(read(portfolio(stage(31, written(31, words)))))


def test_what_is_too_long_to_be_printed_says_so_and_stands_in_the_markdown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paper, "MOST", 100)
    made = portfolio(stage(31, written(31, "word " * 50 + "last")))
    text = text_of(read(made))
    assert "The rest is too long to be printed" in text
    assert "last" not in re.sub("last on", "", text)
    assert "last" in markdown(made)


def test_a_text_of_very_many_lines_is_printed_as_far_as_it_is_reasonable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paper, "MOST_BLOCKS", 50)
    made = portfolio(stage(31, written(31, "\n".join(f"line-{number}." for number in range(99)))))
    text = text_of(read(made))
    assert "line-49." in text
    assert "line-50." not in text
    assert "The rest is too long to be printed" in text
    assert "line-98." in markdown(made)


def test_letters_that_no_font_has_are_boxes_and_the_paper_says_why() -> None:
    pdf = read(portfolio(stage(31, written(31, "\u0378 is not there"))))
    text = text_of(pdf)
    assert "no font for them" in text
    assert f"{BOX} is not there" in text
    assert b"pdfuaid" in pdf.trailer["/Root"]["/Metadata"].get_data(), "every letter of it can be read"
    assert "no font for them" not in text_of(read(portfolio(stage(31, written(31, "Zoë, שלום")))))


@pytest.mark.parametrize("name", ["x" * 200, "\x00\n", "שלום", "<b>#eval</b>"], ids=["long", "none", "rtl", "markup"])
def test_anybody_has_a_portfolio_whatever_they_are_called(name: str) -> None:
    made = portfolio(stage(31, written(31, "words")), name=name)
    assert "words" in text_of(read(made))
    assert markdown(made).startswith("# ")


def test_who_has_answered_nothing_has_an_empty_paper() -> None:
    assert "Nothing has been answered yet." in text_of(read(portfolio()))
    assert "0 answers to 0 lessons" in markdown(portfolio())


def test_a_lesson_that_the_course_has_no_more_stays_in_the_portfolio() -> None:
    made = portfolio(stage(99, written(99, "old words")))
    assert "old words" in text_of(read(made))
    assert "### Day 99\n" in markdown(made)
    assert "(no longer asked)" in markdown(made)
