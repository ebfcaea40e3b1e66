"""An OpenID Connect provider of a stranger's, on a port of its own, which can be made to lie."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from tests.services.cognito_idp.browser import Browser, Page, Site

_KEY = RSAKey.generate_key(2048, {"kid": "one"})
SECRET = "a-secret-of-the-provider"


class Outsider:
    """What the provider says, and what it was asked."""

    def __init__(self) -> None:
        self.key = _KEY
        self.published = self.key
        self.claims: dict[str, Any] = {}
        self.info: dict[str, Any] = {}
        self.header: dict[str, Any] = {"alg": "RS256", "kid": "one"}
        self.token_status = 200
        self.answer: Any = None
        self.asked: list[dict[str, str]] = []
        self.bearer: list[tuple[str, str]] = []
        self.slow = threading.Event()
        self.hangs = False
        self.url = ""

    def details(self, **more: str) -> dict[str, str]:
        """The ProviderDetails of a pool that trusts it; "" leaves one out."""
        given = {
            "client_id": "pool-at-provider", "client_secret": SECRET, "attributes_request_method": "GET",
            "oidc_issuer": self.url, "authorize_scopes": "openid email", "authorize_url": f"{self.url}/authorize",
            "token_url": f"{self.url}/token", "attributes_url": f"{self.url}/userinfo", "jwks_uri": f"{self.url}/jwks",
            **more,
        }  # fmt: skip
        return {name: value for name, value in given.items() if value}

    def says(self, nonce: str, **claims: Any) -> None:
        """Whom it vouches for from now on; None leaves a claim out."""
        now = int(time.time())
        given = {"iss": self.url, "aud": "pool-at-provider", "sub": "s-1", "iat": now, "exp": now + 300}
        self.claims = {k: v for k, v in {**given, "nonce": nonce, **claims}.items() if v is not None}
        self.info = {"sub": self.claims.get("sub"), "email": "Ann@Corp.example"}

    def token(self) -> str:
        """The ID token."""
        if self.header["alg"] == "none":
            parts = [json.dumps(part).encode() for part in (self.header, self.claims)]
            return b".".join([_text(part) for part in parts] + [b""]).decode()
        if self.header["alg"] == "HS256":
            return jwt.encode(self.header, self.claims, OctKey.import_key(SECRET))
        return jwt.encode(self.header, self.claims, self.key)

    def respond(self, method: str, path: str, body: str, headers: Any) -> tuple[int, Any]:
        """(status, JSON) of an answer."""
        if path == "/.well-known/openid-configuration":
            names = {"authorization_endpoint": "authorize", "token_endpoint": "token"}
            names |= {"userinfo_endpoint": "userinfo", "jwks_uri": "jwks"}
            return 200, {"issuer": self.url, **{name: f"{self.url}/{path}" for name, path in names.items()}}
        if path == "/jwks":
            return 200, {"keys": [self.published.as_dict(private=False)]}
        if path == "/userinfo":
            self.bearer.append((method, headers["authorization"]))
            return 200, self.info
        if path == "/token":
            self.asked.append({name: values[0] for name, values in parse_qs(body).items()})
            if self.hangs:
                self.slow.wait(20)
            made = {"access_token": "at-1", "id_token": self.token(), "token_type": "Bearer"}
            return self.token_status, made if self.answer is None else self.answer
        return 404, {}


def _text(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


@contextmanager
def running() -> Iterator[Outsider]:
    """A provider that answers until the end of the block."""
    outsider = Outsider()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
            status, content = outsider.respond(self.command, self.path.partition("?")[0], body, self.headers)
            data = json.dumps(content).encode()
            try:
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)
            except OSError:
                pass

        do_GET = do_POST = _answer

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    outsider.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield outsider
    finally:
        outsider.slow.set()
        server.shutdown()
        server.server_close()


# ---- a pool that trusts it -------------------------------------------------------------------------------------------


def query_of(url: str) -> dict[str, str]:
    """The parameters of a URL."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def trust(site: Site, outsider: Outsider, **more: Any) -> Any:
    """Let the people of a provider into a pool."""
    given = {"ProviderDetails": outsider.details(), "AttributeMapping": {"email": "email"}, **more}
    return site.idp.create_identity_provider(
        UserPoolId=site.pool, ProviderName="Far", ProviderType="OIDC", **given
    )["IdentityProvider"]  # fmt: skip


def leave(site: Site, browser: Browser, **more: str) -> dict[str, str]:
    """With what the browser is sent to the provider."""
    page = browser.get("/oauth2/authorize", **site.asked(identity_provider="Far", **more))
    assert page.status == 302, page.text
    return query_of(page.sent_to)


def come_back(browser: Browser, asked: dict[str, str], **more: str) -> Page:
    """What comes after the provider has sent the browser back."""
    return browser.get("/oauth2/idpresponse", **{"state": asked["state"], "code": "c-1", **more})
