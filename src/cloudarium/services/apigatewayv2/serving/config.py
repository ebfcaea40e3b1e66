"""What an API serves, compiled: kept in memory until something about the API changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import unquote

from cloudarium.cloud import Cloud
from cloudarium.services.apigatewayv2 import records
from cloudarium.services.apigatewayv2.rules.routing import Router
from cloudarium.shared.scope import Scope

Data = dict[str, Any]
_KEEP = "apigatewayv2"
_RATE, _BURST = 10_000.0, 5_000.0  # an account's limits, for a setting that gives only one of the two


class Bucket:
    """A token bucket on the cloud's clock."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = self._tokens = burst
        self._last: float | None = None

    def take(self, now: float) -> bool:
        """Whether one more request may pass at `now`."""
        if self._last is not None and now > self._last:
            self._tokens = min(self._burst, self._tokens + (now - self._last) * self._rate)
        self._last = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


def bucket_of(settings: Data | None) -> Bucket | None:
    """The bucket of throttling settings, None when they limit nothing."""
    settings = settings or {}
    if "ThrottlingRateLimit" not in settings and "ThrottlingBurstLimit" not in settings:
        return None
    rate = float(settings.get("ThrottlingRateLimit", _RATE))
    burst = float(settings.get("ThrottlingBurstLimit", _BURST))
    return Bucket(rate, burst if rate > 0 else 0.0)


@dataclass(slots=True)
class Stage:
    """One stage as it serves: the frozen or live definition, and the stage's own settings."""

    name: str
    variables: dict[str, str]
    router: Router
    integrations: dict[str, Data]
    authorizers: dict[str, Data]
    cors: Data | None
    disabled: bool
    access_log: Data | None
    bucket: Bucket | None
    route_buckets: dict[str, Bucket | None] = field(default_factory=dict)
    details: dict[str, bool] = field(default_factory=dict)  # by route key; "" is the stage's own

    def detailed(self, route_key: str) -> bool:
        """Whether a route is counted by itself; its own setting replaces the stage's."""
        return self.details.get(route_key, self.details.get("", False))

    def admits(self, route_key: str, now: float) -> bool:
        """Whether the limits let one more request through; a route's own replace the stage's."""
        bucket = self.route_buckets.get(route_key) or self.bucket
        return bucket is None or bucket.take(now)


class Served(NamedTuple):
    """An API as it serves."""

    id: str
    name: str
    scope: Scope
    stages: dict[str, Stage]
    version: int


class Place(NamedTuple):
    """Where a path leads: the stage, the path in it (for routes), and the path that events show."""

    stage: Stage
    inner: str
    shown: str


def find(cloud: Cloud, api_id: str) -> Served | None:
    """The API of that id, of whatever account; None when there is none."""
    known: dict[str, Served] = cloud.keep.setdefault(_KEEP, {})
    version = cloud.store.version(records.topic(api_id))
    served = known.get(api_id)
    if served is not None and served.version == version:
        return served
    known.pop(api_id, None)
    owned = records.owned_api(cloud.store, api_id)
    if owned is None:
        return None
    live = records.live(cloud.store, api_id, owned.data)
    stages = {
        data["StageName"]: _compile(cloud, api_id, data, live)
        for data in records.parts(cloud.store, api_id, "stage")
        if data.get("DeploymentId")
    }
    served = known[api_id] = Served(api_id, owned.data["Name"], owned.scope, stages, version)
    return served


def _compile(cloud: Cloud, api_id: str, data: Data, live: Data) -> Stage:
    frozen = None if data["AutoDeploy"] else records.snapshot(cloud.store, api_id, data["DeploymentId"])
    definition = frozen or live
    return Stage(
        name=data["StageName"],
        variables=data.get("StageVariables") or {},
        router=Router(definition["Routes"]),
        integrations={each["IntegrationId"]: each for each in definition["Integrations"]},
        authorizers={each["AuthorizerId"]: each for each in definition["Authorizers"]},
        cors=definition["Api"].get("CorsConfiguration") or None,
        disabled=bool(definition["Api"].get("DisableExecuteApiEndpoint")),
        access_log=data.get("AccessLogSettings"),
        bucket=bucket_of(data.get("DefaultRouteSettings")),
        route_buckets={key: bucket_of(settings) for key, settings in (data.get("RouteSettings") or {}).items()},
        details={
            key: settings["DetailedMetricsEnabled"]
            for key, settings in {
                "": data.get("DefaultRouteSettings") or {},
                **(data.get("RouteSettings") or {}),
            }.items()
            if "DetailedMetricsEnabled" in settings
        },
    )


def locate(served: Served, path: str, by_host: bool) -> Place | None:
    """The stage a path names first, else $default with the whole path.

    At a path of the cloud's own endpoint `$default` may be named like any other stage, and is not shown in events.
    """
    first, slash, rest = path[1:].partition("/")
    name = unquote(first)
    stage = served.stages.get(name)
    if stage is not None and name != "$default":
        return Place(stage, "/" + rest, path)
    default = served.stages.get("$default")
    if default is None:
        return None
    if name == "$default" and not by_host:
        return Place(default, "/" + rest, "/" + rest)
    return Place(default, path, path)
