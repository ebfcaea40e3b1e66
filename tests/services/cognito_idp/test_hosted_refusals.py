"""What the pages and OAuth 2.0 endpoints refuse: forged forms, foreign codes, wrong places, nonsense."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
import requests

from tests.services.cognito_idp.browser import CALLBACK, GOODBYE, Page, Site
from tests.services.cognito_idp.conftest import PoolAt, claims, code, fails

GRANT = {"error": "invalid_grant"}


@pytest.fixture
def site(cloud, idp, account) -> Site:
    return Site(cloud, idp, f"d-{account}", {"AutoVerifiedAttributes": ["email"]})


# ---- forms -----------------------------------------------------------------------------------------------------------


def test_what_a_browser_is_told_of_a_page(site):
    page = site.browser().get("/login", **site.asked())
    headers = page.answer.headers
    rules = dict(rule.strip().split(" ", 1) for rule in headers["content-security-policy"].split(";"))
    assert rules["default-src"] == rules["base-uri"] == rules["frame-ancestors"] == "'none'"
    assert rules["form-action"] == "'self' https://app.example.com"
    assert "unsafe" not in headers["content-security-policy"] and "script-src" not in rules
    assert (headers["x-frame-options"], headers["x-content-type-options"]) == ("DENY", "nosniff")
    assert headers["cache-control"] == "no-store"
    cookie = headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and f"Path={urlsplit(site.base).path};" in cookie


def test_a_form_is_only_taken_from_the_own_page(site):
    site.user()
    browser = site.browser()
    page = browser.get("/login", **site.asked())
    given = {"username": "ann", "password": "Secret-123"}
    for headers in ({"origin": "https://evil.example.com"}, {"origin": "null"}, {"origin": "http://127.0.0.1:1"}):
        assert browser.send(page, headers=headers, **given).status == 403
    assert browser.send(page, _csrf="x" * 40, **given).status == 403
    assert browser.send(page, _csrf="", **given).status == 403
    stranger = site.browser()
    assert stranger.send(page, **given).status == 403  # the field without the cookie
    assert not [one for one in stranger.session.cookies if one.name == "cognito"]
    assert "code" in browser.send(page, headers={"origin": site.cloud.url}, **given).brought


@pytest.mark.parametrize("hides", ["ENABLED", "LEGACY"])
def test_nobody_learns_who_has_an_account(site, hides):
    site.client, _ = site.make_client(PreventUserExistenceErrors=hides)
    site.user("quux-1", email="a@example.com")
    browser = site.browser()

    def shown(path: str, **given: str) -> tuple[int, str]:
        page = browser.send(browser.get(path, **site.asked()), **given)
        return page.status, page.text.replace(given["username"], "NAME")

    assert shown("/login", username="quux-1", password="Wrong-1234") == shown("/login", username="quux-2", password="x")
    assert shown("/forgotPassword", username="quux-1") == shown("/forgotPassword", username="quux-2")
    assert shown("/resendcode", username="quux-1") == shown("/resendcode", username="quux-2")
    given = {"code": "123456", "password": "Other-1234"}
    first = shown("/confirmForgotPassword", username="quux-1", **given)
    assert first == shown("/confirmForgotPassword", username="quux-2", **given)
    for _ in range(6):
        locked = shown("/login", username="quux-1", password="Wrong-1234")
    assert locked == shown("/login", username="quux-2", password="x")


def test_what_is_typed_is_shown_as_text(site):
    evil = '"><script>alert(1)</script>{{7*7}}'
    browser = site.browser()
    for page in (
        browser.get("/login", **site.asked(state=evil, login_hint=evil)),
        browser.send(browser.get("/login", **site.asked()), username=evil, password=evil),
        browser.send(browser.get("/signup", **site.asked()), username=evil, password=evil, attribute__email=evil),
        browser.get("/login", **site.asked(identity_provider=evil)),
        browser.get("/login", **site.asked(client_id=evil)),
    ):
        assert "<script" not in page.answer.text and "49" not in page.text.replace(evil, ""), page.text
    assert browser.get("/login", **site.asked(login_hint=evil)).fields["username"] == evil


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"username": "x" * 129}, 400),
        ({"username": ""}, 400),
        ({"username": "\x00\ud800".encode("utf-8", "replace").decode()}, 400),
        ({"username": "a b\r\nset-cookie: x=1"}, 400),
        ({"password": "p" * 70_000}, 413),
        ({str(number): "x" for number in range(200)}, 400),
    ],
)
def test_hostile_forms(site, form, status):
    browser = site.browser()
    page = browser.get("/login", **site.asked())
    url = site.cloud.url + page.read.action
    data = {**page.fields, "username": "ann", "password": "x", **form}
    answer = browser.session.post(url, data=data, allow_redirects=False)
    assert (answer.status_code, "x=1" in answer.headers.get("set-cookie", "")) == (status, False)


def test_hostile_requests(site):
    page = site.browser().get("/login", **site.asked())
    url = site.cloud.url + page.read.action
    for body in (b"\xff\xfe", b"%", b"&&&===", b"_csrf"):
        assert requests.post(url, data=body, allow_redirects=False).status_code in (400, 403)
    assert requests.get(url, headers={"cookie": 'path=/; "; =; cognito; b[a]="x'}).status_code == 200
    for method, path, status in (
        ("PUT", "/login", 405), ("GET", "/oauth2/token", 405), ("GET", "/no", 404), ("POST", "/logout", 405),
        ("GET", "/", 404), ("GET", "/../login", 404),
    ):  # fmt: skip
        assert requests.request(method, site.base + path).status_code == status, path
    assert requests.get(f"{site.cloud.url}/_aws/auth/nobody/login").status_code == 404


def test_the_steps_after_the_password_need_its_session(site):
    site.user(permanent=False, email="a@example.com")
    browser = site.browser()
    page = site.login(browser)
    assert "Choose a password" in page.text
    forged = browser.send(page, session="AYABforged", password="Better-1234")
    assert (forged.status, forged.fields.keys() >= {"username", "password"}) == (400, True)
    other = site.browser()
    wrong = other.send(other.get("/login", **site.asked()), username="ann", password="Secret-123")
    eve = Page(other.session.post(
        site.cloud.url + wrong.read.action, data={**wrong.fields, "username": "eve", "password": "Better-1234"}
    ))  # fmt: skip
    assert eve.status == 400  # the session is of another user
    assert "code" in browser.send(page, password="Better-1234").brought
    assert browser.send(page, password="Better-1234").status == 400  # and used once


def test_signing_up_checks_what_the_api_checks(cloud, site):
    browser, address = site.browser(), f"{site.name}@example.com"
    page = browser.get("/signup", **site.asked())
    data = {"username": "eve", "password": "Secret-123", "attribute.email": address}
    url = site.cloud.url + page.read.action
    for more in ({"attribute.email_verified": "true"}, {"attribute.sub": "x"}, {"attribute.custom:no": "x"}):
        answer = browser.session.post(url, data={**page.fields, **data, **more})
        assert answer.status_code == 400
    fails("UserNotFoundException", site.idp.admin_get_user, UserPoolId=site.pool, Username="eve")
    page = browser.send(page, username="eve", password="Secret-123", attribute__email=address)
    assert browser.send(page, code="nonsense").status == 400
    assert "code" in browser.send(page, code=code(cloud, address)).brought
    site.idp.update_user_pool(UserPoolId=site.pool, AdminCreateUserConfig={"AllowAdminCreateUserOnly": True})
    assert "Create an account" not in browser.get("/login", **site.asked()).read.links
    page = browser.get("/signup", **site.asked())
    page = browser.send(page, username="zoe", password="Secret-123")
    assert (page.status, "not permitted" in page.text) == (400, True)


# ---- places ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "target",
    [
        f"{CALLBACK}/", f"{CALLBACK}?x", f"{CALLBACK}#x", CALLBACK.upper(), CALLBACK.replace("https", "http"), GOODBYE,
        "https://app.example.com.evil.example.com/back", "https://app.example.com@evil.example.com/back", "//evil",
    ],
)  # fmt: skip
def test_nobody_is_sent_elsewhere(site, target):
    for path in ("/oauth2/authorize", "/login", "/signup", "/logout"):
        page = site.browser().get(path, **site.asked(redirect_uri=target))
        assert (page.status, page.sent_to) == (400, "")


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"response_type": ""}, "invalid_request"),
        ({"scope": "openid phone"}, "invalid_scope"),
        ({"scope": "email"}, "invalid_scope"),
        ({"scope": "../x"}, "invalid_scope"),
        ({"code_challenge_method": ""}, "invalid_request"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"prompt": "none"}, "login_required"),
    ],
)
def test_a_client_is_told_what_it_did_wrong(site, change, error):
    back = site.browser().get("/oauth2/authorize", **site.asked(**change))
    assert back.sent_to.startswith(f"{CALLBACK}?")
    assert back.brought == {"error": error, "state": "s t/ä&te"}


def test_what_is_refused_by_name(site):
    page = site.browser().get("/oauth2/authorize", **site.asked(resource="https://api.example.com"))
    assert (page.status, "resource=https://api.example.com" in page.text) == (501, True)
    for named in ({"identity_provider": "Google"}, {"idp_identifier": "x"}):
        page = site.browser().get("/oauth2/authorize", **site.asked(**named))
        assert (page.status, "Login option is not available" in page.text) == (400, True)
    assert site.browser().get("/login", **site.asked(identity_provider="COGNITO")).status == 200
    site.client, _ = site.make_client(SupportedIdentityProviders=[])
    page = site.browser().get("/login", **site.asked())
    assert (page.status, "Login pages unavailable" in page.text) == (400, True)
    given = {"UserPoolId": site.pool, "Domain": "login"}
    custom = {"CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/x"}
    fails("NotImplemented", site.idp.create_user_pool_domain, **given, CustomDomainConfig=custom)
    fails("InvalidParameterException", site.idp.create_user_pool_domain, UserPoolId=site.pool, Domain="my-aws-x")


@pytest.mark.parametrize("prompt", ["login", "select_account", "consent"])
def test_a_client_may_ask_for_a_sign_in_although_there_was_one(site, prompt):
    site.user()
    browser = site.browser()
    assert "code" in site.login(browser).brought
    assert "code" in browser.get("/oauth2/authorize", **site.asked()).brought
    assert "username" in browser.get("/oauth2/authorize", **site.asked(prompt=prompt)).fields
    assert browser.get("/oauth2/authorize", **site.asked(prompt="x")).brought["error"] == "invalid_request"


def test_a_callback_with_other_letters_and_an_own_scheme(site):
    for target, sent in (
        ("https://b\u00fccher.example/\u20ac", "https://b%C3%BCcher.example/%E2%82%AC"),
        ("shop://in", "shop://in"),
    ):
        site.client, _ = site.make_client(CallbackURLs=[target])
        back = site.browser().get("/oauth2/authorize", **site.asked(redirect_uri=target, prompt="none"))
        assert back.sent_to.startswith(f"{sent}?error=login_required")
    page = site.browser().get("/login", **site.asked(redirect_uri="shop://in"))
    assert "form-action 'self' shop://in" in page.answer.headers["content-security-policy"]


# ---- codes and secrets -----------------------------------------------------------------------------------------------


def test_a_code_is_of_one_client_and_of_one_use(site):
    site.user()
    found = site.code()
    other, _ = site.make_client()
    assert site.by_code(found, client_id=other).json() == GRANT
    first = site.by_code(found)
    assert first.status_code == 200 and first.headers["cache-control"] == "no-store"
    assert site.by_code(found).json() == GRANT
    for wrong in ({"code_verifier": ""}, {"code_verifier": "x" * 43}, {"redirect_uri": ""}, {"redirect_uri": GOODBYE}):
        fresh = site.code()
        assert site.by_code(fresh, **wrong).json() == GRANT
        assert site.by_code(fresh).json() == GRANT  # the first try used it up
    plain = site.code(code_challenge="", code_challenge_method="")
    assert site.by_code(plain).json() == GRANT  # a verifier for nothing
    gone = site.code()
    site.idp.admin_disable_user(UserPoolId=site.pool, Username="ann")
    assert site.by_code(gone).json() == GRANT


def test_codes_cookies_and_sessions_end_on_the_clock(fresh_cloud):
    site = Site(fresh_cloud, fresh_cloud.client("cognito-idp"), "timely")
    site.user()
    browser = site.browser()
    soon, late = (site.login(browser).brought["code"], browser.get("/oauth2/authorize", **site.asked()).brought["code"])
    fresh_cloud.control("clock", {"advance": 299})
    assert site.by_code(soon).status_code == 200
    fresh_cloud.control("clock", {"advance": 2})
    assert site.by_code(late).json() == GRANT
    back = browser.get("/oauth2/authorize", **site.asked())
    made = site.by_code(back.brought["code"]).json()
    shown = claims(made["access_token"])
    assert shown["iat"] - shown["auth_time"] >= 300  # since the password, not since the cookie
    fresh_cloud.control("clock", {"advance": 3600})
    assert site.info(made["access_token"]).status_code == 401
    assert browser.get("/oauth2/authorize", **site.asked(prompt="none")).brought["error"] == "login_required"


def test_clients_prove_themselves(site):
    site.client, site.secret = site.make_client(GenerateSecret=True)
    site.user()
    for auth, more in (
        (None, {}), (None, {"client_secret": "wrong"}), ((site.client, "wrong"), {}), (("nobody", site.secret), {}),
        (None, {"client_id": ""}),
    ):  # fmt: skip
        answer = site.token(auth, grant_type="refresh_token", refresh_token="x", **more)
        assert (answer.status_code, answer.json()) == (400, {"error": "invalid_client"})
    found = site.code()
    assert site.by_code(found, client_secret=site.secret).status_code == 200
    assert site.token((site.client, site.secret), client_id="").json() == {"error": "invalid_request"}
    given = {"grant_type": "client_credentials"}
    assert site.token((site.client, site.secret), **given).json() == {"error": "unauthorized_client"}
    for header in ("Basic", "Basic !", "Basic eA==", "Basic /w=="):
        url = f"{site.base}/oauth2/token"
        answer = requests.post(url, data=given, headers={"authorization": header})
        assert answer.json() == {"error": "invalid_client"}


def test_the_scopes_of_a_resource_server_go_with_it(site):
    server = {"UserPoolId": site.pool, "Identifier": "https://orders.example.com"}
    site.idp.create_resource_server(**server, Name="o", Scopes=[{"ScopeName": "read", "ScopeDescription": "d"}])
    scope = f"{server['Identifier']}/read"
    machine = {"AllowedOAuthFlows": ["client_credentials"], "AllowedOAuthScopes": [scope], "GenerateSecret": True}
    auth = site.make_client(**machine)
    site.client, _ = site.make_client(AllowedOAuthScopes=["openid", scope])
    asked = {"grant_type": "client_credentials", "client_id": ""}
    assert claims(site.token(auth, **asked).json()["access_token"])["scope"] == scope
    assert site.browser().get("/oauth2/authorize", **site.asked(scope=scope)).status == 200
    site.idp.delete_resource_server(**server)
    assert site.token(auth, **asked).json() == {"error": "invalid_scope"}
    assert site.token(auth, **asked, scope=scope).json() == {"error": "invalid_scope"}
    back = site.browser().get("/oauth2/authorize", **site.asked(scope=scope))
    assert back.brought["error"] == "invalid_scope"


def test_revoking(site):
    site.user()
    made = site.by_code(site.code(scope="openid aws.cognito.signin.user.admin")).json()
    other, _ = site.make_client()
    for given, error in (
        ({"token": ""}, "invalid_request"), ({"token": made["access_token"]}, "unsupported_token_type"),
        ({"token": made["refresh_token"], "client_id": other}, "unauthorized_client"),
        ({"token": made["refresh_token"], "client_id": "x"}, "invalid_client"),
    ):  # fmt: skip
        answer = site.token(path="/oauth2/revoke", **given)
        assert (answer.status_code, answer.json()) == (400, {"error": error})
    assert site.info(made["access_token"]).status_code == 200
    for _ in range(2):  # twice is once
        assert site.token(path="/oauth2/revoke", token=made["refresh_token"]).status_code == 200
    assert site.info(made["access_token"]).status_code == 401
    assert site.token(grant_type="refresh_token", refresh_token=made["refresh_token"]).json() == GRANT


def test_user_info_takes_this_pools_access_tokens_alone(cloud, idp, account, site):
    site.user()
    made = site.by_code(site.code()).json()
    other = Site(cloud, idp, f"e-{account}")
    assert other.info(made["access_token"]).status_code == 401
    assert site.info(made["id_token"]).status_code == 401
    assert site.info(made["access_token"][:-4] + "AAAA").status_code == 401
    assert requests.get(f"{site.base}/oauth2/userInfo").status_code in (400, 401)
    preflight = requests.options(
        f"{site.base}/oauth2/userInfo",
        headers={"origin": "https://a.example", "access-control-request-headers": "authorization"},
    )
    assert preflight.headers["access-control-allow-headers"] == "authorization"
    assert other.by_code(site.code(), client_id=site.client).json() == {"error": "invalid_client"}


def test_the_domain_by_its_host(site):
    site.user()
    for host in (f"{site.name}.auth.us-east-1.amazoncognito.com", f"{site.name}.auth.localhost:{site.cloud.port}"):
        page = site.browser(host).get("/login", **site.asked())
        assert (page.status, urlsplit(page.read.action).path) == (200, "/login")
        assert "Path=/;" in page.answer.headers["set-cookie"]


def test_a_bucket_may_be_named_like_a_domain(client, site):
    client("s3").create_bucket(Bucket=f"{site.name}.auth")
    host = f"{site.name}.auth.s3.localhost:{site.cloud.port}"
    answer = requests.get(f"{site.cloud.url}/login", headers={"host": host})
    assert (answer.status_code, "<Code>AccessDenied</Code>" in answer.text) == (403, True)


def test_a_domain_goes_and_its_pages_with_it(idp, site):
    named = {"UserPoolId": site.pool, "Domain": site.name}
    assert idp.update_user_pool_domain(**named, ManagedLoginVersion=2)["ManagedLoginVersion"] == 2
    assert idp.describe_user_pool_domain(Domain=site.name)["DomainDescription"]["ManagedLoginVersion"] == 2
    fails("InvalidParameterException", idp.update_user_pool_domain, **named, ManagedLoginVersion=7)
    other = PoolAt(idp)
    fails("InvalidParameterException", idp.update_user_pool_domain, UserPoolId=other.id, Domain=site.name)
    idp.delete_user_pool_domain(**named)
    assert site.browser().get("/login", **site.asked()).status == 404
