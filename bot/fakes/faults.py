"""What may go wrong on a fake, told before it happens, and counted when it did."""

import random
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase


class Kind(StrEnum):
    """What happens to one call."""

    DROP = "drop"  # the connection is closed before anything is done
    BUSY = "busy"  # 429, with Retry-After = seconds; nothing is done
    ERROR = "error"  # a 5xx; nothing is done
    ACCEPT_THEN_DROP = "accept_then_drop"  # done, and the answer is never seen
    ACCEPT_THEN_ERROR = "accept_then_error"  # done, and the answer is a 5xx
    LATE = "late"  # the connection is closed at once, and it is done `seconds` later
    SLOW = "slow"  # done and answered after `seconds`


@dataclass(frozen=True)
class Fault:
    kind: Kind
    seconds: float = 1.0


@dataclass
class _Rule:
    call: str
    fault: Fault
    probability: float
    left: int | None  # None: no end


class FaultPlan:
    """Rules over calls. A call is named "POST /channels/7/messages" (Discord) or "chat.postMessage" (Slack)."""

    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed)
        self._rules: list[_Rule] = []
        self.injected: Counter[str] = Counter()

    def next_calls(self, call: str, fault: Fault, times: int = 1) -> None:
        """The next `times` calls whose name matches the pattern `call` (`*` and `?`) meet the fault."""
        self._rules.append(_Rule(call, fault, 1.0, times))

    def often(self, call: str, fault: Fault, probability: float) -> None:
        """Each matching call meets the fault with this probability, until `heal`."""
        self._rules.append(_Rule(call, fault, probability, None))

    def heal(self) -> None:
        """Nothing goes wrong from here on."""
        self._rules.clear()

    def meet(self, call: str) -> Fault | None:
        """The fault that this call meets, or None. Asked once by the fake for every call."""
        for rule in self._rules:
            if rule.left != 0 and fnmatchcase(call, rule.call) and self._random.random() < rule.probability:
                if rule.left is not None:
                    rule.left -= 1
                self.injected[f"{rule.fault.kind}"] += 1
                return rule.fault
        return None
