"""Several machines on one database go by the database's clock: a lease must mean the same to all of them."""

from sqlalchemy import Engine, func, select

from bot.clock import SteeredClock, system_clock

READINGS = 5


def steer(engine: Engine, clock: SteeredClock) -> None:
    """Set the clock by PostgreSQL's. The reading with the shortest way there and back counts: it is off by half of
    that at most. Raises SQLAlchemyError when the database cannot be asked."""
    readings = []
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for _ in range(READINGS):
            asked_at = system_clock()
            moment = connection.scalar(select(func.clock_timestamp()))
            answered_at = system_clock()
            if moment is not None:
                readings.append((answered_at - asked_at, asked_at, moment, answered_at))
    _, asked_at, moment, answered_at = min(readings)
    clock.steer(asked_at, moment, answered_at)
