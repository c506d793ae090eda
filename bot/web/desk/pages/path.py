"""Everything that one member wrote in a cohort. Who opens somebody else's is told first that it is written down."""

from bot.cohorts.paths import member_path, open_path
from bot.cohorts.progress import State
from bot.web.desk.answers import shared
from bot.web.desk.doors import Answer, Audience, Call, Door, Missing, Shown
from bot.web.desk.heat import SAYS
from bot.web.desk.moments import Moments
from bot.web.desk.people import Enrolled, enrolled

READ = 20_000
"""Characters of each reply on the way: a lesson's own page shows more."""


def notice(call: Call) -> Answer:
    """Before somebody else's path: what opening it means. One's own is open at once."""
    one = enrolled(call)
    if one is None:
        return Missing()
    if one.own:
        return _path(call, one)
    return Shown("notice.html", {"one": one, "when": Moments(call.at.zone, call.now)})


def read(call: Call) -> Answer:
    """It is written down, and the path stands open, in one transaction."""
    one = enrolled(call)
    if one is None:
        return Missing()
    open_path(call.session, call.at, call.member, one.member, call.now)
    return _path(call, one)


def _path(call: Call, one: Enrolled) -> Answer:
    path = member_path(call.session, call.course, call.at, one.member, call.now)
    if path is None:
        return Missing()
    return Shown(
        "path.html",
        {
            "one": one,
            "path": path,
            "shown": {each.answer.submission: each for each in shared(call.session, call.course, path.answers, READ)},
            "SAYS": SAYS,
            "State": State,
            "private": one.own or call.audience >= Audience.FACILITATOR,
            "when": Moments(call.at.zone, call.now),
        },
    )


DOORS = (
    Door("GET", "/c/{cohort}/member/{member}/path", Audience.MEMBER, notice),
    Door("POST", "/c/{cohort}/member/{member}/path", Audience.MEMBER, read),
)
