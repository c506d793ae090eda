"""`/cohort preview`, `/cohort change`, `/cohort post`: what comes, what a change would do, and, pressed, doing it.

A preview's button carries the change and the preview's fingerprint. It does exactly what was shown; when something has
happened in between, it shows what the change would do now and asks again.
"""

from collections.abc import Sequence
from datetime import date

from bot.chat.post import Block, Button, Buttons, Heading, Post, Small, Table, Text
from bot.cohorts.changes import Change, No, PostAgain, PostNow
from bot.cohorts.cohorts import known_member, local_date
from bot.cohorts.foreseeing import foresee
from bot.cohorts.planning import DayAfter
from bot.cohorts.replanning import Comparison, Stale, apply
from bot.cohorts.replanning import preview as preview_of
from bot.store.tables import Cohort
from bot.talk.asking import Asking, quoted, sentence
from bot.talk.calendar_options import from_code, to_changes, to_code
from bot.talk.calendar_words import ahead_words, comparison_blocks, no_words
from bot.talk.cohort_commands import Unclear, none_here, rhythm
from bot.talk.dates import said_at
from bot.talk.moments import state_word

MOST_SHOWN = 10
MARK = 8
"""Characters of a fingerprint."""

LEAVE = "no"
HOW = (
    "`/cohort change` shows what a change would do, and does it when you say so. Lesson days, and so the pace:"
    " `days:mon,wed,fri`. The rest: `time:18:00`, `zone:`, `country:CH` (its public holidays), `off:2026-12-24"
    " until:2027-01-03` (a break), `meet:2026-12-24` (no break after all), `shift:3` (everything three lesson dates"
    " later), `skip:40`, `unskip:40`, and before the first lesson `start:`. Several at once are fine."
)


def preview(asking: Asking) -> Post:
    """`/cohort preview`."""
    cohort = asking.find_cohort()
    if cohort is None:
        return none_here()
    today = today_of(asking, cohort)
    try:
        seen = foresee(asking.session, _day_after(asking), cohort, asking.now)
    except LookupError:
        return _zone_gone(cohort)
    words = f"{state_word(cohort).capitalize()}. Lessons {rhythm(cohort)}. {' '.join(ahead_words(seen, cohort, today))}"
    blocks: list[Block] = [Heading(f"What comes: {cohort.name}", 1), Text(words)]
    rows = tuple(
        (f"Day {each.lesson}", said_at(each.due_at, cohort.zone, today), _title(asking, each.lesson))
        for each in seen.coming[:MOST_SHOWN]
    )
    if rows:
        blocks.append(Table("The next lessons", ("Lesson", "Comes", "Title"), rows))
        if len(seen.coming) > len(rows):
            blocks.append(Small(f"And {len(seen.coming) - len(rows)} more after them."))
    blocks.append(Text(HOW))
    return Post(title=f"What comes: {cohort.name}", blocks=tuple(blocks))


def change(asking: Asking) -> Post:
    """`/cohort change`: what it would do, with the button that does it."""
    cohort = asking.find_cohort()
    if cohort is None:
        return none_here()
    try:
        changes = to_changes(asking, today_of(asking, cohort))
    except Unclear as unclear:
        return sentence(str(unclear))
    return _shown(asking, cohort, changes) if changes else sentence(HOW)


def post(asking: Asking) -> Post:
    """`/cohort post`: the next lesson now, or one whose turn is over."""
    cohort, typed = asking.find_cohort(), asking.command.options.get("day", "").strip()
    if cohort is None:
        return none_here()
    if typed and not (typed.isascii() and typed.isdecimal() and len(typed) < 5):
        return sentence("Which day? Write its number, `/cohort post 33`, or none for the next lesson: `/cohort post`.")
    return _shown(asking, cohort, (PostAgain(int(typed)) if typed else PostNow(),))


def replan(asking: Asking) -> Post:
    """The button under a preview: `replan:FINGERPRINT` and the change behind it, or `replan:no`."""
    cohort, carried = asking.find_cohort(), asking.command.options.get("what", "")
    if cohort is None:
        return none_here()
    if not asking.facilitates:
        return sentence("The calendar is for the cohort's facilitators to change.")
    if carried == LEAVE:
        return sentence("Nothing was changed.")
    changes = from_code(carried[MARK:])
    if changes is None:
        return sentence("This button is not known here any more. `/cohort change` makes a new one.")
    done = _apply(asking, cohort, changes, carried[:MARK])
    if isinstance(done, No):
        return refused(asking, cohort, done)
    if isinstance(done, Stale):
        since = "Something has changed since, and nothing was done. This is what it would do now."
        return _asked(asking, cohort, changes, done.comparison, since)
    return _done(asking, cohort, done)


def apply_now(asking: Asking, cohort: Cohort, changes: Sequence[Change]) -> Comparison | No:
    """Without asking back, whatever comes out."""
    done = _apply(asking, cohort, changes, None)
    assert not isinstance(done, Stale), "nothing was expected of it"
    return done


def refused(asking: Asking, cohort: Cohort, no: No) -> Post:
    """Why a change cannot be made."""
    return sentence(no_words(no, cohort, today_of(asking, cohort)))


def today_of(asking: Asking, cohort: Cohort) -> date:
    """On the cohort's calendar; of UTC where its zone is gone from the zone database."""
    try:
        return local_date(cohort, asking.now)
    except LookupError:
        return asking.now.date()


def _apply(asking: Asking, cohort: Cohort, changes: Sequence[Change], expected: str | None) -> Comparison | No | Stale:
    by = known_member(asking.session, cohort.platform, cohort.workspace, asking.command.person)
    return apply(asking.session, _day_after(asking), cohort, changes, by, asking.now, expected)


def _shown(asking: Asking, cohort: Cohort, changes: Sequence[Change]) -> Post:
    comparison = preview_of(asking.session, _day_after(asking), cohort, changes, asking.now)
    if isinstance(comparison, No):
        return refused(asking, cohort, comparison)
    return _asked(asking, cohort, changes, comparison, "Nothing is changed yet. This is what it would do.")


def _asked(asking: Asking, cohort: Cohort, changes: Sequence[Change], comparison: Comparison, lead: str) -> Post:
    code = to_code(changes)
    if code is None:
        return sentence("That is too much for one button. Change a part of it first, and then the rest.")
    if comparison.is_nothing:
        return sentence(f"**{quoted(cohort.name)}** is so already: nothing would change.")
    yes = Button("Do it", f"replan:{comparison.fingerprint}{code}", "primary")
    blocks = [
        Heading(f"Calendar: {cohort.name}", 1),
        Small(lead),
        *comparison_blocks(comparison, today_of(asking, cohort)),
        Buttons((yes, Button("Leave it", f"replan:{LEAVE}"))),
    ]
    return Post(title=f"Calendar: {cohort.name}", blocks=tuple(blocks))


def _done(asking: Asking, cohort: Cohort, comparison: Comparison) -> Post:
    blocks = [
        Heading(f"Done: {cohort.name}", 1),
        *comparison_blocks(comparison, today_of(asking, cohort)),
    ]
    if comparison.put:
        blocks.append(Small("It is posted within a minute."))
    return Post(title=f"Done: {cohort.name}", blocks=tuple(blocks))


def _zone_gone(cohort: Cohort) -> Post:
    return sentence(
        f"The time zone of **{quoted(cohort.name)}**, `{quoted(cohort.zone, 64)}`, is not known any more, so that no"
        " lesson can be planned. `/cohort change zone:` with another one cures that."
    )


def _day_after(asking: Asking) -> DayAfter:
    return lambda _, day: asking.course.day_after(day)


def _title(asking: Asking, day: int) -> str:
    lesson = asking.course.lessons.get(day)
    return lesson.title if lesson is not None else ""
