"""The markup of the mail box: plain HTML without scripts, light and dark, for a phone too."""

from __future__ import annotations

import base64
import re
from html import escape
from typing import Any
from urllib.parse import quote

Data = dict[str, Any]

_STYLE = """
:root{color-scheme:light dark;--line:#d8dee6;--soft:#5b6673;--card:#fff;--back:#f5f7fa;--ink:#16202c;--link:#0b5fb0;
--good:#13703b;--bad:#b3261e}
@media (prefers-color-scheme:dark){:root{--line:#2f3945;--soft:#9aa7b5;--card:#1a222c;--back:#11171e;--ink:#e7edf4;
--link:#7cb8f5;--good:#66c88a;--bad:#ff8a80}}
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
main{max-width:60rem;margin:0 auto;padding:1rem}
header{display:flex;flex-wrap:wrap;gap:.5rem 1.25rem;align-items:baseline;margin-bottom:1rem}
h1{font-size:1.4rem;margin:0}h2{font-size:1.05rem;margin:1.5rem 0 .5rem}.pad>h2:first-child{margin-top:0}
a{color:var(--link);text-decoration:none}a:hover,a:focus{text-decoration:underline}
nav{display:flex;gap:1rem;margin-left:auto;align-items:baseline}
.card{background:var(--card);border:1px solid var(--line);border-radius:.6rem;overflow:hidden}
.pad{padding:1rem}
.mail{display:grid;grid-template-columns:minmax(0,1fr) auto;gap:.1rem 1rem;padding:.7rem 1rem;color:inherit;
border-top:1px solid var(--line)}
.mail:first-child{border-top:0}.mail:hover,.mail:focus{background:var(--back);text-decoration:none}
.mail b,.mail span{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.soft,.mail small{color:var(--soft)}.mail small{text-align:right}
.tag{border:1px solid currentColor;border-radius:1rem;padding:0 .5rem;font-size:.8rem}
.good{color:var(--good)}.bad{color:var(--bad)}
form{margin:0}.search{display:grid;grid-template-columns:repeat(auto-fit,minmax(9rem,1fr));gap:.5rem;margin-bottom:1rem}
input,button{font:inherit;color:inherit;background:var(--card);border:1px solid var(--line);border-radius:.4rem;
padding:.4rem .6rem;min-width:0;width:100%}
button{cursor:pointer;color:var(--link);width:auto}button:hover{border-color:var(--link)}
dl{display:grid;grid-template-columns:auto minmax(0,1fr);gap:.2rem 1rem;margin:0}
dt{color:var(--soft)}time b{font-weight:inherit}dd{margin:0;overflow-wrap:anywhere}
iframe{display:block;width:100%;height:26rem;border:0;background:#fff}
.card:has(iframe){resize:vertical}
pre{margin:0;white-space:pre-wrap;overflow-wrap:anywhere;font:13px/1.5 ui-monospace,Menlo,Consolas,monospace}
table{width:100%;table-layout:fixed;border-collapse:collapse;font-size:.85rem}
td,th{text-align:left;padding:.3rem .5rem;vertical-align:top;
border-top:1px solid var(--line);overflow-wrap:anywhere}
th{color:var(--soft);font-weight:500;width:11rem}
.dns th{width:4.5rem}.dns td:nth-child(2){width:40%}
.topic{display:flex;gap:.7rem;padding:.5rem 0;border-top:1px solid var(--line)}.topic input{width:auto;margin-top:.3rem}
.row{display:flex;flex-wrap:wrap;gap:.5rem 1rem;align-items:baseline}
@media (max-width:36rem){main{padding:.6rem}dl{grid-template-columns:1fr}dt{margin-top:.4rem}iframe{height:20rem}
th{width:7rem}.mail time b{display:none}}
"""
_HERE = "/_cloudarium/mail"
GUARDS = {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "content-security-policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-src 'self'; form-action 'self';"
        " base-uri 'none'; frame-ancestors 'self'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",  # with none at all, a browser hides the Origin of the pages' own forms too
}
_OUTSIDE = re.compile(r"<img\b[^>]{0,4000}?\bsrc\s*=\s*[\"']?https?:|url\(\s*[\"']?https?:", re.I)


def _page(title: str, body: str, bare: bool = False) -> str:
    """A page; a bare one is not the mail box's reader's."""
    head = (
        f'<h1><a href="{_HERE}">Mail box</a></h1>'
        f'<nav><a href="{_HERE}">Mails</a><a href="{_HERE}/identities">Identities</a></nav>'
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><main>"
        f"<header>{f'<h1>{escape(title)}</h1>' if bare else head}</header>{body}</main></body></html>"
    )


def _tag(status: str) -> str:
    kind = "good" if status in ("Delivery", "Success") else "soft" if status in ("Pending", "NotStarted") else "bad"
    return f'<span class="tag {kind}">{escape(status)}</span>'


def _when(text: str) -> str:
    return f'<time datetime="{text}"><b>{text[:10]}</b> {text[11:19]}</time>'


def listing(mails: list[Data], given: dict[str, str]) -> str:
    """The newest mails, with a search."""
    fields = "".join(
        f'<input name="{name}" placeholder="{name}" aria-label="{name}" value="{escape(given.get(name, ""))}">'
        for name in ("to", "from", "subject")
    )
    search = f'<form class="search" method="get" action="{_HERE}">{fields}<button>Search</button></form>'
    rows = "".join(_row(each) for each in mails)
    if not rows:
        rows = '<p class="pad soft">No mail yet. What the cloud sends lands here and goes nowhere else.</p>'
    clear = (
        f'<form method="post" action="{_HERE}/clear"><p><button>Empty the mail box</button></p></form>' if mails else ""
    )
    return _page("Mail box", f'{search}<div class="card">{rows}</div>{clear}')


def _row(each: Data) -> str:
    status = "" if each["status"] == "Delivery" else _tag(each["status"])
    to = ", ".join([*each["to"], *each["cc"], *each["bcc"]])
    return (
        f'<a class="mail" href="{_HERE}/{quote(each["id"])}"><b>{escape(each["subject"]) or "(no subject)"}</b>'
        f'<small>{_when(each["sent"])}</small><span class="soft">{escape(each["from"])} &rarr; {escape(to)}</span>'
        f"<small>{status}</small></a>"
    )


def one(mail: Data, pictures: bool = False) -> str:
    """One mail: who, what it says, what is attached, all headers; `pictures` from elsewhere are shown if asked for."""
    where = f"{_HERE}/{quote(mail['id'])}"
    facts = [("From", escape(mail["from"])), ("To", escape(", ".join(mail["to"])))]
    facts += [(name.title(), escape(", ".join(mail[name]))) for name in ("cc", "bcc") if mail[name]]
    facts += [("Sent", _when(mail["sent"])), ("Status", f"{_tag(mail['status'])} {escape(mail['reason'])}")]
    facts.append(("Account", f"{escape(mail['account'])} in {escape(mail['region'])}, by {escape(mail['operation'])}"))
    if mail["configuration_set"]:
        facts.append(("Configuration set", escape(mail["configuration_set"])))
    if mail["tags"]:
        facts.append(("Tags", escape(", ".join(f"{name}={value}" for name, value in mail["tags"].items()))))
    told = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in facts)
    parts = [f'<h2>{escape(mail["subject"]) or "(no subject)"}</h2><div class="card pad"><dl>{told}</dl></div>']
    if mail["html"] is not None:
        rules = "allow-popups allow-popups-to-escape-sandbox"
        source = f"{where}/html{'?pictures=1' if pictures else ''}"
        frame = f'<iframe src="{source}" title="HTML of the mail" sandbox="{rules}"></iframe>'
        ask = "" if pictures or not _OUTSIDE.search(mail["html"]) else _PICTURES.format(where)
        parts.append(f'<h2>HTML</h2>{ask}<div class="card">{frame}</div>')
    if mail["text"] is not None:
        parts.append(f'<h2>Text</h2><div class="card pad"><pre>{_linked(mail["text"])}</pre></div>')
    if mail["attachments"]:
        parts.append(f'<h2>Attachments</h2><div class="card pad">{_attachments(where, mail["attachments"])}</div>')
    rows = "".join(
        f"<tr><th>{escape(each['name'])}</th><td>{escape(each['value'])}</td></tr>" for each in mail["headers"]
    )
    parts.append(
        f'<h2>Headers</h2><div class="card"><table>{rows}</table></div><p><a href="{where}/raw">Raw message</a></p>'
    )
    return _page(mail["subject"] or "Mail", "".join(parts))


_PICTURES = '<p class="soft">Pictures from elsewhere are not shown. <a href="{}?pictures=1">Show them</a></p>'


def _attachments(where: str, attached: list[Data]) -> str:
    return "".join(
        f'<div class="row"><a href="{where}/attachment/{number}" download>{escape(each["name"])}</a>'
        f'<span class="soft">{escape(each["type"])}, {each["size"]} bytes</span></div>'
        for number, each in enumerate(attached)
    )


_LINK = re.compile(r"https?://[^\s<>\"']+")


def _linked(text: str) -> str:
    parts, place = [], 0
    for found in _LINK.finditer(text):
        link = escape(found[0])
        parts += [escape(text[place : found.start()]), f'<a href="{link}" rel="noreferrer">{link}</a>']
        place = found.end()
    return "".join(parts) + escape(text[place:])


def notice(words: str, good: bool) -> str:
    """A page of one sentence."""
    return _page("Mail box", f'<div class="card pad"><p class="{"good" if good else "bad"}">{escape(words)}</p></div>')


def preferences(email: str, data: Data, shown: Data, action: str, saved: bool) -> str:
    """What the recipient of a mail wants to get: its topics, and a way to get nothing any more."""
    states = {each["topicName"]: each["subscriptionStatus"] for each in shown["topicSubscriptionStatus"]}
    topics = "".join(
        f'<label class="topic"><input type="checkbox" name="topic" value="{escape(each["TopicName"])}"'
        f"{' checked' if states[each['TopicName']] == 'OptIn' and not shown['unsubscribeAll'] else ''}>"
        f"<span><b>{escape(each['DisplayName'])}</b><br>"
        f'<span class="soft">{escape(each.get("Description") or "")}</span></span></label>'
        for each in data["Topics"]
    )
    note = '<p class="good">Your choice is saved.</p>' if saved else ""
    state = '<p class="bad">You get no mail of this list.</p>' if shown["unsubscribeAll"] else ""
    save = '<button name="save" value="1">Save</button>' if topics else ""
    form = (
        f'<form method="post" action="{escape(action)}">{topics}<p class="row">{save}'
        '<button name="all" value="1">Unsubscribe from all</button></p></form>'
    )
    about = f'<p class="soft">{escape(data.get("Description") or "")}</p>'
    return _page(
        "Your subscriptions",
        f'<div class="card pad"><h2>Mail for {escape(email)}</h2>{about}{note}{state}{form}</div>',
        bare=True,
    )


def identities(found: list[Data]) -> str:
    """The identities with the records that prove domains, and the button that stands for publishing them."""
    if not found:
        return _page("Identities", '<div class="card"><p class="pad soft">No account has an identity yet.</p></div>')
    return _page("Identities", "".join(_identity(each) for each in found))


def _identity(each: Data) -> str:
    where = f'<span class="soft">{each["account"]} in {escape(each["region"])}</span>'
    head = f"<b>{escape(each['identity'])}</b>{_tag(each['status'])}{where}"
    rows = "".join(
        f"<tr><th>{entry['Type']}</th><td>{escape(entry['Name'])}</td><td>{escape(entry['Value'])}</td></tr>"
        for entry in each["records"]
    )
    top = '<tr><th>Type</th><th style="width:40%">Name</th><th style="width:auto">Value</th></tr>'
    table = f'<table class="dns">{top}{rows}</table>' if rows else ""
    waits = each["type"] == "Domain" and (each["status"] != "Success" or each["dkim"] == "Pending")
    fields = "".join(
        f'<input type="hidden" name="{name}" value="{escape(each[name])}">'
        for name in ("account", "region", "identity")
    )
    button = (
        f'<form method="post" action="{_HERE}/identities">{fields}<button>The records are published</button></form>'
    )
    head = f'<div class="row">{head}{button if waits else ""}</div>'
    return f'<div class="card pad" style="margin-bottom:1rem">{head}{table}</div>'


# ---- What a mail brings ----------------------------------------------------------------------------------------------

_CID = re.compile(r"cid:([^\s\"'>)]+)", re.I)


def framed(html: str, pictures: dict[str, str]) -> str:
    """A mail's HTML for the sandboxed frame: its pictures from inside of it, its links in a window of their own."""
    shown = _CID.sub(lambda found: pictures.get(found[1], found[0]), html)
    return f'<base target="_blank">{shown}'


def data_address(kind: str, data: bytes) -> str:
    """A data: address of a picture."""
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"
