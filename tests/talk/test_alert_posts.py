"""What facilitators are told of trouble: what, since when, why, what cures it and what happens next; nothing of it is
markup that somebody else wrote."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import update
from talk_room import FAY, HOSTILE, TalkRoom

from bot.chat.markdown import plain, to_pieces
from bot.chat.port import Reason
from bot.chat.post import Heading, Moment, Post, Small, Text
from bot.cohorts.alerts import UNPLANNED, Late, Relieved
from bot.store.tables import Delivery
from bot.talk.alerts import CURES, MOST_LISTED, alert_post, cure_of, deleted_post, torn_post

NINE = datetime(2026, 9, 7, 7, tzinfo=UTC)


def late(lesson: int = 31, reason: str = "missing_permission: Send Messages", **changes: object) -> Late:
    plain_one = {"cohort": 1, "name": "Spring", "zone": "Europe/Zurich", "delivery": lesson, "due_at": NINE}
    return Late(**{**plain_one, "lesson": lesson, "state": "blocked", "reason": reason, **changes})


def said(post: Post) -> str:
    """Every word that a reader sees."""
    texts = []
    for block in post.blocks:
        if isinstance(block, Text):
            texts.append(plain(to_pieces(block.markdown)))
        elif isinstance(block, Heading | Small):
            texts.append(block.text)
        elif isinstance(block, Moment):
            texts.append(f"{block.label} {block.at:%H:%M} {block.zone}")
    return "\n".join(texts)


def test_it_says_which_lesson_since_when_why_what_helps_and_what_comes_next() -> None:
    words = said(alert_post([late()], []))
    for part in ("Day 31", "Spring", "Due since 07:00 Europe/Zurich", "Send Messages", "history", "I look again"):
        assert part in words, part
    assert "Nothing is lost" in words


@pytest.mark.parametrize("reason", [*Reason, "no_such_lesson", UNPLANNED, ""])
def test_every_reason_has_its_own_cure(reason: str) -> None:
    cure = cure_of(f"{reason}: whatever")
    assert cure is CURES[reason]
    assert cure.why.endswith(".")
    assert cure.cure.endswith(".")
    assert cure.cure in alert_post([late(reason=reason)], []).blocks[3].markdown


def test_an_unknown_reason_has_a_cure_all_the_same() -> None:
    assert "homeroom doctor" in cure_of("nonsense: x").cure


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("blocked", "post it as soon as I can"),
        ("dead", "later lessons go out"),
        ("planned", "go on trying"),
        ("", "every few seconds"),
    ],
)
def test_what_happens_next_depends_on_what_became_of_it(state: str, words: str) -> None:
    assert words in said(alert_post([late(state=state)], []))


def test_many_lessons_are_one_message_of_a_bounded_length() -> None:
    many = [late(31, cohort=number, name=f"Cohort {number}") for number in range(1_000)]
    words = said(alert_post(many, []))
    assert words.count("Day 31") == MOST_LISTED
    assert f"and {1_000 - MOST_LISTED} more" in words
    assert words.count("What helps") == 1
    assert alert_post(many, []).title == "1000 lessons are late"


def test_different_reasons_are_told_apart() -> None:
    words = said(alert_post([late(31), late(32, "channel_gone: 10003")], []))
    assert words.count("What helps") == 2


def test_what_is_out_after_all_is_short() -> None:
    post = alert_post([], [Relieved(1, 1, "Spring", 31)])
    assert (post.title, said(post)) == ("Out now", "Out now\n• Day 31 of Spring")


def test_both_are_told_together() -> None:
    words = said(alert_post([late(32)], [Relieved(1, 1, "Spring", 31)]))
    assert words.index("Day 32") < words.index("Out now") < words.index("Day 31")


@pytest.mark.parametrize("name", HOSTILE)
def test_what_people_called_a_cohort_is_no_markup(name: str) -> None:
    posts = [alert_post([late(name=name)], []), deleted_post(name, 31, 2), torn_post(name, 31)]
    for post in posts:
        markdown = "".join(block.markdown for block in post.blocks if isinstance(block, Text))
        assert " ".join(name.split()) in plain(to_pieces(markdown)) or len(name) > 80


def test_what_a_platform_says_is_no_markup_and_no_flood() -> None:
    words = said(alert_post([late(reason="refused: " + "<@everyone> " * 500)], []))
    assert len(words) < 1_000
    assert "<@everyone>" in words


def test_a_deleted_post_is_not_promised_again() -> None:
    words = said(deleted_post("Spring", 31, 1))
    assert "do not post it again" in words
    assert "/lesson 31" in words


def test_a_report_says_the_cure_of_what_is_blocked(cohort: TalkRoom) -> None:
    blocked = update(Delivery).where(Delivery.lesson == 32).values(state="blocked", reason="channel_gone: is_archived")
    cohort.database.run_now(lambda session: session.execute(blocked))
    assert CURES["channel_gone"].cure.split(".")[0] in cohort.read(FAY, "report")
