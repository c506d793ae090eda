"""Command → Post: one function a command, all of them inside the one transaction that `answer` is given."""

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from bot.chat.commands import BY_NAME, COMMANDS, MESSAGE_COMMANDS
from bot.chat.inbound import Command
from bot.chat.port import Offline
from bot.chat.post import Block, Button, Buttons, Callout, Form, Heading, Moment, Post, Small, Text
from bot.cohorts import cohorts
from bot.cohorts import roles as roles_of
from bot.cohorts.brief import brief
from bot.cohorts.calendar import Span
from bot.cohorts.excuses import count_again, excuse_from
from bot.cohorts.nudges import nudged_lately
from bot.cohorts.progress import State, cohort_progress, member_progress
from bot.cohorts.prompts import Asked, find_prompt, released_on
from bot.cohorts.submissions import form_text
from bot.curriculum.lookup import Lookup
from bot.curriculum.model import Course
from bot.store.tables import Cohort, Member
from bot.talk import (
    archiving,
    calendar,
    calendar_address,
    care,
    checklists,
    cohort_choices,
    cohort_commands,
    digests,
    everybody,
    excusing,
    feedback,
    filing,
    inviting,
    lookups,
    members,
    nudges,
    roles,
    setting_up,
    settings,
    steering,
)
from bot.talk.answers import answers
from bot.talk.asking import Asking, lesson_now, quoted, sentence
from bot.talk.brief import report_post
from bot.talk.cards import card
from bot.talk.concepts import concepts
from bot.talk.connections import path
from bot.talk.dashboard import dashboard
from bot.talk.explaining import explain, share
from bot.talk.home import home
from bot.talk.latest import latest_blocks
from bot.talk.lessons import whole_lesson_post
from bot.talk.moments import next_moment
from bot.talk.prompts import prompt_form
from bot.talk.questions import ask, meant
from bot.talk.reports import progress_post
from bot.talk.searching import search


def answer(
    session: Session,
    course: Course,
    lookup: Lookup,
    command: Command,
    now: datetime,
    renderer: Offline | None = None,
    address: str | None = None,
) -> Post | Form:
    """What the person is shown, privately. Never raises for what a person typed: a "no" is a post that says so.
    renderer: what the command's platform can do without network; without it nothing that is posted can be renewed, and
    no message be linked to. address: of
    our pages; without it nobody can be sent there."""
    command = meant(command)
    asking = Asking(session, course, lookup, command, now, renderer, address)
    act = _ANSWERS.get(command.name)
    if act is None:
        return _unknown(command.name)
    spec = BY_NAME.get(command.name)
    if spec is not None and spec.for_facilitators and not spec.asks_itself and not asking.facilitates:
        return sentence(f"`/{command.name}` is for facilitators. Ask yours, or somebody who may manage this channel.")
    return act(asking)


def _today(asking: Asking) -> Post:
    cohort = asking.find_cohort()
    if cohort is None:
        return _no_cohort(asking)
    day = lesson_now(asking.session, cohort)
    lesson = asking.course.lessons.get(day)
    if lesson is None:
        return Post(title="Not yet", blocks=(Text("The first lesson is not out yet."), *next_moment(cohort)))
    blocks: list[Block] = [
        Small(f"{cohort.name} · day {day} · ~{lesson.minutes} minutes"),
        Heading(lesson.title, 1),
        Callout("Thesis", lesson.thesis),
        *_prompts_standing(asking, cohort, day),
        Buttons((Button("Read the whole lesson", f"lesson:{day}"), Button("Concepts of the day", f"concepts:{day}"))),
        *next_moment(cohort),
    ]
    return Post(title=f"Today: {lesson.title}", blocks=tuple(blocks))


def _lesson(asking: Asking) -> Post:
    typed = asking.command.options.get("day", "")
    if not typed.isdecimal() or len(typed) > 4:
        return sentence(f"Which day? Write its number, from 1 to {asking.course.about.days}: `/lesson 32`.")
    day, limit = int(typed), asking.up_to_day()
    lesson = asking.course.lessons.get(day)
    if not 1 <= day <= asking.course.about.days:
        return sentence(f"The course has days 1 to {asking.course.about.days}; there is no day {day}.")
    if limit is not None and day > limit:
        return sentence(
            f"Day {day} is not open yet: your cohort is on day {limit}." if limit else "No lesson of yours is open yet."
        )
    if lesson is None:
        return sentence(f"Day {day} has not been written yet.")
    return whole_lesson_post(asking.course, lesson)


def _progress(asking: Asking) -> Post:
    cohort = asking.find_cohort()
    member = cohort and _member(asking, cohort)
    if cohort is None:
        return _no_cohort(asking)
    progress = member_progress(asking.session, cohort, member, asking.now) if member else None
    if progress is None:
        return sentence("You are not in this cohort yet. `/join` takes you in, and counts from today.")
    return progress_post(asking.course, cohort, progress, asking.now)


def _join(asking: Asking) -> Post:
    cohort = asking.find_cohort()
    if cohort is None:
        return _no_cohort(asking)
    if cohort.archived_at is not None:
        return sentence(f"**{quoted(cohort.name)}** is archived: nobody joins it any more.")
    member = cohorts.known_member(asking.session, cohort.platform, cohort.workspace, asking.command.person)
    if not cohorts.join(asking.session, cohort, member, cohorts.LEARNER, asking.now):
        return sentence(f"You are in **{quoted(cohort.name)}** already. `/today` shows where it is.")
    come = f"Lessons come here, {cohort_commands.rhythm(cohort)}."
    if cohort.state == "finished":
        come = "Its lessons are all out; `/today` shows the last one."
    welcome = (
        f"Welcome to **{quoted(cohort.name)}**. {come} Answer each prompt in its thread or with its button; only"
        " lessons from today on count. `/progress` shows how you stand."
    )
    return Post(title="Welcome", blocks=(Text(welcome), *next_moment(cohort), Small(settings.READ_BY)))


def _leave(asking: Asking) -> Post:
    cohort = asking.find_cohort()
    if cohort is None:
        return _no_cohort(asking)
    member = _member(asking, cohort)
    if member is not None and roles_of.is_last_facilitator(asking.session, cohort, member):
        return sentence(
            f"You are the only facilitator of **{quoted(cohort.name)}**. Make somebody else one first, with"
            " `/cohort facilitator`; or archive it."
        )
    if member is None or not cohorts.leave(asking.session, cohort, member, asking.now):
        return sentence("You are not in this cohort, so there is nothing to leave.")
    back = "." if cohort.archived_at is not None else "; `/join` brings you back to them."
    return sentence(f"You have left **{quoted(cohort.name)}**. Your answers are kept{back}")


def _help(asking: Asking) -> Post:
    member = [spec for spec in COMMANDS if not spec.for_facilitators]
    facilitator = [spec for spec in COMMANDS if spec.for_facilitators]
    blocks: list[Block] = [
        Heading("What Homeroom does here", 1),
        Text(
            "Each lesson day a lesson is posted, and each of its writing prompts has a thread. Write there, or press"
            " *Write my answer*: both are kept, and a late answer counts too."
        ),
        Text("\n".join(f"- `/{spec.name}` {spec.description}" for spec in member)),
        Text(_message_menu(facilitates=asking.facilitates)),
        Small("Without a command: ask me about a concept or a paper in your own words, in a direct message."),
    ]
    if asking.facilitates:
        blocks += [
            Heading("For facilitators"),
            Text("\n".join(f"- `/{spec.name}` {spec.description}" for spec in facilitator)),
        ]
    return Post(title="What Homeroom does here", blocks=tuple(blocks))


def _message_menu(*, facilitates: bool) -> str:
    here = [each for each in MESSAGE_COMMANDS if facilitates or not each.for_facilitators]
    return "In the menu of a message:\n" + "\n".join(f"- *{each.label}* {each.description}" for each in here)


def _report(asking: Asking) -> Post:
    cohort = asking.find_cohort()
    if cohort is None:
        return _no_cohort(asking)
    everybody = cohort_progress(asking.session, cohort, asking.now)
    told = brief(asking.session, asking.course, cohort, everybody, asking.now)
    latest = latest_blocks(asking.session, asking.course, cohort)
    nudged = nudged_lately(asking.session, cohort, asking.now)
    return report_post(asking.course, cohort, everybody, told, asking.now, nudged, latest)


def _write(asking: Asking) -> Post | Form:
    found = _prompt_of(asking)
    if found is None:
        return _prompt_gone()
    asked, cohort = found
    lesson = asking.course.lessons.get(asked.lesson)
    prompt = next((each for each in lesson.prompts if each.id == asked.prompt), None) if lesson else None
    if lesson is None or prompt is None:
        return sentence("This prompt is no longer part of the lesson. Your thread answers are kept all the same.")
    draft = form_text(asking.session, asked, _member(asking, cohort))
    return prompt_form(lesson, prompt, asking.command.options["key"], draft)


def _later(asking: Asking) -> Post:
    return _excuse(asking, back=False)


def _back(asking: Asking) -> Post:
    return _excuse(asking, back=True)


def _excuse(asking: Asking, *, back: bool) -> Post:
    found = _prompt_of(asking)
    if found is None:
        return _prompt_gone()
    asked, cohort = found
    member = _member(asking, cohort)
    enrollment = cohorts.find_enrollment(asking.session, cohort, member) if member else None
    day = released_on(asking.session, asked.message)
    if enrollment is None or enrollment.left_on is not None:
        return sentence("You are not in this cohort, so nothing is expected of you. `/join` takes you in.")
    key = asking.command.options["key"]
    if back:
        count_again(asking.session, enrollment, Span(day, day))
        return sentence(f"Day {asked.lesson} counts for you again.")
    excuse_from(asking.session, enrollment, Span(day, day))
    words = f"You are excused from day {asked.lesson}: it does not count against you. An answer still counts for you."
    return Post(title="Excused", blocks=(Text(words), Buttons((Button("Count it again", f"back:{key}"),))))


def _prompts_standing(asking: Asking, cohort: Cohort, day: int) -> list[Block]:
    lesson, member = asking.course.lessons[day], _member(asking, cohort)
    progress = member_progress(asking.session, cohort, member, asking.now) if member else None
    standing = next((each for each in progress.lessons if each.lesson == day), None) if progress else None
    if standing is None:
        number = len(lesson.prompts)
        return [Small(f"{number} writing {'prompt' if number == 1 else 'prompts'} in the channel")]
    blocks: list[Block] = [Text(f"You have answered **{standing.answered} of {standing.asked}** prompts.")]
    if standing.state is State.OPEN:
        blocks.append(Moment("On time until", standing.closes_at, cohort.zone))
    return blocks


def _prompt_of(asking: Asking) -> tuple[Asked, Cohort] | None:
    """The prompt that a button belongs to, if it was put before the workspace that the press came from."""
    found = find_prompt(asking.session, asking.command.platform, asking.command.options.get("key", ""))
    if found is None or asking.command.workspace not in ("", found[1].workspace):
        return None
    return found


def _prompt_gone() -> Post:
    return sentence("This prompt is not known here any more. `/today` shows what is open.")


def _member(asking: Asking, cohort: Cohort) -> Member | None:
    return cohorts.find_member(asking.session, cohort.platform, cohort.workspace, asking.command.person.ref)


def _no_cohort(asking: Asking) -> Post:
    if asking.named is not None:
        return sentence("You are not in that cohort (any more).")
    if asking.command.channel is None and asking.own_cohorts():
        return sentence("You are in several cohorts: ask in the channel of the one you mean.")
    if asking.command.channel is None:
        return sentence("You are in no cohort yet. `/join` in a cohort's channel takes you in.")
    how = "`/cohort create NAME` opens one." if asking.facilitates else "Whoever manages it can open one."
    return sentence(f"There is no cohort in this channel yet. {how}")


def _unknown(name: str) -> Post:
    return sentence(f"There is no command “{quoted(name, 40)}”. `/help` lists what there is.")


_ANSWERS: Mapping[str, Callable[[Asking], Post | Form]] = {
    "today": _today,
    "lesson": _lesson,
    "concept": lookups.concept_answer,
    "paper": lookups.paper_answer,
    "concepts": concepts,
    "path": path,
    "search": search,
    "progress": _progress,
    "settings": settings.settings,
    "dashboard": dashboard,
    "quiet": settings.quiet,
    "opened": settings.opened,
    "home": home,
    "card": card,
    "ask": ask,
    "join": _join,
    "leave": _leave,
    "help": _help,
    "cohort create": setting_up.create,
    "setup": setting_up.setup,
    "open": setting_up.open_,
    "trial": checklists.trial,
    "cohort invite": inviting.invite,
    "cohort facilitator": roles.facilitator,
    "cohort archive": archiving.archive,
    "archive": archiving.archived,
    "cohort unarchive": archiving.unarchive,
    "cohort pause": steering.pause,
    "cohort resume": steering.resume,
    "cohort status": steering.status,
    "cohort preview": calendar.preview,
    "cohort change": calendar.change,
    "cohort post": calendar.post,
    "cohort calendar": calendar_address.calendar,
    "replan": calendar.replan,
    "cohort catchup": cohort_choices.catchup,
    "cohort alerts": cohort_choices.alerts,
    "cohort ping": care.ping,
    "cohort pins": care.pins,
    "cohort refresh": care.refresh,
    "cohort digest": digests.digest,
    "cohort silent": digests.silent,
    "report": _report,
    "map": everybody.day_by_day,
    "answers": answers,
    "member": members.member,
    "excuse": excusing.excuse,
    "unexcuse": excusing.unexcuse,
    "write": _write,
    "later": _later,
    "back": _back,
    "count": filing.count,
    "file": filing.file,
    "forget": filing.forget,
    "feedback": feedback.feedback,
    "explain": explain,
    "share": share,
    "praise": feedback.praise,
    "note": feedback.note,
    "nudge": nudges.nudge,
}
