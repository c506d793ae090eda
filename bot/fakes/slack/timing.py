"""How long things last, in real seconds whatever the fake's clock says: both sides of a socket live in real time."""

from dataclasses import dataclass

from bot.fakes.slack import limits


@dataclass(frozen=True)
class Timing:
    """Slack's own figures, and four of ours. Tests shorten them.

    acknowledge: an envelope or HTTP event must be answered within it. retries: waits before an event is sent again.
    """

    acknowledge: float = limits.ACKNOWLEDGE_SECONDS
    retries: tuple[float, ...] = (0.0, 60.0, 300.0)
    trigger: float = limits.TRIGGER_SECONDS
    response_url: float = limits.RESPONSE_URL_SECONDS
    answer: float = 5.0  # ours: how long a person waits for something to be shown
    settle: float = 0.15  # ours: after an early acknowledgement, how long until the answer counts as whole
    offline: float = 60.0  # ours: how long an envelope waits for a first socket
    grace: float = 2.0  # ours: from a "disconnect" to the end of that socket


@dataclass(frozen=True)
class PostRate:
    """chat.postMessage: about one a second and channel, with short bursts above it allowed."""

    per_second: float = 1.0
    burst: int = 5
