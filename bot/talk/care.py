"""What facilitators choose for posts that are out or to come: who is mentioned, what stays pinned, what is brought up
to date."""

import re

from bot.chat.post import Post
from bot.cohorts.claims import delivery_key
from bot.cohorts.edits import Renewal, find_posted_lesson, first_body, renew
from bot.cohorts.pins import MOST_PINS
from bot.store.tables import Cohort, Delivery
from bot.talk.asking import Asking, quoted, sentence
from bot.talk.choosing import choose
from bot.talk.cohort_choices import OFF, same_kind
from bot.talk.drafts import lesson_drafts
from bot.talk.lessons import late_words

_REFERENCE = re.compile(r"[A-Za-z0-9_-]{1,64}")


def ping(asking: Asking) -> Post:
    """`/cohort ping`: the group that each lesson mentions. Left out it means nobody: where groups are chosen from a
    list, nothing else can be written."""
    cohort, typed = asking.find_cohort(), asking.command.options.get("who", "").strip()
    if cohort is None:
        return _none_here()
    if not typed or typed.lower() in OFF:
        choose(asking, cohort, ping=None)
        return sentence(f"{ping_words(cohort)} `/cohort ping` with a role or user group changes that.")
    if problem := group_problem(cohort, typed):
        return sentence(f"{problem} `off` mentions nobody.")
    choose(asking, cohort, ping=typed)
    return sentence(
        f"{ping_words(cohort)} Let it be a group that members choose to be in, and one that I am allowed to mention."
    )


def group_problem(cohort: Cohort, typed: str) -> str | None:
    """Why what was typed is no group that may be mentioned; None when it may be one."""
    if typed == cohort.workspace or typed.lower().lstrip("@") in ("everyone", "here", "channel", "all"):
        return "I do not mention everybody. Choose a role or user group that members choose to be in."
    if not _REFERENCE.fullmatch(typed) or not same_kind(typed, cohort.channel) or (typed.isalpha() and typed.isupper()):
        return (
            f"“{quoted(typed, 40)}” is no role or user group that I know. Choose it from the list where your chat"
            " offers one, or mention it."
        )
    return None


def ping_words(cohort: Cohort) -> str:
    """Who is mentioned, in a sentence."""
    name = f"**{quoted(cohort.name)}**"
    if cohort.ping is None:
        return f"Lessons of {name} mention nobody."
    return f"Each new lesson of {name} mentions the group `{cohort.ping}`, once, at its head."


def pins(asking: Asking) -> Post:
    """`/cohort pins`: how many of its last lessons stay pinned."""
    cohort, typed = asking.find_cohort(), asking.command.options.get("count", "").strip().lower()
    if cohort is None:
        return _none_here()
    if not typed:
        return sentence(f"{pins_words(cohort)} `/cohort pins 3` pins the last three, `/cohort pins 0` none.")
    count = 0 if typed in OFF else int(typed) if re.fullmatch("[0-9]{1,3}", typed) else -1
    if not 0 <= count <= MOST_PINS:
        return sentence(f"How many of the last lessons? Write a number from 0 to {MOST_PINS}: `/cohort pins 3`.")
    choose(asking, cohort, pins=count)
    return sentence(f"{pins_words(cohort)} What is out already follows within a minute.")


def pins_words(cohort: Cohort) -> str:
    """What stays pinned, in a sentence."""
    name = f"**{quoted(cohort.name)}**"
    if cohort.pins == 0:
        return f"No lesson of {name} is pinned."
    if cohort.pins == 1:
        return f"The last lesson of {name} stays pinned."
    return f"The last {cohort.pins} lessons of {name} stay pinned."


def refresh(asking: Asking) -> Post:
    """`/cohort refresh`: a lesson that is out says what the course says now."""
    cohort, typed = asking.find_cohort(), asking.command.options.get("day", "").strip()
    if cohort is None:
        return _none_here()
    if not re.fullmatch("[0-9]{1,4}", typed):
        return sentence("Which day? Write the number of a lesson that is out: `/cohort refresh 32`.")
    day = int(typed)
    delivery = find_posted_lesson(asking.session, cohort, day)
    if delivery is None:
        return sentence(f"Day {day} is not out here, so there is nothing to change: it will be posted as it is then.")
    if delivery.state == "planned":
        return sentence(f"Day {day} is being posted just now. Ask again when it is out.")
    if day not in asking.course.lessons or asking.renderer is None:
        return sentence(f"Day {day} is not part of the course any more. What is posted stays as it is.")
    return sentence(_renewed_words(_renew(asking, cohort, delivery), day))


def _renew(asking: Asking, cohort: Cohort, delivery: Delivery) -> Renewal:
    """Dressed as it was: what came late still says so, and who was mentioned is mentioned, which notifies nobody."""
    assert asking.renderer is not None, "looked at before"
    said = first_body(asking.session, delivery)
    late = late_words(delivery.due_at, cohort.zone)
    drafts = lesson_drafts(
        asking.course,
        asking.renderer,
        delivery.lesson,
        delivery_key(cohort.key, delivery.kind, delivery.local_date),
        late if late in said else None,
        cohort.ping if cohort.ping and cohort.ping in said else None,
    )
    return renew(asking.session, delivery, drafts)


def _renewed_words(renewal: Renewal, day: int) -> str:
    if renewal.changed:
        change = "changes" if renewal.changed == 1 else "change"
        words = f"{renewal.changed} of {_messages(renewal.standing)} of day {day} {change} within a minute."
        words += " Answers and threads stay as they are."
    else:
        words = f"Nothing of day {day} changes: what is posted says what the course says."
        words = words if not renewal.unlike else f"Nothing of day {day} changes."
    if renewal.unlike:
        stay = "stays" if renewal.unlike == 1 else "stay"
        words += (
            f" {_messages(renewal.unlike)} {stay} as posted: the new text would be cut into more messages or fewer, or"
            f" is gone from the lesson. `/lesson {day}` shows the newest text."
        )
    if renewal.new:
        prompts = "A prompt of the lesson is" if renewal.new == 1 else f"{renewal.new} prompts of the lesson are"
        words += f" {prompts} new and not posted afterwards: nobody is to be asked for what came later."
    return words


def _messages(number: int) -> str:
    return f"{number} message{'s' * (number != 1)}"


def _none_here() -> Post:
    return sentence("There is no cohort in this channel yet. `/cohort create NAME` opens one.")
