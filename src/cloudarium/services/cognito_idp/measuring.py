"""What Cognito tells CloudWatch of user pools: 1 for what succeeds, 0 for what does not.

Source: https://docs.aws.amazon.com/cognito/latest/developerguide/metrics-for-cognito-user-pools.html
"""

from __future__ import annotations

from cloudarium.gateway.call import Call
from cloudarium.gateway.meters import Dimensions
from cloudarium.services.cognito_idp.records import pools
from cloudarium.shared.errors import AwsError

_NAMESPACE = "AWS/Cognito"
_SIGN_INS = frozenset(("InitiateAuth", "AdminInitiateAuth", "RespondToAuthChallenge", "AdminRespondToAuthChallenge"))
_KINDS = {
    **dict.fromkeys(_SIGN_INS, "SignIn"),
    "SignUp": "SignUp",
    "AdminCreateUser": "SignUp",
    "GetTokensFromRefreshToken": "TokenRefresh",
}
_REFRESHES = ("REFRESH_TOKEN_AUTH", "REFRESH_TOKEN")


def measured(call: Call) -> None:
    """Count a sign-up, a sign-in that has come to its end, or a refresh."""
    operation = call.operation_name
    kind = _KINDS.get(operation)
    if kind is None:
        return
    if call.input.get("AuthFlow") in _REFRESHES:
        kind = "TokenRefresh"
    if call.error is None and operation in _SIGN_INS and "AuthenticationResult" not in (call.output or {}):
        return  # the next challenge
    client_id = call.input.get("ClientId") if operation != "AdminCreateUser" else "Admin"
    pool = call.input.get("UserPoolId")
    if pool is None and isinstance(client_id, str):
        client = pools.find_client(call.store, client_id)
        pool, client_id = (client.pool, client_id) if client is not None else ("Invalid", "Invalid")
    if isinstance(pool, str) and isinstance(client_id, str):
        told(call, pool, client_id, kind, call.error)


def told(call: Call, pool: str, client: str, kind: str, error: Exception | None = None, provider: str = "") -> None:
    """Count what the pages or the operations did: SignIn, SignUp, TokenRefresh, Federation."""
    own: Dimensions = (("UserPool", pool), ("UserPoolClient", client))
    if provider:
        own = (("IdentityProvider", provider), *own)
    throttled = isinstance(error, AwsError) and error.code == "TooManyRequestsException"
    add = call.cloud.meter.add
    add(call.now, call.scope, _NAMESPACE, f"{kind}Successes", own, 0.0 if error is not None else 1.0, "Count")
    if throttled:
        add(call.now, call.scope, _NAMESPACE, f"{kind}Throttles", own, 1.0, "Count")
