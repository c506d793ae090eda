"""Where somebody is signed in, and how they leave. How they come in: `bot.web.desk.entering`."""

from bot.cohorts.audit import Action, write_down
from bot.cohorts.visits import end_all, end_visit, visits_of
from bot.store.tables import Cohort
from bot.web.desk.doors import Answer, Audience, Call, Door, Moved, Shown
from bot.web.desk.moments import Moments


def visits(call: Call) -> Answer:
    """On which browsers, by when they were last used: nothing else is known of them."""
    return Shown(
        "visits.html",
        {
            "visits": visits_of(call.session, call.member, call.now),
            "when": Moments(call.rights[0].cohort.zone, call.now),
        },
    )


def sign_out(call: Call) -> Answer:
    """The visit ends, and who is sent to the first page meets the page of those who are not signed in."""
    assert call.visit is not None
    end_visit(call.session, call.visit)
    return Moved("/")


def sign_out_everywhere(call: Call) -> Answer:
    """Every visit and every open link of the member's: for who has left a browser somewhere."""
    assert call.visit is not None
    ended = end_all(call.session, call.member)
    cohort = call.session.get_one(Cohort, call.visit.cohort_id)
    says = f"{ended} {'visit' if ended == 1 else 'visits'} ended"
    write_down(call.session, cohort, call.member, Action.SIGNED_OUT, says, call.now)
    return Moved("/")


DOORS = (
    Door("GET", "/visits", Audience.MEMBER, visits),
    Door("POST", "/out", Audience.MEMBER, sign_out),
    Door("POST", "/out/everywhere", Audience.MEMBER, sign_out_everywhere),
)
