"""A short visit to the shop, so that the checklist can be held against what has just happened.

Somebody reads the catalogue, signs up and orders; what they ordered is cancelled, and who came is forgotten again. What
did not work is kept as a trouble: it is for the checklist's lines to say what that means.
"""

from __future__ import annotations

import contextlib
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, NamedTuple
from uuid import uuid4

from cloudarium.cli.capstone.stack import Stack

CATALOGUE = "/products"
READS = 12
REST = 6.0  # seconds after which the shop tries its cache again
PATIENCE = 20.0  # seconds for a mail to be on its way
_WRONG = (KeyError, IndexError, OSError, ValueError)  # what an answer that is not as it should be leads to


class Answer(NamedTuple):
    """What the API answered, after how many seconds."""

    status: int
    body: Any
    headers: dict[str, str]
    seconds: float


class Mail(NamedTuple):
    """A mail that a function says it has sent: SES's id, and the trace that it was sent in."""

    id: str
    trace: str
    function: str


class VisitFailed(Exception):
    """A step did not go as the shop promises."""


class Visit:
    """One visit. `make` does it; then its parts tell how it went."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.reads: list[Answer] = []
        self.traces: dict[str, str] = {}  # of what was asked, the trace that it asked to be recorded
        self.troubles: dict[str, str] = {}
        self.token = ""  # of the customer who has signed up
        self.customer = self.order = ""
        self._run = uuid4().hex[:8]
        self._password = f"Aa1{uuid4().hex}"
        self._users: list[str] = []

    def make(self) -> Visit:
        """Make the visit; return it."""
        self.began = self.stack.reach.now()
        try:
            with self._step("read"):
                self._read()
            with self._step("sign up"):
                self._sign_up()
            with self._step("order"):
                self._order()
        finally:
            with self._step("leave"):
                self._leave()
        return self

    # ---- The steps --------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _step(self, name: str) -> Iterator[None]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except (VisitFailed, ClientError, BotoCoreError, *_WRONG) as error:
            missing = f"there is no {error}" if isinstance(error, (KeyError, IndexError)) else ""
            self.troubles[name] = missing or str(error)

    def _read(self) -> None:
        path = f"{CATALOGUE}?category=verify-{self._run}"  # a page that nobody has asked for before
        self.reads = [self.send("GET", path) for _ in range(READS)]
        if not any(answer.headers.get("x-cache") == "hit" for answer in self.reads):
            time.sleep(min(REST, PATIENCE))  # on a busy machine the cache may have been slow once
            self.reads = [self.send("GET", path) for _ in range(READS)]

    def _sign_up(self) -> None:
        cognito = self.stack.reach("cognito-idp")
        email = self._address("customer")
        attributes = [{"Name": "email", "Value": email}, {"Name": "name", "Value": "Verify"}]
        signed_up = cognito.sign_up(
            ClientId=self._only("UserPoolClient"), Username=email, Password=self._password, UserAttributes=attributes
        )
        self._users.append(email)
        cognito.admin_confirm_sign_up(UserPoolId=self._only("UserPool"), Username=email)
        self.customer = signed_up["UserSub"]
        self.token = self._sign_in(email)

    def _order(self) -> None:
        staff = self._hire()
        thing = {"name": "Verify", "category": f"verify-{self._run}", "price_cents": 100, "stock": 1}
        product = self._ask(201, "POST", CATALOGUE, staff, thing)["id"]
        try:
            if not self.token:
                raise VisitFailed("nobody has signed up to place an order")
            wanted = {"lines": [{"product_id": product, "quantity": 1}]}
            self.order = self._ask(201, "POST", "/orders", self.token, wanted, {"Idempotency-Key": self._run})["id"]
            self._ask(200, "POST", f"/orders/{self.order}/cancel", self.token)
        finally:
            self._ask(204, "DELETE", f"{CATALOGUE}/{product}", staff)

    def _hire(self) -> str:
        cognito, email = self.stack.reach("cognito-idp"), self._address("staff")
        user = {"UserPoolId": self._only("UserPool"), "Username": email}
        attributes = [{"Name": "email", "Value": email}, {"Name": "name", "Value": "Verify"}]
        cognito.admin_create_user(**user, UserAttributes=attributes, MessageAction="SUPPRESS")
        self._users.append(email)
        cognito.admin_set_user_password(**user, Password=self._password, Permanent=True)
        cognito.admin_add_user_to_group(**user, GroupName=self._only("UserPoolGroup"))
        return self._sign_in(email)

    def _leave(self) -> None:
        for email in self._users:
            self.stack.reach("cognito-idp").admin_delete_user(UserPoolId=self._only("UserPool"), Username=email)

    def _only(self, kind: str) -> str:
        ids = self.stack.ids(f"AWS::Cognito::{kind}")
        if not ids:
            raise VisitFailed(f"the stack has no {kind}")
        return ids[0]

    def _address(self, who: str) -> str:
        return f"success+verify-{who}-{self._run}@simulator.amazonses.com"  # takes mail in SES's sandbox too

    def _sign_in(self, email: str) -> str:
        answer = self.stack.reach("cognito-idp").initiate_auth(
            ClientId=self._only("UserPoolClient"),
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": email, "PASSWORD": self._password},
        )
        return str(answer["AuthenticationResult"]["AccessToken"])

    # ---- Requests ---------------------------------------------------------------------------------------------------

    @cached_property
    def url(self) -> str:
        """The API's endpoint."""
        apis = self.stack.ids("AWS::ApiGatewayV2::Api")
        if not apis:
            raise VisitFailed("the stack has no HTTP API")
        return str(self.stack.reach("apigatewayv2").get_api(ApiId=apis[0])["ApiEndpoint"])

    def send(
        self, method: str, path: str, token: str = "", body: Any = None, headers: dict[str, str] | None = None
    ) -> Answer:
        """Send one request, asking for a trace of it; an error status is an answer too."""
        trace = f"1-{int(self.began.timestamp()):08x}-{uuid4().hex[:24]}"
        given = {"X-Amzn-Trace-Id": f"Root={trace};Sampled=1", **(headers or {})}
        if token:
            given["Authorization"] = f"Bearer {token}"
        if body is not None:
            given["Content-Type"] = "application/json"
        data = None if body is None else json.dumps(body).encode()
        answer = _fetch(urllib.request.Request(self.url + path, data, given, method=method))
        if answer.status < 300:
            self.traces[trace] = f"{method} {path.partition('?')[0]}"
        return answer

    def _ask(
        self, expected: int, method: str, path: str, token: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> Any:
        answer = self.send(method, path, token, body, headers)
        if answer.status != expected:
            raise VisitFailed(f"{method} {path} answered {answer.status} instead of {expected}: {answer.body}")
        return answer.body

    # ---- Mail -------------------------------------------------------------------------------------------------------

    @cached_property
    def welcome(self) -> Mail | None:
        """The mail that welcomed the customer."""
        return self._mail("customer_id", self.customer) if self.customer else None

    @cached_property
    def confirmation(self) -> Mail | None:
        """The mail that confirmed the order."""
        return self._mail("order_id", self.order) if self.order else None

    def _mail(self, name: str, value: str) -> Mail | None:
        """The mail that a function's log tells of; None when none has come for a while."""
        pattern = f'{{ $.{name} = "{value}" && $.message_id = "*" }}'

        def look() -> Mail | None:
            for said in self._said(pattern):
                return Mail(said["message_id"], said.get("xray_trace_id", ""), said["function_name"])
            return None

        found: Mail | None = eventually(look, PATIENCE)
        return found

    def complaint(self, level: str = "ERROR") -> str:
        """The first error (or warning) in the functions' logs since the visit began; empty when there is none."""
        for said in self._said(f'{{ $.level = "{level}" }}'):
            reason = said.get("reason") or str(said.get("exception", "")).strip().rpartition("\n")[2]
            return f" ({said.get('service', 'a function')} says: {said.get('message')}{': ' if reason else ''}{reason})"
        return ""

    def _said(self, pattern: str) -> Iterator[dict[str, Any]]:
        """What the functions have logged since the visit began, as far as it is JSON of that pattern."""
        since = int(self.began.timestamp() * 1000)
        for group in sorted({each["LoggingConfig"]["LogGroup"] for each in self.stack.functions}):
            for event in self.stack.reach.all(
                "logs", "filter_log_events", "events", logGroupName=group, filterPattern=pattern, startTime=since
            ):
                yield json.loads(event["message"])


def eventually(look: Callable[[], Any], seconds: float) -> Any:
    """What `look` finds, looked for again and again for so many seconds; else None."""
    until = time.monotonic() + seconds
    while True:
        found = look()
        if found or time.monotonic() > until:
            return found or None
        time.sleep(0.1)


def _fetch(request: urllib.request.Request) -> Answer:
    started = time.monotonic()
    opener = urllib.request.build_opener(*([urllib.request.ProxyHandler({})] if _is_here(request) else []))
    try:
        with opener.open(request, timeout=30) as response:
            return _answer(response.status, response.read(), response.headers, time.monotonic() - started)
    except urllib.error.HTTPError as error:
        with error:
            return _answer(error.code, error.read(), error.headers, time.monotonic() - started)


def _is_here(request: urllib.request.Request) -> bool:
    """A proxy that the environment names is for the world, not for this machine."""
    return (request.host or "").partition(":")[0] in ("127.0.0.1", "localhost")


def _answer(status: int, body: bytes, headers: Any, seconds: float) -> Answer:
    try:
        content = json.loads(body) if body else None
    except ValueError:
        content = body.decode(errors="replace")
    return Answer(status, content, {name.lower(): value for name, value in headers.items()}, seconds)
