"""The sign-in pages and OAuth 2.0 endpoints: a person in a browser, and the program behind it."""

from __future__ import annotations

import base64
import hashlib
import html
import http.client
import json
import re
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tests.services.cognito_idp.conftest import PASSWORD, PoolAt, claims, code, fails

BACK = "https://app.example.com/back"
VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")


class Browser:
    """What a browser does without scripts: it keeps cookies, follows redirects here, and sends forms."""

    def __init__(self, cloud: Any, domain: str) -> None:
        self.port = cloud.port
        self.base = f"/_aws/auth/{domain}"
        self.cookies: dict[str, str] = {}
        self.text = ""
        self.status = 0
        self.headers: Any = {}

    def ask(self, method: str, url: str, form: dict[str, str] | None = None, **headers: str) -> Browser:
        """One request, and the redirects that stay here."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        cookies = {"cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        kind = {"content-type": "application/x-www-form-urlencoded"} if form is not None else {}
        connection.request(method, url, urlencode(form) if form is not None else None, {**cookies, **kind, **headers})
        answer = connection.getresponse()
        self.status, self.headers, self.text = answer.status, answer.headers, answer.read().decode()
        connection.close()
        for cookie in answer.headers.get_all("set-cookie") or []:
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        target = answer.headers.get("location", "")
        return self.ask("GET", target) if self.status == 302 and target.startswith("/") else self

    def open(self, path: str, **query: str) -> Browser:
        """Go to a path of the domain."""
        return self.ask("GET", f"{self.base}{path}?{urlencode(query)}")

    def send(self, **fields: str) -> Browser:
        """Fill the page's form in and send it."""
        action = re.search(r'action="([^"]*)"', self.text)
        assert action is not None, self.text
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', self.text))
        form = {**{name: html.unescape(value) for name, value in hidden.items()}, **fields}
        return self.ask("POST", html.unescape(action[1]), form, origin=f"http://127.0.0.1:{self.port}", host=self.host)

    @property
    def host(self) -> str:
        """What the browser calls the cloud."""
        return f"127.0.0.1:{self.port}"

    def given(self) -> dict[str, str]:
        """What came back to the app with the redirect."""
        assert self.status == 302, self.text
        parts = urlsplit(self.headers["location"])
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == BACK
        return {name: values[0] for name, values in parse_qs(parts.query or parts.fragment).items()}

    def post(self, path: str, header: str = "", **form: str) -> tuple[int, Any]:
        """What a program sends."""
        self.ask("POST", f"{self.base}{path}", form, **({"authorization": header} if header else {}))
        return self.status, json.loads(self.text or "null")


class Site:
    """A pool with a domain, a client for the code flow, and a browser."""

    def __init__(self, cloud: Any, idp: Any, **settings: Any) -> None:
        self.pool = PoolAt(idp, AutoVerifiedAttributes=["email"])
        self.domain = self.pool.id.partition("_")[2].lower() + "-x"
        idp.create_user_pool_domain(UserPoolId=self.pool.id, Domain=self.domain)
        self.pool.client = self.client = self.pool.make_client(
            CallbackURLs=[BACK], LogoutURLs=["https://app.example.com/bye"], AllowedOAuthFlows=["code"],
            AllowedOAuthScopes=["openid", "email"], AllowedOAuthFlowsUserPoolClient=True,
            SupportedIdentityProviders=["COGNITO"], **settings,
        )  # fmt: skip
        self.browser = Browser(cloud, self.domain)
        self.query = {"client_id": self.client, "response_type": "code", "redirect_uri": BACK, "state": "s 1"}
        self.query |= {"scope": "openid email", "code_challenge": CHALLENGE, "code_challenge_method": "S256"}

    def exchange(self, found: dict[str, str], **more: str) -> tuple[int, Any]:
        given = {"grant_type": "authorization_code", "client_id": self.client, "redirect_uri": BACK}
        return self.browser.post("/oauth2/token", **{**given, "code": found["code"], "code_verifier": VERIFIER, **more})


@pytest.fixture
def site(cloud, idp) -> Site:
    return Site(cloud, idp)


def test_signing_in_by_the_page(site):
    site.pool.user(email="ann@example.com", email_verified="true")
    browser = site.browser.open("/oauth2/authorize", **site.query, nonce="n1")
    assert (browser.status, "Sign in" in browser.text) == (200, True)
    assert "no-referrer" not in browser.headers["referrer-policy"]
    assert "frame-ancestors 'none'" in browser.headers["content-security-policy"]
    assert browser.send(username="ann", password="Wrong-1234").status == 400
    assert "Incorrect username or password." in browser.text
    found = browser.send(username="ann", password=PASSWORD).given()
    assert found["state"] == "s 1"
    status, made = site.exchange(found)
    assert (status, made["token_type"], made["expires_in"]) == (200, "Bearer", 3600)
    assert claims(made["id_token"])["nonce"] == "n1"
    access = claims(made["access_token"])
    assert (access["scope"], access["version"]) == ("openid email", 2)
    assert site.exchange(found) == (400, {"error": "invalid_grant"})  # a code is used once
    browser.ask("GET", f"{browser.base}/oauth2/userInfo", authorization=f"Bearer {made['access_token']}")
    assert json.loads(browser.text)["email"] == "ann@example.com"
    browser.ask("GET", f"{browser.base}/oauth2/userInfo", authorization="Bearer x.y.z")
    assert (browser.status, json.loads(browser.text)) == (401, {"error": "invalid_token"})
    fails("NotAuthorizedException", site.pool.idp.get_user, AccessToken=made["access_token"])  # it lacks that scope
    status, again = browser.post(
        "/oauth2/token", grant_type="refresh_token", client_id=site.client, refresh_token=made["refresh_token"]
    )
    assert (status, claims(again["access_token"])["origin_jti"]) == (200, access["origin_jti"])
    browser.post("/oauth2/revoke", client_id=site.client, token=made["refresh_token"])
    status, _ = browser.post(
        "/oauth2/token", grant_type="refresh_token", client_id=site.client, refresh_token=made["refresh_token"]
    )
    assert status == 400
    assert "code" in browser.open("/oauth2/authorize", **site.query).given()  # the cookie still knows
    browser.open("/logout", client_id=site.client, logout_uri="https://app.example.com/bye")
    assert browser.headers["location"] == "https://app.example.com/bye"
    assert browser.open("/oauth2/authorize", **site.query).status == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {"code_verifier": "w" * 64},
        {"code_verifier": ""},
        {"redirect_uri": "https://app.example.com/other"},
        {"code": "00000000-0000-4000-8000-000000000000"},
    ],
)
def test_a_code_is_worth_nothing_to_others(site, wrong):
    site.pool.user()
    found = site.browser.open("/login", **site.query).send(username="ann", password=PASSWORD).given()
    assert site.exchange(found, **wrong) == (400, {"error": "invalid_grant"})


def test_nobody_is_sent_to_a_place_that_is_not_the_clients(site):
    for target in ("https://evil.example.com/", f"{BACK}/more", f"{BACK}?x=1", "javascript:alert(1)", ""):
        for path in ("/oauth2/authorize", "/login"):
            browser = site.browser.open(path, **{**site.query, "redirect_uri": target})
            assert (browser.status, "location" in browser.headers) == (400, False), target
    browser = site.browser.open("/logout", client_id=site.client, logout_uri="https://evil.example.com/")
    assert (browser.status, "location" in browser.headers) == (400, False)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"response_type": "token"}, "unauthorized_client"),
        ({"response_type": "both"}, "unsupported_response_type"),
        ({"scope": "openid phone"}, "invalid_scope"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
    ],
)
def test_what_a_client_may_not_ask(site, change, error):
    assert site.browser.open("/oauth2/authorize", **{**site.query, **change}).given()["error"] == error


def test_a_form_from_another_site_is_refused(site):
    site.pool.user()
    browser = site.browser.open("/login", **site.query)
    form = {"username": "ann", "password": PASSWORD}
    url = f"{browser.base}/login?{urlencode(site.query)}"
    token = browser.cookies["XSRF-TOKEN"]
    for fields, origin in (({}, ""), ({"_csrf": "x" * 40}, ""), ({"_csrf": token}, "https://evil.example.com")):
        browser.ask("POST", url, {**form, **fields}, **({"origin": origin} if origin else {}))
        assert (browser.status, "cognito" in browser.cookies) == (403, False)


def test_what_a_query_says_is_never_html(site):
    browser = site.browser.open("/login", **{**site.query, "state": '"><script>alert(1)</script>'})
    assert browser.status == 200
    assert "<script" not in browser.text


def test_signing_up_by_the_pages(cloud, site):
    browser, address = site.browser, f"p-{site.client}@example.com"
    browser.open("/signup", **site.query)
    assert 'name="attribute.email"' in browser.text
    browser.send(username="eve", password="weak", **{"attribute.email": address})
    assert "Password did not conform with policy" in browser.text
    browser.send(username="eve", password=PASSWORD, **{"attribute.email": address})
    assert "p***@e***" in browser.text
    assert "code" in browser.send(code=code(cloud, address)).given()  # signed in, as on AWS
    assert "code" in browser.open("/oauth2/authorize", **site.query).given()
    browser.open("/forgotPassword", **site.query).send(username="eve")
    browser.send(code=code(cloud, address), password="Other-1234")
    assert "code" in browser.open("/login", **site.query).send(username="eve", password="Other-1234").given()


def test_a_temporary_password_is_replaced_on_the_page(site):
    site.pool.idp.admin_create_user(
        UserPoolId=site.pool.id, Username="ann", TemporaryPassword="Welcome-1", MessageAction="SUPPRESS"
    )
    browser = site.browser.open("/login", **site.query).send(username="ann", password="Welcome-1")
    assert "Choose a password" in browser.text
    assert browser.send(password="weak").status == 400
    assert "code" in browser.send(password=PASSWORD).given()
    assert site.pool.tokens()


def test_a_program_signs_in_as_itself(cloud, idp, pool):
    domain = pool.id.partition("_")[2].lower() + "-m"
    idp.create_user_pool_domain(UserPoolId=pool.id, Domain=domain)
    scopes = [{"ScopeName": "read", "ScopeDescription": "d"}, {"ScopeName": "write", "ScopeDescription": "d"}]
    server = {"UserPoolId": pool.id, "Identifier": "orders", "Name": "o"}
    machine = {"AllowedOAuthFlows": ["client_credentials"], "AllowedOAuthFlowsUserPoolClient": True}
    machine |= {"GenerateSecret": True, "AllowedOAuthScopes": ["orders/read"]}
    fails("ScopeDoesNotExistException", idp.create_user_pool_client, UserPoolId=pool.id, ClientName="m", **machine)
    idp.create_resource_server(**server, Scopes=scopes)
    client = idp.create_user_pool_client(UserPoolId=pool.id, ClientName="m", **machine)["UserPoolClient"]
    id, secret = client["ClientId"], client["ClientSecret"]
    browser = Browser(cloud, domain)
    basic = "Basic " + base64.b64encode(f"{id}:{secret}".encode()).decode()
    status, made = browser.post("/oauth2/token", basic, grant_type="client_credentials", scope="orders/read")
    assert (status, claims(made["access_token"])["scope"]) == (200, "orders/read")
    assert claims(made["access_token"])["sub"] == id
    status, _ = browser.post("/oauth2/token", grant_type="client_credentials", client_id=id, client_secret=secret)
    assert status == 200
    for form, error in (
        ({"scope": "orders/write"}, "invalid_scope"),
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"client_id": pool.client}, "unauthorized_client"),
    ):
        given = {"grant_type": "client_credentials", "client_id": id, "client_secret": secret, **form}
        assert browser.post("/oauth2/token", **given) == (400, {"error": error})


def test_domains_and_resource_servers(idp, pool):
    domain = pool.id.partition("_")[2].lower() + "-d"
    named = {"UserPoolId": pool.id, "Domain": domain}
    idp.create_user_pool_domain(**named)
    assert idp.describe_user_pool_domain(Domain=domain)["DomainDescription"]["UserPoolId"] == pool.id
    fails("InvalidParameterException", idp.create_user_pool_domain, **named)
    fails("InvalidParameterException", idp.delete_user_pool, UserPoolId=pool.id)
    other = PoolAt(idp)
    fails("InvalidParameterException", idp.delete_user_pool_domain, UserPoolId=other.id, Domain=domain)
    idp.delete_user_pool_domain(**named)
    assert idp.describe_user_pool_domain(Domain=domain)["DomainDescription"] == {}
    server = {"UserPoolId": pool.id, "Identifier": "orders"}
    idp.create_resource_server(**server, Name="o")
    fails("InvalidParameterException", idp.create_resource_server, **server, Name="o")
    assert idp.update_resource_server(**server, Name="p")["ResourceServer"]["Name"] == "p"
    listed = idp.list_resource_servers(UserPoolId=pool.id, MaxResults=5)["ResourceServers"]
    assert [one["Name"] for one in listed] == ["p"]
    idp.delete_resource_server(**server)
    fails("ResourceNotFoundException", idp.describe_resource_server, **server)
