"""Tokens at rest. What the database and its backups hold is sealed; the keys stand in the settings and nowhere else.

The library is imported by the first seal: a Slack of one workspace needs none of its 7 MB.
"""

from collections.abc import Sequence


class Unopened(Exception):
    """None of the keys opens what is sealed."""


class Seal:
    """Shuts with the newest key and opens with any: a new key is put in front, and the old one leaves the settings
    once everything has been sealed anew (`Installs.reseal`)."""

    def __init__(self, keys: Sequence[str]) -> None:
        """keys: Fernet's (32 bytes in URL-safe base64), the newest first. Raises ValueError for anything else."""
        from cryptography.fernet import Fernet, InvalidToken, MultiFernet

        fernets = [Fernet(key) for key in keys]
        self._newest, self._any, self._invalid = fernets[0], MultiFernet(fernets), InvalidToken

    def shut(self, token: str | None) -> str | None:
        """Sealed, or None for nothing."""
        return None if token is None else self._newest.encrypt(token.encode()).decode()

    def open(self, sealed: str | None) -> str | None:
        """What was sealed. Raises Unopened."""
        if sealed is None:
            return None
        try:
            return self._any.decrypt(sealed.encode()).decode()
        except (self._invalid, ValueError):
            raise Unopened from None

    def is_newest(self, sealed: str) -> bool:
        """Whether the newest key has sealed it."""
        try:
            self._newest.decrypt(sealed.encode())
        except self._invalid:
            return False
        return True
