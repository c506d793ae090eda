"""Discord's refusals: HTTP status, error code, message, and the field tree of an invalid form body.

Codes and messages: Discord's developer documentation, "Opcodes and Status Codes" and "Reference: error messages".
"""

from typing import Any


class Refused(Exception):
    """One REST call is answered with an error. `errors` is the tree of an Invalid Form Body, else None."""

    def __init__(self, status: int, code: int, message: str, errors: dict[str, Any] | None = None) -> None:
        super().__init__(f"{status} {code} {message}")
        self.status, self.code, self.message, self.errors = status, code, message, errors

    @property
    def breach(self) -> bool:
        """True when the call itself broke a documented rule; False when the world has changed (a permission taken, a
        channel deleted, a message moderated away)."""
        return self.code in _BREACHES or (self.status in (404, 405) and self.code == 0)

    def body(self) -> dict[str, Any]:
        return {"message": self.message, "code": self.code} | ({"errors": self.errors} if self.errors else {})


_KNOWN = {
    10003: (404, "Unknown Channel"),
    10004: (404, "Unknown Guild"),
    10007: (404, "Unknown Member"),
    10008: (404, "Unknown Message"),
    10013: (404, "Unknown User"),
    10014: (400, "Unknown Emoji"),
    10015: (404, "Unknown Webhook"),
    10062: (404, "Unknown interaction"),
    10063: (404, "Unknown application command"),
    30003: (400, "Maximum number of pins reached for the channel (50)"),
    30010: (400, "Maximum number of reactions reached (20)"),
    30046: (429, "Maximum number of edits to messages older than 1 hour reached. Try again later"),
    10087: (400, "Unknown tag"),
    40005: (413, "Request entity too large"),
    40060: (400, "Interaction has already been acknowledged."),
    40067: (400, "A tag is required to create a forum post in this channel"),
    50001: (403, "Missing Access"),
    50003: (403, "Cannot execute action on a DM channel"),
    50005: (403, "Cannot edit a message authored by another user"),
    50006: (400, "Cannot send an empty message"),
    50007: (403, "Cannot send messages to this user"),
    50008: (400, "Cannot send messages in a non-text channel"),
    50013: (403, "Missing Permissions"),
    50021: (403, "Cannot execute action on a system message"),
    50024: (400, "Cannot execute action on this channel type"),
    50027: (401, "Invalid Webhook Token"),
    50083: (400, "Thread is archived"),
    50109: (400, "The request body contains invalid JSON."),
    160002: (400, "Cannot reply without permission to read message history"),
    160004: (400, "A thread has already been created for this message"),
    160005: (403, "Thread is locked"),
}

_BREACHES = {
    10014,
    10015,
    10062,
    10063,
    30010,
    40005,
    40060,
    50003,
    50005,
    50006,
    50021,
    50024,
    50027,
    50035,
    50109,
    160002,
}


def refused(code: int) -> Refused:
    """The refusal that Discord knows under this code."""
    status, message = _KNOWN[code]
    return Refused(status, code, message)


def unauthorized() -> Refused:
    return Refused(401, 0, "401: Unauthorized")


def not_found() -> Refused:
    return Refused(404, 0, "404: Not Found")


class FormErrors:
    """Collects what is wrong with a body, by field, and refuses once with all of it (code 50035)."""

    def __init__(self) -> None:
        self.tree: dict[str, Any] = {}

    def add(self, path: str, code: str, message: str) -> None:
        """`path` as in "components.0.label"."""
        node = self.tree
        for step in path.split(".") if path else ():
            node = node.setdefault(step, {})
        node.setdefault("_errors", []).append({"code": code, "message": message})

    def text(self, path: str, value: Any, longest: int, shortest: int = 0, required: bool = False) -> str:
        """Check a text field; the text, or "" when it is absent or not a text."""
        if value is None:
            if required:
                self.add(path, "BASE_TYPE_REQUIRED", "This field is required")
            return ""
        if not isinstance(value, str):
            self.add(path, "STRING_TYPE_CONVERT", "Could not interpret as string.")
            return ""
        self._length(path, len(value), longest, shortest)
        return value

    def items(self, path: str, value: Any, most: int, least: int = 0) -> list[Any]:
        """Check a list field; the list, or [] when it is absent or not a list."""
        if value is None and least == 0:
            return []
        if not isinstance(value, list):
            self.add(path, "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
            return []
        self._length(path, len(value), most, least)
        return value

    def record(self, path: str, value: Any) -> dict[str, Any]:
        """Check that a field is an object; the object, or {}."""
        if isinstance(value, dict):
            return value
        self.add(path, "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType")
        return {}

    def whole(self, path: str, value: Any, least: int, most: int) -> None:
        """Check a whole-number field that may be absent."""
        if value is None:
            return
        if isinstance(value, bool) or not isinstance(value, int):
            self.add(path, "NUMBER_TYPE_COERCE", f'Value "{str(value)[:40]}" is not int.')
        elif not least <= value <= most:
            self.add(path, "NUMBER_TYPE_MAX", f"int value should be between {least} and {most}.")

    def choice(self, path: str, value: Any, allowed: tuple[Any, ...]) -> None:
        if isinstance(value, bool) or value not in allowed:
            self.add(path, "BASE_TYPE_CHOICES", f"Value must be one of {{{', '.join(map(str, allowed))}}}.")

    def refuse(self) -> None:
        """Raise Refused when anything was added."""
        if self.tree:
            raise Refused(400, 50035, "Invalid Form Body", self.tree)

    def _length(self, path: str, length: int, most: int, least: int) -> None:
        if length > most:
            self.add(path, "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")
        elif length == 0 and least:
            self.add(path, "BASE_TYPE_REQUIRED", "This field is required")
        elif length < least:
            self.add(path, "BASE_TYPE_MIN_LENGTH", f"Must be {least} or more in length.")


def invalid(path: str, code: str, message: str) -> Refused:
    """An invalid form body with one error."""
    errors = FormErrors()
    errors.add(path, code, message)
    return Refused(400, 50035, "Invalid Form Body", errors.tree)
