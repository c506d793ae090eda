"""Whether something that was heard can be about anything of ours. A platform tells what becomes of every message of
every channel that it lets us see, and nearly all of that is nobody's answer: one statement that indexes answer decides,
and of what is not ours nothing is written down.
"""

from datetime import timedelta

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy import text as sql
from sqlalchemy.orm import Session

from bot.chat.inbound import Reply, ReplyDeleted
from bot.cohorts.receipts import refs_of
from bot.store.tables import Cohort, Delivery, LooseReply, Message, Submission

OPENING = timedelta(days=1)
"""For so long a prompt's post may wait for its thread; from then on nobody expects one."""

_GOES_ON = sql("cohorts.state <> 'finished'")  # the condition of a partial index, to the letter


def may_be_ours(session: Session, heard: Reply | ReplyDeleted) -> bool:
    """Whether its message is kept, or stands in a thread of ours, or was written to us directly. A deletion may also
    come before what it concerns: one in a thread that is being opened, or in a cohort's own channel, where a message
    may be counted as an answer at this very moment. Its turn has been waited for: else what is kept at the same time
    is not seen."""
    if heard.thread is None:
        return True
    ways = [*_kept(heard), exists().where(Message.platform == heard.platform, Message.thread == heard.thread)]
    if isinstance(heard, ReplyDeleted):
        ways.append(_in_a_cohorts_channel(heard))
        if not heard.outside:
            ways.append(_in_an_opening_thread(heard))
    return bool(session.scalar(select(or_(*ways))))


def _kept(heard: Reply | ReplyDeleted) -> tuple[ColumnElement[bool], ...]:
    return (
        exists().where(Submission.platform == heard.platform, Submission.ref.in_(refs_of(heard.message))),
        exists().where(LooseReply.platform == heard.platform, LooseReply.ref == heard.message),
    )


def _in_a_cohorts_channel(gone: ReplyDeleted) -> ColumnElement[bool]:
    return exists().where(Cohort.platform == gone.platform, Cohort.channel == gone.thread, _GOES_ON)


def _in_an_opening_thread(gone: ReplyDeleted) -> ColumnElement[bool]:
    """A prompt of this workspace may be out whose thread is not written down yet."""
    opening = (
        select(Message.id)
        .join(Delivery, Delivery.id == Message.delivery_id)
        .join(Cohort, Cohort.id == Delivery.cohort_id)
        .where(
            Message.platform == gone.platform,
            Message.thread.is_(None),
            Message.prompt.is_not(None),
            Message.tried_at >= gone.at - OPENING,
        )
    )
    return (opening.where(Cohort.workspace == gone.workspace) if gone.workspace else opening).exists()
