"""The pages as HTML: one form each, no script, nothing from elsewhere."""

from __future__ import annotations

from html import escape

from cloudarium.gateway.http import HttpResponse
from cloudarium.services.cognito_idp.hosted.visitor import CSRF, Visitor
from cloudarium.shared import ids

_STYLE = """
*{box-sizing:border-box}body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1rem;
font:16px/1.5 system-ui,sans-serif;color:#16202e;background:linear-gradient(160deg,#e9eef7,#d5dff0)}
main{width:100%;max-width:24rem;background:#fff;border-radius:14px;padding:2rem 1.75rem;
box-shadow:0 12px 40px rgba(22,32,46,.14)}h1{margin:0 0 1.25rem;font-size:1.4rem}
label{display:block;margin:0 0 1rem;font-size:.9rem;font-weight:600}
input{display:block;width:100%;margin-top:.3rem;padding:.7rem .8rem;font:inherit;border:1px solid #b9c4d6;
border-radius:8px}input:focus{outline:3px solid #9ec0ff;border-color:#2f6fe4}
button{width:100%;padding:.8rem;font:inherit;font-weight:600;color:#fff;background:#2158c7;border:0;border-radius:8px;
cursor:pointer}button:hover{background:#1a479f}.no{padding:.7rem .9rem;margin:0 0 1rem;border-radius:8px;color:#7d1414;
background:#fdeaea}.so{padding:.7rem .9rem;margin:0 0 1rem;border-radius:8px;background:#eaf2fd}
nav{margin-top:1.25rem;font-size:.92rem;display:flex;justify-content:space-between;gap:1rem;flex-wrap:wrap}
a{color:#2158c7}
@media (prefers-color-scheme:dark){body{color:#e6ebf4;background:#10151d}main{background:#1a222e;box-shadow:none}
input{background:#10151d;color:inherit;border-color:#44526a}a{color:#8db4ff}.no{color:#ffc9c9;background:#4a1b1b}
.so{background:#1d3150}}
"""
_RULES = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"


def page(title: str, inside: str, status: int = 200, cookies: tuple[str, ...] = ()) -> HttpResponse:
    """A whole page."""
    text = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{escape(title)}</h1>{inside}</main></body></html>"
    )
    headers = {
        "content-type": "text/html; charset=utf-8",
        "cache-control": "no-store",
        "content-security-policy": _RULES,
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
    }
    return HttpResponse(status, headers, text.encode(), cookies)


def failed(message: str, status: int) -> HttpResponse:
    """An error page."""
    return page("An error was encountered", f'<p class="no">{escape(message)}</p>', status)


def form(
    visitor: Visitor, title: str, fields: list[tuple[str, str, str, str]], button: str, *, action: str,
    hidden: dict[str, str] | None = None, links: dict[str, str] | None = None, error: str = "", note: str = "",
) -> HttpResponse:  # fmt: skip
    """A page with one form; its token against forged ones is in a cookie and in a hidden field."""
    token = visitor.cookies.get(CSRF, "")
    token = token if len(token) >= 20 and token.isascii() and token.replace("-", "").replace("_", "").isalnum() else ""
    token = token or ids.token(40)
    inputs = [_hidden("_csrf", token), *(_hidden(name, value) for name, value in (hidden or {}).items())]
    inputs += [_input(*field) for field in fields]
    said = f'<p class="no" role="alert">{escape(error)}</p>' if error else ""
    said += f'<p class="so">{escape(note)}</p>' if note else ""
    ways = "".join(f'<a href="{escape(url)}">{escape(text)}</a>' for text, url in (links or {}).items())
    inside = (
        f'{said}<form method="post" action="{escape(action)}">{"".join(inputs)}<button>{escape(button)}</button></form>'
    )
    status = 400 if error else 200
    return page(title, inside + (f"<nav>{ways}</nav>" if ways else ""), status, (visitor.cookie(CSRF, token, 3600),))


def _hidden(name: str, value: str) -> str:
    return f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'


def _input(name: str, label: str, type: str, fill: str) -> str:
    attributes = f'name="{escape(name)}" type="{type}" autocomplete="{fill}" required'
    return f"<label>{escape(label)}<input {attributes}></label>"
