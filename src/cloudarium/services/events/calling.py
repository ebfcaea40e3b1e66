"""HTTP targets: API destinations over their connections, and stages of API Gateway."""

from __future__ import annotations

import base64
import http.client
import json
from typing import Any
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from cloudarium.gateway.background import Event
from cloudarium.gateway.call import Call
from cloudarium.gateway.fetch import Answer, fetch
from cloudarium.gateway.signing import signed
from cloudarium.policy.principal import Principal
from cloudarium.services.events import secrets
from cloudarium.services.events.operations.destinations import connection_of
from cloudarium.services.events.records import named
from cloudarium.services.events.records.named import Named
from cloudarium.services.events.rules import authorization
from cloudarium.services.events.rules.inputs import value_at
from cloudarium.shared.arn import Arn
from cloudarium.shared.errors import AwsError
from cloudarium.shared.retrying import Failure
from cloudarium.shared.scope import Scope

Data = dict[str, Any]
_SECONDS = 5.0  # AWS waits no longer
_TOKENS = "events tokens"
_FORBIDDEN = frozenset((
    "host", "content-length", "connection", "transfer-encoding", "te", "trailer", "upgrade", "user-agent", "expect",
))  # fmt: skip


async def to_destination(event: Event, place: Arn, text: str, caller: Principal) -> None:
    """Send the event to an API destination, authorized by its connection."""
    destination = _destination(event, place)
    connection = connection_of(event.store, destination.data["ConnectionArn"])
    if connection is None or connection.data["ConnectionState"] != "AUTHORIZED":
        raise Failure("SDK_CLIENT_ERROR", "The connection is not authorized.", again=connection is not None)
    _take_turn(event, destination)
    if caller.kind != "service":
        _require(event, place, caller)
    answer = await _request(event, destination, connection, text)
    if answer.status in (401, 407) and connection.data["AuthorizationType"] == "OAUTH_CLIENT_CREDENTIALS":
        _tokens(event).pop(connection.data["id"], None)  # the next attempt brings a new one
        raise Failure("SDK_CLIENT_ERROR", f"The endpoint answered {answer.status}.", again=True)
    _check(answer)


def _check(answer: Answer) -> None:
    if answer.status < 300:
        return
    again = answer.status in (401, 407, 409, 429) or answer.status >= 500
    code = "THROTTLING" if answer.status == 429 else "ERROR_FROM_TARGET"
    raise Failure(code, f"The endpoint answered {answer.status}.", again=again)


def _destination(event: Event, place: Arn) -> Named:
    _, name, id = (place.resource.split("/") + ["", ""])[:3]
    found = named.find(event.store, Scope(place.account, place.region), "api-destination", name)
    if found is None or found.data["id"] != id:
        raise Failure("NO_RESOURCE", "The API destination does not exist.")
    return found


def _require(event: Event, place: Arn, caller: Principal) -> None:
    """The target's role must be allowed to invoke the API destination."""
    call = Call(event.cloud, None, event)
    call.service, call.room, call.principal = "events", event.room, caller
    call.operation_name, call.scope = "InvokeApiDestination", event.scope
    if not call.may("events:InvokeApiDestination", str(place)):
        raise Failure("NO_PERMISSIONS", f"The role is not allowed to invoke {place}.")


def _take_turn(event: Event, destination: Named) -> None:
    """Hold to the rate of a destination: so many in a second of the clock."""
    counts: dict[str, tuple[int, int]] = event.cloud.keep.setdefault("events rates", {})
    id, second = destination.data["id"], int(event.cloud.clock.now())
    counted = counts.get(id, (second, 0))
    taken = counted[1] if counted[0] == second else 0
    if taken >= destination.data["InvocationRateLimitPerSecond"]:
        raise Failure("THROTTLING", "The invocation rate limit of the API destination is reached.", again=True)
    counts[id] = (second, taken + 1)


async def _request(event: Event, destination: Named, connection: Named, text: str) -> Answer:
    try:
        secret = await secrets.read(event, connection.data)
    except AwsError as error:
        raise Failure.of(error) from None
    parameters = event.payload["Target"].get("HttpParameters") or {}
    own = secret.get("invocation_http_parameters")
    headers = {"content-type": "application/json; charset=utf-8", "user-agent": "Amazon/EventBridge/ApiDestinations"}
    headers.update(_headers((parameters.get("HeaderParameters") or {}).items(), event))
    headers.update(_headers(authorization.parameters_of(own, "header"), event))
    headers.update(await _authorized(event, connection, secret))
    query = [(key, _dynamic(value, event)) for key, value in (parameters.get("QueryStringParameters") or {}).items()]
    query += authorization.parameters_of(own, "query_string")
    url = _url(destination.data["InvocationEndpoint"], parameters.get("PathParameterValues") or (), query, event)
    body = _with_body(text, authorization.parameters_of(own, "body"))
    return await _fetched(destination.data["HttpMethod"], url, headers, body)


async def _fetched(method: str, url: str, headers: dict[str, str], body: str) -> Answer:
    try:
        return await fetch(method, url, headers, _body(method, body), _SECONDS)
    except TimeoutError:
        raise Failure("TIMEOUT", "The endpoint did not answer in time.", again=True) from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Failure(
            "CONNECTION_FAILURE", f"The endpoint was not reached: {type(error).__name__}", again=True
        ) from None


def _body(method: str, text: str) -> bytes:
    return b"" if method in ("GET", "HEAD") else text.encode()


def _headers(given: Any, event: Event) -> dict[str, str]:
    made = {}
    for name, value in given:
        text = _dynamic(value, event)
        if name.lower() not in _FORBIDDEN and text.isprintable():
            made[name.lower()] = text.encode("utf-8").decode("latin-1")
    return made


def _dynamic(value: str, event: Event) -> str:
    """A parameter of a target: a constant, or the part of the event that a path names."""
    if not value.startswith("$."):
        return value
    found = value_at(json.loads(event.payload["Event"]), value)
    return found if isinstance(found, str) else json.dumps(found)


def _url(endpoint: str, path: Any, query: list[tuple[str, str]], event: Event) -> str:
    values = [quote(_dynamic(value, event), safe="") for value in path]
    for value in values:
        endpoint = endpoint.replace("*", value, 1)
    parts = urlsplit(endpoint)
    text = "&".join(part for part in (parts.query, urlencode(query)) if part)
    return urlunsplit(parts._replace(query=text))


def _with_body(text: str, more: list[tuple[str, str]]) -> str:
    """The body, a JSON object of which has the connection's parameters as well."""
    if not more:
        return text
    try:
        found = json.loads(text)
    except ValueError:
        return text
    return json.dumps({**found, **dict(more)}) if isinstance(found, dict) else text


# ---- Credentials -----------------------------------------------------------------------------------------------------


async def _authorized(event: Event, connection: Named, secret: Data) -> dict[str, str]:
    kind = connection.data["AuthorizationType"]
    if kind == "BASIC":
        pair = f"{secret.get('username')}:{secret.get('password')}".encode()
        return {"authorization": f"Basic {base64.b64encode(pair).decode()}"}
    if kind == "API_KEY":
        return {str(secret.get("api_key_name")).lower(): str(secret.get("api_key_value"))}
    token, until = _tokens(event).get(connection.data["id"], ("", 0.0))
    if until <= event.cloud.clock.now():
        token = await authorize(event, connection, secret)
    return {"authorization": f"Bearer {token}"}


def _tokens(event: Event) -> dict[str, tuple[str, float]]:
    found: dict[str, tuple[str, float]] = event.cloud.keep.setdefault(_TOKENS, {})
    return found


async def authorize(event: Event, connection: Named, secret: Data) -> str:
    """A new token for a connection by OAuth's client credentials. Raises Failure."""
    http_parameters = secret.get("oauth_http_parameters")
    form = [
        ("grant_type", "client_credentials"),
        ("client_id", str(secret.get("client_id"))),
        ("client_secret", str(secret.get("client_secret"))),
        *authorization.parameters_of(http_parameters, "body"),
    ]
    headers = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
    headers.update(_headers(authorization.parameters_of(http_parameters, "header"), event))
    query = authorization.parameters_of(http_parameters, "query_string")
    method = str(secret.get("http_method"))
    if method == "GET":
        query = [*form, *query]
    parts = urlsplit(str(secret.get("authorization_endpoint")))
    text = "&".join(part for part in (parts.query, urlencode(query)) if part)
    answer = await _fetched(method, urlunsplit(parts._replace(query=text)), headers, urlencode(form))
    if answer.status >= 300:
        raise Failure("SDK_CLIENT_ERROR", f"The authorization endpoint answered {answer.status}.", again=True)
    try:
        found = json.loads(answer.body)
        token, lasts = str(found["access_token"]), float(found.get("expires_in", 300))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Failure("SDK_CLIENT_ERROR", "The authorization endpoint gave no token.", again=True) from None
    _tokens(event)[connection.data["id"]] = (token, event.cloud.clock.now() + lasts)
    return token


# ---- API Gateway -----------------------------------------------------------------------------------------------------


async def to_api(event: Event, place: Arn, text: str, caller: Principal) -> None:
    """Request a route of an API of this cloud, signed as the target's role where the target has one.

    Its ARN is arn:aws:execute-api:REGION:ACCOUNT:API/STAGE/METHOD/PATH.
    """
    api, stage, method, *path = (place.resource.split("/") + ["", "", ""])[:3] + place.resource.split("/")[3:]
    parameters = event.payload["Target"].get("HttpParameters") or {}
    query = [(key, _dynamic(value, event)) for key, value in (parameters.get("QueryStringParameters") or {}).items()]
    headers = {"content-type": "application/json; charset=utf-8", "user-agent": "Amazon/EventBridge/ApiGateway"}
    headers.update(_headers((parameters.get("HeaderParameters") or {}).items(), event))
    door = event.cloud.door_url("execute-api", api)
    endpoint = "/".join([door, *([] if stage == "$default" else [stage]), *path])
    url = _url(endpoint, parameters.get("PathParameterValues") or (), query, event)
    method = "POST" if method in ("*", "") else method
    credential = event.cloud.directory.credential(caller.access_key_id)
    if credential is not None:
        body = _body(method, text)
        scope = Scope(place.account, place.region)
        now = event.cloud.clock.machine_now()
        headers = signed((method, url, headers, body), "execute-api", scope, credential, now)
    _check(await _fetched(method, url, headers, text))
