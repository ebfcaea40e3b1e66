"""One look at a page: at which account and region, and what the address asks for."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, unquote, urlencode

from cloudarium.gateway.call import Call
from cloudarium.gateway.control import PREFIX, Refused
from cloudarium.policy.principal import Principal
from cloudarium.shared.scope import Scope

if TYPE_CHECKING:
    from cloudarium.cloud import Cloud
    from cloudarium.gateway.http import HttpRequest

_ACCOUNT = re.compile(r"\d{12}", re.ASCII)
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d", re.ASCII)
_LONGEST = 10_000  # characters of a value, as many as a query of Logs Insights may have
_MOMENT = re.compile(r"\d{1,11}(\.\d{1,6})?", re.ASCII)
_MOST_PAGES = 20  # of a listing that are read for one look


class Visit:
    """Who looks, at what: `label` and `parts` are the path below /_cloudarium/, `asked` the query's values by name.

    `scope` is the account and region that are looked at, the cloud's own unless the query names others. Raises Refused
    for names that are none.
    """

    def __init__(self, cloud: Cloud, request: HttpRequest) -> None:
        self.cloud = cloud
        self.request = request
        self.now = cloud.clock.now()
        below = request.path.removeprefix(PREFIX).strip("/")
        self.label, *self.parts = [unquote(part)[:1000] for part in below.split("/")]
        try:
            pairs = parse_qsl(request.query, max_num_fields=100)
        except ValueError as error:
            raise Refused(400, "There are too many values in the query.") from error
        self.pairs = [(name, value[:_LONGEST]) for name, value in pairs]
        self.asked = dict(self.pairs)
        account = self.asked.pop("account", cloud.home.account)
        region = self.asked.pop("region", cloud.home.region)
        if not _ACCOUNT.fullmatch(account) or not _REGION.fullmatch(region):
            raise Refused(400, "account is 12 digits, region a name such as us-east-1.")
        self.scope = Scope(account, region)

    @property
    def is_part(self) -> bool:
        """Whether the page itself asks for a part of it that is to be shown anew."""
        return self.request.headers.get("hx-request") == "true"

    def number(self, name: str, usual: int, most: int) -> int:
        """A positive number of the query, `usual` where it is not given. Raises Refused beyond `most`."""
        text = self.asked.get(name) or str(usual)
        if not (text.isascii() and text.isdecimal()) or not 1 <= int(text[:9]) <= most:
            raise Refused(400, f"{name} must be 1 to {most}.")
        return int(text)

    def moment(self, name: str) -> float | None:
        """A moment of the query in epoch seconds, None where it is not given. Raises Refused for what is none."""
        text = self.asked.get(name)
        if not text:
            return None
        if not _MOMENT.fullmatch(text):
            raise Refused(400, f"{name} must be a moment in seconds, as 1700000000.123.")
        return float(text)

    def range_of(self, ranges: Mapping[str, str], usual: str = "1h") -> str:
        """How far back the page looks: one of `ranges`, by its name. Raises Refused for what is not offered."""
        span = self.asked.get("range") or usual
        if span not in ranges:
            raise Refused(400, "range must be among those that the page offers.")
        return span

    @property
    def region(self) -> str | None:
        """The region whose calls the page shows, None where it is asked for those of all. Raises Refused."""
        chosen = self.asked.get("in") or "here"
        if chosen not in ("here", "all"):
            raise Refused(400, "in must be here or all.")
        return self.scope.region if chosen == "here" else None

    def href(self, *path: str, **asked: Any) -> str:
        """The address of a page; it keeps the account and the region, and leaves out what is empty."""
        home = self.cloud.home
        if self.scope.account != home.account:
            asked["account"] = self.scope.account
        if self.scope.region != home.region:
            asked["region"] = self.scope.region
        query = urlencode({name: value for name, value in asked.items() if value not in (None, "")}, doseq=True)
        return PREFIX + "/".join(quote(part, safe="") for part in path) + (f"?{query}" if query else "")

    async def ask(self, service: str, operation: str, *, region: str = "", **given: Any) -> dict[str, Any]:
        """Call a room as the account's root, as a person at AWS's console would. Raises the AwsError it answers.

        `region` is another one than the page's, where a page shows several.
        """
        root = Principal.root(self.scope.account)
        scope = self.scope._replace(region=region) if region else self.scope
        look = Call(self.cloud, None)
        look.looks = True
        return await self.cloud.send(look, service, operation, given, root, None, scope)

    async def each(self, service: str, operation: str, member: str, token: str, **given: Any) -> AsyncIterator[Any]:
        """What a listing has in `member`, page by page behind `token`, as far as one look goes."""
        for _ in range(_MOST_PAGES):
            answer = await self.ask(service, operation, **given)
            for one in answer.get(member, ()):
                yield one
            if not answer.get(token):
                return
            given[token] = answer[token]
