"""One lesson's answers, all together by prompt; what a facilitator has to say about them; and who likes one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from bot.cohorts.feedback import Judged, Praise, find_judged_by_id, give, praise
from bot.cohorts.progress import Released, released_lessons
from bot.web.desk.answers import ALONE, TOGETHER, Put, prompts_put
from bot.web.desk.doors import Answer, Audience, Call, Door, Missing, Moved, Shown
from bot.web.desk.keys import new_key
from bot.web.desk.moments import Moments
from bot.web.desk.numbers import to_number
from bot.web.desk.people import find_member, person_of

FIRST = 20
"""Answers to each prompt where all of a lesson's prompts stand on one page."""

PAGE = 50
"""Answers on a page of one prompt."""

PRAISED = {
    Praise.GIVEN: "Your praise is kept, and on its way to {}.",
    Praise.TAKEN_BACK: "Your praise is taken back; {} has not seen it.",
    Praise.TOLD: "{} has seen your praise already, so it stays.",
}


@dataclass(frozen=True)
class View:
    """What of a lesson is looked at: all prompts, one prompt and its `page` (from 1), or one member."""

    prompt: str = ""
    page: int = 1
    member: int = 0

    def on(self, page: int) -> "View":
        return replace(self, page=page)

    @property
    def query(self) -> str:
        """As it stands in an address, with its question mark; "" for all prompts."""
        said = {"prompt": self.prompt, "page": self.page if self.page > 1 else 0, "member": self.member}
        words = urlencode({name: value for name, value in said.items() if value})
        return f"?{words}" if words else ""


def lesson(call: Call) -> Answer:
    day, view = to_number(call.args.get("day")), view_of(call.query)
    out = _out(call)
    here = next((each for each in out if each.lesson == day), None)
    if here is None:
        return Missing()
    one = find_member(call, view.member) if view.member else None
    if view.member and one is None:
        return Missing()
    puts = _puts(call, day, view)
    if view.prompt and not puts:
        return Missing()
    place = out.index(here)
    return Shown(
        "lesson.html",
        {
            "lesson": call.course.lessons.get(day),
            "day": day,
            "released": here,
            "view": view,
            "member": one.member if one else None,
            "puts": puts,
            "first": FIRST,
            "pages": -(-max((each.answered for each in puts), default=0) // PAGE) if view.prompt else 1,
            "before": out[place - 1].lesson if place else None,
            "after": out[place + 1].lesson if place + 1 < len(out) else None,
            "titles": {number: each.title for number, each in call.course.lessons.items()},
            "characters": ALONE if one else TOGETHER,
            "private": call.audience >= Audience.FACILITATOR,
            "when": Moments(call.at.zone, call.now),
            "View": View,
        },
    )


def give_feedback(call: Call) -> Answer:
    """A note on an answer, for its writer alone or for all who read the thread."""
    judged = _judged(call)
    if judged is None:
        return Missing()
    back = _back(call, judged)
    text = call.form.get("text", "").strip()
    if not text:
        return Moved(back, "Write something first. Nobody has been told anything.")
    if judged.writer.id == call.member.id:
        return Moved(back, "This answer is your own, so there is nobody to tell.")
    shared = call.form.get("who") == "all"
    give(call.session, judged, person_of(call.member), text, new_key(), call.now, shared=shared)
    name = judged.writer.name
    way = f"{name} reads it in the thread, with everybody there" if shared else f"{name} alone reads it"
    return Moved(back, f"Your note is kept, and on its way: {way}.")


def give_praise(call: Call) -> Answer:
    """A reaction of ours where the member wrote."""
    judged = _judged(call)
    if judged is None:
        return Missing()
    name = judged.writer.name
    if judged.writer.id == call.member.id:
        return Moved(_back(call, judged), "This answer is your own, so there is nobody to tell.")
    return Moved(
        _back(call, judged), PRAISED[praise(call.session, judged, person_of(call.member), call.now)].format(name)
    )


def view_of(said: Mapping[str, str]) -> View:
    """From an address or a form; what makes no sense is left out."""
    return View(said.get("prompt", "")[:40], max(to_number(said.get("page")), 1), to_number(said.get("member")))


def _out(call: Call) -> Sequence[Released]:
    """The lessons that are before the cohort, oldest first."""
    released = released_lessons(call.session, call.at)
    return sorted((each for each in released if each.released_at is not None), key=lambda each: each.local_date)


def _puts(call: Call, day: int, view: View) -> Sequence[Put]:
    first, most = (0, FIRST) if not view.prompt else ((view.page - 1) * PAGE, PAGE)
    puts = prompts_put(call.session, call.course, call.at, day, most, first, view.member or None)
    return [each for each in puts if each.id == view.prompt] if view.prompt else puts


def _judged(call: Call) -> Judged | None:
    """The answer that the path names, if it stands in this cohort."""
    submission = to_number(call.args.get("submission"))
    judged = find_judged_by_id(call.session, call.at.platform, submission)
    return judged if judged is not None and judged.cohort.id == call.at.id else None


def _back(call: Call, judged: Judged) -> str:
    """To where the form stood."""
    day, query = judged.asked.lesson, view_of(call.form).query
    return f"/c/{call.at.id}/lesson/{day}{query}#a-{judged.submission.id}"


DOORS = (
    Door("GET", "/c/{cohort}/lesson/{day}", Audience.OBSERVER, lesson),
    Door("POST", "/c/{cohort}/answer/{submission}/feedback", Audience.FACILITATOR, give_feedback),
    Door("POST", "/c/{cohort}/answer/{submission}/praise", Audience.FACILITATOR, give_praise),
)
