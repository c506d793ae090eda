"""What is made of a visit's secret, which only the browser's cookie holds: the mark of each form of ours, and the
sentence that is shown once after an act. Nothing of it is kept."""

import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256

MOST_SAID = 1_500
"""Bytes of a sentence that a cookie carries; browsers take 4,096 of the whole cookie (RFC 6265, 6.1)."""


def form_mark(secret: str) -> str:
    """What each form of ours carries as its field "csrf". A new one each time, so that a page's length tells nothing
    of it; every one of them is good for as long as the visit lasts."""
    salt = secrets.token_hex(8)
    return f"{salt}.{_digest(secret, 'form', salt)}"


def is_form_mark(secret: str, mark: str) -> bool:
    """Whether a form was made by us, for this visit."""
    salt, _, digest = mark.partition(".")
    return _same(digest, _digest(secret, "form", salt))


def seal_said(secret: str, path: str, says: str) -> str:
    """A sentence for the page at `path`, as a cookie's value."""
    text = says.encode("utf-8", "replace")[:MOST_SAID].decode("utf-8", "ignore")
    packed = urlsafe_b64encode(text.encode()).decode()
    return f"{_digest(secret, 'said', path, text)}.{packed}"


def open_said(secret: str, path: str, sealed: str) -> str:
    """The sentence for the page at `path`; "" when it is for another one, or was not made by us for this visit."""
    digest, _, packed = sealed.partition(".")
    try:
        text = urlsafe_b64decode(packed.encode()).decode()
    except ValueError:
        return ""
    return text if _same(digest, _digest(secret, "said", path, text)) else ""


def _digest(secret: str, *words: str) -> str:
    message = "\n".join(words).encode("utf-8", "replace")  # no word but the last one may hold a line end, and none does
    return hmac.new(secret.encode("utf-8", "replace"), message, sha256).hexdigest()


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))
