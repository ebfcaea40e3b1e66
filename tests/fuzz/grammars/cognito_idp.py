"""The pages and OAuth 2.0 endpoints of a pool's domain: anybody's queries, forms, cookies and credentials."""

from __future__ import annotations

from random import Random
from urllib.parse import urlencode

from cloudarium.gateway.http import HttpRequest
from tests.fuzz.area import area
from tests.fuzz.mutate import Mutator
from tests.fuzz.target import Target
from tests.fuzz.wire import latin, line

_PATHS = (
    "/oauth2/authorize", "/oauth2/idpresponse", "/oauth2/token", "/oauth2/userInfo", "/oauth2/revoke", "/login",
    "/signup", "/confirmUser", "/resendcode", "/forgotPassword", "/confirmForgotPassword", "/newPassword", "/mfa",
    "/mfaCode", "/mfaChoice", "/mfaSetup", "/logout", "/confirm",
)  # fmt: skip
_WORDS = (
    ["&", "=", "%00", "%ED%A0%80", "%0d%0a", "identity_provider=Far", "idp_identifier=", "prompt=none", "state=", "://"]
    + ["code_challenge=", "response_type=token", "scope=openid", "nonce=", "_csrf=", "session=", "kind=EMAIL_OTP"]
    + ["choices=", "attribute.email=", "attribute.custom:", "grant_type=refresh_token", "Basic ", "Bearer ", "eyJ", "."]
)
_CSRF = "x" * 40
_FORM = "username=nobody&password=Secret-123&code=123456&session=AYAB&kind=EMAIL_OTP&answer=SMS_MFA&attribute.email=a@b"
_BACK = "http://localhost/back"
_AT = "https://127.0.0.1:9"


def _prepare(target: Target) -> None:
    pool = target.do("cognito-idp", "CreateUserPool", PoolName="fuzz")["UserPool"]["Id"]
    target.do("cognito-idp", "CreateUserPoolDomain", UserPoolId=pool, Domain="fuzzed")
    details = {
        "client_id": "x", "client_secret": "y", "attributes_request_method": "GET", "authorize_scopes": "openid",
        "oidc_issuer": _AT, "authorize_url": f"{_AT}/a", "token_url": f"{_AT}/t", "attributes_url": f"{_AT}/u",
        "jwks_uri": f"{_AT}/k",
    }  # fmt: skip
    target.do(
        "cognito-idp", "CreateIdentityProvider", UserPoolId=pool, ProviderName="Far", ProviderType="OIDC",
        ProviderDetails=details,
    )  # fmt: skip
    made = target.do(
        "cognito-idp", "CreateUserPoolClient", UserPoolId=pool, ClientName="app", AllowedOAuthFlows=["code"],
        AllowedOAuthFlowsUserPoolClient=True, AllowedOAuthScopes=["openid", "email"], CallbackURLs=[_BACK],
        SupportedIdentityProviders=["COGNITO", "Far"],
    )  # fmt: skip
    target.known["client"] = made["UserPoolClient"]["ClientId"]


@area("cognito-idp-pages", _prepare)
def _visits(target: Target, source: Random) -> None:
    mutator = Mutator(source, _WORDS)
    client = target.known["client"]
    asked = urlencode({"client_id": client, "redirect_uri": _BACK, "response_type": "code", "scope": "openid"})
    path = source.choice(_PATHS)
    query = (
        asked if source.random() < 0.3 else mutator.text(f"{asked}&identity_provider=Far&state=a&code=b&login_hint=c")
    )
    form = f"_csrf={_CSRF}&{_FORM}&client_id={client}&grant_type=authorization_code&token=a"
    headers = {"host": "localhost", "cookie": f"XSRF-TOKEN={_CSRF}; csrf-state={'y' * 43}"}
    if source.random() < 0.3:
        headers["cookie"] = latin(mutator.text(headers["cookie"]))
    if source.random() < 0.3:
        headers["authorization"] = latin(mutator.text(source.choice(("Basic YTpi", "Bearer a.b.c"))))
    method = source.choice(("GET", "POST", "POST", "HEAD", "OPTIONS", "PUT"))
    body = mutator.text(form).encode("utf-8", "surrogatepass") if method == "POST" else b""
    target.judge(HttpRequest(method, f"/_aws/auth/fuzzed{path}", line(query), headers, body))
