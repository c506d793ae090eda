"""Looking for words in the answers of a cohort."""

from bot.web.desk.doors import Answer, Audience, Call, Door, Shown
from bot.web.desk.moments import Moments
from bot.web.desk.numbers import to_number
from bot.web.desk.searching import MOST_LETTERS, PAGE, find_answers, to_words


def search(call: Call) -> Answer:
    asked = call.query.get("q", "").strip()[:MOST_LETTERS]
    words, before = to_words(asked), to_number(call.query.get("before")) or None
    found = find_answers(call.session, call.at, words, before) if words else ()
    return Shown(
        "search.html",
        {
            "asked": asked,
            "words": words,
            "found": found[:PAGE],
            "first": before is None,
            "older": found[PAGE - 1].submission if len(found) > PAGE else None,
            "titles": {day: each.title for day, each in call.course.lessons.items()},
            "when": Moments(call.at.zone, call.now),
        },
    )


DOORS = (Door("GET", "/c/{cohort}/search", Audience.OBSERVER, search, heavy=True),)
