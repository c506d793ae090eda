"""How long a blocked delivery is left alone before it is looked at again."""

import random
from datetime import timedelta

FIRST_PROBE = timedelta(minutes=5)
LONGEST_PROBE = timedelta(hours=6)

_SPREAD = 1.2
"""What blocked many cohorts at once would otherwise have all of them looked at in the same second."""


def probe_wait(probes: int) -> timedelta:
    """Until the next probe after `probes` that were in vain: FIRST_PROBE, doubled each time, up to LONGEST_PROBE, with
    up to a fifth of it added by chance."""
    longest = LONGEST_PROBE / _SPREAD
    return min(FIRST_PROBE * (1 << min(probes, 10)), longest) * random.uniform(1, _SPREAD)
