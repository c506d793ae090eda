"""What comes, what a change does to it, and why one cannot be made: sentences and tables, in chat and on pages alike.

Sentences are markdown; what people typed stands in them through `quoted`.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import date

from bot.chat.post import Block, Small, Table, Text
from bot.cohorts.changes import No, Why, Zone
from bot.cohorts.foreseeing import Coming, Foreseen, Off
from bot.cohorts.replanning import Comparison
from bot.store.tables import Cohort
from bot.talk.asking import quoted
from bot.talk.countries import country_name
from bot.talk.dates import said, said_at, said_span

MOST_ROWS = 5
MOST_OFF = 6


def comparison_blocks(comparison: Comparison, today: date) -> list[Block]:
    """What changes, in a sentence or a few, and the first lessons that it concerns. The same before and after."""
    blocks: list[Block] = [Text(" ".join(comparison_words(comparison, today)))]
    before, after = comparison.before.zone, comparison.after.zone
    rows = [
        (f"Day {each.lesson}", _when(each.before, before, today), _when(each.after, after, today))
        for each in comparison.moves[:MOST_ROWS]
    ]
    if rows:
        caption = "The lessons that this concerns" if len(rows) == len(comparison.moves) else "The first of them"
        was, comes = (f" ({before})", f" ({after})") if before != after else ("", "")
        blocks.append(Table(caption, ("Lesson", f"Was to come{was}", f"Comes{comes}"), tuple(rows)))
    if comparison.out_today is not None and comparison.moves:
        blocks.append(Small(f"Day {comparison.out_today} has today's date and stays as it is."))
    if comparison.waits_behind is not None:
        blocks.append(Small(f"It waits until day {comparison.waits_behind} is out: lessons go out in their order."))
    return blocks


def comparison_words(comparison: Comparison, today: date) -> Iterator[str]:
    """One sentence after the other; true before the change is made and after it."""
    if comparison.is_nothing:
        yield "All stays as it is."
        return
    yield from _steering(comparison, today)
    yield from (f"Day {each.lesson} goes out now, under {said(each.local_date, today)}." for each in comparison.put)
    yield from _moving(comparison)
    new, gone = _of_interest(comparison, comparison.new_days_off), _of_interest(comparison, comparison.gone_days_off)
    if new:
        yield f"No lessons on {off_words(new, today)}."
    if gone:
        yield f"No days off any more: {off_words(gone, today)}."
    yield from _ending(comparison, today)


def ahead_words(foreseen: Foreseen, cohort: Cohort, today: date) -> Iterator[str]:
    """How much is to come, until when, and what lies between."""
    if foreseen.coming:
        last = foreseen.coming[-1]
        go_on = ", if it is resumed now" if foreseen.state == "paused" else ""
        yield f"{_lessons(len(foreseen.coming))} to come; the last, day {last.lesson}, on"
        yield f"**{said(last.local_date, today)}**{go_on}."
    elif foreseen.end is not None:
        yield f"The last lesson came on {said(foreseen.end, today)}."
    if cohort.country is not None:
        yield f"Public holidays of {country_name(cohort.country)} are days off."
    off = [each for each in foreseen.off_from(today) if foreseen.end is None or each.first <= foreseen.end]
    if foreseen.coming and off:
        yield f"No lessons on {off_words(off, today)}."
    if foreseen.skipped:
        yield f"Left out: {days_words(foreseen.skipped)}."


def off_words(off: Sequence[Off], today: date) -> str:
    """ "Fri 25 December (Christmas Day) and Mon 4 January to Fri 8 January" """
    each = [_off(one, today) for one in off[:MOST_OFF]]
    if len(off) > MOST_OFF:
        each.append(f"{len(off) - MOST_OFF} more")
    return _listed(each)


def days_words(lessons: Collection[int]) -> str:
    """ "day 33", "days 33, 34 and 40" """
    days = [str(each) for each in sorted(lessons)]
    return f"day{'s' * (len(days) != 1)} {_listed(days)}"


def no_words(no: No, cohort: Cohort, today: date) -> str:
    """Why a change cannot be made, and what can be done instead."""
    day = f"day {no.lesson}"
    on = said(no.day, today) if no.day is not None else ""
    name = f"**{quoted(cohort.name)}**"
    return {
        Why.FINISHED: f"{name} has finished: no lesson is to come.",
        Why.ARCHIVED: f"{name} is archived. `/cohort unarchive` takes it out again.",
        Why.PAUSED: f"{name} is paused, and nothing goes out until `/cohort resume`.",
        Why.NOT_ACTIVE: f"{name} is {cohort.state}: there is nothing to pause.",
        Why.NOT_PAUSED: f"{name} is {cohort.state}: there is nothing to resume.",
        Why.BEGUN: "The first lesson is out, so the start cannot be moved. `shift` moves the lessons to come.",
        Why.PAST: f"{on} is over. Write a date from today on.",
        Why.NOT_LATER: f"The next lesson, {day}, comes on {on} anyway: lessons can only be shifted to later dates."
        " `/cohort post` posts the next one now.",
        Why.TOO_LONG: "That is too much at once: a shift is 1 to 250 lesson dates, a break at most a year.",
        Why.NO_DATES: "Then no dates would be left for all lessons within three years.",
        Why.NO_SUCH: _no_such(no),
        Why.OFF_ALREADY: f"{on} is off already. `/cohort change meet:{no.day}` takes that break away.",
        Why.NOT_OFF: f"{on} is no day off.",
        Why.HOLIDAY: f"{on} is a public holiday, not a break. `/cohort change country:none` takes the country's"
        " holidays away; days off can be given one by one with `off`.",
        Why.NO_LESSON: f"There is no {day} to come here. `/cohort preview` shows what is.",
        Why.OUT: f"{day.capitalize()} is out since {on}, and what is out is never posted again. `/cohort refresh"
        f" {no.lesson}` brings it to the newest text.",
        Why.STUCK: f"{day.capitalize()} could not be posted on {on}. `/cohort post {no.lesson}` tries it again.",
        Why.SKIPPED: f"{day.capitalize()} is left out. `/cohort change unskip:{no.lesson}` takes it back in.",
        Why.NOT_SKIPPED: f"{day.capitalize()} is not left out.",
        Why.BEHIND: f"The cohort is past {day}. `/cohort post {no.lesson}` posts it on a date of its own.",
        Why.COMES: f"{day.capitalize()} is still to come, on {on}. `/cohort post` posts the next lesson now.",
        Why.DATE_TAKEN: f"{on} has its lesson, and a date gets one only. From tomorrow on, until that day's lesson is"
        " due, this works again.",
        Why.CHANNEL_TAKEN: f"Another cohort runs in the channel of {name} by now.",
    }[no.why]


def _no_such(no: No) -> str:
    if isinstance(no.change, Zone):
        return f"“{quoted(no.change.name, 40)}” is no time zone that I know. `/cohort change zone:` takes another one."
    return "There is no such country, part of one, or set of days."


def _steering(comparison: Comparison, today: date) -> Iterator[str]:
    before, after = comparison.before, comparison.after
    if before.state == after.state:
        return
    following = after.coming[0] if after.coming else None
    if after.state == "paused":
        yield "Nothing is posted from now on, until `/cohort resume`."
    elif before.state == "paused" and following is not None:
        yield f"It goes on with day {following.lesson} on {said_at(following.due_at, after.zone, today)}."
    elif after.state == "finished":
        yield "Then no lesson is left, and the cohort has finished."


def _moving(comparison: Comparison) -> Iterator[str]:
    put = {each.lesson for each in comparison.put}
    moved = [each for each in comparison.moved if each.lesson not in put]
    retimed = [each for each in comparison.retimed if each.lesson not in put]
    added = [each.lesson for each in comparison.added if each.lesson not in put]
    if moved:
        yield f"**{_lessons(len(moved))} move{'s' * (len(moved) == 1)} to another date.**"
    if retimed:
        yield f"**{_lessons(len(retimed))} come{'s' * (len(retimed) == 1)} at another time.**"
    if comparison.dropped:
        yield f"{days_words([each.lesson for each in comparison.dropped]).capitalize()} will not come."
    if added:
        yield f"{days_words(added).capitalize()} will come."
    if not comparison.moves:
        yield "No lesson moves."


def _ending(comparison: Comparison, today: date) -> Iterator[str]:
    before, after = comparison.before.end, comparison.after.end
    if after is None or not comparison.after.coming:
        return
    if before is not None and before != after:
        yield f"The course ends on **{said(after, today)}**, not {said(before, today)}."
    else:
        yield f"The course ends on {said(after, today)}{', as before' if before == after else ''}."


def _of_interest(comparison: Comparison, off: Sequence[Off]) -> list[Off]:
    """Those that begin before the course has ended."""
    ends = [each for each in (comparison.before.end, comparison.after.end) if each is not None]
    return [each for each in off if not ends or each.first <= max(ends) or each.kind == "break"]


def _off(off: Off, today: date) -> str:
    words = said_span(off.first, off.last, today)
    return f"{words} ({quoted(off.note, 60)})" if off.note else words


def _when(coming: Coming | None, zone: str, today: date) -> str:
    return said_at(coming.due_at, zone, today) if coming is not None else "–"


def _lessons(number: int) -> str:
    return f"{number} lesson{'s' * (number != 1)}"


def _listed(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)
