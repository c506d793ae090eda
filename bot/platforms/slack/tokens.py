"""Tokens at rest. What the database and its backups hold is sealed; the keys stand in the settings and nowhere else."""

from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class Unopened(Exception):
    """None of the keys opens what is sealed."""


class Seal:
    """Shuts with the newest key and opens with any: a new key is put in front, and the old one leaves the settings
    once everything has been sealed anew (`Installs.reseal`)."""

    def __init__(self, keys: Sequence[str]) -> None:
        """keys: Fernet's (32 bytes in URL-safe base64), the newest first. Raises ValueError for anything else."""
        fernets = [Fernet(key) for key in keys]
        self._newest, self._any = fernets[0], MultiFernet(fernets)

    def shut(self, token: str | None) -> str | None:
        """Sealed, or None for nothing."""
        return None if token is None else self._newest.encrypt(token.encode()).decode()

    def open(self, sealed: str | None) -> str | None:
        """What was sealed. Raises Unopened."""
        if sealed is None:
            return None
        try:
            return self._any.decrypt(sealed.encode()).decode()
        except (InvalidToken, ValueError):
            raise Unopened from None

    def is_newest(self, sealed: str) -> bool:
        """Whether the newest key has sealed it."""
        try:
            self._newest.decrypt(sealed.encode())
        except InvalidToken:
            return False
        return True
