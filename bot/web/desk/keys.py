"""Names for what is to be told: 24 random letters, as platforms carry them."""

import secrets
from base64 import b32encode


def new_key() -> str:
    """24 characters of a-z2-7."""
    return b32encode(secrets.token_bytes(15)).decode().lower()
