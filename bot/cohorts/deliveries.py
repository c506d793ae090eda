"""The ledger: what is to be posted, who is posting it, and what became of it.

The send protocol, each step its own transaction, the network between them and never inside:

    plan_due        a row per cohort, kind and local date: the schema lets nobody make a second one
    claim_due       take rows for LEASE (claim_one: this one); `attempt` is the fence that every later step shows
    keep_messages   what will be sent, to the byte, before anything is sent
    mark_trying     "this may be out from now on": who comes later looks before posting
    mark_sent       the platform's reference
    mark_thread     the thread under a prompt
    mark_done       everything stands
    mark_failed     what went wrong, and when to try again
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import BindParameter, ColumnElement, CursorResult, Select, bindparam, case, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from bot.chat.port import Reason
from bot.cohorts.claims import GIVE_UP_AFTER, Claim, Draft, Fenced, Outgoing, delivery_key
from bot.cohorts.guesses import shared_delivery
from bot.cohorts.pins import choose_pins
from bot.cohorts.planning import DayAfter, plan_cohorts
from bot.cohorts.waits import probe_wait
from bot.store.tables import ACTIVE, BLOCKED, PLANNED, Cohort, Delivery, Message

LEASE = timedelta(seconds=120)
"""How long a claim holds without a word. A send may take 15 s at most, so a holder that is late has been stopped."""

FIRST_AUDIT = timedelta(minutes=2)
FIRST_SWEEP = timedelta(hours=1)

BY_TOKEN = Delivery.reason.startswith(f"{Reason.TOKEN_REVOKED}:")
"""Refused for the token's sake: that holds for all of the platform."""


def plan_due(session: Session, day_after: DayAfter, now: datetime, limit: int = 500) -> int:
    """Put every lesson that is due into the ledger; the number of new rows. A cohort that was down for days gets every
    lesson it missed, each under its own date and in order."""
    due = session.scalars(
        select(Cohort)
        .where(ACTIVE, Cohort.next_due_at <= now)
        .order_by(Cohort.next_due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    return plan_cohorts(session, due, day_after, now) if due else 0


def next_wake(session: Session) -> datetime | None:
    """The earliest moment at which there will be something to do, or None."""
    planned = session.scalar(select(func.min(Cohort.next_due_at)).where(ACTIVE))
    tries = session.scalar(
        select(func.min(Delivery.next_try_at))
        .join(Cohort, Cohort.id == Delivery.cohort_id)
        .where(PLANNED, Cohort.state != "paused")
    )
    return min((moment for moment in (planned, tries) if moment is not None), default=None)


def claim_due(session: Session, platforms: Sequence[str], now: datetime, limit: int = 10) -> list[Claim]:
    """Take up to `limit` deliveries whose time has come, on these platforms. A cohort's lessons go out in order: one
    waits while an earlier one of the same cohort is still to be posted, or blocked; it does not wait behind one that
    is dead. Nothing goes out while the cohort is paused, or on a platform that has just refused the token."""
    in_order = claimable().order_by(Delivery.next_try_at, Delivery.id).limit(limit)
    taken = in_order.with_for_update(of=Delivery, skip_locked=True)
    rows = session.execute(taken, {"platforms": platforms, "now": now}).all()
    return [_claim(delivery, cohort, now) for delivery, cohort in rows]


def claim_one(session: Session, delivery: int, platforms: Sequence[str], now: datetime) -> Claim | None:
    """Take this delivery, on the conditions of `claim_due`; None when they do not hold, or somebody else has it."""
    this = claimable().where(Delivery.id == delivery).with_for_update(of=Delivery, skip_locked=True)
    row = session.execute(this, {"platforms": platforms, "now": now}).first()
    return _claim(row[0], row[1], now) if row is not None else None


@cache
def claimable() -> Select[Delivery, Cohort]:
    """What may be claimed, with its cohort; to be asked with `platforms` and `now`. It is made once: that takes longer
    than to ask it."""
    now: BindParameter[datetime] = bindparam("now")
    platforms: BindParameter[str] = bindparam("platforms", expanding=True)
    earlier = aliased(Delivery)
    waiting = (
        select(earlier.id)
        .where(earlier.cohort_id == Delivery.cohort_id, earlier.kind == Delivery.kind)
        .where(earlier.state.in_(("planned", "blocked")), earlier.local_date < Delivery.local_date)
        .exists()
    )
    refused = select(Cohort.platform).join(Delivery, Delivery.cohort_id == Cohort.id)
    refused = refused.where(BLOCKED, BY_TOKEN, Cohort.state != "paused").correlate(None)
    free = or_(Delivery.lease_until.is_(None), Delivery.lease_until < now)
    return (
        select(Delivery, Cohort)
        .join(Cohort, Cohort.id == Delivery.cohort_id)
        .where(PLANNED, Delivery.next_try_at <= now, free, ~waiting)
        .where((Cohort.platform + "").in_(platforms), Cohort.state != "paused")  # `+ ""`: not by way of all cohorts
        .where(Cohort.platform.not_in(refused))
    )


def outgoing(session: Session, claim: Claim) -> list[Outgoing]:
    """The messages of a claimed delivery in order; none before `keep_messages`."""
    rows = session.scalars(select(Message).where(Message.delivery_id == claim.delivery).order_by(Message.number))
    return [Outgoing(m.id, m.number, m.key, m.body, m.prompt, m.tried_at, m.ref, m.thread) for m in rows]


def keep_messages(
    session: Session, claim: Claim, drafts: Sequence[Draft], *, may_be_out: bool = False
) -> list[Outgoing]:
    """Keep what will be sent. What is kept already stays: a later attempt sends the same bytes. may_be_out: each of
    them counts as tried when it was due, so that it is looked for before it is posted. Raises Fenced."""
    _hold(session, claim)
    if not outgoing(session, claim):
        session.add_all(
            Message(
                delivery_id=claim.delivery,
                number=number,
                prompt=draft.prompt,
                key=draft.key,
                body=draft.body,
                tried_at=claim.due_at if may_be_out else None,
                platform=claim.platform,
            )
            for number, draft in enumerate(drafts)
        )
        session.flush()
    return outgoing(session, claim)


def mark_absent(session: Session, claim: Claim, messages: Sequence[Outgoing]) -> None:
    """Looked for and not there: what was never tried in this record's own life is as new. Raises Fenced."""
    _hold(session, claim)
    for message in messages:
        row = session.get_one(Message, message.id)
        if row.ref is None and row.tried_at == claim.due_at:
            row.tried_at = None


def mark_trying(session: Session, claim: Claim, message: Outgoing, now: datetime) -> datetime:
    """From here on the message may be out. The moment of the first try. Renews the lease. Raises Fenced, also when an
    earlier holder's answer has come after all and the message stands."""
    _hold(session, claim, now + LEASE)
    row = session.get_one(Message, message.id)
    if row.ref is not None:
        raise Fenced
    if row.tried_at is None:
        row.tried_at = now
    return row.tried_at


def mark_refused(session: Session, claim: Claim, message: Outgoing) -> None:
    """The platform surely did not take the message: the next attempt need not look for it. Raises Fenced."""
    _hold(session, claim)
    session.get_one(Message, message.id).tried_at = None


def mark_sent(session: Session, claim: Claim, message: Outgoing, ref: str, now: datetime, *, found: bool) -> None:
    """The message stands under `ref`. `found`: by looking, so that its thread may hold what we have not heard.

    Not fenced: a reference that the platform has given is true whoever writes it, and the first one stays.
    """
    row = session.get_one(Message, message.id)
    if row.ref is None:
        row.ref = ref
        row.unread = found and row.prompt is not None
        row.audit_at = now + FIRST_AUDIT
        delivery = session.get_one(Delivery, claim.delivery)
        delivery.posted_at = delivery.posted_at or now


def mark_thread(session: Session, message: Outgoing, thread: str, now: datetime) -> None:
    """The thread under a prompt's message is open; it is read once, for what came before we knew it. One that lies
    within the thread of its whole lesson is read with this one."""
    row = session.get_one(Message, message.id)
    if row.thread is not None:
        return
    row.thread = thread
    if message.number > 0 and shared_delivery(session, message.id) is not None:
        row.unread = False
        row = session.scalars(select(Message).where(Message.delivery_id == row.delivery_id, Message.number == 0)).one()
    row.unread = True
    row.sweep_at = row.sweep_at or now + FIRST_SWEEP


def mark_done(session: Session, claim: Claim) -> None:
    """Every message and every thread stands, and pins move on to it. Raises Fenced."""
    _write(session, claim, state="done", lease_until=None, reason=None)
    if session.scalar(select(Cohort.pins).where(Cohort.id == claim.cohort)):
        choose_pins(session, claim.cohort)


def mark_failed(session: Session, claim: Claim, reason: str, next_try: datetime) -> bool:
    """Try again at `next_try`; False when that was the last attempt and the delivery is dead. Raises Fenced."""
    alive = claim.tries < GIVE_UP_AFTER
    _write(
        session,
        claim,
        state="planned" if alive else "dead",
        lease_until=None,
        next_try_at=next_try,
        reason=reason[:200],
    )
    return alive


def mark_stuck(session: Session, claim: Claim, state: str, reason: str, now: datetime) -> None:
    """Only a person can help: `state` is "blocked", by its place or the token, so that it is looked at again from time
    to time (`probes`), or "dead". Raises Fenced."""
    _write(session, claim, state=state, lease_until=None, reason=reason[:200])
    delivery = session.get_one(Delivery, claim.delivery, populate_existing=True)
    delivery.next_try_at = now + probe_wait(delivery.probes)


def release_leases(session: Session, platform: str, settles_in: float, now: datetime) -> int:
    """After a restart of the only process: nobody holds a lease any more. What may just have been sent waits until the
    platform's history can show it. The number released."""
    left = session.scalars(
        select(Delivery)
        .join(Cohort, Cohort.id == Delivery.cohort_id)
        .where(PLANNED, Delivery.lease_until >= now, Cohort.platform == platform)
    ).all()
    for delivery in left:
        assert delivery.lease_until is not None, "asked for above"
        taken = delivery.lease_until - LEASE
        delivery.next_try_at = max(delivery.next_try_at, min(now, taken) + timedelta(seconds=settles_in))
        delivery.lease_until = None
    return len(left)


def retry_stuck(session: Session, cohort: int, now: datetime) -> int:
    """Try blocked and dead deliveries of a cohort again: a new round of attempts of the same rows. Where the token was
    refused the platform is looked at first, at the next ring."""
    stuck = update(Delivery).where(Delivery.cohort_id == cohort, Delivery.state.in_(("blocked", "dead")))
    state = case((BLOCKED & BY_TOKEN, "blocked"), else_="planned")
    return _count(session.execute(stuck.values(state=state, next_try_at=now, attempt=next_round(), probes=0)))


def next_round() -> ColumnElement[int]:
    """The attempts of a delivery as they are when a new round of them begins."""
    return (Delivery.attempt + GIVE_UP_AFTER - 1) // GIVE_UP_AFTER * GIVE_UP_AFTER


def _claim(delivery: Delivery, cohort: Cohort, now: datetime) -> Claim:
    delivery.attempt += 1
    delivery.lease_until = now + LEASE
    return Claim(
        delivery=delivery.id,
        fence=delivery.attempt,
        cohort=cohort.id,
        platform=cohort.platform,
        channel=cohort.channel,
        course=cohort.course,
        lesson=delivery.lesson,
        key=delivery_key(cohort.key, delivery.kind, delivery.local_date),
        due_at=delivery.due_at,
        zone=cohort.zone,
        taken_at=now,
        waited_until=delivery.next_try_at,
        ping=cohort.ping,
    )


def _hold(session: Session, claim: Claim, lease_until: datetime | None = None) -> None:
    """Lock the row and make sure that it is still ours."""
    _write(session, claim, **({"lease_until": lease_until} if lease_until else {"attempt": claim.fence}))


def _write(session: Session, claim: Claim, **values: object) -> None:
    fenced = update(Delivery).where(
        Delivery.id == claim.delivery, Delivery.attempt == claim.fence, Delivery.state == "planned"
    )
    if _count(session.execute(fenced.values(**values))) != 1:
        raise Fenced


def _count(result: object) -> int:
    return result.rowcount if isinstance(result, CursorResult) else 0
