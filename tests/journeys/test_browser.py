"""A person in a real browser: a web app, the sign-in pages of its pool, and an API that takes its tokens alone."""

from __future__ import annotations

import base64
import functools
import hmac
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.clients import chromium
from tests.journeys.conftest import RUNTIME, package
from tests.services.cognito_idp.conftest import code

WEBAPP = Path(__file__).parent / "webapp"
FUNCTION = """
def handler(event, context):
    return {"hello": event["requestContext"]["authorizer"]["jwt"]["claims"]["username"]}
"""
PASSWORD = "Secret-123"
# Where to keep a picture of every page, for whoever wants to see them.
PICTURES = os.environ.get("CLOUDARIUM_PICTURES")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium.running() as found:
        yield found


class Handler(SimpleHTTPRequestHandler):
    """The web app's files, and the settings that it was deployed with."""

    settings: dict[str, str] = {}

    def do_GET(self) -> None:
        if self.path != "/settings.json":
            return super().do_GET()
        data = json.dumps(self.settings).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args: Any) -> None:
        pass


class Shop:
    """A pool with a domain, a web app that is its client, and an API behind its tokens."""

    def __init__(self, cloud: Any, client: Callable[..., Any], role: str, url: str, name: str) -> None:
        self.cloud, self.idp, self.url = cloud, client("cognito-idp"), url
        made = self.idp.create_user_pool(PoolName="people", AutoVerifiedAttributes=["email"])["UserPool"]
        self.pool: str = made["Id"]
        self.idp.create_user_pool_domain(UserPoolId=self.pool, Domain=name)
        self.domain = f"{cloud.url}/_aws/auth/{name}"
        self.client = self._client(["COGNITO"])
        self.api = self._api(client, role)

    def _client(self, providers: list[str]) -> str:
        made = self.idp.create_user_pool_client(
            UserPoolId=self.pool, ClientName="Bookshop", AllowedOAuthFlowsUserPoolClient=True,
            AllowedOAuthFlows=["code"], AllowedOAuthScopes=["openid", "email"], CallbackURLs=[self.url],
            LogoutURLs=[self.url], SupportedIdentityProviders=providers,
        )["UserPoolClient"]  # fmt: skip
        return str(made["ClientId"])

    def _api(self, client: Callable[..., Any], role: str) -> str:
        code = package(app=FUNCTION)
        functions, apis = client("lambda"), client("apigatewayv2")
        function = functions.create_function(
            FunctionName="hello", Role=role, Runtime=RUNTIME, Handler="app.handler", Code={"ZipFile": code}
        )["FunctionArn"]
        functions.add_permission(
            FunctionName="hello", StatementId="api", Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
        )  # fmt: skip
        cors = {"AllowOrigins": [self.url.rstrip("/")], "AllowHeaders": ["authorization"], "AllowMethods": ["GET"]}
        id = apis.create_api(Name="shop", ProtocolType="HTTP", CorsConfiguration=cors)["ApiId"]
        issuer = f"https://cognito-idp.us-east-1.amazonaws.com/{self.pool}"
        authorizer = apis.create_authorizer(
            ApiId=id, Name="users", AuthorizerType="JWT", IdentitySource=["$request.header.Authorization"],
            JwtConfiguration={"Issuer": issuer, "Audience": [self.client]},
        )["AuthorizerId"]  # fmt: skip
        integration = apis.create_integration(
            ApiId=id, IntegrationType="AWS_PROXY", IntegrationUri=function, PayloadFormatVersion="2.0"
        )["IntegrationId"]
        apis.create_route(
            ApiId=id, RouteKey="GET /me", Target=f"integrations/{integration}", AuthorizationType="JWT",
            AuthorizerId=authorizer,
        )  # fmt: skip
        apis.create_stage(ApiId=id, StageName="$default", AutoDeploy=True)
        return f"{self.cloud.url}/_aws/execute-api/{id}/me"

    def user(self, name: str, email: str) -> None:
        """Somebody who has a password."""
        given = [{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}]
        self.idp.admin_create_user(UserPoolId=self.pool, Username=name, UserAttributes=given, MessageAction="SUPPRESS")
        self.idp.admin_set_user_password(UserPoolId=self.pool, Username=name, Password=PASSWORD, Permanent=True)


@pytest.fixture
def shop(
    cloud: Any, client: Callable[..., Any], lambda_role: Callable[..., str], account: str, browser: Any
) -> Iterator[Shop]:
    served = type("Served", (Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(served, directory=str(WEBAPP)))
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        found = Shop(cloud, client, lambda_role(), f"http://localhost:{server.server_address[1]}/", f"web-{account}")
        served.settings = {"domain": found.domain, "client": found.client, "api": found.api}
        yield found
    finally:
        server.shutdown()
        server.server_close()


class Person:
    """Somebody at a screen, with the shop's page open."""

    def __init__(self, browser: Any, shop: Shop, **screen: Any) -> None:
        self.shop = shop
        self.context = browser.new_context(**screen)
        self.page = self.context.new_page()
        self.page.set_default_timeout(15_000)
        self.troubles: list[str] = []
        self.page.on("console", lambda said: said.type == "error" and self.troubles.append(said.text))
        self.page.goto(shop.url)

    def sign_in(self) -> Any:
        """To the sign-in page, whose first field has the focus."""
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url(f"{self.shop.cloud.url}/**")
        self.page.locator("input[name=username]:focus").wait_for()
        return self.page

    def fill(self, **given: str) -> None:
        """Fill the form in, by the labels that a person reads, and send it."""
        for label, value in given.items():
            self.page.get_by_label(label.replace("_", " "), exact=True).fill(value)
        self.page.locator("main form button").click()

    def shown(self) -> Any:
        """What the web app shows after the way back."""
        self.page.wait_for_url(f"{self.shop.url}?*")
        self.page.wait_for_function("document.querySelector('#seen').textContent")
        return json.loads(self.page.locator("#seen").inner_text())


@pytest.fixture
def person(browser: Any, shop: Shop, request: pytest.FixtureRequest) -> Iterator[Person]:
    found = Person(browser, shop, **getattr(request, "param", chromium.DESKTOP))
    yield found
    found.context.close()


def picture(page: Any, name: str) -> None:
    """Keep pictures of a page on a screen and on a phone, light and dark, and see that it fits on both."""
    before = page.viewport_size
    for width, height, kind in ((1280, 800, "desktop"), (375, 720, "phone")):
        page.set_viewport_size({"width": width, "height": height})
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{name} is {wide} wide on a {kind}"
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            if PICTURES:
                page.screenshot(path=f"{PICTURES}/{name}-{kind}-{scheme}.png", full_page=True)
    page.set_viewport_size(before)


def test_somebody_signs_up_and_calls_the_api(person: Person, shop: Shop, account: str) -> None:
    address = f"w-{account}@example.com"
    page = person.sign_in()
    picture(page, "login")
    page.get_by_role("link", name="Create an account").click()
    person.fill(User_name="wendy", Email=address, Password="weak")
    assert "Password did not conform with policy" in page.get_by_role("alert").inner_text()
    picture(page, "signup")
    person.fill(User_name="wendy", Email=address, Password=PASSWORD)
    page.get_by_role("status").wait_for()
    picture(page, "confirm")
    person.fill(Code=code(shop.cloud, address))
    assert person.shown() == {"api": 200, "said": {"hello": "wendy"}, "stranger": 401, "type": "Bearer"}
    page.get_by_role("button", name="Sign in").click()  # the cookie knows who it is
    assert person.shown()["said"] == {"hello": "wendy"}
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_function("document.querySelector('#seen').textContent === '\"nobody\"'")
    person.sign_in().get_by_label("Password", exact=True).wait_for()


@pytest.mark.parametrize("person", [chromium.PHONE], indirect=True)
def test_a_forgotten_password_on_a_phone(person: Person, shop: Shop, account: str) -> None:
    address = f"f-{account}@example.com"
    shop.user("frank", address)
    page = person.sign_in()
    person.fill(User_name="frank", Password="Wrong-1234")
    assert "Incorrect username or password" in page.get_by_role("alert").inner_text()
    picture(page, "wrong")
    page.get_by_role("link", name="Forgot your password?").tap()
    person.fill(User_name="frank")
    page.get_by_role("status").wait_for()
    picture(page, "forgot")
    person.fill(Code=code(shop.cloud, address), New_password="Other-1234")
    person.page.get_by_role("status").wait_for()
    person.fill(Password="Other-1234")
    assert person.shown()["said"] == {"hello": "frank"}


def totp(secret: str, later: int = 0) -> str:
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.digest(key, (int(time.time()) // 30 + later).to_bytes(8, "big"), "sha1")
    place = digest[-1] & 15
    return f"{(int.from_bytes(digest[place : place + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06d}"


def test_an_authenticator_app_by_the_keyboard_alone(person: Person, shop: Shop, account: str) -> None:
    shop.idp.set_user_pool_mfa_config(
        UserPoolId=shop.pool, MfaConfiguration="ON", SoftwareTokenMfaConfiguration={"Enabled": True}
    )
    shop.user("tina", f"t-{account}@example.com")
    page, keys = person.sign_in(), person.page.keyboard
    for word in ("tina", PASSWORD):  # the first field has the focus
        keys.type(word)
        keys.press("Tab")
    keys.press("Enter")  # on the button
    page.get_by_role("heading", name="Set up your app").wait_for()
    picture(page, "app")
    box = page.locator("figure svg").bounding_box()
    assert box["width"] == box["height"] > 150
    secret = page.locator("figcaption code").inner_text()
    keys.type(totp(secret))
    keys.press("Enter")
    assert person.shown()["said"] == {"hello": "tina"}
    person.context.clear_cookies()
    page = person.sign_in()
    keys.type("tina")
    keys.press("Tab")
    keys.type(PASSWORD)
    keys.press("Enter")
    page.get_by_role("heading", name="Enter your code").wait_for()
    picture(page, "code")
    keys.type(totp(secret, 1))
    keys.press("Enter")
    assert person.shown()["said"] == {"hello": "tina"}


def test_somebody_comes_from_another_pool(person: Person, shop: Shop, account: str) -> None:
    idp = shop.idp
    corp = idp.create_user_pool(PoolName="corp")["UserPool"]["Id"]
    idp.create_user_pool_domain(UserPoolId=corp, Domain=f"corp-{account}")
    trusted = idp.create_user_pool_client(
        UserPoolId=corp, ClientName="Corp", GenerateSecret=True, AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthFlows=["code"], AllowedOAuthScopes=["openid", "email"], SupportedIdentityProviders=["COGNITO"],
        CallbackURLs=[f"{shop.domain}/oauth2/idpresponse"],
    )["UserPoolClient"]  # fmt: skip
    idp.admin_create_user(UserPoolId=corp, Username="carl", TemporaryPassword="Welcome-1", MessageAction="SUPPRESS")
    details = {
        "client_id": trusted["ClientId"], "client_secret": trusted["ClientSecret"], "authorize_scopes": "openid email",
        "attributes_request_method": "GET", "oidc_issuer": f"https://cognito-idp.us-east-1.amazonaws.com/{corp}",
    }  # fmt: skip
    idp.create_identity_provider(
        UserPoolId=shop.pool, ProviderName="Corp", ProviderType="OIDC", ProviderDetails=details
    )
    idp.update_user_pool_client(
        UserPoolId=shop.pool, ClientId=shop.client, ClientName="Bookshop", AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthFlows=["code"], AllowedOAuthScopes=["openid", "email"], CallbackURLs=[shop.url],
        SupportedIdentityProviders=["COGNITO", "Corp"],
    )  # fmt: skip
    page = person.sign_in()
    picture(page, "providers")
    page.get_by_role("link", name="Continue with Corp").click()
    person.fill(User_name="carl", Password="Welcome-1")
    page.get_by_role("heading", name="Choose a password").wait_for()
    picture(page, "password")
    person.fill(New_password=PASSWORD)
    name = person.shown()["said"]["hello"]
    user = idp.admin_get_user(UserPoolId=shop.pool, Username=name)
    assert (name.startswith("Corp_"), user["UserStatus"]) == (True, "EXTERNAL_PROVIDER")
    # The only errors that the browser reports are those of the stranger at the API.
    assert all("401" in said for said in person.troubles), person.troubles
