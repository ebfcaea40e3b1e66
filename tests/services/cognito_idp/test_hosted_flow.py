"""The pages and OAuth 2.0 endpoints of a pool's domain with a browser's cookies and forms, and with OpenID clients."""

from __future__ import annotations

import base64
import hmac
import re
import time
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.services.cognito_idp.browser import CALLBACK, GOODBYE, VERIFIER, Page, Site
from tests.services.cognito_idp.conftest import claims, code, mail

FULL = "openid email profile aws.cognito.signin.user.admin"


@pytest.fixture
def site(cloud, idp, account) -> Site:
    return Site(cloud, idp, f"d-{account}")


def test_authlib_finds_its_way_by_the_openid_configuration(site):
    site.client, site.secret = site.make_client(GenerateSecret=True)
    site.user(email="ann@example.com", email_verified="true", given_name="Ann")
    found = requests.get(f"{site.cloud.url}/_aws/cognito-idp/{site.pool}/.well-known/openid-configuration").json()
    client = OAuth2Session(
        site.client, site.secret, scope=FULL, redirect_uri=CALLBACK, code_challenge_method="S256",
        token_endpoint_auth_method="client_secret_basic", revocation_endpoint_auth_method="client_secret_basic",
    )  # fmt: skip
    url, state = client.create_authorization_url(found["authorization_endpoint"], code_verifier=VERIFIER, nonce="n-0S6")
    browser = site.browser()
    query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    back = browser.send(browser.get("/oauth2/authorize", **query), username="ann", password="Secret-123")
    client.fetch_token(
        found["token_endpoint"], authorization_response=back.sent_to, code_verifier=VERIFIER, state=state
    )
    keys = KeySet.import_key_set(requests.get(found["jwks_uri"]).json())
    identity = jwt.decode(client.token["id_token"], keys, algorithms=["RS256"]).claims
    assert (identity["iss"], identity["aud"], identity["nonce"]) == (found["issuer"], site.client, "n-0S6")
    assert (identity["email"], identity["given_name"], identity["token_use"]) == ("ann@example.com", "Ann", "id")
    info = client.get(found["userinfo_endpoint"]).json()
    assert (info["sub"], info["email"], info["username"]) == (identity["sub"], "ann@example.com", "ann")
    refresh, first = client.token["refresh_token"], client.token["access_token"]
    client.refresh_token(found["token_endpoint"], refresh_token=refresh)
    assert client.token["access_token"] != first
    assert claims(client.token["id_token"])["auth_time"] == identity["auth_time"]
    assert client.revoke_token(found["revocation_endpoint"], token=refresh).status_code == 200
    assert site.token((site.client, site.secret), grant_type="refresh_token", refresh_token=refresh).json() == {
        "error": "invalid_grant"
    }
    assert client.get(found["userinfo_endpoint"]).status_code == 401
    [seen, *_] = site.cloud.control("journal?path=/oauth2/token&limit=9")["entries"]
    assert (seen["title"], seen["asked"]["id"], seen["asked"]["name"]) == ("POST /oauth2/token", site.name, "people")


@pytest.mark.parametrize(
    ("scope", "expected", "has_identity"),
    [
        ("openid", {"email", "given_name"}, True),
        ("openid email", {"email"}, True),
        ("openid profile email", {"email", "given_name"}, True),
        ("aws.cognito.signin.user.admin", set(), False),
    ],
)
def test_the_scopes_decide_what_is_told(site, scope, expected, has_identity):
    site.user(email="ann@example.com", given_name="Ann")
    made = site.by_code(site.code(scope=scope)).json()
    assert claims(made["access_token"])["scope"] == scope
    again = site.token(grant_type="refresh_token", refresh_token=made["refresh_token"]).json()
    assert ("id_token" in made, "id_token" in again) == (has_identity, has_identity)
    info = site.info(made["access_token"])
    if has_identity:
        assert {"email", "given_name"} & claims(made["id_token"]).keys() == expected
        assert {"email", "given_name"} & claims(again["id_token"]).keys() == expected
        assert {"email", "given_name"} & info.json().keys() == expected
    else:
        assert (info.status_code, info.json()["error"]) == (401, "invalid_token")
        assert site.idp.get_user(AccessToken=made["access_token"])["Username"] == "ann"


def test_the_implicit_flow_brings_tokens_in_the_fragment(site):
    site.client, _ = site.make_client(AllowedOAuthFlows=["implicit"])
    site.user()
    back = site.login(site.browser(), response_type="token", code_challenge="", code_challenge_method="", nonce="n1")
    assert (urlsplit(back.sent_to).query, back.brought["state"]) == ("", "s t/ä&te")
    assert claims(back.brought["id_token"])["nonce"] == "n1"
    assert claims(back.brought["access_token"])["client_id"] == site.client
    assert "refresh_token" not in back.brought
    assert site.info(back.brought["access_token"]).status_code == 200


def test_the_cookie_is_enough_until_the_hour_or_the_log_out(site):
    site.user()
    browser = site.browser()
    first = site.login(browser)
    cookie = next(one for one in browser.session.cookies if one.name == "cognito")
    assert (cookie.path, cookie.has_nonstandard_attr("HttpOnly")) == (urlsplit(site.base).path, True)
    again = browser.get("/oauth2/authorize", **site.asked())
    assert again.brought["code"] != first.brought["code"]
    assert "code" in browser.get("/oauth2/authorize", **site.asked(prompt="none")).brought
    assert browser.get("/oauth2/authorize", **site.asked(prompt="login")).path.endswith("/login")
    stolen = dict(browser.session.cookies)
    assert browser.get("/logout", client_id=site.client, logout_uri=GOODBYE).sent_to == GOODBYE
    for cookies in ({}, stolen):  # gone here and there
        browser.session.cookies.clear()
        browser.session.cookies.update(cookies)
        assert browser.get("/oauth2/authorize", **site.asked(prompt="none")).brought["error"] == "login_required"
    page = browser.get("/logout", client_id=site.client, redirect_uri=CALLBACK, response_type="code")
    assert (page.status, page.path.endswith("/login")) == (200, True)
    assert browser.get("/logout", client_id=site.client, logout_uri=f"{GOODBYE}/x").status == 400


def totp(secret: str, step: int) -> str:
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.digest(key, step.to_bytes(8, "big"), "sha1")
    place = digest[-1] & 15
    return f"{(int.from_bytes(digest[place : place + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06d}"


def key_of(page: Page) -> str:
    found = re.search(r"<code>([A-Z2-7]{52})</code>", page.answer.text)
    assert found is not None, page.text
    return found[1]


def test_an_app_is_set_up_on_the_page_and_asked_for_from_then_on(site):
    site.idp.set_user_pool_mfa_config(
        UserPoolId=site.pool, MfaConfiguration="ON", SoftwareTokenMfaConfiguration={"Enabled": True}
    )
    site.user(permanent=False)
    page = site.login(site.browser())
    browser = site.browser()
    page = browser.send(site.login(browser), password="Better-1234")
    secret = key_of(page)
    assert "<svg" in page.answer.text
    step = int(time.time()) // 30
    wrong = f"{(int(totp(secret, step)) + 1) % 1_000_000:06d}"
    page = browser.send(page, code=wrong)
    assert (page.status, key_of(page)) == (400, secret)
    assert "code" in browser.send(page, code=totp(secret, step)).brought
    other = site.browser()
    page = site.login(other, password="Better-1234")
    assert "authenticator app" in page.text and "<svg" not in page.answer.text
    again = other.send(page, code=totp(secret, step))  # a code is used once
    assert (again.status, "already been used once" in again.text) == (400, True)
    assert "code" in other.send(again, code=totp(secret, step + 1)).brought
    late = site.browser().get("/mfa", **site.asked())
    assert late.path.endswith("/login")


# ---- second steps, and signing up ------------------------------------------------------------------------------------


@pytest.fixture
def two_factors(site, client, account) -> Site:
    """A pool that lets people choose between an app and a mail."""
    address = f"no-reply@{account}.example.com"
    ses = client("ses")
    ses.verify_email_identity(EmailAddress=address)
    site.cloud.settle()
    link = re.search(r"https?://\S+?(?=[\"<\s])", mail(site.cloud, address)["text"])
    assert link is not None
    requests.get(link[0])
    client("sesv2").put_account_details(
        MailType="TRANSACTIONAL", WebsiteURL="https://example.com", UseCaseDescription="codes"
    )
    site.idp.update_user_pool(
        UserPoolId=site.pool,
        EmailConfiguration={
            "EmailSendingAccount": "DEVELOPER",
            "SourceArn": f"arn:aws:ses:us-east-1:{account}:identity/{address}",
        },
        AccountRecoverySetting={"RecoveryMechanisms": [{"Priority": 1, "Name": "admin_only"}]},
    )
    site.idp.set_user_pool_mfa_config(
        UserPoolId=site.pool, MfaConfiguration="OPTIONAL", SoftwareTokenMfaConfiguration={"Enabled": True},
        EmailMfaConfiguration={},
    )  # fmt: skip
    return site


def test_a_code_by_mail_is_asked_for_on_the_page(two_factors):
    site, address = two_factors, f"m-{two_factors.client}@example.com"
    site.user(email=address, email_verified="true")
    site.idp.admin_set_user_mfa_preference(
        UserPoolId=site.pool, Username="ann", EmailMfaSettings={"Enabled": True, "PreferredMfa": True}
    )
    browser = site.browser()
    page = site.login(browser)
    assert "We have sent a code to m***@e***" in page.text
    wrong = browser.send(page, code="000000")
    assert wrong.status == 400 and "code" in wrong.fields
    assert "code" in browser.send(wrong, code=code(site.cloud, address)).brought


def test_somebody_with_two_second_steps_chooses(two_factors):
    site, address = two_factors, f"c-{two_factors.client}@example.com"
    site.user(email=address, email_verified="true")
    token = site.by_code(site.code(scope=FULL)).json()["access_token"]
    secret = site.idp.associate_software_token(AccessToken=token)["SecretCode"]
    step = int(time.time()) // 30
    site.idp.verify_software_token(AccessToken=token, UserCode=totp(secret, step))
    site.idp.set_user_mfa_preference(
        AccessToken=token, SoftwareTokenMfaSettings={"Enabled": True}, EmailMfaSettings={"Enabled": True}
    )
    browser = site.browser()
    page = site.login(browser)
    assert "authenticator app" in page.text and "by email" in page.text
    mailed = browser.send(page, answer="EMAIL_OTP")
    assert "code" in browser.send(mailed, code=code(site.cloud, address)).brought
    browser = site.browser()
    asked = browser.send(site.login(browser), answer="SOFTWARE_TOKEN_MFA")
    assert "code" in browser.send(asked, code=totp(secret, step + 1)).brought
    browser = site.browser()
    refused = browser.send(site.login(browser), answer="SMS_MFA")
    assert (refused.status, "not available" in refused.text) == (400, True)


@pytest.fixture
def by_code(two_factors) -> Site:
    """The same pool, whose client lets people begin with a code by mail."""
    site = two_factors
    kept = site.idp.describe_user_pool(UserPoolId=site.pool)["UserPool"]["EmailConfiguration"]
    policy = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}
    site.idp.update_user_pool(
        UserPoolId=site.pool, EmailConfiguration=kept, Policies=policy, AutoVerifiedAttributes=["email"]
    )
    site.idp.set_user_pool_mfa_config(UserPoolId=site.pool, MfaConfiguration="OFF")
    page = site.browser().get("/loginCode", **site.asked())
    assert (page.path.rpartition("/")[2], "Sign in with a code" in page.read.links) == ("login", False)
    site.client, site.secret = site.make_client(ExplicitAuthFlows=["ALLOW_USER_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"])
    return site


def test_a_code_by_mail_in_place_of_the_password(by_code):
    site, address = by_code, f"w-{by_code.client}@example.com"
    site.user(email=address, email_verified="true")
    browser = site.browser()
    asked = browser.click(browser.get("/oauth2/authorize", **site.asked()), "Sign in with a code")
    for name in ("", "x" * 129, "\x00\ufffd", "a b\r\nset-cookie: x=1"):
        assert browser.send(asked, username=name).status in (200, 400)
    forged = {**asked.fields, "username": "ann", "answer": "SMS_OTP"}
    assert browser.session.post(site.cloud.url + asked.read.action, data=forged).status_code == 400
    wrong = browser.send(browser.send(asked, username="ann"), code="00000000")
    assert (wrong.status, "Invalid code" in wrong.text) == (400, True)
    site.cloud.settle()
    sent = re.search(r"\b\d{8}\b", mail(site.cloud, address)["html"])
    assert sent is not None
    made = site.by_code(browser.send(wrong, code=sent[0]).brought["code"]).json()
    assert claims(made["id_token"])["cognito:username"] == "ann"
    again = browser.send(wrong, code=sent[0])
    assert "code" not in again.brought, "a code is of one use"


def test_nobody_learns_by_a_code_in_place_of_the_password_who_is_there(by_code):
    site = by_code
    site.user(email=f"x-{site.client}@example.com", email_verified="true")
    site.user("off", email=f"y-{site.client}@example.com", email_verified="true")
    site.idp.admin_disable_user(UserPoolId=site.pool, Username="off")
    site.user("mute")
    seen = set()
    for name in ("ann", "off", "mute", "nobody"):
        browser = site.browser()
        sent = browser.send(
            browser.click(browser.get("/oauth2/authorize", **site.asked()), "Sign in with a code"), username=name
        )
        tries = [browser.send(sent, code="00000000") for _ in range(7)]
        seen.add((sent.status, sent.text, *((each.status, each.text) for each in tries)))
    assert len(seen) == 1


def test_who_signs_up_is_signed_in_with_the_code_in_the_same_browser_alone(site):
    site.idp.update_user_pool(UserPoolId=site.pool, AutoVerifiedAttributes=["email"])
    address = f"s-{site.client}@example.com"
    browser = site.browser()
    page = browser.get("/signup", **site.asked())
    page = browser.send(page, username="eve", password="Secret-123", attribute__email=address)
    page = browser.send(browser.click(page, "Send another code"), username="eve")
    other = site.browser()
    elsewhere = other.get("/confirmUser", **site.asked())
    wrong = browser.send(page, code="000000")
    assert wrong.status == 400
    assert "code" in browser.send(wrong, code=code(site.cloud, address)).brought
    assert "code" in browser.get("/oauth2/authorize", **site.asked(prompt="none")).brought
    site.idp.sign_up(
        ClientId=site.client, Username="bob", Password="Secret-123",
        UserAttributes=[{"Name": "email", "Value": f"b-{site.client}@example.com"}],
    )  # fmt: skip
    given = code(site.cloud, f"b-{site.client}@example.com")
    page = other.send(elsewhere, username="bob", code=given)
    assert "Your account is confirmed. Please sign in." in page.text
    assert "code" in other.send(page, password="Secret-123").brought


def test_who_signs_in_before_confirming_is_asked_for_the_code(site):
    site.idp.update_user_pool(UserPoolId=site.pool, AutoVerifiedAttributes=["email"])
    address = f"u-{site.client}@example.com"
    site.idp.sign_up(
        ClientId=site.client, Username="eve", Password="Secret-123",
        UserAttributes=[{"Name": "email", "Value": address}],
    )  # fmt: skip
    browser = site.browser()
    page = site.login(browser, "eve")
    assert "not confirmed yet" in page.text
    assert "code" in browser.send(page, code=code(site.cloud, address)).brought
