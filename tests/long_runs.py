"""How much of the same is tried. `make faults` sets HOMEROOM_LONG and tries all of it; every other run tries a part,
with each kind of step and both databases in it."""

import os

LONG = bool(os.environ.get("HOMEROOM_LONG"))


def so_many(always: int, long: int) -> int:
    return long if LONG else always
