"""Every table. Uniqueness and range are rules of the schema; what a row means is told where it is written (`cohorts`).

Times are aware UTC in Python (`UtcDateTime`), dates are the cohort's own calendar dates. Texts that came from people
are stored in `PeoplesText`, references in `Reference`: both take whatever a platform may send.
"""

from bot.store.tables.changes import count_changes
from bot.store.tables.cohorts import (
    ACTIVE,
    DIGESTED,
    UNEXAMINED,
    Absence,
    Cohort,
    DayOff,
    Enrollment,
    Member,
    SkippedLesson,
    Tally,
)
from bot.store.tables.declaring import Table, columns
from bot.store.tables.deliveries import BLOCKED, PLANNED, UNALERTED, UNKEPT, UNREAD, Delivery, Message
from bot.store.tables.installs import SLACK_BOTS, SLACK_INSTALLATIONS, SLACK_OAUTH_STATES, HeardRequest
from bot.store.tables.sharing import Holding, Spending, Turn
from bot.store.tables.submissions import (
    UNNUDGED,
    UNRECEIPTED,
    UNTOLD,
    DeadLetter,
    Feedback,
    LooseReply,
    Nudge,
    Reaction,
    Revision,
    Submission,
    Tombstone,
)
from bot.store.tables.visits import UNSAID, AuditEntry, Notice, SignInLink, Visit

__all__ = [
    "ACTIVE",
    "BLOCKED",
    "DIGESTED",
    "PLANNED",
    "SLACK_BOTS",
    "SLACK_INSTALLATIONS",
    "SLACK_OAUTH_STATES",
    "UNALERTED",
    "UNEXAMINED",
    "UNKEPT",
    "UNNUDGED",
    "UNREAD",
    "UNRECEIPTED",
    "UNSAID",
    "UNTOLD",
    "Absence",
    "AuditEntry",
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
    "Notice",
    "Nudge",
    "Reaction",
    "Revision",
    "SignInLink",
    "SkippedLesson",
    "Spending",
    "Submission",
    "Table",
    "Tally",
    "Tombstone",
    "Turn",
    "Visit",
    "columns",
]

count_changes()
