"""What somebody reads who installs the app: plain pages, without a script."""

import hashlib
import html
from base64 import b64encode

from aiohttp import web

from bot.platforms.slack.workspaces import INSTALL_PATH

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:36em;margin:4em auto;padding:0 1em;color:#1d1c1d;background:#fff}
a.button{display:inline-block;padding:.6em 1.2em;border:2px solid #1f3a5f;border-radius:.4em;color:#1f3a5f;
font-weight:600;text-decoration:none}
"""
_DIGEST = b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY = (
    f"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; style-src 'sha256-{_DIGEST}'"
)
_AGAIN = f'<p><a class="button" href="{INSTALL_PATH}">Begin again</a></p>'
_LONGEST = 200  # characters of a name that somebody else has chosen


def invitation(question: str) -> web.Response:
    """question: where Slack asks whether they want this."""
    says = (
        "<p>Homeroom runs a study cohort inside Slack: a lesson a day in a channel, a thread under each writing prompt,"
        " and everybody’s answers kept.</p>"
        f'<p><a class="button" href="{html.escape(question)}">Add to Slack</a></p>'
        "<p>Slack asks you which workspace, and shows what Homeroom may do there. You can take it away again at any"
        " time, under Manage apps.</p>"
    )
    return _page(200, "Add Homeroom to Slack", says)


def installed(name: str) -> web.Response:
    """name: the workspace's or the organisation's, as they call themselves."""
    says = (
        f"<p>Homeroom is in <strong>{html.escape(name[:_LONGEST])}</strong>.</p>"
        "<ol><li>In Slack, open the channel of your cohort.</li><li>Type <code>/invite @Homeroom</code></li>"
        "<li>Type <code>/cohort create NAME</code></li></ol>"
        "<p>Cohorts that were waiting for this go on by themselves.</p>"
    )
    return _page(200, "Homeroom is installed", says)


def declined() -> web.Response:
    return _page(200, "Nothing was installed", f"<p>Slack says that it was declined.</p>{_AGAIN}")


def strange() -> web.Response:
    """A way back that nobody here has begun, or not lately."""
    says = (
        "<p>This link has been used, is older than ten minutes, or was opened in another browser than the one that"
        f" began. Nothing was installed.</p>{_AGAIN}"
    )
    return _page(400, "That did not begin here", says)


def refused(detail: str) -> web.Response:
    """detail: Slack's own word for it."""
    says = f"<p>Slack did not hand over the keys ({html.escape(detail[:_LONGEST])}). Nothing was installed.</p>{_AGAIN}"
    return _page(502, "Slack did not agree", says)


def record_gone() -> web.Response:
    says = f"<p>Homeroom cannot reach its record. Nothing was installed; please try again in a minute.</p>{_AGAIN}"
    return _page(503, "Not just now", says)


def _page(status: int, title: str, says: str) -> web.Response:
    text = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><style>{_STYLE}</style></head>'
        f"<body><main><h1>{title}</h1>{says}</main></body></html>"
    )
    return web.Response(
        status=status, text=text, content_type="text/html", headers={"Content-Security-Policy": _POLICY}
    )
