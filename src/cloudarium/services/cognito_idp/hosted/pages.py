"""The pages as HTML: one form each, no script, nothing from elsewhere, in nobody's frame."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

from cloudarium.gateway.http import HttpResponse
from cloudarium.services.cognito_idp.hosted.visitor import CSRF, Visitor
from cloudarium.shared import ids

if TYPE_CHECKING:
    from jinja2 import Environment

_TEMPLATES = Path(__file__).with_name("templates")
_SOURCE = re.compile(r"[a-z][a-z0-9+.-]*:(//[a-z0-9.:\[\]-]+)?")
_TOKEN = re.compile(r"[\w-]{40}", re.ASCII)
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Field(NamedTuple):
    """An input of a form; a `code` is a text of digits, a `choice` one of the options."""

    name: str
    label: str
    type: str
    fill: str
    hint: str = ""
    value: str = ""
    options: Mapping[str, str] = {}


class Form(NamedTuple):
    """What a page asks, where it goes to, and what is said above it; `secret` is for an authenticator app."""

    title: str
    fields: Sequence[Field]
    button: str
    action: str
    lead: str = ""
    hidden: Mapping[str, str] = {}
    links: Mapping[str, str] = {}
    error: str = ""
    note: str = ""
    secret: str = ""
    label: str = ""
    providers: Mapping[str, str] = {}


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )


@cache
def _style() -> tuple[str, str]:
    """(the pages' style, the digest by which a browser is told to trust it)."""
    text = (_TEMPLATES / "style.css").read_text()
    return text, base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _rules(target: str) -> str:
    """The content security policy; browsers follow it from a form through redirects, so it names the client too."""
    parts = urlsplit(target)
    sources = ["'self'"]
    source = f"{parts.scheme}://{parts.netloc}".lower() if parts.netloc else f"{parts.scheme}:".lower()
    if target and _SOURCE.fullmatch(source):
        sources.append(source)
    if parts.hostname in _LOOPBACK:  # whoever develops has the page behind the callback on another port
        sources += ["http://localhost:*", "http://127.0.0.1:*"]
    own = f"default-src 'none'; style-src 'sha256-{_style()[1]}'; base-uri 'none'; frame-ancestors 'none'"
    return f"{own}; form-action {' '.join(sources)}"


def _page(name: str, status: int, cookies: tuple[str, ...] = (), target: str = "", **given: Any) -> HttpResponse:
    from markupsafe import Markup

    text = _environment().get_template(name).render(style=Markup(_style()[0]), **given)
    headers = {
        "content-type": "text/html; charset=utf-8",
        "cache-control": "no-store",
        "content-security-policy": _rules(target),
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "same-origin",  # with less a browser would not say of its own form where it comes from
    }
    return HttpResponse(status, headers, text.encode("utf-8", "replace"), cookies)


def told(title: str, message: str, status: int) -> HttpResponse:
    """A page that says something and asks nothing."""
    return _page("told.html", status, title=title, message=message)


def failed(message: str, status: int) -> HttpResponse:
    """An error page."""
    return _page("failed.html", status, title="An error was encountered", message=message)


def form(visitor: Visitor, asked: Form, target: str) -> HttpResponse:
    """A page with one form; its token against forged ones is in a cookie and in a hidden field.

    `target` is where the client will have the browser sent in the end.
    """
    kept = visitor.cookies.get(CSRF, "")
    token = kept if _TOKEN.fullmatch(kept) else ids.token(40)
    first = next((place for place, field in enumerate(asked.fields) if not field.value), 0)
    cookies = (visitor.cookie(CSRF, token, 3600),)
    given = {"title": asked.title, "form": asked, "token": token, "first": first, "picture": _picture(asked)}
    return _page("form.html", 400 if asked.error else 200, cookies, target, **given)


def _picture(asked: Form) -> Any:
    """The key as a picture that an app reads."""
    if not asked.secret:
        return ""
    import segno
    from markupsafe import Markup

    issuer, _, name = asked.label.partition("\n")
    query = urlencode({"secret": asked.secret, "issuer": issuer}, quote_via=quote)
    code = segno.make(f"otpauth://totp/{quote(issuer)}:{quote(name)}?{query}", error="m", micro=False)
    return Markup(code.svg_inline(border=3, omitsize=True, dark="#000", light="#fff"))  # markup of its own making
