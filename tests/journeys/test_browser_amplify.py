"""A web app with Amplify signs people in by redirect, over TLS, in a real browser: here and by way of another pool."""

from __future__ import annotations

import functools
import json
import subprocess
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.clients import chromium, install, tools
from tests.conftest import RunningCloud

WEBAPP = Path(__file__).parent / "webapp_amplify"
PASSWORD = "Secret-123"


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCloud]:
    """A cloud that answers https: Amplify sends people to no other sign-in page."""
    running = RunningCloud(None, tmp_path_factory.mktemp("state"))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with chromium.running() as browser:
        context = browser.new_context(ignore_https_errors=True, **chromium.DESKTOP)
        found = context.new_page()
        found.set_default_timeout(15_000)
        yield found


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The web app, bundled as its build does it."""
    tools.node()
    folder = tmp_path_factory.mktemp("webapp")
    (folder / "index.html").write_text((WEBAPP / "index.html").read_text())
    modules = install.HOME / "javascript" / "node_modules"
    command = [modules / ".bin" / "esbuild", WEBAPP / "main.js", "--bundle", "--format=esm", "--log-level=error"]
    done = subprocess.run(
        [*map(str, command), f"--outfile={folder / 'bundle.js'}"],
        env={"NODE_PATH": str(modules), "PATH": str(Path(tools.node()).parent)},
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder


class Handler(SimpleHTTPRequestHandler):
    """The files of a web app."""

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def origin(built: Path) -> Iterator[str]:
    """Where the web app is served."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=str(built)))
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://localhost:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()


def make_client(idp: Any, pool: str, callback: str, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = idp.create_user_pool_client(
        UserPoolId=pool, ClientName="Bookshop", AllowedOAuthFlowsUserPoolClient=True, AllowedOAuthFlows=["code"],
        AllowedOAuthScopes=["openid", "email", "aws.cognito.signin.user.admin"], CallbackURLs=[callback],
        LogoutURLs=[callback], **{"SupportedIdentityProviders": ["COGNITO"], **more},
    )["UserPoolClient"]  # fmt: skip
    return made


@pytest.fixture(scope="module")
def shop(secure: RunningCloud, origin: str, built: Path) -> Any:
    """A client of Cognito, after a pool of the app and one of people elsewhere were made, with ann in both."""
    idp = secure.client("cognito-idp")
    pools = {}
    for name in ("shop", "corp"):
        pools[name] = idp.create_user_pool(PoolName=name)["UserPool"]["Id"]
        idp.create_user_pool_domain(UserPoolId=pools[name], Domain=f"{name}-tls")
        given = {"UserPoolId": pools[name], "Username": "ann"}
        email = [{"Name": "email", "Value": f"ann@{name}.example"}]
        idp.admin_create_user(**given, UserAttributes=email, MessageAction="SUPPRESS")
        idp.admin_set_user_password(**given, Password=PASSWORD, Permanent=True)
    base = f"https://localhost:{secure.port}"
    callback = f"{base}/_aws/auth/shop-tls/oauth2/idpresponse"
    trusted = make_client(idp, pools["corp"], callback, GenerateSecret=True)
    details = {
        "client_id": trusted["ClientId"], "client_secret": trusted["ClientSecret"], "authorize_scopes": "openid email",
        "attributes_request_method": "GET",
        "oidc_issuer": f"https://cognito-idp.us-east-1.amazonaws.com/{pools['corp']}",
    }  # fmt: skip
    idp.create_identity_provider(
        UserPoolId=pools["shop"], ProviderName="Corp", ProviderType="OIDC", ProviderDetails=details,
        AttributeMapping={"email": "email"},
    )  # fmt: skip
    client = make_client(idp, pools["shop"], origin, SupportedIdentityProviders=["COGNITO", "Corp"])["ClientId"]
    settings = {"pool": pools["shop"], "client": client, "endpoint": base}
    settings["domain"] = f"localhost:{secure.port}/_aws/auth/shop-tls"
    (built / "settings.json").write_text(json.dumps(settings))
    return idp


def shown(page: Any, origin: str) -> Any:
    page.wait_for_url(f"{origin}**")
    page.wait_for_function("document.querySelector('#seen').textContent")
    return json.loads(page.locator("#seen").inner_text())


def sign_in(page: Any) -> None:
    page.get_by_label("User name", exact=True).fill("ann")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.locator("main form button").click()


def test_by_redirect_there_and_back(page: Any, shop: Any, origin: str, secure: RunningCloud) -> None:
    page.goto(origin)
    assert shown(page, origin) == "nobody"
    page.get_by_role("button", name="Sign in", exact=True).click()
    sign_in(page)
    said = shown(page, origin)
    assert (said["username"], said["email"]) == ("ann", "ann@shop.example")
    assert set(said["scope"].split()) == {"openid", "email", "aws.cognito.signin.user.admin"}
    pages = f"https://localhost:{secure.port}/_aws/auth/shop-tls"
    kept = {one["name"]: one for one in page.context.cookies(pages)}
    for name in ("cognito", "XSRF-TOKEN"):
        assert (kept[name]["secure"], kept[name]["httpOnly"], kept[name]["sameSite"]) == (True, True, "Lax")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_function("document.querySelector('#seen').textContent === '\"nobody\"'")
    assert "cognito" not in {one["name"] for one in page.context.cookies(pages)}


def test_by_way_of_another_pool(page: Any, shop: Any, origin: str) -> None:
    page.goto(origin)
    page.get_by_role("button", name="Sign in at Corp").click()
    page.wait_for_url("**/_aws/auth/corp-tls/**")
    sign_in(page)
    said = shown(page, origin)
    assert said["username"].startswith("Corp_") and said["email"] == "ann@corp.example"
