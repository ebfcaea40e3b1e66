"""A browser without a screen: it keeps cookies, reads forms, and goes where it is sent as long as that is the cloud."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import requests

VERIFIER = "a-verifier-of-at-least-forty-three-characters-0123"
CALLBACK = "https://app.example.com/back"
GOODBYE = "https://app.example.com/bye"


def challenge(verifier: str = VERIFIER) -> str:
    """What PKCE shows of a verifier first."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}
        self.links: dict[str, str] = {}
        self.text = ""
        self._link = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag == "form":
            self.action = given["action"]
        elif tag == "input":
            self.fields[given["name"]] = given.get("value", "")
        self._link = given.get("href", "") if tag == "a" else ""

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._link:
            self.links[data] = self._link


@dataclass
class Page:
    """What a browser shows."""

    answer: requests.Response
    read: _Reader = field(default_factory=_Reader)

    def __post_init__(self) -> None:
        if self.answer.headers.get("content-type", "").startswith("text/html"):
            self.read.feed(self.answer.text)

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.answer.status_code

    @property
    def text(self) -> str:
        """What a person reads."""
        return self.read.text

    @property
    def fields(self) -> dict[str, str]:
        """The inputs of the form, with what is in them."""
        return self.read.fields

    @property
    def path(self) -> str:
        """Where the browser is."""
        return urlsplit(self.answer.url).path

    @property
    def sent_to(self) -> str:
        """Where the browser was sent outside of the cloud."""
        return self.answer.headers.get("location", "")

    @property
    def brought(self) -> dict[str, str]:
        """The parameters with which it was sent there."""
        parts = urlsplit(self.sent_to)
        return {name: values[0] for name, values in parse_qs(parts.query or parts.fragment).items()}


class Browser:
    """One person's browser at a cloud."""

    def __init__(self, base: str, host: str = "") -> None:
        self.base = base
        self.session = requests.Session()
        self.session.trust_env = False
        if host:
            self.session.headers["host"] = host

    def get(self, path: str, **query: str) -> Page:
        """A page of the domain."""
        return self._follow(self.session.get(self.base + path, params=query, allow_redirects=False))

    def click(self, page: Page, link: str) -> Page:
        """The page behind a link."""
        return self._follow(self.session.get(urljoin(self.base, page.read.links[link]), allow_redirects=False))

    def send(self, page: Page, headers: dict[str, str] | None = None, **given: str) -> Page:
        """The page that comes after a form; `given` goes into its fields (`__` for a dot)."""
        filled = {name.replace("__", "."): value for name, value in given.items()}
        unknown = filled.keys() - page.fields.keys()
        assert not unknown, f"the form has no {unknown}: {page.text}"
        url = urljoin(self.base, page.read.action)
        data = {**page.fields, **filled}
        return self._follow(self.session.post(url, data=data, headers=headers, allow_redirects=False))

    def _follow(self, answer: requests.Response) -> Page:
        for _ in range(5):
            target = urljoin(answer.url, answer.headers.get("location", ""))
            if answer.status_code != 302 or urlsplit(target).netloc != urlsplit(self.base).netloc:
                return Page(answer)
            answer = self.session.get(target, allow_redirects=False)
        raise AssertionError("sent around in circles")


class Site:
    """A pool with a domain and a client that may send people there."""

    def __init__(self, cloud: Any, idp: Any, name: str, settings: Any = None, **client: Any) -> None:
        self.idp, self.cloud, self.name = idp, cloud, name
        self.pool = idp.create_user_pool(PoolName="people", **(settings or {}))["UserPool"]["Id"]
        idp.create_user_pool_domain(UserPoolId=self.pool, Domain=name)
        self.client, self.secret = self.make_client(**client)
        self.base = f"{cloud.url}/_aws/auth/{name}"

    def make_client(self, **settings: Any) -> tuple[str, str]:
        """(id, secret) of another client, for the code flow unless told otherwise."""
        given = {
            "AllowedOAuthFlowsUserPoolClient": True,
            "AllowedOAuthFlows": ["code"],
            "AllowedOAuthScopes": ["openid", "email", "profile", "aws.cognito.signin.user.admin"],
            "CallbackURLs": [CALLBACK],
            "LogoutURLs": [GOODBYE],
            "SupportedIdentityProviders": ["COGNITO"],
            **settings,
        }
        made = self.idp.create_user_pool_client(UserPoolId=self.pool, ClientName="Bookshop", **given)["UserPoolClient"]
        return made["ClientId"], made.get("ClientSecret", "")

    def user(self, name: str = "ann", password: str = "Secret-123", permanent: bool = True, **attributes: str) -> None:
        """A user with a password."""
        given = [{"Name": key, "Value": value} for key, value in attributes.items()]
        self.idp.admin_create_user(UserPoolId=self.pool, Username=name, UserAttributes=given, MessageAction="SUPPRESS")
        self.idp.admin_set_user_password(UserPoolId=self.pool, Username=name, Password=password, Permanent=permanent)

    def asked(self, **more: str) -> dict[str, str]:
        """The query of a client that begins the code flow; "" leaves a parameter out."""
        given = {
            "response_type": "code", "client_id": self.client, "redirect_uri": CALLBACK, "scope": "openid",
            "state": "s t/ä&te", "code_challenge": challenge(), "code_challenge_method": "S256", **more,
        }  # fmt: skip
        return {name: value for name, value in given.items() if value}

    def browser(self, host: str = "") -> Browser:
        """A new browser."""
        return Browser(self.base if not host else self.cloud.url, host)

    def login(self, browser: Browser, name: str = "ann", password: str = "Secret-123", **more: str) -> Page:
        """What comes after signing in with a password."""
        page = browser.get("/oauth2/authorize", **self.asked(**more))
        return browser.send(page, username=name, password=password)

    def code(self, **more: str) -> str:
        """A fresh code for ann."""
        return self.login(self.browser(), **more).brought["code"]

    def token(
        self, auth: tuple[str, str] | None = None, path: str = "/oauth2/token", **given: str
    ) -> requests.Response:
        """What the token endpoint answers; "" leaves a parameter out."""
        data = {"client_id": self.client, **given}
        data = {name: value for name, value in data.items() if value}
        return requests.post(self.base + path, data=data, auth=auth)

    def by_code(self, code: str, **more: str) -> requests.Response:
        """What it answers to a code."""
        given = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
        return self.token(**{**given, **more})

    def info(self, token: str) -> requests.Response:
        """What userInfo answers."""
        return requests.get(f"{self.base}/oauth2/userInfo", headers={"authorization": f"Bearer {token}"})
