"""What a function's configuration may be, and how AWS shows it. No store, no clock."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from cloudarium.model import service
from cloudarium.runtime import interpreters, variables
from cloudarium.services.lambda_ import errors
from cloudarium.services.lambda_.records import LATEST, SHOWN_REVISION, Version
from cloudarium.services.lambda_.resources import function_arn
from cloudarium.shared import tags
from cloudarium.shared.errors import NotBuilt

ENVIRONMENT_BYTES = 4096
ZIP_LIMIT = 52428800
TAGS = 50
# Runtimes that AWS no longer takes for new functions or updates.
GONE = re.compile(
    r"nodejs|nodejs[468]\.\d+(-edge)?|nodejs1[024]\.x|python2\.7|python3\.[67]|dotnetcore.*|go1\.x|ruby2\..*|provided|java8"
)
_ADVISED = {
    "nodejs": "nodejs22.x", "python": "python3.13", "dotnetcore": "dotnet8", "ruby": "ruby3.4", "java": "java21",
}  # fmt: skip
# Those that AWS takes snapshots of.
_SNAPPED = re.compile(r"java(1[1-9]|2\d)|python3\.(1[2-9])|dotnet([89]|1\d)")
_DEFAULTS: dict[str, Any] = {
    "Description": "",
    "Timeout": 3,
    "MemorySize": 128,
    "TracingConfig": {"Mode": "PassThrough"},
    "Architectures": ["x86_64"],
    "EphemeralStorage": {"Size": 512},
}
# Beside AWS's members a configuration holds its layers' hashes and sizes: a function goes on with a layer version that
# was deleted.
HELD_LAYERS = "_layers"
SEALED = "_sealed"  # the environment's variables under a key of KMS; see sealing.py
SETTINGS = (
    "Role", "Handler", "Description", "Timeout", "MemorySize", "Environment", "Runtime", "DeadLetterConfig",
    "TracingConfig", "Layers", "EphemeralStorage", "LoggingConfig", "Architectures", "KMSKeyArn",
    "SnapStart",
)  # fmt: skip


def configure(old: Mapping[str, Any], given: Mapping[str, Any], operation: str) -> dict[str, Any]:
    """The configuration after `given` is applied over `old` (empty: a new function); raises what AWS would."""
    config = {**(old or _DEFAULTS), **{name: given[name] for name in SETTINGS if name in given}}
    _check_runtime(given.get("Runtime"), operation)
    _check_sizes(config)
    _check_snap_start(config)
    _check_environment(given.get("Environment"))
    if "Environment" in given and given["Environment"].get("Variables") is None:
        config.pop("Environment", None)
    if not config.get("KMSKeyArn"):
        config.pop("KMSKeyArn", None)
    if not (config.get("DeadLetterConfig") or {}).get("TargetArn"):
        config.pop("DeadLetterConfig", None)
    if "LoggingConfig" in given:
        config["LoggingConfig"] = logging_config(given["LoggingConfig"], (old or {}).get("LoggingConfig", {}))
    return config


def _check_snap_start(config: Mapping[str, Any]) -> None:
    """What AWS does not take a snapshot of. Source: lambda/latest/dg/snapstart.html"""
    if config.get("SnapStart", {}).get("ApplyOn", "None") == "None":
        return
    if not _SNAPPED.fullmatch(config["Runtime"]):
        raise errors.InvalidParameter(f"{config['Runtime']} is not supported for SnapStart enabled functions.")
    if config["EphemeralStorage"].get("Size", 512) > 512:
        raise errors.InvalidParameter(
            "EphemeralStorage greater than 512 MB is not supported for SnapStart enabled functions."
        )


def snap_starts(version: Version) -> bool:
    """Is a version one of which AWS takes a snapshot?"""
    return bool(version.place) and version.config.get("SnapStart", {}).get("ApplyOn") == "PublishedVersions"


def _check_runtime(runtime: str | None, operation: str) -> None:
    if runtime is None:
        return
    if GONE.fullmatch(runtime):
        raise errors.InvalidParameter(
            f"The runtime parameter of {runtime} is no longer supported for creating or updating AWS Lambda functions."
            f" We recommend you use the new runtime ({_advised(runtime)}) while creating or updating functions."
        )
    offered = [name for name in _known_runtimes() if not GONE.fullmatch(name)]
    if runtime not in offered:
        raise errors.InvalidParameter(
            f"Value {runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set:"
            f" [{', '.join(offered)}] or be a valid ARN"
        )
    if not interpreters.is_built(runtime):
        raise NotBuilt(f"lambda:{operation} with Runtime {runtime}")


def _advised(runtime: str) -> str:
    return next((newer for family, newer in _ADVISED.items() if runtime.startswith(family)), "provided.al2023")


@cache
def _known_runtimes() -> tuple[str, ...]:
    """The runtimes in AWS's model, old ones too."""
    listing = service("lambda").operations["ListLayers"].input
    assert listing is not None
    return tuple(listing.members["CompatibleRuntime"].trait("enum"))


def _check_sizes(config: Mapping[str, Any]) -> None:
    for name, value, lowest, highest in (
        ("timeout", config["Timeout"], 1, 900),
        ("memorySize", config["MemorySize"], 128, 10240),
        ("ephemeralStorage.size", config["EphemeralStorage"].get("Size", 512), 512, 10240),
    ):
        if value > highest:
            raise errors.Constraint(value, name, f"have value less than or equal to {highest}")
        if value < lowest:
            raise errors.Constraint(value, name, f"have value greater than or equal to {lowest}")


def _check_environment(environment: Mapping[str, Any] | None) -> None:
    values = (environment or {}).get("Variables") or {}
    reserved = [name for name in values if name in variables.RESERVED]
    start = (
        "Lambda was unable to configure your environment variables because the environment variables you have provided"
    )
    if reserved:
        raise errors.InvalidParameter(
            f"{start} contains reserved keys that are currently not supported for modification."
            f" Reserved keys used in this request: {', '.join(reserved)}"
        )
    text = json.dumps(values, separators=(",", ":"), ensure_ascii=False)
    if len(text.encode()) > ENVIRONMENT_BYTES:
        raise errors.InvalidParameter(f"{start} exceeded the 4KB limit. String measured: {text}")


def logging_config(given: Mapping[str, Any], old: Mapping[str, Any]) -> dict[str, Any]:
    """A LoggingConfig over the old one, with AWS's defaults; levels exist for JSON only, and end with it."""
    if given.get("LogFormat") == "Text":
        old = {name: value for name, value in old.items() if not name.endswith("LogLevel")}
    config = {**old, **given}
    config.setdefault("LogFormat", "Text")
    if config["LogFormat"] == "JSON":
        config.setdefault("ApplicationLogLevel", "INFO")
        config.setdefault("SystemLogLevel", "INFO")
    elif "ApplicationLogLevel" in config or "SystemLogLevel" in config:
        raise errors.InvalidParameter("To use log level configuration, set LogFormat to JSON.")
    return config


def check_layers(arns: list[str], region: str) -> None:
    """At most five layers, each once, all in the function's region."""
    if len(arns) > 5:
        raise errors.InvalidParameter("Cannot reference more than 5 layers.")
    seen: dict[str, str] = {}
    for arn in arns:
        first = seen.setdefault(arn.rpartition(":")[0], arn)
        if first is not arn:
            raise errors.InvalidParameter(
                "Two different versions of the same layer are not allowed to be referenced in the same function."
                f" {first} and {arn} are versions of the same layer."
            )
    if any(arn.split(":")[3] != region for arn in arns):
        raise errors.InvalidParameter(
            f"Layers are not in the same region as the function. Layers are expected to be in region {region}."
        )


def check_tags(given: Mapping[str, str], present: Mapping[str, str]) -> None:
    """What a function may be tagged with, beside the tags that it has."""
    if len({**present, **given}) > TAGS:
        raise errors.InvalidParameter("Number of tags exceeds resource tag limit.")
    wrong = tags.problem(given)
    if wrong:
        raise errors.InvalidParameter(wrong)


# ---- how AWS shows it ------------------------------------------------------------------------------------------------


def stamp(moment: float) -> str:
    """A time as Lambda writes it: 2026-11-23T01:02:03.456+0000."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000"


def shown(version: Version, qualifier: str = "") -> dict[str, Any]:
    """A FunctionConfiguration. `qualifier` goes into the ARN."""
    config = version.config
    held = config.pop(HELD_LAYERS, {})
    config.pop(SHOWN_REVISION, None)
    name = version.name
    logging = {"LogFormat": "Text", **config.get("LoggingConfig", {})}
    logging.setdefault("LogGroup", f"/aws/lambda/{name}")
    answer = {
        **config,
        "FunctionName": name,
        "FunctionArn": function_arn(version.scope, name, qualifier or (version.number if version.place else "")),
        "CodeSize": version.size,
        "CodeSha256": version.sha256,
        "LastModified": stamp(version.modified),
        "Version": version.number,
        "RevisionId": version.shown_revision,
        "PackageType": "Zip",
        "State": "Active",
        "LastUpdateStatus": "Successful",
        "SnapStart": {
            "ApplyOn": config.get("SnapStart", {}).get("ApplyOn", "None"),
            "OptimizationStatus": "On" if snap_starts(version) else "Off",
        },
        "LoggingConfig": logging,
        "RuntimeVersionConfig": {"RuntimeVersionArn": runtime_version_arn(version.region, config["Runtime"])},
    }
    if config.get("Layers"):
        answer["Layers"] = [{"Arn": arn, "CodeSize": held[arn][1]} for arn in config["Layers"]]
    else:
        answer.pop("Layers", None)
    return answer


def listed(version: Version, qualifier: str = "") -> dict[str, Any]:
    """A FunctionConfiguration as lists have it: without states and the runtime's build, as on AWS."""
    answer = shown(version, qualifier)
    for member in ("State", "LastUpdateStatus", "RuntimeVersionConfig"):
        del answer[member]
    return answer


def runtime_version_arn(region: str, runtime: str) -> str:
    """A stand-in for the ARN of the runtime's build that AWS chose."""
    return f"arn:aws:lambda:{region}::runtime:{hashlib.sha256(runtime.encode()).hexdigest()}"


def being_created(configuration: dict[str, Any]) -> dict[str, Any]:
    """The answer of CreateFunction: AWS says Pending, and everything after finds the function Active."""
    answer = {**configuration, "State": "Pending", "StateReasonCode": "Creating"}
    answer["StateReason"] = "The function is being created."
    answer.pop("LastUpdateStatus", None)
    return answer


def being_updated(configuration: dict[str, Any]) -> dict[str, Any]:
    """The answer of an update: in progress, and successful for everything after."""
    answer = {**configuration, "LastUpdateStatus": "InProgress", "LastUpdateStatusReasonCode": "Creating"}
    answer["LastUpdateStatusReason"] = "The function is being created."
    return answer


def is_alias(qualifier: str) -> bool:
    """May a qualifier name an alias? Else it is a version's number, or nothing at all."""
    return re.fullmatch(r"[a-zA-Z0-9_-]+", qualifier) is not None and not qualifier.isdecimal()


def is_same(latest: Version, published: Version) -> bool:
    """Would publishing $LATEST make the same version again? The description does not count."""
    one, other = latest.config, published.config
    for member in ("Description", SHOWN_REVISION):
        one.pop(member, None)
        other.pop(member, None)
    return latest.sha256 == published.sha256 and one == other


__all__ = ["LATEST", "configure", "shown"]
