"""Every door of the desk. A page's module names its own; a new module is one line here."""

from bot.web.desk.doors import Door
from bot.web.desk.pages import (
    audit,
    calendar,
    cohort,
    cohorts,
    entry,
    exports,
    lesson,
    member,
    path,
    roster,
    search,
    settings,
)

DOORS: tuple[Door, ...] = (
    *entry.DOORS,
    *cohorts.DOORS,
    *cohort.DOORS,
    *lesson.DOORS,
    *member.DOORS,
    *path.DOORS,
    *search.DOORS,
    *calendar.DOORS,
    *roster.DOORS,
    *settings.DOORS,
    *exports.DOORS,
    *audit.DOORS,
)
