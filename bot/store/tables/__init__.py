"""Every table. Uniqueness and range are rules of the schema; what a row means is told where it is written (`cohorts`).

Times are aware UTC in Python (`UtcDateTime`), dates are the cohort's own calendar dates. Texts that came from people
are stored in `PeoplesText`, references in `Reference`: both take whatever a platform may send.
"""

from bot.store.tables.cohorts import ACTIVE, UNEXAMINED, Absence, Cohort, DayOff, Enrollment, Member
from bot.store.tables.declaring import Table, columns
from bot.store.tables.deliveries import BLOCKED, PLANNED, UNALERTED, UNKEPT, UNREAD, Delivery, Message
from bot.store.tables.installs import SLACK_BOTS, SLACK_INSTALLATIONS, SLACK_OAUTH_STATES, HeardRequest
from bot.store.tables.sharing import Holding, Spending, Turn
from bot.store.tables.submissions import (
    UNRECEIPTED,
    UNTOLD,
    DeadLetter,
    Feedback,
    LooseReply,
    Revision,
    Submission,
    Tombstone,
)

__all__ = [
    "ACTIVE",
    "BLOCKED",
    "PLANNED",
    "SLACK_BOTS",
    "SLACK_INSTALLATIONS",
    "SLACK_OAUTH_STATES",
    "UNALERTED",
    "UNEXAMINED",
    "UNKEPT",
    "UNREAD",
    "UNRECEIPTED",
    "UNTOLD",
    "Absence",
    "Cohort",
    "DayOff",
    "DeadLetter",
    "Delivery",
    "Enrollment",
    "Feedback",
    "HeardRequest",
    "Holding",
    "LooseReply",
    "Member",
    "Message",
    "Revision",
    "Spending",
    "Submission",
    "Table",
    "Tombstone",
    "Turn",
    "columns",
]
