"""Answers as HTTP: what browsers may do with a page, and how a file is called."""

from urllib.parse import quote

from aiohttp import web

from bot.web.desk.doors import Sent
from bot.web.desk.forms import cleaned
from bot.web.desk.rendering import Shell, StaticFile, rendered

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # with none at all, browsers would not tell where a form of ours comes from
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cache-Control": "no-store",
}
"""No script and no style but our own files, nothing from elsewhere, no frame, nothing kept where others may look."""

FOR_EVER = "private, max-age=31536000, immutable"


def page_response(html: str, status: int = 200) -> web.Response:
    body = html.encode("utf-8", "replace")
    return web.Response(status=status, body=body, content_type="text/html", charset="utf-8", headers=HEADERS)


def refusal(
    kind: str, status: int, shell: Shell, retry_after: int | None = None, wrote: tuple[str, ...] = ()
) -> web.Response:
    """A page that says why not, and what to do; `kind` is one of those in `templates/refusal.html`. wrote: what
    somebody had written, to take with them."""
    response = page_response(rendered("refusal.html", shell, kind=kind, call=None, wrote=wrote), status)
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


def file_response(sent: Sent, content: bytes) -> web.Response:
    """A file that is whole, as it was made."""
    headers = {**HEADERS, "Content-Disposition": disposition(sent.name, attached=sent.attached)}
    response = web.Response(body=content, headers=headers)
    response.headers["Content-Type"] = sent.content_type
    return response


def static_response(file: StaticFile) -> web.Response:
    headers = {**HEADERS, "Cache-Control": FOR_EVER, "Content-Type": file.content_type}
    return web.Response(body=file.content, headers=headers)


def disposition(name: str, *, attached: bool) -> str:
    """How a file is called, whatever people have called it (RFC 6266): in ASCII for old browsers, in UTF-8 for all
    others. No name leads out of the folder where it is kept."""
    kind = "attachment" if attached else "inline"
    plain = cleaned(name).replace("\n", " ").replace("\t", " ")
    safe = "".join("-" if letter in '/\\:*?"<>|%' else letter for letter in plain).strip(" .")[:150] or "file"
    ascii_ = safe.encode("ascii", "replace").decode().replace("?", "_")
    return f"{kind}; filename=\"{ascii_}\"; filename*=UTF-8''{quote(safe, safe='')}"
